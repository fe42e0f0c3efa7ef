"""Puts the parts of a replay into one self-contained page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from flows.replay.measures import MEASURES, OWN, RUN_IN, SHARES, method_title, short_title
from flows.replay.table import cheapest_first, formatted
from flows.report.charts import WIDTH, Chart, Series, dot_chart, square_chart
from flows.report.results import content_policy, results_environment, results_style

_HERE = Path(__file__).parent

MOST_PARAMETERS = 15


def replay_page(summary: Mapping[str, Any], frames: Mapping[str, pl.DataFrame]) -> str:
    """Return the page of one replay as HTML text: no scripts, nothing fetched, every text from the data escaped.

    Parameters
    ----------
    summary
        Of the replay.
    frames
        Its tables: scores, probabilities, reliability, alerts, parameters.
    """
    scores, style = frames["scores"], results_style()
    whole = scores.filter(pl.col("window").is_null())
    methods = cheapest_first(whole)
    return (
        results_environment(_HERE, method_title=method_title, formatted=formatted)
        .get_template("replay.html.j2")
        .render(
            summary=summary,
            style=style,
            policy=content_policy(style),
            own=OWN,
            measures=MEASURES,
            lines=[_line(whole, method) for method in methods],
            costs=_cost_figure(whole, methods),
            windows=[_window(scores, window["label"], methods) for window in summary["windows"]],
            probabilities=frames["probabilities"].to_dicts(),
            reliability=[_reliability_figure(frames["reliability"], stock) for stock in (RUN_IN, OWN)],
            alerts=_alerts(frames["alerts"]),
            parameters=frames["parameters"].head(MOST_PARAMETERS).to_dicts(),
            width=WIDTH,
        )
    )


def _line(whole: pl.DataFrame, method: str) -> dict[str, Any]:
    rows = {row["measure"]: row for row in whole.filter(method=method).iter_rows(named=True)}
    cells = [{"value": formatted(name, rows[name]["value"]), "error": _error(name, rows[name]["standard_error"])} for name in MEASURES]
    cost = rows["total_cost"]
    return {"method": method, "parameter": cost["parameter"], "cells": cells, "ratio": cost["ratio"], "ratio_error": cost["ratio_error"]}


def _error(measure: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"± {100 * value:.1f}%" if measure in SHARES else f"± {value:,.0f}" if value >= 100 else f"± {value:,.1f}"


def _window(scores: pl.DataFrame, label: str, methods: list[str]) -> dict[str, Any]:
    rows = {row["method"]: row for row in scores.filter(window=label, measure="total_cost").iter_rows(named=True)}
    return {"label": label, "cells": [rows[method] | {"text": formatted("total_cost", rows[method]["value"])} for method in methods]}


def _cost_figure(whole: pl.DataFrame, methods: list[str]) -> Chart:
    series = []
    for style, (measure, title) in enumerate((("total_cost", "total"), ("holding_cost", "holding"), ("shortage_cost", "shortage"))):
        rows = {row["method"]: row for row in whole.filter(measure=measure).iter_rows(named=True)}
        values = [rows[method]["value"] for method in methods]
        errors = [rows[method]["standard_error"] or 0.0 for method in methods]
        low = [value - 2 * error for value, error in zip(values, errors, strict=True)]
        high = [value + 2 * error for value, error in zip(values, errors, strict=True)]
        series.append(Series(title, style, values, low if style == 0 else (), high if style == 0 else ()))
    costs = "; ".join(f"{method_title(method)} {value:,.0f}" for method, value in zip(methods, series[0].values, strict=True))
    return dot_chart(
        "Cost by method",
        "Money of all series and counted periods; strokes are two standard errors of the total.",
        f"Total cost: {costs}.",
        names=[short_title(method) for method in methods],
        series=series,
        x_title="money",
        show=lambda value: f"{value:,.0f}",
    )


def _reliability_figure(reliability: pl.DataFrame, stock: str) -> Chart:
    here = reliability.filter(stock=stock)
    series = []
    for style, name in enumerate(("fillrate", "empirical", "z_sigma")):
        rows = {row["bin"]: row for row in here.filter(said_by=name).iter_rows(named=True)}
        values = [rows[place]["observed"] if place in rows else None for place in range(10)]
        low = [rows[place]["observed"] - 2 * rows[place]["error"] if place in rows else None for place in range(10)]
        high = [rows[place]["observed"] + 2 * rows[place]["error"] if place in rows else None for place in range(10)]
        series.append(Series(short_title(name), style, values, low, high))
    told = ", ".join(f"{100 * value:.0f}%" for value in series[0].values if value is not None)
    owner = "fillrate's own stock" if stock == OWN else "the stock of the run-in's rule"
    return square_chart(
        f"Stock-out probabilities on {owner}",
        "Nights by the chance that was told, in tenths, and the share of them in which demand went unmet; strokes are two errors.",
        f"Share that ran out by tenth of the chance told: {told}.",
        levels=[(place + 0.5) / 10 for place in range(10)],
        series=series,
        show=lambda value: f"{100 * value:.0f}%",
        x_title="chance that was told",
        y_title="share that ran out",
    )


def _alerts(alerts: pl.DataFrame) -> list[dict[str, Any]]:
    """Return one line per stock, over all windows."""
    told = [column for column in alerts.columns if alerts.schema[column] == pl.Float64]
    known = alerts.with_columns(pl.col(told).fill_nan(None))
    right, caught = pl.col("precision") * pl.col("alerts"), pl.col("caught") * pl.col("stockouts")
    return (
        known.group_by("stock", maintain_order=True)
        .agg(
            pl.col("alerts", "stockouts", "saved", "lost").sum(),
            precision=right.sum() / pl.col("alerts").sum(),
            caught=caught.sum() / pl.col("stockouts").sum(),
            recall=pl.col("recall").mean(),
            lead_periods=pl.col("lead_periods").mean(),
        )
        .with_columns(pl.col("precision", "caught").fill_nan(None))
        .to_dicts()
    )
