"""The nightly flow: the night that the conductor describes, every coarse task of it a Prefect task."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.runtime import flow_run
from pydantic import TypeAdapter

from flows.conductor import Outcome, Request, conduct
from flows.nightly_artifacts import show_on_server
from flows.nightly_tasks import as_tasks
from flows.settings import Settings, load_settings, recorded_settings

_REQUEST = TypeAdapter(Request)


class RegionsFailed(Exception):
    """A night was published without some of its regions: the flow run counts as failed, and `outcome` is there all the same."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("; ".join(f"region {region} failed: {error}" for region, error in outcome.failed.items()))
        self.outcome = outcome


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

    Raises
    ------
    RegionsFailed
        If the night was published without some of its regions.
    """
    logging.getLogger("fillrate").setLevel(logging.INFO)
    settings = load_settings(Path(config), changes or (), output=output)
    _conducted(settings, Request(as_of=as_of, train=train), shown=True)


@flow(name="nightly-by-hand", flow_run_name=_name, persist_result=False)
def nightly_by_hand(settings: dict[str, Any], request: dict[str, Any], shown: bool) -> Outcome:
    """Run a night of settings that are read already.

    Parameters
    ----------
    settings, request
        As JSON.
    shown
        Whether someone will look at the server afterwards, so that the result is put there.

    Raises
    ------
    RegionsFailed
        If the night was published without some of its regions.
    """
    with nullcontext() if shown else _ended_by_sigterm():
        return _conducted(recorded_settings(settings), _REQUEST.validate_python(request), shown=shown)


def parameters_by_hand(settings: Settings, request: Request, *, shown: bool) -> dict[str, Any]:
    """Return the parameters of `nightly_by_hand` for a night."""
    return {"settings": settings.model_dump(mode="json"), "request": _REQUEST.dump_python(request, mode="json"), "shown": shown}


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the process at once, as without Prefect.

    Prefect's own handler tells the server of it, which here ends with the process; it waits until a library returns, and what it
    raises is lost where Python is being called from one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    prefects = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, prefects)


def _conducted(settings: Settings, request: Request, *, shown: bool) -> Outcome:
    outcome = conduct(settings, request, as_tasks)
    if shown and outcome.run:
        show_on_server(outcome.run, outcome.failed)
    if outcome.failed:
        raise RegionsFailed(outcome)
    return outcome
