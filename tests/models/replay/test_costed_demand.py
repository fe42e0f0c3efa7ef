"""The demand a replay is costed on: what sold, or a neutral estimate."""

import numpy as np

from models.replay.costed_demand import costed_demand

WHOLE, BY_WEIGHT = np.array([True]), np.array([False])


def row(*numbers):
    return np.array([numbers], dtype=float)


def test_in_stock_demand_is_what_sold():
    demand, estimated = costed_demand(row(3, 0, 5), row(1, 1, 1), reach=13, whole=WHOLE)
    assert demand.tolist() == [[3, 0, 5]]
    assert not estimated.any()


def test_a_censored_period_is_the_in_stock_mean_of_the_periods_before_it():
    demand, estimated = costed_demand(row(4, 6, 1, 8), row(1, 1, 0.4, 1), reach=13, whole=BY_WEIGHT)
    assert demand.tolist() == [[4, 6, 5, 8]]
    assert estimated.tolist() == [[False, False, True, False]]


def test_an_estimate_is_never_below_what_sold_and_whole_where_items_are():
    demand, _ = costed_demand(row(4, 6, 9), row(1, 1, 0.4), reach=13, whole=WHOLE)
    assert demand[0, 2] == 9
    demand, _ = costed_demand(row(1, 2, 0), row(1, 1, 0), reach=13, whole=WHOLE)
    assert demand[0, 2] == 2


def test_only_the_periods_in_reach_count_unless_none_of_them_is_known():
    demand, _ = costed_demand(row(10, 2, 4, 0), row(1, 1, 1, 0), reach=2, whole=BY_WEIGHT)
    assert demand[0, 3] == 3
    demand, _ = costed_demand(row(10, 0, 0, 0), row(1, 0, 0, 0), reach=2, whole=BY_WEIGHT)
    assert demand[0, 3] == 10


def test_nothing_is_wanted_before_an_item_is_on_sale_and_what_sold_where_nothing_is_known():
    demand, estimated = costed_demand(row(np.nan, 2, 5), row(np.nan, 0.5, 1), reach=13, whole=BY_WEIGHT)
    assert demand.tolist() == [[0, 2, 5]]
    assert estimated.tolist() == [[False, True, False]]
