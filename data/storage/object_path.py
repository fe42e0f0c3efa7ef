"""An address in an object store that is read, listed and written like a path: what code needs of `pathlib.Path`, and no more."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError

from data.storage.object_store import store_of, telling

if TYPE_CHECKING:
    from obstore import ObjectMeta

SCHEME = "s3://"


@dataclass(frozen=True)
class ObjectStat:
    """What a store knows of an object; sizes and times are named as `os.stat` names them."""

    st_size: int
    st_mtime: float
    e_tag: str | None

    @property
    def st_mtime_ns(self) -> int:
        """Time of the last change in nanoseconds; stores keep it to the millisecond or the second."""
        return round(self.st_mtime * 1_000_000) * 1_000


@dataclass(frozen=True, order=True)
class ObjectPath:
    """`s3://<bucket>/<key>`: an object, or the prefix that stands for a folder.

    There are no folders in a store: one is there when an object lies below it, and needs not be made. Every write puts a
    whole object, which a reader sees as it was or as it is. What a listing told of an object is kept with the path that it
    gave, so that looking at a listing asks for nothing more.
    """

    bucket: str
    key: str
    _listed: ObjectStat | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    def __truediv__(self, part: "str | PurePath") -> "ObjectPath":
        more = part.as_posix() if isinstance(part, PurePath) else part
        return ObjectPath(self.bucket, "/".join(name for name in (*self.key.split("/"), *more.split("/")) if name))

    def as_posix(self) -> str:
        """Return the address."""
        return str(self)

    @property
    def name(self) -> str:
        """Last part of the key."""
        return self._pure.name

    @property
    def stem(self) -> str:
        """Last part without its ending."""
        return self._pure.stem

    @property
    def suffix(self) -> str:
        """Ending with its dot."""
        return self._pure.suffix

    @property
    def parent(self) -> "ObjectPath":
        """The folder it lies in; of a bucket the bucket itself."""
        return ObjectPath(self.bucket, self.key.rpartition("/")[0])

    @property
    def _pure(self) -> PurePosixPath:
        return PurePosixPath(self.key)

    def with_name(self, name: str) -> "ObjectPath":
        """Return the address of that name beside this one."""
        return self.parent / name

    def relative_to(self, folder: "ObjectPath") -> PurePosixPath:
        """Return the part below `folder`."""
        return self._pure.relative_to(folder._pure)

    def is_relative_to(self, folder: object) -> bool:
        """Return whether this lies in `folder`."""
        return isinstance(folder, ObjectPath) and self.bucket == folder.bucket and self._pure.is_relative_to(folder._pure)

    def absolute(self) -> "ObjectPath":
        """Return itself: an address in a store is never relative."""
        return self

    def resolve(self) -> "ObjectPath":
        """Return itself: a store has no links."""
        return self

    def stat(self) -> ObjectStat:
        """Return size, time and tag of an object, as listed where it comes from a listing.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        if self._listed is not None:
            return self._listed
        with telling(str(self)):
            return _stat(obstore.head(store_of(self.bucket), self.key))

    def is_file(self) -> bool:
        """Return whether there is such an object."""
        if not self.key:
            return False
        try:
            return self.stat() is not None
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Return whether objects lie below."""
        return self._listed is None and next(self._below(), None) is not None

    def exists(self) -> bool:
        """Return whether there is such an object, or objects lie below."""
        return self.is_file() or self.is_dir()

    def iterdir(self) -> Iterator["ObjectPath"]:
        """Yield the objects and folders right below."""
        with telling(str(self)):
            found = obstore.list_with_delimiter(store_of(self.bucket), self.key or None)
        for prefix in found["common_prefixes"]:
            yield ObjectPath(self.bucket, prefix.strip("/"))
        for meta in found["objects"]:
            if meta["path"] != self.key:  # an empty object that a program made to stand for the folder
                yield ObjectPath(self.bucket, meta["path"], _stat(meta))

    def rglob(self, pattern: str) -> Iterator["ObjectPath"]:
        """Yield every object below whose name fits the pattern."""
        return (path for path in self._below() if fnmatchcase(path.name, pattern))

    def glob(self, pattern: str) -> Iterator["ObjectPath"]:
        """Yield what lies below and fits a pattern: of one part objects and folders, of several parts objects alone."""
        wanted = pattern.split("/")
        for path in self.iterdir() if len(wanted) == 1 else self._below():
            parts = path.relative_to(self).parts
            if len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted)):
                yield path

    def _below(self) -> Iterator["ObjectPath"]:
        with telling(str(self)):
            for chunk in obstore.list(store_of(self.bucket), self.key or None):
                for meta in chunk:
                    if meta["path"] != self.key:
                        yield ObjectPath(self.bucket, meta["path"], _stat(meta))

    def read_bytes(self) -> bytes:
        """Return an object's content.

        Raises
        ------
        FileNotFoundError
            If there is no such object.
        """
        with telling(str(self)):
            return obstore.get(store_of(self.bucket), self.key).bytes().to_bytes()

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return an object's content as text."""
        return self.read_bytes().decode(encoding)

    def read_start(self, size: int) -> bytes:
        """Return the first `size` bytes of an object, fewer where it is shorter."""
        there = self.stat().st_size
        if not there:
            return b""
        with telling(str(self)):
            return obstore.get_range(store_of(self.bucket), self.key, start=0, end=min(size, there)).to_bytes()

    def open(self, mode: str = "rb") -> BytesIO:
        """Return an object's content as a file to read from; the whole of it is fetched."""
        if mode != "rb":
            raise ValueError(f"{self} can be opened to read bytes, not as {mode!r}: an object is written as a whole")
        return BytesIO(self.read_bytes())

    def write_bytes(self, content: bytes) -> None:
        """Put an object; one of that name is replaced."""
        with telling(str(self)):
            obstore.put(store_of(self.bucket), self.key, content)

    def create(self, content: bytes) -> bool:
        """Put an object where there is none yet; return whether it was put. Of several that try at once one succeeds."""
        with telling(str(self)):
            try:
                obstore.put(store_of(self.bucket), self.key, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        return True

    def unlink(self, *, missing_ok: bool = True) -> None:
        """Remove an object; a store does not tell whether there was one, so `missing_ok` changes nothing."""
        with telling(str(self)):
            obstore.delete(store_of(self.bucket), self.key)

    def remove_below(self) -> None:
        """Remove every object below."""
        keys = [path.key for path in self._below()]
        if keys:
            with telling(str(self)):
                obstore.delete(store_of(self.bucket), keys)

    def mkdir(self, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: a folder is there as soon as something lies in it."""


def _stat(meta: "ObjectMeta") -> ObjectStat:
    return ObjectStat(meta["size"], meta["last_modified"].timestamp(), meta["e_tag"])
