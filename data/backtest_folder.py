"""Where a backtest keeps what it has computed: origin by origin while it is under way, then its results."""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from data.published.disk import replace_text, sync

SUMMARY = "summary.json"


class BacktestFolder:
    """`<output>/backtests/<run_id>/`: results once `summary.json` is there, which is written last; `origins/` holds the parts of it."""

    def __init__(self, output: str | Path, run_id: str) -> None:
        self.path = Path(output) / "backtests" / run_id

    @property
    def begun(self) -> bool:
        """Whether the folder is there."""
        return self.path.is_dir()

    @property
    def finished(self) -> bool:
        """Whether all results are there."""
        return (self.path / SUMMARY).is_file()

    def begin(self) -> None:
        """Make the folder, if it is not there yet."""
        (self.path / "origins").mkdir(parents=True, exist_ok=True)

    def has_origin(self, origin: date) -> bool:
        """Return whether an origin was judged."""
        return self._origin("document", origin, "json").is_file()

    def write_origin(self, origin: date, frames: Mapping[str, pl.DataFrame], document: Mapping[str, Any]) -> None:
        """Keep what came of an origin; whole or not at all, and remove the tables and models it was made with."""
        for name, frame in frames.items():
            _write(self._origin(name, origin, "parquet"), frame)
        replace_text(self._origin("document", origin, "json"), json.dumps(document) + "\n")
        shutil.rmtree(self.path / "work", ignore_errors=True)

    def read_origin(self, name: str, origin: date) -> pl.DataFrame:
        """Return a table of an origin."""
        return pl.read_parquet(self._origin(name, origin, "parquet"), memory_map=False)

    def origin_document(self, origin: date) -> dict[str, Any]:
        """Return what was noted of an origin."""
        return dict(json.loads(self._origin("document", origin, "json").read_text(encoding="utf-8")))

    def finish(self, frames: Mapping[str, pl.DataFrame], texts: Mapping[str, str], summary: Mapping[str, Any]) -> None:
        """Write the results, `summary.json` last, and remove the parts."""
        for name, frame in frames.items():
            _write(self.path / f"{name}.parquet", frame)
        for name, text in texts.items():
            replace_text(self.path / name, text)
        replace_text(self.path / SUMMARY, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
        shutil.rmtree(self.path / "origins", ignore_errors=True)

    def read(self, name: str) -> pl.DataFrame:
        """Return a table of the results."""
        return pl.read_parquet(self.path / f"{name}.parquet", memory_map=False)

    def summary(self) -> dict[str, Any]:
        """Return the results' summary."""
        return dict(json.loads((self.path / SUMMARY).read_text(encoding="utf-8")))

    def _origin(self, name: str, origin: date, ending: str) -> Path:
        return self.path / "origins" / f"{name}-{origin:%Y%m%d}.{ending}"


def _write(path: Path, frame: pl.DataFrame) -> None:
    part = path.with_suffix(".part")
    frame.write_parquet(part)
    sync(part)
    part.replace(path)
