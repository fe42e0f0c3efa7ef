"""The sheets of the workbook: their columns, widths and words. What `apply` reads is named here once."""

from dataclasses import dataclass

ORDERS = "Orders"
RUN_ID_NAME = "fillrate_run_id"
"""Defined name of the cell, and custom property of the document, that hold the run id."""
ORDER_KEYS = ("fc", "sku")
APPROVED, REASON, RECOMMENDED = "approved_units", "reason", "order_units"


@dataclass(frozen=True)
class Column:
    """One column of a sheet: the frame's column it shows, its width in characters, the kind of number."""

    name: str
    width: int = 12
    kind: str = "text"
    """text, units, money, share, days, date or input."""
    total: bool = False


ORDER_COLUMNS = (
    Column("supplier", 20),
    Column("fc", 12),
    Column("sku", 16),
    Column("name", 30),
    Column("action", 11),
    Column(RECOMMENDED, 12, "units", total=True),
    Column(APPROVED, 15, "input", total=True),
    Column(REASON, 28, "input"),
    Column("order_value", 13, "money", total=True),
    Column("order_date", 12, "date"),
    Column("arrival_date", 12, "date"),
    Column("on_hand", 10, "units"),
    Column("inbound_units", 13, "units"),
    Column("days_of_cover", 13, "days"),
    Column("stockout_probability_without_order", 18, "share"),
    Column("expected_lost_units", 18, "units", total=True),
    Column("expected_lost_margin", 18, "money", total=True),
    Column("previous_order_units", 18, "units"),
    Column("change_reason", 24),
    Column("reasons", 50),
)
ALERT_COLUMNS = (
    Column("severity", 10),
    Column("kind", 15),
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("message", 60),
    Column("value_at_risk", 14, "money", total=True),
    Column("units_at_risk", 14, "units", total=True),
    Column("probability", 12, "share"),
    Column("expected_date", 13, "date"),
    Column("state", 10),
    Column("first_seen", 12, "date"),
    Column("action", 30),
    Column("act_by", 12, "date"),
    Column("snoozed_by", 14),
    Column("snoozed_until", 13, "date"),
    Column("alert_id", 24),
)
OVERSTOCK_COLUMNS = (
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("name", 30),
    Column("supplier", 20),
    Column("on_hand", 12, "units", total=True),
    Column("inbound_units", 13, "units", total=True),
    Column("days_of_cover", 13, "days"),
    Column("days_of_cover_with_inbound", 18, "days"),
    Column("demand_mean", 13, "units"),
    Column("abc", 6),
    Column("xyz", 6),
    Column("reasons", 50),
)
MESSAGE_COLUMNS = (
    Column("severity", 10),
    Column("code", 24),
    Column("table", 14),
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("message", 70),
    Column("fix", 60),
)

HOW_TO = (
    f"On the sheet {ORDERS}, fill in {APPROVED} where you want other units than {RECOMMENDED}: 0 cancels a line, an empty cell accepts it.",
    f"Say why in {REASON}; it is kept with your decision. Change no other column and delete no row; sort and filter as you like.",
    "Save, then run `fillrate apply` with this workbook: it writes one order file per supplier and records your changes.",
)
GLOSSARY = (
    ("fc", "fulfilment centre: a store, a warehouse, or a marketplace's pooled stock"),
    ("sku", "item"),
    ("as of", "the last complete day; everything up to it is known, forecasts begin the day after"),
    ("lead time", "days from sending an order to its first day on sale"),
    ("protection interval", "the days tonight's order must carry: up to the day before the next order can arrive"),
    ("on hand", "units sellable now, without reserved and unfulfillable ones"),
    ("inventory position", "on hand + units becoming sellable + inbound − backordered"),
    (RECOMMENDED, "what to order tonight, in whole cases"),
    (APPROVED, "what you decide to order; an empty cell accepts the recommendation"),
    ("order_value", "order units × unit cost"),
    ("order_date, arrival_date", "day the order goes out, and its first day on sale"),
    ("days_of_cover", "on hand ÷ mean daily demand"),
    ("stockout_probability_without_order", "chance of unmet demand within the protection interval if nothing is ordered"),
    (
        "expected_lost_units, expected_lost_margin",
        "mean unmet demand within the protection interval if nothing is ordered, in units and in money",
    ),
    ("change_reason", "why the order differs from last night's"),
    ("abc", "by margin: the first 80%, the next 15%, the rest"),
    ("xyz", "by how much cleaned demand varies: up to 0.5, up to 1.0, above (standard deviation ÷ mean)"),
    ("state", "of an alert since last night: new, worse, same, better, cleared"),
)
