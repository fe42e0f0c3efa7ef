"""Plan messages: why something was not computed or was set aside, and what mends it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import dataframely as dy
import polars as pl


class PlanMessages(dy.Schema):
    """One message a row, for the person who can mend it."""

    code = dy.String(min_length=1, description="stable name of the kind of message, snake_case")
    severity = dy.String(
        regex="^(error|warning|info)$", description="whether something is missing from the run, may be wrong, or is worth knowing"
    )
    table = dy.String(nullable=True, description="input table concerned")
    region = dy.String(nullable=True, description="region concerned")
    fc = dy.String(nullable=True, description="fulfilment centre concerned")
    sku = dy.String(nullable=True, description="item concerned")
    message = dy.String(min_length=1, description="what happened")
    fix = dy.String(nullable=True, description="what mends it")


@dataclass(frozen=True)
class PlanMessage:
    """One row of plan_messages."""

    code: str
    message: str
    severity: str = "warning"
    table: str | None = None
    region: str | None = None
    fc: str | None = None
    sku: str | None = None
    fix: str | None = None


def messages_frame(messages: Iterable[PlanMessage]) -> dy.DataFrame[PlanMessages]:
    """Return messages as the published table, in the order given."""
    rows = [asdict(message) for message in messages]
    return PlanMessages.validate(pl.DataFrame(rows, schema=PlanMessages.create_empty().schema))
