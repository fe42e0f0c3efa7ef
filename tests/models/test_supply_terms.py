"""Decisions of planners as terms of an order: those about a day of the past say nothing about the order."""

from datetime import date

import polars as pl

from data.contracts import Overrides
from models.ordering.calendar import Calendar
from models.settings import ReplenishmentSettings
from models.supply_terms import supply_terms

SUNDAY = date(2024, 4, 14)


def excluded(*days):
    """Return override_exclude of the one series whose decisions have these dates."""
    row = {"sku": "A", "fc": "F", "field": "exclude", "reason": "r", "author": "a", "expires": date(2024, 5, 1)}
    rows = [row | {"date": day, "value": value} for day, value in days]
    overrides = Overrides.validate(pl.DataFrame(rows, schema=Overrides.create_empty().schema))
    series = pl.DataFrame({"fc": ["F"], "sku": ["A"]})
    terms, _ = supply_terms(series, None, None, overrides, Calendar(SUNDAY, "day"), ReplenishmentSettings())
    return terms["override_exclude"].to_list()


def test_a_day_set_aside_does_not_exclude_the_item():
    assert excluded((date(2024, 4, 1), 1.0)) == [None]
    assert excluded((None, 1.0)) == [1.0]


def test_a_correction_rejected_does_not_hide_that_the_item_is_excluded():
    assert excluded((date(2024, 4, 1), 0.0), (None, 1.0)) == [1.0]
    assert excluded((None, 1.0), (date(2024, 4, 1), 0.0)) == [1.0]
