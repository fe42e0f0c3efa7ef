"""Which feature explains what: the explanation group of every column of a design matrix."""

from features.groups.group import ExplanationGroup
from features.groups.registry import GROUPS
from features.panel import Panel

PLACES: dict[str, ExplanationGroup] = {"at_origin": "level", "aligned": "season", "at_target": "season"}
"""The three places a feature group reads, with what its features explain there unless the group says otherwise."""


def explanation_groups(panel: Panel) -> dict[str, ExplanationGroup]:
    """Return the explanation group of every feature of the panel's design matrices, by the feature's name."""
    found: dict[str, ExplanationGroup] = {"horizon": "season"}
    for group in GROUPS:
        for place, usual in PLACES.items():
            found |= dict.fromkeys(getattr(group, place)(panel), group.explains or usual)
    return found
