"""Two runs side by side: totals, the rows that moved, and those that came and went."""

import polars as pl
import pytest

from flows.compare import compare_runs


def changed_run(recommendations: pl.DataFrame) -> pl.DataFrame:
    """A later run: one order doubled, one row gone, one row new, one order become unknown."""
    ordered = recommendations.filter(pl.col("order_units") > 0)["sku"].to_list()
    doubled, gone, unknown = ordered[:3]
    twice = pl.when(sku=doubled).then(2.0).otherwise(1.0)
    later = recommendations.filter(pl.col("sku") != gone).with_columns(
        run_id=pl.lit("later"),
        order_units=pl.when(sku=unknown).then(None).otherwise(pl.col("order_units") * twice),
        order_value=pl.when(sku=unknown).then(None).otherwise(pl.col("order_value") * twice),
        change_reason=pl.when(sku=doubled).then(pl.lit("demand rose")),
    )
    new = later.filter(sku=doubled).with_columns(sku=pl.lit("new"), change_reason=pl.lit(None, pl.String))
    return pl.concat([later, new]).sample(fraction=1.0, shuffle=True, seed=3)


def test_a_run_compared_with_itself_shows_nothing(recommendations: pl.DataFrame) -> None:
    same = compare_runs(recommendations, recommendations.sample(fraction=1.0, shuffle=True, seed=1))
    assert same.changed.is_empty()
    assert same.same == recommendations.height
    assert same.totals["change"].to_list() == [0.0] * same.totals.height


def test_rows_that_moved_carry_both_numbers_and_the_reason(recommendations: pl.DataFrame) -> None:
    doubled, gone, unknown = recommendations.filter(pl.col("order_units") > 0).head(3).to_dicts()
    compared = compare_runs(recommendations, changed_run(recommendations))
    assert (compared.run_a, compared.run_b) == (recommendations["run_id"][0], "later")
    rows = {row["sku"]: row for row in compared.changed.to_dicts()}
    assert set(rows) == {doubled["sku"], gone["sku"], unknown["sku"], "new"}
    moved = rows[doubled["sku"]]
    assert (moved["order_units_a"], moved["order_units_b"], moved["change_units"]) == (
        doubled["order_units"],
        2 * doubled["order_units"],
        doubled["order_units"],
    )
    assert moved["change_value"] == pytest.approx(doubled["order_value"])
    assert moved["change_reason"] == "demand rose"
    assert (rows[gone["sku"]]["presence"], rows[gone["sku"]]["change_units"]) == ("only_a", -gone["order_units"])
    assert (rows["new"]["presence"], rows["new"]["order_units_a"], rows["new"]["change_units"]) == (
        "only_b",
        None,
        2 * doubled["order_units"],
    )
    assert (rows[unknown["sku"]]["order_units_b"], rows[unknown["sku"]]["change_value"]) == (None, -unknown["order_value"])


def test_most_money_comes_first_whatever_the_order_of_rows(recommendations: pl.DataFrame) -> None:
    later = changed_run(recommendations)
    compared = compare_runs(recommendations, later)
    moved = compared.changed["change_value"].abs().to_list()
    assert moved == sorted(moved, reverse=True)
    assert compare_runs(recommendations.reverse(), later.reverse()).changed.equals(compared.changed)


def test_totals_agree_with_a_plain_loop_and_with_the_rows(recommendations: pl.DataFrame) -> None:
    later = changed_run(recommendations)
    compared = compare_runs(recommendations, later)
    totals = {row["measure"]: row for row in compared.totals.to_dicts()}
    assert totals["order_value"]["a"] == pytest.approx(sum(row["order_value"] for row in recommendations.to_dicts()))
    assert totals["order_lines"]["b"] == sum(1 for row in later.to_dicts() if (row["order_units"] or 0) > 0)
    assert totals["order_units"]["change"] == pytest.approx(compared.changed["change_units"].sum())
    assert totals["order_value"]["change"] == pytest.approx(compared.changed["change_value"].sum())
    assert totals["rows"]["change"] == 0


def test_the_other_way_round_is_the_same_with_its_sign_turned(recommendations: pl.DataFrame) -> None:
    later = changed_run(recommendations)
    forth, back = compare_runs(recommendations, later), compare_runs(later, recommendations)
    assert forth.changed["change_value"].to_list() == [-value for value in back.changed["change_value"].to_list()]
    assert forth.same == back.same


def test_a_first_run_compares_with_nothing(recommendations: pl.DataFrame) -> None:
    compared = compare_runs(recommendations.clear(), recommendations)
    assert compared.run_a is None
    assert compared.changed.height == recommendations.filter(pl.col("order_units") > 0).height


def test_an_order_of_unknown_cost_still_shows_by_its_units(recommendations: pl.DataFrame) -> None:
    priceless = recommendations.with_columns(order_value=pl.lit(None, pl.Float64))
    compared = compare_runs(priceless.with_columns(order_units=pl.lit(0.0)), priceless)
    assert compared.changed["change_value"].null_count() == compared.changed.height > 0
    assert compared.changed["change_units"].to_list() == sorted(compared.changed["change_units"].to_list(), reverse=True)
