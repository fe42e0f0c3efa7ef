"""Lead times from receipts: which lane speaks for a row, what is known by when, and what holds where receipts are silent."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.lead_times import learned_lead_times
from models.lead_times.lead_times import CERTAIN

AS_OF = date(2024, 6, 30)
SCHEMA = {
    "sku": pl.String, "fc": pl.String, "supplier": pl.String, "ordered_date": pl.Date, "promised_date": pl.Date, "received_date": pl.Date,
    "units_ordered": pl.Float64, "units_received": pl.Float64,
}  # fmt: skip


def terms(*rows, days=7.0, sd=0.0):
    return pl.DataFrame(rows, schema={"sku": pl.String, "fc": pl.String, "supplier": pl.String}, orient="row").with_columns(
        lead_time_days=pl.lit(days), lead_time_sd=pl.lit(sd)
    )


def lines(sku, fc, supplier, days, *, promised=None, since=date(2024, 1, 1), units=10.0, received=None):
    """One order a day; `days` to the shelf, None for one that never came."""
    rows = []
    for n, took in enumerate(days):
        ordered = since + timedelta(days=n)
        rows.append(
            {
                "sku": sku, "fc": fc, "supplier": supplier, "ordered_date": ordered,
                "promised_date": None if promised is None else ordered + timedelta(days=promised),
                "received_date": None if took is None else ordered + timedelta(days=took),
                "units_ordered": units, "units_received": received if took is not None else None,
            }
        )  # fmt: skip
    return rows


def receipts(*groups):
    return pl.DataFrame([row for group in groups for row in group], schema=SCHEMA)


def test_without_receipts_the_agreed_terms_hold_and_nothing_is_lost():
    told, times = learned_lead_times(terms(("a", "f", "S")), None, AS_OF)
    assert told.select("lead_time_days", "lead_time_sd", "lead_time_never", "lead_time_lines").row(0) == (7.0, 0.0, None, None)
    assert times.which.tolist() == [CERTAIN]


def test_a_supplier_without_receipts_keeps_its_terms_beside_one_that_has_some():
    told, times = learned_lead_times(terms(("a", "f", "S"), ("e", "f", "T")), receipts(lines("a", "f", "S", [9] * 30)), AS_OF)
    assert told["lead_time_days"][1] == 7.0
    assert told["lead_time_never"][1] is None
    assert (times.varies == [True, False]).all()


def test_an_agreed_spread_varies_and_keeps_its_mean():
    told, times = learned_lead_times(terms(("a", "f", "S"), days=9.0, sd=2.0), None, AS_OF)
    assert told.select("lead_time_days", "lead_time_sd").row(0) == (9.0, 2.0)
    assert times.varies.all()
    assert told["lead_time_never"][0] == 0.01


def test_many_lines_speak_for_themselves_whatever_was_agreed():
    took = [7] * 50 + [14] * 100 + [21] * 50 + [None] * 40
    told, times = learned_lead_times(terms(("a", "f", "S"), days=3.0), receipts(lines("a", "f", "S", took, since=date(2023, 1, 1))), AS_OF)
    shares = times.shares[times.which[0]]
    assert shares[[7, 14, 21]] == pytest.approx(np.array([50, 100, 50]) / 240, abs=0.02)
    assert times.never[times.which[0]] == pytest.approx(40 / 240, abs=0.02)
    assert told["lead_time_days"][0] == pytest.approx(14, abs=0.3)


def test_open_lines_that_are_not_due_yet_are_no_lost_ones():
    """Forty came after ten days. Twenty more were ordered five days ago, or half a year ago."""
    known = lines("a", "f", "S", [10] * 40)
    fresh = lines("a", "f", "S", [None] * 20, since=AS_OF - timedelta(days=24))
    lost = lines("a", "f", "S", [None] * 20)
    never = [
        learned_lead_times(terms(("a", "f", "S"), days=10.0), receipts(known, more), AS_OF)[0]["lead_time_never"][0]
        for more in ([], fresh, lost)
    ]
    assert never[0] < 0.01
    # Those older than ten days of the fresh ones are late; the others say nothing.
    assert never[0] < never[1] < never[2]
    assert never[2] == pytest.approx(20 / 60, abs=0.03)
    unripe = lines("a", "f", "S", [None] * 9, since=AS_OF - timedelta(days=9))
    found, _ = learned_lead_times(terms(("a", "f", "S"), days=10.0), receipts(known, unripe), AS_OF)
    assert found["lead_time_never"][0] == pytest.approx(never[0], abs=1e-9)


def test_what_is_received_or_ordered_after_as_of_is_not_known():
    past = lines("a", "f", "S", [10] * 30)
    open_then = lines("a", "f", "S", [None] * 6, since=AS_OF - timedelta(days=8))
    came_later = lines("a", "f", "S", [60] * 6, since=AS_OF - timedelta(days=8))
    ordered_later = lines("a", "f", "S", [1] * 30, since=AS_OF + timedelta(days=1))
    then, now = (
        learned_lead_times(terms(("a", "f", "S")), receipts(*known), AS_OF)
        for known in ((past, open_then), (past, came_later, ordered_later))
    )
    assert_frame_equal(then[0], now[0])
    np.testing.assert_array_equal(then[1].shares, now[1].shares)


def test_a_thin_lane_leans_on_its_supplier_and_a_rich_one_on_itself():
    slow, thin, rich = lines("a", "f", "S", [12] * 60), lines("b", "g", "S", [7] * 2), lines("c", "h", "S", [7] * 80)
    told, _ = learned_lead_times(
        terms(("a", "f", "S"), ("b", "g", "S"), ("c", "h", "S"), ("d", "z", "S")), receipts(slow, thin, rich), AS_OF
    )
    a, b, c, d = told["lead_time_days"].to_list()
    assert c < 7.3
    assert a > 11.5
    assert c < b < a  # two lines alone
    assert b < d < a  # an fc nothing was ever ordered for is the supplier
    assert told["lead_time_lane"].to_list() == ["sku × fc", "supplier × fc", "sku × fc", "supplier"]
    assert told["lead_time_lines"].to_list() == [60, 2, 80, 142]


def test_lateness_is_measured_against_the_promise_where_there_is_one():
    """Promised for ten days and three late: thirteen days tonight, whatever the agreed terms say."""
    told, times = learned_lead_times(terms(("a", "f", "S"), days=4.0), receipts(lines("a", "f", "S", [13] * 100, promised=10)), AS_OF)
    assert told.select("lead_time_promised", "lead_time_by_promise").row(0) == (10, True)
    assert times.usual[times.which[0]] == 13
    assert told["lead_time_late"][0] > 0.95


def test_a_line_that_came_with_nothing_never_came_and_part_of_one_is_part():
    came = lines("a", "f", "S", [7] * 60, received=8.0)
    empty = lines("a", "f", "S", [7] * 40, received=0.0)
    told, _ = learned_lead_times(terms(("a", "f", "S")), receipts(came, empty), AS_OF)
    assert told["lead_time_never"][0] == pytest.approx(0.4, abs=0.03)
    assert told["lead_time_complete"][0] == pytest.approx(0.8, abs=0.03)
    whole, _ = learned_lead_times(terms(("a", "f", "S")), receipts(lines("a", "f", "S", [7] * 60, received=12.0)), AS_OF)
    assert whole["lead_time_complete"][0] == 1


def test_neither_the_order_of_lines_nor_of_rows_changes_a_number():
    rng = np.random.default_rng(9)
    took = [[None if rng.random() < 0.1 else int(days) for days in rng.integers(2, 30, 25)] for _ in range(12)]
    groups = [lines(f"s{n}", f"f{n % 3}", f"S{n % 4}", took[n], promised=10, received=9.3) for n in range(12)]
    rows = [(f"s{n}", f"f{n % 3}", f"S{n % 4}") for n in range(12)]
    table = receipts(*groups)
    told, times = learned_lead_times(terms(*rows), table, AS_OF)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(12)
        again, moved = learned_lead_times(terms(*(rows[n] for n in order)), table.sample(fraction=1, shuffle=True, seed=seed), AS_OF)
        assert_frame_equal(again, told[order.tolist()], check_exact=True)
        np.testing.assert_array_equal(moved.shares[moved.which], times.shares[times.which[order]])


def test_no_line_received_and_no_supplier_named_are_learned_from_too():
    told, times = learned_lead_times(terms(("a", "f", None)), receipts(lines("a", "f", None, [None] * 30)), AS_OF)
    assert told["lead_time_never"][0] > 0.7
    assert times.varies.all()
    told, _ = learned_lead_times(terms(("a", "f", None)), receipts(), AS_OF)
    assert told["lead_time_never"][0] is None
