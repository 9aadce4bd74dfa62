"""Reading the base from git: which commit it is, what is refused with which words, and what must not happen."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

import pytest
from pull_request import Checkout

from interline.review.changes.base import BaseError, base_of

CONTRACT = "domains/bookings/reservations/contract.yaml"


def refused(root: Path, name: str) -> str:
    """What is said when there is nothing to compare with."""
    with pytest.raises(BaseError) as raised, base_of(root, name):
        pass
    return str(raised.value)


def test_the_base_is_where_the_branch_began(checkout: Checkout) -> None:
    """What main gained since is no change of this branch."""
    began = checkout.git("rev-parse", "HEAD")
    checkout.git("checkout", "-q", "main")
    checkout.change(CONTRACT, ("      - name: cabin\n", "      - name: cabin_sold\n"))
    checkout.commit()
    checkout.git("checkout", "-q", "change")
    with base_of(checkout.root, "main") as base:
        assert base.commit == began
        assert "name: cabin\n" in (base.root / CONTRACT).read_text()
        assert PurePosixPath(CONTRACT) in base.same
        folder = base.root
    assert not folder.exists()


def test_files_not_committed_are_compared_and_counted(checkout: Checkout) -> None:
    checkout.change(CONTRACT, ("name: Reservations", "name: Bookings"))
    checkout.path("dags/bookings/new file.py").write_text("")
    with base_of(checkout.root, "main") as base:
        assert base.uncommitted == 2
        assert PurePosixPath(CONTRACT) not in base.same
    checkout.commit()
    with base_of(checkout.root, "HEAD~1") as base:
        assert base.uncommitted == 0


def test_nothing_of_the_checkout_is_touched(checkout: Checkout) -> None:
    before = {path: path.stat().st_mtime_ns for path in checkout.root.rglob("*") if path.is_file()}
    with base_of(checkout.root, "main"):
        pass
    assert {path: path.stat().st_mtime_ns for path in checkout.root.rglob("*") if path.is_file()} == before


def test_a_mesh_in_a_folder_of_a_larger_repository(tmp_path: Path, pristine: Checkout) -> None:
    root = tmp_path / "large" / "data mesh"
    shutil.copytree(pristine.root, root, ignore=shutil.ignore_patterns(".git"))
    checkout = Checkout(root)
    checkout.git("init", "-q", "-b", "main", at=root.parent)
    checkout.commit()
    checkout.change(CONTRACT, ("name: Reservations", "name: Bookings"))
    assert [change.kind_name for change in checkout.compare().changes] == ["contract-described"]


def test_a_branch_that_only_the_remote_has(tmp_path: Path, pristine: Checkout) -> None:
    clone = tmp_path / "clone"
    pristine.git("clone", "-q", "--branch", "change", str(pristine.root), str(clone))
    assert "main" not in Checkout(clone).git("branch").split()
    with base_of(clone, "main") as base:
        assert base.commit == pristine.git("rev-parse", "main")


def test_a_mistyped_base_is_guessed(checkout: Checkout) -> None:
    said = refused(checkout.root, "mian")
    assert "there is no base 'mian' (did you mean 'main'?)" in said
    assert "`git fetch origin mian`" in said


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("--upload-pack=touch", "cannot name a base: expected a branch, a tag or a commit"),
        ("", "cannot name a base: expected a branch, a tag or a commit"),
        ("a b", "cannot name a base: expected a branch, a tag or a commit"),
        ("main:domains", "cannot name a base: expected a branch, a tag or a commit"),
        ("main~1^", "there is no base 'main~1^' (did you mean 'main'?)"),
        ("x\x00y", "cannot name a base: expected a branch, a tag or a commit"),
        ("@{-1}[", "cannot name a base: expected a branch, a tag or a commit"),
        ("a..b c", "cannot name a base: expected a branch, a tag or a commit"),
    ],
)
def test_what_cannot_name_a_base(checkout: Checkout, name: str, message: str) -> None:
    assert message in refused(checkout.root, name)


def test_a_shallow_clone_learns_what_to_fetch(tmp_path: Path, checkout: Checkout) -> None:
    checkout.change(CONTRACT, ("name: Reservations", "name: Bookings"))
    checkout.commit()
    clone = tmp_path / "shallow"
    checkout.git("clone", "-q", "--depth", "1", "--no-single-branch", f"file://{checkout.root}", str(clone))
    said = refused(clone, "main")
    assert "this clone is shallow" in said
    assert "`git fetch --unshallow`" in said
    assert "`fetch-depth: 0`" in said
    single = tmp_path / "single"
    checkout.git("clone", "-q", "--depth", "1", f"file://{checkout.root}", str(single))
    assert "fetch-depth: 0" in refused(single, "main")


def test_a_folder_that_is_no_checkout(tmp_path: Path, pristine: Checkout) -> None:
    shutil.copytree(pristine.root / "domains", tmp_path / "domains")
    assert "is no git checkout" in refused(tmp_path, "main")


def test_a_checkout_without_a_commit(tmp_path: Path) -> None:
    Checkout(tmp_path).git("init", "-q")
    assert "has no commit yet" in refused(tmp_path, "main")


def test_histories_without_a_common_commit(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "--orphan", "island")
    checkout.commit()
    assert refused(checkout.root, "main") == "main and this checkout have no history in common"


def test_git_that_is_not_installed(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in refused(checkout.root, "main")


def test_attributes_hide_nothing_of_the_base(checkout: Checkout) -> None:
    """`git archive` would leave out what `export-ignore` names; an attacker could so hide the old contract."""
    checkout.path(".gitattributes").write_text(
        "domains/** export-ignore\n*.yaml filter=gone ident export-subst\n"
    )
    checkout.commit()
    with base_of(checkout.root, "HEAD") as base:
        assert (base.root / CONTRACT).read_bytes() == checkout.path(CONTRACT).read_bytes()


def test_links_in_the_base_lead_nowhere(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    checkout.path("domains/bookings/link.yaml").symlink_to(tmp_path / "secret")
    checkout.commit()
    with base_of(checkout.root, "HEAD") as base:
        assert not os.path.lexists(base.root / "domains/bookings/link.yaml")


def test_nothing_that_git_could_be_made_to_run_runs(checkout: Checkout, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "diff.external"):
        checkout.git("config", key, str(trap))
    hooks = checkout.path(".git/hooks")
    hooks.mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        shutil.copy(trap, hooks / hook)
    with base_of(checkout.root, "main"):
        pass
    assert not (tmp_path / "sprung").exists()
