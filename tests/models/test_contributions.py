"""What the groups make of a forecast adds up to it, goes to the group whose features the trees asked, and is 0 where they asked none."""

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contributions import (
    BLOCK,
    GROUPS,
    LEVEL,
    SEASON,
    GroupScores,
    at_least,
    blended,
    explanation,
    group_scores,
    in_units,
    multiplied,
    of_seasonal_average,
)
from models.drift import Drift, no_drift
from models.explanations_contract import Explanations
from models.forecaster import Forecaster, SharedTrees, train_own, train_shared
from models.gateway import TreeGrower

OF = {group: place for place, group in enumerate(GROUPS)}
FEATURES = {"recent": "level", "day": "season", "price": "price_promotion", "rain": "drivers", "out": "stockouts"}


def matrix_of(rows=2_000, seed=1):
    """`price` may be missing, and trees may not ask `out`, which is always the same."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "recent": rng.normal(size=rows),
            "day": rng.integers(0, 7, rows),
            "price": pl.Series(np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows))).fill_nan(None),
            "rain": rng.random(rows),
            "out": np.zeros(rows),
        }
    )


def target_of(matrix):
    parts = matrix.select(0.4 * pl.col("recent") + 0.5 * (pl.col("day") > 4) - pl.col("price").fill_null(0.5) + 0.3 * pl.col("rain"))
    return np.exp(parts.to_series().to_numpy())


@pytest.fixture(scope="module", params=["tweedie", "regression"])
def model(request):
    matrix = matrix_of()
    parameters = {"objective": request.param, "learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 20, "feature_fraction": 0.6}
    grower = TreeGrower(threads=1, seed=7)
    return grower.train(matrix, target_of(matrix), np.ones(matrix.height), parameters=parameters, rounds=40)


def walk(node, row):
    """Yield the feature and the change of the expected score of every step of one row, the way LightGBM's own dump tells it."""
    while "split_feature" in node:
        value = row[node["split_feature"]]
        assert node["missing_type"] == "NaN" or not np.isnan(value)
        left = node["default_left"] if np.isnan(value) else value <= node["threshold"]
        below = node["left_child"] if left else node["right_child"]
        yield node["split_feature"], below.get("internal_value", below.get("leaf_value")) - node["internal_value"]
        node = below


def test_parts_are_those_of_walking_down_tree_by_tree(model, grower):
    rows = matrix_of(60, seed=2)
    values = rows.cast(pl.Float32).to_numpy().astype(float)
    expected, start = np.zeros((rows.height, len(GROUPS))), 0.0
    for tree in lgb.Booster(model_str=model.text).dump_model()["tree_info"]:
        root = tree["tree_structure"]
        start += root.get("internal_value", root.get("leaf_value"))
        for place, row in enumerate(values):
            for feature, change in walk(root, row):
                expected[place, OF[FEATURES[model.features[feature]]]] += change
    found = group_scores(model, rows, FEATURES, grower)
    assert found.parts == pytest.approx(expected, abs=1e-5)
    assert found.expected == pytest.approx(start, abs=1e-5)


def test_parts_add_up_to_the_score_as_lightgbms_own_contributions_do(model, grower):
    rows = matrix_of(300, seed=3)
    found = group_scores(model, rows, FEATURES, grower)
    shapley = lgb.Booster(model_str=model.text).predict(rows.cast(pl.Float32), pred_contrib=True, num_threads=1)
    assert found.score == pytest.approx(grower.predict_raw(model, rows), abs=1e-9)
    assert found.score == pytest.approx(shapley.sum(axis=1), abs=1e-6)
    for feature, group in FEATURES.items():
        ours, theirs = found.parts[:, OF[group]], shapley[:, model.features.index(feature)]
        assert ours == pytest.approx(theirs, abs=0.6 * (np.abs(theirs).max() + 1e-9)), f"{feature} is told much alike"


def test_the_expected_score_is_that_of_average_demand(model, grower):
    """Not the average of the scores: a mean of logarithms would tell a typical row as far below the average one."""
    found, usual = group_scores(model, matrix_of(10), FEATURES, grower).expected, target_of(matrix_of()).mean()
    assert (np.exp(found) if "objective=tweedie" in model.text else found) == pytest.approx(usual, rel=1e-3)


def test_a_group_that_the_trees_never_ask_makes_nothing(model, grower):
    found = group_scores(model, matrix_of(300, seed=3), FEATURES, grower).parts
    assert not found[:, OF["stockouts"]].any()
    assert not found[:, OF["events"]].any()
    assert found[:, OF["drivers"]].any()


def test_a_tree_made_by_hand(grower):
    """Ten for a and one for b, each in half of the rows: 5.5 on average; a is asked first."""
    rows = pl.DataFrame({"a": [0, 0, 1, 1] * 50, "b": [0, 1, 0, 1] * 50})
    parameters = {"objective": "regression", "learning_rate": 1.0, "num_leaves": 4, "min_data_in_leaf": 1, "lambda_l2": 0.0}
    model = grower.train(rows, 10.0 * rows["a"].to_numpy() + rows["b"].to_numpy(), np.ones(200), parameters=parameters, rounds=1)
    found = group_scores(model, rows.head(4), {"a": "level", "b": "events"}, grower)
    assert found.expected == pytest.approx(5.5)
    assert found.parts[:, LEVEL] == pytest.approx([-5, -5, 5, 5])
    assert found.parts[:, OF["events"]] == pytest.approx([-0.5, 0.5, -0.5, 0.5])
    assert in_units(found, np.full(4, 2.0), logarithmic=False)[3] == pytest.approx([2 * (5.5 + 5), 0, 0, 2 * 0.5, 0, 0])


def test_trees_without_a_split_say_what_everything_is(grower):
    rows = pl.DataFrame({"a": np.zeros(100)})
    model = grower.train(rows, np.full(100, 3.0), np.ones(100), parameters={"objective": "regression"}, rounds=2)
    found = group_scores(model, rows, {"a": "season"}, grower)
    assert not found.parts.any()
    assert found.score == pytest.approx(grower.predict_raw(model, rows))


def test_how_rows_are_cut_into_blocks_does_not_matter(model, grower):
    rows = matrix_of(BLOCK + 300, seed=4)
    whole = group_scores(model, rows, FEATURES, grower).parts
    assert np.array_equal(whole[BLOCK - 50 :], group_scores(model, rows.slice(BLOCK - 50), FEATURES, grower).parts)
    assert group_scores(model, rows.clear(), FEATURES, grower).parts.shape == (0, len(GROUPS))


def test_a_feature_without_a_group_is_named(model, grower):
    known = {name: group for name, group in FEATURES.items() if name not in ("rain", "day")}
    with pytest.raises(ValueError, match="2 features of the model have no explanation group: day, rain"):
        group_scores(model, matrix_of(10), known, grower)


numbers = st.floats(-3, 3).map(lambda value: round(value, 6))
scores = st.builds(lambda expected, parts: GroupScores(expected, np.array(parts)), numbers, st.lists(st.tuples(*[numbers] * 6), min_size=1))


@given(scores, st.floats(0, 1_000), st.booleans())
def test_units_add_up_to_the_forecast_of_one_model(found, level, logarithmic):
    levels = np.full(len(found.parts), level)
    units = in_units(found, levels, logarithmic=logarithmic)
    forecast = levels * (np.exp(found.score) if logarithmic else np.maximum(found.score, 0))
    assert units.sum(axis=1) == pytest.approx(forecast, rel=1e-9, abs=1e-9 * max(level, 1e-9))
    assert (units[:, SEASON:][found.parts[:, SEASON:] == 0] == 0).all(), "what changes no score makes no units"
    signs = np.sign(units[:, SEASON:]) * np.sign(found.parts[:, SEASON:])
    assert (signs >= 0).all(), "what raises the score adds units, what lowers it takes units away"


@given(scores, numbers)
def test_a_second_model_multiplies_what_the_first_tells(found, expected):
    first = in_units(found, np.full(len(found.parts), 7.0))
    second = GroupScores(expected, found.parts[::-1])
    assert multiplied(first, second).sum(axis=1) == pytest.approx(first.sum(axis=1) * np.exp(second.score), rel=1e-9)
    still = multiplied(first, GroupScores(expected, np.zeros_like(found.parts)))
    assert still == pytest.approx(first * np.exp(expected)), "an expected score raises every group alike"


def test_two_equal_effects_make_equal_units_whichever_is_named_first():
    """Half as much again twice is 2.25; of the 1.25 units that this adds to 1, each half makes one half."""
    parts = np.zeros((1, len(GROUPS)))
    parts[0, [SEASON, OF["events"]]] = np.log(1.5)
    units = in_units(GroupScores(0.0, parts), np.ones(1))[0]
    assert units[[LEVEL, SEASON, OF["events"]]] == pytest.approx([1, 0.625, 0.625])


def test_the_level_makes_what_a_floor_adds():
    units = np.array([[1.0, -3, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])
    assert np.array_equal(at_least(units, 0.5), [[3.5, -3, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])
    assert np.array_equal(units[0], [1, -3, 0, 0, 0, 0]), "the given units stay as they are"


def test_a_blend_weighs_the_parts():
    one, two = np.eye(6)[:2], np.eye(6)[2:4]
    assert np.array_equal(blended([one, two], [0.25, 0.75]), 0.25 * one + 0.75 * two)


def test_a_seasonal_average_is_level_and_season():
    units = of_seasonal_average(np.array([4.0, 4.0]), np.array([5.0, 3.0]))
    assert np.array_equal(units[:, :2], [[4, 1], [4, -1]])
    assert not units[:, 2:].any()


# Forecasters as a night trains them.

SAMPLE_GROUPS = {"horizon": "season", "weekend": "season", "signal": "drivers", "spread": "level"}


@pytest.fixture(scope="module")
def region(make_sample):
    """A region whose demand follows an outside signal."""
    return make_sample(2, effect=0.8)


@pytest.fixture(scope="module")
def shared(make_sample):
    return train_shared(make_sample(1).filter(pl.col("window") < 0), no_drift(), frequency="day", grower=TreeGrower(threads=1, seed=7))


@pytest.fixture(scope="module")
def own(region, shared):
    sample = region.filter(pl.col("window") < 0)
    return train_own(sample, shared, rounds=60, frequency="day", grower=TreeGrower(threads=1, seed=7))


def explained(forecaster, rows, grower):
    level = rows["level"].to_numpy().astype(float)
    return forecaster.explain(rows, level, SAMPLE_GROUPS, grower), forecaster.predict(rows, level, grower)


@pytest.mark.parametrize("pooled", [(), (0.8, 1.1, 0.7)])
@pytest.mark.parametrize("with_own", [False, True])
def test_a_whole_forecaster_is_explained_to_the_last_unit(region, shared, own, grower, pooled, with_own):
    rows = region.filter(pl.col("window") >= 0)
    forecaster = Forecaster(SharedTrees(shared.members, Drift(pooled, 7)), own if with_own else None)
    units, mean = explained(forecaster, rows, grower)
    assert units.sum(axis=1) == pytest.approx(mean, rel=1e-9)
    assert not units[:, [OF["price_promotion"], OF["events"], OF["stockouts"]]].any()


def test_what_was_put_into_demand_comes_out_in_its_group(region, shared, own, grower):
    rows = region.filter(pl.col("window") >= 0)
    units, mean = explained(Forecaster(shared, own), rows, grower)
    weekend, signal = rows["weekend"].to_numpy() == 1, np.abs(rows["signal"].to_numpy())
    share = units / mean[:, None]
    assert share[weekend, SEASON].mean() > 0.25
    assert share[~weekend, SEASON].mean() < -0.05
    assert share[signal > 1.5, OF["drivers"]].mean() > 0.25
    assert share[signal < 0.3, OF["drivers"]].mean() < -0.1
    without = explained(Forecaster(shared, None), rows, grower)[0]
    assert np.abs(without[:, OF["drivers"]]).sum() < 0.2 * np.abs(units[:, OF["drivers"]]).sum(), "elsewhere the signal means nothing"


def test_a_drift_moves_all_that_is_built_on_the_level(region, shared, grower):
    rows = region.filter(pl.col("window") == 1)
    drift = Drift((0.8, 0.9), 7)
    plain, drifted = (explained(Forecaster(SharedTrees(shared.members, moved), None), rows, grower)[0] for moved in (no_drift(), drift))
    assert drifted == pytest.approx(drift.ahead * plain)


def test_a_forecast_of_next_to_nothing_is_explained_too(region, shared, grower):
    """The squared member may tell less than nothing, and the blend has a least ratio."""
    rows = region.filter(pl.col("window") == 1)
    lowered = SharedTrees(tuple(negative(model) for model in shared.members), no_drift())
    units, mean = explained(Forecaster(lowered, None), rows, grower)
    assert mean == pytest.approx(1e-4 * rows["level"].to_numpy().astype(float)), "it is the least that is told"
    assert units.sum(axis=1) == pytest.approx(mean, rel=1e-6)


def negative(model):
    """Return the model with 50 taken from every leaf and split of its first tree."""
    begin, end = model.text.index("Tree=0"), model.text.index("Tree=1")
    lines = []
    for line in model.text[begin:end].split("\n"):
        key, _, values = line.partition("=")
        moved = " ".join(repr(float(value) - 50) for value in values.split()) if key in ("leaf_value", "internal_value") else values
        lines.append(f"{key}={moved}" if "=" in line else line)
    text = model.text[:begin] + "\n".join(lines) + model.text[end:]
    # LightGBM reads trees from where their sizes say they are.
    sizes = [len(tree.encode()) for tree in text[text.index("Tree=0") : text.index("end of trees")].split("Tree=")[1:]]
    head = text[: text.index("Tree=0")].split("\n")
    told = [
        f"tree_sizes={' '.join(str(size + len('Tree=')) for size in sizes)}" if line.startswith("tree_sizes=") else line for line in head
    ]
    return type(model)("\n".join(told) + text[text.index("Tree=0") :], model.features, model.trees, model.fills)


# The published table.


def published(frame):
    return frame.with_columns(run_id=pl.lit("r"), region=pl.lit("north")).select(Explanations.column_names())


def test_the_table_tells_the_mean_over_the_horizon():
    series = pl.DataFrame({"fc": ["F", "F"], "sku": ["A", "B"], "model": ["trees", "theta"]})
    units = np.arange(24.0).reshape(4, 6)
    found = explanation(series, units, horizon=2)
    assert found.columns == ["fc", "sku", "mean", *GROUPS]
    assert found.row(1) == ("F", "B", sum(range(15, 21)), *range(15, 21))
    Explanations.validate(published(found))


def test_the_contract_refuses_parts_that_do_not_add_up():
    found = explanation(pl.DataFrame({"fc": ["F"], "sku": ["A"]}), np.arange(6.0).reshape(1, 6), horizon=1)
    for wrong in (pl.col("events") + 0.01, pl.lit(None, dtype=pl.Float64), pl.lit(float("nan"))):
        assert Explanations.is_valid(published(found))
        assert not Explanations.is_valid(published(found.with_columns(wrong.alias("events"))))
