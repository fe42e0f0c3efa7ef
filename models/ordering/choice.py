"""Which order: from the value of its units to the best whole number of cases, its level and its reorder point."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from models.ordering.later_windows import OrderValue
from models.ordering.own_window import Money, OwnWindow, Units

STEPS = 1 << 14
"""Steps into which a lump is cut where goods by weight have no smallest unit."""


@dataclass(frozen=True)
class Packs:
    """What can be ordered, shape (rows,): units per case, least units (or nothing), most units (inf where any), whole units or not."""

    case: Units
    least: Units
    most: Units
    whole: NDArray[np.bool_]

    @property
    def lump(self) -> Units:
        """Smallest order above nothing: the least units as whole cases."""
        return np.maximum(np.ceil(self.least / self.case - 1e-9), 1) * self.case

    def of(self, rows: NDArray[np.intp]) -> "Packs":
        """Return the same for some rows."""
        return Packs(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Choice:
    """The order of each row, shape (rows,), units; `raw` before cases, least and most; `reorder` is reorder point − position.

    last_case: money saved by the last case of the order; nan without an order or a value.
    """

    raw: Units
    reorder: Units
    order: Units
    last_case: Money


def best_level(window: OwnWindow) -> Units:
    """Return the level at which the next sliver stops paying: the order before cases, negative where the position is above it.

    With a review of one period and no stock this is the newsvendor's quantile: the lowest level at which
    P(demand <= level) >= shortage / (shortage + holding).
    """
    low, high = window.span()
    # Bisect near, then step from breakpoint to breakpoint: the answer is exact however near the bisection came.
    for _ in range(int(np.ceil(np.log2((high - low).max(initial=1)))) + 4):
        middle = (low + high) / 2
        pays = window.marginal(middle) > window.tolerance
        low, high = np.where(pays, middle, low), np.where(pays, high, middle)
    level = window.next_change(low)
    while (rows := np.flatnonzero(np.isfinite(level) & (window.marginal(level) > window.tolerance))).size:
        level[rows] = window.of(rows).next_change(level[rows])
    return level


def cheapest(
    window: OwnWindow, packs: Packs, later: Callable[[Units, Units], tuple[NDArray[np.intp], OrderValue | None]] | None = None
) -> Choice:
    """Return the order that costs least.

    In its own window the value of a unit falls with its level, so cases wholly below the best level pay, cases wholly
    above it do not, and only the one that contains it is evaluated. `later`, given best and reorder level, returns the rows
    with units in excess at later reviews and their value with later windows counted; it can only take units away.
    """
    raw = best_level(window)
    cases = np.maximum(np.floor(raw / packs.case + 1e-6), 0)
    partial = np.flatnonzero(raw > (cases + 1e-6) * packs.case)
    if partial.size:
        case, low = packs.case[partial], cases[partial] * packs.case[partial]
        cases[partial] += window.of(partial).gain(low, low + case) > window.tolerance[partial] * case
    lump = packs.lump
    step = _step(packs, lump)
    start = np.where(step == 1.0, np.ceil(raw - 1e-6), raw) - lump
    reorder = start + step * _last_paying(window, start, step, lump, np.rint(lump / step).astype(np.int64))
    choice = _finished(raw, reorder, cases * packs.case, packs, window)
    rows, value = (np.arange(0), None) if later is None else later(raw, reorder)
    if value is None:
        return choice
    few = packs.of(rows)
    level, point, fewer = _less_the_excess(value, few, raw[rows], reorder[rows], cases[rows])
    charged = _finished(level, point, fewer * few.case, few, value)
    for field in fields(Choice):
        getattr(choice, field.name)[rows] = getattr(charged, field.name)
    return choice


def _finished(raw: Units, reorder: Units, wanted: Units, packs: Packs, value: OrderValue | OwnWindow) -> Choice:
    """Return the choice with the order within its limits and the value of its last case."""
    order = _at_least(wanted, packs, value)
    return Choice(raw, reorder, order, last_case_gain(order, packs, value))


def last_case_gain(order: Units, packs: Packs, value: OrderValue | OwnWindow) -> Money:
    """Return the money saved by the last case of each order; nan without an order."""
    gain = np.full(len(order), np.nan)
    if (rows := np.flatnonzero(order > 0)).size:
        gain[rows] = value.of(rows).gain(order[rows] - packs.case[rows], order[rows])
    return gain


def _step(packs: Packs, span: Units) -> Units:
    """Return the finest step in which levels are told apart: a unit where units are whole, else a sliver of the span."""
    return np.where(packs.whole & (span == np.round(span)), 1.0, span / STEPS)


def _less_the_excess(value: OrderValue, packs: Packs, raw: Units, reorder: Units, cases: Units) -> tuple[Units, Units, Units]:
    """Return best level, reorder level and whole cases once units in excess are charged in later windows too."""
    safe, lump = np.floor(value.never_in_excess()), packs.lump
    step = _step(packs, lump)
    start = np.minimum(safe, reorder)
    reorder = start + step * _last_paying(value, start, step, lump, np.ceil((reorder - start) / step).astype(np.int64) + 1)
    # A unit is worth what a step of one unit, or a sliver of a lump, is worth.
    start = np.minimum(safe, raw)
    pays = _last_paying(value, start - step, step, step, np.ceil((raw - start) / step).astype(np.int64) + 1)
    level = np.minimum(start + step * pays, raw)
    whole_cases = _last_paying(value, -packs.case, packs.case, packs.case, cases.astype(np.int64) + 1)
    return level, reorder, whole_cases.astype(np.float64)


def _last_paying(value: OrderValue | OwnWindow, start: Units, step: Units, lump: Units, bound: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most steps above `start` from which a lump still pays; zero steps are taken to pay, `bound` steps not to."""
    low, high = np.zeros(len(start), dtype=np.int64), bound.copy()
    while (rows := np.flatnonzero(high - low > 1)).size:
        middle = (low[rows] + high[rows]) // 2
        at = start[rows] + step[rows] * middle
        pays = value.of(rows).gain(at, at + lump[rows]) > value.tolerance[rows] * lump[rows]
        low[rows], high[rows] = np.where(pays, middle, low[rows]), np.where(pays, high[rows], middle)
    return low


def _at_least(order: Units, packs: Packs, value: OrderValue | OwnWindow) -> Units:
    """Return orders raised to the least order where the whole of it pays, else nothing, and cut to the most units."""
    lump = packs.lump
    below = np.flatnonzero((order > 0) & (order < lump))
    if below.size:
        pays = value.of(below).gain(np.zeros(below.size), lump[below]) > value.tolerance[below] * lump[below]
        order[below] = np.where(pays, lump[below], 0)
    return capped(order, packs)


def capped(order: Units, packs: Packs) -> Units:
    """Return orders cut to the most units in whole cases; nothing where that is less than the least order."""
    # inf has no whole number of cases: an order without a limit is never cut.
    limit = np.where(np.isfinite(packs.most), packs.most, order)
    cut = np.minimum(order, np.floor(limit / packs.case + 1e-9) * packs.case)
    return np.where(cut < packs.lump - 1e-9, 0.0, cut)


def raised_to_packs(raw: Units, packs: Packs) -> Units:
    """Return raw orders above nothing raised to whole cases and the least order, cut to the most units."""
    wanted = np.ceil(raw / packs.case - 1e-6) * packs.case
    return capped(np.where(raw > 1e-9, np.maximum(wanted, packs.lump), 0.0), packs)


def reorder_below(raw: Units, whole: NDArray[np.bool_]) -> Units:
    """Return the reorder level where any position below order-up-to calls for an order: the last whole unit below it."""
    return np.where(whole, np.ceil(raw - 1e-6) - 1, raw)
