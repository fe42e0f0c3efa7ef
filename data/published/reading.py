"""Find published runs and check that they are what was published. A folder without a manifest is no run."""

import difflib
import json
from pathlib import Path
from typing import Any

import polars as pl

from data.published.disk import sha256_of
from data.published.errors import PublishError
from data.published.paths import MANIFEST, STAGING, RunPaths, checked_run_id, output_root
from data.published.run_folder import manifest_as_of


def read_manifest(run: RunPaths | Path) -> dict[str, Any]:
    """Return the manifest of a run, given it or its folder.

    Raises
    ------
    PublishError
        If there is none or it cannot be read.
    """
    path = (run if isinstance(run, Path) else run.path) / MANIFEST
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


def runs(output: str | Path) -> list[RunPaths]:
    """Return every whole run, newest first: by `as_of`, then by the time at which its manifest was written, then by id."""
    manifests = (output_root(output) / "runs").glob(f"*/{MANIFEST}")
    found = [_run_at(path.parent) for path in manifests if not path.parent.name.startswith(STAGING)]
    return sorted(found, key=lambda run: (run.as_of, run.manifest.stat().st_mtime_ns, run.run_id), reverse=True)


def find_run(output: str | Path, run_id: str) -> RunPaths:
    """Return the published run `run_id`.

    Raises
    ------
    PublishError
        If there is no such run; the message names the nearest or the newest.
    """
    root = output_root(output)
    folder = root / "runs" / checked_run_id(run_id)
    if (folder / MANIFEST).is_file():
        return _run_at(folder)
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
        return pl.read_parquet(path)
    except (FileNotFoundError, pl.exceptions.ComputeError) as error:
        raise PublishError(f"run {run.run_id} has no readable table {name} ({path}): {error}") from error


def changed_files(run: RunPaths) -> list[str]:
    """Return a sentence per file that is not what was published: missing, changed or added. Empty for a sound run."""
    manifest = read_manifest(run)
    checksums: dict[str, str] = manifest.get("checksums", {})
    there = {path.relative_to(run.path).as_posix(): path for path in run.path.rglob("*") if path.is_file() and path != run.manifest}
    missing = [f"{name} is missing" for name in checksums if name not in there]
    added = [f"{name} was added after the run was published" for name in there if name not in checksums]
    changed = [
        f"{name} is not what was published ({there[name].stat().st_size} bytes, then {manifest.get('file_bytes', {}).get(name)})"
        for name, published in checksums.items()
        if name in there and sha256_of(there[name]) != published
    ]
    return sorted([*missing, *added, *changed])


def _run_at(folder: Path) -> RunPaths:
    return RunPaths(folder.name, manifest_as_of(read_manifest(folder), folder), folder)
