"""Finds the files of an input table and fingerprints their content."""

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from data.errors import InputError
from data.settings import InputsSettings
from data.sources.formats import FORMATS
from data.storage import ObjectPath, Place, place

_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and bytes of a name that are not UTF-8."""


@dataclass(frozen=True)
class SourceFile:
    """One file of an input table, or the rows that its query gave.

    Attributes
    ----------
    name
        Path relative to the input folder, with forward slashes; of a query what messages call it.
    sha256
        Fingerprint of the content, hexadecimal.
    size
        Bytes.
    mark
        Of a query with a watermark: how far the table has been read with it, to go on from the next time.
    """

    name: str
    sha256: str
    size: int
    mark: str | None = None


@dataclass(frozen=True)
class Found:
    """Files of a table by name, and the names of those in its folder whose format is not read."""

    files: dict[str, Place]
    ignored: tuple[str, ...] = ()


def find(inputs: InputsSettings, table: str) -> Found:
    """Return where the files of `table` are; none when the table is absent.

    Without `[inputs.<table>] path` these are `<inputs.path>/<table>.<ending>` and every file in `<inputs.path>/<table>/`.
    Hidden and temporary files are passed over. Names are matched without regard to case.

    Raises
    ------
    InputError
        If the input folder or a path the config names does not exist, cannot be listed or is of no known format, or if a
        table lies there in two formats.
    """
    root = _input_folder(inputs)
    configured = inputs.table(table).path
    found = _configured(root, table, configured) if configured is not None else _named(root, table)
    _refuse_names(root, found.files)
    return found


def _named(root: Place, table: str) -> Found:
    """Files and folders of the input folder that are named after the table."""
    single: dict[str, Place] = {}
    within: dict[str, Place] = {}
    ignored: list[str] = []
    for path in _listed(root):
        if path.is_dir() and path.name.casefold() == table:
            for inner in _listed(path):
                name = f"{path.name}/{inner.name}"
                if inner.is_file() and inner.suffix.casefold() in FORMATS:
                    within[name] = inner
                elif inner.is_file():
                    ignored.append(name)
        elif path.is_file() and path.stem.casefold() == table:
            if path.suffix.casefold() in FORMATS:
                single[path.name] = path
            else:
                ignored.append(path.name)
    if len(single) > 1:
        raise InputError(
            f"{table}: found as {' and as '.join(single)} in {root}. One table comes in one file or in a folder {table}/. "
            f'Remove all but one of them, or name the right one in the config: [inputs.{table}] path = "{root / next(iter(single))}".'
        )
    return Found({**single, **within}, tuple(ignored))


def listed_files(folder: Place, depth: int = 1) -> dict[str, Place]:
    """Return the files of a folder, and of folders in it down to `depth`, by their names relative to it, sorted.

    Hidden and temporary files are passed over.

    Raises
    ------
    InputError
        If a folder cannot be listed.
    """
    files: dict[str, Place] = {}
    for path in _listed(folder):
        if path.is_file():
            files[path.name] = path
        elif path.is_dir() and depth > 1:
            files |= {f"{path.name}/{name}": inner for name, inner in listed_files(path, depth - 1).items()}
    _refuse_names(folder, files)
    return files


def _refuse_names(folder: Place, names: Iterable[str]) -> None:
    """Refuse names that are no text: no table could say from which file a row came."""
    for name in names:
        if _NO_TEXT.search(name):
            raise InputError(f"{folder}: a file in it is named {name!a}, which is not text that can be shown. Rename it.")


def fingerprint(files: dict[str, Place]) -> tuple[SourceFile, ...]:
    """Return name, fingerprint and size of each file, in the order given.

    On disk the fingerprint is the SHA-256 of the content. A store keeps a tag of the content of each object, so that
    nothing need be fetched to know that it is the same: there it is the SHA-256 of tag and size.
    """
    fingerprints = []
    for name, path in files.items():
        try:
            fingerprints.append(SourceFile(name, _digest(path), path.stat().st_size))
        except OSError as error:
            raise InputError(f"{name}: cannot be read ({error.strerror or error}). Check that it is there and may be read.") from error
    return tuple(fingerprints)


def _digest(path: Place) -> str:
    if isinstance(path, ObjectPath) and (tag := path.stat().e_tag) is not None:
        return hashlib.sha256(f"{tag} {path.stat().st_size}".encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def missing_table(inputs: InputsSettings, table: str, found: Found) -> InputError:
    """Return the error for a required table without a file, naming what lies there instead."""
    root = _input_folder(inputs)
    there = sorted(path.name + ("/" if path.is_dir() else "") for path in _listed(root))
    endings = ", ".join(FORMATS)
    text = f"{table}: required, but no file {table}.* and no folder {table}/ with files in {root} (endings read: {endings}). "
    text += f"Found there: {_some(there)}. " if there else "The folder is empty. "
    if found.ignored:
        return InputError(text + f"{found.ignored[0]} is of a format that is not read: save it as .csv, .xlsx or .parquet.")
    near = _nearest_file(table, there)
    example = str(root / near) if near else f"path/to/your-{table}.csv"
    return InputError(text + f'Name the file after the table, or say where it is: [inputs.{table}] path = "{example}".')


def _input_folder(inputs: InputsSettings) -> Place:
    root = place(inputs.path)
    if not root.exists():
        raise InputError(f'[inputs] path = "{inputs.path}": no such folder (looked for {root.absolute()}). Create it or mend the path.')
    if not root.is_dir():
        raise InputError(
            f'[inputs] path = "{inputs.path}" is a file; the folder of the input tables was expected. '
            f'Name the folder there, and the file under its table: [inputs.sales] path = "{inputs.path}".'
        )
    return root


def _configured(root: Place, table: str, configured: str) -> Found:
    """Files under a path that the config names: relative to the working directory, else to the input folder."""
    key = f'[inputs.{table}] path = "{configured}"'
    path = place(configured)
    if not path.exists() and (root / configured).exists():
        path = root / configured
    if not path.exists():
        raise InputError(f"{key}: no such file or folder (looked for {path.absolute()} and in {root}). Mend the path or take the line out.")
    listed = [inner for inner in _listed(path) if inner.is_file()] if path.is_dir() else [path]
    files = {_name(root, path, inner): inner for inner in listed if inner.suffix.casefold() in FORMATS}
    ignored = tuple(_name(root, path, inner) for inner in listed if inner.suffix.casefold() not in FORMATS)
    if not files:
        what = f"holds {_some(ignored)}" if ignored else "is empty"
        what = what if path.is_dir() else "is of a format that is not read"
        raise InputError(f"{key}: {what}. Endings read: {', '.join(FORMATS)}. Save the table in one of these formats.")
    return Found(files, ignored)


def _name(root: Place, path: Place, inner: Place) -> str:
    """Name a file by its place in the input folder; outside of it, by the configured folder: never by an absolute path."""
    absolute, folder = inner.absolute().as_posix(), root.absolute().as_posix()
    if absolute.startswith(f"{folder}/"):
        return absolute.removeprefix(f"{folder}/")
    return f"{path.name}/{inner.name}" if path.is_dir() else inner.name


def _listed(folder: Place) -> list[Place]:
    """Entries of a folder by name, without hidden, temporary and bookkeeping files."""
    try:
        entries: list[Place] = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be listed ({error.strerror or error}). Check that it is a folder that may be read.") from error
    return [path for path in entries if not _is_passed_over(path.name)]


def _is_passed_over(name: str) -> bool:
    """Whether a name is that of a hidden file, an office lock, a checksum, a marker or a file still being written."""
    return name.startswith((".", "~", "_")) or name.casefold().endswith((".crc", ".tmp", ".part", ".bak", ".swp", "~"))


def _nearest_file(table: str, names: Iterable[str]) -> str | None:
    readable = [name for name in names if PurePosixPath(name.rstrip("/")).suffix.casefold() in FORMATS or name.endswith("/")]
    holding = [name for name in readable if table in name.casefold()]
    near = difflib.get_close_matches(table, [PurePosixPath(name).stem.casefold() for name in readable], n=1, cutoff=0.6)
    return next(iter(holding), None) or next((name for name in readable if near and PurePosixPath(name).stem.casefold() == near[0]), None)


def _some(names: Iterable[str], most: int = 12) -> str:
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")
