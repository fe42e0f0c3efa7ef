"""How good the stock-out probabilities and the alerts of a replay were."""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from models.replay.rules import RULE_WEEKS, Known, interval_totals, mean_of, sd_of

Floats = NDArray[np.float64]

BINS = 10
DRAWS = 1_000
BUCKETS = 200

PROBABILITIES = ("fillrate", "z_sigma", "empirical")
"""Who says how likely unmet demand is: fillrate, normal demand with the mean and spread of 13 weeks, past totals of the interval."""


_PROBABILITY_SCORES = {
    "stock": pl.String,
    "said_by": pl.String,
    "rows": pl.Int64,
    "base_rate": pl.Float64,
    "brier": pl.Float64,
    "brier_error": pl.Float64,
    "skill": pl.Float64,
    "skill_error": pl.Float64,
    "skill_over_fillrate": pl.Float64,
    "skill_over_fillrate_error": pl.Float64,
}


def rule_probabilities(known: Known, position: Floats) -> tuple[Floats, Floats]:
    """Return how likely the protection interval's demand exceeds the position: by normal demand, and by the past totals of a year.

    Where fewer than four totals are known, the normal one stands in for them.
    """
    mean, spread = mean_of(known.last(RULE_WEEKS)) * known.interval, sd_of(known.last(RULE_WEEKS)) * np.sqrt(known.interval)
    above = position - mean
    normal = np.where(spread > 0, norm.sf(np.divide(above, spread, out=np.zeros_like(above), where=spread > 0)), above < 0)
    share = normal.copy()
    for periods in np.unique(known.interval):
        rows = np.flatnonzero(known.interval == periods)
        totals = interval_totals(known, int(periods))[rows]
        count = np.isfinite(totals).sum(axis=1)
        over = (totals > position[rows, None] + 1e-9).sum(axis=1)
        enough = count >= 4
        share[rows[enough]] = over[enough] / count[enough]
    return normal, share


def probability_scores(said: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return Brier scores per stock and who said it, with standard errors over series.

    Columns: stock, said_by, rows, base_rate, brier, brier_error, skill (1 − Brier score ÷ that of the base rate), skill_error,
    skill_over_fillrate (own skill less fillrate's, null for fillrate) and its error.

    Parameters
    ----------
    said
        Rows with stock, row (number of the series), a column per name in PROBABILITIES, and event (bool); nulls are left out.
    seed
        Of the bootstrap.
    """
    found = []
    for (stock,), part in said.drop_nulls([*PROBABILITIES, "event"]).group_by("stock", maintain_order=True):
        event = part["event"].cast(pl.Float64).to_numpy()
        bucket = part["row"].to_numpy() % BUCKETS
        weights = np.random.default_rng(seed).multinomial(BUCKETS, np.full(BUCKETS, 1 / BUCKETS), DRAWS).astype(float)
        count, hits = (np.bincount(bucket, values, minlength=BUCKETS).astype(float) for values in (np.ones(len(event)), event))
        losses = {
            name: np.bincount(bucket, (part[name].to_numpy() - event) ** 2, minlength=BUCKETS).astype(float) for name in PROBABILITIES
        }

        one = np.ones((1, BUCKETS))
        own = [skill(losses["fillrate"], count, hits, drawn) for drawn in (one, weights)]
        for name in PROBABILITIES:
            whole, drawn = (skill(losses[name], count, hits, these) for these in (one, weights))
            compared = name != "fillrate"
            found.append(
                {
                    "stock": stock,
                    "said_by": name,
                    "rows": len(event),
                    "base_rate": event.mean(),
                    "brier": losses[name].sum() / len(event),
                    "brier_error": _spread(weights @ losses[name], weights @ count),
                    "skill": _known(whole[0]),
                    "skill_error": _spread_of_known(drawn),
                    "skill_over_fillrate": _known((whole - own[0])[0]) if compared else None,
                    "skill_over_fillrate_error": _spread_of_known(drawn - own[1]) if compared else None,
                }
            )
    return pl.DataFrame(found, schema=_PROBABILITY_SCORES)


def skill(loss: Floats, count: Floats, hits: Floats, drawn: Floats) -> Floats:
    """Return 1 − Brier score ÷ that of the base rate, shape (draws,), from sums per bucket and how often each bucket is drawn.

    nan where nothing, or everything, ran out: then the base rate is certain and right.
    """
    rows = drawn @ count
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (drawn @ hits) / rows
        return np.asarray(np.where(rate * (1 - rate) > 0, 1 - (drawn @ loss) / rows / (rate * (1 - rate)), np.nan), dtype=np.float64)


def reliability(said: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """Return, per stock, who said it and tenth of the scale: rows, mean probability, observed share, and the error of their difference."""
    weights = np.random.default_rng(seed).multinomial(BUCKETS, np.full(BUCKETS, 1 / BUCKETS), DRAWS).astype(float)
    found = []
    for name in PROBABILITIES:
        known = said.drop_nulls([name, "event"]).with_columns(
            bin=(pl.col(name) * BINS).floor().clip(upper_bound=BINS - 1).cast(pl.Int32), bucket=pl.col("row") % BUCKETS
        )
        for (stock, place), part in known.group_by("stock", "bin", maintain_order=True):
            bucket, away = part["bucket"].to_numpy(), part["event"].cast(pl.Float64).to_numpy() - part[name].to_numpy()
            count, total = (np.bincount(bucket, values, minlength=BUCKETS) for values in (np.ones(len(away)), away))
            found.append(
                {
                    "stock": stock,
                    "said_by": name,
                    "bin": place,
                    "rows": len(away),
                    "probability": float(part[name].to_numpy().mean()),
                    "observed": float(part["event"].cast(pl.Float64).to_numpy().mean()),
                    "error": _spread(weights @ total, weights @ count),
                }
            )
    return pl.DataFrame(found).sort("stock", "said_by", "bin")


def alert_scores(
    alerted: NDArray[np.bool_], due: NDArray[np.bool_], unmet: Floats, lead: NDArray[np.int64], shortage: Floats
) -> dict[str, float]:
    """Return how good the alerts "stock may run out before an order could arrive" were.

    precision: alerts after which demand went unmet before tonight's order could have arrived; recall: such nights that had an alert;
    stockouts: spells of unmet demand; caught: the share of them that an alert announced at least one period ahead; lead_periods: mean
    periods from the first alert of those in reach to the spell, over announced ones; saved: unmet units of the caught spells × shortage
    cost, the money that acting on them would have saved; lost: that of all spells.

    Parameters
    ----------
    alerted, due
        Shape (rows, nights): whether an alert was raised, and whether demand went unmet before an order of that night could arrive.
    unmet
        Units unmet per period, shape (rows, nights).
    lead
        Lead time, periods, shape (rows,): how far ahead an alert looks.
    shortage
        Money per unit, shape (rows,).
    """
    begins = (unmet > 1e-9) & np.concatenate([np.ones((len(unmet), 1), bool), unmet[:, :-1] <= 1e-9], axis=1)
    row, start = np.nonzero(begins)
    # A spell reaches to the next period without unmet demand.
    number = np.cumsum(begins, axis=1)
    units = np.array([unmet[r][number[r] == number[r, s]].sum() for r, s in zip(row, start, strict=True)])
    first = np.array([_first_alert(alerted[r], int(s), int(lead[r])) for r, s in zip(row, start, strict=True)], dtype=np.int64)
    ahead = np.where(first >= 0, start - first, 0)
    caught, money = ahead >= 1, units * shortage[row] if len(row) else np.zeros(0)
    return {
        "alerts": float(alerted.sum()),
        "precision": _share((alerted & due).sum(), alerted.sum()),
        "recall": _share((alerted & due).sum(), due.sum()),
        "stockouts": float(len(row)),
        "caught": _share(caught.sum(), len(row)),
        "lead_periods": float(ahead[first >= 0].mean()) if (first >= 0).any() else float("nan"),
        "saved": float(money[caught].sum()),
        "lost": float(money.sum()),
    }


def _spread(total: Floats, rows: Floats) -> float:
    """Return the standard deviation of drawn means, over the draws that drew any row."""
    drawn = rows > 0
    return float((total[drawn] / rows[drawn]).std(ddof=1))


def _spread_of_known(drawn: Floats) -> float | None:
    """Return the standard deviation over the draws in which something ran out and something did not; None of fewer than two."""
    known = drawn[np.isfinite(drawn)]
    return float(known.std(ddof=1)) if len(known) > 1 else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _first_alert(alerted: NDArray[np.bool_], start: int, lead: int) -> int:
    """Return the first night whose alert looked as far as the period `start`, −1 where none did."""
    earliest = max(0, start - lead + 1)
    nights = np.flatnonzero(alerted[earliest : start + 1])
    return int(earliest + nights[0]) if len(nights) else -1


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
