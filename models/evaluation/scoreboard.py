"""From sums to scores: every measure of every method in every cut, with its noise band, beside fillrate's on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.evaluation.noise import MEASURES, band, distance, drawn_weights, measures_of
from models.evaluation.tallies import BUCKETS, SUMS

Floats = NDArray[np.float64]

FAMILY = ("target", "rows", "cut", "member")
"""What two methods must share for their scores to be compared."""

SCORES: dict[str, Any] = {
    **dict.fromkeys((*FAMILY, "method", "measure"), pl.String),
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "against": pl.String,
    **dict.fromkeys(("difference", "difference_low", "difference_high"), pl.Float64),
    "verdict": pl.String,
    **dict.fromkeys(("series", "units"), pl.Float64),
}
VALUE_ADDED: dict[str, Any] = {
    **dict.fromkeys(("step", "measure"), pl.String),
    **dict.fromkeys(("value", "change", "change_low", "change_high"), pl.Float64),
    "verdict": pl.String,
}
VALUED = ("wape_median", "pinball", "crps")
"""Measures on which the steps of the own method are told."""


@dataclass(frozen=True)
class _Found:
    """Measures of one method in one family. value: shape (measures,); draws: shape (draws, measures); series, units: judged."""

    value: Floats
    draws: Floats
    series: float
    units: float


def scoreboard(tallies: pl.DataFrame, *, own: str, steps: Sequence[str], seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the scores (columns SCORES) and the value that each step adds (columns VALUE_ADDED).

    A score's `verdict` says whether its method is better or worse than `own` on the same rows, or `none` where the band of 1,000
    bootstrap draws of the difference holds 0. Scores of one origin or one region are cuts like any other. Of coverage and bias, the
    better is the one nearer to that of a perfect forecast.

    Parameters
    ----------
    tallies
        Columns target, origin, region, and those of `models.evaluation.tallies.tally`; of all origins and regions.
    own
        The method that all others are compared with.
    steps
        Methods from the simplest to `own`, each compared with the one before; those that were not tallied are left out.
    seed
        Of the draws.
    """
    origins = tallies["origin"].unique().sort()
    weights = drawn_weights(len(origins), seed)
    everything = tallies.filter(pl.col("cut") == "all")
    rows = pl.concat(
        [
            tallies,
            everything.with_columns(cut=pl.lit("origin"), member=pl.col("origin").cast(pl.String)),
            everything.with_columns(cut=pl.lit("region"), member=pl.col("region")),
        ]
        # Sorted, so that sums of floats are the same whatever the order of the parts.
    ).sort(*FAMILY, "method", "beside", "origin", "bucket", "region")
    scores: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for key, family in rows.group_by(FAMILY, maintain_order=True):
        methods = _methods(family, origins, weights)
        named = dict(zip(FAMILY, key, strict=True)) | ({"member": None} if key[2] == "all" else {})
        for (method, beside), found in methods.items():
            if not beside:
                reference = methods.get((own, method)) or methods.get((own, "")) if method != own else None
                scores += _scores(named, method, found, reference, own)
        if key[:3] == ("period", "in_stock", "all"):
            added = _value_added(methods, [step for step in steps if (step, "") in methods])
    return pl.DataFrame(scores, schema=SCORES), pl.DataFrame(added, schema=VALUE_ADDED)


def _methods(family: pl.DataFrame, origins: pl.Series, weights: Floats) -> dict[tuple[str, str], _Found]:
    """Return what was found of each method and row of comparison of one family."""
    found = {}
    days = origins.to_numpy()
    for (method, beside), part in family.group_by("method", "beside", maintain_order=True):
        origin = np.searchsorted(days, part["origin"].to_numpy())
        cells = origin * BUCKETS + part["bucket"].to_numpy()
        size = len(origins) * BUCKETS
        sums = np.stack([np.bincount(cells, weights=part[name].to_numpy(), minlength=size) for name in SUMS], axis=1)
        # A series is judged once per origin: of the origins, the one with most says how many there are.
        series = sums[:, 0].reshape(len(origins), BUCKETS).sum(axis=1).max()
        total = sums.sum(axis=0)
        found[str(method), str(beside)] = _Found(measures_of(total), measures_of(weights @ sums), float(series), float(total[2]))
    return found


def _scores(named: Mapping[str, Any], method: str, found: _Found, reference: _Found | None, own: str) -> list[dict[str, Any]]:
    low, high = band(found.draws)
    rows = []
    apart = _apart(found, reference) if reference else None
    for place, measure in enumerate(MEASURES):
        if not np.isfinite(found.value[place]):
            continue
        row = {**named, "method": method, "measure": measure, "value": found.value[place], "series": found.series, "units": found.units}
        row |= {"low": _known(low[place]), "high": _known(high[place])}
        if reference is not None and apart is not None and np.isfinite(reference.value[place]):
            row |= {"against": own, "difference": found.value[place] - reference.value[place], "verdict": apart.verdict[place]}
            row |= {"difference_low": _known(apart.low[place]), "difference_high": _known(apart.high[place])}
        rows.append(row)
    return rows


def _value_added(methods: Mapping[tuple[str, str], _Found], steps: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for measure in VALUED:
        place = MEASURES.index(measure)
        for number, step in enumerate(steps):
            found = methods[step, ""]
            row: dict[str, Any] = {"step": step, "measure": measure, "value": found.value[place]}
            if number:
                before = methods[steps[number - 1], ""]
                apart = _apart(found, before)
                row |= {"change": found.value[place] - before.value[place], "verdict": apart.verdict[place]}
                row |= {"change_low": _known(apart.low[place]), "change_high": _known(apart.high[place])}
            rows.append(row)
    return rows


@dataclass(frozen=True)
class _Apart:
    """The band of the difference of two methods, and whether the first is the better beyond it, per measure."""

    low: Floats
    high: Floats
    verdict: list[str | None]


def _apart(found: _Found, reference: _Found) -> _Apart:
    low, high = band(found.draws - reference.draws)
    nearer, farther = band(distance(found.draws) - distance(reference.draws))
    verdict = [
        None if not np.isfinite(one) else "better" if other < 0 else "worse" if one > 0 else "none"
        for one, other in zip(nearer, farther, strict=True)
    ]
    return _Apart(low, high, verdict)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
