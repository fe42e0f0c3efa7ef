"""From a panel to a design matrix: one row per origin × horizon, features known at the origin or known ahead."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.groups.group import PER_LEVEL, Expressions
from features.groups.registry import GROUPS
from features.panel import Panel
from features.profile import series_profile

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class PreparedPanel:
    """A panel with every group's features, row by row, ready to be gathered into design matrices.

    at_origin, aligned, at_target: Float32 frames with the rows of the panel; level, demand, demand_at_least (units), pos and
    periods (known periods of the row's series): shape (rows,); profile: one row per series, see `features.profile`.
    """

    panel: Panel
    at_origin: pl.DataFrame
    aligned: pl.DataFrame
    at_target: pl.DataFrame
    level: NDArray[np.float32]
    demand: NDArray[np.float32]
    demand_at_least: NDArray[np.float32]
    pos: NDArray[np.int32]
    periods: NDArray[np.int32]
    profile: pl.DataFrame


def prepare_panel(panel: Panel) -> PreparedPanel:
    """Evaluate every feature group on every row of the panel, once, for training and forecasting alike."""
    rows = panel.rows
    for group in GROUPS:
        rows = group.prepare(rows, panel)
    frames = [rows.select(_float32(_collect(place, panel))) for place in ("at_origin", "aligned", "at_target")]
    lengths = (panel.series["last"] - panel.series["first"] + 1).to_numpy()
    return PreparedPanel(
        panel=panel,
        at_origin=frames[0],
        aligned=frames[1],
        at_target=frames[2],
        level=rows["level"].to_numpy(),
        demand=rows["demand"].cast(pl.Float32).to_numpy(),
        demand_at_least=rows["demand_at_least"].cast(pl.Float32).to_numpy(),
        pos=rows["pos"].to_numpy(),
        periods=np.repeat(lengths.astype(np.int32), lengths + panel.horizon),
        profile=series_profile(rows, panel),
    )


def _collect(place: str, panel: Panel) -> Expressions:
    collected: Expressions = {}
    for group in GROUPS:
        features = getattr(group, place)(panel)
        if clash := collected.keys() & features.keys():
            raise ValueError(f"feature group {group.name!r} makes {sorted(clash)} again: feature names must differ")
        collected |= features
    return collected


def _float32(expressions: Expressions) -> list[pl.Expr]:
    return [expression.cast(pl.Float32).alias(name) for name, expression in expressions.items()]


def design_matrix(prepared: PreparedPanel, origins: Rows, horizons: Rows) -> pl.DataFrame:
    """Return one row of Float32 features per pair of origin row and horizon.

    Parameters
    ----------
    origins
        Panel rows of the last known period, shape (n,). Nothing after them is read but what is known ahead.
    horizons
        Periods ahead, from 1, shape (n,); the target must lie in the same series, at most at the end of its future.

    Returns
    -------
    Columns: the horizon, then the groups' features; those in units are divided by the level of the series at its origin.

    Raises
    ------
    ValueError
        If a target lies beyond the panel's future.
    """
    if (prepared.pos[origins] + horizons >= prepared.periods[origins] + prepared.panel.horizon).any():
        raise ValueError(f"a target lies beyond the {prepared.panel.horizon} future periods of the panel: lay it out with a longer horizon")
    season = prepared.panel.cadence.season
    phase = origins + horizons - season * -(-horizons // season)
    # Before the series began there is no aligned period; its features are unknown.
    begun = pl.Series("row", phase - (origins - prepared.pos[origins]) >= 0)
    aligned_rows = pl.select(pl.when(begun).then(pl.Series(phase, dtype=pl.Int64)).alias("row")).to_series()
    level = pl.Series("origin_level", prepared.level[origins])
    matrix = pl.concat(
        [
            pl.DataFrame({"horizon": pl.Series(horizons, dtype=pl.Float32)}),
            prepared.at_origin.select(pl.all().gather(pl.Series(origins))),
            prepared.aligned.select(pl.all().gather(aligned_rows)),
            prepared.at_target.select(pl.all().gather(pl.Series(origins + horizons))),
        ],
        how="horizontal",
    )
    scaled = matrix.with_columns(level).with_columns(pl.col(f"^.*{PER_LEVEL}$") / pl.col("origin_level"))
    return scaled.drop("origin_level")


def forecast_pairs(prepared: PreparedPanel, horizon: int) -> tuple[Rows, Rows]:
    """Return the pairs of a forecast: every active series' last known row with horizons 1 … `horizon`, series by series."""
    last = prepared.panel.series["last"].filter(prepared.profile["active"]).to_numpy()
    return np.repeat(last, horizon), np.tile(np.arange(1, horizon + 1, dtype=np.int64), len(last))
