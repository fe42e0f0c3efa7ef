"""Settings of the data room: where inputs come from, where history is kept, where runs are published."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TableName = Literal[
    "sales",
    "locations",
    "items",
    "availability",
    "stock",
    "inbound",
    "supply",
    "receipts",
    "events",
    "plan",
    "drivers",
    "returns",
    "overrides",
]
Delivery = Literal["whole_days", "changes"]


class Frozen(BaseModel):
    """Base of every settings model: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TableInput(Frozen):
    """How one input table is read."""

    path: str | None = Field(
        None, description="file or folder of this table; by default `<inputs.path>/<table>.*` and `<inputs.path>/<table>/`"
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description='column names of the files → names of the contract, as in `{dt = "date"}`'
    )
    delivery: Delivery | None = Field(
        None,
        description="whether a later file replaces the fc × days it contains (`whole_days`, the default) or is merged by key (`changes`)",
    )
    sheet: str | None = Field(None, description="sheet of an Excel workbook; by default the one named after the table, else the first")
    date_format: str | None = Field(None, description='strptime format of the dates, such as `"%d/%m/%Y"`, where the files leave it open')
    decimal_comma: bool | None = Field(None, description="whether `1,5` is one and a half; found out from the column when not given")


class DriversInput(TableInput):
    """How the drivers table is read."""

    known_ahead: tuple[str, ...] = Field(
        (), description="names of drivers whose future values are known or forecast ahead, such as temperature"
    )


class InputsSettings(Frozen):
    """Where the input tables are and how they are read."""

    path: str = Field(description="folder of the input tables")
    receiving_days: int = Field(
        0, ge=0, le=60, description="days from the dock to the shelf, added to expected, promised and received dates"
    )
    sales: TableInput = Field(TableInput(), description="how sales is read")
    locations: TableInput = Field(TableInput(), description="how locations is read")
    items: TableInput = Field(TableInput(), description="how items is read")
    availability: TableInput = Field(TableInput(), description="how availability is read")
    stock: TableInput = Field(TableInput(), description="how stock is read")
    inbound: TableInput = Field(TableInput(), description="how inbound is read")
    supply: TableInput = Field(TableInput(), description="how supply is read")
    receipts: TableInput = Field(TableInput(), description="how receipts is read")
    events: TableInput = Field(TableInput(), description="how events is read")
    plan: TableInput = Field(TableInput(), description="how plan is read")
    drivers: DriversInput = Field(DriversInput(), description="how drivers is read")
    returns: TableInput = Field(TableInput(), description="how returns is read")
    overrides: TableInput = Field(TableInput(), description="how overrides is read")

    def table(self, name: str) -> TableInput:
        """Return how the table `name` is read."""
        settings = getattr(self, name)
        if not isinstance(settings, TableInput):
            raise KeyError(f"{name!r} is not an input table")
        return settings


class LakeSettings(Frozen):
    """Where history and models are kept."""

    path: str = Field(description="folder of the lake")
    keep_runs_days: int = Field(400, ge=1, description="days a run can be rerun; older ones refuse with a message")
    compact_every_days: int = Field(7, ge=1, description="days between two compactions of the tables")


class OutputSettings(Frozen):
    """Where runs are published."""

    path: str = Field(description="folder of the published runs")
