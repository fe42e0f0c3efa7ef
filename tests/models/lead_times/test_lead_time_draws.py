"""Draws of lead times and of open lines: their distribution, and that a row's draws are its own."""

import numpy as np
import pytest

from models.lead_times.draws import sample_comes, sample_lead_times, series_keys
from models.lead_times.lead_times import CERTAIN, agreed_lead_times, gamma_shares
from models.lead_times.open_lines import NEVER, open_lines, remaining


def days_of(mean, sd, keys, paths):
    return sample_lead_times(agreed_lead_times(np.array(mean), np.array(sd)), np.asarray(keys, dtype=np.uint64), paths)


def test_draws_have_the_mean_and_spread_asked_for():
    days = days_of([9.0], [2.5], [1], 2_000)
    assert days.mean() == pytest.approx(9, abs=0.05)
    assert days.std() == pytest.approx(np.sqrt(2.5**2 + 1 / 12), abs=0.05)  # rounding to whole days adds a twelfth
    assert gamma_shares(9, 2.5).sum() == pytest.approx(1)


def test_a_lead_time_without_spread_or_of_no_days_is_certain():
    times = agreed_lead_times(np.array([2.2, 0.0, 3.0]), np.array([0.0, 2.0, 1.0]))
    assert times.which.tolist() == [CERTAIN, CERTAIN, 0]
    assert times.usual_periods(np.array([2.2, 0.0, 3.0]), np.array([0.0, 2.0, 1.0]), 1).tolist() == [3, 0, 3]


def test_a_row_draws_the_same_whatever_its_company():
    keys = series_keys(7, ["a", "b", "a"], ["f", "f", "g"])
    assert len(set(keys.tolist())) == 3
    assert (series_keys(8, ["a"], ["f"]) != keys[:1]).all()
    mean, sd = np.array([4.0, 9.0, 4.0]), np.array([1.0, 3.0, 1.0])
    together = days_of(mean, sd, keys, 64)
    for row in range(3):
        np.testing.assert_array_equal(days_of(mean[[row]], sd[[row]], keys[[row]], 64)[0], together[row])
    assert (together[0] != together[2]).any()
    assert sorted(together[0]) == sorted(together[2])


def test_random_choices_of_a_series_depend_on_seed_and_keys_alone():
    keys = series_keys(7, ["a", "b", "c"], ["N1"] * 3)
    assert series_keys(7, ["c", "b", "a"], ["N1"] * 3).tolist() == keys[::-1].tolist()
    assert len({*keys.tolist(), *series_keys(8, ["a", "b", "c"], ["N1"] * 3).tolist()}) == 6


def test_orders_are_lost_on_their_share_of_paths_whenever_they_would_have_come():
    times, keys = agreed_lead_times(np.full(50, 6.0), np.full(50, 2.0), never=0.1), series_keys(7, [str(n) for n in range(50)], ["f"] * 50)
    days, comes = sample_lead_times(times, keys, 200), sample_comes(times, keys, 200)
    assert (comes.sum(axis=1) == 180).all()
    # Lost or not has nothing to do with how long it would have taken.
    assert days[~comes].mean() == pytest.approx(days[comes].mean(), abs=0.2)
    assert sample_comes(agreed_lead_times(np.array([6.0]), np.array([2.0])), keys[:1], 200) is None


def test_what_remains_of_a_lead_time_is_counted_line_by_line():
    """Twenty equally likely lines: which of those not here after so many days come on which day."""
    lines = [1, 2, 2, 3, 3, 3, 3, 5, 5, 8, 8, 8, 9, 9, 14, 14, 21] + [None] * 3
    shares = np.bincount([day for day in lines if day is not None], minlength=22) / 20
    for waited in (-4, -1, 0, 2, 5, 13, 20, 21, 40):
        left = [day for day in lines if day is None or day > waited]
        at_most = remaining(shares, 3 / 20, waited)
        for offset in range(25):
            here = sum(day is not None and day - waited - 1 <= offset for day in left)
            assert at_most[min(offset, len(at_most) - 1)] == pytest.approx(here / len(left)), (waited, offset)


def test_the_chance_of_never_coming_rises_as_a_line_is_overdue():
    shares = np.array([0, 0.2, 0.4, 0.2, 0.1])
    never = [1 - remaining(shares, 0.1, waited)[-1] for waited in range(-2, 6)]
    assert never[:3] == pytest.approx([0.1] * 3)
    assert (np.diff(never) >= 0).all()
    assert never[-1] == 1


def test_a_line_later_than_any_ever_was_comes_at_once_where_nothing_is_lost():
    assert remaining(np.array([0.5, 0.5]), 0.0, 7).tolist() == [1.0]


def test_draws_of_open_lines_follow_their_chances_and_do_not_depend_on_other_rows():
    keys = series_keys(7, ["a", "b"], ["f", "f"])
    times = agreed_lead_times(np.full(2, 6.0), np.full(2, 2.0), never=0.2)
    lines = open_lines(np.array([0, 0, 1]), np.array([5.0, 5.0, 9.0]), np.array([4, 4, 9]), times, keys)
    days = lines.sample(1_000)
    for line, waited in enumerate((4, 4, 9)):
        at_most = remaining(times.shares[0], 0.2, waited)
        assert (days[line] == NEVER).mean() == pytest.approx(1 - at_most[-1], abs=0.001)
        for offset in range(6):
            assert ((days[line] <= offset) & (days[line] != NEVER)).mean() == pytest.approx(at_most[offset], abs=0.001)
    # Two like lines of a row are drawn apart.
    assert (days[0] != days[1]).any()
    np.testing.assert_array_equal(lines[np.array([1])].sample(1_000)[0], days[2])
    assert lines[np.array([1, 0])].row.tolist() == [0, 1, 1]
