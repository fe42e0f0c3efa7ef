"""Accuracy of held-back windows, against the sums done by hand."""

import numpy as np
import polars as pl
import pytest

from features.cadence import DAILY
from features.profile import histories
from features.samples import training_sample
from models.accuracy import accuracy_on_held_back, statsmodels_yardstick
from models.baselines import exponential_smoothing, theta
from models.contracts import QUANTILES
from models.predictive import fallback_library


def held_back(**columns):
    """One row per period; by default the later window of region north, level 10, demand 10, and no baseline known."""
    length = max(len(values) for values in columns.values())
    defaults = {
        "region": "north",
        "window": 1,
        "level": 10.0,
        "target": 10.0,
        "mean": 10.0,
        "mean_28_per_level": None,
        "season_mean_8_per_level": None,
        "season_last_per_level": None,
        "exponential_smoothing": None,
        "theta": None,
    }
    rows = pl.DataFrame({name: columns.get(name, [value] * length) for name, value in defaults.items()})
    return rows.with_columns(pl.exclude("region", "window").cast(pl.Float64))


def measured(rows, library=None):
    found = accuracy_on_held_back(rows, library, DAILY)
    return {(group, name, segment): value for group, name, segment, value, _ in found.iter_rows()}


def test_a_positive_bias_means_forecasts_were_too_high():
    too_high = measured(held_back(mean=[12.0, 12.0], target=[10.0, 10.0]))
    assert too_high["accuracy", "bias", None] == pytest.approx(0.2)
    too_low = measured(held_back(mean=[7.0, 10.0], target=[10.0, 10.0]))
    assert too_low["accuracy", "bias", None] == pytest.approx(-0.15)


def test_wape_is_absolute_errors_over_demand_and_bias_their_sum():
    rng = np.random.default_rng(1)
    mean, target = rng.uniform(0, 20, 50), rng.poisson(9, 50).astype(float)
    found = measured(held_back(mean=mean.tolist(), target=target.tolist()))
    assert found["accuracy", "wape", None] == pytest.approx(sum(abs(m - t) for m, t in zip(mean, target, strict=True)) / sum(target))
    assert found["accuracy", "bias", None] == pytest.approx(sum(m - t for m, t in zip(mean, target, strict=True)) / sum(target))


def test_only_the_later_window_and_known_demand_count():
    rows = held_back(window=[0, 1, 1, 1], mean=[99.0, 11.0, 50.0, None], target=[10.0, 10.0, None, 10.0])
    assert measured(rows)["accuracy", "wape", None] == pytest.approx(0.1)


def test_baselines_are_judged_on_the_same_rows():
    rows = held_back(
        mean_28_per_level=[1.2, None], season_mean_8_per_level=[0.9, 1.3], season_last_per_level=[None, 2.0], mean=[10.0, 13.0]
    )
    found = measured(rows)
    assert found["accuracy", "wape", None] == pytest.approx(0.15)
    assert found["accuracy", "wape_moving_average", None] == pytest.approx((2 + 0) / 20), "the level where no mean is known"
    assert found["accuracy", "wape_season_mean", None] == pytest.approx((1 + 3) / 20)
    assert found["accuracy", "wape_season_and_moving_average", None] == pytest.approx((0.5 + 1.5) / 20)
    assert found["accuracy", "wape_seasonal_naive", None] == pytest.approx(10 / 20)


def test_each_region_has_its_own_line():
    found = measured(held_back(region=["north", "south", "south"], mean=[10.0, 15.0, 10.0]))
    wapes = {segment: value for (_, name, segment), value in found.items() if name == "wape"}
    assert wapes == pytest.approx({None: 5 / 30, "north": 0, "south": 0.25})


def test_a_region_that_sold_nothing_has_no_share():
    found = measured(held_back(region=["north", "south"], target=[0.0, 10.0]))
    assert found["accuracy", "wape", "north"] is None
    assert found["accuracy", "bias", "north"] is None
    assert found["accuracy", "wape", "south"] == 0


def test_statsmodels_is_compared_on_its_own_sample():
    rows = held_back(theta=[13.0, None], exponential_smoothing=[12.0, None], mean=[11.0, 30.0])
    found = {segment: value for (group, _, segment), value in measured(rows).items() if group == "yardstick"}
    assert found == pytest.approx({"theta": 0.3, "exponential smoothing": 0.2, "forecast on their sample": 0.1})


def test_nothing_to_judge_gives_an_empty_table_of_the_same_shape():
    rows = held_back(target=[None, None])
    empty, full = (accuracy_on_held_back(case, None, DAILY) for case in (rows, held_back(target=[10.0])))
    assert empty.is_empty()
    assert empty.columns == full.columns


def test_coverage_is_told_where_it_was_measured():
    library = fallback_library(7)
    assert not [key for key in measured(held_back(mean=[1.0]), library) if key[1] in QUANTILES]
    library.coverage[:] = list(QUANTILES.values())
    found = {name: value for (group, name, _), value in measured(held_back(mean=[1.0]), library).items() if group == "coverage"}
    assert found == pytest.approx({**QUANTILES, "calibrated_segments": 0})


def test_the_yardstick_forecasts_the_later_window_from_what_came_before(make_history):
    prepared = make_history(1).prepared()
    sample = training_sample(prepared, horizon=10, window=7, most=500, most_held_back=100, youngest=7, generator=np.random.default_rng(1))
    found = statsmodels_yardstick(prepared, sample, window=7, most=3)
    assert found["series"].n_unique() == 3
    joined = sample.join(found, on=["series", "window", "horizon"])
    assert joined.height == found.height == 21, "each line belongs to a row of the sample"
    for number, block in found.group_by("series", maintain_order=True):
        series = prepared.panel.series.filter(pl.col("series") == number[0])
        (past,) = histories(prepared.demand, series.with_columns(last=pl.col("last") - 7))
        assert block["exponential_smoothing"].to_numpy() == pytest.approx(exponential_smoothing(past, 7))
        assert block["theta"].to_numpy() == pytest.approx(theta(past, 7, 7))
