"""What a fault has done: rows lost and doubled in the lake, numbers that differ, and what is left lying about.

The measure is a night that nobody disturbed.
"""

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from data.lake import Lake
from data.published import RunPaths, latest_run
from data.settings import LakeSettings
from data.storage import Place, place
from scripts.made_shop import outcome_of

Rows = dict[str, Counter[tuple[Any, ...]]]

WHEN = ("delivered_at", "version")
"""Columns of the lake's own tables that tell of when a thing was written, not of what."""

LASTING = (".lock", ".records.lock")
"""Hidden files that belong there."""


@dataclass(frozen=True)
class Undisturbed:
    """What a night leaves that nobody disturbed: the rows of every table of the lake, and what it published."""

    rows: Rows
    published: dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Verdict:
    """What a fault has done. half: runs that a reader saw and that were not whole; problems: whatever else is not as it should be."""

    fault: str
    lost: int = 0
    doubled: int = 0
    half: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def harmless(self) -> bool:
        """Whether the fault has done nothing."""
        return not (self.lost or self.doubled or self.half or self.problems)


def undisturbed(lake: str | Place, output: str | Place) -> Undisturbed:
    """Return what a night has left."""
    run = latest_run(output)
    assert run is not None, f"nothing was published in {output}"
    return Undisturbed(rows_of(lake), outcome_of(run))


def rows_of(lake: str | Place) -> Rows:
    """Return how often every row stands in every table of a lake, the quarantine and the record of deliveries among them."""
    opened = Lake(LakeSettings(path=str(lake)))
    return {table: Counter(opened.read(table).drop(*WHEN, strict=False).rows()) for table in opened.versions()}


def lost_and_doubled(expected: Rows, found: Rows) -> tuple[int, int]:
    """Return how many rows are missing, and how many are there that should not be; a row that was changed counts as both."""
    tables = expected.keys() | found.keys()
    pairs = [(expected.get(table, Counter()), found.get(table, Counter())) for table in tables]
    return sum((ours - theirs).total() for ours, theirs in pairs), sum((theirs - ours).total() for ours, theirs in pairs)


def differences(expected: Undisturbed, run: RunPaths | None) -> list[str]:
    """Return which tables of a run are not those of the undisturbed night."""
    if run is None:
        return ["nothing is published"]
    found = outcome_of(run)
    return [
        f"{name} of {run.run_id} differs" for name, frame in expected.published.items() if not frame.equals(found[name], null_equal=True)
    ]


def left_over(lake: Place, output: Place) -> list[str]:
    """Return what killed runs left that nobody will look at: staged files, half-written ones, workspaces."""
    found = []
    for root in (lake, output):
        for path in root.rglob("*"):
            name = path.as_posix().removeprefix(f"{root.as_posix()}/")
            with contextlib.suppress(FileNotFoundError):
                hidden = any(part.startswith(".") and part not in LASTING for part in name.split("/"))
                if path.is_file() and (hidden or name.startswith("work/")):
                    found.append(f"{name} is left over")
    return sorted(found)


def judge(fault: str, expected: Undisturbed, half: dict[str, str], lake: str | Place, output: str | Place, *problems: str) -> Verdict:
    """Return what a fault has done, once the night after it has ended."""
    lost, doubled = lost_and_doubled(expected.rows, rows_of(lake))
    seen = tuple(f"{run_id}: {what}" for run_id, what in sorted(half.items()))
    found = (*problems, *differences(expected, latest_run(output)), *left_over(place(lake), place(output)))
    return Verdict(fault, lost, doubled, seen, found)
