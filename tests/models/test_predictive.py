"""The predictive distribution: errors that were really made, one mean, no crossing, and silent where it does not hold."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts import QUANTILES
from models.library_form import from_parts, to_document, to_frame
from models.predictive import LEAST_BLOCKS, LEVELS, TOLERANCE, HeldBack, Segments, build_library, fallback_library
from models.seen_errors import seen_errors

PERIODS = 7


def made(seed=1, *, series=1_200, variation=0.6, later_variation=None, later_factor=1.0, hidden=0.0, periods=PERIODS) -> HeldBack:
    """Two windows of series whose demand is forecast × gamma of mean 1; in the later one of another variation or level."""
    rng = np.random.default_rng(seed)
    level = rng.lognormal(1.5, 1, series)
    spread = rng.uniform(0.3, 1.5, series)

    def window(variation, factor):
        shape = 1 / (variation * spread[:, None]) ** 2
        return factor * level[:, None] * rng.gamma(shape, 1 / shape, (series, periods))

    demand = np.concatenate([window(variation, 1.0), window(later_variation or variation, later_factor)])
    observed = rng.random(demand.shape) >= hidden
    at_least = np.where(observed, demand, demand * rng.random(demand.shape))
    mean = np.concatenate([np.repeat(level[:, None], periods, axis=1)] * 2)
    return HeldBack(mean, at_least, observed, np.concatenate([spread, spread]), np.repeat([0, 1], series))


def library_of(held_back, seed=3):
    return build_library(held_back, np.random.default_rng(seed))


@pytest.mark.parametrize("hidden", [0.0, 0.3])
def test_every_segment_has_mean_one_and_quantiles_that_do_not_cross(hidden):
    library = library_of(made(hidden=hidden))
    assert library.segments.count == len(library.blocks) > 5
    for blocks in library.blocks:
        assert blocks.mean(dtype=float) == pytest.approx(1, abs=1e-5)
        assert (blocks >= 0).all()
        assert (np.diff(blocks.sum(axis=1, dtype=float)) >= -1e-5).all(), "blocks are sorted by their total"
        assert len(blocks) >= LEAST_BLOCKS // 2
    assert library.quantiles.shape == (library.segments.count, 2, len(QUANTILES))
    assert (np.diff(library.quantiles, axis=2) >= 0).all()
    assert (library.quantiles >= 0).all()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_quantiles_never_cross_whatever_was_held_back(data):
    blocks, periods = data.draw(st.integers(1, 30)), data.draw(st.integers(2, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    held_back = HeldBack(
        mean=rng.choice([0.0, 0.5, 3.0], (blocks, periods), p=[0.02, 0.49, 0.49]),
        at_least=rng.poisson(data.draw(st.sampled_from([0.0, 0.1, 5.0])), (blocks, periods)).astype(float),
        observed=rng.random((blocks, periods)) < data.draw(st.sampled_from([0.0, 0.3, 1.0])),
        spread=rng.choice([0.2, 1.0, np.nan, np.inf], blocks),
        window=rng.integers(0, 2, blocks),
    )
    library = library_of(held_back)
    if library is None:
        return
    assert (np.diff(library.quantiles, axis=2) >= 0).all()
    assert [blocks.mean(dtype=float) for blocks in library.blocks] == pytest.approx([1] * library.segments.count, abs=1e-4)
    assert not library.calibrated.any(), "too little to tell is not calibrated"


def test_errors_that_stay_the_same_are_calibrated():
    library = library_of(made())
    assert library.calibrated.mean() > 0.9
    assert np.nanmax(np.abs(library.coverage[library.calibrated] - LEVELS)) <= TOLERANCE


@pytest.mark.parametrize("change", [{"later_variation": 1.6}, {"later_variation": 0.15}, {"later_factor": 1.5}, {"later_factor": 0.6}])
def test_errors_that_change_are_not(change):
    assert library_of(made(**change)).calibrated.mean() < 0.2


@pytest.mark.parametrize(("factor", "good"), [(1.0, True), (2.5, False)])
def test_slow_items_that_mostly_sell_nothing_are_calibrated_where_their_demand_stays(factor, good):
    """A quantile of 0 covers every level up to the share of periods without a sale, not just half of it."""
    rng = np.random.default_rng(2)
    mean = np.repeat(rng.lognormal(-0.5, 0.3, (1_200, 1)), PERIODS, axis=1)
    sold = np.concatenate([rng.poisson(mean), rng.poisson(factor * mean)]).astype(float)
    both = np.concatenate([mean, mean])
    library = library_of(HeldBack(both, sold, np.ones_like(sold, dtype=bool), rng.random(len(sold)), np.repeat([0, 1], 1_200)))
    assert (library.calibrated.mean() > 0.9) == good
    assert library.calibrated.any() == good


def test_partly_hidden_demand_is_still_calibrated():
    assert library_of(made(hidden=0.3)).calibrated.mean() > 0.8


def test_lower_bounds_are_replaced_by_what_lies_above_them():
    """Half of all days run out after half their demand: taking what was sold for demand would misjudge every quantile."""

    def quantiles(held_back):
        return library_of(held_back).quantiles.mean(axis=(0, 1))

    hidden = made(hidden=0.5, variation=0.3)
    as_sold = HeldBack(hidden.mean, hidden.at_least, np.ones_like(hidden.observed), hidden.spread, hidden.window)
    truth = quantiles(made(variation=0.3))
    filled, naive = np.abs(quantiles(hidden) - truth), np.abs(quantiles(as_sold) - truth)
    assert filled.max() < 0.1
    assert naive.mean() > 3 * filled.mean()


def test_segments_tell_calm_from_lively_series():
    library = library_of(made())
    calm = library.segments.of(np.array([5.0]), np.array([0.3]))[0]
    lively = library.segments.of(np.array([5.0]), np.array([1.5]))[0]
    width = library.quantiles[:, 0, -1] - library.quantiles[:, 0, 0]
    assert width[lively] > 1.5 * width[calm]


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
    st.lists(st.floats(0, 50) | st.sampled_from([np.nan, np.inf]), min_size=20, max_size=20),
)
def test_every_series_has_a_segment(levels, spreads):
    segments = library_of(made(series=600)).segments
    found = segments.of(np.array(levels), np.array(spreads[: len(levels)]))
    assert ((found >= 0) & (found < segments.count)).all()


def test_a_segment_is_the_row_of_its_level_and_the_column_of_its_spread():
    segments = Segments(np.array([1.0, 10.0]), np.array([[0.5], [0.6], [0.7]]))
    level, spread = np.array([0.5, 0.5, 1.0, 5.0, 5.0, 99.0, 99.0]), np.array([0.4, 0.6, 0.4, 0.55, 0.65, 0.65, np.nan])
    assert segments.of(level, spread).tolist() == [0, 1, 0, 2, 3, 4, 5]
    assert segments.count == 6


def test_series_without_a_known_spread_do_not_spoil_the_borders():
    held_back = made()
    spread = np.where(np.arange(len(held_back.spread)) % 2 == 0, np.nan, held_back.spread)
    library = library_of(HeldBack(held_back.mean, held_back.at_least, held_back.observed, spread, held_back.window))
    assert np.isfinite(library.segments.spreads).all()


@pytest.mark.parametrize(
    "change",
    [{"observed": False}, {"mean": 0.0}, {"at_least": 0.0}],
    ids=["nothing observed", "nothing forecast", "nothing sold"],
)
def test_where_nothing_can_be_measured_there_is_no_library(change):
    held_back = made(series=200)
    ((name, value),) = change.items()
    fields = {field: getattr(held_back, field) for field in ("mean", "at_least", "observed", "spread", "window")}
    fields[name] = np.full_like(fields[name], value)
    assert library_of(HeldBack(**fields)) is None


def test_a_segment_that_sold_nothing_takes_the_errors_of_all():
    """Otherwise its paths would be all zero although its forecast is not."""
    held_back = made()
    slow = held_back.mean.mean(axis=1) < np.quantile(held_back.mean.mean(axis=1), 0.3)
    at_least = np.where(slow[:, None], 0.0, held_back.at_least)
    library = library_of(HeldBack(held_back.mean, at_least, held_back.observed, held_back.spread, held_back.window))
    assert all(blocks.mean(dtype=float) == pytest.approx(1, abs=1e-5) for blocks in library.blocks)


def test_the_same_generator_gives_the_same_library():
    held_back = made(hidden=0.3)
    first, again = library_of(held_back, 5), library_of(held_back, 5)
    assert all(np.array_equal(one, other) for one, other in zip(first.blocks, again.blocks, strict=True))


def test_assumed_errors_are_never_called_calibrated():
    library = fallback_library(14)
    assert library.periods == 14
    assert not library.calibrated.any()
    assert library.blocks[0].mean() == pytest.approx(1, abs=0.02)
    assert library.blocks[0].std() == pytest.approx(0.65, abs=0.05)
    assert (np.diff(library.quantiles) > 0).all()


@pytest.mark.parametrize(
    "library", [library_of(made(hidden=0.2)), library_of(made(series=40, periods=2)), fallback_library(5)], ids=["many", "one", "assumed"]
)
def test_a_stored_library_is_the_same(library):
    again = from_parts(to_frame(library), json.loads(json.dumps(to_document(library))))
    assert again.periods == library.periods
    assert all(np.array_equal(one, other) for one, other in zip(library.blocks, again.blocks, strict=True))
    assert np.array_equal(again.segments.levels, library.segments.levels)
    assert np.array_equal(again.segments.spreads, library.segments.spreads)
    assert again.segments.spreads.shape == library.segments.spreads.shape
    assert np.array_equal(again.quantiles, library.quantiles)
    assert np.array_equal(again.calibrated, library.calibrated)
    assert np.array_equal(again.coverage, library.coverage, equal_nan=True)
    level, spread = np.array([0.1, 3.0, 50.0]), np.array([0.2, 0.9, np.nan])
    assert np.array_equal(again.segments.of(level, spread), library.segments.of(level, spread))


def test_coverage_treats_ties_fairly():
    """½[P(X < q) + P(X <= q)]: a perfect forecast of small counts covers what it says."""
    errors = seen_errors(np.array([0.0, 0, 1, 1, 1, 2]), np.ones(6, dtype=bool))
    assert errors.below(np.array([0.0, 1.0, 1.5, 3.0])).tolist() == pytest.approx([1 / 6, 3.5 / 6, 5 / 6, 1])


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=30),
    st.lists(st.floats(0, 120), min_size=1, max_size=10),
    st.floats(0, 1, exclude_max=True),
)
def test_draws_above_a_bound_lie_above_it_and_were_seen(values, bounds, uniform):
    errors = seen_errors(np.array(values), np.ones(len(values), dtype=bool))
    bound = np.array(bounds)
    drawn = errors.draw_above(bound, np.full(len(bounds), uniform))
    assert (drawn >= bound).all()
    assert all(value in values or value == low for value, low in zip(drawn, bound, strict=True))


def test_lower_bounds_alone_are_refused():
    with pytest.raises(ValueError, match="lower bounds alone"):
        seen_errors(np.array([1.0, 2.0]), np.zeros(2, dtype=bool))
