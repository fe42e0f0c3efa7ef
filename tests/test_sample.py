"""The sample shipped in data/samples/fresh: its size, its contracts, what is real in it, and what is made of the real part."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.contracts import INPUT_TABLES
from data.intake.reading import read_table
from data.settings import InputsSettings
from scripts import make_sample
from scripts.fresh_tables import HOLIDAYS, WORKING_WEEKENDS, events
from scripts.keyed_draws import keys, uniform
from scripts.made_supply import SUPPLIERS, WEEKDAYS

REPO = Path(__file__).resolve().parent.parent
SAMPLE = REPO / "data" / "samples" / "fresh"
SOURCE = REPO.parent / "shared" / "data" / "fresh_daily" / "daily.parquet"
AS_OF = date(2024, 6, 11)


@pytest.fixture(scope="module")
def sample() -> dict[str, pl.DataFrame]:
    """Every table of the sample as a run reads it; a row set aside, or anything to remark on, fails here."""
    inputs = InputsSettings(path=str(SAMPLE))
    fcs = pl.read_csv(SAMPLE / "locations.csv")["fc"].to_list()
    read = {table: read_table(inputs, table, today=AS_OF, fcs=fcs) for table in INPUT_TABLES}
    present = {table: intake for table, intake in read.items() if intake is not None}
    assert set(present) == set(INPUT_TABLES) - {"returns", "overrides", "marketplace_recommendations"}
    for table, intake in present.items():
        assert intake.quarantine.is_empty(), table
        assert intake.messages == (), table
    return {table: intake.frame for table, intake in present.items()}


def test_at_most_three_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*")) <= 3_000_000


def test_no_code_lies_among_the_data():
    assert list((REPO / "data" / "samples").rglob("*.py")) == []


def test_enough_regions_fcs_series_and_days(sample):
    sales = sample["sales"].join(sample["locations"], on="fc", how="left")
    assert sales["region"].null_count() == 0
    assert sales["region"].n_unique() >= 3
    assert sales["fc"].n_unique() >= 30
    assert sales["date"].n_unique() == 76
    assert (sales["date"].min(), sales["date"].max()) == (date(2024, 3, 28), AS_OF)
    series = sales.group_by("sku", "fc").len()
    assert series.height >= 600
    assert series["len"].unique().to_list() == [76]


def test_both_readers_are_exercised():
    assert {path.suffix for path in SAMPLE.iterdir()} >= {".csv", ".parquet"}


def test_sales_are_whole_units(sample):
    assert (sample["sales"]["units"] % 1 == 0).all()


def test_every_table_speaks_of_the_items_and_fcs_sold(sample):
    series = sample["sales"].select("sku", "fc").unique()
    for name in ("availability", "plan", "stock", "inbound", "receipts"):
        assert sample[name].join(series, on=["sku", "fc"], how="anti").is_empty(), name
    assert sample["stock"].height == series.height
    assert set(sample["items"]["sku"]) == set(series["sku"])


def test_items_without_stock_are_those_out_at_the_close(sample):
    """A stocked-out row had less than a full day; a row in stock all day holds something."""
    last = sample["availability"].filter(pl.col("date") == AS_OF)
    stock = sample["stock"].join(last, on=["sku", "fc"], how="left")
    selling = sample["sales"].filter(pl.col("date") > date(2024, 5, 14)).group_by("sku", "fc").agg(pl.col("units").sum())
    stock = stock.join(selling, on=["sku", "fc"]).filter(pl.col("units") > 0)
    empty = stock.filter(pl.col("on_hand") == 0)
    assert 0 < empty.height < stock.height / 2
    assert empty["in_stock"].null_count() == 0


def test_some_rows_hold_far_too_much(sample):
    recent = sample["sales"].filter(pl.col("date") > date(2024, 5, 14)).group_by("sku", "fc").agg(daily=pl.col("units").mean())
    cover = sample["stock"].join(recent, on=["sku", "fc"]).select(pl.col("on_hand") / pl.col("daily")).to_series()
    assert 0.01 < (cover > 20).mean() < 0.1


def test_lines_are_whole_cases_sent_on_the_suppliers_days(sample):
    lines = pl.concat(
        [
            sample["inbound"].select("sku", "ordered_date", "units"),
            sample["receipts"].select("sku", "ordered_date", units="units_ordered"),
        ]
    ).join(sample["items"].select("sku", "case_pack", "supplier"), on="sku")
    assert (lines["units"] % lines["case_pack"] == 0).all()
    for supplier in SUPPLIERS:
        if supplier.weekdays:
            sent = lines.filter(pl.col("supplier") == supplier.name)["ordered_date"].dt.weekday().unique()
            assert {WEEKDAYS[day - 1] for day in sent} <= set(supplier.weekdays)


def test_a_line_is_either_here_or_on_its_way(sample):
    came = sample["receipts"].filter(pl.col("received_date").is_not_null())
    assert came["received_date"].max() <= AS_OF
    assert came.join(sample["inbound"], on=["sku", "fc", "order_id"], how="semi").is_empty()
    still_open = sample["receipts"].filter(pl.col("received_date").is_null())
    assert still_open.join(sample["inbound"], on=["sku", "fc", "order_id"], how="anti").is_empty()
    assert (came["received_date"] > came["promised_date"]).any()
    assert (came["units_received"] < came["units_ordered"]).any()
    assert (sample["inbound"]["expected_date"] <= AS_OF).any()


def test_a_line_takes_the_lead_time_of_its_terms(sample):
    narrow = sample["supply"].filter(pl.col("fc").is_not_null()).select("sku", "fc", near="lead_time_days")
    wide = sample["supply"].filter(pl.col("fc").is_null()).select("sku", far="lead_time_days")
    lines = sample["receipts"].join(wide, on="sku").join(narrow, on=["sku", "fc"], how="left")
    assert lines["near"].null_count() < lines.height
    promised = (lines["promised_date"] - lines["ordered_date"]).dt.total_days()
    assert (promised == lines.select(pl.coalesce("near", "far")).to_series()).all()


def test_terms_have_the_variety_a_planner_meets(sample):
    supply = sample["supply"]
    assert supply["lead_time_days"].min() >= 1
    assert supply["review_days"].is_between(1, 3).all()
    assert supply["order_weekdays"].drop_nulls().n_unique() >= 2
    assert (supply["holding_cost"] > 0).all()
    assert (supply["shortage_cost"] > 0).all()
    assert (sample["items"]["case_pack"] > 1).any()
    assert 0 < sample["receipts"]["supplier"].n_unique() < len(SUPPLIERS)


def test_events_are_holidays_not_weekends():
    days = events()
    holidays = days.filter(pl.col("kind") == "holiday")
    assert holidays.height == sum(length for _, _, length in HOLIDAYS)
    assert all(day.weekday() >= 5 for day in WORKING_WEEKENDS)
    assert set(WORKING_WEEKENDS).isdisjoint(holidays["date"])
    assert date(2024, 3, 30) not in days["date"].to_list()


@pytest.mark.skipif(not SOURCE.is_file(), reason=f"the source of the sample is not at {SOURCE}")
def test_the_sample_is_made_again_bit_for_bit(tmp_path):
    assert make_sample.main([str(SOURCE), "--to", str(tmp_path)]) == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name for name, content in made.items() if content != (SAMPLE / name).read_bytes()} == set()
    assert set(made) == {path.name for path in SAMPLE.iterdir()} - {"README.md"}


def test_a_missing_source_is_told(tmp_path, capsys):
    assert make_sample.main([str(tmp_path / "daily.parquet")]) == 1
    assert "give the path of the daily table of FreshRetailNet-50K" in capsys.readouterr().err


def test_another_table_is_refused(tmp_path, capsys):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "daily.parquet")
    assert make_sample.main([str(tmp_path / "daily.parquet")]) == 1
    assert "has no column city_id" in capsys.readouterr().err


@given(st.permutations(["a", "b", "ä", "s1 p0001", "s1 p0002", ""]), st.integers(0, 2**32))
def test_a_draw_depends_on_the_name_alone(names, seed):
    shuffled = dict(zip(names, uniform(keys(names, seed=seed), 3), strict=True))
    one_by_one = {name: uniform(keys([name], seed=seed), 3)[0] for name in names}
    assert shuffled == one_by_one


def test_draws_are_uniform_and_do_not_hang_together():
    key = keys([f"name {number}" for number in range(20_000)], seed=1)
    first, second = uniform(key, 0), uniform(key, 1)
    quarters = np.histogram(first, bins=4, range=(0, 1))[0] / len(first)
    assert np.allclose(quarters, 0.25, atol=0.015)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_splitmix_agrees_with_its_published_numbers():
    """The first three outputs of SplitMix64 from seed 1234567, as listed with its reference implementation."""
    published = np.array([6457827717110365317, 3203168211198807973, 9817491932198370423], np.uint64)
    assert uniform(np.array([1234567], np.uint64), np.arange(3, dtype=np.uint64)) == pytest.approx(published / 2.0**64, abs=1e-15)
