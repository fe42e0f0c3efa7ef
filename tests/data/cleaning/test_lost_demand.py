"""Lost demand: the posterior against numerical integration, no bias where stock runs out on fast days, and nothing from the future."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from data.cleaning.level import PROFILE, seen, shape, share_of_time, with_expected
from data.cleaning.lost_demand import lost_demand
from data.demand import FULLY_IN_STOCK, Demand

MONDAY = date(2024, 1, 1)


def grid(sold, share, *, frequency="day", **columns):
    """Arrays of shape (series, periods) → a demand grid; further columns are arrays of the same shape."""
    sold, share = np.asarray(sold, dtype=float), np.asarray(share, dtype=float)
    series, periods = sold.shape
    step = 1 if frequency == "day" else 7
    frame = pl.DataFrame(
        {
            "fc": ["F"] * sold.size,
            "sku": np.repeat([f"S{number:04d}" for number in range(series)], periods),
            "date": [MONDAY + timedelta(step * period) for period in range(periods)] * series,
            "demand_at_least": sold.ravel(),
            "in_stock_share": share.ravel(),
            **{name: np.asarray(values).ravel() for name, values in columns.items()},
        }
    ).with_columns(demand=pl.when(pl.col("in_stock_share") >= FULLY_IN_STOCK).then("demand_at_least"))
    Demand.validate(frame.select(Demand.column_names()))
    return frame


def sold_out_world(rng, series=300, periods=84, *, usual=8.0, shape=6.0, exponent=1.0):
    """Return demand, sales and share in stock where a stock about one and a half times usual demand runs out at the hour it does."""
    level = usual * rng.lognormal(0, 0.5, (series, 1))
    demand = rng.poisson(rng.gamma(shape, level / shape, (series, periods)))
    stock = np.maximum(np.round(level * np.exp(0.2 + 0.5 * rng.standard_normal(demand.shape))), 1)
    out = demand >= stock
    gone = rng.beta(np.where(out, stock, 1), np.where(out, demand - stock + 1, 1))
    share = np.where(out, 1 - (1 - gone) ** (1 / exponent), 1.0)
    share[rng.random(share.shape) < 0.05] = 0.0
    sold = np.where(share == 0, 0, np.minimum(demand, stock))
    return demand, sold, share


@pytest.mark.parametrize(("frequency", "exponent"), [("week", 1.0), ("day", PROFILE)])
def test_demand_is_unbiased_though_fast_days_sell_out(frequency, exponent):
    demand, sold, share = sold_out_world(np.random.default_rng(1), exponent=exponent)
    found = lost_demand(grid(sold, share, frequency=frequency), frequency=frequency)
    later = np.arange(demand.shape[1]) >= 20
    lost = found["lost"].to_numpy().reshape(demand.shape)
    partly, wholly = (share > 0) & (share < 1) & later, (share == 0) & later
    for which in (partly, wholly):
        assert (sold + lost)[which].sum() / demand[which].sum() == pytest.approx(1, abs=0.03)
    in_stock = np.where(share == 1, demand, np.nan)
    mean_in_stock = np.nanmean(in_stock, axis=1, keepdims=True) * np.ones(demand.shape)
    assert mean_in_stock[wholly].sum() / demand[wholly].sum() < 0.93, "the in-stock mean is too low: fast days are missing from it"
    gone = (demand - sold)[partly | wholly]
    low, high = (np.round(found[name].to_numpy().reshape(demand.shape)[partly | wholly]) for name in ("lost_low", "lost_high"))
    assert 0.78 < ((gone >= low) & (gone <= high)).mean() < 0.90, "80%, and what whole units add to both ends"


def test_the_estimate_is_the_mean_of_the_posterior():
    """Integrate over the rate: prior gamma, sales Poisson in the share seen, the rest Poisson in the share not seen."""
    _, sold, share = sold_out_world(np.random.default_rng(2), series=12, periods=30)
    frame = grid(sold, share)
    found, rows = lost_demand(frame, frequency="day"), with_expected(frame, "day").with_columns(shape=shape())
    tried = [row for row in range(frame.height) if 0 < frame["in_stock_share"][row] < FULLY_IN_STOCK][:20]
    assert len(tried) == 20
    for row in tried:
        part, units, mean, spread = (rows[name][row] for name in ("seen", "sold", "expected", "shape"))

        def weight(rate, part=part, units=units, mean=mean, spread=spread):
            return gamma.pdf(rate, spread, scale=mean / spread) * poisson.pmf(units, rate * part)

        top = 20 * (mean + units + 1)
        middle = mean + units
        total = quad(weight, 0, top, points=[middle], limit=200)[0]
        rest = quad(lambda rate, weight=weight, part=part: rate * (1 - part) * weight(rate), 0, top, points=[middle], limit=200)[0]
        assert found["lost"][row] == pytest.approx(rest / total, rel=1e-4)


def test_the_more_it_sold_before_it_ran_out_the_more_was_lost():
    sold = np.full((5, 40), 10.0)
    share = np.ones(sold.shape)
    share[:, -1] = 0.5
    sold[:, -1] = [0, 5, 10, 20, 40]
    # Many other series keep the region's day what it is.
    others = np.full((200, 40), 10.0)
    found = lost_demand(grid(np.vstack([sold, others]), np.vstack([share, np.ones(others.shape)])), frequency="day")
    lost = found["lost"].to_numpy().reshape(-1, 40)[:5, -1]
    assert (np.diff(lost) > 0).all()
    usual = 10 * (1 - pl.select(seen(pl.lit(0.5), "day")).item())
    assert lost[0] < usual < lost[-1]


def test_in_stock_nothing_is_lost_and_bounds_are_in_order():
    _, sold, share = sold_out_world(np.random.default_rng(3), series=40, periods=40)
    found = lost_demand(grid(sold, share), frequency="day")
    assert found.columns == ["lost", "lost_low", "lost_high", "expected"]
    assert found.dtypes == [pl.Float64] * 4
    whole = share.ravel() >= FULLY_IN_STOCK
    assert (found.select("lost", "lost_low", "lost_high").to_numpy()[whole] == 0).all()
    assert (found["lost"].to_numpy()[~whole] > 0).all()
    assert (found["lost_low"] <= found["lost_high"]).all()
    assert (found["expected"] > 0).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 29), st.sampled_from(["day", "week"]))
def test_later_periods_change_nothing(seed, until, frequency):
    rng = np.random.default_rng(seed)
    _, sold, share = sold_out_world(rng, series=6, periods=30)
    promo = rng.integers(0, 2, sold.shape).astype(float)
    category = np.repeat(np.array(["a", "b"])[rng.integers(0, 2, 6)], 30)
    other = [values.copy() for values in (sold, share, promo)]
    other[0][:, until:], other[1][:, until:], other[2][:, until:] = 99, 0.3, 1.0
    one, two = (
        lost_demand(grid(a, b, frequency=frequency, promo=c, category=category), frequency=frequency)
        .to_numpy()
        .reshape(6, 30, 4)[:, :until]
        for a, b, c in ((sold, share, promo), other)
    )
    assert (one == two).all()
    cut = lost_demand(
        grid(sold[:, :until], share[:, :until], frequency=frequency, promo=promo[:, :until], category=category.reshape(6, 30)[:, :until]),
        frequency=frequency,
    )
    assert (cut.to_numpy().reshape(6, until, 4) == one).all()


def test_a_day_out_throughout_follows_weekday_and_promotion():
    rng = np.random.default_rng(4)
    weekday = np.array([1, 1, 1, 1, 1, 2, 3])
    promo = (rng.random((300, 56)) < 0.3).astype(float)
    mean = 6 * np.tile(weekday, 8) * 2.0**promo
    sold = rng.poisson(mean).astype(float)
    share = np.ones(sold.shape)
    out = rng.random(sold.shape) < 0.1
    sold[out], share[out] = 0, 0
    lost = lost_demand(grid(sold, share, promo=promo), frequency="day")["lost"].to_numpy().reshape(sold.shape)
    late = np.arange(56) >= 42
    for day, on in ((0, 0), (6, 0), (0, 1), (6, 1)):
        which = out & late & (np.arange(56) % 7 == day) & (promo == on)
        assert lost[which].mean() == pytest.approx(mean[which].mean(), rel=0.12), (day, on)


def test_a_day_on_which_the_region_sells_twice_as_much_lost_twice_as_much():
    rng = np.random.default_rng(5)
    sold = rng.poisson(10, (300, 42)).astype(float)
    sold[:, -1] *= 2
    share = np.ones(sold.shape)
    sold[:30, -2:], share[:30, -2:] = 0, 0
    lost = lost_demand(grid(sold, share), frequency="day")["lost"].to_numpy().reshape(sold.shape)
    assert lost[:30, -1].mean() / lost[:30, -2].mean() == pytest.approx(2, rel=0.1)


def test_one_bulk_order_moves_no_other_series():
    rng = np.random.default_rng(6)
    sold = rng.poisson(5, (60, 42)).astype(float)
    share = np.ones(sold.shape)
    sold[0, -1], share[0, -1] = 0, 0
    usual = lost_demand(grid(sold, share), frequency="day")["lost"][41]
    sold[5, -1] = 100_000
    assert lost_demand(grid(sold, share), frequency="day")["lost"][41] == pytest.approx(usual, rel=0.12)


def test_a_series_without_history_is_taken_for_the_usual_one_of_its_category():
    sold = np.vstack([np.full((20, 30), 40.0), np.full((20, 30), 2.0), np.zeros((1, 30))])
    share = np.vstack([np.ones((40, 30)), np.zeros((1, 30))])
    category = np.repeat([["fast"]] * 20 + [["slow"]] * 21, 30, axis=1)
    found = lost_demand(grid(sold, share, category=category), frequency="day").tail(1)
    assert found["lost"].item() == pytest.approx(2, rel=0.05)
    assert found["lost_high"].item() > 4, "levels differ between series, so the interval is wide"


def test_sales_while_said_to_be_out_are_part_of_what_was_expected():
    sold, share = np.full((20, 30), 10.0), np.ones((20, 30))
    sold[:3, -1], share[:3, -1] = [0, 4, 500], 0
    lost = lost_demand(grid(sold, share), frequency="day").to_numpy().reshape(20, 30, 4)[:3, -1, 0]
    assert lost[0] - lost[1] == pytest.approx(4, abs=1e-9)
    assert lost[2] == 0


def test_nothing_ever_in_stock_and_nothing_at_all():
    found = lost_demand(grid(np.zeros((2, 5)), np.zeros((2, 5))), frequency="week")
    assert found["lost"].is_finite().all()
    assert found["lost"].max() < 0.01, "without any evidence no demand is made up"
    assert lost_demand(grid([[1]], [[1]]).clear(), frequency="day").height == 0


def test_share_of_time_is_the_inverse_of_share_of_demand():
    shares = pl.DataFrame({"share": np.linspace(0, 1, 17)})
    for frequency in ("day", "week"):
        part = shares.select(part=seen(pl.col("share"), frequency))
        assert part["part"].is_sorted()
        back = part.select(share_of_time(pl.col("part"), frequency))
        np.testing.assert_allclose(back.to_series().to_numpy(), shares["share"].to_numpy(), atol=1e-12)
    assert shares.select(seen(pl.lit(0.5), "day")).item() > 0.5, "the first half of a day sells more than the second"
