"""mlforecast's side of bench_features: runs in an environment of its own and makes the features whenever a line asks for it.

Each line read is "checked" or "unchecked", for mlforecast's own checks of its input, and perhaps a file to write the features to;
each line answered is the seconds that making them took.
"""

import sys
import time
from pathlib import Path

import polars as pl
from mlforecast import MLForecast  # type: ignore[import-not-found]
from mlforecast.lag_transforms import RollingMean, RollingStd, SeasonalRollingMean  # type: ignore[import-not-found]


def features(frame: pl.DataFrame, threads: int, *, checked: bool) -> pl.DataFrame:
    """Return unique_id, ds, y and the features, one row per row of the frame."""
    forecast = MLForecast(
        models=[],
        freq="1d",
        lags=[1, 7, 14, 28],
        lag_transforms={
            1: [*(RollingMean(window, min_samples=1) for window in (7, 14, 28)), RollingStd(28, min_samples=1)],
            7: [SeasonalRollingMean(7, 4, min_samples=1)],
        },
        date_features=["weekday", "day", "month"],
        num_threads=threads,
    )
    made: pl.DataFrame = forecast.preprocess(frame, static_features=[], dropna=False, validate_data=checked)
    return made


def main() -> None:
    """Serve until the input ends."""
    source, threads = Path(sys.argv[1]), int(sys.argv[2])
    frame = pl.read_parquet(source)
    for line in sys.stdin:
        checks, _, path = line.strip().partition(" ")
        started = time.perf_counter()
        made = features(frame, threads, checked=checks == "checked")
        seconds = time.perf_counter() - started
        if path:
            made.write_parquet(path)
        print(seconds, flush=True)


if __name__ == "__main__":
    main()
