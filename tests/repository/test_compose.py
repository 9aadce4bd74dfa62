"""docker-compose.yml, without an engine: what it mounts, runs, sets and waits for exists.

Each check is a function from the parsed file to what is wrong with it, and is tried on a file that is wrong in that way.
"""

from __future__ import annotations

import ast
import copy
import importlib.metadata
import importlib.util
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
IN_IMAGE = "/interline"
"""WORKDIR of the Dockerfile: where the repository is in the image."""
Compose = dict[str, Any]
SECRETS = {
    "postgres-password", "redis-password", "jwt-secret", "fernet-key", "database-address", "results-address",
    "broker-address", "redis.conf",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> Compose:
    content = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert len(content["services"]) >= 10
    return content


def ours(compose: Compose) -> Iterator[tuple[str, Any]]:
    """The services of our image."""
    return ((name, service) for name, service in compose["services"].items() if "build" in service)


def command(service: Compose) -> list[str]:
    return [str(word) for word in (*service.get("entrypoint", ()), *service.get("command", ()))]


# What each check finds wrong ------------------------------------------------------------------------


def wrong_builds(compose: Compose) -> list[str]:
    wrong = []
    for name, service in ours(compose):
        context = service["build"]
        if not (ROOT / context / "Dockerfile").is_file():
            wrong.append(f"{name}: {context} has no Dockerfile")
        if not service.get("image"):
            wrong.append(f"{name}: without a name every service would build an image of its own")
    return wrong


def wrong_mounts(compose: Compose) -> list[str]:
    wrong = []
    for name, service in compose["services"].items():
        for mount in service.get("volumes", ()):
            source, target, *mode = mount.split(":")
            if source.startswith("."):
                if not (ROOT / source).exists():
                    wrong.append(f"{name}: {source} does not exist")
                elif target != f"{IN_IMAGE}/{source.removeprefix('./')}":
                    wrong.append(
                        f"{name}: {source} is mounted at {target}, where the image has something else"
                    )
                elif mode != ["ro"]:
                    wrong.append(f"{name}: {source} could be changed from inside a container")
            elif source not in compose["volumes"]:
                wrong.append(f"{name}: the volume {source} is not declared")
    used = {
        mount.partition(":")[0]
        for _, service in compose["services"].items()
        for mount in service.get("volumes", ())
    }
    return wrong + [f"the volume {name} is used by nobody" for name in compose["volumes"] if name not in used]


def wrong_modules(compose: Compose) -> list[str]:
    wrong = []
    for name, service in ours(compose):
        words = command(service)
        if words[:2] != ["python", "-m"]:
            wrong.append(f"{name}: {words} is no module")
        elif importlib.util.find_spec(words[2]) is None:
            wrong.append(f"{name}: there is no module {words[2]}")
        check = service.get("healthcheck", {}).get("test", ["CMD", "python", "-m", "local.mesh.container"])
        if check[:3] != ["CMD", "python", "-m"] or importlib.util.find_spec(check[3]) is None:
            wrong.append(f"{name}: {check} is no module")
    return wrong


def wrong_parts(compose: Compose) -> list[str]:
    """Arguments that `local.mesh.container` or `local.server` would not take."""
    from local.mesh import container

    parser = container.parser()
    wrong = []
    for name, service in ours(compose):
        for words in (command(service)[2:], service.get("healthcheck", {}).get("test", ())[3:]):
            arguments = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in words[1:]]
            if words and words[0] == "local.mesh.container":
                try:
                    parser.parse_args(arguments)
                except SystemExit:
                    wrong.append(f"{name}: the container knows no {' '.join(arguments)!r}")
    return wrong


def settings() -> dict[tuple[str, str], dict[str, Any]]:
    """Airflow's and Celery's own description of every option, read without importing Airflow."""
    core = importlib.metadata.distribution("apache-airflow-core")
    path = Path(str(core.locate_file("airflow/config_templates/config.yml")))
    described = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    celery = importlib.metadata.distribution("apache-airflow-providers-celery")
    provider = runpy.run_path(str(celery.locate_file("airflow/providers/celery/get_provider_info.py")))
    described = {**described, **provider["get_provider_info"]()["config"]}
    return {
        (section.lower(), option.lower()): about
        for section, content in described.items()
        for option, about in content["options"].items()
    }


def wrong_settings(compose: Compose) -> list[str]:
    known = settings()
    wrong = []
    for name, service in ours(compose):
        for variable in service.get("environment", {}):
            if not variable.startswith("AIRFLOW__"):
                wrong.append(f"{name}: {variable} is no setting of Airflow's")
                continue
            section, _, option = variable.removeprefix("AIRFLOW__").lower().partition("__")
            plain = option.removesuffix("_cmd")
            if (section, plain) not in known:
                wrong.append(f"{name}: Airflow has no option {plain} in {section}")
            elif option != plain and not known[section, plain].get("sensitive"):
                wrong.append(f"{name}: Airflow reads no command for {plain} in {section}")
            elif option == plain and known[section, plain].get("sensitive"):
                wrong.append(f"{name}: {variable} would show a secret")
    return wrong


def wrong_secrets(compose: Compose) -> list[str]:
    """Secrets that are read but not made, or written out."""
    wrong = []
    for name, service in compose["services"].items():
        texts = [*command(service), *map(str, (service.get("environment") or {}).values())]
        for text in texts:
            wrong += [
                f"{name}: nobody makes the secret {secret}"
                for secret in re.findall(r"/secrets/([\w.-]+)", text)
                if secret not in SECRETS
            ]
        for variable, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|SECRET|KEY|CONN|URL|BACKEND", variable) and "/secrets/" not in str(value):
                wrong.append(f"{name}: {variable} is written out")
    return wrong


def wrong_order(compose: Compose) -> list[str]:
    wrong = []
    services = compose["services"]
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            if needed not in services:
                wrong.append(f"{name}: waits for {needed}, which does not exist")
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[needed]:
                wrong.append(f"{name}: waits for the health of {needed}, which is never checked")
            elif how["condition"] == "service_completed_successfully" and "healthcheck" in services[needed]:
                wrong.append(f"{name}: waits for the end of {needed}, which goes on")

    def waits_for(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            wrong.append(f"a circle: {' → '.join((*path, name))}")
            return
        for needed in services.get(name, {}).get("depends_on", {}):
            waits_for(needed, (*path, name))

    for name in services:
        waits_for(name, ())
    return wrong


def wrong_networks(compose: Compose) -> list[str]:
    wrong = []
    services = compose["services"]
    for name, service in services.items():
        mode = str(service.get("network_mode", ""))
        if mode.startswith("service:") and mode.removeprefix("service:") not in services:
            wrong.append(f"{name}: there is no {mode}")
        if not mode and name != "local-aws":
            wrong.append(f"{name}: has a network of its own, where loopback is not the mesh's")
        wrong += [
            f"{name}: {port} is open to other machines"
            for port in service.get("ports", ())
            if not port.startswith("127.0.0.1:")
        ]
    published = [port for service in services.values() for port in service.get("ports", ())]
    return wrong + ([] if len(published) == 1 else [f"published are {published}, not only the web server"])


def never_starting(compose: Compose) -> list[str]:
    """Components of Airflow that no service is."""
    from local.mesh import container

    run = {word for _, service in ours(compose) for word in command(service)}
    return [component for component in container.COMPONENTS if component not in run]


CHECKS = (
    wrong_builds, wrong_mounts, wrong_modules, wrong_parts, wrong_settings, wrong_secrets, wrong_order,
    wrong_networks, never_starting,
)  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_nothing_is_wrong(compose: Compose, check: Callable[[Compose], list[str]]) -> None:
    assert check(compose) == []


def break_it(compose: Compose, place: str, value: Any) -> Compose:
    """A copy with another value at `service/key/key`; None takes the key away."""
    broken = copy.deepcopy(compose)
    *path, last = place.split("/")
    inner = broken
    for key in path:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return broken


@pytest.mark.parametrize(
    ("check", "place", "value"),
    [
        (wrong_builds, "services/worker/build", "containers"),
        (wrong_builds, "services/worker/image", None),
        (wrong_mounts, "services/worker/volumes", ["./dag:/interline/dag:ro"]),
        (wrong_mounts, "services/worker/volumes", ["./dags:/opt/airflow/dags:ro"]),
        (wrong_mounts, "services/worker/volumes", ["./dags:/interline/dags"]),
        (wrong_mounts, "services/worker/volumes", ["logs:/mesh"]),
        (wrong_mounts, "volumes/spare", {}),
        (wrong_modules, "services/worker/command", ["python", "-m", "local.mesh.containers", "worker"]),
        (wrong_modules, "services/worker/healthcheck/test", ["CMD", "curl", "http://127.0.0.1:8080"]),
        (wrong_parts, "services/worker/command", ["python", "-m", "local.mesh.container", "flower"]),
        (wrong_parts, "services/run/command", ["--months", "1"]),
        (
            wrong_parts,
            "services/worker/healthcheck/test",
            ["CMD", "python", "-m", "local.mesh.container", "health"],
        ),
        (wrong_settings, "services/worker/environment/AIRFLOW__CORE__EXECUTER", "CeleryExecutor"),
        (wrong_settings, "services/worker/environment/AIRFLOW__CORE__EXECUTOR_CMD", "echo CeleryExecutor"),
        (wrong_settings, "services/worker/environment/AIRFLOW__CELERY__BROKER_URL", "redis://127.0.0.1"),
        (wrong_settings, "services/worker/environment/EXECUTOR", "CeleryExecutor"),
        (wrong_secrets, "services/worker/environment/AIRFLOW__CORE__FERNET_KEY_CMD", "cat /secrets/fernet"),
        (wrong_secrets, "services/postgres/environment/POSTGRES_PASSWORD", "airflow"),
        (wrong_order, "services/worker/depends_on/rabbitmq", {"condition": "service_healthy"}),
        (wrong_order, "services/redis/healthcheck", None),
        (wrong_order, "services/migrate/depends_on/worker", {"condition": "service_healthy"}),
        (wrong_order, "services/worker/depends_on/redis", {"condition": "service_completed_successfully"}),
        (wrong_networks, "services/worker/network_mode", "service:aws"),
        (wrong_networks, "services/worker/network_mode", None),
        (wrong_networks, "services/local-aws/ports", ["8080:8080"]),
        (wrong_networks, "services/redis/ports", ["127.0.0.1:6379:6379"]),
        (never_starting, "services/triggerer", None),
    ],
)
def test_each_check_notices(
    compose: Compose, check: Callable[[Compose], list[str]], place: str, value: Any
) -> None:
    assert check(break_it(compose, place, value)) != []


# What the containers run -----------------------------------------------------------------------------


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    from local.mesh import container

    container.make_secrets(tmp_path)
    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert set(made) == SECRETS
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert all(
        len(made[name]) >= 32 for name in ("postgres-password", "redis-password", "jwt-secret", "fernet-key")
    )
    assert made["postgres-password"] in made["database-address"]
    assert made["redis-password"] in made["redis.conf"]
    container.make_secrets(tmp_path)
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == made


def test_compose_settings_go_before_those_of_a_run_here(compose: Compose, tmp_path: Path) -> None:
    from local.mesh import container
    from local.mesh.home import Home

    given = {name: str(value) for name, value in compose["services"]["scheduler"]["environment"].items()}
    adopted = container.environment(
        ROOT, Home(tmp_path), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, {**given, "AWS_PROFILE": "mine"}
    )
    assert given.items() <= adopted.items()
    assert adopted["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert "AWS_PROFILE" not in adopted
    # a plain value would be taken before the command that tells the real one
    assert [name for name in adopted if f"{name}_CMD" in adopted] == []
    # an option of SQLite's alone
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS" not in adopted


def subcommands_of_airflow() -> dict[str, set[str]]:
    """Airflow's own definition of its command line: sub-command → its flags; read without importing Airflow.

    `ActionCommand(name=…, args=(ARG_…, …))`, alone or in the tuple that a `GroupCommand` names, and `ARG_… = Arg((flags), …)`.
    """
    core = importlib.metadata.distribution("apache-airflow-core")
    celery = importlib.metadata.distribution("apache-airflow-providers-celery")
    trees = [
        ast.parse(Path(str(package.locate_file(file))).read_text(encoding="utf-8"))
        for package, file in (
            (core, "airflow/cli/cli_config.py"),
            (celery, "airflow/providers/celery/cli/definition.py"),
        )
    ]
    flags: dict[str, set[str]] = {}
    groups: dict[str, str] = {}
    actions: list[tuple[str, ast.Call]] = []

    def keyword(call: ast.Call, name: str) -> ast.expr:
        return next(keyword.value for keyword in call.keywords if keyword.arg == name)

    for statement in (statement for tree in trees for statement in ast.walk(tree)):
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            calls = [node for node in ast.walk(statement.value) if isinstance(node, ast.Call)]
            for call in calls:
                made = getattr(call.func, "id", "")
                if made == "Arg" and isinstance(target, ast.Name):
                    flags[target.id] = {node.value for node in ast.walk(call.args[0] if call.args else keyword(call, "flags")) if isinstance(node, ast.Constant)}  # fmt: skip
                elif made == "ActionCommand" and isinstance(target, ast.Name):
                    actions.append((target.id, call))
                elif made == "GroupCommand":
                    listed = keyword(call, "subcommands")
                    if isinstance(listed, ast.Name):
                        groups[listed.id] = ast.literal_eval(keyword(call, "name"))
        elif isinstance(statement, ast.Call) and getattr(statement.func, "id", "") == "GroupCommand":
            listed = keyword(statement, "subcommands")
            if isinstance(listed, ast.Name):
                groups[listed.id] = ast.literal_eval(keyword(statement, "name"))
    known = {}
    for tuple_name, call in actions:
        words = [groups[tuple_name]] if tuple_name in groups else []
        name = " ".join([*words, ast.literal_eval(keyword(call, "name"))])
        arguments = {node.id for node in ast.walk(keyword(call, "args")) if isinstance(node, ast.Name)}
        known[name] = set().union(*(flags.get(argument, set()) for argument in arguments))
    return known


def test_airflow_knows_every_command_that_a_container_becomes(tmp_path: Path) -> None:
    from local.mesh import container

    known = subcommands_of_airflow()
    assert {"scheduler", "db migrate", "pools import", "celery worker"} <= set(known)
    assert "flower" not in known
    for component in container.COMPONENTS:
        words = container.airflow_command(component, tmp_path)
        flags = [word for word in words if word.startswith("--")]
        named = " ".join(words[: words.index(flags[0])]) if flags else " ".join(words)
        assert named in known
        assert [flag for flag in flags if flag not in known[named]] == []


def test_the_documented_settings_are_those_that_are_read(compose: Compose) -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^#   (INTERLINE_\w+)=(\S+)$", text, re.MULTILINE))
    read = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", yaml.safe_dump(compose, width=10_000)))
    assert documented == read
    assert documented


def test_the_image_is_made_of_files_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        source for line in text.splitlines() if line.startswith("COPY") for source in line.split()[2:-1]
    ]
    assert "." in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert f"WORKDIR {IN_IMAGE}\n" in text
    assert re.search(r"^FROM python:3\.12", text, re.MULTILINE), "Amazon MWAA runs Python 3.12"


def test_the_image_is_made_without_what_a_machine_made_here() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".interline", ".env", "**/__pycache__"} <= set(ignored)
