"""Settings of the schedule: when nights run, how many missed ones are caught up, and what they wait for."""

from datetime import time
from typing import Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from models.settings import Frozen

Awaited = Literal["sales", "stock", "availability"]


class ScheduleSettings(Frozen):
    """When nights run, and what a scheduled night does before and after: `fillrate serve`, `run --catch-up`, `run --wait`."""

    at: time = Field(time(2, 30), description="time of day at which `fillrate serve` starts a night")
    time_zone: str | None = Field(
        None, description="IANA name of the zone of all times of day of the config, such as `Europe/Berlin`; by default this machine's"
    )
    catch_up_nights: int = Field(7, ge=0, le=60, description="most missed nights that are run before tonight's, the newest of them")
    wait_for: tuple[Awaited, ...] = Field((), description="tables whose newest day a night waits for")
    until: time = Field(time(4, 30), description="time of day until which it waits; then it runs with what is there")
    again_until: time | None = Field(
        time(12), description='time of day until which it is run again when what was missing comes; `""` or `"never"` for not at all'
    )
    look_every_minutes: int = Field(10, ge=1, le=120, description="minutes between two looks whether it has come")
    lag_days: int = Field(
        1, ge=0, le=14, description="days from the newest day that is to be there to the day of the run: 1 for yesterday, 0 for that day"
    )

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError('it is no time zone; write its IANA name, such as "Europe/Berlin"')
        return name

    @field_validator("again_until", mode="before")
    @classmethod
    def _never_is_none(cls, value: object) -> object:
        return None if value in ("", "never") else value

    @field_validator("at", "until", "again_until")
    @classmethod
    def _on_the_wall_clock(cls, moment: time | None) -> time | None:
        if moment is not None and moment.tzinfo is not None:
            raise ValueError("it is a time of day of schedule.time_zone: leave its own zone out")
        return moment
