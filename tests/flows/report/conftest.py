"""The report of a night in a real browser, which must not complain and must ask for nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from flows.report import ReportData, missing_libraries, render_pages
from flows.report.libraries import FOLDER

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
AXE = FOLDER / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def libraries_here() -> None:
    """Skip where the page's libraries are not installed."""
    if said := missing_libraries():
        pytest.skip(said)


@pytest.fixture(scope="module")
def browser(libraries_here: None) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: run scripts/install_browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip(f"{AXE} is not there: run make setup")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, libraries_here: None) -> Callable[..., Path]:
    """Write a night's pages; return where `report.html` is."""

    def write(night: dict[str, Any], **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("report")
        for name, page in render_pages(ReportData(**night), **options).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(page, encoding="utf-8")
        return folder / "report.html"

    return write


@pytest.fixture
def opened(browser: Browser) -> Callable[..., Any]:
    """Open a page at a width, colour scheme and locale; on leaving, no complaint and no request but the page itself."""

    @contextmanager
    def open_page(
        path: Path,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        locale: str = "en-GB",
        ready: bool = True,
        query: str = "",
    ) -> Iterator[Page]:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=locale,
            permissions=["clipboard-read", "clipboard-write"],
            accept_downloads=True,
        )
        page = context.new_page()
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: requests.append(asked.url))
        page.goto(path.as_uri() + query)
        page.wait_for_selector("html[data-ready]" if ready else "#view")
        yield page
        context.close()
        assert complaints == []
        assert [url for url in requests if not url.startswith(("file://", "data:", "blob:"))] == []

    return open_page
