"""What tonight's order is worth after its own window, for as long as later orders would not have brought its units anyway."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.ordering.own_window import Money, OwnWindow, Units
from models.ordering.stock_roll import Floats, Lead, StockRoll, at, before
from models.ordering.storage import PeakStorage

YEAR_DAYS = 365
"""Longest time that units left after the sampled periods are charged for."""


@dataclass(frozen=True)
class LaterWindow:
    """One review later: the window its order serves, and from which level tonight's units are in excess by then.

    excess: units above it would not have been ordered by then either, shape (rows, paths).
    short_before, short: as in OwnWindow, over all windows before this one, and up to its end. peak: as there.
    """

    excess: Floats
    short_before: Floats
    short: Floats
    sold: Floats
    peak: tuple[Floats, ...] = ()

    def of(self, rows: NDArray[np.intp]) -> "LaterWindow":
        """Return the same for some rows."""
        peak = tuple(extra[rows] for extra in self.peak)
        return LaterWindow(self.excess[rows], self.short_before[rows], self.short[rows], self.sold[:, rows], peak)

    def per_unit_ordered(self, share: Floats) -> "LaterWindow":
        """Return the same by units ordered where only a share of them comes, shape (rows, 1)."""
        peak = tuple(extra * share for extra in self.peak)
        return LaterWindow(self.excess / share, self.short_before / share, self.short / share, self.sold / share, peak)


@dataclass(frozen=True)
class OrderValue:
    """Value of the order's units in all windows that tonight's decision bears on.

    tail_sold, tail_excess: stock in front less demand at the end of what was sampled; rate: mean demand per period from then on;
    tail_holding: money per unit and period from then on, peak months spread over the year.
    """

    own: OwnWindow
    later: tuple[LaterWindow, ...]
    tail_sold: Floats
    tail_excess: Floats
    rate: Units
    tail_holding: Money
    longest: float

    @property
    def tolerance(self) -> Money:
        """Money per unit of the order below which a gain is rounding noise."""
        return self.own.tolerance

    def never_in_excess(self) -> Units:
        """Return the level up to which no unit is in excess on any path."""
        first = self.later[0].excess if self.later else self.tail_excess
        return np.asarray(first.min(axis=1), dtype=np.float64)

    def of(self, rows: NDArray[np.intp]) -> "OrderValue":
        """Return the same for some rows."""
        later = tuple(window.of(rows) for window in self.later)
        return OrderValue(
            self.own.of(rows), later, self.tail_sold[rows], self.tail_excess[rows], self.rate[rows], self.tail_holding[rows], self.longest
        )

    def per_unit_ordered(self, complete: Units) -> "OrderValue":
        """Return the same by units ordered where only a share of them comes, shape (rows,)."""
        if (complete == 1).all():
            return self
        share = complete.astype(np.float32)[:, None]
        return OrderValue(
            self.own.per_unit_ordered(complete),
            tuple(window.per_unit_ordered(share) for window in self.later),
            self.tail_sold / share,
            self.tail_excess / share,
            self.rate / complete,
            self.tail_holding * complete,
            self.longest,
        )

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
            for extra, sold in zip(window.peak, window.sold, strict=False):
                total -= np.where(excess, extra * np.clip(b - sold, 0, width), 0).mean(axis=1, dtype=np.float64)
        unsold = np.clip(b - self.tail_sold, 0, width)
        ahead = np.minimum((a + b) / 2 - self.tail_sold, a - self.tail_excess)
        rate = np.maximum(self.rate, 1e-9)[:, None]
        periods = np.clip(ahead / rate, 0, self.longest)
        total -= self.tail_holding * (unsold * periods).mean(axis=1, dtype=np.float64)
        return total


@dataclass(frozen=True)
class BaseRule:
    """How later orders are placed: a review that finds the position at or below its reorder point raises it above.

    By then the forecast has been revised: it has taken up `revision` of what demand was above or below it, per period. So where little
    sells the level falls, and units that pay tonight are in excess.

    The order-up-to level of a later review is tonight's, its mean demand replaced by that of the later interval and its
    safety scaled by the root of their ratio; its reorder point lies as far below as tonight's. mean: demand per period, shape
    (rows, at least periods sampled + interval); lead, review, interval: periods; latest: lead time that no row alike can exceed, whatever
    paths these rows have; raw, reorder: tonight's order-up-to level
    and reorder point, less the position, units, shape (rows,).
    """

    mean: Units
    lead: Lead
    latest: int
    review: int
    interval: int
    raw: Units
    reorder: Units
    days_per_period: int
    revision: float = 0.0

    def of(self, rows: NDArray[np.intp]) -> "BaseRule":
        """Return the same for some rows."""
        lead = self.lead if isinstance(self.lead, int) else self.lead[rows]
        return replace(self, mean=self.mean[rows], lead=lead, raw=self.raw[rows], reorder=self.reorder[rows])

    def rise(self, roll: StockRoll, reviews: int) -> Units:
        """Return by how much order-up-to level and reorder point stand above tonight's after so many reviews, shape (rows,)."""
        arrived = roll.arrived[min(self.interval, roll.periods) - 1].mean(axis=1)
        level = roll.start + np.maximum(arrived - roll.debt, 0) + self.raw
        first = reviews * self.review
        base = self.mean[:, : self.interval].sum(axis=1)
        needed = self.mean[:, first : first + self.interval].sum(axis=1)
        ratio = np.divide(needed, base, out=np.ones_like(base), where=base > 0)
        return np.asarray(needed + (level - base) * np.sqrt(ratio) - level, dtype=np.float64)

    def excess(self, roll: StockRoll, reviews: int) -> Floats:
        """Return the level above which units would not have been ordered at that review either, shape (rows, paths)."""
        periods = reviews * self.review
        above = (self.rise(roll, reviews) + self.reorder).astype(np.float32)
        demand = before(roll.demand, periods)
        if not self.revision:
            return above[:, None] + demand
        # Of the mean surprise per period, over the periods of the interval to come.
        taken_up = np.float32((1 - (1 - self.revision) ** periods) * self.interval / periods)
        expected = self.mean[:, :periods].sum(axis=1).astype(np.float32)
        level: Floats = above[:, None] + demand + taken_up * (demand - expected[:, None])
        return level

    def in_excess(self, roll: StockRoll) -> NDArray[np.intp]:
        """Return the rows for which some unit that pays in its own window may be in excess at the next review."""
        if self.review > roll.periods:
            return np.arange(0)
        return np.flatnonzero((self.excess(roll, 1) < self.reorder[:, None].astype(np.float32)).any(axis=1))


def order_value(
    roll: StockRoll, own: OwnWindow, rule: BaseRule, comes: NDArray[np.bool_] | None = None, storage: PeakStorage | None = None
) -> OrderValue:
    """Return the value of tonight's order when later orders follow the base rule.

    A unit ordered tonight that the next order would have brought anyway costs its own window only (Veinott 1965, Operations
    Research 13(3), for whole batches too). Where demand falls, or was high for one night, the position without the unit
    may still be above a later reorder point; the unit is then charged, and credited, in that window as well. A row is followed up to the
    first review by which none of its units is in excess on any path. `comes` as in `own_window`.
    """
    periods, lead, review = roll.periods, rule.lead, rule.review
    in_front = roll.demand_until(lead) + roll.stock_at(lead)
    first_arrivals = at(roll.arrived, lead)
    reorder = rule.reorder[:, None].astype(np.float32)
    excess = np.full(in_front.shape, -np.inf, dtype=np.float32)
    short, followed = own.short, np.ones((len(excess), 1), dtype=np.bool_)
    never = None if comes is None else ~comes
    if never is not None:
        # An order that does not come stands behind nothing and is never in excess.
        in_front[never] = -np.inf
    windows: list[LaterWindow] = []
    for k in range(1, periods // review + 1):
        excess = np.where(followed, np.maximum(excess, rule.excess(roll, k)), excess)
        followed = followed & (excess < reorder).any(axis=1, keepdims=True)
        if not followed.any():
            break
        if rule.latest + (k + 1) * review > periods:
            continue  # its window lies beyond the sampled periods: what is still in excess is charged by the mean rate
        sold = np.empty((review, *in_front.shape), dtype=np.float32)
        so_far = short
        for j in range(review):
            sold[j] = at(roll.demand, lead + k * review + j) - in_front
            arrived = at(roll.arrived, lead + k * review + j) - first_arrivals
            so_far = np.maximum(so_far, sold[j] - arrived)
        if never is not None:
            so_far[never] = -np.inf
        peak = () if storage is None else tuple(storage.at(lead + k * review + j) for j in range(review))
        windows.append(LaterWindow(np.where(followed, excess, np.float32(np.inf)), short, so_far, sold, peak))
        short = so_far
    rate = rule.mean[:, max(periods - review, 0) : periods + review].mean(axis=1)
    holding = own.holding if storage is None else own.holding + storage.extra * storage.usual
    return OrderValue(own, tuple(windows), roll.demand[-1] - in_front, excess, rate, holding, YEAR_DAYS / rule.days_per_period)
