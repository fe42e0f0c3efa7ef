"""Weekday indices: found where they are, the region's where a category's own is noise, the usual ones where history is short."""

import numpy as np
import pytest

from models.seasonal_indices import LEAST_WEEKS, no_indices, weekday_indices

HORIZON = 7
FLAT = np.ones(7)
WEEKEND = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0])
MONDAY = np.array([3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])


@pytest.fixture
def region(history_of, make_demand, make_table):
    """Make a region whose categories have the given weekday shapes (from the first day on), a mean of 10 a day and Poisson noise."""

    def make(shapes, days=70, series=30, gaps=0.0):
        rng = np.random.default_rng(3)
        demand, items = {}, []
        for category, shape in shapes.items():
            rate = 10 * np.resize(shape / shape.mean(), days)
            for number in range(series):
                sku = f"{category}{number}"
                values = rng.poisson(rate).astype(float)
                demand["F", sku] = [None if rng.random() < gaps else value for value in values.tolist()]
                items.append({"sku": sku, "category": category})
        return history_of(make_demand(demand), items=make_table("items", items), horizon=HORIZON).prepared()

    return make


def indices(prepared, sku, days):
    """Return the index of each of the seven days ahead, by the weekday shape's own order."""
    series = prepared.panel.series.filter(sku=sku)
    found = weekday_indices(prepared, FLAT).of_rows(series["last"].to_numpy(), np.arange(1, 8) % 7)
    shaped = np.empty(7)
    shaped[(days + np.arange(7)) % 7] = found
    return shaped


@pytest.mark.parametrize("days", [70, 73])
def test_every_category_has_its_own_weekdays(region, days):
    prepared = region({"A": WEEKEND, "B": MONDAY}, days=days)
    assert indices(prepared, "A0", days) == pytest.approx(WEEKEND / WEEKEND.mean(), rel=0.12)
    assert indices(prepared, "B0", days) == pytest.approx(MONDAY / MONDAY.mean(), rel=0.12)


def test_days_out_of_stock_do_not_bend_them(region):
    prepared = region({"A": WEEKEND, "B": MONDAY}, gaps=0.4)
    assert indices(prepared, "A0", 70) == pytest.approx(WEEKEND / WEEKEND.mean(), rel=0.2)


def test_what_is_noise_is_left_to_the_region(region):
    alike = region(dict.fromkeys("ABCDEF", WEEKEND), series=1)
    factors = weekday_indices(alike, FLAT).factors
    apart = np.abs(factors - factors.mean(axis=0)).max()
    assert apart < 0.1, "single series of one shape differ by their noise only"


def test_a_week_keeps_its_total(region):
    factors = weekday_indices(region({"A": WEEKEND, "B": MONDAY}), FLAT).factors
    assert factors.mean(axis=1) == pytest.approx(1)


def test_short_history_takes_the_usual_indices(region):
    prepared = region({"A": WEEKEND}, days=7 * LEAST_WEEKS)
    assert (weekday_indices(prepared, MONDAY).factors == MONDAY).all()


def test_a_category_that_never_sells_keeps_finite_indices(region):
    prepared = region({"A": WEEKEND, "B": np.full(7, 1e-12)})
    factors = weekday_indices(prepared, FLAT).factors
    assert np.isfinite(factors).all()
    assert (factors > 0).all()


def test_no_indices_change_nothing(region):
    prepared = region({"A": WEEKEND})
    assert (no_indices(prepared).of_rows(np.arange(5), np.zeros(5, int)) == 1).all()
