"""Every dialect in which exports write one and the same table: each is read as that table, and what is no row of it is set aside."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from data.intake import read_table
from data.settings import InputsSettings, TableInput

ROWS = [(date(2024, 3, 13), "Käse 1", "N1", 1234.5), (date(2024, 3, 31), "Käse 1", "N1", 2.0), (date(2024, 10, 27), "b", "N1", 0.25)]


def read(folder, **config: object):
    intake = read_table(InputsSettings(path=str(folder), sales=TableInput(**config)), "sales", today=date(2024, 11, 1), fcs=None)
    assert intake is not None
    return intake


def written(separator: str = ",", day: str = "%Y-%m-%d", unit: str = "{:.2f}", end: str = "\n", header: str = "date,sku,fc,units") -> str:
    lines = [[row[0].strftime(day), row[1], row[2], unit.format(row[3])] for row in ROWS]
    quoted = [[f'"{field}"' if separator in field else field for field in line] for line in lines]
    return end.join(separator.join(line) for line in [header.split(","), *quoted]) + end


def comma(text: str) -> str:
    return text.replace(".", ",")


PLAIN = written()
THOUSANDS = PLAIN.replace("1234.50", '"1,234.50"')

DIALECTS = {
    "plain": PLAIN,
    "semicolons, decimal commas": comma(written(";")),
    "semicolons, points between thousands": comma(written(";")).replace("1234,50", "1.234,50"),
    "tabs": written("\t"),
    "bars": written("|"),
    "sep= of a spreadsheet": "sep=;\n" + written(";"),
    "thousands by commas": THOUSANDS,
    "thousands by blanks": PLAIN.replace("1234.50", "1 234.50"),
    "thousands by narrow blanks, decimal commas": comma(written(";")).replace("1234,50", "1\u202f234,50"),
    "thousands by apostrophes": PLAIN.replace("1234.50", "1'234.50"),
    "windows line ends": written(end="\r\n"),
    "old line ends": written(end="\r"),
    "no last line end": PLAIN.rstrip("\n"),
    "byte order mark": "\ufeff" + PLAIN,
    "days first": written(day="%d/%m/%Y"),
    "months first": written(day="%m/%d/%Y"),
    "dots": written(day="%d.%m.%Y"),
    "two-digit years": written(day="%d/%m/%y"),
    "two-digit years, dots": written(day="%d.%m.%y"),
    "eight digits": written(day="%Y%m%d"),
    "named months": written(day="%d-%b-%Y"),
    "named months, two-digit years": written(day="%d-%b-%y"),
    "days of a spreadsheet": PLAIN.replace("2024-03-13", "45364").replace("2024-03-31", "45382").replace("2024-10-27", "45592"),
    "times": written(day="%Y-%m-%d 23:59:59"),
    "times with a zone": written(day="%Y-%m-%dT00:30:00+02:00"),
    "times in UTC": written(day="%Y-%m-%dT23:30:00Z"),
    "the hour that a change of the clocks leaves out": written(day="%Y-%m-%d 02:30:00"),
    "blanks around everything": PLAIN.replace(",", " , "),
    "names of columns in another case": written(header=" Date ,SKU,Fc,UNITS"),
    "every field in quotes": "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in PLAIN.splitlines()) + "\n",
    "blank lines": PLAIN.replace("\n", "\n\n"),
    "lines of separators": PLAIN + ",,,\n,,,\n",
}


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp1252"])
def test_the_table_is_the_same(tmp_path, name, encoding):
    if encoding == "cp1252" and not DIALECTS[name].isascii() and ("\u202f" in DIALECTS[name] or "\ufeff" in DIALECTS[name]):
        pytest.skip("the encoding has no such character")
    (tmp_path / "sales.csv").write_bytes(DIALECTS[name].encode(encoding))
    intake = read(tmp_path)
    assert intake.frame.select("date", "sku", "fc", "units").rows() == ROWS
    assert intake.quarantine.is_empty()


@pytest.mark.parametrize(
    ("name", "extra", "reason"),
    [
        ("a header again", "date,sku,fc,units", "not_a_date"),
        ("a sum at the end", "Total,,,1236.75", "not_a_date"),
        ("a sum under the numbers", ",,,1236.75", "missing_value"),
        ("a note at the end", "exported by hand on Monday", "not_a_date"),
        ("a word among numbers", "2024-03-14,Käse 1,N1,none left", "not_a_number"),
        ("a number with its unit", "2024-03-14,Käse 1,N1,3 pcs", "not_a_number"),
        ("a row cut short", "2024-03-14,Kä", "missing_value"),
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_what_is_no_row_is_set_aside_and_costs_no_other(tmp_path, name, extra, reason, last):
    header, *lines = PLAIN.splitlines()
    at = len(lines) if last else 1
    (tmp_path / "sales.csv").write_text("\n".join([header, *lines[:at], extra, *lines[at:]]) + "\n", encoding="utf-8")
    intake = read(tmp_path)
    assert intake.frame.select("date", "sku", "fc", "units").rows() == ROWS
    (row,) = intake.quarantine.select("source_line", "reason").rows()
    assert (row[0], row[1].split(",")[0]) == (at + 2, reason)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_a_moment_belongs_to_the_day_of_its_own_zone_also_when_clocks_change(tmp_path, zone):
    days = [date(2024, 3, 10), date(2024, 3, 31), date(2024, 4, 7), date(2024, 10, 6), date(2024, 10, 27)]
    moments = [datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZoneInfo(zone)) for day in days for hour in (0, 1, 3, 23)]
    frame = pl.DataFrame({"date": pl.Series(moments, dtype=pl.Datetime("us", zone)), "sku": "a", "fc": "N1", "units": 1.0})
    frame.write_parquet(tmp_path / "sales.parquet")
    assert read(tmp_path).frame.select("date", "units").rows() == [(day, 4.0) for day in days]
