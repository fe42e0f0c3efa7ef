"""Launch curve: how demand in the weeks after a launch compares with the level at which items settle."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from features.panel import Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAUNCH_WEEKS = 8
"""Weeks after a launch that have a factor of their own; afterwards it is 1."""

SETTLED_WEEKS = 16
"""Weeks after a launch up to which demand tells the settled level, from the end of LAUNCH_WEEKS on."""

LEAST_SETTLED = 4
"""Known periods that a settled level is made of at least."""

PRIOR_LAUNCHES = 10.0
"""Launches for which a factor of 1 counts beside those seen."""

CLIP = (0.25, 4.0)


def launched(panel: Panel) -> NDArray[np.bool_]:
    """Return which series were launched inside the history, shape (series,).

    A series that begins with the data, or within a level window of it, may be any age.
    """
    first = panel.rows["date"].gather(panel.series["first"]).to_numpy()
    if not len(first):
        return np.zeros(0, dtype=bool)
    begun = np.timedelta64(panel.cadence.level_window * panel.cadence.step_days, "D")
    return cast(NDArray[np.bool_], first >= first.min() + begun)


def launch_curve(panel: Panel, demand: Floats) -> Floats:
    """Return demand ÷ settled level for each of the first LAUNCH_WEEKS weeks, shape (LAUNCH_WEEKS,), shrunk to 1 where few were seen.

    Ratios of sums over launches, in what the other series of the region did meanwhile. The first period of a series is left out:
    often a series is known to exist only because it sold then.

    Parameters
    ----------
    demand
        In-stock demand of every row of the panel, without its weekday, nan where unknown.
    """
    curve, is_new = np.ones(LAUNCH_WEEKS), launched(panel)
    if not is_new.any():
        return curve
    series, pos = panel.rows["series"].to_numpy(), panel.rows["pos"].to_numpy()
    week = pos // (7 // panel.cadence.step_days)
    early = np.isfinite(demand) & is_new[series] & (pos > 0) & (week < SETTLED_WEEKS)
    demand = demand / _movement(panel, demand, series, is_new)
    settled_rows, count = early & (week >= LAUNCH_WEEKS), len(is_new)
    periods = np.bincount(series[settled_rows], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        settled = np.where(periods >= LEAST_SETTLED, np.bincount(series[settled_rows], demand[settled_rows], count) / periods, 0.0)
    judged = early & (week < LAUNCH_WEEKS) & (settled[series] > 0)
    if not judged.any():
        return curve
    size = LAUNCH_WEEKS
    sold = np.bincount(week[judged], demand[judged], size)
    expected = np.bincount(week[judged], settled[series[judged]], size)
    launches = np.array([len(np.unique(series[judged & (week == k)])) for k in range(size)])
    ratio = np.divide(sold, expected, out=np.ones(size), where=expected > 0)
    return np.asarray(np.clip((launches * ratio + PRIOR_LAUNCHES) / (launches + PRIOR_LAUNCHES), *CLIP), dtype=float)


def weeks_since_launch(panel: Panel, rows: Ints) -> Ints:
    """Return whole weeks from launch to each of the given rows; LAUNCH_WEEKS where the launch is long ago or not known."""
    week = panel.rows["pos"].gather(rows).to_numpy().astype(np.int64) // (7 // panel.cadence.step_days)
    new = launched(panel)[panel.rows["series"].gather(rows).to_numpy()]
    return np.where(new, np.minimum(week, LAUNCH_WEEKS), LAUNCH_WEEKS)


def _movement(panel: Panel, demand: Floats, series: Ints, is_new: NDArray[np.bool_]) -> Floats:
    """Return per row how the series that were there before stood on its date against their own mean; 1 where there are none."""
    old = np.isfinite(demand) & ~is_new[series]
    count = np.bincount(series[old], minlength=len(is_new))
    mean = np.bincount(series[old], demand[old], len(is_new)) / np.maximum(count, 1)
    day = panel.rows["date"].to_physical().to_numpy().astype(np.int64)
    day = day - day.min()
    size = int(day.max()) + 1
    sold, expected = np.bincount(day[old], demand[old], size), np.bincount(day[old], mean[series[old]], size)
    movement = np.divide(sold, expected, out=np.ones(size), where=(expected > 0) & (sold > 0))
    return np.asarray(np.clip(movement, *CLIP)[day], dtype=float)
