"""Unusual orders: single periods far above a series' own level that nothing known explains and that do not go on.

A bulk order, a fraudulent one and a one-off look alike in sales and have one kind, `bulk_order`. A `give_away` is a far-above period
sold for next to nothing, told only where sales carry prices. Real demand is left alone: peaks on promoted or event days, peaks that
other series share, peaks that come again, the start of a rise. The newest period must be twice as far above, since nothing after it
tells an order from a rise; from the next night on it is judged by what followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.demand import Frequency
from data.windows import POINT, fixed

REACH = {"day": 28, "week": 13}
"""Periods looked at on either side of a period: all that is called near below."""

KNOWN = {"day": 14, "week": 8}
"""Periods near it that must be fully in stock: with fewer, nothing is said."""

SIDE = {"day": 7, "week": 4}
"""Periods fully in stock from which one side alone has a level."""

YEAR = {"day": (364, 7), "week": (52, 1)}
"""Periods in a year, and how far around the same time of other years a like peak makes it a season."""

AGAIN = {"day": 182, "week": 26}
"""Periods on either side within which two other peaks of the like make it a habit, such as an order every month."""

SCORE = 3.5
"""Least score: standard deviations above the level on the scale of 2√units, where counts have the same spread at every level."""

MULTIPLE = 4.0
"""Least multiple of the level."""

PEAK = 2.0
"""Least multiple of the second highest period near it and of the same time of other years: an only peak stands out from all."""

BESIDE = 3.0
"""Least multiple of either neighbour: a peak that rises and falls over several periods is demand."""

SHARED = 2.0
"""Sales of other series over their level from which a period is everybody's."""

STEADY = 5.0
"""Expected units of other series that count as much as no change."""

NEXT_TO_NOTHING = 0.05
"""Share of the usual price up to which units were given away."""

BLOCK = 20_000
"""Periods that are looked at closely at a time."""

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _History:
    """Columns of a grid, one value per row: units, whether they are demand, and the first and the next-after-last row of the series."""

    units: Array
    known: NDArray[np.bool_]
    begin: Rows
    end: Rows
    frequency: Frequency


@dataclass(frozen=True)
class _Near:
    """What lies near some rows, shape (rows, 2 × REACH), the oldest first; the rows themselves are not among it."""

    away: Rows
    units: Array
    there: NDArray[np.bool_]
    known: NDArray[np.bool_]


def unusual_orders(grid: pl.DataFrame, *, frequency: Frequency) -> pl.DataFrame:
    """Return the unusual periods: fc, sku, date, kind (`bulk_order` or `give_away`), before, after (units), score; in the order of `grid`.

    The level is the highest of the means before, after, around and on the same weekday around, each without its highest period, times what
    other series sold that day over their own level. The score is (a(units) − a(level)) ÷ spread with a(x) = 2√(x + ⅜), on which counts
    spread alike at every level (Anscombe 1948); the spread is 1.4826 times the median absolute deviation of a(units) near it (Rousseeuw and
    Croux 1993), at least the 1 of a Poisson count.

    `after` is what is usual for the period (`usual_units`), over the share of it that was in stock.

    Parameters
    ----------
    grid
        Contract `Demand` of the series of one region up to the night, sorted by fc, sku, date; optional columns promo (0 to 1, null for
        none), event (Bool), price (paid per unit, nullable) and category. Periods partly out of stock are judged by what they sold.
    """
    nearly_free = _nearly_free(grid)
    history = _history(grid, frequency, ~nearly_free)
    expected, counted = _around(history)
    far = (counted >= KNOWN[frequency]) & (history.units >= MULTIPLE * expected) & (_even(history.units) - _even(expected) >= SCORE)
    given = np.flatnonzero(far & nearly_free)
    rows = np.flatnonzero(far & ~nearly_free & ~_explained(grid))
    rows = np.concatenate([rows[:0], *(block[_only_peak(history, block, far)] for block in _blocks(rows))])
    rows = _scored(history, rows, SCORE)[0]
    movement = _movement(grid, history, expected, rows)
    rows, movement = rows[movement < SHARED], movement[movement < SHARED]
    bulk, bulk_score = _scored(history, rows, SCORE, np.maximum(movement, 1), last=2 * SCORE)
    free, free_score = _scored(history, given, SCORE)
    found = np.concatenate([bulk, free])
    usual = _usual(history, found)
    return (
        grid[found]
        .select(
            "fc",
            "sku",
            "date",
            kind=pl.Series(["bulk_order"] * len(bulk) + ["give_away"] * len(free), dtype=pl.String),
            before="demand_at_least",
            after=pl.Series(usual) * pl.col("in_stock_share"),
            score=pl.Series(np.concatenate([bulk_score, free_score])),
        )
        .with_columns(after=pl.when(pl.Series(_whole(history, found))).then(pl.col("after").round()).otherwise("after"))[np.argsort(found)]
    )


def usual_units(grid: pl.DataFrame, rows: Rows, *, frequency: Frequency) -> Array:
    """Return the units that are usual for periods of `grid`, given by row; nan where no period near is fully in stock.

    The mean of the same weekday near it, averaged with the mean of all periods near it as if that were four more; each without its
    highest period. Whole where all that was sold near it is.
    """
    history = _history(grid, frequency, ~_nearly_free(grid))
    usual = _usual(history, rows)
    return np.where(_whole(history, rows), np.round(usual), usual)


def _history(grid: pl.DataFrame, frequency: Frequency, counts: NDArray[np.bool_]) -> _History:
    begins = (grid["fc"].ne_missing(grid["fc"].shift()) | grid["sku"].ne_missing(grid["sku"].shift())).to_numpy().copy()
    begins[:1] = True
    first = np.flatnonzero(begins)
    length = np.diff(first, append=grid.height)
    known = grid["demand"].is_not_null().to_numpy() & counts
    begin = np.repeat(first, length)
    return _History(grid["demand_at_least"].to_numpy(), known, begin, begin + np.repeat(length, length), frequency)


def _nearly_free(grid: pl.DataFrame) -> NDArray[np.bool_]:
    """Return whether a period sold for next to nothing, beside the series' median price; a series that mostly has no price says nothing."""
    if "price" not in grid.columns or grid["price"].null_count() == grid.height:
        return np.zeros(grid.height, dtype=np.bool_)
    usual = pl.col("price").median().over("fc", "sku")
    free = (pl.col("price") <= NEXT_TO_NOTHING * usual) & (usual > 0)
    return grid.select(free.fill_null(False)).to_series().to_numpy()


def _explained(grid: pl.DataFrame) -> NDArray[np.bool_]:
    """Return whether a period was promoted or held an event."""
    explained = np.zeros(grid.height, dtype=np.bool_)
    if "promo" in grid.columns:
        explained |= (grid["promo"] > 0).fill_null(False).to_numpy()
    if "event" in grid.columns:
        explained |= grid["event"].fill_null(False).to_numpy()
    return explained


def _around(history: _History) -> tuple[Array, Array]:
    """Return the mean of the known periods near each row, 0 without any, and how many there are; the row itself does not count."""
    reach, row = REACH[history.frequency], np.arange(len(history.units))
    low, high = np.maximum(row - reach, history.begin), np.minimum(row + reach + 1, history.end)
    own = np.where(history.known, np.round(history.units * POINT), 0).astype(np.int64)
    units, known = (np.concatenate([[0], np.cumsum(column)]) for column in (own, history.known))
    counted = known[high] - known[low] - history.known
    return (units[high] - units[low] - own) / POINT / np.maximum(counted, 1), counted.astype(np.float64)


def _even(units: Array) -> Array:
    """Return units on the scale on which Poisson counts spread by 1 at every level (Anscombe 1948)."""
    return np.asarray(2 * np.sqrt(units + 0.375))


def _near(history: _History, rows: Rows) -> _Near:
    reach = REACH[history.frequency]
    away = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
    units, there, at = _gathered(history, rows, away)
    return _Near(away, units, there, there & history.known[at])


def _gathered(history: _History, rows: Rows, away: Rows) -> tuple[Array, NDArray[np.bool_], Rows]:
    """Return the units so far away from each row, 0 outside its series; whether they are inside; and where they stand."""
    at = rows[:, None] + away
    there = (at >= history.begin[rows][:, None]) & (at < history.end[rows][:, None])
    at = np.where(there, at, rows[:, None])
    return np.where(there, history.units[at], 0.0), there, at


def _mean(near: _Near, which: NDArray[np.bool_]) -> tuple[Array, Rows]:
    """Return the mean of the known ones among some of the periods near each row without the highest of several, and how many they are."""
    units = np.where(near.known[:, which], near.units[:, which], 0.0)
    counted = near.known[:, which].sum(axis=1)
    rest = units.sum(axis=1) - np.where(counted > 1, units.max(axis=1, initial=0.0), 0.0)
    return np.maximum(rest, 0.0) / np.maximum(counted - 1, 1), counted


def _level(history: _History, near: _Near) -> Array:
    parts = [(near.away != 0, 1), (near.away < 0, SIDE[history.frequency]), (near.away > 0, SIDE[history.frequency])]
    if history.frequency == "day":
        parts.append((near.away % 7 == 0, 4))
    level = np.zeros(len(near.units))
    for which, least in parts:
        mean, counted = _mean(near, which)
        level = np.maximum(level, np.where(counted >= least, mean, 0.0))
    return level


def _scored(history: _History, rows: Rows, least: float, movement: Array | float = 1.0, *, last: float | None = None) -> tuple[Rows, Array]:
    """Return the rows that are far above their level times `movement`, and their scores; at least `last` where nothing known follows."""
    factors = np.broadcast_to(movement, rows.shape)
    kept, scores = [rows[:0]], [np.zeros(0)]
    for block, factor in zip(_blocks(rows), _blocks(factors), strict=True):
        near = _near(history, block)
        level = _level(history, near) * factor
        root = np.where(near.known, _even(near.units), np.nan)
        deviation = np.nanmedian(np.abs(root - np.nanmedian(root, axis=1, keepdims=True)), axis=1)
        score = (_even(history.units[block]) - _even(level)) / np.maximum(1.4826 * deviation, 1.0)
        followed = near.known[:, near.away > 0].any(axis=1)
        enough = score >= (least if last is None else np.where(followed, least, last))
        far = enough & (history.units[block] >= MULTIPLE * level)
        kept.append(block[far])
        scores.append(score[far])
    return np.concatenate(kept), np.concatenate(scores)


def _only_peak(history: _History, rows: Rows, far: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether nothing like it stands beside it, twice near it, twice `far` above within half a year, or a year away."""
    near, own = _near(history, rows), history.units[rows]
    alone = own >= PEAK * np.partition(near.units, -2, axis=1)[:, -2]
    for side in (near.away > 0, near.away < 0):
        units, known = near.units[:, side], near.known[:, side]
        # The nearest known one: after a bulk order the shelf is often empty for a while.
        nearest = known.argmax(axis=1) if side[-1] else known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
        place = np.arange(len(rows))
        alone &= ~known[place, nearest] | (own >= BESIDE * units[place, nearest])
    year, around = YEAR[history.frequency]
    same_time = np.concatenate([np.arange(-around, around + 1) + year * years for years in (-2, -1, 1, 2)])
    alone &= own >= PEAK * _gathered(history, rows, same_time)[0].max(axis=1)
    half_year = AGAIN[history.frequency]
    units, there, at = _gathered(history, rows, np.concatenate([np.arange(-half_year, 0), np.arange(1, half_year + 1)]))
    alone &= (there & far[at] & (own[:, None] < PEAK * units)).sum(axis=1) < 2
    return alone


def _movement(grid: pl.DataFrame, history: _History, expected: Array, rows: Rows) -> Array:
    """Return how far the others sold above their level in the period of each row: the item elsewhere, the fc, the category or the region.

    The highest of these. No series counts for more than MULTIPLE times its level, or one big order would hide another.
    """
    keys = [[name] for name in ("sku", "fc", "category") if name in grid.columns] + [[]]
    sold = np.minimum(history.units, np.maximum(MULTIPLE * expected, 1.0))
    counted = grid.select("date", *(name for key in keys for name in key), pl.Series("sold", sold), pl.Series("level", expected))
    counted = counted.with_columns(fixed(pl.col("sold")), fixed(pl.col("level")))
    ours = counted[rows]
    counted = counted.filter(pl.Series(history.known) & pl.col("date").is_in(ours["date"].unique().implode()))
    own = np.where(history.known[rows], 1, 0)
    movement = np.zeros(len(rows))
    for key in keys:
        those = counted.join(ours.select(key).unique(), on=key, how="semi", nulls_equal=True) if key else counted
        sums = those.group_by("date", *key).agg(pl.col("sold", "level").sum())
        of = ours.select("date", *key).join(sums, on=["date", *key], how="left", maintain_order="left", nulls_equal=True)
        sold_there, level_there = (of[name].fill_null(0).to_numpy() - own * ours[name].to_numpy() for name in ("sold", "level"))
        movement = np.maximum(movement, (sold_there / POINT + STEADY) / (level_there / POINT + STEADY))
    return movement


def _usual(history: _History, rows: Rows) -> Array:
    usual = [np.zeros(0)]
    for block in _blocks(rows):
        near = _near(history, block)
        mean, counted = _mean(near, near.away != 0)
        if history.frequency == "day":
            same, times = _mean(near, near.away % 7 == 0)
            weight = np.maximum(times - 1, 0)
            mean = (same * weight + mean * 4) / (weight + 4)
        usual.append(np.where(counted > 0, mean, np.nan))
    return np.concatenate(usual)


def _whole(history: _History, rows: Rows) -> NDArray[np.bool_]:
    """Return whether all that was sold near each row came in whole units."""
    whole = [np.zeros(0, dtype=np.bool_)]
    for block in _blocks(rows):
        units = np.column_stack([_near(history, block).units, history.units[block]])
        whole.append((units == np.round(units)).all(axis=1))
    return np.concatenate(whole)


def _blocks(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (rows[begin : begin + BLOCK] for begin in range(0, len(rows), BLOCK))
