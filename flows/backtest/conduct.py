"""A backtest in order: take in what is new, open the window, go from origin to origin, score, write the page."""

import logging
import resource
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from data.errors import InputError
from data.lake import Lake
from data.messages import PlanMessage, messages_frame
from data.published import RunPaths, read_manifest, runs
from data.results_folder import ResultsFolder
from data.storage import Place, place
from features.cadence import cadence_of
from flows.backtest.methods import OWN, STEPS
from flows.backtest.one_origin import TASKS_BESIDE, TASKS_PER_REGION, backtest_origin
from flows.backtest.openings import LEDGER, Opening, open_once, openings
from flows.backtest.origins import backtest_horizon, backtest_origins, origin_night, spacing
from flows.backtest.page import backtest_page
from flows.backtest.sections import span_of
from flows.backtest.summary import BacktestSummary
from flows.conductor import Request, conduct
from flows.log_lines import bound
from flows.past.digest import settings_digest
from flows.past.past_night import PastNight
from flows.past.workers import worker_count, workers
from flows.settings import Settings
from flows.version import VERSION, code_digest
from models.evaluation.scoreboard import scoreboard

log = logging.getLogger("fillrate")

PAGE = "backtest.html"


@dataclass(frozen=True)
class Backtested:
    """A backtest's results. path: their folder; again: whether they had been computed before; failed: region → error."""

    path: Place
    summary: dict[str, Any]
    scores: pl.DataFrame
    value_added: pl.DataFrame
    failed: dict[str, str]
    again: bool

    @property
    def page(self) -> Place:
        """The page for the browser."""
        return self.path / PAGE


def backtest(settings: Settings, *, today: date, reopen: str | None = None) -> Backtested:
    """Judge the forecasts of a config from several days of the past.

    The same config, code and data are computed once: asked again, the results are read; a backtest that was stopped goes on where it
    was. The lake is locked only while new input is taken in: nights may run beside a backtest.

    Parameters
    ----------
    settings
        Of the config.
    today
        The calendar day: rows of history dated later are set aside.
    reopen
        Why a locked window that this configuration opened before is opened again.

    Raises
    ------
    ConfigError, InputError, LakeError, LakeLocked
        If the origins, the inputs or the lake cannot be used.
    WindowLocked, LedgerDamaged
        If `backtest.locked` and the window was opened before, or nobody can say.
    """
    conduct(settings, Request(last="ingest", today=today))
    begun = time.perf_counter()
    lake = Lake(settings.lake)
    versions = lake.versions()
    origins = backtest_origins(settings, lake.daily_totals())
    digest = settings_digest(_what_decides(settings))
    run_id = f"{origins[-1]:%Y%m%d}-{settings_digest({'settings': digest, 'versions': versions, 'origins': list(origins)})[:12]}"
    folder = ResultsFolder(settings.output.path, "backtests", run_id)
    if folder.finished:
        summary = folder.summary()
        return Backtested(folder.path, summary, folder.read("scores"), folder.read("value_added"), summary["failed_regions"], again=True)
    _open_window(settings, origins, digest, folder, run_id, reopen)
    folder.begin()
    nights = [origin_night(settings, origin, versions, folder.path) for origin in origins]
    with bound(run_id=run_id):
        _go_through(nights, settings, folder)
    return _results(nights, settings, folder, digest, run_id, begun)


def _go_through(nights: list[PastNight], settings: Settings, folder: ResultsFolder) -> None:
    ahead = [night for night in nights if not folder.has_part(night.as_of)]
    if not ahead:
        return
    regions = ahead[0].regions()
    tasks = len(ahead) * (TASKS_PER_REGION * len(regions) + TASKS_BESIDE)
    log.info("%s origins, %s regions", len(ahead), len(regions), extra={"tasks_ahead": tasks})
    with workers(worker_count(settings.backtest.workers, len(regions))) as side_by_side:
        for night in ahead:
            backtest_origin(night, folder, side_by_side, _published_before(night))


def _results(nights: list[PastNight], settings: Settings, folder: ResultsFolder, digest: str, run_id: str, begun: float) -> Backtested:
    documents = [folder.part_document(night.as_of) for night in nights]
    judged = [night.as_of for night, document in zip(nights, documents, strict=True) if document["regions"]]
    failed = {region: error for document in documents for region, error in document["failed"].items()}
    if not judged:
        first = next(iter(failed.items()), None)
        raise InputError(
            f"nothing could be judged: region {first[0]} failed with {first[1]}"
            if first
            else "nothing could be judged: no region had sales"
        )
    log.info("score", extra={"task": "score"})
    tallies = pl.concat([folder.read_part("tallies", origin) for origin in judged])
    scores, value_added = scoreboard(tallies, own=OWN, steps=STEPS, seed=settings.seed)
    origins = [night.as_of for night in nights]
    summary = BacktestSummary(
        name=settings.name,
        run_id=run_id,
        frequency=settings.frequency,
        origins=origins,
        horizon=backtest_horizon(settings),
        spacing=spacing(settings),
        protection_interval=None,
        series=max(document.get("series", 0) for document in documents),
        regions=max(len(document["regions"]) for document in documents),
        seconds=time.perf_counter() - begun,
        lightgbm_seconds=sum(document["lightgbm"] for document in documents),
        peak_memory_bytes=_peak_memory(),
        code_version=VERSION,
        settings_digest=digest,
        locked_windows={span_of(origins): origins} if settings.backtest.locked else {},
        openings=openings(place(settings.output.path) / LEDGER),
        plan_messages=_messages(settings, nights, documents),
    )
    forecasts = pl.concat([folder.read_part("forecasts", origin) for origin in judged])
    folder.finish(
        {"scores": scores, "value_added": value_added, "forecasts": forecasts},
        {PAGE: backtest_page(summary, scores, value_added)},
        _document(summary, failed),
    )
    return Backtested(folder.path, folder.summary(), scores, value_added, failed, again=False)


def _what_decides(settings: Settings) -> dict[str, Any]:
    """Return what of the config and the code decides the scores; not how many processes compute them."""
    dumped = settings.model_dump(
        mode="json", include={"name", "frequency", "horizon", "seed", "inputs", "forecast", "replenishment", "backtest"}
    )
    dumped["forecast"].pop("threads")
    dumped["replenishment"].pop("threads")
    for key in ("workers", "locked"):
        dumped["backtest"].pop(key)
    return dumped | {"version": VERSION, "code": code_digest(), "cadence": str(cadence_of(settings.frequency))}


def _open_window(settings: Settings, origins: list[date], digest: str, folder: ResultsFolder, run_id: str, reopen: str | None) -> None:
    """Record that a locked window is opened; one that was stopped in the middle has been recorded."""
    ledger = place(settings.output.path) / LEDGER
    if not settings.backtest.locked or (folder.begun and any(opening.run_id == run_id for opening in openings(ledger))):
        return
    opening = Opening(
        opened_at=datetime.now(UTC),
        config_digest=digest,
        code_version=VERSION,
        name=settings.name,
        window=span_of(origins),
        origins=tuple(origins),
        run_id=run_id,
        reason=reopen,
    )
    open_once(ledger, opening)


def _published_before(night: PastNight) -> list[RunPaths]:
    """Return the newest nightly run of this config as of the origin or shortly before, in a list; an empty one if there is none."""
    reach = night.settings.horizon * night.cadence.step_days
    for run in runs(night.settings.output.path):
        if 0 <= (night.as_of - run.as_of).days < reach:
            manifest = read_manifest(run)
            if manifest.get("kind") == "nightly" and manifest.get("name") == night.settings.name:
                return [run]
    return []


def _messages(settings: Settings, nights: list[PastNight], documents: list[dict[str, Any]]) -> pl.DataFrame:
    """Return what a reader of the scores must know besides them."""
    said = [
        PlanMessage(
            "too_little_to_train",
            f"before {night.as_of} there was too little history to train trees: forecasts of that origin are those of short series",
            table="sales",
            fix="set backtest.origins or backtest.every smaller, or deliver older sales",
        )
        for night, document in zip(nights, documents, strict=True)
        if document["regions"] and not document["trained"]
    ]
    said += [
        PlanMessage("region_failed", f"region {region} could not be judged as of {night.as_of}: {error}", "error", region=region)
        for night, document in zip(nights, documents, strict=True)
        for region, error in document["failed"].items()
    ]
    known_ahead = settings.inputs.drivers.known_ahead
    if known_ahead and not settings.backtest.drivers_ahead:
        said.append(
            PlanMessage(
                "drivers_not_used_ahead",
                f"{', '.join(known_ahead)} after an origin were left out: the lake holds what was observed, not what was forecast then",
                "info",
                table="drivers",
                fix="set backtest.drivers_ahead = true to judge as if they had been forecast without error",
            )
        )
    return messages_frame(said)


def _document(summary: BacktestSummary, failed: dict[str, str]) -> dict[str, Any]:
    plain = asdict(replace(summary, openings=(), plan_messages=pl.DataFrame(), locked_windows={}))
    for key in ("openings", "plan_messages", "locked_windows"):
        plain.pop(key)
    return plain | {
        "origins": [origin.isoformat() for origin in summary.origins],
        "failed_regions": failed,
        "locked": bool(summary.locked_windows),
        "openings": [opening.model_dump(mode="json") for opening in summary.openings],
        "plan_messages": summary.plan_messages.to_dicts(),
    }


def _peak_memory() -> int:
    """Return the most memory held at a time, in bytes: at most, since processes need not have had their peaks together."""
    unit = 1 if sys.platform == "darwin" else 1024
    here, largest_child = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return int(here + largest_child) * unit
