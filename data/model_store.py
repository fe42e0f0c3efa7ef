"""Where trained models are kept: one folder per region and model, whole or not there."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

SHARED = "_shared"
"""Folder of what all regions share; no region can have it: names of regions never begin with an underscore on disk."""

DOCUMENT = "model.json"

LONGEST_NAME = 200
"""File systems take 255 bytes; what is put before and after a region's name must fit too."""


class ModelStore:
    """Models in `<lake>/models/<region>/<model_id>/`: LightGBM text, tables as Parquet, and `model.json`, written last."""

    def __init__(self, lake: str | Path) -> None:
        self.root = Path(lake) / "models"

    def folder(self, region: str | None, model_id: str) -> Path:
        """Return the folder of a region's model, or with None of what all regions share."""
        return self.root / (SHARED if region is None else region_folder(region)) / model_id

    def save(
        self,
        region: str | None,
        model_id: str,
        document: Mapping[str, Any],
        *,
        texts: Mapping[str, str],
        tables: Mapping[str, pl.DataFrame],
    ) -> None:
        """Write a model so that a reader sees all of it or nothing; one of the same id is replaced."""
        target = self.folder(region, model_id)
        staging = target.with_name(f".{model_id}.writing")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for name, text in texts.items():
            (staging / name).write_text(text, encoding="utf-8")
        for name, table in tables.items():
            table.write_parquet(staging / f"{name}.parquet")
        (staging / DOCUMENT).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        for path in staging.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        replaced = target.with_name(f".{model_id}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        # Moved aside whole: a folder that is being removed would look like a model that lacks its trees.
        if target.exists():
            target.rename(replaced)
        staging.rename(target)
        shutil.rmtree(replaced, ignore_errors=True)

    def document(self, region: str | None, model_id: str) -> dict[str, Any] | None:
        """Return a model's JSON document, None where there is no such model."""
        path = self.folder(region, model_id) / DOCUMENT
        if not path.is_file():
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        return dict(document)

    def text(self, region: str | None, model_id: str, name: str) -> str:
        """Return one of a model's text files."""
        return (self.folder(region, model_id) / name).read_text(encoding="utf-8")

    def table(self, region: str | None, model_id: str, name: str) -> pl.DataFrame:
        """Return one of a model's tables."""
        return pl.read_parquet(self.folder(region, model_id) / f"{name}.parquet")

    def model_ids(self) -> list[str]:
        """Return the ids of shared models that are whole, sorted."""
        return sorted(path.parent.name for path in (self.root / SHARED).glob(f"[!.]*/{DOCUMENT}"))

    def remove(self, model_id: str) -> None:
        """Remove a model of all regions, the shared part first, so that nothing half is ever used."""
        for folder in (self.folder(None, model_id), *self.root.glob(f"*/{model_id}")):
            shutil.rmtree(folder, ignore_errors=True)


def region_folder(region: str) -> str:
    """Return a folder name for a region of any name: letters, digits, '.', '_' and '-' stay, the rest is percent-encoded.

    A name too long for a file system is cut and ends in '~' and a hash of the whole.
    """
    name = quote(region, safe="").replace("~", "%7E")
    if name[0] in "._":
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 17]}~{hashlib.sha256(region.encode()).hexdigest()[:16]}"
