"""The regression guard: ratios of a fresh run held against those of the committed one."""

from collections.abc import Mapping
from typing import Any

TOLERANCES = {
    "seconds": 0.35,
    "processor_seconds": 0.2,
    "decision_seconds": 0.35,
    "over_lightgbm": 0.35,
    "peak_gb": 0.2,
    "wape": 0.02,
    "pinball": 0.02,
    "cost": 0.03,
}
"""How far a ratio may rise before it counts as a loss, as a share of the committed one.

Errors and costs hang on the data and the seeds alone, but libraries round differently from machine to machine. Memory moves with the
number of cores, and processor time with what else runs on them. Times of two processes differ by a quarter between runs of a machine
that others use too.
"""

Results = Mapping[str, Any]


def lost(fresh: Results, committed: Results) -> list[str]:
    """Return a line for each ratio that rose beyond its tolerance.

    Parameters
    ----------
    fresh, committed
        Results as bench_peers writes them.

    Raises
    ------
    ValueError
        If they are not of the same size, or the fresh run lacks a data set or a peer that the committed one has.
    """
    if fresh["series"] != committed["series"]:
        sizes = f"the committed results are of {_series(committed)}, these of {_series(fresh)}"
        raise ValueError(f"{sizes}: ratios change with size, so give the same --series")
    lines = []
    for data_set, before in committed["data_sets"].items():
        now = _inside(fresh["data_sets"], data_set, "data set")
        pairs = [("", {"over_lightgbm": now["over_lightgbm"]}, {"over_lightgbm": before["over_lightgbm"]})]
        pairs += [(f" to {peer}", _inside(now["ratios"], peer, f"peer of {data_set}"), kept) for peer, kept in before["ratios"].items()]
        for whom, new, old in pairs:
            risen = [(name, old[name], _inside(new, name, "ratio")) for name in old]
            lines += [
                f"{data_set}: {name}{whom} was {was:.3f} and is {is_now:.3f}, more than {TOLERANCES[name]:.0%} above"
                for name, was, is_now in risen
                if is_now > was * (1 + TOLERANCES[name])
            ]
    return lines


def _inside(found: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in found:
        raise ValueError(f"this run has no {what} {name}, which the committed results have: run all that they hold")
    return found[name]


def _series(results: Results) -> str:
    return f"{results['series']:,} series a data set at most" if results["series"] else "all series"
