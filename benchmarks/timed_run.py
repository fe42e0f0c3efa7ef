"""Run a command and take its time and memory."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Timed:
    """How a command ended: exit code, wall-clock seconds, peak resident memory in GB of the process itself."""

    code: int
    seconds: float
    peak_gb: float


def timed_run(command: Sequence[str | Path], *, quiet: bool = False, environment: Mapping[str, str] | None = None) -> Timed:
    """Run a command in the checkout; `environment` is added to this process's own."""
    started = time.monotonic()
    output = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, cwd=REPO, stdout=output, stderr=output, env={**os.environ, **(environment or {})})
    _, status, usage = os.wait4(process.pid, 0)
    return Timed(os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_maxrss / 2**20)
