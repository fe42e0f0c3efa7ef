"""Checks on single rows before rows are added up: dates to come, unknown fulfilment centres, values out of bounds."""

from collections.abc import Collection
from datetime import date

import dataframely as dy
import polars as pl

from data.contracts import INPUT_TABLES, business_columns
from data.intake.text_rules import broken_texts
from data.parsing.columns import PAST_ONLY
from data.parsing.parsed import Problem

UNITS = ("units", "units_ordered", "units_received", "resellable_units")
"""Columns whose negative values are most often returns or corrections."""


def broken_rules(frame: pl.DataFrame, table: str, *, today: date | None, fcs: Collection[str] | None) -> list[Problem]:
    """Return the bad rows of typed columns, one problem per column and reason; nulls break no rule here.

    Parameters
    ----------
    frame
        The columns a user supplies for `table`, in the contract's types.
    today
        History dated later is a mistake; None checks nothing.
    fcs
        Known fulfilment centres; None checks nothing.
    """
    problems = []
    if today is not None:
        problems += [Problem("date_in_future", name, frame[name] > today, f"a day not after {today}") for name in PAST_ONLY.get(table, ())]
    if fcs is not None and "fc" in frame.columns and table != "locations":
        known = pl.Series(sorted(fcs), dtype=pl.String)
        problems.append(Problem("unknown_fc", "fc", ~frame["fc"].is_in(known.implode()), "an fc of the locations table"))
    columns = INPUT_TABLES[table].columns()
    for name in business_columns(table):
        problems += _out_of_bounds(frame[name], name, columns[name])
    problems += broken_texts(frame, table)
    with_rows = [(problem, problem.rows.fill_null(False)) for problem in problems]
    return [Problem(problem.reason, problem.column, rows, problem.expected) for problem, rows in with_rows if rows.any()]


def _out_of_bounds(values: pl.Series, name: str, column: dy.Column) -> list[Problem]:
    """Values outside the bounds that the contract states for a column."""
    if not isinstance(column, dy.Float64 | dy.Int64) or values.null_count() == values.len():
        return []
    least, most = values.min(), values.max()
    assert isinstance(least, float | int)
    assert isinstance(most, float | int)
    problems = []
    if column.min is not None and least < column.min:
        reason = ("negative_units" if name in UNITS else "negative") if column.min == 0 else "too_small"
        expected = "0 or more" + ("; returned units belong in the returns table" if name == "units" else "")
        problems.append(Problem(reason, name, values < column.min, expected if column.min == 0 else f"{column.min:,.10g} or more"))
    if column.min_exclusive is not None and least <= column.min_exclusive:
        problems.append(Problem("too_small", name, values <= column.min_exclusive, f"more than {column.min_exclusive:,.10g}"))
    if column.max is not None and most > column.max:
        problems.append(Problem("too_large", name, values > column.max, f"{column.max:,.10g} or less"))
    if column.max_exclusive is not None and most >= column.max_exclusive:
        problems.append(Problem("too_large", name, values >= column.max_exclusive, f"less than {column.max_exclusive:,.10g}"))
    return problems
