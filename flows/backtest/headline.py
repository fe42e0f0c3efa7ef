"""The result of a backtest in a sentence a planner can repeat, and the cards below it."""

from dataclasses import dataclass

from flows.backtest.measures import HEADLINE, OWN, PUBLISHED, measure_of, method_title
from flows.backtest.scorebook import WHOLE, Comparison, Scorebook, value
from flows.backtest.summary import BacktestSummary
from flows.report.formats import NOTHING, count, percent, seconds
from flows.report.results import Card


@dataclass(frozen=True)
class Headline:
    """What came out: one sentence, what it rests on, and whether it is good, bad or plain news."""

    sentence: str
    details: list[str]
    tone: str


def headline(book: Scorebook, summary: BacktestSummary) -> Headline:
    """Return what the scores say of fillrate beside the best simple rule: no better than they say it."""
    rows = book.rows_of("period")
    table = book.table("period", rows)
    error = value(table, WHOLE, OWN, HEADLINE)
    measure = measure_of(HEADLINE)
    if error is None:
        return Headline("Nothing was judged.", [_why_nothing(summary)], "bad")
    best = book.against_best("period", rows, HEADLINE)
    said = f"Error of the median {measure.show(error)}"
    if best is None:
        return Headline(f"{said}; no simple rule was judged beside it.", _details(book, rows, summary), "plain")
    rule = f"The best simple rule is {method_title(best.rule)} with {measure.show(best.rule_value)}."
    return Headline(f"{said}, {beside(best, 'the best simple rule')}.", [rule, *_details(book, rows, summary)], tone_of(best))


def beside(comparison: Comparison, what: str) -> str:
    """Return how fillrate stands beside a rule, on a measure where less is better: `9% below the best simple rule (beyond noise)`."""
    relative = comparison.relative
    if comparison.verdict == "none":
        size = "" if relative is None else f" ({percent(abs(relative))} {'below' if relative < 0 else 'above'}, within noise)"
        return f"no different from {what}{size}"
    noise = "beyond noise" if comparison.verdict else "noise not known"
    if relative is None:
        side = "better than" if comparison.ahead else "worse than"
        return f"{side} {what} ({noise})"
    if relative == 0:
        return f"equal to {what} ({noise})"
    return f"{percent(abs(relative))} {'below' if relative < 0 else 'above'} {what} ({noise})"


def tone_of(comparison: Comparison | None) -> str:
    """Return good or bad where a difference is beyond noise, else plain."""
    return {"better": "good", "worse": "bad"}.get((comparison and comparison.verdict) or "", "plain")


def cards(book: Scorebook, summary: BacktestSummary) -> list[Card]:
    """Return the headline numbers: error, bias, loss, coverage, the protection interval, time."""
    rows = book.rows_of("period")
    return [
        _card(book, "period", HEADLINE, "Error of the median"),
        _bias_card(book, rows),
        _card(book, "period", "pinball", "Pinball loss"),
        _coverage_card(book, rows),
        _card(book, "interval", "pinball", "Protection interval"),
        Card("Time", seconds(summary.seconds), _lightgbm(summary), _memory(summary), "plain"),
    ]


def _card(book: Scorebook, target: str, measure: str, title: str) -> Card:
    rows = book.rows_of(target)
    row = book.table(target, rows).get((WHOLE, OWN, measure))
    show = measure_of(measure)
    if row is None or row["value"] is None:
        return Card(title, NOTHING, "not judged", "", "plain")
    best = book.against_best(target, rows, measure)
    band = show.band(row["low"], row["high"])
    what = "pinball loss of its total; " if target == "interval" else ""
    return Card(
        title,
        show.show(row["value"]),
        what + (f"noise {band}" if band else "noise not known"),
        beside(best, method_title(best.rule)) if best else "no simple rule beside it",
        tone_of(best),
    )


def _bias_card(book: Scorebook, rows: str) -> Card:
    row = book.table("period", rows).get((WHOLE, OWN, "bias_mean"))
    show = measure_of("bias_mean")
    bias: float | None = row["value"] if row else None
    if row is None or bias is None:
        return Card("Bias of the mean", NOTHING, "not judged", "", "plain")
    side = "neither too high nor too low" if not bias else f"{percent(abs(bias), 1)} too {'high' if bias > 0 else 'low'}"
    band = show.band(row["low"], row["high"])
    within = bool(band) and row["low"] <= 0 <= row["high"]
    change = (f"{band}: {'within' if within else 'beyond'} noise") if band else "noise not known"
    return Card("Bias of the mean", show.show(bias), side, change, "bad" if band and not within else "plain")


def _coverage_card(book: Scorebook, rows: str) -> Card:
    covered = {name: value(book.table("period", rows), WHOLE, OWN, name) for name in ("coverage_p10", "coverage_p90")}
    if covered["coverage_p90"] is None:
        return Card("Covered by p90", NOTHING, "no quantiles were judged", "", "plain")
    low = covered["coverage_p10"]
    note = "" if low is None else f"by p10: {percent(low, 1)}, promised 10%"
    return Card("Covered by p90", percent(covered["coverage_p90"], 1), "promised 90%", note, "plain")


def _details(book: Scorebook, rows: str, summary: BacktestSummary) -> list[str]:
    table = book.table("period", rows)
    published = book.compare(table, HEADLINE, PUBLISHED)
    details = []
    if published is not None:
        details.append(f"Published figures: {measure_of(HEADLINE).show(published.rule_value)}; fillrate is {beside(published, 'them')}.")
    bias = value(table, WHOLE, OWN, "bias_mean")
    if bias:
        details.append(f"On average forecasts were {percent(abs(bias), 1)} too {'high' if bias > 0 else 'low'}.")
    if len(summary.origins) == 1:
        details.append("One origin only: the noise bands know nothing of how much one stretch of days differs from another.")
    details += [
        f"On the {count(series, 'series', 'series')} it was tried on, {method_title(rule)} is better than fillrate, beyond noise."
        for rule, series in book.better_on_fewer("period", rows)
    ]
    if rows != "in_stock":
        details.append("No period was fully in stock; periods nearly in stock were judged instead.")
    return details


def _why_nothing(summary: BacktestSummary) -> str:
    if not summary.origins:
        return "No origin leaves a whole horizon of known demand behind it: choose earlier origins or a shorter horizon."
    return "No forecast met a period with known demand: see the messages below, and whether sales reach beyond the last origin."


def _lightgbm(summary: BacktestSummary) -> str:
    return f"LightGBM {seconds(summary.lightgbm_seconds)} of it; {count(summary.series, 'series', 'series')}"


def _memory(summary: BacktestSummary) -> str:
    return "" if summary.peak_memory_bytes is None else f"peak memory {summary.peak_memory_bytes / 1e9:.1f} GB"
