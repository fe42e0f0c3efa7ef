"""The weight of holding is chosen class by class on some windows, and taken only where another one agrees."""

import numpy as np
import pytest

from models.replay.tuning import UNTUNED, WEIGHTS, Played, taken_weights, tuning

SERIES = 40
CLASS = np.repeat(["A", "B"], SERIES // 2)


def window(label, saved, seed):
    """Costs of 10 a series, less what each candidate saves in class A; B costs the same whatever the weight, but for chance."""
    rng = np.random.default_rng(seed)
    cost = np.full((len(WEIGHTS), SERIES), 10.0) + rng.normal(0, 0.3, (len(WEIGHTS), SERIES))
    cost[:, CLASS == "A"] -= np.array(saved)[:, None]
    return Played(label, cost, CLASS)


PAYS = (-2.0, 0.0, 1.0, 2.0, 1.0)
COSTS = (-2.0, 0.0, -1.0, -2.0, -1.0)


def test_what_saves_in_all_windows_is_taken_by_its_class_alone():
    found = tuning([window("a", PAYS, 1), window("b", PAYS, 2), window("c", PAYS, 3)])
    assert taken_weights(found.filter(abc="A")) == {"A": 1.5}
    assert found.filter(abc="A", weight=1.5)["saved"].item() == pytest.approx(2 * 20 * 2.0, abs=10)
    assert found.filter("taken").group_by("abc").len()["len"].to_list() == [1, 1, 1], "one a class, the empty one included"


def test_what_the_last_window_does_not_confirm_is_left():
    found = tuning([window("a", PAYS, 1), window("b", PAYS, 2), window("c", COSTS, 3)])
    assert taken_weights(found.filter(abc="A")) == {}
    assert found.filter("taken", abc="A")["weight"].item() == 1.0


def test_chance_is_seldom_taken():
    """Without any difference a candidate must win by a standard error in both: about a sixth of a few that win the first time."""
    none = (0.0,) * len(WEIGHTS)
    taken = [
        bool(taken_weights(tuning([window("a", none, 2 * seed), window("b", none, 2 * seed + 1)]).filter(abc="B"))) for seed in range(200)
    ]
    assert np.mean(taken) < 0.25


def test_standard_errors_are_those_of_a_sum_of_paired_differences():
    played = [window("a", PAYS, 1), window("b", PAYS, 2)]
    row = tuning(played).filter(abc="B", weight=2.0).row(0, named=True)
    gains = (played[0].cost[UNTUNED] - played[0].cost[4])[CLASS == "B"]
    assert row["saved"] == pytest.approx(gains.sum())
    assert row["saved_error"] == pytest.approx(gains.std(ddof=1) * np.sqrt(20))


def test_one_window_cannot_confirm_itself():
    with pytest.raises(ValueError, match="one to confirm"):
        tuning([window("a", PAYS, 1)])
