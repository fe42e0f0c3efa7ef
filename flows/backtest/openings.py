"""The ledger of openings: which locked windows were looked at, when, by which configuration, and why again."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from data.line_ledger import LedgerDamaged, append_line, parsed_lines, read_lines
from data.storage import Place

__all__ = ["LEDGER", "LedgerDamaged", "Opening", "WindowLocked", "already_opened", "open_once", "openings", "record"]

LEDGER = Path("backtests") / "openings.jsonl"
"""Where the ledger lies, below the output folder."""


class Opening(BaseModel):
    """One look at a locked window by one configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opened_at: AwareDatetime
    config_digest: str = Field(min_length=1)
    """`settings_digest` of what decided the forecasts."""
    code_version: str
    name: str
    """Name of the configuration, for people."""
    window: str
    """The window's label."""
    origins: tuple[date, ...] = Field(min_length=1)
    """Ascending, each once."""
    run_id: str
    reason: str | None = None
    """Why a window was opened again that this configuration had opened before; None on the first opening."""

    @field_validator("origins")
    @classmethod
    def _ascending(cls, origins: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(origins)))

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str | None) -> str | None:
        if reason is not None and not reason.strip():
            raise ValueError('is empty: say why the window is opened again, as in --reopen "lead times were wrong"')
        return reason


class WindowLocked(Exception):
    """A configuration asks for a locked window that it has opened before."""

    def __init__(self, earlier: Opening) -> None:
        first, last = earlier.origins[0], earlier.origins[-1]
        span = f"origin {first}" if first == last else f"{len(earlier.origins)} origins from {first} to {last}"
        who = f"configuration {earlier.name!r} ({earlier.config_digest[:12]})"
        when = f"{earlier.opened_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        super().__init__(
            f"window {earlier.window!r} ({span}) is locked: {who} opened it on {when} in run {earlier.run_id}. A configuration may see "
            "a locked window once, or its error there is no longer that of unseen days. Use other origins, or open it again with "
            '--reopen "reason", which is recorded in the ledger and shown in every report'
        )
        self.earlier = earlier


def openings(path: Place) -> list[Opening]:
    """Return the ledger's openings, oldest line first; none where there is no ledger yet.

    Raises LedgerDamaged for a last line without its end, as a crash leaves it, and for any line that is not an opening.
    """
    return _openings(read_lines(path), path)


def record(path: Place, opening: Opening) -> None:
    """Append `opening` to the ledger as one line and wait until it is on the disk. Call it before the window is looked at.

    Raises LedgerDamaged when the ledger's last line is torn: another one behind it would hide that.
    """
    _append(path, opening, check=False)


def open_once(path: Place, opening: Opening) -> None:
    """Record `opening`, unless this configuration has opened any of its origins before and `opening.reason` is None: WindowLocked.

    Looking up and recording happen under one file lock, so of two backtests started together only one gets in.
    """
    _append(path, opening, check=True)


def already_opened(known: Iterable[Opening], config_digest: str, origins: Sequence[date]) -> Opening | None:
    """Return the latest opening by this configuration that shares an origin with `origins`, or None.

    One origin in common is enough: its days were seen, whatever other origins stood beside it.
    """
    wanted = set(origins)
    shared = [opening for opening in known if opening.config_digest == config_digest and wanted.intersection(opening.origins)]
    return max(shared, key=lambda opening: opening.opened_at, default=None)


def _append(path: Place, opening: Opening, *, check: bool) -> None:
    def allowed(lines: Sequence[bytes]) -> None:
        known = _openings(lines, path)
        earlier = already_opened(known, opening.config_digest, opening.origins) if check and opening.reason is None else None
        if earlier is not None:
            raise WindowLocked(earlier)

    append_line(path, opening.model_dump_json().encode(), allowed)


def _openings(lines: Sequence[bytes], path: Place) -> list[Opening]:
    mend = "Put the line back as it was; without it a window may count as unseen"
    return parsed_lines(lines, Opening, path, noun="an opening", mend=mend)
