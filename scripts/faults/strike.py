"""`fillrate` in a process that is struck at a chosen moment: `python -m scripts.faults.strike BLOW MOMENT COMMAND …`.

BLOW is the name of a signal that the process sends itself, or `clock:SECONDS`, by which its clock is moved.

MOMENT is `start`, `point:` and the words of a crash point, `event:NUMBER:SECONDS` for so long after the event of that number that the
process has with a file, or `count:FILE`, which only writes to FILE how many such events there were.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

from scripts.faults.crash_points import arm, point

FILE_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "os.chmod", "os.symlink")


def main(blow: str, moment: str, arguments: list[str]) -> None:
    """Run `fillrate ARGUMENTS`; the blow comes at the moment."""

    def strike() -> None:
        what, _, seconds = blow.partition(":")
        if what == "clock":
            time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True).start()
        else:
            os.kill(os.getpid(), signal.Signals[what])

    # Here, so that what importing does with files is not counted.
    import flows.cli.nights  # noqa: F401
    from flows.cli.main import main as fillrate

    kind, _, told = moment.partition(":")
    if kind == "start":
        strike()
    elif kind == "point":
        arm(point(told), strike)
    elif kind == "event":
        event, _, seconds = told.partition(":")
        _at_event(int(event), lambda: _later(float(seconds), strike))
    else:
        counted = _at_event(0, strike)
        atexit.register(lambda: Path(told).write_text(str(counted())))
    sys.argv = ["fillrate", *arguments]
    fillrate()


def _at_event(number: int, act: Callable[[], None]) -> Callable[[], int]:
    """Call `act` at the event of that number; return what tells how many there were."""
    events = 0

    def hook(event: str, _: object) -> None:
        nonlocal events
        if event in FILE_EVENTS:
            events += 1
            if events == number:
                act()

    sys.addaudithook(hook)
    return lambda: events


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
