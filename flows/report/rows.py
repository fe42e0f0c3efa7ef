"""The reorder table: which rows are shown, which are drawn, and what each says when it is opened."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from flows.report.contents import ReportData
from flows.report.explanation import explain, in_words
from flows.report.formats import days, money, percent, text, units, weekday
from flows.report.picture import draw

Row = dict[str, Any]
Key = tuple[str, str]


def rows_to_draw(recommendations: pl.DataFrame, n: int = 40) -> pl.DataFrame:
    """Return the keys (fc, sku) of the n rows that get a picture: those with something to do first, in the order given."""
    acting, idle = recommendations.filter(pl.col("action") != "none"), recommendations.filter(pl.col("action") == "none")
    return pl.concat([acting.head(n), idle.head(max(n - acting.height, 0))]).select("fc", "sku")


def reorder_rows(data: ReportData, max_rows: int) -> list[Row]:
    """Return the first `max_rows` recommendations as the template shows them, each with its anchor, its sentences and its picture."""
    shown = data.recommendations.head(max_rows)
    drawn = rows_to_draw(shown)
    histories, forecasts = _by_key(data.history, drawn), _by_key(data.forecasts, drawn)
    drawn_keys = set(drawn.iter_rows())
    rows = shown.to_dicts()
    for number, row in enumerate(rows, start=1):
        key = (row["fc"], row["sku"])
        row["anchor"] = f"row-{number}"
        row["why"] = in_words(row["reasons"], data.reasons)
        row["flags"] = in_words(row["data_flags"], data.reasons)
        row["sentences"] = explain(row, data.currency, data.reasons)
        row["facts"] = _facts(row, data.currency)
        row["picture"] = _draw(row, histories.get(key, []), forecasts.get(key, []), data) if key in drawn_keys else None
    return rows


def anchors(rows: list[Row]) -> Mapping[Key, str]:
    """Return where each shown row is found on the page."""
    return {(row["fc"], row["sku"]): row["anchor"] for row in rows}


def _draw(row: Row, history: list[Row], forecast: list[Row], data: ReportData) -> Any:
    arrival = row["arrival_date"] if row["order_units"] else None
    return draw(history, forecast, as_of=data.as_of, arrival=arrival, frequency=data.frequency)


def _by_key(frame: pl.DataFrame, keys: pl.DataFrame) -> dict[Key, list[Row]]:
    wanted = frame.join(keys, on=["fc", "sku"], how="semi")
    return {(str(key[0]), str(key[1])): part.to_dicts() for key, part in wanted.partition_by("fc", "sku", as_dict=True).items()}


def _facts(row: Row, currency: str | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the row's numbers in groups of (title, [(term, value)])."""
    stock = [
        ("On hand", units(row["on_hand"])),
        ("On the way", units(row["inbound_units"])),
        ("Inventory position", units(row["inventory_position"])),
        ("Days of cover", days(row["days_of_cover"])),
        ("… with what is on the way", days(row["days_of_cover_with_inbound"])),
    ]
    level = [
        ("Expected demand until next arrival", units(row["demand_mean"])),
        ("Median", units(row["protection_demand_p50"])),
        ("At the service level", units(row["protection_demand_target"])),
        ("Order-up-to level", units(row["order_up_to"])),
        ("Safety stock in it", units(row["safety_stock"])),
        ("Reorder point", units(row["reorder_point"])),
        ("Best order before cases and limits", units(row["raw_units"])),
    ]
    risk = [
        ("Out before this order arrives", percent(row["stockout_probability_before_arrival"])),
        ("Out before the next one, without it", percent(row["stockout_probability_without_order"])),
        ("Empty by: 1 in 10", weekday(row["stockout_date_p10"])),
        ("Empty by: even chance", weekday(row["stockout_date_p50"])),
        ("Empty by: 9 in 10", weekday(row["stockout_date_p90"])),
        ("Last date to order in time", weekday(row["order_by_date"])),
        ("Next chance to order", weekday(row["next_order_date"])),
        ("Saved by the last case", money(row["marginal_gain_last_case"], currency)),
    ]
    about = [("Supplier", text(row["supplier"]) or "–"), ("Seller", text(row["seller"])), ("Forecaster", text(row["model"]) or "–")]
    about.append(("Order last night", units(row["previous_order_units"])))
    return [("Stock", stock), ("Level", level), ("Risk", risk), ("About", [fact for fact in about if fact[1]])]
