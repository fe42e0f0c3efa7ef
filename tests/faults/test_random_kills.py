"""Nights killed at any moment, without Prefect and with it."""

import numpy as np
import pytest

from scripts.faults.kills import random_moments

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", range(12))
def test_a_night_killed_at_any_moment_heals(undergone, ground, number):
    (moment,) = random_moments(ground.events, np.random.default_rng(number), 1)
    verdict = undergone("killed", moment)
    assert verdict.harmless, verdict


def test_a_night_killed_under_prefect_heals(undergone, ground):
    verdict = undergone("killed under Prefect", "point:one region decided, the other not")
    assert verdict.harmless, verdict
