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
    return RegionTerms(known, times, classed.select("abc", "xyz"), tuple(messages))
