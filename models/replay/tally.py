"""Sums over the counted periods of a window, series by series, from which every score of a method is told."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.replay.simulator import PeriodOutcome
from models.replay.terms import ReplayTerms

Floats = NDArray[np.float64]

SUMS = (
    "periods",
    "demand",
    "estimated",
    "met",
    "unmet",
    "left",
    "holding",
    "shortage",
    "lines",
    "orders",
    "ordered",
    "moved",
    "cycles",
    "served_cycles",
)
"""Units, but: periods, orders and cycles are counted; holding, shortage and lines (what order lines cost) are money.

estimated: demand of periods in which it was not seen; left: stock at the ends of periods; orders, ordered: lines and units placed;
moved: how much orders differ from those of the review before; cycles: windows of a review, served_cycles: those without unmet demand.
"""


class Tally:
    """What a method's stock came to, added up period by period."""

    def __init__(self, terms: ReplayTerms) -> None:
        self._terms = terms
        rows = len(terms.lead)
        self.sums = {name: np.zeros(rows) for name in SUMS}
        self._previous: Floats | None = None
        self._short = np.zeros(rows, dtype=bool)
        self._into_cycle = np.zeros(rows, dtype=np.int64)

    def place(self, units: Floats, reviewed: NDArray[np.bool_], *, counted: bool) -> None:
        """Add the orders of a night; `reviewed` are the rows that could order."""
        previous = units if self._previous is None else self._previous
        if counted:
            self.sums["orders"] += units > 0
            self.sums["lines"] += np.where(units > 0, self._terms.line, 0.0)
            self.sums["ordered"] += units
            self.sums["moved"] += np.where(reviewed, np.abs(units - previous), 0.0)
        self._previous = np.where(reviewed, units, previous)

    def add(self, outcome: PeriodOutcome, estimated: NDArray[np.bool_], peak_share: float = 0.0) -> None:
        """Add a counted period; `estimated` tells whose demand was not seen, `peak_share` how much of it lies in peak months."""
        sums, terms = self.sums, self._terms
        holding = terms.holding if terms.peak is None else terms.holding + terms.peak * peak_share
        sums["periods"] += 1
        sums["demand"] += outcome.demand
        sums["estimated"] += np.where(estimated, outcome.demand, 0.0)
        sums["met"] += outcome.met
        sums["unmet"] += outcome.unmet
        sums["left"] += outcome.left
        sums["holding"] += holding * outcome.left
        sums["shortage"] += terms.shortage * outcome.unmet
        self._short |= outcome.unmet > 1e-9
        self._into_cycle += 1
        ended = self._into_cycle == terms.review
        sums["cycles"] += ended
        sums["served_cycles"] += ended & ~self._short
        self._short &= ~ended
        self._into_cycle[ended] = 0

    def frame(self, method: str, parameter: float | None, window: str) -> pl.DataFrame:
        """Return a row per series: row, method, parameter, window and SUMS."""
        rows = len(self._terms.lead)
        return pl.DataFrame(
            {
                "row": pl.Series(np.arange(rows), dtype=pl.Int32),
                "method": pl.Series([method], dtype=pl.String).new_from_index(0, rows),
                "parameter": pl.Series([parameter], dtype=pl.Float64).new_from_index(0, rows),
                "window": pl.Series([window], dtype=pl.String).new_from_index(0, rows),
                **self.sums,
            }
        )
