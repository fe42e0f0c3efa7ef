"""A run killed at any moment of taking files in, and started again, ends where a run left alone does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.lake import Lake
from data.lake.delta import open_table
from data.settings import LakeSettings

TAKE_IN = """
import sys
from datetime import date, datetime, timedelta
import polars as pl
from data.contracts import INPUT_TABLES
from data.intake import Intake, SourceFile
from data.lake import Lake
from data.quarantine import Quarantine
from data.settings import LakeSettings

def frame(table, **columns):
    rows = pl.DataFrame({name: values for name, values in columns.items()})
    schema = INPUT_TABLES[table].create_empty().schema
    return rows.select((pl.col(n) if n in rows.columns else pl.lit(None)).cast(t).alias(n) for n, t in schema.items())

def sales(first, last, factor, skus=20):
    days = [date(2024, 5, 1) + timedelta(days=n) for n in range(first, last)]
    cells = [(day, f"s{s}", fc, factor * (1 + s % 7)) for day in days for s in range(skus) for fc in "abcd"]
    day, sku, fc, units = map(list, zip(*cells))
    return frame("sales", date=day, sku=sku, fc=fc, units=units, source_file=["f"] * len(day), source_line=list(range(1, len(day) + 1)))

def locations(b):
    return frame("locations", fc=list("abcd"), region=["north", b, "south", "south"])

bad = pl.DataFrame([{"table": "sales", "source_file": "f", "source_line": 1, "column": "units", "reason": "negative",
                     "found": "-1", "expected": "0", "row": "{}"}], schema=Quarantine.create_empty().schema)
none = bad.clear()
night = [
    ("locations", locations("north"), none), ("sales", sales(0, 40, 1.0), bad), ("sales", sales(10, 12, 2.0), none),
    ("sales", sales(40, 41, 1.0), bad), ("sales", sales(5, 6, 1.0, skus=3), none), ("locations", locations("south"), none),
    ("sales", sales(20, 30, 3.0), none), ("sales", sales(5, 6, 1.0, skus=3), bad),
]
lake = Lake(LakeSettings(path=sys.argv[1]))
print("begins", flush=True)
sys.stdin.readline()
for number, (table, rows, quarantine) in enumerate(night):
    name = f"{number}.csv" if table == "sales" else "locations.csv"
    if number == 0 and lake.known_files("locations"):
        continue
    if lake.known_files(table).get(name) == str(number):
        continue
    intake = Intake(table=table, frame=rows, quarantine=quarantine, messages=(), files=(SourceFile(name=name, sha256=str(number), size=1),))
    lake.ingest(intake, delivery=None, as_of_delivery=datetime(2024, 7, 1))
print("done", flush=True)
"""


def take_in(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TAKE_IN, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def files_in(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


KILLED_AFTER = [
    ("locations/_delta_log", 1),  # committed, its record not yet
    ("sales/_delta_log", 1),
    ("quarantine/_delta_log", 1),
    ("sales", 3),  # in the middle of writing
    ("sales/_delta_log", 1),
    ("deliveries/_delta_log", 1),
    ("quarantine/_delta_log", 1),
    ("sales", 2),
    ("sales/_delta_log", 1),
]
"""Where the parent waits for how many new files before it kills the child."""


@pytest.mark.slow
def test_killed_and_started_again_ends_like_a_run_left_alone(tmp_path):
    alone = take_in(tmp_path / "alone")
    assert alone.communicate("go\n", timeout=60)[0].split() == ["begins", "done"]

    folder = tmp_path / "killed"
    kills = 0
    for watched, new_files in KILLED_AFTER:
        child = take_in(folder)
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "begins\n"
        before = files_in(folder / watched)
        child.stdin.write("go\n")
        child.stdin.flush()
        while child.poll() is None and files_in(folder / watched) < before + new_files:
            time.sleep(0.0005)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += child.returncode == -signal.SIGKILL
    assert kills >= 6, "the runs were over before they could be killed: the test shows nothing"
    last = take_in(folder)
    assert last.communicate("go\n", timeout=60)[0].split() == ["begins", "done"]

    whole, healed = (Lake(LakeSettings(path=str(path))) for path in (tmp_path / "alone", folder))
    assert healed.versions() == whole.versions()
    for table in whole.versions():
        assert healed.read(table).rows() == whole.read(table).rows(), table
    for region in ("north", "south"):
        assert healed.read("sales", regions=[region]).equals(whole.read("sales", regions=[region]))
    assert healed.messages() == whole.messages()
    assert healed.known_files("sales") == whole.known_files("sales")

    healed.vacuum({})
    orphans = {path for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts}
    assert len(orphans) == sum(len(open_table(folder, table).file_uris()) for table in healed.versions())
