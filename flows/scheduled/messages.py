"""What scheduled nights say of themselves: plan messages, which stand in the run's report and its manifest."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from data.messages import PlanMessage
from flows.notify.digest import LATE_TABLE

SHOWN = 10
"""Most days named one by one."""


def late_tables(absent: Sequence[str], day: date, waited: datetime, again: datetime | None) -> list[PlanMessage]:
    """Return an error per table that had not come.

    Parameters
    ----------
    absent
        The tables.
    day
        Of which they have no rows.
    waited
        When waiting ended, with the schedule's zone.
    again
        Until when the night is run again once they come, with its zone; None if it is not.
    """
    mend = f"deliver it: until {again:%H:%M} the night is then run again" if again else "deliver it, and run the night again"
    return [
        PlanMessage(
            LATE_TABLE,
            f"{table} of {day} had not been delivered by {waited:%H:%M}: the night was run with what was there",
            "error",
            table=table,
            fix=mend,
        )
        for table in absent
    ]


def caught_up(day: date, today: date) -> PlanMessage:
    """Return what a missed night says of itself."""
    return PlanMessage(
        "caught_up",
        f"this night, as of {day}, was not run on its morning but caught up on {today}: the day its orders were to go out is over",
        fix="order from the newest run, not from this one",
    )


def nights_caught_up(done: Sequence[date], failed: Mapping[date, str], left_out: Sequence[date], most: int) -> list[PlanMessage]:
    """Return what tonight says of the nights before it that were not run on their mornings.

    Parameters
    ----------
    done
        Those that were run now.
    failed
        Those that could not be, with the error.
    left_out
        Those that were not tried, since there were more than `most`.
    """
    said = []
    if done:
        said.append(PlanMessage("nights_caught_up", f"nights that had been missed were run first: as of {_days(done)}", "info"))
    said += [
        PlanMessage(
            "night_not_caught_up",
            f"the missed night as of {day} could not be run: {error}",
            fix=f"mend the cause; then `fillrate run CONFIG --as-of {day}`",
        )
        for day, error in failed.items()
    ]
    if left_out:
        said.append(
            PlanMessage(
                "nights_left_out",
                f"{len(left_out)} missed nights were not run, since schedule.catch_up_nights is {most}: as of {_days(left_out)}",
                fix="where they are needed run them with --as-of, oldest first",
            )
        )
    return said


def supersedes(run_id: str | None, came: Sequence[str]) -> PlanMessage:
    """Return what a night says that was run again since tables came late; `run_id` None where the first attempt published nothing."""
    what = " and ".join(came)
    if run_id is None:
        return PlanMessage("run_again", f"the night was run again since {what} came late; the first attempt had published nothing", "info")
    return PlanMessage(
        "supersedes",
        f"this run takes the place of run {run_id}, which was published before {what} had come",
        "info",
        fix="where orders of that run have gone out, send only what differs",
    )


def _days(days: Sequence[date]) -> str:
    shown = ", ".join(str(day) for day in days[:SHOWN])
    return f"{shown} and {len(days) - SHOWN} more" if len(days) > SHOWN else shown
