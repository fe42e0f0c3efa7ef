"""Whether a night is late: due at a time of day, and not published."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

EARLIEST = timedelta(hours=12)
"""How long before it is due a night may be published: one of the evening before is in time, the night before's own late one is not."""


@dataclass(frozen=True)
class Lateness:
    """due: when the newest night was due; published: when one was published for it, None where none has been."""

    due: datetime
    published: datetime | None


def lateness(now: datetime, late_after: time, frequency: Literal["day", "week"], published: Iterable[datetime]) -> Lateness:
    """Return how the newest night that is due stands.

    Parameters
    ----------
    now
        With its zone, which is that of `late_after`.
    late_after
        Time of day from which a night counts as late; of a weekly config on Mondays.
    frequency
        Of the config.
    published
        When its nightly runs were published, each with its zone.
    """
    # Midnights are counted on the wall clock, so that a change to summer time moves nothing.
    day = now.date() if now.timetz().replace(tzinfo=None) >= late_after else now.date() - timedelta(days=1)
    if frequency == "week":
        day -= timedelta(days=day.weekday())
    due = datetime.combine(day, late_after, tzinfo=now.tzinfo)
    in_time = [moment for moment in published if due - EARLIEST <= moment <= now]
    return Lateness(due, max(in_time, default=None))
