"""Short series: new items, items back after a long stock-out, and whatever else is too short for trees.

Their level is their own by statsmodels as far as there is history, and that of like items as far as there is not; it carries the
weekdays of its category and, after a launch, the launch curve. How uncertain the level is widens their errors.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import gamma

from features.matrix import PreparedPanel
from features.profile import histories
from models.baselines import exponential_smoothing, per_series, theta
from models.launch_curve import launch_curve, weeks_since_launch
from models.like_items import OTHER_ITEMS, LikeItems, like_items
from models.predictive import LEVELS, ErrorLibrary
from models.seasonal_indices import no_indices, weekday_indices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

THETA_FROM = 28
"""Known periods from which theta has a say beside exponential smoothing: on fewer the trend that it extrapolates is chance.

Fresh data, 14 days ahead, WAPE of the mean level, theta | smoothing | mean of both: .380 | .221 | .253 after 8 days, .313 | .232 | .249
after 13, .263 | .231 | .233 after 20, .276 | .268 | .260 after 28, .319 | .338 | .319 after 40."""

MOST_ESTIMATED = 1_000
"""Most short series of a region that are estimated one by one, which takes tens of milliseconds each; more are smoothed alike."""

HALF_LIFE = {"day": 182.0, "week": 26.0}
"""Periods without a known one after which what was known before counts half."""

STEADY = 2.0
"""Known periods from which a series counts half among the like items of others."""

DOUBT_STEP, MOST_DOUBT = 0.1, 1.5
"""Steps in which the uncertainty of levels is told apart, and the largest; as coefficients of variation."""

LEAST_WIDE_BLOCKS = 600
"""Fewest blocks of a widened segment, so that every error meets several levels."""

GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class ShortForecasts:
    """mean: shape (rows, horizon), units; doubt: coefficient of variation of the true level around it; model: names; shapes (rows,)."""

    mean: Floats
    doubt: Floats
    model: NDArray[np.str_]


def short_rows(prepared: PreparedPanel, youngest: int) -> NDArray[np.bool_]:
    """Return which active series are too short for trees: few known periods, or none in all the time that their level looks at."""
    active = prepared.profile.filter("active")
    return np.asarray((active["known"] < youngest).to_numpy() | (_gap(prepared) >= 4 * prepared.panel.cadence.level_window))


def forecast_short(prepared: PreparedPanel, rows: NDArray[np.intp], matrix: pl.DataFrame, horizon: int) -> ShortForecasts:
    """Forecast short series.

    Parameters
    ----------
    rows
        Places of the series among the active ones.
    matrix
        Design matrix of all active series, `horizon` rows each: the weekdays of the region are read from it.
    """
    if not len(rows):
        return ShortForecasts(np.zeros((0, horizon)), np.zeros(0), np.zeros(0, dtype=np.str_))
    panel, frequency = prepared.panel, prepared.panel.cadence.frequency
    series = panel.series.filter(prepared.profile["active"])[rows]
    known = prepared.profile.filter("active")["known"].to_numpy()[rows]
    weekday = weekday_indices(prepared, _weekdays(matrix, horizon)) if frequency == "day" else no_indices(prepared)
    level_rows = prepared.demand / weekday.of_rows(np.arange(len(prepared.demand)), _phase(prepared, weekday.factors.shape[1]))
    curve = np.append(launch_curve(panel, level_rows.astype(float)), 1.0)
    last = series["last"].to_numpy().astype(np.int64)
    ahead = np.arange(1, horizon + 1)
    factor = curve[weeks_since_launch(panel, (last[:, None] + ahead).ravel())].reshape(len(rows), horizon)
    shape = factor * weekday.of_rows(last[:, None], ahead % weekday.factors.shape[1])

    launch = curve[weeks_since_launch(panel, np.arange(panel.rows.height))] if (curve != 1).any() else 1.0
    own = _own_level(level_rows / launch, series, known, horizon, frequency=frequency, season=panel.cadence.season)
    like = _likes(prepared, rows)
    # A level of long ago says less of today.
    counted = known * 0.5 ** (_gap(prepared)[rows] / HALF_LIFE[frequency])
    own_weight = np.where(np.isfinite(like.level), counted / (counted + like.prior), 1.0)
    at_least = prepared.level[last].astype(float)
    own = np.where(known[:, None] > 0, own, at_least[:, None])
    level = own_weight[:, None] * own + (1 - own_weight[:, None]) * np.nan_to_num(like.level)[:, None]
    # Of what was never fully in stock only a lower bound is known.
    level = np.where(known[:, None] > 0, level, np.maximum(level, at_least[:, None]))
    alone = np.sqrt(OTHER_ITEMS / (1 + counted))
    doubt = np.where(np.isfinite(like.level), np.sqrt(like.between * (1 - own_weight)), alone)
    names = np.where(_by_theta(known), "theta", np.where(known >= 2, "exponential_smoothing", "like_items"))
    return ShortForecasts(level * shape, np.minimum(doubt, MOST_DOUBT), names)


def widened(library: ErrorLibrary, segment: Ints, doubt: Floats) -> tuple[ErrorLibrary, Ints]:
    """Return a library with a wider copy of each segment for every step of doubt, and the segment of each series in it.

    A block of a wider segment is a block of errors times one draw of the level, gamma with mean 1 and the given variation: the
    same level for all its periods. Wider segments are never called calibrated.

    Parameters
    ----------
    segment
        Segment of each series, shape (series,).
    doubt
        Coefficient of variation of its true level, shape (series,); 0 leaves it where it is.
    """
    step = np.ceil(np.minimum(doubt, MOST_DOUBT) / DOUBT_STEP - 1e-9).astype(np.int64)
    pairs, place = np.unique(np.stack([segment[step > 0], step[step > 0]]), axis=1, return_inverse=True)
    if not pairs.size:
        return library, segment
    blocks = [_wide_blocks(library.blocks[number], steps * DOUBT_STEP) for number, steps in pairs.T]
    found = segment.copy()
    found[step > 0] = len(library.blocks) + place.ravel()
    half = (library.periods + 1) // 2
    quantiles = [[np.quantile(part if part.size else block, LEVELS) for part in (block[:, :half], block[:, half:])] for block in blocks]
    wide = ErrorLibrary(
        library.segments,
        library.blocks + blocks,
        np.concatenate([library.quantiles, np.array(quantiles)]),
        np.append(library.calibrated, np.zeros(len(blocks), dtype=bool)),
        np.concatenate([library.coverage, np.full((len(blocks), len(LEVELS)), np.nan)]),
        library.measured,
    )
    return wide, found


def _wide_blocks(blocks: NDArray[np.float32], variation: float) -> NDArray[np.float32]:
    """Return blocks of errors times a level each, mean 1, sorted by total."""
    repeats = -(-LEAST_WIDE_BLOCKS // len(blocks))
    repeated = np.tile(blocks.astype(float), (repeats, 1))
    # Evenly spread over (0, 1), whatever part of the sorted blocks one looks at.
    evenly = (np.arange(len(repeated)) * GOLDEN + 0.5 / len(repeated)) % 1.0
    form = 1 / variation**2
    wide = repeated * gamma.ppf(evenly, form, scale=1 / form)[:, None]
    wide /= wide.mean()
    return np.asarray(wide[np.argsort(wide.sum(axis=1), kind="stable")], dtype=np.float32)


def _own_level(demand: NDArray[np.floating], series: pl.DataFrame, known: Ints, horizon: int, *, frequency: str, season: int) -> Floats:
    """Return the level of each series by its own history, shape (series, horizon), 0 where nothing is known."""
    flat = np.zeros((len(known), horizon))
    smoothing = partial(exponential_smoothing, estimate=len(known) <= MOST_ESTIMATED)
    # Weekdays are out of the history already; a year of weeks is not.
    own_season = season if frequency == "week" else 1

    def both(history: Floats, periods: int) -> Floats:
        return (theta(history, own_season, periods) + smoothing(history, periods)) / 2

    by_theta = _by_theta(known)
    for chosen, method in ((by_theta, both), ((known > 0) & ~by_theta, smoothing)):
        if chosen.any():
            flat[chosen] = per_series(method, histories(demand, series.filter(pl.Series(chosen))), horizon)
    return flat


def _by_theta(known: Ints) -> NDArray[np.bool_]:
    return (known >= THETA_FROM) & (len(known) <= MOST_ESTIMATED)


def _weekdays(matrix: pl.DataFrame, horizon: int) -> Floats:
    """Return the weekday factors of the region lately, mean 1, in the order of days ahead modulo 7; 1 where they are not known."""
    factors = np.ones(7)
    found = matrix["region_season"].to_numpy().astype(float).reshape(-1, horizon)
    for ahead in range(1, min(horizon, 7) + 1):
        known = found[:, ahead - 1][np.isfinite(found[:, ahead - 1])]
        factors[ahead % 7] = known[0] if len(known) else 1.0
    factors = np.maximum(factors, 0.05)
    scaled: Floats = factors / factors.mean()
    return scaled


def _phase(prepared: PreparedPanel, season: int) -> Ints:
    """Return each row's phase: days from the end of history modulo the season, so that day h ahead has phase h."""
    first, last = (prepared.panel.series[name].to_numpy().astype(np.int64) for name in ("first", "last"))
    length = last - first + 1 + prepared.panel.horizon
    ended = (prepared.panel.end - prepared.panel.rows["date"].gather(last)).dt.total_days().to_numpy() // prepared.panel.cadence.step_days
    phase: Ints = (prepared.pos.astype(np.int64) - np.repeat(last - first + ended, length)) % season
    return phase


def _gap(prepared: PreparedPanel) -> Ints:
    """Return periods since the last known one of each active series; the periods of the series where none is known."""
    series = prepared.panel.series.filter(prepared.profile["active"])
    first, last = (series[name].to_numpy().astype(np.int64) for name in ("first", "last"))
    row = np.arange(len(prepared.demand))
    newest = np.maximum.accumulate(np.where(np.isfinite(prepared.demand), row, -1)) if len(row) else row
    return np.asarray(last - np.maximum(newest[last], first - 1), dtype=np.int64)


def _likes(prepared: PreparedPanel, rows: NDArray[np.intp]) -> LikeItems:
    """Return what like items say of the given series."""
    panel, active = prepared.panel, prepared.profile["active"]
    series, profile = panel.series.filter(active), prepared.profile.filter("active")
    here = panel.rows.select("category", "subcategory", "price").select(pl.all().gather(series["last"]))
    # Planned prices may be indices: they are compared only where no item has a price of its own.
    price = series["list_price"] if series["list_price"].is_not_null().any() else here["price"].cast(pl.Float64)
    window = panel.cadence.level_window
    last, known = series["last"].to_numpy(), np.minimum(profile["known"].to_numpy(), window)
    table = profile.select(
        "fc",
        "sku",
        here["category"],
        here["subcategory"],
        price.alias("price"),
        variance=pl.col("sd_demand") ** 2,
        known=pl.Series(known),
        level=pl.when(pl.col("known") > 0).then(pl.Series(prepared.level[last].astype(float))),
        weight=pl.Series(known / (known + STEADY) * 0.5 ** (_gap(prepared) / HALF_LIFE[panel.cadence.frequency])),
    )
    found = like_items(table)
    return LikeItems(found.level[rows], found.between[rows], found.prior[rows])
