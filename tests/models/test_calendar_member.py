"""The calendar member: seasons that history has shown twice, stored with the model, blended with the trees."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.samples import WINDOWS, training_sample
from models.calendar_member import (
    WEIGHT,
    calendar_forecast,
    from_table,
    held_back_calendar,
    learn_calendar,
    to_table,
    with_calendar,
)
from models.forecaster import Forecaster
from models.forecasting import forecast_series
from models.gateway import TreeGrower
from models.laid_out import lay_out
from models.predictive import fallback_library
from models.training import train_all_regions, train_region

WINDOW = 7


def seasonal(day, level):
    """Demand without noise: Sundays double, December three times the rest."""
    return level * (2.0 if day.weekday() == 6 else 1.0) * (3.0 if day.month == 12 else 1.0)


@pytest.fixture(scope="module")
def history(make_history):
    """Three years of six series that know nothing but weekday and month."""
    history = make_history(4, periods=1_100, fcs=2, skus=3, horizon=60)
    level = pl.col("sku").replace_strict({"S0": 5.0, "S1": 12.0, "S2": 40.0}, return_dtype=pl.Float64)
    season = pl.when(pl.col("date").dt.weekday() == 7).then(2.0).otherwise(1.0)
    season *= pl.when(pl.col("date").dt.month() == 12).then(3.0).otherwise(1.0)
    demand = history.demand.with_columns(demand_at_least=(level * season).round())
    return history.but(demand=demand.with_columns(demand=pl.when(pl.col("demand").is_not_null()).then("demand_at_least")))


@pytest.fixture(scope="module")
def prepared(history):
    return history.prepared()


@pytest.fixture(scope="module")
def sample(prepared):
    return training_sample(
        prepared, horizon=10, window=WINDOW, most=20_000, most_held_back=100, youngest=14, generator=np.random.default_rng(1)
    )


def test_what_the_calendar_repeats_is_forecast(history, prepared):
    found = calendar_forecast(prepared, learn_calendar(prepared), 60)
    days = [history.end + timedelta(days=ahead) for ahead in range(1, 61)]
    levels = {"S0": 5.0, "S1": 12.0, "S2": 40.0}
    skus = prepared.panel.series.filter(prepared.profile["active"])["sku"]
    truth = np.array([[seasonal(day, levels[sku]) for day in days] for sku in skus])
    assert np.abs(found - truth).sum() / truth.sum() < 0.05


def test_factors_survive_being_stored(prepared):
    factors = learn_calendar(prepared)
    again = from_table(to_table(factors))
    assert again.keys.equals(factors.keys)
    assert np.array_equal(again.own, factors.own)
    assert np.array_equal(again.pooled, factors.pooled)


def test_a_series_that_is_new_since_gets_the_pooled_factors(prepared):
    factors = learn_calendar(prepared)
    found = factors.of(pl.DataFrame({"fc": ["F1", "F9"], "sku": ["S2", "S2"]}))
    place = factors.keys.with_row_index("row").filter(fc="F1", sku="S2")["row"][0]
    assert np.array_equal(found[0], factors.own[place])
    assert np.array_equal(found[1], factors.pooled)


def test_held_back_windows_are_forecast_from_what_lay_before_them(history, prepared, sample):
    values = sample.select("series", "window", "horizon").with_columns(held_back_calendar(prepared, sample, window=WINDOW, windows=WINDOWS))
    assert values.filter(pl.col("window") < 0)["calendar"].null_count() == values.filter(pl.col("window") < 0).height
    # The newest window is what it was, whatever happened in it; the one before too.
    last = history.end - timedelta(days=WINDOW)
    doubled = pl.when(pl.col("date") > last).then(pl.col("demand_at_least") * 9).otherwise("demand_at_least")
    shaken = history.but(
        demand=history.demand.with_columns(demand_at_least=doubled, demand=pl.when(pl.col("demand").is_not_null()).then(doubled))
    ).prepared()
    again = held_back_calendar(shaken, sample, window=WINDOW, windows=WINDOWS)
    assert again.equals(values["calendar"])
    first = values.filter(pl.col("window") == 0, pl.col("series") == 0).sort("horizon")["calendar"].to_numpy()
    factors = learn_calendar(prepared, before=2 * WINDOW)
    assert first == pytest.approx(calendar_forecast(prepared, factors, WINDOW, before=2 * WINDOW)[0])


def test_the_blend_is_the_trees_where_the_calendar_is_silent():
    trees, calendar = np.array([4.0, 4.0]), np.array([8.0, np.nan])
    assert with_calendar(trees, calendar).tolist() == [4 + WEIGHT * 4, 4.0]


def test_forecasts_and_their_explanation_hold_the_calendar(prepared, sample):
    grower = TreeGrower(threads=1, seed=7)
    with_column = sample.with_columns(held_back_calendar(prepared, sample, window=WINDOW, windows=WINDOWS))
    shared = train_all_regions(with_column, window=WINDOW, frequency="day", seasons_known=True, grower=grower)
    outcome = train_region(with_column, shared, window=WINDOW, frequency="day", grower=grower)
    trees_only = train_region(sample, shared, window=WINDOW, frequency="day", grower=grower)
    blend = with_calendar(trees_only.held_back["mean"].to_numpy(), with_column.filter(pl.col("window") >= 0)["calendar"].to_numpy())
    assert outcome.held_back["mean"].to_numpy() == pytest.approx(blend)

    def forecast(calendar, *, explain=False):
        return forecast_series(
            lay_out(prepared, calendar=calendar, horizon=10, youngest=14, trees=True),
            Forecaster(shared.final, None),
            fallback_library(10),
            spread="spread_28_per_level",
            grower=grower,
            seed=7,
            paths=32,
            explain=explain,
        )

    factors = learn_calendar(prepared)
    found, explained = forecast(factors), forecast(factors, explain=True)
    assert found.mean == pytest.approx(with_calendar(forecast(None).mean, calendar_forecast(prepared, factors, 10)))
    assert explained.mean == pytest.approx(found.mean, rel=1e-6)
    groups = ["level", "season", "price_promotion", "events", "drivers", "stockouts"]
    assert explained.explanations.select(pl.sum_horizontal(groups)).to_series().to_numpy() == pytest.approx(
        found.mean.mean(axis=1), rel=1e-6
    )
