"""A night on input that was made to do harm: everybody else's numbers come out, and what harms is named and set aside."""

import os
import stat
from datetime import date, timedelta

import polars as pl
import pytest

from data.published import read_frame

HOSTILE = [
    "../../up",
    "/etc/passwd",
    "CON",
    ".",
    "%2e%2e%2f",
    "=1+1|cmd",
    "</script><script>",
    "a'; DROP TABLE runs;--",
    "x\u202ey",
    "ａ／ｂ",
]
DAYS = [date(2024, 6, 9) - timedelta(days=back) for back in range(40)]


def add(shop, name: str, *lines: str) -> None:
    path = shop.inputs / name
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def attacked(shop):
    """The shop, among whose rows are some of every harmful kind."""
    sales = next((shop.inputs / "sales").iterdir()).relative_to(shop.inputs)
    names = [f'{day},"{name}",N1,3' for name in HOSTILE for day in DAYS]
    add(
        shop,
        str(sales),
        "2024-06-01,big,N1,1e308",
        "2204-06-01,001,N1,3",
        "2024-06-01,\x1b]0;x\x07,N1,3",
        f"2024-06-01,{'k' * 100_000},N1,1",
        *names,
    )
    add(shop, "stock/2024-06-09.csv", "2024-06-09,001,S9,1", "2024-06-09,big,N1,1e300", *[f'2024-06-09,"{name}",N1,0' for name in HOSTILE])
    add(
        shop, "items.csv", "big,Big,C1,1e308,1e308", "long," + "n" * 100_000 + ",C1,1,1", *[f'"{name}","{name}",C1,1,2' for name in HOSTILE]
    )
    add(shop, "supply.csv", "big,Acme,1e-300,1e308")
    add(shop, "inbound.csv", "003,N1,1e15,2024-06-12,PO-2", "003,N1,5,2100-12-31,PO-3")
    add(shop, "plan.csv", "2100-12-31,001,1", "1990-01-01,001,1")
    add(shop, "events.csv", "2100-12-31,far", "1990-01-01,old")
    shop.write("drivers.csv", "date,name,value\n1990-01-01,rain,1\n2024-06-01,rain,1e300\n2024-06-02,rain,-1e300\n2024-06-03,rain,2\n")
    shop.write(
        "receipts.csv", "sku,fc,ordered_date,units_ordered,received_date\n003,N1,1990-01-01,5,2024-06-01\n003,N1,2024-05-01,5,2024-05-04\n"
    )
    return shop


def test_the_others_numbers_come_out_and_nothing_leaves_its_folder(attacked):
    root = attacked.root
    before = {path.name for path in root.parent.iterdir()}
    umask = os.umask(0o022)
    try:
        run = attacked.night()
    finally:
        os.umask(umask)
    told = {row["code"] for row in attacked.messages()}
    assert {"too_large", "too_small", "text_too_long", "control_character", "date_out_of_range", "lead_time_too_long", "unknown_fc"} <= told
    forecasts = read_frame(run, "forecasts")
    assert set(HOSTILE) < set(forecasts["sku"]), "odd names are names"
    assert forecasts.select(pl.col("mean", "p05", "p95").is_finite().all()).row(0) == (True, True, True)
    assert forecasts["mean"].max() < 1_000
    orders = read_frame(run, "recommendations")
    assert orders["order_units"].fill_null(0).max() < 10_000
    # What was written lies where it belongs, and only its owner can write to it.
    assert {path.name for path in root.parent.iterdir()} == before
    written = [path for folder in (attacked.out, attacked.lake) for path in folder.rglob("*") if not path.is_symlink()]
    assert not [path for path in written if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)]
    assert not [path for path in written if not path.resolve().is_relative_to(root)]
    # Texts of data are data in every file that people open.
    assert "<script>," not in (run.path / "report.html").read_text()
    assert not [line for line in (run.path / "recommendations.csv").read_text().splitlines() if ",=1+1" in line]


@pytest.mark.parametrize(
    "named", ["../x", "/etc/passwd", "..", ".", "", "a\nb", "x" * 300, "%2e%2e%2f", "\x1b[2J", "ｌａｔｅｓｔ", "latest/../.."]
)
def test_no_run_is_found_outside_by_its_name(ran, capsys, named):
    for command in (("report", named), ("rerun", named), ("diff", "latest", named), ("why", "001", "N1", "--run", named)):
        assert ran.fillrate(*command) != 0
        said = capsys.readouterr()
        assert said.err.startswith("fillrate: ")
        assert "unexpected" not in said.err
        assert "\x1b" not in said.err
