"""Laid-out series and their terms as files of the workspace, for the processes that decide a region part by part."""

import numpy as np
import polars as pl

from data.messages import messages_frame
from data.workspace import Workspace
from models.laid_out import LaidOut
from models.recommending.region_terms import RegionTerms


def write_laid_out(workspace: Workspace, region: str, laid: LaidOut, idle: pl.DataFrame, terms: RegionTerms | None, most: int) -> int:
    """Keep the series of a region in parts of at most `most`, with all that each needs to be decided; return how many parts."""
    workspace.write("laid-idle", region, idle)
    begins = range(0, laid.series.height, most)
    for part, begin in enumerate(begins):
        some = laid.part(begin, most)
        workspace.write(f"laid-series.{part}", region, some.series)
        workspace.write(f"laid-matrix.{part}", region, some.matrix)
        workspace.note(f"laid.{part}", region, {"groups": dict(laid.groups), "season": laid.season})
        if terms is not None:
            rows, distributions = terms.of(np.arange(begin, begin + some.series.height)).to_tables()
            workspace.write(f"laid-terms.{part}", region, rows)
            workspace.write(f"laid-lead-times.{part}", region, distributions)
    if terms is not None:
        workspace.write("laid-messages", region, messages_frame(terms.messages))
    return len(begins)


def read_laid_out(workspace: Workspace, region: str, part: int) -> tuple[LaidOut, pl.DataFrame, RegionTerms | None]:
    """Return a part of a region, the region's idle series as `data.idle` tells them, and the part's terms, where it is to be ordered."""
    noted = workspace.noted(f"laid.{part}", region)
    series, matrix = (workspace.read(f"laid-{name}.{part}", region) for name in ("series", "matrix"))
    terms = None
    if workspace.has(f"laid-terms.{part}", region):
        terms = RegionTerms.from_tables(*(workspace.read(f"laid-{name}.{part}", region) for name in ("terms", "lead-times")))
    return LaidOut(series, matrix, noted["groups"], noted["season"]), workspace.read("laid-idle", region), terms


def read_messages(workspace: Workspace, region: str) -> pl.DataFrame | None:
    """Return what is to be said of the terms of a region that was laid out in parts; None where it is not to be ordered."""
    return workspace.read("laid-messages", region) if workspace.has("laid-messages", region) else None
