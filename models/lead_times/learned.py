"""Lead times of every row as receipts have taught them, from the narrowest lane to the widest; agreed terms where they are silent."""

from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data.position import MICRO
from models.lead_times.hazards import Shares, Waits, likeliest_weight, shrunk
from models.lead_times.lead_times import LeadTimes, agreed_lead_times, moments, stacked
from models.lead_times.receipts import usual_promise, watched_lines

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LANES = (["supplier"], ["supplier", "fc"], ["sku", "fc"])
"""From the widest lane to the narrowest; each leans on the one before, the widest on all lines of the region."""

RICH = 20
"""Lines from which on an item at an fc has a distribution of its own."""

FIRST_WEIGHT = 5.0
"""Lines for which the assumption counts that lines come as promised, against all lines of a region."""

LOST = 0.01
"""Share of lines taken to be lost before any was seen: what a line long overdue is judged by where none was ever lost."""

LATE, LATE_SHARE = 0.25, 0.2
"""Before any line was seen a fifth is taken to come late, by a quarter of the lead time on average: no end of lateness is known."""

LATEST = 0.999
"""Quantile of the lateness of received lines beyond which a line counts as lost."""

TOLD = (
    "lead_time_lines",
    "lead_time_lane",
    "lead_time_promised",
    "lead_time_late",
    "lead_time_never",
    "lead_time_complete",
    "lead_time_by_promise",
)
"""What is told of a row's lead time beside its mean and spread; null where it is certain."""


class Level(NamedTuple):
    """Lanes of one width: their names, sorted, and shape (lanes,): lines, how they come, and the share of units that does."""

    names: pl.DataFrame
    lines: Ints
    shares: Shares
    complete: Floats


def learned_lead_times(terms: pl.DataFrame, receipts: pl.DataFrame | None, as_of: date) -> tuple[pl.DataFrame, LeadTimes]:
    """Return `terms` with what is known of lead times at `as_of`, in the order given, and the distributions.

    Rows whose supplier has receipts follow the lines of their lane. The others have the agreed mean and spread; where no spread is
    agreed either, their lead time is certain. lead_time_days and lead_time_sd become mean and standard deviation of the days of orders
    that come. Added, null where lead times are certain: lead_time_lines (order lines of the lane), lead_time_lane, lead_time_promised
    (usual promise, days), lead_time_late (share of orders later than it, of those that come), lead_time_never, lead_time_complete
    (share of units that come), lead_time_by_promise (whether open lines are judged by their own promised dates, as those of the lane are).

    Parameters
    ----------
    terms
        Columns sku, fc, supplier, lead_time_days, lead_time_sd.
    receipts
        Of the input contract, of a region; None where the user gave none.
    """
    mean, sd = (terms[name].cast(pl.Float64).to_numpy() for name in ("lead_time_days", "lead_time_sd"))
    times = agreed_lead_times(mean, sd, never=LOST)
    promised = terms.select((pl.col("lead_time_days") - 1e-9).ceil().cast(pl.Int64))["lead_time_days"].to_numpy()
    promised = np.where(times.varies, times.usual_periods(mean, sd, 1), promised)
    lanes, lines = np.full(terms.height, None, dtype=object), np.zeros(terms.height, dtype=np.int64)
    by_promise = pl.Series([False]).new_from_index(0, terms.height)
    if receipts is not None and not receipts.is_empty():
        watched = watched_lines(terms, receipts, as_of)
        if not watched.is_empty():
            promised_here = usual_promise(terms, receipts, as_of)["promised_days"].to_numpy()
            levels, first = _levels(watched, float(np.mean(promised_here)))
            times, lanes, lines = _with_learned(times, levels, first, terms, promised_here)
            promised = np.where(lanes != None, promised_here, promised)  # noqa: E711
            by_promise = _by_promise(terms, watched)
    told = _told(terms, times, promised, lanes, lines).with_columns(by_promise.alias("lead_time_by_promise"))
    return told.select(*terms.columns, *TOLD), times


def _by_promise(terms: pl.DataFrame, watched: pl.DataFrame) -> pl.Series:
    """Return whether at least half of the lines of each row's supplier had a promised date."""
    mostly = watched.group_by("supplier").agg((pl.col("promised").sum() * 2 >= pl.len()).alias("by_promise"))
    joined = terms.select(pl.col("supplier").fill_null("")).join(mostly, on="supplier", how="left", maintain_order="left")
    return joined["by_promise"].fill_null(False)


def _levels(watched: pl.DataFrame, usual: float) -> tuple[list[Level], int]:
    """Return the lanes of every width, and the day against the promise that their first column stands for."""
    came = watched.filter("came")["days"].to_numpy()
    first = int(came.min(initial=0))
    late = LATE * max(usual, 4.0)
    last = max(int(np.ceil(np.log(1000) * late)), int(np.quantile(came, LATEST, method="higher")) if len(came) else 0)
    day = np.arange(first, last + 1)
    tail = np.where(day > 0, np.exp(-np.maximum(day, 1) / late), 0.0)
    assumed = LATE_SHARE * tail / tail.sum() + (1 - LATE_SHARE) * (day == 0)
    shares, complete = Shares((1 - LOST) * assumed[None], np.array([LOST])), np.ones(1)
    everything = watched.with_columns(all=pl.lit(0, dtype=pl.Int64))
    parents, keys = everything.select("all").unique(), ["all"]
    levels: list[Level] = []
    for lane in (["all"], *LANES):
        here = everything.filter(pl.len().over(lane) >= RICH) if lane == LANES[-1] else everything
        # A lane leans on the one its lines belong to; where they are of several suppliers, on the first by name.
        names = here.select(*dict.fromkeys([*lane, *keys])).unique().sort(*lane, *keys).unique(lane, keep="first", maintain_order=True)
        if names.is_empty():
            break
        parent = names.join(parents.with_row_index("parent"), on=keys, how="left", maintain_order="left")["parent"].to_numpy()
        waits, lines, whole, counted = _counts(here, names.select(lane), first, len(day))
        prior = shares.of(parent.astype(np.int64))
        weight = FIRST_WEIGHT if lane == ["all"] else likeliest_weight(waits, prior)
        shares = shrunk(waits, prior, weight)
        complete = (whole + weight * complete[parent]) / (counted + weight)
        parents, keys = names.select(lane), lane
        levels.append(Level(names.select(lane), lines, shares, complete))
    return levels, first


def _counts(watched: pl.DataFrame, names: pl.DataFrame, first: int, days: int) -> tuple[Waits, Ints, Floats, Floats]:
    """Return, per lane, lines by day, number of lines, sum of shares of units that came, and the lines these are of."""
    lines = watched.join(names.with_row_index("lane"), on=names.columns, how="inner")
    lane, day, came = lines["lane"].to_numpy().astype(np.int64), lines["days"].to_numpy() - first, lines["came"].to_numpy()
    # Later than any that counts: never, as far as orders are concerned. Not due for long: nothing is known of it yet.
    came = came & (day < days)
    tables = []
    for mask in (came, ~came & (day >= 0)):
        places = lane[mask] * days + np.minimum(day[mask], days - 1)
        tables.append(np.bincount(places, minlength=names.height * days).reshape(names.height, days).astype(np.int64))
    # Whole millionths: sums do not depend on the order of lines.
    known = lines["complete"].is_not_null().to_numpy()
    whole = np.zeros(names.height, dtype=np.int64)
    np.add.at(whole, lane[known], lines["complete"].drop_nulls().to_numpy())
    count = np.bincount(lane, minlength=names.height).astype(np.int64)
    return Waits(*tables), count, whole / MICRO, np.bincount(lane[known], minlength=names.height).astype(np.float64)


def _with_learned(
    times: LeadTimes, levels: list[Level], first: int, terms: pl.DataFrame, promised: Ints
) -> tuple[LeadTimes, NDArray[np.object_], Ints]:
    """Return distributions with those learned in place of the agreed ones, and name and lines of each row's lane, None without one."""
    rows = terms.select("sku", "fc", pl.col("supplier").fill_null(""))
    which, lanes, lines = times.which.copy(), np.full(rows.height, None, dtype=object), np.zeros(rows.height, dtype=np.int64)
    shares, never, usual, complete = list(times.shares), list(times.never), list(times.usual), list(times.complete)
    for level, lane in zip(levels[1:], LANES, strict=False):
        found = rows.join(level.names.with_row_index("lane"), on=lane, how="left", maintain_order="left")["lane"]
        there = np.flatnonzero(found.is_not_null().to_numpy())
        pairs = np.column_stack([found.fill_null(0).to_numpy().astype(np.int64)[there], promised[there]])
        told, place = np.unique(pairs, axis=0, return_inverse=True)
        which[there] = len(never) + place.reshape(-1)
        lanes[there], lines[there] = " × ".join(lane), level.lines[pairs[:, 0]]
        for one, days in told:
            on_day = _since_order(level.shares.on_day[one], first + int(days))
            shares.append(on_day)
            never.append(level.shares.never[one])
            usual.append(int(np.searchsorted(np.cumsum(on_day) / on_day.sum(), 0.5 - 1e-9)))
            complete.append(level.complete[one])
    used, which[which >= 0] = np.unique(which[which >= 0], return_inverse=True)
    table = stacked([shares[place] for place in used])
    learned = LeadTimes(table, np.array(never)[used], np.array(usual, dtype=np.int64)[used], np.array(complete)[used], which)
    return learned, lanes, lines


def _since_order(on_day: Floats, first: int) -> Floats:
    """Return chances by day from the order on, of chances whose first day is `first`; what would come before the order comes at once."""
    if first >= 0:
        return np.concatenate([np.zeros(first), on_day])
    return np.concatenate([[on_day[: 1 - first].sum()], on_day[1 - first :]])


def _told(terms: pl.DataFrame, times: LeadTimes, promised: Ints, lanes: NDArray[np.object_], lines: Ints) -> pl.DataFrame:
    if not len(times.never):
        return terms.with_columns(
            *(pl.lit(None, dtype=pl.Int64).alias(name) for name in ("lead_time_lines", "lead_time_promised")),
            pl.lit(None, dtype=pl.String).alias("lead_time_lane"),
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("lead_time_late", "lead_time_never", "lead_time_complete")),
        )
    mean, sd = moments(times.shares)
    which, varies = np.maximum(times.which, 0), pl.Series(times.varies)
    on_time = times.come[which, np.minimum(promised, times.shares.shape[1] - 1)]
    found = pl.DataFrame(
        {
            "lead_time_days": mean[which],
            "lead_time_sd": sd[which],
            "lead_time_promised": promised,
            "lead_time_late": 1 - on_time,
            "lead_time_never": times.never[which],
            "lead_time_complete": times.complete[which],
        }
    ).with_columns(pl.when(varies).then(pl.all()))
    learned = pl.Series([lane is not None for lane in lanes], dtype=pl.Boolean)
    return terms.with_columns(
        # Terms that were agreed are shown as they were agreed.
        *(pl.when(learned).then(found[name]).otherwise(pl.col(name)).alias(name) for name in ("lead_time_days", "lead_time_sd")),
        *(found[name] for name in found.columns if name in TOLD),
        pl.when(learned).then(pl.Series(lines)).alias("lead_time_lines"),
        pl.Series("lead_time_lane", lanes.tolist(), dtype=pl.String),
    )
