"""Every block of docs/queries.md runs on a shop's runs and lake and finds something; and says what other means say."""

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from data.published import read_frame

PAGE = Path(__file__).resolve().parent.parent / "docs" / "queries.md"
BLOCKS = re.findall(r"```(sql|python)\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def folder(first_night, tmp_path_factory, shop_at):
    """A folder with two nights of a shop where the page has the demo's."""
    root = tmp_path_factory.mktemp("queries")
    shop = shop_at(root / "shop")
    shutil.copytree(first_night, shop.root, symlinks=True)
    shop.deliver_sales(date(2024, 6, 10), since=date(2024, 6, 10))
    shop.deliver_stock(date(2024, 6, 10), {("N1", "003"): 0.0, ("S1", "011"): 0.0})
    shop.night()
    (root / "out").mkdir()
    shutil.copytree(shop.out, root / "out" / "demo", symlinks=True)
    shutil.copytree(shop.lake, root / "out" / "demo" / "lake")
    return root, read_frame(shop.latest(), "recommendations")


def test_the_page_has_blocks_of_both_kinds():
    assert {kind for kind, _ in BLOCKS} == {"sql", "python"}
    assert len(BLOCKS) > 8


@pytest.mark.parametrize(("kind", "block"), BLOCKS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(BLOCKS)])
def test_a_block_runs_and_finds_something(folder, monkeypatch, capsys, kind, block):
    monkeypatch.chdir(folder[0])
    if kind == "sql":
        assert duckdb.sql(block).fetchall()
    else:
        exec(compile(block, "docs/queries.md", "exec"), {})
        assert "│" in capsys.readouterr().out


def test_orders_by_supplier_are_those_published(folder, monkeypatch):
    monkeypatch.chdir(folder[0])
    ordered = folder[1].filter(pl.col("order_units") > 0)
    assert duckdb.sql(BLOCKS[0][1]).fetchall() == [("Acme", ordered.height, ordered["order_units"].sum(), ordered["order_value"].sum())]
