"""CloudEvents 1.0 in Kafka's three manners: binary, structured, and plain JSON without any.

We read all three and write binary. https://cloudevents.io names the attributes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.json_text import members_as_written, read_object
from schemas.refusals import Code, Refusal

Headers = Iterable[tuple[str, bytes | None]]

SPEC_VERSION = "1.0"
_PREFIX = "ce_"
_REQUIRED = ("id", "source", "type", "specversion")
_STRUCTURED = "application/cloudevents"
_CONTENT_TYPE = "content-type"
# The data's type travels as the header content-type, and ours is always JSON.
_NOT_ATTRIBUTES = {"data", "datacontenttype"}


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """Attributes by their plain names, and the data's bytes as they came."""

    attributes: dict[str, str]
    data: bytes
    members: dict[str, object] = field(compare=False, repr=False)


def unwrap(value: bytes | None, headers: Headers) -> CloudEvent | Refusal:
    """Find attributes and data, whichever manner the record is in; plain JSON has no attributes."""
    texts = _texts(headers)
    if isinstance(texts, Refusal):
        return texts
    members = read_object(value)
    if isinstance(members, Refusal):
        return members
    assert value is not None  # read_object refuses it.
    if texts.get(_CONTENT_TYPE, "").lower().startswith(_STRUCTURED):
        return _structured(value.decode(), members)
    attributes = {
        name.removeprefix(_PREFIX): text for name, text in texts.items() if name.startswith(_PREFIX)
    }
    if attributes and (missing := _missing(attributes)):
        return missing
    return CloudEvent(attributes, value, members)


def binary_headers(attributes: dict[str, str]) -> list[tuple[str, bytes]]:
    """Give the headers of binary mode, in a fixed order."""
    head = {"specversion": SPEC_VERSION, **attributes}
    return [(_CONTENT_TYPE, b"application/json")] + [
        (_PREFIX + name, text.encode()) for name, text in sorted(head.items())
    ]


def _texts(headers: Headers) -> dict[str, str] | Refusal:
    """Read the headers that concern CloudEvents; others may hold any bytes."""
    texts = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered != _CONTENT_TYPE and not lowered.startswith(_PREFIX):
            continue
        try:
            texts[lowered] = (value or b"").decode()
        except UnicodeDecodeError:
            return Refusal(Code.NOT_A_CLOUD_EVENT, "headers")
    return texts


def _structured(text: str, members: dict[str, object]) -> CloudEvent | Refusal:
    data = members.get("data")
    if not isinstance(data, dict):
        return Refusal(Code.NOT_A_CLOUD_EVENT, "data")
    attributes = {
        name: value
        for name, value in members.items()
        if isinstance(value, str) and name not in _NOT_ATTRIBUTES
    }
    if missing := _missing(attributes):
        return missing
    # As written: the journal keeps what the producer sent, not our idea of it.
    as_written = dict(members_as_written(text))["data"]
    return CloudEvent(attributes, as_written.encode(), data)


def _missing(attributes: dict[str, str]) -> Refusal | None:
    for name in _REQUIRED:
        if not attributes.get(name):
            return Refusal(Code.NOT_A_CLOUD_EVENT, name)
    if attributes["specversion"] != SPEC_VERSION:
        return Refusal(Code.NOT_A_CLOUD_EVENT, "specversion")
    return None
