"""Sums of judged periods: what a naive loop adds up, and that parts add up to the whole."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.evaluation.path_scores import Prediction
from models.evaluation.tallies import BUCKETS, MEDIAN, SUMS, Judged, cut_by, tally
from models.predictive import LEVELS

SERIES, PERIODS = 40, 6


@pytest.fixture(scope="module")
def judged() -> Judged:
    rng = np.random.default_rng(5)
    scale = rng.uniform(1, 3, SERIES)
    scale[3] = np.nan
    in_stock = rng.choice([1.0, 0.9, 0.5, 0.0], (SERIES, PERIODS))
    demand = rng.poisson(6, (SERIES, PERIODS)).astype(float)
    demand[7], in_stock[7] = np.nan, np.nan
    return Judged(
        demand=demand,
        in_stock=in_stock,
        scale=scale,
        bucket=rng.integers(0, BUCKETS, SERIES),
        levels=rng.uniform(0.5, 0.95, SERIES),
        cuts={
            "abc": cut_by(rng.choice(["A", "B"], (SERIES, 1))),
            "ahead": cut_by(np.array([[f"{period}" for period in range(1, PERIODS + 1)]])),
        },
    )


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    rng = np.random.default_rng(6)
    quantiles = np.sort(rng.gamma(3, 2, (SERIES, PERIODS, len(LEVELS))), axis=2)
    crps, target = rng.random((SERIES, PERIODS)), rng.gamma(3, 2, (SERIES, PERIODS))
    return Prediction(quantiles.mean(axis=2), quantiles, crps, target)


def summed(tallies: pl.DataFrame, **chosen: str) -> dict[str, float]:
    return tallies.filter(**chosen).select(SUMS).sum().row(0, named=True)


@pytest.mark.parametrize(("rows", "least"), [("in_stock", 0.999), ("nearly_in_stock", 0.8)])
def test_sums_are_those_of_a_loop_over_the_rows_that_count(judged, prediction, rows, least):
    expected = dict.fromkeys(SUMS, 0.0)
    for series in range(SERIES):
        counted = False
        for period in range(PERIODS):
            if not judged.in_stock[series, period] >= least or judged.cuts["abc"].names[judged.cuts["abc"].codes[series, 0]] != "A":
                continue
            outcome, quantiles, mean = judged.demand[series, period], prediction.quantiles[series, period], prediction.mean[series, period]
            expected["series"] += not counted
            counted = True
            expected["periods"] += 1
            expected["demand"] += outcome
            expected["absolute"] += abs(quantiles[MEDIAN] - outcome)
            expected["error"] += mean - outcome
            if series != 3:
                expected["scaled"] += ((mean - outcome) / judged.scale[series]) ** 2
                expected["scaled_periods"] += 1
            for level, quantile in zip(LEVELS, quantiles, strict=True):
                expected["pinball"] += (level * (outcome - quantile) if outcome > quantile else (1 - level) * (quantile - outcome)) / 7
            aim, level = prediction.target[series, period], judged.levels[series]
            expected["aimed"] += level * (outcome - aim) if outcome > aim else (1 - level) * (aim - outcome)
            expected["crps"] += prediction.crps[series, period]
            expected["crps_demand"] += outcome
            for name, quantile in zip(SUMS[-7:], quantiles, strict=True):
                expected[name] += 1.0 if outcome < quantile else 0.5 if outcome == quantile else 0.0
    assert summed(tally(judged, "rule", prediction), rows=rows, cut="abc", member="A") == pytest.approx(expected)


def test_the_members_of_every_cut_add_up_to_the_whole(judged, prediction):
    tallies = tally(judged, "rule", prediction)
    whole = summed(tallies, rows="in_stock", cut="all")
    for cut in ("abc", "ahead"):
        parts = summed(tallies, rows="in_stock", cut=cut)
        assert {name: parts[name] for name in SUMS if name != "series"} == pytest.approx(
            {name: whole[name] for name in SUMS if name != "series"}
        )
    assert whole["series"] == (judged.in_stock >= 0.999).any(axis=1).sum()


def test_a_rule_that_leaves_series_out_is_compared_on_those_it_has(judged, prediction):
    left_out = prediction.quantiles.copy()
    left_out[::2] = np.nan
    tallies = tally(judged, "rule", replace(prediction, quantiles=left_out), prediction, "fillrate")
    rule, own = (summed(tallies, rows="in_stock", cut="all", method=method) for method in ("rule", "fillrate"))
    assert own == pytest.approx(rule), "the same forecasts on the same rows"
    assert set(tallies.filter(method="fillrate")["beside"]) == {"rule"}
    assert tally(judged, "rule", prediction, prediction).filter(method="fillrate").is_empty(), "nothing left out, nothing to tally twice"


def test_what_cannot_be_told_stays_unknown(judged, prediction):
    unknown = replace(prediction, crps=np.full_like(prediction.crps, np.nan), target=np.full_like(prediction.target, np.nan))
    found = summed(tally(judged, "rule", unknown), rows="in_stock", cut="all")
    assert found["crps_demand"] == 0
    assert np.isnan(found["aimed"])


def test_where_nothing_was_in_stock_there_is_nothing_to_add(judged, prediction):
    empty = tally(replace(judged, in_stock=np.zeros_like(judged.in_stock)), "rule", prediction, prediction)
    assert empty.is_empty()
    assert pl.concat([empty, tally(judged, "rule", prediction)]).height > 0
