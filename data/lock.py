"""One writer at a time on a lake: a lock that a killed run cannot leave behind for long."""

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from data.lock_holder import LakeLocked, holder_in_words, this_process
from data.object_lock import object_lock, object_lock_holder
from data.storage import ObjectPath, Place, place

__all__ = ["LakeLocked", "lake_lock", "lock_holder"]

LOCK_FILE = ".lock"
LAPSE_SECONDS = 120.0


@contextlib.contextmanager
def lake_lock(root: str | Place, *, lapse_seconds: float = LAPSE_SECONDS) -> Iterator[Callable[[], None]]:
    """Hold the lake at `root` for the length of a `with` block, which gets a function that raises once the lock is lost.

    On disk the operating system keeps the lock (`flock` on `<root>/.lock`) and drops it when the process ends, however it
    ends; it cannot be lost. What the file says only tells others who holds it. The folder is made where need be. In an object
    store nobody knows that a process has ended: there a lock that shows no sign of life for `lapse_seconds` lapses
    (`data.object_lock`).

    Raises
    ------
    LakeLocked
        At once, if another run holds it.
    """
    lake = place(root)
    if isinstance(lake, ObjectPath):
        with object_lock(lake / LOCK_FILE, lapse_seconds=lapse_seconds) as still_held:
            yield still_held
        return
    lake.mkdir(parents=True, exist_ok=True)
    path = lake / LOCK_FILE
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeLocked(f"another run is writing to the lake at {lake}: {_holder(path)}. Wait until it ends, or end it.") from None
        _write_holder(file)
        try:
            yield lambda: None
        finally:
            file.truncate(0)


def lock_holder(root: str | Place, *, lapse_seconds: float = LAPSE_SECONDS) -> str | None:
    """Return in words who holds the lock of the lake at `root`, None where nobody does."""
    lake = place(root)
    if isinstance(lake, ObjectPath):
        return object_lock_holder(lake / LOCK_FILE, lapse_seconds=lapse_seconds)
    path = lake / LOCK_FILE
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
    json.dump(this_process(), file)
    file.flush()


def _holder(path: Path) -> str:
    return holder_in_words(path.read_bytes())
