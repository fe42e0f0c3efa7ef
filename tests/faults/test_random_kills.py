"""Nights killed at any moment, without Prefect and with it."""

import numpy as np
import pytest

from scripts.faults.ground import night
from scripts.faults.kills import kill_again_and_again, random_moments
from scripts.faults.reader import Reader
from scripts.faults.verdict import judge

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(4))
def test_a_night_killed_three_times_at_any_moment_heals(ground, tmp_path, seed):
    shop = ground.shop(tmp_path / "shop")
    moments = random_moments(ground.events, np.random.default_rng(seed), 3)
    with Reader(shop.out) as reader:
        problems = kill_again_and_again(shop, moments)
        healed = night(shop)
    assert healed.code == 0, healed.said
    verdict = judge(str(moments), ground.expected, reader.half, shop.lake, shop.out, *problems)
    assert verdict.harmless, verdict


def test_a_night_killed_under_prefect_heals(undergone):
    verdict = undergone("killed under Prefect", "point:one region decided, the other not")
    assert verdict.harmless, verdict
