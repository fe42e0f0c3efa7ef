"""Run a command and take its time and memory."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
LOOK_EVERY = 0.25
"""Seconds between two looks at the memory of a process and its children."""


@dataclass(frozen=True)
class Timed:
    """How a command ended: exit code, wall-clock seconds; peak resident memory, GB, and processor seconds of all its processes together."""

    code: int
    seconds: float
    peak_gb: float
    processor_seconds: float


def timed_run(command: Sequence[str | Path], *, quiet: bool = False, environment: Mapping[str, str] | None = None) -> Timed:
    """Run a command in the checkout; `environment` is added to this process's own.

    Memory is looked at several times a second, pages that processes share counted once. What the system tells of a child that has ended
    will not do: it is never less than the memory of the process that started it.
    """
    started = time.monotonic()
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, cwd=REPO, stdout=output, stderr=output, env={**os.environ, **(environment or {})})
    watch = _Watch(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)  # or it would be taken for a process left running
    return Timed(process.returncode, seconds, watch.stopped(), usage.ru_utime + usage.ru_stime)


class _Watch:
    """Keeps the most memory that a process and its descendants were seen to hold together, GB."""

    def __init__(self, pid: int) -> None:
        self.pid, self.peak, self.ended = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def stopped(self) -> float:
        self.ended.set()
        self.thread.join()
        return self.peak

    def _look(self) -> None:
        looking = True
        while looking:
            family = with_descendants(self.pid)
            # Of one process alone the system keeps the peak, between two looks as well, and reading it is quick.
            together = sum(memory_gb(pid, "smaps_rollup", "Pss:") for pid in family) if len(family) > 1 else 0.0
            self.peak = max(self.peak, memory_gb(self.pid, "status", "VmHWM:"), together)
            looking = not self.ended.wait(LOOK_EVERY)


def with_descendants(pid: int) -> list[int]:
    """Return a process and those that it started, and they."""
    try:
        lists = [(thread / "children").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return [pid]  # it ended meanwhile
    return [pid, *(each for text in lists for child in text.split() for each in with_descendants(int(child)))]


def memory_gb(pid: int, file: str, key: str) -> float:
    """Return what a file of the process tells of its memory, GB; 0 where it ended meanwhile.

    Pss of smaps_rollup is its own part of shared pages, VmHWM of status its peak since it began to run its program.
    """
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(key)) / 2**20
