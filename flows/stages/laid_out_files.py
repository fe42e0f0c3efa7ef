"""Laid-out series as files of the workspace, for the processes that decide a region part by part."""

import polars as pl

from data.workspace import Workspace
from models.laid_out import LaidOut


def write_laid_out(workspace: Workspace, region: str, laid: LaidOut, idle: pl.DataFrame, most: int) -> int:
    """Keep the series of a region in parts of at most `most`, and what each part needs to know of the others; return how many parts."""
    begins = range(0, laid.series.height, most)
    workspace.write("laid-profile", region, laid.profile)
    workspace.write("laid-idle", region, idle)
    for part, begin in enumerate(begins):
        some = laid.part(begin, most)
        workspace.write(f"laid-series.{part}", region, some.series)
        workspace.write(f"laid-matrix.{part}", region, some.matrix)
        workspace.note(f"laid.{part}", region, {"begin": begin, "groups": dict(laid.groups), "season": laid.season})
    return len(begins)


def read_laid_out(workspace: Workspace, region: str, part: int) -> tuple[LaidOut, pl.DataFrame, int]:
    """Return a part of a region, its idle series as `data.idle` tells them, and the place of its first series in the region."""
    noted = workspace.noted(f"laid.{part}", region)
    series, matrix = (workspace.read(f"laid-{name}.{part}", region) for name in ("series", "matrix"))
    return LaidOut(series, matrix, noted["groups"], noted["season"]), workspace.read("laid-idle", region), noted["begin"]


def read_profile(workspace: Workspace, region: str) -> pl.DataFrame:
    """Return the profile of all series of a region that was laid out in parts."""
    return workspace.read("laid-profile", region)
