"""Lead times from receipts, and their draws."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.lead_times import lead_time_shares, learned_lead_times, sample_lead_times, series_keys

AS_OF = date(2024, 6, 30)


def terms(*rows):
    return pl.DataFrame(rows, schema={"sku": pl.String, "fc": pl.String, "supplier": pl.String}, orient="row").with_columns(
        lead_time_days=pl.lit(7.0), lead_time_sd=pl.lit(0.0)
    )


def lines(sku, fc, supplier, days):
    return [
        {
            "sku": sku, "fc": fc, "supplier": supplier, "ordered_date": date(2024, 1, 1) + timedelta(days=7 * n),
            "received_date": None if d is None else date(2024, 1, 1) + timedelta(days=7 * n + d),
        }
        for n, d in enumerate(days)
    ]  # fmt: skip


def receipts(*groups):
    schema = {"sku": pl.String, "fc": pl.String, "supplier": pl.String, "ordered_date": pl.Date, "received_date": pl.Date}
    return pl.DataFrame([row for group in groups for row in group], schema=schema)


def test_the_narrowest_lane_with_five_received_lines_counts():
    known = receipts(
        lines("a", "f", "S", [3, 4, 5, 3, 4]),
        lines("b", "f", "S", [9, 9, 9, 9, None]),  # four received: the lane of S at f speaks for it
        lines("c", "g", "S", [6, 6, 6, 6, 6, None]),
    )
    got = learned_lead_times(terms(("a", "f", "S"), ("b", "f", "S"), ("d", "h", "S"), ("e", "f", "T")), known, AS_OF)
    assert got.get_column("sku").to_list() == ["a", "b", "d", "e"]
    mean, sd = got.get_column("lead_time_days").to_list(), got.get_column("lead_time_sd").to_list()
    assert mean[0] == pytest.approx(3.8)
    assert sd[0] == pytest.approx(np.std([3, 4, 5, 3, 4], ddof=1))
    assert mean[1] == pytest.approx((19 + 36) / 9)
    assert mean[2] == pytest.approx((19 + 36 + 30) / 14)
    assert (mean[3], sd[3], got.get_column("lead_time_lines")[3]) == (7.0, 0.0, None)


def test_lines_received_after_as_of_are_not_known_and_equal_ones_are_certain():
    known = receipts(lines("a", "f", "S", [5, 5, 5, 5, 5]), lines("a", "f", "S", [200]))
    got = learned_lead_times(terms(("a", "f", None)), known, AS_OF)
    assert got.select("lead_time_days", "lead_time_sd", "lead_time_lines").row(0) == (5.0, 0.0, 5)


def test_without_receipts_the_agreed_terms_hold():
    assert learned_lead_times(terms(("a", "f", "S")), None, AS_OF).select("lead_time_days", "lead_time_sd").row(0) == (7.0, 0.0)


def test_draws_have_the_mean_and_spread_asked_for():
    days = sample_lead_times(np.array([9.0]), np.array([2.5]), np.array([1], dtype=np.uint64), 2_000)
    assert days.mean() == pytest.approx(9, abs=0.05)
    assert days.std() == pytest.approx(np.sqrt(2.5**2 + 1 / 12), abs=0.05)  # rounding to whole days adds a twelfth
    assert lead_time_shares(9, 2.5)[-1] > 0.999


def test_certain_lead_times_are_rounded_up_and_zero_stays_zero():
    days = sample_lead_times(np.array([2.2, 0.0, 3.0]), np.array([0.0, 2.0, 0.0]), np.arange(3, dtype=np.uint64), 4)
    assert days.tolist() == [[3] * 4, [0] * 4, [3] * 4]


def test_a_row_draws_the_same_whatever_its_company():
    keys = series_keys(7, ["a", "b", "a"], ["f", "f", "g"])
    assert len(set(keys.tolist())) == 3
    assert (series_keys(8, ["a"], ["f"]) != keys[:1]).all()
    mean, sd = np.array([4.0, 9.0, 4.0]), np.array([1.0, 3.0, 1.0])
    together = sample_lead_times(mean, sd, keys, 64)
    for row in range(3):
        np.testing.assert_array_equal(sample_lead_times(mean[[row]], sd[[row]], keys[[row]], 64)[0], together[row])
    assert (together[0] != together[2]).any()
    assert sorted(together[0]) == sorted(together[2])


def test_random_choices_of_a_series_depend_on_seed_and_keys_alone():
    keys = series_keys(7, ["a", "b", "c"], ["N1"] * 3)
    assert series_keys(7, ["c", "b", "a"], ["N1"] * 3).tolist() == keys[::-1].tolist()
    assert len({*keys.tolist(), *series_keys(8, ["a", "b", "c"], ["N1"] * 3).tolist()}) == 6
