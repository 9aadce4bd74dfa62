"""docs/adding-a-row-test.md, word by word."""

from __future__ import annotations

import json

import pytest

from tests.how_to.page import PYTHON, Copy, blocks, follow

PAGE = "adding-a-row-test.md"
CHECK = '''
import json
from pathlib import Path

from tests.engines.quarantine.checked_product import CheckedProduct
from tests.mesh_folder import MeshFolder

RULE = """{rule}"""
root = Path("small_mesh")
root.mkdir()
mesh = MeshFolder(root)
line = "        description: Number of the ticket.\\n"
mesh.change("domains/bookings/tickets/contract.yaml", line, line + RULE)
checked = CheckedProduct(root, "bookings.tickets")
row = {{"price": 1, "sold_at": None, "email": None}}
checked.batch(row | {{"ticket_id": ticket}} for ticket in ("1250000000001", "6180000000001"))
report = checked.check("2013-01-01")
print(json.dumps([report["rules_broken"], checked.quarantined("2013-01-01", "ticket_id", "rule", "reason")]))
'''


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, dict[str, str]]:
    """A copy of the repository on which the page was followed once, and what its commands printed."""
    copy = Copy(tmp_path_factory.mktemp("row-test") / "repository")
    return copy, follow(PAGE, copy)


def test_the_page_adds_a_row_test(followed: tuple[Copy, dict[str, str]]) -> None:
    copy, printed = followed
    assert copy.changed() == {
        "docs/contracts.md": "M",
        "plugins/interline/contracts/model/row_tests.py": "M",
        "plugins/interline/contracts/odcs/valid_values.py": "M",
        "tests/contracts/test_row_tests.py": "M",
        "tests/quarantine/test_contract_sql.py": "M",
    }
    tests = printed[
        "./interline test tests/contracts/test_row_tests.py tests/quarantine/test_contract_sql.py"
    ]
    assert " passed" in tests
    assert "failed" not in tests


def test_a_contract_that_uses_it_sets_bad_rows_aside(followed: tuple[Copy, dict[str, str]]) -> None:
    copy, _ = followed
    [contract] = [block.text for block in blocks(PAGE) if block.language == "yaml"]
    rule = "".join(f"        {line}\n" for line in contract.splitlines())
    (copy.root / "try_it.py").write_text(CHECK.format(rule=rule), encoding="utf-8")
    broken, quarantined = json.loads(copy.run(f"{PYTHON} -P try_it.py").splitlines()[-1])
    assert broken == {"ticket_id_invalid_values": 1}
    assert quarantined == [
        ["6180000000001", "ticket_id_invalid_values", "ticket_id does not begin with 125"],
    ]


def test_a_test_without_its_comparison_cannot_be_made(followed: tuple[Copy, dict[str, str]]) -> None:
    copy, _ = followed
    file = copy.root / "plugins/interline/contracts/model/row_tests.py"
    text = file.read_text(encoding="utf-8")
    begin = text.index("    def moved_within_kind", text.index("class StartsWith"))
    end = text.index("@dataclass", begin)
    file.write_text(text[:begin] + text[end:], encoding="utf-8")
    use = "from interline.contracts.model.row_tests import StartsWith; StartsWith('a')"
    try:
        with pytest.raises(AssertionError, match=r"abstract method '?moved_within_kind'?"):
            copy.run(f'{PYTHON} -P -c "{use}"')
    finally:
        file.write_text(text, encoding="utf-8")
