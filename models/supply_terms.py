"""Terms of replenishment of each sku × fc: which supplier, pack, costs and targets hold, and where each comes from.

Precedence: supply by sku × fc, then supply by sku, then items, then the config.
"""

from datetime import date, timedelta

import dataframely as dy
import polars as pl

from data.contracts import Items, Overrides, Supply
from data.messages import PlanMessage
from models.ordering.calendar import Calendar, parse_weekdays
from models.settings import ReplenishmentSettings

SUPPLY_FIELDS = (
    "supplier",
    "lead_time_days",
    "lead_time_sd",
    "review_days",
    "order_weekdays",
    "moq",
    "case_pack",
    "max_units",
    "holding_cost",
    "shortage_cost",
    "service_level",
)
ITEM_FIELDS = ("name", "seller", "supplier", "unit_cost", "price", "case_pack", "moq", "volume_m3")
DECISIONS = ("order_units", "demand_multiplier", "service_level", "exclude")
"""Fields of `overrides` that change an order; lost_units speaks of the past and is read with demand."""


class SupplyTerms(dy.Schema):
    """One row per sku × fc, in the order asked for. Costs are money per unit, holding per unit and period."""

    fc = dy.String(primary_key=True)
    sku = dy.String(primary_key=True)
    name = dy.String(nullable=True)
    seller = dy.String(nullable=True)
    supplier = dy.String(nullable=True)
    unit_cost = dy.Float64(nullable=True, min=0)
    price = dy.Float64(nullable=True, min=0)
    lead_time_days = dy.Float64(min=0, description="as agreed; receipts may know better")
    lead_time_sd = dy.Float64(min=0)
    wait_days = dy.Int64(min=0, description="days until the supplier takes orders; 0 tonight")
    review_days = dy.Int64(min=1, description="days from the order date to the next chance to order")
    moq = dy.Float64(min=0)
    case_pack = dy.Float64(min_exclusive=0)
    max_units = dy.Float64(nullable=True, min=0)
    holding_cost = dy.Float64(nullable=True, min=0)
    peak_holding_cost = dy.Float64(nullable=True, min=0, description="the same in peak months")
    shortage_cost = dy.Float64(nullable=True, min=0)
    service_level = dy.Float64(
        nullable=True, min_exclusive=0, max_exclusive=1, description="a planner's or that of supply; null where class or config decides"
    )
    override_order_units = dy.Float64(nullable=True, min=0)
    override_demand_multiplier = dy.Float64(nullable=True, min=0)
    override_service_level = dy.Float64(nullable=True)
    override_exclude = dy.Float64(nullable=True)


def supply_terms(
    series: pl.DataFrame,
    supply: pl.DataFrame | None,
    items: pl.DataFrame | None,
    overrides: pl.DataFrame | None,
    calendar: Calendar,
    settings: ReplenishmentSettings,
) -> tuple[dy.DataFrame[SupplyTerms], list[PlanMessage]]:
    """Return the terms of every row of `series` (columns fc, sku) and messages about terms that could not be read.

    Without a cost of its own, shortage = price − unit_cost (never below 0) and holding = unit_cost × capital_rate per
    period + storage per volume; a cost is null where neither it nor what it is derived from is known. A holding cost that is given holds
    in peak months too.
    """
    supply = Supply.create_empty() if supply is None else supply
    items = Items.create_empty() if items is None else items
    joined = (
        series.select("fc", "sku")
        .with_row_index("row")
        .join(supply.filter(pl.col("fc").is_not_null()).select("sku", "fc", *_suffixed("own")), on=["sku", "fc"], how="left")
        .join(supply.filter(pl.col("fc").is_null()).select("sku", *_suffixed("any")), on="sku", how="left")
        .join(items.select("sku", *(pl.col(name).alias(f"{name}_item") for name in ITEM_FIELDS)), on="sku", how="left")
        .join(_decisions(overrides, calendar.order_date), on=["sku", "fc"], how="left")
        .sort("row")
    )
    chosen = joined.with_columns(
        pl.coalesce(f"{name}_own", f"{name}_any", *([f"{name}_item"] if name in ITEM_FIELDS else [])).alias(name) for name in SUPPLY_FIELDS
    ).rename({f"{name}_item": name for name in ITEM_FIELDS if name not in SUPPLY_FIELDS})
    chosen = chosen.with_columns(pl.col("review_days").fill_null(settings.review_days))
    chances, messages = _chances_to_order(chosen, calendar)
    # A level outside 0..1 cannot be aimed at; the planner is told and the usual one holds.
    level = pl.col("override_service_level")
    unusable = chosen.filter(~level.is_between(0, 1, closed="none"))
    messages += [
        PlanMessage(
            "override_out_of_range",
            f"service_level {value:g} of sku {sku} at {fc} is not between 0 and 1; the usual target holds",
            table="overrides",
            fc=fc,
            sku=sku,
            fix="write the level as a share, such as 0.98",
        )
        for fc, sku, value in unusable.select("fc", "sku", "override_service_level").iter_rows()
    ]
    days = calendar.days
    unit_cost, price = pl.col("unit_cost"), pl.col("price")
    given = pl.coalesce("holding_cost", pl.lit(settings.holding_cost))
    peak = settings.peak_storage_cost_m3_month
    usual_month, peak_month = settings.storage_cost_m3_month, settings.storage_cost_m3_month if peak is None else peak

    def derived(month: float) -> pl.Expr:
        return unit_cost * (settings.capital_rate * days / 365) + pl.col("volume_m3").fill_null(0.0) * (month * 12 * days / 365)

    own_level = pl.when(level.is_between(0, 1, closed="none")).then(level)
    terms = (
        chosen.join(chances, on=["order_weekdays", "review_days"], how="left", nulls_equal=True)
        .sort("row")
        .with_columns(
            pl.col("lead_time_days").fill_null(settings.lead_time_days),
            pl.col("lead_time_sd").fill_null(settings.lead_time_sd),
            pl.coalesce("gap_days", "review_days").cast(pl.Int64).alias("review_days"),
            pl.col("moq").fill_null(settings.moq),
            pl.col("case_pack").fill_null(settings.case_pack),
            pl.coalesce(given, derived(usual_month)).alias("holding_cost"),
            pl.coalesce(given, derived(peak_month)).alias("peak_holding_cost"),
            pl.coalesce("shortage_cost", pl.lit(settings.shortage_cost), (price - unit_cost).clip(lower_bound=0)).alias("shortage_cost"),
            pl.coalesce(own_level, "service_level").alias("service_level"),
        )
    )
    return SupplyTerms.validate(terms.select(SupplyTerms.column_names()), cast=True), messages


def _suffixed(suffix: str) -> list[pl.Expr]:
    return [pl.col(name).alias(f"{name}_{suffix}") for name in SUPPLY_FIELDS]


def _decisions(overrides: pl.DataFrame | None, order_date: date) -> pl.DataFrame:
    """Return the planners' decisions that hold on the order date, one column per field; those about a day are read with demand."""
    overrides = Overrides.create_empty() if overrides is None else overrides
    return (
        overrides.filter((pl.col("expires") >= order_date) & pl.col("date").is_null())
        .group_by("sku", "fc")
        .agg(pl.col("value").filter(pl.col("field") == field).first().alias(f"override_{field}") for field in DECISIONS)
    )


def _chances_to_order(chosen: pl.DataFrame, calendar: Calendar) -> tuple[pl.DataFrame, list[PlanMessage]]:
    """Return wait and gap in days per text of weekdays and review period; a weekly run orders once a week whatever the weekday."""
    weekly, messages = calendar.frequency == "week", _closed_messages(calendar)
    weekdays: dict[str | None, frozenset[int] | None] = {None: None}
    texts = sorted(chosen.get_column("order_weekdays").drop_nulls().unique().to_list())
    if texts and weekly:
        note = "order weekdays are not looked at in a weekly run: one order goes out at the start of each week"
        messages.append(PlanMessage("order_weekdays_in_weekly_run", note, "info", table="supply"))
    for text in texts:
        try:
            weekdays[text] = None if weekly else parse_weekdays(text)
        except ValueError as error:
            weekdays[text] = None
            skus = chosen.filter(pl.col("order_weekdays") == text)
            messages.append(
                PlanMessage(
                    "order_weekdays_unreadable",
                    f"order_weekdays {text!r} of {skus.height} rows cannot be read ({error}); orders are planned every review",
                    table="supply",
                    sku=skus.get_column("sku").min() if skus.get_column("sku").n_unique() == 1 else None,  # type: ignore[arg-type]
                    fix="write weekdays as 'Mon,Thu' or '1,4'",
                )
            )
    rows = []
    for text, review in chosen.select("order_weekdays", "review_days").unique().iter_rows():
        usual = weekdays[text] is None and not calendar.closed
        wait, gap = (0, review) if usual else calendar.chances_to_order(review, weekdays[text])
        rows.append((text, review, wait, gap))
    schema = {"order_weekdays": pl.String, "review_days": pl.Int64, "wait_days": pl.Int64, "gap_days": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row"), messages


def _closed_messages(calendar: Calendar) -> list[PlanMessage]:
    """Return what closed dates do to tonight, and to a weekly run."""
    if not calendar.closed:
        return []
    wait, _ = calendar.chances_to_order(1)
    if wait:
        week = "every day of the week from " if calendar.frequency == "week" else ""
        said = f"{week}{calendar.order_date} is closed: no order goes out; the next one can on {calendar.order_date + timedelta(days=wait)}"
        return [PlanMessage("closed_tonight", said, "info", fix="take the date out of replenishment.closed_dates or events if it is open")]
    if calendar.frequency == "week" and max(calendar.closed) >= calendar.order_date:
        said = "a weekly run orders in every week that has an open day: closed dates hold an order back only where the whole week is closed"
        return [PlanMessage("closed_dates_in_weekly_run", said, "info")]
    return []
