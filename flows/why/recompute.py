"""One row of a run computed again from what the run recorded: the region's forecast, then the orders of the one item.

Nothing is written and no lock is taken: what a run read are versions that never change.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.lake import LakeError
from data.published import PublishError, find_run
from flows.settings import Settings
from flows.stages.night import Night
from flows.stages.plan import recorded_night
from flows.stages.region_forecast import region_forecast
from flows.stages.region_orders import recommended, terms_of_region
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from models.forecasting import RegionForecast, forecasts_frame
from models.ordering.alternatives import Question
from models.ordering.decide import Witness
from models.recommending.basis import Basis
from models.settings import ReplenishmentSettings

Row = dict[str, Any]


@dataclass(frozen=True)
class Recomputed:
    """A row computed again.

    night: the night as recorded, its predecessor left out where that is no longer there; row: the recommendation; basis: profile, terms,
    stock and decisions of the row, unrounded; forecasts: the item's periods; parts: what its mean forecast is made of; elsewhere:
    recommendations of the item at the region's other fcs; lines: what is on its way, see `models.recommending.inbound`; question,
    witness: the row alone, to be decided otherwise, and what it was decided from; predecessor_gone: whether the run before can no longer
    be read.
    """

    night: Night
    row: Row
    basis: Row
    forecasts: pl.DataFrame
    parts: Row
    elsewhere: list[Row]
    lines: pl.DataFrame
    question: Question
    witness: Witness
    predecessor_gone: bool

    @property
    def settings(self) -> ReplenishmentSettings:
        """How orders are chosen."""
        return self.night.settings.replenishment


def night_as_recorded(settings: Settings, manifest: dict[str, Any]) -> Night:
    """Return the night that a run's manifest recorded.

    Raises
    ------
    LakeError
        If its models have been removed.
    """
    night = recorded_night(settings, manifest, str(manifest["run_id"]))
    if night.train and manifest.get("model_trained_on"):
        raise LakeError(
            f"the models of run {night.run_id} ({night.model_id}) have been removed from {settings.lake.path}: `fillrate rerun "
            f"{night.run_id}` trains them again as they were, then ask again"
        )
    return night


def recompute(night: Night, region: str, sku: str, fc: str) -> Recomputed:
    """Return the row of an item, computed again.

    The whole region is forecast, since its series share features; orders are computed for the item alone, and for the same item at the
    region's other fcs, which might spare units of it.

    Raises
    ------
    LakeError
        If what the run read can no longer be read, or holds no such row.
    """
    night, predecessor_gone = _with_what_is_there(night)
    history = region_panel(night, region, training=False)
    forecast = None if history is None else region_forecast(night, region, history.prepared, grower(night), explain=True)
    places = np.zeros(0, dtype=np.intp) if forecast is None else np.flatnonzero((forecast.series["sku"] == sku).to_numpy())
    if forecast is None or fc not in forecast.series["fc"].gather(places).to_list():
        raise LakeError(
            f"sku {sku} at {fc} cannot be computed again: what run {night.run_id} read of region {region} holds no such row now. The code, "
            f"or the lake at {night.settings.lake.path}, is not what it was"
        )
    few = _only(forecast, places)
    kept: list[Basis] = []
    # Classes and lead times rest on all of the region, so they cannot be told from the item's own rows.
    terms = terms_of_region(night, region, forecast.series).of(places)
    recommendations = recommended(night, region, few, of_region=terms, keep=kept.append)
    basis = kept[0]
    place = few.series["fc"].to_list().index(fc)
    question, witness = _question(night, few, basis, place), Witness()
    question.decided(witness)
    row = recommendations.filter(sku=sku, fc=fc).row(0, named=True)
    assert forecast.explanations is not None, "they were asked for"
    return Recomputed(
        night=night,
        row=row,
        basis=basis.rows.row(place, named=True),
        forecasts=forecasts_frame(few, night.future(), region).filter(sku=sku, fc=fc),
        elsewhere=recommendations.filter(pl.col("fc") != fc).sort("fc").to_dicts(),
        lines=basis.lines.filter(row=place),
        parts=forecast.explanations.filter(sku=sku, fc=fc).row(0, named=True),
        question=question,
        witness=witness,
        predecessor_gone=predecessor_gone,
    )


def _with_what_is_there(night: Night) -> tuple[Night, bool]:
    """Return the night without its predecessor where that has been removed, and whether it has."""
    if night.previous is None:
        return night, False
    try:
        find_run(night.settings.output.path, night.previous)
    except PublishError:
        return night.model_copy(update={"previous": None}), True
    return night, False


def _only(forecast: RegionForecast, places: NDArray[np.intp]) -> RegionForecast:
    """Return the forecast of some series."""
    paths = forecast.paths
    few = replace(
        paths, mean=paths.mean[places], segment=paths.segment[places], keys=paths.keys[places], whole_units=paths.whole_units[places]
    )
    return RegionForecast(forecast.series[places], forecast.mean[places], forecast.quantiles[places], few)


def _question(night: Night, forecast: RegionForecast, basis: Basis, place: int) -> Question:
    one, settings = np.array([place]), night.settings.replenishment
    return Question(
        series=basis.series.of(one),
        paths=_only(forecast, one).paths,
        calendar=basis.calendar,
        horizon=night.settings.horizon,
        lost=settings.unmet_demand == "lost",
        measure=settings.service_measure,
    )
