"""What only a store can get wrong: records of tables taken in side by side, and uploads that were cut short."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from data.lake import delta
from data.published import PublishError, RunFolder, find_run, remove_stale_staging, runs
from data.published.uploading import UNFINISHED_SECONDS, remove_unfinished
from data.storage import place

MANIFEST = {"run_id": "20240601-a", "as_of": "2024-06-01"}


def test_records_of_many_tables_at_once_are_all_kept(bucket):
    root = place(bucket) / "lake"
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: delta.append_record(root, "record", pl.DataFrame({"n": [number]})), range(12)))
    kept = delta.scan(root, "record", {"n": pl.Int64()}).collect()
    assert sorted(kept["n"]) == list(range(12))


def test_a_run_is_there_once_its_manifest_is(bucket):
    with RunFolder.begin(f"{bucket}/out", "20240601-a") as folder:
        folder.write_text("report.html", "page")
        assert runs(f"{bucket}/out") == []
        folder.commit(MANIFEST)
        assert not folder.path.exists()
    assert find_run(f"{bucket}/out", "20240601-a") == runs(f"{bucket}/out")[0]


def test_of_two_that_publish_the_same_run_one_is_refused(bucket):
    first, second = (RunFolder.begin(f"{bucket}/out", "20240601-a") for _ in range(2))
    with first, second:
        first.commit(MANIFEST)
        with pytest.raises(PublishError, match="is published already in s3://"):
            second.commit(MANIFEST)


def test_uploads_cut_short_go_after_a_day_and_runs_stay(bucket):
    with RunFolder.begin(f"{bucket}/out", "20240601-a") as folder:
        folder.commit(MANIFEST)
    cut = place(bucket) / "out" / "runs" / "20240602-b"
    (cut / "forecasts.parquet").write_bytes(b"half")
    assert remove_stale_staging(f"{bucket}/out") == []
    assert cut.is_dir()
    later = (cut / "forecasts.parquet").stat().st_mtime + UNFINISHED_SECONDS + 1
    assert remove_unfinished(cut.parent, whole="manifest.json", now=later) == ["20240602-b"]
    assert [run.run_id for run in runs(f"{bucket}/out")] == ["20240601-a"]
