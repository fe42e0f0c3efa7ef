"""The report as text: what it says, what it never says, and how large it may be."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.messages import PlanMessage, messages_frame
from flows.report import ReportData, headline_numbers, render_report, rows_to_draw
from flows.report.formats import count, days, money, percent, seconds, text, units, weekday

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "</style><style>*{display:none}",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eevil\u202c name \u200fمرحبا",
    "null\x00byte\x1b[31m",
    "long " * 1000,
    '" onmouseover="alert(1)" x="',
)


class Words(HTMLParser):
    """Collects what a reader sees, and every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\xa0", " ").split())


def read(data: ReportData, **options: Any) -> Words:
    return Words(render_report(data, **options))


@pytest.fixture
def data(night: dict[str, Any]) -> ReportData:
    return ReportData(**night)


def test_says_first_what_to_send_and_what_is_at_stake(data: ReportData) -> None:
    numbers = headline_numbers(data.recommendations, data.alerts, data.metrics)
    words = read(data).text
    assert "Known up to Sun 2024-04-14 ; orders go out Mon 2024-04-15 ." in words
    assert f"{numbers['order_lines']:.0f} order lines worth {numbers['order_value']:,.0f} CNY to send" in words
    assert "32.6%" in words
    assert "best simple rule (exponential smoothing): 35.9%" in words


def test_headline_numbers_agree_with_a_plain_loop(data: ReportData) -> None:
    numbers = headline_numbers(data.recommendations, data.alerts, data.metrics)
    rows = data.recommendations.to_dicts()
    assert numbers["order_value"] == pytest.approx(sum(row["order_value"] for row in rows))
    assert numbers["value_at_risk"] == pytest.approx(sum(row["expected_lost_margin"] for row in rows))
    assert numbers["order_lines"] == sum(1 for row in rows if row["order_units"] > 0)
    open_places = {(a["fc"], a["sku"]) for a in data.alerts.to_dicts() if a["kind"] == "stocked_out" and a["state"] != "cleared"}
    assert numbers["stocked_out"] == len(open_places) > 0


@pytest.mark.parametrize(
    ("before", "words", "tone"),
    [
        (0.35, "▼ 2.4 points less", "good"),
        (0.30, "▲ 2.6 points more", "bad"),
        (0.32601, "as last night", "plain"),
        (None, "not known", "plain"),
    ],
)
def test_change_from_last_night_says_whether_it_is_welcome(data: ReportData, before: float | None, words: str, tone: str) -> None:
    page = render_report(replace(data, previous={**data.previous, "wape": before}))
    assert re.search(rf'<p class="change {tone}">{words}', page)


def test_a_rerun_of_the_report_is_the_same_to_the_byte(data: ReportData) -> None:
    assert render_report(data) == render_report(data)


def test_every_shown_row_explains_itself_and_drawn_rows_have_a_picture(data: ReportData) -> None:
    page = read(data)
    assert sum(tag == "details" and attrs.get("class") == "drawn" for tag, attrs in page.tags) == 40
    assert sum(tag == "svg" and attrs.get("role") == "img" for tag, attrs in page.tags) == 40
    first = data.recommendations.row(0, named=True)
    assert f"{first['on_hand']:,.0f} unit" in page.text
    assert "position is below the reorder point" in page.text
    assert "below_reorder_point" not in page.text


def test_alerts_lead_to_their_rows(data: ReportData) -> None:
    page = read(data)
    targets = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert any(link and link.startswith("#row-") for link in links)
    assert {link[1:] for link in links if link and link.startswith("#")} <= targets


def test_cleared_alerts_are_counted_not_listed(data: ReportData) -> None:
    cleared = data.alerts.with_columns(state=pl.lit("cleared"))
    words = read(replace(data, alerts=cleared)).text
    assert "Nothing needs attention" in words
    assert f"{cleared.height} cleared since last night" in words


def test_what_does_not_fit_is_counted(data: ReportData) -> None:
    words = read(data, max_rows=10).text
    assert "50 more rows in recommendations.csv" in words


def test_messages_of_a_kind_are_one_row_gravest_first(data: ReportData) -> None:
    words = read(data).text
    assert "for instance 90001 SH-01" in words
    assert "90002" not in words
    assert words.index("were held back") < words.index("no stock is known") < words.index("were left out")


def test_rows_to_draw_come_first_from_rows_with_something_to_do(recommendations: pl.DataFrame) -> None:
    acting = recommendations.filter(pl.col("action") != "none")
    few = rows_to_draw(recommendations, 5)
    assert few.rows() == acting.select("fc", "sku").head(5).rows()
    assert rows_to_draw(recommendations, 1000).height == recommendations.height
    assert rows_to_draw(recommendations.clear(), 5).rows() == []


def test_a_run_without_stock_says_why_it_recommends_nothing(data: ReportData) -> None:
    said = PlanMessage("no_stock", "there is no stock table.", table="stock", fix="Deliver stock.csv.")
    empty = replace(data, recommendations=data.recommendations.clear(), alerts=data.alerts.clear(), plan_messages=messages_frame([said]))
    words = read(empty).text
    assert "This run recommends nothing because there is no stock table. What mends it: Deliver stock.csv." in words
    unknown = replace(
        data, recommendations=data.recommendations.with_columns(order_units=pl.lit(None, pl.Float64)), plan_messages=messages_frame([])
    )
    assert "This run recommends nothing because stock is unknown for every item." in read(unknown).text


def test_a_night_without_orders_says_so(data: ReportData) -> None:
    idle = data.recommendations.with_columns(order_units=pl.lit(0.0), order_value=pl.lit(0.0), action=pl.lit("none"))
    assert "No order is needed tonight: every position already reaches its level." in read(replace(data, recommendations=idle)).text


def test_every_part_that_is_empty_says_what_is_going_on(data: ReportData) -> None:
    bare = replace(
        data,
        recommendations=data.recommendations.clear(),
        alerts=data.alerts.clear(),
        plan_messages=data.plan_messages.clear(),
        metrics=data.metrics.clear(),
        quarantine_counts=data.quarantine_counts.clear(),
        forecasts=data.forecasts.clear(),
        history=data.history.clear(),
        previous=None,
        manifest={},
    )
    words = read(bare).text
    for said in (
        "Nothing needs attention",
        "recommends nothing because",
        "every row read was good",
        "Not measured",
        "No stage times",
        "first run",
    ):
        assert said in words


def test_failed_regions_stand_at_the_top(data: ReportData) -> None:
    words = read(replace(data, manifest={**data.manifest, "failed_regions": ["Tianjin"]})).text
    assert words.index("Not in this report: Tianjin") < words.index("Margin at risk")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_text(data: ReportData, hostile: str) -> None:
    poisoned = replace(
        data,
        name=hostile,
        currency=hostile,
        recommendations=data.recommendations.with_columns(
            name=pl.lit(hostile),
            supplier=pl.lit(hostile),
            sku=pl.col("sku") + hostile,
            reasons=pl.lit([hostile], pl.List(pl.String)),
            change_reason=pl.lit(hostile),
        ),
        alerts=data.alerts.with_columns(sku=pl.col("sku") + hostile, message=pl.lit(hostile), action=pl.lit(hostile)),
        plan_messages=data.plan_messages.with_columns(message=pl.lit(hostile), fix=pl.lit(hostile), code=pl.lit(hostile)),
        metrics=data.metrics.with_columns(segment=pl.lit(hostile), unit=pl.lit(hostile)),
        quarantine_counts=data.quarantine_counts.with_columns(reason=pl.lit(hostile), example=pl.lit(hostile)),
        reasons={hostile: hostile},
        manifest={hostile: hostile, "config": {hostile: [hostile]}, "failed_regions": [hostile]},
    )
    page = render_report(poisoned)
    tags = Words(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object", "form"}
    assert not [attrs for _, attrs in tags if any(name.startswith("on") or name == "style" for name in attrs)]
    assert len([tag for tag, _ in tags if tag == "style"]) == 1
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]", page)
    assert len(page) < 1_500_000


def test_policy_allows_its_own_style_and_nothing_else(data: ReportData) -> None:
    page = render_report(data)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    sources = dict(part.strip().split(" ", 1) for part in unescape(policy[1]).split(";"))
    assert sources.pop("style-src") == f"'sha256-{digest}'"
    assert sources == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    assert "http" not in re.sub(r"http-equiv", "", page)


def test_fifty_thousand_rows_stay_under_three_megabytes(data: ReportData) -> None:
    copies = pl.DataFrame({"copy": range(834)})
    many = data.recommendations.join(copies, how="cross").with_columns(pl.format("{}-{}", "sku", "copy").alias("sku")).drop("copy")
    alerts = data.alerts.join(copies, how="cross").with_columns(pl.format("{}-{}", "alert_id", "copy").alias("alert_id")).drop("copy")
    page = render_report(replace(data, recommendations=many, alerts=alerts))
    assert many.height > 50_000
    assert len(page.encode()) < 3_000_000
    assert page.count('class="label s-') == 50
    assert f"{alerts.filter(pl.col('state') != 'cleared').height - 50:,} more alerts" in page


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
