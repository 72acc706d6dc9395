"""Journal records: the event's JSON as received, with what is known about it in headers."""

import re

from pydantic import ValidationError

from processors.state.entry import Entry
from schemas.cloudevents import binary_headers, unwrap
from schemas.dead_letters import Origin
from schemas.event import Event, UserEvent
from schemas.ids import deterministic_id
from schemas.reading import Accepted
from schemas.refusals import Code, Refusal, refusal_of
from schemas.topics import JOURNAL
from streams.protocols import Message, Record

_ORIGIN = "penstock.origin."
_ATTRIBUTE = re.compile(r"^[a-z0-9]{1,64}$")
_EVENTS = {event.ce_type: event for event in JOURNAL.events}


def message_of(journal: str, accepted: Accepted, origin: Origin) -> Message:
    """Write an accepted event down; murmur2 of the user decides the partition."""
    event = accepted.event
    assert isinstance(event, UserEvent)
    # Plain JSON comes without a name, and what has an id has a source as well.
    named = "id" in accepted.attributes
    attributes = {
        **({} if named else _names_of(event)),
        **{name: text for name, text in accepted.attributes.items() if _ATTRIBUTE.match(name)},
        "type": event.ce_type,
    }
    return Message(
        journal,
        event.user_id.encode(),
        accepted.data,
        [*binary_headers(attributes), *_headers(origin)],
    )


def _names_of(event: UserEvent) -> dict[str, str]:
    identity = deterministic_id(event.ce_type, event.identity())
    return {"id": identity, "source": "/penstock/intake"}


def own_message(
    journal: str, event: Event, partition: int, identity: tuple[str | int, ...], source: str
) -> Message:
    """Write down an entry of ours for all users of a partition, which it addresses explicitly."""
    attributes = {
        "id": deterministic_id(event.ce_type, identity),
        "source": source,
        "type": event.ce_type,
    }
    return Message(journal, None, event.to_json(), binary_headers(attributes), partition)


def entry_of(record: Record) -> Entry | Refusal:
    """Read a journal record; what intake wrote is valid, but people write to topics too."""
    headers = {name: value or b"" for name, value in record.headers}
    event_type = _EVENTS.get(headers.get("ce_type", b"").decode(errors="replace"))
    if event_type is None or "ce_id" not in headers:
        unwrapped = unwrap(record.value, record.headers)
        return unwrapped if isinstance(unwrapped, Refusal) else Refusal(Code.UNKNOWN_TYPE, "type")
    try:
        event = event_type.model_validate_json(record.value or b"")
    except ValidationError as error:
        return refusal_of(error)
    recorded = headers.get(_ORIGIN + "timestamp", b"")
    recorded_at_ms = int(recorded) if recorded.isdigit() else record.timestamp
    return Entry(event, headers["ce_id"].decode(errors="replace"), recorded_at_ms)


def _headers(origin: Origin) -> list[tuple[str, bytes]]:
    return [
        (_ORIGIN + "topic", origin.topic.encode()),
        (_ORIGIN + "partition", b"%d" % origin.partition),
        (_ORIGIN + "offset", b"%d" % origin.offset),
        (_ORIGIN + "timestamp", b"%d" % origin.timestamp_ms),
    ]
