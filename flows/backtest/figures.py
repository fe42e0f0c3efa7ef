"""Which charts the page of a backtest shows, and what each of them says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from flows.backtest.measures import COVERAGES, HEADLINE, OWN, measure_of, method_title, nominal_share
from flows.backtest.scorebook import WHOLE, Key, Row, Scorebook, finite, members, value
from flows.report.charts import Chart, Series, dot_chart, line_chart, square_chart
from flows.report.formats import percent, text

MOST_REGIONS = 20


@dataclass(frozen=True)
class Figure:
    """A chart, or, where there is nothing to draw, its title and why."""

    title: str
    chart: Chart | None
    why_empty: str


def horizon_figure(book: Scorebook, frequency: str) -> Figure:
    """Return the error by periods ahead: fillrate with its noise band, and the best simple rules."""
    title = f"Error by {frequency}s ahead"
    rows = book.rows_of("period")
    table = book.table("period", rows, "horizon")
    names = _judged(table, HEADLINE)
    if len(names) < 2:
        return Figure(title, None, "The error was not judged by how far ahead it was forecast.")
    series = _series(table, names, [OWN, *book.best_rules("period", rows)], HEADLINE)
    own = series[0]
    chart = line_chart(
        title,
        "How the error of the median grows the further ahead it looks. The shade is fillrate’s noise band.",
        f"{title}. {_ends(own, names, f'{frequency}s ahead')}{_others(series)}",
        names=names,
        series=series,
        x_title=f"{frequency}s ahead",
        y_title="error of the median (WAPE)",
        show=_plain,
    )
    return Figure(title, chart, "")


def reliability_figures(book: Scorebook) -> list[Figure]:
    """Return what the quantiles covered against what they promise: over all series, and by class."""
    rows = book.rows_of("period")
    table = book.table("period", rows)
    levels = [name for name in COVERAGES if value(table, WHOLE, OWN, name) is not None]
    title = "Do the quantiles hold?"
    if not levels:
        return [Figure(title, None, "No quantiles were judged, so there is no coverage to show.")]
    rules = [rule for rule in book.best_rules("period", rows, "pinball", most=1) if value(table, WHOLE, rule, levels[0]) is not None]
    series = [
        _one(method_title(method), style, [table.get((WHOLE, method, name), {}) for name in levels])
        for style, method in enumerate([OWN, *rules])
    ]
    told = ", ".join(
        f"{percent(covered, 1)} below p{nominal_share(name) * 100:.0f}" for name, covered in zip(levels, series[0].values, strict=True)
    )
    overall = square_chart(
        title,
        "On the dashed line, quantiles cover exactly what they promise; below it, they are too low.",
        f"{title} Of the outcomes, {told}.",
        levels=[nominal_share(name) for name in levels],
        series=series,
        show=percent,
    )
    return [Figure(title, overall, ""), _class_coverage(book, rows)]


def member_figures(book: Scorebook) -> list[Figure]:
    """Return the error by intermittency of demand, by class, and by region: the regions with the most units when there are many."""
    return [
        _error_by(book, "intermittency", "Error by intermittency of demand"),
        _error_by(book, "abc_xyz", "Error by ABC × XYZ class"),
        _error_by(book, "region", "Error by region"),
    ]


def origin_figures(book: Scorebook) -> list[Figure]:
    """Return error and bias by origin: fillrate and the best simple rule, each with its noise band."""
    return [
        _by_origin(book, HEADLINE, "Error by origin", "Whether the result holds on every stretch of days. Strokes are noise bands.", None),
        _by_origin(
            book,
            "bias_mean",
            "Bias by origin",
            "Above zero, forecasts were too high. A noise band that misses zero is more than noise.",
            0.0,
        ),
    ]


def _by_origin(book: Scorebook, measure: str, title: str, note: str, reference: float | None) -> Figure:
    rows = book.rows_of("period")
    table = book.table("period", rows, "origin")
    names = _judged(table, measure)
    if not names:
        return Figure(title, None, "Not judged by origin.")
    if len(names) == 1:
        return Figure(title, None, f"One origin only ({names[0]}): how much this moves from origin to origin cannot be seen.")
    series = _series(table, names, [OWN, *book.best_rules("period", rows, most=1)], measure, bands=2)
    chart = line_chart(
        title,
        note,
        f"{title}. {_ends(series[0], names, 'origin')}{_others(series)}",
        names=names,
        series=series,
        x_title="origin, last known period",
        y_title=measure_of(measure).title.lower() + ", ÷ demand",
        show=measure_of(measure).show,
        reference=reference,
        whiskers=True,
    )
    return Figure(title, chart, "")


def value_added_figure(value_added: pl.DataFrame) -> Figure:
    """Return what each step changed in the error of the median, with its noise band."""
    title = "What each step changed"
    steps = value_added.filter((pl.col("measure") == HEADLINE) & pl.col("change").is_not_null() & pl.col("change").is_finite()).to_dicts()
    if not steps:
        return Figure(title, None, "The steps were not judged one by one.")
    names = [method_title(text(row["step"])) for row in steps]
    rows = [{"value": row["change"], "low": row["change_low"], "high": row["change_high"]} for row in steps]
    changes = _one("change in the error of the median", 0, rows)
    told = "; ".join(f"{name} {_signed(row['change'])}" for name, row in zip(names, steps, strict=True))
    chart = dot_chart(
        title,
        "Left of zero, the step made the error smaller. A band that crosses zero is within noise.",
        f"{title}, in the error of the median: {told}.",
        names=names,
        series=[changes],
        x_title="change in the error of the median (WAPE)",
        show=_signed,
        references=[0.0],
    )
    return Figure(title, chart, "")


def _error_by(book: Scorebook, cut: str, title: str) -> Figure:
    rows = book.rows_of("period")
    table = book.table("period", rows, cut)
    names = _judged(table, HEADLINE)
    if not names:
        return Figure(title, None, "Not judged in this backtest.")
    note = "The further left, the better. Strokes are noise bands."
    if len(names) > MOST_REGIONS:
        note += f" The {MOST_REGIONS} with the most units of {len(names)}."
        names = _largest(table, names)
    series = _series(table, names, [OWN, *book.best_rules("period", rows, most=1)], HEADLINE, bands=2)
    told = "; ".join(f"{name} {_plain(number)}" for name, number in zip(names, series[0].values, strict=True) if number is not None)
    chart = dot_chart(
        title, note, f"{title}, fillrate: {told}.", names=names, series=series, x_title="error of the median (WAPE)", show=_plain
    )
    return Figure(title, chart, "")


def _class_coverage(book: Scorebook, rows: str) -> Figure:
    title = "Do they hold in every class?"
    table = book.table("period", rows, "abc_xyz")
    shown = [name for name in ("coverage_p10", "coverage_p50", "coverage_p90") if _judged(table, name)]
    names = _judged(table, shown[0]) if shown else []
    if not names:
        return Figure(title, None, "Coverage was not judged by class.")
    series = [
        _one(f"covered by p{nominal_share(name) * 100:.0f}", style, [table.get((member, OWN, name), {}) for member in names])
        for style, name in enumerate(shown)
    ]
    told = "; ".join(f"{member} {' / '.join(percent(one.values[place]) for one in series)}" for place, member in enumerate(names))
    chart = dot_chart(
        title,
        "Every mark should stand on its dashed line. ABC by margin, XYZ by how much demand varies.",
        f"Covered by {' / '.join(one.name.removeprefix('covered by ') for one in series)}, by class: {told}.",
        names=names,
        series=series,
        x_title="share of outcomes below",
        show=percent,
        references=[nominal_share(name) for name in shown],
        ticks=[0.0, 0.25, 0.5, 0.75, 1.0],
    )
    return Figure(title, chart, "")


def _series(table: Mapping[Key, Row], names: Sequence[str], methods: Sequence[str], measure: str, *, bands: int = 1) -> list[Series]:
    """Return one series for each method that was judged; only the first `bands` of them carry their noise band."""
    rows = [[table.get((name, method, measure), {}) for name in names] for method in methods]
    series = [
        _one(method_title(method), style, found, band=style < bands)
        for style, (method, found) in enumerate(zip(methods, rows, strict=True))
    ]
    return [one for one in series if one.style == 0 or any(number is not None for number in one.values)]


def _one(name: str, style: int, rows: Sequence[Row], *, band: bool = True) -> Series:
    """Return score rows as a series."""
    values, low, high = ([finite(row.get(column)) for row in rows] for column in ("value", "low", "high"))
    return Series(name, style, values, low if band else (), high if band else ())


def _judged(table: Mapping[Key, Row], measure: str) -> list[str]:
    """Return the members for which fillrate has a value of `measure`."""
    return [member for member in members(table) if value(table, member, OWN, measure) is not None]


def _largest(table: Mapping[Key, Row], names: Sequence[str]) -> list[str]:
    size = {name: finite(table[name, OWN, HEADLINE].get("units")) or 0.0 for name in names}
    kept = set(sorted(names, key=lambda name: -size[name])[:MOST_REGIONS])
    return [name for name in names if name in kept]


def _ends(series: Series, names: Sequence[str], what: str) -> str:
    known = [(name, number) for name, number in zip(names, series.values, strict=True) if number is not None]
    (first, start), (last, end) = known[0], known[-1]
    highest = max(known, key=lambda point: abs(point[1]))
    ends = f"{series.name}: {_plain(start)} at {what} {first}, {_plain(end)} at {last}"
    return f"{ends}, furthest from zero {_plain(highest[1])} at {highest[0]}"


def _others(series: Sequence[Series]) -> str:
    ends = [
        f"; {one.name} {_plain(known[0])} to {_plain(known[-1])}"
        for one in series[1:]
        if (known := [v for v in one.values if v is not None])
    ]
    return "".join(ends) + "."


def _plain(number: float) -> str:
    return measure_of(HEADLINE).show(number)


def _signed(number: float) -> str:
    return measure_of("bias_mean").show(number)
