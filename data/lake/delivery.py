"""What a delivery changed, as the steps that take it in hand it on."""

from dataclasses import dataclass

from data.lake.ledger import HeldDay
from data.messages import PlanMessage


@dataclass(frozen=True)
class Change:
    """What one step did to a table.

    rows_added
        Rows of days (or, in tables without days, keys) that the lake did not hold.
    rows_replaced
        Rows written in place of others; rows that are only gone are not counted.
    days_changed
        Days of an fc that were added or replaced; in tables kept as one state 1 when it changed.
    """

    rows_added: int = 0
    rows_replaced: int = 0
    days_changed: int = 0
    held_back: tuple[HeldDay, ...] = ()
    messages: tuple[PlanMessage, ...] = ()


@dataclass(frozen=True)
class DeliveryResult:
    """What taking in one delivery did. `version` is the table's Delta version after it, None for a table that is not there.

    `messages` are the lake's own; `Lake.messages` returns them together with those of reading the files.
    """

    table: str
    version: int | None
    rows_added: int
    rows_replaced: int
    days_changed: int
    days_held_back: int
    messages: tuple[PlanMessage, ...]
