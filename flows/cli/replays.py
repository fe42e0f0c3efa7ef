"""The command that costs orders on the past."""

from datetime import UTC, datetime
from pathlib import Path

from flows.cli.progress import shown_progress
from flows.cli.results import end_with, message_lines
from flows.replay.conduct import Replayed, replay
from flows.replay.table import replay_table, tuning_table
from flows.replay.tune import Tuned, tune
from flows.settings import load_settings
from flows.terminal import readable_console


def replay_config(config: Path, *, changes: list[str] | None, out: str | None, as_json: bool, debug: bool = False) -> None:
    """Replay a config and show what the orders would have cost; exits with 2 when regions failed."""
    settings = load_settings(config, changes or (), output=out)
    with shown_progress(quiet=as_json, debug=debug, settings=settings.log):
        outcome = replay(settings, today=datetime.now(UTC).date())
    end_with(outcome.failed, as_json=as_json, document=lambda: _document(outcome), show=lambda: _show(outcome))


def tune_config(config: Path, *, changes: list[str] | None, out: str | None, as_json: bool, debug: bool = False) -> None:
    """Show what replayed costs say of the weight of holding, and the lines of the config to take it over with."""
    settings = load_settings(config, changes or (), output=out)
    with shown_progress(quiet=as_json, debug=debug, settings=settings.log):
        tuned = tune(settings, today=datetime.now(UTC).date())
    document = {"path": str(tuned.path), "windows": tuned.windows, "weights": tuned.weights, "candidates": tuned.found.to_dicts()}
    end_with({}, as_json=as_json, document=lambda: document, show=lambda: _show_tuned(tuned))


def _show_tuned(tuned: Tuned) -> None:
    console = readable_console()
    console.print(tuning_table(tuned.found))
    chosen_on = f"chosen on {', '.join(tuned.windows[:-1])}, confirmed on {tuned.windows[-1]}"
    if tuned.weights:
        weights = ", ".join(f"{name} = {weight:g}" for name, weight in tuned.weights.items())
        lines = [f"  {chosen_on}; to order by it, put into the config:", "", "  [replenishment]", f"  holding_weights = {{ {weights} }}"]
    else:
        lines = [f"  {chosen_on}: no weight saves more than a standard error in both, so leave it as it is"]
    for line in [*lines, "", f"  all of it: {tuned.path}"]:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _document(outcome: Replayed) -> dict[str, object]:
    found = {"path": str(outcome.path), "page": str(outcome.page), "computed_before": outcome.again}
    tables = {name: outcome.table(name).to_dicts() for name in ("probabilities", "reliability", "alerts")}
    return found | outcome.summary | {"scores": outcome.scores.to_dicts()} | tables


def _show(outcome: Replayed) -> None:
    console, summary = readable_console(), outcome.summary
    windows, took = summary["windows"], "computed before" if outcome.again else f"in {summary['seconds']:.0f} s"
    counted = sum(window["counted"] for window in windows)
    console.print(
        f"{summary['name']}: {summary['series']:,} series, {len(windows)} window{'s' if len(windows) != 1 else ''} from "
        f"{windows[0]['label']} to {windows[-1]['ends']}, {counted} {summary['frequency']}s counted, {took}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
    console.print(replay_table(summary, outcome.scores))
    for line in [*(f"  {said}" for said in summary["said"]), *message_lines(summary["plan_messages"])]:
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    console.print(f"  page: {outcome.page}", soft_wrap=True, markup=False, highlight=False)
