"""A scheduled night: missed nights first, then tonight when its tables are there or the time is up, and again when the late ones come."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Protocol
from zoneinfo import ZoneInfo

from polars.exceptions import PanicException

from data.lake import Lake
from data.messages import PlanMessage
from flows.conductor import Outcome, Request
from flows.notified import notified
from flows.notify.late import EARLIEST
from flows.scheduled import messages
from flows.scheduled.deliveries import absent_tables, awaited_day, fingerprints, take_in
from flows.scheduled.missed import missed_nights, published_nights
from flows.settings import Settings
from flows.time_zone import zone_of

log = logging.getLogger("fillrate")

Run = Callable[[Request], Outcome]


class Clock(Protocol):
    """What time it is, and how to let it pass."""

    def now(self) -> datetime:
        """Return the time, with a zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when they have passed."""
        ...


class Machine:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def scheduled_night(settings: Settings, request: Request, run: Run, clock: Clock, *, catch_up: bool, wait: bool) -> Outcome:
    """Run tonight as the section `schedule` of the config says, and tell people of it.

    Parameters
    ----------
    settings, request
        Of tonight: a whole night that chooses its last known day.
    run
        Runs a night, such as `conduct`.
    clock
        Whose time counts.
    catch_up
        Whether to run the nights that were missed first, each as of its own day.
    wait
        Whether to wait for `schedule.wait_for`, and to run again what had to be run without.

    Returns
    -------
    What the last night came to. What a night raises is raised on; a missed night that fails is told in tonight's messages instead.
    """
    zone = ZoneInfo(zone_of(settings))
    now = clock.now().astimezone(zone)
    waiting: _Waiting | None = None
    late: list[PlanMessage] = []
    absent: tuple[str, ...] = ()
    if wait and settings.schedule.wait_for:
        waiting = _Waiting(settings, clock, zone, awaited_day(settings, now))
        absent = waiting.until(_next(now, settings.schedule.until))
        late = waiting.said_of(absent)
    today = clock.now().astimezone(zone).date()
    said = _caught_up(settings, run, today) if catch_up else []
    tonight = replace(request, today=today, messages=(*late, *said))
    if waiting is None or not absent or waiting.again_until() is None:
        return _told(settings, tonight, run)
    return _again(settings, tonight, run, waiting, absent)


def _told(settings: Settings, request: Request, run: Run) -> Outcome:
    return notified(settings, request, lambda: run(request))


def _caught_up(settings: Settings, run: Run, today: date) -> list[PlanMessage]:
    """Run the missed nights, oldest first; return what tonight has to say of them."""
    take_in(settings, ("sales",), today)
    daily = Lake(settings.lake).daily_totals()
    if daily.is_empty():
        return []
    missed = missed_nights(daily, settings, [night.as_of for night in published_nights(settings)])
    most = settings.schedule.catch_up_nights
    begin = max(len(missed) - most, 0)
    done: list[date] = []
    failed: dict[date, str] = {}
    for day in missed[begin:]:
        log.info("catching up the night as of %s, which was missed", day)
        try:
            outcome = run(Request(as_of=day, today=today, messages=(messages.caught_up(day, today),)))
        except (Exception, PanicException) as error:
            # Tonight's orders must not wait until somebody has mended what stops an older night.
            log.error("the missed night as of %s could not be run: %s", day, error, exc_info=log.isEnabledFor(logging.DEBUG))
            failed[day] = str(error) or type(error).__name__
        else:
            done.append(day)
            if outcome.failed:
                failed[day] = "; ".join(f"region {region}: {error}" for region, error in outcome.failed.items())
    said = messages.nights_caught_up(done, failed, missed[:begin], most)
    for message in said:
        log.log(logging.INFO if message.severity == "info" else logging.WARNING, "%s", message.message)
    return said


def _again(settings: Settings, request: Request, run: Run, waiting: "_Waiting", absent: tuple[str, ...]) -> Outcome:
    """Run tonight without `absent`, and again each time that some of it has come while there is time."""
    ends = waiting.again_until()
    outcome, failure = _attempt(settings, request, run)
    newest = _newest_night(settings)
    while absent and ends is not None:
        still = waiting.until(ends, absent)
        if still == absent:
            log.error("%s of %s did not come: the night stays without", " and ".join(absent), waiting.day)
            break
        if _newest_night(settings) != newest:
            log.info("the night has been run anew by somebody meanwhile, so it is left at that")
            break
        came = [table for table in absent if table not in still]
        log.info("%s of %s came: the night is run again", " and ".join(came), waiting.day)
        run_before = outcome.run.run_id if outcome and outcome.run else None
        said = (*waiting.said_of(still), messages.supersedes(run_before, came))
        outcome = _told(settings, replace(request, today=waiting.now().date(), messages=said), run)
        newest, absent = _newest_night(settings), still
    if outcome is None:
        assert failure is not None, "a night ends with an outcome or an error"
        raise failure
    return outcome


def _attempt(settings: Settings, request: Request, run: Run) -> tuple[Outcome | None, Exception | None]:
    """Return what the night without its late tables came to; an error may pass when they come, and people have been told of it."""
    try:
        return _told(settings, request, run), None
    except Exception as error:
        log.error("the night failed: %s", error, exc_info=log.isEnabledFor(logging.DEBUG))
        return None, error


def _newest_night(settings: Settings) -> str | None:
    """Return the id of the nightly run of this config that was published last."""
    nights = [(run.manifest.stat().st_mtime_ns, run.run_id) for run in published_nights(settings)]
    return max(nights)[1] if nights else None


def _next(now: datetime, at: time_of_day) -> datetime:
    """Return when it is `at` next by the clock on the wall; `now` where that lies further ahead than a night: it is over for today."""
    moment = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    if moment < now:
        moment = datetime.combine(now.date() + timedelta(days=1), at, tzinfo=now.tzinfo)
    return moment if moment.astimezone(UTC) - now.astimezone(UTC) <= EARLIEST else now


class _Waiting:
    """Looks for the awaited tables again and again; knows what their files looked like when it looked last."""

    def __init__(self, settings: Settings, clock: Clock, zone: ZoneInfo, day: date) -> None:
        self.settings, self.clock, self.zone, self.day = settings, clock, zone, day
        self._taken_in = self._seen = fingerprints(settings)
        # A query shows what has come only when it is asked, and never half of what is being written.
        self._asks = any(settings.inputs.table(table).query for table in settings.schedule.wait_for)

    def now(self) -> datetime:
        """Return the time in the schedule's zone."""
        return self.clock.now().astimezone(self.zone)

    def again_until(self) -> datetime | None:
        """Return until when what comes late is still worth another run, None where it no longer is."""
        at, now = self.settings.schedule.again_until, self.now()
        ends = _next(now, at) if at else now
        return ends if ends > now else None

    def said_of(self, absent: tuple[str, ...]) -> list[PlanMessage]:
        """Return what a night that is run now says of tables that have not come, which is logged as well."""
        late = messages.late_tables(absent, self.day, self.now(), self.again_until())
        for message in late:
            log.error("%s; %s", message.message, message.fix)
        return late

    def until(self, end: datetime, before: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return the tables that are absent: when all have come, when one of those absent `before` has, or at `end`."""
        absent = self._look() if before is None else before
        if absent and (end - self.now()) > timedelta(0):
            log.info("waiting for %s of %s until %s", " and ".join(absent), self.day, f"{end:%H:%M}")
        while absent and (before is None or absent == before):
            left = (end.astimezone(UTC) - self.clock.now().astimezone(UTC)).total_seconds()
            if left <= 0:
                return self._look()
            self.clock.sleep(min(left, self.settings.schedule.look_every_minutes * 60))
            there = fingerprints(self.settings)
            # Files that look as they did last time are whole. Taken in while some are still being written, one delivery would be two.
            if there == self._seen and (there != self._taken_in or self._asks):
                absent = self._look()
            self._seen = there
        return absent

    def _look(self) -> tuple[str, ...]:
        there = fingerprints(self.settings)
        if take_in(self.settings, self.settings.schedule.wait_for, self.now().date()):
            self._taken_in = there
        return absent_tables(self.settings, self.day)
