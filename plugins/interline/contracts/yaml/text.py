"""The text of a file that a person wrote: a regular file, not huge, UTF-8, with nothing in it that is no text."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from interline.contracts.problems import MeshError, Problem, did_you_mean

LARGEST_FILE = 1_000_000
"""Bytes; the longest contract seen in practice is a hundredth of that."""


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        MeshError: the file is missing, is no regular file, is too large, or is no UTF-8 text.
    """
    content = _content(path)
    if content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise MeshError([Problem(path, 1, "begins with a byte order mark", "save it as UTF-8 without BOM")])
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MeshError([Problem(path, line, "is not UTF-8", "save the file as UTF-8")]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise MeshError([Problem(path, line, "contains a NUL character", "is it a text file?")])
    return text


def _content(path: Path) -> bytes:
    try:
        # a pipe would block the opening, a device never end
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                kind = "a folder" if stat.S_ISDIR(state.st_mode) else "no regular file"
                raise MeshError([Problem(path, 0, f"cannot be read: it is {kind}")])
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise MeshError([_missing(path)]) from None
    except OSError as error:
        raise MeshError([Problem(path, 0, f"cannot be read: {error.strerror}")]) from None
    if len(content) > LARGEST_FILE:
        message = f"is {max(state.st_size, len(content)):,} bytes; at most {LARGEST_FILE:,} are read"
        raise MeshError([Problem(path, 0, message, "is it the file that you mean?")])
    return content


def _missing(path: Path) -> Problem:
    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        siblings = []
    return Problem(path, 0, "is missing", did_you_mean(path.name, siblings))
