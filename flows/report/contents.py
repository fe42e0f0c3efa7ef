"""What a report is made from: the frames and facts of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl


@dataclass(frozen=True)
class ReportData:
    """Everything the report shows of one run.

    `recommendations`, `alerts`, `metrics` and `forecasts` follow `models.contracts`, `plan_messages` follows `data.messages`.
    `forecasts` and `history` need only the rows that `rows_to_draw` names; others are left aside.
    """

    name: str
    run_id: str
    as_of: date
    frequency: str
    """`day` or `week`."""
    currency: str | None
    """ISO 4217 code of the money columns; None when unknown or when the fcs differ."""
    recommendations: pl.DataFrame
    alerts: pl.DataFrame
    plan_messages: pl.DataFrame
    metrics: pl.DataFrame
    quarantine_counts: pl.DataFrame
    """table, reason, rows, example: what was set aside while reading."""
    forecasts: pl.DataFrame
    history: pl.DataFrame
    """region, fc, sku, date, demand (null where unknown), units, in_stock_share."""
    previous: Mapping[str, float | None] | None
    """`headline_numbers` of the run before; None for a first run."""
    manifest: dict[str, Any]
    reasons: Mapping[str, str]
    """Code of a reason or data flag → what it means, in words."""
