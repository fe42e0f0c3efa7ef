"""Level shifts of all series together are taken out of what trees learn from, and are not extrapolated."""

import polars as pl
import pytest

from models.drift import DAMPING, common_drift, no_drift, together
from models.forecaster import Forecaster, train_shared


def shifted(sample, week, factor):
    """The sample with all demand of one week of age multiplied."""
    there = (pl.col("age") // 7 == week) & (pl.col("window") < 0)
    return sample.with_columns(target=pl.when(there).then(pl.col("target") * factor).otherwise("target").cast(pl.Float32))


def training(sample):
    return sample.filter(pl.col("window") < 0)


def test_the_movement_of_a_week_is_what_all_series_did_in_it(make_sample):
    plain, rows = training(make_sample(1)), training(shifted(make_sample(1), 2, 1.5))
    before, after = common_drift(plain, 7), common_drift(rows, 7)
    naive = [
        part["target"].sum() / part["level"].sum() for _, part in rows.group_by(pl.col("age") // 7, maintain_order=True) if part.height
    ]
    assert len(after.pooled) == len(naive)
    assert after.pooled[2] / before.pooled[2] == pytest.approx(1.5, rel=0.15), "200 rows of prior hold it back a little"
    assert after.of_rows(rows)[rows["age"].to_numpy() // 7 == 2] == pytest.approx(after.pooled[2], rel=0.05)


def test_a_shift_leaves_no_trace_in_the_forecast(make_sample, grower):
    """A common week of half as much again changes what trees learn only when it is not taken out."""
    sample = make_sample(4)
    later = sample.filter(pl.col("window") == 1)
    level = later["level"].to_numpy().astype(float)

    def forecast(rows, taken_out):
        drift = common_drift(rows, 7) if taken_out else no_drift()
        shared = train_shared(rows, drift, frequency="day", grower=grower)
        return Forecaster(shared, None).predict(later, level, grower).sum() / drift.ahead

    newest = [training(shifted(sample, 0, factor)) for factor in (1.0, 1.5)]
    with_shift, without = (abs(forecast(newest[1], taken) / forecast(newest[0], taken) - 1) for taken in (False, True))
    assert without < 0.4 * with_shift


def test_regions_move_apart(make_sample):
    regions = together([training(make_sample(1)), training(shifted(make_sample(2), 1, 2.0))])
    drift = common_drift(regions, 7)
    movement = drift.of_rows(regions)
    week = regions["age"].to_numpy() // 7 == 1
    first, second = (movement[week & (regions["region"].to_numpy() == region)][0] for region in (0, 1))
    assert second / first == pytest.approx(2.0, rel=0.35)
    alone = regions.filter(pl.col("region") == 1).drop("region")
    assert drift.of_rows(alone) == pytest.approx(movement[regions["region"].to_numpy() == 1], rel=0.02), (
        "a region alone finds its own again"
    )


def test_units_of_measure_do_not_matter(make_sample):
    rows = training(make_sample(3))
    tenfold = rows.with_columns(pl.col("target", "level") * 10)
    assert common_drift(tenfold, 7).pooled == pytest.approx(common_drift(rows, 7).pooled, rel=1e-5)


def test_forecasts_expect_the_newest_movement_damped(make_sample):
    drift = common_drift(training(make_sample(1)), 7)
    assert drift.ahead == pytest.approx(drift.pooled[0] ** DAMPING)


def test_weeks_held_back_move_as_the_newest_one_known(make_sample):
    rows = training(make_sample(1))
    known = common_drift(rows, 7).pooled
    held_back = common_drift(rows.filter(pl.col("age") >= 14), 7)
    assert held_back.pooled[:2] == (held_back.pooled[2],) * 2
    assert held_back.ahead == pytest.approx(known[2] ** DAMPING, rel=0.02)


@pytest.mark.parametrize("target", [0.0, None])
def test_nothing_sold_or_known_moves_nothing(make_sample, target):
    rows = training(make_sample(1)).with_columns(target=pl.lit(target, dtype=pl.Float32))
    drift = common_drift(rows, 7)
    assert drift == no_drift()
    assert drift.ahead == 1.0
    assert (drift.of_rows(rows) == 1).all()
