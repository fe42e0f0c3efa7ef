"""A clock that passes as fast as nobody waits, on which deliveries come at their time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

ZONE = ZoneInfo("Europe/Berlin")


@dataclass
class Morning:
    """The clock of one morning in Berlin; what is to `happen` at a time happens when sleeping has passed it."""

    time: datetime
    to_come: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def at(self, hour: int, minute: int, happen: Callable[[], object]) -> None:
        self.to_come.append((self.time.replace(hour=hour, minute=minute), happen))

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += timedelta(seconds=seconds)
        for moment, happen in [event for event in self.to_come if event[0] <= self.time]:
            self.to_come.remove((moment, happen))
            happen()


@pytest.fixture
def morning() -> Callable[..., Morning]:
    """A morning of June 2024; by default that after the first day the shop has not delivered yet, 10 June."""

    def make(day: int = 11, hour: int = 2, minute: int = 30) -> Morning:
        return Morning(datetime(2024, 6, day, hour, minute, tzinfo=ZONE))

    return make
