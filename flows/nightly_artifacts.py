"""What a night came to, shown beside its flow run on a Prefect server. The planner's copy is the published files."""

import logging
import re
from collections.abc import Mapping

import httpx
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from data.published import RunPaths, read_frame, read_manifest

log = logging.getLogger("fillrate")

TOP_ALERTS = 20
ALERT_COLUMNS = ("severity", "kind", "region", "fc", "sku", "value_at_risk", "state", "message")


def show_on_server(run: RunPaths, failed: Mapping[str, str]) -> None:
    """Put a summary of a published run and its top alerts on the server; the run stands also where that fails."""
    manifest = read_manifest(run)
    lines = [f"# {plain_markdown(manifest['name'])} as of {manifest['as_of']}", "", f"Run `{run.run_id}` in `{run.path}`", ""]
    lines += [f"- region {plain_markdown(region)} failed: {plain_markdown(error)}" for region, error in failed.items()]
    lines += ["", "| what | number |", "| --- | ---: |"]
    lines += [f"| {name.replace('_', ' ')} | {count:,} |" for name, count in manifest["row_counts"].items()]
    lines += [f"| {name.replace('_', ' ')} | {value:,.6g} |" for name, value in manifest["headline"].items() if value is not None]
    alerts = read_frame(run, "alerts")
    top = alerts.filter("listed").select(ALERT_COLUMNS).head(TOP_ALERTS)
    try:
        create_markdown_artifact("\n".join(lines), key="night", description="what the night came to")
        create_table_artifact(top.to_dicts(), key="top-alerts", description="listed alerts, most valuable first")
    except httpx.HTTPError as error:
        log.warning("the run is published, but its summary could not be shown on the Prefect server: %s", error)


def plain_markdown(words: str) -> str:
    """Return a text on one line in which nothing is a link, a picture, a heading or HTML."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>&:~-])", r"\\\1", " ".join(words.split()))
