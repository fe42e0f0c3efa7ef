"""Order-up-to levels by stockpyl, one call per series; runs in an environment of its own: `... FOLDER`.

`newsvendor_normal` with a lead time is the base-stock problem for normal demand (Snyder and Shen 2019, section 4.3): what stockpyl has for
one item that may be ordered every day. It takes mean and standard deviation of a day's demand.
"""

import sys
import time
from pathlib import Path

BEGUN = time.process_time()
import polars as pl  # noqa: E402
from stockpyl.newsvendor import newsvendor_normal  # type: ignore[import-not-found]  # noqa: E402

from benchmarks.peers.exchange import answer  # noqa: E402

IMPORTED = time.process_time() - BEGUN


def main() -> None:
    """Decide for every series of the folder's `history.parquet`: unique_id, mean, sd, lead_time, holding, shortage."""
    folder, begun = Path(sys.argv[1]), time.perf_counter()
    series = pl.read_parquet(folder / "history.parquet")
    levels = [
        newsvendor_normal(holding, shortage, mean, sd, lead_time)[0]
        for mean, sd, lead_time, holding, shortage in series.select("mean", "sd", "lead_time", "holding", "shortage").iter_rows()
    ]
    found = series.select("unique_id", level=pl.Series(levels, dtype=pl.Float64))
    answer(folder, found, imported=IMPORTED, begun=begun, packages=["stockpyl", "scipy", "numpy"])


if __name__ == "__main__":
    main()
