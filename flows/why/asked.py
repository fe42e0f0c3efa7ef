"""Which row is asked for: found in the run by sku and fc, or a message that says what there is instead."""

import difflib
from collections.abc import Mapping
from typing import Any

import polars as pl

from data.published import RunPaths, read_frame
from flows.stages.night import Night

NAMED = 5
"""Names that a message lists at most."""


class NoSuchRow(Exception):
    """The run has no such row, or none can be told; the message says what there is, and how to come to it."""


def published_row(run: RunPaths, manifest: Mapping[str, Any], night: Night, sku: str, fc: str) -> dict[str, Any]:
    """Return the recommendation of an item as the run published it.

    Raises
    ------
    NoSuchRow
        If the run recommends nothing, does not know the item or the fc, or has left the item out.
    """
    recommendations = read_frame(run, "recommendations")
    if recommendations.is_empty():
        raise NoSuchRow(f"run {run.run_id} recommends nothing, so there is no row to explain: {_without_orders(manifest)}")
    row = recommendations.filter(sku=sku, fc=fc)
    if row.height:
        return row.row(0, named=True)
    raise NoSuchRow(f"run {run.run_id} has no row of sku {sku!r} at fc {fc!r}: {_instead(recommendations, manifest, night, sku, fc)}")


def _without_orders(manifest: Mapping[str, Any]) -> str:
    if "stock" not in manifest["lake_versions"]:
        return "it had no stock table; deliver one (docs/input-tables.md) and run again"
    return "it forecast only; `fillrate run CONFIG` or `fillrate recommend CONFIG` recommends orders"


def _instead(recommendations: pl.DataFrame, manifest: Mapping[str, Any], night: Night, sku: str, fc: str) -> str:
    """Return what there is in place of a row that is not there."""
    at = recommendations.filter(sku=sku)["fc"].sort().to_list()
    beside = recommendations.filter(fc=fc)["sku"].sort().to_list()
    regions = dict(night.table("locations").select("fc", "region").iter_rows())
    region = recommendations.filter(fc=fc)["region"].to_list()[0] if beside else regions.get(fc)
    if region in manifest["failed_regions"]:
        return f"region {region} failed in that run; its plan messages say why (`fillrate report {manifest['run_id']}` says where they are)"
    if not beside and fc not in regions:
        if sku in recommendations.filter(fc=sku)["fc"].to_list() or fc in recommendations["sku"].to_list():
            return f"the sku comes first and the fc second: `fillrate why {fc} {sku}`"
        there = recommendations["fc"].unique().sort().to_list()
        return f"it does not know the fc; {_nearest(fc, there)}"
    if region is not None and region not in manifest["regions"]:
        return f"it was a run of {', '.join(manifest['regions'])} alone, without region {region}"
    sold = night.table("sales", region).filter(sku=sku, fc=fc) if region is not None else pl.DataFrame()
    if sold.height:
        last = sold.filter(pl.col("date") <= night.as_of).select(pl.col("date").max()).item()
        return (
            f"the item is not active there (last sold {last}), so nothing is forecast or recommended for it: it was taken off sale, or "
            "history ends too long ago; see launch_date and discontinued_date in items"
        )
    if at:
        return f"the item is known at {_listed(at)}, not there"
    return f"it does not know the sku there; {_nearest(sku, beside or recommendations['sku'].unique().sort().to_list())}"


def _nearest(name: str, there: list[str]) -> str:
    near = difflib.get_close_matches(name, there, n=NAMED, cutoff=0.5)
    # A number that was typed with or without its leading zeros.
    near = [other for other in there if other.lstrip("0") == name.lstrip("0")] + near
    if near:
        return f"did you mean {_listed(list(dict.fromkeys(near)))}?"
    return f"there are {len(there):,}, such as {_listed(there)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:NAMED])
    return shown + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
