"""Journal records: the event's JSON as received, with what is known about it in headers."""

import re
from functools import lru_cache

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

_TOPIC = "penstock.origin.topic"
_PARTITION = "penstock.origin.partition"
_OFFSET = "penstock.origin.offset"
_RECORDED = "penstock.origin.timestamp"
# More would lie beyond the year 2286, and what people write may lie beyond all years.
_RECORDED_DIGITS_MAX = 13
_ATTRIBUTE = re.compile(r"^[a-z0-9]{1,64}$")
_EVENTS = {event.ce_type.encode(): event for event in JOURNAL.events}


def message_of(journal: str, accepted: Accepted, origin: Origin) -> Message:
    """Write an accepted event down; murmur2 of the user decides the partition."""
    event, data, received = accepted
    assert isinstance(event, UserEvent)
    # Plain JSON comes without a name, and what has an id has a source as well.
    attributes = {} if "id" in received else _names_of(event)
    attributes |= {name: text for name, text in received.items() if _is_attribute(name)}
    attributes["type"] = event.ce_type
    headers = [*binary_headers(attributes), *_headers(origin)]
    return Message(journal, event.user_id.encode(), data, headers)


# Records name the same few attributes over and over.
@lru_cache(maxsize=1024)
def _is_attribute(name: str) -> bool:
    return _ATTRIBUTE.match(name) is not None


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
    headers = dict(record.headers)
    event_type = _EVENTS.get(headers.get("ce_type") or b"")
    if event_type is None or "ce_id" not in headers:
        unwrapped = unwrap(record.value, record.headers)
        return unwrapped if isinstance(unwrapped, Refusal) else Refusal(Code.UNKNOWN_TYPE, "type")
    try:
        event = event_type.from_json(record.value or b"")
    except ValidationError as error:
        return refusal_of(error)
    entry_id = (headers["ce_id"] or b"").decode(errors="replace")
    recorded = headers.get(_RECORDED) or b""
    is_usable = recorded.isdigit() and len(recorded) <= _RECORDED_DIGITS_MAX
    return Entry(event, entry_id, int(recorded) if is_usable else record.timestamp)


def _headers(origin: Origin) -> list[tuple[str, bytes]]:
    return [
        (_TOPIC, origin.topic.encode()),
        (_PARTITION, b"%d" % origin.partition),
        (_OFFSET, b"%d" % origin.offset),
        (_RECORDED, b"%d" % origin.timestamp_ms),
    ]
