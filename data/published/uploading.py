"""Put a run's files into an object store, the one that makes it whole last, and remove what was never made whole."""

from itertools import groupby
from pathlib import Path

from data.storage import ObjectPath

UNFINISHED_SECONDS = 24 * 3600
"""Age from which files without a manifest are taken for those of a killed run: no upload takes that long."""


def upload(folder: Path, target: ObjectPath, *, last: str) -> bool:
    """Put all files of a folder below `target`; return whether `last` could be put, which must not be there yet."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    for name, path in files.items():
        if name != last:
            (target / name).write_bytes(path.read_bytes())
    return (target / last).create(files[last].read_bytes())


def remove_unfinished(runs: ObjectPath, *, whole: str, now: float) -> list[str]:
    """Remove what lies in `runs` without its file `whole` and has not been touched for a day at `now`; return the run ids."""
    removed = []
    there = sorted(runs.rglob("*"))
    for run_id, group in groupby(there, key=lambda path: path.relative_to(runs).parts[0]):
        files = list(group)
        newest = max(path.stat().st_mtime for path in files)
        if runs / run_id / whole not in files and now - newest > UNFINISHED_SECONDS:
            (runs / run_id).remove_below()
            removed.append(run_id)
    return removed
