"""Encodings told apart where nothing names them: western texts stay western, Japanese and Chinese ones are read as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sources.encodings import encoding_of

WESTERN = [
    "Café",
    "Händler für Öl",
    "Men’s 3–5 “large”",
    "año señor",
    "£5",
    "crème brûlée",
    "Größe",
    "promoções",
    "promoção",
    "São Paulo",
    "smørrebrød",
    "Ångström",
]
KANA = ["コーヒー", "カップの", "お茶", "緑茶パック", "シャツ 大"]
HANZI = ["咖啡杯", "速溶咖啡", "连衣裙", "手机壳"]


@given(words=st.lists(st.sampled_from([*WESTERN, "plain", "12,50"]), min_size=1), separator=st.sampled_from("\t,;"))
def test_western_texts_are_cp1252(words, separator):
    assert encoding_of(separator.join(words).encode("cp1252")) == "cp1252"


@given(words=st.lists(st.sampled_from(KANA), min_size=1), plain=st.lists(st.sampled_from(["sku", "A-1"])), separator=st.sampled_from("\t,"))
def test_japanese_texts_are_cp932(words, plain, separator):
    assert encoding_of(separator.join([*plain, *words]).encode("cp932")) == "cp932"


@given(
    words=st.lists(st.sampled_from(HANZI), min_size=1), plain=st.lists(st.sampled_from(["sku", "A-1"])), separator=st.sampled_from("\t,")
)
def test_chinese_texts_are_gb18030(words, plain, separator):
    assert encoding_of(separator.join([*plain, *words]).encode("gb18030")) == "gb18030"


@given(st.binary(max_size=200))
def test_any_bytes_have_an_encoding(raw):
    assert encoding_of(raw) in ("cp1252", "cp932", "gb18030")


@pytest.mark.parametrize("raw", [b"", b"plain"])
def test_what_is_ascii_is_western(raw):
    assert encoding_of(raw) == "cp1252"
