"""Forecasts of a region: every series on sale gets one, by trees, by statsmodels, or after its like."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.samples import training_sample
from models.contracts import QUANTILES, Forecasts
from models.forecaster import Forecaster
from models.forecasting import forecast_series, forecasts_frame
from models.gateway import FeatureMismatch, TreeGrower
from models.laid_out import lay_out
from models.predictive import fallback_library
from models.training import calibrate, train_all_regions, train_region

HORIZON = 10
SPREAD = "spread_28_per_level"


def forecast(history, forecaster=None, *, library=None, horizon=HORIZON, youngest=14, spread=SPREAD):
    return forecast_series(
        lay_out(history.prepared(), calendar=None, horizon=horizon, youngest=youngest, trees=forecaster is not None),
        forecaster,
        library or fallback_library(horizon),
        spread=spread,
        grower=TreeGrower(threads=1, seed=7),
        seed=7,
        paths=256,
    )


@pytest.fixture(scope="module")
def history(make_history):
    return make_history(1, periods=75, fcs=4, skus=16)


@pytest.fixture(scope="module")
def trained(history):
    """Forecaster and measured errors of the region itself."""
    sample = training_sample(
        history.prepared(), horizon=HORIZON, window=7, most=20_000, most_held_back=1_000, youngest=14, generator=np.random.default_rng(1)
    )
    grower = TreeGrower(threads=1, seed=7)
    shared = train_all_regions(sample, window=7, frequency="day", seasons_known=True, grower=grower)
    outcome = train_region(sample, shared, window=7, frequency="day", grower=grower)
    return Forecaster(shared.final, outcome.own), calibrate(outcome.held_back, window=7, spread=SPREAD, seed=1)


@pytest.fixture(scope="module")
def found(history, trained):
    forecaster, library = trained
    return forecast(history, forecaster, library=library)


def dates(history, horizon=HORIZON):
    step = history.cadence.step_days
    return pl.Series([history.end + timedelta(days=step * k) for k in range(1, horizon + 1)], dtype=pl.Date)


def test_every_active_series_has_a_forecast_of_the_whole_horizon(history, found):
    profile = history.prepared().profile.filter("active")
    assert found.series.select("fc", "sku").equals(profile.select("fc", "sku"))
    assert found.mean.shape == (profile.height, HORIZON)
    assert np.isfinite(found.mean).all()
    assert (found.mean >= 0).all()


def test_forecasts_are_near_what_sells(history, found):
    usual = history.prepared().profile.filter("active")["mean_demand"].to_numpy()
    assert found.mean.mean(axis=1) == pytest.approx(usual, rel=0.6, abs=0.8)
    assert found.mean.mean() == pytest.approx(usual.mean(), rel=0.1)


def test_the_published_form_keeps_its_contract(history, found):
    frame = forecasts_frame(found, dates(history), "north").with_columns(run_id=pl.lit("r"), as_of=pl.lit(history.end))
    Forecasts.validate(frame.select(Forecasts.column_names()))
    assert frame.equals(frame.sort("fc", "sku", "date"))
    assert frame.height == found.mean.size
    assert frame["mean"].to_numpy() == pytest.approx(found.mean.ravel(), abs=6e-4)
    first = frame.filter(pl.col("horizon") == 1)
    assert first["date"].unique().to_list() == [history.end + timedelta(days=1)]


def test_published_quantiles_are_those_of_the_sample_paths(found):
    """What a planner reads in forecasts and what orders are computed from is one distribution."""
    rows = np.array([0, 7, len(found.mean) - 1])
    sampled = found.paths.sample(rows, HORIZON)
    expected = np.quantile(sampled, list(QUANTILES.values()), axis=1, method="inverted_cdf")
    assert np.array_equal(found.quantiles[rows], np.moveaxis(expected, 0, 2))
    assert (np.diff(found.quantiles, axis=2) >= 0).all()


def test_items_sold_by_the_piece_have_whole_quantiles(history, found):
    whole = found.series["whole_units"].to_numpy()
    assert whole.all()
    assert np.array_equal(found.quantiles, np.round(found.quantiles))


def test_the_forecast_of_a_part_is_the_part_of_the_forecast(history, trained):
    forecaster, library = trained
    whole = forecast(history, forecaster, library=library)
    again = forecast(history, forecaster, library=library)
    assert np.array_equal(whole.mean, again.mean)
    shorter = forecast(history, forecaster, library=library, horizon=3)
    assert np.array_equal(whole.mean[:, :3], shorter.mean)


def test_a_model_of_other_features_is_refused(history, trained):
    forecaster, _ = trained
    assert np.isfinite(forecast(history.but(drivers=history.drivers.with_columns(region=pl.lit("south"))), forecaster).mean).all()
    with pytest.raises(FeatureMismatch, match="driver_rain"):
        forecast(history.but(drivers=history.drivers.clear()), forecaster)


def test_models_are_named_by_what_they_know(history_of, make_demand, history, trained):
    """14 known periods for the trees, 28 for theta without them, 2 for exponential smoothing; out of stock is not known."""
    lengths = {"A": [2.0] * 30, "B": [2.0, 3.0] * 6, "C": [2.0] * 5, "D": [None] * 30, "E": [None] * 10 + [4.0] * 8, "F": [3.0]}
    case = history_of(make_demand({("F", sku): values for sku, values in lengths.items()})).but(
        drivers=history.drivers, known_ahead=history.known_ahead, horizon=HORIZON
    )
    forecaster, _ = trained
    alone = Forecaster(forecaster.shared, None)
    expected = ["trees", "exponential_smoothing", "exponential_smoothing", "like_items", "exponential_smoothing", "like_items"]
    assert forecast(case, alone).series["model"].to_list() == expected
    with_own = Forecaster(forecaster.shared, forecaster.shared.members[0])
    assert forecast(case, with_own).series["model"].to_list() == ["trees_region", *expected[1:]]
    assert forecast(case, None).series["model"].to_list() == ["theta", *expected[1:]]
    assert not forecast(case, alone).series["calibrated"].any()


def test_short_series_are_never_called_calibrated(history, trained):
    forecaster, library = trained
    library.calibrated[:] = True
    found = forecast(history, forecaster, library=library, youngest=40)
    short = found.series["model"] != "trees"
    assert found.series.filter(short & ~pl.col("model").str.starts_with("trees"))["calibrated"].sum() == 0
    assert found.series.filter(pl.col("model").str.starts_with("trees"))["calibrated"].all()


def test_a_short_series_has_the_season_of_its_region(history_of, make_demand):
    """The region sells double on Saturday and Sunday; an item of five days cannot know."""
    week = [10.0] * 5 + [20.0] * 2
    case = history_of(make_demand({("F", f"Z{k}"): week * 8 for k in range(4)} | {("A", "A"): [3.0] * 5}), horizon=7)
    mean = forecast(case, horizon=7).mean[0]
    assert mean[5:].mean() / mean[:5].mean() == pytest.approx(2, rel=0.15)
    # Wednesday to Sunday, of a week of which the weekend weighs double: 15 units stand for 7 × 5 shares of 9.
    own = 15 / (3 * 7 / 9 + 2 * 14 / 9)
    assert own < mean.mean() < 10


def test_a_season_is_counted_once(history_of, make_demand):
    """Without trees every series is a short one; eight weeks of a double weekend are forecast as double, not fourfold."""
    week = [10.0] * 5 + [20.0] * 2
    mean = forecast(history_of(make_demand({("F", f"Z{k}"): week * 8 for k in range(4)}), horizon=7), horizon=7).mean
    assert mean[:, 5:].mean() / mean[:, :5].mean() == pytest.approx(2, rel=0.1)


def test_after_its_last_day_on_sale_nothing_is_forecast(history, trained, make_table):
    forecaster, library = trained
    usual = forecast(history, forecaster, library=library)
    items = history.items.with_columns(discontinued_date=pl.when(pl.col("sku") == "S2").then(history.end + timedelta(days=4)))
    leaving = forecast(history.but(items=items), forecaster, library=library)
    of_leaving = (leaving.series["sku"] == "S2").to_numpy()
    assert of_leaving.sum() == 4
    assert not leaving.mean[of_leaving, 4:].any()
    assert not leaving.quantiles[of_leaving, 4:].any()
    assert np.array_equal(leaving.mean[of_leaving, :4], usual.mean[of_leaving, :4])
    assert np.array_equal(leaving.mean[~of_leaving], usual.mean[~of_leaving])
    assert np.array_equal(leaving.paths.segment, usual.paths.segment)


def test_a_series_that_ended_is_not_forecast(history, found):
    assert history.prepared().panel.series.height == found.series.height + 1
    assert not found.series.filter((pl.col("fc") == "F0") & (pl.col("sku") == "S3")).height


def test_weeks_are_forecast_like_days(make_history):
    history = make_history(3, frequency="week", periods=120, fcs=2, skus=6, horizon=8)
    sample = training_sample(
        history.prepared(), horizon=8, window=8, most=5_000, most_held_back=100, youngest=8, generator=np.random.default_rng(1)
    )
    grower = TreeGrower(threads=1, seed=7)
    shared = train_all_regions(sample, window=8, frequency="week", seasons_known=True, grower=grower)
    found = forecast(history, Forecaster(shared.final, None), horizon=8, youngest=8, spread="spread_13_per_level")
    frame = forecasts_frame(found, dates(history, 8), "north")
    assert frame["date"].unique().sort().diff().drop_nulls().unique().to_list() == [timedelta(days=7)]
    usual = found.series["mean_demand"].to_numpy()
    assert found.mean.mean() == pytest.approx(usual.mean(), rel=0.15)


def test_nothing_on_sale_gives_an_empty_forecast(history_of, make_demand, trained):
    ended = make_demand({("F", "A"): [1.0] * 20}, end=history_of(make_demand({})).end - timedelta(days=3))
    case = history_of(ended, horizon=HORIZON)
    for forecaster in (None, trained[0]):
        found = forecast(case, forecaster)
        assert found.mean.shape == (0, HORIZON)
        assert forecasts_frame(found, dates(case), "north").is_empty()
