"""Ledgers of lines that only grow, one decision a line, whole or not there, whoever else is writing.

On disk a ledger is a text file. An object cannot grow, so in a store it is a folder of that name with an object per line.
"""

import fcntl
import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from data.published.disk import FILE_MODE, sync
from data.storage import ObjectPath, Place
from data.storage.object_lines import append_object, read_objects

Record = TypeVar("Record", bound=BaseModel)


class LedgerDamaged(Exception):
    """A line of a ledger is torn or cannot be read; the message names it."""


def read_lines(path: Place) -> list[bytes]:
    """Return a ledger's lines, oldest first; none where there is no ledger yet.

    Raises
    ------
    LedgerDamaged
        If its last line has no end, as a crash or a full disk leaves it.
    """
    if isinstance(path, ObjectPath):
        return read_objects(path)
    if not path.exists():
        return []
    with path.open("rb") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_SH)  # not while somebody is in the middle of a line
        return _lines(ledger.read(), path)


def append_line(path: Place, line: bytes, allowed: Callable[[Sequence[bytes]], None] = lambda known: None) -> None:
    """Append a line (without its end) and wait until it is on the disk.

    `allowed` gets the lines before it and raises where it must not be added: both happen under one lock of the file.

    Raises
    ------
    LedgerDamaged
        If the last line is torn: another one behind it would hide that.
    """
    if isinstance(path, ObjectPath):
        append_object(path, line, allowed)
        return
    whole = line + b"\n"
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # let go of when the file is closed
        allowed(_lines(path.read_bytes(), path))
        written = os.write(handle, whole)
        if written != len(whole):
            raise OSError(
                f"only {written} of {len(whole)} bytes could be added to {path}: is the disk full? Remove the torn last line, try again"
            )
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        sync(path.parent)


def parsed_lines(lines: Sequence[bytes], model: type[Record], path: Place, *, noun: str, mend: str) -> list[Record]:
    """Return a ledger's lines as records.

    Parameters
    ----------
    lines
        From the ledger at `path`, all of them.
    noun, mend
        What a line should be and what to do about one that is not, for the message.

    Raises
    ------
    LedgerDamaged
        If a line is no such record.
    """
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(model.model_validate_json(line))
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise LedgerDamaged(
                f"line {number} of {path} is not {noun}: {where + ': ' if where else ''}{fault['msg']} ({_start_of(line)}). {mend}"
            ) from error
    return records


def _lines(content: bytes, path: Place) -> list[bytes]:
    # Only \n ends a line: texts may hold the other characters that str.splitlines takes for an end.
    *lines, rest = content.split(b"\n")
    if rest:
        raise LedgerDamaged(
            f"line {len(lines) + 1} of {path} is torn: it ends in the middle ({_start_of(rest)}), as a crash or a full disk leaves it. "
            "Whoever wrote it was told that it was not recorded: remove the line, then try again"
        )
    return lines


def _start_of(line: bytes, limit: int = 80) -> str:
    return repr(line[:limit].decode("utf-8", errors="replace")) + ("…" if len(line) > limit else "")
