"""Every feature is told as something a planner knows."""

from typing import get_args

import pytest

from features.groups.explanation import explanation_groups
from features.groups.group import ExplanationGroup
from features.matrix import design_matrix, forecast_pairs

TOLD = get_args(ExplanationGroup)


@pytest.fixture(scope="module", params=["day", "week", "years of days"])
def prepared(request, make_history):
    """Long histories have features of the season that short ones lack."""
    periods = {"day": 75, "week": 120, "years of days": 800}[request.param]
    return make_history(1, periods=periods, skus=2, fcs=1, frequency=request.param.split()[-1].removesuffix("s")).prepared()


def test_every_column_of_a_design_matrix_has_a_group_and_nothing_else_has(prepared):
    groups = explanation_groups(prepared.panel)
    matrix = design_matrix(prepared, *forecast_pairs(prepared, 3))
    assert set(groups) == set(matrix.columns)
    assert set(groups.values()) <= set(TOLD)


def test_all_that_can_be_told_is_told_of_a_history_with_everything_in_it(prepared):
    assert set(explanation_groups(prepared.panel).values()) == set(TOLD)


@pytest.mark.parametrize(
    ("start", "group"),
    [
        ("horizon", "season"),
        ("season_last_event", "events"),
        ("event_", "events"),
        ("price", "price_promotion"),
        ("promo", "price_promotion"),
        ("ad_spend", "price_promotion"),
        ("driver_", "drivers"),
        ("last_of_driver_", "drivers"),
        ("out_of_stock", "stockouts"),
        ("periods_on_sale", "level"),
        ("spread_", "level"),
        ("sku_move", "level"),
        ("sku_season", "season"),
    ],
)
def test_features_are_told_as_what_they_are(prepared, start, group):
    found = {name: told for name, told in explanation_groups(prepared.panel).items() if name.startswith(start)}
    assert found
    assert set(found.values()) == {group}, found


def test_the_kinds_of_season_are_all_told_as_season(prepared):
    groups = explanation_groups(prepared.panel)
    indices = [name for name in groups if "season_index" in name or name == "season_factor"]
    assert {groups[name] for name in (*indices, "region_season")} == {"season"}
