"""The backtest as a Prefect flow, for a schedule: it publishes what the command does, and shows the scores on the server."""

import logging
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import httpx
from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.backtest.conduct import Backtested, backtest
from flows.log_lines import json_lines
from flows.nightly_flow import RegionsFailed
from flows.settings import load_settings

log = logging.getLogger("fillrate")


@flow(name="backtest", persist_result=False)
def monthly_backtest(config: str, changes: list[str] | None = None, output: str | None = None) -> None:
    """Judge the forecasts of a config on the past, on a schedule.

    Parameters
    ----------
    config
        TOML file, read when the run begins.
    changes
        `key=value` pairs that override the config.
    output
        Where to publish instead of `output.path`.

    Raises
    ------
    RegionsFailed
        If some regions could not be judged.
    """
    log.setLevel(logging.INFO)
    settings = load_settings(Path(config), changes or (), output=output)
    with json_lines() if settings.log.format == "json" else nullcontext():
        found = backtest(settings, today=datetime.now(UTC).date())
    _show(found)
    if found.failed:
        raise RegionsFailed("; ".join(f"region {region} could not be judged: {error}" for region, error in found.failed.items()))


def _show(found: Backtested) -> None:
    """Put what it came to and the overall scores on the server; the results stand also where that fails."""
    summary, origins = found.summary, found.summary["origins"]
    lines = [f"# Backtest of {summary['name']}", "", f"{len(origins)} origins from {origins[0]} to {origins[-1]}", ""]
    lines += [f"- page: `{found.page}`"]
    lines += [f"- region {region} could not be judged: {error}" for region, error in found.failed.items()]
    whole = found.scores.filter(cut="all").drop("cut", "member")
    try:
        create_markdown_artifact("\n".join(lines), key="backtest", description="what was judged, and where the page is")
        create_table_artifact(whole.to_dicts(), key="scores", description="scores of all series together, by method and measure")
    except httpx.HTTPError as error:
        log.warning("the backtest is published, but could not be shown on the Prefect server: %s", error)
