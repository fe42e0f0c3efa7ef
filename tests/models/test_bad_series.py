"""Series as they really come: each gets a forecast, finite and not negative, and none is a zero that nobody owns up to."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.samples import training_sample
from models.contracts import Forecasts
from models.forecast_messages import forecast_messages
from models.forecaster import Forecaster
from models.forecasting import forecast_series, forecasts_frame
from models.gateway import TreeGrower
from models.laid_out import lay_out
from models.predictive import fallback_library
from models.training import train_all_regions

HORIZON = 10
GAPS = [4.0, None, None, None, None, 6.0, None] * 9

SERIES = {
    "constant": [5.0] * 70,
    "all zero": [0.0] * 70,
    "one observation": [4.0],
    "one zero": [0.0],
    "all out of stock": [None] * 70,
    "one day, out of stock": [None],
    "full of gaps": GAPS,
    "sold once": [0.0] * 40 + [9.0] + [0.0] * 29,
    "one huge order": [2.0] * 30 + [9e6] + [2.0] * 30,
    "tiny": [1e-4] * 70,
    "gone for long": [8.0] * 60 + [None] * 150,
}


@pytest.fixture(scope="module")
def forecaster(make_history):
    """Trees that know neither plan nor drivers of the cases below, but their features."""
    history = make_history(1, periods=75, fcs=4, skus=16)
    prepared = history.but(drivers=history.drivers.filter(pl.col("name") == "rain")).prepared()
    sample = training_sample(
        prepared, horizon=HORIZON, window=7, most=20_000, most_held_back=1_000, youngest=14, generator=np.random.default_rng(1)
    )
    shared = train_all_regions(sample, window=7, frequency="day", seasons_known=True, grower=TreeGrower(threads=1, seed=7))
    return Forecaster(shared.final, None)


@pytest.fixture(params=["trees", "no trees"])
def trees(request, forecaster):
    return forecaster if request.param == "trees" else None


@pytest.fixture
def forecast(history_of, make_demand, make_table):
    """Forecast series with a driver; returned with the published form, checked, and the messages by code."""

    def make(series, forecaster, *, rain=range(-90, HORIZON + 1), plan=(), items=()):
        case = history_of(
            series if isinstance(series, pl.DataFrame) else make_demand(series),
            horizon=HORIZON,
            known_ahead=("rain",),
            items=make_table("items", list(items)),
        )
        case = case.but(
            drivers=make_table("drivers", [{"date": case.end + timedelta(days=k), "name": "rain", "value": 10.0 + k % 9} for k in rain]),
            plan=make_table("plan", [{"date": case.end + timedelta(days=k), "sku": sku, "promo": 1.0, "price": 2.0} for k, sku in plan]),
        )
        prepared = case.prepared()
        laid = lay_out(prepared, calendar=None, horizon=HORIZON, youngest=14, trees=forecaster is not None)
        found = forecast_series(
            laid, forecaster, fallback_library(HORIZON), spread="spread_28_per_level",
            grower=TreeGrower(threads=1, seed=7), seed=7, paths=64,
        )  # fmt: skip
        dates = pl.Series([case.end + timedelta(days=k) for k in range(1, HORIZON + 1)], dtype=pl.Date)
        frame = forecasts_frame(found, dates, "north").with_columns(run_id=pl.lit("r"), as_of=pl.lit(case.end))
        Forecasts.validate(frame.select(Forecasts.column_names()))
        assert np.isfinite(found.mean).all()
        assert np.isfinite(found.quantiles).all()
        assert (found.quantiles >= 0).all()
        told = forecast_messages(prepared.panel, found.series, case.drivers, region="north", known_ahead=("rain",))
        return found, {message.code for message in told}

    return make


def steady(count=6):
    return {("F", f"Z{k}"): [float(4 + (d + k) % 4) for d in range(75)] for k in range(count)}


@pytest.mark.parametrize("kind", SERIES)
def test_a_bad_series_among_good_ones_gets_a_forecast(forecast, trees, kind):
    found, said = forecast(steady() | {("B", "B"): SERIES[kind]}, trees)
    assert found.series.select("fc", "sku").row(0) == ("B", "B")
    mean = found.mean[0].mean()
    if kind in ("all out of stock", "one day, out of stock"):
        assert "forecast_from_like_items" in said
        assert 1 < mean < 12, "what its likes sell"
    elif kind == "all zero":
        assert mean < 0.2
        assert "forecast_from_like_items" not in said
    elif kind in ("constant", "full of gaps", "gone for long"):
        usual = {"constant": 5.0, "full of gaps": 5.0, "gone for long": 8.0}[kind]
        assert usual / 2 < mean < 2 * usual
    assert mean > 0 or kind in ("all zero", "one zero"), "nobody who sold something is forecast to sell nothing"


@pytest.mark.parametrize("kind", SERIES)
def test_a_bad_series_alone_gets_a_forecast_or_a_message(forecast, trees, kind):
    found, said = forecast({("B", "B"): SERIES[kind]}, trees)
    never = kind in ("all out of stock", "one day, out of stock")
    assert ("nothing_to_learn_from" in said) == never
    assert found.mean.mean() > 0 or kind in ("all zero", "one zero")


def test_where_nothing_was_ever_in_stock_or_sold_the_run_says_that_its_number_means_nothing(forecast, trees, make_demand):
    nothing = make_demand({("B", "B"): [None] * 20}).with_columns(demand_at_least=pl.lit(0.0), in_stock_share=pl.lit(0.0))
    found, said = forecast(nothing, trees)
    assert "nothing_to_learn_from" in said
    assert found.mean.max() < 0.1
    among, said = forecast(pl.concat([nothing, make_demand(steady())]), trees)
    assert "forecast_from_like_items" in said
    assert among.mean[0].mean() > 1


def test_all_bad_series_at_once(forecast, trees):
    found, _ = forecast({("B", kind): values for kind, values in SERIES.items()}, trees)
    assert found.series.height == len(SERIES)


def test_a_category_never_seen_in_training(forecast, trees):
    items = [{"sku": "B", "category": "unheard of", "subcategory": "nor this"}]
    for values in ([5.0] * 70, [None], [3.0]):
        assert forecast(steady() | {("B", "B"): values}, trees, items=items)[0].mean[0].mean() > 0.5


def test_a_promotion_plan_that_ends_before_the_horizon(forecast, trees):
    plan = [(k, f"Z{s}") for k in range(-70, 4) for s in range(6)]
    found, said = forecast(steady(), trees, plan=plan)
    assert "plan_ends" in said
    assert found.mean.min() > 1


@pytest.mark.parametrize("rain", [range(-90, -30), range(-90, 3), range(-3, 0)], ids=["stopped", "ends ahead", "just begun"])
def test_a_driver_that_stops(forecast, trees, rain):
    found, said = forecast(steady(), trees, rain=rain)
    assert "driver_ends" in said
    assert found.mean.min() > 1
