"""The workspace of a run: kept while it is under way, gone after it, and no trace of killed ones."""

import polars as pl
import pytest

from data.workspace import Workspace

TABLE = pl.DataFrame({"x": [1, 2, 3]})


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path, "run1")
    workspace.begin()
    return workspace


def test_tables_and_notes_come_back(workspace):
    workspace.write("demand", "north", TABLE)
    workspace.note("time", None, {"seconds": 1.5})
    assert workspace.has("demand", "north")
    assert workspace.read("demand", "north").equals(TABLE)
    assert workspace.noted("time", None) == {"seconds": 1.5}


def test_what_was_not_kept_is_not_there(workspace):
    assert not workspace.has("demand", "north")
    assert workspace.noted("time", "north") == {}
    with pytest.raises(FileNotFoundError):
        workspace.read("demand", "north")


def test_regions_of_any_name_are_kept_apart(workspace):
    regions = ["north", "a/b", "..", "華東", None, "a.b", "a.c"]
    for number, region in enumerate(regions):
        workspace.write("demand", region, TABLE * number)
        workspace.note("time", region, {"number": number})
    for number, region in enumerate(regions):
        assert workspace.read("demand", region).equals(TABLE * number)
        assert workspace.noted("time", region) == {"number": number}
    assert not [path for path in workspace.path.iterdir() if path.suffix == ".part"]


def test_writing_again_replaces(workspace):
    workspace.write("demand", None, TABLE)
    workspace.write("demand", None, TABLE.head(1))
    assert workspace.read("demand", None).height == 1


def test_another_process_reads_what_was_written(workspace, tmp_path):
    workspace.write("demand", "north", TABLE)
    assert Workspace(tmp_path, "run1").read("demand", "north").equals(TABLE)


def test_the_end_removes_everything(workspace):
    workspace.write("demand", None, TABLE)
    workspace.end()
    assert not workspace.path.exists()
    workspace.end()


def test_a_run_removes_what_a_killed_one_left(workspace, tmp_path):
    workspace.write("demand", "north", TABLE)
    following = Workspace(tmp_path, "run2")
    following.begin()
    assert [path.name for path in following.root.iterdir()] == ["run2"]
    assert not following.has("demand", "north")
