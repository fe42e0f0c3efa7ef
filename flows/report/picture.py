"""One row's history and forecast as the coordinates of a small drawing; the template turns them into SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import Any

from flows.report.formats import day, units

WIDTH, HEIGHT = 560, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 44, 28
_STEP = {"day": 1, "week": 7}
_SHOWN = {"day": 56, "week": 52}
Row = dict[str, Any]


@dataclass(frozen=True)
class Label:
    """A text in the drawing: where it is anchored, and on which side of that it stands."""

    x: float
    y: float
    words: str
    anchor: str


@dataclass(frozen=True)
class Picture:
    """Paths and labels of one drawing in a WIDTH × HEIGHT box, pixels."""

    summary: str
    grid: list[Label]
    dates: list[Label]
    shades: list[tuple[float, float, int]]
    """Out-of-stock spans: left edge, width, darkness 1 to 4."""
    demand: str
    sold: str
    wide: str
    narrow: str
    median: str
    as_of: Label
    arrival: Label | None
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM
    left: int = _LEFT
    right: int = WIDTH - _RIGHT


def draw(history: Sequence[Row], forecast: Sequence[Row], *, as_of: date, arrival: date | None, frequency: str) -> Picture | None:
    """Return the drawing of one sku × fc, or None where there is nothing to draw.

    `history` rows hold date, demand (None where unknown), units, in_stock_share; `forecast` rows hold date and p05, p25, p50, p75, p95.
    Only the last periods of the history are drawn, at least three times the horizon.
    """
    step = _STEP[frequency]
    first = as_of - timedelta(days=step * max(_SHOWN[frequency], 3 * len(forecast)))
    past = sorted((row for row in history if first < row["date"] <= as_of), key=lambda row: row["date"])
    ahead = sorted(forecast, key=lambda row: row["date"])
    if not past and not ahead:
        return None
    begin: date = (past or ahead)[0]["date"]
    end: date = (ahead or past)[-1]["date"]
    if arrival is not None and end < arrival <= end + (end - begin) / 3:
        end = arrival
    top = _round_up(max([1.0, *(max(r["demand"] or 0.0, r["units"] or 0.0) for r in past), *(r["p95"] for r in ahead)]))
    span = (end - begin).days + step

    def x(when: date) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * ((when - begin).days + step / 2) / span, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    half = (WIDTH - _LEFT - _RIGHT) * step / 2 / span
    boundary = x(as_of) + half
    return Picture(
        summary=_summary(past, ahead, arrival),
        grid=[Label(_LEFT - 6, y(value), units(value), "end") for value in (0.0, top / 2, top)],
        dates=_date_labels(begin, end, step, x),
        shades=_shades(past, step, x, half),
        demand=_line([(x(row["date"]), None if row["demand"] is None else y(row["demand"])) for row in past]),
        sold="".join(f"M{x(r['date'])} {y(r['units'])}h0" for r in past if r["demand"] is None and r["units"]),
        wide=_band(ahead, "p05", "p95", x, y),
        narrow=_band(ahead, "p25", "p75", x, y),
        median=_line([(x(row["date"]), y(row["p50"])) for row in ahead]),
        as_of=_flag(boundary, _TOP - 28, f"as of {day(as_of)}"),
        arrival=_arrival(arrival, end, step, x, half),
    )


def _arrival(arrival: date | None, end: date, step: int, x: Callable[[date], float], half: float) -> Label | None:
    if arrival is None:
        return None
    if arrival > end + timedelta(days=step - 1):
        return Label(WIDTH - _RIGHT, _TOP - 8, f"order arrives {day(arrival)} →", "end")
    return _flag(x(arrival) - half, _TOP - 8, f"order arrives {day(arrival)}")


def _flag(where: float, height: float, words: str) -> Label:
    """Label a vertical line on the side that has room."""
    where = round(where, 1)
    return Label(where, height, words, "end" if where > WIDTH / 2 else "start")


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """Return a path through the known points; it breaks where one is unknown, and a lone point is a dot."""
    path, pen_down = [], False
    for x, y in points:
        if y is None:
            pen_down = False
            continue
        path.append(f"{'L' if pen_down else 'M'}{x} {y}" + ("" if pen_down else "h0"))
        pen_down = True
    return "".join(path)


def _band(rows: Sequence[Row], low: str, high: str, x: Callable[[date], float], y: Callable[[float], float]) -> str:
    if not rows:
        return ""
    upper = [f"{x(row['date'])} {y(row[high])}" for row in rows]
    lower = [f"{x(row['date'])} {y(row[low])}" for row in reversed(rows)]
    return f"M{'L'.join(upper + lower)}Z"


def _shades(past: Sequence[Row], step: int, x: Callable[[date], float], half: float) -> list[tuple[float, float, int]]:
    """Return the spans out of stock, neighbours of the same darkness as one."""
    spans: list[tuple[float, float, int]] = []
    last: date | None = None
    for row in past:
        share = 1.0 if row["in_stock_share"] is None else row["in_stock_share"]
        darkness = ceil(4 * min(max(1 - share, 0), 1))
        if darkness:
            left = x(row["date"]) - half
            touches = last is not None and (row["date"] - last).days == step and spans and spans[-1][2] == darkness
            start = spans.pop()[0] if touches else left
            spans.append((round(start, 1), round(left + 2 * half - start, 1), darkness))
            last = row["date"]
    return spans


def _date_labels(begin: date, end: date, step: int, x: Callable[[date], float]) -> list[Label]:
    apart = max(step, ceil((end - begin).days / 3 / 7) * 7)
    dates = [begin + timedelta(days=apart * number) for number in range((end - begin).days // apart + 1)]
    return [_date_label(x(when), day(when)) for when in dates]


def _date_label(where: float, words: str) -> Label:
    """Keep a label inside the drawing: at the edges it stands to one side of its date."""
    anchor = "start" if where < _LEFT + 50 else "end" if where > WIDTH - 50 else "middle"
    return Label(where, HEIGHT - 8, words, anchor)


def _round_up(value: float) -> float:
    """Return the next of 1, 2, 3, 4, 5, 6, 8, 10 × a power of ten: a scale whose half reads well too."""
    power = 10.0 ** floor(log10(value))
    return min(float(step) * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if value <= step * power * (1 + 1e-9))


def _summary(past: Sequence[Row], ahead: Sequence[Row], arrival: date | None) -> str:
    known = [row["demand"] for row in past if row["demand"] is not None]
    out = sum(1 for row in past if row["in_stock_share"] is not None and row["in_stock_share"] <= 0)
    parts = [f"Mean demand {units(sum(known) / len(known))} per period" if known else "No known demand"]
    if past:
        parts.append(f"out of stock in {out} of the last {len(past)} periods")
    if ahead:
        parts.append(f"median forecast {units(sum(row['p50'] for row in ahead) / len(ahead))} per period until {day(ahead[-1]['date'])}")
    if arrival is not None:
        parts.append(f"tonight's order arrives {day(arrival)}")
    return "; ".join(parts) + "."
