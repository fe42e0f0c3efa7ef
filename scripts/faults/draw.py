"""Which faults are undergone: all named ones, some of every kind of damage, and nights killed at random moments."""

import numpy as np

from scripts.faults import clock, damage, full_disk, kills, two_nights
from scripts.faults.matrix import Fault

EACH = 6
"""Most faults of a kind that has many alike."""


def draw(count: int, seed: int, events: int) -> list[Fault]:
    """Return `count` faults on a disk, the same for the same seed; `events` as of the undisturbed night."""
    generator = np.random.default_rng(seed)
    some = {
        "lake file": damage.LAKE_FILES,
        "model file": damage.MODEL_FILES,
        "pointer": damage.POINTERS,
        "full disk": full_disk.FREE,
        "wrong clock": tuple(clock.TIMES),
    }
    faults = [Fault("killed", moment) for moment in kills.named_moments()]
    faults += [Fault("two nights", moment) for moment in two_nights.MOMENTS]
    faults += [Fault("nights at once", "2 nights"), Fault("killed under Prefect", kills.random_moments(events, generator, 1)[0])]
    for kind, names in some.items():
        faults += [Fault(kind, str(name)) for name in generator.permutation(names)[:EACH]]
    faults += [Fault("killed", moment) for moment in kills.random_moments(events, generator, max(0, count - len(faults)))]
    chosen = generator.permutation(len(faults))[:count]
    return [faults[number] for number in chosen]
