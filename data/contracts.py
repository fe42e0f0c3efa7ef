"""Contracts of the input tables: the shape in which sales, stock and master data enter fillrate. No I/O here.

Keys are text exactly as given but for surrounding blanks. Dates are Date, quantities Float64, counts of days Int64.
The reference page `docs/input-tables.md` is generated from the descriptions below.
"""

import dataframely as dy
import polars as pl

MOST_UNITS = 1e8
MOST_MONEY = 1e9
MOST_OF_ANYTHING = 1e12
LEAST_CASE = 0.001
LONGEST_LEAD_TIME = 730
"""What lies outside is a slip of the keyboard or a placeholder; reckoned with, one such row would drown or stop all others."""


class InputTable(dy.Schema):
    """What every input table carries besides its own columns: where each row came from."""

    source_file = dy.String(nullable=True, description="file it was read from, relative to the input folder, or its query")
    source_line = dy.Int64(nullable=True, min=1, description="line (text), row (sheet) or record (Parquet), from 1; none of a query")


class Sales(InputTable):
    """Demand served, per sku × fc × day. A day missing inside an item's active span is zero."""

    date = dy.Date(primary_key=True, description="day of the sale; in weekly files the first day of the week")
    sku = dy.String(primary_key=True, min_length=1, description="item")
    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    units = dy.Float64(min=0, max=MOST_UNITS, description="units sold; may be fractional for goods by weight")
    price = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="price paid per unit")


class Locations(InputTable):
    """Fulfilment centres and the region whose forecaster serves them."""

    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    region = dy.String(min_length=1, description="group of fcs that share a forecaster")
    currency = dy.String(nullable=True, description="ISO 4217 code the fc's money columns are in")
    capacity_units = dy.Float64(nullable=True, min=0, max=MOST_OF_ANYTHING, description="units the fc can hold")
    capacity_m3 = dy.Float64(nullable=True, min=0, max=MOST_OF_ANYTHING, description="cubic metres the fc can hold")


class Items(InputTable):
    """Master data of each item."""

    sku = dy.String(primary_key=True, min_length=1, description="item")
    name = dy.String(nullable=True, description="what people call it")
    asin = dy.String(nullable=True, description="marketplace catalogue number")
    fnsku = dy.String(nullable=True, description="marketplace fulfilment number")
    category = dy.String(nullable=True, description="group of like items")
    subcategory = dy.String(nullable=True, description="finer group of like items")
    supplier = dy.String(nullable=True, description="who delivers it")
    seller = dy.String(nullable=True, description="who sells it")
    unit_cost = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="what a unit costs to buy")
    price = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="what a unit usually sells for")
    case_pack = dy.Float64(nullable=True, min=LEAST_CASE, max=MOST_UNITS, description="units per case; orders are whole cases")
    moq = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="least units per order line, or nothing")
    volume_m3 = dy.Float64(nullable=True, min=0, max=MOST_OF_ANYTHING, description="cubic metres per unit")
    launch_date = dy.Date(nullable=True, description="first day on sale; before it there is no demand to know")
    discontinued_date = dy.Date(nullable=True, description="last day on sale; after it nothing is forecast")


class Availability(InputTable):
    """Share of each day in stock. A missing row means in stock."""

    date = dy.Date(primary_key=True, description="day")
    sku = dy.String(primary_key=True, min_length=1, description="item")
    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    in_stock = dy.Float64(min=0, max=1, description="share of the day in stock, 0 to 1; true/false are accepted")


class Stock(InputTable):
    """Snapshots of stock at the close of a day; all are kept, the newest not after as_of is used."""

    date = dy.Date(primary_key=True, description="day whose close the snapshot shows")
    sku = dy.String(primary_key=True, min_length=1, description="item")
    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    on_hand = dy.Float64(min=0, max=MOST_UNITS, description="units sellable now, without reserved and unfulfillable ones")
    reserved_becoming_sellable = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units on their way to the shelf")
    reserved_for_customers = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units already promised; not stock")
    unfulfillable = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units that cannot be sold; not stock")
    backordered = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units owed to customers")


class Inbound(InputTable):
    """Open order lines still on their way. Each delivery of this table replaces the one before."""

    sku = dy.String(min_length=1, description="item")
    fc = dy.String(min_length=1, description="fulfilment centre")
    units = dy.Float64(min=0, max=MOST_UNITS, description="units still outstanding")
    expected_date = dy.Date(description="first day on sale")
    date = dy.Date(nullable=True, description="day the snapshot was taken; as_of when absent")
    status = dy.String(nullable=True, description="as the source names it")
    order_id = dy.String(nullable=True, description="order the line belongs to")
    ordered_date = dy.Date(nullable=True, description="day the order was sent")


class Supply(InputTable):
    """Terms of replenishment. A row without fc speaks for the sku everywhere; sku × fc goes before sku."""

    sku = dy.String(min_length=1, description="item")
    fc = dy.String(nullable=True, description="fulfilment centre; empty for all of them")
    supplier = dy.String(nullable=True, description="who delivers it")
    lead_time_days = dy.Float64(nullable=True, min=0, max=LONGEST_LEAD_TIME, description="days from order to first day on sale")
    lead_time_sd = dy.Float64(nullable=True, min=0, max=365, description="standard deviation of the lead time, days")
    review_days = dy.Int64(nullable=True, min=1, max=366, description="days between two chances to order")
    order_weekdays = dy.String(nullable=True, description="weekdays on which the supplier takes orders: 'Mon,Thu' or '1,4' (Monday is 1)")
    moq = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="least units per order line, or nothing")
    case_pack = dy.Float64(nullable=True, min=LEAST_CASE, max=MOST_UNITS, description="units per case")
    max_units = dy.Float64(nullable=True, min=0, max=MOST_OF_ANYTHING, description="most units per order line")
    holding_cost = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="money per unit left at the end of a period")
    shortage_cost = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="money per unit of unmet demand")
    service_level = dy.Float64(nullable=True, min_exclusive=0, max_exclusive=1, description="target share, 0 to 1")

    @dy.rule()
    def one_row_per_sku_and_fc(cls) -> pl.Expr:
        return ~pl.struct("sku", "fc").is_duplicated()


class Receipts(InputTable):
    """Past and open order lines; a line never received stays without received_date."""

    sku = dy.String(min_length=1, description="item")
    fc = dy.String(min_length=1, description="fulfilment centre")
    ordered_date = dy.Date(description="day the order was sent")
    units_ordered = dy.Float64(min=0, max=MOST_UNITS, description="units ordered")
    promised_date = dy.Date(nullable=True, description="first day on sale as promised")
    received_date = dy.Date(nullable=True, description="first day on sale as it happened")
    units_received = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units that came")
    order_id = dy.String(nullable=True, description="order the line belongs to")
    supplier = dy.String(nullable=True, description="who delivered it")

    @dy.rule()
    def received_not_before_ordered(cls) -> pl.Expr:
        return (pl.col("received_date").is_null() | (pl.col("received_date") >= pl.col("ordered_date"))).fill_null(False)

    @dy.rule()
    def received_within_longest_lead_time(cls) -> pl.Expr:
        days = (pl.col("received_date") - pl.col("ordered_date")).dt.total_days()
        return (pl.col("received_date").is_null() | (days <= LONGEST_LEAD_TIME)).fill_null(False)


class Events(InputTable):
    """Holidays, shopping festivals, promotional days. Future dates are known."""

    date = dy.Date(description="day of the event")
    event = dy.String(min_length=1, description="its name, the same every year")
    region = dy.String(nullable=True, description="region it concerns; empty for all of them")
    kind = dy.String(nullable=True, description="such as holiday or festival; closed: no order goes out that day")

    @dy.rule()
    def one_row_per_date_event_and_region(cls) -> pl.Expr:
        return ~pl.struct("date", "event", "region").is_duplicated()


class Plan(InputTable):
    """Commercial plan, past and future. The narrowest row wins: sku × fc, then sku × region, then sku."""

    date = dy.Date(description="day")
    sku = dy.String(min_length=1, description="item")
    fc = dy.String(nullable=True, description="fulfilment centre; empty for all of them")
    region = dy.String(nullable=True, description="region; empty for all of them")
    price = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="price as money or as an index")
    promo = dy.Float64(nullable=True, min=0, max=1, description="strength of the promotion, 0 to 1")
    ad_spend = dy.Float64(nullable=True, min=0, max=MOST_MONEY, description="money spent on advertising the item that day")

    @dy.rule()
    def one_row_per_date_sku_fc_and_region(cls) -> pl.Expr:
        return ~pl.struct("date", "sku", "fc", "region").is_duplicated()


class Drivers(InputTable):
    """Outside series such as weather, search interest or market prices."""

    date = dy.Date(description="day")
    name = dy.String(min_length=1, description="which series")
    value = dy.Float64(min=-MOST_OF_ANYTHING, max=MOST_OF_ANYTHING, description="its value that day")
    region = dy.String(nullable=True, description="region it concerns; empty for all of them")

    @dy.rule()
    def one_row_per_date_name_and_region(cls) -> pl.Expr:
        return ~pl.struct("date", "name", "region").is_duplicated()


class Returns(InputTable):
    """Units that customers sent back, per sku × fc × day."""

    date = dy.Date(primary_key=True, description="day")
    sku = dy.String(primary_key=True, min_length=1, description="item")
    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    units = dy.Float64(min=0, max=MOST_UNITS, description="units returned")
    resellable_units = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units of them fit to be sold again")


class MarketplaceRecommendations(InputTable):
    """What a marketplace recommends to send, by its own reckoning. Kept and shown beside fillrate's orders; it decides nothing."""

    date = dy.Date(primary_key=True, description="day whose close the report shows")
    sku = dy.String(primary_key=True, min_length=1, description="item")
    fc = dy.String(primary_key=True, min_length=1, description="fulfilment centre")
    recommended_units = dy.Float64(nullable=True, min=0, max=MOST_UNITS, description="units it recommends to send")
    recommended_ship_date = dy.Date(nullable=True, description="day by which it recommends to send them")
    days_of_supply = dy.Float64(nullable=True, min=0, max=MOST_OF_ANYTHING, description="days its stock lasts, as it counts them")
    days_of_supply_with_inbound = dy.Float64(
        nullable=True, min=0, max=MOST_OF_ANYTHING, description="the same with units of open shipments"
    )
    alert = dy.String(nullable=True, description="its alert, in its own words")
    recommended_action = dy.String(nullable=True, description="what it advises to do, in its own words")


OVERRIDE_FIELDS = ("order_units", "demand_multiplier", "service_level", "exclude", "lost_units")


class Overrides(InputTable):
    """A planner's decisions, in force until they expire."""

    sku = dy.String(min_length=1, description="item")
    fc = dy.String(min_length=1, description="fulfilment centre")
    field = dy.String(regex=f"^({'|'.join(OVERRIDE_FIELDS)})$", description=f"one of {', '.join(OVERRIDE_FIELDS)}")
    value = dy.Float64(
        min=0,
        max=MOST_UNITS,
        description="the value to use instead; for exclude, 1; with a date, exclude 1 sets the day's demand aside or confirms "
        "that cleaning did, 0 rejects its corrections, and lost_units are those lost that day; lost_units 0 rejects estimates",
    )
    reason = dy.String(min_length=1, description="why")
    author = dy.String(min_length=1, description="who decided")
    expires = dy.Date(description="last day it holds")
    date = dy.Date(nullable=True, description="the day the decision is about; empty for all")

    @dy.rule()
    def one_row_per_sku_fc_field_and_date(cls) -> pl.Expr:
        return ~pl.struct("sku", "fc", "field", "date").is_duplicated()

    @dy.rule()
    def only_exclude_and_lost_units_have_a_date(cls) -> pl.Expr:
        return (pl.col("date").is_null() | pl.col("field").is_in(["exclude", "lost_units"])).fill_null(False)


INPUT_TABLES: dict[str, type[InputTable]] = {
    "sales": Sales,
    "locations": Locations,
    "items": Items,
    "availability": Availability,
    "stock": Stock,
    "inbound": Inbound,
    "supply": Supply,
    "receipts": Receipts,
    "events": Events,
    "plan": Plan,
    "drivers": Drivers,
    "returns": Returns,
    "marketplace_recommendations": MarketplaceRecommendations,
    "overrides": Overrides,
}
"""Every input table by name, in the order in which they are read: locations before what refers to them."""

PROVENANCE = ("source_file", "source_line")


def business_columns(table: str) -> list[str]:
    """Return the columns a user supplies for `table`, in contract order, without provenance."""
    return [column for column in INPUT_TABLES[table].column_names() if column not in PROVENANCE]


def required_columns(table: str) -> list[str]:
    """Return the columns of `table` that must be present in its files: those that may not be null."""
    columns = INPUT_TABLES[table].columns()
    return [name for name in business_columns(table) if not columns[name].nullable]
