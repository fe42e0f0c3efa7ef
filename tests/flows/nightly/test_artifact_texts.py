"""What a Prefect server shows of a night: names from data are text there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.markdown import Markdown

from flows.nightly_artifacts import plain_markdown


@pytest.mark.parametrize(
    "hostile",
    ["[x](javascript:alert(1))", "![x](http://a/b)", "<script>alert(1)</script>", "# head", "a\n\n# b", "`x`", "*b*", "http://a.b", "1. x"],
)
def test_no_name_becomes_markup(hostile):
    tokens = Markdown(plain_markdown(hostile)).parsed
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inline = tokens[1].children or []
    assert {token.type for token in inline} <= {"text", "text_special"}
    assert "".join(token.content for token in inline) == " ".join(hostile.split())


@given(st.text())
def test_any_text_is_one_line(words):
    assert "\n" not in plain_markdown(words)
