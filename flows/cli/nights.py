"""Commands that run a night."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast, get_args

import typer

from data.published import RunPaths
from flows.cli.failures import Exit
from flows.cli.locate import locate_run
from flows.cli.progress import shown_progress
from flows.cli.summary import as_document, show
from flows.conductor import STAGES, Outcome, Request, Stage, conduct, rerun, settings_beside
from flows.log_settings import LogSettings
from flows.notified import notified, settings_or_told
from flows.scheduled import Machine, scheduled_night
from flows.settings import ConfigError, load_settings
from flows.terminal import readable_console


def request_of(
    as_of: datetime | None, regions: list[str] | None, *, first: Stage = "ingest", last: str | None = None, train: bool = False
) -> Request:
    """Return the request that command line options make.

    Raises
    ------
    ConfigError
        If there is no stage of that name.
    """
    if last is not None and last not in get_args(Stage):
        raise ConfigError(f"there is no stage {last!r}: the stages are {', '.join(STAGES)}")
    if last == "ingest" and regions:
        raise ConfigError("deliveries are taken in as a whole, not by region: leave --region out of --stage ingest")
    return Request(
        as_of=as_of.date() if as_of else None, regions=tuple(regions or ()), first=first, last=cast("Stage", last or "publish"), train=train
    )


def run_config(
    config: Path,
    request: Request,
    *,
    changes: list[str] | None = None,
    out: str | None = None,
    direct: bool,
    as_json: bool,
    debug: bool = False,
    catch_up: bool = False,
    wait: bool = False,
) -> None:
    """Run a night of a config and tell how it went; exits with 2 when regions failed.

    Raises
    ------
    ConfigError
        If the config cannot be used, or `catch_up` or `wait` is asked of anything but tonight as a whole.
    """
    if (catch_up or wait) and (not request.whole or request.as_of):
        raise ConfigError("--catch-up and --wait are for tonight as a whole: leave --as-of, --region and --stage out")
    settings = (settings_or_told if request.whole else load_settings)(config, changes or [], output=out)
    if direct:
        run = partial(conduct, settings)
    else:
        from flows.nightly import run_nightly

        run = partial(run_nightly, settings)
    if catch_up or wait:
        night = partial(scheduled_night, settings, request, run, Machine(), catch_up=catch_up, wait=wait)
    else:
        night = partial(notified, settings, request, partial(run, request))
    _told(night, settings.log, as_json=as_json, debug=debug)


def rerun_run(run_id: str, out: str | None, *, as_json: bool, debug: bool = False) -> None:
    """Run a published night again and tell how it went."""
    run: RunPaths = locate_run(run_id, out)
    settings = settings_beside(run)
    _told(lambda: rerun(settings, run), settings.log, as_json=as_json, debug=debug)


def _told(night: Callable[[], Outcome], log: LogSettings, *, as_json: bool, debug: bool) -> None:
    with shown_progress(quiet=as_json, debug=debug, settings=log):
        outcome = night()
    code = Exit.SOME_REGIONS_FAILED if outcome.failed else Exit.PUBLISHED
    if as_json:
        sys.stdout.write(json.dumps(as_document(outcome, code), ensure_ascii=False) + "\n")
    else:
        show(outcome, readable_console())
    if code:
        raise typer.Exit(code)
