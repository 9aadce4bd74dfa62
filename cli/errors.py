"""Turning what goes wrong into one clear message and an exit code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli import exits
from cli.console import console
from cli.mesh_connection import NoAirflowError, NothingUpError
from interline.contracts import MeshError
from interline.publication.errors import PublicationError
from interline.quarantine.errors import CorrectionError, QuarantineError
from interline.scaffold.errors import ScaffoldError
from local.mesh.aws import AwsError
from local.mesh.database import MigrationError
from local.mesh.home import BusyError
from local.mesh.ports import PortTakenError


@contextmanager
def error_reporting() -> Iterator[None]:
    """Print an expected error as a message, without a traceback, and exit with its code."""

    import botocore.exceptions
    import httpx

    from local.mesh.airflow_servers import AirflowError
    from local.mesh.landing import InputError
    from local.mesh.readiness import DagError
    from local.mesh.rest import RestError
    from local.mesh.selection import SelectionError
    from local.mesh.servers import FilesGoneError
    from local.mesh.standstill import StuckError

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
        FilesGoneError,
        NothingUpError,
        NoAirflowError,
        PublicationError,
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
