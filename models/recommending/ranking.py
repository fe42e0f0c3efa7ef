"""The order in which recommendations are listed."""

import polars as pl

RANKING = ("expected_lost_margin", "order_value", "expected_lost_units")


def most_valuable_first(recommendations: pl.DataFrame) -> pl.DataFrame:
    """Return recommendations by expected_lost_margin, then order_value, then expected_lost_units, unknown last; ties by fc, sku."""
    descending = [True] * len(RANKING) + [False] * 2
    return recommendations.sort([*RANKING, "fc", "sku"], descending=descending, nulls_last=True)
