"""The formats of a workbook, and the format that a value gets."""

from typing import Any

from xlsxwriter.workbook import Format, Workbook

from flows.workbook.layout import Column

_NUMBER_FORMATS = {"units": "#,##0", "fraction": "#,##0.0##", "mean": "#,##0.0", "money": "#,##0.00", "share": "0%", "days": "#,##0.0"}
INPUT_COLOUR, CHANGED_COLOUR, FAULT_COLOUR = "#FFF8DC", "#DCEBD8", "#F4B6AE"


class Styles:
    """The formats of one workbook; a format belongs to the book that made it."""

    def __init__(self, book: Workbook) -> None:
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.heading = book.add_format({"bold": True, "font_size": 12, "font_color": "#2F4B66", "bottom": 1})
        self.name = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        self.date_name = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "valign": "vcenter", "indent": 1})
        self.number_name = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "vcenter", "align": "right"}
        )
        self.input_name = book.add_format({"bold": True, "bg_color": "#F2DFA0", "bottom": 1, "text_wrap": True, "valign": "vcenter"})
        self.note = book.add_format({"italic": True, "font_color": "#53606E", "valign": "top"})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
        self.term = book.add_format({"bold": True, "valign": "top"})
        self.date = book.add_format({"num_format": "yyyy-mm-dd", "align": "left", "indent": 1, "valign": "top"})
        self.kinds = {kind: book.add_format({"num_format": number, "valign": "top"}) for kind, number in _NUMBER_FORMATS.items()}
        self.totals = {kind: book.add_format({"num_format": number, "bold": True}) for kind, number in _NUMBER_FORMATS.items()}
        # text format, so that a spreadsheet does not turn the sku 00123 into 123 when the cell is edited
        self.kinds |= {"text": book.add_format({"num_format": "@", "valign": "top"}), "date": self.date}
        self.kinds |= {"long": book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})}
        self.kinds |= {"input": book.add_format({"bg_color": INPUT_COLOUR, "border": 1, "border_color": "#D9CFA3", "valign": "top"})}
        self.changed = book.add_format({"bg_color": CHANGED_COLOUR, "bold": True})
        self.fault = book.add_format({"bg_color": FAULT_COLOUR})

    def of(self, column: Column, value: Any = None) -> Format:
        """Return the format of a value in a column."""
        return self.kinds[_kind(column.kind, value)]

    def of_name(self, column: Column) -> Format:
        """Return the format of a column's name."""
        special = {"input": self.input_name, "date": self.date_name}
        return special.get(column.kind, self.number_name if column.kind in _NUMBER_FORMATS else self.name)

    def of_kind(self, kind: str, value: Any = None) -> Format:
        """Return the format of a value of a kind (see `Column.kind`)."""
        return self.kinds[_kind(kind, value)]

    def of_total(self, column: Column, value: float) -> Format:
        """Return the format of a column's total."""
        return self.totals[_kind(column.kind, value)]


def _kind(kind: str, value: Any) -> str:
    # one format for both would show 12 as "12."
    return "fraction" if kind == "units" and isinstance(value, float) and not value.is_integer() else kind
