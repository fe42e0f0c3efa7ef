"""The result of a backtest on a terminal: methods by measures, then what each step of fillrate changed."""

from collections.abc import Sequence

import polars as pl
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.backtest.measures import HEADLINE, OWN, method_title
from flows.backtest.scorebook import Scorebook
from flows.backtest.sections import Cell, Line, method_table, step_rows

COLUMNS = {
    HEADLINE: "error",
    "bias_mean": "bias",
    "pinball": "pinball",
    "coverage_p10": "in p10",
    "coverage_p90": "in p90",
}
INTERVAL = "interval"
_SIGNS = {"better": "+", "worse": "-", "none": "="}
_STYLES = {"better": "bold yellow", "worse": "", "none": ""}
_LEGEND = (
    "error: of the median, ÷ demand (WAPE); in p10, in p90: share of outcomes below; interval: pinball loss over the protection interval\n"
    "beside fillrate, beyond noise: + better, - worse; = within noise; nothing: not compared"
)


def score_table(scores: pl.DataFrame, value_added: pl.DataFrame) -> RenderableType:
    """Return the scores as `backtest_page` takes them for a terminal of 100 columns, or a pipe: fillrate first, then best to worst."""
    book = Scorebook(scores)
    rows = book.rows_of("period")
    methods, interval = method_table(book, "period", rows), method_table(book, "interval", book.rows_of("interval"))
    if methods is None:
        return Text("Nothing was judged.")
    parts: list[RenderableType] = [Text(methods.title, style="bold")]
    names = [measure.name for measure in methods.measures]
    table = _table("method", [title for name, title in COLUMNS.items() if name in names] + ([INTERVAL] if interval else []))
    lines = {line.method: line for line in methods.lines}
    totals = {line.method: line for line in interval.lines} if interval else {}
    for method in [*lines, *(method for method in totals if method not in lines)]:
        cells = [_of(lines.get(method), names.index(name)) for name in COLUMNS if name in names]
        if interval:
            pinball = [measure.name for measure in interval.measures]
            cells.append(_of(totals.get(method), pinball.index("pinball")) if "pinball" in pinball else Text("–"))
        table.add_row(Text(method), *cells, style="bold" if method == method_title(OWN) else "")
    parts += [table, Text(_LEGEND, style="dim")]
    return Group(*parts, *_steps(value_added))


def _steps(value_added: pl.DataFrame) -> list[RenderableType]:
    measures, lines = step_rows(value_added.filter(pl.col("measure").is_in([HEADLINE, "pinball"])))
    if not lines:
        return []
    table = _table("step", [heading for measure in measures for heading in (COLUMNS[measure.name], "changed by")])
    for line in lines:
        table.add_row(
            Text(line.method), *(text for cell in line.cells for text in (Text(cell.value), _signed(cell.band or "–", cell.verdict)))
        )
    return [Text("\nvalue of each step", style="bold"), table]


def _table(first: str, headings: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, overflow="fold", max_width=38)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _of(line: Line | None, place: int) -> Text:
    return _signed("–", "") if line is None else _cell(line.cells[place])


def _cell(cell: Cell) -> Text:
    return _signed(cell.value, cell.verdict)


def _signed(value: str, verdict: str) -> Text:
    return Text(f"{value} {_SIGNS.get(verdict, ' ')}", style=_STYLES.get(verdict, ""))
