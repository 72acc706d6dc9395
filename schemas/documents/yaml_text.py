"""Writing YAML: small, with one form for each value, so that equal documents are equal bytes."""

import json
import re
from collections.abc import Iterator

# Words and sentences that no YAML reader takes for anything else; all others are quoted.
_PLAIN = re.compile(r"[A-Za-z$_][A-Za-z0-9$_./,;()' -]*[A-Za-z0-9_.)]", re.ASCII)
_NOT_A_TEXT = {"true", "false", "null", "yes", "no", "on", "off"}


def yaml_text(value: object) -> str:
    """Write a JSON value as YAML, members in their given order.

    >>> print(yaml_text({"a": [1, {"b": "two words", "c": "# three"}], "d": []}), end="")
    "a":
      - 1
      - "b": two words
        "c": "# three"
    "d": []
    """
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _member(f"{_scalar(key)}:", item)
    elif isinstance(value, list) and value:
        for item in value:
            first, *others = _lines(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
    else:
        yield _scalar(value)


def _member(head: str, item: object) -> Iterator[str]:
    if isinstance(item, dict | list) and item:
        yield head
        yield from (f"  {line}" for line in _lines(item))
    else:
        yield f"{head} {_scalar(item)}"


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _NOT_A_TEXT:
        return value
    # JSON's quoted text, numbers, true, null, {} and [] are YAML as well.
    return json.dumps(value, ensure_ascii=False)
