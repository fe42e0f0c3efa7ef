"""Models on disk: whole or not there, whatever the region is called and whenever the writer dies."""

import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model_store import LONGEST_NAME, ModelStore, region_folder

TABLE = pl.DataFrame({"x": [1, 2]})
DEAD_CHARACTER = "\ud800"
"""Half a surrogate pair: it cannot be written as UTF-8."""


def save(store, region="north", model_id="m1", *, text="trees", **document):
    store.save(region, model_id, {"as_of": "2024-06-30"} | document, texts={"trees.txt": text}, tables={"errors": TABLE})


def test_a_model_comes_back_as_it_was_saved(tmp_path):
    store = ModelStore(tmp_path)
    save(store, "Köln", note="é", fills=[1.5, None])
    assert store.document("Köln", "m1") == {"as_of": "2024-06-30", "note": "é", "fills": [1.5, None]}
    assert store.text("Köln", "m1", "trees.txt") == "trees"
    assert store.table("Köln", "m1", "errors").equals(TABLE)


def test_what_is_not_there_is_none(tmp_path):
    store = ModelStore(tmp_path)
    assert store.document("north", "m1") is None
    assert store.model_ids() == []
    store.remove("m1")


def test_saving_again_replaces_all_of_it(tmp_path):
    store = ModelStore(tmp_path)
    save(store, None, text="old")
    store.save(None, "m1", {"judged": True}, texts={}, tables={})
    assert store.document(None, "m1") == {"judged": True}
    with pytest.raises(FileNotFoundError):
        store.text(None, "m1", "trees.txt")
    assert [path.name for path in store.folder(None, "m1").parent.iterdir()] == ["m1"], "nothing is left beside it"


@pytest.mark.parametrize("broken", [{"text": DEAD_CHARACTER}, {"note": DEAD_CHARACTER}, {"note": object()}])
def test_a_save_that_fails_leaves_the_old_model(tmp_path, broken):
    store = ModelStore(tmp_path)
    save(store, None, text="old", note="old")
    with pytest.raises((UnicodeEncodeError, TypeError)):
        save(store, None, **broken)
    assert store.document(None, "m1")["note"] == "old"
    assert store.text(None, "m1", "trees.txt") == "old"
    assert store.model_ids() == ["m1"]
    save(store, None, text="new")
    assert store.text(None, "m1", "trees.txt") == "new", "what the failed save left is no hindrance"


def test_a_first_save_that_fails_leaves_no_model(tmp_path):
    store = ModelStore(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        save(store, None, text=DEAD_CHARACTER)
    assert store.model_ids() == []
    assert store.document(None, "m1") is None


SAVE_FOR_EVER = """
import sys
from data.model_store import ModelStore
store = ModelStore(sys.argv[1])
for number in range(10**9):
    store.save(None, "m1", {"number": number}, texts={f"part{k}.txt": str(number) * 2000 for k in range(5)}, tables={})
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_a_whole_model_or_none(tmp_path):
    for pause in (0.0, 0.004, 0.011):
        store = ModelStore(tmp_path / str(pause))
        with subprocess.Popen([sys.executable, "-c", SAVE_FOR_EVER, store.root.parent], stdout=subprocess.PIPE, cwd=os.curdir) as writer:
            assert writer.stdout is not None
            for _ in range(3):
                writer.stdout.readline()
            time.sleep(pause)
            writer.send_signal(signal.SIGKILL)
        document = store.document(None, "m1")
        if document is not None:
            parts = {store.text(None, "m1", f"part{k}.txt") for k in range(5)}
            assert parts == {str(document["number"]) * 2000}
        save(store, None)
        assert store.text(None, "m1", "trees.txt") == "trees"


def test_a_writer_killed_while_it_removes_the_old_model_leaves_a_whole_one(tmp_path, monkeypatch):
    store = ModelStore(tmp_path)
    save(store, None, text="old", note="old")

    def killed(folder, ignore_errors=False):
        for path in sorted(folder.glob("*.txt")):
            path.unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("data.published.disk.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            save(store, None, text="new", note="new")
    assert store.document(None, "m1")["note"] == store.text(None, "m1", "trees.txt")
    save(store, None, text="newer")
    assert store.text(None, "m1", "trees.txt") == "newer"
    assert store.model_ids() == ["m1"]


def test_regions_do_not_mix_and_removing_takes_all_of_them(tmp_path):
    store = ModelStore(tmp_path)
    for region in (None, "north", "south"):
        save(store, region, text=str(region))
        save(store, region, "m2")
    assert [store.text(region, "m1", "trees.txt") for region in (None, "north", "south")] == ["None", "north", "south"]
    store.remove("m1")
    assert [store.document(region, "m1") for region in (None, "north", "south")] == [None] * 3
    assert store.model_ids() == ["m2"]
    assert store.document("south", "m2") is not None


REGIONS = [
    "north",
    "North Rhine/Westphalia",
    "..",
    ".",
    "../../etc",
    "_shared",
    "%2E%2E",
    "~",
    "a b",
    "a%20b",
    "華東",
    "\u00e9",
    "e\u0301",
    "x" * 300,
    "x" * 301,
    "區" * 90,
]


def test_hostile_region_names_stay_inside_the_store_and_apart(tmp_path):
    store = ModelStore(tmp_path / "lake")
    save(store, None, text="shared")
    for region in REGIONS:
        save(store, region, text=region)
    for region in REGIONS:
        assert store.text(region, "m1", "trees.txt") == region
        assert store.folder(region, "m1").resolve().parent.parent == store.root.resolve()
    assert store.text(None, "m1", "trees.txt") == "shared"
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]
    assert len(list(store.root.iterdir())) == len(REGIONS) + 1


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)


@given(NAMES, NAMES)
def test_a_folder_name_is_safe_and_tells_regions_apart(one, other):
    name = region_folder(one)
    assert 0 < len(name) <= LONGEST_NAME
    assert name.isascii()
    assert not set(name) & set('/\\:*?"<>|\0')
    assert name[0] not in "._"
    assert (name == region_folder(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("trees.txt", lambda path: path.write_text("tree"), "is not what was saved"),
        ("errors.parquet", lambda path: path.unlink(), "is missing"),
        ("model.json", lambda path: path.write_text("{"), "cannot be read"),
        ("model.json", lambda path: path.write_text("[1]"), "cannot be read"),
    ],
)
def test_damage_to_a_model_is_found_in_any_region(tmp_path, name, damage, told):
    store = ModelStore(tmp_path)
    for region in (None, "north", "south"):
        save(store, region)
    save(store, "south", "m2")
    assert store.damaged("m1") == []
    damage(store.folder("south", "m1") / name)
    (sentence,) = store.damaged("m1")
    assert f"models/south/m1/{name} {told}" in sentence
    assert store.damaged("m2") == []


def test_a_note_changes_the_document_and_nothing_else(tmp_path):
    store = ModelStore(tmp_path)
    save(store, None, accepted=False)
    store.note(None, "m1", accepted=True)
    assert store.document(None, "m1") == {"as_of": "2024-06-30", "accepted": True}
    assert store.damaged("m1") == []


def test_what_killed_runs_left_half_written_is_removed_and_whole_models_stay(tmp_path):
    store = ModelStore(tmp_path)
    store.remove_unfinished()
    save(store, None)
    for left in ("_shared/.m2.writing", "north/.m1.replaced"):
        (store.root / left).mkdir(parents=True)
        (store.root / left / "trees.txt").write_text("half")
    store.remove_unfinished()
    assert {path.parent.name for path in store.root.rglob("*.txt")} == {"m1"}
