"""Write one run's folder where no reader looks, then publish it in one step: a run is whole or not there."""

import contextlib
import fcntl
import json
import shutil
import tempfile
import time as clock
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import polars as pl

from data.published.csv_cells import csv_safe
from data.published.disk import FILE_MODE, FOLDER_MODE, sha256_of, sync
from data.published.errors import PublishError
from data.published.paths import MANIFEST, STAGING, RunPaths, checked_run_id
from data.published.uploading import remove_unfinished, upload
from data.storage import ObjectPath, Place, place

LOCK = ".lock"


class RunFolder:
    """A run being written in `<output>/runs/.staging-<run_id>`; `commit` makes it `<output>/runs/<run_id>`.

    What goes to an object store is written in a temporary folder of this machine first, and put there by `commit`.
    Use it in a `with` block: what was not committed when the block ends is removed. `path` is the staging folder, for
    writers that need a path of their own; files there are taken in by `commit`.
    """

    def __init__(self, runs: Place, run_id: str, staging: Path, lock: IO[str] | None) -> None:
        self.runs = runs
        self.run_id = run_id
        self.path = staging
        self._lock = lock

    @classmethod
    def begin(cls, output: str | Place, run_id: str) -> Self:
        """Open a run for writing; what an earlier attempt at the same run left is removed.

        Raises
        ------
        PublishError
            If the run is published already, or is being written right now, or `run_id` cannot name a folder.
        """
        runs = place(output) / "runs"
        if isinstance(runs, ObjectPath):
            if (runs / checked_run_id(run_id) / MANIFEST).is_file():
                raise _published_already(runs / run_id)
            return cls(runs, run_id, Path(tempfile.mkdtemp(prefix=f"fillrate-{run_id}-")), None)
        if (runs / checked_run_id(run_id)).exists():
            raise _published_already(runs / run_id)
        runs.mkdir(parents=True, exist_ok=True)
        staging = runs / f"{STAGING}{run_id}"
        lock = _try_lock(_lock_path(staging))
        if lock is None:
            raise PublishError(f"run {run_id} is being written by another process in {staging}: wait until it ends")
        if staging.exists():
            shutil.rmtree(staging)
        staging.mkdir(mode=FOLDER_MODE)
        return cls(runs, run_id, staging, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.discard()

    def write_frame(self, name: str, frame: pl.DataFrame, *, csv: bool = False) -> None:
        """Write `<name>.parquet` and, if asked, `<name>.csv` (lists joined by "|", formulas made harmless)."""
        frame.write_parquet(self.path / f"{name}.parquet", compression="zstd")
        if csv:
            csv_safe(frame).write_csv(self.path / f"{name}.csv")

    def write_text(self, name: str, text: str) -> None:
        """Write a file of text in UTF-8, line ends as given."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file as it is."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def commit(self, manifest: Mapping[str, object]) -> RunPaths:
        """Write the manifest, last, and give the folder its name; in a store it is put last. Nothing can be written to the run afterwards.

        `checksums` (file → sha256) and `file_bytes` (file → size) are added to the manifest. `run_id` must be the folder's, `as_of` a date.

        Raises
        ------
        PublishError
            If the manifest is not of this run, or another process has published it meanwhile.
        """
        if manifest.get("run_id") != self.run_id:
            raise PublishError(f"the manifest of run {self.run_id} names run {manifest.get('run_id')!r}: both must be the same")
        as_of = manifest_as_of(manifest, self.path)
        checksums, file_bytes = {}, {}
        for path in sorted(path for path in self.path.rglob("*") if path.is_file()):
            path.chmod(FILE_MODE)
            sync(path)
            name = path.relative_to(self.path).as_posix()
            checksums[name], file_bytes[name] = sha256_of(path), path.stat().st_size
        whole = {**manifest, "checksums": checksums, "file_bytes": file_bytes}
        text = json.dumps(whole, ensure_ascii=False, indent=2, default=_as_text) + "\n"
        last = self.path / MANIFEST
        last.write_text(text, encoding="utf-8")
        last.chmod(FILE_MODE)
        sync(last)
        for folder in (path for path in self.path.rglob("*") if path.is_dir()):
            folder.chmod(FOLDER_MODE)
            sync(folder)
        self.path.chmod(FOLDER_MODE)
        sync(self.path)
        self._publish()
        return RunPaths(self.run_id, as_of, self.runs / self.run_id)

    def _publish(self) -> None:
        target = self.runs / self.run_id
        if isinstance(target, ObjectPath):
            if not upload(self.path, target, last=MANIFEST):
                raise _published_already(target)
            self.discard()
            return
        if target.exists():
            raise _published_already(target)
        self.path.rename(target)
        sync(target.parent)
        self._release()

    def discard(self) -> None:
        """Remove what was written and not committed; after a commit there is nothing to remove."""
        if self.path.exists():
            shutil.rmtree(self.path)
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            _lock_path(self.path).unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def _published_already(run: Place) -> PublishError:
    return PublishError(f"run {run.name} is published already in {run}, and a published run is never changed: use another run id")


def manifest_as_of(manifest: Mapping[str, object], folder: Place) -> date:
    """Return the manifest's `as_of`.

    Raises
    ------
    PublishError
        If it is no date.
    """
    as_of = manifest.get("as_of")
    with contextlib.suppress(ValueError):
        return as_of if isinstance(as_of, date) else date.fromisoformat(str(as_of))
    raise PublishError(f"the manifest of {folder} has as_of {as_of!r}: expected a date such as 2024-06-11")


def remove_stale_staging(output: str | Place) -> list[str]:
    """Remove what killed runs left half written; return their run ids. A run still being written is left alone."""
    runs = place(output) / "runs"
    if isinstance(runs, ObjectPath):
        return remove_unfinished(runs, whole=MANIFEST, now=clock.time())
    removed = []
    left = runs.glob(f"{STAGING}*")
    for folder in sorted({path.with_name(path.name.removesuffix(LOCK)) for path in left}):
        lock = _try_lock(_lock_path(folder))
        if lock is None:
            continue
        with lock:
            if folder.exists():
                shutil.rmtree(folder)
                removed.append(folder.name.removeprefix(STAGING))
            _lock_path(folder).unlink(missing_ok=True)
    return removed


def _as_text(value: object) -> str:
    """Return dates, times and paths of a manifest as text; JSON has no type for them."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Place):
        return str(value)
    raise TypeError(f"a manifest holds plain values, dates, times and paths, not {type(value).__name__}: {value!r}")


def _lock_path(staging: Path) -> Path:
    return staging.with_name(staging.name + LOCK)


def _try_lock(path: Path) -> IO[str] | None:
    """Return the open lock file if nobody alive holds it; the lock ends when it is closed or the process ends."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
