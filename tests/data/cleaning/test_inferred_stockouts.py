"""Stock-outs without availability data: what snapshots show, what silence shows, and how rarely either is wrong."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from data.cleaning.inferred_stockouts import CHANCE, LONGEST, inferred_stockouts, mean_time_sold_out

MONDAY = date(2024, 1, 1)
NO_STOCK = pl.DataFrame(schema={"date": pl.Date, "sku": pl.String, "fc": pl.String, "on_hand": pl.Float64})


def grid(sold, *, step=1):
    sold = np.asarray(sold, dtype=float)
    series, periods = sold.shape
    return pl.DataFrame(
        {
            "fc": ["F"] * sold.size,
            "sku": np.repeat([f"S{number:04d}" for number in range(series)], periods),
            "date": [MONDAY + timedelta(step * period) for period in range(periods)] * series,
            "demand": sold.ravel(),
            "demand_at_least": sold.ravel(),
            "in_stock_share": np.ones(sold.size),
        }
    )


def snapshots(*rows, sku="S0000"):
    """(days after the first Monday, on hand) → stock of one series."""
    return pl.DataFrame(
        [(MONDAY + timedelta(day), sku, "F", float(units)) for day, units in rows],
        schema={"date": pl.Date, "sku": pl.String, "fc": pl.String, "on_hand": pl.Float64},
        orient="row",
    )


def inferred(sold, stock=NO_STOCK, *, frequency="day"):
    frame = grid(sold, step=1 if frequency == "day" else 7)
    found = inferred_stockouts(frame, stock, frequency=frequency)
    assert found.schema == {"in_stock_share": pl.Float64, "inferred": pl.Boolean, "basis": pl.String}
    assert (found["basis"].is_not_null() == found["inferred"]).all()
    return found


def test_empty_at_the_close_before_and_at_the_close_is_out_all_day():
    found = inferred([[1, 1, 0, 0, 1]], snapshots((1, 0), (2, 0), (3, 0), (4, 6)))
    assert found["basis"].to_list() == [None, "snapshot", "snapshot", "snapshot", None]
    assert found["in_stock_share"].to_list()[2:] == [0, 0, 1]
    assert 0 < found["in_stock_share"][1] < 1, "it sold its last unit at some hour of the day"


def test_stock_that_came_in_is_taken_to_have_come_before_opening():
    assert not inferred([[1, 0, 1]], snapshots((0, 3), (1, 5), (2, 4)))["inferred"].any()
    found = inferred([[2, 0, 0]], snapshots((0, 0), (1, 5), (2, 5)))
    assert found["inferred"].to_list() == [True, False, False]


def test_between_two_empty_snapshots_without_a_sale_it_was_out():
    found = inferred([[3, 0, 0, 0, 2]], snapshots((0, 0), (3, 0)))
    assert found["in_stock_share"].to_list()[1:] == [0, 0, 0, 1]
    sold_between = inferred([[3, 0, 1, 0, 2]], snapshots((0, 0), (3, 0)))
    assert sold_between["in_stock_share"].to_list()[1:] == [1, 1, 1, 1], "something came in and went, nobody knows when"


def test_stock_that_vanished_without_a_sale_is_no_stock_out_of_the_day():
    assert inferred([[0, 0]], snapshots((0, 4), (1, 0)))["inferred"].to_list() == [False, False]


def test_a_snapshot_is_of_its_own_series_only():
    stock = snapshots((0, 0), (1, 0), (2, 0), sku="S0000")
    found = inferred([[0, 0, 0], [0, 0, 0]], stock)["inferred"].to_list()
    assert found == [True] * 3 + [False] * 3
    assert inferred([[0, 0, 0], [0, 0, 0]], snapshots((2, 0), sku="S0001"))["inferred"].to_list() == [False] * 5 + [True]


def test_weeks_use_the_snapshot_of_their_last_day():
    found = inferred([[1, 0, 0]], snapshots((6, 0), (13, 0), (16, 0), (20, 2)), frequency="week")
    assert found["basis"].to_list() == ["snapshot", "snapshot", None]


def test_the_later_it_sold_out_the_more_it_had_sold():
    sold = np.full((4, 60), 20.0)
    sold[:, -1] = [2, 10, 20, 60]
    stock = pl.concat([snapshots((59, 0), sku=f"S000{number}") for number in range(4)])
    share = inferred(sold, stock)["in_stock_share"].to_numpy().reshape(4, 60)[:, -1]
    assert (np.diff(share) > 0).all()
    assert share[0] < 0.2
    assert share[-1] > 0.7


@pytest.mark.parametrize(("units", "expected", "shape"), [(1, 5.0, 4.0), (5, 5.0, 4.0), (12, 5.0, 4.0), (30, 40.0, 8.0)])
def test_mean_time_of_a_sell_out_agrees_with_simulation(units, expected, shape):
    rng = np.random.default_rng(0)
    gone = rng.gamma(units, 1.0, 2_000_000) / rng.gamma(shape, expected / shape, 2_000_000)
    simulated = gone[gone < 1].mean()
    found = mean_time_sold_out(np.array([float(units)]), np.array([expected]), np.array([shape]))
    assert found.item() == pytest.approx(simulated, abs=0.005)


def test_mean_time_of_a_sell_out_at_the_edges():
    found = mean_time_sold_out(np.array([0.0, 1e6, 1e-3]), np.array([5.0, 0.001, 1e5]), np.array([4.0, 4.0, 4.0]))
    assert found.tolist()[:2] == [0, 1]
    assert 0 <= found[2] < 0.01


def regular(rng, mean, series=20, periods=80):
    return rng.poisson(mean, (series, periods)).astype(float)


def test_silence_of_a_fast_item_is_a_stock_out_from_its_first_day_and_of_a_slow_one_is_not():
    rng = np.random.default_rng(1)
    sold = np.vstack([regular(rng, 30), regular(rng, 0.3)])
    sold[0, 50:55] = 0
    sold[20, 50:55] = 0
    found = inferred(sold)["basis"].to_numpy().reshape(sold.shape)
    assert (found[0, 50:55] == "zero_run").all()
    assert (found[20:] == None).all()  # noqa: E711
    assert (found != None).sum() == 5  # noqa: E711


def test_silence_up_to_the_end_counts_until_it_is_too_long_to_tell_from_a_delisting():
    rng = np.random.default_rng(2)
    for length in (1, LONGEST["day"], LONGEST["day"] + 1):
        sold = regular(rng, 60)
        sold[0, -length:] = 0
        found = inferred(sold)["inferred"].to_numpy().reshape(sold.shape)[0]
        assert found[-length:].all() == (length <= LONGEST["day"]), length
        assert found[-length:].any() == found[-length:].all()


def test_stock_at_either_end_of_a_day_proves_it_was_there():
    sold = regular(np.random.default_rng(3), 40)
    sold[0, 50:56] = 0
    found = inferred(sold, snapshots((52, 9), (53, 9)))["inferred"].to_numpy().reshape(sold.shape)[0, 50:56]
    assert found.tolist() == [True, True, False, False, False, True]


def test_false_alarms_are_as_rare_as_stated():
    """Every day of these items is in stock: overdispersed demand of one to thirty units a day."""
    rng = np.random.default_rng(4)
    mean = np.geomspace(1, 30, 1500)[:, None]
    sold = rng.poisson(rng.gamma(5, mean / 5, (1500, 70))).astype(float)
    found = inferred(sold)["inferred"].to_numpy().reshape(sold.shape)
    begins = found & ~np.roll(found, 1, axis=1)
    runs = ((sold == 0) & (np.roll(sold, 1, axis=1) > 0)).sum()
    assert runs > 3000, "there are runs of no sales to be wrong about"
    assert begins.sum() <= 2 + 5 * CHANCE * sold.size


def test_weeks_without_sales_of_a_fast_item():
    sold = regular(np.random.default_rng(5), 50, periods=60)
    sold[3, 40:43] = 0
    found = inferred(sold, frequency="week")["inferred"].to_numpy().reshape(sold.shape)
    assert found[3, 40:43].all()
    assert found.sum() == 3


def test_what_was_not_inferred_keeps_its_share():
    frame = grid(np.full((2, 3), 2.0)).with_columns(in_stock_share=pl.lit(0.9), demand=pl.lit(None, dtype=pl.Float64))
    found = inferred_stockouts(frame, NO_STOCK, frequency="day")
    assert found["in_stock_share"].to_list() == [0.9] * 6
    assert inferred_stockouts(frame.clear(), NO_STOCK, frequency="day").height == 0
