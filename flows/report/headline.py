"""The numbers at the top of the report, and which of a run's money may be added up."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

Numbers = dict[str, float | None]

MONEY = ("value_at_risk", "order_value", "overstock_value")
"""Headline numbers in money."""


@dataclass(frozen=True)
class Headline:
    """A run's headline: numbers that know no currency, and money by currency code, "" where none is known."""

    numbers: Numbers
    money: dict[str, Numbers]


def headline_numbers(recommendations: pl.DataFrame, alerts: pl.DataFrame, metrics: pl.DataFrame, currencies: Mapping[str, str]) -> Numbers:
    """Return a run's headline numbers by name; None where the run does not know it, or where currencies differ and nothing can be added.

    Money is in the run's currency, `in_stock_rate` and `wape` are shares, the others are units or counts.
    """
    headline = headline_of(recommendations, alerts, metrics, currencies)
    one = next(iter(headline.money.values())) if len(headline.money) == 1 else dict.fromkeys(MONEY)
    return {"value_at_risk": one["value_at_risk"], **headline.numbers, **{name: one[name] for name in MONEY[1:]}}


def headline_of(recommendations: pl.DataFrame, alerts: pl.DataFrame, metrics: pl.DataFrame, currencies: Mapping[str, str]) -> Headline:
    """Return a run's headline; `currencies` is fc → currency code.

    `in_stock_rate` is the share of items × locations in demand whose stock is known that have something to sell.
    """
    orders = recommendations.filter(pl.col("order_units") > 0)
    open_alerts = alerts.filter(pl.col("state") != "cleared")
    wanted = recommendations.filter(pl.col("on_hand").is_not_null() & (pl.col("demand_mean") > 0))
    numbers: Numbers = {
        "expected_lost_units": _total(recommendations, "expected_lost_units"),
        "order_lines": float(orders.height) if recommendations["order_units"].count() else None,
        "order_units": _total(recommendations, "order_units"),
        "in_stock_rate": round(float((wanted["on_hand"] > 0).sum()) / wanted.height, 4) if wanted.height else None,
        "stocked_out": float(_places(open_alerts, "stocked_out")),
        "overstock": float(_places(open_alerts, "overstock")),
        "wape": wape_by_rule(metrics).get("", None),
    }
    overstock = open_alerts.filter(pl.col("kind") == "overstock")
    money: dict[str, Numbers] = {}
    for currency in _used(recommendations, currencies):
        here, held = (frame.filter(_currency(currencies) == currency) for frame in (recommendations, overstock))
        money[currency] = {
            "value_at_risk": _total(here, "expected_lost_margin"),
            "order_value": _total(here, "order_value"),
            "overstock_value": _total(held, "value_at_risk"),
        }
    return Headline(numbers, money or {"": dict.fromkeys(MONEY)})


def wape_by_rule(metrics: pl.DataFrame) -> dict[str, float]:
    """Return the run's forecast error (metric `wape`, under "") and that of each simple rule (`wape_<rule>`), as shares."""
    whole_run = metrics.filter((pl.col("group") == "accuracy") & pl.col("segment").is_null() & pl.col("value").is_not_null())
    return {
        name.removeprefix("wape").lstrip("_"): value
        for name, value in whole_run.select("name", "value").iter_rows()
        if name == "wape" or name.startswith("wape_")
    }


def _currency(currencies: Mapping[str, str]) -> pl.Expr:
    return pl.col("fc").replace_strict(dict(currencies), default="", return_dtype=pl.String).fill_null("")


def _used(recommendations: pl.DataFrame, currencies: Mapping[str, str]) -> list[str]:
    return sorted(recommendations.select(_currency(currencies)).to_series().unique().to_list())


def _total(frame: pl.DataFrame, column: str) -> float | None:
    known = frame[column].drop_nulls()
    # numpy adds in a fixed order, so that a rerun prints the same digits
    return float(np.sum(known.to_numpy())) if known.len() else None


def _places(alerts: pl.DataFrame, kind: str) -> int:
    return alerts.filter(pl.col("kind") == kind).select("fc", "sku").unique().height
