"""Explanations of a whole region: they add up to what is forecast, for every series, however it is forecast."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.samples import training_sample
from models.contributions import GROUPS
from models.explanations_contract import Explanations
from models.forecaster import Forecaster, train_own
from models.forecasting import forecast_series
from models.gateway import TreeGrower
from models.laid_out import lay_out
from models.predictive import fallback_library
from models.training import train_all_regions

HORIZON = 10
SPREAD = {"day": "spread_28_per_level", "week": "spread_13_per_level"}


def forecast(history, forecaster, *, explain=True, youngest=14, horizon=HORIZON):
    return forecast_series(
        lay_out(history.prepared(), calendar=None, horizon=horizon, youngest=youngest, trees=forecaster is not None),
        forecaster,
        fallback_library(horizon),
        spread=SPREAD[history.cadence.frequency],
        grower=TreeGrower(threads=1, seed=7),
        seed=7,
        paths=32,
        explain=explain,
    )


def trained(history, *, window, seasons_known):
    frequency = history.cadence.frequency
    sample = training_sample(
        history.prepared(), horizon=HORIZON, window=window, most=8_000, most_held_back=500, youngest=14, generator=np.random.default_rng(1)
    )
    grower = TreeGrower(threads=1, seed=7)
    shared = train_all_regions(sample, window=window, frequency=frequency, seasons_known=seasons_known, grower=grower).final
    own = train_own(sample.filter(pl.col("window") < 0), shared, rounds=15, frequency=frequency, grower=grower)
    return Forecaster(shared, own)


@pytest.fixture(scope="module")
def history(make_history):
    """With stock-outs, a plan, events and drivers in it, and series too short for trees."""
    return make_history(1, periods=75, fcs=3, skus=12)


@pytest.fixture(scope="module")
def forecaster(history):
    """Shared trees with a drift and trees of the region's own."""
    found = trained(history, window=7, seasons_known=False)
    assert found.shared.drift.pooled
    return found


@pytest.fixture(scope="module")
def found(history, forecaster):
    return forecast(history, forecaster, youngest=45)


def published(explanations):
    return explanations.with_columns(run_id=pl.lit("r"), region=pl.lit("north")).select(Explanations.column_names())


def parts_of(explanations):
    return explanations.select(GROUPS).to_numpy()


def test_every_forecast_is_explained_to_the_last_unit(found):
    told = found.explanations
    assert told.select("fc", "sku").equals(found.series.select("fc", "sku"))
    by_trees = found.series["model"] == "trees_region"
    assert by_trees.any()
    assert not by_trees.all()
    assert told["mean"].to_numpy() == pytest.approx(found.mean.mean(axis=1), rel=1e-9)
    assert parts_of(told).sum(axis=1) == pytest.approx(found.mean.mean(axis=1), rel=1e-9)
    assert Explanations.validate(published(told)).height == len(found.mean)


def test_explained_forecasts_are_the_forecasts(history, forecaster, found):
    plain = forecast(history, forecaster, youngest=45, explain=False)
    assert plain.explanations is None
    assert found.mean == pytest.approx(plain.mean, rel=1e-9)
    assert np.array_equal(found.quantiles, plain.quantiles)


def test_series_by_trees_have_a_level_near_what_sells_and_all_else_around_it(found):
    by_trees = (found.series["model"] == "trees_region").to_numpy()
    parts, usual = parts_of(found.explanations)[by_trees], found.series["mean_demand"].to_numpy()[by_trees]
    level, rest = parts[:, 0], parts[:, 1:]
    assert level.mean() == pytest.approx(usual.mean(), rel=0.15)
    assert np.corrcoef(level, usual)[0, 1] > 0.9
    assert np.abs(rest.sum(axis=1)).mean() < 0.25 * level.mean()
    assert (np.abs(rest).sum(axis=0) > 0).all(), "the history has something of everything"


def test_short_series_are_level_alone(found):
    short = ~found.series["model"].str.starts_with("trees").to_numpy()
    parts = parts_of(found.explanations)[short]
    assert parts[:, 0] == pytest.approx(found.mean[short].mean(axis=1), rel=1e-9)
    assert parts[:, 1:] == pytest.approx(0, abs=1e-9)


def test_a_region_without_trees_is_explained_too(history):
    found = forecast(history, None)
    assert parts_of(found.explanations).sum(axis=1) == pytest.approx(found.mean.mean(axis=1), rel=1e-9)
    assert found.mean.any()


def test_after_the_last_day_on_sale_there_is_nothing_to_explain(history, forecaster, found):
    leaves = pl.col("sku").is_in(["S1", "S2"])
    items = history.items.with_columns(discontinued_date=pl.when(leaves).then(history.end + timedelta(days=4)))
    leaving = forecast(history.but(items=items), forecaster, youngest=45)
    assert parts_of(leaving.explanations).sum(axis=1) == pytest.approx(leaving.mean.mean(axis=1), rel=1e-9)
    gone, trees = found.series["sku"].is_in(["S1", "S2"]).to_numpy(), (found.series["model"] == "trees_region").to_numpy()
    assert np.array_equal(parts_of(leaving.explanations)[~gone], parts_of(found.explanations)[~gone])
    first_days = forecast(history, forecaster, youngest=45, horizon=4)
    by_trees, short = gone & trees, gone & ~trees
    assert by_trees.any()
    assert short.any()
    assert parts_of(leaving.explanations)[by_trees] == pytest.approx(0.4 * parts_of(first_days.explanations)[by_trees], rel=1e-9)
    assert leaving.explanations["level"].to_numpy()[short] == pytest.approx(0.4 * found.explanations["level"].to_numpy()[short])


def test_a_part_that_the_history_lacks_makes_nothing(history):
    bare = history.but(events=history.events.clear(), drivers=history.drivers.clear(), plan=history.plan.clear(), known_ahead=())
    told = forecast(bare, trained(bare, window=7, seasons_known=True)).explanations
    for group in ("price_promotion", "events", "drivers"):
        assert not told[group].to_numpy().any(), group
    for group in ("season", "stockouts"):
        assert told[group].to_numpy().any(), group


def test_a_promotion_ahead_is_told_as_one(make_history):
    """A promotion doubles demand; of two forecasts that differ in it alone, the difference is told as price and promotion."""
    base = make_history(4, periods=75, fcs=3, skus=8)
    rng = np.random.default_rng(5)
    days = pl.date_range(base.end - timedelta(days=74), base.end + timedelta(days=10), eager=True)
    promoted = pl.DataFrame({"date": days}).join(pl.DataFrame({"sku": [f"S{k}" for k in range(8)]}), how="cross")
    promoted = promoted.with_columns(promo=pl.Series((rng.random(promoted.height) < 0.25).astype(float)))
    demand = base.demand.join(promoted, on=["sku", "date"], how="left", maintain_order="left")
    demand = demand.with_columns(pl.col("demand", "demand_at_least") * (1 + pl.col("promo"))).drop("promo")

    def plan(ahead):
        rows = promoted.with_columns(promo=pl.when(pl.col("date") > base.end).then(pl.lit(ahead)).otherwise("promo"))
        return pl.concat([base.plan.clear(), rows], how="diagonal")

    none, all_days = (base.but(demand=demand, plan=plan(ahead)) for ahead in (0.0, 1.0))
    forecaster = trained(none, window=7, seasons_known=True)
    without, with_promotion = (forecast(case, forecaster).explanations for case in (none, all_days))
    more = with_promotion["mean"].sum() - without["mean"].sum()
    assert more > 0.4 * without["mean"].sum()
    assert with_promotion["price_promotion"].sum() - without["price_promotion"].sum() == pytest.approx(more, rel=0.25)
    assert without["price_promotion"].sum() < 0 < with_promotion["price_promotion"].sum()


def test_weeks_are_explained_like_days(make_history):
    history = make_history(3, frequency="week", periods=120, fcs=2, skus=6)
    found = forecast(history, trained(history, window=8, seasons_known=True), youngest=8)
    assert parts_of(found.explanations).sum(axis=1) == pytest.approx(found.mean.mean(axis=1), rel=1e-9)


def test_nothing_on_sale_is_an_empty_table(history_of, make_demand, history, forecaster):
    ended = make_demand({("F", "A"): [1.0] * 20}, end=history.end - timedelta(days=3))
    case = history_of(ended, drivers=history.drivers, known_ahead=history.known_ahead, horizon=HORIZON)
    for trees in (None, forecaster):
        told = forecast(case, trees).explanations
        assert told.columns == ["fc", "sku", "mean", *GROUPS]
        assert told.is_empty()
        Explanations.validate(published(told))
