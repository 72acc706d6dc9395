"""The page `docs/events.md`: every topic, event, field and refusal, for people."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from schemas.documents.attributes import ATTRIBUTES
from schemas.documents.examples import example_of
from schemas.documents.field_kinds import kind_of
from schemas.documents.json_schemas import file_of, json_schema_of
from schemas.documents.wording import dead_letter_header_names, policy_of, summary_of
from schemas.event import Event
from schemas.refusals import WHAT_TO_DO
from schemas.topics import EVENT_OF_TYPE, INPUT_EVENTS, INPUTS, TOPICS, Topic

_INTRODUCTION = """\
# Events

What flows through Penstock's topics. This page, `asyncapi.yaml` and `schemas/` are made from one
table in the code by `penstock schemas export`; `penstock schemas check` says whether they agree.

A record's value is one JSON object in UTF-8, at most 65,536 bytes. Amounts are whole numbers of
the currency's minor unit, dates are `2026-01-31`, instants carry a zone. Nothing is converted.
An optional field may be left out or, on input topics, be null. Input topics refuse no member they
do not know, but their schemas do, so that a misspelt field is found before it is sent. Readers of
our events should ignore members they do not know: new ones may come within a version.
"""

_ATTRIBUTES = """\
## CloudEvents

We write [CloudEvents](https://cloudevents.io) 1.0 in Kafka's binary mode: each attribute is a
header with the prefix `ce_`, beside `content-type: application/json`. On input topics we read
binary mode, structured mode (`content-type: application/cloudevents+json`) and plain JSON without
any attributes; with attributes, the first four are needed.
"""

_REFUSALS = """\
## Refusals

A record that cannot be used goes to the dead letters of its topic with one of these codes: the
first, in this order, that applies. Codes are stable. The sentence names the place, never a value.
"""


def events_page() -> str:
    """Write the whole page."""
    sections = [_INTRODUCTION, _topics(), _ATTRIBUTES + "\n" + _attributes()]
    sections += [_topic(topic) for topic in TOPICS if topic.events]
    sections += [_parts(), _dead_letters(), _REFUSALS + "\n" + _refusals()]
    return "\n".join(sections)


def _topics() -> str:
    rows = [
        (f"`{topic.name}`", topic.purpose, topic.written_by, topic.key, policy_of(topic))
        for topic in TOPICS
    ]
    return "## Topics\n\n" + _table(("topic", "purpose", "written by", "key", "policy"), rows)


def _attributes() -> str:
    rows = [
        (f"`{attribute.header}`", "yes" if attribute.always else "", attribute.description)
        for attribute in ATTRIBUTES
    ]
    return _table(("header", "always", "meaning"), rows)


def _topic(topic: Topic) -> str:
    head = (
        f"## {topic.name}\n\n{topic.purpose}\n\nWritten by {topic.written_by}; "
        f"key: {topic.key}; policy: {policy_of(topic)}.\n"
    )
    elsewhere = [event for event in topic.events if topic not in INPUTS and event in INPUT_EVENTS]
    if elsewhere:
        links = ", ".join(_link(event.__name__) for event in elsewhere)
        head += f"\nIt holds {links} as received, and:\n"
    own = [event for event in topic.events if event not in elsewhere]
    return "\n".join([head, *(_event(event, own[0]) for event in own)])


def _event(event: type[Event], first: type[Event]) -> str:
    example = json.dumps(example_of(event), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"### {event.__name__}\n",
            f"{summary_of(event)}\n",
            f"`{event.ce_type}`, [JSON Schema]({file_of(event)})\n",
            _fields_like(event, first),
            f"```json\n{example}\n```\n",
        ]
    )


def _fields_like(event: type[Event], first: type[Event]) -> str:
    fields = json_schema_of(event)["properties"]
    if event is not first and fields.keys() == json_schema_of(first)["properties"].keys():
        # The events of one life cycle differ in nothing else.
        return f"Fields as in {_link(first.__name__)}, with status {kind_of(fields['status'])}.\n"
    return _fields(json_schema_of(event))


def _fields(schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = []
    for name, field in schema["properties"].items():
        text = field.get("description", "")
        if name not in required and field.get("default") is not None:
            text = f"{text} Default `{json.dumps(field['default'])}`.".lstrip()
        rows.append((f"`{name}`", kind_of(field), "yes" if name in required else "", text))
    return _table(("field", "type", "required", "meaning"), rows)


def _parts() -> str:
    parts: dict[str, Mapping[str, Any]] = {}
    for event in EVENT_OF_TYPE.values():
        for name, part in json_schema_of(event).get("$defs", {}).items():
            assert parts.setdefault(name, part) == part, f"two parts are called {name}"
    return "\n".join(
        [
            "## Parts\n\nObjects that fields hold.\n",
            *(
                f"### {name}\n\n{part['description'].partition(chr(10))[0]}\n\n{_fields(part)}"
                for name, part in sorted(parts.items())
            ),
        ]
    )


def _dead_letters() -> str:
    names = "\n".join(f"- `{name}`" for name in dead_letter_header_names())
    return (
        "## Dead letters\n\nKey, value and headers are as received; these headers are added. "
        "A record's topic, partition, offset and timestamp are those it came from.\n\n"
        f"{names}\n"
    )


def _refusals() -> str:
    rows = [(f"`{code}`", what_to_do) for code, what_to_do in WHAT_TO_DO.items()]
    return _table(("code", "what to do"), rows)


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"{line}\n" for line in _table_lines(head, rows))


def _table_lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        cells = (cell.replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
