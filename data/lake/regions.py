"""Which region an fc belongs to, and moving its history when that changes."""

from collections.abc import Mapping, Sequence

import polars as pl

from data.lake import delta
from data.lake.layout import ALL_REGION, LAYOUTS, Layout, sql_in, stored
from data.messages import PlanMessage
from data.storage import Place


def region_of_fcs(root: Place) -> dict[str, str]:
    """Return fc → region as the lake's newest locations say; empty without them."""
    if not delta.exists(root, "locations"):
        return {}
    with delta.intact(root, "locations"):
        frame = delta.scan(root, "locations", LAYOUTS["locations"].schema).select("fc", "region").collect()
    return dict(frame.iter_rows())


def move_history(root: Place, regions: Mapping[str, str], before: Mapping[str, str] | None = None) -> tuple[PlanMessage, ...]:
    """Rewrite the history of every fc that `regions` puts elsewhere than where it lies, one commit per table.

    An fc with history that `regions` does not name stays where it is. `before` is where fcs were when a delivery of
    locations was last recorded: with it, a move that a killed run has made already is told as well.
    """
    moves: dict[str, tuple[str, str]] = {}
    there: set[str] = set()
    unnamed: set[str] = set()
    for layout in LAYOUTS.values():
        if layout.region_column is not None and delta.exists(root, layout.table):
            with delta.intact(root, layout.table):
                lies = delta.scan(root, layout.table, layout.schema).select("fc", layout.region_column).drop_nulls("fc").unique().collect()
                moves |= _move_in_table(root, layout, lies.rows(), regions)
            there |= set(lies["fc"])
            unnamed |= {fc for fc, region in lies.iter_rows() if fc not in regions and region == ALL_REGION}
    if before is not None:
        known = {fc: before.get(fc, ALL_REGION) for fc in there & set(regions)}
        moves = {fc: (old, regions[fc]) for fc, old in known.items() if old != regions[fc]} | moves
    return (*(_moved(fc, *moves[fc]) for fc in sorted(moves)), *(_unnamed(fc) for fc in sorted(unnamed) if regions))


def _move_in_table(root: Place, layout: Layout, lies: Sequence[tuple[str, str]], regions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Move rows of one table to where `regions` puts their fcs; return fc → (old, new region) of those moved."""
    moved = {fc: (old, regions[fc]) for fc, old in lies if fc in regions and regions[fc] != old}
    if moved:
        rows = delta.scan(root, layout.table, layout.schema).filter(pl.col("fc").is_in(list(moved))).collect()
        concerned = sorted({region for fc, old in lies if fc in moved for region in (old, regions[fc])})
        where = f"{sql_in(str(layout.region_column), concerned)} AND {sql_in('fc', sorted(moved))}"
        delta.overwrite(root, layout.table, stored(rows, layout, regions).sort(layout.sort_by), where)
    return moved


def _moved(fc: str, old: str, new: str) -> PlanMessage:
    return PlanMessage(
        code="fc_moved_region",
        severity="info",
        table="locations",
        region=new,
        fc=fc,
        message=f"fc {fc} moved from region {old} to {new}: its whole history now counts for {new}.",
    )


def _unnamed(fc: str) -> PlanMessage:
    return PlanMessage(
        code="fc_without_region",
        table="locations",
        region=ALL_REGION,
        fc=fc,
        message=f"fc {fc} has history but no row in locations: it stays in region {ALL_REGION!r}.",
        fix=f"Add fc {fc} to locations with its region.",
    )
