"""Whole nights with inputs, lake and output in an object store: the numbers of a disk, and never half a run for a reader."""

import contextlib
import json
import threading
from datetime import date

import polars as pl
import pytest

from data.lock import lake_lock
from data.published import changed_files, latest_run, read_frame, read_manifest, runs
from data.storage import place
from data.storage.copies import lasting_on_disk


@pytest.fixture
def at_store(bucket):
    """Move a shop's inputs, lake and output into the bucket; its config stays where it is."""

    def move(shop):
        upload(shop, bucket)
        text = shop.config.read_text()
        for name in ("inputs", "lake", "out"):
            text = text.replace(f'path = "{name}"', f'path = "{bucket}/{name}"')
        shop.config.write_text(text.replace("[lake]\n", "[lake]\nlock_seconds = 2\n"))
        return shop

    return move


def upload(shop, bucket):
    for path in shop.inputs.rglob("*"):
        if path.is_file():
            (place(bucket) / "inputs" / path.relative_to(shop.inputs)).write_bytes(path.read_bytes())


def night(shop, bucket, *options, code=0):
    assert shop.call("run", "--direct", "--json", *options) == code
    return runs(f"{bucket}/out")[0]


@pytest.mark.slow
def test_nights_reruns_and_decisions_are_those_of_a_disk(new_shop, at_store, bucket, same, capsys, monkeypatch, object_store_server):
    on_disk, in_store = new_shop("disk").open(), at_store(new_shop("store").open())
    first = night(in_store, bucket)
    assert same(first, on_disk.night())
    assert changed_files(first) == []
    for shop in (on_disk, in_store):
        shop.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 3))
        shop.deliver_stock(date(2024, 6, 10))
    upload(in_store, bucket)
    with watched(f"{bucket}/out") as seen:
        second = night(in_store, bucket)
    assert first.run_id in seen
    assert second.as_of == date(2024, 6, 10)
    assert same(second, on_disk.night())
    assert latest_run(f"{bucket}/out") == second
    assert in_store.root not in {path.parent for path in in_store.root.rglob("runs")}, "nothing is written beside the config"

    told = capsys.readouterr()
    out = ("--out", f"{bucket}/out")
    assert in_store.fillrate("rerun", first.run_id, *out, "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert same(next(run for run in runs(f"{bucket}/out") if run.run_id == again["run_id"]), first)
    assert latest_run(f"{bucket}/out") == second

    assert in_store.fillrate("diff", first.run_id, second.run_id, *out) == 0
    assert in_store.fillrate("report", "latest", *out) == 0
    assert f"{bucket}/out/runs/{second.run_id}/report.html" in capsys.readouterr().out
    assert in_store.fillrate("why", "003", "N1", *out, "--json") == 0
    assert json.loads(capsys.readouterr().out)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("BROWSER", raising=False)
    assert in_store.fillrate("open", *out) == 0
    assert capsys.readouterr().out == f"{bucket}/out/runs/{second.run_id}/report.html\n"
    assert lasting_on_disk(second.path / "report.html").read_bytes() == (second.path / "report.html").read_bytes()

    alert_id = read_frame(second, "alerts").filter(pl.col("state") != "cleared")["alert_id"][0]
    assert in_store.fillrate("snooze", alert_id, "--until-worse", "--author", "Ada", "--reason", "known", *out) == 0
    workbook = in_store.root / "report.xlsx"
    workbook.write_bytes((second.path / "report.xlsx").read_bytes())
    for _ in range(2):
        assert in_store.fillrate("apply", workbook, "--author", "Ada", *out) == 0
    orders = sorted(path.name for path in (place(bucket) / "out" / "orders").iterdir())
    assert orders == [f"order_acme_{second.run_id}.csv"]
    third = night(in_store, bucket)
    assert [snooze["author"] for snooze in read_manifest(third)["snoozes"]] == ["Ada"]

    for key in (object_store_server.secret_key, object_store_server.access_key):
        assert key not in told.out + told.err
        for path in (*place(bucket).rglob("*"), *(file for file in in_store.root.rglob("*") if file.is_file())):
            assert key.encode() not in path.read_bytes(), f"a key stands in {path}"


@contextlib.contextmanager
def watched(output):
    """Read what is published again and again, as a planner's page would, while the block runs; every run must be whole."""
    ended, seen, faults = threading.Event(), set(), []

    def watch():
        while not ended.is_set():
            latest = latest_run(output)
            for run in (*runs(output), *([latest] if latest else [])):
                seen.add(run.run_id)
                faults.extend(changed_files(run))
            if latest is None:
                faults.append("there was no latest run")

    reader = threading.Thread(target=watch)
    reader.start()
    yield seen
    ended.set()
    reader.join()
    assert faults == []


def test_a_second_night_at_once_ends_and_changes_nothing(shop, at_store, bucket, capsys):
    at_store(shop)
    with lake_lock(f"{bucket}/lake"):
        assert shop.call("run", "--direct") == 1
    assert "another run is writing to the lake at s3://" in capsys.readouterr().err
    assert list((place(bucket) / "out").rglob("*")) == []


def test_a_refused_key_is_told_without_it(shop, at_store, bucket, begin):
    at_store(shop)
    ended = begin(shop, "run", "config.toml", "--direct", "--debug", AWS_SECRET_ACCESS_KEY="planted-secret")
    out, err = ended.communicate()
    assert ended.returncode == 1
    assert "refuses the keys (SignatureDoesNotMatch)" in err
    assert "planted-secret" not in out + err
