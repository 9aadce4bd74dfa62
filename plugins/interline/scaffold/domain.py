"""A new domain: its folders, its ``domain.yaml`` and its lines in CODEOWNERS. Everything else follows from those."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from interline.contracts import PLATFORM, Domain, MeshError, load_domains
from interline.contracts.model.domain import Team
from interline.contracts.read_files import read_domain
from interline.scaffold.errors import ScaffoldError

_NAME = re.compile(r"[a-z][a-z0-9]{1,39}")
"""Narrower than other names: buckets are called after a domain, and S3 takes no underscore (bucket naming rules)."""
_HANDLE = "@interline"


@dataclass(frozen=True, slots=True)
class DomainFiles:
    """What was made for a domain; nothing, if all of it was there already."""

    domain: Domain
    made: tuple[Path, ...]
    changed: tuple[Path, ...]


def scaffold_domain(
    root: Path,
    name: str,
    *,
    account: str,
    owner: str,
    email: str,
    channel: str | None = None,
    region: str | None = None,
    description: str | None = None,
) -> DomainFiles:
    """Make what is missing of a domain.

    :param root: the folder that holds ``domains/``, ``dags/``, ``dbt/`` and CODEOWNERS
    :param account: its AWS account, 12 digits
    :param owner: the team's name
    :param email: where the team is reached
    :param channel: where the team talks
    :param region: its AWS Region; the platform's if left out
    :param description: what the domain does, in a sentence

    Raises:
        ScaffoldError: the name is unfit, the account is another domain's, or the domain is there and differs. Nothing is
            written then.
    """
    _check_name(name)
    for text in (owner, email, channel or "", description or ""):
        if not text.isprintable():
            raise ScaffoldError(f"{text!r} has a character that cannot be printed: write it in one line")
    if not owner.strip():
        raise ScaffoldError("a domain needs an owner: the name of its team")
    domains = _others(root)
    for other in domains.values():
        if other.account == account and other.name != name:
            raise ScaffoldError(
                f"the account {account} belongs to the domain {other.name} already: one domain, one account"
            )
    new = Domain(
        name,
        account,
        region or domains[PLATFORM].region,
        (description or f"The data products of {owner}.").strip(),
        Team(owner.strip(), email, channel),
    )
    file = root / "domains" / name / "domain.yaml"
    made: list[Path] = []
    if name in domains:
        _require_same(file, domains[name], new, described=description is not None)
    else:
        made += _write(root, file, new)
    for folder in (root / "dags" / name, root / "dbt" / "models" / name):
        if not folder.is_dir():
            folder.mkdir(parents=True)
            made.append(folder)
    changed = [root / "CODEOWNERS"] if _own(root, name) else []
    return DomainFiles(domains.get(name, new), tuple(made), tuple(changed))


def _check_name(name: str) -> None:
    if name == PLATFORM:
        raise ScaffoldError("the platform is no domain of data products")
    if not _NAME.fullmatch(name):
        raise ScaffoldError(
            f"{name!r} cannot name a domain: expected a lower-case letter, then 1 to 39 of a-z and 0-9"
            " (its buckets are called after it)"
        )


def _others(root: Path) -> dict[str, Domain]:
    try:
        domains = dict(load_domains(root))
    except MeshError as error:
        raise ScaffoldError(f"the domains cannot be read:\n{error}") from None
    if PLATFORM not in domains:
        raise ScaffoldError(f"{root / 'domains' / PLATFORM / 'domain.yaml'} is missing: who runs the mesh?")
    return domains


def _require_same(file: Path, found: Domain, new: Domain, *, described: bool) -> None:
    pairs = {
        "account": (found.account, new.account),
        "region": (found.region, new.region),
        "team name": (found.team.name, new.team.name),
        "e-mail": (found.team.email, new.team.email),
        "channel": (found.team.channel, new.team.channel),
    }
    if described:
        pairs["description"] = (found.description, new.description)
    differing = [
        f"{what} {there!r}, not {given!r}" for what, (there, given) in pairs.items() if there != given
    ]
    if differing:
        raise ScaffoldError(
            f"the domain {found.name} is there already, with {'; '.join(differing)}. Edit {file} to change it;"
            " nothing was written"
        )


def _write(root: Path, file: Path, domain: Domain) -> list[Path]:
    if file.parent.exists() and any(file.parent.iterdir()):
        raise ScaffoldError(f"{file.parent.relative_to(root)} is there already, without a domain.yaml")
    team = [f"  name: {_text(domain.team.name)}", f"  email: {_text(domain.team.email)}"]
    if domain.team.channel:
        team.append(f"  channel: {_text(domain.team.channel)}")
    lines = [
        f"name: {domain.name}",
        f"account: {_text(domain.account)}",
        f"region: {_text(domain.region)}",
        f"description: {_text(domain.description)}",
        "team:",
        *team,
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        read_domain(file)
    except MeshError as error:
        file.unlink()
        file.parent.rmdir()
        problems = "; ".join(f"{problem.message} ({problem.hint})" for problem in error.problems)
        raise ScaffoldError(f"{problems}. Nothing was written") from None
    return [file]


def _text(value: str) -> str:
    """Return text as YAML: plain where that is what it means, else in the quotes of JSON, which YAML reads alike."""
    if re.fullmatch(r"[A-Za-z][\w ,.@'()/&-]*[\w.)]", value, re.ASCII) and value.lower() not in (
        "yes", "no", "on", "off", "true", "false", "null", "y", "n",
    ):  # fmt: skip
        return value
    return json.dumps(value, ensure_ascii=False)


def _own(root: Path, name: str) -> bool:
    """Add the domain's lines to CODEOWNERS; say whether any was missing."""
    file = root / "CODEOWNERS"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    owned = {line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith("#")}
    paths = [f"/domains/{name}/", f"/dags/{name}/", f"/dbt/models/{name}/"]
    missing = [path for path in paths if path not in owned]
    if not missing:
        return False
    width = max(len(path) for path in paths[:2])
    lines = [f"{path:<{width}} {_HANDLE}/{name}" for path in missing]
    head = text.rstrip("\n") + "\n\n" if text.strip() else ""
    file.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return True
