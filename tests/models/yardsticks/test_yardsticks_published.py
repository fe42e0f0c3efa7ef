"""Published forecasts find their places in the grid of a backtest, and none that came later does."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.contracts import QUANTILES, Forecasts
from models.yardsticks.published import published_forecasts

ORIGIN = date(2024, 4, 14)
DATES = [ORIGIN + timedelta(k) for k in range(1, 4)]
KEYS = pl.DataFrame({"fc": ["s2", "s1", "s1"], "sku": ["a", "b", "a"]})


def forecasts(as_of, rows):
    """rows: fc, sku, days after ORIGIN, mean; the quantiles are the mean times 1, 2, … 7."""
    frame = pl.DataFrame(
        [(fc, sku, ORIGIN + timedelta(day), mean) for fc, sku, day, mean in rows],
        schema={"fc": pl.String, "sku": pl.String, "date": pl.Date, "mean": pl.Float64},
        orient="row",
    )
    frame = frame.with_columns(
        *((pl.col("mean") * (place + 1)).alias(name) for place, name in enumerate(QUANTILES)),
        run_id=pl.lit("r"),
        as_of=pl.lit(as_of),
        region=pl.lit("c"),
        horizon=(pl.col("date") - as_of).dt.total_days().cast(pl.Int32),
    )
    return Forecasts.validate(frame.select(Forecasts.column_names()), cast=True)


def test_forecasts_stand_where_series_and_date_meet():
    rows = [("s1", "a", 1, 1.0), ("s1", "a", 3, 3.0), ("s2", "a", 2, 22.0), ("s9", "a", 1, 99.0), ("s1", "a", 4, 4.0)]
    found = published_forecasts([forecasts(ORIGIN, rows)], DATES, KEYS)
    nan = np.nan
    expected = np.array([[nan, 22, nan], [nan, nan, nan], [1, nan, 3]])
    assert np.array_equal(found.mean, expected, equal_nan=True)
    assert found.quantiles == pytest.approx(expected[..., None] * np.arange(1, 8), nan_ok=True)


def test_the_newest_that_did_not_know_the_days_counts():
    older = forecasts(ORIGIN - timedelta(2), [("s1", "a", 1, 1.0), ("s1", "a", 2, 1.0)])
    newest = forecasts(ORIGIN, [("s1", "a", 1, 2.0)])
    again = forecasts(ORIGIN, [("s1", "a", 1, 5.0)])
    later = forecasts(ORIGIN + timedelta(1), [("s1", "a", 2, 9.0)])
    found = published_forecasts([newest, again, later, older], DATES, KEYS)
    assert found.mean[2].tolist()[:2] == [5.0, 1.0]


@pytest.mark.parametrize("frames", [[], [forecasts(ORIGIN, [])]])
def test_nothing_published_is_nothing_known(frames):
    found = published_forecasts(frames, pl.Series(DATES), KEYS)
    assert found.mean.shape == (3, 3)
    assert np.isnan(found.quantiles).all()
