"""Reading JSON as strictly as money deserves: no duplicate keys, no NaN, no bottomless nesting."""

import json
import re
from collections.abc import Iterator

from schemas.refusals import Code, Refusal

VALUE_BYTES_MAX = 65_536
DEPTH_MAX = 32

_BLANK = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def read_object(value: bytes | None) -> dict[str, object] | Refusal:
    """Read one JSON object; whatever else the bytes are comes back as the reason."""
    if not value:
        return Refusal(Code.EMPTY)
    if len(value) > VALUE_BYTES_MAX:
        return Refusal(Code.TOO_LARGE)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return Refusal(Code.NOT_UTF8)
    return Refusal(Code.TOO_DEEP) if _too_deep(text) else _object_in(text)


def _object_in(text: str) -> dict[str, object] | Refusal:
    repeated = False

    def once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal repeated
        members = dict(pairs)
        repeated |= len(members) != len(pairs)
        return members

    decoder = json.JSONDecoder(object_pairs_hook=once_each, parse_constant=_refuse_constant)
    try:
        members = decoder.decode(text)
    except ValueError:
        return Refusal(Code.NOT_JSON)
    if "\\u" in text and not _encodable(members):
        return Refusal(Code.NOT_JSON)
    if repeated:
        return Refusal(Code.DUPLICATE_KEY)
    return members if isinstance(members, dict) else Refusal(Code.NOT_AN_OBJECT)


def _encodable(members: object) -> bool:
    # An escaped half of a surrogate pair is a text that nobody could write down again.
    try:
        json.dumps(members, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep(text: str) -> bool:
    # Fewer brackets than the bound is the common case, and settles it without a walk.
    if text.count("{") + text.count("[") <= DEPTH_MAX:
        return False
    depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', text):
        if bracket in "[{":
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif bracket in "]}":
            depth -= 1
    return False


def members_as_written(text: str) -> Iterator[tuple[str, str]]:
    """Yield each member of a valid object with its value's text, character for character.

    >>> list(members_as_written('{"a": 1.0, "b" :{"c":[ ]}}'))
    [('a', '1.0'), ('b', '{"c":[ ]}')]
    """
    at = _after_blank(text, _after_blank(text, 0) + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _after_blank(text, _after_blank(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield key, text[start:end]
        at = _after_blank(text, end)
        if text[at] == ",":
            at = _after_blank(text, at + 1)


def _after_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None  # The pattern also matches nothing.
    return match.end()
