"""Stock as of a date: which snapshot, and what was booked on an older one."""

from datetime import date

import polars as pl

from data.contracts import Receipts, Sales, Stock
from data.position import stock_position

AS_OF = date(2024, 4, 14)


def table(schema, rows):
    return pl.DataFrame(rows, schema=schema.create_empty().schema, orient="row") if not rows else pl.DataFrame(rows).cast(
        {name: schema.create_empty().schema[name] for name in rows[0]}
    ).match_to_schema(schema.create_empty().schema, missing_columns="insert")  # fmt: skip


def stock(*rows):
    return table(Stock, [dict(zip(("date", "sku", "fc", "on_hand"), row, strict=True)) for row in rows])


def sales(*rows):
    return table(Sales, [dict(zip(("date", "sku", "fc", "units"), row, strict=True)) for row in rows])


def receipts(*rows):
    names = ("sku", "fc", "ordered_date", "units_ordered", "received_date", "units_received")
    return table(Receipts, [dict(zip(names, row, strict=True)) for row in rows])


def day(n):
    return date(2024, 4, n)


def test_the_newest_snapshot_not_after_as_of_counts():
    rows = stock((day(10), "a", "f", 50.0), (day(14), "a", "f", 7.0), (day(15), "a", "f", 99.0))
    got = stock_position(rows, sales((day(14), "a", "f", 3.0)), None, AS_OF).row(0, named=True)
    assert (got["on_hand"], got["age_days"], got["stock_rolled_forward"]) == (7.0, 0, False)


def test_an_older_one_is_rolled_forward_by_sales_and_receipts_since():
    """The snapshot shows the close of the 12th: that day's sale is in it already; what comes after as_of is not known."""
    got = stock_position(
        stock((day(12), "a", "f", 50.0)),
        sales((day(12), "a", "f", 100.0), (day(13), "a", "f", 8.0), (day(14), "a", "f", 4.5), (day(15), "a", "f", 9.0)),
        receipts(
            ("a", "f", day(1), 20.0, day(12), 20.0),
            ("a", "f", day(1), 20.0, day(13), 15.0),
            ("a", "f", day(1), 6.0, day(14), None),
            ("a", "f", day(1), 70.0, day(15), 70.0),
            ("a", "f", day(1), 40.0, None, None),
        ),
        AS_OF,
    ).row(0, named=True)
    assert got["on_hand"] == 50 - 8 - 4.5 + 15 + 6
    assert (got["age_days"], got["stock_rolled_forward"], got["snapshot_date"]) == (2, True, day(12))


def test_never_below_zero_and_each_fc_from_its_own_snapshot():
    got = stock_position(
        stock((day(12), "a", "f", 5.0), (day(13), "a", "g", 5.0)),
        sales((day(13), "a", "f", 8.0), (day(13), "a", "g", 8.0), (day(14), "a", "g", 1.0)),
        None,
        AS_OF,
    )
    assert got.select("fc", "on_hand").rows() == [("f", 0.0), ("g", 4.0)]


def test_no_row_is_unknown_and_missing_parts_are_none():
    got = stock_position(stock((day(14), "007", "f", 5.0), (day(15), "b", "f", 5.0)), sales((day(14), "b", "f", 1.0)), None, AS_OF)
    assert got.get_column("sku").to_list() == ["007"]
    assert got.select("reserved_becoming_sellable", "backordered").row(0) == (0.0, 0.0)
