"""What a person sees when a DAG file is wrong: in the UI at parse, and from `./interline check` without Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from interline.review.checking import check_mesh
from interline.scaffold.errors import ScaffoldError
from interline.scaffold.product import scaffold_product
from tests.mesh_folder import MeshFolder

DAG = "dags/bookings/tickets.py"


def errors_of(mesh_folder: MeshFolder) -> list[str]:
    from airflow.dag_processing.dagbag import DagBag

    bag: Any = DagBag(str(mesh_folder.root / "dags"))
    return list(bag.import_errors.values())


def problems_of(mesh_folder: MeshFolder) -> list[str]:
    return [str(problem).replace(f"{mesh_folder.root}/", "") for problem in check_mesh(mesh_folder.root)]


def test_a_valid_mesh_loads_and_has_no_problems(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer()
    assert problems_of(mesh_folder) == []
    assert errors_of(mesh_folder) == []


@pytest.mark.parametrize(
    ("old", "new", "in_airflow", "in_check"),
    [
        (
            '"bookings.tickets", ',
            '"bookings.tickts", ',
            "there is no product 'bookings.tickts' (did you mean 'bookings.tickets'?)",
            f"{DAG}:11: declares 'bookings.tickts'",
        ),
        (
            'land("ticket_events")',
            'land("ticket_event")',
            "no source 'ticket_event' in product.yaml (did you mean 'ticket_events'?)",
            f"{DAG}:12: bookings.tickets has no source 'ticket_event'",
        ),
        (
            ', schedule="0 4 * * *"',
            "",
            "has no input ports to wait for: give it a schedule",
            f"{DAG}:11: has no schedule",
        ),
        (
            'with data_product("bookings.tickets", schedule="0 4 * * *", file=__file__, doc_md=__doc__):\n    chain(',
            "with open(__file__):\n    chain(",
            "a verb stands outside",
            f"{DAG}: declares no data product",
        ),
    ],
)
def test_a_wrong_dag_file(
    mesh_folder: MeshFolder, old: str, new: str, in_airflow: str, in_check: str
) -> None:
    mesh_folder.change(DAG, old, new)
    [error] = errors_of(mesh_folder)
    assert in_airflow in error
    assert any(line.startswith(in_check) for line in problems_of(mesh_folder)), problems_of(mesh_folder)


def test_a_broken_contract_stops_its_own_dag_only(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer()
    mesh_folder.change("domains/bookings/tickets/contract.yaml", "required: true", "requierd: true")
    [error] = errors_of(mesh_folder)
    assert (
        "contract.yaml:22: unknown key 'requierd' in an entry of properties (did you mean 'required'?)"
        in error
    )
    assert [line.split(":")[0] for line in problems_of(mesh_folder)] == [
        "domains/bookings/tickets/contract.yaml"
    ]


def test_a_schedule_beside_input_ports(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer()
    mesh_folder.change(
        "dags/shopping/offers.py", '"shopping.offers", ', '"shopping.offers", schedule="0 1 * * *", '
    )
    [error] = errors_of(mesh_folder)
    assert "leave the schedule out" in error


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("dags/bookings/tickets.py", "dags/bookings/tickets.py: the DAG file of bookings.tickets is missing"),
        (
            "dbt/models/bookings/tickets.sql",
            "dbt/models/bookings/tickets.sql: the model of bookings.tickets is missing",
        ),
        ("domains/bookings/tickets/contract.yaml", "domains/bookings/tickets/contract.yaml: is missing"),
        ("domains/bookings/domain.yaml", "domains/bookings/domain.yaml: is missing"),
    ],
)
def test_a_missing_file(mesh_folder: MeshFolder, file: str, problem: str) -> None:
    mesh_folder.path(file).unlink()
    assert any(line.startswith(problem) for line in problems_of(mesh_folder)), problems_of(mesh_folder)


def test_files_that_belong_to_no_product(mesh_folder: MeshFolder) -> None:
    mesh_folder.write("dbt/models/bookings/ticket.sql", "select 1")
    mesh_folder.write("dags/bookings/ticket.py", 'with data_product("bookings.ticket"): pass')
    mesh_folder.write("dags/boking/x.py", "")
    lines = problems_of(mesh_folder)
    assert any(
        "ticket.sql: is the model of no product (did you mean 'bookings.tickets'?)" in line for line in lines
    )
    assert any("declares 'bookings.ticket', which" in line for line in lines)
    assert any("there is no domain 'boking' (did you mean 'bookings'?)" in line for line in lines)


def test_a_port_that_does_not_exist_or_is_not_granted(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer()
    mesh_folder.change(
        "domains/shopping/offers/product.yaml", "contractId: bookings.tickets", "contractId: bookings.tikets"
    )
    [line] = problems_of(mesh_folder)
    assert line.startswith("domains/shopping/offers/product.yaml:17: there is no port 'bookings.tikets'")
    mesh_folder.change("domains/shopping/offers/product.yaml", "bookings.tikets", "bookings.tickets")
    text = mesh_folder.path("domains/bookings/tickets/contract.yaml").read_text()
    mesh_folder.write(
        "domains/bookings/tickets/contract.yaml",
        text.split("roles:")[0] + "slaProperties:" + text.split("slaProperties:")[1],
    )
    [line] = problems_of(mesh_folder)
    assert "whose contract has no role for shopping (ask Bookings team to add the role shopping" in line


def test_a_role_that_is_no_domain(mesh_folder: MeshFolder) -> None:
    mesh_folder.change("domains/bookings/tickets/contract.yaml", "role: shopping", "role: shoping")
    [line] = problems_of(mesh_folder)
    assert line.startswith(
        "domains/bookings/tickets/contract.yaml:35: the role 'shoping' is no domain (did you mean"
    )
    assert errors_of(mesh_folder) == [], "a DAG waits for no grant: the task that grants would say so"


def test_products_that_wait_for_each_other(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer(name="offers", reads="shopping.deals")
    mesh_folder.add_consumer(name="deals", reads="shopping.offers")
    assert any(
        "waits for itself: shopping.deals → shopping.offers → shopping.deals" in line
        for line in problems_of(mesh_folder)
    )


def test_sql_in_a_contract_is_checked_with_its_line(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        "domains/bookings/tickets/contract.yaml",
        "roles:\n",
        "    quality:\n      - {name: a, type: custom, engine: redshift, implementation: prise > 0}\n"
        "      - {name: b, type: sql, query: drop table x, mustBe: 0}\nroles:\n",
    )
    first, second = problems_of(mesh_folder)
    assert first.startswith("domains/bookings/tickets/contract.yaml:35: 'prise > 0' names")
    assert "did you mean 'price'" in first
    assert second.startswith("domains/bookings/tickets/contract.yaml:36:")


def test_a_reference_leads_to_a_source_or_an_input_port(mesh_folder: MeshFolder) -> None:
    contract = "domains/bookings/tickets/contract.yaml"
    mesh_folder.change(
        contract,
        "        description: When it was sold, UTC.\n",
        "        description: When it was sold, UTC.\n        relationships:\n"
        "          - to: ticket_event.sold_at\n          - to: shopping.offers.ticket_id\n",
    )
    lines = problems_of(mesh_folder)
    assert any(
        "the product has no source 'ticket_event' (did you mean 'ticket_events'?)" in line for line in lines
    )
    assert any("shopping.offers is no input port of bookings.tickets" in line for line in lines)


def test_a_scaffolded_product_needs_only_to_be_filled_in(mesh_folder: MeshFolder) -> None:
    made = scaffold_product(mesh_folder.root, "bookings.ancillaries")
    made += scaffold_product(mesh_folder.root, "bookings.offers", reads=["bookings.tickets"])
    assert len(made) == 8
    lines = problems_of(mesh_folder)
    assert lines
    assert all("is still to be filled in" in line for line in lines)
    for path in made:
        path.write_text(path.read_text().replace("FILL IN:", "Known:"))
    assert problems_of(mesh_folder) == []
    assert errors_of(mesh_folder) == []


@pytest.mark.parametrize(
    ("address", "reads", "message"),
    [
        ("bookings.tickets", [], "has files already: domains/bookings/tickets/product.yaml"),
        ("boking.x", [], "no domain 'boking' (did you mean 'bookings'?)"),
        ("Bookings.x", [], "is no address"),
        ("bookings", [], "is no address"),
        ("bookings.a__b", [], "no two _ in a row"),
        ("bookings.x/../../y", [], "is no address"),
        ("bookings.x", ["bookings.tickts"], "did you mean 'bookings.tickets'"),
        ("bookings.x", ["bookings.x"], "cannot read itself"),
    ],
)
def test_what_cannot_be_scaffolded(
    mesh_folder: MeshFolder, address: str, reads: list[str], message: str
) -> None:
    before = sorted(mesh_folder.root.rglob("*.*"))
    with pytest.raises(ScaffoldError) as caught:
        scaffold_product(mesh_folder.root, address, reads=reads)
    assert message in str(caught.value)
    assert sorted(mesh_folder.root.rglob("*.*")) == before


HEAD = "from interline.airflow.dag import data_product\nfrom interline.airflow.verbs import build, check, publish\n"
HARMFUL = {
    "a return outside of a function": ("return\n", "is no Python: 'return' outside function"),
    "a yield outside of a function": ("yield 1\n", "is no Python: 'yield' outside function"),
    "a break outside of a loop": ("break\n", "is no Python: 'break' outside loop"),
    "raising": ("raise ValueError('x')\n", "raises while it is read"),
    "leaving": ("if HEAD:\n    raise SystemExit\n", "raises SystemExit"),
    "leaving with a code": ("def f():\n    raise SystemExit(1)\nf()\n", "raises SystemExit"),
    "a power of a power": ("x = 10**10**10\n", "more than 3,000 digits"),
    "a power": ("x = 7**100_000\n", "more than 3,000 digits"),
    "a shift": ("x = 1 << 10**9\n", "more than 3,000 digits"),
    "a long text": ("x = 'x' * 10**10\n", "repeats something"),
    "a long list": ("x = 10**9 * [0]\n", "repeats something"),
    "many bytes": ("x = bytes(10**10)\n", "makes 10,000,000,000 bytes"),
    "a long loop": ("for i in range(10**12):\n    pass\n", "goes through 1,000,000,000,000 numbers"),
    "a long comprehension": ("x = [i for i in range(0, 10**12, 2)]\n", "goes through 500,000,000,000 numbers"),
    "a sum": ("x = sum(range(-(10**9), 10**9))\n", "goes through 2,000,000,000 numbers"),
    "a loop without end": ("import itertools\nfor i in itertools.count():\n    pass\n", "which has no end"),
    "an iterator without end": ("for i in iter(int, 1):\n    pass\n", "may have no end"),
    "recursion": ("def f():\n    return f()\nf()\n", "f(), which calls itself"),
    "recursion in a circle": ("def f():\n    return g()\ndef g():\n    return f()\nf()\n", "which calls itself"),
    "a division by 0": ("x = 1 / 0\n", "divides by 0"),
    "an assert that fails": ("assert False\n", "an assert that never holds"),
    "another meaning of a verb": ("data_product = print\n", "gives data_product another meaning"),
    "a function named as a verb": ("def publish():\n    pass\n", "gives publish another meaning"),
    "another name for print": ("say = print\nsay('x')\n", "calls print()"),
    "a metaclass that opens a file": (
        "class Meta(type):\n    def __new__(cls, *rest):\n        open('x')\nclass Made(metaclass=Meta):\n    pass\n",
        "calls open()",
    ),
    "a subclass hook": (
        "class Base:\n    def __init_subclass__(cls):\n        print('x')\nclass Made(Base):\n    pass\n",
        "calls print()",
    ),
    "a context manager": (
        "class Held:\n    def __enter__(self):\n        print('x')\n    def __exit__(self, *rest):\n        pass\n"
        "with Held():\n    pass\n",
        "calls print()",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HARMFUL)
def test_what_would_not_be_loaded_or_hurts(mesh_folder: MeshFolder, kind: str) -> None:
    code, words = HARMFUL[kind]
    path = "dags/bookings/tickets.py"
    text = mesh_folder.path(path).read_text()
    mesh_folder.write(path, f"{text}\n{HEAD}{code}")
    found = [line for line in problems_of(mesh_folder) if words in line]
    assert found, problems_of(mesh_folder)
    assert all(line.startswith(f"{path}:") for line in found)


HARMLESS = (
    "x = 2**10 + 10**6\n", "for i in range(24):\n    pass\n", "x = '-' * 80\n", "TITLE = __doc__\n", "import itertools\nx = list(itertools.repeat(1, 3))\n",
    "def f(n):\n    if n < 0:\n        raise ValueError('n')\n    return n\nx = f(1)\n", "class A:\n    def __init__(self):\n        self.x = 1\na = A()\n",
    "numbers = sorted\nx = numbers([2, 1])\n", "x = 7 % 3\n",
)  # fmt: skip


@pytest.mark.parametrize("code", HARMLESS)
def test_what_only_computes_a_little_is_allowed(mesh_folder: MeshFolder, code: str) -> None:
    path = "dags/bookings/tickets.py"
    text = mesh_folder.path(path).read_text()
    mesh_folder.write(path, f"{text}\n{code}")
    assert problems_of(mesh_folder) == []


@pytest.mark.parametrize(
    "copy", ["dags/tickets.py", "dags/bookings/older/tickets.py", "dags/bookings/_tickets.py"]
)
def test_one_dag_id_twice(mesh_folder: MeshFolder, copy: str) -> None:
    mesh_folder.write(copy, mesh_folder.path("dags/bookings/tickets.py").read_text())
    assert any(
        line.startswith(f"{copy}:") and "declares 'bookings.tickets', and no product's file lies here" in line
        for line in problems_of(mesh_folder)
    )


def test_two_data_products_in_one_file(mesh_folder: MeshFolder) -> None:
    path = "dags/bookings/tickets.py"
    text = mesh_folder.path(path).read_text()
    mesh_folder.write(path, f"{text}\n{text[text.index('with data_product') :]}")
    assert any("declares 2 data products" in line for line in problems_of(mesh_folder))


@pytest.mark.parametrize(
    "model",
    [
        "select 'a' as ticket_id, 'b' as ticket_id\n",
        "with x as (select 1 as a, 2 as a) select a as ticket_id from x\n",
        "with x as (select 1 as a) select x.*, 2 as a from x\n",
    ],
)
def test_one_column_name_twice_in_a_model(mesh_folder: MeshFolder, model: str) -> None:
    mesh_folder.write("dbt/models/bookings/tickets.sql", model)
    assert any("selects two columns called" in line for line in problems_of(mesh_folder))


def test_a_nul_in_a_text_has_its_line(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        "domains/bookings/tickets/contract.yaml", "description: One ticket.", 'description: "a\\0b"'
    )
    assert problems_of(mesh_folder)[0].startswith(
        "domains/bookings/tickets/contract.yaml:11: holds a NUL character"
    )


@pytest.mark.parametrize(("there", "is_wrong"), [("price", True), ("sold_at", True), ("ticket_id", False)])
def test_a_reference_compares_what_redshift_compares(
    mesh_folder: MeshFolder, there: str, is_wrong: bool
) -> None:
    """Amazon Redshift Database Developer Guide, "Type compatibility and conversion": a text is no number, and no moment."""
    mesh_folder.add_consumer()
    mesh_folder.change(
        "domains/bookings/tickets/contract.yaml", "[ticket_id, price]", "[ticket_id, price, sold_at]"
    )
    mesh_folder.change(
        "domains/shopping/offers/contract.yaml",
        "        description: Number of the ticket.\n",
        f"        description: Number of the ticket.\n        relationships:\n          - to: bookings.tickets.{there}\n",
    )
    assert any("no value is ever in both" in line for line in problems_of(mesh_folder)) is is_wrong
