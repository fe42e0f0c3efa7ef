"""Tables read from the mess that exports are: good rows on, bad rows aside with reason and place, one message each."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from data.contracts import INPUT_TABLES
from data.errors import InputError
from data.intake import Intake, read_table
from data.quarantine import Quarantine
from data.settings import InputsSettings

TODAY = date(2024, 7, 1)


def read(folder: Path, table: str, text: str, *, fcs: Collection[str] | None = None, receiving_days: int = 0, **config: object) -> Intake:
    (folder / f"{table}.csv").write_text(text)
    settings = InputsSettings(path=str(folder), receiving_days=receiving_days, **{table: config})
    intake = read_table(settings, table, today=TODAY, fcs=fcs)
    assert intake is not None
    INPUT_TABLES[table].validate(intake.frame)
    assert intake.frame.columns == INPUT_TABLES[table].column_names()
    Quarantine.validate(intake.quarantine)
    return intake


def aside(intake: Intake) -> list[tuple[object, ...]]:
    return intake.quarantine.select("source_line", "column", "reason", "found").rows()


def test_first_day_mess(tmp_path):
    """Byte order mark, semicolons, decimal commas, leading zeros, mixed dates, and a row for each thing that can be wrong."""
    text = (
        "\ufeff Date ;SKU; fc ;Units;Price;promo\n"
        "13/06/2024; 00123 ;A;1,5;2,5;x\n"
        "2024-06-14;00123;A;2;;x\n"
        "14/06/2024;00124;A;12 pcs;;\n"
        "14/06/2024;00124;A;-3;;\n"
        "\n"
        "14/06/2024;00124;Z;3;;\n"
        "14/06/2024;00124;A;n/a;;\n"
        "14/06/2025;00124;A;4;;\n"
        "14/06/2024;00124;A;4;-1;\n"
        "32/06/2024;00124;A;4;1;\n"
        "14/06/1924;00124;A;4;1;\n"
        "14/06/2024;;A;4;1;\n"
        "14/06/2024;a;A;4;1;x;y\n"
        ";;;;;\n"
    )
    intake = read(tmp_path, "sales", text, fcs={"A", "B"})
    assert intake.frame.rows() == [
        ("sales.csv", 2, date(2024, 6, 13), "00123", "A", 1.5, 2.5),
        ("sales.csv", 3, date(2024, 6, 14), "00123", "A", 2.0, None),
    ]
    assert aside(intake) == [
        (4, "units", "not_a_number", "12 pcs"),
        (5, "units", "negative_units", "-3"),
        (7, "fc", "unknown_fc", "Z"),
        (8, "units", "missing_value", "n/a"),
        (9, "date", "date_in_future", "14/06/2025"),
        (10, "price", "negative", "-1"),
        (11, "date", "not_a_date", "32/06/2024"),
        (12, "date", "date_out_of_range", "14/06/1924"),
        (13, "sku", "missing_value", None),
        (14, None, "damaged_line", None),
    ]
    assert intake.quarantine["row"][0] == '{"Date":"14/06/2024","SKU":"00124","fc":"A","Units":"12 pcs","Price":null}'
    told = {message.code: message.message for message in intake.messages}
    assert (
        told["missing_value"]
        == '2 of 12 rows of sales were set aside: a required value is missing, first: sales.csv line 8 (sku 00124, fc A: units is "n/a").'
    )
    assert (
        told["negative_units"]
        == '1 of 12 rows of sales were set aside: negative units, first: sales.csv line 5 (sku 00124, fc A: units is "-3").'
    )
    assert told["extra_columns"] == "1 column of sales left out: promo."
    assert all(message.fix and message.table == "sales" for message in intake.messages)


def test_a_row_with_several_faults_is_one_row_of_quarantine(tmp_path):
    intake = read(tmp_path, "sales", "date,sku,fc,units\n2025-01-01,a,Z,-1\n2024-06-01,a,A,1\n", fcs={"A"})
    assert aside(intake) == [(2, "date", "date_in_future,unknown_fc,negative_units", "2025-01-01")]


def test_rows_of_a_day_are_added_up_and_prices_weighted(tmp_path):
    text = "date,sku,fc,units,price\n" + "".join(
        f"2024-06-0{day},a,A,{units},{price}\n" for day, units, price in [(1, 1, 2), (2, 5, ""), (1, 3, 4), (1, 2, ""), (3, 0, 7)]
    )
    intake = read(tmp_path, "sales", text + "2024-06-01,a,A,-2,\n")
    assert intake.frame.select("date", "units", "price", "source_line").rows() == [
        (date(2024, 6, 1), 6.0, 3.5, 2),
        (date(2024, 6, 2), 5.0, None, 3),
        (date(2024, 6, 3), 0.0, 7.0, 6),
    ]
    assert aside(intake) == [(7, "units", "negative_units", "-2")]
    assert "3 of 6 rows of sales share their date" in next(
        message.message for message in intake.messages if message.code == "rows_added_up"
    )


def test_returns_are_added_up_over_files(tmp_path):
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns/a.csv").write_text("date,sku,fc,units,resellable_units\n2024-06-01,a,A,1,\n2024-06-01,b,A,1,\n")
    (tmp_path / "returns/b.csv").write_text("date,sku,fc,units,resellable_units\n2024-06-01,a,A,2,1\n")
    intake = read_table(InputsSettings(path=str(tmp_path)), "returns", today=TODAY, fcs=None)
    assert intake.frame.drop("date", "fc").rows() == [("returns/a.csv", 2, "a", 3.0, 1.0), ("returns/a.csv", 3, "b", 1.0, None)]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("items", "sku,name\na,x\nb,y\na,x\n"),
        ("stock", "date,sku,fc,on_hand\n2024-06-01,a,A,1\n2024-06-01,b,A,1\n2024-06-01,a,A,2\n"),
        ("supply", "sku,fc,moq\na,,1\nb,,1\na,,2\n"),
        ("plan", "date,sku,promo\n2025-06-01,a,1\n2025-06-02,a,1\n2025-06-01,a,0\n"),
        ("events", "date,event\n2025-06-01,x\n2025-06-02,x\n2025-06-01,x\n"),
        ("drivers", "date,name,value\n2025-06-01,x,1\n2025-06-02,x,-1\n2025-06-01,x,1\n"),
    ],
)
def test_all_copies_of_a_duplicate_key_are_set_aside(tmp_path, table, text):
    intake = read(tmp_path, table, text)
    assert intake.frame["source_line"].to_list() == [3]
    assert intake.quarantine.select("source_line", "reason").rows() == [(2, "duplicate_key"), (4, "duplicate_key")]
    assert intake.quarantine["expected"][0].startswith("one row per ")


def test_one_sku_in_two_files_of_master_data_is_a_duplicate(tmp_path):
    (tmp_path / "items").mkdir()
    for name, more in (("a", "b"), ("b", "c")):
        (tmp_path / f"items/{name}.csv").write_text(f"sku\nx\n{more}\n")
    intake = read_table(InputsSettings(path=str(tmp_path)), "items", today=TODAY, fcs=None)
    assert intake.frame["sku"].to_list() == ["b", "c"]
    assert intake.quarantine.select("source_file", "source_line", "found").rows() == [("items/a.csv", 2, "x"), ("items/b.csv", 2, "x")]


def test_dates_to_come_are_right_where_they_belong(tmp_path):
    for table, text in {
        "plan": "date,sku,promo\n2025-06-01,a,50%\n",
        "events": "date,event\n2025-06-01,x\n",
        "drivers": "date,name,value\n2025-06-01,x,-1\n",
        "inbound": "sku,fc,units,expected_date\na,A,1,2025-06-01\n",
        "overrides": "sku,fc,field,value,reason,author,expires\na,A,exclude,yes,r,me,2025-01-01\n",
    }.items():
        intake = read(tmp_path, table, text)
        assert intake.frame.height == 1, table
        assert intake.messages == (), table


@pytest.mark.parametrize("column", ["ordered_date", "received_date"])
def test_receipts_to_come_are_mistakes(tmp_path, column):
    days = {"ordered_date": "2024-06-01", "received_date": "2024-06-05"} | {column: "2024-07-02"}
    header = "sku,fc,ordered_date,units_ordered,received_date,promised_date\n"
    text = header + f"a,A,{days['ordered_date']},1,{days['received_date']},2024-08-01\nb,A,2024-06-01,1,,\n"
    intake = read(tmp_path, "receipts", text)
    assert intake.frame["sku"].to_list() == ["b"]
    assert intake.quarantine["reason"][0].split(",")[0] == "date_in_future"


def test_receiving_days_move_dock_dates_to_the_first_day_on_sale(tmp_path):
    inbound = read(tmp_path, "inbound", "sku,fc,units,expected_date,ordered_date\na,A,1,2024-06-30,2024-06-01\n", receiving_days=2)
    assert inbound.frame.select("expected_date", "ordered_date").row(0) == (date(2024, 7, 2), date(2024, 6, 1))
    text = "sku,fc,ordered_date,units_ordered,promised_date,received_date\na,A,2024-06-01,1,2024-06-30,2024-07-01\nb,A,2024-06-02,1,,\n"
    receipts = read(tmp_path, "receipts", text, receiving_days=2)
    assert receipts.frame.select("ordered_date", "promised_date", "received_date").rows() == [
        (date(2024, 6, 1), date(2024, 7, 2), date(2024, 7, 3)),
        (date(2024, 6, 2), None, None),
    ]


def test_goods_received_before_they_were_ordered(tmp_path):
    intake = read(
        tmp_path, "receipts", "sku,fc,ordered_date,units_ordered,received_date\na,A,2024-06-02,1,2024-06-01\nb,A,2024-06-01,1,2024-06-01\n"
    )
    assert aside(intake) == [(2, "received_date", "received_before_ordered", "2024-06-01")]


def test_availability_as_words_percentages_and_shares(tmp_path):
    words = ["true", "no", "1", "0.5", "80%", "120%", "-1", "soon"]
    text = "date,sku,fc,in_stock\n" + "".join(f"2024-06-01,{number},A,{word}\n" for number, word in enumerate(words))
    intake = read(tmp_path, "availability", text)
    assert intake.frame["in_stock"].to_list() == [1, 0, 1, 0.5, 0.8]
    assert aside(intake) == [
        (7, "in_stock", "too_large", "120%"),
        (8, "in_stock", "negative", "-1"),
        (9, "in_stock", "not_a_number", "soon"),
    ]


def test_an_unknown_override_is_set_aside_with_the_known_ones_named(tmp_path):
    text = "sku,fc,field,value,reason,author,expires\na,A,price,1,r,me,2025-01-01\na,A,exclude,1,r,me,2025-01-01\n"
    intake = read(tmp_path, "overrides", text)
    assert aside(intake) == [(2, "field", "not_allowed", "price")]
    assert intake.quarantine["expected"][0] == "one of order_units, demand_multiplier, service_level, exclude, lost_units"


def test_text_in_an_optional_number_is_a_bad_row_and_nothing_is_not(tmp_path):
    intake = read(tmp_path, "items", "sku,unit_cost,discontinued_date\na,cheap,\nb,-,9999-12-31\nc,NA,2024-01-01\n")
    assert intake.frame.select("sku", "unit_cost", "discontinued_date").rows() == [("b", None, None), ("c", None, date(2024, 1, 1))]
    assert aside(intake) == [(2, "unit_cost", "not_a_number", "cheap")]


def test_region_na_is_a_region(tmp_path):
    assert read(tmp_path, "locations", "fc,region\nA,NA\n", fcs=set()).frame["region"].to_list() == ["NA"]


def test_dates_that_can_be_read_two_ways_are_said_and_the_config_settles_them(tmp_path):
    text = "date,sku,fc,units\n01/06/2024,a,A,1\n02/06/2024,a,A,1\n"
    intake = read(tmp_path, "sales", text)
    assert intake.frame["date"].to_list() == [date(2024, 6, 1), date(2024, 6, 2)]
    (message,) = intake.messages
    assert message.code == "ambiguous_dates"
    assert message.message == 'sales.csv: date such as "01/06/2024" can be read two ways; it was read as day before month.'
    assert '[inputs.sales] date_format = "%d/%m/%Y"' in message.fix
    settled = read(tmp_path, "sales", text, date_format="%m/%d/%Y")
    assert settled.frame["date"].to_list() == [date(2024, 1, 6), date(2024, 2, 6)]
    assert settled.messages == ()


@pytest.mark.parametrize("date_format", ["%Q", "", "%", "%Y-%m", "dd/mm/yyyy"])
def test_a_date_format_that_is_none_is_refused(tmp_path, date_format):
    with pytest.raises(InputError, match=r"^sales.csv: \[inputs.sales\] date_format = .* is no date format"):
        read(tmp_path, "sales", "date,sku,fc,units\n01/06/2024,a,A,1\n", date_format=date_format)


@pytest.mark.parametrize("date_format", ["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %T", "%A %d/%m/%Y", "%d/%m/%y", "%d/%b/%Y", "%d/%m/%Y %z"])
def test_date_formats_with_more_in_them(tmp_path, date_format):
    day = datetime(2024, 6, 3, tzinfo=UTC)
    intake = read(tmp_path, "sales", f"date,sku,fc,units\n{day.strftime(date_format)},a,A,1\n", date_format=date_format)
    assert intake.frame["date"].to_list() == [day.date()]


def test_a_file_that_leaves_its_dates_open_follows_the_other_files(tmp_path):
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/1.csv").write_text("date,sku,fc,units\n03/04/2024,a,A,1\n")
    (tmp_path / "sales/2.csv").write_text("date,sku,fc,units\n25/03/2024,a,A,1\n")
    intake = read_table(InputsSettings(path=str(tmp_path)), "sales", today=TODAY, fcs=None)
    assert intake.frame["date"].to_list() == [date(2024, 4, 3), date(2024, 3, 25)]
    assert intake.messages == ()


def test_a_table_whose_every_row_is_bad_stops_with_the_commonest_reason(tmp_path):
    text = "date,sku,fc,units\n2024-06-01,a,A,12 pcs\n2024-06-01,b,A,3 pcs\n2024-06-01,,A,1\n"
    with pytest.raises(InputError) as error:
        read(tmp_path, "sales", text)
    assert str(error.value).startswith(
        "sales.csv: no row of sales can be used (3 read); most often: not a number (2 rows), "
        'such as sales.csv line 2 (sku a, fc A: units is "12 pcs"). '
        "Expected: a number such as 3 or 2.5."
    )


def test_an_empty_file_stops_the_run_only_where_it_is_all_there_is_of_sales(tmp_path):
    for nothing in ("", "date,sku,fc,units\n", "\n\n"):
        with pytest.raises(InputError, match=r"^sales.csv: holds no rows"):
            read(tmp_path, "sales", nothing)
        (message,) = read(tmp_path, "stock", nothing.replace("units", "on_hand")).messages
        assert (message.code, message.message) == ("empty_file", "stock.csv holds no rows.")
    (tmp_path / "sales.csv").unlink()
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/a.csv").write_text("date,sku,fc,units\n2024-06-01,a,A,1\n")
    (tmp_path / "sales/b.csv").write_text("")
    inputs = InputsSettings(path=str(tmp_path))
    assert [message.code for message in read_table(inputs, "sales", today=TODAY, fcs=None).messages] == ["empty_file"]
    only = read_table(inputs, "sales", today=TODAY, fcs=None, files={"sales/b.csv"})
    assert only.frame.height == 0
    assert [message.code for message in only.messages] == ["empty_file"]


def test_files_with_columns_in_another_order_and_without_optional_ones(tmp_path):
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales/a.csv").write_text("units,fc,sku,date\n1,A,a,2024-06-01\n")
    pl.DataFrame({"date": [date(2024, 6, 2)], "sku": ["a"], "fc": ["A"], "units": [2], "price": [3]}).write_parquet(
        tmp_path / "sales/b.parquet"
    )
    intake = read_table(InputsSettings(path=str(tmp_path)), "sales", today=TODAY, fcs=None)
    assert intake.frame.rows() == [
        ("sales/a.csv", 2, date(2024, 6, 1), "a", "A", 1.0, None),
        ("sales/b.parquet", 1, date(2024, 6, 2), "a", "A", 2.0, 3.0),
    ]
