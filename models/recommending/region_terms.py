"""Terms of all series of a region: what is known of one of them rests on the others too."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.messages import PlanMessage
from models.lead_times import learned_lead_times
from models.lead_times.lead_times import LeadTimes
from models.ordering.calendar import Calendar
from models.recommending.classes import with_classes
from models.settings import ReplenishmentSettings
from models.supply_terms import supply_terms

CLASSES = ("abc", "xyz")
WHICH = "lead_time_distribution"
"""Column of terms kept as tables: which of the distributions a row follows."""


@dataclass(frozen=True)
class RegionTerms:
    """Terms as they hold on the order date, one row per series.

    known: SupplyTerms with what `learned_lead_times` adds; times: lead times of the same rows; classes: abc and xyz, which rank a row
    among all of its region; messages: about terms that could not be read.
    """

    known: pl.DataFrame
    times: LeadTimes
    classes: pl.DataFrame
    messages: tuple[PlanMessage, ...]

    @classmethod
    def from_tables(cls, rows: pl.DataFrame, distributions: pl.DataFrame) -> "RegionTerms":
        """Return terms as `to_tables` wrote them; without the messages."""
        shares = distributions["shares"]
        never, usual, complete = (distributions[name].to_numpy() for name in ("never", "usual", "complete"))
        days = shares.dtype.shape[0]  # type: ignore[attr-defined]
        times = LeadTimes(shares.to_numpy().reshape(-1, days), never, usual, complete, rows[WHICH].to_numpy())
        return cls(rows.drop(*CLASSES, WHICH), times, rows.select(CLASSES), ())

    def to_tables(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return what is known of each row, and the distributions of lead times that they follow, as tables."""
        rows = self.known.hstack(self.classes).with_columns(pl.Series(WHICH, self.times.which))
        shares = pl.Series("shares", self.times.shares, dtype=pl.Array(pl.Float64, self.times.shares.shape[1]))
        distributions = {name: getattr(self.times, name) for name in ("never", "usual", "complete")}
        return rows, pl.DataFrame({"shares": shares, **distributions})

    def of(self, rows: NDArray[np.intp]) -> "RegionTerms":
        """Return the terms of some rows, as all of the region's made them."""
        return RegionTerms(self.known[rows], self.times[rows], self.classes[rows], self.messages)


def region_terms(
    profile: pl.DataFrame,
    *,
    supply: pl.DataFrame | None,
    items: pl.DataFrame | None,
    overrides: pl.DataFrame | None,
    receipts: pl.DataFrame | None,
    calendar: Calendar,
    settings: ReplenishmentSettings,
    as_of: date,
) -> RegionTerms:
    """Return the terms of every row of `profile`, which holds all series of a region; the tables are as in `recommend`."""
    terms, messages = supply_terms(profile, supply, items, overrides, calendar, settings)
    known, times = learned_lead_times(terms, receipts, as_of)
    classed = with_classes(profile.join(terms, on=["fc", "sku"], how="left", maintain_order="left"))
    return RegionTerms(known, times, classed.select(CLASSES), tuple(messages))
