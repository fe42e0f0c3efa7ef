"""The facts of one backtest that its page tells beside the scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from data.messages import PlanMessages
from flows.backtest.openings import Opening


@dataclass(frozen=True)
class BacktestSummary:
    """What was backtested, on what, how long it took, and which windows were opened for it."""

    name: str
    """Name of the configuration."""
    run_id: str
    frequency: str
    """`day` or `week`."""
    origins: Sequence[date]
    """Last known period of each forecast, ascending."""
    horizon: int
    """Periods forecast from each origin."""
    spacing: int
    """Periods from one origin to the next."""
    protection_interval: int | None
    """Periods that an order must carry; None when it differs between series or was not judged."""
    series: int
    regions: int
    seconds: float
    lightgbm_seconds: float | None
    """LightGBM's part of `seconds`."""
    peak_memory_bytes: int | None
    code_version: str
    settings_digest: str
    """`flows.past.digest.settings_digest` of this configuration."""
    locked_windows: Mapping[str, Sequence[date]] = field(default_factory=dict)
    """Label of each locked window → its origins, whether this backtest opened it or not."""
    openings: Sequence[Opening] = ()
    """The ledger, oldest first, this backtest's own openings with it."""
    plan_messages: pl.DataFrame = field(default_factory=PlanMessages.create_empty)
    """As in `data.messages`."""
