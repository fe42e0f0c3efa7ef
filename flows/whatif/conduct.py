"""Scenarios of a published run: its night decided again as it was, and under each of them, from one forecast."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.lake import LakeError
from data.published import PublishError, RunPaths, read_frame, read_manifest
from data.results_folder import ResultsFolder
from data.storage import Place
from flows.conductor import settings_beside
from flows.stages.night import Night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_orders import region_orders, region_stock
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from flows.whatif.changed_terms import Terms, refuse_what_selects_nothing, rows_meant, rows_to_select, terms_of
from flows.whatif.page import whatif_page
from flows.whatif.scenarios import BASE, Scenarios
from flows.whatif.sums import compared, scenario_sums
from flows.why.recompute import night_as_recorded
from models.forecasting import RegionForecast
from models.ordering.outcomes import outcomes
from models.recommending.basis import Basis

log = logging.getLogger("fillrate")


@dataclass(frozen=True)
class WhatIf:
    """What came of scenarios. rows: one per scenario and sku × fc; sums: one per scenario, the run as it was first; page: the report."""

    path: Place
    page: Place
    rows: pl.DataFrame
    sums: pl.DataFrame
    summary: dict[str, Any]


def what_if(run: RunPaths, scenarios: Scenarios, *, name: str, output: str | None, now: datetime) -> WhatIf:
    """Decide a run's night under each scenario and write the comparison to `<output>/whatif/`; nothing that was published is touched.

    Parameters
    ----------
    run
        The run that the scenarios go out from.
    scenarios
        What is to be otherwise.
    name
        Of the file they came from, for the folder.
    output
        Folder to write below; by default the run's own output.
    now
        The moment, for the folder's name.

    Raises
    ------
    ConfigError
        If a scenario names what no row of the run has.
    PublishError
        If the run recommends nothing.
    LakeError
        If what the run read is no longer there.
    """
    manifest, published = read_manifest(run), read_frame(run, "recommendations")
    if published.is_empty():
        raise PublishError(f"run {run.run_id} recommends nothing, so nothing can be ordered otherwise: name another with --run")
    settings = settings_beside(run)
    night = night_as_recorded(settings, manifest).model_copy(update={"previous": None})
    selectable = rows_to_select(published, night.table("items"))
    refuse_what_selects_nothing(scenarios, selectable)
    worlds: dict[str, Terms | None] = {BASE: None} | {one.name: terms_of(one, selectable) for one in scenarios.scenario}
    regions = published["region"].unique().sort().to_list()
    log.info("scenarios", extra={"tasks_ahead": len(regions)})
    rows = pl.concat([part for region in regions for part in _region_rows(night, region, worlds)])
    again = rows.filter(scenario=BASE).select("fc", "sku", "order_units")
    differs = again.join(published.select("fc", "sku", published="order_units"), on=["fc", "sku"], how="full").filter(
        pl.col("order_units").ne_missing(pl.col("published"))
    )
    sums = scenario_sums(rows)
    summary: dict[str, Any] = {
        "run_id": run.run_id,
        "name": manifest["name"],
        "as_of": manifest["as_of"],
        "frequency": settings.frequency,
        "currency": manifest["currency"],
        "lost": settings.replenishment.unmet_demand == "lost",
        "scenarios": [one.model_dump(mode="json", exclude_none=True) | {"rows": rows_meant(one, selectable)} for one in scenarios.scenario],
        "rows": published.height,
        "not_as_published": differs.height,
    }
    folder = ResultsFolder(output or settings.output.path, "whatif", f"{run.run_id}-{name}-{now:%Y%m%dT%H%M%S%f}"[:-3])
    folder.begin()
    page = whatif_page(summary, sums, compared(rows))
    folder.finish({"rows": rows, "sums": sums}, {"whatif.html": page}, summary)
    return WhatIf(folder.path, folder.path / "whatif.html", rows, sums, summary)


def _region_rows(night: Night, region: str, worlds: dict[str, Terms | None]) -> list[pl.DataFrame]:
    log.info("scenarios of %s", region, extra={"task": f"scenarios {region}"})
    history = region_panel(night, region, training=False)
    if history is None:
        raise LakeError(f"region {region} of run {night.run_id} cannot be decided again: what it read is no longer in {night.lake.root}")
    forecast = region_forecast(night, region, history.prepared, grower(night), explain=True)
    positions, inbound, overrides = region_stock(night, region), night.table("inbound", region), night.table("overrides", region)
    found: list[pl.DataFrame] = []
    base: NDArray[np.float64] | None = None
    for name, change in worlds.items():
        kept: list[Basis] = []
        recommendations, _ = region_orders(
            night,
            region,
            forecast,
            positions=positions,
            inbound=inbound,
            overrides=overrides,
            previous=None,
            change_terms=change,
            keep=kept.append,
        )
        orders = kept[0].rows["order_units"].fill_null(0.0).to_numpy()
        base = orders if base is None else base
        found.append(_told(name, recommendations, _outcomes(night, forecast, kept[0], orders, base)))
    return found


def _outcomes(night: Night, forecast: RegionForecast, basis: Basis, orders: NDArray[np.float64], base: NDArray[np.float64]) -> pl.DataFrame:
    """Return what the scenario's orders come to, and what those of the run as it was would, null where stock is unknown."""
    settings = night.settings
    columns: dict[str, NDArray[np.float64]] = {}
    for ending, sent in (("", orders), ("_if_ordered_as_before", base)):
        come_to = outcomes(
            basis.series,
            forecast.paths,
            basis.calendar,
            sent,
            horizon=settings.horizon,
            lost=settings.replenishment.unmet_demand == "lost",
            threads=settings.replenishment.threads,
        )
        columns |= {f"{name}{ending}": values for name, values in vars(come_to).items()}
    known = basis.rows.select("fc", "sku", "on_hand", "shortage_cost", "holding_cost")
    frame = pl.concat([known, pl.DataFrame(columns)], how="horizontal")
    unknown_cost = {"shortage": "shortage_cost", "holding": "holding_cost"}
    return frame.select(
        "fc",
        "sku",
        *(
            pl.when(
                pl.col("on_hand").is_not_null()
                & (pl.col(unknown_cost[kind]).is_not_null() if (kind := name.split("_")[0]) in unknown_cost else pl.lit(True))
            )
            .then(pl.col(name).round(4))
            .alias(name)
            for name in columns
        ),
    )


def _told(name: str, recommendations: pl.DataFrame, come_to: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a scenario in one region, sorted."""
    columns = (
        "region",
        "fc",
        "sku",
        "name",
        "supplier",
        "abc",
        "xyz",
        "demand_mean",
        "order_up_to",
        "order_units",
        "order_value",
        "arrival_date",
    )
    return recommendations.select(pl.lit(name).alias("scenario"), *columns).join(come_to, on=["fc", "sku"], how="left").sort("fc", "sku")
