"""What a path of the config means: a folder or file on disk, or an address in an object store."""

from pathlib import Path

from data.storage.object_path import SCHEME, ObjectPath
from data.storage.object_store import StorageError

Place = Path | ObjectPath


def name_below(path: Place, folder: Place) -> str:
    """Return the part of `path` below `folder`, with forward slashes."""
    return path.as_posix().removeprefix(f"{folder.as_posix()}/")


def place(path: str | Place) -> Place:
    """Return where `path` points to; `~` stands for the home folder.

    Raises
    ------
    StorageError
        If it is an address of another kind than s3://, or names no bucket.
    """
    if isinstance(path, ObjectPath):
        return path
    text = str(path)
    if not text.casefold().startswith(SCHEME):
        if "://" in text:
            raise StorageError(f"{text}: neither a path nor an address in an object store, such as s3://bucket/folder")
        return Path(text).expanduser()
    bucket, _, key = text[len(SCHEME) :].partition("/")
    if not bucket:
        raise StorageError(f"{text}: names no bucket; write s3://bucket/folder")
    return ObjectPath(bucket, "/".join(part for part in key.split("/") if part))
