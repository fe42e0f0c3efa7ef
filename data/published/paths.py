"""Where published runs lie: `<output>/runs/<run_id>`, `<output>/latest.json`, `<output>/latest`."""

import re
from dataclasses import dataclass
from datetime import date

from data.published.errors import PublishError
from data.storage import Place

MANIFEST = "manifest.json"
STAGING = ".staging-"
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class RunPaths:
    """A whole published run: its id, the last day it knew, and its folder."""

    run_id: str
    as_of: date
    path: Place

    @property
    def manifest(self) -> Place:
        """The file whose presence makes the folder a run."""
        return self.path / MANIFEST


def checked_run_id(run_id: str) -> str:
    """Return `run_id` if it can name a folder.

    Raises
    ------
    PublishError
        If it has other characters than letters, digits, '.', '_' and '-', starts with a dot or is over 128 long.
    """
    if not RUN_ID.fullmatch(run_id):
        raise PublishError(
            f"run id {run_id!r} cannot name a folder: use up to 128 letters, digits, '.', '_' and '-', beginning with a letter or digit"
        )
    return run_id
