"""slow_mover: stock of an item that sells hardly anything, or will not have sold when it leaves the range."""

import polars as pl

from models.alert_kinds.night import Night
from models.alert_kinds.too_much import too_much


def found(night: Night) -> pl.DataFrame:
    """Return rows with more than is likely to be needed that hardly sell; at risk is what holding it costs."""
    return too_much(night, slow=True)
