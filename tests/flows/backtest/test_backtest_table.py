"""The scores on a terminal and through a pipe."""

import io

import polars as pl
import pytest
from rich.console import Console

from flows.backtest.table import score_table


def printed(scores: pl.DataFrame, value_added: pl.DataFrame, width: int = 100, **options: bool) -> list[str]:
    console = Console(width=width, file=io.StringIO(), **options)
    console.print(score_table(scores, value_added))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def line_of(lines: list[str], start: str) -> list[str]:
    return next(line for line in lines if line.startswith(start))[len(start) :].split()


def test_methods_stand_in_order_with_their_verdicts(scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    lines = printed(scores, value_added)
    assert lines[0] == "per period, fully in stock"
    assert lines[1].split() == ["method", "error", "bias", "pinball", "in", "p10", "in", "p90", "interval"]
    assert lines[3].startswith("fillrate ")
    whole = scores.filter(pl.col("cut") == "all", pl.col("rows") == "in_stock", pl.col("method") == "moving_average")
    period = dict(whole.filter(pl.col("target") == "period").select("measure", "value").iter_rows())
    interval = dict(whole.filter(pl.col("target") == "interval").select("measure", "value").iter_rows())
    assert line_of(lines, "moving average") == [
        f"{period['wape_median']:.3f}",
        "-",
        f"{period['bias_mean']:+.3f}",
        f"{period['pinball']:.3f}",
        "-",
        f"{period['coverage_p10'] * 100:.1f}%",
        f"{period['coverage_p90'] * 100:.1f}%",
        f"{interval['pinball']:.3f}",
        "-",
    ]
    assert line_of(lines, "past totals of the same length")[:5] == ["–"] * 5


@pytest.mark.parametrize(("verdict", "sign"), [("better", "+"), ("worse", "-"), ("none", "=")])
def test_signs_say_what_the_verdict_says(verdict: str, sign: str, scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    given = scores.with_columns(verdict=pl.when(pl.col("against").is_not_null()).then(pl.lit(verdict)))
    assert line_of(printed(given, value_added), "seasonal naive")[1] == sign


def test_fits_a_hundred_columns_and_a_pipe_gets_plain_text(scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    lines = printed(scores, value_added)
    assert max(map(len, lines)) <= 100
    assert "…" not in "".join(lines)
    assert "\x1b" not in "".join(lines)
    assert "\x1b[1m" in "".join(printed(scores, value_added, force_terminal=True))


def test_steps_follow_in_the_order_given(scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    lines = printed(scores, value_added)
    assert line_of(lines, "shared trees")[:6] == ["0.331", "−0.011", "(−0.014", "to", "−0.008)", "+"]
    assert [line for line in lines if line.startswith(("shared", "region", "members", "blend"))] == lines[-4:]


def test_names_are_not_taken_for_markup(scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    odd = scores.with_columns(method=pl.col("method").replace({"seasonal_naive": "[bold]naive[/]"}))
    assert any(line.startswith("[bold]naive[/]") for line in printed(odd, value_added))


def test_little_judged_is_little_shown(scores: pl.DataFrame, value_added: pl.DataFrame) -> None:
    assert printed(scores.clear(), value_added.clear()) == ["Nothing was judged."]
    few = scores.filter(pl.col("target") == "period", pl.col("measure") == "wape_median")
    assert printed(few, value_added.clear())[1].split() == ["method", "error"]
