"""Open order lines of rows whose lead time varies: when each comes, given that it has not come yet, and whether it does."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.lead_times.draws import Keys, mixed, ranks
from models.lead_times.lead_times import LeadTimes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEVER = -1
"""Day of arrival of a line that does not come."""


@dataclass(frozen=True)
class OpenLines:
    """Lines sorted by row, shape (lines,) unless said otherwise.

    row: place of the series among those decided for; units: what comes if the line does; key: decides its draws; which: row of
    `at_most`; at_most: chance of having come by day 0, 1, 2, … from the order date on, shape (different lines, days), what is missing to
    1 in the end being the chance that it never comes.
    """

    row: Ints
    units: Floats
    key: Keys
    which: Ints
    at_most: Floats

    def __getitem__(self, rows: NDArray[np.intp]) -> "OpenLines":
        """Return the lines of some rows, numbered by their places among them."""
        lines, place = self.lines_of(rows)
        return replace(self.only(lines), row=place)

    def lines_of(self, rows: NDArray[np.intp]) -> tuple[Ints, Ints]:
        """Return the lines of some rows, and the place of each one's row among them."""
        first, last = (np.searchsorted(self.row, rows, side=side) for side in ("left", "right"))
        count = last - first
        place = np.repeat(np.arange(len(rows)), count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(first, count) + within, place

    def only(self, lines: NDArray[np.intp]) -> "OpenLines":
        """Return some of the lines."""
        return replace(self, row=self.row[lines], units=self.units[lines], key=self.key[lines], which=self.which[lines])

    @property
    def never(self) -> Floats:
        """Chance that each line never comes."""
        left: Floats = 1 - self.at_most[self.which, -1]
        return np.where(left < 1e-12, 0.0, left)

    def sample(self, paths: int) -> Ints:
        """Return days from the order date to arrival, shape (lines, paths), NEVER where the line does not come; stratified per line."""
        shares = (np.arange(paths) + 0.5) / paths
        quantiles = np.empty((len(self.at_most), paths), dtype=np.int64)
        for place in np.unique(self.which):
            at_most = self.at_most[place]
            days = np.searchsorted(at_most, shares)
            quantiles[place] = np.where(days < len(at_most), days, NEVER)
        return np.take_along_axis(quantiles[self.which], ranks(self.key, paths), axis=1)


def remaining(shares: Floats, never: float, waited: int) -> Floats:
    """Return the chance that a line comes by day 0, 1, 2, … from the order date on, given that it has not come by the day before.

    Chances of coming after t days become P(t | t > waited) = P(t) / (P(later) + P(never)); day 0 is `waited` + 1 days after the order.

    Parameters
    ----------
    shares
        Chance of coming after exactly 0, 1, 2, … days, shape (days,).
    never
        Chance of not coming at all.
    waited
        Days from the order to the last known day; negative for an order whose usual time begins later.
    """
    later = np.concatenate([np.zeros(-waited - 1), shares]) if waited < 0 else shares[waited + 1 :]
    left = later.sum() + never
    if left <= 0:
        # Longer on its way than any line ever was, where none is known to be lost: it can come any day, so it comes at once.
        return np.ones(1)
    return np.cumsum(later) / left if len(later) else np.zeros(1)


def open_lines(row: Ints, units: Floats, waited: Ints, times: LeadTimes, keys: Keys) -> OpenLines:
    """Return the lines of rows that vary.

    Parameters
    ----------
    row
        Of each line, ascending; lines of a row in an order that is always the same.
    units
        Outstanding.
    waited
        Days from the order to the last known day.
    times, keys
        Of the rows.
    """
    pairs, which = np.unique(np.column_stack([times.which[row], waited]), axis=0, return_inverse=True)
    told = [remaining(times.shares[place], float(times.never[place]), int(days)) for place, days in pairs]
    longest = max((len(one) for one in told), default=1)
    at_most = np.ones((len(told), longest))
    for place, one in enumerate(told):
        at_most[place, : len(one)], at_most[place, len(one) :] = one, one[-1]
    number = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    key = mixed(keys[row] + (number.astype(np.uint64) + np.uint64(1)) * np.uint64(0xD1342543DE82EF95))
    return OpenLines(row, units * times.complete_of_rows()[row], key, which.reshape(-1), at_most)
