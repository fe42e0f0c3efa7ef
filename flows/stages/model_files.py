"""How trained models are laid out in the model store, and read back."""

from typing import Any

import polars as pl

from features.samples import WINDOWS
from flows.stages.night import Night
from flows.stages.plan import model_signature
from models.calendar_member import CalendarFactors, from_table
from models.drift import Drift
from models.forecaster import Forecaster, SharedTrees
from models.gateway import TreeModel
from models.library_form import from_parts, to_document, to_frame
from models.members import MEMBERS
from models.predictive import ErrorLibrary
from models.training import RegionOutcome, SharedModels

TREES, JUDGE, BLOCKS, ACCURACY, CALENDAR = "trees.txt", "judge.txt", "errors", "accuracy", "calendar"


def save_shared(
    night: Night, shared: SharedModels, *, window: int, library: ErrorLibrary | None = None, accuracy: pl.DataFrame | None = None
) -> None:
    """Save what all regions share. Only a set that was judged (`accuracy` given) and then accepted is reused on later nights.

    window: periods of a held-back window, of which the judge has seen none of the newest `features.samples.WINDOWS`.
    """
    document: dict[str, Any] = {
        "as_of": night.as_of.isoformat(),
        "lake_versions": night.versions,
        "signature": model_signature(night.settings),
        "judged": accuracy is not None,
        "accepted": False,
        "held_back_window": window,
        "final": _shared_form(shared.final),
    }
    texts, tables = _shared_texts("final", shared.final), {}
    if shared.judge is not None:
        document["judge"] = _shared_form(shared.judge)
        texts |= _shared_texts("judge", shared.judge)
    if library is not None:
        document["library"] = to_document(library)
        tables[BLOCKS] = to_frame(library)
    if accuracy is not None:
        tables[ACCURACY] = accuracy
    night.models.save(None, night.model_id, document, texts=texts, tables=tables)


def accept(night: Night) -> None:
    """Let later nights use the models that this one has trained."""
    night.models.note(None, night.model_id, accepted=True)


def save_region(night: Night, region: str, outcome: RegionOutcome, calendar: pl.DataFrame | None) -> None:
    """Save a region's own trees and those that judge, or that it has none, and its calendar factors where it has any.

    calendar: as `models.calendar_member.to_table` makes them.
    """
    own, judge = outcome.own, outcome.judge
    document = {
        "as_of": night.as_of.isoformat(),
        "region": region,
        "trees": _form(own) if own else None,
        "judge": _form(judge) if judge else None,
        "calendar": calendar is not None,
    }
    tables = {} if calendar is None else {CALENDAR: calendar}
    texts = {name: model.text for name, model in ((TREES, own), (JUDGE, judge)) if model}
    night.models.save(region, night.model_id, document, texts=texts, tables=tables)


def trained_on(night: Night) -> dict[str, Any] | None:
    """Return the day and the lake versions that the run's model was trained on, None where no trees could be trained."""
    document = night.models.document(None, night.model_id)
    return None if document is None else {"as_of": document["as_of"], "lake_versions": document["lake_versions"]}


def shared_models(night: Night) -> SharedModels:
    """Return what all regions share: the trees for forecasts, and those that never saw the held-back windows."""
    return SharedModels(_shared(night, "judge") if "judge" in _document(night) else None, _shared(night, "final"))


def forecaster_of(night: Night, region: str) -> Forecaster | None:
    """Return a region's forecaster; None where no trees could be trained, the shared trees alone for a region new since."""
    if night.models.document(None, night.model_id) is None:
        return None
    own = night.models.document(region, night.model_id)
    trees = _model(own, "trees", night.models.text(region, night.model_id, TREES)) if own and own["trees"] else None
    return Forecaster(_shared(night, "final"), trees)


def judge_of(night: Night, region: str) -> Forecaster | None:
    """Return a region's forecaster that has seen nothing of the held-back windows; None where history was too short to hold any back."""
    if "judge" not in _document(night):
        return None
    own = night.models.document(region, night.model_id)
    trees = _model(own, "judge", night.models.text(region, night.model_id, JUDGE)) if own and own["judge"] else None
    return Forecaster(_shared(night, "judge"), trees)


def unseen_periods(night: Night) -> int:
    """Return the periods before the day a model was trained on of which its judge has seen nothing."""
    return WINDOWS * int(_document(night)["held_back_window"])


def calendar_of(night: Night, region: str) -> CalendarFactors | None:
    """Return a region's calendar factors; None where history did not show every season twice, or for a region new since."""
    document = night.models.document(region, night.model_id)
    if not document or not document["calendar"]:
        return None
    return from_table(night.models.table(region, night.model_id, CALENDAR))


def library_of(night: Night) -> ErrorLibrary | None:
    """Return the errors measured on held-back windows, None where there were none."""
    document = night.models.document(None, night.model_id)
    if document is None or "library" not in document:
        return None
    return from_parts(night.models.table(None, night.model_id, BLOCKS), document["library"])


def accuracy_of(night: Night) -> pl.DataFrame | None:
    """Return the accuracy measured when the model was trained."""
    document = night.models.document(None, night.model_id)
    return night.models.table(None, night.model_id, ACCURACY) if document and document["judged"] else None


def _document(night: Night) -> dict[str, Any]:
    document = night.models.document(None, night.model_id)
    assert document is not None, f"model {night.model_id} was not saved"
    return document


def _form(model: TreeModel) -> dict[str, Any]:
    return {"features": list(model.features), "count": model.trees, "fills": list(model.fills)}


def _model(document: dict[str, Any], part: str, text: str) -> TreeModel:
    form = document[part]
    return TreeModel(text, tuple(form["features"]), int(form["count"]), tuple(form["fills"]))


def _shared(night: Night, which: str) -> SharedTrees:
    document = _document(night)[which]
    texts = (night.models.text(None, night.model_id, _text_name(which, member.name)) for member in MEMBERS)
    members = tuple(_model(document["members"], member.name, text) for member, text in zip(MEMBERS, texts, strict=True))
    return SharedTrees(members, Drift(tuple(document["drift"]["pooled"]), int(document["drift"]["season"])))


def _shared_form(shared: SharedTrees) -> dict[str, Any]:
    return {
        "members": {member.name: _form(model) for member, model in zip(MEMBERS, shared.members, strict=True)},
        "drift": {"pooled": list(shared.drift.pooled), "season": shared.drift.season},
    }


def _shared_texts(which: str, shared: SharedTrees) -> dict[str, str]:
    return {_text_name(which, member.name): model.text for member, model in zip(MEMBERS, shared.members, strict=True)}


def _text_name(which: str, member: str) -> str:
    return f"{which}-{member}.txt"
