"""From a record's bytes to a valid event, or to the reason why not; it never raises."""

from dataclasses import dataclass

from pydantic import ValidationError

from schemas.cloudevents import Headers, unwrap
from schemas.event import Event
from schemas.refusals import Code, Refusal, refusal_of
from schemas.topics import Topic


@dataclass(frozen=True, slots=True)
class Accepted:
    """A valid event, its JSON as received, and the CloudEvents attributes that came with it."""

    event: Event
    data: bytes
    attributes: dict[str, str]


def read(topic: Topic, value: bytes | None, headers: Headers) -> Accepted | Refusal:
    """Read one record of *topic*; without attributes, the topic's only event type is meant."""
    unwrapped = unwrap(value, headers)
    if isinstance(unwrapped, Refusal):
        return unwrapped
    by_type = {event.ce_type: event for event in topic.events}
    ce_type = unwrapped.attributes.get("type")
    if ce_type is None and len(topic.events) == 1:
        event_type = topic.events[0]
    elif ce_type in by_type:
        event_type = by_type[ce_type]
    else:
        return Refusal(Code.UNKNOWN_TYPE, "type")
    try:
        event = event_type.model_validate_json(unwrapped.data)
    except ValidationError as error:
        return refusal_of(error)
    return Accepted(event, unwrapped.data, unwrapped.attributes)
