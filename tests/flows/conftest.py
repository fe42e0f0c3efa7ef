"""A plausible night: about sixty recommendations with their alerts, forecasts and history, from a seeded generator; a web server."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import polars as pl
import pytest

from data.messages import PlanMessage, messages_frame
from flows.report import EarlierNight, Headline
from models.contracts import QUANTILES, Alerts, Forecasts, Metrics, Recommendations
from models.explanations_contract import Explanations
from models.outlook import StockOutlook
from models.recommending.reasons import DATA_FLAGS, REASONS

AS_OF = date(2024, 4, 14)
RUN_ID = "2024-04-14-a1b2c3"
ITEMS = (
    "Oat drink 1 l",
    "Basmati rice 5 kg",
    "Hand soap refill",
    "Olive oil 0.75 l",
    "Espresso beans",
    "Dish tabs, 60",
    "Sparkling water",
    "Kidney beans",
)
PLACES = (("SH-01", "Shanghai"), ("SH-02", "Shanghai"), ("BJ-01", "Beijing"), ("GZ-07", "Guangzhou"))
SUPPLIERS = ("Hofmann & Söhne", "Acme Foods", "华东供应", None)


def recommendation(number: int, rng: np.random.Generator) -> dict[str, Any]:
    """One row whose numbers fit together: level, position, raw units, cases, money."""
    fc, region = PLACES[number % len(PLACES)]
    daily = float(rng.gamma(2.0, 4.0)) + 0.3
    lead, review, case = int(rng.integers(1, 6)), 1, float(rng.choice([1, 6, 12]))
    on_hand = float(
        rng.choice(
            [0.0, round(daily * rng.uniform(0.2, 4)), round(daily * rng.uniform(4, 9)), round(daily * 130)], p=[0.2, 0.45, 0.25, 0.1]
        )
    )
    inbound = float(rng.choice([0.0, case * 2]))
    mean = daily * (lead + review)
    target = mean + 1.6 * np.sqrt(mean * 2)
    position = on_hand + inbound
    raw = round(float(target - position), 2)
    order = float(np.ceil(raw / case) * case) if raw > 0 else 0.0
    risk = float(np.clip(1 - position / target, 0, 1)) if order else 0.01
    lost = round(max(mean - position, 0) + risk * 2, 2)
    overstocked = on_hand > daily * 90
    action = "mark_down" if overstocked else "expedite" if order and on_hand == 0 else "order" if order else "none"
    first_empty = AS_OF + timedelta(days=1 + int(on_hand // daily)) if order else None
    reasons = (
        ["overstock"]
        if overstocked
        else (["risk_before_arrival"] if on_hand == 0 else []) + (["below_order_up_to", "rounded_to_cases"] if order else [])
    )
    return {
        "run_id": RUN_ID,
        "as_of": AS_OF,
        "region": region,
        "fc": fc,
        "sku": f"{number:05d}",
        "name": f"{ITEMS[number % len(ITEMS)]} {number}",
        "supplier": SUPPLIERS[number % len(SUPPLIERS)],
        "seller": None,
        "abc": "ABC"[number % 3],
        "xyz": "XYZ"[number // 3 % 3],
        "on_hand": on_hand,
        "inbound_units": inbound,
        "inventory_position": position,
        "demand_mean": round(mean, 2),
        "protection_demand_p50": round(mean * 0.97, 2),
        "protection_demand_target": round(float(target), 2),
        "days_of_cover": round(on_hand / daily, 2),
        "days_of_cover_with_inbound": round(position / daily, 2),
        "stockout_probability_before_arrival": round(risk * 0.6, 3),
        "stockout_probability_without_order": round(risk, 3),
        "stockout_date_p10": first_empty,
        "stockout_date_p50": first_empty and first_empty + timedelta(days=1),
        "stockout_date_p90": first_empty and first_empty + timedelta(days=3),
        "expected_lost_units": lost,
        "expected_lost_margin": round(lost * 3.4, 2),
        "order_up_to": round(position + raw, 2),
        "safety_stock": round(position + raw - mean, 2),
        "reorder_point": round(mean, 2),
        "raw_units": raw,
        "order_units": order,
        "order_value": round(order * 7.25, 2),
        "order_date": AS_OF + timedelta(days=1),
        "arrival_date": AS_OF + timedelta(days=1 + lead),
        "next_order_date": AS_OF + timedelta(days=2),
        "order_by_date": AS_OF + timedelta(days=1) if order else AS_OF + timedelta(days=5),
        "marginal_gain_last_case": 1.9 if order else None,
        "action": action,
        "reasons": reasons,
        "data_flags": ["stock_rolled_forward"] if number % 9 == 0 else [],
        "model": "lightgbm",
        "calibrated": number % 11 != 0,
        "previous_order_units": order + case if number % 5 == 0 and order else order,
        "change_reason": "demand forecast down 12%" if number % 5 == 0 and order else None,
    }


def typed(schema: Any, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame that meets its contract."""
    return schema.validate(pl.DataFrame(rows, schema=schema.create_empty().schema))


def recommendations_of(rows: int, seed: int = 7) -> pl.DataFrame:
    """Recommendations, most valuable first."""
    rng = np.random.default_rng(seed)
    frame = typed(Recommendations, [recommendation(number, rng) for number in range(rows)])
    return frame.sort("expected_lost_margin", "fc", "sku", descending=[True, False, False])


def alerts_of(recommendations: pl.DataFrame) -> pl.DataFrame:
    """One alert per row that is empty, at risk or overstocked; those that are not cleared are listed."""
    rows = []
    for row in recommendations.iter_rows(named=True):
        kind = {"mark_down": "overstock", "expedite": "stocked_out", "order": "stockout_risk"}.get(row["action"])
        if kind is None or (row["stockout_probability_without_order"] < 0.4 and kind == "stockout_risk"):
            continue
        rows.append(
            {
                "alert_id": f"{kind}-{row['fc']}-{row['sku']}",
                "kind": kind,
                "region": row["region"],
                "fc": row["fc"],
                "sku": row["sku"],
                "severity": {"stocked_out": "critical", "stockout_risk": "high", "overstock": "low"}[kind],
                "probability": row["stockout_probability_without_order"],
                "expected_date": row["stockout_date_p50"],
                "units_at_risk": row["expected_lost_units"],
                "value_at_risk": row["expected_lost_margin"],
                "state": ("new", "same", "worse", "cleared")[int(row["sku"]) % 4],
                "first_seen": AS_OF - timedelta(days=int(row["sku"]) % 4),
                "message": f"{row['on_hand']:g} on hand against {row['demand_mean']:g} expected until the next order can arrive",
                "action": row["action"],
                "act_by": row["order_date"] if kind != "overstock" else None,
                "listed": int(row["sku"]) % 4 != 3,
            }
        )
    return typed(Alerts, rows)


def history_of(keys: pl.DataFrame, seed: int = 7, periods: int = 76) -> pl.DataFrame:
    """Daily demand with a weekly wave and spells out of stock, in which demand is unknown."""
    rng = np.random.default_rng(seed)
    parts = []
    for fc, sku in keys.select("fc", "sku").iter_rows():
        level = rng.gamma(2.0, 4.0) + 1
        wave = 1 + 0.35 * np.sin(np.arange(periods) * 2 * np.pi / 7)
        units = rng.poisson(level * wave).astype(float)
        in_stock = np.ones(periods)
        start = int(rng.integers(10, periods - 8))
        in_stock[start : start + 4] = [0.4, 0.0, 0.0, 0.7]
        units = np.floor(units * in_stock)
        parts.append(
            pl.DataFrame(
                {
                    "region": "any",
                    "fc": fc,
                    "sku": sku,
                    "date": [AS_OF - timedelta(days=periods - 1 - day) for day in range(periods)],
                    "demand": [value if share == 1 else None for value, share in zip(units, in_stock, strict=True)],
                    "units": units,
                    "in_stock_share": in_stock,
                }
            )
        )
    return pl.concat(parts)


def forecasts_of(recommendations: pl.DataFrame, horizon: int = 14) -> pl.DataFrame:
    """A widening fan around each row's daily demand."""
    z = dict(zip(QUANTILES, (-1.64, -1.28, -0.67, 0.0, 0.67, 1.28, 1.64), strict=True))
    rows = []
    for row in recommendations.iter_rows(named=True):
        daily = row["demand_mean"] / max((row["arrival_date"] - AS_OF).days, 1)
        for step in range(1, horizon + 1):
            spread = np.sqrt(daily * 2) * (1 + step / 40)
            level = daily * (1 + 0.3 * np.sin(step * 2 * np.pi / 7))
            quantiles = {name: round(max(level + value * spread, 0.0), 2) for name, value in z.items()}
            rows.append(
                {
                    "run_id": RUN_ID,
                    "as_of": AS_OF,
                    "region": row["region"],
                    "fc": row["fc"],
                    "sku": row["sku"],
                    "date": AS_OF + timedelta(days=step),
                    "horizon": step,
                    "mean": round(level, 2),
                    **quantiles,
                }
            )
    return typed(Forecasts, rows)


def explanations_of(recommendations: pl.DataFrame) -> pl.DataFrame:
    """Parts that add up to each row's daily mean."""
    rows = []
    for row in recommendations.iter_rows(named=True):
        mean = row["demand_mean"] / max((row["arrival_date"] - AS_OF).days, 1)
        parts = {"level": mean * 1.2, "season": -mean * 0.3, "price_promotion": mean * 0.1, "events": 0.0, "drivers": 0.0, "stockouts": 0.0}
        rows.append({"run_id": RUN_ID, "region": row["region"], "fc": row["fc"], "sku": row["sku"], "mean": sum(parts.values()), **parts})
    return typed(Explanations, rows)


def outlook_of(recommendations: pl.DataFrame, horizon: int = 14) -> pl.DataFrame:
    """Stock that runs down by each row's daily mean, the order and an inbound line coming in."""
    rows = []
    for row in recommendations.iter_rows(named=True):
        lead = (row["arrival_date"] - AS_OF).days
        daily = row["demand_mean"] / max(lead, 1)
        with_order = without = row["on_hand"]
        for step in range(1, horizon + 1):
            coming = row["inbound_units"] if step == 2 else 0.0
            without = max(without + coming - daily, 0.0)
            with_order = max(with_order + coming + (row["order_units"] if step == lead else 0.0) - daily, 0.0)
            rows.append(
                {
                    "run_id": RUN_ID,
                    **{name: row[name] for name in ("region", "fc", "sku")},
                    "date": AS_OF + timedelta(days=step),
                    "inbound_units": coming,
                    "stock_p10": max(with_order - daily, 0.0),
                    "stock_p50": with_order,
                    "stock_p90": with_order + daily,
                    "stock_p50_without_order": without,
                }
            )
    return typed(StockOutlook, rows)


def earlier_of(recommendations: pl.DataFrame, nights: int = 5) -> list[EarlierNight]:
    """Nights before with a smaller order each; the last row is new since the second of them."""
    kept = recommendations.select("fc", "sku", "order_units", "on_hand", "action")
    return [
        EarlierNight(
            AS_OF - timedelta(days=back),
            f"earlier-{back}",
            kept.with_columns(pl.col("order_units") + back).head(kept.height - (back > 1)),
        )
        for back in range(1, nights + 1)
    ]


def metrics_of() -> pl.DataFrame:
    """Error against two simple rules, coverage, stage times."""
    accuracy = [
        ("accuracy", name, segment, value, "share")
        for segment, values in ((None, (0.326, 0.378, 0.359)), ("Beijing", (0.331, 0.371, 0.36)), ("Shanghai", (0.318, 0.38, 0.352)))
        for name, value in zip(("wape", "wape_moving_average", "wape_exponential_smoothing"), values, strict=True)
    ]
    coverage = [
        ("coverage", name, segment, value, "share")
        for segment in (None, "fast")
        for name, value in (("p50", 0.51), ("p90", 0.893), ("p95", 0.944))
    ]
    times = [
        ("time", "stage_seconds", stage, value, "seconds")
        for stage, value in (("ingest", 11.2), ("features", 14.0), ("train", 128.4), ("recommend", 20.4), ("publish", 4.1))
    ]
    return Metrics.validate(pl.DataFrame([*accuracy, *coverage, *times], schema=Metrics.create_empty().schema, orient="row"))


def messages_of() -> pl.DataFrame:
    """What a night usually has to say."""
    missing = [
        PlanMessage(
            "no_stock_row",
            f"no stock is known for {sku} at SH-01, so no order was worked out",
            table="stock",
            fc="SH-01",
            sku=sku,
            fix="deliver a stock row for it",
        )
        for sku in ("90001", "90002", "90003")
    ]
    other = [
        PlanMessage(
            "held_back_day",
            "sales of 2024-04-13 shrank from 1,204 to 310 rows and were held back",
            severity="error",
            table="sales",
            fix="deliver the day again, whole",
        ),
        PlanMessage("extra_columns", "columns 'colour' and 'bin' of stock.csv were left out", severity="info", table="stock"),
    ]
    return messages_frame([*missing, *other])


QUARANTINE = pl.DataFrame(
    {
        "table": ["sales", "sales"],
        "reason": ["units is negative", "date is in the future"],
        "rows": [1204, 3],
        "example": ["sales/2024-04.csv line 17: units −3", "sales/2024-04.csv line 90: date 2031-01-01"],
    }
)


@pytest.fixture(scope="session")
def recommendations() -> pl.DataFrame:
    return recommendations_of(60)


@pytest.fixture(scope="session")
def alerts(recommendations: pl.DataFrame) -> pl.DataFrame:
    return alerts_of(recommendations)


@pytest.fixture(scope="session")
def plan_messages() -> pl.DataFrame:
    return messages_of()


@pytest.fixture(scope="session")
def night(recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame) -> dict[str, Any]:
    """Every frame and fact of one night, by the names that the report takes."""
    return night_of(recommendations, alerts, plan_messages)


def night_of(recommendations: pl.DataFrame, alerts: pl.DataFrame, plan_messages: pl.DataFrame) -> dict[str, Any]:
    """A night of any size."""
    numbers = {"expected_lost_units": 700.0, "order_lines": 31.0, "order_units": 1400.0, "in_stock_rate": 0.7, "stocked_out": 8.0}
    return {
        "name": "demo",
        "run_id": RUN_ID,
        "as_of": AS_OF,
        "frequency": "day",
        "currencies": {fc: "CNY" for fc, _ in PLACES},
        "recommendations": recommendations,
        "alerts": alerts,
        "plan_messages": plan_messages,
        "metrics": metrics_of(),
        "quarantine_counts": QUARANTINE,
        "forecasts": forecasts_of(recommendations),
        "explanations": explanations_of(recommendations),
        "outlook": outlook_of(recommendations),
        "history": history_of(recommendations),
        "reasons": DATA_FLAGS | REASONS,
        "previous": Headline(
            {**numbers, "overstock": 5.0, "wape": 0.331},
            {"CNY": {"value_at_risk": 2950.0, "order_value": 9000.0, "overstock_value": 100.0}},
        ),
        "earlier": earlier_of(recommendations),
        "manifest": {
            "run_id": RUN_ID,
            "as_of": AS_OF.isoformat(),
            "code_version": "0.1.0",
            "seed": 7,
            "failed_regions": [],
            "config": {"name": "demo", "horizon": 14, "replenishment": {"objective": "cost", "lead_time_days": 3}},
            "lake_versions": {"sales": 12, "stock": 3},
        },
    }


@pytest.fixture(scope="session")
def night_maker() -> Callable[[int], dict[str, Any]]:
    """A night with so many rows."""

    def make(rows: int) -> dict[str, Any]:
        recommendations = recommendations_of(rows)
        return night_of(recommendations, alerts_of(recommendations), messages_of())

    return make


@pytest.fixture(scope="session")
def recommendations_maker() -> Callable[[int], pl.DataFrame]:
    """Recommendations of any size."""
    return recommendations_of


@pytest.fixture(scope="session")
def alerts_maker() -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The alerts that belong to given recommendations."""
    return alerts_of


@dataclass
class WebServer:
    """An HTTP server on this machine that keeps what is posted to it, as notifications are; it answers with `status`."""

    port: int = 0
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)

    def url(self, secret: str = "") -> str:
        return f"json://{secret}127.0.0.1:{self.port}/hook"


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    kept = WebServer()

    class Keeping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keeping)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
