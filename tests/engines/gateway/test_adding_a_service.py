"""docs/adding-a-service.md, word by word: it stands here and not with the other pages, since it starts a local AWS."""

from __future__ import annotations

from pathlib import Path

from tests.how_to.page import Copy, follow


def test_the_page_adds_a_service_by_one_folder(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "repository")
    printed = follow("adding-a-service.md", copy)
    assert "4 passed" in printed["./interline test tests/engines/sqs"]
    assert copy.changed() == {
        "local/services/sqs/__init__.py": "A",
        "local/services/sqs/service.py": "A",
        "tests/engines/sqs/test_queues.py": "A",
    }
