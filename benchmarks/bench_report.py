"""The report of 5,000 rows in Chromium: size, first paint, time until the table can be used, sort and filter (`make bench` runs it).

Rows, histories, forecasts and projected stock are made by a seeded generator; nothing of them compresses better than real ones do.
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
from playwright.sync_api import Browser, sync_playwright

from flows.report import EarlierNight, Headline, ReportData, headline_of, missing_libraries, render_pages
from models.alert_list import with_listed
from models.contracts import QUANTILES, Alerts, Metrics, Recommendations
from models.recommending.reasons import DATA_FLAGS, REASONS
from models.settings import ReplenishmentSettings

AS_OF = date(2024, 4, 14)
PAST, AHEAD = 70, 28
CHROMIUM_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LIMITS = {"size_mb": 5.0, "first_paint_s": 1.0, "table_usable_s": 2.0}


def made_night(rows: int, seed: int = 7) -> ReportData:
    """Return a night of so many rows with 10 weeks of history and 28 days ahead each."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(1.5, 6.0, rows) + 0.2
    keys = pl.DataFrame(
        {
            "region": [f"c{number % 12}" for number in range(rows)],
            "fc": [f"s{number % 60:03d}" for number in range(rows)],
            "sku": [f"p{number:06d}" for number in range(rows)],
        }
    )
    recommendations = _recommendations(keys, level, rng)
    alerts = _alerts(recommendations)
    past = [AS_OF - timedelta(days=back) for back in range(PAST - 1, -1, -1)]
    ahead = [AS_OF + timedelta(days=step) for step in range(1, AHEAD + 1)]
    units = rng.poisson(level[:, None] * (1 + 0.3 * np.sin(np.arange(PAST) * 2 * np.pi / 7)), (rows, PAST)).astype(float)
    share = np.where(rng.random((rows, PAST)) < 0.15, rng.uniform(0, 0.9, (rows, PAST)).round(2), 1.0)
    history = _long(keys, past, {"units": np.floor(units * share), "in_stock_share": share}).with_columns(
        demand=pl.when(pl.col("in_stock_share") == 1).then("units")
    )
    mean = level[:, None] * (1 + 0.3 * np.sin(np.arange(AHEAD) * 2 * np.pi / 7)) * rng.uniform(0.9, 1.1, (rows, AHEAD))
    spread = np.sqrt(mean) * rng.uniform(0.8, 1.4, (rows, AHEAD))
    z = dict(zip(QUANTILES, (-1.64, -1.28, -0.67, 0.0, 0.67, 1.28, 1.64), strict=True))
    forecasts = _long(keys, ahead, {name: np.maximum(mean + at * spread, 0).round(3) for name, at in z.items()} | {"mean": mean})
    ordered = recommendations["order_units"].to_numpy()[:, None] * (np.arange(AHEAD) >= 3)
    on_hand = recommendations["on_hand"].to_numpy()[:, None]
    used = np.cumsum(mean, axis=1)
    stock = {
        name: np.maximum(on_hand + ordered - used + at * np.sqrt(used), 0).round(2)
        for name, at in (("stock_p10", -1.28), ("stock_p50", 0.0), ("stock_p90", 1.28))
    }
    outlook = _long(keys, ahead, {**stock, "stock_p50_without_order": np.maximum(on_hand - used, 0).round(2), "inbound_units": 0 * used})
    metrics = pl.DataFrame(
        [("accuracy", "wape", None, 0.33, "share"), ("time", "stage_seconds", "publish", 4.0, "seconds")],
        schema=Metrics.create_empty().schema,
        orient="row",
    )
    parts = {"level": level * 1.1, "season": -level * 0.2, "price_promotion": level * 0.1, "mean": level}
    nothing = dict.fromkeys(("events", "drivers", "stockouts"), 0.0)
    explanations = keys.with_columns(*(pl.Series(name, values) for name, values in parts.items())).with_columns(
        run_id=pl.lit("bench"), **{name: pl.lit(value) for name, value in nothing.items()}
    )
    currencies = dict.fromkeys(keys["fc"].unique(), "EUR")
    previous: Headline = headline_of(recommendations, alerts, metrics, currencies)
    kept = recommendations.select("fc", "sku", "order_units", "on_hand", "action")
    return ReportData(
        name="bench",
        run_id="bench",
        as_of=AS_OF,
        frequency="day",
        currencies=currencies,
        recommendations=recommendations,
        alerts=alerts,
        plan_messages=pl.DataFrame(schema=dict.fromkeys(("code", "severity", "table", "region", "fc", "sku", "message", "fix"), pl.String)),
        metrics=metrics,
        quarantine_counts=pl.DataFrame(schema={"table": pl.String, "reason": pl.String, "rows": pl.UInt32, "example": pl.String}),
        forecasts=forecasts,
        explanations=explanations,
        outlook=outlook,
        history=history,
        previous=previous,
        earlier=[EarlierNight(AS_OF - timedelta(days=back), f"bench-{back}", kept) for back in range(1, 6)],
        manifest={},
        reasons=DATA_FLAGS | REASONS,
    )


def _long(keys: pl.DataFrame, dates: list[date], columns: dict[str, np.ndarray[Any, Any]]) -> pl.DataFrame:
    every = keys.select(pl.all().repeat_by(len(dates)).explode())
    return every.with_columns(
        pl.Series("date", dates * keys.height, dtype=pl.Date), *(pl.Series(name, values.reshape(-1)) for name, values in columns.items())
    )


def _recommendations(keys: pl.DataFrame, level: np.ndarray[Any, Any], rng: np.random.Generator) -> pl.DataFrame:
    rows = keys.height
    on_hand, inbound = np.floor(rng.gamma(1.2, 20.0, rows)), np.where(rng.random(rows) < 0.3, 12.0, 0.0)
    demand = (level * 4).round(3)
    raw = (demand * 1.4 - on_hand - inbound).round(3)
    order = np.where(raw > 0, np.ceil(raw / 6) * 6, 0.0)
    risk = np.clip(1 - (on_hand + inbound) / (demand * 1.4), 0, 1).round(4)
    lost = np.maximum(demand - on_hand - inbound, 0).round(3)
    dates = {
        name: [AS_OF + timedelta(days=int(days)) for days in rng.integers(1, 20, rows)] for name in ("stockout_date_p50", "order_by_date")
    }
    numbers = {
        "on_hand": on_hand,
        "inbound_units": inbound,
        "inventory_position": on_hand + inbound,
        "demand_mean": demand,
        "protection_demand_p50": (demand * 0.97).round(3),
        "protection_demand_target": (demand * 1.4).round(3),
        "days_of_cover": (on_hand / level).round(2),
        "days_of_cover_with_inbound": ((on_hand + inbound) / level).round(2),
        "stockout_probability_before_arrival": (risk * 0.6).round(4),
        "stockout_probability_without_order": risk,
        "expected_lost_units": lost,
        "expected_lost_margin": (lost * rng.uniform(1, 9, rows)).round(2),
        "order_up_to": (on_hand + inbound + raw).round(3),
        "safety_stock": (demand * 0.4).round(3),
        "reorder_point": (demand * 1.2).round(3),
        "raw_units": raw,
        "order_units": order,
        "order_value": (order * rng.uniform(2, 20, rows)).round(2),
        "marginal_gain_last_case": rng.uniform(0, 5, rows).round(2),
        "previous_order_units": np.where(rng.random(rows) < 0.2, order + 6, order),
    }
    frame = keys.with_columns(
        *(pl.Series(name, values) for name, values in {**numbers, **dates}.items()),
        run_id=pl.lit("bench"),
        as_of=pl.lit(AS_OF),
        name=pl.format("Item number {} of many", pl.col("sku")),
        supplier=pl.concat_str(pl.lit("Supplier "), (pl.int_range(pl.len()) % 40).cast(pl.String)),
        abc=pl.Series(np.array(list("ABC"))[rng.integers(0, 3, rows)]),
        xyz=pl.Series(np.array(list("XYZ"))[rng.integers(0, 3, rows)]),
        order_date=pl.lit(AS_OF + timedelta(days=1)),
        arrival_date=pl.lit(AS_OF + timedelta(days=4)),
        action=pl.when(pl.Series(order) > 0).then(pl.lit("order")).otherwise(pl.lit("none")),
        reasons=pl.lit(["below_order_up_to", "rounded_to_cases"], pl.List(pl.String)),
        data_flags=pl.lit([], pl.List(pl.String)),
        model=pl.lit("lightgbm"),
        calibrated=pl.lit(True),
        change_reason=pl.lit("demand forecast down 12%"),
    )
    schema = Recommendations.create_empty().schema
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(absent).select(list(schema)).sort("expected_lost_margin", "fc", "sku", descending=[True, False, False])


def _alerts(recommendations: pl.DataFrame) -> pl.DataFrame:
    found = (
        recommendations.filter(pl.col("stockout_probability_without_order") > 0.3)
        .select(
            pl.format("{}-{}", "fc", "sku").alias("alert_id"),
            pl.lit("stockout_risk").alias("kind"),
            *("region", "fc", "sku"),
            pl.lit("high").alias("severity"),
            pl.col("stockout_probability_without_order").alias("probability"),
            pl.col("stockout_date_p50").alias("expected_date"),
            pl.col("expected_lost_units").alias("units_at_risk"),
            pl.col("expected_lost_margin").alias("value_at_risk"),
            pl.lit("new").alias("state"),
            pl.lit(AS_OF).alias("first_seen"),
            pl.format("{} on hand against {} expected until the next order can arrive", "on_hand", "demand_mean").alias("message"),
            pl.lit("order").alias("action"),
            pl.col("order_by_date").alias("act_by"),
        )
        .sort("value_at_risk", "fc", "sku", descending=[True, False, False])
        .with_columns(pl.lit(None, dtype=pl.String).alias("snoozed_by"))
    )
    settings = ReplenishmentSettings()
    listed = with_listed(found, most=settings.alert_cap, most_of_kind=settings.alert_cap_per_kind)
    return pl.concat([Alerts.create_empty(), listed], how="diagonal_relaxed").select(Alerts.column_names())


def measured(browser: Browser, path: Path) -> dict[str, float]:
    """Return seconds of one opening: first paint and table usable, both from navigation on, and of a sort and a filter."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(
        "new MutationObserver((_, self) => { if (!document.documentElement.dataset.ready) return;"
        " performance.mark('usable'); self.disconnect(); })"
        ".observe(document, {attributes: true, subtree: true, attributeFilter: ['data-ready']});"
    )
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    times = {
        "first_paint_s": page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"),
        "table_usable_s": page.evaluate("() => performance.getEntriesByName('usable')[0].startTime / 1000"),
    }
    frame = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    for name, act in (
        ("sort_s", "() => document.querySelector('.tabulator-col[tabulator-field=on_hand]').click()"),
        (
            "filter_s",
            "() => { const pick = document.getElementById('filter-region'); pick.value = 'c3'; pick.dispatchEvent(new Event('change')); }",
        ),
    ):
        begun = time.perf_counter()
        page.evaluate(act)
        page.evaluate(frame)
        times[name] = time.perf_counter() - begun
    context.close()
    return times


def main() -> int:
    """Print what was measured beside its limit; return 1 if a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None or (said := missing_libraries()):
        print(f"bench_report: skipped: {'no chromium on the PATH' if chromium is None else said}")
        return 0
    night = made_night(asked.rows)
    begun = time.perf_counter()
    pages = render_pages(night)
    taken = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_text(pages["report.html"], encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        times = [measured(browser, path) for _ in range(asked.repeats)]
        browser.close()
        found = {"size_mb": path.stat().st_size / 1e6} | {name: median(one[name] for one in times) for name in times[0]}
    print(f"{asked.rows:,} rows × {PAST} periods of history and {AHEAD} ahead, {len(pages)} page(s), written in {taken:.1f} s")
    for name, value in found.items():
        limit = LIMITS.get(name)
        print(f"  {name:<16} {value:6.2f}" + ("" if limit is None else f"   limit {limit:.1f}   {'kept' if value <= limit else 'MISSED'}"))
    return int(any(found[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    sys.exit(main())
