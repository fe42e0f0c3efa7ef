"""Damaged files, a full disk, a wrong clock, two nights at once: each is told or mended, and the next night is as if nothing had been."""

import pytest

from scripts.faults.damage import LAKE_FILES, MODEL_FILES, POINTERS
from scripts.faults.draw import draw
from scripts.faults.matrix import KINDS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("lake file", "garbled rows of stock"),
        ("lake file", "emptied commit of deliveries"),
        ("model file", "cut short _shared/*/final-shallow.txt"),
        ("model file", "garbled north/*/model.json"),
        ("pointer", "latest.json cut short"),
        ("pointer", "latest dangling"),
        ("full disk", "16 kB free"),
        ("full disk", "450 kB free"),
        ("wrong clock", "before the last deliveries"),
        ("wrong clock", "500 days ahead"),
        ("two nights", "point:models judged and not held against those in use"),
    ],
)
def test_a_fault_does_no_harm(undergone, kind, name):
    verdict = undergone(kind, name)
    assert verdict.harmless, verdict


def test_faults_are_drawn_of_every_kind_and_the_same_for_the_same_seed():
    drawn = draw(120, seed=3, events=1_000)
    assert len(drawn) == 120
    assert drawn == draw(120, seed=3, events=1_000)
    assert drawn != draw(120, seed=4, events=1_000)
    assert {fault.kind for fault in drawn} == KINDS.keys()
    names = {"lake file": LAKE_FILES, "model file": MODEL_FILES, "pointer": POINTERS}
    assert all(fault.name in names[fault.kind] for fault in drawn if fault.kind in names)
