"""The page of a backtest in a real browser: no violation, no request, no overflow, words and charts that can be read."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from flows.backtest.page import backtest_page
from flows.backtest.summary import BacktestSummary

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
HOSTILE = {"Beijing": "<script>document.title='owned'</script>", "Chengdu": "W" * 3000, "Shanghai": "\u202eقهوة\u200f"}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH: run scripts/install_browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(
    summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The page of a whole backtest whose regions have odd names, and of one that judged nothing."""
    odd = scores.with_columns(member=pl.col("member").replace(HOSTILE))
    folder = tmp_path_factory.mktemp("pages")
    files = {name: folder / f"{name}.html" for name in ("full", "empty")}
    files["full"].write_text(backtest_page(summary, odd, value_added), encoding="utf-8")
    files["empty"].write_text(backtest_page(summary, odd.clear(), value_added.clear()), encoding="utf-8")
    return files


@contextmanager
def shown(browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"]) -> Iterator[Page]:
    """A page at one width and colour scheme; fails on any complaint of the browser and any request but the file itself."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: requests.append(asked.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file://", "data:"))] == []


@pytest.fixture(
    scope="module",
    params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")],
    ids=lambda param: f"{param[0]}-{param[1]}",
)
def page(request: pytest.FixtureRequest, browser: Browser, files: dict[str, Path]) -> Iterator[Page]:
    with shown(browser, files["full"], *request.param) as page:
        yield page


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_never_scrolls_sideways_even_with_every_table_open(page: Page) -> None:
    assert overflow(page) == 0
    page.evaluate("document.querySelectorAll('details').forEach(block => block.open = true)")
    assert overflow(page) == 0
    assert page.title().startswith("Backtest")
    assert page.locator("script, img, iframe").count() == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_without_scores_is_whole_too(width: int, browser: Browser, files: dict[str, Path]) -> None:
    with shown(browser, files["empty"], width, "light") as page:
        assert overflow(page) == 0
        assert page.locator(".result").inner_text() == "Nothing was judged."
        assert page.locator(".empty:visible").count() > 8
        assert page.locator("svg[role=img]").count() == 0


def test_charts_have_names_and_their_words_keep_apart_and_inside(page: Page) -> None:
    charts = page.locator("svg[role=img]").all()
    assert len(charts) == 9
    for chart in charts:
        assert len(chart.get_attribute("aria-label") or "") > 30
        boxes = chart.evaluate(
            """svg => { const frame = svg.getBoundingClientRect();
               return [...svg.querySelectorAll('text')].map(text => { const box = text.getBoundingClientRect();
                 return [text.textContent, box.left - frame.left, box.right - frame.left, box.top, box.bottom, frame.width]; }); }"""
        )
        for number, (words, left, right, top, bottom, width) in enumerate(boxes):
            assert left >= -8, words
            assert right <= width + 16, words
            assert bottom - top > 9, words
            for other, its_left, its_right, its_top, its_bottom, _ in boxes[number + 1 :]:
                apart = right <= its_left + 1 or its_right <= left + 1 or bottom <= its_top + 3 or its_bottom <= top + 3
                assert apart, (words, other)


def test_words_and_marks_stand_out_from_their_ground(page: Page) -> None:
    """Contrast of at least 4.5 : 1 for text and 3 : 1 for lines and marks (WCAG 2.2, 1.4.3 and 1.4.11)."""
    worst = page.evaluate(
        """() => {
          const light = ([r, g, b]) => { const f = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                                         return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
          const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
          const ground = node => { for (; node; node = node.parentElement) { const c = numbers(getComputedStyle(node).backgroundColor);
                                     if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
          const least = (selector, property) => { let worst = [99, ''];
            for (const node of document.querySelectorAll(selector)) {
              const [a, b] = [light(numbers(getComputedStyle(node)[property])), light(ground(node))].sort((x, y) => y - x);
              const ratio = (a + 0.05) / (b + 0.05);
              if (ratio < worst[0]) worst = [ratio, node.outerHTML.slice(0, 120)]; }
            return worst; };
          return [least('p, td, th, dt, dd, li, span, small, a, h1, h2, h3, strong, caption, code, summary', 'color'),
                  least('svg text', 'fill'),
                  least('svg .mark', 'fill'), least('svg .line, svg .reference', 'stroke')]; }"""
    )
    assert worst[0][0] >= 4.5, worst[0]
    assert worst[1][0] >= 4.5, worst[1]
    assert worst[2][0] >= 3, worst[2]
    assert worst[3][0] >= 3, worst[3]


def test_structure_is_announced(page: Page) -> None:
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("table").count() == page.locator("table > caption").count()
    assert page.locator("thead th:not([scope=col]), tbody th:not([scope=row])").count() == 0
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert page.locator(landmark).count() == 1
