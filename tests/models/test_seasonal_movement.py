"""What the week of the year moves demand by: taken out of the trees' targets, put back into their forecasts."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.samples import WINDOWS, training_sample
from models.calendar_member import learn_calendar, with_season
from models.contributions import GROUPS
from models.forecaster import Forecaster
from models.forecasting import forecast_region
from models.gateway import TreeGrower
from models.predictive import fallback_library
from models.seasonal_movement import movement_ahead, seasonal_movement
from models.training import train_all_regions, train_region

WINDOW = 6


def week_of(day):
    middle = day + timedelta(days=3)
    return min((middle.timetuple().tm_yday - 1) // 7, 51)


def test_the_movement_is_the_targets_index_over_the_mean_of_the_levels_weeks():
    rng = np.random.default_rng(0)
    weeks, end = rng.gamma(5, 0.2, 52), date(2024, 1, 8)
    age, horizon = rng.integers(-8, 150, 40), rng.integers(1, 9, 40)
    found = seasonal_movement(weeks, end, age, horizon)
    for row in range(40):
        target = end - timedelta(weeks=int(age[row]))
        origin = target - timedelta(weeks=int(horizon[row]))
        usual = np.mean([weeks[week_of(origin - timedelta(weeks=back))] for back in range(13)])
        assert found[row] == pytest.approx(weeks[week_of(target)] / usual)


def test_no_row_has_no_movement():
    assert seasonal_movement(np.ones(52), date(2024, 1, 8), np.empty(0, np.int64), np.empty(0, np.int64)).shape == (0,)


@pytest.fixture(scope="module")
def history(make_history):
    """Three years of weeks; one week of the year sells three times as much, and the last known one is three weeks before it."""
    history = make_history(5, periods=160, fcs=4, skus=10, frequency="week", horizon=WINDOW)
    festival = week_of(history.end + timedelta(weeks=3))
    weeks = {day: week_of(day) for day in history.demand["date"].unique()}
    times = pl.when(pl.col("date").replace_strict(weeks, return_dtype=pl.Int64) == festival).then(3.0).otherwise(1.0)
    chance = np.random.default_rng(6).poisson(12.0, history.demand.height)
    units = pl.Series(chance) * times
    demand = history.demand.with_columns(demand_at_least=units, demand=pl.when(pl.col("demand").is_not_null()).then(units))
    return history.but(demand=demand)


@pytest.fixture(scope="module")
def prepared(history):
    return history.prepared()


@pytest.fixture(scope="module")
def sample(prepared):
    drawn = training_sample(
        prepared, horizon=WINDOW, window=WINDOW, most=20_000, most_held_back=100, youngest=8, generator=np.random.default_rng(1)
    )
    return with_season(prepared, drawn, window=WINDOW, windows=WINDOWS)


def test_judges_do_not_know_the_season_of_the_held_back_weeks(history, prepared, sample):
    last = history.end - timedelta(weeks=WINDOW * WINDOWS)
    tenfold = pl.when(pl.col("date") > last).then(pl.col("demand_at_least") * 10).otherwise("demand_at_least")
    demand = history.demand.with_columns(demand_at_least=tenfold, demand=pl.when(pl.col("demand").is_not_null()).then(tenfold))
    again = with_season(history.but(demand=demand).prepared(), sample, window=WINDOW, windows=WINDOWS)
    assert again["season_before"].equals(sample["season_before"])
    assert not again["season"].equals(sample["season"])


def test_a_festival_is_forecast_in_its_week_and_in_no_other(prepared, sample):
    """Demand is 12, and 36 in the third week ahead; what is told of it adds up, and the season tells the festival."""
    grower = TreeGrower(threads=1, seed=7)
    shared = train_all_regions(sample, window=WINDOW, frequency="week", seasons_known=True, grower=grower)
    outcome = train_region(sample, shared, window=WINDOW, frequency="week", grower=grower)
    calendar = learn_calendar(prepared)
    assert movement_ahead(calendar.pooled, prepared, WINDOW)[2] == pytest.approx(3.0, rel=0.15)
    forecaster = Forecaster(shared.final, outcome.own)

    def forecast(explain):
        return forecast_region(
            prepared, forecaster, fallback_library(WINDOW), calendar=calendar, horizon=WINDOW, youngest=8,
            spread="spread_13_per_level", grower=grower, seed=7, paths=32, explain=explain,
        )  # fmt: skip

    found = forecast(explain=False)
    total = found.mean.mean(axis=0)
    assert total[2] == pytest.approx(36, rel=0.12)
    assert np.delete(total, 2) == pytest.approx(np.full(5, 12.0), rel=0.1)
    told = forecast(explain=True)
    assert told.mean == pytest.approx(found.mean, rel=1e-5)
    parts = told.explanations.select(GROUPS).sum_horizontal().to_numpy()
    assert parts == pytest.approx(found.mean.mean(axis=1), rel=1e-5)
    # A festival adds 4 a week on average: the trees' half says so, that of the calendar tells its mean over the horizon as the level.
    assert told.explanations["season"].mean() == pytest.approx(2.0, rel=0.3)
