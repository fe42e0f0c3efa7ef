"""The page of a backtest as text: what it claims, that its numbers are the frames', and what it says when little was judged."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from math import nan

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.backtest.figures import horizon_figure
from flows.backtest.openings import Opening
from flows.backtest.page import backtest_page
from flows.backtest.scorebook import Scorebook
from flows.backtest.summary import BacktestSummary
from flows.report.charts import WIDTH, Series, dot_chart, line_chart

HOSTILE = ("<script>alert(1)</script>", "{{ 7 * 7 }}", '" onload="alert(1)', "\u202eevil\u202c", "null\x00byte", "wide " * 200)
WAPE = pl.col("measure") == "wape_median"
WHOLE = (pl.col("target") == "period") & (pl.col("rows") == "in_stock") & (pl.col("cut") == "all")


class Page(HTMLParser):
    """Collects the words a reader sees, every tag with its attributes, and the tables as rows of cells, each a list of its lines."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[list[str]]]] = []
        self.hidden = self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.hidden = tag == "style"
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append([])
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)
        if self.in_cell and data.strip():
            self.tables[-1][-1][-1].append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\xa0", " ").split())


@pytest.fixture(scope="module")
def page(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> Page:
    """The page of the whole backtest."""
    return Page(backtest_page(summary, scores, value_added))


def changed(scores: pl.DataFrame, method: str, factor: float, verdict: str | None) -> pl.DataFrame:
    """Scores in which one rule's error of the median is another, with that verdict beside fillrate."""
    its = (pl.col("method") == method) & WAPE
    value = pl.when(its).then(pl.col("value") * factor).otherwise("value")
    own = scores.filter(WHOLE & WAPE & (pl.col("method") == "fillrate"))["value"].item()
    return scores.with_columns(
        value=value,
        difference=pl.when(its & WHOLE).then(pl.col("value") * factor - own).otherwise("difference"),
        verdict=pl.when(its).then(pl.lit(verdict, pl.String)).otherwise("verdict"),
    )


def test_says_first_how_it_stands_beside_the_best_simple_rule(page: Page) -> None:
    words = page.text
    assert "Error of the median 0.311, 9% below the best simple rule (beyond noise)." in words
    assert "The best simple rule is exponential smoothing × pooled season with 0.342." in words
    assert "Published figures: 0.326; fillrate is 5% below them (beyond noise)." in words
    assert "5 origins, 2024-05-05 to 2024-06-02" in words


@pytest.mark.parametrize(
    ("factor", "verdict", "said"),
    [
        (0.85, "better", "Error of the median 0.311, 7% above the best simple rule (beyond noise)."),
        (0.90, "none", "Error of the median 0.311, no different from the best simple rule (1% above, within noise)."),
        (0.95, "none", "Error of the median 0.311, no different from the best simple rule (4% below, within noise)."),
        (0.95, None, "Error of the median 0.311, 4% below the best simple rule (noise not known)."),
    ],
)
def test_claims_no_more_than_the_scores_say(
    factor: float, verdict: str | None, said: str, summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame
) -> None:
    assert said in Page(backtest_page(summary, changed(scores, "smoothing_pooled_season", factor, verdict), value_added)).text


def test_a_comparison_reads_the_same_from_either_side(
    page: Page, summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame
) -> None:
    """`fillrate` beside a rule says what the rule beside `fillrate` says."""
    of_rules = scores.with_columns(against=None, verdict=None, difference=None).cast(scores.schema)
    rule = scores.filter(WHOLE & WAPE & (pl.col("method") == "smoothing_pooled_season")).row(0, named=True)
    mine = WHOLE & WAPE & (pl.col("method") == "fillrate")
    turned = of_rules.with_columns(
        against=pl.when(mine).then(pl.lit("smoothing_pooled_season")).otherwise("against"),
        difference=pl.when(mine).then(-rule["difference"]).otherwise("difference"),
        verdict=pl.when(mine).then(pl.lit("better")).otherwise("verdict"),
    )
    for one in (page, Page(backtest_page(summary, turned, value_added))):
        assert "9% below the best simple rule (beyond noise)" in one.text


def test_a_rule_tried_on_a_sample_is_not_the_yardstick_but_is_told_when_it_is_better(
    summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame
) -> None:
    better = changed(scores, "statsmodels_theta", 0.8, "better")
    words = Page(backtest_page(summary, better, value_added)).text
    assert "9% below the best simple rule (beyond noise)" in words
    assert "On the 500 series it was tried on, theta (statsmodels) is better than fillrate, beyond noise." in words
    assert "on 500 series only (10%)" in words


def test_the_table_of_methods_shows_the_numbers_of_the_frame(page: Page, scores: pl.DataFrame) -> None:
    head, *rows = page.tables[0]
    titles = [" ".join(cell) for cell in head]
    assert titles[:4] == ["Method", "Error of the median", "Bias of the mean", "RMSSE"]
    measures = ["wape_median", "bias_mean", "rmsse", "pinball", "pinball_target", "crps", "coverage_p10", "coverage_p50", "coverage_p90"]
    whole = scores.filter(WHOLE & ~pl.col("method").str.starts_with("step_"))
    order = whole.filter(WAPE).sort(pl.col("method") != "fillrate", "value")["method"]
    assert len(rows) == order.len()
    for method, cells in zip(order, rows, strict=True):
        values = {row["measure"]: row for row in whole.filter(pl.col("method") == method).iter_rows(named=True)}
        for measure, cell in zip(measures, cells[1:], strict=True):
            row = values.get(measure)
            assert cell[0] == ("–" if row is None else plainly(measure, row["value"])), (method, measure)
            if row is not None and row["verdict"]:
                assert cell[-1].endswith(row["verdict"])
                assert cell[-1].startswith(f"{row['difference']:+.3f}".replace("-", "−"))


def plainly(measure: str, value: float) -> str:
    if measure.startswith("coverage"):
        return f"{value * 100:.1f}%"
    return f"{value:{'+' if measure == 'bias_mean' else ''}.3f}".replace("-", "−")


def test_every_cut_is_there_folded_away_with_all_its_members(page: Page, scores: pl.DataFrame) -> None:
    rows = [row for table in page.tables for row in table]
    for cut, name, method, value in (
        scores.filter((pl.col("target") == "period") & (pl.col("rows") == "in_stock") & WAPE & (pl.col("cut") != "all"))
        .filter(pl.col("method").is_in(["fillrate", "moving_average"]))
        .select("cut", "member", "method", "value")
        .iter_rows()
    ):
        shown = [row for row in rows if row[0] == [name] and row[1] == [method.replace("_", " ")] and row[2][0] == f"{value:.3f}"]
        assert shown, (cut, name, method)
    tables = scores.filter(pl.col("cut") != "all").select("target", "rows", "cut").unique().height
    assert sum(1 for tag, _ in page.tags if tag == "details") == tables + 2
    assert not any("open" in attributes for tag, attributes in page.tags if tag == "details")


def test_the_value_of_each_step_is_that_of_the_frame_in_its_order(page: Page) -> None:
    steps = next(table for table in page.tables if table[0][0] == ["Step"])
    assert [row[0] for row in steps[1:]] == [
        ["exponential smoothing × pooled season"],
        ["shared trees"],
        ["region trees"],
        ["members"],
        ["blend"],
    ]
    assert steps[2][1] == ["0.331", "−0.011 (−0.014 to −0.008)", "better"]
    assert steps[4][1] == ["0.326", "+0.001 (−0.002 to +0.004)", "noise"]


def test_lines_are_drawn_where_their_values_are(scores: pl.DataFrame) -> None:
    """Read every point of the drawn line back through the labels of its axis."""
    chart = horizon_figure(Scorebook(scores), "day").chart
    assert chart is not None
    ticks = sorted((float(label.words), label.y - 4) for label in chart.labels if "." in label.words)
    (low, bottom), (high, top) = ticks[0], ticks[-1]
    drawn = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", chart.traces[0].line)]
    read = [low + (bottom - y) / (bottom - top) * (high - low) for y in drawn]
    told = scores.filter(
        (pl.col("cut") == "horizon")
        & (pl.col("target") == "period")
        & (pl.col("rows") == "in_stock")
        & (pl.col("method") == "fillrate")
        & WAPE
    ).sort(pl.col("member").cast(pl.Int32))
    assert read == pytest.approx(told["value"].to_list(), abs=(high - low) / 1000)


FIGURES = st.none() | st.floats(-1e6, 1e6) | st.floats(0.2, 0.4)


@given(data=st.data(), names=st.lists(st.text(max_size=30), min_size=1, max_size=40), bands=st.booleans())
def test_nothing_is_drawn_outside_the_box(data: st.DataObject, names: list[str], bands: bool) -> None:
    values = [data.draw(st.lists(FIGURES, min_size=len(names), max_size=len(names))) for _ in range(3)]
    series = [Series("one", 0, values[0], *(values[1:] if bands else ())), Series("two", 1, values[2])]
    for chart in (
        line_chart("t", "n", "s", names=names, series=series, x_title="x", y_title="y", show=str, reference=0.0),
        dot_chart("t", "n", "s", names=names, series=series, x_title="x", show=str),
    ):
        for trace in chart.traces:
            for x, y in re.findall(r"[ML](-?[\d.e+]+) (-?[\d.e+]+)", trace.line + trace.marks):
                assert -5 <= float(x) <= WIDTH + 5
                assert -5 <= float(y) <= chart.height + 5


def test_names_from_the_data_stay_text_and_nothing_is_fetched(
    summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame, an_opening: Callable[..., Opening]
) -> None:
    regions = scores.filter(pl.col("cut") == "region")["member"].unique().sort().to_list()
    hostile = scores.with_columns(member=pl.col("member").replace(dict(zip(regions, HOSTILE, strict=True))))
    told = replace(
        summary, name=HOSTILE[0], run_id=HOSTILE[2], openings=(an_opening(window=HOSTILE[0], reason=HOSTILE[2], run_id=HOSTILE[1]),)
    )
    html = backtest_page(told, hostile, value_added.with_columns(step=pl.col("step").replace({"step_blend": HOSTILE[0]})))
    page = Page(html)
    assert {tag for tag, _ in page.tags} & {"script", "img", "iframe", "object", "embed", "form"} == set()
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name in ("src", "style")]
    links = {attributes["href"] for _, attributes in page.tags if "href" in attributes}
    anchors = {f"#{attributes['id']}" for _, attributes in page.tags if "id" in attributes}
    assert links - {"data:,"} <= anchors
    assert not re.search(r"https?:|url\(|@import", html)
    assert "<script>alert(1)</script>" in page.text
    assert "49" not in [cell for table in page.tables for row in table for cell in row[0]]
    assert "\u202e" not in html
    assert "\x00" not in html


def test_the_policy_allows_the_pages_own_style_only(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    html = backtest_page(summary, scores, value_added)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', html)
    assert style is not None
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert unescape(policy[1]).startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_the_order_of_the_scores_does_not_matter(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    shuffled = scores.sample(fraction=1.0, shuffle=True, seed=3)
    assert backtest_page(summary, shuffled, value_added) == backtest_page(summary, scores, value_added)


def test_missing_and_impossible_numbers_are_dashes(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    holes = scores.with_columns(
        value=pl.when(pl.col("member") == "Beijing").then(nan).when(pl.col("member") == "7").then(None).otherwise("value"),
        high=pl.when(pl.col("member") == "8").then(float("inf")).otherwise("high"),
        low=pl.when(pl.col("cut") == "origin").then(None).otherwise("low"),
    )
    html = backtest_page(summary, holes, value_added)
    assert not re.search(r"\b(nan|inf|None)\b", Page(html).text)
    assert not re.search(r' d="[^"]*(nan|inf|None)', html)


def test_says_that_nothing_was_judged(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    words = Page(backtest_page(replace(summary, openings=(), locked_windows={}), scores.clear(), value_added.clear())).text
    assert "Nothing was judged. No forecast met a period with known demand" in words
    assert "No quantiles were judged" in words
    assert "The steps were not judged one by one." in words
    assert "No window is locked" in words
    no_origin = Page(backtest_page(replace(summary, origins=()), scores.clear(), value_added.clear())).text
    assert "No origin leaves a whole horizon of known demand behind it" in no_origin


def test_without_quantiles_or_further_origins_the_rest_still_stands(
    summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame
) -> None:
    first = summary.origins[0].isoformat()
    few = scores.filter(
        pl.col("measure").is_in(["wape_median", "bias_mean"])
        & ((pl.col("cut") != "origin") | (pl.col("member") == first))
        & (pl.col("target") == "period")
        & (pl.col("method") == "fillrate")
    )
    words = Page(backtest_page(replace(summary, origins=[date(2024, 5, 5)], protection_interval=None), few, value_added)).text
    assert "Error of the median 0.311; no simple rule was judged beside it." in words
    assert "No quantiles were judged" in words
    assert "One origin only (2024-05-05)" in words
    assert "One origin only: the noise bands know nothing of" in words
    assert "The total over the protection interval was not judged." in words


def test_the_ledger_is_told_with_reasons_and_counts(page: Page) -> None:
    windows = next(table for table in page.tables if table[0][0] == ["Window"])
    assert [["".join(cell) for cell in row] for row in windows[1:]] == [
        ["June", "5 origins, 2024-05-05 to 2024-06-02", "locked", "3", "2", "opened it"],
        ["July", "2024-07-07", "locked", "0", "0", "did not open it"],
    ]
    ledger = next(table for table in page.tables if table[0][0] == ["Opened (UTC)"])
    assert [row[0][0] for row in ledger[1:]] == ["2024-06-22 10:22", "2024-06-21 10:22", "2024-06-20 10:22"]
    assert ledger[1][-1] == ["lead times were read as weeks"]


def test_many_regions_are_drawn_as_far_as_they_can_be_read(
    summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame
) -> None:
    one = scores.filter(pl.col("cut") == "region", pl.col("member") == "Beijing")
    many = pl.concat([one.with_columns(member=pl.lit(f"R{number}"), units=pl.lit(float(number))) for number in range(60)])
    html = backtest_page(summary, pl.concat([scores.filter(pl.col("cut") != "region"), many]), value_added)
    drawing = next(label for label in re.findall(r'role="img" aria-label="(.*?)"', html) if label.startswith("Error by region"))
    drawn = re.findall(r"(R\d+) ", drawing)
    assert drawn == [f"R{number}" for number in range(40, 60)]
    assert "The 20 with the most units of 60." in html
    assert re.search(r"\d+ more rows</p>|\d+ more rows in scores.parquet", html)
