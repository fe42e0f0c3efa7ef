"""Predictive distribution: what real forecast errors on held-back windows say about the demand to come.

A segment is a group of series of like forecast level and like spread. Its errors are kept as blocks: the ratios demand ÷
forecast of one series over one whole held-back window, so that the dependence between periods is the real one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from models.contracts import QUANTILES
from models.seen_errors import SeenErrors, seen_errors

Floats = NDArray[np.float64]

LEAST_BLOCKS = 150
"""Fewest blocks that make a segment."""
MOST_LEVELS, MOST_SPREADS = 10, 3
LARGEST_RATIO = 25.0
TOLERANCE = 0.10
"""Most that a coverage misses its nominal level by, beyond chance, between held-back windows, for a segment to count as calibrated."""

LEVELS = np.array(list(QUANTILES.values()))


@dataclass(frozen=True)
class HeldBack:
    """Forecasts and outcomes of held-back windows, one block per series × window.

    mean, at_least: shape (blocks, periods), units; observed: same shape, whether at_least is the demand itself;
    spread: shape (blocks,), standard deviation ÷ level as of the origin; window: shape (blocks,), 0 for the earlier window.
    """

    mean: Floats
    at_least: Floats
    observed: NDArray[np.bool_]
    spread: Floats
    window: NDArray[np.int64]


@dataclass(frozen=True)
class Segments:
    """Borders of the segments. levels: shape (k − 1,), units; spreads: shape (k, s − 1)."""

    levels: Floats
    spreads: Floats

    @property
    def count(self) -> int:
        """Number of segments."""
        rows, borders = self.spreads.shape
        return int(rows * (borders + 1))

    def of(self, level: Floats, spread: Floats) -> NDArray[np.int64]:
        """Return the segment of each series, from its mean forecast and spread."""
        row = np.searchsorted(self.levels, level)
        column = (np.nan_to_num(spread, nan=np.inf)[:, None] > self.spreads[row]).sum(axis=1)
        return np.asarray(row * (self.spreads.shape[1] + 1) + column, dtype=np.int64)


@dataclass(frozen=True)
class ErrorLibrary:
    """Errors of held-back windows by segment.

    blocks: per segment, shape (blocks, periods), demand ÷ forecast, mean 1, sorted by the block's total;
    quantiles: shape (segments, 2, levels), the same errors' quantiles in the first and the second half of the window;
    calibrated: shape (segments,); coverage: shape (segments, levels), measured on the later window with the earlier one's
    errors, nan where a segment has too little to tell. measured: whether the errors were seen, or are assumed.
    """

    segments: Segments
    blocks: list[NDArray[np.float32]]
    quantiles: Floats
    calibrated: NDArray[np.bool_]
    coverage: Floats
    measured: bool = True

    @property
    def periods(self) -> int:
        """Periods of a block."""
        return int(self.blocks[0].shape[1])


def build_library(held_back: HeldBack, generator: np.random.Generator) -> ErrorLibrary | None:
    """Return the errors of held-back windows by segment; None where nothing was held back, observed or sold."""
    usable = held_back.observed.any(axis=1) & (held_back.mean > 0).all(axis=1)
    if usable.sum() < 2:
        return None
    mean, bound, observed = held_back.mean[usable], held_back.at_least[usable], held_back.observed[usable]
    spread, window = held_back.spread[usable], held_back.window[usable]
    ratio = np.minimum(bound / mean, LARGEST_RATIO)
    segments = _segments(mean.mean(axis=1), spread)
    segment = segments.of(mean.mean(axis=1), spread)
    half = np.arange(ratio.shape[1]) >= (ratio.shape[1] + 1) // 2
    everywhere = seen_errors(ratio.ravel(), observed.ravel())
    if everywhere.values[-1] <= 0:
        return None

    blocks, quantiles = [], np.empty((segments.count, 2, len(LEVELS)))
    coverage, missed = (np.full((segments.count, len(LEVELS)), np.nan) for _ in range(2))
    for number in range(segments.count):
        chosen = segment == number
        here = seen_errors(ratio[chosen].ravel(), observed[chosen].ravel()) if observed[chosen].any() else everywhere
        filled = _filled(ratio[chosen], observed[chosen], here, generator)
        if not filled.any():
            # Nothing was held back here, or nothing of it was asked for: errors of mean 1 can only come from elsewhere.
            filled = everywhere.quantile(generator.random((LEAST_BLOCKS, ratio.shape[1])))
        filled /= filled.mean()
        blocks.append(filled[np.argsort(filled.sum(axis=1), kind="stable")].astype(np.float32))
        for part in (0, 1):
            columns = filled[:, half == bool(part)]
            quantiles[number, part] = np.quantile(columns if columns.size else filled, LEVELS)
        coverage[number], missed[number] = _coverage(ratio[chosen], observed[chosen], window[chosen])
    return ErrorLibrary(segments, blocks, quantiles, np.nan_to_num(missed.max(axis=1), nan=1.0) <= TOLERANCE, coverage)


def fallback_library(periods: int) -> ErrorLibrary:
    """Return one segment of assumed errors, for a history too short to measure any: gamma of coefficient of variation 0.65.

    It is never called calibrated.
    """
    shape = 1 / 0.65**2
    ranks = (np.arange(LEAST_BLOCKS) + 0.5) / LEAST_BLOCKS
    errors = gamma.ppf(ranks, shape, scale=1 / shape)
    order = np.random.default_rng(0)
    blocks = np.stack([order.permutation(errors) for _ in range(periods)], axis=1)
    quantiles = np.broadcast_to(gamma.ppf(LEVELS, shape, scale=1 / shape), (1, 2, len(LEVELS)))
    segments = Segments(np.empty(0), np.empty((1, 0)))
    sorted_blocks = blocks[np.argsort(blocks.sum(axis=1), kind="stable")].astype(np.float32)
    never, unknown = np.zeros(1, dtype=bool), np.full((1, len(LEVELS)), np.nan)
    return ErrorLibrary(segments, [sorted_blocks], quantiles.copy(), never, unknown, measured=False)


def _segments(level: Floats, spread: Floats) -> Segments:
    """Return borders that leave each segment at least LEAST_BLOCKS blocks, as far as there are so many."""
    rows = int(np.clip(len(level) // (2 * LEAST_BLOCKS), 1, MOST_LEVELS))
    columns = int(np.clip(len(level) // (rows * LEAST_BLOCKS), 1, MOST_SPREADS))
    levels = np.quantile(level, np.arange(1, rows) / rows)
    row = np.searchsorted(levels, level)
    steps = np.arange(1, columns) / columns
    borders = [np.quantile(np.nan_to_num(spread[row == k], nan=1e9, posinf=1e9), steps) if (row == k).any() else steps for k in range(rows)]
    return Segments(levels, np.array(borders).reshape(rows, columns - 1))


def _filled(ratio: Floats, observed: NDArray[np.bool_], here: SeenErrors, generator: np.random.Generator) -> Floats:
    """Return ratios with each lower bound replaced by a draw from what lies above it."""
    filled = ratio.copy()
    hidden = ~observed
    filled[hidden] = here.draw_above(ratio[hidden], generator.random(int(hidden.sum())))
    return filled


def _coverage(ratio: Floats, observed: NDArray[np.bool_], window: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return how often demand of the later window lay below the earlier window's quantiles, and by how much that misses each level.

    Where many periods sell nothing a quantile of 0 covers from P(y < 0) to P(y <= 0): a level in between is met, however wide that is.
    What two standard errors explain is no miss; periods of one block hang together.
    """
    earlier, later = window == 0, window == 1
    if not observed[earlier].any() or not observed[later].any() or min(earlier.sum(), later.sum()) < LEAST_BLOCKS // 5:
        return np.full(len(LEVELS), np.nan), np.full(len(LEVELS), np.nan)
    borders = seen_errors(ratio[earlier].ravel(), observed[earlier].ravel()).quantile(LEVELS)
    outcomes = seen_errors(ratio[later].ravel(), observed[later].ravel())
    below, up_to = outcomes.shares(borders)
    coverage = outcomes.below(borders)
    inside = ((ratio[later][:, :, None] < borders).astype(float) + (ratio[later][:, :, None] <= borders)) / 2
    of_block = np.where(observed[later][:, :, None], inside - coverage, 0.0).sum(axis=1)
    noise = np.sqrt((of_block**2).sum(axis=0)) / observed[later].sum()
    missed = np.maximum(below - LEVELS, LEVELS - up_to) - 2 * noise
    return coverage, np.maximum(missed, 0.0)
