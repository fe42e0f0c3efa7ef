"""Texts from data on a terminal: shown, never obeyed."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from flows.terminal import VisibleConsole, visible

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066\ud800-\udfff]")


def printed(*what: object, **options: object) -> str:
    out = io.StringIO()
    VisibleConsole(file=out, width=200).print(*what, **options)
    return out.getvalue()


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_a_terminal_obeys_is_left(text):
    shown = visible(text)
    assert not OBEYED.search(shown)
    assert visible(shown) == shown
    shown.encode()


def test_what_reads_well_stays_as_it_is():
    text = "Käse 茶 [red] 5 % …\n\tline two"
    assert visible(text) == text
    assert visible("\x1b]0;owned\x07") == r"\x1b]0;owned\x07"


def test_lines_and_cells_of_tables_are_shown_harmless():
    table = Table("sku")
    table.add_row("\x1b[2Jgone")
    assert r"\x1b[2Jgone" in printed(table)
    assert "\x1b" not in printed(table, "\x9b5A", markup=False)


def test_no_name_becomes_a_picture():
    assert printed("root:x:0 :smile:") == "root:x:0 :smile:\n"


def test_a_message_about_a_file_commands_no_terminal(new_shop, capsys):
    shop = new_shop()
    shop.write("sales.csv", "date,sku,fc,units\n2024-06-01,a,N1,1\n2024-06-01,\x1b]0;owned\x07,N1,1\n")
    shop.write("items.csv", "\x1b[2Jsku\x9b,n:x:\nb,1\n")
    assert shop.call("check") == 1
    assert shop.call("report", "\x1b[2Jlatest\udc80") != 0
    assert shop.call("check", "--set", "\x1b[2J=1") == 64
    said = capsys.readouterr()
    assert r"\x1b]0;owned\x07" in said.out
    assert ":x:" in said.out
    assert r"\x1b[2J" in said.err
    assert not OBEYED.search(said.out + said.err)
