"""Turning what goes wrong into one clear message and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli import exits
from cli.console import console


@contextmanager
def told() -> Iterator[None]:
    """Print an expected error as a message, without a traceback, and exit with its code."""
    import sqlite3

    import botocore.exceptions
    import httpx

    from cli.acting import NoAirflowError, NothingUpError
    from interline.domains import MeshError
    from interline.quarantine.errors import CorrectionError, QuarantineError
    from interline.scaffold import ScaffoldError
    from interline.versions.errors import VersionsError
    from local.airflow.airflow import AirflowError
    from local.airflow.aws import AwsError
    from local.airflow.database import MigrationError
    from local.airflow.home import BusyError
    from local.airflow.landing import InputError
    from local.airflow.ports import PortTakenError
    from local.airflow.readiness import DagError
    from local.airflow.rest import RestError
    from local.airflow.run import StuckError
    from local.airflow.selection import SelectionError

    try:
        yield
    except (SelectionError, InputError, ScaffoldError, CorrectionError) as error:
        _end(error, exits.USAGE)
    except (BusyError, PortTakenError) as error:
        _end(error, exits.BUSY)
    except (
        MeshError,
        AirflowError,
        AwsError,
        MigrationError,
        DagError,
        StuckError,
        NothingUpError,
        NoAirflowError,
        VersionsError,
        QuarantineError,
    ) as error:
        _end(error, exits.FAILED)
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
        _end(f"the local AWS says: {error}", exits.FAILED)
    except httpx.HTTPError as error:
        _end(f"Airflow's API does not answer: {error}", exits.FAILED)
    except RestError as error:
        _end(f"Airflow's API refused: {error}", exits.FAILED)
    except sqlite3.Error as error:
        _end(f"Airflow's database: {error}; is the disk full?", exits.SETUP)
    except OSError as error:
        # what we write is below .interline/ or --home; anything else is a defect and keeps its traceback
        if error.filename is None:
            raise
        _end(f"{error.filename}: {error.strerror}", exits.SETUP)
    except KeyboardInterrupt:
        _end("interrupted; what was started has been stopped", exits.INTERRUPTED)


def _end(message: object, code: int) -> None:
    console(stderr=True).print(f"interline: {message}", markup=False, soft_wrap=True)
    raise typer.Exit(code) from None
