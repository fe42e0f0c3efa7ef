"""Rows that reports of stock have in common: what the marketplace itself recommends."""

import polars as pl

from data.messages import PlanMessage
from data.parsing.dates import Reading, read_dates
from data.presets.cells import numbers
from data.presets.open_dates import about_open_dates
from data.presets.preset import Export, TableRows

TABLE = "marketplace_recommendations"
NUMBERS = ("recommended_units", "days_of_supply", "days_of_supply_with_inbound")
SAYS = (*NUMBERS, "recommended_ship_date", "alert", "recommended_action")
"""Columns of which a row must fill one to say anything."""


def recommended_rows(export: Export, date: pl.Series, fc: pl.Series, columns: dict[str, str]) -> TableRows:
    """Return a row per item of which the report says anything: name of the contract → column of the report.

    What cannot be read is left empty and told in a message: these rows decide nothing, so they must not hold up a night.
    """
    frame = [export.rows["source_line"], export.rows["sku"], date.alias("date"), fc]
    messages = []
    for name, column in columns.items():
        values, unreadable, readings = _read(export, name, column)
        frame.append(values.alias(name))
        messages += about_open_dates(export, TABLE, readings)
        if unreadable.any():
            messages.append(_unreadable(export, column, unreadable))
    rows = pl.DataFrame(frame)
    return TableRows(rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in SAYS if name in columns)), tuple(messages))


def _read(export: Export, name: str, column: str) -> tuple[pl.Series, pl.Series, tuple[Reading, ...]]:
    """Return the values of a column, where something stands that cannot be one, and how its dates were read."""
    if name in NUMBERS:
        parsed = numbers(export, column)
        usable = (parsed.values.is_finite() & (parsed.values >= 0)).fill_null(False)
        return parsed.values.zip_with(usable, _nothing(parsed.values)), parsed.unreadable | (parsed.values.is_not_null() & ~usable), ()
    if name == "recommended_ship_date":
        # Not `days`: these dates lie ahead, and what cannot be read must not stay.
        dates = read_dates(export.rows[column], date_format=export.settings.date_format, optional=True)
        return dates.values, dates.unreadable | dates.out_of_range, dates.readings
    return export.rows[column], pl.repeat(False, export.rows.height, eager=True), ()


def _nothing(values: pl.Series) -> pl.Series:
    return pl.repeat(None, values.len(), dtype=values.dtype, eager=True)


def _unreadable(export: Export, column: str, where: pl.Series) -> PlanMessage:
    first, count = export.rows.filter(where).row(0, named=True), int(where.sum())
    return PlanMessage(
        code="recommendation_unreadable",
        table=TABLE,
        message=f"{export.name}: {count:,} cell{'s' if count > 1 else ''} of {column} cannot be read, first: line "
        f'{first["source_line"]} ("{first[column]}"); {"they were" if count > 1 else "it was"} left empty.',
        fix='Nothing is ordered by them. Dates of another form: [inputs.exports] date_format = "%d/%m/%Y".',
    )
