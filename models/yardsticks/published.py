"""Forecasts published earlier, laid beside those of a backtest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.contracts import QUANTILES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PublishedForecasts:
    """mean: shape (series, horizon), units; quantiles: shape (series, horizon, levels), units; nan where nothing was published."""

    mean: Floats
    quantiles: Floats


def published_forecasts(frames: Sequence[pl.DataFrame], dates: Sequence[date] | pl.Series, keys: pl.DataFrame) -> PublishedForecasts:
    """Return what earlier runs forecast for the periods after an origin.

    A forecast counts only if its `as_of` lies before the first of the dates: later ones knew what they forecast. Of several, the
    newest `as_of` wins, and of frames with the same one the last.

    Parameters
    ----------
    frames
        Forecasts of runs, contract `Forecasts`.
    dates
        First days of the periods ahead, ascending: the columns.
    keys
        Columns fc, sku: the rows, each once.
    """
    days = pl.Series("date", dates, dtype=pl.Date)
    shape = (keys.height, len(days))
    values = np.full((*shape, 1 + len(QUANTILES)), np.nan)
    names = ["mean", *QUANTILES]
    rows = keys.select("fc", "sku").with_row_index("row")
    columns = days.to_frame().with_row_index("column")
    found = [
        frame.filter(pl.col("as_of") < days.min())
        .join(columns, on="date")
        .join(rows, on=["fc", "sku"])
        .select("row", "column", "as_of", *names, frame=pl.lit(number))
        for number, frame in enumerate(frames)
    ]
    if found:
        # One cell may be spoken for by several runs: the last one written stays.
        chosen = pl.concat(found).sort("as_of", "frame").unique(["row", "column"], keep="last", maintain_order=True)
        values[chosen["row"].to_numpy(), chosen["column"].to_numpy()] = chosen.select(pl.col(names).cast(pl.Float64)).to_numpy()
    return PublishedForecasts(values[..., 0], values[..., 1:])
