"""Publishing: a reader sees a whole run or none, and what was published stays what it was."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.published import (
    PublishError,
    RunFolder,
    changed_files,
    find_run,
    latest_run,
    publish,
    read_manifest,
    remove_stale_staging,
    runs,
)
from data.published.csv_cells import csv_safe

FORECASTS = pl.DataFrame({"sku": ["007", "8"], "mean": [1.5, 2.0]})


def publish_run(output: Path, run_id: str, as_of: str = "2024-06-11", *, may_become_latest: bool = True) -> bool:
    with RunFolder.begin(output, run_id) as folder:
        folder.write_frame("forecasts", FORECASTS, csv=True)
        folder.write_text("report.html", "<p>é</p>")
        (folder.path / "report.xlsx").write_bytes(b"workbook")
        return publish(folder, {"run_id": run_id, "as_of": date.fromisoformat(as_of)}, may_become_latest=may_become_latest)[1]


def test_published_run_is_whole_and_described_by_its_manifest(tmp_path):
    publish_run(tmp_path, "night-1")
    run = find_run(tmp_path, "night-1")
    manifest = read_manifest(run)
    names = {"forecasts.parquet", "forecasts.csv", "report.html", "report.xlsx"}
    assert {path.name for path in run.path.iterdir()} == names | {"manifest.json"}
    assert manifest["as_of"] == "2024-06-11"
    assert manifest["checksums"].keys() == manifest["file_bytes"].keys() == names
    assert manifest["file_bytes"]["report.xlsx"] == 8
    assert changed_files(run) == []
    assert pl.read_parquet(run.path / "forecasts.parquet").equals(FORECASTS)
    assert sorted(path.name for path in tmp_path.joinpath("runs").iterdir()) == ["night-1"]


def test_files_are_readable_by_others_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        publish_run(tmp_path, "night-1")
    finally:
        os.umask(before)
    folder = tmp_path / "runs" / "night-1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert stat.S_IMODE((tmp_path / "latest.json").stat().st_mode) == 0o644


def test_pointer_moves_to_runs_that_are_not_older(tmp_path):
    assert latest_run(tmp_path) is None
    assert publish_run(tmp_path, "a", "2024-06-11")
    assert publish_run(tmp_path, "b", "2024-06-11")
    assert not publish_run(tmp_path, "older", "2024-06-10")
    assert not publish_run(tmp_path, "rerun", "2024-06-12", may_become_latest=False)
    latest = latest_run(tmp_path)
    assert latest is not None
    assert latest.run_id == "b"
    assert json.loads((tmp_path / "latest.json").read_text()) == {"run_id": "b", "as_of": "2024-06-11", "path": "runs/b"}
    assert (tmp_path / "latest").readlink() == Path("runs/b")
    assert (tmp_path / "latest" / "manifest.json").is_file()


def test_pointer_to_a_removed_run_is_no_obstacle(tmp_path):
    publish_run(tmp_path, "newer", "2024-06-12")
    (tmp_path / "runs" / "newer").rename(tmp_path / "archived")
    assert latest_run(tmp_path) is None
    assert publish_run(tmp_path, "older", "2024-06-11")


@pytest.mark.parametrize("damaged", ["", "{", "[1]", "null", '{"as_of": "2024-06-11"}', '{"run_id": 5}'])
def test_a_damaged_pointer_is_told_and_the_next_run_mends_it(tmp_path, damaged):
    publish_run(tmp_path, "a", "2024-06-11")
    (tmp_path / "latest.json").write_text(damaged)
    with pytest.raises(PublishError, match=r"latest\.json is not a pointer to a run \(.*the next night writes it anew"):
        latest_run(tmp_path)
    assert publish_run(tmp_path, "b", "2024-06-12")
    assert latest_run(tmp_path).run_id == "b"


def test_a_damaged_pointer_is_mended_to_the_newest_night_also_by_an_older_run(tmp_path):
    for run_id, as_of, kind in (("newest", "2024-06-12", "nightly"), ("partial", "2024-06-13", "partial")):
        with RunFolder.begin(tmp_path, run_id) as folder:
            publish(folder, {"run_id": run_id, "as_of": as_of, "kind": kind}, may_become_latest=kind == "nightly")
    (tmp_path / "latest.json").write_text("?")
    (tmp_path / "latest").unlink()
    with RunFolder.begin(tmp_path, "older") as folder:
        assert not publish(folder, {"run_id": "older", "as_of": "2024-06-10", "kind": "nightly"}, may_become_latest=True)[1]
    assert latest_run(tmp_path).run_id == "newest"
    assert (tmp_path / "latest").readlink() == Path("runs/newest")


def test_a_folder_called_latest_is_not_overwritten(tmp_path):
    (tmp_path / "latest").mkdir()
    with pytest.raises(PublishError, match="move it away"):
        publish_run(tmp_path, "a")


def test_runs_are_listed_newest_first_and_only_whole_ones(tmp_path):
    assert runs(tmp_path / "nowhere") == []
    for run_id, as_of in (("b", "2024-06-11"), ("c", "2024-06-10"), ("a", "2024-06-11")):
        publish_run(tmp_path, run_id, as_of)
    (tmp_path / "runs" / "half").mkdir()
    (tmp_path / "runs" / ".staging-x").mkdir()
    (tmp_path / "runs" / ".staging-x" / "manifest.json").write_text("{}")
    assert [run.run_id for run in runs(tmp_path)] == ["a", "b", "c"]


def test_published_run_is_never_changed(tmp_path):
    publish_run(tmp_path, "a")
    with pytest.raises(PublishError, match="run a is published already"):
        RunFolder.begin(tmp_path, "a")


def test_run_that_ends_without_a_commit_leaves_nothing(tmp_path):
    with RunFolder.begin(tmp_path, "a") as folder:
        folder.write_text("report.html", "half")
    assert list((tmp_path / "runs").iterdir()) == []
    publish_run(tmp_path, "a")


def test_manifest_must_be_of_the_run(tmp_path):
    with RunFolder.begin(tmp_path, "a") as folder, pytest.raises(PublishError, match="names run 'b'"):
        folder.commit({"run_id": "b", "as_of": date(2024, 6, 11)})
    with RunFolder.begin(tmp_path, "a") as folder, pytest.raises(PublishError, match="expected a date"):
        folder.commit({"run_id": "a", "as_of": "yesterday"})


def test_manifest_holds_times_and_paths_as_text_and_refuses_the_rest(tmp_path):
    with RunFolder.begin(tmp_path, "a") as folder:
        run = folder.commit({"run_id": "a", "as_of": "2024-06-11", "at": datetime(2024, 6, 12, 2, tzinfo=UTC), "lake": Path("out/lake")})
    assert read_manifest(run)["at"] == "2024-06-12T02:00:00+00:00"
    assert read_manifest(run)["lake"] == "out/lake"
    with RunFolder.begin(tmp_path, "b") as folder, pytest.raises(TypeError, match="a manifest holds plain values"):
        folder.commit({"run_id": "b", "as_of": "2024-06-11", "oops": {1, 2}})


@pytest.mark.parametrize("run_id", ["", ".", "..", "../up", "a/b", ".staging-x", "a\nb", "x" * 129, "/etc"])
def test_run_id_cannot_leave_the_folder(tmp_path, run_id):
    with pytest.raises(PublishError, match="cannot name a folder"):
        RunFolder.begin(tmp_path, run_id)
    with pytest.raises(PublishError, match="cannot name a folder"):
        find_run(tmp_path, run_id)


def test_unknown_run_names_the_nearest(tmp_path):
    with pytest.raises(PublishError, match="nothing has been published"):
        find_run(tmp_path, "a")
    publish_run(tmp_path, "2024-06-11-night")
    with pytest.raises(PublishError, match="did you mean 2024-06-11-night"):
        find_run(tmp_path, "2024-06-11-nigth")


def test_changes_to_a_published_run_are_found(tmp_path):
    publish_run(tmp_path, "a")
    run = find_run(tmp_path, "a")
    (run.path / "report.html").write_text("<p>e</p>")
    (run.path / "report.xlsx").unlink()
    (run.path / "notes.txt").write_text("mine")
    found = changed_files(run)
    assert [sentence.split()[0] for sentence in found] == ["notes.txt", "report.html", "report.xlsx"]
    assert "added" in found[0]
    assert "is not what was published" in found[1]
    assert "missing" in found[2]


def test_csv_joins_lists_and_disarms_formulas(tmp_path):
    frame = pl.DataFrame(
        {
            "name": ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "a=b", None],
            "reasons": [["a", "b"], [], ["=x"], None, ["c"], ["d"], ["e"], ["f"]],
            "units": [-1.5, 1, 2, 3, 4, 5, 6, 7],
        }
    )
    safe = csv_safe(frame)
    assert safe["name"].to_list() == ["'=HYPERLINK(1)", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a=b", None]
    assert safe["reasons"].to_list() == ["a|b", "", "'=x", None, "c", "d", "e", "f"]
    with RunFolder.begin(tmp_path, "a") as folder:
        folder.write_frame("recommendations", frame, csv=True)
        assert (folder.path / "recommendations.csv").read_text().splitlines()[1] == "'=HYPERLINK(1),a|b,-1.5"


@given(st.lists(st.text(max_size=6), min_size=1))
def test_no_cell_of_a_csv_starts_a_formula(texts):
    safe = csv_safe(pl.DataFrame({"text": texts}, schema={"text": pl.String}))["text"].to_list()
    assert not any(cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")) for cell in safe)
    assert all(cell in (text, "'" + text) for cell, text in zip(safe, texts, strict=True))


PUBLISH_FOREVER = """
import sys
from datetime import date
import polars as pl
from data.published import RunFolder, publish
print("begins", flush=True)
for number in range(10_000):
    with RunFolder.begin(sys.argv[1], f"{sys.argv[2]}-{number}") as folder:
        for name in ("forecasts", "alerts", "metrics"):
            folder.write_frame(name, pl.DataFrame({"n": range(1000)}), csv=True)
        publish(folder, {"run_id": folder.run_id, "as_of": date(2024, 6, 11)}, may_become_latest=True)
"""


def test_killed_publishing_leaves_only_whole_runs(tmp_path):
    for attempt in range(4):
        command = [sys.executable, "-c", PUBLISH_FOREVER, str(tmp_path), str(attempt)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert child.stdout is not None
        assert child.stdout.readline() == "begins\n"
        time.sleep(0.06 + 0.0137 * attempt)
        assert remove_stale_staging(tmp_path) == [], "a run that is being written was taken for a stale one"
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        for run in runs(tmp_path):
            assert changed_files(run) == []
        latest = latest_run(tmp_path)
        assert latest is None or latest in runs(tmp_path)
        assert not (tmp_path / "latest").is_symlink() or (tmp_path / "latest" / "manifest.json").is_file()
        remove_stale_staging(tmp_path)
        assert not list((tmp_path / "runs").glob(".staging-*"))
    assert publish_run(tmp_path, "next")


def test_what_a_killed_run_left_is_removed_and_does_not_stop_the_same_run(tmp_path):
    left = tmp_path / "runs" / ".staging-a"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"half")
    publish_run(tmp_path, "a")
    assert sorted(path.name for path in find_run(tmp_path, "a").path.glob("half*")) == []
    (tmp_path / "runs" / ".staging-b").mkdir()
    (tmp_path / "runs" / ".staging-c.lock").touch()
    with RunFolder.begin(tmp_path, "d") as folder:
        assert remove_stale_staging(tmp_path) == ["b"]
        assert folder.path.is_dir()
        with pytest.raises(PublishError, match="is being written by another process"):
            RunFolder.begin(tmp_path, "d")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["a"]


@pytest.mark.parametrize("named", ['"../../elsewhere"', '"/etc"', '["a"]', '"a\\u0000b"', '"' + "x" * 500 + '"', '""'])
def test_a_pointer_cannot_lead_out_of_the_folder(tmp_path, named):
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "manifest.json").write_text("{}")
    (tmp_path / "out" / "latest.json").write_text(f'{{"run_id": {named}}}')
    with pytest.raises(PublishError, match=r"latest\.json is not a pointer to a run"):
        latest_run(tmp_path / "out")


@pytest.mark.parametrize("content", ["", "[", "[" * 100_000, "[]", "{}", "\0", '{"run_id": "a"'])
def test_a_damaged_pointer_is_told(tmp_path, content):
    (tmp_path / "latest.json").write_text(content)
    with pytest.raises(PublishError, match=r"latest\.json is not a pointer to a run"):
        latest_run(tmp_path)
