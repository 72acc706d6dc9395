"""From signs to pieces: what can be seen of a text, cut at its spaces.

All of it is one pass over at most `_TEXT_LENGTH_MAX` signs, without any search that could go back.
"""

import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

_TEXT_LENGTH_MAX = 400
_PIECES_MAX = 40
_GENITIVE_LENGTH_MIN = 3

_NOT_LETTERS: Mapping[int, str | None] = str.maketrans(
    dict.fromkeys('|_,;()[]{}<>"=~^!?\\+¿¡\u2022\u00b7\u2026@', " ")
    | dict.fromkeys("'\u2019\u2018`\u00b4\u02bc")
)
_NOT_LETTER = re.compile(f"[{re.escape(''.join(map(chr, _NOT_LETTERS)))}]")
_PLAIN_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "\u0131": "i",
    }
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def visible(text: str) -> str:
    """Give the beginning of a text, with a space for whatever cannot be seen."""
    text = text.lstrip()[:_TEXT_LENGTH_MAX]
    if not text.isascii():
        text = normalize("NFKC", text)[:_TEXT_LENGTH_MAX]
    if not text.isprintable():
        text = "".join([sign if sign.isprintable() else " " for sign in text])
    return text


def pieces_of(text: str) -> list[str]:
    """Cut at spaces, and at signs that are as good as one."""
    # Most texts have none of these, and looking for them costs less than replacing nothing.
    if ")))" in text:
        text = text.replace(")))", " contactless ")
    if _NOT_LETTER.search(text):
        text = text.translate(_NOT_LETTERS)
    if "://" in text:
        text = text.replace("://", " ")
    if "*" in text:
        text = text.replace("*", " * ")
    if "#" in text:
        text = text.replace("#", " #")
    pieces = text.split()[:_PIECES_MAX]
    return _with_genitives(pieces) if "S" in pieces or "s" in pieces else pieces


def _with_genitives(pieces: Sequence[str]) -> list[str]:
    """Join the s that lost its apostrophe to a space."""
    joined: list[str] = []
    for piece in pieces:
        before = joined[-1] if joined else ""
        if piece in {"S", "s"} and before.isalpha() and len(before) >= _GENITIVE_LENGTH_MIN:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def plain_of(piece: str) -> str:
    """Write in small letters without accents; as German banks do, with ae for ä."""
    small = piece.casefold()
    if small.isascii():
        return small
    folded = _ACCENTS.sub("", normalize("NFKD", small.translate(_PLAIN_LETTERS)))
    return normalize("NFC", folded)


def plains_of(name: str) -> list[str]:
    """Give the plain words of a merchant's name."""
    return plain_of(name).translate(_NOT_LETTERS).replace("-", " ").split()
