"""The sheet Orders: what is recommended, cells to fill in, and what the workbook checks while they are filled in."""

from collections.abc import Callable
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from flows.workbook.layout import APPROVED, FINAL, MARKETPLACE, ORDER_COLUMNS, PRINTED_TO, REASON, REASONS, RECOMMENDED
from flows.workbook.styles import Styles
from flows.workbook.table import Span

_AT = {column.name: index for index, column in enumerate(ORDER_COLUMNS)}
_LETTER = {name: xl_col_to_name(index) for name, index in _AT.items()}
_TERMS = ("unit_cost", "case_pack", "moq", "max_units")


def orders_to_fill_in(recommendations: pl.DataFrame, terms: pl.DataFrame | None, marketplace: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the rows of the sheet: every order by supplier, the most valuable first, with the packs it is bound to.

    Without terms the cost is order_value ÷ order_units, and packs are left empty. What the marketplaces recommend stands beside where
    they recommend anything.
    """
    orders = recommendations.filter(pl.col("order_units") > 0)
    if terms is None:
        orders = orders.with_columns((pl.col("order_value") / pl.col("order_units")).alias("unit_cost"))
    else:
        orders = orders.join(terms.select("fc", "sku", *_TERMS), on=["fc", "sku"], how="left")
    if marketplace is not None and marketplace.height:
        orders = orders.join(marketplace.select("fc", "sku", *MARKETPLACE).rename(MARKETPLACE), on=["fc", "sku"], how="left")
    # no least quantity is no limit
    orders = orders.with_columns(pl.when(pl.col("moq") > 0).then(pl.col("moq")).alias("moq")) if "moq" in orders.columns else orders
    return orders.with_columns(pl.col(RECOMMENDED).alias(FINAL)).sort(
        "supplier", "order_value", "fc", "sku", descending=[False, True, False, False], nulls_last=True
    )


def checks_while_typing(styles: Styles) -> Callable[[Worksheet, Span], None]:
    """Return what adds the validations and colours to a sheet of orders."""

    def finish(sheet: Worksheet, span: Span) -> None:
        rows = (span.first - 1, span.last - 1)
        sheet.print_area(0, 0, rows[1], _AT[PRINTED_TO])
        sheet.data_validation(rows[0], _AT[APPROVED], rows[1], _AT[APPROVED], _units_rule(span.first))
        sheet.data_validation(rows[0], _AT[REASON], rows[1], _AT[REASON], _REASON_RULE)
        approved, recommended, reason = (f"${_LETTER[name]}{span.first}" for name in (APPROVED, RECOMMENDED, REASON))
        changed = f"AND(ISNUMBER({approved}),{approved}<>{recommended})"
        for name, condition, style in (
            (REASON, f'=AND({changed},TRIM({reason}&"")="")', styles.fault),
            (APPROVED, f'=AND({approved}<>"",NOT(AND({_allowed(span.first)})))', styles.fault),
            (APPROVED, f"={changed}", styles.changed),
            (FINAL, f"={changed}", styles.changed),
        ):
            rule = {"type": "formula", "criteria": condition, "format": style}
            sheet.conditional_format(rows[0], _AT[name], rows[1], _AT[name], rule)

    return finish


def _allowed(row: int) -> str:
    """Return the conditions that approved units must meet: the recommendation, none, or whole cases within the limits."""
    cell = {name: f"${letter}{row}" for name, letter in _LETTER.items()}
    units, case = cell[APPROVED], f"MAX({cell['case_pack']},0)"
    whole = f"IF({case}=0,{units}=INT({units}),ABS({units}/{case}-ROUND({units}/{case},0))<0.000001)"
    limits = f'{units}>={cell["moq"]},OR({cell["max_units"]}="",{units}<={cell["max_units"]})'
    return f"ISNUMBER({units}),OR({units}={cell[RECOMMENDED]},{units}=0,AND({units}>0,{whole},{limits}))"


def _units_rule(row: int) -> dict[str, Any]:
    return {
        "validate": "custom",
        "value": f"=AND({_allowed(row)})",
        "input_title": "Approved units",
        "input_message": "Leave empty to accept order_units; 0 cancels the line.",
        "error_title": "Whole cases",
        "error_message": "Approved units are 0, or whole cases of case_pack, at least moq and at most max_units.",
    }


_REASON_RULE: dict[str, Any] = {
    "validate": "list",
    "source": list(REASONS),
    "input_title": "Reason",
    "input_message": "Why other units than recommended: pick one, or write your own.",
    "show_error": False,
}
