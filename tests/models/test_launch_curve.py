"""Launch curve: demand in the weeks after a launch against the level at which items settle."""

import numpy as np
import pytest

from models.launch_curve import LAUNCH_WEEKS, PRIOR_LAUNCHES, launch_curve, launched, weeks_since_launch

DAYS = 300


def region(history_of, make_demand, launches, old=3):
    series = {("F", f"Z{k}"): [6.0] * DAYS for k in range(old)}
    return history_of(make_demand(series | {("F", f"N{k:02}"): values for k, values in enumerate(launches)})).panel()


def curve_of(panel):
    return launch_curve(panel, panel.rows["demand"].to_numpy().astype(float))


def rising(factor=0.5, level=8.0, days=120):
    """Half the settled level for two weeks."""
    return [level * factor] * 14 + [level] * (days - 14)


def test_weeks_after_launch_are_compared_with_the_settled_level(history_of, make_demand):
    many = 40
    panel = region(history_of, make_demand, [rising(days=120 + k) for k in range(many)])
    shrunk = (many * 0.5 + PRIOR_LAUNCHES) / (many + PRIOR_LAUNCHES)
    assert curve_of(panel) == pytest.approx([shrunk] * 2 + [1.0] * (LAUNCH_WEEKS - 2), abs=0.02)


def test_few_launches_say_little(history_of, make_demand):
    one = curve_of(region(history_of, make_demand, [rising()]))
    assert one[0] == pytest.approx((0.5 + PRIOR_LAUNCHES) / (1 + PRIOR_LAUNCHES), abs=0.01)


def test_a_series_that_begins_with_the_data_is_no_launch(history_of, make_demand):
    panel = region(history_of, make_demand, [rising(days=DAYS), rising(days=DAYS - 20), rising(days=DAYS - 28)])
    assert launched(panel).tolist() == [False, False, True, False, False, False]
    assert (curve_of(region(history_of, make_demand, [rising(days=DAYS)])) == 1).all()


def test_a_launch_that_has_not_settled_says_nothing(history_of, make_demand):
    assert (curve_of(region(history_of, make_demand, [rising(days=50)] * 20)) == 1).all()


def test_what_the_whole_region_did_is_no_launch_curve(history_of, make_demand):
    """All demand doubles 90 days before the end; items launched just before it did not grow by themselves."""
    shift = [4.0] * (DAYS - 90) + [8.0] * 90
    series = {("F", f"Z{k}"): shift for k in range(3)} | {("F", f"N{k:02}"): shift[-104:] for k in range(30)}
    assert curve_of(history_of(make_demand(series)).panel()) == pytest.approx(np.ones(LAUNCH_WEEKS), abs=0.02)


def test_weeks_since_launch(history_of, make_demand):
    panel = region(history_of, make_demand, [[1.0] * 10])
    last = panel.series["last"].to_numpy()
    assert weeks_since_launch(panel, last).tolist() == [1, *[LAUNCH_WEEKS] * 3]
    assert weeks_since_launch(panel, last[:1] + np.arange(1, 6)).tolist() == [1, 1, 1, 1, 2]


def test_nothing_has_no_curve(history_of, make_demand):
    assert (curve_of(history_of(make_demand({})).panel()) == 1).all()
