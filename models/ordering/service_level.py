"""The smallest order that reaches a service level in its own window."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.ordering.choice import Choice, Packs, raised_to_packs, reorder_below
from models.ordering.own_window import Units
from models.ordering.stock_roll import Floats

ServiceMeasure = Literal["fill_rate", "cycle"]


def smallest(short: Floats, demand: Floats, level: Units, packs: Packs, measure: ServiceMeasure) -> Choice:
    """Return the smallest order whose own window has the service asked for.

    `cycle`: the share of paths with no stock-out in the window is at least `level`; `fill_rate`: so is the share of the
    window's mean demand met at once.

    Parameters
    ----------
    short
        Level of the order below which each path runs out in the window, shape (rows, paths).
    demand
        Demand of the window, same shape.
    level
        Target, shape (rows,), between 0 and 1.
    """
    raw = cycle_level(short, level) if measure == "cycle" else fill_rate_level(short, demand, level)
    order = raised_to_packs(raw, packs)
    return Choice(raw, reorder_below(raw, packs.whole), order, np.full(len(order), np.nan))


def if_it_comes(
    short: Floats, demand: Floats, level: Units, comes: NDArray[np.bool_], measure: ServiceMeasure
) -> tuple[Floats, Floats, Units]:
    """Return `short`, `demand` and `level` with which `smallest` measures service over the paths on which the order comes.

    What a supplier loses no order can mend. Paths without the order get no demand and run out of nothing; of a share of paths the level
    leaves as many of all paths unserved as the level asked for leaves of the others.
    """
    there = np.where(comes, short, np.inf).min(axis=1, keepdims=True)
    nothing = np.where(np.isfinite(there), there, 0) - np.float32(1e6)
    share = comes.mean(axis=1) if measure == "cycle" else 1.0
    return np.where(comes, short, nothing), np.where(comes, demand, 0), np.asarray(1 - (1 - level) * share, dtype=np.float64)


def cycle_level(values: Floats, level: Units) -> Units:
    """Return the lowest value that at least the share `level` of each row's paths does not exceed, shape (rows,)."""
    paths = values.shape[1]
    rank = np.clip(np.ceil(level * paths - 1e-9).astype(np.intp) - 1, 0, paths - 1)
    return np.asarray(np.sort(values, axis=1)[np.arange(len(values)), rank], dtype=np.float64)


def fill_rate_level(short: Floats, demand: Floats, level: Units) -> Units:
    """Return the lowest order with mean(max(short − order, 0)) <= (1 − level) × mean demand, shape (rows,).

    The mean shortfall is piecewise linear and falls with the order: found between two sorted values of `short`.
    """
    paths = short.shape[1]
    ordered = np.sort(short.astype(np.float64), axis=1)
    allowed: NDArray[np.float64] = (1 - level) * demand.mean(axis=1, dtype=np.float64)
    # Shortfall at each sorted value: what lies above it, less the value once for each.
    above = np.cumsum(ordered[:, ::-1], axis=1)[:, ::-1]
    shortfall = (above - ordered * np.arange(paths, 0, -1)) / paths
    segment = np.argmax(shortfall <= allowed[:, None] + 1e-9, axis=1)
    rows = np.arange(len(short))
    # Between ordered[segment − 1] and ordered[segment] there are paths − segment values above: the slope.
    slack = (allowed - shortfall[rows, segment]) * paths / (paths - segment)
    return np.asarray(ordered[rows, segment] - np.maximum(slack, 0), dtype=np.float64)
