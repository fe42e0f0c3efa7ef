"""What must hold whatever the input: a table comes back from any dialect, and no bytes bring intake down."""

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from data.contracts import INPUT_TABLES
from data.errors import InputError
from data.intake import read_table
from data.intake.contract import keep_contract
from data.intake.summing import sum_rows
from data.settings import InputsSettings

KEYS = st.text(st.characters(codec="cp1252", exclude_categories=("C", "Z")), min_size=1, max_size=8)
ROWS = st.lists(
    st.tuples(
        st.dates(date(2020, 1, 1), date(2024, 6, 30)),
        KEYS,
        KEYS,
        st.integers(0, 10**7).map(lambda cents: cents / 100),
        st.one_of(st.none(), st.integers(0, 10**5).map(lambda cents: cents / 100)),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:3],
)


def dialect_text(rows: list[tuple], separator: str, comma: bool, form: str, end: str, quoted: bool) -> str:
    def field(value: object) -> str:
        if isinstance(value, date):
            text = value.strftime(form)
        elif isinstance(value, float):
            text = f"{value:.2f}".replace(".", "," if comma else ".")
        else:
            text = "" if value is None else str(value)
        if quoted or any(mark in text for mark in (separator, '"')):
            return '"' + text.replace('"', '""') + '"'
        return text

    # One date settles the order of day and month, one number the decimal mark.
    settling = (date(2019, 12, 31), "settling", "row", 0.5, 0.25)
    lines = [("date", "sku", "fc", "units", "price"), settling, *rows]
    return end.join(separator.join(field(value) for value in line) for line in lines) + end


@settings(deadline=None, max_examples=150)
@given(
    ROWS,
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%b-%Y"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_a_table_comes_back_from_any_dialect(rows, separator, comma, form, end, quoted, encoding):
    with TemporaryDirectory() as folder:
        text = dialect_text(rows, separator, comma, form, end, quoted)
        Path(folder, "sales.csv").write_bytes(text.encode(encoding))
        intake = read_table(InputsSettings(path=folder), "sales", today=None, fcs=None)
    assert intake.quarantine.height == 0
    assert intake.frame.drop("source_file", "source_line").rows()[1:] == rows
    assert intake.frame["source_line"].to_list() == list(range(2, len(rows) + 3))


ALPHABET = st.one_of(st.binary(max_size=200), st.text('",;\t\n\r 0123456789-/.a\0é', max_size=200).map(str.encode))


@settings(deadline=None, max_examples=200)
@given(ALPHABET, st.booleans(), st.sampled_from(["sales", "stock"]))
def test_no_bytes_bring_intake_down(content, with_header, table):
    with TemporaryDirectory() as folder:
        header = b"date,sku,fc,units,on_hand,price\n" if with_header else b""
        Path(folder, f"{table}.csv").write_bytes(header + content)
        try:
            intake, told = read_table(InputsSettings(path=folder), table, today=date(2024, 7, 1), fcs=None), ""
        except InputError as error:
            intake, told = None, str(error)
    assert f"{table}.csv" in told if intake is None else INPUT_TABLES[table].is_valid(intake.frame)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=120), st.sampled_from([".parquet", ".xlsx"]))
def test_no_bytes_under_a_binary_name_bring_intake_down(content, ending):
    with TemporaryDirectory() as folder:
        Path(folder, f"sales{ending}").write_bytes(content)
        with pytest.raises(InputError, match=f"sales{ending}"):
            read_table(InputsSettings(path=folder), "sales", today=None, fcs=None)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9))), max_size=20)
)
def test_adding_up_agrees_with_a_loop(rows):
    groups: dict[tuple[int, str], list[tuple[int, int | None]]] = {}
    for day, sku, units, price in rows:
        groups.setdefault((day, sku), []).append((units, price))
    expected = []
    for (day, sku), group in groups.items():
        priced = [(units, price) for units, price in group if price is not None]
        weight = sum(units for units, _ in priced)
        mean = sum(u * p for u, p in priced) / weight if weight else sum(p for _, p in priced) / len(priced) if priced else None
        expected.append((date(2024, 1, 1) + timedelta(day), sku, sum(units for units, _ in group), mean))
    frame = pl.DataFrame(
        [
            ("f", number + 1, date(2024, 1, 1) + timedelta(day), sku, "A", units, price)
            for number, (day, sku, units, price) in enumerate(rows)
        ],
        schema=INPUT_TABLES["sales"].create_empty().schema,
        orient="row",
    )
    summed, shared = sum_rows(frame)
    assert [row[:3] for row in summed.select("date", "sku", "units").rows()] == [row[:3] for row in expected]
    assert summed["price"].to_list() == pytest.approx([row[3] for row in expected])
    assert shared == sum(len(group) for group in groups.values() if len(group) > 1)


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunks_do_not_change_what_keeps_the_contract(chunk):
    days = [date(2024, 1, 1) + timedelta(int(n)) for n in np.random.default_rng(1).integers(0, 20, 100)]
    frame = pl.DataFrame(
        {
            "source_file": "f",
            "source_line": range(1, 101),
            "date": days,
            "sku": [f"s{n % 3}" for n in range(100)],
            "fc": "A",
            "in_stock": 1.0,
        },
        schema=INPUT_TABLES["availability"].create_empty().schema,
    )
    unique = frame.filter(~pl.struct("date", "sku", "fc").is_duplicated())
    good, quarantine = keep_contract("availability", frame, chunk)
    assert_frame_equal(good.sort("source_line"), unique)
    assert sorted([*good["source_line"], *quarantine["source_line"]]) == list(range(1, 101))


def test_half_a_million_rows_as_parquet_and_as_text_are_the_same_table(tmp_path):
    """A smoke test of the vectorised path: 500,000 rows, a text table of which each field is read by its kind."""
    days = pl.date_range(date(2024, 1, 1), date(2024, 4, 9), eager=True)
    series = pl.DataFrame({"sku": [f"{n:06d}" for n in range(5000)], "fc": [f"F{n % 30}" for n in range(5000)]})
    frame = days.alias("date").to_frame().join(series, how="cross")
    frame = frame.with_columns(units=pl.Series(np.random.default_rng(7).poisson(3, frame.height)).cast(pl.Float64))
    for folder in ("p", "c"):
        (tmp_path / folder).mkdir()
    frame.write_parquet(tmp_path / "p/sales.parquet")
    frame.write_csv(tmp_path / "c/sales.csv", separator=";", date_format="%d/%m/%Y")
    read = [read_table(InputsSettings(path=str(tmp_path / folder)), "sales", today=date(2024, 4, 9), fcs=None) for folder in ("p", "c")]
    for intake in read:
        assert intake.messages == ()
        assert_frame_equal(intake.frame.select(frame.columns), frame)
