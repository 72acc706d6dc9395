"""CloudEvents 1.0 in Kafka's three manners: binary, structured, and plain JSON without any.

We read all three and write binary. https://cloudevents.io names the attributes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

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
    found = read_headers(headers)
    if isinstance(found, Refusal):
        return found
    members = read_object(value)
    if isinstance(members, Refusal):
        return members
    assert value is not None  # read_object refuses it.
    content_type, attributes = found
    if is_structured(content_type):
        return _structured(value.decode(), members)
    return missing(attributes) or CloudEvent(attributes, value, members)


def read_headers(headers: Headers) -> tuple[str, dict[str, str]] | Refusal:
    """Read the content type and the attributes in binary mode; other headers may hold any bytes."""
    content_type, attributes = "", {}
    for header, value in headers:
        name = _concerning(header)
        if name is None:
            continue
        try:
            text = (value or b"").decode()
        except UnicodeDecodeError:
            return Refusal(Code.NOT_A_CLOUD_EVENT, "headers")
        if name == _CONTENT_TYPE:
            content_type = text
        else:
            attributes[name[len(_PREFIX) :]] = text
    return content_type, attributes


# Records name the same few headers over and over.
@lru_cache(maxsize=1024)
def _concerning(header: str) -> str | None:
    """Give a header's name in lower case if it concerns CloudEvents."""
    lowered = header.lower()
    return lowered if lowered == _CONTENT_TYPE or lowered.startswith(_PREFIX) else None


def is_structured(content_type: str) -> bool:
    """Say whether the attributes stand in the value, around the data."""
    return content_type.lower().startswith(_STRUCTURED)


def binary_headers(attributes: dict[str, str]) -> list[tuple[str, bytes]]:
    """Give the headers of binary mode, in a fixed order."""
    head = {"specversion": SPEC_VERSION, **attributes}
    return [
        (_CONTENT_TYPE, b"application/json"),
        *[(header, head[name].encode()) for header, name in _in_order(tuple(head))],
    ]


# Every message asks for it, and there are as many answers as kinds of message.
@lru_cache(maxsize=1024)
def _in_order(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Give each attribute's header beside its name, sorted by the name."""
    return [(_PREFIX + name, name) for name in sorted(names)]


def _structured(text: str, members: dict[str, object]) -> CloudEvent | Refusal:
    data = members.get("data")
    if not isinstance(data, dict):
        return Refusal(Code.NOT_A_CLOUD_EVENT, "data")
    attributes = {
        name: value
        for name, value in members.items()
        if isinstance(value, str) and name not in _NOT_ATTRIBUTES
    }
    if refusal := _missing(attributes):
        return refusal
    # As written: the journal keeps what the producer sent, not our idea of it.
    as_written = dict(members_as_written(text))["data"]
    return CloudEvent(attributes, as_written.encode(), data)


def missing(attributes: dict[str, str]) -> Refusal | None:
    """Name the required attribute that is not there; having none at all is plain JSON."""
    return _missing(attributes) if attributes else None


def _missing(attributes: dict[str, str]) -> Refusal | None:
    for name in _REQUIRED:
        if not attributes.get(name):
            return Refusal(Code.NOT_A_CLOUD_EVENT, name)
    if attributes["specversion"] != SPEC_VERSION:
        return Refusal(Code.NOT_A_CLOUD_EVENT, "specversion")
    return None
