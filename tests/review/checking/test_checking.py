"""Every error that a check knows: made in the files of a small mesh, told with file and line and what to do."""

from __future__ import annotations

import pytest

from interline.review.checking import check_mesh, inspect_mesh
from tests.mesh_folder import MeshFolder

TICKETS = "domains/bookings/tickets"
OFFERS = "domains/shopping/offers"
OFFERS_DAG = "dags/shopping/offers.py"
OFFERS_MODEL = "dbt/models/shopping/offers.sql"


def problems_of(mesh_folder: MeshFolder) -> list[str]:
    return [str(problem).replace(f"{mesh_folder.root}/", "") for problem in check_mesh(mesh_folder.root)]


@pytest.fixture
def two(mesh_folder: MeshFolder) -> MeshFolder:
    """A producer and its consumer in another domain, both right."""
    mesh_folder.add_consumer()
    return mesh_folder


def test_the_mesh_that_is_bent_here_is_right(two: MeshFolder) -> None:
    assert problems_of(two) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(
            f"{TICKETS}/contract.yaml", "logicalType: timestamp", "logicalTyp: timestamp",
            f"{TICKETS}/contract.yaml:26: unknown key 'logicalTyp' in an entry of properties (did you mean 'logicalType'?)",
            id="shape",
        ),
        pytest.param(
            f"{OFFERS}/product.yaml", "contractId: bookings.tickets", "contractId: booking.tickets",
            f"{OFFERS}/product.yaml:17: there is no port 'booking.tickets': no domain 'booking' (did you mean 'bookings'?)",
            id="unknown domain in an address",
        ),
        pytest.param(
            f"{OFFERS}/product.yaml", "contractId: bookings.tickets", "contractId: bookings.tikets",
            f"{OFFERS}/product.yaml:17: there is no port 'bookings.tikets' (did you mean 'bookings.tickets'?)",
            id="unknown address",
        ),
        pytest.param(
            f"{OFFERS}/product.yaml", "contractId: bookings.tickets", "contractId: ../../etc",
            f"{OFFERS}/product.yaml:17: '../../etc' is no address",
            id="path in an address",
        ),
        pytest.param(
            f"{TICKETS}/contract.yaml", "- role: shopping", "- role: shoping",
            f"{TICKETS}/contract.yaml:35: the role 'shoping' is no domain (did you mean 'shopping'?)",
            id="role of no domain",
        ),
        pytest.param(
            OFFERS_DAG, "from airflow.sdk import chain\n", "from airflow.sdk import chain\nfrom bookings.tickets import x\n",
            f"{OFFERS_DAG}:4: imports bookings.tickets of the domain bookings (domains never import each other",
            id="domain importing domain",
        ),
        pytest.param(
            OFFERS_DAG, "from airflow.sdk import chain\n", "from airflow.sdk import chain\nfrom ..bookings import tickets\n",
            f"{OFFERS_DAG}:4: imports dags.bookings of the domain bookings",
            id="domain importing domain, relatively",
        ),
        pytest.param(
            OFFERS_DAG, "from airflow.sdk import chain\n",
            "from airflow.sdk import chain\n\ndef later():\n    import dags.bookings.tickets\n",
            f"{OFFERS_DAG}:6: imports dags.bookings.tickets of the domain bookings",
            id="domain importing domain, in a function",
        ),
        pytest.param(
            OFFERS_DAG, "chain(build(), ", 'chain(build(), S3ListOperator(task_id="x", aws_conn_id="aws_bookings"), ',
            f"{OFFERS_DAG}:9: uses the connection 'aws_bookings' of the domain bookings (tasks here act as shopping",
            id="connection of another domain",
        ),
        pytest.param(
            OFFERS_DAG, "with data_product", 'CONNECTION = "aws_bookings"\n\nwith data_product',
            f"{OFFERS_DAG}:8: names the connection 'aws_bookings' of the domain bookings",
            id="connection of another domain in a variable",
        ),
        pytest.param(
            OFFERS_DAG, "doc_md=__doc__)", 'doc_md=__doc__, default_args={"aws_conn_id": "aws_" + "bookings"})',
            f"{OFFERS_DAG}:8: has a aws_conn_id that only running it would tell",
            id="connection put together",
        ),
        pytest.param(
            OFFERS_DAG, "doc_md=__doc__)", 'doc_md=__doc__, default_args={"pool": "bookings"})',
            f"{OFFERS_DAG}:8: uses the pool 'bookings' of the domain bookings (leave it out: tasks of shopping share",
            id="pool of another domain",
        ),
        pytest.param(
            OFFERS_DAG, "with data_product", 'ROLE = "arn:aws:iam::222222222222:role/x"\n\nwith data_product',
            f"{OFFERS_DAG}:8: names the account 222222222222 of the domain bookings",
            id="account of another domain",
        ),
        pytest.param(
            OFFERS_DAG, "with data_product", 'PREFIX = "s3://bookings-curated/tickets"\n\nwith data_product',
            f"{OFFERS_DAG}:8: names the bucket bookings-curated of the domain bookings",
            id="bucket of another domain",
        ),
        pytest.param(
            OFFERS_MODEL, "source('bookings', 'tickets')", "source('bookings_landing', 'ticket_events')",
            f"{OFFERS_MODEL}:6: source('bookings_landing', 'ticket_events') is what lands for another domain"
            " (read a port of bookings)",
            id="source of another domain's landing",
        ),
        pytest.param(
            OFFERS_MODEL, "source('bookings', 'tickets')", "source('bookings', 'tickts')",
            f"{OFFERS_MODEL}:6: source('bookings', 'tickts') is no source and no input port of shopping.offers"
            " (did you mean \"source('bookings', 'tickets')\"?)",
            id="source that is nothing",
        ),
        pytest.param(
            OFFERS_MODEL, "{{ source('bookings', 'tickets') }}", "bookings_curated.tickets",
            f"{OFFERS_MODEL}:6: names the table bookings_curated.tickets itself (write {{{{ source",
            id="table named directly",
        ),
        pytest.param(
            OFFERS_MODEL, "  p.price,\n", "  p.prise as price,\n",
            f"{OFFERS_MODEL}:3: bookings.tickets has no column 'prise' (did you mean 'price'?)",
            id="unknown column",
        ),
        pytest.param(
            OFFERS_MODEL, "cast(null as varchar(100)) as email", "p.email",
            f"{OFFERS_MODEL}:5: uses bookings.tickets.email, which the role shopping may not read:"
            " it is not among the role's columns (leave it out, or ask Bookings team to grant it in"
            f" {TICKETS}/contract.yaml)",
            id="column that is not granted",
        ),
        pytest.param(
            OFFERS_MODEL, " as p\n", " as p\nwhere p.sold_at is not null\n",
            f"{OFFERS_MODEL}:7: uses bookings.tickets.sold_at, which the role shopping may not read",
            id="column that is not granted, in a filter",
        ),
        pytest.param(
            OFFERS_MODEL, "p.ticket_id", "p.ticket_id as ticket",
            f"{OFFERS_MODEL}:2: selects 'ticket', which is not in the contract (did you mean 'ticket_id'?)",
            id="column that no contract describes",
        ),
        pytest.param(
            f"{TICKETS}/contract.yaml", "value: [ticket_id, price]", "value: [ticket_id, price, email]",
            f"{TICKETS}/contract.yaml:40: ",
            id="personal column without clearance",
        ),
        pytest.param(
            "domains/bookings/domain.yaml", "team:\n  name: Bookings team\n  email: bookings@example.com\n", "",
            "domains/bookings/domain.yaml:1: team is missing (expected `team: …`, a mapping with name, email",
            id="no owner",
        ),
        pytest.param(
            f"{TICKETS}/contract.yaml", "slaProperties:\n  - property: frequency\n    value: 1\n    unit: d\n", "",
            f"{TICKETS}/contract.yaml: promises no service level: consumers can't know when to expect data (for example",
            id="no SLA",
        ),
        pytest.param(
            OFFERS_DAG, '"""Ask the desk when it fails."""\n', "",
            f"{OFFERS_DAG}:1: has no docstring (it is the runbook: what to do when a task fails)",
            id="no runbook",
        ),
        pytest.param(
            OFFERS_DAG, "Ask the desk when it fails.", "# Offers",
            f"{OFFERS_DAG}:1: has a docstring that is only a heading",
            id="a runbook that says nothing",
        ),
        pytest.param(
            f"{OFFERS}/contract.yaml", "id: shopping.offers", "id: bookings.tickets",
            f"{OFFERS}/contract.yaml:3: id is 'bookings.tickets'",
            id="two products claim one address",
        ),
        pytest.param(
            OFFERS_DAG, 'data_product("shopping.offers"', 'data_product("bookings.tickets"',
            f"{OFFERS_DAG}:8: declares 'bookings.tickets' (its address is 'shopping.offers'; bookings.tickets is declared"
            " by dags/bookings/tickets.py)",
            id="two DAG files claim one asset",
        ),
        pytest.param(
            OFFERS_DAG, 'data_product("shopping.offers"', "data_product(NAME",
            f"{OFFERS_DAG}:8: names its product by something else than text",
            id="an address that is not text",
        ),
        pytest.param(
            OFFERS_DAG, ", file=__file__, doc_md=__doc__", "",
            f"{OFFERS_DAG}:8: does not pass file=__file__ and doc_md=__doc__ to data_product (expected"
            ' `with data_product("shopping.offers", file=__file__, doc_md=__doc__):`)',
            id="neither its file nor its runbook",
        ),
        pytest.param(
            OFFERS_DAG, "file=__file__", 'file="dags/shopping/offers.py"',
            f"{OFFERS_DAG}:8: does not pass file=__file__ to data_product",
            id="a file that is named by hand",
        ),
        pytest.param(
            OFFERS_DAG, "build, check, publish\n", "bild as build, check, publish\n",
            f"{OFFERS_DAG}:9: calls bild(), and there is no such verb (did you mean 'build'?)",
            id="a verb that does not exist",
        ),
        pytest.param(
            "domains/shopping/domain.yaml", "333333333333", "222222222222",
            "domains/shopping/domain.yaml:2: the account 222222222222 belongs to the domain 'bookings' already",
            id="two domains with one account",
        ),
        pytest.param(
            "domains/shopping/domain.yaml", "name: shopping", "name: Shopping",
            "domains/shopping/domain.yaml:1: 'Shopping' cannot name a domain (expected a lower-case letter",
            id="name rules",
        ),
    ],
)  # fmt: skip
def test_an_error(two: MeshFolder, file: str, old: str, new: str, expected: str) -> None:
    two.change(file, old, new)
    lines = problems_of(two)
    assert any(line.startswith(expected) for line in lines), lines
    assert len(lines) <= 2, "one mistake is told once, not as a list of what follows from it"


def test_an_input_port_that_is_not_granted(two: MeshFolder) -> None:
    text = two.path(f"{TICKETS}/contract.yaml").read_text()
    roles = text[text.index("roles:") : text.index("slaProperties:")]
    two.change(f"{TICKETS}/contract.yaml", roles, "")
    [line] = problems_of(two)
    assert line == (
        f"{OFFERS}/product.yaml:17: shopping.offers reads bookings.tickets, whose contract has no role for shopping"
        f" (ask Bookings team to add the role shopping to {TICKETS}/contract.yaml)"
    )


def test_a_port_that_is_no_input_port(two: MeshFolder) -> None:
    two.add_consumer(name="deals", reads="shopping.offers")
    model = two.change(
        "dbt/models/shopping/deals.sql", "source('shopping', 'offers')", "source('bookings', 'tickets')"
    )
    assert problems_of(two) == [
        f"{model.relative_to(two.root)}:6: source('bookings', 'tickets') is no input port of shopping.deals"
        " (add bookings.tickets to inputPorts in product.yaml)"
    ]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (
            "tickets_raw",
            "ref('tickets_raw') is a private model of another domain: bookings.tickets (read the port:",
        ),
        ("tickets", "ref('tickets') is the port bookings.tickets (read it as source('bookings', 'tickets')"),
        ("offers", "ref('offers') is the port itself"),
        ("nothing", "there is no model 'nothing' of shopping.offers"),
    ],
)
def test_a_ref_that_leads_out_of_the_product(two: MeshFolder, reference: str, expected: str) -> None:
    two.write("dbt/models/bookings/tickets/tickets_raw.sql", "select 1 as ticket_id\n")
    two.change(OFFERS_MODEL, "{{ source('bookings', 'tickets') }}", f"{{{{ ref('{reference}') }}}}")
    [line] = problems_of(two)
    assert line.startswith(f"{OFFERS_MODEL}:6: {expected}")


@pytest.mark.parametrize(
    ("code", "line", "expected"),
    [
        ("rows = open('x.csv').read()", 3, "calls open() while it is read"),
        ("import requests\nprices = requests.get('https://x')", 4, "calls requests.get() while it is read"),
        ("import requests as r\nask = r.get\nask('https://x')", 5, "calls requests.get() while it is read"),
        ("import boto3\ns3 = boto3.client('s3')", 4, "calls boto3.client() while it is read"),
        ("from airflow.sdk import Variable\nv = Variable.get('x')", 4, "calls airflow.sdk.Variable.get()"),
        ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook\nS3Hook().get_key('x')", 4, "calls airflow"),
        ("from airflow.sdk.bases.hook import BaseHook\nBaseHook.get_connection('x')", 4, "calls airflow"),
        ("import subprocess\nsubprocess.run(['ls'])", 4, "calls subprocess.run()"),
        ("from pathlib import Path\nt = Path('x').read_text()", 4, "calls read_text() while it is read"),
        ("from datetime import datetime\nd = datetime.now()", 4, "asks the clock, datetime.datetime.now()"),
        ("import os\nif os.environ['HOME']:\n    pass", 4, "reads its environment"),
        ("import os\nx = os.getenv('HOME')", 4, "calls os.getenv() while it is read"),
        ("import os\nos.environ.get('A')", 4, "calls os.environ.get() while it is read"),
        ("def rows():\n    return open('x')\nfor row in rows():\n    pass", 4, "calls open()"),
        ("rows = [open(name) for name in ('a', 'b')]", 3, "calls open()"),
        ("class Rows:\n    text = open('x')", 4, "calls open()"),
        ("class Rows:\n    def __init__(self):\n        open('x')\nRows()", 5, "calls open()"),
        ("def f(x=open('y')):\n    pass", 3, "calls open()"),
        ("read = lambda: open('x')\nread()", 3, "calls open()"),
        ("import requests\nfrom functools import reduce\nreduce(requests.get, ['x'])", 5, "calls requests.get()"),
        ("handle = open\nhandle('x')", 3, "calls open()"),
        ("import helpers\n\n@helpers.cached\ndef f():\n    pass", 5, "calls helpers.cached()"),
        ("exec('import os')", 3, "calls exec()"),
        ("__import__('os').system('ls')", 3, "calls __import__()"),
        ("while True:\n    pass", 3, "loops with while"),
        ("from bookings_helpers import *", 3, "imports everything of bookings_helpers"),
        ("getattr(__builtins__, 'op' + 'en')('x')", 3, "calls getattr()"),
    ],
)  # fmt: skip
def test_what_a_dag_file_must_not_do_while_it_is_read(
    two: MeshFolder, code: str, line: int, expected: str
) -> None:
    two.change(
        OFFERS_DAG, "\n\nfrom airflow.sdk import chain\n", f"\n\n{code}\nfrom airflow.sdk import chain\n"
    )
    lines = problems_of(two)
    assert any(found.startswith(f"{OFFERS_DAG}:{line}: {expected}") for found in lines), lines


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import datetime, timedelta\nSTART = datetime(2013, 1, 1) - timedelta(days=1)",
        "import logging\nlog = logging.getLogger(__name__)",
        "ROUTES = sorted({'a', 'b'}, key=str.lower)\nNAMES = ', '.join(route.upper() for route in ROUTES)",
        "from airflow.sdk import task\n\n@task\ndef rows():\n    return open('x').read()\n",
        "from airflow.sdk import task\n\n@task.short_circuit(retries=2)\ndef rows():\n    return open('x').read()\n",
        "from airflow.providers.standard.operators.empty import EmptyOperator\nN = [EmptyOperator(task_id=f't{n}') for n in range(3)]",
        "from pathlib import Path\nHERE = Path(__file__).parent / 'x.sql'",
        "import requests\n\ndef ask():\n    return requests.get('x')\n\nfrom airflow.providers.standard.operators.python import PythonOperator\nPythonOperator(task_id='x', python_callable=ask)",
        "if __name__ == '__main__':\n    print(open('x'))",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests",
        "def pair(x):\n    return (x, len(x))\nPAIRS = dict(pair(x) for x in ('a', 'b'))",
    ],
)  # fmt: skip
def test_what_a_dag_file_may_do_while_it_is_read(two: MeshFolder, code: str) -> None:
    two.change(
        OFFERS_DAG, "\n\nfrom airflow.sdk import chain\n", f"\n\n{code}\nfrom airflow.sdk import chain\n"
    )
    assert problems_of(two) == []


def test_a_helper_file_beside_a_dag_is_inspected_too(two: MeshFolder) -> None:
    two.write("dags/shopping/_prices.py", "import requests\nPRICES = requests.get('x')\n")
    assert problems_of(two) == [
        "dags/shopping/_prices.py:2: calls requests.get() while it is read"
        " (Airflow reads DAG files again and again: do it in a task, or use a verb or an operator)"
    ]


def test_nothing_that_is_checked_is_run(two: MeshFolder) -> None:
    proof = two.root / "proof"
    two.write("dags/shopping/_evil.py", f"open({str(proof)!r}, 'w').write('run')\n")
    two.change(OFFERS_MODEL, "select\n", "{{ ''.__class__.__mro__ }}\nselect\n")
    problems_of(two)
    assert not proof.exists()


def test_products_in_a_circle(two: MeshFolder) -> None:
    two.add_consumer(domain="shopping", name="deals", reads="shopping.offers")
    two.change(f"{OFFERS}/product.yaml", "contractId: bookings.tickets", "contractId: shopping.deals")
    two.change(OFFERS_MODEL, "source('bookings', 'tickets')", "source('shopping', 'deals')")
    assert problems_of(two) == [
        "domains/shopping/deals/product.yaml:17: waits for itself: shopping.deals → shopping.offers → shopping.deals"
        " (one of these inputs has to go)"
    ]


def test_helper_models_in_a_circle(two: MeshFolder) -> None:
    two.write("dbt/models/shopping/offers/one.sql", "select t.a from {{ ref('two') }} as t\n")
    two.write("dbt/models/shopping/offers/two.sql", "select t.a from {{ ref('one') }} as t\n")
    assert any("models wait for each other: one → two → one" in line for line in problems_of(two))


def test_a_domain_that_is_not_there(two: MeshFolder) -> None:
    two.write("dags/lojalty/x.py", '"""x"""\n')
    assert problems_of(two) == [
        "dags/lojalty: there is no domain 'lojalty' (a domain has a domain.yaml under domains/)"
    ]


@pytest.mark.parametrize("broken", ["name: [\n", "name: bookings\nname: bookings\n", "", "- a\n"])
def test_a_broken_domain_is_all_that_is_reported(two: MeshFolder, broken: str) -> None:
    two.write("domains/bookings/domain.yaml", broken)
    lines = problems_of(two)
    assert lines
    assert {line.split(":")[0] for line in lines} == {"domains/bookings/domain.yaml"}


def test_causes_come_before_what_follows(two: MeshFolder) -> None:
    two.change("domains/shopping/domain.yaml", "333333333333", "222222222222")
    two.change(OFFERS_DAG, '"""Ask the desk when it fails."""\n', "")
    two.change(f"{TICKETS}/contract.yaml", "slaProperties:", "slaPropertys:")
    assert [line.split(":")[0] for line in problems_of(two)] == [
        "domains/shopping/domain.yaml",
        f"{TICKETS}/contract.yaml",
        OFFERS_DAG,
    ]


def test_an_inspection_has_the_mesh_and_what_nothing_executes(two: MeshFolder) -> None:
    inspection = inspect_mesh(two.root)
    assert set(inspection.mesh.products) == {"bookings.tickets", "shopping.offers"}
    assert inspection.problems == ()
