"""Lines over an axis, and dots beside names, as the coordinates of small drawings; the template turns them into SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from unicodedata import east_asian_width

WIDTH = 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 14, 34, 54
_NAMES, _ROW = 190, 28
_LONGEST_NAME = 15
_MOST_MARKS = 16
Show = Callable[[float], str]


@dataclass(frozen=True)
class Label:
    """A text in a drawing: where it is anchored, and on which side of that it stands."""

    x: float
    y: float
    words: str
    anchor: str


@dataclass(frozen=True)
class Series:
    """One method's values in a chart, None where it has none; `low` and `high` are its noise band."""

    name: str
    style: int
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True)
class Trace:
    """One series as drawn: paths of its band, its line and its marks."""

    name: str
    style: int
    band: str
    line: str
    marks: str


@dataclass(frozen=True)
class Chart:
    """One drawing in a WIDTH × `height` box, pixels: what is where, and what to say to those who cannot see it."""

    title: str
    note: str
    summary: str
    height: int
    traces: list[Trace]
    grid: str
    reference: str
    """Path of the line to compare with: zero, or what a perfect forecast would cover."""
    labels: list[Label]
    axes: list[Label]


@dataclass(frozen=True)
class Scale:
    """A stretch of numbers laid onto a stretch of pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where `value` stands; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        return round(self.start + (self.end - self.start) * (inside - self.low) / (self.high - self.low), 1)


def line_chart(
    title: str,
    note: str,
    summary: str,
    *,
    names: Sequence[str],
    series: Sequence[Series],
    x_title: str,
    y_title: str,
    show: Show,
    reference: float | None = None,
    whiskers: bool = False,
    height: int = 280,
) -> Chart:
    """Return a chart of values over `names`, spaced as numbers where all are numbers, else evenly.

    Bands are drawn as areas, or as one upright stroke a point with `whiskers`. A band that would squash the lines is cut at the edge.
    """
    bottom = height - _BOTTOM
    ticks = _ticks(series, reference)
    y = Scale(ticks[0], ticks[-1], bottom, _TOP)
    numbers = _as_numbers(names)
    apart = max(numbers[-1] - numbers[0], 1e-9)
    margin = apart / (2 * len(numbers)) if len(numbers) > 1 else 1.0
    x = Scale(numbers[0] - margin, numbers[-1] + margin, _LEFT, WIDTH - _RIGHT)
    places = [x(number) for number in numbers]
    return Chart(
        title=title,
        note=note,
        summary=summary,
        height=height,
        traces=[_line_trace(one, places, y, whiskers=whiskers) for one in series],
        grid="".join(f"M{_LEFT} {y(tick)}H{WIDTH - _RIGHT}" for tick in ticks),
        reference="" if reference is None else f"M{_LEFT} {y(reference)}H{WIDTH - _RIGHT}",
        labels=[Label(_LEFT - 8, y(tick) + 4, words, "end") for tick, words in zip(ticks, _tick_words(ticks, show), strict=True)]
        + _below(names, places, bottom),
        axes=[Label(0, 14, y_title, "start"), Label(WIDTH - _RIGHT, height - 6, x_title, "end")],
    )


def square_chart(
    title: str,
    note: str,
    summary: str,
    *,
    levels: Sequence[float],
    series: Sequence[Series],
    show: Show,
    x_title: str = "quantile, nominal share",
    y_title: str = "share of outcomes below",
) -> Chart:
    """Return a chart of shares against nominal shares, both from 0 to 1, with the diagonal that a perfect forecast would follow."""
    height = 380
    x, y = Scale(0, 1, _LEFT, WIDTH - _RIGHT), Scale(0, 1, height - _BOTTOM, _TOP)
    places, ticks = [x(level) for level in levels], (0.0, 0.25, 0.5, 0.75, 1.0)
    return Chart(
        title=title,
        note=note,
        summary=summary,
        height=height,
        traces=[_line_trace(one, places, y, whiskers=True) for one in series],
        grid="".join(f"M{_LEFT} {y(tick)}H{WIDTH - _RIGHT}M{x(tick)} {_TOP}V{height - _BOTTOM}" for tick in ticks),
        reference=f"M{x(0)} {y(0)}L{x(1)} {y(1)}",
        labels=[Label(_LEFT - 8, y(tick) + 4, show(tick), "end") for tick in ticks]
        + [Label(x(tick), height - _BOTTOM + 21, show(tick), "middle" if tick < 1 else "end") for tick in ticks],
        axes=[Label(0, 14, y_title, "start"), Label(WIDTH - _RIGHT, height - 6, x_title, "end")],
    )


def dot_chart(
    title: str,
    note: str,
    summary: str,
    *,
    names: Sequence[str],
    series: Sequence[Series],
    x_title: str,
    show: Show,
    references: Sequence[float] = (),
    ticks: Sequence[float] = (),
) -> Chart:
    """Return a chart with a row for each of `names` and in it a dot a series with its noise band.

    `references` are upright lines to compare with; `ticks` fix the axis, else it spans the values.
    """
    top = 12
    bottom = top + _ROW * len(names)
    height = bottom + _BOTTOM
    steps = list(ticks) or _ticks(series, references[0] if references else None)
    left = min(max(18 + 11.2 * max((_room(_shortened(name)) for name in names), default=0), _LEFT), _NAMES)
    x = Scale(steps[0], steps[-1], left, WIDTH - _RIGHT - 8)
    rows = [top + _ROW * (number + 0.5) for number in range(len(names))]
    spread = min(8.0, 12.0 / max(len(series) - 1, 1)) if not ticks else 0.0
    offsets = [spread * (number - (len(series) - 1) / 2) for number in range(len(series))]
    return Chart(
        title=title,
        note=note,
        summary=summary,
        height=height,
        traces=[_dot_trace(one, [row + offset for row in rows], x) for one, offset in zip(series, offsets, strict=True)],
        grid="".join(f"M{x(tick)} {top}V{bottom}" for tick in steps) + f"M{left} {top}H{WIDTH - _RIGHT}M{left} {bottom}H{WIDTH - _RIGHT}",
        reference="".join(f"M{x(value)} {top}V{bottom}" for value in references),
        labels=[Label(left - 10, row + 4, _shortened(name), "end") for name, row in zip(names, rows, strict=True)]
        + [Label(x(tick), bottom + 21, words, "middle") for tick, words in zip(steps, _tick_words(steps, show), strict=True)],
        axes=[Label(WIDTH - _RIGHT, height - 6, x_title, "end")],
    )


def key_sample(style: int) -> tuple[str, str]:
    """Return the line and the mark of a style for a key of 28 × 12 pixels."""
    return "M1 6H27", _mark(style, 14, 6)


def _line_trace(series: Series, places: Sequence[float], y: Scale, *, whiskers: bool) -> Trace:
    points = [(x, None if value is None else y(value)) for x, value in zip(places, series.values, strict=True)]
    bounds = [
        (x, y(low), y(high)) for x, low, high in zip(places, series.low, series.high, strict=False) if low is not None and high is not None
    ]
    if whiskers:
        band = "".join(f"M{x} {low}V{high}" for x, low, high in bounds)
    elif len(bounds) > 1:
        band = f"M{'L'.join([f'{x} {high}' for x, _, high in bounds] + [f'{x} {low}' for x, low, _ in reversed(bounds)])}Z"
    else:
        band = ""
    every = ceil(len(points) / _MOST_MARKS)
    marked = [
        (x, height)
        for number, (x, height) in enumerate(points)
        if height is not None and (number % every == 0 or (_unknown(points, number - 1) and _unknown(points, number + 1)))
    ]
    return Trace(series.name, series.style, band, _line(points), "".join(_mark(series.style, x, height) for x, height in marked))


def _unknown(points: Sequence[tuple[float, float | None]], number: int) -> bool:
    return not 0 <= number < len(points) or points[number][1] is None


def _dot_trace(series: Series, heights: Sequence[float], x: Scale) -> Trace:
    band = "".join(
        f"M{x(low)} {height:.1f}H{x(high)}"
        for height, low, high in zip(heights, series.low, series.high, strict=False)
        if low is not None and high is not None
    )
    marks = "".join(
        _mark(series.style, x(value), height) for height, value in zip(heights, series.values, strict=True) if value is not None
    )
    return Trace(series.name, series.style, band, "", marks)


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """Return a path through the known points, broken where one is unknown."""
    pieces = []
    for number, (x, y) in enumerate(points):
        if y is not None:
            pieces.append(f"{'M' if number == 0 or points[number - 1][1] is None else 'L'}{x} {y}")
    return "".join(pieces)


def _mark(style: int, x: float, y: float) -> str:
    """Return a shape that tells series apart where colours do not: circle, square, diamond, triangle."""
    x, y = round(x, 1), round(y, 1)
    match style % 4:
        case 0:
            return f"M{x - 4:.1f} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"
        case 1:
            return f"M{x - 3.4:.1f} {y - 3.4:.1f}h6.8v6.8h-6.8z"
        case 2:
            return f"M{x} {y - 4.8:.1f}l4.8 4.8l-4.8 4.8l-4.8 -4.8z"
        case _:
            return f"M{x} {y - 4.6:.1f}l4.6 8h-9.2z"


def _ticks(series: Sequence[Series], reference: float | None) -> list[float]:
    """Return four to seven round numbers that span the values, the reference, and so much of the bands as leaves the values readable."""
    values = [value for one in series for value in one.values if value is not None]
    values += [] if reference is None else [reference]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    room = max(high - low, 0.1 * max(abs(low), abs(high)), 1e-9)
    edges = [edge for one in series for edge in (*one.low, *one.high) if edge is not None]
    low = max(min([low, *edges]), low - room)
    high = min(max([high, *edges]), high + room)
    step = _round_step(max(high - low, 0.2 * room) / 4)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def _tick_words(ticks: Sequence[float], show: Show) -> list[str]:
    """Return the ticks as text without the decimals that none of them needs."""
    words = [show(tick) for tick in ticks]
    while all(word.endswith("0") and "." in word for word in words):
        words = [word[:-1].removesuffix(".") for word in words]
    return words


def _round_step(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5, 10 × a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 2.5, 5) if value <= step * power * (1 + 1e-9)), 10 * power)


def _as_numbers(names: Sequence[str]) -> list[float]:
    """Return names as numbers where all of them are ascending numbers, else their places."""
    if all(name.isascii() and name.isdigit() for name in names):
        numbers = [float(name) for name in names]
        if numbers == sorted(set(numbers)):
            return numbers
    return [float(place) for place in range(len(names))]


def _below(names: Sequence[str], places: Sequence[float], bottom: float, most: int = 7) -> list[Label]:
    """Return the labels under an axis, so few that they do not touch, kept inside the drawing."""
    longest = ceil(max(_room(_shortened(name)) for name in names))
    every = max(ceil(len(names) / max(min(most, 40 // max(longest, 1)), 2)), 1)
    chosen = list(zip(names, places, strict=True))[::every]
    return [
        Label(x, bottom + 21, _shortened(name), "end" if x > WIDTH - _RIGHT - 5 * _room(_shortened(name)) else "middle")
        for name, x in chosen
    ]


def _shortened(name: str) -> str:
    """Return a name cut to the room beside a chart; wide letters take up more of it."""
    if _room(name) <= _LONGEST_NAME:
        return name
    kept = [place for place in range(min(len(name), _LONGEST_NAME)) if _room(name[:place]) <= _LONGEST_NAME - 1]
    return name[: kept[-1]] + "…"


def _room(name: str) -> float:
    """Return how wide a name is, in small letters."""
    return sum(2.0 if east_asian_width(letter) in "WF" else 1.7 if letter.isupper() else 1.0 for letter in name)
