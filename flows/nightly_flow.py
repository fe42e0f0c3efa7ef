"""The nightly flow: the night that the conductor describes, every coarse task of it a Prefect task."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from prefect import flow
from prefect.runtime import flow_run
from pydantic import TypeAdapter

from flows.conductor import Outcome, Request, conduct
from flows.log_lines import json_lines
from flows.nightly_artifacts import show_on_server
from flows.nightly_cluster import spread_over
from flows.nightly_tasks import as_tasks
from flows.notified import notified, settings_or_told
from flows.prefect_server import PrefectServerError
from flows.scheduled import Machine, scheduled_night
from flows.settings import Settings, recorded_settings

log = logging.getLogger("fillrate")

_REQUEST = TypeAdapter(Request)


class RegionsFailed(Exception):
    """A night was published without some of its regions; raised in a flow, so that its run counts as failed."""


def _name() -> str:
    """Return the flow run's name: config and day, as far as they were given."""
    given = flow_run.get_parameters()
    name = given["settings"]["name"] if "settings" in given else Path(given["config"]).stem
    day = given["request"]["as_of"] if "request" in given else given["as_of"]
    return f"{name} as of {day}" if day else str(name)


@flow(name="nightly", flow_run_name=_name, persist_result=False)
def nightly(
    config: str,
    as_of: date | None = None,
    changes: list[str] | None = None,
    output: str | None = None,
    train: bool = False,
    catch_up: bool = False,
    wait: bool = False,
) -> None:
    """Run a night on a schedule.

    Parameters
    ----------
    config
        TOML file, read when the run begins.
    as_of
        Last known day; by default the last that looks whole.
    changes
        `key=value` pairs that override the config.
    output
        Where to publish instead of `output.path`.
    train
        Whether to train the models also when they are not due.
    catch_up, wait
        Whether to run missed nights first, and to wait for late tables, as `schedule` in the config says. With `as_of`, which asks
        for one night of the past, neither is done.

    Raises
    ------
    RegionsFailed
        If the night was published without some of its regions.
    """
    log.setLevel(logging.INFO)
    settings, request = settings_or_told(Path(config), changes or [], output=output), Request(as_of=as_of, train=train)
    night = partial(_conducted, settings)
    with _ended_by_sigterm(), json_lines() if settings.log.format == "json" else nullcontext():
        if as_of is None and (catch_up or wait):
            outcome = scheduled_night(settings, request, night, Machine(), catch_up=catch_up, wait=wait)
        else:
            outcome = notified(settings, request, partial(night, request))
    _tell(outcome)


def run_in_flow(settings: Settings, request: Request, *, shown: bool) -> Outcome:
    """Run a night of settings that are read already, as a flow whose parameters are the settings and the request as JSON.

    Parameters
    ----------
    settings, request
        Of the night.
    shown
        Whether someone will look at the server afterwards, so that it is told everything.

    Raises
    ------
    PrefectServerError
        If the server stops answering before the night has come to an end.
    """
    outcomes: list[Outcome] = []

    @flow(name="nightly-by-hand", flow_run_name=_name, persist_result=False)
    def nightly_by_hand(settings: dict[str, Any], request: dict[str, Any]) -> None:
        with nullcontext() if shown else _ended_by_sigterm():
            outcomes.append(_conducted(recorded_settings(settings), _REQUEST.validate_python(request)))
        if shown:
            _tell(outcomes[0])

    try:
        nightly_by_hand(settings.model_dump(mode="json"), _REQUEST.dump_python(request, mode="json"))
    except RegionsFailed:
        log.debug("the flow run counts as failed, since regions did")
    except httpx.HTTPError as error:
        if not outcomes:
            raise PrefectServerError(
                f"the Prefect server stopped answering ({error}): run again, or with --direct, which needs none"
            ) from error
        log.warning("the Prefect server stopped answering (%s); the night came to its end all the same", error)
    return outcomes[0]


def _conducted(settings: Settings, request: Request) -> Outcome:
    """Run a night with Prefect tasks in this process, those of regions on the cluster where there is one."""
    with spread_over(settings.cluster) as spread:
        return conduct(settings, request, as_tasks, spread)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, by which Prefect also cancels a served run, end the process at once, as without Prefect.

    Prefect's own handler waits until a library returns, and what it raises is lost where Python is being called from one: the night
    would go on and publish. What it tells the server is known there all the same: a server of the run's own ends with the process,
    and who serves a run reports how it ended.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    prefects = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, prefects)


def _tell(outcome: Outcome) -> None:
    """Show what the night came to on the server; without some of its regions it counts as failed there."""
    if outcome.run:
        show_on_server(outcome.run, outcome.failed)
    if outcome.failed:
        raise RegionsFailed("; ".join(f"region {region} failed: {error}" for region, error in outcome.failed.items()))
