"""Runs that grew old. `<output>/retired/<run_id>.json` tells of one that was removed, `<lake>/retired/…` of one whose inputs were."""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from data.published.disk import replace_text
from data.published.errors import PublishError
from data.published.paths import MANIFEST, RUN_ID, STAGING, RunPaths
from data.storage import ObjectPath, Place, place

FOLDER = "retired"
What = Literal["removed", "inputs_gone"]


@dataclass(frozen=True)
class Retired:
    """What became of a run. on: the day it did; made: the day the run was made; because: the setting that asked for it, with its value."""

    run_id: str
    what: What
    on: str
    made: str
    because: str

    @property
    def sentence(self) -> str:
        """Say it to whoever asks for the run."""
        gone = "cannot be run again or looked into: what it read was removed from the lake"
        became = "was removed" if self.what == "removed" else gone
        return f"run {self.run_id}, made on {self.made}, {became} on {self.on} by a night with {self.because}; only a backup brings it back"


def retire(root: str | Place, run_id: str, what: What, *, on: date, made: str, because: str) -> None:
    """Note what becomes of a run, in the output folder or in the lake; what was noted there before is replaced."""
    path = place(root) / FOLDER / f"{run_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, json.dumps(asdict(Retired(run_id, what, on.isoformat(), made, because)), indent=1) + "\n")


def retired(root: str | Place, run_id: str) -> Retired | None:
    """Return what an output folder or a lake has noted of a run, None of one that is as it was, or that there never was.

    Raises
    ------
    PublishError
        If the note cannot be read.
    """
    if not RUN_ID.fullmatch(run_id):
        return None
    path = place(root) / FOLDER / f"{run_id}.json"
    try:
        return Retired(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise PublishError(f"{path} is no note on a run: {error}. Remove it") from error


def remove_run(run: RunPaths) -> None:
    """Remove a run's folder; a reader sees all of it or no run. Killed in between, the rest goes with what killed runs left."""
    if isinstance(run.path, ObjectPath):
        (run.path / MANIFEST).unlink()
        run.path.remove_below()
        return
    aside = run.path.with_name(f"{STAGING}{run.run_id}")
    run.path.rename(aside)
    shutil.rmtree(aside)
