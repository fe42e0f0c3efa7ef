"""The report of real nights: what it takes from the lake, the forecasts' paths and the runs before."""

import base64
import gzip
import json
import re
from datetime import date
from typing import Any

import polars as pl
import pytest

from data.published import RunPaths, read_frame

pytestmark = pytest.mark.usefixtures("libraries_here")


def block(run: RunPaths, name: str) -> Any:
    found = re.search(rf'id="data-{name}">([^<]*)</script>', (run.path / "report.html").read_text())
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


def values(column: Any) -> list[Any]:
    return column if isinstance(column, list) else [None if at is None else column["values"][at] for at in column["at"]]


def test_the_second_night_is_told_against_the_first(ran: Any) -> None:
    first = ran.latest()
    assert block(first, "night")["previous"] is None
    assert block(first, "night")["earlier"] == []
    ran.deliver_sales(date(2024, 6, 10))
    ran.deliver_stock(date(2024, 6, 10))
    second = ran.night()
    told = block(second, "night")
    assert [night["run_id"] for night in told["earlier"]] == [first.run_id]
    before = {(row["fc"], row["sku"]): row["order_units"] for row in read_frame(first, "recommendations").to_dicts()}
    keys = zip(*(values(told["rows"]["columns"][name]) for name in ("fc", "sku")), strict=True)
    assert told["earlier"][0]["order_units"] == [before[key] for key in keys]
    old = read_frame(first, "recommendations")
    assert told["previous"]["money"]["EUR"]["order_value"] == pytest.approx(old["order_value"].sum())


def test_projected_stock_starts_from_the_count_and_takes_in_what_arrives(ran: Any) -> None:
    run = ran.latest()
    outlook, rows = read_frame(run, "stock_outlook"), read_frame(run, "recommendations")
    assert outlook.select("fc", "sku").unique().height == rows.filter(pl.col("on_hand").is_not_null()).height
    assert outlook["stock_p10"].min() >= 0, "unmet demand is lost in this shop"
    assert (outlook["stock_p10"] <= outlook["stock_p50"]).all()
    assert (outlook["stock_p50"] <= outlook["stock_p90"]).all()
    assert (outlook["stock_p50_without_order"] <= outlook["stock_p50"]).all()
    coming = outlook.filter(pl.col("inbound_units") > 0)
    assert coming.select("fc", "sku", "date", "inbound_units").rows() == [("N1", "004", date(2024, 6, 12), 30.0)]
    first_day = outlook.filter(date=date(2024, 6, 10)).join(rows.select("fc", "sku", "on_hand"), on=["fc", "sku"])
    assert (first_day["stock_p90"] <= first_day["on_hand"]).all(), "an order takes two days, so nothing comes in on the first"


def test_the_picture_shows_the_history_of_the_lake(ran: Any) -> None:
    run = ran.latest()
    rows, drawn = read_frame(run, "recommendations"), block(run, "pictures")
    assert len(drawn["demand"]) == rows.height
    sales = pl.read_csv(ran.inputs / "sales" / "until-2024-06-09.csv", try_parse_dates=True, schema_overrides={"sku": pl.String})
    row = rows.row(0, named=True)
    sold = sales.filter(fc=row["fc"], sku=row["sku"]).sort("date").tail(70)["units"].to_list()
    assert [value * drawn["demand_step"][0] for value in drawn["demand"][0]] == sold
