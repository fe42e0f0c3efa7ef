"""Whether a row computed again is the row that was published; where it is not, which numbers differ, and what it can come from."""

from dataclasses import dataclass
from typing import Any

from data.published import RunPaths, changed_files, read_frame
from flows.stages.plan import model_signature
from flows.version import VERSION
from flows.why.recompute import Recomputed, Row
from models.contributions import GROUPS

ONLY_OF_THE_RUN = {"run_id"}
OF_THE_PREDECESSOR = {"previous_order_units", "change_reason"}

DIGITS = 9
"""Significant digits to which explanations agree; they are published unrounded."""


@dataclass(frozen=True)
class Difference:
    """A number that is not what was published. table: recommendations, forecasts or explanations; what: its column, and its date."""

    table: str
    what: str
    published: Any
    recomputed: Any


@dataclass(frozen=True)
class Check:
    """How many published numbers were compared, those that differ, and what that can come from, in sentences."""

    compared: int
    differences: list[Difference]
    causes: list[str]


def check(run: RunPaths, manifest: dict[str, Any], published: Row, again: Recomputed) -> Check:
    """Return the comparison of everything that a run published of an item, forecasts included, with what was computed again."""
    left_out = ONLY_OF_THE_RUN | (OF_THE_PREDECESSOR if again.predecessor_gone else set())
    names = [name for name in published if name not in left_out]
    differences = [
        Difference("recommendations", name, published[name], again.row[name]) for name in names if published[name] != again.row[name]
    ]
    forecasts, moved = _forecasts(run, again)
    parts, made_otherwise = _parts(run, again)
    differences += moved + made_otherwise
    causes = _causes(run, manifest, again) if differences else []
    return Check(len(names) + forecasts + parts, differences, causes)


def _forecasts(run: RunPaths, again: Recomputed) -> tuple[int, list[Difference]]:
    key = {"sku": again.row["sku"], "fc": again.row["fc"]}
    published = read_frame(run, "forecasts").filter(**key).sort("date")
    names = [name for name in again.forecasts.columns if name not in ("fc", "sku", "region", "date", "horizon")]
    both = published.select("date", *names).join(
        again.forecasts.select("date", *names), on="date", how="full", suffix="_again", coalesce=True
    )
    found = [
        Difference("forecasts", f"{name} of {row['date']}", row[name], row[f"{name}_again"])
        for row in both.sort("date").iter_rows(named=True)
        for name in names
        if row[name] != row[f"{name}_again"]
    ]
    return both.height * len(names), found


def _parts(run: RunPaths, again: Recomputed) -> tuple[int, list[Difference]]:
    published = read_frame(run, "explanations").filter(sku=again.row["sku"], fc=again.row["fc"])
    if published.is_empty():
        return 0, []
    row, names = published.row(0, named=True), ("mean", *GROUPS)
    scale = max(abs(row[name]) for name in names) or 1.0
    near = scale * 10.0**-DIGITS
    return len(names), [
        Difference("explanations", name, row[name], again.parts[name]) for name in names if abs(row[name] - again.parts[name]) > near
    ]


def _causes(run: RunPaths, manifest: dict[str, Any], again: Recomputed) -> list[str]:
    """Return what a difference can come from, what is known to be otherwise first."""
    causes = [f"the run's files were changed after it was published: {problem}" for problem in changed_files(run)]
    if manifest["code_version"] != VERSION:
        causes.append(f"the run was made by version {manifest['code_version']} of fillrate, this is {VERSION}")
    model = again.night.models.document(None, again.night.model_id)
    if model is not None and model["signature"] != model_signature(again.night.settings):
        causes.append("the code that forecasts and decides is not the code that the run was made by: check out the version it was made by")
    return causes or [
        "neither the code nor the run's files are known to have changed: libraries of other versions, another processor, or a table of the "
        f"lake at {again.night.settings.lake.path} that was changed by hand can be the reason"
    ]
