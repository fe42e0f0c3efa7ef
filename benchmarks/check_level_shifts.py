"""What tracks shifts of the level of all series: movements of past weeks as forecasts of the next, on totals of two data sets."""

import sys

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import make_inputs

Floats = NDArray[np.float64]

WEEKS = 5
"""Movements that a forecast of the next may look at."""

RULES: dict[str, Floats] = {
    "mean of five": np.full(WEEKS, 1 / WEEKS),
    "half-life of two": 0.5 ** (np.arange(WEEKS) / 2) / (0.5 ** (np.arange(WEEKS) / 2)).sum(),
    "half-life of one": 0.5 ** np.arange(WEEKS) / (0.5 ** np.arange(WEEKS)).sum(),
    "newest": np.eye(WEEKS)[0],
}
DAMPINGS = (0.0, 0.25, 0.5, 0.75, 1.0)


def movements(total: Floats, *, level: int, step: int, horizon: int) -> tuple[Floats, Floats]:
    """Return past movements, newest first, shape (origins, WEEKS), and what came next, shape (origins,), in logarithms.

    A movement is demand of `step` periods ÷ the mean of `level` periods up to origins of 1 … `horizon` periods before each; what
    came next is demand of the horizon ÷ that mean at the origin.
    """
    running = np.concatenate([[0.0], np.cumsum(total)])
    mean = np.full(len(total), np.nan)
    mean[level - 1 :] = (running[level:] - running[:-level]) / level
    expected = np.array([np.mean(mean[t - horizon : t]) if t >= horizon else np.nan for t in range(len(total))])
    origins = range(level + horizon + step * WEEKS, len(total) - horizon, step)
    past = [
        [np.log(total[t - step * (k + 1) : t - step * k].sum() / expected[t - step * (k + 1) : t - step * k].sum()) for k in range(WEEKS)]
        for t in origins
    ]
    ahead = [np.log(total[t : t + horizon].mean() / mean[t - 1]) for t in origins]
    return np.array(past), np.array(ahead)


def main() -> int:
    """Print the error of each rule at each damping."""
    shops, grocery = make_inputs.DATA / "store_item_daily" / "sales.parquet", make_inputs.DATA / "grocery_weekly" / "sales.parquet"
    if not shops.exists() or not grocery.exists():
        print(f"check_level_shifts: skipped: no {shops} or no {grocery}")
        return 0
    days = pl.read_parquet(shops).group_by("date").agg(pl.col("sales").sum()).sort("date")["sales"]
    weeks = pl.read_parquet(grocery).filter("in_stock").group_by("week").agg(pl.col("units").mean()).sort("week")["units"]
    for name, total, level, step, horizon in (("shop sales, days", days, 28, 7, 14), ("grocery sales, weeks", weeks, 13, 4, 6)):
        past, ahead = movements(total.cast(pl.Float64).to_numpy(), level=level, step=step, horizon=horizon)
        print(f"{name}: {len(ahead)} origins; root mean squared error by damping {', '.join(f'{share:g}' for share in DAMPINGS)}")
        for rule, weights in RULES.items():
            errors = [np.sqrt(np.mean((ahead - share * past @ weights) ** 2)) for share in DAMPINGS]
            print(f"  {rule:>17}: {'  '.join(f'{error:.4f}' for error in errors)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
