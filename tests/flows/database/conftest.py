"""A shop whose deliveries lie in a database."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from adbc_driver_postgresql import dbapi

TABLES = {
    "sales": "date, sku, fc, units",
    "stock": "date, sku, fc, on_hand",
    "locations": "fc, region, currency",
    "items": "sku, name, category, unit_cost, price",
    "supply": "sku, supplier, case_pack, holding_cost",
    "inbound": "sku, fc, units, expected_date, order_id",
    "plan": "date, sku, promo",
    "events": "date, event",
}


class ShopDatabase:
    """The database of a shop: its tables, and statements on them."""

    def __init__(self, server: Any) -> None:
        self.server = server

    def load(self, table: str, frame: pl.DataFrame) -> None:
        """Make a table of `frame`, or add its rows to the one there is."""
        dates = [name for name in frame.columns if name.endswith("date")]
        rows = frame.with_columns(pl.col(dates).cast(pl.Date))
        with dbapi.connect(self.server.url("shop")) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="create_append")
            connection.commit()

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        return list(self.server.execute(*statements, database="shop"))

    def frame(self, query: str) -> pl.DataFrame:
        with dbapi.connect(self.server.url("shop")) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return pl.DataFrame(pl.from_arrow(cursor.fetch_arrow_table()))


@pytest.fixture
def database(postgres: Any) -> ShopDatabase:
    return ShopDatabase(postgres)


@pytest.fixture
def move(database: ShopDatabase) -> Callable[..., None]:
    """Move tables of a shop from its files into the database, and let its config ask for them there; all tables, or those named."""

    def moved(shop: Any, *tables: str, **settings: str) -> None:
        for table in tables or TABLES:
            found = sorted(shop.inputs.glob(f"{table}.csv")) + sorted(shop.inputs.glob(f"{table}/*.csv"))
            for path in found:
                database.load(table, pl.read_csv(path, try_parse_dates=True, schema_overrides={"sku": pl.String}))
                path.unlink()
            more = settings.get(table, "")
            with shop.config.open("a") as config:
                config.write(f'\n[inputs.{table}]\nquery = "SELECT {TABLES[table]} FROM {table}"\n{more}\n')

    return moved


@pytest.fixture(scope="session")
def next_day() -> Callable[[Any], date]:
    """Deliver the sales and stock of Monday, 10 June."""

    def deliver(shop: Any) -> date:
        day = date(2024, 6, 10)
        shop.deliver_sales(day, since=day)
        shop.deliver_stock(day)
        return day

    return deliver
