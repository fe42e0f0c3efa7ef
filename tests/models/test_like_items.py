"""Like items: whose level a series without history is given, and how much its own history counts beside it."""

import numpy as np
import polars as pl
import pytest

from models.like_items import LEAST_BETWEEN, like_items


def table(rows, **usual):
    """Rows of (fc, sku, level) with further columns; a level of None is a series without history."""
    full = []
    for fc, sku, level, *more in rows:
        row = {"category": None, "subcategory": None, "price": None, "variance": 0.0, **usual, **(more[0] if more else {})}
        there = level is not None
        full.append({"fc": fc, "sku": sku, "level": level, "known": 28 * there, "weight": float(there)} | row)
    schema = {"fc": pl.String, "sku": pl.String, "level": pl.Float64, "known": pl.Int64, "weight": pl.Float64, "category": pl.String,
              "subcategory": pl.String, "price": pl.Float64, "variance": pl.Float64}  # fmt: skip
    return pl.DataFrame(full, schema=schema)


def level_of_first(rows, **usual):
    return like_items(table(rows, **usual)).level[0]


def test_the_same_item_elsewhere_says_more_than_a_hundred_others():
    others = [("F", f"Z{k}", 5.0) for k in range(100)]
    assert level_of_first([("F", "N", None), ("G", "N", 12.0), ("H", "N", 14.0), *others]) == pytest.approx(13, rel=0.15)


def test_then_its_subcategory_then_its_category_then_the_region():
    berry, apple = {"category": "fruit", "subcategory": "berry"}, {"category": "fruit", "subcategory": "apple"}
    rows = [(f"F{k}", f"B{k}", 20.0, berry) for k in range(9)]
    rows += [(f"F{k}", f"A{k}", 8.0, apple) for k in range(9)] + [(f"F{k}", f"Z{k}", 2.0, {"category": "bread"}) for k in range(30)]

    def of(**own):
        return level_of_first([("X", "N", None, own), *rows])

    whole = (9 * 20 + 9 * 8 + 30 * 2) / 48
    assert of() == pytest.approx(whole, rel=0.04)
    assert of(category="never seen") == pytest.approx(whole, rel=0.04), "a category without items says nothing"
    fruit = (18 * 14 + 2 * whole) / 20
    assert of(category="fruit") == pytest.approx(fruit, rel=0.04)
    assert of(category="fruit", subcategory="berry") == pytest.approx((9 * 20 + 2 * fruit) / 11, rel=0.06)


def test_dear_items_are_like_dear_items():
    rows = [(f"F{k}", f"A{k}", 30.0 if k < 10 else 10.0 if k < 20 else 3.0, {"price": 1.0 + k}) for k in range(30)]
    cheap, dear = (level_of_first([("X", "N", None, {"price": price}), *rows], category="fruit") for price in (2.5, 28.5))
    assert cheap > 2 * dear
    # All series of an item are in one band, or an item would be compared with a part of itself.
    without = level_of_first([("X", "N", None), *rows], category="fruit")
    assert dear < without < cheap


def test_a_busy_fulfilment_centre_sells_more_of_a_new_item_too():
    rows = [(fc, f"A{k}", (12.0 if fc == "busy" else 4.0) * (1 + k % 3)) for fc in ("busy", "calm", "quiet") for k in range(30)]
    busy = level_of_first([("busy", "N", None), ("calm", "N", 4.0), *rows])
    calm = level_of_first([("quiet", "N", None), ("calm", "N", 4.0), *rows])
    assert busy / calm == pytest.approx(3, rel=0.15)


def test_what_a_series_itself_sold_does_not_count_among_its_likes():
    rows = [("F", "N", 50.0), ("G", "N", 6.0), ("H", "N", 6.0)]
    other = [("F", "N", 500.0), *rows[1:]]
    assert level_of_first(rows) == pytest.approx(level_of_first(other))
    assert np.isnan(level_of_first([("F", "N", 50.0)])), "an item alone has no like"


def test_nothing_known_at_all_is_nothing():
    found = like_items(table([("F", "N", None), ("G", "M", None)]))
    assert np.isnan(found.level).all()
    assert (found.between > 0).all()
    assert like_items(table([])).level.shape == (0,)


@pytest.mark.parametrize("spread", [0.3, 0.8])
def test_the_variance_between_like_series_is_found_again(spread):
    """Levels drawn around that of their item with a known variation, seen with Poisson noise over 28 periods."""
    rng = np.random.default_rng(3)
    rows = []
    for sku in range(60):
        usual = rng.uniform(2, 20)
        for fc in range(15):
            level = usual * rng.gamma(1 / spread**2, spread**2)
            rows.append((f"F{fc}", f"S{sku}", rng.poisson(28 * level) / 28, {"variance": level}))
    found = like_items(table(rows))
    assert found.between.mean() == pytest.approx(max(spread**2, LEAST_BETWEEN), rel=0.25)
    mean = np.mean([row[2] for row in rows])
    assert found.prior.mean() * found.between.mean() * mean == pytest.approx(1, rel=0.5), "a Poisson item: variance = mean"


def test_units_of_measure_and_the_order_of_rows_do_not_matter():
    rng = np.random.default_rng(1)
    rows = [(f"F{k % 4}", f"S{k // 4}", float(rng.gamma(2, 3)), {"category": "AB"[k % 2], "variance": 4.0}) for k in range(40)]
    rows[5] = (*rows[5][:2], None, {"category": "A", "variance": None})
    found, frame = like_items(table(rows)), table(rows)
    grams = like_items(frame.with_columns(pl.col("level") * 1000, pl.col("variance") * 1e6))
    assert grams.level == pytest.approx(found.level * 1000)
    assert grams.prior == pytest.approx(found.prior)
    order = rng.permutation(40)
    assert like_items(frame[order]).level == pytest.approx(found.level[order])
