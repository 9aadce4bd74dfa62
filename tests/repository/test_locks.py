"""The locks are complete, say no index, and mean the same on every Python and machine they are for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ("local", "dbt", "conformance")
MACHINES = {
    f"{python} on {system}": {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "platform_system": {"linux": "Linux", "darwin": "Darwin"}[system],
        "platform_machine": {"linux": "x86_64", "darwin": "arm64"}[system],
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    for python in ("3.11", "3.12")
    for system in ("linux", "darwin")
}


def requirements(file: Path) -> list[Requirement]:
    """Every requirement a file names itself; `-r` lines are followed."""
    named: list[Requirement] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.partition(" #")[0].strip()
        if text.startswith("-r "):
            named += requirements(file.parent / text.removeprefix("-r ").strip())
        elif text and not text.startswith("#"):
            named.append(Requirement(text))
    return named


def pins(file: Path, machine: dict[str, str]) -> dict[str, str]:
    """Package → version, as installed on a machine."""
    chosen: dict[str, str] = {}
    for requirement in requirements(file):
        if requirement.marker is None or requirement.marker.evaluate(machine):
            name = canonicalize_name(requirement.name)
            assert name not in chosen, f"{file.name} pins {name} twice for one machine"
            chosen[name] = str(requirement.specifier)
    return chosen


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_one_exact_pin_and_no_index_is_named(root: Path, lock: str) -> None:
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) > 50
    assert [
        line for line in lines if not re.match(r"[a-z0-9][a-z0-9._-]*(\[[a-z,]+\])?==[0-9][^ ;]*( ;|$)", line)
    ] == []
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_every_machine_gets_the_same_packages(root: Path, lock: str) -> None:
    file = root / "requirements" / f"{lock}.txt"
    names = {where: set(pins(file, machine)) for where, machine in MACHINES.items()}
    assert len({frozenset(group) for group in names.values()}) == 1, {
        where: group ^ names["3.12 on linux"] for where, group in names.items()
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_what_we_ask_for_is_locked_at_one_version_everywhere(root: Path, lock: str) -> None:
    folder = root / "requirements"
    for where, machine in MACHINES.items():
        locked = pins(folder / f"{lock}.txt", machine)
        for requirement in requirements(folder / f"{lock}.in"):
            name = canonicalize_name(requirement.name)
            assert locked.get(name) == str(requirement.specifier), f"{name} on {where}"


def test_pythons_differ_only_where_a_package_dropped_one(root: Path) -> None:
    """numpy and what is built on it has left 3.11 behind; anything else that differs would be an accident."""
    allowed = {"numpy", "scipy", "contourpy", "networkx", "pandas", "scikit-learn"}
    for lock in LOCKS:
        file = root / "requirements" / f"{lock}.txt"
        older, newer = (pins(file, MACHINES[f"{python} on linux"]) for python in ("3.11", "3.12"))
        assert {name for name in newer if older.get(name) != newer[name]} <= allowed


def test_mwaa_installs_the_versions_that_are_tested_here(root: Path) -> None:
    locked = pins(root / "requirements" / "local.txt", MACHINES["3.12 on linux"])
    on_mwaa = requirements(root / "requirements.txt")
    assert on_mwaa
    for requirement in on_mwaa:
        assert locked.get(requirement.name.lower()) == str(requirement.specifier), requirement.name
