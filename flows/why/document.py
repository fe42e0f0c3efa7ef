"""A row and everything behind it as one document of plain values: what `--json` prints, and what the words are made from."""

from datetime import timedelta
from typing import Any

import polars as pl

from data.published import RunPaths, find_run, read_frame
from flows.why.check import Check
from flows.why.otherwise import otherwise
from flows.why.recompute import Recomputed, Row
from flows.why.sources import term_sources
from models.contributions import GROUPS
from models.recommending import DATA_FLAGS, REASONS

Document = dict[str, Any]

COMPARED = ("order_units", "on_hand", "inbound_units", "inventory_position", "demand_mean", "order_up_to")


def document(run: RunPaths, manifest: dict[str, Any], row: Row, again: Recomputed, checked: Check, changes: list[str]) -> Document:
    """Return the document of a row.

    Parameters
    ----------
    run, manifest
        The run asked about.
    row
        The recommendation to explain: as published, or as recomputed under `changes`.
    again
        The row computed again.
    checked
        The comparison of both.
    changes
        `key=value` pairs under which the row was computed again; empty for the run as it was.
    """
    terms = again.basis
    return {
        "run_id": run.run_id,
        "as_of": again.night.as_of,
        "frequency": again.night.settings.frequency,
        "currency": manifest["currency"],
        "asked_with": changes,
        "check": _check(checked),
        "row": row,
        "item": {name: terms[name] for name in ("name", "supplier", "seller", "unit_cost", "price")} | {n: row[n] for n in ("abc", "xyz")},
        "terms": _terms(again),
        "stock": _stock(again),
        "interval": _interval(again),
        "forecast": _forecast(again),
        "elsewhere": _elsewhere(again),
        "order": _order(again),
        "otherwise": None if terms["on_hand"] is None else otherwise(again),
        "reasons": [{"code": code, "words": REASONS.get(code)} for code in row["reasons"]],
        "data_flags": [{"code": code, "words": DATA_FLAGS.get(code)} for code in row["data_flags"]],
        "previous": _previous(again, row),
    }


def _check(checked: Check) -> Document:
    return {
        "compared": checked.compared,
        "same": not checked.differences,
        "differences": [vars(difference) for difference in checked.differences],
        "causes": checked.causes,
    }


def _terms(again: Recomputed) -> Document:
    """Return every term that decides, with where it comes from."""
    sources = term_sources(again)
    shown = (
        "lead_time_days",
        "lead_time_sd",
        "review_days",
        "case_pack",
        "moq",
        "max_units",
        "shortage_cost",
        "holding_cost",
        "service_level",
    )
    return {name: {"value": again.basis[name], "from": sources.get(name)} for name in shown}


def _stock(again: Recomputed) -> Document:
    basis = again.basis
    names = ("snapshot_date", "age_days", "on_hand", "reserved_becoming_sellable", "inbound_units", "backordered", "inventory_position")
    return {name: basis[name] for name in names} | {"inbound": _inbound(again)}


def _inbound(again: Recomputed) -> list[Row]:
    """Return the open order lines of the item that the run knew, the next one first, with what is to be expected of each."""
    night = again.night
    lines = night.table("inbound", again.row["region"]).filter(
        pl.col("ordered_date").is_null() | (pl.col("ordered_date") <= night.as_of),
        pl.col("units") > 0,
        sku=again.row["sku"],
        fc=again.row["fc"],
    )
    overdue = (pl.col("expected_date") <= night.as_of).alias("overdue")
    same = ["expected_date", "ordered_date", "order_id"]
    chances = again.lines.select(*same, "never", "likely_date", "by_expected")
    told = lines.join(chances, on=same, how="left", nulls_equal=True)
    shown = told.select("units", "expected_date", "order_id", "ordered_date", "status", overdue, "never", "likely_date", "by_expected")
    return shown.sort("expected_date", "order_id", "units").to_dicts()


def _interval(again: Recomputed) -> Document:
    """Return tonight's dates, the protection interval and the order's own window."""
    basis, calendar = again.basis, again.question.calendar
    lead, review, begins = int(basis["lead"]), int(basis["review"]), calendar.order_date
    arrival, next_arrival = (begins + timedelta(days=n * calendar.days) for n in (lead, lead + review))
    return {
        "order_date": begins,
        "arrival_date": arrival,
        "next_order_date": basis["next_order_date"],
        "next_arrival_date": next_arrival,
        "last_day": next_arrival - timedelta(days=1),
        "lead_periods": lead,
        "review_periods": review,
        "lead_time_varies": basis["lead_time_never"] is not None,
        "lead_time": _lead_time(again),
        "wait_days": basis["wait_days"],
    }


def _lead_time(again: Recomputed) -> Document | None:
    """Return how orders of the row's lane come: shares of all of them, days from order to shelf; None where it is certain."""
    basis, times = again.basis, again.question.series.transit
    if basis["lead_time_never"] is None:
        return None
    come = times.come[times.which[0]]
    return {
        "promised_days": basis["lead_time_promised"],
        "lane": basis["lead_time_lane"],
        "lines": basis["lead_time_lines"],
        "late": basis["lead_time_late"],
        "never": basis["lead_time_never"],
        "complete": basis["lead_time_complete"],
    } | {f"p{share}": int((come >= share / 100 - 1e-9).argmax()) for share in (10, 50, 90)}


def _forecast(again: Recomputed) -> Document:
    """Return what the mean forecast is made of, per period, and who made it."""
    return {
        "periods": again.forecasts.height,
        "mean_per_period": again.parts["mean"],
        "parts": {group: again.parts[group] for group in GROUPS},
        "recent_mean": again.basis["mean_demand"],
        "recent_sd": again.basis["sd_demand"],
        "model": again.basis["model"],
        "calibrated": again.basis["calibrated"],
        "multiplier": again.basis["override_demand_multiplier"],
        "first_periods": again.forecasts.sort("date").select("date", "mean", "p10", "p50", "p90").head(7).to_dicts(),
    }


def _order(again: Recomputed) -> Document:
    """Return how the order came about; `simulated` is what the rule chose before planners and order days had their say."""
    basis = again.basis
    return {
        "rule": basis["rule"],
        "line_cost": again.settings.order_line_cost if str(basis["rule"]).endswith("cost") else 0.0,
        "peak_holding_cost": basis["peak_holding_cost"] if again.question.series.peak is not None else None,
        "peak_months": sorted(again.question.calendar.peak_months),
        "raw": basis["raw"],
        "least": basis["lump"],
        "simulated": basis["simulated_order"],
        "by_hand": basis["override_order_units"],
        "excluded": bool(basis["override_exclude"]),
        "last_case": None if basis["last_case"] != basis["last_case"] else basis["last_case"],
    }


def _elsewhere(again: Recomputed) -> list[Row]:
    """Return stock and level of the item at the region's other fcs; `spare` is what one that is not at risk itself could send.

    As `models.recommending.actions` counts it: beyond its level and one more protection interval, and on the shelf. Rounded.
    """
    told = []
    for row in again.elsewhere:
        spare = None
        if row["on_hand"] is not None:
            beyond = min(row["on_hand"], -row["raw_units"] - row["demand_mean"])
            spare = 0.0 if "risk_before_arrival" in row["reasons"] else max(beyond, 0.0)
        told.append({name: row[name] for name in ("fc", "on_hand", "inventory_position", "order_up_to", "demand_mean")} | {"spare": spare})
    return told


def _previous(again: Recomputed, row: Row) -> Document:
    """Return what moved since the run before."""
    night = again.night
    told: Document = {"run_id": night.previous, "gone": again.predecessor_gone, "reason": row["change_reason"], "moved": []}
    if night.previous is None:
        return told
    before = read_frame(find_run(night.settings.output.path, night.previous), "recommendations").filter(sku=row["sku"], fc=row["fc"])
    if before.height:
        then = before.row(0, named=True)
        told["moved"] = [{"what": name, "before": then[name], "now": row[name]} for name in COMPARED]
    return told
