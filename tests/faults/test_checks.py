"""The checks of the matrix can fail: rows lost and doubled, half runs, wrong numbers and what is left over are seen."""

import json
import shutil
from collections import Counter

import polars as pl
import pytest

from data.lake import delta
from data.published import latest_run
from data.storage import place
from scripts.faults.reader import Reader
from scripts.faults.verdict import judge, undisturbed


@pytest.fixture(scope="module")
def expected(first_night):
    return undisturbed(first_night / "lake", first_night / "out")


@pytest.fixture
def verdict(ran, expected):
    """Look at a shop as after a fault."""

    def looked():
        reader = Reader(ran.out)
        reader.look()
        return judge("a fault", expected, reader.half, ran.lake, ran.out)

    return looked


def test_a_night_left_alone_is_harmless(verdict):
    assert verdict().harmless


def test_the_measure_is_what_was_delivered(ran, expected):
    """The rows of an undisturbed night are those of the files, added up without the lake."""
    lines = (ran.inputs / "sales" / "until-2024-06-09.csv").read_text().splitlines()[1:]
    delivered = Counter(tuple(line.split(",")) for line in lines)
    kept = Counter((f"{day}", sku, fc, f"{units:g}") for _, _, day, sku, fc, units, *_ in expected.rows["sales"].elements())
    assert kept == delivered


def test_lost_rows_are_counted(ran, verdict):
    delta.open_table(ran.lake, "sales").delete("sku = '003' AND date = '2024-06-01'")
    found = verdict()
    assert (found.lost, found.doubled, found.harmless) == (3, 0, False)


def test_doubled_rows_are_counted(ran, verdict):
    row = delta.open_table(ran.lake, "stock").to_pyarrow_table().slice(0, 2)
    delta.append(ran.lake, "stock", pl.DataFrame(pl.from_arrow(row)))
    found = verdict()
    assert (found.lost, found.doubled, found.harmless) == (0, 2, False)


def test_a_changed_row_is_lost_and_another_one_too_many(ran, verdict):
    delta.open_table(ran.lake, "items").update(updates={"name": "'Another'"}, predicate="sku = '003'")
    assert (verdict().lost, verdict().doubled) == (1, 1)


def without_manifest(run):
    run.manifest.unlink()


def with_a_file_cut_short(run):
    path = run.path / "alerts.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def without_a_file(run):
    (run.path / "report.html").unlink()


def with_a_file_too_many(run):
    (run.path / "notes.txt").write_text("half")


def with_a_manifest_cut_short(run):
    run.manifest.write_text(run.manifest.read_text()[:200])


@pytest.mark.parametrize("half", [without_manifest, with_a_file_cut_short, without_a_file, with_a_file_too_many, with_a_manifest_cut_short])
def test_a_half_run_is_seen(ran, half):
    shutil.copytree(ran.latest().path, ran.out / "runs" / "second")
    reader = Reader(ran.out)
    reader.look()
    assert reader.half == {}
    half(ran.latest())
    reader.look()
    assert reader.half.keys() == {latest_of(ran), "latest"}


def latest_of(shop):
    return json.loads((shop.out / "latest.json").read_text())["run_id"]


def test_a_half_run_is_seen_while_it_is_there(ran):
    """For a moment only, between two whole states."""
    with Reader(ran.out) as reader:
        shutil.copytree(ran.latest().path, ran.out / "runs" / "second")
        (ran.out / "runs" / "second" / "manifest.json").unlink()
        looks = reader.looks
        while reader.looks < looks + 2:
            pass
        shutil.rmtree(ran.out / "runs" / "second")
    assert "second" in reader.half


def test_a_half_run_in_a_store_is_seen(ran, bucket):
    for path in ran.out.rglob("*"):
        if path.is_file() and "latest" not in path.relative_to(ran.out).parts:
            (place(bucket) / "out" / path.relative_to(ran.out)).write_bytes(path.read_bytes())
    reader = Reader(f"{bucket}/out")
    reader.look()
    assert reader.half == {}
    (place(bucket) / "out" / "runs" / ran.latest().run_id / "alerts.csv").unlink()
    reader.look()
    assert reader.half.keys() == {ran.latest().run_id, "latest"}


@pytest.mark.parametrize(
    ("name", "content"),
    [("latest.json", b'{"run_id": "gone", "as_of": "2024-06-09", "path": "runs/gone"}'), ("latest.json", b"{"), ("latest", None)],
)
def test_a_pointer_to_nothing_is_seen(ran, name, content):
    (ran.out / name).unlink()
    if content is None:
        (ran.out / name).symlink_to("runs/gone")
    else:
        (ran.out / name).write_bytes(content)
    reader = Reader(ran.out)
    reader.look()
    assert reader.half.keys() == {"latest"}


def test_other_numbers_are_seen(ran, verdict):
    run = latest_run(ran.out)
    path = run.path / "recommendations.parquet"
    pl.read_parquet(path).with_columns(pl.col("order_units") + 6).write_parquet(path)
    assert f"recommendations of {run.run_id} differs" in verdict().problems


@pytest.mark.parametrize(
    "name",
    ["out/runs/.staging-x/alerts.parquet", "out/.latest.json.partial", "lake/work/x/sample.parquet", "lake/models/_shared/.x.writing/a"],
)
def test_what_is_left_over_is_seen(ran, verdict, name):
    path = ran.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half")
    (problem,) = verdict().problems
    assert problem.endswith("is left over")
