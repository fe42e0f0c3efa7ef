"""What a report is made from: the frames and facts of one run, and of the runs before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from data.marketplace import MarketplaceAdvice
from flows.report.headline import Headline
from models.override_value import OverrideValue


@dataclass(frozen=True)
class EarlierNight:
    """What an earlier run recommended: columns fc, sku, order_units, on_hand, action."""

    as_of: date
    run_id: str
    recommendations: pl.DataFrame


@dataclass(frozen=True)
class ReportData:
    """Everything the report shows of one run.

    `recommendations`, `alerts`, `metrics` and `forecasts` follow `models.contracts`, `explanations` `models.explanations_contract`,
    `outlook` `models.outlook`, `plan_messages` `data.messages`. Rows of them without a recommendation are left aside.
    """

    name: str
    run_id: str
    as_of: date
    frequency: str
    """`day` or `week`."""
    currencies: Mapping[str, str]
    """fc → ISO 4217 code of its money columns; an fc whose currency is unknown is left out."""
    recommendations: pl.DataFrame
    alerts: pl.DataFrame
    plan_messages: pl.DataFrame
    metrics: pl.DataFrame
    quarantine_counts: pl.DataFrame
    """table, reason, rows, example: what was set aside while reading."""
    forecasts: pl.DataFrame
    explanations: pl.DataFrame
    outlook: pl.DataFrame
    history: pl.DataFrame
    """region, fc, sku, date, demand (null where unknown), units, in_stock_share."""
    previous: Headline | None
    """`headline_of` the run before; None for a first run."""
    earlier: Sequence[EarlierNight]
    """Runs before this one, newest first."""
    manifest: Mapping[str, Any]
    reasons: Mapping[str, str]
    """Code of a reason or data flag → what it means, in words."""
    decisions: pl.DataFrame = field(default_factory=OverrideValue.create_empty)
    """What planners' past decisions were worth, as `models.override_value` tells it."""
    marketplace: pl.DataFrame = field(default_factory=MarketplaceAdvice.create_empty)
    """What the marketplaces' own reports recommended, as `data.marketplace` tells it."""
