"""The command that judges forecasts on the past."""

from datetime import UTC, datetime
from pathlib import Path

from flows.backtest.conduct import Backtested, backtest
from flows.backtest.table import score_table
from flows.cli.progress import shown_progress
from flows.cli.results import end_with, message_lines
from flows.settings import load_settings
from flows.terminal import readable_console


def backtest_config(
    config: Path, *, changes: list[str] | None, out: str | None, reopen: str | None, as_json: bool, debug: bool = False
) -> None:
    """Backtest a config and show the scores; exits with 2 when regions failed."""
    settings = load_settings(config, changes or (), output=out)
    with shown_progress(quiet=as_json, debug=debug, settings=settings.log):
        outcome = backtest(settings, today=datetime.now(UTC).date(), reopen=reopen)
    end_with(outcome.failed, as_json=as_json, document=lambda: _document(outcome), show=lambda: _show(outcome))


def _document(outcome: Backtested) -> dict[str, object]:
    whole = outcome.scores.filter(cut="all").drop("cut", "member")
    return {
        "path": str(outcome.path),
        "page": str(outcome.page),
        "computed_before": outcome.again,
        **outcome.summary,
        "scores": whole.to_dicts(),
        "value_added": outcome.value_added.to_dicts(),
    }


def _show(outcome: Backtested) -> None:
    console, summary = readable_console(), outcome.summary
    origins = summary["origins"]
    since = "computed before" if outcome.again else f"in {summary['seconds']:.0f} s"
    console.print(
        f"{summary['name']}: {summary['series']:,} series, {len(origins)} origin{'s' if len(origins) != 1 else ''} from {origins[0]} to "
        f"{origins[-1]}, {summary['horizon']} {summary['frequency']}s ahead, {since}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
    console.print(score_table(outcome.scores, outcome.value_added))
    for line in message_lines(summary["plan_messages"]):
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"  page: {outcome.page}", soft_wrap=True, markup=False, highlight=False)
