"""Puts the parts of a backtest into one self-contained page with a content policy that allows nothing but its own style."""

from pathlib import Path

import polars as pl

from flows.backtest import figures, sections
from flows.backtest.headline import cards, headline
from flows.backtest.scorebook import Scorebook
from flows.backtest.summary import BacktestSummary
from flows.report.charts import WIDTH
from flows.report.results import content_policy, results_environment, results_style
from flows.report.sections import message_groups

_HERE = Path(__file__).parent


def backtest_page(summary: BacktestSummary, scores: pl.DataFrame, value_added: pl.DataFrame) -> str:
    """Return the page of one backtest as HTML text: no scripts, nothing fetched, every text from the data escaped.

    Parameters
    ----------
    summary
        What was backtested and what it took.
    scores
        A row per target, rows, cut, member, method and measure, with `value`, its noise band `low` to `high`, and beside the method
        `against` (on the same rows): `difference` = value − that method's value, its band, and `verdict`, whether `method` is better
        or worse beyond noise, or none. `member` is null in the cut `all`.
    value_added
        A row per step and measure, in the order of the steps: the value after the step, and its `change` by the step with band and verdict.
    """
    style = results_style()
    book = Scorebook(scores)
    step_measures, steps = sections.step_rows(value_added)
    messages, kinds_left_out = message_groups(summary.plan_messages)
    main_rows = book.rows_of("period")
    return (
        results_environment(_HERE, minute=sections.minute, span=sections.span_of)
        .get_template("backtest.html.j2")
        .render(
            summary=summary,
            style=style,
            policy=content_policy(style),
            span=sections.span_of(summary.origins),
            headline=headline(book, summary),
            cards=cards(book, summary),
            methods=sections.method_table(book, "period", main_rows),
            other_methods=_tables(book, "period", but=main_rows),
            interval=_tables(book, "interval"),
            value_added=figures.value_added_figure(value_added),
            step_measures=step_measures,
            steps=steps,
            reliability=figures.reliability_figures(book),
            figures=[figures.horizon_figure(book, summary.frequency), *figures.origin_figures(book), *figures.member_figures(book)],
            cuts=[(target, table) for target in ("period", "interval") for table in sections.cut_tables(book, target)],
            windows=sections.windows(summary),
            messages=messages,
            kinds_left_out=kinds_left_out,
            facts=sections.facts(summary),
            meanings=sections.meanings(scores["measure"].unique().to_list()),
            targets=sections.TARGETS,
            width=WIDTH,
        )
    )


def _tables(book: Scorebook, target: str, *, but: str | None = None) -> list[sections.Table]:
    tables = [sections.method_table(book, target, rows) for rows in book.kinds(target) if rows != but]
    return [table for table in tables if table is not None]
