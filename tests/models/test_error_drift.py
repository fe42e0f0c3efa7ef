"""Errors of the last complete window against their own past: noise says nothing, what got worse is found."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.error_drift import LEAST_PAST, error_messages, realised

FIRST = date(2024, 1, 1)


def windows(seed, nights=40, series=40, shift=1.0):
    """WAPE and bias of the week before each night; demand moves in common by days, and is `shift` times as much in the newest week."""
    rng = np.random.default_rng(seed)
    days = nights + 7
    level = rng.gamma(1.5, 3.0, series)
    common = np.exp(rng.normal(0, 0.08, days))
    common[-7:] *= shift
    demand = rng.poisson(level * common[:, None])
    told = []
    for night in range(nights + 1):
        seen = demand[night : night + 7]
        told.append((np.abs(level - seen).sum() / seen.sum(), (level - seen).sum() / seen.sum()))
    return told[-1], told[:-1]


def said(*arguments, **changes):
    now, past = windows(*arguments, **changes)
    return error_messages("north", now, past, "the 7 days to 2024-06-12")


def test_two_hundred_quiet_nights_raise_next_to_no_alarm():
    assert sum(bool(said(seed)) for seed in range(200)) <= 2


@pytest.mark.parametrize("shift", [0.6, 1.8])
def test_a_shift_of_demand_shows_in_the_bias(shift):
    found = [said(seed, shift=shift) for seed in range(20)]
    assert all(any("the bias is" in message.message for message in messages) for messages in found)
    assert {message.code for messages in found for message in messages} == {"error_drift"}


def test_an_error_that_rose_without_bias_is_found_and_a_smaller_one_is_not():
    _, past = windows(1)
    [message] = error_messages("north", (3 * past[0][0], past[0][1]), past, "the week")
    assert "the error (WAPE) is" in message.message
    assert error_messages("north", (past[0][0] / 3, past[0][1]), past, "the week") == []


def test_a_few_nights_tell_nothing():
    now, past = windows(1, shift=3.0)
    assert error_messages("north", now, past[: LEAST_PAST - 1], "the week") == []
    assert error_messages("north", now, past[:LEAST_PAST], "the week") != []


def test_what_forecasts_came_to_is_the_naive_sum_over_what_was_in_stock():
    rng = np.random.default_rng(5)
    days = [FIRST + timedelta(days=day) for day in range(9)]
    keys = [(f"F{fc}", f"S{sku}", "north" if fc else "south") for fc in range(3) for sku in range(15 if fc else 5)]
    forecasts = pl.DataFrame(
        [{"region": r, "fc": f, "sku": s, "date": d, "mean": float(rng.gamma(2, 2))} for f, s, r in keys for d in days]
    )
    seen = [
        {"fc": f, "sku": s, "date": d, "demand": None if rng.random() < 0.2 else float(rng.poisson(4))}
        for f, s, _ in keys
        for d in days[2:]
    ]
    demand = pl.DataFrame(seen, schema_overrides={"demand": pl.Float64})
    told = {row["region"]: row for row in realised(forecasts, demand.sample(fraction=1, shuffle=True, seed=2)).to_dicts()}
    mean = {(row["fc"], row["sku"], row["date"]): row["mean"] for row in forecasts.to_dicts()}
    pairs = [(mean[row["fc"], row["sku"], row["date"]], row["demand"]) for row in seen if row["fc"] != "F0" and row["demand"] is not None]
    total = sum(units for _, units in pairs)
    assert told["north"]["periods"] == len(pairs)
    assert told["north"]["wape"] == pytest.approx(sum(abs(m - u) for m, u in pairs) / total, rel=1e-3)
    assert told["north"]["bias"] == pytest.approx(sum(m - u for m, u in pairs) / total, abs=1e-3)
    assert "south" not in told, "fewer periods than a window is judged on"
