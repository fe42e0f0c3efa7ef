"""Lead times asked about: moved where only their mean is another one, agreed anew where their spread is."""

import numpy as np
import polars as pl
import pytest

from models.lead_times.changed import changed_lead_times
from models.lead_times.lead_times import CERTAIN, LeadTimes, moments

LEARNED = LeadTimes(
    shares=np.array([[0.0, 0.2, 0.5, 0.2]]),
    never=np.array([0.1]),
    usual=np.array([2]),
    complete=np.array([0.9]),
    which=np.array([0, 0, CERTAIN]),
)


def terms(days, sd):
    return pl.DataFrame({"lead_time_days": days, "lead_time_sd": sd}, schema={"lead_time_days": pl.Float64, "lead_time_sd": pl.Float64})


BEFORE = terms([2.0, 2.0, 5.0], [0.7, 0.7, 0.0])


def test_nothing_asked_changes_nothing():
    same = changed_lead_times(LEARNED, BEFORE, BEFORE)
    assert (same.which == LEARNED.which).all()
    assert same.never_of_rows().tolist() == [0.1, 0.1, 0.0]


@pytest.mark.parametrize(("days", "expected"), [(9.0, [0] * 8 + [0.2, 0.5, 0.2]), (1.0, [0.2, 0.5, 0.2]), (0.0, [0.7, 0.2])])
def test_another_mean_moves_what_was_learned(days, expected):
    asked = changed_lead_times(LEARNED, BEFORE, terms([days, 2.0, 5.0], [0.7, 0.7, 0.0]))
    found = asked.shares[asked.which[0]]
    assert np.trim_zeros(found, "b") == pytest.approx(expected)
    assert asked.never_of_rows().tolist() == [0.1, 0.1, 0.0]
    assert asked.complete_of_rows().tolist() == [0.9, 0.9, 1.0]
    assert asked.shares[asked.which[1]][:4] == pytest.approx(LEARNED.shares[0]), "the other row keeps its own"


def test_another_spread_is_agreed_anew():
    asked = changed_lead_times(LEARNED, BEFORE, terms([12.0, 2.0, 5.0], [3.0, 0.7, 2.0]))
    mean, sd = moments(asked.shares[asked.which])
    assert mean[[0, 2]] == pytest.approx([12.0, 5.0], abs=0.1)
    assert sd[[0, 2]] == pytest.approx([3.0, 2.0], abs=0.15)
    assert asked.never_of_rows().tolist() == [0.0, 0.1, 0.0]
    certain = changed_lead_times(LEARNED, BEFORE, terms([12.0, 2.0, 9.0], [0.0, 0.7, 0.0]))
    assert certain.varies.tolist() == [False, True, False]
