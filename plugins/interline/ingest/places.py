"""Where objects land: `<source>/dt=<data day>/<name>`; everything else under a source is in no data day."""

from __future__ import annotations

from datetime import date

_MARKERS = ("_SUCCESS", "_metadata", "_common_metadata", "_started_", "_committed_")


def day_of_folder(folder: str) -> date | None:
    """Return the data day of a folder's name, `dt=2013-01-01`, or None when it names none."""
    text = folder.removeprefix("dt=")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if folder == f"dt={day.isoformat()}" else None


def is_marker(name: str) -> bool:
    """Whether an object is a note of the program that wrote the others, which no reader takes for data."""
    file = name.rsplit("/", 1)[-1]
    return file.startswith(_MARKERS) or file.endswith(".crc")


def is_hidden(name: str) -> bool:
    """Whether Athena and Redshift pass over an object: a part of its name begins with `_` or `.`.

    "Athena does not read files that begin with an underscore or a dot" ("Table location in Amazon S3", Amazon Athena User Guide).
    """
    return any(part.startswith(("_", ".")) for part in name.split("/"))
