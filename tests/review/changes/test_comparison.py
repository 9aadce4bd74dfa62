"""What a pull request to the real mesh changes, for whom, and whether it may."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from pull_request import REPOSITORY, TODAY, Checkout

from interline.contracts import read_mesh
from interline.review.changes.tasks import outlines
from interline.scaffold.major_version import NewMajorVersion

RESERVATIONS = "domains/bookings/reservations/contract.yaml"
DEMAND = "domains/shopping/route_demand/contract.yaml"
VERSION = "version: 1.0.0"


def kinds(comparison: object) -> list[str]:
    return sorted(change.kind_name for change in comparison.changes)  # type: ignore[attr-defined]


def raise_version(checkout: Checkout, contract: str, version: str) -> None:
    checkout.change(contract, ("\nversion: 1.0.0", f"\nversion: {version}"))


def test_nothing_changed(checkout: Checkout) -> None:
    report = checkout.check()
    assert report.problems == ()
    assert report.comparison is not None
    assert report.comparison.changes == report.comparison.verdicts == report.comparison.dags == ()
    assert not report.comparison.access
    assert not report.failed


def test_a_removed_column_is_refused_with_its_consumers(checkout: Checkout) -> None:
    checkout.remove_column("bookings.reservations", "first_data_day")
    comparison = checkout.compare()
    (verdict,) = comparison.refused
    assert (verdict.address, verdict.outcome, verdict.needed) == (
        "bookings.reservations",
        "breaking",
        "2.0.0",
    )
    assert "`./interline new version bookings.reservations`" in verdict.hint
    (impact,) = comparison.impacts
    affected = {reader.address: reader for reader in impact.affected}
    assert {"shopping.route_demand", "loyalty.segments"} <= set(affected)
    assert affected["loyalty.segments"].touched == ("first_data_day",)
    assert set(affected["loyalty.segments"].uses) == {"member_id", "amount", "first_data_day"}
    assert "passengers" in affected["shopping.route_demand"].uses
    (location,) = affected["loyalty.segments"].locations
    assert str(location.path) == "dbt/models/loyalty/segments/segments_features.sql"
    line = checkout.path(str(location.path)).read_text().splitlines()[location.line - 1]
    assert "first_data_day" in line
    assert set(impact.roles) == {"shopping", "loyalty"}
    assert {"bookings.revenue", "loyalty.segments", "shopping.route_demand"} <= set(impact.dags)
    (change,) = (change for change in comparison.changes if change.breaking)
    was = checkout.git("show", f"main:{RESERVATIONS}").splitlines()
    assert was[change.location.line - 1].strip() == "- name: first_data_day"
    assert change.in_base


def test_derived_columns_are_reported_however_far_down(checkout: Checkout) -> None:
    checkout.change(RESERVATIONS, ("      - name: passengers\n", "      - name: travellers\n"))
    text = checkout.path(RESERVATIONS).read_text()
    checkout.path(RESERVATIONS).write_text(
        text.replace("          - passengers\n", "          - travellers\n")
    )
    comparison = checkout.compare()
    assert "column-renamed" in kinds(comparison)
    (impact,) = comparison.impacts
    assert "shopping.route_demand.passengers_booked" in impact.derived_columns


def test_a_consumer_that_moves_at_once_is_reported_as_moved(checkout: Checkout) -> None:
    checkout.remove_column("bookings.reservations", "member_id")
    features = "dbt/models/loyalty/segments/segments_features.sql"
    text = checkout.path(features).read_text()
    assert "r.member_id" in text
    text = text.replace("    and r.member_id is not null\n", "", 1)
    text = text.replace("    r.member_id,\n", "    r.booking_id as member_id,\n").replace(
        "r.member_id", "r.booking_id"
    )
    checkout.path(features).write_text(text)
    comparison = checkout.compare()
    (reader,) = (r for r in comparison.impacts[0].readers if r.address == "loyalty.segments")
    assert reader.touched == ("member_id",)
    assert reader.moved
    assert comparison.refused, "the promise is broken for analysts whom nobody here knows"


@pytest.mark.parametrize(
    ("version", "outcome"),
    [("1.0.0", "raise-version"), ("1.0.1", "raise-version"), ("1.1.0", "fine"), ("1.4.2", "fine")],
)
def test_a_compatible_change_raises_the_minor_version(checkout: Checkout, version: str, outcome: str) -> None:
    checkout.change(
        DEMAND,
        ("data_day\n        logicalType: date", "data_day\n        unique: false\n        logicalType: date"),
    )
    checkout.change(
        DEMAND, ("  - property: retention\n    value: 5", "  - property: retention\n    value: 6")
    )
    if version != "1.0.0":
        raise_version(checkout, DEMAND, version)
    comparison = checkout.compare()
    (verdict,) = comparison.verdicts
    assert (verdict.outcome, verdict.needed) == (outcome, "1.1.0")
    if outcome != "fine":
        assert verdict.hint == "write `version: 1.1.0`"
        assert (
            checkout.path(DEMAND).read_text().splitlines()[verdict.location.line - 1] == f"version: {version}"
        )


def test_words_and_roles_raise_the_patch_version(checkout: Checkout) -> None:
    checkout.change(DEMAND, ("Searches for the route.", "Searches for the route on the day."))
    assert [verdict.needed for verdict in checkout.compare().refused] == ["1.0.1"]
    raise_version(checkout, DEMAND, "1.0.1")
    assert checkout.compare().refused == ()


def test_a_version_may_not_fall(checkout: Checkout) -> None:
    raise_version(checkout, DEMAND, "1.1.0")
    checkout.commit()
    checkout.git("branch", "later")
    checkout.change(
        DEMAND, ("\nversion: 1.1.0", "\nversion: 1.0.5"), ("Searches for the route.", "Searches.")
    )
    (verdict,) = checkout.compare(base="later").refused
    assert verdict.outcome == "raise-version"
    assert verdict.needed == "1.1.1"


@pytest.mark.parametrize(
    ("old", "new"), [("status: active", "status: draft"), ("version: 1.0.0", "version: 0.4.0")]
)
def test_a_draft_promises_nothing_yet(checkout: Checkout, old: str, new: str) -> None:
    checkout.change(DEMAND, (f"\n{old}\n", f"\n{new}\n"))
    checkout.commit()
    checkout.git("branch", "drafted")
    checkout.remove_column("shopping.route_demand", "usual_searches")
    comparison = checkout.compare(base="drafted")
    assert kinds(comparison) == ["column-removed"]
    assert [verdict.outcome for verdict in comparison.verdicts] == ["draft"]
    assert comparison.refused == ()


@pytest.fixture(scope="module")
def with_second(pristine: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout that nobody changes, in which bookings.reservations_v2 lacks a column."""
    root = tmp_path_factory.mktemp("second") / "mesh"
    shutil.copytree(pristine.root, root)
    NewMajorVersion(root, "bookings.reservations", end_of_life=date(2027, 6, 30)).write()
    checkout = Checkout(root)
    checkout.remove_column("bookings.reservations_v2", "channel")
    model = checkout.path("dbt/models/bookings/reservations_v2.sql")
    lines = [line for line in model.read_text().splitlines() if not line.endswith(".channel,")]
    model.write_text("\n".join(lines) + "\n")
    return checkout


@pytest.fixture
def second_version(with_second: Checkout, tmp_path: Path) -> Checkout:
    """A checkout of one's own with bookings.reservations_v2, as `./interline new version` makes it, less a column."""
    root = tmp_path / "mesh"
    shutil.copytree(with_second.root, root)
    return Checkout(root)


def test_a_new_major_version_is_fine_and_names_consumers(
    second_version: Checkout,
) -> None:
    checkout = second_version
    report = checkout.check()
    comparison = report.comparison
    assert comparison is not None
    assert not report.failed, report.problems
    assert comparison.refused == ()
    assert "port-added" in kinds(comparison)
    (succession,) = comparison.successions
    assert (succession.follows, succession.address) == ("bookings.reservations", "bookings.reservations_v2")
    assert [change.kind_name for change in succession.changes] == ["column-removed"]
    (port,) = report.ending_ports
    assert (port.address, port.successor, port.last_day) == (
        "bookings.reservations",
        "bookings.reservations_v2",
        date(2027, 6, 30),
    )
    assert {"shopping.route_demand", "loyalty.segments", "bookings.revenue"} <= set(port.readers)
    assert "bookings.reservations_v2" in {dag.dag_id for dag in comparison.dags if dag.appears}


def test_a_consumer_moves_by_one_line(second_version: Checkout) -> None:
    checkout = second_version
    checkout.change(
        "domains/loyalty/segments/product.yaml",
        (
            "version: 1.0.0\n    contractId: bookings.reservations",
            "version: 2.0.0\n    contractId: bookings.reservations",
        ),
    )
    report = checkout.check()
    assert {"input-added", "input-removed"} <= set(kinds(report.comparison))
    assert "loyalty.segments" not in report.ending_ports[0].readers
    assert [p for p in report.problems if "segments" in str(p.path)] == []


def test_reading_a_port_after_its_last_day_is_refused(second_version: Checkout) -> None:
    checkout = second_version
    checkout.commit()
    assert not [p for p in checkout.check(date(2027, 6, 30), None).problems if "which ended" in p.message]
    late = [p for p in checkout.check(date(2027, 7, 1), None).problems if "which ended" in p.message]
    assert {"domains/shopping/route_demand/product.yaml", "domains/loyalty/segments/product.yaml"} <= {
        str(problem.path) for problem in late
    }
    problem = next(p for p in late if "route_demand" in str(p.path))
    lines = checkout.path(str(problem.path)).read_text().splitlines()
    assert "reservations" in "".join(lines[problem.line - 1 : problem.line + 2])
    assert "version 2.0.0" in problem.hint


def test_after_a_role_s_last_day_what_reads_by_it_is_refused(checkout: Checkout) -> None:
    checkout.change(
        RESERVATIONS,
        (
            "    description: Look-to-book by route; no customer columns.\n    customProperties:\n",
            "    description: Look-to-book by route; no customer columns.\n    customProperties:\n"
            '      - property: expires\n        value: "2027-06-30"\n',
        ),
    )
    assert not [p for p in checkout.check(date(2027, 6, 30), None).problems if "role" in p.message]
    (problem,) = checkout.check(date(2027, 7, 1), None).problems
    assert str(problem.path) == "domains/shopping/route_demand/product.yaml"
    assert "shopping.route_demand reads bookings.reservations, and the role shopping ended on 2027-06-30" in (
        problem.message
    )
    lines = checkout.path(str(problem.path)).read_text().splitlines()
    assert "reservations" in "".join(lines[problem.line - 1 : problem.line + 2])
    assert RESERVATIONS in problem.hint


def test_an_old_major_version_needs_a_last_day(second_version: Checkout) -> None:
    checkout = second_version
    checkout.change(RESERVATIONS, ('  - property: endOfLife\n    value: "2027-06-30"\n', ""))
    new = checkout.path("domains/bookings/reservations_v2/contract.yaml")
    new.write_text(re.sub(r"\nstatus: \w+", "\nstatus: active", new.read_text(), count=1))
    found = [p for p in checkout.check().problems if "has no last day" in p.message]
    assert [str(problem.path) for problem in found] == [RESERVATIONS]


def remove(checkout: Checkout, address: str) -> None:
    place = address.replace(".", "/")
    shutil.rmtree(checkout.path(f"domains/{place}"))
    checkout.path(f"dags/{place}.py").unlink()
    checkout.path(f"dbt/models/{place}.sql").unlink()


def test_a_port_is_not_removed_under_its_consumers(checkout: Checkout) -> None:
    remove(checkout, "shopping.searches")
    (verdict,) = checkout.compare().refused
    assert verdict.outcome == "removed"
    assert "loyalty.segments, shopping.route_demand read it" in verdict.message


@pytest.mark.parametrize(
    ("notice", "day", "outcome", "said"),
    [
        ("", TODAY, "removed", "without notice"),
        ("2027-03-31", TODAY, "removed", "before its last day, 2027-03-31"),
        ("2027-03-31", date(2027, 3, 31), "removed", "before its last day"),
        ("2027-03-31", date(2027, 4, 1), "fine", "nobody reads it"),
    ],
)
def test_a_port_goes_after_its_last_day(
    checkout: Checkout, notice: str, day: date, outcome: str, said: str
) -> None:
    if notice:
        checkout.change(DEMAND, ("\nstatus: active", "\nstatus: deprecated"))
        with checkout.path(DEMAND).open("a") as file:
            file.write(f'  - property: endOfLife\n    value: "{notice}"\n')
    checkout.commit()
    checkout.git("branch", "noticed")
    remove(checkout, "shopping.route_demand")
    comparison = checkout.compare(day, "noticed")
    (verdict,) = comparison.verdicts
    assert (verdict.outcome, said in verdict.message) == (outcome, True), verdict.message
    assert kinds(comparison) == ["ended-port-removed" if outcome == "fine" else "port-removed"]
    assert {dag.dag_id for dag in comparison.dags if dag.vanishes} == {"shopping.route_demand"}


@pytest.mark.parametrize(
    ("file", "old", "new", "kind"),
    [
        ("bookings/domain.yaml", 'account: "222222222222"', 'account: "777777777777"', "account-changed"),
        ("bookings/domain.yaml", "region: us-east-1", "region: eu-west-1", "region-changed"),
        ("bookings/domain.yaml", "bookings-data@", "bookings-team@", "team-changed"),
        ("bookings/domain.yaml", "name: Bookings data", "name: Bookings people", "team-changed"),
        (
            "bookings/reservations/product.yaml",
            "      - name: airports\n        format: csv\n",
            "      - name: airports\n        format: parquet\n",
            "source-changed",
        ),
        (
            "bookings/reservations/product.yaml",
            "      - name: airports\n",
            "      - name: agencies\n        format: csv\n      - name: airports\n",
            "source-added",
        ),
        (
            "shopping/route_demand/product.yaml",
            "tags: [shopping, demand, mart]",
            "tags: [shopping]",
            "product-described",
        ),
    ],
)
def test_changes_beside_the_contracts(checkout: Checkout, file: str, old: str, new: str, kind: str) -> None:
    checkout.change(f"domains/{file}", (old, new))
    comparison = checkout.compare()
    assert kinds(comparison) == [kind]
    (change,) = comparison.changes
    assert str(change.location.path) == f"domains/{file}"
    assert change.location.line > 0


def test_inputs_and_sources_that_go(checkout: Checkout) -> None:
    text = checkout.path("domains/loyalty/segments/product.yaml").read_text()
    start = text.index("  - name: searches\n")
    end = min(place for mark in ("  - name: ", "outputPorts:") if (place := text.find(mark, start + 5)) > 0)
    checkout.path("domains/loyalty/segments/product.yaml").write_text(text[:start] + text[end:])
    checkout.change(
        "domains/bookings/reservations/product.yaml", ("      - name: airports\n        format: csv\n", "")
    )
    comparison = checkout.compare()
    assert kinds(comparison) == ["input-removed", "source-removed"]
    assert all(change.in_base and change.near for change in comparison.changes)


def test_domains_that_come_and_go(checkout: Checkout) -> None:
    new = checkout.path("domains/stays/domain.yaml")
    new.parent.mkdir()
    text = checkout.path("domains/bookings/domain.yaml").read_text()
    new.write_text(text.replace("name: bookings\n", "name: stays\n").replace("222222222222", "555555555555"))
    assert kinds(checkout.compare()) == ["domain-added"]
    checkout.commit()
    checkout.git("branch", "five")
    shutil.rmtree(new.parent)
    assert kinds(checkout.compare(base="five")) == ["domain-removed"]


def test_roles_change_grants(checkout: Checkout) -> None:
    checkout.change(
        RESERVATIONS,
        (
            "          - departure_date\n          - cabin\n          - passengers\n          - channel\n",
            "          - cabin\n          - passengers\n          - channel\n",
        ),
    )
    comparison = checkout.compare()
    assert kinds(comparison) == ["role-columns-narrowed"]
    assert comparison.access
    assert comparison.access.counts["changed"] == 1
    (impact,) = comparison.impacts
    assert impact.columns == ("departure_date",)


def test_a_role_that_names_its_columns_changes_the_contract(checkout: Checkout) -> None:
    members = "domains/loyalty/members/contract.yaml"
    text = checkout.path(members).read_text()
    role = "  - role: bookings\n    access: read\n    description: All that is internal.\n"
    text = text.replace("\nslaProperties:\n", f"\nroles:\n{role}slaProperties:\n")
    assert role in text
    checkout.path(members).write_text(text)
    checkout.commit()
    contract = read_mesh(checkout.root)[0].products["loyalty.members"].contract
    named = ", ".join(contract.readable_by(contract.roles[0]))
    narrowed = f"{role}    customProperties:\n      - property: columns\n        value: [{named}]\n"
    checkout.path(members).write_text(text.replace(role, narrowed))
    comparison = checkout.compare(base="HEAD")
    assert comparison.access, "the grant is another: a new column would not be in it"
    assert kinds(comparison) == ["role-described"]
    assert [verdict.outcome for verdict in comparison.verdicts] == ["raise-version"]


def test_a_role_that_goes_concerns_its_domain_alone(checkout: Checkout) -> None:
    text = checkout.path(RESERVATIONS).read_text()
    start, end = text.index("  - role: loyalty\n"), text.index("slaProperties:")
    checkout.path(RESERVATIONS).write_text(text[:start] + text[end:])
    report = checkout.check()
    assert report.comparison is not None
    assert kinds(report.comparison) == ["role-removed"]
    (impact,) = report.comparison.impacts
    assert [reader.address for reader in impact.affected] == ["loyalty.segments"]
    assert impact.roles == ("loyalty",)
    assert any("loyalty.segments reads bookings.reservations" in p.message for p in report.problems)


def test_dags_and_tasks_that_appear_and_vanish(checkout: Checkout) -> None:
    checkout.change(
        "dags/loyalty/segments.py",
        ('chain(build("segments_features"), trained, scores, ', 'chain(build("segments_features"), '),
    )
    text = checkout.path("dags/loyalty/segments.py").read_text()
    start, end = text.index("    scores = score("), text.index("    chain(")
    checkout.path("dags/loyalty/segments.py").write_text(text[:start] + text[end:])
    checkout.change("dags/shopping/searches.py", ('schedule="0 2 * * *"', 'schedule="0 3 * * *"'))
    found = {dag.dag_id: dag for dag in checkout.compare().dags}
    assert set(found["loyalty.segments"].tasks_removed) == {
        *("train.unload", "train.fit", "train.gate", "train.register", "score.transform", "score.load")
    }
    searches = found["shopping.searches"]
    assert (searches.schedule_before, searches.schedule_now) == ("0 2 * * *", "0 3 * * *")
    assert searches.tasks_added == searches.tasks_removed == ()
    assert set(found) == {"loyalty.segments", "shopping.searches"}


def test_an_input_of_another_domain_brings_a_link(checkout: Checkout) -> None:
    product = "domains/shopping/searches/product.yaml"
    checkout.change(
        product,
        (
            "outputPorts:",
            "inputPorts:\n  - name: members\n    version: 1.0.0\n    contractId: loyalty.members\noutputPorts:",
        ),
    )
    assert {dag.dag_id: dag.tasks_added for dag in checkout.compare().dags} == {
        "shopping.searches": ("link",)
    }


def test_tasks_read_from_dag_files_are_airflow_s(pristine: Checkout) -> None:
    """The snapshots hold one file for each task that Airflow really makes."""
    from interline.contracts import read_mesh

    mesh, _ = read_mesh(REPOSITORY)
    compared = 0
    for address, product in mesh.products.items():
        domain, name = address.split(".")
        rendered = {file.stem for file in (REPOSITORY / "tests" / "snapshots" / domain / name).glob("*.json")}
        links = any(read.partition(".")[0] != domain for read in product.inputs)
        (outline,) = outlines(REPOSITORY / "dags" / domain / f"{name}.py", links)
        assert (outline.dag_id, set(outline.tasks)) == (address, rendered)
        compared += len(rendered)
    assert compared > 30


def test_operators_groups_and_decorated_tasks_are_tasks_too(checkout: Checkout) -> None:
    path = checkout.path("dags/platform/extra.py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "from airflow.sdk import DAG, TaskGroup, task\n"
        'with DAG(dag_id="platform.extra", schedule="@daily"):\n'
        '    first = BashOperator(task_id="first", bash_command="true")\n'
        '    with TaskGroup("group"):\n'
        '        EmptyOperator(task_id="inner")\n'
        "    @task\n"
        "    def second(): ...\n"
        '    @task.short_circuit(task_id="third")\n'
        "    def other(): ...\n"
    )
    (dag,) = checkout.compare().dags
    assert (dag.dag_id, dag.schedule_now, dag.appears) == ("platform.extra", "@daily", True)
    assert dag.tasks_added == ("first", "group.inner", "second", "third")


def test_a_contract_that_cannot_be_read_is_no_removal(checkout: Checkout) -> None:
    checkout.change(RESERVATIONS, ("kind: DataContract", "kind: Data: Contract"))
    report = checkout.check()
    assert report.problems
    assert report.comparison is not None
    assert report.comparison.changes == ()
    assert not report.comparison.access, "a typing mistake revokes no grant"


def test_an_unreadable_contract_in_the_base_is_reported(checkout: Checkout) -> None:
    whole = checkout.path(RESERVATIONS).read_text()
    checkout.change(RESERVATIONS, ("kind: DataContract", "kind: Something"))
    checkout.commit()
    checkout.git("branch", "broken")
    checkout.path(RESERVATIONS).write_text(whole)
    comparison = checkout.compare(base="broken")
    assert comparison.changes == ()
    (problem,) = comparison.uncompared
    assert str(problem.path) == RESERVATIONS
    assert not comparison.access


def test_a_base_before_there_was_a_mesh(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "--orphan", "first")
    checkout.git("rm", "-rq", "--cached", ".")
    checkout.git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    checkout.git("branch", "nothing")
    checkout.commit()
    comparison = checkout.compare(base="nothing")
    assert set(kinds(comparison)) == {"domain-added", "port-added"}
    assert comparison.refused == ()
    assert all(dag.appears for dag in comparison.dags)


def test_a_domain_that_could_not_be_read_in_the_base(checkout: Checkout) -> None:
    file = checkout.path("domains/loyalty/domain.yaml")
    whole = file.read_text()
    file.write_text(whole.replace("account:", "acount:"))
    checkout.commit()
    checkout.git("branch", "broken")
    file.write_text(whole)
    checkout.remove_column("bookings.reservations", "carrier")
    comparison = checkout.compare(base="broken")
    assert kinds(comparison) == ["column-removed"], "the other domains are compared"
    assert [verdict.address for verdict in comparison.refused] == ["bookings.reservations"]
    assert {str(problem.path) for problem in comparison.uncompared} == {"domains/loyalty/domain.yaml"}
    assert not [link for link in comparison.access.changes if type(link).__name__ == "LinkChange"]
