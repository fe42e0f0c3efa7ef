"""What tonight's order is worth after its own window, for as long as later orders would not have brought its units anyway."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ordering.own_window import Money, OwnWindow, Units
from models.ordering.stock_roll import Floats, Lead, StockRoll, at, before

YEAR_DAYS = 365
"""Longest time that units left after the sampled periods are charged for."""


@dataclass(frozen=True)
class LaterWindow:
    """One review later: the window its order serves, and from which level tonight's units are in excess by then.

    excess: units above it would not have been ordered by then either, shape (rows, paths).
    short_before, short: as in OwnWindow, over all windows before this one, and up to its end.
    """

    excess: Floats
    short_before: Floats
    short: Floats
    sold: Floats

    def of(self, rows: NDArray[np.intp]) -> "LaterWindow":
        """Return the same for some rows."""
        return LaterWindow(self.excess[rows], self.short_before[rows], self.short[rows], self.sold[:, rows])


@dataclass(frozen=True)
class OrderValue:
    """Value of the order's units in all windows that tonight's decision bears on.

    tail_sold, tail_excess: stock in front less demand at the end of what was sampled; rate: mean demand per period from then on.
    """

    own: OwnWindow
    later: tuple[LaterWindow, ...]
    tail_sold: Floats
    tail_excess: Floats
    rate: Units
    longest: float

    @property
    def tolerance(self) -> Money:
        """Money per unit of the order below which a gain is rounding noise."""
        return self.own.tolerance

    def charged(self, reorder: Units) -> NDArray[np.intp]:
        """Return the rows for which some unit that pays in its own window is in excess later."""
        first = self.later[0].excess if self.later else self.tail_excess
        return np.flatnonzero((first < reorder[:, None]).any(axis=1))

    def never_in_excess(self) -> Units:
        """Return the level up to which no unit is in excess on any path."""
        first = self.later[0].excess if self.later else self.tail_excess
        return np.asarray(first.min(axis=1), dtype=np.float64)

    def of(self, rows: NDArray[np.intp]) -> "OrderValue":
        """Return the same for some rows."""
        later = tuple(window.of(rows) for window in self.later)
        return OrderValue(self.own.of(rows), later, self.tail_sold[rows], self.tail_excess[rows], self.rate[rows], self.longest)

    def gain(self, low: Units, high: Units) -> Money:
        """Return the mean money saved by the order's units between two levels, bought as one lump, shape (rows,)."""
        a, b = low.astype(np.float32)[:, None], high.astype(np.float32)[:, None]
        width = b - a
        total = self.own.gain(low, high)
        for window in self.later:
            excess = window.excess < a
            if not excess.any():
                return total
            saved = np.clip(window.short - a, 0, width) - np.clip(window.short_before - a, 0, width)
            held = sum(np.clip(b - sold, 0, width) for sold in window.sold)
            total += self.own.shortage * np.where(excess, saved, 0).mean(axis=1, dtype=np.float64)
            total -= self.own.holding * np.where(excess, held, 0).mean(axis=1, dtype=np.float64)
        unsold = np.clip(b - self.tail_sold, 0, width)
        ahead = np.minimum((a + b) / 2 - self.tail_sold, a - self.tail_excess)
        rate = np.maximum(self.rate, 1e-9)[:, None]
        periods = np.clip(ahead / rate, 0, self.longest)
        total -= self.own.holding * (unsold * periods).mean(axis=1, dtype=np.float64)
        return total


def order_value(
    roll: StockRoll, lead: Lead, review: int, own: OwnWindow, reorder: Units, mean: Units, interval: int, days_per_period: int
) -> OrderValue:
    """Return the value of tonight's order when later orders follow the base rule: raise the position above its reorder point.

    A unit ordered tonight that the next order would have brought anyway costs its own window only (Veinott 1965, Operations
    Research 13(3), for whole batches too). Where demand falls, or was high for one night, the position without the unit
    may still be above a later reorder point; the unit is then charged, and credited, in that window as well. The reorder
    point of a later review is that of tonight, its mean replaced by the later interval's and its safety scaled by the
    root of their ratio.

    Parameters
    ----------
    own
        The order's own window.
    reorder
        Level of the order, in units, from which nothing more pays in the own window: reorder point − position, shape (rows,).
    mean
        Mean demand per period, shape (rows, at least periods + interval).
    interval
        Periods of the protection interval.
    """
    periods = roll.periods
    stock = roll.stock_at(lead)
    in_front = roll.demand_until(lead) + stock
    first_arrivals = at(roll.arrived[:, :, None], lead)
    position = roll.start + np.maximum(roll.arrived[min(interval, periods) - 1] - roll.debt, 0)
    level = position + reorder
    cumulative = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(mean, axis=1)], axis=1)
    base = cumulative[:, interval]
    safety = level - base
    excess = np.full(stock.shape, -np.inf, dtype=np.float32)
    short = own.short
    windows: list[LaterWindow] = []
    last_start = int(np.max(lead))
    for k in range(1, periods // review + 1):
        needed = cumulative[:, interval + k * review] - cumulative[:, k * review]
        ratio = np.divide(needed, base, out=np.ones_like(base), where=base > 0)
        later_level = needed + safety * np.sqrt(ratio)
        threshold = (later_level - level + reorder).astype(np.float32)[:, None] + before(roll.demand, k * review)
        excess = np.maximum(excess, threshold)
        if not (excess < reorder[:, None]).any():
            return OrderValue(own, tuple(windows), *_nothing_left(stock), np.ones(len(mean)), 0.0)
        if last_start + (k + 1) * review > periods:
            continue  # its window lies beyond the sampled periods: what is still in excess is charged by the mean rate
        sold = np.empty((review, *stock.shape), dtype=np.float32)
        so_far = short
        for j in range(review):
            sold[j] = at(roll.demand, lead + k * review + j) - in_front
            arrived = at(roll.arrived[:, :, None], lead + k * review + j) - first_arrivals
            so_far = np.maximum(so_far, sold[j] - arrived)
        windows.append(LaterWindow(excess, short, so_far, sold))
        short = so_far
    rate = mean[:, max(periods - review, 0) : periods + review].mean(axis=1)
    return OrderValue(own, tuple(windows), roll.demand[-1] - in_front, excess, rate, YEAR_DAYS / days_per_period)


def _nothing_left(stock: Floats) -> tuple[Floats, Floats]:
    never = np.full((len(stock), 1), np.inf, dtype=np.float32)
    return never, never
