"""Published nights in a database: whole or not at all, the same when written again, the newest one told apart, never in the night's way."""

import json
import time
from datetime import date

import polars as pl
import pytest

from data.database.addresses import output_address
from data.database.connection import transaction
from data.database.run_tables import KEYS
from data.database.sink import write_run
from data.published import read_frame, read_manifest
from flows.stages.database import Written, write_runs

TABLES = [table for table in KEYS if table not in ("runs", "marketplace_recommendations")]


@pytest.fixture
def writing(ran, database):
    """A shop with one night published and none written, whose config asks for the schema `fillrate` from now on."""
    ran.config.write_text(ran.config.read_text().replace('path = "out"', 'path = "out"\ndatabase_schema = "fillrate"'))
    return ran


def counts(database, name="fillrate"):
    return {table: database.execute(f"SELECT count(*) FROM {name}.{table}")[0][0] for table in KEYS}


def settings_of(shop):
    return shop.settings(f'output.path="{shop.out}"')


def test_a_night_stands_in_the_database_as_it_does_in_its_files(writing, database, next_day, capsys):
    next_day(writing)
    run = writing.night()
    assert json.loads(capsys.readouterr().out)["database"] == {"schema": "fillrate", "runs": [run.run_id], "problem": None}
    for table in TABLES:
        published = read_frame(run, table)
        order = "fc, sku, date" if table == "forecasts" else "position"
        rows = database.frame(f"SELECT * FROM fillrate.{table} ORDER BY {order}")
        expected = published.sort("fc", "sku", "date") if table == "forecasts" else published
        expected = expected.with_columns(pl.col(pl.Int32).cast(pl.Int64))
        assert rows.select(expected.columns).equals(expected), table
        assert rows["run_id"].unique().to_list() == ([run.run_id] if rows.height else [])
        assert database.frame(f"SELECT * FROM fillrate.latest_{table}").height == rows.height
    (row,) = database.frame("SELECT * FROM fillrate.latest_run").to_dicts()
    manifest = read_manifest(run)
    assert row["run_id"] == run.run_id
    assert row["as_of"] == date(2024, 6, 10)
    assert row["regions"] == manifest["regions"]
    assert row["order_value"] == manifest["headline"]["order_value"]
    reasons = database.execute("SELECT count(*) FROM fillrate.recommendations WHERE 'below_order_up_to' = ANY (reasons)")[0][0]
    assert reasons == read_frame(run, "recommendations").filter(pl.col("reasons").list.contains("below_order_up_to")).height > 0


def test_what_a_marketplace_recommends_stands_beside_the_orders(writing, database, next_day):
    day = next_day(writing)
    item = read_frame(writing.latest(), "recommendations").row(0, named=True)
    told = {"date": day, "sku": item["sku"], "fc": item["fc"], "recommended_units": 24.0}
    pl.DataFrame([told]).write_csv(writing.inputs / "marketplace_recommendations.csv")
    run = writing.night()
    rows = database.execute("SELECT run_id, fc, sku, report_date, recommended_units FROM fillrate.latest_marketplace_recommendations")
    assert rows == [(run.run_id, item["fc"], item["sku"], day, 24.0)]


def test_check_says_that_the_database_cannot_be_written_to(writing, fillrate, database):
    assert "Nothing to mend" in fillrate(writing, "check", "config.toml").out
    ended = fillrate(writing, "check", "config.toml", FILLRATE_OUTPUT_DATABASE_URL="postgresql://127.0.0.1:1/shop")
    assert ended.code == 0
    assert "127.0.0.1:1/shop: it does not answer" in ended.out.replace("\n", " ")
    assert "A night can run." in ended.out
    assert "Nothing to mend" not in ended.out


def test_a_run_written_again_leaves_the_same_rows(writing, database):
    run = writing.latest()
    write_run(output_address(), "fillrate", run)
    before = counts(database)
    contents = database.frame("SELECT * FROM fillrate.recommendations ORDER BY position")
    write_run(output_address(), "fillrate", run)
    assert counts(database) == before
    assert database.frame("SELECT * FROM fillrate.recommendations ORDER BY position").equals(contents)


def test_a_run_whose_writing_is_cut_off_is_not_there_at_all(writing, database):
    """The last table refuses its rows, when all others have taken theirs."""
    run = writing.latest()
    write_run(output_address(), "fillrate", run)
    database.execute("DELETE FROM fillrate.forecasts", "UPDATE fillrate.runs SET name = 'before'")
    database.execute("ALTER TABLE fillrate.metrics ADD CONSTRAINT no CHECK (position < 2) NOT VALID")
    before = counts(database)
    written = write_runs(settings_of(writing), [run.run_id])
    assert written.runs == ()
    assert "violates check constraint" in written.problem
    assert counts(database) == before
    assert database.execute("SELECT name FROM fillrate.runs") == [("before",)]


def test_a_process_killed_while_it_writes_leaves_nothing(writing, database, begin):
    """It waits for a lock on the last table, with the rows of the others copied, when it is killed."""
    write_run(output_address(), "fillrate", writing.latest())
    for table in KEYS:
        database.execute(f"TRUNCATE fillrate.{table}")
    with transaction(output_address(), seconds=60) as cursor:
        cursor.execute("LOCK TABLE fillrate.metrics IN ACCESS EXCLUSIVE MODE")
        process = begin(writing, "database", "config.toml", "--run", writing.latest().run_id)
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%metrics%'"
        while process.poll() is None and database.execute(blocked) != [(1,)]:
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate()
    assert set(counts(database).values()) == {0}


def test_a_database_that_is_down_harms_no_night_and_gets_it_with_the_next(writing, database, postgres, next_day, capsys, monkeypatch):
    next_day(writing)
    monkeypatch.setenv("FILLRATE_OUTPUT_DATABASE_URL", postgres.url("shop").replace(f":{postgres.port}/", ":1/"))
    assert writing.call("run", "--direct") == 0
    missed = writing.latest()
    assert missed.as_of == date(2024, 6, 10)
    said = capsys.readouterr()
    assert "not written to the database: the database 127.0.0.1:1/shop: it does not answer" in said.err
    assert "not written to schema fillrate of the database" in said.out
    assert "the next night writes to the database what it lacks" in " ".join(said.out.split())
    assert writing.call("database") == 1

    monkeypatch.delenv("FILLRATE_OUTPUT_DATABASE_URL")
    second = writing.night()
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["database"]["runs"] == [missed.run_id, second.run_id]
    assert database.execute("SELECT run_id FROM fillrate.runs ORDER BY run_id") == [(missed.run_id,), (second.run_id,)]
    assert writing.call("database") == 0
    assert "nothing, it has every night" in capsys.readouterr().out


def test_a_run_that_cannot_be_read_keeps_no_later_one_from_the_database(writing, database, next_day, monkeypatch, postgres):
    next_day(writing)
    monkeypatch.setenv("FILLRATE_OUTPUT_DATABASE_URL", postgres.url("shop").replace(f":{postgres.port}/", ":1/"))
    damaged = writing.night()
    (damaged.path / "alerts.parquet").write_bytes(b"PAR1")
    good = writing.night()
    monkeypatch.delenv("FILLRATE_OUTPUT_DATABASE_URL")
    written = write_runs(settings_of(writing))
    assert written.runs == (good.run_id,)
    assert written.problem.startswith(f"run {damaged.run_id}: run {damaged.run_id} has no readable table alerts")
    assert database.execute("SELECT run_id FROM fillrate.runs") == [(good.run_id,)]


def test_what_came_before_and_reruns_and_partial_runs_are_not_written(writing, database, next_day):
    """Only whole nights that were asked to; a rerun written by hand does not become the latest."""
    next_day(writing)
    night = writing.night()
    writing.night("--region", "north")
    assert writing.fillrate("rerun", night.run_id, "--out", writing.out) == 0
    rerun = writing.runs()[0]
    assert write_runs(settings_of(writing)) == Written("fillrate", ())
    assert database.execute("SELECT run_id FROM fillrate.runs") == [(night.run_id,)]
    write_runs(settings_of(writing), [rerun.run_id, writing.runs()[-1].run_id])
    assert database.execute("SELECT count(*) FROM fillrate.runs") == [(3,)]
    assert database.execute("SELECT run_id FROM fillrate.latest_run") == [(night.run_id,)]
    assert writing.latest().run_id == night.run_id


def test_columns_that_are_new_are_added_and_views_have_them(writing, database):
    run = writing.latest()
    write_run(output_address(), "fillrate", run)
    database.execute(
        "CREATE VIEW fillrate.of_the_shop AS SELECT sku, order_units FROM fillrate.latest_recommendations",
        "DROP VIEW fillrate.latest_alerts",
        "ALTER TABLE fillrate.alerts DROP COLUMN act_by",
        "DROP VIEW fillrate.latest_forecasts",
        "ALTER TABLE fillrate.forecasts ADD COLUMN of_theirs text",
    )
    write_run(output_address(), "fillrate", run)
    assert "act_by" in database.frame("SELECT * FROM fillrate.latest_alerts").columns
    assert database.frame("SELECT * FROM fillrate.latest_forecasts").height == read_frame(run, "forecasts").height
    assert database.frame("SELECT * FROM fillrate.of_the_shop").height == read_frame(run, "recommendations").height


def test_a_column_of_another_type_is_told(writing, database):
    run = writing.latest()
    write_run(output_address(), "fillrate", run)
    database.execute("DROP VIEW fillrate.latest_metrics", "ALTER TABLE fillrate.metrics ALTER value TYPE text")
    written = write_runs(settings_of(writing), [run.run_id])
    assert "column value of fillrate.metrics is of type text, and double precision was expected" in written.problem


def test_whoever_may_write_but_not_create_can_write(writing, database, postgres, monkeypatch):
    run = writing.latest()
    write_run(output_address(), "fillrate", run)
    before = counts(database)
    database.execute(
        "CREATE ROLE writer LOGIN PASSWORD 'w'",
        "GRANT USAGE ON SCHEMA fillrate TO writer",
        "GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA fillrate TO writer",
    )
    try:
        monkeypatch.setenv("FILLRATE_OUTPUT_DATABASE_URL", postgres.url("shop", user="writer", password="w"))
        assert write_runs(settings_of(writing), [run.run_id]) == Written("fillrate", (run.run_id,))
        assert counts(database) == before
        database.execute("REVOKE INSERT ON fillrate.alerts FROM writer")
        assert "permission denied for table alerts" in write_runs(settings_of(writing), [run.run_id]).problem
    finally:
        database.execute("DROP OWNED BY writer", "DROP ROLE writer")


def test_without_a_schema_there_is_no_database(ran, capsys, monkeypatch):
    monkeypatch.delenv("FILLRATE_DATABASE_URL", raising=False)
    assert write_runs(settings_of(ran)) is None
    assert ran.call("database") == 64
    assert "set output.database_schema" in capsys.readouterr().err
    assert ran.call("check", "--set", 'output.database_schema="pg_bad"') == 64
