"""Scores of replayed methods, and how sure they are."""

import numpy as np
import polars as pl
import pytest

from models.replay.scores import MEASURES, best_parameters, scores
from models.replay.tally import SUMS


def tallies(method, costs, *, parameter=None, window="w"):
    rows = len(costs)
    zero = np.zeros(rows)
    costless = {"holding": zero, "lines": zero, "unmet": zero}
    plain = {name: np.ones(rows) for name in SUMS} | costless | {"shortage": np.asarray(costs, float)}
    return pl.DataFrame(
        {"row": pl.Series(np.arange(rows), dtype=pl.Int32), "method": [method] * rows, "window": [window] * rows, **plain}
    ).with_columns(parameter=pl.lit(parameter, dtype=pl.Float64))


def scored(*frames):
    return scores(pl.concat(frames), own="fillrate", periods_per_year=52, seed=7)


def of(found, method, measure, window=None):
    here = pl.col("window").is_null() if window is None else pl.col("window") == window
    return found.filter(here, method=method, measure=measure).row(0, named=True)


def test_measures_are_told_from_the_sums():
    demand, unmet, left = (pl.Series(values) for values in ([4.0, 6.0], [1.0, 1.0], [2.0, 4.0]))
    one = tallies("fillrate", [3.0, 5.0]).with_columns(demand=demand, unmet=unmet, left=left)
    found = scored(one)
    assert of(found, "fillrate", "total_cost")["value"] == 8
    assert of(found, "fillrate", "fill_rate")["value"] == pytest.approx(0.8)
    assert of(found, "fillrate", "average_stock")["value"] == 3
    assert of(found, "fillrate", "turns")["value"] == pytest.approx(2 / 6 * 52)
    assert set(found["measure"]) == set(MEASURES)


def test_windows_are_scored_one_by_one_and_together():
    found = scored(tallies("fillrate", [1, 2], window="a"), tallies("fillrate", [10, 20], window="b"))
    assert [of(found, "fillrate", "total_cost", window)["value"] for window in ("a", "b", None)] == [3, 30, 33]


def test_a_ratio_of_methods_with_the_same_errors_is_surer_than_either_cost():
    costs = np.random.default_rng(4).exponential(10, 400)
    found = scored(tallies("fillrate", 0.9 * costs), tallies("rule", costs))
    ratio, cost = of(found, "rule", "total_cost"), of(found, "fillrate", "total_cost")
    assert ratio["ratio"] == pytest.approx(0.9)
    assert ratio["ratio_error"] < 1e-6
    # The standard error of a sum of 400 independent costs.
    assert cost["standard_error"] == pytest.approx(np.sqrt(400) * (0.9 * costs).std(), rel=0.15)


def test_the_cheapest_parameter_of_each_rule_is_chosen_over_all_windows():
    frames = [
        tallies("cover_8", [5, 5], parameter=1.0, window="a"),
        tallies("cover_8", [1, 1], parameter=1.0, window="b"),
        tallies("cover_8", [2, 2], parameter=2.0, window="a"),
        tallies("cover_8", [3, 3], parameter=2.0, window="b"),
        tallies("z_sigma", [1, 1], parameter=0.5, window="a"),
        tallies("z_sigma", [1, 1], parameter=0.5, window="b"),
    ]
    found = best_parameters(pl.concat(frames), ["cover_8", "z_sigma"])
    assert found.rows() == [("z_sigma", 0.5, 4.0), ("cover_8", 2.0, 10.0)]
