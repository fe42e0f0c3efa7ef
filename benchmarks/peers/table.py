"""The results of bench_peers as Markdown tables."""

from collections.abc import Mapping, Sequence
from typing import Any

FORECASTS = ("", "seconds", "processor s", "imports", "GB", "series/s", "WAPE", "bias", "pinball", "p10", "p50", "p90")
ORDERS = ("order by", "on the forecast of", "decisions/s", "cost a decision", "short")
RATIOS = {
    "seconds": "seconds",
    "processor_seconds": "processor s",
    "peak_gb": "GB",
    "wape": "WAPE",
    "pinball": "pinball",
    "decision_seconds": "seconds a decision",
    "cost": "cost a decision",
}


def tables(results: Mapping[str, Any]) -> str:
    """Return the tables of every data set, and the lines around them."""
    size = f"at most {results['series']:,} series a data set" if results["series"] else "all series"
    loaded = "; **other work kept cores busy**" if results["load"] > results["cores"] / 4 else ""
    parts = [f"{size}, {results['cores']} cores, {results['date']}, load {results['load']:.1f} before it began{loaded}"]
    for name, found in results["data_sets"].items():
        own = found["sides"]["fillrate"]
        what = f"{found['series']:,} series, {found['horizon']} days ahead as of {found['as_of']}, {own['rows']:,} rows judged"
        parts.append(f"**{name}**: {what}")
        parts.append(_table(FORECASTS, [_forecast_row(side, row) for side, row in found["sides"].items()]))
        parts.append(_table(ORDERS, [_order_row(row) for row in found["orders"]]))
        spent = f"{own['seconds']:.0f} s, {found['lightgbm_seconds']:.0f} s"
        parts.append(f"Whole run ÷ LightGBM's own time in it: {found['over_lightgbm']:.2f} ({spent}).")
        parts.append(_table(("fillrate ÷", *RATIOS.values()), [_ratio_row(*pair) for pair in found["ratios"].items()]))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _forecast_row(side: str, row: Mapping[str, float]) -> list[str]:
    losses = [f"{row[name]:.3f}" for name in ("pinball", "pinball_p10", "pinball_p50", "pinball_p90")]
    times = [
        f"{row['seconds']:.0f}",
        f"{row['processor_seconds']:.0f}",
        f"{row['import_seconds']:.1f}",
        f"{row['peak_gb']:.2f}",
        f"{row['series_a_second']:,.0f}",
    ]
    return [side, *times, f"{row['wape']:.4f}", f"{row['bias']:+.3f}", *losses]


def _order_row(row: Mapping[str, Any]) -> list[str]:
    cost = f"{row['cost']:.4f} ± {row['cost_error']:.4f}"
    return [row["rule"], row["forecast"], f"{row['decisions_a_second']:,.0f}", cost, f"{row['short']:.1%}"]


def _ratio_row(peer: str, row: Mapping[str, float]) -> list[str]:
    return [peer, *(f"{row[name]:.3f}" if name in row else "" for name in RATIOS)]
