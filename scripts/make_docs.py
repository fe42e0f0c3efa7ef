"""Write docs/ reference pages and prefect.yaml from schemas, settings, commands (`--check`: only say whether they are current)."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date, time
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import dataframely as dy
import polars as pl
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from data.cleaning.ledger import Corrections
from data.contracts import INPUT_TABLES, PROVENANCE, InputTable
from data.lake.layout import LAYOUTS
from data.marketplace import MarketplaceAdvice
from data.messages import PlanMessages
from flows.prefect_file import prefect_yaml
from flows.settings import Settings, checkout, read_toml, recorded_settings, section_of
from models.alert_kinds.registry import KINDS
from models.contracts import ALERT_KINDS, Alerts, Forecasts, Metrics, Recommendations
from models.explanations_contract import Explanations
from models.order_terms import OrderTerms
from models.outlook import StockOutlook
from models.override_value import OverrideValue
from models.recommending.reasons import DATA_FLAGS, REASONS
from scripts.docs_commands import commands_page
from scripts.docs_text import intro, page, table

REPO = Path(__file__).resolve().parent.parent
COLUMN_TYPES: dict[type[pl.DataType], str] = {
    pl.Date: "date",
    pl.String: "text",
    pl.Float64: "number",
    pl.Int64: "whole number",
    pl.Int32: "whole number",
    pl.Boolean: "true/false",
}
VALUE_TYPES: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true/false",
    date: "date",
    time: "time",
    NoneType: "none",
}
OUTPUT_TABLES: dict[str, type[dy.Schema]] = {
    "forecasts": Forecasts,
    "explanations": Explanations,
    "corrections": Corrections,
    "recommendations": Recommendations,
    "order_terms": OrderTerms,
    "stock_outlook": StockOutlook,
    "alerts": Alerts,
    "plan_messages": PlanMessages,
    "override_value": OverrideValue,
    "marketplace_recommendations": MarketplaceAdvice,
    "metrics": Metrics,
}


def input_tables_page() -> str:
    """Return docs/input-tables.md: every input table with its key and columns."""
    parts = [intro("input-tables")]
    for name, schema in INPUT_TABLES.items():
        need = "Required." if name == "sales" else "Optional."
        rows = _column_rows(schema, (column for column in schema.column_names() if column not in PROVENANCE), ("yes", "no"))
        parts += [
            f"## {name}",
            _docstring(schema),
            f"{need} {_grain(schema)} {_replaced(name)}",
            table(("column", "type", "required", "meaning"), rows),
        ]
    return page(parts)


def outputs_page() -> str:
    """Return docs/outputs.md: every published table with its columns."""
    parts = [intro("outputs")]
    for name, schema in OUTPUT_TABLES.items():
        rows = _column_rows(schema, schema.column_names(), ("always", "may be null"))
        parts += [f"## {name}", _docstring(schema), _grain(schema), table(("column", "type", "filled", "meaning"), rows)]
        parts += CODES[name]() if name in CODES else []
    return page(parts)


def _recommendation_codes() -> list[str]:
    return [
        heading_or_table
        for heading, codes in (("Codes in `reasons`", REASONS), ("Codes in `data_flags`", DATA_FLAGS))
        for heading_or_table in (f"### {heading}", table(("code", "meaning"), ((f"`{code}`", meaning) for code, meaning in codes.items())))
    ]


def _alert_kinds() -> list[str]:
    """Return the kinds that are raised, told by their modules, and the names that are kept for later ones."""
    told = {kind: (sys.modules[found.__module__].__doc__ or "").partition(":")[2] for kind, found in KINDS.items()}
    rows = ((f"`{kind}`", " ".join(meaning.split()).rstrip(".")) for kind, meaning in told.items())
    later = ", ".join(f"`{kind}`" for kind in ALERT_KINDS if kind not in KINDS)
    parts = ["### Kinds", table(("kind", "meaning"), rows)]
    return [*parts, f"Not raised yet, the names are kept for them: {later}."] if later else parts


def configuration_page() -> str:
    """Return docs/configuration.md: the keys at the top of a config, then every section of it."""
    return page([intro("configuration"), *_section("", Settings)])


CODES: dict[str, Callable[[], list[str]]] = {"recommendations": _recommendation_codes, "alerts": _alert_kinds}
"""What stands below a published table besides its columns."""


def prefect_file() -> str:
    """Return prefect.yaml: the schedules of the configs to start from. Where they name no zone it is UTC, since workers may be anywhere."""
    configs = [Path("configs") / f"{name}.toml" for name in ("nightly", "weekly")]
    return prefect_yaml([(path, recorded_settings(read_toml(checkout() / path, "config", "it is shipped"))) for path in configs], "UTC")


PAGES: dict[str, Callable[[], str]] = {
    "input-tables.md": input_tables_page,
    "configuration.md": configuration_page,
    "outputs.md": outputs_page,
    "commands.md": commands_page,
    "../prefect.yaml": prefect_file,
}
"""File, from docs/ → what makes its text."""


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with --check name those that are not current and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not what would be written")
    options = parser.parse_args(arguments)
    made = {(REPO / "docs" / name).resolve(): made for name, made in PAGES.items()}
    stale = [path for path, text in made.items() if not _is_current(path, text())]
    for path in stale:
        name = path.relative_to(REPO)
        if options.check:
            print(f"{name} is not current: run make docs", file=sys.stderr)
        else:
            path.write_text(made[path](), encoding="utf-8")
            print(f"{name} written")
    return 1 if stale and options.check else 0


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _docstring(thing: type) -> str:
    return " ".join((thing.__doc__ or "").split())


def _column_rows(schema: type[dy.Schema], names: Iterable[str], required: tuple[str, str]) -> Iterator[tuple[str, ...]]:
    columns = schema.columns()
    for name in names:
        column = columns[name]
        kind = _column_type(column.dtype)
        told = column.description
        if not told:
            raise ValueError(f"{schema.__name__}.{name} has no description: say in its contract what it means")
        meaning = told + _bounds(column, already=told)
        yield f"`{name}`", kind, required[int(column.nullable)], meaning


def _column_type(dtype: object) -> str:
    if isinstance(dtype, pl.List):
        inner = _column_type(dtype.inner)
        return f"list of {inner}" if inner == "text" else f"list of {inner}s"
    return COLUMN_TYPES[type(dtype) if isinstance(dtype, pl.DataType) else dtype]  # type: ignore[index]


def _bounds(column: dy.Column, already: str) -> str:
    """Return the column's limits in words, unless its description names them."""
    least, most = getattr(column, "min", None), getattr(column, "max", None)
    words = [f"at least {least}"] if least is not None and most is None else []
    words += [f"{least} to {most}"] if least is not None and most is not None and f"{least} to {most}" not in already else []
    words += (
        [f"above {limit}"]
        if (limit := getattr(column, "min_exclusive", None)) is not None and not getattr(column, "max_exclusive", None)
        else []
    )
    choices = getattr(column, "regex", None)
    if choices and choices.startswith("^(") and "one of" not in already:
        words.append("one of " + ", ".join(choices.strip("^$()").split("|")))
    return ("; " if already and words else "") + "; ".join(words)


def _grain(schema: type[dy.Schema]) -> str:
    """Return the sentence that says what a row is, from the primary key or from the rule that takes its place."""
    if key := schema.primary_key():
        return f"One row per {' × '.join(key)}."
    rules = [name for name in dir(schema) if name.startswith("one_row_per_")]
    if rules:
        return f"One row per {rules[0].removeprefix('one_row_per_').replace('_and_', ', ').replace('_', ', ')} (empty counts as a value)."
    return "No key: every row is a line of its own." if issubclass(schema, InputTable) else ""


def _replaced(name: str) -> str:
    """Return the sentence that says what a later delivery of a table replaces."""
    layout = LAYOUTS[name]
    if not layout.dated:
        empty = "an empty one empties it." if layout.may_be_empty else "an empty one is left out, with a message."
        return f"A later delivery replaces the whole table; {empty}"
    days = " × ".join("day" if column == "date" else "series" if column == "name" else column for column in reversed(layout.replaces))
    return f"A later delivery replaces every {days} that it contains."


def _section(name: str, model: type[BaseModel], lead: str = "") -> Iterator[str]:
    """Yield the section's heading, text and table, then those of the sections nested in it; sections read alike are told once."""
    plain: dict[str, FieldInfo] = {}
    nested: dict[type[BaseModel], list[str]] = {}
    for key, field in model.model_fields.items():
        if inner := section_of(field.annotation):
            nested.setdefault(inner, []).append(key)
        else:
            plain[key] = field
    yield f"## `[{name}]`" if name else "## Top of the file"
    yield lead + (_docstring(model) if name else "")
    rows = (
        (f"`{key}`", _type(field.annotation), _default(field), _meaning(key, field), _variable(name, key)) for key, field in plain.items()
    )
    yield table(("key", "type", "default", "meaning", "environment variable"), rows)
    for inner, keys in nested.items():
        one = len(keys) == 1
        lead = "" if one else f"For each of {', '.join(f'`{key}`' for key in keys)}. "
        yield from _section(f"{name}.{keys[0] if one else '<table>'}".lstrip("."), inner, lead)


def _variable(section: str, key: str) -> str:
    path = [*section.split("."), key] if section else [key]
    return "`FILLRATE_" + "__".join(path).upper() + "`"


def _meaning(key: str, field: FieldInfo) -> str:
    """Return a key's description with its limits."""
    if not field.description:
        raise ValueError(f"the setting {key} has no description: say in its model what it means")
    signs = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
    limits = [f"{word} {value:,}" for sign, word in signs for rule in field.metadata if (value := getattr(rule, sign, None)) is not None]
    return field.description + (f" ({', '.join(limits)})" if limits else "")


def _type(annotation: object) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f'`"{choice}"`' for choice in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in arguments if part is not NoneType)
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    if origin in (tuple, list):
        return f"list of {_type(arguments[0])}"
    return VALUE_TYPES[annotation]


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined and field.default_factory is None:
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ((), {}, []):
        return "–"
    return (
        f'`"{value}"`'
        if isinstance(value, str)
        else f"`{list(value)}`"
        if isinstance(value, tuple)
        else f"`{value:_}`"
        if isinstance(value, int) and not isinstance(value, bool)
        else f"`{value}`"
    )


if __name__ == "__main__":
    sys.exit(main())
