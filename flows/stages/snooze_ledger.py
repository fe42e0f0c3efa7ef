"""The ledger of snoozes beside a night's runs: who silenced which alert, why and until when; read when a night is planned."""

from collections.abc import Iterable, Sequence
from typing import Any

from data.line_ledger import append_line, parsed_lines, read_lines
from data.published import RunPaths, read_manifest
from data.storage import Place, place
from models.snoozes import Snooze, in_force

LEDGER = "snoozes.jsonl"
"""File in the output folder."""


class SnoozeRefused(Exception):
    """A snooze that cannot be recorded; the message says why and what to do."""


def ledger_of(output: str | Place) -> Place:
    """Return where the ledger of an output folder lies."""
    return place(output) / LEDGER


def decisions(path: Place) -> list[Snooze]:
    """Return every decision, oldest line first; none where there is no ledger yet.

    Raises
    ------
    LedgerDamaged
        If a line is torn or no snooze.
    """
    return _decisions(read_lines(path), path)


def decide(path: Place, decision: Snooze) -> None:
    """Append a decision; nothing is ever changed or taken away.

    Raises
    ------
    SnoozeRefused
        If it cancels a snooze that is not there.
    """

    def allowed(lines: Sequence[bytes]) -> None:
        if decision.cancel and decision.alert_id not in in_force(_decisions(lines, path)):
            raise SnoozeRefused(f"alert {decision.alert_id} is not snoozed, so there is nothing to cancel: `fillrate snooze` lists what is")

    append_line(path, decision.model_dump_json().encode(), allowed)


def recorded(snoozes: Iterable[Snooze]) -> list[dict[str, Any]]:
    """Return snoozes as a manifest records them."""
    return [snooze.model_dump(mode="json") for snooze in snoozes]


def snoozes_of(manifest: dict[str, Any]) -> list[Snooze]:
    """Return the snoozes that a run knew; none for one made before there were any."""
    return [Snooze.model_validate(snooze) for snooze in manifest.get("snoozes", [])]


def known_to(run: RunPaths | None) -> list[Snooze]:
    """Return the snoozes that a published run knew."""
    return [] if run is None else snoozes_of(read_manifest(run))


def _decisions(lines: Sequence[bytes], path: Place) -> list[Snooze]:
    mend = "Put the line back as it was, or remove it and snooze the alert again"
    return parsed_lines(lines, Snooze, path, noun="a snooze", mend=mend)
