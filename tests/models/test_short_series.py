"""Short series: their own level as far as they have one, that of like items as far as they do not, and how wide they are."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from features.matrix import design_matrix, forecast_pairs
from models.baselines import exponential_smoothing, theta
from models.demand_paths import ForecastPaths
from models.predictive import fallback_library
from models.short_series import MOST_DOUBT, THETA_FROM, forecast_short, short_rows, widened

HORIZON = 7


@pytest.fixture
def region(history_of, make_demand, make_table):
    """Make a region of constant demand, 6 a day, beside `own` series; without weekdays, so that levels can be read off."""

    def make(own, items=(), **others):
        steady = {("F", f"Z{k}"): [6.0] * 400 for k in range(30)}
        return history_of(make_demand(steady | own), items=make_table("items", list(items)), horizon=HORIZON, **others).prepared()

    return make


def short(prepared):
    """Forecast every active series as a short one; returned by (fc, sku)."""
    active = prepared.profile.filter("active")
    found = forecast_short(prepared, np.arange(active.height), design_matrix(prepared, *forecast_pairs(prepared, HORIZON)), HORIZON)
    return {key: (found.mean[k], found.doubt[k], found.model[k]) for k, key in enumerate(active.select("fc", "sku").iter_rows())}


def test_a_new_item_has_the_level_of_its_like(region):
    prepared = region({("A", "N"): [None]} | {(fc, "N"): [20.0] * 60 for fc in "GHI"})
    mean, doubt, model = short(prepared)["A", "N"]
    assert model == "like_items"
    assert mean == pytest.approx([20.0] * HORIZON, rel=0.1)
    assert doubt > 0.25


def test_own_days_outweigh_the_like_one_by_one(region):
    levels, doubts = [], []
    for days in (1, 3, 10, 40):
        prepared = region({("A", "N"): [2.0] * days} | {(fc, "N"): [20.0] * 60 for fc in "GHI"})
        mean, doubt, _ = short(prepared)["A", "N"]
        levels.append(mean.mean())
        doubts.append(doubt)
    assert all(2 < later < sooner < 20 for sooner, later in pairwise(levels))
    assert levels[-1] == pytest.approx(2, rel=0.6)
    assert all(later < sooner for sooner, later in pairwise(doubts))


@pytest.mark.parametrize("days", [13, THETA_FROM + 2])
def test_alone_a_series_keeps_the_level_of_its_baseline(history_of, make_demand, days):
    values = [float(2 + k % 5) for k in range(days)]
    mean, _, model = short(history_of(make_demand({("A", "A"): values}), horizon=HORIZON).prepared())["A", "A"]
    past = np.array(values)
    smooth = exponential_smoothing(past, HORIZON)
    assert model == ("theta" if days >= THETA_FROM else "exponential_smoothing")
    expected = (smooth + theta(past, 1, HORIZON)) / 2 if days >= THETA_FROM else smooth
    # Shaped by the weekdays of the region, which is the series itself.
    assert mean.mean() == pytest.approx(expected.mean(), rel=0.15)


class TestBackAfterAStockOut:
    """200 days at 10 a day, then out of stock for long."""

    def own(self, gap, back=()):
        return {("A", "B"): [10.0] * 200 + [None] * gap + list(back)}

    @pytest.mark.parametrize(("gap", "lowest"), [(30, 9.0), (120, 8.0), (190, 7.0)])
    def test_it_has_its_level_of_before_the_less_the_longer_ago(self, region, gap, lowest):
        mean = short(region(self.own(gap)))["A", "B"][0].mean()
        assert lowest < mean < 10, "like items sell 6"

    def test_its_doubt_grows_with_time(self, region):
        doubts = [short(region(self.own(gap)))["A", "B"][1] for gap in (0, 60, 190)]
        assert doubts == sorted(doubts)
        assert doubts[0] < doubts[2]

    def test_trees_give_way_when_their_level_has_seen_nothing(self, region):
        """A level window of the trees reaches back 112 days; beyond it the scale that they multiply is sales ÷ all days, out or not."""
        for gap, expected in ((60, False), (111, False), (112, True), (190, True)):
            prepared = region(self.own(gap))
            assert short_rows(prepared, 14)[0] == expected
            last = prepared.panel.series["last"][0]
            if not expected:
                assert prepared.level[last] == pytest.approx(10, rel=0.01), "the scale of the trees is what it sold in stock"
            else:
                assert prepared.level[last] < 8

    def test_first_days_back_say_more_than_long_ago(self, region):
        mean = short(region(self.own(190, back=[2.0] * 8)))["A", "B"][0].mean()
        assert 2 < mean < 6


def test_an_item_being_phased_out_keeps_its_level_until_its_last_day(region):
    """Its last day on sale is set by `forecast_series`; the level does not fade before it."""
    items = [{"sku": "B", "discontinued_date": None}]
    prepared = region({("A", "B"): [10.0] * 10}, items)
    leaving = region({("A", "B"): [10.0] * 10}, [{"sku": "B", "discontinued_date": prepared.panel.end + timedelta(days=3)}])
    assert short(leaving)["A", "B"][0] == pytest.approx(short(prepared)["A", "B"][0])


def test_a_launched_item_follows_the_launch_curve(region):
    """Sixty items sold half for their first two weeks; one that is a week old will double from its third week on."""
    seen = {("F", f"L{k:02}"): [4.0] * 14 + [8.0] * (116 + k) for k in range(60)}
    mean = short(region(seen | {("A", "N"): [4.0] * 11}))["A", "N"][0]
    assert mean[-1] / mean[0] == pytest.approx((60 + 10) / (60 * 0.5 + 10), rel=0.05)


def test_never_fully_in_stock_it_is_expected_to_sell_no_less_than_it_did(history_of, make_demand):
    """A day partly in stock sold 1: all there is to know."""
    mean, doubt, model = short(history_of(make_demand({("A", "A"): [None] * 9}), horizon=HORIZON).prepared())["A", "A"]
    assert mean == pytest.approx([1.0] * HORIZON)
    assert (model, doubt) == ("like_items", pytest.approx(1.0))


def test_weeks_are_forecast_without_weekdays(history_of, make_demand, make_history):
    weekly = make_history(1, frequency="week", periods=60, horizon=HORIZON)
    demand = make_demand({("A", "A"): [3.0, 4.0, 5.0, 4.0]}, end=weekly.end, step=7)
    mean = short(history_of(demand, cadence=weekly.cadence, end=weekly.end, horizon=HORIZON).prepared())["A", "A"][0]
    assert mean == pytest.approx([exponential_smoothing(np.array([3.0, 4, 5, 4]), 1)[0]] * HORIZON)


class TestWidened:
    def test_paths_are_as_wide_as_error_and_level_together(self):
        library, count = fallback_library(HORIZON), 400
        base = library.blocks[0]
        wide, segment = widened(library, np.zeros(3, dtype=np.int64), np.array([0.0, 0.5, 1.0]))
        assert segment.tolist() == [0, 1, 2]
        paths = ForecastPaths(np.full((3, HORIZON), 10.0), segment, np.arange(3, dtype=np.uint64), np.zeros(3, dtype=bool), wide, 7, count)
        totals = paths.sample(np.arange(3), HORIZON).sum(axis=2)
        assert totals.mean(axis=1) == pytest.approx([10 * HORIZON] * 3, rel=0.03)
        own = base.sum(axis=1).std() / base.sum(axis=1).mean()
        expected = [np.sqrt(own**2 + d**2 + own**2 * d**2) for d in (0, 0.5, 1.0)]
        assert totals.std(axis=1) / totals.mean(axis=1) == pytest.approx(expected, rel=0.08)

    def test_other_series_keep_their_errors_and_the_library_its_form(self):
        library = fallback_library(HORIZON)
        wide, segment = widened(library, np.zeros(2, dtype=np.int64), np.array([0.0, 9.0]))
        assert wide.blocks[0] is library.blocks[0]
        assert segment[0] == 0
        assert not wide.calibrated[segment[1]]
        assert len(wide.blocks) == len(wide.quantiles) == len(wide.coverage) == 2
        assert wide.blocks[1].mean() == pytest.approx(1, abs=1e-3)
        assert (np.diff(wide.blocks[1].sum(axis=1)) >= 0).all()
        assert wide.blocks[1].sum(axis=1).std() / HORIZON < 1.3 * MOST_DOUBT

    def test_without_doubt_nothing_changes(self):
        library = fallback_library(HORIZON)
        assert widened(library, np.zeros(2, dtype=np.int64), np.zeros(2))[0] is library
