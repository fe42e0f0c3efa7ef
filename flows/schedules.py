"""When which flow runs: the one list of everything that is scheduled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Schedule:
    """A flow at a time.

    name: of the deployment, after the config's; flow: `module:name`; cron: minute, hour, day, month, weekday; frequency: configs
    of this time step have it; parameters: of the flow, besides `config`; time_zone: IANA name, None for the machine's own;
    purpose: one line for those who read the list.
    """

    name: str
    flow: str
    cron: str
    frequency: Literal["day", "week"]
    purpose: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    time_zone: str | None = None


NIGHTLY = "flows.nightly_flow:nightly"

SCHEDULES = (
    Schedule("nightly", NIGHTLY, "30 2 * * mon-sat", "day", "a night; models are trained where they are due"),
    Schedule("training", NIGHTLY, "30 2 * * sun", "day", "a night that trains the models anew", {"train": True}),
    Schedule("weekly", NIGHTLY, "30 2 * * mon", "week", "the week that ended on Sunday; models are trained where they are due"),
)
