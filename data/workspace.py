"""Where the stages of one run hand each other their tables: a folder of the lake that is gone when the run ends."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from data.model_store import region_folder
from data.published.disk import remove_folder, replace_bytes
from data.storage import Place, place
from data.storage.frames import read_parquet


class Workspace:
    """Tables and documents of a run that is under way, by name and region, in `<lake>/work/<run_id>/`."""

    def __init__(self, lake: str | Place, run_id: str) -> None:
        self.root = place(lake) / "work"
        self.path = self.root / run_id

    def begin(self) -> None:
        """Make the folder, and remove what killed runs left: the caller holds the lake's lock, so nobody is using it."""
        remove_folder(self.root)
        self.path.mkdir(parents=True)

    def end(self) -> None:
        """Remove everything."""
        remove_folder(self.path)

    def write(self, name: str, region: str | None, frame: pl.DataFrame) -> None:
        """Keep a table; it appears whole or not at all."""
        with replace_bytes(self._path(name, region, "parquet"), lasting=False) as file:
            frame.write_parquet(file, compression="lz4", statistics=False)

    def has(self, name: str, region: str | None) -> bool:
        """Return whether a table was kept."""
        return self._path(name, region, "parquet").is_file()

    def read(self, name: str, region: str | None) -> pl.DataFrame:
        """Return a table kept earlier in this run."""
        return read_parquet(self._path(name, region, "parquet"))

    def note(self, name: str, region: str | None, document: Mapping[str, Any]) -> None:
        """Keep a small document."""
        with replace_bytes(self._path(name, region, "json"), lasting=False) as file:
            file.write(json.dumps(document).encode())

    def noted(self, name: str, region: str | None) -> dict[str, Any]:
        """Return a document kept earlier in this run, empty if there is none."""
        path = self._path(name, region, "json")
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}

    def _path(self, name: str, region: str | None, ending: str) -> Place:
        return self.path / (f"{name}.{ending}" if region is None else f"{name}-{region_folder(region)}.{ending}")
