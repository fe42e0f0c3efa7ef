"""The analyst's bench: a published run in a notebook, as typed frames, and its night decided again under other assumptions.

    from flows import open_run, recommend

    run = open_run("latest", out="out/demo")
    run.recommendations().head()
    recommend(run, "c7", {"where": {"sku": "p0512"}, "demand_times": 1.2})

Nothing here is published but by `night`, and nothing needs Prefect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from pydantic import ValidationError

from data.cleaning.ledger import CleanedDemand, Corrections
from data.messages import PlanMessages
from data.published import RunPaths, read_frame, read_manifest
from flows.cli.locate import locate_run
from flows.conductor import NothingToPublish, Request, conduct, settings_beside
from flows.settings import ConfigError, load_settings, sentences
from flows.stages.night import Night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_orders import region_orders, region_stock
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from flows.whatif.changed_terms import refuse_what_selects_nothing, rows_to_select, terms_of
from flows.whatif.scenarios import REFERENCE, Scenario, Scenarios, known_keys
from flows.why.recompute import night_as_recorded
from models.contracts import Alerts, Forecasts, Metrics, Recommendations
from models.explanations_contract import Explanations
from models.forecasting import RegionForecast, forecasts_frame


@dataclass(frozen=True)
class Run:
    """A published run: its tables, and what it read. Tables have the columns of docs/outputs.md, inputs those of docs/input-tables.md."""

    paths: RunPaths

    @property
    def as_of(self) -> date:
        """Last day that the run knew."""
        return self.paths.as_of

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the run recorded of itself."""
        return read_manifest(self.paths)

    @cached_property
    def regions(self) -> list[str]:
        """Regions that the run computed."""
        return sorted(set(self.manifest["regions"]) - set(self.manifest["failed_regions"]))

    def recommendations(self) -> dy.DataFrame[Recommendations]:
        """Return what to order, most valuable first."""
        return Recommendations.cast(read_frame(self.paths, "recommendations"))

    def forecasts(self) -> dy.DataFrame[Forecasts]:
        """Return demand per sku × fc and period."""
        return Forecasts.cast(read_frame(self.paths, "forecasts"))

    def explanations(self) -> dy.DataFrame[Explanations]:
        """Return what the mean forecasts are made of."""
        return Explanations.cast(read_frame(self.paths, "explanations"))

    def alerts(self) -> dy.DataFrame[Alerts]:
        """Return what needs an eye, most money first."""
        return Alerts.cast(read_frame(self.paths, "alerts"))

    def corrections(self) -> dy.DataFrame[Corrections]:
        """Return what cleaning changed of recent demand."""
        return Corrections.cast(read_frame(self.paths, "corrections"))

    def plan_messages(self) -> dy.DataFrame[PlanMessages]:
        """Return why something was not computed, and what mends it."""
        return PlanMessages.cast(read_frame(self.paths, "plan_messages"))

    def metrics(self) -> dy.DataFrame[Metrics]:
        """Return what the run measured of itself."""
        return Metrics.cast(read_frame(self.paths, "metrics"))

    def table(self, name: str, region: str | None = None, *, since: date | None = None) -> pl.DataFrame:
        """Return an input table as the run read it; of dated tables what it knew, from `since` on. Empty where there was none."""
        dated = name in ("sales", "availability", "returns", "stock", "marketplace_recommendations")
        return self._night.table(name, region, since=since, until=self.as_of if dated else None)

    def demand(self, region: str) -> dy.DataFrame[CleanedDemand]:
        """Return the demand of a region after cleaning, as the forecasts saw it."""
        history = region_panel(self._night, self._known(region), training=False)
        return CleanedDemand.create_empty() if history is None else history.cleaned.demand

    @cached_property
    def _night(self) -> Night:
        return night_as_recorded(settings_beside(self.paths), self.manifest).model_copy(update={"previous": None})

    def _known(self, region: str) -> str:
        if region not in self.regions:
            raise ConfigError(f"run {self.paths.run_id} has no region {region!r}; it has {', '.join(self.regions)}")
        return region


def open_run(run: str = "latest", *, out: str | Path | None = None) -> Run:
    """Return a published run.

    Parameters
    ----------
    run
        Its id, its folder, or `latest`.
    out
        Output folder; by default it is looked for below ./out and here.

    Raises
    ------
    PublishError
        If there is no such run.
    """
    return Run(locate_run(run, None if out is None else str(out)))


def night(
    config: str | Path, *changes: str, as_of: date | None = None, regions: tuple[str, ...] = (), out: str | Path | None = None
) -> Run:
    """Run a night as `fillrate run CONFIG --direct` does, publish it and return it; with `regions` only those, never as the latest.

    Parameters
    ----------
    config
        TOML file.
    changes
        `key=value` pairs, as of `--set`.
    as_of, regions, out
        As the options of the command.

    Raises
    ------
    ConfigError, InputError, LakeError, LakeLocked, PublishError, NothingToPublish, UnknownRegion
        As the command tells them.
    """
    outcome = conduct(load_settings(Path(config), changes, output=None if out is None else str(out)), Request(as_of=as_of, regions=regions))
    if outcome.run is None:
        raise NothingToPublish("the night ended before it published anything")
    return Run(outcome.run)


def forecast(run: Run, region: str) -> dy.DataFrame[Forecasts]:
    """Return the forecasts of a region, computed again with the versions and models that the run recorded."""
    found = _forecast(run.paths, run._known(region))
    told = {"run_id": pl.lit(run.paths.run_id), "as_of": pl.lit(run.as_of)}
    frame = forecasts_frame(found, run._night.future(), region).with_columns(**told)
    return Forecasts.validate(frame.select(Forecasts.column_names()), cast=True)


def recommend(run: Run, region: str, *changes: Mapping[str, Any]) -> dy.DataFrame[Recommendations]:
    """Return the orders of a region, decided again from what the run recorded, with some assumptions changed.

    Parameters
    ----------
    run, region
        The run and one of its regions.
    changes
        What is to be otherwise, each with the keys of a scenario's change, such as `{"where": {"abc": "A"}, "service_level": 0.99}`.
        Without any the orders are those that were published.

    Raises
    ------
    ConfigError
        If a key or a selector is unknown.
    """
    tonight = run._night
    change_terms = None
    if changes:
        try:
            scenario = Scenario(name="asked", change=changes)
        except ValidationError as error:
            raise ConfigError(sentences(error, known_keys(), REFERENCE)) from error
        rows = rows_to_select(run.recommendations(), tonight.table("items"))
        refuse_what_selects_nothing(Scenarios(scenario=(scenario,)), rows)
        change_terms = terms_of(scenario, rows)
    recommendations, _ = region_orders(
        tonight,
        region,
        _forecast(run.paths, run._known(region)),
        positions=region_stock(tonight, region),
        inbound=tonight.table("inbound", region),
        overrides=tonight.table("overrides", region),
        previous=None,
        change_terms=change_terms,
    )
    return recommendations


@lru_cache(maxsize=2)
def _forecast(paths: RunPaths, region: str) -> RegionForecast:
    """Return a region's forecast, kept for the next question about it."""
    tonight = Run(paths)._night
    history = region_panel(tonight, region, training=False)
    assert history is not None, "the run has forecast the region"
    return region_forecast(tonight, region, history.prepared, grower(tonight), explain=True)
