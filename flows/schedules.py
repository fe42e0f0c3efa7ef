"""When which flow runs: the one list of everything that is scheduled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from flows.settings import Settings


@dataclass(frozen=True)
class Schedule:
    """A flow at a time.

    name: of the deployment, after the config's; flow: `module:name`; days: day, month and weekday as in cron, on which it runs at
    `schedule.at`; hours_later: than that; frequency: configs of this time step have it, None for all; parameters: of the flow, besides
    `config`; purpose: one line for those who read the list.
    """

    name: str
    flow: str
    days: str
    frequency: Literal["day", "week"] | None
    purpose: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    hours_later: int = 0

    def cron(self, settings: Settings) -> str:
        """Return minute, hour, day, month and weekday, in the zone of the config's schedule."""
        at = settings.schedule.at
        return f"{at.minute} {(at.hour + self.hours_later) % 24} {self.days}"

    def deployment_name(self, settings: Settings) -> str:
        """Return its name on a Prefect server, without the characters that Prefect allows in none."""
        return re.sub(r"[/%&<>]", "-", f"{settings.name}-{self.name}")


NIGHTLY = "flows.nightly_flow:nightly"
BACKTEST = "flows.backtest_flow:monthly_backtest"
SURVIVES = {"catch_up": True, "wait": True}
"""A scheduled night runs missed ones first, and waits for late tables."""

SCHEDULES = (
    Schedule("nightly", NIGHTLY, "* * mon-sat", "day", "a night; models are trained where they are due", SURVIVES),
    Schedule("training", NIGHTLY, "* * sun", "day", "a night that trains the models anew", {**SURVIVES, "train": True}),
    Schedule("weekly", NIGHTLY, "* * mon", "week", "the week that ended on Sunday; models are trained where they are due", SURVIVES),
    Schedule("backtest", BACKTEST, "1 * *", None, "how good forecasts of the past would have been, beside simple rules", hours_later=4),
)


def schedules_of(settings: Settings) -> list[Schedule]:
    """Return the schedules that a config of this frequency has."""
    return [schedule for schedule in SCHEDULES if schedule.frequency in (settings.frequency, None)]
