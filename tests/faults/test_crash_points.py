"""The named moments: each is a function that is there, and nights killed at every one of them heal."""

import dataclasses

import pytest

from scripts.faults.crash_points import CRASH_POINTS, UnknownFunction, arm, resolve
from scripts.faults.ground import night
from scripts.faults.kills import chains, kill_again_and_again
from scripts.faults.reader import Reader
from scripts.faults.verdict import judge


@pytest.mark.parametrize("crash", CRASH_POINTS, ids=lambda crash: crash.moment)
def test_every_moment_is_a_function_that_is_there(crash):
    assert callable(resolve(crash.function)[2])


def test_moments_have_names_of_their_own():
    assert len({crash.moment for crash in CRASH_POINTS}) == len(CRASH_POINTS)


@pytest.mark.parametrize(
    "function", ["data.lake.delta:overwritten", "data.lake.deltas:overwrite", "data.workspace:Workspace.begun", "data.lake.delta:WRITER"]
)
def test_a_function_that_was_renamed_is_told(function):
    with pytest.raises(UnknownFunction, match=function):
        resolve(function)


def test_the_process_is_struck_at_the_call_that_is_meant(monkeypatch, tmp_path):
    owner, name, function = resolve("data.lake.delta:exists")
    monkeypatch.setattr(owner, name, function)  # put back afterwards
    seen = []
    crash = dataclasses.replace(CRASH_POINTS[0], function="data.lake.delta:exists", when="after", given="stock", call=2)
    arm(crash, lambda: seen.append("struck"))
    for table, struck in (("sales", 0), ("stock", 0), ("sales", 0), ("stock", 1), ("stock", 1)):
        assert getattr(owner, name)(tmp_path, table) is False
        assert len(seen) == struck


@pytest.mark.slow
@pytest.mark.parametrize("part", chains(), ids=str)
def test_a_night_killed_at_every_named_moment_heals(ground, tmp_path, part):
    """Killed at each moment of a part of the night in turn, started again every time, and at last left alone."""
    shop = ground.shop(tmp_path / "shop")
    with Reader(shop.out) as reader:
        problems = kill_again_and_again(shop, chains()[part])
        healed = night(shop)
    assert healed.code == 0, healed.said
    verdict = judge(part, ground.expected, reader.half, shop.lake, shop.out, *problems)
    assert verdict.harmless, verdict
    assert reader.looks > 20


def test_a_moment_that_does_not_come_is_told(ground, tmp_path):
    (problem,) = kill_again_and_again(ground.shop(tmp_path / "shop"), ["point:a run not yet written to the database"])
    assert problem == "point:a run not yet written to the database: the night was not killed but ended with 0"
