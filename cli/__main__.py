"""`./interline COMMAND`: the table of commands."""

from __future__ import annotations

import typer

from cli import access, check, dbt, down, new, quarantine, replay, rollback, run, status, test, up, versions

app = typer.Typer(
    name="./interline",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A data mesh on AWS, run by Apache Airflow; here on this machine.",
    epilog="Exit codes: 0 done · 1 the work failed · 2 wrong usage · 3 cannot set up · "
    "4 busy: another run or a taken port · 130 interrupted.",
)

app.command("run", epilog=run.EXAMPLES)(run.run)
app.command("up", epilog=up.EXAMPLES)(up.up)
app.command("status", epilog=status.EXAMPLES)(status.status)
app.command("down", epilog=down.EXAMPLES)(down.down)
app.command("check", epilog=check.EXAMPLES)(check.check)
app.command(
    "test",
    epilog=test.EXAMPLES,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(test.run_tests)
app.command(
    "dbt",
    epilog=dbt.EXAMPLES,
    context_settings={"ignore_unknown_options": True},
)(dbt.dbt)
app.command("versions", epilog=versions.EXAMPLES)(versions.versions)
app.command("rollback", epilog=rollback.EXAMPLES)(rollback.rollback)
app.command("replay", epilog=replay.EXAMPLES)(replay.replay)
app.add_typer(access.app, name="access")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(new.app, name="new")

if __name__ == "__main__":
    app(prog_name="./interline")
