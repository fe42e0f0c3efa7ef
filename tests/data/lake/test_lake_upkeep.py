"""Compaction, vacuum and the log: what a kept run needs stays readable, what nobody needs goes."""

import os
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from data.lake import Lake, LakeError, delta
from data.settings import LakeSettings

D1 = date(2024, 5, 1)


def parquet_files(lake: Lake, table: str) -> set[Path]:
    return set((lake.root / table).rglob("*.parquet"))


def nightly(deliver, nights: int) -> None:
    for night in range(nights):
        deliver("sales", [(D1 + timedelta(days=night), "1", "a", 1.0 + night)], file=f"{night}.csv")


def test_compaction_is_weekly_and_keeps_every_version(lake, deliver):
    nightly(deliver, 5)
    before = lake.read("sales")
    assert "sales" in lake.compact_if_due(date(2024, 6, 3))
    assert lake.compact_if_due(date(2024, 6, 9)) == []
    assert len(DeltaTable(str(lake.root / "sales")).file_uris()) == 1
    assert lake.read("sales").equals(before)
    assert [lake.read("sales", version=version).height for version in range(5)] == [1, 2, 3, 4, 5]
    deliver("sales", [(D1 + timedelta(days=9), "1", "a", 1.0)], file="more.csv")
    assert "sales" in lake.compact_if_due(date(2024, 6, 10))


def test_a_compaction_of_a_day_to_come_does_not_put_the_next_one_off(lake, deliver):
    """A clock was wrong by a year for one night."""
    nightly(deliver, 2)
    assert "sales" in lake.compact_if_due(date(2025, 6, 3))
    nightly(deliver, 3)
    assert "sales" in lake.compact_if_due(date(2024, 6, 4))


def test_vacuum_keeps_what_kept_runs_read(lake, deliver):
    deliver("sales", [(D1, "1", "a", 1.0)])
    deliver("sales", [(D1, "1", "a", 2.0)])
    deliver("sales", [(D1, "1", "a", 3.0)])
    orphan = lake.root / "sales" / "region=all" / "month=2024-05" / "part-of-a-killed-writer.parquet"
    orphan.write_bytes(b"half")
    assert lake.vacuum({"sales": [1]})["sales"] == 2
    assert not orphan.exists()
    assert lake.read("sales", version=1)["units"].to_list() == [2]
    assert lake.read("sales")["units"].to_list() == [3]
    with pytest.raises(LakeError, match=r"version 0 of sales .* can no longer be read in full"):
        lake.read("sales", version=0)


def test_vacuum_after_compaction_keeps_the_uncompacted_version_of_a_kept_run(lake, deliver):
    nightly(deliver, 3)
    kept = lake.versions()
    lake.compact_if_due(date(2024, 6, 3))
    deliver("sales", [(D1, "1", "a", 9.0)], file="fix.csv")
    lake.vacuum({table: [version] for table, version in kept.items()})
    assert lake.read("sales", version=kept["sales"])["units"].to_list() == [1, 2, 3]
    assert lake.read("sales")["units"].to_list() == [9, 2, 3]
    assert len(lake.known_files("sales")) == 4


def test_first_version_outlives_the_checkpoints(tmp_path):
    """Log entries over 30 days old: without the lake's setting the second checkpoint deletes them, with it they stay.

    Checkpoints come every 100 commits; here every 10, or the test would take ten times as long.
    """
    row = pl.DataFrame({"n": [1]})
    delta.append(tmp_path, "careful", row)
    write_deltalake(str(tmp_path / "careless"), row)
    for table in ("careful", "careless"):
        DeltaTable(str(tmp_path / table)).alter.set_table_properties({"delta.checkpointInterval": "10"})
    for number in range(25):
        delta.append(tmp_path, "careful", row)
        write_deltalake(str(tmp_path / "careless"), row, mode="append")
        if number == 15:
            for log in tmp_path.glob("*/_delta_log/*"):
                os.utime(log, (1_500_000_000, 1_500_000_000))
    assert delta.scan(tmp_path, "careful", {"n": pl.Int64()}, version=0).collect().height == 1
    assert delta.scan(tmp_path, "careful", {"n": pl.Int64()}).collect().height == 26
    with pytest.raises(LakeError, match="has no version 0"):
        delta.open_table(tmp_path, "careless", 0)


def test_compaction_interval_is_a_setting(tmp_path):
    lake = Lake(LakeSettings(path=str(tmp_path), compact_every_days=1))
    for number in range(3):
        delta.append(tmp_path, "sales", pl.DataFrame({"n": [number]}))
    assert lake.compact_if_due(date(2024, 6, 3)) == ["sales"]
    delta.append(tmp_path, "sales", pl.DataFrame({"n": [4]}))
    assert lake.compact_if_due(date(2024, 6, 3)) == []
    assert lake.compact_if_due(date(2024, 6, 4)) == ["sales"]
