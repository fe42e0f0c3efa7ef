"""Input as it really comes: a night takes what is good, sets the rest aside with file and line, and stops only where nothing is left."""

from datetime import date, timedelta

import polars as pl
import pytest

from data.lake import Lake
from data.published import read_frame

TONIGHT = date(2024, 6, 9)
GOOD_DAYS = [TONIGHT - timedelta(days=back) for back in range(55, -1, -1)]


def set_aside(shop):
    """What is in the quarantine: (table, file, line, reason)."""
    rows = Lake(shop.settings("lake.path=" + str(shop.lake)).lake).open_quarantine()
    return sorted(rows.select("table", "source_file", "source_line", "reason").iter_rows())


def sales_text(*more, header="date,sku,fc,units", line="{day},{sku},N1,{units}"):
    """Eight weeks of sales of 007 and 008 at N1, then further lines."""
    rows = [line.format(day=day, sku=sku, units=5 + day.day % 3) for day in GOOD_DAYS for sku in ("007", "008")]
    return "\n".join([header, *rows, *more]) + "\n"


def refused(shop, capsys, *wanted):
    """The night publishes nothing and says why in one message."""
    assert shop.call("run", "--direct", "--json") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("fillrate: ")
    for text in wanted:
        assert text in said.err
    assert not (shop.out / "latest.json").exists()


def test_bad_rows_are_set_aside_with_file_and_line_and_the_rest_goes_on(new_shop):
    shop = new_shop()
    shop.write("locations.csv", [{"fc": "N1", "region": "north"}])
    bad = [
        "2024-06-09,009,N1,-4",
        "2024-06-09,009,N1,three",
        "2024-06-09,009,N9,3",
        "2099-01-01,009,N1,3",
        "31/31/2024,009,N1,3",
        "2024-06-09,,N1,3",
    ]
    shop.write("sales.csv", sales_text(*bad))
    shop.night()
    last = 1 + 2 * len(GOOD_DAYS)
    reasons = ["negative_units", "not_a_number", "unknown_fc", "date_in_future", "not_a_date", "missing_value"]
    assert set_aside(shop) == [("sales", "sales.csv", last + number, reason) for number, reason in enumerate(reasons, start=1)]
    messages = {row["code"]: row for row in shop.messages()}
    for number, reason in enumerate(reasons, start=1):
        assert f"sales.csv line {last + number}" in messages[reason]["message"]
        assert messages[reason]["fix"]
    assert read_frame(shop.latest(), "forecasts")["sku"].unique().sort().to_list() == ["007", "008"], "leading zeros stay"


def test_copies_of_a_key_in_a_snapshot_are_all_set_aside(ran):
    snapshot = ran.inputs / "stock" / "2024-06-09.csv"
    snapshot.write_text(snapshot.read_text() + "2024-06-09,001,N1,5\n")
    ran.night()
    assert [row[1:] for row in set_aside(ran)] == [("stock/2024-06-09.csv", line, "duplicate_key") for line in (2, 38)]
    (message,) = ran.messages("duplicate_key")
    assert "stock/2024-06-09.csv line 2" in message["message"]
    assert read_frame(ran.latest(), "recommendations").height == 36


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(("\ufeff" + sales_text()).encode(), id="byte order mark"),
        pytest.param(sales_text(header="date;sku;fc;units", line="{day};{sku};N1;{units},0").encode(), id="semicolons and decimal commas"),
        pytest.param(sales_text().replace(",", "\t").encode(), id="tabs"),
        pytest.param(sales_text().replace("\n", "\r\n").encode(), id="line ends of windows"),
        pytest.param(
            sales_text(header="Date, SKU ,FC,Units", line="{day:%d.%m.%Y},{sku},N1,{units}").encode("utf-8"),
            id="German dates and loose headers",
        ),
        pytest.param(sales_text(line="{day:%d/%m/%Y},{sku},N1,{units}").encode(), id="day first"),
    ],
)
def test_the_same_sales_in_another_dress_are_the_same_sales(new_shop, content):
    shop = new_shop()
    shop.write("sales.csv", content)
    assert shop.call("ingest", "--json") == 0
    sales = Lake(shop.settings("lake.path=" + str(shop.lake)).lake).read("sales", columns=["date", "sku", "fc", "units"])
    plain = pl.DataFrame([{"date": day, "sku": sku, "fc": "N1", "units": 5.0 + day.day % 3} for day in GOOD_DAYS for sku in ("007", "008")])
    assert sales.sort("date", "sku").equals(plain)


def test_dates_of_different_formats_in_different_files_are_the_same_days(new_shop):
    shop = new_shop()
    shop.write("sales/a.csv", sales_text())
    shop.write("sales/b.csv", "date,sku,fc,units\n" + "".join(f"{day:%d.%m.%Y},009,N1,4\n" for day in GOOD_DAYS))
    shop.night()
    assert set_aside(shop) == []
    assert shop.latest().as_of == TONIGHT
    assert set(read_frame(shop.latest(), "forecasts")["sku"]) == {"007", "008", "009"}


def test_a_table_without_a_good_row_stops_the_run(new_shop, capsys):
    shop = new_shop()
    shop.write("sales.csv", "date,sku,fc,units\n2024-06-09,001,N1,-4\n2024-06-08,001,N1,-2\n")
    refused(shop, capsys, "sales.csv", "units", '"-4"', "negative units")


def test_a_missing_column_names_the_nearest_and_the_mapping(new_shop, capsys):
    shop = new_shop()
    shop.write("sales.csv", sales_text(header="date,sku,fc,unit"))
    refused(shop, capsys, "sales.csv", '[inputs.sales] columns = {unit = "units"}')


def test_missing_sales_stop_the_run(new_shop, capsys):
    shop = new_shop()
    refused(shop, capsys, "sales")


def test_a_missing_input_folder_is_named(new_shop, capsys):
    shop = new_shop()
    shop.inputs.rmdir()
    refused(shop, capsys, "inputs")


def test_an_empty_file_among_others_is_said(ran):
    ran.write("sales/empty.csv", "")
    ran.night()
    (message,) = ran.messages("empty_file")
    assert "sales/empty.csv" in message["message"]


def test_sales_alone_are_enough_for_forecasts(new_shop, capsys):
    shop = new_shop()
    shop.write("sales.csv", sales_text())
    assert shop.call("run", "--direct") == 0
    assert "without a stock table nothing is recommended" in capsys.readouterr().out
    run = shop.latest()
    assert read_frame(run, "forecasts").height == 2 * 14
    assert set(read_frame(run, "forecasts")["region"]) == {"all"}
    assert read_frame(run, "recommendations").is_empty()
    (message,) = shop.messages("no_stock")
    assert "forecasts are published" in message["message"]
    assert (run.path / "report.html").stat().st_size > 1_000


def test_a_shop_with_few_days_of_history_still_gets_forecasts(new_shop):
    shop = new_shop()
    shop.write("sales.csv", "date,sku,fc,units\n2024-06-08,001,N1,4\n2024-06-09,001,N1,6\n")
    shop.write("stock.csv", "date,sku,fc,on_hand\n2024-06-09,001,N1,3\n")
    shop.night()
    forecasts = read_frame(shop.latest(), "forecasts")
    assert forecasts.height == 14
    assert forecasts["mean"].is_between(2, 8).all()
    assert read_frame(shop.latest(), "recommendations").height == 1
    assert shop.night() == shop.latest()


def test_an_item_never_sold_but_in_stock_gets_a_forecast(ran):
    snapshot = ran.inputs / "stock" / "2024-06-09.csv"
    snapshot.write_text(snapshot.read_text() + "2024-06-09,new,N1,10\n")
    run = ran.night()
    assert read_frame(run, "forecasts").filter(pl.col("sku") == "new").height == 14
    assert read_frame(run, "recommendations").filter(pl.col("sku") == "new")["on_hand"].to_list() == [10]


def test_an_item_without_a_stock_row_gets_no_order_and_a_message(ran):
    delivered = ran.inputs / "sales" / "until-2024-06-09.csv"
    delivered.write_text(delivered.read_text() + "2024-06-09,099,N1,9\n")
    row = read_frame(ran.night(), "recommendations").row(by_predicate=pl.col("sku") == "099", named=True)
    assert row["order_units"] is None
    assert row["on_hand"] is None
    assert any("099" in message["message"] for message in ran.messages())


def test_a_discontinued_item_is_not_forecast(ran):
    items = pl.read_csv(ran.inputs / "items.csv", infer_schema=False)
    ended = items.with_columns(discontinued_date=pl.when(pl.col("sku") == "003").then(pl.lit("2024-06-01")))
    ran.write("items.csv", ended)
    assert read_frame(ran.night(), "forecasts").filter(pl.col("sku") == "003").is_empty()


def test_overrides_of_a_planner_are_applied_until_they_expire(ran):
    fields = {"reason": "fair", "author": "Ada"}
    ran.write(
        "overrides.csv",
        [
            {"sku": "003", "fc": "N1", "field": "order_units", "value": 60, **fields, "expires": "2024-06-30"},
            {"sku": "003", "fc": "N2", "field": "order_units", "value": 60, **fields, "expires": "2024-06-01"},
            {"sku": "003", "fc": "S1", "field": "exclude", "value": 1, **fields, "expires": "2024-06-30"},
        ],
    )
    before = dict(read_frame(ran.latest(), "recommendations").filter(pl.col("sku") == "003").select("fc", "order_units").iter_rows())
    rows = {row["fc"]: row for row in read_frame(ran.night(), "recommendations").filter(pl.col("sku") == "003").to_dicts()}
    assert rows["N1"]["order_units"] == 60
    assert rows["N2"]["order_units"] == before["N2"]
    assert rows["S1"]["order_units"] in (0, None)


def test_hostile_names_do_no_harm(ran):
    items = pl.read_csv(ran.inputs / "items.csv", infer_schema=False)
    ran.write("items.csv", items.with_columns(name=pl.lit('<script>alert("x")</script>'), supplier=pl.lit("=cmd|' /C calc'!A0")))
    run = ran.night()
    assert "<script>alert" not in (run.path / "report.html").read_text()
    assert ",=cmd" not in (run.path / "recommendations.csv").read_text()


def test_regions_of_any_name_are_published(new_shop):
    shop = new_shop().open()
    names = {"N1": "Köln / Süd", "N2": "../up", "S1": "a=b%20"}
    shop.write("locations.csv", [{"fc": fc, "region": region} for fc, region in names.items()])
    run = shop.night()
    assert set(read_frame(run, "forecasts")["region"]) == set(names.values())
    assert set(read_frame(run, "recommendations").select("fc", "region").iter_rows()) == set(names.items())
