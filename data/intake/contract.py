"""Holds typed rows against the table's contract, in chunks that keep equal keys together."""

from collections.abc import Iterator

import polars as pl

from data.contracts import INPUT_TABLES, LONGEST_LEAD_TIME, PROVENANCE, business_columns
from data.parsing.parsed import Problem
from data.quarantine import no_quarantine, quarantine_rows

CHUNK = 5_000_000
"""Rows checked at once; 30 million at once take 6.6 GB."""

KEYS: dict[str, tuple[str, ...]] = {
    "supply": ("sku", "fc"),
    "events": ("date", "event", "region"),
    "overrides": ("sku", "fc", "field", "date"),
    "plan": ("date", "sku", "fc", "region"),
    "drivers": ("date", "name", "region"),
}
"""Keys in which columns may be empty; the other tables' keys are the primary keys of their contracts."""


def keep_contract(table: str, frame: pl.DataFrame, chunk: int = CHUNK) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that keep the contract of `table`, in their order, and the quarantine of the others.

    All copies of a duplicate key are set aside: which one is right is not for a machine to say.
    """
    schema = INPUT_TABLES[table]
    good: list[pl.DataFrame] = []
    bad: list[pl.DataFrame] = []
    for part in _chunks(table, frame, chunk):
        kept, failure = schema.filter(part)
        good.append(kept)
        if len(failure):
            bad.append(_set_aside(table, failure.details()))
    return pl.concat(good) if good else frame, pl.concat(bad) if bad else no_quarantine()


def key_columns(table: str) -> list[str]:
    """Return the columns that tell one row of `table` from another; none where lines may repeat."""
    return list(KEYS.get(table, ())) or INPUT_TABLES[table].primary_key()


def _chunks(table: str, frame: pl.DataFrame, chunk: int) -> Iterator[pl.DataFrame]:
    """Frames of about `chunk` rows, rows with the same key in the same one."""
    if frame.height <= chunk:
        yield frame
    elif not key_columns(table):
        yield from frame.iter_slices(chunk)
    elif "date" not in key_columns(table):
        yield frame
    else:
        counts = frame["date"].value_counts().sort("date")
        number = (counts["count"].cum_sum() - counts["count"]) // chunk
        for _, dates in counts.group_by(number.alias("chunk"), maintain_order=True):
            yield frame.filter(pl.col("date").is_between(dates["date"].min(), dates["date"].max()))


def _set_aside(table: str, details: pl.DataFrame) -> pl.DataFrame:
    """The quarantine of rows that break rules of the contract, its rule names told in plain words."""
    rows = details.select(business_columns(table))
    rules = [name for name in details.columns if name not in rows.columns and name not in PROVENANCE]
    problems = []
    for rule in rules:
        broken = (details[rule].cast(pl.String) == "invalid").fill_null(False)
        if broken.any():
            problems.append(_problem(table, rule, broken))
    return quarantine_rows(table, rows, details.select(PROVENANCE), problems)


def _problem(table: str, rule: str, rows: pl.Series) -> Problem:
    """What a broken rule of the contract means."""
    column, _, check = rule.rpartition("|")
    if rule == "primary_key" or rule.startswith("one_row_per_"):
        key = ", ".join(key_columns(table))
        return Problem("duplicate_key", key, rows, f"one row per {' × '.join(key_columns(table))}")
    if rule == "received_not_before_ordered":
        return Problem("received_before_ordered", "received_date", rows, "a day not before ordered_date")
    if rule == "received_within_longest_lead_time":
        return Problem("lead_time_too_long", "received_date", rows, f"a day at most {LONGEST_LEAD_TIME} days after ordered_date")
    if check == "regex":
        pattern = INPUT_TABLES[table].columns()[column].regex  # type: ignore[attr-defined]
        return Problem("not_allowed", column, rows, f"one of {pattern.strip('^$()').replace('|', ', ')}")
    if check in ("nullability", "min_length"):
        return Problem("missing_value", column, rows, "a value: the column is required")
    words = rule.replace("|", " ").replace("_", " ")
    return Problem(rule.replace("|", "_"), column or None, rows, f"what the contract states: {words}")
