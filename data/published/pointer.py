"""The pointer to the newest whole run: `latest.json` everywhere, the symlink `latest` on disk."""

import json
import logging

from data.published.disk import replace_symlink, replace_text
from data.published.errors import PublishError
from data.published.paths import RunPaths, checked_run_id
from data.published.reading import find_run, read_manifest, runs
from data.storage import ObjectPath, Place, place

POINTER = "latest.json"

log = logging.getLogger("fillrate")


def latest_run(output: str | Place) -> RunPaths | None:
    """Return the run that `latest.json` names; None if it names none, or one that has been removed."""
    root = place(output)
    try:
        run_id = json.loads((root / POINTER).read_text(encoding="utf-8"))["run_id"]
        if not isinstance(run_id, str):
            raise TypeError(f"run_id is {run_id!r}")
        checked_run_id(run_id)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, RecursionError, PublishError) as error:
        raise PublishError(f"{root / POINTER} is not a pointer to a run ({error}): the next night writes it anew.") from error
    return find_run(root, run_id) if (root / "runs" / run_id / "manifest.json").is_file() else None


def move_latest(output: str | Place, run: RunPaths) -> bool:
    """Let `latest` name `run` unless it names one whose `as_of` is newer; return whether it does now.

    On disk the symlink moves first: whoever finds the run in `latest.json` finds it behind the symlink too. An object store
    has no links; there `latest.json` alone is the pointer. Where it was damaged, the newest night takes its place.
    """
    root = place(output)
    try:
        before = latest_run(root)
    except PublishError as error:
        log.warning("%s", error)
        newest = _newest_night(root) or run
        _point(root, newest)
        return newest == run
    if before is not None and before.as_of > run.as_of:
        return False
    _point(root, run)
    return True


def _newest_night(root: Place) -> RunPaths | None:
    return next((run for run in runs(root) if read_manifest(run).get("kind") == "nightly"), None)


def _point(root: Place, run: RunPaths) -> None:
    target = f"runs/{run.run_id}"
    if not isinstance(root, ObjectPath):
        link = root / "latest"
        if link.exists() and not link.is_symlink():
            raise PublishError(f"{link} is a file or folder of its own, where the link to the newest run belongs: move it away")
        replace_symlink(link, target)
    pointer = {"run_id": run.run_id, "as_of": run.as_of.isoformat(), "path": target}
    replace_text(root / POINTER, json.dumps(pointer, indent=2) + "\n")
