"""What all faults have in common: the shop they strike, the night they are measured by, and a night run to its end."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.faults.eve import make_eve
from scripts.faults.verdict import Undisturbed, undisturbed
from scripts.made_shop import Shop


class CannotHappenHere(Exception):
    """A fault for which this machine lacks something; the message says what."""


@dataclass(frozen=True)
class Ground:
    """The shop on the eve of the night, what the night leaves that nobody disturbs, and what it does with files, counted."""

    eve: Path
    expected: Undisturbed
    events: int

    def shop(self, folder: Path) -> Shop:
        """Return a copy of the shop in a new folder."""
        return Shop(Path(shutil.copytree(self.eve, folder, symlinks=True)))


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said on stderr."""

    code: int
    said: str

    @property
    def last_line(self) -> str:
        """What it said at last."""
        return (self.said.strip().splitlines() or ["nothing"])[-1]


def make_ground(folder: Path) -> Ground:
    """Make the shop in a new folder, and run the night that nobody disturbs on a copy of it."""
    eve = make_eve(folder / "eve")
    alone = Shop(Path(shutil.copytree(eve.root, folder / "alone", symlinks=True)))
    counted = folder / "events"
    ended = struck(alone, "SIGKILL", f"count:{counted}", "run", "config.toml", "--direct")
    assert ended.code == 0, ended.said
    return Ground(eve.root, undisturbed(alone.lake, alone.out), int(counted.read_text()))


def begin(shop: Shop, blow: str, moment: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Begin `fillrate ARGUMENTS` in a process of its own, to be struck at a moment as `scripts.faults.strike` takes it."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "scripts.faults.strike", blow, moment, *arguments],
        cwd=shop.root,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def struck(shop: Shop, blow: str, moment: str, *arguments: str, **environment: str) -> Ended:
    """Run such a process until it ends or is ended."""
    process = begin(shop, blow, moment, *arguments, **environment)
    said = process.communicate()[1]
    return Ended(process.returncode, said)


def night(shop: Shop, *options: str) -> Ended:
    """Run a night of a shop in this process, to its end."""
    said = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        code = shop.call("run", "--direct", *options)
    return Ended(code, said.getvalue())


def stopped(process: subprocess.Popen[str]) -> bool:
    """Wait until a process stands still or has ended; return whether it stands still."""
    found = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return found is not None and found.si_code == os.CLD_STOPPED
