"""The night in order, from deliveries to the published run: the same for the direct run and for the Prefect flow."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, Protocol, TypeVar

from polars.exceptions import PanicException

from data.errors import disk_is_full
from data.lake import Lake, LakeError
from data.lock import lake_lock
from data.messages import PlanMessage
from data.model_store import ModelStore
from data.published import RunPaths, find_run, read_manifest, remove_stale_staging, retired
from data.storage import place
from flows.log_lines import bound
from flows.notify import Sent
from flows.settings import Settings, recorded_settings
from flows.stages import challenge, database, decide, housekeeping, ingest, plan, publish, retention, train, watch
from flows.stages.database import Written
from flows.stages.night import Kind, Night

log = logging.getLogger("fillrate")

Stage = Literal["ingest", "train", "forecast", "recommend", "publish"]
STAGES: tuple[Stage, ...] = ("ingest", "train", "forecast", "recommend", "publish")
T = TypeVar("T")


class Do(Protocol):
    """How a coarse task is carried out: by calling it, or as a Prefect task."""

    def __call__(self, task: str, function: Callable[..., T], *arguments: Any) -> T:
        """Carry out `function(*arguments)` under the name `task` and return what it returns, or raise what it raises."""
        ...


def directly(task: str, function: Callable[..., T], *arguments: Any) -> T:
    """Call the function."""
    return function(*arguments)


@dataclass(frozen=True)
class RegionTask:
    """A coarse task in one region: `function(*arguments)`, with arguments that fit into JSON or are a night."""

    name: str
    region: str
    function: Callable[..., None]
    arguments: tuple[Any, ...]

    def carry_out(self) -> None:
        """Call the function, in whatever process this is."""
        with bound(region=self.region, task=self.name):
            self.function(*self.arguments)


Ended = tuple[RegionTask, str | None]
"""A task that has ended, and what went wrong; None if nothing did."""


class Spread(Protocol):
    """How the same task is carried out in several regions side by side, in processes of their own."""

    def __call__(self, tasks: Sequence[RegionTask]) -> Iterator[Ended]:
        """Carry out all `tasks` and yield each as it ends."""
        ...


@dataclass(frozen=True)
class Hands:
    """Who does the work of a night: `do` what is done once, and region after region unless there is a `spread`."""

    do: Do
    spread: Spread | None = None


@dataclass(frozen=True)
class Request:
    """What is asked of a night besides its settings.

    as_of: last known day, None for the last that looks whole; regions: only these, none for all; first, last: stages to begin
    and to end with; today: the calendar day on which the run is made; train: force training; messages: what the caller has to
    say in the run's plan messages.
    """

    as_of: date | None = None
    regions: tuple[str, ...] = ()
    first: Stage = "ingest"
    last: Stage = "publish"
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    train: bool = False
    messages: tuple[PlanMessage, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the night goes from ingest to publish, in all regions."""
        return self.first == "ingest" and self.last == "publish" and not self.regions


@dataclass(frozen=True)
class Outcome:
    """What a night came to.

    run: None when the night was to end before publishing; failed: region → error; database: what came of writing to one, None where
    none is asked for; notified: who was told.
    """

    run: RunPaths | None
    latest: bool
    failed: dict[str, str]
    as_of: date | None
    seconds: float
    database: Written | None = None
    notified: tuple[Sent, ...] = ()


class NothingToPublish(Exception):
    """Every region failed; the message names the first error."""


class UnknownRegion(Exception):
    """A region was asked for that has no sales."""


def conduct(settings: Settings, request: Request, do: Do = directly, spread: Spread | None = None) -> Outcome:
    """Run a night. One at a time on a lake: a second one ends at once.

    Regions are computed one after the other by `do`, or side by side by `spread`, where it is given.

    Raises
    ------
    LakeLocked
        If another run is writing to the lake.
    InputError, LakeError, PublishError
        If the inputs, the lake or the output cannot be used.
    NothingToPublish
        If every region failed.
    """
    begun, started_at = time.perf_counter(), datetime.now(UTC)
    with lake_lock(Lake(settings.lake).root, lapse_seconds=settings.lake.lock_seconds) as still_held:
        do = _announced(do, still_held)
        hands = Hands(do, spread and _announced_spread(spread, still_held))
        _remove_unfinished(settings)
        times: dict[str, float] = {}
        compacted: list[str] = []
        if request.first == "ingest":
            for table in ingest.tables():
                do(f"ingest-{table}", ingest.ingest, settings, table, request.today)
            compacted = do("tidy", ingest.tidy, settings, request.today)
            times["ingest"] = time.perf_counter() - begun
        if request.last == "ingest":
            return Outcome(None, False, {}, None, time.perf_counter() - begun)
        kind: Kind = "nightly" if request.whole else "partial"
        night = do("plan", plan.plan_night, settings, request.as_of, kind, request.train or None, request.messages)
        outcome = _after_planning(night, request, hands, started_at, begun, times)
        if compacted and outcome.run:
            with bound(run_id=night.run_id):
                do("clean-up", housekeeping.clean_up, night, request.today)
        if outcome.run and kind == "nightly" and settings.output.database_schema:
            outcome = replace(outcome, database=do("database", database.write_runs, settings))
        # A run that the database still lacks is written to it from its folder.
        waits = outcome.database is not None and outcome.database.problem is not None
        if outcome.run and kind == "nightly" and settings.output.keep_runs_days is not None and not waits:
            do("remove-old-runs", retention.remove_old_runs, settings, outcome.run, request.today)
        return outcome


def rerun(settings: Settings, run: RunPaths, do: Do = directly) -> Outcome:
    """Run a published night again from the versions, models and config that it recorded, and publish it beside; never as the latest.

    A model that has been removed is trained again, on the day and versions it was trained on.

    Raises
    ------
    LakeError
        If the run is older than `lake.keep_runs_days` allows.
    """
    begun, started_at = time.perf_counter(), datetime.now(UTC)
    with lake_lock(Lake(settings.lake).root, lapse_seconds=settings.lake.lock_seconds) as still_held:
        do = _announced(do, still_held)
        _remove_unfinished(settings)
        manifest = read_manifest(run)
        plan.refuse_if_too_old(manifest, settings, started_at.date())
        night = plan.replan(settings, manifest, run)
        request = Request(regions=tuple(manifest["regions"]), last="publish" if manifest["row_counts"]["recommendations"] else "forecast")
        return _after_planning(night, request, Hands(do), started_at, begun, {}, learner=plan.as_trained(night, manifest))


def _remove_unfinished(settings: Settings) -> None:
    """Remove what killed runs left half written; the caller holds the lake's lock."""
    remove_stale_staging(settings.output.path)
    ModelStore(settings.lake.path).remove_unfinished()


def _after_planning(
    night: Night, request: Request, hands: Hands, started_at: datetime, begun: float, times: dict[str, float], learner: Night | None = None
) -> Outcome:
    """Carry out a planned night and remove its workspace, however it ends; `learner` is the night that models are trained for."""
    try:
        with bound(run_id=night.run_id):
            return _computed(night, request, hands, started_at, begun, times, learner or night)
    finally:
        night.workspace.end()


def _computed(
    night: Night, request: Request, hands: Hands, started_at: datetime, begun: float, times: dict[str, float], learner: Night
) -> Outcome:
    regions = _chosen(night, request)
    failed: dict[str, str] = {}
    everywhere = night.regions()
    log.info(
        "as of %s, %s regions", night.as_of, len(regions), extra={"tasks_ahead": len(regions) + 2 + (2 * len(everywhere) + 3) * night.train}
    )
    if night.kind != "rerun" and request.last != "train":
        hands.do("watch", watch.watch, night, regions)
    if night.train:
        trained = _train(learner, regions, failed, hands)
        if trained and night.kind != "rerun":
            night = hands.do("challenge", challenge.challenge, night, trained)
    if request.last == "train":
        return Outcome(None, False, failed, night.as_of, time.perf_counter() - begun)
    left = [region for region in regions if region not in failed]
    _decide(night, left, failed, hands, order=request.last != "forecast")
    if len(failed) == len(regions):
        raise NothingToPublish(f"no region could be computed, so nothing was published; {regions[0]}: {failed[regions[0]]}")
    run, latest = hands.do("publish", publish.publish_night, night, regions, failed, started_at, times)
    told = {"counts": read_manifest(run)["row_counts"], "seconds": round(time.perf_counter() - begun, 3), "for_programs": True}
    log.info("published %s in %s%s", run.run_id, run.path, ", now the latest" if latest else "", extra=told)
    return Outcome(run, latest, failed, night.as_of, time.perf_counter() - begun)


def _announced(do: Do, still_held: Callable[[], None]) -> Do:
    """Return `do` with a log record before each task, from which a progress bar is drawn, and one after it, for programs.

    None begins once the lock is lost.
    """

    def announced(task: str, function: Callable[..., T], *arguments: Any) -> T:
        still_held()
        log.info(task, extra={"task": task})
        begun = time.perf_counter()
        with bound(task=task):
            result = do(task, function, *arguments)
        seconds = round(time.perf_counter() - begun, 3)
        log.info("%s ended after %.1f s", task, seconds, extra={"task": task, "seconds": seconds, "for_programs": True})
        return result

    return announced


def _announced_spread(spread: Spread, still_held: Callable[[], None]) -> Spread:
    """Return `spread` with a log record after each task, from which a progress bar is drawn; none begins once the lock is lost."""

    def announced(tasks: Sequence[RegionTask]) -> Iterator[Ended]:
        still_held()
        for task, error in spread(tasks):
            still_held()
            log.info(task.name, extra={"task": task.name, "region": task.region})
            yield task, error

    return announced


def _train(night: Night, regions: list[str], failed: dict[str, str], hands: Hands) -> list[str]:
    """Train the shared trees, then the regions' own; a region that fails is left out of both. Return the regions that were trained."""
    # The shared trees learn from every region, also where only some are to be decided.
    everywhere = night.regions()
    _everywhere("sample", everywhere, failed, hands, train.sample_region, night)
    sampled, trained = [region for region in everywhere if region not in failed], []
    if hands.do("train-shared", train.train_shared, night, sampled):
        _everywhere("train", sampled, failed, hands, train.train_own, night)
        trained = [region for region in sampled if region not in failed]
        hands.do("calibrate", train.finish_training, night, trained)
    for region in set(failed) - set(regions):
        del failed[region]
    return trained


def _decide(night: Night, regions: Sequence[str], failed: dict[str, str], hands: Hands, *, order: bool) -> None:
    """Forecast and decide every region; side by side, large ones are split by series once they are laid out."""
    cluster = night.settings.cluster
    if hands.spread is None or cluster is None:
        _everywhere("decide", regions, failed, hands, decide.decide_region, night, order)
        return
    _everywhere("decide", regions, failed, hands, decide.decide_region, night, order, cluster.series_per_task)
    parts = {region: decide.parts_laid_out(night, region) for region in regions if region not in failed}
    split = [region for region in parts if parts[region]]
    if not split:
        return
    tasks = [
        RegionTask(f"decide-{region}-{part + 1}", region, decide.decide_part, (night, region, part))
        for region in split
        for part in range(parts[region])
    ]
    _side_by_side(tasks, failed, hands.spread)
    _everywhere("join", [region for region in split if region not in failed], failed, hands, decide.join_parts, night)


def _everywhere(
    stage: str, regions: Sequence[str], failed: dict[str, str], hands: Hands, function: Callable[..., None], night: Night, *arguments: Any
) -> None:
    """Carry out `function(night, region, *arguments)` in every region; what goes wrong is recorded and the other regions go on."""
    if hands.spread is None:
        for region in regions:
            _attempt(failed, RegionTask(f"{stage}-{region}", region, function, (night, region, *arguments)), hands.do)
        return
    # Largest first, so that no process is left with a large one at the end.
    rows = night.lake.rows_per_region(version=night.versions["sales"])
    largest_first = sorted(regions, key=lambda region: (-rows[region], region))
    tasks = [RegionTask(f"{stage}-{region}", region, function, (night, region, *arguments)) for region in largest_first]
    _side_by_side(tasks, failed, hands.spread)


def _side_by_side(tasks: Sequence[RegionTask], failed: dict[str, str], spread: Spread) -> None:
    for task, error in spread(tasks):
        if error is not None:
            _failed(failed, task, error)


def _attempt(failed: dict[str, str], task: RegionTask, do: Do) -> None:
    try:
        with bound(region=task.region):
            do(task.name, task.function, *task.arguments)
    except (Exception, PanicException) as error:
        if disk_is_full(error):  # no fault of the region's: the others would fail of it, or publish without it
            raise
        _failed(failed, task, f"{type(error).__name__}: {error}", exc_info=log.isEnabledFor(logging.DEBUG))


def _failed(failed: dict[str, str], task: RegionTask, error: str, *, exc_info: bool = False) -> None:
    told = {"region": task.region, "task": task.name}
    log.error("region %s failed in %s: %s", task.region, task.name, error, exc_info=exc_info, extra=told)
    failed[task.region] = error


def _chosen(night: Night, request: Request) -> list[str]:
    there = night.regions()
    if unknown := [region for region in request.regions if region not in there]:
        raise UnknownRegion(f"there is no region {unknown[0]!r} with sales; there are {', '.join(there[:20])}")
    return [region for region in there if not request.regions or region in request.regions]


def settings_of(run: RunPaths) -> Settings:
    """Return the settings that a published run recorded."""
    return recorded_settings(read_manifest(run)["config"])


def settings_beside(run: RunPaths) -> Settings:
    """Return the settings that a published run recorded, with its output where the run lies now: it may have been moved.

    Raises
    ------
    LakeError
        If the lake that the run read is not there, or has let go of what it read.
    """
    settings = settings_of(run)
    if not place(settings.lake.path).is_dir():
        raise LakeError(
            f"run {run.run_id} read the lake {settings.lake.path}, which is not there: start from the folder in which the run was made, "
            "or put the lake back"
        )
    if was := retired(settings.lake.path, run.run_id):
        raise LakeError(was.sentence)
    return settings.model_copy(update={"output": settings.output.model_copy(update={"path": str(run.path.parent.parent)})})


def published(output: str, run_id: str) -> RunPaths:
    """Return a published run by its id."""
    return find_run(output, run_id)
