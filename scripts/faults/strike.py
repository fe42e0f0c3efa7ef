"""`fillrate` in a process that is struck at a chosen moment: `python -m scripts.faults.strike SIGNAL MOMENT COMMAND …`.

MOMENT is `point:` and the words of a crash point, `event:NUMBER:SECONDS` for so long after the so manieth thing that the process does
with a file, or `count:FILE`, which only writes to FILE how many such things it did.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from scripts.faults.crash_points import arm, point

FILE_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "os.chmod", "os.symlink")


def main(signal_name: str, moment: str, arguments: list[str]) -> None:
    """Run `fillrate ARGUMENTS`; the signal comes at the moment."""
    number = signal.Signals[signal_name]

    def strike() -> None:
        os.kill(os.getpid(), number)

    # Here, so that what importing does with files is not counted.
    import flows.cli.nights  # noqa: F401
    from flows.cli.main import main as fillrate

    kind, _, told = moment.partition(":")
    if kind == "point":
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
