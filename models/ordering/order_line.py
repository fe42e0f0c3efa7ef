"""Orders where every order line costs money: larger ones, placed from a lower position, as an (s, S) policy places them.

Reviews to come are taken to be like tonight's: the cost of a level in its own window is that of tonight's window, and demand between
two reviews is that of any review on the sample paths. Then orders from a reorder point s up to a level S cost, per review,

    c(s, S) = (K + sum over j < S − s of m(j) G(S − j)) / (sum over j < S − s of m(j)),

with K the cost of a line, G that of a level, and m the expected visits to a level j below S before the position is at s or below
(renewal reward; Zheng and Federgruen 1991, Operations Research 39(4), equations 1 to 5). The cheapest s and S are found by trying all.
Where unmet demand is lost, never ordering is one more way: a line may cost more than all that it would sell.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.ordering.choice import Choice, Packs
from models.ordering.later_windows import YEAR_DAYS
from models.ordering.own_window import Money, OwnWindow, Units
from models.ordering.stock_roll import Floats, StockRoll

STEPS = 256
"""Steps at most into which the levels in question are cut; whole units where they are fewer."""

NEAR = 1e-9
"""Share of an order line's cost below which a saving is rounding noise."""


@dataclass(frozen=True)
class LineValue:
    """What being at a level after tonight is expected to cost, later orders included, against being where the next order goes out.

    low, step: the lowest level and the distance of two, shape (rows,), units of the order (0 is tonight's position); cost: shape
    (rows, levels), money; own: the part of it that is the own window's; reorder, up_to: s and S, units of the order; slope: money per
    unit below the lowest level; line: money per order line.
    """

    low: Units
    step: Units
    cost: Money
    own: Money
    reorder: Units
    up_to: Units
    slope: Money
    line: Money

    def of(self, rows: NDArray[np.intp]) -> "LineValue":
        """Return the same for some rows."""
        return LineValue(*(getattr(self, field.name)[rows] for field in fields(self)))

    def at(self, level: Units) -> Money:
        """Return the cost of a level per row; between two levels of the grid in proportion, beyond them on a straight line."""
        # Below the grid every unit missing is a unit of unmet demand more.
        return self._read(self.cost, level) + self.slope * np.maximum(self.low - level, 0)

    def later(self, level: Units) -> Money:
        """Return the part of it that later windows and later order lines cost; where a higher level saves lines it is less there."""
        return self._read(self.cost - self.own, level)

    def _read(self, values: Money, level: Units) -> Money:
        rows = np.arange(len(values))
        place = np.maximum((level - self.low) / self.step, 0)
        below = np.minimum(np.floor(place + 1e-9).astype(np.int64), STEPS - 1)
        left, right = values[rows, below], values[rows, below + 1]
        return np.asarray(left + (right - left) * (place - below), dtype=np.float64)


def line_value(roll: StockRoll, window: OwnWindow, line: Money, whole: NDArray[np.bool_], days_per_period: int) -> LineValue:
    """Return the value of levels where an order line costs `line`, above 0, shape (rows,).

    What does not sell is charged for a year at most: without demand a level is visited on each of a year's reviews.
    """
    review = len(window.sold)
    reviews = max(YEAR_DAYS / (review * days_per_period), 1.0)
    between = _between_reviews(roll, review)
    low, step = _grid(*_bounds(window, line, between.mean(axis=(0, 2), dtype=np.float64) * reviews), whole)
    own = _own_cost(window, low, step)
    # s and S lie next to or among the levels that cost at most a line more than the best one (Zheng and Federgruen 1991, section 3).
    near = own <= own.min(axis=1, keepdims=True) + line[:, None]
    first, last = near.argmax(axis=1), STEPS - near[:, ::-1].argmax(axis=1)
    low, step = _grid(low + step * (first - 1), low + step * (last + 1), whole)
    own = _own_cost(window, low, step)
    visits = _visits(between, step, reviews)
    reorder, up_to, mean = _cheapest_policy(own, visits, line, _empty(roll, low, step))
    if roll.lost:
        # Who never orders loses all demand, and that is all it costs.
        never = window.shortage * between.mean(axis=(0, 2), dtype=np.float64)
        reorder, mean = np.where(never <= mean, _empty(roll, low, step), reorder), np.minimum(mean, never)
    cost = _relative_cost(own, visits, reorder, mean)
    return LineValue(low, step, cost, own, low + step * reorder, low + step * up_to, window.shortage, line)


def line_choice(value: LineValue, packs: Packs) -> Choice:
    """Return the cheapest order: nothing, or whole cases within their limits that are worth their line."""
    order, saving = _best_order(value, packs, np.zeros(len(value.low)), packs.most)
    order = np.where(saving > NEAR * value.line, order, 0.0)
    return Choice(value.up_to, _reorder_point(value, packs), order, last_case_saving(value, packs, order))


def last_case_saving(value: LineValue, packs: Packs, order: Units) -> Money:
    """Return the money saved by the last case of each order, its line included where it is the only one; nan without an order."""
    before = order - packs.case
    saved = value.at(before) - value.at(order) - np.where(before <= 1e-9, value.line, 0.0)
    return np.where(order > 0, saved, np.nan)


def _best_order(value: LineValue, packs: Packs, position: Units, most: Units) -> tuple[Units, Money]:
    """Return the best order above nothing from a position, and what it saves against none; −inf where nothing can be ordered.

    Cases up to S pay more and more and cases beyond it less and less, so that the best whole number of them lies next to S.
    """
    lump = packs.lump
    largest = np.floor(np.where(np.isfinite(most), most, np.inf) / packs.case + 1e-9) * packs.case
    wanted = (value.up_to - position) / packs.case
    best, cost = np.zeros(len(lump)), np.full(len(lump), np.inf)
    for cases in (np.floor(wanted + 1e-9), np.ceil(wanted - 1e-9)):
        order = np.minimum(np.maximum(cases * packs.case, lump), largest)
        there = np.where(order >= lump - 1e-9, value.at(position + np.where(np.isfinite(order), order, 0.0)), np.inf)
        cheaper = there < cost
        best, cost = np.where(cheaper, order, best), np.where(cheaper, there, cost)
    return best, value.at(position) - value.line - cost


def _reorder_point(value: LineValue, packs: Packs) -> Units:
    """Return the highest level of the grid at which an order pays, one step below it where none does."""
    found = value.low - value.step
    for place in range(STEPS + 1):
        position = value.low + value.step * place
        _, saving = _best_order(value, packs, position, np.full(len(position), np.inf))
        found = np.where(saving > NEAR * value.line, position, found)
    return found


def _between_reviews(roll: StockRoll, review: int) -> Floats:
    """Return demand between two reviews, every sampled pair of them, shape (reviews, rows, paths)."""
    ends = roll.demand[review - 1 :: review]
    between: Floats = np.diff(ends, axis=0, prepend=np.float32(0))
    return between


def _bounds(window: OwnWindow, line: Money, year: Units) -> tuple[Units, Units]:
    """Return levels below and above which no s or S can lie, shape (rows,); `year` is a year's demand, the most that is looked at."""
    # On paths on which the order never comes no level matters.
    comes = np.isfinite(window.sold[-1])
    least = np.where(comes, window.short, np.inf).min(axis=1).astype(np.float64)
    least = np.where(np.isfinite(least), least, 0.0)
    most = np.where(comes, np.maximum(window.sold[-1], window.short), -np.inf).max(axis=1).astype(np.float64)
    most = np.maximum(most, least)
    rates = window.holding_rates().sum(axis=0)
    far = np.divide(line, rates, out=np.full(len(line), np.inf), where=rates > 0)
    down = np.divide(line, window.shortage, out=np.zeros(len(line)), where=window.shortage > 0)
    return np.floor(least - down) - 1, np.ceil(most + np.minimum(far, np.maximum(year, 1.0))) + 1


def _grid(low: Units, high: Units, whole: NDArray[np.bool_]) -> tuple[Units, Units]:
    """Return the lowest level and the step of STEPS + 1 levels from low to high, whole units where units are whole."""
    step = (high - low) / STEPS
    return np.where(whole, np.floor(low), low), np.where(whole, np.maximum(np.ceil(step), 1.0), step)


def _own_cost(window: OwnWindow, low: Units, step: Units) -> Money:
    """Return the cost of every level of the grid in its own window, shape (rows, STEPS + 1)."""
    levels = low[:, None] + step[:, None] * np.arange(STEPS + 1)
    cost = window.shortage[:, None] * _mean_above(window.short, low, step)
    for rate, sold in zip(window.holding_rates(), window.sold, strict=True):
        comes = np.isfinite(sold)
        share, mean = comes.mean(axis=1), np.where(comes, sold, 0).mean(axis=1, dtype=np.float64)
        left = share[:, None] * levels - mean[:, None] + _mean_above(np.where(comes, sold, np.float32(-np.inf)), low, step)
        cost += rate[:, None] * left
    return np.asarray(cost, dtype=np.float64)


def _mean_above(values: Floats, low: Units, step: Units) -> Units:
    """Return the mean of max(value − level, 0) over paths, for every level of the grid, shape (rows, STEPS + 1); values may be −inf."""
    rows, paths = values.shape
    place = np.floor((values - low[:, None]) / step[:, None])
    place = (np.clip(place, -1, STEPS) + 1).astype(np.int64) + np.arange(rows)[:, None] * (STEPS + 2)
    size = rows * (STEPS + 2)
    count = np.bincount(place.ravel(), minlength=size).reshape(rows, -1)[:, 1:]
    total = np.bincount(place.ravel(), values.ravel().astype(np.float64), minlength=size).reshape(rows, -1)[:, 1:]
    levels = low[:, None] + step[:, None] * np.arange(STEPS + 1)
    above = total[:, ::-1].cumsum(axis=1)[:, ::-1] - levels * count[:, ::-1].cumsum(axis=1)[:, ::-1]
    return np.asarray(above / paths, dtype=np.float64)


def _empty(roll: StockRoll, low: Units, step: Units) -> NDArray[np.int64]:
    """Return the step of the level at which nothing is on hand or on its way, shape (rows,); far below the grid where demand waits.

    Lost demand leaves no position below it, so an order must go out there at the latest.
    """
    if not roll.lost:
        return np.full(len(low), -STEPS, dtype=np.int64)
    position = roll.start - roll.debt + roll.arrived[-1].mean(axis=1, dtype=np.float64)
    return np.asarray(np.clip(np.rint((-position - low) / step), -STEPS, STEPS - 1), dtype=np.int64)


def _visits(between: Floats, step: Units, reviews: float) -> Units:
    """Return the expected visits to the level j steps below the one ordered up to, j = 0 … STEPS, shape (rows, STEPS + 1).

    The renewal function of demand between reviews; where nearly every review sells nothing, a level is visited `reviews` times at most.
    """
    number, rows, paths = between.shape
    place = np.minimum(np.rint(between / step[:, None]), STEPS + 1).astype(np.int64) + np.arange(rows)[:, None] * (STEPS + 2)
    share = np.bincount(place.ravel(), minlength=rows * (STEPS + 2)).reshape(rows, -1) / (number * paths)
    moves = np.maximum(1 - share[:, 0], 1 / reviews)
    visits = np.zeros((rows, STEPS + 1))
    visits[:, 0] = 1 / moves
    for j in range(1, STEPS + 1):
        visits[:, j] = np.einsum("rl,rl->r", share[:, 1 : j + 1], visits[:, j - 1 :: -1] if j > 1 else visits[:, :1]) / moves
    return visits


def _cheapest_policy(
    own: Money, visits: Units, line: Money, least: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], Money]:
    """Return the steps of s (−1 where it is below the grid) and S, and the cost per review, shape (rows,); s is `least` or above."""
    allowed = np.arange(-1, STEPS) >= least[:, None]
    rows = np.arange(len(own))
    until = visits.cumsum(axis=1)
    total = np.repeat(line[:, None], STEPS + 1, axis=1)
    best = np.full(len(own), np.inf)
    reorder, up_to = (np.zeros(len(own), dtype=np.int64) for _ in range(2))
    for j in range(STEPS + 1):
        total[:, j:] += visits[:, j : j + 1] * own[:, : STEPS + 1 - j]
        cost = np.where(allowed[:, : STEPS + 1 - j], total[:, j:] / until[:, j : j + 1], np.inf)
        place = cost.argmin(axis=1)
        cheaper = cost[rows, place] < best * (1 - 1e-12)
        best = np.where(cheaper, cost[rows, place], best)
        up_to = np.where(cheaper, place + j, up_to)
        reorder = np.where(cheaper, place - 1, reorder)
    return reorder, up_to, best


def _relative_cost(own: Money, visits: Units, reorder: NDArray[np.int64], mean: Money) -> Money:
    """Return the cost of being at each level until the next order, against `mean` per review, shape (rows, STEPS + 1)."""
    above = np.arange(STEPS + 1) > reorder[:, None]
    beyond = np.where(above, own - mean[:, None], 0.0)
    cost = np.zeros_like(own)
    for j in range(STEPS + 1):
        cost[:, j:] += visits[:, j : j + 1] * beyond[:, : STEPS + 1 - j]
    return np.where(above, cost, own - mean[:, None])
