"""Regions that fail and runs that are interrupted: what a reader sees is whole. Killed nights: tests/faults."""

import json
import signal

import polars as pl
import pytest

from data.published import changed_files, latest_run, read_manifest


def assert_nothing_half(shop):
    """Every run that a reader can find is whole, and the pointer names one of them."""
    for folder in (shop.out / "runs").glob("[!.]*"):
        assert (folder / "manifest.json").is_file(), f"{folder.name} is visible without a manifest"
    for run in shop.runs():
        assert changed_files(run) == []
    pointed = latest_run(shop.out)
    if pointed is not None:
        assert pointed in shop.runs()
        assert (shop.out / "latest").resolve().is_dir()


def assert_nothing_left(shop):
    """No staging folder, no workspace, no half-written file of a killed run is left."""
    assert list((shop.out / "runs").glob(".*")) == []
    assert [path for path in (shop.lake / "work").rglob("*") if path.is_file()] == []


def damage(shop, region, table="stock"):
    """Make a table of a region unreadable in the lake."""
    for path in (shop.lake / table / f"region={region}").rglob("*.parquet"):
        path.write_bytes(b"?" * path.stat().st_size)


@pytest.fixture
def damaged(ran):
    """A shop whose lake lost the stock of its south after the first night."""
    damage(ran, "south")
    return ran


def test_a_region_that_fails_leaves_the_others_published(damaged, fillrate, published_by):
    whole = damaged.latest()
    ended = fillrate(damaged, "run", "config.toml", "--direct", "--json")
    assert ended.code == 2
    document = json.loads(ended.out)
    assert document["exit_code"] == 2
    assert set(document["failed_regions"]) == {"south"}
    assert "Traceback" not in ended.err
    run = damaged.runs()[0]
    assert run.run_id == document["run_id"]
    assert set(published_by(run)["forecasts"]["region"]) == set(published_by(run)["recommendations"]["region"]) == {"north"}
    north = published_by(whole)["forecasts"].filter(pl.col("region") == "north")
    assert published_by(run)["forecasts"].equals(north)
    (message,) = damaged.messages("region_failed")
    assert (message["severity"], message["region"]) == ("error", "south")
    assert read_manifest(run)["failed_regions"] == ["south"]


def test_a_run_without_a_region_becomes_the_latest_since_the_others_need_their_orders(damaged):
    before = damaged.latest()
    damaged.night(code=2)
    assert damaged.latest() == damaged.runs()[0] != before


def test_damaged_sales_of_one_region_do_not_stop_the_others(ran, published_by):
    damage(ran, "south", "sales")
    ran.night(code=2)
    assert set(published_by(ran.latest())["forecasts"]["region"]) == {"north"}


def test_alerts_of_a_region_that_failed_are_not_called_cleared_and_last_till_it_is_back(damaged, first_night, published_by):
    """A night without the south says nothing of it; the next whole night goes on from the last whole one."""
    first = damaged.latest()
    damaged.deliver_sales(first.as_of.replace(day=10))
    damaged.night(code=2)
    alerts = published_by(damaged.runs()[0])["alerts"]
    assert alerts.filter((pl.col("region") == "south") & (pl.col("state") == "cleared")).is_empty()
    assert read_manifest(damaged.runs()[0])["previous_run_id"] == first.run_id
    for source in (first_night / "lake" / "stock" / "region=south").rglob("*.parquet"):
        (damaged.lake / source.relative_to(first_night / "lake")).write_bytes(source.read_bytes())
    damaged.deliver_sales(first.as_of.replace(day=11))
    damaged.night("--as-of", "2024-06-11")
    assert damaged.manifest()["previous_run_id"] == first.run_id


def test_when_every_region_fails_nothing_is_published(damaged, fillrate):
    damage(damaged, "north")
    count = len(damaged.runs())
    ended = fillrate(damaged, "run", "config.toml", "--direct", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "no region could be computed" in ended.err
    assert "Traceback" not in ended.err
    assert len(damaged.runs()) == count
    assert_nothing_left(damaged)


def test_a_traceback_of_a_failed_region_is_shown_on_request(damaged, fillrate):
    assert "Traceback" in fillrate(damaged, "run", "config.toml", "--direct", "--debug").err


def test_an_interrupted_run_ends_without_a_traceback(shop, begin):
    process = begin(shop, "run", "config.toml", "--direct")
    for line in process.stderr:
        if "train: shared" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "stopped" in err
    assert "Traceback" not in err + out
    assert_nothing_half(shop)
