"""A new domain is its folders, its file and its owners; the rest of the repository is left alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interline.contracts import load_domain, load_domains
from interline.scaffold.domain import scaffold_domain
from interline.scaffold.errors import ScaffoldError
from local.aws_accounts.template import account_template

ROOT = Path(__file__).resolve().parents[2]
STAYS: dict[str, Any] = {
    "account": "555555555555",
    "owner": "Stays data",
    "email": "stays-data@interline.example",
    "channel": "#stays-data",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for file in ROOT.glob("domains/*/domain.yaml"):
        (tmp_path / "domains" / file.parent.name).mkdir(parents=True)
        shutil.copy(file, tmp_path / "domains" / file.parent.name)
    shutil.copy(ROOT / "CODEOWNERS", tmp_path)
    return tmp_path


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_it_makes_folders_file_and_owners(root: Path) -> None:
    before = content(root)
    files = scaffold_domain(root, "stays", **STAYS)
    assert [path.relative_to(root).as_posix() for path in files.made] == [
        "domains/stays/domain.yaml", "dags/stays", "dbt/models/stays",
    ]  # fmt: skip
    after = content(root)
    domain = load_domain(root, "stays")
    assert (domain.account, domain.region, domain.team.email, domain.team.channel) == (
        "555555555555", "us-east-1", "stays-data@interline.example", "#stays-data",
    )  # fmt: skip
    assert (domain.role_arn, domain.connection) == (
        "arn:aws:iam::555555555555:role/interline-stays", "aws_stays",
    )  # fmt: skip
    assert after.pop("CODEOWNERS").startswith(before.pop("CODEOWNERS"))
    owned = (root / "CODEOWNERS").read_text().splitlines()[-3:]
    assert [line.split() for line in owned] == [
        [f"/{folder}/stays/", "@interline/stays"] for folder in ("domains", "dags", "dbt/models")
    ]
    assert after.items() - before.items() == {
        ("domains/stays/domain.yaml", after["domains/stays/domain.yaml"])
    }


def test_again_it_changes_nothing_and_makes_what_went_missing(root: Path) -> None:
    scaffold_domain(root, "stays", **STAYS)
    before = content(root)
    again = scaffold_domain(root, "stays", **STAYS)
    assert (again.made, again.changed) == ((), ())
    assert content(root) == before
    (root / "dags" / "stays").rmdir()
    lines = (root / "CODEOWNERS").read_text().splitlines(keepends=True)
    (root / "CODEOWNERS").write_text("".join(lines[:-1]))
    repaired = scaffold_domain(root, "stays", **STAYS)
    assert repaired.made == (root / "dags" / "stays",)
    assert repaired.changed == (root / "CODEOWNERS",)
    assert "/dbt/models/stays/ @interline/stays" in (root / "CODEOWNERS").read_text()


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("stays", {"account": "555"}, "'555' is no AWS account"),
        ("stays", {"account": "222222222222"}, "belongs to the domain bookings already"),
        ("stays", {"email": "stays"}, "no e-mail address"),
        ("stays", {"owner": " "}, "needs an owner"),
        ("stays", {"owner": "Stays\nname: platform"}, "cannot be printed"),
        ("stays", {"owner": "Stays\x00"}, "cannot be printed"),
        ("stays", {"region": "Mars"}, "'Mars' is no AWS Region"),
        ("../stays", {}, "cannot name a domain"),
        ("guest_stays", {}, "cannot name a domain"),
        ("Stays", {}, "cannot name a domain"),
        ("s" * 41, {}, "cannot name a domain"),
        ("platform", {}, "no domain of data products"),
        ("bookings", {}, "is there already, with account '222222222222', not '555555555555'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    root: Path, name: str, changed: dict[str, str], said: str
) -> None:
    before = content(root)
    with pytest.raises(ScaffoldError, match=said):
        scaffold_domain(root, name, **{**STAYS, **changed})
    assert content(root) == before


@pytest.mark.parametrize(
    "owner", ["yes", "# no comment", "a: b", "- x", "O'Hara & Söhne", '"quoted"', "🛏 Stays", "{{ x }}", "1e3"]
)
def test_every_text_is_read_back_as_it_was_given(root: Path, owner: str) -> None:
    scaffold_domain(root, "stays", **{**STAYS, "owner": owner})
    assert load_domain(root, "stays").team.name == owner


def test_its_account_s_template_is_what_cloudformation_takes(tmp_path: Path) -> None:
    domain = load_domains(ROOT)["bookings"]
    template = account_template(domain, "111111111111")
    file = tmp_path / "bookings.json"
    file.write_text(json.dumps(template))
    lint = subprocess.run(
        [sys.executable, "-m", "cfnlint", "--format", "json", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    errors = [found for found in json.loads(lint.stdout or "[]") if found["Level"] == "Error"]
    assert errors == [], lint.stderr
    [trusted, services] = template["Resources"]["DomainRole"]["Properties"]["AssumeRolePolicyDocument"][
        "Statement"
    ]
    assert trusted["Principal"] == {"AWS": "arn:aws:iam::111111111111:role/interline-airflow"}
    assert "redshift.amazonaws.com" in services["Principal"]["Service"]


def test_whoever_grants_across_accounts_may_share_with_them(root: Path) -> None:
    """Lake Formation shares with other accounts through AWS RAM, as the caller (its guide, "Cross-account data sharing")."""
    scaffold_domain(root, "stays", **STAYS)
    resources = account_template(load_domain(root, "stays"), "111111111111")["Resources"]
    sharing = "arn:aws:iam::aws:policy/AWSLakeFormationCrossAccountManager"
    for name in ("Administrator", "DomainRole"):
        assert resources[name]["Properties"]["ManagedPolicyArns"] == [sharing]
