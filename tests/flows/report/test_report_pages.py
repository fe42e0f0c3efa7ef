"""The report as files: what is packed into a page, what never is, how large it may be, and how its script is put together."""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.marketplace import MarketplaceAdvice
from data.messages import PlanMessage, messages_frame
from flows.report import ReportData, bundle, headline_numbers, headline_of, libraries, plain_page, render_pages
from flows.report.columns import columnar
from flows.report.formats import count, days, money, percent, seconds, text, units, weekday
from models.alert_kinds.registry import KINDS
from models.contracts import ACTIONS, SEVERITIES, STATES, Recommendations
from models.override_value import OverrideValue
from models.recommending.reasons import DATA_FLAGS, REASONS

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u202c name \u200fمرحبا",
    "null\x00byte\x1b[31m",
    "long " * 1000,
    '" onmouseover="alert(1)" x="',
)
LANGUAGES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (bundle.PAGE / "languages").glob("*.json")}

pytestmark = pytest.mark.usefixtures("libraries_here")


class Tags(HTMLParser):
    """Every tag of a page with its attributes; what is inside scripts and styles is no tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def unpacked(page: str, name: str) -> Any:
    """Return a data block of a page as the browser reads it."""
    block = re.search(rf'id="data-{name}">([^<]*)</script>', page)
    assert block is not None
    return json.loads(gzip.decompress(base64.b64decode(block[1])))


def column(table: dict[str, Any], name: str) -> list[Any]:
    values = table["columns"][name]
    if isinstance(values, list):
        return values
    return [None if at is None else values["values"][at] for at in values["at"]]


@pytest.fixture
def data(night: dict[str, Any]) -> ReportData:
    return ReportData(**night)


def test_rows_arrive_as_they_were_published(data: ReportData) -> None:
    rows = unpacked(render_pages(data)["report.html"], "night")["rows"]
    assert rows["rows"] == data.recommendations.height
    for name, dtype in data.recommendations.schema.items():
        if name in ("run_id", "as_of"):
            continue
        expected = data.recommendations[name].to_list()
        if dtype == pl.Date:
            expected = [None if day is None else (day - data.as_of).days for day in expected]
        assert column(rows, name) == expected, name


def test_pictures_restore_history_forecast_and_stock(data: ReportData) -> None:
    page = render_pages(data)["report.html"]
    drawn = unpacked(page, "pictures")
    for place, row in enumerate(data.recommendations.head(5).iter_rows(named=True)):
        key = {"fc": row["fc"], "sku": row["sku"]}
        history = data.history.filter(**key).sort("date").tail(70)
        demand = [None if value < 0 else value * drawn["demand_step"][place] for value in drawn["demand"][place]]
        assert demand == history["demand"].to_list()
        out = history.with_row_index().filter(pl.col("in_stock_share") < 1)
        assert drawn["out"][place][::3] == out["index"].to_list()
        assert drawn["out"][place][2::3] == out["units"].to_list()
        forecast = data.forecasts.filter(**key).sort("date")
        step, above = drawn["fan_step"][place], [0.0] * forecast.height
        for name, differences in zip(("p05", "p25", "p50", "p75", "p95"), drawn["fan"][place], strict=True):
            above = [low + difference * step for low, difference in zip(above, differences, strict=True)]
            assert above == pytest.approx(forecast[name].to_list(), abs=step)
        outlook = data.outlook.filter(**key).sort("date")
        median = [(low + up) * drawn["stock_step"][place] for low, up in zip(*drawn["stock"][place][:2], strict=True)]
        assert median == pytest.approx(outlook["stock_p50"].to_list(), abs=drawn["stock_step"][place])
        assert drawn["arrivals"][place] == ([1, row["inbound_units"]] if row["inbound_units"] else [])


def test_headline_numbers_agree_with_a_plain_loop(data: ReportData) -> None:
    numbers = headline_numbers(data.recommendations, data.alerts, data.metrics, data.currencies)
    rows = data.recommendations.to_dicts()
    assert numbers["order_value"] == pytest.approx(sum(row["order_value"] for row in rows))
    assert numbers["value_at_risk"] == pytest.approx(sum(row["expected_lost_margin"] for row in rows))
    assert numbers["order_lines"] == sum(1 for row in rows if row["order_units"] > 0)
    assert numbers["in_stock_rate"] == pytest.approx(sum(1 for row in rows if row["on_hand"] > 0) / len(rows), abs=1e-4)
    open_alerts = [alert for alert in data.alerts.to_dicts() if alert["state"] != "cleared"]
    assert numbers["stocked_out"] == len({(a["fc"], a["sku"]) for a in open_alerts if a["kind"] == "stocked_out"}) > 0
    assert numbers["overstock_value"] == pytest.approx(sum(a["value_at_risk"] for a in open_alerts if a["kind"] == "overstock"))


def test_money_of_different_currencies_is_never_added(data: ReportData) -> None:
    currencies = {"SH-01": "CNY", "SH-02": "CNY", "BJ-01": "EUR"}
    headline = headline_of(data.recommendations, data.alerts, data.metrics, currencies)
    assert set(headline.money) == {"CNY", "EUR", ""}
    for code, fcs in (("CNY", ["SH-01", "SH-02"]), ("EUR", ["BJ-01"]), ("", ["GZ-07"])):
        own = data.recommendations.filter(pl.col("fc").is_in(fcs))
        assert headline.money[code]["order_value"] == pytest.approx(own["order_value"].sum())
    numbers = headline_numbers(data.recommendations, data.alerts, data.metrics, currencies)
    assert numbers["order_value"] is None
    assert numbers["value_at_risk"] is None
    assert numbers["order_units"] == pytest.approx(data.recommendations["order_units"].sum())


def decided(fc: str, author: str, saved: float | None) -> dict[str, Any]:
    """A decision by the contract OverrideValue; judged where what it saved is known."""
    judged = saved is not None
    return {
        "run_id": "earlier",
        "fc": fc,
        "sku": f"{author}-{saved}",
        "as_of": date(2024, 5, 1),
        "author": author,
        "reason": "fair weather",
        "recommended_units": 10.0,
        "approved_units": 4.0,
        "state": "judged" if judged else "waiting",
        "cost_recommended": 20.0 if judged else None,
        "cost_approved": 20.0 - saved if judged else None,
        "saved": saved,
    }


def decisions(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=OverrideValue.create_empty().schema)


def test_decisions_are_added_up_by_author_each_currency_for_itself(data: ReportData) -> None:
    currencies = {"SH-01": "CNY", "SH-02": "CNY", "BJ-01": "EUR"}
    past = decisions(
        *(decided("SH-01", "Ada", 5.0), decided("SH-02", "Ada", -2.0), decided("SH-02", "Ada", None)),
        *(decided("BJ-01", "Ada", 7.0), decided("GZ-07", "Bo", 1.0)),
    )
    told = unpacked(render_pages(replace(data, currencies=currencies, decisions=past))["report.html"], "night")["decisions"]
    found = list(zip(*(column(told, name) for name in ("author", "currency", "decisions", "judged", "waiting", "saved")), strict=True))
    assert sorted(found) == [("Ada", "CNY", 3, 2, 1, 3.0), ("Ada", "EUR", 1, 1, 0, 7.0), ("Bo", "", 1, 1, 0, 1.0)]


def test_what_the_marketplace_recommends_stands_in_the_row_it_is_about(data: ReportData) -> None:
    fc, sku = data.recommendations.select("fc", "sku").row(3)
    told = {"report_date": date(2024, 4, 12), "recommended_units": 40.0, "recommended_ship_date": date(2024, 4, 20), "alert": HOSTILE[0]}
    advice = pl.DataFrame(
        [{"run_id": data.run_id, "as_of": data.as_of, "fc": fc, "sku": sku} | told, {"fc": fc, "sku": "not a row"} | told],
        schema=MarketplaceAdvice.create_empty().schema,
    )
    rows = unpacked(render_pages(replace(data, marketplace=advice))["report.html"], "night")["rows"]
    assert rows["rows"] == data.recommendations.height
    assert [place for place, units in enumerate(column(rows, "market_units")) if units is not None] == [3]
    assert (column(rows, "market_units")[3], column(rows, "market_ship_date")[3], column(rows, "market_report_date")[3]) == (40, 6, -2)
    assert column(rows, "market_days")[3] is None


def test_the_night_is_added_up_by_seller_and_currency(data: ReportData) -> None:
    one = replace(data, recommendations=data.recommendations.with_columns(seller=pl.when(pl.int_range(pl.len()) > 3).then(pl.lit("acme"))))
    for few in (data, one):
        assert unpacked(render_pages(few)["report.html"], "night")["sellers"] == [], "one seller, or none, needs no sum"
    sellers = pl.Series("seller", [("acme", "Zenith", None)[place % 3] for place in range(data.recommendations.height)])
    rows = data.recommendations.with_columns(sellers, on_hand=pl.when(pl.int_range(pl.len()) % 9 == 0).then(0.0).otherwise("on_hand"))
    snoozed = pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("Ada")).alias("snoozed_by")
    several = replace(data, recommendations=rows, alerts=data.alerts.with_columns(snoozed), currencies={"SH-01": "CNY", "BJ-01": "USD"})
    told = unpacked(render_pages(several)["report.html"], "night")["sellers"]
    assert list(dict.fromkeys(one["seller"] for one in told)) == ["acme", "Zenith", None]
    waiting = [(a["fc"], a["sku"]) for a in several.alerts.to_dicts() if a["state"] != "cleared" and a["snoozed_by"] is None]
    for one in told:
        own = [
            row for row in rows.to_dicts() if row["seller"] == one["seller"] and several.currencies.get(row["fc"], "") == one["currency"]
        ]
        ordering = [row for row in own if row["order_units"] > 0]
        assert (one["rows"], one["order_lines"]) == (len(own), len(ordering))
        assert one["order_units"] == sum(row["order_units"] for row in ordering)
        assert one["order_value"] == pytest.approx(sum(row["order_value"] for row in own))
        assert one["expected_lost_margin"] == pytest.approx(sum(row["expected_lost_margin"] for row in own))
        assert one["stocked_out"] == sum(row["on_hand"] == 0 and row["demand_mean"] > 0 for row in own)
        assert one["alerts"] == sum(waiting.count((row["fc"], row["sku"])) for row in own)
    assert sum(one["rows"] for one in told) == rows.height
    assert sum(one["alerts"] for one in told) > 0


def test_a_rerun_of_the_report_is_the_same_to_the_byte(data: ReportData) -> None:
    assert render_pages(data) == render_pages(data)


def test_rows_beyond_the_page_are_in_pages_of_their_regions(data: ReportData) -> None:
    regions = data.recommendations.with_columns(region=pl.when(pl.col("region") == "Beijing").then(pl.lit("a/b")).otherwise(pl.lit("A b")))
    pages = render_pages(replace(data, recommendations=regions), most_rows=20)
    found = [
        row
        for page in pages.values()
        for row in zip(*(column(unpacked(page, "night")["rows"], name) for name in ("fc", "sku")), strict=True)
    ]
    assert found[:20] == regions.select("fc", "sku").head(20).rows()
    assert sorted(found) == sorted(regions.select("fc", "sku").rows())
    beside = unpacked(pages["report.html"], "night")["place"]["beside"]
    assert {page["file"] for page in beside} == set(pages) - {"report.html"}
    assert all(re.fullmatch(r"report-regions/\d\d-[a-z-]+-\d+\.html", page["file"]) for page in beside)
    assert {page["region"] for page in beside} == {"a/b", "A b"}


def test_a_page_that_would_be_too_large_drops_pictures_of_the_least_valuable_rows(data: ReportData) -> None:
    whole = render_pages(data)["report.html"]
    without = render_pages(replace(data, history=data.history.clear(), forecasts=data.forecasts.clear(), outlook=data.outlook.clear()))
    limit = (len(whole.encode()) + len(without["report.html"].encode())) // 2
    page = render_pages(data, most_bytes=limit)["report.html"]
    assert len(page.encode()) <= limit
    drawn = unpacked(page, "pictures")
    assert 0 < len(drawn["demand"]) < data.recommendations.height
    assert drawn["demand"] == unpacked(whole, "pictures")["demand"][: len(drawn["demand"])]
    assert unpacked(page, "night")["rows"]["rows"] == data.recommendations.height


def test_messages_of_a_kind_are_one_line_gravest_first(data: ReportData) -> None:
    messages = unpacked(render_pages(data)["report.html"], "night")["messages"]
    assert [message["code"] for message in messages] == ["held_back_day", "no_stock_row", "extra_columns"]
    assert [message["rows"] for message in messages] == [1, 3, 1]


def test_the_config_is_told_without_secrets(data: ReportData) -> None:
    config = {"inputs": {"path": "s3://AKIA:hush@bucket/x"}, "notify": {"password": "hush", "api_key": "hush", "keep_runs_days": 4}}
    page = render_pages(replace(data, manifest={"config": config}))["report.html"]
    told = json.dumps(unpacked(page, "night")["run"], ensure_ascii=False)
    assert "hush" not in told
    assert "bucket/x" in told
    assert '"keep_runs_days": 4' in told


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_data(data: ReportData, hostile: str) -> None:
    poisoned = replace(
        data,
        name=hostile,
        currencies=dict.fromkeys(data.currencies, hostile),
        recommendations=data.recommendations.with_columns(
            name=pl.lit(hostile), supplier=pl.lit(hostile), sku=pl.col("sku") + hostile, reasons=pl.lit([hostile], pl.List(pl.String))
        ),
        alerts=data.alerts.with_columns(sku=pl.col("sku") + hostile, message=pl.lit(hostile), action=pl.lit(hostile)),
        plan_messages=data.plan_messages.with_columns(message=pl.lit(hostile), fix=pl.lit(hostile), code=pl.lit(hostile)),
        metrics=data.metrics.with_columns(segment=pl.lit(hostile), unit=pl.lit(hostile)),
        quarantine_counts=data.quarantine_counts.with_columns(reason=pl.lit(hostile), example=pl.lit(hostile)),
        reasons={hostile: hostile},
        manifest={hostile: hostile, "config": {hostile: [hostile]}, "failed_regions": [hostile]},
    )
    for page in (render_pages(poisoned)["report.html"], plain_page(poisoned)):
        tags = Tags(page).tags
        assert not {tag for tag, _ in tags} & {"img", "iframe", "object", "form"}
        assert not [attrs for _, attrs in tags if any(name.startswith("on") or name == "style" for name in attrs)]
        assert len(page) < 1_500_000
    assert len([tag for tag, _ in tags if tag == "style"]) == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]", page)


def test_policy_allows_the_scripts_and_styles_of_the_page_and_nothing_else(data: ReportData) -> None:
    page = render_pages(data)["report.html"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    sources = dict(part.strip().split(" ", 1) for part in unescape(policy[1]).split(";"))

    def hashes(tag: str) -> str:
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" for body in bodies)

    assert sources.pop("script-src") == hashes("script")
    assert sources.pop("style-src") == hashes("style")
    assert sources == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert "sourceMappingURL" not in page


def test_licences_of_the_libraries_go_along(data: ReportData) -> None:
    page = render_pages(data)["report.html"]
    assert page.count("Permission is hereby granted, free of charge") >= 2


def test_languages_say_the_same_things() -> None:
    assert set(LANGUAGES) == {"en", "zh"}
    english, chinese = LANGUAGES["en"], LANGUAGES["zh"]
    assert set(english) == set(chinese)

    def blanks(words: Any) -> set[str]:
        return {name for one in (words.values() if isinstance(words, dict) else [words]) for name in re.findall(r"\{(\w+)\}", one)}

    assert {key for key in english if blanks(english[key]) != blanks(chinese[key])} == set()


def test_every_code_of_a_run_has_words() -> None:
    wanted = {f"reason.{code}" for code in REASONS | DATA_FLAGS} | {f"short.{code}" for code in REASONS}
    wanted |= {f"kind.{kind}" for kind in KINDS} | {f"action.{action}" for action in ACTIONS} | {f"state.{state}" for state in STATES}
    wanted |= {f"col.{name}" for name in Recommendations.column_names() if name not in ("run_id", "name", "abc", "xyz", "order_date")}
    assert wanted - set(LANGUAGES["en"]) == set()


def test_every_key_the_script_asks_for_is_there() -> None:
    asked = set(re.findall(r'\bt\("([a-z_.]+)"', bundle.script()))
    assert len(asked) > 100
    assert asked - set(LANGUAGES["en"]) == set()


def test_severities_have_a_colour() -> None:
    assert [name for name in SEVERITIES if name != "low" and f".s-{name}" not in bundle.style()] == []


def modules(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source)
    return folder


def test_modules_are_bundled_after_what_they_need(tmp_path: Path) -> None:
    folder = modules(
        tmp_path,
        main='import { b } from "./b.js";\nb();\n',
        b='import { c } from "./c.js";\nexport function b() {\n  return c;\n}\n',
        c="export const c = 1;\n",
    )
    script = bundle.script("main.js", folder)
    assert script.index("const c") < script.index("function b") < script.index("b();")
    assert "import" not in script
    assert "export" not in script


@pytest.mark.parametrize(
    ("b", "said"),
    [
        ("export const other = 1;\n", "no such name"),
        ('import { a } from "./main.js";\nexport const b = 1;\n', "in a circle"),
        ("export const b = 1;\nconst a = 2;\n", "share one scope"),
    ],
)
def test_what_cannot_be_bundled_is_refused(tmp_path: Path, b: str, said: str) -> None:
    folder = modules(tmp_path, main='import { b } from "./b.js";\nexport const a = b;\n', b=b)
    with pytest.raises(ValueError, match=said):
        bundle.script("main.js", folder)


def test_missing_libraries_are_named_with_what_mends_it(tmp_path: Path) -> None:
    said = libraries.missing(tmp_path)
    assert said is not None
    assert "tabulator-tables and uplot" in said
    assert "make setup" in said
    with pytest.raises(libraries.LibrariesMissing, match="make setup"):
        libraries.libraries(tmp_path)


def test_the_plain_page_says_what_to_do_first_and_why_it_is_plain(data: ReportData) -> None:
    page = plain_page(data)
    first = data.recommendations.filter(pl.col("action") != "none").row(0, named=True)
    assert first["name"] in unescape(page)
    assert "make setup" in page
    said = PlanMessage("no_stock", "there is no stock table.", table="stock", fix="Deliver stock.csv.")
    empty = replace(data, recommendations=data.recommendations.clear(), plan_messages=messages_frame([said]))
    assert "there is no stock table." in plain_page(empty)


def test_columns_tell_repeated_texts_once() -> None:
    frame = pl.DataFrame(
        {"a": ["x", None, "x"], "b": [[1.0], [1.0], None], "c": [1.0, 2.5, None], "d": [date(2024, 1, 2)] * 3}
    ).with_columns(b=pl.lit(["p", "q"], pl.List(pl.String)))
    table = columnar(frame, date(2024, 1, 1))
    assert table["columns"]["a"] == {"values": ["x"], "at": [0, None, 0]}
    assert table["columns"]["b"] == {"values": [["p", "q"]], "at": [0, 0, 0]}
    assert json.dumps(table["columns"]["c"]) == "[1, 2.5, null]"
    assert table["columns"]["d"] == [1, 1, 1]


def test_fifty_rows_more_cost_little_room(night_maker: Callable[[int], dict[str, Any]]) -> None:
    """Five thousand rows of this size fit into five megabytes."""
    few, many = (len(render_pages(ReportData(**night_maker(rows)))["report.html"]) for rows in (60, 110))
    assert (many - few) / 50 * 5_000 + 750_000 < 5_000_000


def test_numbers_read_well() -> None:
    assert [units(value) for value in (1234567.4, 12.0, 3.25, 0.0, -0.01, -3.0, None)] == ["1,234,567", "12", "3.2", "0", "0", "−3", "–"]
    assert [money(value, "EUR") for value in (1234.5, 12.5, 12.0, -0.001)] == ["1,234\xa0EUR", "12.50\xa0EUR", "12\xa0EUR", "0.00\xa0EUR"]
    assert [percent(share) for share in (0.0, 0.0004, 0.5, 0.9996, 1.0)] == ["0%", "<1%", "50%", ">99%", "100%"]
    assert [days(value) for value in (0.4, 40.4, 4000.0)] == ["0.4", "40", ">365"]
    assert [seconds(value) for value in (0.42, 41.0, 185.0, None)] == ["0.4 s", "41 s", "3 min 05 s", "–"]
    assert [count(1, "line"), count(1200, "line")] == ["1 line", "1,200 lines"]
    assert weekday(date(2024, 4, 29)) == "Mon\xa02024-04-29"


@given(st.text(max_size=200), st.integers(1, 90))
def test_texts_are_one_bounded_printable_line(words: str, limit: int) -> None:
    shown = text(words, limit)
    assert len(shown) <= limit
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202d\u202e]", shown)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_that_reads_as_nothing_has_no_sign(value: float) -> None:
    for shown in (units(value), money(value)):
        digits = shown.strip("−").replace(",", "")
        assert float(digits) >= 0
        assert not (shown.startswith("−") and float(digits) == 0)
