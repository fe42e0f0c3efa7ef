"""What tonight's order is worth in its own window: shortage it prevents against stock it leaves on the shelf."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ordering.stock_roll import Floats, Lead, StockRoll, at
from models.ordering.storage import PeakStorage

Money = NDArray[np.float64]
Units = NDArray[np.float64]


@dataclass(frozen=True)
class OwnWindow:
    """Levels of the order, in units, at which something changes on a path.

    short: unit u of the order prevents a unit of unmet demand where u <= short, shape (rows, paths).
    sold: unit u is still on the shelf at the end of the window's j-th period where u > sold[j], shape (review, rows, paths).
    shortage, holding: money per unit, and per unit and period, shape (rows,). On a path on which the order never comes no unit
    prevents anything or lies anywhere: short is −inf there, sold inf.
    peak: money that storage in peak months adds to holding, per period, each shape (rows, 1) or (rows, paths); none where nothing.
    """

    short: Floats
    sold: Floats
    shortage: Money
    holding: Money
    peak: tuple[Floats, ...] = ()

    @property
    def tolerance(self) -> Money:
        """Money per unit of the order below which a gain is rounding noise."""
        return 1e-6 * (self.shortage + self.holding)

    def span(self) -> tuple[Units, Units]:
        """Return whole levels around those of interest: below the first a unit saves on every path, above the second on none."""
        comes = np.isfinite(self.sold[0])
        low = np.where(comes, np.minimum(self.short, self.sold[0]), np.inf).min(axis=1)
        low = np.floor(np.where(np.isfinite(low), low, 0).astype(np.float64)) - 1
        return low, np.ceil(np.maximum(self.short.max(axis=1), low + 1).astype(np.float64))

    def per_unit_ordered(self, complete: Units) -> "OwnWindow":
        """Return the same by units ordered where only a share of them comes, shape (rows,)."""
        if (complete == 1).all():
            return self
        share = complete.astype(np.float32)[:, None]
        peak = tuple(extra * share for extra in self.peak)
        return OwnWindow(self.short / share, self.sold / share, self.shortage * complete, self.holding * complete, peak)

    def of(self, rows: NDArray[np.intp]) -> "OwnWindow":
        """Return the same for some rows."""
        peak = tuple(extra[rows] for extra in self.peak)
        return OwnWindow(self.short[rows], self.sold[:, rows], self.shortage[rows], self.holding[rows], peak)

    def gain(self, low: Units, high: Units) -> Money:
        """Return the mean money saved by the order's units between two levels, shape (rows,)."""
        a, b, width = _columns(low, high)
        saved = np.clip(self.short - a, 0, width).mean(axis=1, dtype=np.float64)
        held = np.sum([np.clip(b - sold, 0, width).mean(axis=1, dtype=np.float64) for sold in self.sold], axis=0)
        total = np.asarray(self.shortage * saved - self.holding * held, dtype=np.float64)
        for extra, sold in zip(self.peak, self.sold, strict=False):
            total -= (extra * np.clip(b - sold, 0, width)).mean(axis=1, dtype=np.float64)
        return total

    def marginal(self, level: Units) -> Money:
        """Return the money saved by the next sliver of the order above a level, per unit, shape (rows,)."""
        u, paths = level.astype(np.float32)[:, None], self.short.shape[1]
        saves = np.count_nonzero(self.short > u, axis=1)
        held = np.sum([np.count_nonzero(sold <= u, axis=1) for sold in self.sold], axis=0)
        total = np.asarray((self.shortage * saves - self.holding * held) / paths, dtype=np.float64)
        for extra, sold in zip(self.peak, self.sold, strict=False):
            total -= (extra * (sold <= u)).mean(axis=1, dtype=np.float64)
        return total

    def holding_rates(self) -> Money:
        """Return money per unit held in each period, shape (review, rows), storage in peak months at the mean of the paths."""
        rates = np.repeat(self.holding[None], len(self.sold), axis=0)
        for period, extra in enumerate(self.peak):
            rates[period] += extra.mean(axis=1, dtype=np.float64)
        return rates

    def next_change(self, level: Units) -> Units:
        """Return the lowest level above the given one at which the marginal value of some path changes."""
        u = level.astype(np.float32)[:, None]
        nearest = np.where(self.short > u, self.short, np.inf).min(axis=1)
        for sold in self.sold:
            nearest = np.minimum(nearest, np.where(sold > u, sold, np.inf).min(axis=1))
        return np.asarray(nearest, dtype=np.float64)


def own_window(
    roll: StockRoll,
    lead: Lead,
    review: int,
    shortage: Money,
    holding: Money,
    comes: NDArray[np.bool_] | None = None,
    storage: PeakStorage | None = None,
) -> OwnWindow:
    """Return the window from the order's arrival to the day before the next order's: periods lead … lead + review − 1.

    Stock is used first in, first out, so unit u of the order sells once the demand since its arrival has passed the stock
    in front of it, and a later arrival cannot delay it: marginal cost accounting (Levi, Pál, Roundy and Shmoys 2007,
    Mathematics of Operations Research 32(2)). A unit prevents unmet demand where the stock without it would run out in the
    window. Where demand waits, units still owed as the window opens count as unmet in it, once each (with a review of one
    period this is the textbook's shortage cost per unit and period). `lead` is a number of periods, or one per path; `comes` tells on
    which paths the order comes at all, None where on all.
    """
    stock = roll.stock_at(lead)
    before_arrival = roll.demand_until(lead) + stock
    first_arrivals = at(roll.arrived, lead)
    sold = np.empty((review, *stock.shape), dtype=np.float32)
    short = np.full(stock.shape, -np.inf, dtype=np.float32)
    for j in range(review):
        sold[j] = at(roll.demand, lead + j) - before_arrival
        later = at(roll.arrived, lead + j) - first_arrivals
        np.maximum(short, sold[j] - later, out=short)
    if comes is not None:
        short[~comes] = -np.inf
        sold[:, ~comes] = np.inf
    peak = () if storage is None else tuple(storage.at(lead + j) for j in range(review))
    return OwnWindow(short, sold, shortage, holding, peak)


def _columns(low: Units, high: Units) -> tuple[Floats, Floats, Floats]:
    a, b = low.astype(np.float32)[:, None], high.astype(np.float32)[:, None]
    return a, b, b - a
