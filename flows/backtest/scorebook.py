"""Looks numbers up in the scores of a backtest: a cell, the best simple rules, who is ahead beyond noise."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import polars as pl

from flows.backtest.measures import HEADLINE, OWN, is_rule, measure_of, natural_order

Row = dict[str, Any]
Key = tuple[str, str, str]
"""Member, method, measure."""
WHOLE = ""
"""The member of the cut `all`."""

_OPPOSITE = {"better": "worse", "worse": "better", "none": "none"}


@dataclass(frozen=True)
class Comparison:
    """fillrate beside one rule, on one measure.

    `relative` is fillrate's value ÷ the rule's − 1, from the paired difference on the rows both were judged on where that is known;
    `verdict` is fillrate's: better or worse beyond noise, none within it, None where noise is not known.
    """

    rule: str
    own_value: float
    rule_value: float
    relative: float | None
    verdict: str | None

    @property
    def ahead(self) -> bool:
        """Whether the difference, noise or not, favours fillrate."""
        return self.verdict == "better" or (self.verdict != "worse" and (self.relative or 0.0) < 0)


class Scorebook:
    """Scores by target, kind of rows and cut.

    A row's `verdict` is that of its `method` beside `against`, its `difference` is `value` − the value of `against` on the same rows.
    """

    def __init__(self, scores: pl.DataFrame) -> None:
        self._tables: defaultdict[Key, dict[Key, Row]] = defaultdict(dict)
        for row in scores.iter_rows(named=True):
            member = WHOLE if row["cut"] == "all" else str(row["member"] if row["member"] is not None else "unknown")
            self._tables[row["target"], row["rows"], row["cut"]][member, row["method"], row["measure"]] = row

    def table(self, target: str, rows: str, cut: str = "all") -> Mapping[Key, Row]:
        """Return one cut's rows by member, method and measure; none where it was not judged."""
        return self._tables.get((target, rows, cut), {})

    def rows_of(self, target: str) -> str:
        """Return the kind of rows that a target's headline is read from: in stock, or nearly where nothing else was judged."""
        kinds = sorted({rows for a_target, rows, cut in self._tables if a_target == target and cut == "all"})
        return kinds[0] if kinds else "in_stock"

    def kinds(self, target: str) -> list[str]:
        """Return the kinds of rows a target was judged on, in-stock first."""
        return sorted({rows for a_target, rows, _ in self._tables if a_target == target})

    def best_rules(self, target: str, rows: str, measure: str = HEADLINE, most: int = 3) -> list[str]:
        """Return the best simple rules on a measure, best first.

        Rules tried on a sample of the series only are left aside as long as another was tried on all: their values are of other rows.
        """
        table = self.table(target, rows)
        own_series = table.get((WHOLE, OWN, measure), {}).get("series")
        tried = [
            (row["series"] == own_series, measure_of(measure).distance(row["value"]), method)
            for (_, method, name), row in table.items()
            if name == measure and is_rule(method) and finite(row["value"]) is not None
        ]
        on_all = [rule for rule in tried if rule[0]] or tried
        return [method for _, _, method in sorted(on_all, key=lambda rule: rule[1:])[:most]]

    def better_on_fewer(self, target: str, rows: str, measure: str = HEADLINE) -> list[tuple[str, float]]:
        """Return the rules that `best_rules` leaves aside, yet are better than fillrate beyond noise on the series they were tried on."""
        table = self.table(target, rows)
        own_series = table.get((WHOLE, OWN, measure), {}).get("series")
        tried = [(method, row["series"]) for (_, method, name), row in table.items() if name == measure and row["series"] != own_series]
        compared = [
            (method, series, self.compare(table, measure, method)) for method, series in sorted(tried) if is_rule(method) and series
        ]
        return [(method, series) for method, series, beside in compared if beside is not None and beside.verdict == "worse"]

    def compare(self, table: Mapping[Key, Row], measure: str, rule: str, member: str = WHOLE) -> Comparison | None:
        """Return fillrate beside `rule`, or None where one of them was not judged."""
        own, other = table.get((member, OWN, measure)), table.get((member, rule, measure))
        if own is None or other is None or finite(own["value"]) is None or finite(other["value"]) is None:
            return None
        difference, verdict = None, None
        if other["against"] == OWN:
            verdict = _OPPOSITE.get(other["verdict"])
            difference = None if finite(other["difference"]) is None else -other["difference"]
        elif own["against"] == rule:
            verdict, difference = own["verdict"], finite(own["difference"])
        if difference is None or measure_of(measure).signed:
            difference = measure_of(measure).distance(own["value"]) - measure_of(measure).distance(other["value"])
        base = measure_of(measure).distance(other["value"])
        return Comparison(rule, own["value"], other["value"], difference / base if base > 0 else None, verdict)

    def against_best(self, target: str, rows: str, measure: str) -> Comparison | None:
        """Return fillrate beside the best simple rule on a measure, or None where there is none."""
        best = self.best_rules(target, rows, measure, most=1)
        return self.compare(self.table(target, rows), measure, best[0]) if best else None


def value(table: Mapping[Key, Row], member: str, method: str, measure: str) -> float | None:
    """Return a value, or None where it is missing or not finite."""
    return finite(table.get((member, method, measure), {}).get("value"))


def members(table: Mapping[Key, Row]) -> list[str]:
    """Return a cut's members in their natural order: numbers by size, names by the alphabet."""
    return sorted({member for member, _, _ in table}, key=natural_order)


def finite(number: float | None) -> float | None:
    """Return `number`, or None where it is missing, NaN or infinite."""
    return number if number is not None and isfinite(number) else None
