"""The delivery rules: what a later file does to what an earlier one said."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import polars as pl
import pytest

from data.lake import LakeError
from data.messages import PlanMessage

D1, D2, D3 = date(2024, 5, 30), date(2024, 5, 31), date(2024, 6, 1)
TWO_DAYS = [(D1, "007", "a", 5.0), (D1, "8", "a", 2.0), (D1, "007", "b", 4.0), (D2, "007", "a", 1.0), (D2, "8", "a", 6.0)]

Units = Callable[[], dict[tuple[str, str, str], float]]


def test_first_delivery_is_read_back_as_given(lake, deliver):
    result = deliver("sales", TWO_DAYS)
    assert (result.rows_added, result.days_changed, result.version) == (5, 3, 0)
    frame = lake.read("sales")
    assert frame.select("date", "sku", "fc", "units").rows() == sorted(TWO_DAYS)
    assert frame["source_line"].sort().to_list() == [2, 3, 4, 5, 6]


def test_same_content_changes_nothing_under_its_own_or_another_name(lake, deliver):
    deliver("sales", TWO_DAYS)
    before = lake.versions()
    assert deliver("sales", TWO_DAYS).days_changed == 0
    assert lake.versions() == before
    assert deliver("sales", TWO_DAYS[::-1], file="again.csv").days_changed == 0
    assert lake.versions()["sales"] == before["sales"]
    assert set(lake.known_files("sales")) == {"export.csv", "again.csv"}


def test_corrected_file_replaces_only_the_changed_day(lake, deliver, units: Units):
    deliver("sales", TWO_DAYS)
    result = deliver("sales", [*TWO_DAYS[:4], (D2, "8", "a", 7.0)])
    assert (result.days_changed, result.rows_replaced, result.rows_added) == (1, 2, 0)
    assert units()["2024-05-31", "8", "a"] == 7
    assert units()["2024-05-30", "8", "a"] == 2


def test_other_fcs_and_days_between_corrected_days_stay(deliver, units: Units):
    """The overwrite names each date; a range from the first to the last changed day would lose what lies between."""
    deliver("sales", [(D1 + timedelta(days=n), "1", fc, 10.0 + n) for n in range(60) for fc in ("a", "b")])
    deliver("sales", [(D1, "1", "a", 20.0), (D1 + timedelta(days=59), "1", "a", 80.0)], file="fix.csv")
    after = units()
    assert len(after) == 120
    assert after["2024-05-30", "1", "a"] == 20
    assert after["2024-05-30", "1", "b"] == 10
    assert after["2024-06-20", "1", "a"] == 31
    assert after["2024-07-28", "1", "a"] == 80


def test_late_day_is_added(deliver, units: Units):
    deliver("sales", [TWO_DAYS[0], (D3, "007", "a", 3.0)])
    result = deliver("sales", [(D2, "007", "a", 1.0)], file="late.csv")
    assert (result.rows_added, result.rows_replaced) == (1, 0)
    assert units() == {("2024-05-30", "007", "a"): 5, ("2024-05-31", "007", "a"): 1, ("2024-06-01", "007", "a"): 3}


def test_redelivered_day_loses_a_row_that_is_gone(deliver, units: Units):
    deliver("sales", [(D1, sku, "a", 5.0) for sku in "1234"])
    deliver("sales", [(D1, sku, "a", 5.0) for sku in "123"], file="again.csv")
    assert set(units()) == {("2024-05-30", sku, "a") for sku in "123"}


def test_rolling_window_keeps_older_days_and_says_so(lake, deliver, units: Units):
    deliver("sales", [(D1, "1", "a", 1.0), (D2, "1", "a", 2.0)])
    result = deliver("sales", [(D2, "1", "a", 2.0), (D3, "1", "a", 3.0)])
    assert sorted(units().values()) == [1, 2, 3]
    (message,) = result.messages
    assert (message.code, message.severity, message.table) == ("days_kept", "info", "sales")
    assert "export.csv no longer holds 1 of the fc × day it had, from 2024-05-30 to 2024-05-30" in message.message


def test_newest_day_may_grow(deliver, units: Units):
    deliver("sales", [(D1, "1", "a", 1.0)])
    result = deliver("sales", [(D1, "1", "a", 9.0), (D1, "2", "a", 9.0)])
    assert result.messages == ()
    assert units() == {("2024-05-30", "1", "a"): 9, ("2024-05-30", "2", "a"): 9}


@pytest.mark.parametrize(
    "smaller",
    [[(D2, "1", "a", 20.0)], [(D2, sku, "a", 1.0) for sku in "1234"]],
    ids=["rows", "units"],
)
def test_shrunk_day_is_held_back_while_the_rest_is_taken(lake, deliver, units: Units, smaller):
    deliver("sales", [(day, sku, "a", 5.0) for day in (D1, D2) for sku in "1234"])
    result = deliver("sales", [*smaller, (D3, "1", "a", 7.0)], file="half.csv")
    assert result.days_held_back == 1
    assert units()["2024-05-31", "1", "a"] == 5
    assert units()["2024-06-01", "1", "a"] == 7
    (message,) = result.messages
    assert (message.code, message.table, message.fc) == ("day_shrank", "sales", "a")
    assert "2024-05-31 from 4 to " in message.message
    assert message.fix
    assert "once more" in message.fix


def test_exactly_half_is_not_shrunk(deliver, units: Units):
    deliver("sales", [(D1, "1", "a", 4.0), (D1, "2", "a", 4.0)])
    assert deliver("sales", [(D1, "1", "a", 4.0)], file="half.csv").days_held_back == 0
    assert units() == {("2024-05-30", "1", "a"): 4}


def test_shrunk_day_said_twice_is_believed(lake, deliver, units: Units):
    half = [(D1, "1", "a", 5.0)]
    deliver("sales", [(D1, sku, "a", 5.0) for sku in "1234"])
    deliver("sales", half, file="half.csv")
    assert deliver("sales", half, file="half.csv").days_held_back == 1, "the same file again confirms nothing"
    assert len(units()) == 4
    assert [message.code for message in lake.messages()] == ["day_shrank"]
    assert deliver("sales", half, file="confirmed.csv").days_held_back == 0
    assert units() == {("2024-05-30", "1", "a"): 5}
    assert lake.messages() == []


def test_held_day_is_told_until_it_is_whole_again(lake, deliver):
    whole = [(D1, sku, "a", 5.0) for sku in "1234"]
    deliver("sales", whole)
    deliver("sales", [(D1, "1", "a", 5.0)], file="half.csv")
    deliver("sales", [(D2, "1", "a", 5.0)], file="next.csv")
    assert [message.code for message in lake.messages()] == ["day_shrank"]
    deliver("sales", whole, file="whole.csv")
    assert lake.messages() == []


def test_changes_are_merged_by_key(lake, deliver, units: Units):
    deliver("sales", TWO_DAYS)
    result = deliver("sales", [(D1, "8", "a", 9.0), (D1, "new", "a", 1.0)], file="delta.csv", delivery="changes")
    assert result.days_changed == 1
    after = units()
    assert len(after) == 6
    assert (after["2024-05-30", "8", "a"], after["2024-05-30", "new", "a"], after["2024-05-30", "007", "a"]) == (9, 1, 5)
    version = lake.versions()["sales"]
    deliver("sales", [(D1, "8", "a", 9.0)], file="same.csv", delivery="changes")
    assert lake.versions()["sales"] == version


def test_snapshots_of_other_dates_stay(lake, deliver):
    deliver("stock", [(D1, "1", "a", 10.0), (D1, "1", "b", 20.0)], file="monday.csv")
    deliver("stock", [(D2, "1", "a", 11.0)], file="tuesday.csv")
    assert lake.read("stock").select("date", "fc", "on_hand").rows() == [(D1, "a", 10), (D1, "b", 20), (D2, "a", 11)]


def test_inbound_is_replaced_and_may_become_empty(lake, deliver):
    deliver("inbound", [("1", "a", 10.0, D3), ("1", "a", 10.0, D3)], file="monday.csv")
    assert lake.read("inbound").height == 2, "two like lines are two lines"
    deliver("inbound", [("2", "a", 5.0, D3)], file="tuesday.csv")
    assert lake.read("inbound")["sku"].to_list() == ["2"]
    assert lake.known_files("inbound").keys() == {"tuesday.csv"}
    deliver("inbound", [], file="wednesday.csv")
    assert lake.exists("inbound")
    assert lake.read("inbound").is_empty()
    assert lake.read("inbound", version=0).height == 2


def test_master_data_is_replaced_but_never_by_an_empty_file(lake, deliver):
    deliver("items", [("1", "one"), ("2", "two")])
    version = lake.versions()["items"]
    assert deliver("items", [("2", "two"), ("1", "one")]).version == version
    deliver("items", [("1", "uno")])
    assert lake.read("items").select("sku", "name").rows() == [("1", "uno")]
    (message,) = deliver("items", []).messages
    assert message.code == "empty_delivery"
    assert lake.read("items").height == 1


def test_master_data_can_be_merged(lake, deliver):
    deliver("items", [("1", "one"), ("2", "two")])
    deliver("items", [("2", "deux"), ("3", "trois")], file="new.csv", delivery="changes")
    assert lake.read("items").select("sku", "name").rows() == [("1", "one"), ("2", "deux"), ("3", "trois")]
    assert lake.known_files("items").keys() == {"export.csv", "new.csv"}


def test_tables_without_a_key_cannot_be_merged(deliver):
    with pytest.raises(LakeError, match=r"inputs\.inbound\.delivery is 'changes'.*remove the setting"):
        deliver("inbound", [("1", "a", 10.0, D3)], delivery="changes")


def test_plan_rows_for_everywhere_and_for_one_fc_replace_only_their_like(lake, deliver):
    deliver("locations", [("a", "north"), ("b", "south")])
    deliver("plan", [(D1, "1", None, None, 1.0), (D1, "1", "a", None, 0.9), (D1, "1", None, "south", 0.8)])
    deliver("plan", [(D1, "1", None, None, 1.1)], file="new.csv")
    prices = lake.read("plan").select("fc", "region", "price").rows()
    assert sorted(prices, key=str) == sorted([(None, None, 1.1), ("a", None, 0.9), (None, "south", 0.8)], key=str)
    assert lake.read("plan", regions=["north"])["price"].sort().to_list() == [0.9, 1.1]
    assert lake.read("plan", regions=["south"])["price"].sort().to_list() == [0.8, 1.1]


def test_drivers_of_other_names_and_events_of_other_regions_stay(lake, deliver):
    deliver("drivers", [(D1, "rain", 1.0), (D1, "price index", 100.0)])
    deliver("drivers", [(D1, "rain", 2.0)], file="weather.csv")
    assert lake.read("drivers").select("name", "value").rows() == [("price index", 100), ("rain", 2)]
    deliver("events", [(D1, "fair", "north"), (D1, "holiday", None)])
    deliver("events", [(D1, "fair moved", "north")], file="fair.csv")
    assert set(lake.read("events", regions=["north"])["event"]) == {"fair moved", "holiday"}
    assert set(lake.read("events", regions=["south"])["event"]) == {"holiday"}


def test_bad_rows_are_kept_with_their_delivery(lake, deliver):
    deliver("sales", TWO_DAYS, bad=2)
    deliver("stock", [(D1, "1", "a", 10.0)], file="stock.csv", bad=1)
    kept = lake.read("quarantine")
    assert kept.select("table", "source_line").rows() == [("sales", 100), ("sales", 101), ("stock", 100)]
    assert kept["delivered_at"].dt.date().to_list() == [date(2024, 6, 2), date(2024, 6, 2), date(2024, 6, 3)]
    deliver("sales", TWO_DAYS)  # the corrected file
    assert lake.read("quarantine").height == 3
    assert lake.open_quarantine()["table"].to_list() == ["stock"]


def test_what_reading_the_files_said_is_told_again_until_the_next_delivery(lake, deliver):
    said = PlanMessage(code="extra_column", table="sales", message="sales.csv has a column 'x' that is left out")
    deliver("sales", TWO_DAYS, messages=(said,))
    then = lake.versions()
    assert lake.messages() == [said]
    deliver("sales", [(D3, "1", "a", 1.0)], file="next.csv")
    assert lake.messages() == []
    assert lake.messages(then) == [said]
    assert lake.messages({}) == []


def test_tables_may_be_taken_in_side_by_side(lake, deliver):
    """One task per table: the records they share are made and added to by whichever comes first."""
    rows = {"sales": (D1, "1", "a", 1.0), "stock": (D1, "1", "a", 1.0), "items": ("1", "one"), "drivers": (D1, "rain", 1.0)}
    rows |= {"availability": (D1, "1", "a", 1.0), "events": (D1, "fair"), "inbound": ("1", "a", 1.0, D3), "returns": (D1, "1", "a", 1.0)}
    with ThreadPoolExecutor(len(rows)) as pool:
        results = list(pool.map(lambda table: deliver(table, [rows[table]], bad=2), rows))
    assert {result.table: result.version for result in results} == dict.fromkeys(rows, 0)
    assert all(lake.known_files(table) for table in rows)
    assert lake.read("quarantine").height == lake.open_quarantine().height == 2 * len(rows)


def test_rows_keep_their_types_and_awkward_text(lake, deliver):
    awkward = [(D1, 'o\'brien "x"', "a;b"), (D1, "ключ", "100%"), (D1, "\\n", "'")]
    deliver("sales", [(*row, 1.0) for row in awkward])
    deliver("sales", [(*row, 2.0) for row in awkward], file="fix.csv")
    frame = lake.read("sales")
    assert set(frame.select("date", "sku", "fc").rows()) == set(awkward)
    assert frame["units"].to_list() == [2.0] * 3
    assert frame.schema["price"] == pl.Float64
