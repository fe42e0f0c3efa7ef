"""An input table from a query of a real server: the same rows as from a file, and a sentence for everything that can go wrong."""

import threading
import time
from datetime import date

import polars as pl
import pytest

from data.errors import InputError
from data.intake import ask, intake_of, read_table
from data.settings import InputsSettings, TableInput

TODAY = date(2024, 6, 30)
SALES = "CREATE TABLE sales (day date, sku text, fc text, units numeric(12, 3), price double precision)"


def inputs(query, table="sales", seconds=600, **config):
    return InputsSettings(path=".", query_timeout_seconds=seconds, **{table: TableInput(query=query, **config)})


def read(query, table="sales", fcs=None, **config):
    return read_table(inputs(query, table, **config), table, today=TODAY, fcs=fcs)


def error_of(query, table="sales", **config):
    with pytest.raises(InputError) as caught:
        read(query, table, **config)
    return str(caught.value)


@pytest.fixture
def sales(postgres):
    postgres.execute(
        SALES,
        "INSERT INTO sales VALUES ('2024-06-01', '007', 'F1', 2.5, 9.99), ('2024-06-01', 'ä', 'F1', 1, NULL)",
        "INSERT INTO sales VALUES ('2024-06-02', '007', 'F2', 0, 9)",
        database="shop",
    )
    return postgres


def test_rows_are_those_of_a_file_with_the_same_values(sales, tmp_path):
    frame = pl.DataFrame(
        {
            "day": [date(2024, 6, 1), date(2024, 6, 1), date(2024, 6, 2)],
            "sku": ["007", "ä", "007"],
            "fc": ["F1", "F1", "F2"],
            "units": [2.5, 1.0, 0.0],
            "price": [9.99, None, 9.0],
        }
    )
    frame.write_parquet(tmp_path / "sales.parquet")
    files = InputsSettings(path=str(tmp_path), sales=TableInput(columns={"day": "date"}))
    from_file = read_table(files, "sales", today=TODAY, fcs=None)
    from_query = read("SELECT * FROM sales", columns={"day": "date"})
    assert from_query.frame.drop("source_file", "source_line").equals(from_file.frame.drop("source_file", "source_line"))
    assert from_query.frame["source_file"].unique().to_list() == ["query of sales"]
    assert from_query.messages == from_file.messages


def test_a_query_may_end_in_a_semicolon_and_a_comment(sales):
    assert read("SELECT day AS date, sku, fc, units FROM sales WHERE sku <> 'x;\"' -- all of them\n;").frame.height == 3
    assert read("WITH s AS (SELECT * FROM sales) SELECT day AS date, sku, fc, units FROM s -- all").frame.height == 3


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3::smallint", 3.0),
        ("3::bigint", 3.0),
        ("1234567.125::numeric", 1234567.125),
        ("'1.500'::numeric(9, 3)", 1.5),
        ("2.5::real", 2.5),
        ("' 4 '::text", 4.0),
        ("'5'::char(8)", 5.0),
        ("NULL", None),
        ("NULL::numeric", None),
        ("'NaN'::numeric", None),
        ("'NaN'::float8", None),
    ],
)
def test_numbers_of_every_type(postgres, expression, value):
    intake = read(f"SELECT '2024-06-01'::date AS date, 'A' AS sku, 'F1' AS fc, 1 AS units, {expression} AS price")
    assert intake.frame["price"].to_list() == [value]


@pytest.mark.parametrize("expression", ["'Infinity'::float8", "'-Infinity'::numeric"])
def test_numbers_without_end_are_set_aside(postgres, expression):
    told = error_of(f"SELECT '2024-06-01'::date AS date, 'A' AS sku, 'F1' AS fc, 1 AS units, {expression} AS price")
    assert "not a finite number" in told


@pytest.mark.parametrize(
    ("expression", "day"),
    [
        ("'2024-06-01'::date", date(2024, 6, 1)),
        ("'2024-06-01 23:59:59.9'::timestamp", date(2024, 6, 1)),
        ("'2024-06-01'::text", date(2024, 6, 1)),
        ("'infinity'::date", None),
        ("'-infinity'::date", None),
        ("'infinity'::timestamp", None),
        ("'-infinity'::timestamp", None),
    ],
)
def test_days_of_every_type(postgres, expression, day):
    assert read(f"SELECT 'A' AS sku, {expression} AS launch_date", "items").frame["launch_date"].to_list() == [day]


@pytest.mark.parametrize("day", ["'infinity'::date", "'-infinity'::date", "'infinity'::timestamp", "'-infinity'::timestamp"])
def test_a_sale_on_no_day_is_set_aside(postgres, day):
    assert "date out of range" in error_of(f"SELECT {day} AS date, 'A' AS sku, 'F1' AS fc, 1 AS units")


def test_columns_of_any_name_are_mapped(postgres):
    query = """SELECT '2024-06-01'::date AS "Order ""Day\"\"", 'A' AS "SKU", 'F1' AS fc, 2 AS "q.units;--" """
    intake = read(query, columns={'Order "Day"': "date", "q.units;--": "units"})
    assert intake.frame.select("date", "sku", "units").rows() == [(date(2024, 6, 1), "A", 2.0)]


def test_true_and_false(postgres):
    rows = "SELECT '2024-06-01'::date AS date, 'A' AS sku, 'F1' AS fc, true AS in_stock UNION ALL SELECT '2024-06-02', 'A', 'F1', false"
    assert read(rows, "availability").frame["in_stock"].to_list() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("units", "said"),
    [
        ("ARRAY[1, 2]", "column units is of type int4[], which units cannot be read from. A single value a row was expected"),
        ("interval '1 day'", "column units is of type interval"),
        ("'a'::bytea", "column units is of type bytea"),
        ("12.5::money", "column units is of type money, which units cannot be read from. Let the query make it a number: units::numeric."),
    ],
)
def test_types_that_no_column_can_be_read_from(postgres, units, said):
    told = error_of(f"SELECT '2024-06-01'::date AS date, 'A' AS sku, 'F1' AS fc, {units} AS units")
    assert told.startswith("query of sales: ")
    assert said in told


def test_a_type_that_cannot_be_read_does_no_harm_where_the_column_is_not_needed(postgres):
    assert read("SELECT '2024-06-01'::date AS date, 'A' AS sku, 'F1' AS fc, 1 AS units, ARRAY[1] AS tags").frame.height == 1


def test_a_time_with_a_zone_is_no_day_until_the_query_says_where(postgres):
    query = "SELECT {} AS date, 'A' AS sku, 'F1' AS fc, 1 AS units"
    told = error_of(query.format("'2024-06-01 23:30+00'::timestamptz"))
    assert "which day it is depends on where" in told
    assert "(date AT TIME ZONE 'Europe/Berlin')::date AS date" in told
    berlin = read(query.format("('2024-06-01 23:30+00'::timestamptz AT TIME ZONE 'Europe/Berlin')::date"))
    assert berlin.frame["date"].to_list() == [date(2024, 6, 2)]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * FROM saels", 'relation "saels" does not exist. Mend [inputs.sales] query, or what it names in the database.'),
        ("SELECT dya AS date FROM sales", 'column "dya" does not exist'),
        ("SELECT day AS date, sku, fc FROM sales", 'sales needs a column "units", and there is none. Columns found: date, sku, fc'),
        ("SELECT day AS date, sku, sku, fc, units FROM sales", "gives two columns named sku"),
        ("SELECT day AS date, sku, fc, units FROM sales WHERE false", "gives no rows. Sales of at least one day were expected"),
        ("SELECT day AS date, sku, fc, units / (units - 1) AS units FROM sales", "division by zero"),
        ("DELETE FROM sales", "syntax error"),
        ("SELECT 1; DROP TABLE sales", "syntax error"),
    ],
)
def test_what_is_wrong_with_a_query_is_told(sales, query, said):
    told = error_of(query)
    assert told.startswith("query of sales: ")
    assert said in told
    assert "COPY" not in told
    assert sales.execute("SELECT count(*) FROM sales", database="shop") == [(3,)]


def test_a_query_cannot_write(sales):
    """Not even by a function that does."""
    sales.execute(
        "CREATE FUNCTION emptied() RETURNS int LANGUAGE sql AS 'DELETE FROM sales RETURNING 1'",
        database="shop",
    )
    told = error_of("SELECT day AS date, sku, fc, emptied() AS units FROM sales")
    assert "cannot execute DELETE in a read-only transaction" in told
    assert sales.execute("SELECT count(*) FROM sales", database="shop") == [(3,)]


def test_a_slow_query_is_given_up(sales):
    told = error_of("SELECT day AS date, sku, fc, pg_sleep(30)::text AS units FROM sales", seconds=1)
    assert "statement timeout" in told
    assert "[inputs] query_timeout_seconds" in told


def test_a_bad_row_is_told_by_its_key(sales):
    sales.execute("INSERT INTO sales VALUES ('2024-06-03', '007', 'F1', -2, 1), ('2024-06-03', '008', 'F9', 1, 1)", database="shop")
    intake = read("SELECT day AS date, sku, fc, units FROM sales", fcs=["F1", "F2"])
    assert intake.frame.height == 3
    assert intake.quarantine["source_line"].to_list() == [None, None]
    told = {message.code: message.message for message in intake.messages}
    assert told["negative_units"] == (
        '1 of 5 rows of sales were set aside: negative units, first: query of sales (date 2024-06-03, sku 007, fc F1: units is "-2").'
    )
    assert 'date 2024-06-03, sku 008, fc F9: fc is "F9"' in told["unknown_fc"]


def test_the_same_rows_are_the_same_content_in_whatever_order_they_lie(sales):
    query = inputs("SELECT * FROM sales", columns={"day": "date"})
    before = ask(query, "sales")
    sales.execute("CREATE TABLE turned AS SELECT * FROM sales ORDER BY day DESC, sku DESC", "TRUNCATE sales", database="shop")
    sales.execute("INSERT INTO sales SELECT * FROM turned", database="shop")
    after = ask(query, "sales")
    assert after.source == before.source
    assert after.frame.equals(before.frame)
    sales.execute("UPDATE sales SET price = 1 WHERE sku = 'ä'", database="shop")
    assert ask(query, "sales").source.sha256 != before.source.sha256


def test_an_empty_optional_table_is_said(sales):
    answer = ask(inputs("SELECT sku, units, fc, day AS expected_date FROM sales WHERE false", "inbound"), "inbound")
    intake = intake_of(inputs("SELECT 1", "inbound"), answer, today=TODAY, fcs=None)
    assert intake.frame.is_empty()
    assert [message.code for message in intake.messages] == ["empty_file"]


def test_a_server_that_goes_away_while_it_is_read_is_told(postgres):
    """Its process is ended from another connection as soon as it sends rows."""
    rows = "SELECT '2024-06-01'::date + i / 100000 AS date, i::text AS sku, 'F1' AS fc, 1 AS units FROM generate_series(1, 3000000) i"
    ended = threading.Event()

    def end():
        reading = "FROM pg_stat_activity WHERE query LIKE 'COPY%generate_series%' AND pid <> pg_backend_pid()"
        while not ended.is_set() and not postgres.execute(f"SELECT pg_terminate_backend(pid) {reading}"):
            time.sleep(0.01)

    killer = threading.Thread(target=end)
    killer.start()
    try:
        told = error_of(rows)
    finally:
        ended.set()
        killer.join()
    assert "It could not go on while the query was read: run again when it can." in told
