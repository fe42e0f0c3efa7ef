"""Nights whose tables are asked of a database: the same numbers as from files, and no word of the password anywhere."""

import shutil
from datetime import date

import polars as pl
import pytest

from data.lake import Lake
from flows.settings import ConfigError


@pytest.fixture
def lake_of():
    return lambda shop: Lake(shop.settings(f'lake.path="{shop.lake}"').lake)


def test_a_night_from_queries_is_that_from_files(new_shop, ran, move, same, lake_of):
    queries = new_shop().open()
    move(queries)
    assert list(queries.inputs.rglob("*.csv")) == []
    assert same(queries.night(), ran.latest())
    for table in ("sales", "stock", "items", "inbound", "plan", "events"):
        ours, theirs = (lake_of(shop).read(table).drop("source_file", "source_line") for shop in (queries, ran))
        assert ours.equals(theirs), table


def test_a_lake_goes_on_where_tables_move_from_files_to_queries(first_night, shop_at, tmp_path, move, same, next_day, database, lake_of):
    files, mixed = (shop_at(shutil.copytree(first_night, tmp_path / name, symlinks=True)) for name in ("files", "mixed"))
    move(mixed, "sales", "items")
    before = lake_of(mixed).versions()["sales"]
    assert mixed.call("ingest") == 0
    assert lake_of(mixed).versions()["sales"] == before
    for shop in (files, mixed):
        next_day(shop)
    delivered = mixed.inputs / "sales" / "until-2024-06-10.csv"
    database.load("sales", pl.read_csv(delivered, try_parse_dates=True, schema_overrides={"sku": pl.String}))
    delivered.unlink()
    second = mixed.night()
    assert second.as_of == date(2024, 6, 10)
    assert same(files.night(), second)


def test_the_same_rows_change_no_table(shop, move, database, lake_of):
    move(shop)
    assert shop.call("ingest") == 0
    before = lake_of(shop).versions()
    assert set(before) > {"sales", "deliveries"}
    database.execute("CREATE TABLE turned AS SELECT * FROM sales ORDER BY random()", "DROP TABLE sales")
    database.execute("ALTER TABLE turned RENAME TO sales")
    assert shop.call("ingest") == 0
    assert lake_of(shop).versions() == before


def test_a_table_in_one_state_is_what_its_query_gives_now(shop, move, database, lake_of):
    move(shop, "inbound", "locations", "items")
    assert shop.call("ingest") == 0
    database.execute("UPDATE inbound SET units = 60", "DELETE FROM items WHERE sku = '005'")
    assert shop.call("ingest") == 0
    assert lake_of(shop).read("inbound")["units"].to_list() == [60.0]
    assert "005" not in lake_of(shop).read("items")["sku"].to_list()
    database.execute("DELETE FROM inbound")
    assert shop.call("ingest") == 0
    assert lake_of(shop).read("inbound").is_empty()


def test_a_rerun_needs_no_database(ran, move, same, postgres, database, capsys):
    move(ran, "sales")
    database.execute("INSERT INTO sales SELECT '2024-06-10', sku, fc, units FROM sales WHERE date = '2024-06-03'")
    night = ran.night()
    assert night.as_of == date(2024, 6, 10)
    postgres.execute("ALTER DATABASE shop RENAME TO gone")
    try:
        assert ran.fillrate("rerun", night.run_id, "--out", ran.out, "--json") == 0
        assert same(night, ran.runs()[0])
        assert ran.call("run", "--direct") == 1
        assert "query of sales: the database" in capsys.readouterr().err
    finally:
        postgres.execute("ALTER DATABASE gone RENAME TO shop")


def test_check_reads_queries_and_says_what_is_wrong(shop, move, database, capsys):
    move(shop, "sales", "items")
    assert shop.call("check") == 0
    database.execute("ALTER TABLE items RENAME TO products")
    assert shop.call("check") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "query of items: the database" in said
    assert 'relation "items" does not exist. Mend [inputs.items] query' in said
    assert not shop.lake.exists()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('[inputs.items]\nquery = "SELECT 1"\nwatermark = "changed"', "items is kept as one state"),
        ('[inputs.sales]\nwatermark = "changed"', "watermark names a column of a query, and there is no query"),
        ('[inputs.sales]\nquery = "SELECT 1"\npath = "sales.csv"', "take out query, or path and sheet"),
        ('[inputs.sales]\nqurey = "SELECT 1"', "did you mean 'inputs.sales.query'?"),
    ],
)
def test_settings_that_do_not_go_together(shop, config, said):
    with shop.config.open("a") as file:
        file.write(f"\n{config}\n")
    with pytest.raises(ConfigError, match=r"config\.toml") as caught:
        shop.settings()
    assert said in str(caught.value)


def test_the_password_is_nowhere(ran, move, postgres, fillrate):
    """Neither in what a night writes and says, nor where the server lets nobody in, nor in a traceback."""
    move(ran, "sales", "stock")
    ran.config.write_text(ran.config.read_text().replace('path = "out"', 'path = "out"\ndatabase_schema = "fillrate"'))
    night = fillrate(ran, "run", "config.toml", "--direct", "--debug")
    assert night.code == 0, night.err
    wrong = fillrate(ran, "ingest", "config.toml", "--debug", FILLRATE_DATABASE_URL=postgres.url("shop", password="s3cret"))
    assert "it does not accept the user and password" in wrong.err
    bare = fillrate(ran, "ingest", "config.toml", FILLRATE_DATABASE_URL=f"postgresql://me:{postgres.password}@s3cret@host/shop")
    assert "query of sales: FILLRATE_DATABASE_URL is no well-formed address" in bare.err
    said = "".join(stream for ended in (night, wrong, bare) for stream in (ended.out, ended.err))
    files = [path for path in ran.root.rglob("*") if path.is_file()]
    assert any("database_schema" in path.read_text() for path in files if path.name == "manifest.json")
    for secret in (postgres.password, "s3cret"):
        assert secret not in said
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
    for run in ran.runs():
        for table in run.path.glob("*.parquet"):
            assert postgres.password not in pl.read_parquet(table).write_ndjson()
    rows = postgres.execute("SELECT r::text FROM fillrate.runs r UNION ALL SELECT m::text FROM fillrate.metrics m", database="shop")
    assert rows
    assert postgres.password not in str(rows)
