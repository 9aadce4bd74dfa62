"""One run of the mesh: start what is missing, land the input, let Airflow work, print what came of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape

from interline.contracts import load_mesh
from interline.scheduling import ANNOUNCEMENTS_DESCRIPTION, ANNOUNCEMENTS_POOL
from interline.scheduling.airflow_state import WATCHING_DAG
from local.mesh.access_proof import Evidence, prove
from local.mesh.airflow_servers import Airflow
from local.mesh.aws import Aws
from local.mesh.configuration import tasks_at_once
from local.mesh.display import Display
from local.mesh.home import Home, write_json
from local.mesh.landing import Input, Lander
from local.mesh.onboarding import onboard, unprepared
from local.mesh.printing import print_proof, print_report
from local.mesh.readiness import wait_for_dags
from local.mesh.report import ProductReport, report
from local.mesh.rest import Rest, RestError
from local.mesh.selection import Selection, select_days, select_products
from local.mesh.servers import Servers, check_alive
from local.mesh.signals import interruptible, uninterrupted
from local.mesh.standstill import require_progress
from local.mesh.task_logs import last_lines, log_of
from local.mesh.tracking import FAILED, SUCCESS, Change, ProductDay, Tracker
from local.source_systems import SEED

_DAYS_UNDER_WAY = 10
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """What `./interline run` is to do."""

    root: Path
    home: Home
    domains: tuple[str, ...] = ()
    days: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    seed: int = SEED
    scale: float = 1.0
    input_folder: Path | None = None
    port: int | None = None


def run(options: Options, console: Console) -> bool:
    """Run the mesh; returns whether every product has every day and the proof holds.

    Raises:
        interline.contracts.MeshError: what the domains declare is wrong.
        local.mesh.home.BusyError: another command uses this home.
        KeyboardInterrupt: asked to end; all that was started has been stopped.
        Exception: the errors of selection, servers and readiness, each with what to do.
    """
    plan = _Plan(options)
    options.home.make()
    with interruptible(), options.home.alone("run"):
        with Display(console) as display:
            servers = Servers(
                options.root,
                options.home,
                port=options.port,
                domains=plan.mesh.domains,
                say=display.say,
                with_run=True,
            )
            finished = False
            try:
                plan.lander.begin()
                aws, airflow = servers.start(plan.begin_landing)
                outcome = _Work(plan, display, aws, airflow).do()
                finished = True
            finally:
                with uninterrupted():
                    plan.lander.stop()
                    if finished:
                        servers.stop_airflow()
                    else:
                        servers.stop()
        return _print_result(console, options, *outcome)


def drive(options: Options, console: Console, aws: Aws, airflow: Airflow) -> bool:
    """Run the mesh on servers that run already and are not ours to stop; returns and raises as `run` does."""
    plan = _Plan(options)
    options.home.make()
    with interruptible():
        try:
            with Display(console) as display:
                plan.lander.begin()
                plan.begin_landing(aws)
                outcome = _Work(plan, display, aws, airflow).do()
        finally:
            plan.lander.stop()
        return _print_result(console, options, *outcome)


class _Plan:
    """What a run is about, known before anything is started."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.begun = datetime.now(UTC)
        self.mesh = load_mesh(options.root)
        days = select_days(options.days, options.first_day, options.last_day)
        self.selection = Selection(select_products(self.mesh, options.domains), days)
        source = Input(self.selection.domains, options.seed, options.scale, options.input_folder)
        source.replaced_sources()
        self.lander = Lander(source, days)
        self.to_onboard: list[str] = []
        """Domains in whose account nothing can land yet."""

    def begin_landing(self, aws: Aws) -> None:
        """Land as soon as there is an AWS, unless an account must be prepared first."""
        self.to_onboard = unprepared(aws, [self.mesh.domains[name] for name in self.selection.domains])
        if not self.to_onboard:
            self.lander.use(aws)


class _Work:
    """What happens between the servers being ready and the report."""

    def __init__(self, plan: _Plan, display: Display, aws: Aws, airflow: Airflow) -> None:
        self._options, self._mesh, self._selection = plan.options, plan.mesh, plan.selection
        self._lander, self._display, self._aws, self._airflow = plan.lander, display, aws, airflow
        self._begun, self._to_onboard = plan.begun, plan.to_onboard
        display.address = airflow.url
        self._rest = Rest(airflow.url)

    def do(self) -> tuple[list[ProductReport], list[Evidence], float]:
        """Run every product for every day; returns the report, the proof, and the seconds it took."""
        rest, display = self._rest, self._display
        tracker = Tracker(rest, self._selection, self._begun)
        try:
            wait_for_dags(
                rest, self._options.root, self._selection.products, self._begun, self._airflow.check_alive
            )
            self._make_ready()
            self._onboard()
            display.follow(tracker)
            self._follow_to_the_end(tracker)
            reports = report(self._mesh, self._aws, tracker, rest)
            published = {entry.address for entry in reports if entry.rows}
            evidence = prove(self._mesh, self._aws, published)
        except BaseException:
            if not self._airflow.started_here:
                with uninterrupted():
                    self._cancel(tracker)
            raise
        finally:
            with contextlib.suppress(RestError, httpx.HTTPError):
                self._set_watching(True)
            rest.close()
        return reports, evidence, display.seconds

    def _cancel(self, tracker: Tracker) -> None:
        """End the runs of an Airflow that goes on after this run was given up."""
        with contextlib.suppress(RestError, httpx.HTTPError):
            tracker.look()
            for view in tracker.product_days.values():
                if view.run_id is not None and not view.has_ended:
                    self._rest.fail_run(view.address, view.run_id)

    def _onboard(self) -> None:
        if self._to_onboard:
            onboard(self._rest, self._options.root, self._to_onboard, self._airflow.check_alive)
            self._display.say(f"platform.onboard: prepared {', '.join(self._to_onboard)}")
            self._lander.use(self._aws)

    def _make_ready(self) -> None:
        """Pools of the domains and of the announcements; the selected DAGs on, all others off, so that only what was asked for runs."""
        slots = tasks_at_once()
        for domain in self._mesh.domains.values():
            self._rest.make_pool(domain.pool, slots, f"Tasks of the {domain.name} domain")
        self._rest.make_pool(ANNOUNCEMENTS_POOL, 1, ANNOUNCEMENTS_DESCRIPTION)
        dags = self._rest.dags()
        if WATCHING_DAG in dags:
            self._set_watching(False)
        for dag_id, dag in dags.items():
            if dag_id not in self._mesh.products:
                continue  # the platform's own, which wait to be triggered
            paused = dag_id not in self._selection.products
            if dag["is_paused"] != paused:
                self._rest.set_paused(dag_id, paused)

    def _set_watching(self, on: bool) -> None:
        """Let the platform's DAG watch consumers, or not: this run follows its days by itself, and Airflow ends with it."""
        if self._airflow.started_here:
            self._rest.set_paused(WATCHING_DAG, not on)

    def _follow_to_the_end(self, tracker: Tracker) -> None:
        to_land = list(self._selection.days)
        name = datetime.now(UTC).strftime("%H%M%S%f")
        while True:
            while to_land and self._may_begin(to_land[0], to_land, tracker):
                day = to_land.pop(0)
                self._display.say(f"{day}: {self._lander.landed[day].result()} files landed")
                for product in self._selection.source_aligned:
                    self._rest.start_run(
                        product.address, f"interline__{day}__{name}", day.isoformat(), "by ./interline run"
                    )
            changes = tracker.look()
            self._display.show(changes)
            self._print_failures(changes)
            if not to_land and tracker.nothing_more_to_come:
                return
            check_alive(self._options.root, self._options.home, self._aws, self._airflow)
            landing = bool(to_land) and not self._lander.landed[to_land[0]].done()
            require_progress(tracker, self._selection, to_land, landing=landing)
            time.sleep(_LOOK_SECONDS)

    def _may_begin(self, day: date, to_land: list[date], tracker: Tracker) -> bool:
        """Whether the day has landed, and not too many days are under way already."""
        begun = {other for other in self._selection.days if other not in to_land}
        open_days = {
            view.day
            for view in tracker.product_days.values()
            if view.day in begun and not tracker.is_over(view)
        }
        return self._lander.landed[day].done() and len(open_days) < _DAYS_UNDER_WAY

    def _print_failures(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.task is not None and change.task.state == FAILED:
                print_failure(self._display.console, self._options.home, change.where, change.task.name)


def print_failure(console: Console, home: Home, where: ProductDay, task: str) -> None:
    """The failing task, the last lines of its log, and where the whole log is."""
    console.print(f"\n[bold red]{where.address}[/] {where.day}: task [bold]{escape(task)}[/] failed")
    task_id = task.partition("[")[0]
    log = log_of(home, where.address, where.run_id or "", task_id)
    if log is None:
        console.print(
            f"  It left no log: it did not begin, or was killed. See {home.logs}/scheduler.output.log",
            soft_wrap=True,
        )
        return
    for line in last_lines(log):
        console.print(f"  [dim]│[/dim] {escape(line)}", soft_wrap=True)
    console.print(f"  whole log: {log}\n", soft_wrap=True)


def _print_result(
    console: Console, options: Options, reports: list[ProductReport], evidence: list[Evidence], seconds: float
) -> bool:
    print_report(console, reports)
    print_proof(console, evidence)
    failed = [entry.address for entry in reports if entry.state != SUCCESS or entry.problem]
    holds = all(entry.as_expected for entry in evidence)
    minutes, rest = divmod(round(seconds), 60)
    if failed:
        console.print(f"\n[bold red]Failed[/] after {minutes} min {rest} s: {', '.join(failed)}")
    elif not holds:
        console.print("\n[bold red]The proof does not hold[/]: AWS answered otherwise than the contracts say")
    else:
        console.print(f"\n[bold green]Done[/] in {minutes} min {rest} s")
    write_json(
        options.home.last_run_file,
        {
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 1),
            "succeeded": not failed and holds,
            "products": [
                asdict(entry) | {"committed": entry.committed and entry.committed.isoformat()}
                for entry in reports
            ],
        },
    )
    return not failed and holds
