"""Find published runs and check that they are what was published. A folder without a manifest is no run."""

import difflib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from data.published.disk import sha256_of
from data.published.errors import PublishError
from data.published.paths import MANIFEST, STAGING, RunPaths, checked_run_id
from data.published.retired import retired
from data.published.run_folder import manifest_as_of
from data.storage import Place, name_below, place
from data.storage.frames import read_parquet

READERS = 8
"""Manifests read at a time."""


def read_manifest(run: RunPaths | Place) -> dict[str, Any]:
    """Return the manifest of a run, given it or its folder.

    Raises
    ------
    PublishError
        If there is none or it cannot be read.
    """
    path = (run.path if isinstance(run, RunPaths) else run) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PublishError(f"{path.parent} has no {MANIFEST}: it is not a whole run") from None
    except ValueError as error:
        raise PublishError(
            f"{path} cannot be read ({error}): it was changed after it was published; move the folder away or take it from a backup"
        ) from error
    if not isinstance(manifest, dict):
        raise PublishError(f"{path} holds no manifest but {type(manifest).__name__}: it was changed after it was published")
    return manifest


def runs(output: str | Place) -> list[RunPaths]:
    """Return every whole run, newest first: by `as_of`, then by the time at which its manifest was written, then by id."""
    manifests = [path for path in (place(output) / "runs").glob(f"*/{MANIFEST}") if not path.parent.name.startswith(STAGING)]
    # Several at a time: of a store each is a request of its own, and most of it is waiting.
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(_run_at, [path.parent for path in manifests]))
    written = {run.run_id: path.stat().st_mtime_ns for run, path in zip(found, manifests, strict=True)}
    return sorted(found, key=lambda run: (run.as_of, written[run.run_id], run.run_id), reverse=True)


def find_run(output: str | Place, run_id: str) -> RunPaths:
    """Return the published run `run_id`.

    Raises
    ------
    PublishError
        If there is no such run; the message says when it was removed, or names the nearest or the newest.
    """
    root = place(output)
    folder = root / "runs" / checked_run_id(run_id)
    if (folder / MANIFEST).is_file():
        return _run_at(folder)
    if was := retired(root, run_id):
        raise PublishError(was.sentence)
    there = [run.run_id for run in runs(root)]
    near = difflib.get_close_matches(run_id, there, n=1) or there[:1]
    hint = f"did you mean {near[0]}?" if near else "nothing has been published there yet"
    raise PublishError(f"{root} has no run {run_id!r}; {hint}")


def read_frame(run: RunPaths, name: str) -> pl.DataFrame:
    """Return one of a run's tables, such as `recommendations`.

    Raises
    ------
    PublishError
        If the run has no such table, or it cannot be read.
    """
    path = run.path / f"{name}.parquet"
    try:
        return read_parquet(path)
    except (FileNotFoundError, pl.exceptions.ComputeError) as error:
        raise PublishError(f"run {run.run_id} has no readable table {name} ({path}): {error}") from error


def changed_files(run: RunPaths) -> list[str]:
    """Return a sentence per file that is not what was published: missing, changed or added. Empty for a sound run."""
    manifest = read_manifest(run)
    checksums: dict[str, str] = manifest.get("checksums", {})
    there = {name_below(path, run.path): path for path in run.path.rglob("*") if path.is_file() and path != run.manifest}
    missing = [f"{name} is missing" for name in checksums if name not in there]
    added = [f"{name} was added after the run was published" for name in there if name not in checksums]
    changed = [
        f"{name} is not what was published ({there[name].stat().st_size} bytes, then {manifest.get('file_bytes', {}).get(name)})"
        for name, published in checksums.items()
        if name in there and sha256_of(there[name]) != published
    ]
    return sorted([*missing, *added, *changed])


def _run_at(folder: Place) -> RunPaths:
    return RunPaths(folder.name, manifest_as_of(read_manifest(folder), folder), folder)
