"""The sheets of the workbook: their columns, widths and words. What `apply` reads is named here once."""

from dataclasses import dataclass

ORDERS = "Orders"
RUN_ID_NAME = "fillrate_run_id"
"""Defined name of the cell, and custom property of the document, that hold the run id."""
ORDER_KEYS = ("fc", "sku")
APPROVED, REASON, RECOMMENDED, FINAL = "approved_units", "reason", "order_units", "final_units"

REASONS = (
    "promotion or event",
    "demand known better",
    "supplier cannot deliver",
    "delivery or minimum order",
    "stock count differs",
    "no room on the shelf",
    "budget",
    "item leaves the range",
)
"""Reasons offered for a change; others may be typed. Decisions are added up by reason, so the same words help."""


@dataclass(frozen=True)
class Column:
    """One column of a sheet: the frame's column it shows, its width in characters, the kind of number."""

    name: str
    width: int = 12
    kind: str = "text"
    """text, long (text that may take several lines), units, mean (of units), money, share, days, date or input."""
    total: bool = False
    bar: str | None = None
    """Colour of the bars that show how large a value is among its column."""
    formula: str | None = None
    """A formula instead of the frame's value, `{name}` standing for a cell of the same row; the value is what it comes to unedited."""


ORDER_COLUMNS = (
    Column("supplier", 18),
    Column("fc", 10),
    Column("sku", 14),
    Column("name", 24),
    Column("action", 11),
    Column(RECOMMENDED, 13, "units", total=True),
    Column(APPROVED, 16, "input"),
    Column(REASON, 26, "input"),
    Column(FINAL, 12, "units", total=True, formula=f"=IF(ISNUMBER({{{APPROVED}}}),{{{APPROVED}}},{{{RECOMMENDED}}})"),
    Column("order_value", 14, "money", total=True, bar="#C3D5EA", formula=f"=ROUND({{{FINAL}}}*{{unit_cost}},2)"),
    Column("unit_cost", 11, "money"),
    Column("case_pack", 11, "units"),
    Column("moq", 8, "units"),
    Column("max_units", 11, "units"),
    Column("order_date", 12, "date"),
    Column("arrival_date", 13, "date"),
    Column("on_hand", 10, "units"),
    Column("inbound_units", 14, "units"),
    Column("days_of_cover", 14, "days"),
    Column("stockout_probability_without_order", 34, "share", bar="#F3C6C0"),
    Column("expected_lost_units", 20, "mean", total=True),
    Column("expected_lost_margin", 21, "money", total=True, bar="#F3C6C0"),
    Column("previous_order_units", 21, "units"),
    Column("change_reason", 26),
    Column("marketplace_units", 18, "units"),
    Column("marketplace_ship_date", 21, "date"),
    Column("reasons", 50),
)
MARKETPLACE = {"recommended_units": "marketplace_units", "recommended_ship_date": "marketplace_ship_date"}
"""Columns of the marketplaces' own recommendations → columns of Orders, which are there only where a report was given."""
PRINTED_TO = "arrival_date"
"""Last column of Orders on paper: what stands right of it is for the screen."""
ALERT_COLUMNS = (
    Column("severity", 10),
    Column("kind", 15),
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("message", 80, "long"),
    Column("value_at_risk", 14, "money", total=True, bar="#F3C6C0"),
    Column("units_at_risk", 15, "mean", total=True),
    Column("probability", 12, "share"),
    Column("expected_date", 13, "date"),
    Column("state", 10),
    Column("first_seen", 12, "date"),
    Column("action", 32, "long"),
    Column("act_by", 12, "date"),
    Column("snoozed_by", 14),
    Column("snoozed_until", 13, "date"),
    Column("alert_id", 22),
)
OVERSTOCK_COLUMNS = (
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("name", 30),
    Column("supplier", 20),
    Column("on_hand", 12, "units", total=True),
    Column("inbound_units", 14, "units", total=True),
    Column("days_of_cover", 14, "days"),
    Column("days_of_cover_with_inbound", 27, "days", bar="#EFDDB5"),
    Column("demand_mean", 14, "mean"),
    Column("abc", 6),
    Column("xyz", 6),
    Column("reasons", 44, "long"),
)
MESSAGE_COLUMNS = (
    Column("severity", 10),
    Column("code", 24),
    Column("table", 14),
    Column("region", 14),
    Column("fc", 12),
    Column("sku", 16),
    Column("message", 80, "long"),
    Column("fix", 70, "long"),
)

DECISION_COLUMNS = (
    Column("author", 24),
    Column("reason", 40),
    Column("decisions", 11, "units", total=True),
    Column("judged", 10, "units", total=True),
    Column("waiting", 10, "units", total=True),
    Column("not_judged", 11, "units", total=True),
    Column("cost_approved", 16, "money", total=True),
    Column("cost_recommended", 18, "money", total=True),
    Column("saved", 14, "money", total=True),
)

HOW_TO = (
    f"On the sheet {ORDERS}, fill in {APPROVED} where you want other units than {RECOMMENDED}: 0 cancels a line, an empty cell accepts it.",
    f"Say why in {REASON}: pick from the list or write your own. A changed line without a reason is not applied.",
    f"Orders are whole cases of case_pack, at least moq and at most max_units. {FINAL}, order_value and all totals follow what you enter.",
    "To order an item that is not listed, write its fc, sku, approved_units and reason below the last row. Delete no row.",
    "Save as .xlsx, then run `fillrate apply WORKBOOK --author NAME`: it writes one order file per supplier and records your changes.",
)
GLOSSARY = (
    ("fc", "fulfilment centre: a store, a warehouse, or a marketplace's pooled stock"),
    ("sku", "item"),
    ("as of", "the last complete day; everything up to it is known, forecasts begin the day after"),
    ("lead time", "days from sending an order to its first day on sale"),
    ("protection interval", "the days tonight's order must carry: up to the day before the next order can arrive"),
    ("on_hand", "units sellable now, without reserved and unfulfillable ones"),
    ("inventory position", "on hand + units becoming sellable + inbound − backordered"),
    (RECOMMENDED, "what to order tonight, in whole cases"),
    (APPROVED, "what you decide to order; an empty cell accepts the recommendation"),
    (REASON, f"why you decide otherwise than recommended; needed where {APPROVED} differs"),
    (FINAL, f"what will be ordered: {APPROVED} where filled in, else {RECOMMENDED}"),
    ("order_value", f"{FINAL} × unit_cost; empty where the cost is unknown"),
    ("case_pack, moq, max_units", "units per case; least and most units that a line may order, empty without a limit"),
    ("order_date, arrival_date", "day the order goes out, and its first day on sale"),
    ("days_of_cover", "on hand ÷ mean daily demand"),
    ("stockout_probability_without_order", "chance of unmet demand within the protection interval if nothing is ordered"),
    (
        "expected_lost_units, expected_lost_margin",
        "mean unmet demand within the protection interval if nothing is ordered, in units and in money",
    ),
    ("change_reason", "why the order differs from last night's"),
    (
        "marketplace_units, marketplace_ship_date",
        "what the marketplace's own report recommends to send, and by when; it decides nothing here",
    ),
    (
        "cost_approved, cost_recommended, saved",
        "of past decisions whose window is over: shortage and holding cost of what was ordered, of what had been recommended, and what "
        "the decisions saved (negative: cost)",
    ),
    (
        "waiting, not_judged",
        "past decisions whose window is not over; those that cannot be judged, for want of costs, stock or their run",
    ),
    ("abc", "by margin: the first 80%, the next 15%, the rest"),
    ("xyz", "by how much cleaned demand varies: up to 0.5, up to 1.0, above (standard deviation ÷ mean)"),
    ("state", "of an alert since last night: new, worse, same, better, cleared"),
)
