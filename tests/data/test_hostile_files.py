"""Files that are no tables, or that nobody meant: refused in words within little time and memory, or read for what they are."""

import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InputError
from data.intake import read_table
from data.intake.text_rules import LONGEST_KEY, LONGEST_REGION, LONGEST_TEXT
from data.settings import InputsSettings
from data.sources.last_changes import last_changes, refuse_changed

HEADER = "date,sku,fc,units\n"
TABLE = HEADER + "2024-06-01,a,N1,3\n"


def read(folder: Path, table: str = "sales"):
    intake = read_table(InputsSettings(path=str(folder)), table, today=date(2024, 6, 30), fcs=None)
    assert intake is not None
    return intake


def reasons(folder: Path, table: str = "sales") -> list[tuple[int, str]]:
    return read(folder, table).quarantine.select("source_line", "reason").rows()


def read_within(folder: Path, memory: int) -> str:
    """What reading sales says in a process of its own that may take only so much memory."""
    code = (
        "import sys; from data.errors import InputError; from data.intake import read_table; from data.settings import InputsSettings\n"
        "try: print(read_table(InputsSettings(path=sys.argv[1]), 'sales', today=None, fcs=None).frame.height)\n"
        "except InputError as error: print(error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, folder],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "POLARS_MAX_THREADS": "2"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )
    return ended.stdout


@pytest.mark.parametrize("beginning", [TABLE, ""], ids=["after a table", "from the first byte"])
def test_a_file_without_line_ends_is_given_up_early(tmp_path, beginning):
    with (tmp_path / "sales.csv").open("wb") as file:
        file.write(beginning.encode())
        file.truncate(300 << 20)  # sparse: it takes no room
    if beginning:
        assert read_within(tmp_path, 1 << 30).startswith("sales.csv: has a line of over 1 MiB after line 2")
    else:
        with pytest.raises(InputError, match=r"^sales\.csv: has a line of over 1 MiB after line 0"):
            read(tmp_path)


def test_blank_lines_without_end_are_passed_over(tmp_path):
    begun = time.perf_counter()
    (tmp_path / "sales.csv").write_bytes(b"\n" * 20_000_000 + TABLE.encode())
    assert read(tmp_path).frame["source_line"].to_list() == [20_000_002]
    assert time.perf_counter() - begun < 15


def test_parquet_that_states_more_rows_than_memory_holds_is_refused(tmp_path):
    """60 million rows of repeated values in a file of under a megabyte."""
    index = pa.array(np.zeros(10_000_000, dtype=np.int32))
    columns = {
        name: pa.DictionaryArray.from_arrays(index, pa.array([text]))
        for name, text in {"date": "2024-06-01", "sku": "a", "fc": "N1"}.items()
    }
    rows = pa.table({**columns, "units": pa.DictionaryArray.from_arrays(index, pa.array([1.0]))})
    with pq.ParquetWriter(tmp_path / "sales.parquet", rows.schema, compression="zstd") as file:
        for _ in range(6):
            file.write_table(rows)
    assert (tmp_path / "sales.parquet").stat().st_size < 1_000_000
    assert read_within(tmp_path, 3 << 30).startswith("sales.parquet: states 60,000,000 rows, which take at least ")


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"PAR1\x15", "Parquet"), (b"%PDF-1.7", "PDF")],
)
def test_another_kind_of_file_under_the_name_of_a_text_is_told(tmp_path, beginning, kind):
    (tmp_path / "sales.csv").write_bytes(beginning + b"\0" * 100)
    with pytest.raises(InputError, match=rf"^sales\.csv: is an? {kind} .* under the name of a text table|^sales\.csv: is an? {kind} under"):
        read(tmp_path)


def test_utf32_is_read(tmp_path):
    (tmp_path / "sales.csv").write_bytes(TABLE.replace("a,", "Käse,").encode("utf-32"))
    assert read(tmp_path).frame["sku"].to_list() == ["Käse"]


@pytest.mark.parametrize("kind", ["fifo", "link to a fifo", "device", "loop", "dangling", "folder"])
def test_what_is_no_file_is_not_waited_for(tmp_path, kind):
    path = tmp_path / "sales.csv"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link to a fifo":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to({"device": "/dev/zero", "loop": "sales.csv", "dangling": "nowhere"}[kind])
    with pytest.raises(InputError, match="sales: required, but no file"):
        read(tmp_path)


def test_a_name_with_signs_of_a_pattern_is_that_of_one_file(tmp_path):
    (tmp_path / "sales").mkdir()
    frame = pl.DataFrame({"date": ["2024-06-01"], "sku": ["a"], "fc": ["N1"], "units": [1.0]})
    for name in ("part[1].parquet", "part*.parquet", "part1.parquet"):
        with (tmp_path / "sales" / name).open("wb") as file:
            frame.with_columns(sku=pl.lit(name)).write_parquet(file)
    assert read(tmp_path).frame.select("source_file", "sku").sort("sku").rows() == [
        (f"sales/{name}", name) for name in ("part*.parquet", "part1.parquet", "part[1].parquet")
    ]


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a\nb.csv", b"\x1b]0;x\x07.csv"])
def test_a_name_that_is_no_text_is_refused_and_shown_harmless(tmp_path, name):
    (tmp_path / "sales").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "sales") + b"/" + name)).write_text(TABLE)
    with pytest.raises(InputError, match="Rename it") as refused:
        read(tmp_path)
    assert str(refused.value).isprintable()


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text(TABLE)
    files = {"sales.csv": path}
    before = last_changes(files)
    refuse_changed(files, before)
    with path.open("a") as file:
        file.write("2024-06-02,a,N1,4\n")
    with pytest.raises(InputError, match=rf"^sales\.csv: is still being written: it had {len(TABLE)} bytes"):
        refuse_changed(files, before)
    path.unlink()
    with pytest.raises(InputError, match=r"^sales\.csv: cannot be read"):
        refuse_changed(files, before)


def test_bytes_in_parquet_are_text_where_they_can_be(tmp_path):
    frame = pl.DataFrame({"date": ["2024-06-01"], "sku": [b"K\xc3\xa4se"], "fc": ["N1"], "units": [1.0]})
    frame.write_parquet(tmp_path / "sales.parquet")
    assert read(tmp_path).frame["sku"].to_list() == ["Käse"]
    frame.with_columns(sku=pl.lit(b"\xff\xfe")).write_parquet(tmp_path / "sales.parquet")
    with pytest.raises(InputError, match="column sku holds bytes that are not UTF-8"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ("1e308", "too_large"),
        ("1e9", "too_large"),
        ("1e309", "not_finite"),
        ("-1e308", "negative_units"),
        ("9" * 400, "not_finite"),
        ("0x10", "not_a_number"),
    ],
)
def test_numbers_that_cannot_be_meant_are_set_aside(tmp_path, units, reason):
    (tmp_path / "sales.csv").write_text(TABLE + f"2024-06-01,b,N1,{units}\n")
    assert reasons(tmp_path) == [(3, reason)]


def test_rows_that_add_up_to_too_much_are_set_aside(tmp_path):
    (tmp_path / "sales.csv").write_text(TABLE + "2024-06-01,b,N1,60000000\n" * 2)
    quarantine = read(tmp_path).quarantine
    assert quarantine.select("column", "found").rows() == [("units", "120000000")]


@pytest.mark.parametrize("year", ["0001", "1924", "2204", "9999", "0000"])
def test_a_slip_in_a_year_makes_no_history_of_centuries(tmp_path, year):
    (tmp_path / "sales.csv").write_text(TABLE + f"{year}-06-01,b,N1,1\n")
    (found,) = reasons(tmp_path)
    assert found[1] in ("date_out_of_range", "not_a_date", "not_a_date,missing_value")


def test_a_delivery_after_decades_is_set_aside(tmp_path):
    (tmp_path / "receipts.csv").write_text(
        "sku,fc,ordered_date,units_ordered,received_date\na,N1,1990-01-01,5,2024-06-01\na,N1,2024-05-01,5,2024-06-01\n"
    )
    assert reasons(tmp_path, "receipts") == [(2, "lead_time_too_long")]


@pytest.mark.parametrize(
    "marked", ["\u200ba", "a\u200b", "\ufeffa", "\u202aa\u202c", "\u200fa", " \u2060 a", "\xa0a\u3000", "\u2066a\u2069"]
)
def test_invisible_marks_around_a_key_are_blanks(tmp_path, marked):
    (tmp_path / "sales.csv").write_text(TABLE + f"2024-06-01,{marked},N1,4\n", encoding="utf-8")
    assert read(tmp_path).frame.select("sku", "units").rows() == [("a", 7.0)]


def test_case_and_inner_blanks_of_a_key_tell_items_apart(tmp_path):
    (tmp_path / "sales.csv").write_text(TABLE + "2024-06-01,A,N1,4\n2024-06-01,a a,N1,5\n2024-06-01,a  a,N1,6\n")
    assert read(tmp_path).frame["sku"].sort().to_list() == ["A", "a", "a  a", "a a"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("x" * (LONGEST_KEY + 1), "text_too_long"),
        ("x" * 100_000, "text_too_long"),
        ("a\0b", "control_character"),
        ("\x1b]0;x\x07", "control_character"),
        ("a\x9bb", "control_character"),
        ('"a\nb"', "control_character"),
        ('"a\tb"', "control_character"),
    ],
)
@pytest.mark.parametrize("column", ["sku", "fc"])
def test_keys_that_nobody_means_are_set_aside(tmp_path, key, reason, column):
    sku, fc = (key, "N1") if column == "sku" else ("b", key)
    (tmp_path / "sales.csv").write_text(TABLE + f"2024-06-01,{sku},{fc},1\n", encoding="utf-8", newline="")
    assert reasons(tmp_path) == [(3, reason)]


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=120))
def test_every_region_that_is_taken_fits_into_a_folder(tmp_path_factory, region):
    from urllib.parse import quote

    folder = tmp_path_factory.mktemp("regions")
    pl.DataFrame({"fc": ["N1", "N2"], "region": ["north", region]}).write_csv(folder / "locations.csv")
    taken = read(folder, "locations").frame["region"].to_list()
    assert (taken == ["north", region]) == (len(quote(region, safe="")) <= LONGEST_REGION)


def test_a_title_without_end_is_set_aside(tmp_path):
    (tmp_path / "items.csv").write_text(f"sku,name\na,short\nb,{'x' * (LONGEST_TEXT + 1)}\n")
    assert reasons(tmp_path, "items") == [(3, "text_too_long")]
