"""Scenarios: what is to be otherwise, and for which rows; read from a TOML file and checked like a config."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from flows.settings import ConfigError, read_toml, sentences
from models.settings import Frozen

BASE = "as it was"
"""Name of the run itself among its scenarios."""

REFERENCE = "docs/operations.md#what-if"

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]
"""One name, or several of which any will do."""


class Where(Frozen):
    """Which rows: those that match every key given; without a key all."""

    category: Names = Field((), description="of the item")
    subcategory: Names = Field((), description="of the item")
    sku: Names = Field((), description="item")
    fc: Names = Field((), description="fulfilment centre")
    region: Names = Field((), description="region")
    supplier: Names = Field((), description="who delivers the item there")
    abc: Names = Field((), description="class by margin, A, B or C")
    xyz: Names = Field((), description="class by steadiness of demand, X, Y or Z")


class Change(Frozen):
    """What is otherwise for the rows of `where`. Costs are money per unit, holding per unit and period."""

    where: Where = Field(Where(), description="which rows; all where it is left out")
    demand_times: float | None = Field(None, ge=0, le=100, description="factor on all demand")
    lead_time_days: float | None = Field(None, ge=0, le=730, description="days from order to first day on sale")
    lead_time_plus_days: float | None = Field(None, ge=-730, le=730, description="days more, or fewer, on its way")
    lead_time_sd: float | None = Field(None, ge=0, le=365, description="standard deviation of the lead time, days")
    review_days: int | None = Field(None, ge=1, le=366, description="days between two chances to order")
    service_level: float | None = Field(None, gt=0, lt=1, description="aim for this service, whatever the costs")
    shortage_cost: float | None = Field(None, ge=0, description="per unit of unmet demand")
    holding_cost: float | None = Field(None, ge=0, description="per unit left at the end of a period")
    unit_cost_times: float | None = Field(None, ge=0, le=100, description="factor on what a unit costs")
    case_pack: float | None = Field(None, gt=0, description="units per case")
    moq: float | None = Field(None, ge=0, description="least units per order line, or nothing")
    max_units: float | None = Field(None, ge=0, description="most units per order line")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, name) is None for name in Change.model_fields if name != "where"):
            raise ValueError("nothing is changed: give at least one of demand_times, lead_time_plus_days, service_level, …")
        return self


class Scenario(Frozen):
    """A world that is otherwise in one or more ways at once."""

    name: str = Field(min_length=1, max_length=80, description="what people call it")
    change: tuple[Change, ...] = Field(min_length=1, description="what is otherwise; later ones go on from earlier ones")


class Scenarios(Frozen):
    """What a file of scenarios holds."""

    scenario: tuple[Scenario, ...] = Field(min_length=1, max_length=50, description="each beside the run as it was, by itself")

    @model_validator(mode="after")
    def _have_names_of_their_own(self) -> Self:
        names = [BASE, *(scenario.name for scenario in self.scenario)]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"the name {twice[0]!r} is taken: give each scenario one of its own")
        return self


Selector = Literal["category", "subcategory", "sku", "fc", "region", "supplier", "abc", "xyz"]
SELECTORS: Sequence[Selector] = ("category", "subcategory", "sku", "fc", "region", "supplier", "abc", "xyz")


def known_keys() -> list[str]:
    """Return every key of a scenario file."""
    return [name for model in (Scenarios, Scenario, Change, Where) for name in model.model_fields]


def load_scenarios(path: Path) -> Scenarios:
    """Return the scenarios of a file.

    Raises
    ------
    ConfigError
        If it is missing or no TOML, a key is unknown, or a value does not fit.
    """
    content = read_toml(path, "scenario file", f"{REFERENCE} has one to start from")
    try:
        return Scenarios(**content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {sentences(error, known_keys(), REFERENCE)}") from error
