"""Training samples: pairs of origin and horizon with a known target, and the held-back windows that judge a forecaster."""

import numpy as np
import polars as pl

from features.matrix import PreparedPanel, Rows, design_matrix

SAMPLE_COLUMNS = ("series", "window", "level", "target", "at_least", "age", "calendar")
"""Columns of a sample beside the features.

series: number of the series within its region; window: −1 for training rows, 0 and 1 for the earlier and the later held-back
window; level: units per period at the origin; target: demand in units, null where unknown; at_least: units sold;
age: periods between the target and the end of history, the same for all series of the panel; calendar: forecast of the calendar member
for rows of held-back windows, units, filled in where there is such a member.
"""

WINDOWS = 2

MOST_PER_TARGET = 4
"""Most horizons from which one target is forecast in training: more of them say the same again."""


def held_back_periods(longest: int, horizon: int, season: int, frequency: str) -> int:
    """Return the length of a held-back window: the horizon, shortened where history is short, in whole weeks if days.

    The longest series must keep at least half its history before the WINDOWS held-back windows; 0 if it cannot.
    """
    most = longest // (2 * WINDOWS)
    window = min(horizon, most)
    if frequency == "day" and window > season:
        window -= window % season
    return window if window >= 2 else 0


def training_sample(
    prepared: PreparedPanel, *, horizon: int, window: int, most: int, most_held_back: int, youngest: int, generator: np.random.Generator
) -> pl.DataFrame:
    """Return a region's sample: training rows drawn evenly over series, target periods and horizons, and the held-back windows.

    Parameters
    ----------
    prepared
        The region's panel; its last known periods are the end of history.
    window
        Periods of each held-back window; 0 for none.
    most, most_held_back
        Most training rows, and most series in the held-back windows.
    youngest
        Periods of history that an origin must have behind it.
    """
    origins, horizons = _training_pairs(prepared, horizon, most, youngest, generator)
    parts = [_rows(prepared, origins, horizons, np.full(len(origins), -1))]
    if window:
        parts.append(_rows(prepared, *_held_back_pairs(prepared, window, most_held_back, youngest, generator)))
    return pl.concat(parts)


def _training_pairs(prepared: PreparedPanel, horizon: int, most: int, youngest: int, generator: np.random.Generator) -> tuple[Rows, Rows]:
    known = np.isfinite(prepared.demand) & (prepared.pos < prepared.periods) & (prepared.pos >= youngest)
    targets = np.flatnonzero(known)
    if not len(targets):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    per_target = min(horizon, MOST_PER_TARGET, max(1, round(most / len(targets))))
    if per_target * len(targets) > most:
        targets = np.sort(generator.choice(targets, most // per_target, replace=False))
    targets = np.repeat(targets, per_target)
    # Young series have few origins behind a target: draw horizons among those that exist, so that they are not left out.
    longest = np.minimum(horizon, prepared.pos[targets] - youngest + 1)
    horizons = 1 + (generator.random(len(targets)) * longest).astype(np.int64)
    return targets - horizons, horizons


def _held_back_pairs(
    prepared: PreparedPanel, window: int, most: int, youngest: int, generator: np.random.Generator
) -> tuple[Rows, Rows, Rows]:
    # A series that ended earlier would be judged on periods in which the others were trained.
    last = prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    if len(last) > most:
        last = np.sort(generator.choice(last, most, replace=False))
    origins, horizons, windows = [], [], []
    for number in range(WINDOWS):
        origin = last - window * (WINDOWS - number)
        origin = origin[prepared.pos[last] - (last - origin) >= youngest]
        origins.append(np.repeat(origin, window))
        horizons.append(np.tile(np.arange(1, window + 1, dtype=np.int64), len(origin)))
        windows.append(np.full(len(origin) * window, number))
    return np.concatenate(origins), np.concatenate(horizons), np.concatenate(windows)


def _rows(prepared: PreparedPanel, origins: Rows, horizons: Rows, window: Rows) -> pl.DataFrame:
    targets = origins + horizons
    age = (prepared.panel.end - prepared.panel.rows["date"].gather(targets)).dt.total_days() // prepared.panel.cadence.step_days
    judged = pl.DataFrame(
        {
            "series": prepared.panel.rows["series"].gather(targets),
            "window": pl.Series(window, dtype=pl.Int8),
            "level": prepared.level[origins],
            "target": pl.Series(prepared.demand[targets]).fill_nan(None),
            "at_least": prepared.demand_at_least[targets],
            "age": age.cast(pl.Int32),
            "calendar": pl.Series([None], dtype=pl.Float64).new_from_index(0, len(origins)),
        }
    )
    return pl.concat([judged, design_matrix(prepared, origins, horizons)], how="horizontal")
