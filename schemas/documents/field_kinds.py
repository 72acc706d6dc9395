"""What a field holds, in a few words, from its JSON Schema."""

from collections.abc import Mapping
from typing import Any

_FORMATS = {"date": "date", "date-time": "instant"}


def kind_of(field: Mapping[str, Any]) -> str:
    """Say what the field holds; null is left to the column that says what is required.

    >>> kind_of({"type": "integer", "minimum": 0, "maximum": 100})
    'integer, 0 to 100'
    >>> kind_of({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]})
    'date'
    """
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if alternatives := field.get("anyOf", field.get("oneOf")):
        return " or ".join(kind_of(one) for one in alternatives if one.get("type") != "null")
    if values := field.get("enum", [field["const"]] if "const" in field else None):
        return " or ".join(f"`{value}`" for value in values)
    return _DESCRIBED[field["type"]](field)


def _text(field: Mapping[str, Any]) -> str:
    words = [_FORMATS.get(field.get("format", ""), "text")]
    if "maxLength" in field:
        words.append(f"{field.get('minLength', 0)} to {field['maxLength']:,} characters")
    if "pattern" in field:
        words.append(f"like `{field['pattern']}`")
    return ", ".join(words)


def _number(field: Mapping[str, Any]) -> str:
    low = field.get("minimum")
    high = field.get("maximum", field.get("exclusiveMaximum"))
    if "exclusiveMinimum" in field:
        return f"{field['type']} above {field['exclusiveMinimum']:,}, up to {high:,}"
    if low is None or high is None:
        return field["type"] if low is None else f"{field['type']}, at least {low:,}"
    return f"{field['type']}, {low:,} {'to' if 'maximum' in field else 'to below'} {high:,}"


def _list(field: Mapping[str, Any]) -> str:
    count = f", at most {field['maxItems']}" if "maxItems" in field else ""
    return f"list of {kind_of(field['items'])}{count}"


def _map(field: Mapping[str, Any]) -> str:
    # Pydantic says the same in two ways, by whether the keys have a pattern.
    values = field.get("patternProperties", {"": field.get("additionalProperties")})
    return " or ".join(f"map of {kind_of(value)}" for value in values.values())


def _boolean(_: Mapping[str, Any]) -> str:
    return "boolean"


_DESCRIBED = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "array": _list,
    "object": _map,
}
