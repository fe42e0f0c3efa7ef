"""Write the reference pages of docs/ from schemas and settings (`--check`: only say whether they are current)."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import dataframely as dy
import polars as pl
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from data.contracts import INPUT_TABLES, PROVENANCE, InputTable
from data.messages import PlanMessages
from data.settings import InputsSettings, LakeSettings, OutputSettings
from models.contracts import QUANTILES, Alerts, Forecasts, Metrics, Recommendations
from models.settings import ForecastSettings, ReplenishmentSettings

REPO = Path(__file__).resolve().parent.parent
INTROS = REPO / "scripts" / "docs_intros"
COLUMN_TYPES: dict[type[pl.DataType], str] = {
    pl.Date: "date",
    pl.String: "text",
    pl.Float64: "number",
    pl.Int64: "whole number",
    pl.Int32: "whole number",
    pl.Boolean: "true/false",
    pl.List: "list of text",
}
VALUE_TYPES: dict[object, str] = {str: "text", int: "whole number", float: "number", bool: "true/false", NoneType: "none"}
OUTPUT_TABLES: dict[str, type[dy.Schema]] = {
    "forecasts": Forecasts,
    "recommendations": Recommendations,
    "alerts": Alerts,
    "plan_messages": PlanMessages,
    "metrics": Metrics,
}
RECURRING: dict[str, str] = {
    "run_id": "run that published the row",
    "as_of": "last complete day of the run",
    "region": "group of fcs that share a forecaster",
    "fc": "fulfilment centre",
    "sku": "item",
    "date": "day, or the first day of the week",
    "horizon": "periods after as_of, from 1",
    "mean": "mean demand, units",
    "name": "what people call it",
    "supplier": "who delivers it",
    "seller": "who sells it",
    "alert_id": "the same problem has the same id every night",
    "expected_date": "day on which it is expected to be felt",
    "message": "what is wrong, in words",
    "action": "what to do about it",
    "value": "the number measured",
    **{name: f"demand not exceeded with probability {level:g}, units" for name, level in QUANTILES.items()},
}
"""What columns mean whose contract leaves it to their name."""
SECTIONS: dict[str, type[BaseModel]] = {
    "inputs": InputsSettings,
    "lake": LakeSettings,
    "output": OutputSettings,
    "forecast": ForecastSettings,
    "replenishment": ReplenishmentSettings,
}


def input_tables_page() -> str:
    """Return docs/input-tables.md: every input table with its key and columns."""
    parts = [_intro("input-tables")]
    for name, schema in INPUT_TABLES.items():
        need = "Required." if name == "sales" else "Optional."
        rows = _column_rows(schema, (column for column in schema.column_names() if column not in PROVENANCE), ("yes", "no"))
        parts += [f"## {name}", _docstring(schema), f"{need} {_grain(schema)}", _table(("column", "type", "required", "meaning"), rows)]
    return _page(parts)


def outputs_page() -> str:
    """Return docs/outputs.md: every published table with its columns."""
    parts = [_intro("outputs")]
    for name, schema in OUTPUT_TABLES.items():
        rows = _column_rows(schema, schema.column_names(), ("always", "may be null"))
        parts += [f"## {name}", _docstring(schema), _grain(schema), _table(("column", "type", "filled", "meaning"), rows)]
    return _page(parts)


def configuration_page() -> str:
    """Return docs/configuration.md: every section of a config with its keys."""
    parts = [_intro("configuration")]
    for name, model in SECTIONS.items():
        parts.extend(_section(name, model))
    return _page(parts)


PAGES: dict[str, Callable[[], str]] = {
    "input-tables.md": input_tables_page,
    "configuration.md": configuration_page,
    "outputs.md": outputs_page,
}


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or with --check name those that are not current and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is not what would be written")
    options = parser.parse_args(arguments)
    stale = [name for name, page in PAGES.items() if not _is_current(REPO / "docs" / name, page())]
    if options.check:
        for name in stale:
            print(f"docs/{name} is not current: run make docs", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (REPO / "docs" / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name} written")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _intro(page: str) -> str:
    return (INTROS / f"{page}.md").read_text(encoding="utf-8").strip()


def _page(parts: Iterable[str]) -> str:
    return (
        "<!-- Written by `make docs` from schemas, settings and scripts/docs_intros; do not edit. -->\n\n"
        + "\n\n".join(filter(None, parts))
        + "\n"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _docstring(thing: type) -> str:
    return " ".join((thing.__doc__ or "").split())


def _column_rows(schema: type[dy.Schema], names: Iterable[str], required: tuple[str, str]) -> Iterator[tuple[str, ...]]:
    columns = schema.columns()
    for name in names:
        column = columns[name]
        kind = COLUMN_TYPES[type(column.dtype) if isinstance(column.dtype, pl.DataType) else column.dtype]
        told = column.description or RECURRING.get(name, "")
        meaning = told + _bounds(column, already=told)
        yield f"`{name}`", kind, required[int(column.nullable)], meaning


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


def _section(name: str, model: type[BaseModel], lead: str = "") -> Iterator[str]:
    """Yield the section's heading, text and table, then those of the sections nested in it; tables read alike are told once."""
    plain: dict[str, FieldInfo] = {}
    nested: dict[Any, list[str]] = {}
    for key, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            nested.setdefault(inner, []).append(key)
        else:
            plain[key] = field
    rows = [(f"`{key}`", _type(field.annotation), _default(field), field.description or "") for key, field in plain.items()]
    yield from (
        f"## `[{name}]`" if name else "## Top of the file",
        lead + _docstring(model),
        _table(("key", "type", "default", "meaning"), rows),
    )
    for inner, keys in nested.items():
        one = len(keys) == 1
        lead = "" if one else f"For each of {', '.join(f'`{key}`' for key in keys)}. "
        yield from _section(f"{name}.{keys[0] if one else '<table>'}".lstrip("."), inner, lead)


def _type(annotation: object) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
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
        else f"`{value:_}`"
        if isinstance(value, int) and not isinstance(value, bool)
        else f"`{value}`"
    )


if __name__ == "__main__":
    sys.exit(main())
