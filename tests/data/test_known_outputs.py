"""Output folders are noted once, whole, and in full."""

from pathlib import Path

from data.known_outputs import known_outputs, remember_output


def test_a_lake_knows_no_output_at_first(tmp_path: Path):
    assert known_outputs(tmp_path) == []


def test_every_output_is_noted_once_whatever_the_way_it_is_written(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for output in ("out", tmp_path / "out", "out/../out", "elsewhere"):
        remember_output(tmp_path, output)
    assert known_outputs(tmp_path) == [tmp_path / "out", tmp_path / "elsewhere"]
