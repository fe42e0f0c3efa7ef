"""The parts of the page besides its charts: tables of methods, cuts and steps, the ledger of openings, the facts of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from flows.backtest.measures import COVERAGES, HEADLINE, MEASURES, OWN, STEP, Measure, measure_of, method_title
from flows.backtest.openings import Opening
from flows.backtest.scorebook import WHOLE, Key, Row, Scorebook, finite, members
from flows.backtest.summary import BacktestSummary
from flows.report.formats import count, day, percent, seconds, text, units

MOST_ROWS = 500
CUTS = {
    "origin": ("Origin", "by origin"),
    "region": ("Region", "by region"),
    "abc_xyz": ("Class", "by ABC × XYZ class"),
    "intermittency": ("Demand", "by intermittency of demand"),
    "horizon": ("Ahead", "by periods ahead"),
    "day_kind": ("Kind of day", "by kind of day"),
    "age": ("Age", "by age of the series"),
}
TARGETS = {"period": "per period", "interval": "total of the protection interval"}
ROWS = {"in_stock": "fully in stock", "nearly_in_stock": "nearly in stock"}
SCALES = ("wape_median", "bias_mean", "rmsse", "pinball", "pinball_target", "crps", "coverage_p10", "coverage_p50", "coverage_p90")
"""Measures of the table of methods; the other levels of coverage stand in the tables of the cuts."""


@dataclass(frozen=True)
class Cell:
    """One number with its noise band and, of a rule, by how much it differs from fillrate's and whether it is better or worse.

    `verdict` is `none` within noise, empty where nothing was compared.
    """

    value: str
    band: str
    verdict: str
    difference: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a table of scores: the member of a cut, the method, what that rests on, its cells."""

    member: str
    method: str
    note: str
    is_own: bool
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    """Scores of methods, or of the members of a cut; `left_out` rows are only in the files."""

    title: str
    heading: str
    measures: list[Measure]
    lines: list[Line]
    left_out: int = 0


@dataclass(frozen=True)
class Window:
    """What became of one window: how often it was opened, by how many configurations, and in this backtest."""

    label: str
    span: str
    locked: bool
    openings: int
    configurations: int
    here: bool


def method_table(book: Scorebook, target: str, rows: str) -> Table | None:
    """Return methods by measures, fillrate first, then the others from best to worst; None where nothing was judged."""
    table = book.table(target, rows)
    measures = [MEASURES[name] for name in SCALES if any(key[2] == name for key in table)]
    if not measures:
        return None
    order = [HEADLINE, *(measure.name for measure in measures)]
    methods = sorted({method for _, method, _ in table if not method.startswith(STEP)}, key=lambda method: _place(table, method, order))
    own_series = max((row["series"] or 0 for (_, method, _), row in table.items() if method == OWN), default=0)
    lines = [
        Line(
            "",
            method_title(method),
            _on_fewer(table, method, own_series),
            method == OWN,
            [_cell(table, WHOLE, method, measure) for measure in measures],
        )
        for method in methods
    ]
    return Table(f"{TARGETS.get(target, target)}, {ROWS.get(rows, rows)}", "Method", measures, lines)


def cut_tables(book: Scorebook, target: str) -> list[Table]:
    """Return every cut of a target as a table of members × methods, on each kind of rows it was judged on."""
    found = [(rows, cut, book.table(target, rows, cut)) for rows in book.kinds(target) for cut in CUTS]
    return [_cut_table(table, cut, rows) for rows, cut, table in found if table]


def step_rows(value_added: pl.DataFrame) -> tuple[list[Measure], list[Line]]:
    """Return the steps in the order given and, of each measure, the value after the step, its change and whether that is noise."""
    measures = [measure_of(name) for name in value_added["measure"].unique(maintain_order=True)]
    found = {(row["step"], row["measure"]): row for row in value_added.iter_rows(named=True)}
    steps = value_added["step"].unique(maintain_order=True).to_list()
    return measures, [
        Line("", method_title(text(step)), "", step == OWN, [_step_cell(found.get((step, measure.name)), measure) for measure in measures])
        for step in steps
    ]


def windows(summary: BacktestSummary) -> list[Window]:
    """Return what the ledger says of each window, those of this configuration's data set first."""
    by_label: dict[str, list[Opening]] = {label: [] for label in summary.locked_windows}
    for opening in summary.openings:
        by_label.setdefault(opening.window, []).append(opening)
    return [
        Window(
            text(label),
            span_of(summary.locked_windows.get(label) or [origin for opening in found for origin in opening.origins]),
            label in summary.locked_windows,
            len(found),
            len({opening.config_digest for opening in found}),
            any(opening.run_id == summary.run_id for opening in found),
        )
        for label, found in by_label.items()
    ]


def span_of(origins: Sequence[object]) -> str:
    """Return origins in few words: one date, or how many from when to when."""
    days = sorted({str(origin) for origin in origins})
    if len(days) < 2:
        return "".join(days)
    return f"{len(days)} origins, {days[0]} to {days[-1]}"


def meanings(measures: Sequence[str]) -> list[tuple[str, str]]:
    """Return what the measures shown mean, in their order; the levels of coverage share one entry."""
    shown = [(measure.title, measure.meaning) for name, measure in MEASURES.items() if name in measures and name not in COVERAGES]
    coverage = ("Covered by p…", "share of outcomes below the quantile, those equal to it counted half")
    return [*shown, coverage] if set(COVERAGES) & set(measures) else shown


def minute(when: datetime) -> str:
    """Return a time in UTC to the minute."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"


def facts(summary: BacktestSummary) -> list[tuple[str, str]]:
    """Return the run's facts as (term, value)."""
    period = summary.frequency
    memory = None if summary.peak_memory_bytes is None else f"{summary.peak_memory_bytes / 1e9:.2f} GB"
    pairs = [
        ("origins", ", ".join(day(origin) for origin in summary.origins) or "none"),
        ("periods ahead", count(summary.horizon, period)),
        ("from origin to origin", count(summary.spacing, period)),
        ("protection interval", count(summary.protection_interval, period) if summary.protection_interval else "differs or not judged"),
        ("series", units(summary.series)),
        ("regions", units(summary.regions)),
        ("time", seconds(summary.seconds)),
        ("LightGBM’s part of it", seconds(summary.lightgbm_seconds)),
        ("peak memory", memory or "not measured"),
        ("run id", summary.run_id),
        ("code version", summary.code_version),
        ("digest of the settings", summary.settings_digest),
    ]
    return [(term, text(value, 2000)) for term, value in pairs]


def _cut_table(table: Mapping[Key, Row], cut: str, rows: str) -> Table:
    heading, title = CUTS[cut]
    measures = [measure for name, measure in MEASURES.items() if any(key[2] == name for key in table)]
    order = [HEADLINE, *(measure.name for measure in measures)]
    series = {(member, method): row["series"] for (member, method, _), row in table.items() if not method.startswith(STEP)}
    place = {member: number for number, member in enumerate(members(table))}
    pairs = sorted(series, key=lambda pair: (place[pair[0]], _place(table, pair[1], order, pair[0])))
    lines = [
        Line(
            text(member, 60),
            method_title(method),
            count(series[member, method], "series", "series"),
            method == OWN,
            [_cell(table, member, method, measure) for measure in measures],
        )
        for member, method in pairs[:MOST_ROWS]
    ]
    return Table(f"{title}, {ROWS.get(rows, rows)}", heading, measures, lines, len(pairs) - len(lines))


def _cell(table: Mapping[Key, Row], member: str, method: str, measure: Measure) -> Cell:
    row = table.get((member, method, measure.name))
    if row is None:
        return Cell(measure.show(None), "", "")
    value, band = measure.show(finite(row["value"])), measure.band(finite(row["low"]), finite(row["high"]))
    if row["against"] != OWN or method == OWN or not row["verdict"]:
        return Cell(value, band, "")
    return Cell(value, band, row["verdict"], signed(row["difference"]))


def _step_cell(row: Row | None, measure: Measure) -> Cell:
    if row is None:
        return Cell(measure.show(None), "", "")
    change = signed(row["change"])
    band = measure_of("bias_mean").band(finite(row["change_low"]), finite(row["change_high"]))
    return Cell(measure.show(finite(row["value"])), f"{change} ({band})" if change and band else change, row["verdict"] or "")


def signed(difference: float | None) -> str:
    """Return a difference with its sign, or nothing where it is not known."""
    return "" if finite(difference) is None else measure_of("bias_mean").show(difference)


def _place(table: Mapping[Key, Row], method: str, order: Sequence[str], member: str = WHOLE) -> tuple[bool, list[float], str]:
    values = [(finite(table.get((member, method, name), {}).get("value")), name) for name in order]
    distances = [float("inf") if value is None else measure_of(name).distance(value) for value, name in values]
    return method != OWN, distances, method


def _on_fewer(table: Mapping[Key, Row], method: str, own_series: float) -> str:
    mine = max((row["series"] or 0 for (_, name, _), row in table.items() if name == method), default=0)
    if not own_series or mine == own_series:
        return ""
    return f"on {count(mine, 'series', 'series')} only ({percent(mine / own_series)})"
