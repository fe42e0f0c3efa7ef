"""Finds the reports in the folder of exports and recognises each by its header."""

from dataclasses import dataclass

from data.errors import InputError
from data.presets.column_names import canonical_header, every_name
from data.presets.registry import PRESETS
from data.settings import ExportsInput, InputsSettings
from data.sources.discovery import listed_files
from data.sources.text_head import text_header
from data.storage import Place, place

FOLDER = "exports"
ENDINGS = (".txt", ".csv", ".tsv")
"""Endings of reports as they are downloaded."""


@dataclass(frozen=True)
class ExportFile:
    """A file of the folder of exports.

    Attributes
    ----------
    name
        Path relative to the input folder, with forward slashes.
    path
        Where it is.
    seller
        Folder of the seller; None when the file lies beside the others.
    preset
        Name of the preset that reads it; None when none does.
    missing
        For a file of no preset: the title of the nearest one and the columns it lacks for it, empty when nothing is near.
    """

    name: str
    path: Place
    seller: str | None
    preset: str | None
    missing: tuple[str, tuple[str, ...]] | None = None


def find_exports(inputs: InputsSettings) -> list[ExportFile]:
    """Return every file in the folder of exports and in the folders of sellers in it, by name; none without such a folder.

    Raises
    ------
    InputError
        If the config names a folder that does not exist, or a file cannot be read.
    """
    root = _folder(inputs)
    if root is None:
        return []
    found = []
    for name, path in listed_files(root, depth=2).items():
        seller = name.rpartition("/")[0] or None
        found.append(_recognised(f"{FOLDER}/{name}", path, seller, inputs.exports))
    return found


def _folder(inputs: InputsSettings) -> Place | None:
    told = inputs.exports.path
    root = place(told) if told is not None else place(inputs.path) / FOLDER
    if root.is_dir():
        return root
    if told is not None:
        raise InputError(f'[inputs.exports] path = "{told}": no such folder (looked for {root.absolute()}). Create it or mend the path.')
    return None


def _recognised(name: str, path: Place, seller: str | None, settings: ExportsInput) -> ExportFile:
    if path.suffix.casefold() not in ENDINGS:
        return ExportFile(name, path, seller, None)
    expected = every_name(sorted({column for preset in PRESETS.values() for column in preset.columns}), settings.columns)
    try:
        header = canonical_header(text_header(path, expected), settings.columns)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or error}). Check that it is there and may be read.") from error
    there = {key: sum(column in header for column in preset.columns) for key, preset in PRESETS.items()}
    lacking = {key: tuple(column for column in preset.required if column not in header) for key, preset in PRESETS.items()}
    fitting = [key for key in PRESETS if not lacking[key]]
    if fitting:
        return ExportFile(name, path, seller, max(fitting, key=lambda key: there[key]))
    nearest = max(PRESETS, key=lambda key: there[key] / len(PRESETS[key].columns))
    near = (PRESETS[nearest].title, lacking[nearest]) if there[nearest] * 2 >= len(PRESETS[nearest].required) else None
    return ExportFile(name, path, seller, None, near)
