"""Take a delivery of a dated table in: replace the days it contains, leave all others as they are."""

from collections.abc import Mapping

import polars as pl

from data.lake import delta
from data.lake.delivery import Change
from data.lake.fingerprints import compare, fingerprints
from data.lake.layout import Layout, in_regions, on_dates, sql_in, stored
from data.lake.ledger import HeldDay, Ledger
from data.lake.shrunk_days import shrunk_days, still_held
from data.messages import PlanMessage
from data.settings import Delivery
from data.storage import Place


def take_days(
    root: Place,
    layout: Layout,
    frame: pl.DataFrame,
    *,
    delivery: Delivery,
    regions: Mapping[str, str],
    ledger: Ledger,
    files: Mapping[str, str],
) -> Change:
    """Bring the rows of `frame` into the table by one commit, or none when nothing changes.

    With `whole_days` each day that the frame contains (`layout.replaces`) becomes exactly what the frame says; with
    `changes` rows are merged into it by key. Only days whose content differs are written, so files of other days stay
    untouched.
    """
    new = stored(frame, layout, regions)
    if new.is_empty():
        return Change(held_back=ledger.held_back)
    if not delta.exists(root, layout.table):
        delta.append(root, layout.table, new.sort(layout.sort_by), layout.partition_by)
        days = new.select(pl.struct(layout.replaces).n_unique()).item()
        return Change(rows_added=new.height, days_changed=days)

    kept = delta.scan(root, layout.table, layout.schema).filter(_whereabouts(layout, new))
    if delivery == "changes":
        new = _merged(kept, new, layout)
    old = fingerprints(kept, layout)
    changed = compare(fingerprints(new.lazy(), layout), old, layout)

    held: tuple[HeldDay, ...] = ()
    if delivery == "whole_days":
        held = shrunk_days(
            changed, new, layout, ledger.held_back, new_files=any(ledger.files.get(name) != sha for name, sha in files.items())
        )
        if held:
            days = pl.DataFrame([(day.date, day.fc) for day in held], schema={"date": pl.Date, "fc": pl.String}, orient="row")
            changed = changed.join(days, on=["date", "fc"], how="anti")
    if not changed.is_empty():
        _write(root, layout, new, kept, changed, old)
    added = int(changed.filter(pl.col("rows_old").is_null())["rows"].sum())
    return Change(
        rows_added=added,
        rows_replaced=int(changed["rows"].sum()) - added,
        days_changed=changed.height,
        held_back=still_held(ledger.held_back, held, new) if layout.replaces == ("date", "fc") else (),
        messages=_days_kept(root, layout, new, ledger, files) if delivery == "whole_days" else (),
    )


def _whereabouts(layout: Layout, new: pl.DataFrame) -> pl.Expr:
    """Return what narrows a scan to the dates of `new` and, where they are partitions, its regions."""
    where = on_dates(layout, new["date"].unique())
    if layout.region_column in layout.partition_by:
        there = in_regions(layout, new[layout.region_column].unique().to_list())
        where = where if there is None else there & where
    return where


def _merged(kept: pl.LazyFrame, new: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Return the days that `new` touches as they are once its rows are merged in by key."""
    days = kept.join(new.lazy().select(layout.replaces).unique(), on=layout.replaces, how="semi", nulls_equal=True)
    rest = days.join(new.lazy(), on=layout.key, how="anti", nulls_equal=True).collect()
    return pl.concat([rest.select(new.columns), new])


def _write(root: Place, layout: Layout, new: pl.DataFrame, kept: pl.LazyFrame, changed: pl.DataFrame, old: pl.DataFrame) -> None:
    """Commit the changed days: appended where all their dates are new, else by overwriting exactly their dates."""
    fresh = new.join(changed, on=layout.replaces, how="semi", nulls_equal=True)
    dates = changed["date"].unique().sort()
    if old.join(changed, on="date", how="semi").is_empty():
        delta.append(root, layout.table, fresh.sort(layout.sort_by), layout.partition_by)
        return
    untouched = kept.filter(_whereabouts(layout, fresh)).join(changed.lazy(), on=layout.replaces, how="anti", nulls_equal=True).collect()
    rows = pl.concat([untouched.select(fresh.columns), fresh]).sort(layout.sort_by)
    where = [sql_in("date", dates.to_list())]
    for column in reversed(layout.partition_by):
        where.insert(0, sql_in(column, _partition_values(layout, fresh, column)))
    delta.overwrite(root, layout.table, rows, " AND ".join(where))


def _partition_values(layout: Layout, fresh: pl.DataFrame, column: str) -> list[str]:
    values: list[str] = fresh[column].unique().sort().to_list()
    return values


def _days_kept(root: Place, layout: Layout, new: pl.DataFrame, ledger: Ledger, files: Mapping[str, str]) -> tuple[PlanMessage, ...]:
    """Return a message per changed file whose earlier days it no longer contains; they stay, as exports are often windows."""
    changed = sorted(name for name, sha in files.items() if ledger.files.get(name, sha) != sha)
    if not changed:
        return ()
    gone = (
        delta.scan(root, layout.table, layout.schema)
        .filter(pl.col("source_file").is_in(changed))
        .select("source_file", *layout.replaces)
        .unique()
        .join(new.lazy().select(layout.replaces).unique(), on=layout.replaces, how="anti", nulls_equal=True)
        .group_by("source_file")
        .agg(pl.len().alias("days"), pl.col("date").min().alias("first"), pl.col("date").max().alias("last"))
        .sort("source_file")
        .collect()
    )
    unit = "fc × day" if layout.replaces == ("date", "fc") else " × ".join(layout.replaces)
    return tuple(
        PlanMessage(
            code="days_kept",
            severity="info",
            table=layout.table,
            message=f"{row['source_file']} no longer holds {row['days']} of the {unit} it had, from {row['first']} to {row['last']}: "
            "they are kept as they were.",
            fix="Nothing to do if the file is a rolling window. Deliver those days with their right rows if they were wrong.",
        )
        for row in gone.iter_rows(named=True)
    )
