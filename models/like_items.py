"""Like items: what a series without history of its own may be expected to sell, and how far such series differ from it.

Levels are shrunk from wide groups to narrow ones: region, category, subcategory, price band, the same item elsewhere; then the
fulfilment centre moves the result. This is hierarchical credibility (Jewell 1975); the weight of a series' own history against it
is that of Bühlmann (1967), of which gamma-Poisson shrinkage is the case where the variance of a period equals its mean.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRIOR_ITEMS = 2.0
"""Items' series for which a wider group counts beside a narrower one."""

PRIOR_ELSEWHERE = 0.1
"""Series of the same item elsewhere for which other items count: as much less as they differ more, by the variances below."""

PRIOR_COMPANY = 3.0
"""Average series that say of a fulfilment centre that it sells what others do."""

PASSES = 3
"""Times that items and fulfilment centres are told from one another."""

PRICE_BANDS = 3
"""Price bands of a category, by the ranks of its items."""

PRIOR_SERIES = 20.0
"""Series for which the assumed variances below count beside those measured."""

SAME_ITEM, OTHER_ITEMS, WITHIN = 0.25, 1.0, 0.5
"""Assumed squared coefficients of variation: of levels around that of the same item elsewhere, around that of other items, and of
the demand of a period around its level."""

LEAST_BETWEEN = 0.1
"""Least squared coefficient of variation between like series: no two are the same."""


@dataclass(frozen=True)
class LikeItems:
    """What like items say of each series, its own history left out; shapes (series,).

    level: units per period, nan where there are no like items; between: squared coefficient of variation of such a series' true
    level around it; prior: periods of own history for which it counts.
    """

    level: Floats
    between: Floats
    prior: Floats


def like_items(series: pl.DataFrame) -> LikeItems:
    """Return what like items say of each series of a region.

    Parameters
    ----------
    series
        Columns fc, sku, category, subcategory (null where unknown), price (null where unknown), level (units per period, null where
        there is none), variance (of a period around the level, null where unknown), known (periods that the level was made of),
        weight (of the series in a group, 0 to 1).
    """
    level = series["level"].fill_null(0.0).to_numpy().astype(float)
    weight = np.where(series["level"].is_null().to_numpy(), 0.0, series["weight"].to_numpy().astype(float))
    sku, fc, groups = _numbered(series["sku"]), _numbered(series["fc"]), _groups(series)
    company = np.ones(len(level))
    # Where busy centres sell other items than calm ones, what an item and what a centre sells can only be told together.
    for _ in range(PASSES):
        wider, same, there = _usual(level / company, weight, sku, groups)
        company = _company(fc, weight, level, same)
    found, from_others = same * company, wider * _company(fc, weight, level, wider)

    variance = series["variance"].to_numpy().astype(float)
    noise = variance / np.maximum(series["known"].to_numpy(), 1)
    judged = weight * np.isfinite(variance)
    between_same = _between(level, found, noise, judged * there, SAME_ITEM)
    between_others = _between(level, from_others, noise, judged, OTHER_ITEMS)
    between = np.where(there, min(between_same, between_others), between_others)
    within = _blend(variance, found, judged, WITHIN)
    return LikeItems(found, between, within / between)


def _usual(level: Floats, weight: Floats, sku: Ints, groups: list[Ints]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return per series the level of other items like it, that of its own item elsewhere shrunk to it, and whether there is any."""
    of_item = _sums(sku, weight * level), _sums(sku, weight)
    wider = np.full(len(level), np.nan)
    for group in groups:
        of_group = _sums(group, weight * level), _sums(group, weight)
        units, count = (np.where(group >= 0, total - own, 0.0) for total, own in zip(of_group, of_item, strict=True))
        wider = _shrunk(units, count, wider, PRIOR_ITEMS)
    elsewhere = of_item[1] - weight
    return wider, _shrunk(of_item[0] - weight * level, elsewhere, wider, PRIOR_ELSEWHERE), elsewhere > 1e-6


def _numbered(column: pl.Series) -> Ints:
    """Return a number per distinct value, −1 for null."""
    return (column.rank("dense").cast(pl.Int64) - 1).fill_null(-1).to_numpy()


def _groups(series: pl.DataFrame) -> list[Ints]:
    """Return the number of each series' group, −1 for none, from the widest grouping to the narrowest above the item itself."""
    # All series of an item are in one band, whatever each of them costs.
    price = pl.col("price").median().over("sku")
    narrow = pl.coalesce("subcategory", "category")
    banded = series.with_columns(price=price).with_columns(
        rank=pl.col("price").rank("dense").over("category", narrow) - 1, prices=pl.col("price").n_unique().over("category", narrow)
    )
    band = (pl.col("rank") * PRICE_BANDS / pl.col("prices")).floor()
    unknown = pl.col("category").is_null() & pl.col("subcategory").is_null()
    keys = banded.select(
        category="category",
        subcategory=pl.when(pl.col("subcategory").is_not_null()).then(pl.struct("category", "subcategory")),
        band=pl.when(band.is_not_null() & ~unknown).then(pl.struct("category", "subcategory", band.alias("band"))),
    )
    return [np.zeros(series.height, dtype=np.int64), *(_numbered(keys[name]) for name in keys.columns)]


def _sums(group: Ints, values: Floats) -> Floats:
    """Return the total of each row's group; groups are numbered from 0, −1 is a group too."""
    return np.asarray(np.bincount(group + 1, values)[group + 1], dtype=float)


def _shrunk(units: Floats, count: Floats, wider: Floats, prior_count: float) -> Floats:
    """Return the mean of a group shrunk to that of the wider one, alone where there is no wider one; nan where there is neither."""
    # What is left of a sum after taking out all of it is not always exactly nothing.
    count = np.where(count > 1e-6, count, 0.0)
    prior = np.where(np.isfinite(wider), prior_count, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shrunk: Floats = np.maximum(np.where(count > 0, units, 0.0) + prior * np.nan_to_num(wider), 0.0) / (count + prior)
    return shrunk


def _company(fc: Ints, weight: Floats, level: Floats, like: Floats) -> Floats:
    """Return what the other series of each series' fulfilment centre sell ÷ what their likes let expect, shrunk to 1."""
    judged = weight * np.isfinite(like)
    if not judged.any():
        return np.ones(len(level))
    expected, sold = judged * np.nan_to_num(like), judged * level
    prior = PRIOR_COMPANY * expected.sum() / judged.sum()
    if prior <= 0:
        return np.ones(len(level))
    factor: Floats = (np.maximum(_sums(fc, sold) - sold, 0) + prior) / (np.maximum(_sums(fc, expected) - expected, 0) + prior)
    return factor


def _blend(square: Floats, like: Floats, weight: Floats, assumed: float) -> float:
    """Return the mean of squares in units² over `like`², weighed by level as demand is counted in units, beside what is assumed."""
    usable = (weight > 0) & (np.nan_to_num(like) > 0)
    if not usable.any():
        return assumed
    measured = float((weight[usable] * square[usable] / like[usable]).sum() / (weight[usable] * like[usable]).sum())
    count = float(weight[usable].sum())
    return (count * measured + PRIOR_SERIES * assumed) / (count + PRIOR_SERIES)


def _between(level: Floats, like: Floats, noise: Floats, weight: Floats, assumed: float) -> float:
    """Return the squared coefficient of variation of true levels around what like items say: without the noise of short histories."""
    return max(_blend((level - like) ** 2 - noise, like, weight, assumed), LEAST_BETWEEN)
