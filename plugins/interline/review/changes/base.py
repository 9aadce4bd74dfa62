"""The mesh as it is at the base of a pull request, read from git.

Files come from git's object store by their identifiers (``git ls-tree``, ``git cat-file``) rather than from ``git archive``
or a worktree: attributes such as ``export-ignore`` and filters, which a pull request may bring, then change nothing, and
neither the index nor the working tree is touched. Symbolic links and submodules are left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from interline.contracts.problems import did_you_mean

TREES = ("domains", "dags", "dbt")
"""What a mesh consists of; the rest of a repository changes no promise."""
_BLOB = re.compile(rb"(?P<mode>\d{6}) blob (?P<name>[0-9a-f]{40,64})\t(?P<path>.+)", re.DOTALL)


class BaseError(Exception):
    """There is nothing to compare with; the message says why and what to do."""


@dataclass(frozen=True)
class Base:
    """The files of a mesh at one commit, in a temporary folder."""

    name: str
    """The base by name: a branch, a tag or a commit."""
    commit: str
    """The commit compared with: where the branch of the pull request began."""
    root: Path
    same: frozenset[PurePosixPath]
    """Files that are byte for byte the same now."""
    uncommitted: int
    """How many files of the mesh in the working tree are not as they were last committed."""

    def is_same(self, folder: PurePosixPath, files: tuple[str, ...]) -> bool:
        """Say whether these files of a folder are the same now as at the base."""
        return all(folder / file in self.same for file in files)


@contextmanager
def base_of(root: Path, name: str) -> Iterator[Base]:
    """Give the files of the mesh under ``root`` at the commit where its history left the branch ``name``.

    Raises:
        BaseError: git is missing, this is no checkout, there is no such base, or the clone is too shallow.
    """
    top = _top(root)
    commit = _commit(top, root, name)
    folder = Path(tempfile.mkdtemp(prefix="interline-base-"))
    try:
        prefix = root.resolve().relative_to(top.resolve()).as_posix()
        same = _extract(top, "" if prefix == "." else prefix + "/", commit, folder, root)
        yield Base(name, commit, folder, same, _uncommitted(root))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _top(root: Path) -> Path:
    if shutil.which("git") is None:
        raise BaseError("git is not installed, so there is no base to compare with; leave --base out")
    answer = _git(root, "rev-parse", "--show-toplevel")
    if answer.returncode:
        error_text = _error_text(answer)
        if "dubious ownership" in error_text:
            raise BaseError(
                f"git does not trust {root}, which belongs to another user; "
                f"say `git config --global --add safe.directory {root}` if you do"
            )
        raise BaseError(f"{root} is no git checkout, so there is no base to compare with; leave --base out")
    return Path(answer.stdout.decode().rstrip("\n"))


def _commit(top: Path, root: Path, name: str) -> str:
    """Return the merge base of HEAD and the base: what the base alone gained since is no change of ours."""
    if not name or name.startswith("-") or re.search(r"[\s\x00-\x1f:?*\[\\]", name):
        raise BaseError(
            f"{name!r} cannot name a base: expected a branch, a tag or a commit, for example main"
        )
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode:
        raise BaseError("this checkout has no commit yet, so there is no base to compare with")
    shallow = _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    for candidate in (name, f"origin/{name}"):
        found = _git(root, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
        if found.returncode == 0:
            break
    else:
        raise BaseError(_unknown_base(root, name, shallow))
    base_commit = found.stdout.decode().strip()
    merged = _git(root, "merge-base", base_commit, "HEAD")
    if merged.returncode:
        if shallow:
            raise BaseError(
                f"this clone is shallow: where it left {name} is not in it; "
                "run `git fetch --unshallow` (in GitHub Actions: `fetch-depth: 0` of actions/checkout)"
            )
        raise BaseError(f"{name} and this checkout have no history in common")
    return merged.stdout.decode().split()[0]


def _unknown_base(root: Path, name: str, shallow: bool) -> str:
    listed = _git(
        root, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"
    )
    known = [line for line in listed.stdout.decode(errors="replace").splitlines() if line]
    hint = did_you_mean(name, known)
    if not hint and shallow:
        hint = "this clone is shallow and has one branch; in GitHub Actions: `fetch-depth: 0` of actions/checkout"
    if not hint:
        hint = f"known are {', '.join(known[:8])}" if known else "there is no branch at all"
    return f"there is no base {name!r} ({hint}); `git fetch origin {name}` gets a branch of the remote"


def _extract(top: Path, prefix: str, commit: str, folder: Path, root: Path) -> frozenset[PurePosixPath]:
    """Write the mesh's files at a commit below ``folder``; return those that are the same under ``root``."""
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *(prefix + tree for tree in TREES))
    if listed.returncode:
        raise BaseError(f"git cannot list {commit}: {_error_text(listed)}")
    blobs: list[tuple[bytes, PurePosixPath]] = []
    for line in listed.stdout.split(b"\0"):
        match = _BLOB.fullmatch(line)
        if match is None or match["mode"] not in (b"100644", b"100755"):
            continue
        path = PurePosixPath(os.fsdecode(match["path"])).relative_to(prefix or ".")
        if ".." not in path.parts:
            blobs.append((match["name"], path))
    object_names = b"".join(name + b"\n" for name, _ in blobs)
    answer = _git(top, "cat-file", "--batch", standard_input=object_names)
    if answer.returncode:
        raise BaseError(f"git cannot read {commit}: {_error_text(answer)}")
    same: set[PurePosixPath] = set()
    at, content = 0, memoryview(answer.stdout)
    for name, path in blobs:
        end = answer.stdout.index(b"\n", at)
        header = answer.stdout[at:end].split()
        if len(header) != 3 or header[1] != b"blob":
            raise BaseError(
                f"git has no content of {path} at {commit[:12]} ({name.decode()[:12]}); "
                "in a partial clone `git fetch --refetch` gets it"
            )
        size = int(header[2])
        data = content[end + 1 : end + 1 + size]
        at = end + 2 + size
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        if _has_content(root / path, data):
            same.add(path)
    return frozenset(same)


def _has_content(file: Path, data: memoryview) -> bool:
    try:
        return file.is_file() and file.stat().st_size == len(data) and file.read_bytes() == data
    except OSError:
        return False


def _uncommitted(root: Path) -> int:
    answer = _git(
        root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", *TREES
    )
    return answer.stdout.count(b"\0")


def _git(where: Path, *arguments: str, standard_input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git without a shell; hooks, monitors and pagers of a configuration take no part."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    quiet = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager")
    return subprocess.run(
        ["git", *quiet, "-C", str(where), *arguments],  # noqa: S607 - whichever git the person uses
        input=standard_input,
        capture_output=True,
        env=environment,
        check=False,
    )


def _error_text(answer: subprocess.CompletedProcess[bytes]) -> str:
    return answer.stderr.decode(errors="replace").strip().replace("\n", "; ") or "it said nothing"
