"""Where a backtest or a replay keeps what it has computed: part by part while it is under way, then its results."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import polars as pl

from data.published.disk import remove_folder, replace_bytes, replace_text
from data.storage import Place, place
from data.storage.frames import read_parquet

SUMMARY = "summary.json"


class ResultsFolder:
    """`<output>/<kind>/<run_id>/`: results once `summary.json` is there, which is written last; `parts/` holds what they are made of.

    A part is named by its day: the origin of a forecast, or the day before a replayed window.
    """

    def __init__(self, output: str | Place, kind: Literal["backtests", "replays", "whatif"], run_id: str) -> None:
        self.path = place(output) / kind / run_id

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
        (self.path / "parts").mkdir(parents=True, exist_ok=True)

    def has_part(self, day: date) -> bool:
        """Return whether a part is whole."""
        return self._part("document", day, "json").is_file()

    def write_part(self, day: date, frames: Mapping[str, pl.DataFrame], document: Mapping[str, Any]) -> None:
        """Keep what came of a part; whole or not at all, and remove the tables and models it was made with."""
        for name, frame in frames.items():
            _write(self._part(name, day, "parquet"), frame)
        replace_text(self._part("document", day, "json"), json.dumps(document) + "\n")
        for made_with in ("work", "trained"):
            remove_folder(self.path / made_with)

    def read_part(self, name: str, day: date) -> pl.DataFrame:
        """Return a table of a part."""
        return read_parquet(self._part(name, day, "parquet"))

    def part_document(self, day: date) -> dict[str, Any]:
        """Return what was noted of a part."""
        return dict(json.loads(self._part("document", day, "json").read_text(encoding="utf-8")))

    def finish(self, frames: Mapping[str, pl.DataFrame], texts: Mapping[str, str], summary: Mapping[str, Any]) -> None:
        """Write the results, `summary.json` last, and remove the parts."""
        for name, frame in frames.items():
            _write(self.path / f"{name}.parquet", frame)
        for name, text in texts.items():
            replace_text(self.path / name, text)
        replace_text(self.path / SUMMARY, json.dumps(summary, indent=1, ensure_ascii=False) + "\n")
        remove_folder(self.path / "parts")

    def read(self, name: str) -> pl.DataFrame:
        """Return a table of the results."""
        return read_parquet(self.path / f"{name}.parquet")

    def summary(self) -> dict[str, Any]:
        """Return the results' summary."""
        return dict(json.loads((self.path / SUMMARY).read_text(encoding="utf-8")))

    def _part(self, name: str, day: date, ending: str) -> Place:
        return self.path / "parts" / f"{name}-{day:%Y%m%d}.{ending}"


def _write(path: Place, frame: pl.DataFrame) -> None:
    with replace_bytes(path) as file:
        frame.write_parquet(file)
