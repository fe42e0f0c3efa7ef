"""The parts of the report besides the reorder table: alerts, messages, data set aside, accuracy, times, the run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from flows.report.formats import count, percent, seconds, text, units, words
from models.alert_list import rest_in_words

Row = dict[str, Any]
_SEVERITY = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class AlertList:
    """The listed alerts, most money first, and what is left out of the list."""

    rows: list[Row]
    open: int
    new: int
    cleared: int
    rest: str | None
    """What is open and not listed, counted by kind, in words."""


def alert_list(
    alerts: pl.DataFrame, recommendations: pl.DataFrame, anchors: Mapping[tuple[str, str], str], currency: str | None = None
) -> AlertList:
    """Return the listed alerts, each with its item's name and, where it is shown, the anchor of its row."""
    names = recommendations.select("fc", "sku", "name")
    rows = alerts.filter("listed").join(names, on=["fc", "sku"], how="left", maintain_order="left").to_dicts()
    for row in rows:
        row["anchor"] = anchors.get((row["fc"], row["sku"]))
    still_open = alerts.filter(pl.col("state") != "cleared")
    return AlertList(
        rows=rows,
        open=still_open.height,
        new=still_open.filter(pl.col("state") == "new").height,
        cleared=alerts.height - still_open.height,
        rest=rest_in_words(alerts, currency),
    )


def message_groups(messages: pl.DataFrame, limit: int = 100) -> tuple[list[Row], int]:
    """Return plan messages, each kind once with its number and first instance, gravest first, and how many kinds are left out."""
    groups = (
        messages.with_columns(rank=pl.col("severity").replace_strict(_SEVERITY, default=9, return_dtype=pl.Int8))
        .group_by("rank", "severity", "code", "table", "region", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("message", "fix", "fc", "sku").first())
        .sort("rank", "rows", descending=[False, True], maintain_order=True)
    )
    return groups.head(limit).to_dicts(), max(groups.height - limit, 0)


def why_nothing(recommendations: pl.DataFrame, messages: pl.DataFrame) -> Row | None:
    """Return why this run recommends no order at all (`why`, `fix`), or None when orders were worked out.

    `why` completes the sentence "This run recommends nothing because …".
    """
    if recommendations["order_units"].count():
        return None
    about_stock = messages.filter((pl.col("table") == "stock") & pl.col("sku").is_null())
    gravest = about_stock if about_stock.height else messages.filter(pl.col("severity") == "error")
    if gravest.height:
        first = gravest.row(0, named=True)
        return {"why": text(first["message"], 400), "fix": text(first["fix"], 400)}
    if recommendations.height:
        return {"why": "stock is unknown for every item.", "fix": "Deliver the stock table; forecasts are published meanwhile."}
    return {"why": "no item was active on its last day.", "fix": "See whether the sales reach up to the as-of day, and the messages below."}


def measures(metrics: pl.DataFrame, group: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return one group of metrics as a table: names across, segments down, the whole run first; values as text."""
    chosen = metrics.filter(pl.col("group") == group)
    names = chosen["name"].unique(maintain_order=True).to_list()
    values = {
        (segment, name): _with_unit(value, unit)
        for name, segment, value, unit in chosen.select("name", "segment", "value", "unit").iter_rows()
    }
    segments = sorted(chosen["segment"].unique().to_list(), key=lambda segment: (segment is not None, segment))
    table = [(text(segment) or "whole run", [values.get((segment, name), "") for name in names]) for segment in segments]
    return [words(name).replace("wape", "WAPE") for name in names], table


def stage_times(metrics: pl.DataFrame) -> list[tuple[str, str, float]]:
    """Return what each stage took: name, time as text, share of the longest, in the order measured."""
    rows = metrics.filter((pl.col("group") == "time") & pl.col("value").is_not_null()).select("name", "segment", "value").rows()
    longest = max((value for _, _, value in rows), default=0.0) or 1.0
    return [
        (
            text(segment)
            if name == "stage_seconds" and segment
            else " ".join([words(name.removesuffix("_seconds")), text(segment)]).strip(),
            seconds(value),
            value / longest,
        )
        for name, segment, value in rows
    ]


def run_facts(manifest: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the manifest's plain entries as (term, value) and its nested ones as (term, indented JSON)."""
    plain, nested = [], []
    for key, value in manifest.items():
        if isinstance(value, Mapping | list | tuple):
            if value:
                nested.append((words(key), _printable(json.dumps(value, indent=2, default=str, ensure_ascii=False))))
        elif value is not None:
            plain.append((words(key), text(value, 200)))
    return plain, nested


def _printable(block: str, limit: int = 20_000) -> str:
    lines = [text(line, 200) for line in block[:limit].splitlines()]
    return "\n".join([*lines, "…"] if len(block) > limit else lines)


def _with_unit(value: float | None, unit: str | None) -> str:
    if unit == "share":
        return percent(value, 1)
    if unit == "seconds":
        return seconds(value)
    if value is not None and unit in (None, "") and abs(value) < 10:
        return f"{value:.3g}"
    return count(value, text(unit, 20), text(unit, 20)) if unit and value is not None else units(value)
