"""The textbook base-stock level, for rows whose forecast errors could not be measured yet."""

import numpy as np
from scipy.stats import norm

from models.ordering.own_window import Money, Units


def simple_level(demand_mean: Units, mean: Units, sd: Units, periods: Units, lead_sd: Units, share: Units) -> Units:
    """Return demand_mean + z(share)·sqrt(periods·sd² + mean²·lead_sd²), the base-stock level for normal demand.

    Snyder and Shen 2019, Fundamentals of Supply Chain Theory, section 4.3.4: demand over lead time plus review, lead time
    independent of demand.

    Parameters
    ----------
    demand_mean
        Mean demand over the protection interval, units.
    mean, sd
        Mean and standard deviation of demand per period, units.
    periods, lead_sd
        Protection interval, and standard deviation of the lead time, periods.
    share
        Cycle service aimed at, above 0 and below 1.
    """
    spread = np.sqrt(periods * sd**2 + (mean * lead_sd) ** 2)
    return np.asarray(demand_mean + norm.ppf(share) * spread, dtype=np.float64)


def critical_ratio(shortage: Money, holding: Money, review: Units) -> Units:
    """Return shortage / (shortage + holding × review), kept inside (0, 1): holding is paid in every period between reviews."""
    total = shortage + holding * review
    ratio = np.divide(shortage, total, out=np.full_like(total, 0.5), where=total > 0)
    return np.clip(ratio, 0.001, 0.999)


def order_quantity(line: Money, demand: Units, holding: Money) -> Units:
    """Return sqrt(2 × line × demand ÷ holding), the economic order quantity (Harris 1913); 0 where holding costs nothing.

    Parameters
    ----------
    line
        Money per order line.
    demand
        Mean demand per period, units.
    holding
        Money per unit and period.
    """
    return np.sqrt(np.divide(2 * line * demand, holding, out=np.zeros_like(demand), where=holding > 0))
