"""A replay in order: take in what is new, lay out the past, play window after window, score, write the page."""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from data.errors import InputError
from data.lake import Lake
from data.messages import PlanMessage, messages_frame
from data.results_folder import ResultsFolder
from data.storage import Place, place
from data.storage.frames import read_parquet
from features.cadence import cadence_of
from flows.conductor import Request, conduct
from flows.past.digest import settings_digest
from flows.past.past_night import PastNight, past_night
from flows.past.workers import Failed, Workers, worker_count, workers
from flows.replay.measures import OWN, RUN_IN, method_title
from flows.replay.page import replay_page
from flows.replay.play_window import PlayedNights, replay_nights, run_in_rule, stock_after_run_in
from flows.replay.terms import replay_terms
from flows.replay.truth import Truth, what_happened
from flows.replay.windows import ReplayWindow, replay_windows
from flows.settings import Settings
from flows.stages.plan import last_known_day
from flows.version import VERSION, code_digest
from models.order_calendar import order_calendar
from models.ordering.calendar import Calendar
from models.replay.alert_quality import probability_scores, reliability
from models.replay.costed_demand import costed_demand
from models.replay.play import PlayedWindow, play_foresight, play_rules
from models.replay.rules import RULES
from models.replay.scores import best_parameters, parameter_costs, scores
from models.replay.terms import ReplayTerms

log = logging.getLogger("fillrate")

PAGE = "replay.html"
WEEKS_OF_ESTIMATE = 13


@dataclass(frozen=True)
class Replayed:
    """A replay's results. path: their folder; again: whether they had been computed before."""

    path: Place
    summary: dict[str, Any]
    scores: pl.DataFrame
    again: bool

    @property
    def page(self) -> Place:
        """The page for the browser."""
        return self.path / PAGE

    def table(self, name: str) -> pl.DataFrame:
        """Return a table of the results."""
        return read_parquet(self.path / f"{name}.parquet")

    @property
    def failed(self) -> Failed:
        """Region → error."""
        return dict(self.summary["failed_regions"])


def replay(settings: Settings, *, today: date) -> Replayed:
    """Play the past of a config night by night and cost the orders, beside simple rules and perfect foresight.

    The same config, code and data are computed once; a replay that was stopped goes on with the window it was in.

    Raises
    ------
    ConfigError, InputError, LakeError, LakeLocked
        If the windows, the inputs or the lake cannot be used.
    """
    conduct(settings, Request(last="ingest", today=today))
    begun = time.perf_counter()
    lake = Lake(settings.lake)
    versions, daily = lake.versions(), lake.daily_totals()
    # The terms come before the windows: their usual lead time says how much of a window counts.
    last = _last_night(settings, versions, daily)
    truth = what_happened(last, last.regions())
    terms, priced, messages = replay_terms(last, truth.series, truth.sold)
    if not priced.any():
        raise InputError(f"nothing can be judged in money: {messages[-1].message}; {messages[-1].fix}")
    windows = replay_windows(settings, daily, usual_lead=Counter(terms.lead[priced].tolist()).most_common(1)[0][0])
    decides = settings_digest(_what_decides(settings))
    whole = {"settings": decides, "versions": versions, "windows": [window.label for window in windows]}
    folder = ResultsFolder(settings.output.path, "replays", f"{windows[-1].start:%Y%m%d}-{settings_digest(whole)[:12]}")
    if folder.finished:
        return Replayed(folder.path, folder.summary(), folder.read("scores"), again=True)
    folder.begin()
    judged = np.flatnonzero(priced)
    played = _Past(settings, versions, _of(truth, judged), terms.of(judged), folder)
    ahead = [window for window in windows if not folder.has_part(window.start)]
    log.info("%s windows, %s series", len(windows), len(judged), extra={"tasks_ahead": sum(window.periods for window in ahead)})
    with workers(worker_count(settings.replay.workers, len(last.regions()))) as side_by_side:
        for window in ahead:
            played.play(window, side_by_side)
    return _results(settings, windows, folder, played, messages, begun)


@dataclass(frozen=True)
class _Past:
    settings: Settings
    versions: dict[str, int]
    truth: Truth
    terms: ReplayTerms
    folder: ResultsFolder

    def window(self, window: ReplayWindow) -> PlayedWindow:
        """Return a window laid out for the players."""
        truth, per_week = self.truth, 7 // window.step_days
        demand, estimated = costed_demand(truth.sold, truth.in_stock, reach=WEEKS_OF_ESTIMATE * per_week, whole=self.terms.packs.whole)
        seen = np.where(estimated, np.nan, truth.sold)
        first = truth.place(window.start) + 1
        delivery = np.repeat(self.terms.lead[:, None], demand.shape[1], axis=1)
        calendar, terms = self.calendar(window), self.terms
        return PlayedWindow(
            window.label, demand, estimated, seen, first, window.periods, window.not_counted, delivery, terms, per_week, calendar
        )

    def calendar(self, window: ReplayWindow) -> Calendar:
        """Return the calendar of a window's first night."""
        return order_calendar(window.start, self.settings.frequency, self.settings.replenishment)

    def play(self, window: ReplayWindow, side_by_side: Workers) -> None:
        """Play a window by every method and keep what came of it."""
        settings, played, rule = self.settings, self.window(window), run_in_rule(self.settings)
        lost = settings.replenishment.unmet_demand == "lost"
        start = stock_after_run_in(played, window.run_in, rule, lost=lost)
        horizon = max(settings.horizon, int((self.terms.lead + self.terms.review).max()))
        nights = replay_nights(settings, window, self.versions, self.folder.path, horizon=min(horizon, 366))
        live = PlayedNights(window, played, self.truth.series, nights, side_by_side)
        own, beside, said = live.play(start, rule)
        tallies = [own.tally.frame(OWN, None, window.label), beside.tally.frame(RUN_IN, None, window.label), *play_rules(played, start)]
        tallies.append(play_foresight(played, start, self.calendar(window), lost=lost, threads=settings.replenishment.threads))
        quality = [
            {"window": window.label, "stock": name, **live.alerts(player, said.filter(stock=name))}
            for name, player in ((OWN, own), (RUN_IN, beside))
        ]
        frames = {"tallies": pl.concat(tallies), "said": said, "orders": own.orders_frame(), "alerts": pl.DataFrame(quality)}
        self.folder.write_part(window.start, frames, {"failed": live.failed})


def _results(
    settings: Settings, windows: list[ReplayWindow], folder: ResultsFolder, past: _Past, messages: list[PlanMessage], begun: float
) -> Replayed:
    log.info("score", extra={"task": "score"})
    names = ("tallies", "said", "orders", "alerts")
    parts = {name: pl.concat([folder.read_part(name, window.start) for window in windows]) for name in names}
    failed = {region: error for window in windows for region, error in folder.part_document(window.start)["failed"].items()}
    tallies, rules = parts["tallies"], [rule.name for rule in RULES]
    chosen = best_parameters(tallies, rules)
    best = tallies.join(chosen.drop("total_cost"), on=["method", "parameter"], how="semi")
    kept = pl.concat([tallies.filter(~pl.col("method").is_in(rules)), best])
    step = cadence_of(settings.frequency).step_days
    found = scores(kept, own=OWN, periods_per_year=365.25 / step, seed=settings.seed)
    event = (pl.col("unmet_without_order") > 1e-9).alias("event")
    said = parts["said"].rename({"stockout_probability_without_order": OWN}).with_columns(event)
    series = past.truth.series.with_row_index("row").cast({"row": pl.Int32})
    frames = {
        "scores": found,
        "probabilities": probability_scores(said, seed=settings.seed),
        "reliability": reliability(said, seed=settings.seed),
        "alerts": parts["alerts"],
        "nights": said.join(series, on="row", how="left", maintain_order="left"),
        "parameters": parameter_costs(tallies, rules),
        "tallies": kept.join(series, on="row", how="left", maintain_order="left"),
        "orders": parts["orders"].join(series, on="row", how="left", maintain_order="left"),
    }
    summary = {
        "name": settings.name,
        "frequency": settings.frequency,
        "series": past.truth.series.height,
        "regions": past.truth.series["region"].n_unique(),
        "windows": [
            {
                "start": window.start.isoformat(),
                "label": window.label,
                "ends": window.ends.isoformat(),
                "periods": window.periods,
                "counted": window.counted,
            }
            for window in windows
        ],
        "best_rule": chosen.row(0, named=True) if chosen.height else None,
        "objective": settings.replenishment.objective,
        "unmet_demand": settings.replenishment.unmet_demand,
        "seconds": time.perf_counter() - begun,
        "code_version": VERSION,
        "failed_regions": failed,
        "plan_messages": messages_frame(messages).to_dicts(),
    }
    summary |= _told(frames)
    folder.finish(frames, {PAGE: replay_page(summary, frames)}, summary)
    return Replayed(folder.path, folder.summary(), found, again=False)


def _told(frames: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Return the result in a sentence and its tone, and what is said of alerts and probabilities below the table."""
    costs = frames["scores"].filter(pl.col("window").is_null(), measure="total_cost")
    rules = costs.filter(pl.col("parameter").is_not_null()).sort("value")
    sentence, tone = "No rule was played beside fillrate.", ""
    if rules.height and (ratio := rules["ratio"][0]) is not None:
        method, error = method_title(rules["method"][0]), rules["ratio_error"][0] or 0.0
        if abs(ratio - 1) <= 2 * error:
            sentence = (
                f"fillrate cost {ratio:.2f} of the cheapest rule ({method}, parameter chosen in hindsight): no difference beyond noise."
            )
        else:
            more = "less" if ratio < 1 else "more"
            sentence = f"fillrate cost {abs(1 - ratio):.0%} {more} than the cheapest rule ({method}, parameter chosen in hindsight)."
            tone = "good" if ratio < 1 else "bad"
    said = [
        f"stock-out probabilities, {method_title(row['stock'])}'s stock: Brier skill {row['skill']:.3f} ± {row['skill_error']:.3f}"
        for row in frames["probabilities"].filter(pl.col("skill").is_not_null(), said_by=OWN).iter_rows(named=True)
    ]
    return {"sentence": sentence, "tone": tone, "said": said}


def _last_night(settings: Settings, versions: dict[str, int], daily: pl.DataFrame) -> PastNight:
    if daily.is_empty():
        raise InputError(f"the lake at {settings.lake.path} holds no sales yet: run `fillrate ingest CONFIG` first")
    known, _ = last_known_day(daily, settings, None)
    return past_night(settings, known, versions, place(settings.output.path), name="all", horizon=settings.horizon, drivers_ahead=False)


def _of(truth: Truth, rows: np.ndarray) -> Truth:
    return Truth(truth.series[rows], truth.sold[rows], truth.in_stock[rows], truth.begins, truth.step_days)


def _what_decides(settings: Settings) -> dict[str, Any]:
    """Return what of the config and the code decides the results; not how many processes compute them."""
    included = {"name", "frequency", "horizon", "seed", "inputs", "forecast", "replenishment", "replay"}
    dumped = settings.model_dump(mode="json", include=included)
    dumped["forecast"].pop("threads")
    dumped["replenishment"].pop("threads")
    dumped["replay"].pop("workers")
    return dumped | {"version": VERSION, "code": code_digest(), "cadence": str(cadence_of(settings.frequency))}
