"""One writer at a time on a lake: a lock that a killed run cannot leave behind."""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

LOCK_FILE = ".lock"


class LakeLocked(Exception):
    """Another run is writing to the lake; the message names it."""


@contextlib.contextmanager
def lake_lock(root: str | Path) -> Iterator[None]:
    """Hold the lake at `root` for the length of a `with` block; the folder is made where need be.

    The operating system keeps the lock (`flock` on `<root>/.lock`) and drops it when the process ends, however it ends. What
    the file says only tells others who holds it.

    Raises
    ------
    LakeLocked
        At once, if another run holds it.
    """
    folder = Path(root)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeLocked(f"another run is writing to the lake at {folder}: {_holder(path)}. Wait until it ends, or end it.") from None
        _write_holder(file)
        try:
            yield
        finally:
            file.truncate(0)


def lock_holder(root: str | Path) -> str | None:
    """Return in words who holds the lock of the lake at `root`, None where nobody does."""
    path = Path(root) / LOCK_FILE
    # Nobody has written to it: then it is not even tried, so that a run which is just starting is not in its way.
    if not path.is_file() or not path.stat().st_size:
        return None
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(path)
    return None


def _write_holder(file: IO[str]) -> None:
    file.truncate(0)
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}, file)
    file.flush()


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} on host {holder['host']}, since {holder['since']}"
    except (ValueError, KeyError):
        return "a process that has only just started"
