"""Published runs: immutable folders that are whole or not there, and the pointer to the newest."""

from data.published.errors import PublishError
from data.published.paths import RunPaths
from data.published.pointer import latest_run, move_latest
from data.published.publish import publish
from data.published.reading import changed_files, find_run, read_frame, read_manifest, runs
from data.published.run_folder import RunFolder, remove_stale_staging

__all__ = [
    "PublishError",
    "RunFolder",
    "RunPaths",
    "changed_files",
    "find_run",
    "latest_run",
    "move_latest",
    "publish",
    "read_frame",
    "read_manifest",
    "remove_stale_staging",
    "runs",
]
