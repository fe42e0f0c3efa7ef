"""Tells the encoding of a text that is not UTF-8: Windows western European, Japanese or simplified Chinese."""

from collections.abc import Callable
from io import BytesIO
from itertools import islice

ENOUGH = 4096
"""Lines with a byte beyond ASCII that are looked at."""

KANA_SHARE = 0.2
"""Least share of kana among what is not ASCII in a Japanese text, in which half-width ones are rare; a western one has hardly any."""

HANZI_SHARE = 0.9
"""Least share of the characters of GB 2312 among what is not ASCII in a Chinese text."""

COMMON_SHARE = 0.5
"""Least share of the common ones. Two accented letters side by side, as in Größe, look like one Chinese character, but like a rare one."""

LEAST_HANZI = 2
"""One character alone proves nothing."""


def encoding_of(raw: bytes) -> str:
    """Return `cp932` (Shift-JIS as Windows has it), `gb18030` or `cp1252`.

    Accented letters of a western text stand between plain ones, so that under a Chinese or Japanese code page they swallow
    these and come out as characters that such texts hardly use. What is neither is taken as cp1252.
    """
    telling = b"".join(islice((line for line in BytesIO(raw) if not line.isascii()), ENOUGH))
    if _share(telling, "cp932", _is_kana) >= KANA_SHARE >= _share(telling, "cp932", _is_half_width):
        return "cp932"
    chinese = _share(telling, "gb18030", _in_gb2312, LEAST_HANZI) >= HANZI_SHARE
    if chinese and _share(telling, "gb18030", _is_common) >= COMMON_SHARE:
        return "gb18030"
    return "cp1252"


def _share(raw: bytes, encoding: str, belongs: Callable[[str], bool], least: int = 1) -> float:
    """Share of the characters beyond ASCII that belong to a script; 0 where the bytes are no text of the encoding."""
    try:
        beyond = [character for character in raw.decode(encoding) if not character.isascii()]
    except UnicodeDecodeError:
        return 0.0
    return sum(map(belongs, beyond)) / len(beyond) if len(beyond) >= least else 0.0


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff"


def _is_half_width(character: str) -> bool:
    return "\uff61" <= character <= "\uff9f"


def _in_gb2312(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) > 1
    except UnicodeEncodeError:
        return False


def _is_common(character: str) -> bool:
    """Whether it is of the first level of GB 2312, in the order of their sounds, or punctuation; small accented letters come after them."""
    return _in_gb2312(character) and character.encode("gb2312")[0] < 0xD8
