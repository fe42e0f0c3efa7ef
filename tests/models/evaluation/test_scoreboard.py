"""Scores, noise bands and verdicts, on sums whose truth is known."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.evaluation.noise import IDEAL, MEASURES, band, distance, drawn_weights, measures_of
from models.evaluation.scoreboard import scoreboard
from models.evaluation.tallies import BUCKETS, SUMS

ORIGINS = [date(2024, 5, 1) + timedelta(days=7 * number) for number in range(4)]


def tallied(
    method: str, error: float, *, noise: float = 0.02, beside: str = "", origins: list[date] = ORIGINS, seed: int = 1
) -> pl.DataFrame:
    """Sums of 50 buckets per origin and region with about that WAPE; the noise is shared by all methods of a seed."""
    parts = []
    for number, origin in enumerate(origins):
        rng = np.random.default_rng([seed, number])
        shared = rng.normal(0, noise, BUCKETS)
        for region in ("north", "south"):
            demand = rng.uniform(80, 120, BUCKETS)
            sums = dict.fromkeys(SUMS, np.zeros(BUCKETS))
            sums |= {"series": np.full(BUCKETS, 3.0), "periods": np.full(BUCKETS, 21.0), "demand": demand, "crps_demand": demand}
            sums |= {"absolute": demand * (error + shared), "error": demand * error / 10, "pinball": demand * (error + shared) / 3}
            sums |= {"scaled": np.full(BUCKETS, 30.0), "scaled_periods": np.full(BUCKETS, 21.0), "crps": demand * error / 2}
            sums |= {"aimed": np.full(BUCKETS, np.nan)}
            sums |= {name: np.full(BUCKETS, 21.0 * (level + error / 10)) for name, level in zip(SUMS[-7:], IDEAL.values(), strict=True)}
            keys = {"target": "period", "rows": "in_stock", "cut": "all", "member": "", "method": method, "beside": beside}
            parts.append(
                pl.DataFrame({**sums, "bucket": np.arange(BUCKETS)}).with_columns(
                    origin=origin, region=pl.lit(region), **{k: pl.lit(v) for k, v in keys.items()}
                )
            )
    return pl.concat(parts)


def score(scores: pl.DataFrame, method: str, measure: str, cut: str = "all", member: str | None = None) -> dict[str, float]:
    chosen = scores.filter(method=method, measure=measure, cut=cut)
    return (chosen if member is None else chosen.filter(member=member)).row(0, named=True)


def test_a_small_difference_with_shared_noise_is_told_from_none():
    tallies = pl.concat([tallied("fillrate", 0.30), tallied("close", 0.301), tallied("same", 0.30)])
    scores, _ = scoreboard(tallies, own="fillrate", steps=(), seed=7)
    close, same = score(scores, "close", "wape_median"), score(scores, "same", "wape_median")
    assert close["difference"] == pytest.approx(0.001, abs=1e-9)
    assert close["verdict"] == "worse", "paired draws cancel what both share"
    assert close["low"] < 0.30 < close["high"], "though each alone is far from known that well"
    assert (same["difference"], same["verdict"]) == (0, "none")


def test_a_difference_inside_the_band_is_reported_as_none():
    tallies = pl.concat([tallied("fillrate", 0.30, seed=1), tallied("other", 0.3005, seed=2)])
    scores, _ = scoreboard(tallies, own="fillrate", steps=(), seed=7)
    found = score(scores, "other", "wape_median")
    assert found["difference_low"] < 0 < found["difference_high"]
    assert found["verdict"] == "none"


def test_bias_and_coverage_are_judged_by_their_distance_from_a_perfect_forecast():
    low_bias, high_bias = tallied("fillrate", 0.30), tallied("negative", 0.30).with_columns(-pl.col("error") / 2)
    scores, _ = scoreboard(pl.concat([low_bias, high_bias]), own="fillrate", steps=(), seed=7)
    found = score(scores, "negative", "bias_mean")
    assert found["value"] < 0
    assert found["verdict"] == "better", "half as far from 0, on the other side"
    assert score(scores, "fillrate", "coverage_p10")["value"] == pytest.approx(0.13)


def test_a_method_on_some_series_is_compared_with_fillrate_on_those():
    tallies = pl.concat([tallied("fillrate", 0.30), tallied("sampled", 0.35), tallied("fillrate", 0.40, beside="sampled")])
    scores, _ = scoreboard(tallies, own="fillrate", steps=(), seed=7)
    found = score(scores, "sampled", "wape_median")
    assert found["difference"] == pytest.approx(-0.05)
    assert found["verdict"] == "better"
    assert scores.filter(method="fillrate", measure="wape_median", cut="all").height == 1, "its score is that on all rows"


def test_origins_and_regions_are_cuts_of_the_whole():
    scores, _ = scoreboard(tallied("fillrate", 0.30), own="fillrate", steps=(), seed=7)
    assert sorted(scores.filter(cut="region")["member"].unique()) == ["north", "south"]
    assert sorted(scores.filter(cut="origin")["member"].unique()) == [str(day) for day in ORIGINS]
    whole, north = score(scores, "fillrate", "wape_median"), score(scores, "fillrate", "wape_median", "region", "north")
    assert whole["units"] == pytest.approx(
        sum(score(scores, "fillrate", "wape_median", "region", region)["units"] for region in ("north", "south"))
    )
    assert whole["series"] == 2 * north["series"] == 2 * 3 * BUCKETS, "a series is counted once, not once per origin"
    assert scores.filter(measure="pinball_target").is_empty(), "what was not asked for has no score"


def test_steps_are_compared_with_the_one_before():
    tallies = pl.concat([tallied("rule", 0.36), tallied("half_way", 0.33), tallied("fillrate", 0.30)])
    _, added = scoreboard(tallies, own="fillrate", steps=("rule", "not_tried", "half_way", "fillrate"), seed=7)
    wape = added.filter(measure="wape_median")
    assert wape["step"].to_list() == ["rule", "half_way", "fillrate"]
    assert wape["change"].to_list() == [None, pytest.approx(-0.03), pytest.approx(-0.03)]
    assert wape["verdict"].to_list() == [None, "better", "better"]


def test_the_order_of_the_parts_changes_nothing():
    tallies = pl.concat([tallied("fillrate", 0.30), tallied("other", 0.31)])
    there, added = scoreboard(tallies, own="fillrate", steps=("other", "fillrate"), seed=7)
    back, added_back = scoreboard(tallies.sample(fraction=1, shuffle=True, seed=3), own="fillrate", steps=("other", "fillrate"), seed=7)
    assert there.equals(back)
    assert added.equals(added_back)


def test_the_band_of_a_mean_is_that_of_theory():
    values = np.random.default_rng(8).normal(0, 1, BUCKETS)
    weights = drawn_weights(1, seed=3)
    low, high = band((weights @ values / weights.sum(axis=1))[:, None])
    error = values.std() / np.sqrt(BUCKETS)
    assert (high[0] - low[0]) / 2 == pytest.approx(1.96 * error, rel=0.1)


def test_measures_of_nothing_are_unknown_not_zero():
    nothing = measures_of(np.zeros(len(SUMS)))
    assert np.isnan(nothing).all()
    assert distance(np.array([IDEAL.get(name, 0.0) for name in MEASURES])).tolist() == [0] * len(MEASURES)
