"""overstock: more than is likely to be needed of an item that sells."""

import polars as pl

from models.alert_kinds.night import Night
from models.alert_kinds.too_much import too_much


def found(night: Night) -> pl.DataFrame:
    """Return rows whose stock and inbound go beyond any likely need; at risk is what holding the surplus costs."""
    return too_much(night, slow=False)
