"""What recommendations were made from, for one who asks why a row is as it is."""

from dataclasses import dataclass

import polars as pl

from models.ordering.calendar import Calendar
from models.ordering.decide import Series


@dataclass(frozen=True)
class Basis:
    """Profile, terms, stock, decisions, dates, action and reasons of every row side by side, and the arrays that were decided on.

    rows: one row per row of the profile, in its order, unrounded; series: the same rows as arrays; lines: what is on its way, see
    `models.recommending.inbound`.
    """

    rows: pl.DataFrame
    series: Series
    calendar: Calendar
    lines: pl.DataFrame
