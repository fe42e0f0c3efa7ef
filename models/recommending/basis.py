"""What recommendations were made from, for one who asks why a row is as it is."""

from dataclasses import dataclass

import polars as pl
from scipy.sparse import csr_array

from models.ordering.calendar import Calendar
from models.ordering.decide import Series
from models.recommending.inbound import expected_arrivals


@dataclass(frozen=True)
class Basis:
    """Profile, terms, stock, decisions and dates of every row side by side, and the arrays that were decided on.

    rows: one row per row of the profile, in its order, unrounded; series: the same rows as arrays; lines: what is on its way, see
    `models.recommending.inbound`.
    """

    rows: pl.DataFrame
    series: Series
    calendar: Calendar
    lines: pl.DataFrame

    @property
    def inbound(self) -> csr_array:
        """All open lines on their expected dates, those that may come late or never included; shape (rows, many)."""
        return expected_arrivals(self.lines, self.rows.height)
