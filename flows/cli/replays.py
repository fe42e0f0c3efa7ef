"""The command that costs orders on the past."""

from datetime import UTC, datetime
from pathlib import Path

from flows.cli.progress import shown_progress
from flows.cli.results import end_with, message_lines
from flows.cli.summary import readable_console
from flows.replay.conduct import Replayed, replay
from flows.replay.table import replay_table
from flows.settings import load_settings


def replay_config(config: Path, *, changes: list[str] | None, out: str | None, as_json: bool, debug: bool = False) -> None:
    """Replay a config and show what the orders would have cost; exits with 2 when regions failed."""
    settings = load_settings(config, changes or (), output=out)
    with shown_progress(quiet=as_json, debug=debug, settings=settings.log):
        outcome = replay(settings, today=datetime.now(UTC).date())
    end_with(outcome.failed, as_json=as_json, document=lambda: _document(outcome), show=lambda: _show(outcome))


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
