"""Sums over judged periods from which every measure is made: they add up over series, regions and origins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.contracts import QUANTILES
from models.evaluation.losses import covered, pinball
from models.evaluation.path_scores import Prediction
from models.predictive import LEVELS

Floats = NDArray[np.float64]

MEDIAN = list(QUANTILES).index("p50")

BUCKETS = 50
"""Groups of series that the noise of a measure is told from."""

IN_STOCK, NEARLY_IN_STOCK = 0.999, 0.8
"""Least share of a period in stock, for its sales to count as demand, and to count as nearly that."""
ROWS = {"in_stock": (IN_STOCK, np.inf), "nearly_in_stock": (NEARLY_IN_STOCK, np.inf)}
"""Kinds of rows: those fully in stock, which are a selected sample since fast days sell out, and all that are at most a fifth out."""

SUMS = (
    *("series", "periods", "demand", "absolute", "error", "scaled", "scaled_periods", "pinball", "crps", "crps_demand", "aimed"),
    *(f"below_{name}" for name in QUANTILES),
)
KEYS = ("rows", "cut", "member", "method", "beside", "bucket")

TALLIES: dict[str, Any] = {**dict.fromkeys(KEYS, pl.String), "bucket": pl.Int32, **dict.fromkeys(SUMS, pl.Float64)}


@dataclass(frozen=True)
class Cut:
    """Classes of the judged periods. names: of the classes; codes: place in names, of a shape that broadcasts to (series, periods)."""

    names: NDArray[np.str_]
    codes: NDArray[np.int64]


def cut_by(classes: NDArray[np.str_]) -> Cut:
    """Return the cut by a class named for each period; shape (series, 1) for classes of series, (1, periods) for those of dates."""
    names, codes = np.unique(classes, return_inverse=True)
    return Cut(names, codes.reshape(classes.shape).astype(np.int64))


EVERYTHING = Cut(np.array([""]), np.zeros((1, 1), dtype=np.int64))


@dataclass(frozen=True)
class Judged:
    """What happened in the periods after an origin, and how they are told apart.

    demand, in_stock: shape (series, periods), units and share of the period in stock, nan where the item was not on sale; scale: shape
    (series,), of RMSSE; bucket: shape (series,), 0 … BUCKETS − 1; levels: of the target quantile, shape (series,).
    """

    demand: Floats
    in_stock: Floats
    scale: Floats
    bucket: NDArray[np.int64]
    levels: Floats
    cuts: Mapping[str, Cut]


def tally(judged: Judged, method: str, prediction: Prediction, beside: Prediction | None = None, own: str = "fillrate") -> pl.DataFrame:
    """Return the sums of one method, of every kind of rows and cut: columns KEYS and SUMS.

    Parameters
    ----------
    judged
        What happened.
    method
        Its name, and `prediction` what it forecast.
    beside
        What `own` forecast of the same series. Where the method did not forecast everything, `own` is tallied a second time, on what
        the method did forecast, with the method's name in the column `beside`: only then can the two be compared.
    """
    forecast = np.isfinite(prediction.quantiles[..., MEDIAN])
    parts = []
    for rows, (least, most) in ROWS.items():
        chosen = (judged.in_stock >= least) & (judged.in_stock < most)
        parts.append(_summed(judged, chosen & forecast, prediction, rows, method, ""))
        if beside is not None and (chosen & ~forecast).any():
            parts.append(_summed(judged, chosen & forecast, beside, rows, own, method))
    return pl.concat(parts)


def _summed(judged: Judged, chosen: NDArray[np.bool_], prediction: Prediction, rows: str, method: str, beside: str) -> pl.DataFrame:
    series, period = np.nonzero(chosen)
    if not len(series):
        return pl.DataFrame(schema=TALLIES)
    values = _cells(judged, prediction, series, period)
    parts = []
    for name, cut in {"all": EVERYTHING, **judged.cuts}.items():
        codes = np.broadcast_to(cut.codes, chosen.shape)[series, period]
        group, size = codes * BUCKETS + judged.bucket[series], len(cut.names) * BUCKETS
        # A series counts once in each class, with the first of its periods judged there.
        _, first = np.unique(codes * len(judged.demand) + series, return_index=True)
        values[0] = 0.0
        values[0, first] = 1.0
        sums = np.stack([np.bincount(group, weights=column, minlength=size) for column in values], axis=1)
        filled = np.flatnonzero(np.bincount(group, minlength=size))
        keys = {
            "rows": pl.repeat(rows, len(filled), eager=True),
            "cut": pl.repeat(name, len(filled), eager=True),
            "member": pl.Series(cut.names[filled // BUCKETS].tolist(), dtype=pl.String),
            "method": pl.repeat(method, len(filled), eager=True),
            "beside": pl.repeat(beside, len(filled), eager=True),
            "bucket": pl.Series(filled % BUCKETS, dtype=pl.Int32),
        }
        parts.append(pl.DataFrame({**keys, **{column: sums[filled, place] for place, column in enumerate(SUMS)}}))
    return pl.concat(parts)


def _cells(judged: Judged, prediction: Prediction, series: NDArray[np.intp], period: NDArray[np.intp]) -> Floats:
    """Return what each judged period adds to SUMS, shape (len(SUMS), periods judged); the count of series is left 0."""
    outcome, mean, scale = judged.demand[series, period], prediction.mean[series, period], judged.scale[series]
    quantiles, crps, aim = prediction.quantiles[series, period], prediction.crps[series, period], prediction.target[series, period]
    level = judged.levels[series]
    scaled = np.isfinite(scale)
    told = np.isfinite(crps)
    cells = np.zeros((len(SUMS), len(outcome)))
    cells[1], cells[2] = 1.0, outcome
    cells[3] = np.abs(quantiles[:, MEDIAN] - outcome)
    cells[4] = mean - outcome
    cells[5], cells[6] = np.where(scaled, (mean - outcome) / scale, 0.0) ** 2, scaled
    cells[7] = pinball(outcome, quantiles, LEVELS).mean(axis=1)
    cells[8], cells[9] = np.where(told, crps, 0.0), np.where(told, outcome, 0.0)
    cells[10] = pinball(outcome, aim[:, None], level[:, None])[:, 0]
    cells[11:] = covered(outcome, quantiles).T
    return cells
