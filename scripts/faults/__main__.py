"""Disturb nights by faults of every kind and count what they did: `python -m scripts.faults [--count N] [--seed N]`.

Ends with the counts on one line, and with 1 unless no fault has done anything.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import count as numbers
from multiprocessing import get_context
from pathlib import Path

from scripts.faults.draw import draw
from scripts.faults.ground import Ground, make_ground
from scripts.faults.matrix import CannotHappenHere, Fault, undergo
from scripts.faults.servers import with_servers
from scripts.faults.verdict import Verdict

AT_A_TIME = 2


def main() -> int:
    """Undergo the faults; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=120, help="faults on a disk; those of servers come on top")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed draws the same faults")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="fillrate-faults-") as folder:
        ground = make_ground(Path(folder) / "ground")
        faults = draw(asked.count, asked.seed, ground.events)
        verdicts = list(_told(_on_disk(ground, faults, Path(folder))))
        verdicts += _told(with_servers(ground, Path(folder)))
    lost, doubled = (sum(getattr(verdict, name) for verdict in verdicts) for name in ("lost", "doubled"))
    half = sum(len(verdict.half) for verdict in verdicts)
    harmful = [verdict for verdict in verdicts if not verdict.harmless]
    print(f"{len(verdicts)} faults, {lost} rows lost, {doubled} doubled, {half} half runs seen" + _and_more(harmful))
    return 1 if harmful else 0


def _on_disk(ground: Ground, faults: list[Fault], folder: Path) -> Iterator[Verdict | CannotHappenHere]:
    """Undergo faults side by side; spawned, since the libraries do not survive a fork."""
    with ProcessPoolExecutor(AT_A_TIME, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(undergo, ground, fault, folder / f"fault-{number}") for number, fault in zip(numbers(), faults, strict=False)]
        for task in as_completed(tasks):
            try:
                yield task.result()
            except CannotHappenHere as reason:
                yield reason


def _told(outcomes: Iterator[Verdict | CannotHappenHere]) -> Iterator[Verdict]:
    """Print each as it comes; pass on those that happened."""
    for outcome in outcomes:
        if isinstance(outcome, CannotHappenHere):
            print(f"skipped  {outcome}", flush=True)
            continue
        print("harmless" if outcome.harmless else "HARMFUL ", outcome.fault, *_harm(outcome), sep="  ", flush=True)
        yield outcome


def _harm(verdict: Verdict) -> list[str]:
    rows = [f"{verdict.lost} rows lost, {verdict.doubled} doubled"] if verdict.lost or verdict.doubled else []
    return [*rows, *(f"half run seen: {half}" for half in verdict.half), *verdict.problems]


def _and_more(harmful: list[Verdict]) -> str:
    others = sum(bool(verdict.problems) for verdict in harmful)
    return f"; {others} with other problems, named above" if others else ""


if __name__ == "__main__":
    sys.exit(main())
