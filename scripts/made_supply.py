"""Make what no retailer publishes, plausibly from the sales: stock, inbound, terms of supply, costs, receipts.

Every supplier works by a base-stock policy: an order replaces what sold since the one before, in whole cases. The lines still open
on the last day are `inbound`, the closed ones the history in `receipts`; a supplier's habits decide which come late or short.
Numbers are drawn by name (see keyed_draws), so a series gets the same ones in every cut of the data.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scripts.keyed_draws import keys, uniform

SEED = 20240611
CASE_PACKS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 20, 24, 40])


@dataclass(frozen=True)
class Supplier:
    """A made supplier: its terms in days, and how often a line of it comes late or short."""

    name: str
    lead_time: int
    review: int
    weekdays: tuple[str, ...] = ()
    late: float = 0.0
    short: float = 0.0
    has_receipts: bool = False
    lead_time_sd: float | None = None


SUPPLIERS = (
    Supplier("Morning Farms", 1, 1),
    Supplier("Green Valley", 1, 1, late=0.06, short=0.05, has_receipts=True),
    Supplier("North Bakery", 1, 1),
    Supplier("Harbour Fish", 1, 2, late=0.15, short=0.20, has_receipts=True),
    Supplier("Dairy Union", 2, 1),
    Supplier("Hill Orchard", 2, 2, weekdays=("Mon", "Wed", "Fri"), late=0.10, short=0.15, has_receipts=True),
    Supplier("Cold Chain", 3, 2, late=0.10, lead_time_sd=0.8),
    Supplier("Pantry Trade", 5, 3, weekdays=("Mon", "Thu"), late=0.20, short=0.08, has_receipts=True),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def made_tables(tables: dict[str, pl.DataFrame], out_at_close: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return items with terms, supply, stock, inbound and receipts for the sales in `tables`, as of their last day.

    Parameters
    ----------
    tables
        The real tables, of which sales (every series on every day), items and locations are used.
    out_at_close
        sku, fc, out: whether the item was out of stock at the close of the last day.
    """
    sales = tables["sales"].sort("fc", "sku", "date")
    days = sales["date"].unique().sort()
    series = sales.select("fc", "sku").unique(maintain_order=True)
    if sales.height != series.height * len(days):
        raise ValueError(f"sales has {sales.height} rows, expected {series.height} series × {len(days)} days: a series has gaps")
    sold = sales["units"].to_numpy().reshape(series.height, len(days))
    items = _items(tables["items"], series, sold)
    supply = _supply(items, series)
    terms = _terms_per_series(items, supply, series)
    lines = _order_lines(terms, sold, days.to_list())
    as_of: date = days[-1]
    return {
        "items": items.drop("holding_cost"),
        "supply": supply,
        "stock": _stock(terms, sold, out_at_close, as_of),
        "inbound": _inbound(lines, as_of),
        "receipts": _receipts(lines, as_of),
    }


def _items(items: pl.DataFrame, series: pl.DataFrame, sold: NDArray[np.int64]) -> pl.DataFrame:
    """Return items with supplier, costs, case_pack and moq; a case is about a day's sales of an ordinary fc."""
    key, category = keys(items["sku"].to_list(), seed=SEED), keys(items["category"].to_list(), seed=SEED)
    price = np.round(3.0 * 12.0 ** uniform(key, 0), 1)
    unit_cost = np.round(price * (0.55 + 0.25 * uniform(key, 1)), 2)
    daily = series.with_columns(total=pl.Series(sold.sum(axis=1))).group_by("sku").agg(pl.col("total").sum(), fcs=pl.len())
    daily_units = items.join(daily, on="sku", how="left", maintain_order="left").select(pl.col("total") / pl.col("fcs") / sold.shape[1])
    case_pack = CASE_PACKS[np.searchsorted(CASE_PACKS, np.maximum(daily_units.to_series().to_numpy(), 1), side="right") - 1]
    supplier = np.minimum(uniform(category, 2) * len(SUPPLIERS), len(SUPPLIERS) - 1).astype(int)
    return items.with_columns(
        supplier=pl.Series([SUPPLIERS[index].name for index in supplier]),
        unit_cost=pl.Series(unit_cost),
        price=pl.Series(price),
        case_pack=pl.Series(case_pack),
        moq=pl.Series(np.where(uniform(key, 3) < 0.25, 2 * case_pack, 0)),
        # money bound is little: what is left of fresh goods at night loses 2 to 8% of its cost
        holding_cost=pl.Series(np.round(unit_cost * (0.02 + 0.06 * uniform(category, 4)), 3)),
    )


def _supply(items: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Return the terms per sku, and per sku × fc for the one fc in ten that lies a day further from its suppliers."""
    profiles = pl.DataFrame(
        {
            "supplier": [supplier.name for supplier in SUPPLIERS],
            "lead_time_days": [supplier.lead_time for supplier in SUPPLIERS],
            "lead_time_sd": [supplier.lead_time_sd for supplier in SUPPLIERS],
            "review_days": [supplier.review for supplier in SUPPLIERS],
            "order_weekdays": [",".join(supplier.weekdays) or None for supplier in SUPPLIERS],
        }
    )
    per_sku = items.join(profiles, on="supplier", how="left", maintain_order="left").select(
        *("sku", pl.lit(None, pl.String).alias("fc"), "supplier", "lead_time_days", "lead_time_sd", "review_days", "order_weekdays"),
        "holding_cost",
        shortage_cost=(pl.col("price") - pl.col("unit_cost")).round(2),
    )
    fcs = series.select("fc").unique().sort("fc")
    remote = fcs.filter(pl.Series(uniform(keys(fcs["fc"].to_list(), seed=SEED), 5) < 0.1))
    per_fc = (
        series.join(remote, on="fc", how="semi")
        .join(per_sku.drop("fc"), on="sku")
        .with_columns(pl.col("lead_time_days") + 1)
        .select(per_sku.columns)
    )
    return pl.concat([per_sku, per_fc]).sort("sku", "fc", nulls_last=False)


def _terms_per_series(items: pl.DataFrame, supply: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Return fc, sku, supplier, lead_time, case_pack and a draw key per series, in the order of `series`."""
    narrow = supply.filter(pl.col("fc").is_not_null()).select("fc", "sku", near="lead_time_days")
    wide = supply.filter(pl.col("fc").is_null()).select("sku", "lead_time_days", "supplier", "review_days")
    terms = (
        series.join(items.select("sku", "case_pack"), on="sku", how="left", maintain_order="left")
        .join(wide, on="sku", how="left", maintain_order="left")
        .join(narrow, on=["fc", "sku"], how="left", maintain_order="left")
        .with_columns(lead_time=pl.coalesce("near", "lead_time_days"))
    )
    key = keys([f"{fc} {sku}" for fc, sku in series.iter_rows()], seed=SEED)
    return terms.with_columns(key=pl.Series(key), overstocked=pl.Series(uniform(key, 6) < 0.04)).drop("near", "lead_time_days")


def _order_days(supplier: Supplier, days: list[date]) -> list[int]:
    """Return the positions in `days` on whose morning the supplier took an order, oldest first; the day after the last one is tonight's."""
    if supplier.weekdays:
        return [index for index, day in enumerate(days) if index and WEEKDAYS[day.weekday()] in supplier.weekdays]
    return list(range(len(days) % supplier.review or supplier.review, len(days), supplier.review))


def _order_lines(terms: pl.DataFrame, sold: NDArray[np.int64], days: list[date]) -> pl.DataFrame:
    """Return a row per order line ever sent, with the day it came (or will come) and the units that came."""
    parts = []
    for number, supplier in enumerate(SUPPLIERS, start=1):
        mine = terms.with_row_index("series").filter(pl.col("supplier") == supplier.name)
        sent = _order_days(supplier, days)
        sold_before = sold[mine["series"].to_numpy()].cumsum(axis=1)[:, np.array(sent) - 1]
        case = mine["case_pack"].to_numpy()[:, None]
        cases = np.diff(-(-sold_before // case), prepend=0, axis=1)
        # nobody reorders what he has too much of
        cases[np.ix_(mine["overstocked"].to_numpy(), np.array(sent) >= len(days) - 14)] = 0
        row, turn = np.nonzero(cases)
        key, day = mine["key"].to_numpy()[row], np.array(sent)[turn]
        ordered = np.array(days, "datetime64[D]")[day]
        promised = ordered + mine["lead_time"].to_numpy()[row]
        delay = np.where(uniform(key, 100 + 4 * day) < supplier.late, 1 + (3 * uniform(key, 101 + 4 * day)).astype(int), 0)
        units = (cases * case)[row, turn]
        part = np.where(uniform(key, 102 + 4 * day) < supplier.short, 0.3 + 0.6 * uniform(key, 103 + 4 * day), 1.0)
        parts.append(
            mine[row]
            .select("sku", "fc", "supplier")
            .with_columns(
                ordered_date=pl.Series(ordered).cast(pl.Date),
                promised_date=pl.Series(promised).cast(pl.Date),
                received_date=pl.Series(promised + delay).cast(pl.Date),
                units_ordered=pl.Series(units),
                units_received=pl.Series(np.floor(units * part).astype(np.int64)),
                has_receipts=pl.lit(supplier.has_receipts),
            )
            .with_columns(order_id=pl.format("PO-{}-{}-{}", pl.col("ordered_date").dt.strftime("%y%m%d"), "fc", pl.lit(number)))
        )
    return pl.concat(parts).sort("fc", "sku", "ordered_date")


def _stock(terms: pl.DataFrame, sold: NDArray[np.int64], out_at_close: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the snapshot at the close of `as_of`: nothing where the item was out, else one to three days' cover.

    About one row in twelve is nearly out and one in twenty-five has 25 to 85 days' cover.
    """
    key = terms["key"].to_numpy()
    recent = sold[:, -28:].mean(axis=1)
    cover = terms["review_days"].to_numpy() / 2 + 0.5 + 1.5 * uniform(key, 7)
    cover = np.where(uniform(key, 8) < 0.08, 0.4 * uniform(key, 9), cover)
    cover = np.where(terms["overstocked"].to_numpy(), 25 + 60 * uniform(key, 10), cover)
    on_hand = np.where(recent > 0, np.maximum(np.round(recent * cover), 1), np.round(3 * uniform(key, 11))).astype(np.int64)
    stock = terms.select(pl.lit(as_of).alias("date"), "sku", "fc", on_hand=pl.Series(on_hand))
    out = pl.col("out").fill_null(value=False)
    return (
        stock.join(out_at_close, on=["sku", "fc"], how="left", maintain_order="left")
        .with_columns(on_hand=pl.when(out).then(0).otherwise("on_hand"))
        .drop("out")
    )


def _inbound(lines: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the lines not here at the close of `as_of`, by their promised date: an overdue line keeps the day it was promised for."""
    return lines.filter(pl.col("received_date") > as_of).select(
        *("sku", "fc", pl.col("units_ordered").alias("units"), pl.col("promised_date").alias("expected_date")),
        pl.lit(as_of).alias("date"),
        pl.when(pl.col("promised_date") <= as_of).then(pl.lit("overdue")).otherwise(pl.lit("in transit")).alias("status"),
        *("order_id", "ordered_date"),
    )


def _receipts(lines: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the lines of the suppliers that keep a record, of the last eight weeks; open ones without a received date."""
    came = pl.col("received_date") <= as_of
    recent = lines.filter(pl.col("has_receipts") & (pl.col("ordered_date") > as_of - timedelta(56)))
    return recent.select(
        *("sku", "fc", "ordered_date", "units_ordered", "promised_date"),
        pl.when(came).then("received_date"),
        pl.when(came).then("units_received"),
        *("order_id", "supplier"),
    )
