"""Where trained models are kept: one folder per region and model, whole or not there."""

import hashlib
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote

import polars as pl

from data.published.disk import UNFINISHED_FOLDERS, remove_folder, replace_folder, replace_text, sha256_of
from data.storage import ObjectPath, Place, place
from data.storage.frames import read_parquet

SHARED = "_shared"
"""Folder of what all regions share; no region can have it: names of regions never begin with an underscore on disk."""

DOCUMENT = "model.json"
CHECKSUMS = "checksums"

LONGEST_NAME = 200
"""File systems take 255 bytes; what is put before and after a region's name must fit too."""


class ModelStore:
    """Models in `<lake>/models/<region>/<model_id>/`: LightGBM text, tables as Parquet, and `model.json`, written last."""

    def __init__(self, lake: str | Place) -> None:
        self.root = place(lake) / "models"

    def folder(self, region: str | None, model_id: str) -> Place:
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
        files = {name: text.encode() for name, text in texts.items()}
        files |= {f"{name}.parquet": _parquet(table) for name, table in tables.items()}
        checksums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        files[DOCUMENT] = _as_text({**document, CHECKSUMS: checksums}).encode()
        replace_folder(self.folder(region, model_id), files, DOCUMENT)

    def document(self, region: str | None, model_id: str) -> dict[str, Any] | None:
        """Return a model's JSON document, None where there is no such model."""
        path = self.folder(region, model_id) / DOCUMENT
        if not path.is_file():
            return None
        document = dict(json.loads(path.read_text(encoding="utf-8")))
        document.pop(CHECKSUMS, None)
        return document

    def note(self, region: str | None, model_id: str, **facts: Any) -> None:
        """Change what the document of a model says; its other files stay as they are."""
        path = self.folder(region, model_id) / DOCUMENT
        replace_text(path, _as_text(json.loads(path.read_text(encoding="utf-8")) | facts))

    def damaged(self, model_id: str) -> list[str]:
        """Return a sentence per file of a model, in any region, that is missing or not what was saved."""
        folders = [folder / model_id for folder in self._regions() if (folder / model_id / DOCUMENT).is_file()]
        return [sentence for folder in folders for sentence in _damage(folder)]

    def text(self, region: str | None, model_id: str, name: str) -> str:
        """Return one of a model's text files."""
        return (self.folder(region, model_id) / name).read_text(encoding="utf-8")

    def table(self, region: str | None, model_id: str, name: str) -> pl.DataFrame:
        """Return one of a model's tables."""
        return read_parquet(self.folder(region, model_id) / f"{name}.parquet")

    def model_ids(self) -> list[str]:
        """Return the ids of shared models that are whole, sorted."""
        return sorted(path.parent.name for path in (self.root / SHARED).glob(f"[!.]*/{DOCUMENT}"))

    def remove(self, model_id: str) -> None:
        """Remove a model of all regions, the shared part first, so that nothing half is ever used."""
        for folder in (self.folder(None, model_id), *(region / model_id for region in self._regions())):
            remove_folder(folder)

    def remove_unfinished(self) -> None:
        """Remove what killed runs left half written; the caller holds the lake's lock. In an object store there is no such thing."""
        if isinstance(self.root, ObjectPath):
            return
        for region in self._regions():
            for pattern in UNFINISHED_FOLDERS:
                for folder in region.glob(pattern):
                    remove_folder(folder)

    def _regions(self) -> list[Place]:
        return sorted(self.root.iterdir(), key=str) if self.root.is_dir() else []


def _damage(folder: Place) -> list[str]:
    try:
        # Earlier versions kept none.
        checksums = dict(json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))).get(CHECKSUMS, {})
    except (ValueError, TypeError) as error:
        return [f"{folder / DOCUMENT} cannot be read ({error})"]
    missing = [f"{folder / name} is missing" for name in checksums if not (folder / name).is_file()]
    changed = [name for name, saved in checksums.items() if (folder / name).is_file() and sha256_of(folder / name) != saved]
    return missing + [f"{folder / name} is not what was saved" for name in changed]


def _as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _parquet(table: pl.DataFrame) -> bytes:
    content = BytesIO()
    table.write_parquet(content)
    return content.getvalue()


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
