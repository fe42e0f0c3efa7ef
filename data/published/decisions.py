"""The ledger of planners' decisions: `<output>/overrides/<run_id>.parquet`, one file per run, replaced as a whole."""

from pathlib import Path

import dataframely as dy
import polars as pl

from data.published.disk import replace_bytes
from data.published.errors import PublishError
from data.published.paths import checked_run_id, output_root

FOLDER = "overrides"


class Decisions(dy.Schema):
    """What planners ordered instead of what a run recommended, one row per run, fc and sku."""

    run_id = dy.String(primary_key=True, description="run that recommended")
    fc = dy.String(primary_key=True, description="fulfilment centre")
    sku = dy.String(primary_key=True, description="item")
    as_of = dy.Date(description="last complete day that the run knew")
    supplier = dy.String(nullable=True, description="who delivers it")
    recommended_units = dy.Float64(min=0, description="what the run recommended; 0 where it recommended nothing")
    approved_units = dy.Float64(min=0, description="what was ordered instead")
    reason = dy.String(min_length=1, description="why")
    author = dy.String(min_length=1, description="who decided")
    order_date = dy.Date(description="day the order goes out")
    recorded = dy.Date(description="day the decision was first recorded as it stands")
    expires = dy.Date(description="last day it holds: the order date, or the day it was recorded if that is later")
    workbook = dy.String(description="file it was read from")
    cell = dy.String(description="cell of approved_units there")


def record_decisions(output: str | Path, run_id: str, decisions: dy.DataFrame[Decisions]) -> Path:
    """Make the ledger hold exactly these decisions of a run; return the file. A file that holds them already is left alone."""
    path = output_root(output) / FOLDER / f"{checked_run_id(run_id)}.parquet"
    if path.exists():
        if _read(path).equals(decisions):
            return path
    elif decisions.is_empty():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_bytes(path) as file:
        decisions.write_parquet(file)
    return path


def decisions_of(output: str | Path, run_id: str) -> dy.DataFrame[Decisions]:
    """Return the decisions recorded for a run, sorted by fc and sku; none where nothing was recorded."""
    path = output_root(output) / FOLDER / f"{checked_run_id(run_id)}.parquet"
    return _read(path) if path.exists() else Decisions.create_empty()


def all_decisions(output: str | Path) -> dy.DataFrame[Decisions]:
    """Return every decision recorded, by as_of, run, fc and sku.

    Raises
    ------
    PublishError
        If a file of the ledger cannot be read.
    """
    files = sorted((output_root(output) / FOLDER).glob("*.parquet"))
    parts = [_read(path) for path in files]
    return Decisions.validate(pl.concat(parts).sort("as_of", "run_id", "fc", "sku")) if parts else Decisions.create_empty()


def _read(path: Path) -> dy.DataFrame[Decisions]:
    try:
        return Decisions.validate(pl.read_parquet(path).select(Decisions.column_names()).sort("fc", "sku"), cast=True)
    except (pl.exceptions.PolarsError, dy.exc.ValidationError, OSError) as error:
        raise PublishError(
            f"{path} is no readable ledger of decisions ({str(error).splitlines()[0]}): "
            "take it from a backup, or remove it and apply the run's workbook again"
        ) from error
