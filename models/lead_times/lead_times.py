"""The lead-time distribution of every row: days from order to shelf, and the chance that the order never comes."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from models.ordering.calendar import lead_periods

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CERTAIN = -1
"""Distribution of a row whose lead time is certain: all its orders come, as agreed."""

LONGEST = 0.995
"""Quantile of the lead times of orders that come up to which stock is simulated; longer ones count as this long."""


@dataclass(frozen=True)
class LeadTimes:
    """Distributions, and which of them each row follows.

    shares: chance of coming after exactly 0, 1, 2, … days, shape (distributions, days); never: chance of not coming at all,
    shape (distributions,), together 1; usual: days that dates are told by, shape (distributions,); complete: share of the units
    that come with a line, shape (distributions,); which: shape (rows,), CERTAIN where nothing varies.
    """

    shares: Floats
    never: Floats
    usual: Ints
    complete: Floats
    which: Ints

    def __getitem__(self, rows: NDArray[np.intp]) -> "LeadTimes":
        """Return the same for some rows, with the distributions that they follow alone."""
        which = self.which[rows]
        used, place = np.unique(which[which != CERTAIN], return_inverse=True)
        narrowed = np.full(len(which), CERTAIN, dtype=np.int64)
        narrowed[which != CERTAIN] = place.reshape(-1)
        return LeadTimes(self.shares[used], self.never[used], self.usual[used], self.complete[used], narrowed)

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Rows whose lead time is drawn per path."""
        found: NDArray[np.bool_] = self.which != CERTAIN
        return found

    @property
    def come(self) -> Floats:
        """Chance of having come after at most 0, 1, 2, … days, of the orders that come; shape (distributions, days)."""
        total = np.cumsum(self.shares, axis=1)
        return np.divide(total, total[:, -1:], out=np.ones_like(total), where=total[:, -1:] > 0)

    @property
    def longest(self) -> Ints:
        """Days up to which stock is simulated, shape (distributions,)."""
        days: Ints = np.argmax(self.come >= LONGEST - 1e-12, axis=1).astype(np.int64)
        return days

    def complete_of_rows(self) -> Floats:
        """Return the share of units that come with a line, shape (rows,)."""
        return self._of_rows(self.complete, 1.0)

    def never_of_rows(self) -> Floats:
        """Return the chance that an order never comes, shape (rows,)."""
        return self._of_rows(self.never, 0.0)

    def usual_periods(self, mean_days: Floats, sd_days: Floats, days_per_period: int) -> Ints:
        """Return the lead time in periods that dates are told by, shape (rows,); agreed days rounded where it is certain."""
        agreed = [lead_periods(mean, sd, days_per_period) for mean, sd in zip(mean_days, sd_days, strict=True)]
        return np.where(self.varies, -(-self._of_rows(self.usual, 0) // days_per_period), np.array(agreed, dtype=np.int64)).astype(np.int64)

    def later(self, days: int) -> "LeadTimes":
        """Return the same with every order so many days longer on its way."""
        return replace(self, shares=np.pad(self.shares, ((0, 0), (days, 0))), usual=self.usual + days)

    def _of_rows(self, values: NDArray[np.generic], certain: float) -> Floats:
        if not len(values):
            return np.full(len(self.which), certain, dtype=np.float64)
        return np.where(self.varies, values[np.maximum(self.which, 0)].astype(np.float64), certain)


def moments(shares: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the days, of orders that come; shape (distributions,)."""
    total = np.maximum(shares.sum(axis=1), 1e-300)
    days = np.arange(shares.shape[1])
    mean = shares @ days / total
    return mean, np.sqrt(np.maximum((shares * (days - mean[:, None]) ** 2).sum(axis=1) / total, 0.0))


def gamma_shares(mean: float, sd: float) -> Floats:
    """Return the chance of each number of days 0, 1, 2, …: a gamma of this mean and spread, rounded to whole days."""
    shape, scale = (mean / sd) ** 2, sd**2 / mean
    last = int(np.ceil(gamma.ppf(0.9999, shape, scale=scale)))
    at_most = np.asarray(gamma.cdf(np.arange(last + 1) + 0.5, shape, scale=scale), dtype=np.float64)
    return np.diff(at_most / at_most[-1], prepend=0.0)


def agreed_lead_times(mean: Floats, sd: Floats, *, never: float = 0.0) -> LeadTimes:
    """Return the distributions of agreed means and spreads, days, shape (rows,); certain where either is 0."""
    which = np.full(len(mean), CERTAIN, dtype=np.int64)
    varying = np.flatnonzero((sd > 0) & (mean > 0))
    pairs, place = np.unique(np.column_stack([mean[varying], sd[varying]]), axis=0, return_inverse=True)
    which[varying] = place.reshape(-1)
    told = [gamma_shares(float(m), float(s)) * (1 - never) for m, s in pairs]
    shares = stacked(told)
    usual = np.array([lead_periods(float(m), float(s), 1) for m, s in pairs], dtype=np.int64)
    return LeadTimes(shares, np.full(len(pairs), never), usual, np.ones(len(pairs)), which)


def stacked(rows: list[Floats]) -> Floats:
    """Return rows of different lengths as one table, filled with 0."""
    table = np.zeros((len(rows), max((len(row) for row in rows), default=1)))
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table
