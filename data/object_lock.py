"""The lock of a lake in an object store: numbered objects, of which each is created once, and signs of life with an end.

`<lock>/00000007` says who took the lock as the seventh. Creating an object that must not be there yet (`If-None-Match: *`) is
the one thing that a store decides between several at once, so the lock needs nothing else: whoever takes it creates the next
number. The holder puts its object again every so often, by which the store's own clock tells that it lives, and puts it
empty when it is done. A lock whose newest object is empty, or has not been put for `lapse_seconds`, is free.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from data.lock_holder import LakeLocked, holder_in_words, this_process
from data.storage import ObjectPath

log = logging.getLogger("fillrate")

SIGNS = 4
"""Signs of life within the time after which a lock lapses: some may go missing."""
DIGITS = 8


@contextlib.contextmanager
def object_lock(folder: ObjectPath, *, lapse_seconds: float) -> Iterator[Callable[[], None]]:
    """Hold a lock for the length of a `with` block, which gets a function that raises once it is lost.

    It is lost when no sign of life could be given for so long that another run took it, as when the machine was asleep.

    Raises
    ------
    LakeLocked
        At once, if another process holds it; from the function, if another has taken it meanwhile.
    """
    holder = json.dumps(this_process()).encode()
    mine = _take(folder, holder, lapse_seconds)
    alive = _Alive(folder, mine, holder, lapse_seconds)
    signs = threading.Thread(target=alive.give_signs, name="lake-lock", daemon=True)
    signs.start()
    try:
        yield alive.still_held
    finally:
        alive.ended.set()
        signs.join()
        if not alive.taken_by_another():
            mine.write_bytes(b"")


def object_lock_holder(folder: ObjectPath, *, lapse_seconds: float) -> str | None:
    """Return in words who holds a lock, None where nobody does."""
    newest = _newest(folder)
    return None if newest is None or _is_free(folder, newest, lapse_seconds) else _in_words(newest)


@dataclass
class _Alive:
    """Signs of life of a lock that is held: `seen` is when the last one was given, by this machine's steady clock."""

    folder: ObjectPath
    mine: ObjectPath
    holder: bytes
    lapse_seconds: float

    def __post_init__(self) -> None:
        self.ended = threading.Event()
        self.seen = time.monotonic()

    def give_signs(self) -> None:
        """Put the lock's object again and again until the lock has ended."""
        while not self.ended.wait(self.lapse_seconds / SIGNS):
            try:
                if self.taken_by_another():
                    return
                self.mine.write_bytes(self.holder)
                self.seen = time.monotonic()
            except OSError as error:  # the next sign may come through; if none does, the lock lapses
                log.warning("the lock of the lake could not be kept up: %s", error)

    def still_held(self) -> None:
        """Raise if another run may have taken the lock; asks the store only where signs of life have been missing."""
        if time.monotonic() - self.seen > self.lapse_seconds / 2 and self.taken_by_another():
            newest = _newest(self.folder)
            who = "another run" if newest is None else _in_words(newest)
            raise LakeLocked(
                f"the lock of the lake at {self.folder.parent} lapsed, since this run gave no sign of life for {self.lapse_seconds:g} s, "
                f"and was taken: {who}. Nothing more is written; run again when that one has ended."
            )

    def taken_by_another(self) -> bool:
        newest = _newest(self.folder)
        return newest is not None and newest.name != self.mine.name


def _take(folder: ObjectPath, holder: bytes, lapse_seconds: float) -> ObjectPath:
    newest = _newest(folder)
    if newest is not None and not _is_free(folder, newest, lapse_seconds):
        raise _locked(folder, newest, lapse_seconds)
    mine = folder / f"{int(newest.name) + 1 if newest is not None else 1:0{DIGITS}}"
    if not mine.create(holder):
        raise _locked(folder, mine, lapse_seconds)
    for old in [path for path in folder.iterdir() if path.name.isdigit() and path.name < mine.name]:
        old.unlink()
    return mine


def _newest(folder: ObjectPath) -> ObjectPath | None:
    return max((path for path in folder.iterdir() if path.name.isdigit()), default=None)


def _is_free(folder: ObjectPath, newest: ObjectPath, lapse_seconds: float) -> bool:
    there = newest.stat()
    return there.st_size == 0 or _now(folder) - there.st_mtime > lapse_seconds


def _now(folder: ObjectPath) -> float:
    """Return the time by the store's clock: machines may disagree about it."""
    clock = folder / f"clock-{uuid4().hex}"
    clock.write_bytes(b"")
    try:
        return clock.stat().st_mtime
    finally:
        clock.unlink()


def _locked(folder: ObjectPath, held: ObjectPath, lapse_seconds: float) -> LakeLocked:
    return LakeLocked(
        f"another run is writing to the lake at {folder.parent}: {_in_words(held)}. Wait until it ends, or end it: "
        f"the lock of a run that was killed lapses {lapse_seconds:g} s after its last sign of life."
    )


def _in_words(held: ObjectPath) -> str:
    try:
        return holder_in_words(held.read_bytes())
    except FileNotFoundError:  # ended this very moment
        return "a run that is just ending"
