"""Plan: which day the run is as of, which versions and models it uses, which run it is compared with."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from data.as_of import already_weekly, last_complete_week, last_whole_day
from data.errors import InputError
from data.lake import Lake, LakeError
from data.line_ledger import LedgerDamaged
from data.messages import PlanMessage, messages_frame
from data.model_store import ModelStore
from data.published import RunPaths, read_manifest, runs
from features.cadence import cadence_of
from flows.settings import Settings
from flows.stages.night import Kind, Night
from flows.stages.snooze_ledger import decisions, ledger_of, recorded
from flows.version import VERSION, code_digest
from models.snoozes import Snooze, in_force

log = logging.getLogger("fillrate")


def plan_night(settings: Settings, as_of: date | None, kind: Kind, train: bool | None, told: Sequence[PlanMessage] = ()) -> Night:
    """Return the night to run from what the lake holds now, and begin its workspace.

    Parameters
    ----------
    settings
        Of the run.
    as_of
        Last known day; by default the last that looks whole. In weeks it falls back to the end of the last complete one.
    kind
        `partial` runs never become the latest.
    train
        Whether to train the models; None when they are due.
    told
        What the caller has to say; it stands first among the plan messages.

    Raises
    ------
    InputError
        If the lake holds no sales up to `as_of`.
    """
    lake = Lake(settings.lake)
    versions = lake.versions()
    daily = lake.daily_totals()
    if daily.is_empty():
        raise InputError(
            f"the lake at {settings.lake.path} holds no sales yet: run `fillrate ingest CONFIG`, or `fillrate run CONFIG`, first"
        )
    day, messages = last_known_day(daily, settings, as_of)
    messages += _about_the_past(daily, day, as_of)
    due = newest_model(settings, day)
    run_id = _run_id(settings, day)
    if train is None:
        train = due is None
    night = Night(
        settings=settings,
        run_id=run_id,
        kind=kind,
        as_of=day,
        versions=versions,
        previous=_previous(settings, day),
        model_id=run_id if train or due is None else due,
        train=train or due is None,
    )
    night.workspace.begin()
    snoozes, said = _snoozes(settings)
    night.workspace.write("messages", None, messages_frame([*told, *messages, *said]))
    night.workspace.note("snoozes", None, {"known": recorded(snoozes)})
    return night


def _snoozes(settings: Settings) -> tuple[list[Snooze], list[PlanMessage]]:
    """Return the snoozes in force; where their ledger cannot be read there are none, rather than no orders, and a message says so."""
    try:
        return list(in_force(decisions(ledger_of(settings.output.path))).values()), []
    except LedgerDamaged as error:
        return [], [PlanMessage("snoozes_unreadable", f"no alert is silenced tonight: {error}", "error", fix="mend the line named")]


def replan(settings: Settings, manifest: dict[str, Any], run: RunPaths) -> Night:
    """Return the night of a published run again: the same day, versions, models and predecessor, under a new id."""
    night = recorded_night(settings, manifest, f"{run.run_id.split('-rerun-')[0]}-rerun-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[:120])
    night.workspace.begin()
    said = [PlanMessage(**message) for message in manifest["planning_messages"]]
    night.workspace.write("messages", None, messages_frame(said))
    night.workspace.note("snoozes", None, {"known": manifest.get("snoozes", [])})
    return night


def recorded_night(settings: Settings, manifest: dict[str, Any], run_id: str) -> Night:
    """Return the night that a manifest recorded, under the id `run_id`; `train` says that its models have been removed.

    Nothing is written: the night has no workspace yet.
    """
    model_id = str(manifest["model_id"])
    return Night(
        settings=settings,
        run_id=run_id,
        kind="rerun",
        as_of=date.fromisoformat(str(manifest["as_of"])),
        versions=dict(manifest["lake_versions"]),
        previous=str(manifest["previous_run_id"]) if manifest["previous_run_id"] else None,
        model_id=model_id,
        train=not _kept(ModelStore(settings.lake.path), model_id, set(manifest["regions"]) - set(manifest["failed_regions"])),
    )


def as_trained(night: Night, manifest: dict[str, Any]) -> Night:
    """Return a night that is run again as it must train a model that has been removed: of the day and versions it was trained on."""
    trained_on = manifest.get("model_trained_on")
    if not trained_on:
        return night
    update = {"as_of": date.fromisoformat(trained_on["as_of"]), "versions": trained_on["lake_versions"]}
    return night.model_copy(update=update)


def _kept(store: ModelStore, model_id: str, regions: Iterable[str]) -> bool:
    return not store.damaged(model_id) and all(store.document(region, model_id) is not None for region in (None, *regions))


def newest_model(settings: Settings, as_of: date) -> str | None:
    """Return the newest model made for this config that is not yet due to be trained anew, None if there is none."""
    trained = trained_before(settings, as_of)
    return trained[1] if trained and (as_of - trained[0]).days < settings.forecast.retrain_every_days else None


def trained_before(settings: Settings, as_of: date, *, without: str | None = None) -> tuple[date, str] | None:
    """Return the day and the id of the newest model made for this config up to a day, of any age; `without` is not looked at."""
    store, signature = ModelStore(settings.lake.path), model_signature(settings)
    usable = []
    for model_id in store.model_ids():
        if model_id == without or not (document := _document(store, model_id)):
            continue
        trained = date.fromisoformat(document["as_of"])
        # Models saved before there was such a mark had been held against those before them all the same.
        if document["signature"] == signature and document.get("accepted", True) and trained <= as_of:
            usable.append((trained, model_id))
    return next((model for model in sorted(usable, reverse=True) if _sound(store, model[1])), None)


def _document(store: ModelStore, model_id: str) -> dict[str, Any]:
    """Return what a shared model says of itself, nothing where it was damaged."""
    try:
        return store.document(None, model_id) or {}
    except ValueError:
        _sound(store, model_id)
        return {}


def _sound(store: ModelStore, model_id: str) -> bool:
    """Return whether a model is what was saved; where it is not, it is said and the model not used."""
    damaged = store.damaged(model_id)
    if damaged:
        log.warning("the models %s are not used, and trained anew: %s", model_id, damaged[0])
    return not damaged


def model_signature(settings: Settings) -> str:
    """Return a short hash of everything in the config and the code that a trained model depends on."""
    parts = {
        "version": VERSION,
        "code": code_digest(),
        "frequency": settings.frequency,
        "horizon": settings.horizon,
        "seed": settings.seed,
        "known_ahead": settings.inputs.drivers.known_ahead,
        "max_training_rows": settings.forecast.max_training_rows,
        "cadence": str(cadence_of(settings.frequency)),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def last_known_day(daily: pl.DataFrame, settings: Settings, asked: date | None) -> tuple[date, list[PlanMessage]]:
    """Return the last known day of a run, asked for or else the last that looks whole, and what is to be said of it.

    Raises
    ------
    InputError
        If it lies before the first day of sales.
    """
    newest, messages = last_whole_day(daily)
    if settings.frequency == "week" and already_weekly(daily):
        newest += timedelta(days=6)
    day, said = (asked, []) if asked else (newest, list(messages))
    if settings.frequency == "week" and (week := last_complete_week(day)) != day:
        said.append(
            PlanMessage(
                code="incomplete_week",
                severity="info",
                message=f"{day} is not the end of a week (Sunday): the run is as of {week}, the end of the last complete week",
                fix="run after the week has ended, or give --as-of a Sunday",
            )
        )
        day = week
    first: date = daily["date"].to_list()[0]
    if day < first:
        raise InputError(f"the run is as of {day}, but sales begin on {first}: give --as-of a later day, or deliver older sales")
    return day, said


def _about_the_past(daily: pl.DataFrame, day: date, asked: date | None) -> list[PlanMessage]:
    newest: date = daily["date"].to_list()[-1]
    if asked is None or newest <= asked:
        return []
    return [
        PlanMessage(
            code="past_as_of",
            severity="info",
            message=f"the run is as of {day}, sales are known up to {newest}: tables without dates (items, locations, supply, receipts, "
            "overrides) are used as they are now, and inbound lines ordered later are left out",
            fix="nothing to mend",
        )
    ]


def _previous(settings: Settings, day: date) -> str | None:
    """Return the newest nightly run of an earlier day of this config, published with all its regions."""
    for run in runs(settings.output.path):
        if run.as_of < day:
            manifest = read_manifest(run)
            if manifest.get("kind") == "nightly" and manifest.get("name") == settings.name and not manifest["failed_regions"]:
                return run.run_id
    return None


def _run_id(settings: Settings, day: date, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    return f"{day:%Y%m%d}-{now():%Y%m%dT%H%M%S%f}"[:-3]


def refuse_if_too_old(manifest: dict[str, object], settings: Settings, today: date) -> None:
    """Refuse to run a night again whose inputs may be gone from the lake.

    Raises
    ------
    LakeError
        If the run is older than `lake.keep_runs_days`.
    """
    if too_old(manifest, settings, today):
        raise LakeError(
            f"run {manifest['run_id']} was made on {str(manifest['started_at'])[:10]}, more than lake.keep_runs_days = "
            f"{settings.lake.keep_runs_days} days ago: what it read may have been removed, so it cannot be run again"
        )


def too_old(manifest: dict[str, object], settings: Settings, today: date) -> bool:
    """Return whether a run is older than `lake.keep_runs_days`, so that what it read may be gone."""
    started = datetime.fromisoformat(str(manifest["started_at"])).date()
    return today - started > timedelta(days=settings.lake.keep_runs_days)
