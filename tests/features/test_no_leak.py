"""Nothing after the origin of a forecast is seen but what is declared known ahead, and that is seen."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from features.matrix import design_matrix, forecast_pairs
from features.samples import training_sample


def pairs_at(prepared, origin: date, horizon: int):
    """The row of `origin` in every series that reaches it, with horizons 1 … horizon; and the keys of these rows."""
    rows = prepared.panel.rows.with_row_index("row").filter((pl.col("date") == origin) & pl.col("in_stock_share").is_not_null())
    origins = np.repeat(rows["row"].to_numpy().astype(np.int64), horizon)
    return origins, np.tile(np.arange(1, horizon + 1), rows.height), rows.select("fc", "sku")


def features_at(history, origin: date, horizon: int = 10) -> pl.DataFrame:
    """Design matrix and level of every pair of that origin, with its series."""
    prepared = history.prepared()
    origins, horizons, keys = pairs_at(prepared, origin, horizon)
    return design_matrix(prepared, origins, horizons).with_columns(
        keys.select(pl.all().gather(np.repeat(np.arange(keys.height), horizon))), level=prepared.level[origins]
    )


def poisoned(history, origin: date, seed: int):
    """The same history with everything after `origin` that is not known ahead replaced by other values."""
    rng = np.random.default_rng(seed)
    later, n = pl.col("date") > origin, history.demand.height
    share = pl.Series(rng.choice([0.0, 0.4, 1.0], n))
    units = pl.Series(rng.integers(0, 900, n).astype(float))
    demand = history.demand.with_columns(
        demand_at_least=pl.when(later).then(units).otherwise("demand_at_least"),
        in_stock_share=pl.when(later).then(share).otherwise("in_stock_share"),
        demand=pl.when(later & (share == 1)).then(units).when(~later).then("demand"),
    )
    unknown = later & ~pl.col("name").is_in(history.known_ahead)
    drivers = history.drivers.filter(~unknown | pl.Series(rng.random(history.drivers.height) < 0.5))
    unknown_rows = drivers.with_columns(value=pl.when(unknown).then(pl.Series(rng.normal(1e4, 1e3, drivers.height))).otherwise("value"))
    return history.but(demand=demand, drivers=unknown_rows)


def cut_off(history, origin: date):
    """The history as it stood on the night of `origin`: no later demand, no series that began later, no unknown driver."""
    later = pl.col("date") > origin
    return history.but(
        demand=history.demand.filter(~later),
        drivers=history.drivers.filter(~later | pl.col("name").is_in(history.known_ahead)),
        end=origin,
    )


ORIGINS = {"day": (-40, -21, -8, -1, 0), "week": (-20, -7, -1, 0)}
CASES = [(seed, frequency, back) for seed in (1, 2, 3) for frequency in ("day", "week") for back in ORIGINS[frequency]]


@pytest.mark.parametrize(("seed", "frequency", "back"), CASES)
def test_nothing_after_the_origin_is_seen(make_history, seed, frequency, back):
    history = make_history(seed, frequency=frequency)
    origin = history.end + timedelta(days=back * history.cadence.step_days)
    asked = features_at(history, origin)
    assert asked.height >= 30
    for garbage in (10, 11):
        assert features_at(poisoned(history, origin, garbage), origin).equals(asked)


@pytest.mark.parametrize(("seed", "frequency", "back"), CASES)
def test_training_sees_what_the_night_of_the_origin_saw(make_history, seed, frequency, back):
    """A pair from the middle of history has the features a run on that night would have had, to the last bit."""
    history = make_history(seed, frequency=frequency)
    origin = history.end + timedelta(days=back * history.cadence.step_days)
    assert features_at(cut_off(history, origin), origin).equals(features_at(history, origin))


@pytest.mark.parametrize(("frequency", "periods", "horizon"), [("day", 470, 28), ("week", 120, 14)])
def test_nothing_after_the_origin_is_seen_with_a_year_behind(make_history, frequency, periods, horizon):
    history = make_history(4, periods=periods, fcs=1, skus=3, horizon=horizon, frequency=frequency)
    for back in (0, -1, -5, -horizon + 1):
        origin = history.end + timedelta(days=back * history.cadence.step_days)
        asked = features_at(history, origin, horizon)
        if frequency == "day":
            assert asked["year_ago"].null_count() < asked.height, "the example is too short for year_ago"
        assert features_at(poisoned(history, origin, 12), origin, horizon).equals(asked)
        assert features_at(cut_off(history, origin), origin, horizon).equals(asked)


@pytest.mark.parametrize("seed", [1, 2])
def test_poison_would_be_noticed_one_period_later(make_history, seed):
    """The test above can fail: what it changes is what the next night's features are made of."""
    history = make_history(seed)
    origin = history.end - timedelta(days=8)
    tomorrow = origin + timedelta(days=1)
    before, after = features_at(history, tomorrow), features_at(poisoned(history, origin, 10), tomorrow)
    changed = {name for name in before.columns if not before[name].equals(after[name])}
    expected = {"lag_0_per_level", "level", "mean_7_per_level", "region_move_1", "fc_move_7", "out_of_stock_1", "season_last_per_level"}
    assert changed >= expected | {"mean_of_driver_search", "last_of_driver_search"}
    assert not [name for name in changed if name in ("price", "promo", "ad_spend", "event_before", "event_after", "driver_rain", "week")]


def with_later(history, **tables):
    """Replace columns of tables after the end of history."""
    changes = {}
    for name, (column, value) in tables.items():
        frame = getattr(history, name)
        changes[name] = frame.with_columns(pl.when(pl.col("date") > history.end).then(pl.lit(value)).otherwise(column).alias(column))
    return history.but(**changes)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"plan": ("price", 77.0)}, {"price"}),
        ({"plan": ("promo", 0.77)}, {"promo"}),
        ({"plan": ("ad_spend", 777.0)}, {"ad_spend"}),
        ({"drivers": ("value", 77.0)}, {"driver_rain"}),
    ],
)
def test_what_is_known_ahead_is_seen_at_the_target_alone(make_history, change, seen):
    history = make_history(5)
    before, after = features_at(history, history.end), features_at(with_later(history, **change), history.end)
    assert {name for name in before.columns if not before[name].equals(after[name])} == seen


def test_an_event_to_come_is_felt_before_it(make_history):
    history = make_history(6)
    quiet = history.but(events=history.events.filter(pl.col("date") <= history.end))
    loud = quiet.but(events=quiet.events.vstack(history.events.head(1).with_columns(date=pl.lit(history.end + timedelta(days=5)))))
    before, after = features_at(quiet, history.end), features_at(loud, history.end)
    assert {name for name in before.columns if not before[name].equals(after[name])} == {"event_kind", "event_before", "event_after"}


@pytest.mark.parametrize("seed", [1, 2])
def test_training_rows_have_no_value_from_after_their_origin(make_history, seed):
    """Rows drawn for training whose target lies before the poison are the same rows with the same features."""
    history = make_history(seed)
    poison = history.end - timedelta(days=12)

    def drawn(history):
        sample = training_sample(
            history.prepared(), horizon=10, window=0, most=600, most_held_back=100, youngest=7, generator=np.random.default_rng(3)
        )
        return sample.filter(pl.col("age") >= 12)

    # Only values change, and only where they were observed, so that the same targets are drawn.
    changed = history.demand.with_columns(
        pl.when(pl.col("date") > poison).then(pl.col("demand") + 100).otherwise("demand").alias("demand"),
        pl.when(pl.col("date") > poison).then(pl.col("demand_at_least") + 100).otherwise("demand_at_least").alias("demand_at_least"),
    )
    before = drawn(history)
    assert before.height > 200
    assert drawn(history.but(demand=changed)).equals(before)


def test_the_forecast_reads_no_history_that_lies_beyond_the_lookback(make_history):
    """A night reads `lookback` periods, training reads more: both must give the same features."""
    for frequency, periods, horizon in (("day", 640, 28), ("day", 700, 90), ("week", 230, 14)):
        history = make_history(7, periods=periods, fcs=1, skus=3, horizon=horizon, frequency=frequency)
        since = history.end - timedelta(days=history.cadence.lookback(horizon) * history.cadence.step_days)
        short = history.but(demand=history.demand.filter(pl.col("date") >= since))
        assert short.demand.height < history.demand.height - 100
        full = history.prepared()
        long_series = full.panel.series.filter(pl.col("last") - pl.col("first") > history.cadence.lookback(horizon))
        assert long_series.height >= 2
        features = [design_matrix(prepared, *forecast_pairs(prepared, horizon)) for prepared in (full, short.prepared())]
        assert features[0].equals(features[1])
