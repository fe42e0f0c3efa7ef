"""What the measures and methods of a backtest are called, how their numbers are written, and which of two is better."""

import re
from dataclasses import dataclass

from flows.report.formats import NOTHING, percent, words

OWN = "fillrate"
STEP = "step_"
"""Begins the names of the steps on the way to fillrate's own forecast."""
PUBLISHED = "published"
HEADLINE = "wape_median"

_METHODS = {
    OWN: "fillrate",
    "seasonal_naive": "seasonal naive",
    "moving_average": "moving average",
    "weekday_mean": "weekday mean",
    "half_weekday_half_recent": "half weekday mean, half recent mean",
    "smoothing_pooled_season": "exponential smoothing × pooled season",
    "month_weekday_level": "month × weekday × recent level",
    "croston_sba": "Croston (SBA)",
    "statsmodels_smoothing": "exponential smoothing (statsmodels)",
    "statsmodels_theta": "theta (statsmodels)",
    "empirical_interval": "past totals of the same length",
    PUBLISHED: "published figures",
}


@dataclass(frozen=True)
class Measure:
    """One measure: its name, its heading, what it says, and the value a perfect forecast would have."""

    name: str
    title: str
    meaning: str
    ideal: float = 0.0
    is_share: bool = False
    signed: bool = False

    def show(self, value: float | None) -> str:
        """Return a value as text: shares as per cent, signed ones with their sign, others to three decimals or four digits."""
        if value is None or value != value:
            return NOTHING
        if self.is_share:
            return percent(value, 1)
        digits = f"{abs(value):,.{3 if abs(value) < 10 else 2 if abs(value) < 100 else 0}f}"
        if not digits.strip("0.,"):
            return digits
        return ("−" if value < 0 else "+" if self.signed else "") + digits

    def band(self, low: float | None, high: float | None) -> str:
        """Return a noise band as text, or nothing where it is not known."""
        if low is None or high is None or low != low or high != high:
            return ""
        return f"{self.show(low)} to {self.show(high)}" if self.signed or low < 0 else f"{self.show(low)}–{self.show(high)}"

    def distance(self, value: float) -> float:
        """Return how far a value is from perfect; the smaller of two is the better."""
        return abs(value - self.ideal)


def _coverage(name: str) -> Measure:
    return Measure(name, f"Covered by {name.removeprefix('coverage_')}", "share of outcomes below", nominal_share(name), is_share=True)


def nominal_share(measure: str) -> float:
    """Return the nominal coverage in a measure's name: 0.05 of `coverage_p05`."""
    return int(measure.removeprefix("coverage_p")) / 100


COVERAGES = tuple(f"coverage_p{level}" for level in ("05", "10", "25", "50", "75", "90", "95"))

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure(HEADLINE, "Error of the median", "sum of absolute errors of the median ÷ sum of demand (WAPE)"),
        Measure("bias_mean", "Bias of the mean", "sum of errors of the mean ÷ sum of demand; + is too high", signed=True),
        Measure("rmsse", "RMSSE", "root mean squared error of the mean, scaled by that of a naive forecast in the past"),
        Measure("pinball", "Pinball loss", "mean loss of the seven quantiles, the score of a whole distribution"),
        Measure("pinball_target", "Pinball at the target", "loss of the quantile that orders aim at"),
        Measure("crps", "CRPS", "distance of the whole distribution from the outcome"),
        *(_coverage(name) for name in COVERAGES),
    )
}
"""Name → measure, in the order in which tables show them."""


def measure_of(name: str) -> Measure:
    """Return a measure by name; one not in the registry is shown as it is spelt, smaller taken for better."""
    return MEASURES.get(name) or Measure(name, words(name), "")


def method_title(method: str) -> str:
    """Return a method's or step's name in words."""
    return _METHODS.get(method) or words(method.removeprefix(STEP))


def is_rule(method: str) -> bool:
    """Return whether a method is a simple rule: neither fillrate, nor one of its steps, nor a published figure."""
    return method not in (OWN, PUBLISHED) and not method.startswith(STEP)


def natural_order(member: str) -> tuple[tuple[int, float, str], ...]:
    """Return a sort key that puts numbers inside names in their own order: `day 2` before `day 10`."""
    parts = re.split(r"(\d+(?:\.\d+)?)", member)
    return tuple((0, float(part), "") if number % 2 else (1, 0.0, part) for number, part in enumerate(parts) if part)
