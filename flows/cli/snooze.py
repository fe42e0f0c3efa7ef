"""The command that silences an alert, wakes it again, and lists what is silenced."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import polars as pl
from rich.console import Console
from rich.markup import escape

from data.published import RunPaths, read_frame
from flows.cli.locate import newest_run
from flows.settings import ConfigError
from flows.stages.snooze_ledger import SnoozeRefused, decide, decisions, ledger_of
from flows.terminal import VisibleConsole
from models.snoozes import Snooze, in_force

SHORTEST_ID = 4
"""Characters of an alert's id that are enough to name it, where no other begins with them."""


def snooze_alert(
    alert_id: str | None, *, until: date | None, until_worse: bool, author: str | None, reason: str | None, cancel: bool, out: str | None
) -> None:
    """Record a decision about an alert of the newest run, or list what is snoozed where none is named.

    Raises
    ------
    ConfigError
        If options are missing or contradict each other.
    SnoozeRefused
        If there is no such alert, or nothing to cancel.
    """
    run = newest_run(out)
    ledger = ledger_of(run.path.parent.parent)
    if alert_id is None:
        _list(in_force(decisions(ledger)).values(), VisibleConsole())
        return
    _check(until, until_worse=until_worse, author=author, reason=reason, cancel=cancel)
    alert = _alert(run, alert_id, snoozed=in_force(decisions(ledger)) if cancel else {})
    if until is not None and until <= run.as_of:
        raise ConfigError(f"--until {until} is over: the newest run is as of {run.as_of}; name a later day")
    decision = Snooze(
        **alert,
        decided_at=datetime.now(UTC),
        author=str(author),
        reason=str(reason),
        cancel=cancel,
        until=until,
        until_worse=until_worse,
        run_id=run.run_id,
        as_of=run.as_of,
    )
    decide(ledger, decision)
    what = "told again" if cancel else f"silent {_span(decision)}"
    VisibleConsole().print(
        f"alert {decision.alert_id} ({escape(_named(decision))}) is {what}, from the next night on; "
        f"recorded in {escape(str(ledger))} with author and reason",
        soft_wrap=True,
    )


def _check(until: date | None, *, until_worse: bool, author: str | None, reason: str | None, cancel: bool) -> None:
    for name, value in (("--author", author), ("--reason", reason)):
        if not (value or "").strip():
            raise ConfigError(f"{name} is missing: say who decides and why, so that others can follow it")
    if cancel and (until is not None or until_worse):
        raise ConfigError("--cancel ends a snooze at once: leave out --until and --until-worse")
    if not cancel and until is None and not until_worse:
        raise ConfigError("say until when: --until DATE, or --until-worse, or both (whichever comes first)")


def _alert(run: RunPaths, asked: str, snoozed: dict[str, Snooze]) -> dict[str, object]:
    """Return what a snooze keeps of the alert of a run whose id is, or begins with, `asked`; one that is snoozed may be gone from it."""
    alerts = read_frame(run, "alerts").filter(pl.col("state") != "cleared")
    kept = [name for name in Snooze.model_fields if name in alerts.columns]
    there = {row["alert_id"]: row for row in alerts.select(kept).iter_rows(named=True)}
    there |= {alert_id: {name: getattr(snooze, name) for name in kept} for alert_id, snooze in snoozed.items() if alert_id not in there}
    if asked in there:
        return there[asked]
    near = [alert_id for alert_id in there if len(asked) >= SHORTEST_ID and alert_id.startswith(asked)]
    if len(near) == 1:
        return there[near[0]]
    if near:
        raise SnoozeRefused(f"{len(near)} alerts begin with {asked}: give more of the id, {near[0]} or {near[1]}")
    raise SnoozeRefused(
        f"run {run.run_id} has no open alert {asked!r}: its ids are in the column alert_id of {run.path / 'alerts.csv'} and of the workbook"
    )


def _list(snoozes: Iterable[Snooze], console: Console) -> None:
    rows = sorted(snoozes, key=lambda snooze: snooze.decided_at)
    if not rows:
        console.print("nothing is snoozed; `fillrate snooze ALERT_ID --until DATE --author … --reason …` silences an alert")
    for snooze in rows:
        console.print(
            f"{snooze.alert_id}  {escape(_named(snooze))}: {_span(snooze)}, by {escape(snooze.author)} on {snooze.decided_at:%Y-%m-%d}: "
            f"{escape(snooze.reason)}",
            soft_wrap=True,
        )


def _named(snooze: Snooze) -> str:
    return " ".join(part for part in (snooze.kind.replace("_", " "), snooze.sku, snooze.fc or snooze.region) if part)


def _span(snooze: Snooze) -> str:
    parts = [f"until the orders of {snooze.until}"] if snooze.until is not None else []
    return " or ".join([*parts, *(["until it gets worse"] if snooze.until_worse else [])])
