"""An address in a store reads, lists and writes as a path on disk does: every answer is compared with that of `pathlib`."""

import pickle
from pathlib import Path

import pytest

from data.published.disk import remove_folder, replace_bytes, replace_folder
from data.storage import ObjectPath, StorageError, name_below, place

FILES = {
    "a.csv": b"1",
    "b/c.csv": b"22",
    "b/d.parquet": b"",
    "b/e/f.csv": b"333",
    "bb/g.csv": b"4",
    "odd %41 ä~+&=*[1].csv": b"5",
    "%5Fregion/model.json": b"6",
}


@pytest.fixture
def both(bucket, tmp_path):
    """The same files on disk and in a store."""
    folders = (tmp_path / "root", place(bucket) / "some/root")
    for folder in folders:
        for name, content in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return folders


def answers(folder):
    """What is asked of a folder, by name below it."""

    def names(paths):
        return sorted(name_below(path, folder) for path in paths)

    everything = [folder, folder / "b", folder / "b/e", folder / "none", *(folder / name for name in FILES)]
    return {
        "iterdir": names(folder.iterdir()),
        "rglob": names(path for path in folder.rglob("*") if path.is_file()),
        "rglob csv": names(folder.rglob("*.csv")),
        "glob": {pattern: names(folder.glob(pattern)) for pattern in ("*", "*.csv", "*/*.csv", "[!a]*.csv", "*/f.csv", "b*/*.csv")},
        "kinds": [(path.is_file(), path.is_dir(), path.exists()) for path in everything],
        "listed kinds": sorted((path.name, path.is_file(), path.is_dir()) for path in folder.iterdir()),
        "sizes": [(folder / name).stat().st_size for name in FILES],
        "content": [(folder / name).read_bytes() for name in FILES],
        "parts": [
            (path.name, path.stem, path.suffix, name_below(path.parent, folder.parent), name_below(path.with_name("z"), folder))
            for path in (folder / name for name in FILES)
        ],
        "below": [path.is_relative_to(folder / "b") for path in everything],
    }


def test_a_store_answers_as_a_disk_does(both):
    on_disk, in_store = both
    assert answers(in_store) == answers(on_disk)


def test_writing_again_and_removing(both):
    for folder in both:
        with replace_bytes(folder / "a.csv") as file:
            file.write(b"new")
        (folder / "b/c.csv").unlink()
        remove_folder(folder / "b/e")
        remove_folder(folder / "none")
        replace_folder(folder / "bb", {"x": b"x", "last": b"y"}, "last")
    on_disk, in_store = both
    assert {name_below(path, in_store): path.read_bytes() for path in in_store.rglob("*")} == {
        name_below(path, on_disk): path.read_bytes() for path in on_disk.rglob("*") if path.is_file()
    }


def test_a_write_that_fails_leaves_what_was_there(both):
    for folder in both:
        with pytest.raises(TypeError), replace_bytes(folder / "a.csv") as file:
            file.writelines([b"half", None])
        assert (folder / "a.csv").read_bytes() == b"1"


def test_what_is_not_there_is_told_as_on_disk(both):
    for folder in both:
        for read in (Path.read_bytes, Path.stat) if isinstance(folder, Path) else (ObjectPath.read_bytes, ObjectPath.stat):
            with pytest.raises(FileNotFoundError, match="none"):
                read(folder / "none")


def test_large_objects_come_back_whole(bucket):
    content = bytes(range(256)) * 50_000  # more than one part of an upload
    path = place(bucket) / "large"
    path.write_bytes(content)
    assert path.read_bytes() == content
    assert path.read_start(300) == content[:300]
    assert path.open().read(5) == content[:5]


def test_only_one_of_many_creates_an_object(bucket):
    path = place(bucket) / "once"
    assert [path.create(b"mine"), path.create(b"yours")] == [True, False]
    assert path.read_text() == "mine"


def test_an_empty_object_that_stands_for_a_folder_is_no_file_in_it(bucket, object_store_server):
    (place(bucket) / "in" / "sales.csv").write_bytes(b"x")
    (place(bucket) / "in").write_bytes(b"")
    assert [path.name for path in (place(bucket) / "in").iterdir()] == ["sales.csv"]
    assert [path.name for path in (place(bucket) / "in").rglob("*")] == ["sales.csv"]


def test_addresses_are_read_and_told_alike():
    path = place("s3://bucket/a//b/")
    assert (str(path), str(path / "c" / Path("d/e"))) == ("s3://bucket/a/b", "s3://bucket/a/b/c/d/e")
    assert (str(path.parent), str(path.parent.parent), str(path.parent.parent.parent)) == ("s3://bucket/a", "s3://bucket/", "s3://bucket/")
    assert pickle.loads(pickle.dumps(path)) == path == place(path) == path.resolve() == path.absolute()
    assert place("~/x") == Path.home() / "x"
    for wrong in ("gs://bucket/a", "s3:///a", "s3://"):
        with pytest.raises(StorageError, match="s3://bucket/folder"):
            place(wrong)
    assert str(place("s3://b/in") / "s3://c/x") == "s3://b/in/s3:/c/x"
    with pytest.raises(ValueError, match="written as a whole"):
        path.open("wb")
