"""The report in a real browser: no violation, no request, no overflow, hostile names as text, rows that open."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from flows.report import ReportData, render_report

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOSTILE = "</script><img src=x onerror=document.title='owned'>"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: run scripts/install_browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(night: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night whose first item has a hostile name, a second one a very long one, a third one runs from right to left."""
    recommendations = (
        night["recommendations"]
        .with_row_index("place")
        .with_columns(
            name=pl.when(place=0)
            .then(pl.lit(HOSTILE))
            .when(place=1)
            .then(pl.lit("W" * 5000))
            .when(place=2)
            .then(pl.lit("\u202eقهوة\u200f"))
            .otherwise("name")
        )
    )
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_report(ReportData(**{**night, "recommendations": recommendations.drop("place")})), encoding="utf-8")
    return file


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=lambda param: f"{param[0]}-{param[1]}")
def page(request: pytest.FixtureRequest, browser: Browser, report: Path) -> Iterator[Page]:
    """The report at one width and colour scheme; fails on any complaint of the browser and any request but the file itself."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: requests.append(asked.url))
    page.goto(report.as_uri())
    yield page
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_page_never_scrolls_sideways_even_with_rows_open(page: Page) -> None:
    assert overflow(page) == 0
    for toggle in page.locator(".reorder summary").all()[:4]:
        toggle.click()
    for block in page.locator("details.block summary").all():
        block.click()
    assert overflow(page) == 0


def test_a_row_opens_to_its_picture_within_the_visible_width(page: Page) -> None:
    row = page.locator("#row-1")
    drawing = row.locator("svg[role=img]")
    assert not drawing.is_visible()
    row.locator("summary").click()
    box, frame = drawing.bounding_box(), page.locator(".scroll.tall").bounding_box()
    assert box is not None
    assert frame is not None
    assert box["width"] > 250
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_hostile_names_are_text(page: Page) -> None:
    assert page.locator("#row-1 .name").inner_text().startswith("</script><img")
    assert page.locator("img, script, iframe").count() == 0
    assert page.title().startswith("Reorder report")
    long_name = page.locator("#row-2 .name").bounding_box()
    assert long_name is not None
    assert long_name["height"] < 80


def test_words_stand_out_from_their_ground(page: Page) -> None:
    """Contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3) for every text that the page colours itself."""
    worst = page.evaluate(
        """() => {
          const light = ([r, g, b]) => { const f = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                                         return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
          const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
          const ground = node => { for (; node; node = node.parentElement) { const c = numbers(getComputedStyle(node).backgroundColor);
                                     if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
          let worst = [99, ''];
          for (const node of document.querySelectorAll('p, td, th, dt, dd, span, small, a, h1, h2, h3, strong, caption, code, pre')) {
            const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < worst[0]) worst = [ratio, node.outerHTML.slice(0, 120)];
          }
          return worst; }"""
    )
    assert worst[0] >= 4.5, worst


def test_columns_are_announced(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("table").count() == page.locator("table > caption").count() > 3
    assert page.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0
    for landmark in ("header", "nav", "main", "footer"):
        assert page.locator(landmark).count() == 1
