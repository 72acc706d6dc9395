"""From a record's bytes to a valid event, or to the reason why not; it never raises."""

from typing import NamedTuple

from pydantic import ValidationError

from schemas.cloudevents import Headers, is_structured, missing, read_headers, unwrap
from schemas.event import Event
from schemas.json_text import VALUE_BYTES_MAX
from schemas.once_each import says_each_once
from schemas.refusals import Code, Refusal, refusal_of
from schemas.topics import Topic


class Accepted(NamedTuple):
    """A valid event, its JSON as received, and the CloudEvents attributes that came with it."""

    event: Event
    data: bytes
    attributes: dict[str, str]


def read(topic: Topic, value: bytes | None, headers: Headers) -> Accepted | Refusal:
    """Read one record of *topic*; without attributes, the topic's only event type is meant."""
    headers = list(headers)
    return read_plainly(topic, value, headers) or read_with_care(topic, value, headers)


def read_plainly(topic: Topic, value: bytes | None, headers: Headers) -> Accepted | None:
    """Accept what reading with care would accept, in a third of the time; None is unsure.

    Most records are flat, valid, and have each of their members once. What is not is worth
    a second look, which also finds the first reason for a refusal.
    """
    found = read_headers(headers)
    if not value or len(value) > VALUE_BYTES_MAX or isinstance(found, Refusal):
        return None
    content_type, attributes = found
    event_type = _event_type(topic, attributes)
    if event_type is None or is_structured(content_type) or missing(attributes):
        return None
    try:
        event = event_type.from_json(value)
    except ValidationError:
        return None
    return Accepted(event, value, attributes) if says_each_once(event, value) else None


def read_with_care(topic: Topic, value: bytes | None, headers: Headers) -> Accepted | Refusal:
    """Read one record, looking for each fault in the order of the codes."""
    unwrapped = unwrap(value, headers)
    if isinstance(unwrapped, Refusal):
        return unwrapped
    event_type = _event_type(topic, unwrapped.attributes)
    if event_type is None:
        return Refusal(Code.UNKNOWN_TYPE, "type")
    try:
        event = event_type.from_json(unwrapped.data)
    except ValidationError as error:
        return refusal_of(error)
    return Accepted(event, unwrapped.data, unwrapped.attributes)


def _event_type(topic: Topic, attributes: dict[str, str]) -> type[Event] | None:
    """Find the type that is named, or else the only one there is."""
    name = attributes.get("type")
    for event_type in topic.events:
        if event_type.ce_type == name or (name is None and len(topic.events) == 1):
            return event_type
    return None
