"""Settings of the data room: where inputs come from, where history is kept, where runs are published."""

import re
from string import Formatter
from typing import Annotated, Literal, Self, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

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
    "marketplace_recommendations",
    "overrides",
]
Delivery = Literal["whole_days", "changes"]
BY_WATERMARK = ("sales", "availability", "stock", "returns", "marketplace_recommendations", "plan", "events", "drivers")
"""Tables with dates, of whose query a night need read only the days that changed."""


class Frozen(BaseModel):
    """Base of every settings model: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_location(path: str) -> str:
    if "://" in path and not path.startswith("s3://"):
        raise ValueError("neither a folder nor an address in an object store, such as s3://bucket/folder")
    if path.startswith("s3://") and ("@" in path.split("/")[2] or not path.split("/")[2]):
        raise ValueError("write s3://bucket/folder; the keys of an object store stand in the environment (AWS_ACCESS_KEY_ID, …)")
    return path


Location = Annotated[str, AfterValidator(_is_location)]
"""A folder or file on disk, or an address in an object store."""


class TableInput(Frozen):
    """How one input table is read."""

    path: Location | None = Field(
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
    query: str | None = Field(
        None, min_length=1, description="SQL query that gives the table, instead of files; the environment says of which database"
    )
    watermark: str | None = Field(
        None, min_length=1, description="column of the query that says when a row was last changed: later nights read the days that changed"
    )
    overlap_days: int = Field(
        3, ge=0, le=365, description="days by which a reading goes back behind the newest watermark, for rows that were committed late"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.query is not None and (self.path is not None or self.sheet is not None):
            raise ValueError("it is read from a query or from files: take out query, or path and sheet")
        if self.watermark is not None and self.query is None:
            raise ValueError("watermark names a column of a query, and there is no query: add it, or take watermark out")
        return self


class DriversInput(TableInput):
    """How the drivers table is read."""

    known_ahead: tuple[str, ...] = Field(
        (), description="names of drivers whose future values are known or forecast ahead, such as temperature"
    )


class ExportsInput(Frozen):
    """How a marketplace's reports are read that a seller drops into one folder as downloaded."""

    path: Location | None = Field(
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

    path: Location = Field(description="folder of the input tables, or `s3://…`")
    receiving_days: int = Field(
        0, ge=0, le=60, description="days from the dock to the shelf, added to expected, promised and received dates"
    )
    query_timeout_seconds: int = Field(600, ge=1, le=86_400, description="seconds after which a query is given up")
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
    marketplace_recommendations: TableInput = Field(TableInput(), description="how marketplace_recommendations is read")
    overrides: TableInput = Field(TableInput(), description="how overrides is read")

    @model_validator(mode="after")
    def _watermarks_fit(self) -> Self:
        for name in get_args(TableName):
            if self.table(name).watermark is not None and name not in BY_WATERMARK:
                raise ValueError(
                    f"{name} is kept as one state, so its query is read in full every night: take out [inputs.{name}] watermark; "
                    f"tables that can have one are {', '.join(BY_WATERMARK)}"
                )
        return self

    def table(self, name: str) -> TableInput:
        """Return how the table `name` is read."""
        settings = getattr(self, name)
        if not isinstance(settings, TableInput):
            raise KeyError(f"{name!r} is not an input table")
        return settings


class LakeSettings(Frozen):
    """Where history and models are kept."""

    path: Location = Field(description="folder of the lake, or `s3://…`")
    keep_runs_days: int = Field(400, ge=1, description="days a run can be rerun; older ones refuse with a message")
    compact_every_days: int = Field(7, ge=1, description="days between two compactions of the tables")
    lock_seconds: float = Field(
        120, ge=1, description="seconds without a sign of life after which the lock of a killed run lapses, in an object store"
    )


class OutputSettings(Frozen):
    """Where runs are published."""

    path: Location = Field(description="folder of the published runs, or `s3://…`")
    keep_runs_days: int | None = Field(
        None,
        ge=1,
        description="days after which a night removes a published run, unless it is still needed; without it none is ever removed",
    )
    database_schema: str | None = Field(
        None,
        max_length=63,
        description="schema of a PostgreSQL database into whose tables published nights are written as well; the environment says of which",
    )

    @field_validator("database_schema")
    @classmethod
    def _is_a_schema(cls, name: str | None) -> str | None:
        if name and (name.startswith("pg_") or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)):
            raise ValueError('it is no name of a schema: use letters, digits and underscores, not beginning with pg_, such as "fillrate"')
        return name or None


ORDER_FIELDS = (
    "run_id",
    "as_of",
    "supplier",
    "region",
    "fc",
    "sku",
    "name",
    "units",
    "cases",
    "case_pack",
    "unit_cost",
    "value",
    "order_date",
    "arrival_date",
    "reason",
    "author",
)
"""What a column of an order file can hold."""
FILE_NAME_FIELDS = ("supplier", "run_id", "as_of")
_DEFAULT_COLUMNS = ("run_id", "supplier", "fc", "sku", "name", "units", "order_date", "arrival_date", "value")


class OrdersSettings(Frozen):
    """The order files that `fillrate apply` writes, one per supplier, as their system wants them."""

    file_name: str = Field(
        "order_{supplier}_{run_id}.csv",
        max_length=100,
        description="name of a file, with {supplier} and {run_id}, and {as_of} if wanted; never a folder",
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="what stands between two columns; any single character")
    decimal_comma: bool = Field(False, description="whether numbers are written as 1,5; needs another delimiter than the comma")
    columns: dict[str, str] = Field(
        default_factory=lambda: {name: name for name in _DEFAULT_COLUMNS},
        min_length=1,
        description="columns of the files, in this order → what they hold: "
        + ", ".join(ORDER_FIELDS)
        + ', or a text with such names in braces, as in `{Item = "sku", Qty = "units", "PO number" = "{run_id}-{fc}"}`',
    )

    @field_validator("file_name")
    @classmethod
    def _names_a_file(cls, pattern: str) -> str:
        named = _fields(pattern, FILE_NAME_FIELDS)
        if missing := {"supplier", "run_id"} - named:
            raise ValueError(
                f"it lacks {' and '.join(f'{{{name}}}' for name in sorted(missing))}: files of two suppliers or runs would be one"
            )
        if any(letter in '/\\:*?"<>|' or ord(letter) < 32 for letter in pattern) or pattern.startswith("."):
            raise ValueError('it must name a file, without / \\ : * ? " < > | and not beginning with a dot')
        return pattern

    @field_validator("columns")
    @classmethod
    def _hold_known_fields(cls, columns: dict[str, str]) -> dict[str, str]:
        for holds in columns.values():
            if holds not in ORDER_FIELDS and not _fields(holds, ORDER_FIELDS):
                raise ValueError(f"{holds!r} is none of {', '.join(ORDER_FIELDS)}, and no text with such names in braces")
        return columns

    @model_validator(mode="after")
    def _numbers_can_be_told_apart(self) -> Self:
        if self.decimal_comma and self.delimiter == ",":
            raise ValueError('with decimal_comma the delimiter cannot be a comma: set delimiter = ";"')
        if self.delimiter in '"\r\n' or not self.delimiter.isascii():
            raise ValueError(f"delimiter {self.delimiter!r} cannot stand between columns: use , ; | or a tab")
        return self


def _fields(text: str, known: tuple[str, ...]) -> set[str]:
    """Return the names in braces of a text.

    Raises
    ------
    ValueError
        If a brace is not closed, or a name is not known.
    """
    named = set()
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if name not in known or spec or conversion:
            raise ValueError(f"{{{name}}} of {text!r} is none of {', '.join(known)}")
        named.add(name)
    return named
