"""Matches the columns of a file with those of the contract, by the config's mapping and by name."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.contracts import business_columns, required_columns
from data.errors import InputError
from data.sources.headers import normalised


@dataclass(frozen=True)
class Matched:
    """Where each column of the contract stands in a file.

    Attributes
    ----------
    positions
        Contract column → position in the file, in contract order.
    extra
        The file's columns that the contract does not know.
    """

    positions: dict[str, int]
    extra: tuple[str, ...]


def match_columns(table: str, file: str, header: Sequence[str], mapping: Mapping[str, str]) -> Matched:
    """Return where the columns of `table` stand in a file with this header.

    `mapping` goes from the file's names to the contract's; an empty contract name leaves the column out. Other names are
    compared without regard to case, surrounding blanks, and whether words are joined by a blank, hyphen or underscore.

    Raises
    ------
    InputError
        If a required or a mapped column is missing, or two columns claim the same contract column.
    """
    known = business_columns(table)
    claims: dict[str, list[int]] = {}
    mapped: set[int] = set()
    for source, target in mapping.items():
        if target and target not in known:
            near = difflib.get_close_matches(normalised(target), known, n=1)
            hint = f' Nearest: "{near[0]}".' if near else ""
            raise InputError(
                f'[inputs.{table}] columns = {{{key(source)} = "{target}"}}: {table} has no column "{target}".{hint} '
                f'Columns it has: {", ".join(known)}. Name one of these, or "" to leave the column out.'
            )
        position = _position(header, source)
        if position is None:
            raise _mapped_missing(table, file, header, source, target)
        mapped.add(position)
        if target:
            claims.setdefault(target, []).append(position)
    extra = []
    for position, name in enumerate(header):
        if position in mapped or not name:
            continue
        if (target := normalised(name)) in known:
            claims.setdefault(target, []).append(position)
        else:
            extra.append(name)
    for target, positions in claims.items():
        if len(positions) > 1:
            raise _claimed_twice(table, file, header, target, positions)
    for column in required_columns(table):
        if column not in claims:
            raise _required_missing(table, file, header, column, extra)
    return Matched({name: claims[name][0] for name in known if name in claims}, tuple(extra))


def key(name: str) -> str:
    """Return a column name as a TOML key, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _position(header: Sequence[str], name: str) -> int | None:
    """The column of that name: exactly, else as names are compared."""
    if name in header:
        return list(header).index(name)
    return next((position for position, column in enumerate(header) if normalised(column) == normalised(name)), None)


def _nearest(name: str, header: Sequence[str]) -> str | None:
    near = difflib.get_close_matches(normalised(name), [normalised(column) for column in header], n=1, cutoff=0.5)
    return next((column for column in header if near and normalised(column) == near[0]), None)


def _columns(header: Sequence[str]) -> str:
    names = [name for name in header if name]
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")


def _mapped_missing(table: str, file: str, header: Sequence[str], source: str, target: str) -> InputError:
    near = _nearest(source, header)
    hint = f'Nearest: "{near}". If that is it, write [inputs.{table}] columns = {{{key(near)} = "{target}"}}.' if near else ""
    return InputError(
        f'{file}: has no column "{source}", which [inputs.{table}] columns maps to {table}.{target or "nothing"}. '
        f"Columns found: {_columns(header)}. {hint or 'Name one of these in the mapping, or take the entry out.'}"
    )


def _required_missing(table: str, file: str, header: Sequence[str], column: str, extra: Sequence[str]) -> InputError:
    near = _nearest(column, extra)
    name = key(near) if near else '"name in the file"'
    hint = f'Nearest: "{near}". If that is it, write' if near else "If it has another name there, write"
    return InputError(
        f'{file}: {table} needs a column "{column}", and there is none. Columns found: {_columns(header)}. '
        f'{hint} in the config: [inputs.{table}] columns = {{{name} = "{column}"}}.'
    )


def _claimed_twice(table: str, file: str, header: Sequence[str], target: str, positions: Sequence[int]) -> InputError:
    names = [header[position] for position in positions]
    return InputError(
        f"{file}: columns {' and '.join(repr(name) for name in names)} both stand for {table}.{target}; one was expected. "
        f'Rename or remove one of them in the file, or leave one out in the config: [inputs.{table}] columns = {{{key(names[-1])} = ""}}.'
    )
