"""The ledger of planners' decisions: `<output>/overrides/<run_id>.parquet`, one file per run, replaced as a whole."""

import dataframely as dy
import polars as pl

from data.published.disk import replace_bytes
from data.published.errors import PublishError
from data.published.paths import checked_run_id
from data.storage import Place, place
from data.storage.frames import read_parquet

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


def record_decisions(output: str | Place, run_id: str, decisions: dy.DataFrame[Decisions]) -> Place:
    """Make the ledger hold exactly these decisions of a run; return the file. A file that holds them already is left alone."""
    path = place(output) / FOLDER / f"{checked_run_id(run_id)}.parquet"
    if path.exists():
        if _read(path).equals(decisions):
            return path
    elif decisions.is_empty():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with replace_bytes(path) as file:
        decisions.write_parquet(file)
    return path


def decisions_of(output: str | Place, run_id: str) -> dy.DataFrame[Decisions]:
    """Return the decisions recorded for a run, sorted by fc and sku; none where nothing was recorded."""
    path = place(output) / FOLDER / f"{checked_run_id(run_id)}.parquet"
    return _read(path) if path.exists() else Decisions.create_empty()


def all_decisions(output: str | Place) -> dy.DataFrame[Decisions]:
    """Return every decision recorded, by as_of, run, fc and sku.

    Raises
    ------
    PublishError
        If a file of the ledger cannot be read.
    """
    files: list[Place] = sorted((place(output) / FOLDER).glob("*.parquet"), key=str)
    parts = [_read(path) for path in files]
    return Decisions.validate(pl.concat(parts).sort("as_of", "run_id", "fc", "sku")) if parts else Decisions.create_empty()


def _read(path: Place) -> dy.DataFrame[Decisions]:
    try:
        return Decisions.validate(read_parquet(path).select(Decisions.column_names()).sort("fc", "sku"), cast=True)
    except (pl.exceptions.PolarsError, dy.exc.ValidationError, OSError) as error:
        raise PublishError(
            f"{path} is no readable ledger of decisions ({str(error).splitlines()[0]}): "
            "take it from a backup, or remove it and apply the run's workbook again"
        ) from error
