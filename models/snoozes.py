"""Snoozes: alerts that a planner has silenced, until a date or until they get worse, and which of them sleep tonight."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from models.contracts import SEVERITIES

WORSE = 1.1
"""Tonight's size ÷ an earlier one's from which a problem counts as worse."""


class Snooze(BaseModel):
    """One decision about one alert, as it stood in the run that the planner saw. With `cancel` it ends the snooze before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_id: str = Field(min_length=1)
    decided_at: AwareDatetime
    author: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    cancel: bool = False
    until: date | None = None
    """First order date on which it is told again."""
    until_worse: bool = False
    run_id: str
    as_of: date
    kind: str
    region: str | None
    fc: str | None
    sku: str | None
    first_seen: date
    severity: str
    units_at_risk: float | None
    value_at_risk: float | None

    @field_validator("author", "reason", mode="before")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return text.strip()

    @model_validator(mode="after")
    def _ends_some_time(self) -> "Snooze":
        if not self.cancel and self.until is None and not self.until_worse:
            raise ValueError("a snooze ends on a date or when the problem gets worse: say which")
        return self

    @property
    def key(self) -> tuple[str, str]:
        """What tells this decision from any other."""
        return self.alert_id, self.decided_at.isoformat()


def in_force(decisions: Iterable[Snooze]) -> dict[str, Snooze]:
    """Return the newest decision about each alert, where it is a snooze; alert_id → snooze."""
    newest: dict[str, Snooze] = {}
    for decision in sorted(decisions, key=lambda decision: decision.decided_at):
        newest[decision.alert_id] = decision
    return {alert_id: decision for alert_id, decision in newest.items() if not decision.cancel}


def asleep(
    alerts: pl.DataFrame, snoozes: Mapping[str, Snooze], previous_alerts: pl.DataFrame | None, known_before: Iterable[Snooze], as_of: date
) -> dict[str, Snooze]:
    """Return which of tonight's alerts sleep, alert_id → snooze.

    An alert sleeps until its snooze's date comes up as an order date, or until it is worse than it was when the snooze was decided. One
    that cleared in between, and one that woke on the night before, is awake. A run as of a day before the one that the planner saw knows
    nothing of it.

    Parameters
    ----------
    alerts
        Tonight's open alerts: alert_id, first_seen, severity, units_at_risk, value_at_risk.
    snoozes
        By `in_force`.
    previous_alerts
        Alerts of the run before, with snoozed_by where that run knew of snoozes.
    known_before
        Snoozes that the run before knew.
    """
    looked_at = {snooze.key for snooze in known_before}
    slept: set[str] = set()
    if previous_alerts is not None and "snoozed_by" in previous_alerts.columns:
        slept = set(previous_alerts.filter(pl.col("snoozed_by").is_not_null())["alert_id"].to_list())
    sleeping: dict[str, Snooze] = {}
    for alert in alerts.filter(pl.col("alert_id").is_in(list(snoozes))).sort("alert_id").iter_rows(named=True):
        snooze = snoozes[alert["alert_id"]]
        ended = snooze.until is not None and as_of + timedelta(days=1) >= snooze.until
        worse = snooze.until_worse and is_worse(
            (alert["value_at_risk"], alert["units_at_risk"], alert["severity"]),
            (snooze.value_at_risk, snooze.units_at_risk, snooze.severity),
        )
        another = alert["first_seen"] != snooze.first_seen or as_of < snooze.as_of
        woken = snooze.key in looked_at and alert["alert_id"] not in slept
        if not (ended or worse or another or woken):
            sleeping[alert["alert_id"]] = snooze
    return sleeping


def is_worse(now: tuple[float | None, float | None, str], then: tuple[float | None, float | None, str]) -> bool:
    """Return whether (value, units, severity) is worse than it was: by value, by units where a value is unknown, else by severity."""
    for size, before in zip(now[:2], then[:2], strict=True):
        if size is not None and before is not None:
            return bool(float(size) > float(before) * WORSE + 1e-9)
    return SEVERITIES.index(now[2]) < SEVERITIES.index(then[2])
