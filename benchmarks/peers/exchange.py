"""What bench_peers and a peer's process tell each other: files in one folder.

The peer reads `task.json`, `history.parquet` and, for forecasters, `ahead.parquet`; it writes `answer.parquet` and `notes.json`. This
module is imported in the peers' environments as well, so it knows polars alone.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import polars as pl

LEVEL = 80
"""Width in percent of the central interval whose ends are p10 and p90."""


@dataclass(frozen=True)
class Task:
    """A forecast that is asked for.

    data_set: its name; horizon: days; static: columns of the history that belong to the series; ahead: columns known for the days to come.
    """

    data_set: str
    horizon: int
    static: tuple[str, ...]
    ahead: tuple[str, ...]

    def write(self, folder: Path) -> None:
        """Write `task.json`."""
        (folder / "task.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Task":
        """Read `task.json`."""
        kept = json.loads((folder / "task.json").read_text(encoding="utf-8"))
        return cls(kept["data_set"], kept["horizon"], tuple(kept["static"]), tuple(kept["ahead"]))


def answer(folder: Path, table: pl.DataFrame, *, imported: float, begun: float, packages: Sequence[str]) -> None:
    """Write a peer's answer, and what it took: processor seconds of its imports, seconds of its work since `begun`, versions."""
    work = time.perf_counter() - begun
    table.write_parquet(folder / "answer.parquet")
    notes = {"import_seconds": imported, "work_seconds": work, "versions": {name: version(name) for name in packages}}
    (folder / "notes.json").write_text(json.dumps(notes), encoding="utf-8")


def forecast_answer(forecast: pl.DataFrame, point: str) -> pl.DataFrame:
    """Return unique_id, date, mean, p10, p50 and p90 from a forecast with an interval of LEVEL, none below 0.

    p50 is the point forecast: both libraries lay their intervals around it.
    """
    columns = {"mean": point, "p10": f"{point}-lo-{LEVEL}", "p50": point, "p90": f"{point}-hi-{LEVEL}"}
    return forecast.select("unique_id", date=pl.col("ds").cast(pl.Date), **{name: pl.col(of).clip(0) for name, of in columns.items()})
