"""Published runs: immutable folders that are whole or not there, and the pointer to the newest."""

from data.published.decisions import Decisions, all_decisions, decisions_of, record_decisions
from data.published.disk import replace_bytes
from data.published.errors import PublishError
from data.published.paths import RunPaths
from data.published.pointer import latest_run, move_latest
from data.published.publish import publish
from data.published.reading import changed_files, find_run, read_frame, read_manifest, runs
from data.published.retired import Retired, remove_run, retire, retired
from data.published.run_folder import RunFolder, remove_stale_staging

__all__ = [
    "Decisions",
    "PublishError",
    "Retired",
    "RunFolder",
    "RunPaths",
    "all_decisions",
    "changed_files",
    "decisions_of",
    "find_run",
    "latest_run",
    "move_latest",
    "publish",
    "read_frame",
    "read_manifest",
    "record_decisions",
    "remove_run",
    "remove_stale_staging",
    "replace_bytes",
    "retire",
    "retired",
    "runs",
]
