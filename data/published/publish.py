"""Finish a run: its folder gets its name, and if asked the pointer moves to it."""

from collections.abc import Mapping

from data.published.paths import RunPaths
from data.published.pointer import move_latest
from data.published.run_folder import RunFolder


def publish(folder: RunFolder, manifest: Mapping[str, object], *, may_become_latest: bool) -> tuple[RunPaths, bool]:
    """Commit `folder` with its manifest; return the run and whether `latest` names it now.

    `may_become_latest` is false for a rerun and for a partial run; else the pointer moves unless it
    names a run of a newer `as_of`. Killed in between, the run is whole and the pointer is where it was.
    """
    run = folder.commit(manifest)
    return run, may_become_latest and move_latest(folder.runs.parent, run)
