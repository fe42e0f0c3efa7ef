"""Lead times of rows whose terms are asked about anew: what was learned, moved; or what is agreed now."""

import numpy as np
import polars as pl

from models.lead_times.lead_times import CERTAIN, LeadTimes, agreed_lead_times, stacked


def changed_lead_times(times: LeadTimes, before: pl.DataFrame, after: pl.DataFrame) -> LeadTimes:
    """Return the lead times that go with `after`, rows in the order of `times`.

    Where the spread is another one, the mean and spread asked for hold instead of what was learned; where only the mean is, the learned
    distribution is moved by whole days, never before day 0. Certain lead times are told by the mean itself.

    Parameters
    ----------
    before, after
        lead_time_days and lead_time_sd of every row, as learned and as asked for.
    """
    mean, sd = (after[name].to_numpy() for name in ("lead_time_days", "lead_time_sd"))
    days = np.rint(mean - before["lead_time_days"].to_numpy()).astype(np.int64)
    other = sd != before["lead_time_sd"].to_numpy()
    which = times.which.copy()
    shares, never, usual, complete = (list(values) for values in (times.shares, times.never, times.usual, times.complete))
    agreed = agreed_lead_times(mean, sd)
    which[other] = np.where(agreed.which[other] == CERTAIN, CERTAIN, agreed.which[other] + len(shares))
    shares, never, usual, complete = (
        [*known, *more]
        for known, more in zip((shares, never, usual, complete), (agreed.shares, agreed.never, agreed.usual, agreed.complete), strict=True)
    )
    moved = np.flatnonzero(~other & times.varies & (days != 0))
    for old, by in np.unique(np.column_stack([times.which[moved], days[moved]]), axis=0).tolist():
        which[moved[(times.which[moved] == old) & (days[moved] == by)]] = len(shares)
        early, late = times.shares[old, : max(-by, 0)].sum(), times.shares[old, max(-by, 0) :]
        there = np.pad(late, (max(by, 0), 0))
        there[0] += early
        shares.append(there)
        never.append(times.never[old])
        usual.append(max(times.usual[old] + by, 0))
        complete.append(times.complete[old])
    return LeadTimes(stacked(shares), np.array(never), np.array(usual, dtype=np.int64), np.array(complete), which)
