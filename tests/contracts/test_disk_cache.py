"""What was read once is kept beside the files for other processes, and never used when anything differs."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from interline.contracts import MeshError, disk_cache, load_product
from tests.mesh_folder import MeshFolder

ADDRESS = "bookings.tickets"
CONTRACT = "domains/bookings/tickets/contract.yaml"


@pytest.fixture(autouse=True)
def _another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(disk_cache, "_in_process", {})


def cache_file(mesh_folder: MeshFolder) -> Path:
    [path] = mesh_folder.path("domains/bookings/tickets/__pycache__").glob("*.interline")
    return path


def forget() -> None:
    disk_cache._in_process.clear()


def test_another_process_reads_what_was_kept(
    mesh_folder: MeshFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_product(mesh_folder.root, ADDRESS)
    forget()
    monkeypatch.setattr(
        "interline.contracts.read_files.read_product_files", lambda *_: pytest.fail("read the text again")
    )
    assert load_product(mesh_folder.root, ADDRESS) == first


def test_a_changed_file_is_read_again(mesh_folder: MeshFolder) -> None:
    load_product(mesh_folder.root, ADDRESS)
    forget()
    mesh_folder.change(CONTRACT, "One ticket.", "One ticket, sold or not.")
    assert load_product(mesh_folder.root, ADDRESS).contract.table_description == "One ticket, sold or not."


def test_a_mistake_is_reported_every_time(mesh_folder: MeshFolder) -> None:
    load_product(mesh_folder.root, ADDRESS)
    mesh_folder.change(CONTRACT, "One ticket.", "NO")
    for _ in range(2):
        with pytest.raises(MeshError, match="is a truth value"):
            load_product(mesh_folder.root, ADDRESS)


@pytest.mark.parametrize(
    "content", [b"", b"half a pickl", pickle.dumps("other"), pickle.dumps((("stamp",), "value"))]
)
def test_a_broken_or_outdated_cache_file_is_replaced(mesh_folder: MeshFolder, content: bytes) -> None:
    first = load_product(mesh_folder.root, ADDRESS)
    cache_file(mesh_folder).write_bytes(content)
    forget()
    assert load_product(mesh_folder.root, ADDRESS) == first
    assert cache_file(mesh_folder).read_bytes() != content


def test_nothing_is_written_where_python_writes_no_byte_code(
    mesh_folder: MeshFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    load_product(mesh_folder.root, ADDRESS)
    assert not list(mesh_folder.root.rglob("*.interline"))


def test_a_folder_that_cannot_be_written_is_read_all_the_same(mesh_folder: MeshFolder) -> None:
    mesh_folder.write("domains/bookings/tickets/__pycache__", "a file in the way")
    assert load_product(mesh_folder.root, ADDRESS).name == "tickets"
