"""Reading: versions, regions, dates, columns, and messages for what is not there."""

from datetime import date

import polars as pl
import pytest
from deltalake import DeltaTable

from data.contracts import INPUT_TABLES
from data.lake import LakeError

D1, D2, D3 = date(2024, 5, 30), date(2024, 5, 31), date(2024, 6, 1)
AWKWARD = "a/b é=%20 'x' ../…"


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_table_that_is_not_there_reads_as_an_empty_one(lake, table):
    frame = lake.read(table, regions=["north"])
    assert frame.is_empty()
    assert dict(frame.schema) == dict(INPUT_TABLES[table].create_empty().schema)
    assert not lake.exists(table)
    assert lake.versions() == {}
    assert lake.regions() == []


def test_an_earlier_version_reads_as_it_was(lake, deliver):
    deliver("sales", [(D1, "1", "a", 5.0)])
    deliver("sales", [(D1, "1", "a", 6.0), (D3, "1", "a", 7.0)])
    assert lake.read("sales", version=0)["units"].to_list() == [5]
    assert lake.read("sales", version=1)["units"].to_list() == [6, 7]
    with pytest.raises(LakeError, match=r"sales .* has no version 9; the newest is 1"):
        lake.read("sales", version=9)


@pytest.mark.parametrize("region", [AWKWARD, "10", " x", "%2F", "région=a/month=b"])
def test_region_names_may_hold_anything(lake, deliver, region):
    deliver("locations", [("f1", region), ("f2", "plain")])
    deliver("sales", [(D1, "1", "f1", 1.0), (D1, "1", "f2", 2.0)])
    deliver("sales", [(D1, "1", "f1", 9.0)], file="fix.csv")
    assert lake.regions() == sorted([region, "plain"])
    assert lake.read("sales", regions=[region]).select("fc", "units").rows() == [("f1", 9)]
    assert lake.read("sales", regions=["plain"])["units"].to_list() == [2]


def test_without_locations_all_fcs_are_one_region(lake, deliver):
    deliver("sales", [(D1, "1", "f1", 1.0), (D1, "1", "f2", 2.0)])
    assert lake.regions() == ["all"]
    assert lake.read("sales", regions=["all"]).height == 2


def test_dates_and_columns_are_cut(lake, deliver):
    deliver("sales", [(day, "1", fc, float(day.day)) for day in (D1, D2, D3) for fc in "ba"])
    frame = lake.read("sales", since=D2, until=D2, columns=["units", "fc"])
    assert frame.columns == ["units", "fc"]
    assert frame.rows() == [(31, "a"), (31, "b")]
    assert lake.read("sales", since=D2)["date"].unique().sort().to_list() == [D2, D3]
    assert lake.read("sales", until=D2)["date"].unique().sort().to_list() == [D1, D2]


def test_tables_of_one_state_are_cut_by_region_of_their_fc(lake, deliver):
    deliver("locations", [("a", "north"), ("b", "south")])
    deliver("inbound", [("1", "a", 10.0, D3), ("1", "b", 20.0, D3)])
    deliver("supply", [("1", None, "both"), ("1", "a", "north only")])
    assert lake.read("inbound", regions=["south"])["units"].to_list() == [20]
    assert lake.read("supply", regions=["south"])["supplier"].to_list() == ["both"]
    assert lake.read("locations", regions=["south"])["fc"].to_list() == ["b"]


def test_what_cannot_be_asked_is_refused_by_name(lake, deliver):
    deliver("sales", [(D1, "1", "a", 5.0)])
    with pytest.raises(LakeError, match="did you mean 'sales'"):
        lake.read("sale")
    with pytest.raises(LakeError, match="sales has no column 'unit'; did you mean 'units'"):
        lake.read("sales", columns=["unit"])
    with pytest.raises(LakeError, match="items is kept as one state"):
        lake.read("items", since=D1)
    with pytest.raises(LakeError, match="quarantine is the lake's own record"):
        lake.read("quarantine", since=D1)


def test_other_tools_see_plain_delta_tables_by_region_and_month(lake, deliver):
    deliver("locations", [("a", "north")])
    deliver("sales", [(D1, "1", "a", 5.0), (D3, "1", "a", 6.0)])
    table = DeltaTable(str(lake.root / "sales"))
    assert table.metadata().partition_columns == ["region", "month"]
    assert table.metadata().configuration["delta.enableExpiredLogCleanup"] == "false"
    assert {(part["region"], part["month"]) for part in table.partitions()} == {("north", "2024-05"), ("north", "2024-06")}
    assert {field.name: str(field.type.type) for field in table.schema().fields}["date"] == "date"
    assert table.to_pyarrow_table().num_rows == 2


def test_a_column_the_contract_gained_later_reads_as_null(lake, deliver):
    """A table written before `price` was in the contract, as another tool or an older release left it."""
    deliver("sales", [(D1, "1", "a", 5.0)])
    old = pl.read_delta(str(lake.root / "sales")).drop("price")
    old.write_delta(
        str(lake.root / "sales"), mode="overwrite", delta_write_options={"schema_mode": "overwrite", "partition_by": ["region", "month"]}
    )
    assert lake.read("sales").select("units", "price").rows() == [(5.0, None)]
    deliver("sales", [(D2, "1", "a", 6.0, 2.5)], file="new.csv")
    assert lake.read("sales").select("units", "price").rows() == [(5.0, None), (6.0, 2.5)]


def test_the_first_day_and_the_rows_of_a_region_are_those_of_the_rows(lake, deliver):
    """Both are told from the statistics of files, and must follow corrections and earlier versions."""
    deliver("locations", [("f1", "north/é"), ("f2", "south")])
    deliver("sales", [(D3, "1", "f1", 1.0), (D3, "1", "f2", 2.0)])
    deliver("sales", [(D1, "1", "f1", 9.0), (D3, "1", "f1", 4.0), (D3, "2", "f1", 4.0)], file="fix.csv")
    assert lake.first_day() == lake.daily_totals()["date"].min() == D1
    assert lake.first_day(version=0) == D3
    assert lake.rows_per_region() == {"north/é": 3, "south": 1}


def damage(lake, table, pattern, content):
    newest = sorted((lake.root / table).glob(pattern))[-1]
    newest.write_bytes(content)


@pytest.mark.parametrize(("pattern", "content"), [("*.parquet", b"PAR1"), ("_delta_log/*.json", b"?"), ("_delta_log/*.json", b"")])
def test_a_damaged_file_of_any_table_is_told_by_the_name_of_the_table(lake, deliver, pattern, content):
    """An empty commit is what a power cut leaves: to the library it is one without rows, and they would be lost without a word."""
    deliver("items", [("1", "one")])
    damage(lake, "items", pattern, content)
    with pytest.raises(LakeError, match=r"table items in the lake at .*(put it|Put the lake) back from a backup"):
        deliver("items", [("1", "another")])
    with pytest.raises(LakeError, match=r"table items|of items"):
        lake.read("items")


def test_a_damaged_record_of_deliveries_is_told(lake, deliver):
    deliver("items", [("1", "one")])
    damage(lake, "deliveries", "*.parquet", b"PAR1")
    with pytest.raises(LakeError, match="table deliveries in the lake"):
        lake.known_files("items")
