"""Settings of the data room: where inputs come from, where history is kept, where runs are published."""

from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

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


class ExportsInput(Frozen):
    """How a marketplace's reports are read that a seller drops into one folder as downloaded."""

    path: str | None = Field(
        None, description="folder of the reports, one folder in it per seller or none; by default `<inputs.path>/exports`"
    )
    marketplace: str | None = Field(
        None, description='marketplace of reports that name none, by its sales channel, such as `"Amazon.com"`, or its country'
    )
    time_zone: str | None = Field(
        None, description="time zone that says to which day an order belongs, such as `Asia/Tokyo`; by default that of its marketplace"
    )
    orders_by: Literal["marketplace", "ship_country", "ship_state"] = Field(
        "marketplace", description="what makes the fc of an order: the marketplace whose pool serves it, or where it is shipped to"
    )
    fcs: dict[str, str] = Field(
        default_factory=dict,
        description='marketplace, country or state → fc, as in `{"Amazon.de" = "EU", "Amazon.fr" = "EU"}`; others are fcs themselves',
    )
    merchant_fulfilled: bool = Field(False, description="whether orders that the seller ships himself count as sales")
    pending: bool = Field(True, description="whether order lines that wait for payment count as sales")
    working_days: int = Field(30, ge=0, le=365, description="days until units of a shipment not yet sent are expected")
    shipped_days: int = Field(14, ge=0, le=365, description="days until units on their way are expected")
    arrived_days: int = Field(3, ge=0, le=365, description="days until units that are being received are expected")
    date_format: str | None = Field(None, description="strptime format of dates that could be read two ways")
    columns: dict[str, str] = Field(
        default_factory=dict, description='column names of the reports → English ones, as in `{"出品者SKU" = "sku"}`'
    )

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError('it is no time zone; write its IANA name, such as "America/Los_Angeles"')
        return name


class InputsSettings(Frozen):
    """Where the input tables are and how they are read."""

    path: str = Field(description="folder of the input tables")
    receiving_days: int = Field(
        0, ge=0, le=60, description="days from the dock to the shelf, added to expected, promised and received dates"
    )
    exports: ExportsInput = Field(ExportsInput(), description="how a marketplace's reports are read as downloaded")
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
