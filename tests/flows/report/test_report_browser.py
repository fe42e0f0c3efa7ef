"""The report as a planner uses it: first screen, sorting, filters, a row opened, copy, CSV, print, languages, keyboard, access."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Page

from data.marketplace import MarketplaceAdvice
from models.override_value import OverrideValue
from models.recommending.reasons import REASONS

HOSTILE = "</script><img src=x onerror=document.title='owned'>"
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def hostile_night(night: dict[str, Any]) -> dict[str, Any]:
    """A night whose first items have names that are hostile, very long, from right to left, and a formula."""
    names = {0: HOSTILE, 1: "W" * 5000, 2: "\u202eقهوة\u200f", 3: "=cmd|' /C calc'!A0"}
    name = pl.col("place").replace_strict(names, default=pl.col("name"), return_dtype=pl.String)
    return {**night, "recommendations": night["recommendations"].with_row_index("place").with_columns(name=name).drop("place")}


@pytest.fixture(scope="module")
def report(hostile_night: dict[str, Any], written: Callable[..., Path]) -> Path:
    return written(hostile_night)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def names(page: Page) -> list[str]:
    return page.locator("#reorder-table .tabulator-row .opener").all_inner_texts()


def cells(page: Page, field: str) -> list[str]:
    return page.locator(f"#reorder-table .tabulator-row .c-{field}").all_inner_texts()


def total(page: Page, name: str) -> str:
    return page.locator(f"#total-{name} strong").inner_text().replace("\xa0", " ")


def expect_rows(page: Page, rows: int) -> None:
    page.wait_for_function("rows => document.querySelector('#total-rows strong').textContent.split(' ')[0] === rows", arg=str(rows))


def test_first_screen_shows_what_matters_most_and_what_to_do(report: Path, opened: Opened) -> None:
    with opened(report) as page:
        rows = page.locator(".matters tbody tr")
        assert rows.count() == 10
        last = rows.nth(9).bounding_box()
        assert last["y"] + last["height"] <= 800, "ten rows without scrolling"
        assert page.locator(".card").count() == 6
        for number in range(10):
            assert rows.nth(number).locator(".todo").inner_text().strip() not in ("", "–")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_nothing_scrolls_sideways_and_hostile_names_are_text(report: Path, opened: Opened, width: int, scheme: str) -> None:
    with opened(report, width=width, scheme=scheme) as page:
        assert overflow(page) == 0
        assert any(name.startswith("</script><img") for name in names(page))
        assert page.locator("img, iframe").count() == 0
        assert "owned" not in page.title()
        for view in ("data", "accuracy", "run"):
            page.click(f"#tab-{view}")
            assert overflow(page) == 0
        for block in page.locator("details.block summary").all():
            block.click()
        assert overflow(page) == 0


def test_a_header_sorts_and_unknown_values_stay_last(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    some_unknown = pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("days_of_cover"))
    unsure = night["recommendations"].with_columns(days_of_cover=some_unknown)
    with opened(written({**night, "recommendations": unsure}), height=2400) as page:
        head = page.locator(".tabulator-col[tabulator-field=days_of_cover]")
        head.focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        shown = [float(text.replace(",", "").replace(">", "")) for text in cells(page, "days_of_cover") if text != "–"]
        assert shown == sorted(shown, reverse=True)
        assert len(shown) > 10
        head.click()
        assert head.get_attribute("aria-sort") == "ascending"
        assert cells(page, "days_of_cover")[0] != "–"


def test_filters_search_and_totals_agree_with_the_frame(night: dict[str, Any], report: Path, opened: Opened) -> None:
    rows = night["recommendations"]
    with opened(report) as page:
        assert total(page, "rows") == str(rows.height)
        page.select_option("#filter-region", "Beijing")
        wanted = rows.filter(region="Beijing")
        expect_rows(page, wanted.height)
        assert total(page, "units") == f"{wanted['order_units'].sum():,.0f}"
        assert total(page, "value") == f"CN¥{wanted['order_value'].sum():,.0f}"
        assert total(page, "lines") == str(wanted.filter(pl.col("order_units") > 0).height)
        page.select_option("#filter-action", "order")
        wanted = wanted.filter(action="order")
        expect_rows(page, wanted.height)
        page.get_by_role("button", name="Show all", exact=True).click()
        expect_rows(page, rows.height)
        page.select_option("#filter-class", "A")
        expect_rows(page, rows.filter(abc="A").height)
        page.select_option("#filter-class", "")
        page.select_option("#filter-supplier", "华东供应")
        expect_rows(page, rows.filter(supplier="华东供应").height)
        page.select_option("#filter-supplier", "")
        page.keyboard.press("Escape")
        page.locator("h1").click()
        page.keyboard.press("/")
        page.keyboard.type("hofmann gz-0")
        expect_rows(page, rows.filter(pl.col("supplier").str.contains("Hofmann"), pl.col("fc").str.starts_with("GZ-0")).height)
        page.fill("#search", "no such item anywhere")
        expect_rows(page, 0)
        assert page.get_by_text("No row passes the filters.").is_visible()


def test_purchase_orders_are_grouped_by_supplier_with_their_sums(night: dict[str, Any], report: Path, opened: Opened) -> None:
    ordering = night["recommendations"].filter(pl.col("order_units") > 0)
    with opened(report, height=1600) as page:
        page.get_by_role("button", name="Purchase orders by supplier").click()
        expect_rows(page, ordering.height)
        group = page.locator(".tabulator-group", has_text="Acme Foods")
        own = ordering.filter(supplier="Acme Foods")
        words = group.inner_text().replace("\xa0", " ")
        assert f"{own.height} order lines" in words
        assert f"{own['order_units'].sum():,.0f} units" in words
        assert f"CN¥{own['order_value'].sum():,.0f}" in words
        assert page.locator(".tabulator-group", has_text="no supplier").count() == 1


def test_a_row_opens_to_its_pictures_its_reasons_and_the_nights_before(night: dict[str, Any], report: Path, opened: Opened) -> None:
    row = night["recommendations"].row(5, named=True)
    with opened(report) as page:
        page.locator("#reorder-table .opener", has_text=row["name"]).first.click()
        drawer = page.get_by_role("dialog")
        assert drawer.locator("h2").inner_text() == row["name"]
        drawer.locator("canvas").nth(1).wait_for()
        said = drawer.locator(".plot").all()
        assert "Mean demand" in (said[0].get_attribute("aria-label") or "")
        assert "on hand" in (said[1].get_attribute("aria-label") or "")
        story = drawer.locator(".story").inner_text()
        assert f"an inventory position of {row['inventory_position']:,.0f}" in story
        assert "recent level" in drawer.locator(".parts").inner_text()
        nights = drawer.locator(".small tbody tr")
        assert nights.count() == 6
        assert nights.nth(1).locator("td").first.inner_text() == f"{row['order_units'] + 1:,.0f}"
        page.keyboard.press("ArrowRight")
        following = night["recommendations"].row(6, named=True)["name"]
        assert drawer.locator("h2").inner_text() == following
        page.keyboard.press("Escape")
        assert not drawer.is_visible()
        assert page.evaluate("document.activeElement.classList.contains('opener')")


def test_a_picture_reads_out_what_is_under_the_pointer(night: dict[str, Any], report: Path, opened: Opened) -> None:
    row = night["recommendations"].row(5, named=True)
    forecast = night["forecasts"].filter(fc=row["fc"], sku=row["sku"]).sort("date").row(-1, named=True)
    with opened(report, query=f"#row={row['fc']}/{row['sku']}") as page:
        plot = page.locator("dialog .u-over").first
        box = plot.bounding_box()
        page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 20)
        words = page.locator("dialog .readout").first.inner_text()
        assert "28 Apr" in words
        assert f"forecast {forecast['p50']:.1f}".rstrip("0").rstrip(".") in words or f"forecast {forecast['p50']:.0f}" in words


def test_copy_and_csv_hold_the_filtered_rows_and_no_formula(hostile_night: dict[str, Any], report: Path, opened: Opened) -> None:
    wanted = hostile_night["recommendations"].filter(region="Shanghai")
    with opened(report) as page:
        page.select_option("#filter-region", "Shanghai")
        expect_rows(page, wanted.height)
        with page.expect_download() as saved:
            page.click("#save-rows")
        text = Path(saved.value.path()).read_bytes().decode("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text)))
        assert saved.value.suggested_filename == "orders-2024-04-14.csv"
        assert [(line["Location"], line["SKU"]) for line in lines] == wanted.select("fc", "sku").rows()
        assert [float(line["Order"]) for line in lines] == wanted["order_units"].to_list()
        assert not [cell for line in lines for cell in line.values() if cell.startswith(("=", "+", "@"))]
        page.click("#copy-rows")
        page.wait_for_function("() => document.querySelector('.orders [role=status]:not(.totals)').textContent.includes('copied')")
        copied = page.evaluate("navigator.clipboard.readText()").split("\n")
        assert len(copied) == wanted.height + 1
        assert copied[0].split("\t")[:2] == ["SKU", "Location"]


def test_columns_are_chosen_and_kept(report: Path, opened: Opened) -> None:
    with opened(report) as page:
        page.locator(".chooser summary").click()
        page.get_by_label("Safety stock").check()
        page.locator(".choices").get_by_label("Class").uncheck()
        assert page.locator(".tabulator-col[tabulator-field=safety_stock]").is_visible()
        assert not page.locator(".tabulator-col[tabulator-field=class]").is_visible()
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.locator(".tabulator-col[tabulator-field=safety_stock]").is_visible()


def test_arrow_keys_go_from_row_to_row(night: dict[str, Any], report: Path, opened: Opened) -> None:
    with opened(report) as page:
        page.locator("#reorder-table .opener").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        third = names(page)[2]
        page.wait_for_function("name => document.activeElement.textContent === name", arg=third)
        page.keyboard.press("End")
        page.wait_for_function("name => document.activeElement.textContent === name", arg=night["recommendations"]["name"][-1])
        page.keyboard.press("Enter")
        assert page.get_by_role("dialog").is_visible()


def test_speaks_chinese_and_keeps_it(report: Path, opened: Opened) -> None:
    with opened(report) as page:
        page.select_option("#language", "zh")
        assert page.locator("html").get_attribute("lang") == "zh-Hans"
        assert page.locator("#orders").inner_text() == "补货表"
        assert "¥" in page.locator("#card-order_value .number").inner_text()
        page.locator("#reorder-table .opener").nth(4).click()
        assert "库存位置" in page.get_by_role("dialog").locator(".story").inner_text()
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.locator("#orders").inner_text() == "补货表"
    with opened(report, locale="zh-CN") as page:
        assert page.locator("#orders").inner_text() == "补货表"


def test_prints_every_filtered_row(night: dict[str, Any], report: Path, opened: Opened) -> None:
    with opened(report) as page:
        page.select_option("#filter-region", "Guangzhou")
        wanted = night["recommendations"].filter(region="Guangzhou")
        expect_rows(page, wanted.height)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator("#print-table tbody tr").count() == wanted.height
        assert page.locator("#print-table").is_visible()
        assert not page.locator("#reorder-table").is_visible()
        assert page.pdf()[:5] == b"%PDF-"


def test_dark_is_dark_and_the_choice_holds(report: Path, opened: Opened) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with opened(report, scheme="dark") as page:
        assert page.evaluate(ground) == "rgb(17, 22, 27)"
        page.select_option("#theme", "light")
        assert page.evaluate(ground) == "rgb(245, 246, 247)"
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.evaluate(ground) == "rgb(245, 246, 247)"


def test_what_changed_since_last_night_leads_to_the_rows(night: dict[str, Any], report: Path, opened: Opened) -> None:
    changed = night["recommendations"].filter(pl.col("order_units") != pl.col("previous_order_units"))
    assert changed.height > 0
    with opened(report) as page:
        page.locator(".since button").click()
        expect_rows(page, changed.height)


def test_all_alerts_unfold_and_filter(night: dict[str, Any], report: Path, opened: Opened) -> None:
    alerts = night["alerts"]
    with opened(report) as page:
        page.get_by_role("button", name=f"Show all {alerts.height} alerts").click()
        assert page.locator(".matters tbody tr").count() == alerts.filter(pl.col("state") != "cleared").height
        page.get_by_label("Kind").select_option("overstock")
        assert page.locator(".matters tbody tr").count() == alerts.filter(pl.col("state") != "cleared", kind="overstock").height
        page.get_by_label("State").select_option("cleared")
        assert page.locator(".matters tbody tr").count() == alerts.filter(state="cleared", kind="overstock").height


@pytest.mark.parametrize(
    ("width", "scheme", "language"), [(1280, "light", "en"), (1280, "dark", "zh"), (390, "light", "en"), (390, "dark", "en")]
)
def test_axe_finds_nothing(report: Path, opened: Opened, axe: str, width: int, scheme: str, language: str) -> None:
    def faults() -> list[str]:
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{fault['id']}: {fault['nodes'][0]['html'][:160]} {fault['nodes'][0]['failureSummary'][:300]}" for fault in found["violations"]
        ]

    with opened(report, width=width, scheme=scheme) as page:
        page.select_option("#language", language)
        page.wait_for_selector("#reorder-table .opener")
        assert faults() == []
        page.locator(".matters button.opener").first.click()
        page.locator("dialog canvas").nth(1).wait_for()
        assert faults() == []
        page.keyboard.press("Escape")
        for view in ("data", "accuracy", "run"):
            page.click(f"#tab-{view}")
            assert faults() == []


def test_decisions_of_planners_are_told_with_what_they_saved(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    """Two judged decisions and one that waits: counts and money in one line, and an empty state where there is none."""
    line = {"run_id": "earlier", "fc": "SH-01", "as_of": night["as_of"], "author": "<b>Ada</b>", "reason": "fair weather"}
    units = {"recommended_units": 10.0, "approved_units": 4.0}
    judged = {"state": "judged", "cost_recommended": 20.0, "cost_approved": 13.0, "saved": 7.0}
    rows = [line | units | judged | {"sku": "1"}, line | units | judged | {"sku": "2"}, line | units | {"state": "waiting", "sku": "3"}]
    past = pl.DataFrame(rows, schema=OverrideValue.create_empty().schema)
    with opened(written({**night, "decisions": past})) as page:
        page.click("#tab-accuracy")
        row = page.locator("tr", has_text="<b>Ada</b>")
        assert row.inner_text().split("\t")[1:6] == ["fair weather", "3", "2", "1", "0"]
        assert "14" in row.inner_text().split("\t")[-1]
    with opened(written(night)) as page:
        page.click("#tab-accuracy")
        assert page.get_by_text("No decision of a planner is on record yet.").is_visible()


def test_the_marketplaces_own_recommendation_stands_beside_tonights_order(
    night: dict[str, Any], written: Callable[..., Path], opened: Opened
) -> None:
    """One row on which both agree, one on which they differ, one of which its report names no quantity, the rest without any."""
    ordering = night["recommendations"].filter(pl.col("order_units") > 0)
    same, other, silent = (ordering.row(place, named=True) for place in range(3))
    told = {"report_date": date(2024, 4, 12), "days_of_supply": 7.0, "alert": HOSTILE}
    rows = [
        told | {"fc": same["fc"], "sku": same["sku"], "recommended_units": same["order_units"]},
        told | {"fc": other["fc"], "sku": other["sku"], "recommended_units": 4000.0, "recommended_ship_date": date(2024, 6, 3)},
        told | {"fc": silent["fc"], "sku": silent["sku"]},
    ]
    advice = pl.DataFrame(rows, schema=MarketplaceAdvice.create_empty().schema)
    report = written({**night, "marketplace": advice})

    def told_of(page: Page, row: dict[str, Any]) -> str:
        page.locator(".tabulator-row", has_text=row["name"]).locator(".opener").first.click()
        words = str(page.locator("#drawer .market").inner_text())
        page.keyboard.press("Escape")
        return words

    with opened(report, height=2400) as page:
        words = told_of(page, other)
        ours = f"{other['order_units']:,.0f}"
        assert f"The marketplace recommends 4,000 by Mon 3 Jun; fillrate recommends {ours} tonight, because " in words
        assert REASONS["below_order_up_to"] in words
        assert HOSTILE in words
        assert "12 Apr" in words
        assert f"The marketplace recommends {same['order_units']:,.0f}; fillrate recommends" in told_of(page, same)
        assert "The marketplace names no quantity; fillrate recommends" in told_of(page, silent)
        page.check("#filter-differs")
        expect_rows(page, 1)
        assert names(page) == [other["name"]]
        page.get_by_role("button", name="Show all", exact=True).click()
        page.click("details.chooser summary")
        page.get_by_label("Marketplace: units").check()
        shown = cells(page, "market_units")
        assert [text for text in shown if text != "–"] == [f"{same['order_units']:,.0f}", "4,000"]
    with opened(written(night)) as page:
        assert page.locator("#filter-differs").count() == 0, "without a report there is nothing to filter by"
        page.locator(".opener").first.click()
        assert page.locator("#drawer .market").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_several_sellers_have_a_section_that_leads_to_their_rows(
    night: dict[str, Any], written: Callable[..., Path], opened: Opened, axe: str, width: int
) -> None:
    rows = night["recommendations"]
    sellers = pl.Series("seller", [("acme", HOSTILE, None)[place % 3] for place in range(rows.height)])
    with opened(written({**night, "recommendations": rows.with_columns(sellers)}), width=width) as page:
        lines = page.locator(".sellers tbody tr")
        assert [lines.nth(place).locator("th").inner_text() for place in range(3)] == [HOSTILE, "acme", "no seller"]
        counts = [int(lines.nth(place).locator("td").first.inner_text()) for place in range(3)]
        assert counts == [(sellers == HOSTILE).sum(), (sellers == "acme").sum(), sellers.null_count()]
        assert overflow(page) == 0
        page.evaluate(axe)
        assert page.evaluate("axe.run('.sellers').then(found => found.violations.map(fault => fault.id))") == []
        for name, count in zip((HOSTILE, "acme", "no seller"), counts, strict=True):
            page.locator(".sellers").get_by_role("button", name=name, exact=True).click()
            expect_rows(page, count)
        page.select_option("#filter-seller", "acme")
        expect_rows(page, counts[1])
    with opened(written(night), width=width) as page:
        assert page.locator(".sellers").count() == 0


def emptied(night: dict[str, Any], *frames: str) -> dict[str, Any]:
    return {**night, **{name: night[name].clear() for name in frames}}


def test_a_first_night_without_stock_says_so_and_still_draws_forecasts(
    night: dict[str, Any], written: Callable[..., Path], opened: Opened
) -> None:
    blind = night["recommendations"].with_columns(
        on_hand=pl.lit(None, pl.Float64),
        order_units=pl.lit(None, pl.Float64),
        expected_lost_margin=pl.lit(None, pl.Float64),
        action=pl.lit("none"),
    )
    first = {**emptied(night, "alerts", "outlook", "plan_messages"), "recommendations": blind, "previous": None, "earlier": []}
    with opened(written(first)) as page:
        assert "Nothing needs attention" in page.locator(".matters").inner_text()
        assert "This run recommends no order: stock is unknown for every item." in page.locator(".banner").inner_text()
        assert "First night" in page.locator(".since").inner_text()
        page.locator("#reorder-table .opener").first.click()
        drawer = page.get_by_role("dialog")
        drawer.locator("canvas").wait_for()
        assert "Stock is unknown here" in drawer.inner_text()
        assert "First night: nothing before it." in drawer.inner_text()


def test_a_night_with_nothing_at_all_has_words_for_every_part(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    nothing = emptied(
        night,
        "recommendations",
        "alerts",
        "plan_messages",
        "metrics",
        "quarantine_counts",
        "forecasts",
        "explanations",
        "outlook",
        "history",
    )
    with opened(written({**nothing, "previous": None, "earlier": [], "manifest": {}}), ready=False) as page:
        assert "No row to show" in page.locator(".orders").inner_text()
        assert "Nothing needs attention" in page.locator(".matters").inner_text()
        for view, said in (
            ("data", "No message: everything asked for was computed."),
            ("data", "None: every row read was good."),
            ("accuracy", "Not measured in this run"),
            ("run", "No stage times were recorded."),
        ):
            page.click(f"#tab-{view}")
            assert said in page.locator("#view").inner_text()


def test_currencies_stand_side_by_side(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    rows = night["recommendations"]
    mixed = {**night, "currencies": {"SH-01": "CNY", "SH-02": "CNY", "BJ-01": "EUR", "GZ-07": "EUR"}}
    with opened(written(mixed)) as page:
        chinese = pl.col("fc").str.starts_with("SH")
        sums = [f"CN¥{rows.filter(chinese)['order_value'].sum():,.0f}", f"€{rows.filter(~chinese)['order_value'].sum():,.0f}"]
        assert page.locator("#card-order_value .number span").all_inner_texts() == sums
        assert set(total(page, "value").split(" · ")) == set(sums)


def test_failed_regions_stand_at_the_top(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    with opened(written({**night, "manifest": {**night["manifest"], "failed_regions": ["Tianjin"]}})) as page:
        assert page.locator("main .banner").first.inner_text().startswith("Not in this report: Tianjin")


def test_a_larger_run_leads_to_the_pages_beside_it_and_back(night: dict[str, Any], written: Callable[..., Path], opened: Opened) -> None:
    with opened(written(night, most_rows=20)) as page:
        assert total(page, "rows") == "20"
        links = page.locator(".beside a")
        assert set(links.all_inner_texts()) == set(night["recommendations"].slice(20)["region"])
        links.first.click()
        page.wait_for_selector("html[data-ready]")
        assert "further rows of" in page.locator(".orders").inner_text()
        page.get_by_role("link", name="The most valuable rows").click()
        page.wait_for_selector("html[data-ready]")
        assert total(page, "rows") == "20"


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme", "language", "row"),
    [
        ("light", 1280, 800, "light", "en", False),
        ("dark", 1280, 800, "dark", "en", False),
        ("wide", 1720, 1000, "light", "en", False),
        ("narrow", 390, 844, "light", "en", False),
        ("narrow-row", 390, 844, "dark", "en", True),
        ("chinese", 1280, 800, "light", "zh", False),
        ("row", 1280, 1400, "light", "en", True),
        ("row-dark-chinese", 1280, 1400, "dark", "zh", True),
    ],
)
def test_screenshots_are_kept(
    night: dict[str, Any], report: Path, opened: Opened, name: str, width: int, height: int, scheme: str, language: str, row: bool
) -> None:
    """Kept in build/report for whoever changes the page; the ground tells light from dark."""
    folder = Path(__file__).parents[3] / "build" / "report"
    folder.mkdir(parents=True, exist_ok=True)
    with opened(report, width=width, height=height, scheme=scheme) as page:
        page.select_option("#language", language)
        if row:
            page.locator("#reorder-table .opener").nth(6).click()
            page.locator("dialog canvas").nth(1).wait_for()
        else:
            page.wait_for_selector("#reorder-table .opener")
        image = page.screenshot(path=folder / f"{name}.png")
        assert int.from_bytes(image[16:20]) == width
        assert overflow(page) == 0
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
            == {"light": "rgb(255, 255, 255)", "dark": "rgb(24, 32, 39)"}[scheme]
        )
