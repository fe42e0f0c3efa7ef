"""A run added up by seller, for one who looks after several."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from flows.report.formats import text

MONEY = ("order_value", "expected_lost_margin")


def by_seller(recommendations: pl.DataFrame, alerts: pl.DataFrame, currencies: Mapping[str, str]) -> list[dict[str, object]]:
    """Return a row per seller and currency, sellers by name, rows of no seller last; nothing where there are not two sellers.

    Keys: seller, currency, rows, order_lines, order_units, order_value, expected_lost_margin, stocked_out (rows with demand whose
    stock is known to be nothing), alerts (open ones of the rows). Sums are None where no row knows its part.
    """
    if recommendations["seller"].drop_nulls().n_unique() < 2:
        return []
    waiting = alerts.filter(pl.col("state") != "cleared", pl.col("snoozed_by").is_null()).group_by("fc", "sku").len("alerts")
    currency = pl.col("fc").replace_strict(dict(currencies), default="", return_dtype=pl.String).alias("currency")
    rows = recommendations.join(waiting, on=["fc", "sku"], how="left", maintain_order="left").with_columns(currency)
    parts = rows.sort(pl.col("seller").str.to_lowercase(), "seller", "currency", nulls_last=True, maintain_order=True).partition_by(
        ["seller", "currency"], maintain_order=True, as_dict=True
    )
    return [_added_up(seller, code, part) for (seller, code), part in parts.items()]


def _added_up(seller: object, currency: object, rows: pl.DataFrame) -> dict[str, object]:
    orders = rows.filter(pl.col("order_units") > 0)
    return {
        "seller": None if seller is None else text(seller),
        "currency": text(currency, 8),
        "rows": rows.height,
        "order_lines": orders.height if rows["order_units"].count() else None,
        "order_units": _sum(rows["order_units"]),
        **{name: _sum(rows[name]) for name in MONEY},
        "stocked_out": rows.filter((pl.col("on_hand") == 0) & (pl.col("demand_mean") > 0)).height,
        "alerts": int(rows["alerts"].sum()),
    }


def _sum(values: pl.Series) -> float | None:
    known = values.drop_nulls()
    # numpy adds in a fixed order, so that a rerun prints the same digits
    return float(np.sum(known.to_numpy())) if known.len() else None
