"""The door to LightGBM lets through what the model was trained on, in its order, and nothing else."""

import json
from datetime import date
from decimal import Decimal

import lightgbm as lgb
import numpy as np
import polars as pl
import pytest

from models.gateway import FeatureMismatch, TreeGrower, TreeModel, checked, tree_splits

PARAMETERS = {
    "objective": "tweedie",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}


def matrix_of(rows=3_000, seed=1):
    """`always` and `also` are never missing, `sometimes` is."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "always": rng.normal(5, 1, rows).astype(np.float32),
            "also": rng.random(rows).astype(np.float32),
            "sometimes": pl.Series(np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows)), dtype=pl.Float32).fill_nan(None),
            "count": rng.integers(0, 9, rows),
        }
    )


def target_of(matrix):
    return np.exp(0.5 * (matrix["always"].to_numpy() - 5) + matrix["also"].to_numpy())


def train(matrix, *, threads=1, seed=7, rounds=40, **arguments):
    grower = TreeGrower(threads=threads, seed=seed)
    return grower.train(matrix, target_of(matrix), np.ones(matrix.height), parameters=PARAMETERS, rounds=rounds, **arguments)


@pytest.fixture(scope="module")
def model():
    return train(matrix_of())


@pytest.fixture
def grower():
    return TreeGrower(threads=1, seed=7)


def test_it_learns(model, grower):
    fresh = matrix_of(seed=2)
    error = np.exp(grower.predict_raw(model, fresh)) - target_of(fresh)
    assert np.abs(error).mean() < 0.25 * np.abs(target_of(fresh) - target_of(fresh).mean()).mean()


def test_columns_in_another_order_and_more_of_them_predict_the_same(model, grower):
    fresh = matrix_of(seed=2)
    shuffled = fresh.select("count", pl.lit("text").alias("note"), "sometimes", "also", pl.lit(1.0).alias("new"), "always")
    assert np.array_equal(grower.predict_raw(model, shuffled), grower.predict_raw(model, fresh))


def test_a_missing_feature_is_refused_by_name(model, grower):
    with pytest.raises(FeatureMismatch, match="lacks 2 of the model's 4 features: also, count"):
        grower.predict_raw(model, matrix_of().drop("also", "count"))


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["a", "b"] * 50),
        pl.Series(["a", "b"] * 50, dtype=pl.Categorical),
        pl.Series(["a", "b"] * 50, dtype=pl.Enum(["a", "b"])),
        pl.Series([date(2024, 1, 1)] * 100),
        pl.Series([True, False] * 50),
        pl.Series([Decimal("1.5")] * 100),
        pl.Series([None] * 100),
        pl.Series([[1.0]] * 100),
    ],
    ids=lambda column: str(column.dtype).split("(")[0],
)
def test_what_is_not_a_number_is_refused(model, grower, column):
    """LightGBM would end the process without a word."""
    matrix = matrix_of(100).with_columns(column.alias("also"))
    with pytest.raises(FeatureMismatch, match="also"):
        grower.predict_raw(model, matrix)
    with pytest.raises(FeatureMismatch, match="must be numbers"):
        grower.train(matrix, np.ones(100), np.ones(100), parameters=PARAMETERS, rounds=1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_target_that_is_not_a_number_is_refused(grower, bad):
    matrix = matrix_of(100)
    target = target_of(matrix)
    target[[3, 50]] = bad
    with pytest.raises(ValueError, match="2 of 100 training targets"):
        grower.train(matrix, target, np.ones(100), parameters=PARAMETERS, rounds=1)


def test_a_model_stored_as_text_and_json_predicts_the_same(model, grower):
    form = json.loads(json.dumps({"features": model.features, "trees": model.trees, "fills": model.fills}))
    again = TreeModel(model.text, tuple(form["features"]), form["trees"], tuple(form["fills"]))
    fresh = matrix_of(seed=3)
    assert np.array_equal(grower.predict_raw(again, fresh), grower.predict_raw(model, fresh))


def test_threads_do_not_change_a_bit():
    one, two = (train(matrix_of(600), threads=threads, rounds=4) for threads in (1, 2))
    fresh = matrix_of(200, seed=4)
    scores = [TreeGrower(threads=threads, seed=7).predict_raw(trees, fresh) for threads, trees in ((1, one), (2, two), (2, one))]
    assert np.array_equal(scores[0], scores[1])
    assert np.array_equal(scores[0], scores[2])


def test_the_seed_decides_the_trees(model):
    assert train(matrix_of()).text == model.text
    assert train(matrix_of(), seed=8).text != model.text


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_feature_never_missing_in_training_is_filled_with_its_mean(model, grower, missing):
    """LightGBM alone would take it for 0, far outside what it saw."""
    fresh = matrix_of(seed=5)
    gap = fresh.with_columns(pl.lit(missing, dtype=pl.Float32).alias("always"))
    mean = matrix_of()["always"].cast(pl.Float64).mean()
    expected = grower.predict_raw(model, fresh.with_columns(pl.lit(mean, dtype=pl.Float32).alias("always")))
    found = grower.predict_raw(model, gap)
    assert np.allclose(found, expected, atol=1e-6)
    zero = grower.predict_raw(model, fresh.with_columns(pl.lit(0, dtype=pl.Float32).alias("always")))
    assert not np.allclose(found, zero, atol=0.1)


def test_a_feature_missing_in_training_stays_missing(model, grower):
    assert model.fills[model.features.index("sometimes")] is None
    assert grower.predict_raw(model, matrix_of(50).with_columns(sometimes=pl.lit(None, dtype=pl.Float32))).shape == (50,)


def test_nan_counts_as_missing_in_training_too():
    matrix = matrix_of(500).with_columns(pl.col("sometimes").fill_null(float("nan")))
    assert train(matrix, rounds=2).fills[2] is None


def test_the_first_trees_are_a_model_of_their_own(model, grower):
    fresh = matrix_of(seed=6)
    first = model.first(10)
    assert first.trees == 10
    assert np.allclose(grower.predict_raw(first, fresh), grower.predict_raw(model, fresh, trees=10), atol=1e-12)
    assert not np.allclose(grower.predict_raw(first, fresh), grower.predict_raw(model, fresh), atol=1e-3)


def test_trees_that_continue_a_score_do_not_repeat_it():
    """Raw scores of trees grown from a start leave the start out: the sum is the forecast."""
    matrix = matrix_of()
    start = np.full(matrix.height, 1.3)
    grown = train(matrix, start=start, rounds=60)
    score = start + TreeGrower(threads=1, seed=7).predict_raw(grown, matrix)
    assert np.exp(score).mean() == pytest.approx(target_of(matrix).mean(), rel=0.02)


@pytest.mark.parametrize("names", [["temp [°C]", 'the "real" feel', "a,b:c{d}"], ["a b", "a_b", "a\tb"], ["größe", "温度", "x"]])
def test_drivers_may_be_called_anything(grower, names):
    matrix = matrix_of(500).rename(dict(zip(["always", "also", "sometimes"], names, strict=True)))
    model = grower.train(matrix, matrix[names[0]].to_numpy(), np.ones(500), parameters=PARAMETERS, rounds=5)
    assert model.features == (*names, "count")
    assert np.ptp(grower.predict_raw(model, matrix.select(reversed(matrix.columns)))) > 0


def test_no_rows_have_no_scores(model, grower):
    assert grower.predict_raw(model, matrix_of().clear()).shape == (0,)


def test_checked_keeps_the_order_asked_for():
    assert checked(matrix_of(), ("count", "always")).schema == {"count": pl.Float32, "always": pl.Float32}
    assert checked(matrix_of(), ("count", "always")).columns == ["count", "always"]


def test_seconds_add_up(grower, model):
    before = grower.seconds
    grower.predict_raw(model, matrix_of())
    assert grower.seconds > before >= 0


def nodes_of(tree):
    """Return LightGBM's own dump of a tree as one list of nodes from the top, left before right."""
    found = [tree]
    for side in ("left_child", "right_child"):
        found += nodes_of(tree[side]) if side in tree else []
    return found


def test_the_structure_of_trees_is_the_one_that_lightgbm_dumps(model):
    trees = tree_splits(model)
    splits = len(trees.feature)

    def ours(node):
        if node >= splits:
            return [(None, trees.value[node])]
        left, right = trees.children[:, node]
        return [(trees.feature[node], trees.value[node]), *ours(left), *ours(right)]

    dumped = lgb.Booster(model_str=model.text).dump_model()["tree_info"]
    assert len(dumped) == len(trees.root) == model.trees
    for number, tree in enumerate(dumped):
        theirs = [
            (node.get("split_feature"), node.get("internal_value", node.get("leaf_value"))) for node in nodes_of(tree["tree_structure"])
        ]
        found = ours(trees.root[number])
        assert [feature for feature, _ in found] == [feature for feature, _ in theirs]
        assert [value for _, value in found] == pytest.approx([value for _, value in theirs], rel=1e-5)


def test_the_leaves_that_rows_fall_into_add_up_to_their_scores(model, grower):
    fresh = matrix_of(700, seed=8).with_columns(always=pl.when(pl.col("count") > 2).then("always"))
    leaves, trees = grower.leaves(model, fresh), tree_splits(model)
    assert leaves.shape == (700, model.trees)
    assert trees.value[trees.first_leaf + leaves].sum(axis=1) == pytest.approx(grower.predict_raw(model, fresh), abs=1e-12)
    assert grower.leaves(model, fresh.clear()).shape == (0, model.trees)
    with pytest.raises(FeatureMismatch, match="lacks 1 of the model's 4 features: count"):
        grower.leaves(model, fresh.drop("count"))


def test_one_tree_and_trees_without_a_split_have_leaves_too(grower):
    fresh = matrix_of(300)
    one = train(fresh, rounds=1)
    assert grower.leaves(one, fresh).shape == (300, 1)
    assert len(tree_splits(one).root) == 1
    flat = grower.train(fresh, np.full(300, 2.0), np.ones(300), parameters={"objective": "regression"}, rounds=3)
    trees = tree_splits(flat)
    assert not len(trees.feature)
    assert trees.value[trees.root].sum() == pytest.approx(2)
    assert not grower.leaves(flat, fresh).any()


def test_trees_that_cannot_be_taken_apart_are_refused(model):
    matrix = matrix_of(500)
    linear = TreeGrower(threads=1, seed=7).train(
        matrix, target_of(matrix), np.ones(500), parameters={**PARAMETERS, "objective": "regression", "linear_tree": True}, rounds=2
    )
    with pytest.raises(ValueError, match="says is_linear=1"):
        tree_splits(linear)
    with pytest.raises(ValueError, match="holds 40 trees, 39 are said"):
        tree_splits(TreeModel(model.text, model.features, 39, model.fills))
