"""A night that tells people how it ended: published, failed, or late. What goes wrong in telling never changes the night."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from polars.exceptions import PanicException

from data.lake import Lake
from data.lock import lock_holder
from data.published import RunPaths, read_frame, read_manifest, runs
from data.storage import Place
from data.storage.copies import on_disk
from flows.conductor import Outcome, Request
from flows.notify import Digest, Sent, failure_digest, late_digest, night_digest, send
from flows.notify.late import Lateness, lateness
from flows.notify_settings import URLS, NotifyAddresses
from flows.settings import ConfigError, Settings, load_settings
from flows.stages.database import Written

log = logging.getLogger("fillrate")


def notified(settings: Settings, request: Request, night: Callable[[], Outcome]) -> Outcome:
    """Carry a night out and tell people of it: of a whole night that became the latest, lacks a region, or failed.

    Runs of some stages or regions are an analyst's, and tell nobody; nor does a night of the past.

    Returns
    -------
    The outcome, with how every address took the notification. What the night raises is raised on.
    """
    try:
        outcome = night()
    except (Exception, PanicException) as error:
        if request.whole:
            message = str(error) or type(error).__name__
            _tell(lambda: failure_digest(settings.name, message))
        raise
    if not request.whole or outcome.run is None or not (outcome.latest or outcome.failed):
        return outcome
    return replace(outcome, notified=tell_of_run(outcome.run, settings, outcome.database))


def settings_or_told(config: Path, changes: list[str], *, output: str | None = None) -> Settings:
    """Return the settings of a night as `load_settings` does; people are told of a config that cannot be used: no night can run.

    Raises
    ------
    ConfigError
        As `load_settings`.
    """
    try:
        return load_settings(config, changes, output=output)
    except ConfigError as error:
        message = str(error)
        _tell(lambda: failure_digest(config.stem, message))
        raise


def tell_of_run(run: RunPaths, settings: Settings, database: Written | None = None) -> tuple[Sent, ...]:
    """Tell people of a published run, and what kept it from a database; return how every address took it, nothing where there is none."""

    def digest() -> Digest:
        manifest = read_manifest(run)
        alerts, messages = read_frame(run, "alerts"), read_frame(run, "plan_messages")
        return night_digest(manifest, alerts, messages, run.path, settings.notify, database.problem if database else None)

    return _tell(digest, run.path / "report.html" if settings.notify.attach else None)


def tell_if_late(settings: Settings, now: datetime) -> tuple[Lateness, tuple[Sent, ...]]:
    """Return how the newest night that was due stands, and how every address took the news where it is late.

    Parameters
    ----------
    settings
        Of the night.
    now
        With the zone of `notify.late_after`.

    Raises
    ------
    ConfigError
        If the config does not say from when a night is late.
    """
    late_after = settings.notify.late_after
    if late_after is None:
        raise ConfigError(f'{settings.name} does not say from when a night is late: set notify.late_after, such as "06:00"')
    manifests = [read_manifest(run) for run in runs(settings.output.path)]
    nights = [manifest for manifest in manifests if manifest["kind"] == "nightly" and manifest["name"] == settings.name]
    found = lateness(now, late_after, settings.frequency, (datetime.fromisoformat(manifest["finished_at"]) for manifest in nights))
    if found.published is not None:
        return found, ()
    holder = lock_holder(Lake(settings.lake).root, lapse_seconds=settings.lake.lock_seconds)
    digest = late_digest(settings.name, found.due, late_after, _newest(nights), holder)
    log.warning("%s", digest.body.splitlines()[0])
    return found, _tell(lambda: digest)


def _newest(nights: list[dict[str, Any]]) -> str:
    if not nights:
        return "No night of this config has been published yet."
    newest = max(nights, key=lambda manifest: str(manifest["finished_at"]))
    return f"The newest report is that of run {newest['run_id']}, as of {newest['as_of']}, published {newest['finished_at']}."


def _tell(digest: Callable[[], Digest], attachment: Place | None = None) -> tuple[Sent, ...]:
    """Send what `digest` returns to every address; whatever goes wrong is a line in the log."""
    addresses = NotifyAddresses().notify_urls
    if not addresses.get_secret_value().strip():
        return ()
    try:
        with nullcontext() if attachment is None else on_disk(attachment) as file:
            sent = send(digest(), addresses, file)
    except Exception as error:  # a night that was published stands, whatever its digest trips over
        cause = type(error).__name__
        log.warning("nobody was notified: %s while the notification was made", cause, exc_info=log.isEnabledFor(logging.DEBUG))
        return ()
    for one in sent:
        if one.problem is None:
            log.info("notified %s", one.address)
        else:
            log.warning("%s of %s was not notified: %s", one.address, URLS, one.problem)
    return tuple(sent)
