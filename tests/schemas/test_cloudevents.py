import json
from datetime import datetime
from typing import Any

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent as TheirEvent
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import CloudEvent, binary_headers, unwrap
from schemas.event import UserEvent
from tests.schemas.strategies import Members, any_input_event, any_input_members

# What CloudEvents allows in an attribute: no control characters, no halves of pairs.
values = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=20)
extensions = st.dictionaries(
    st.from_regex(r"x[a-z0-9]{1,18}", fullmatch=True), values, max_size=3
) | st.fixed_dictionaries(
    {
        "partitionkey": values,
        "causationid": values,
        "recordedtime": st.just("2026-01-31T09:30:00Z"),
        "expirytime": st.just("2026-02-07T00:00:00Z"),
        "severitytext": st.sampled_from(["info", "critical"]),
    }
)
attributes = st.builds(
    lambda own, others: own | others,
    st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": values,
            "source": values,
            "type": values,
            "time": st.just("2026-01-31T09:30:00Z"),  # Their package makes one up if there is none.
        }
    ),
    extensions,
)


def theirs_of(attributes: dict[str, str], data: Members) -> TheirEvent:
    return TheirEvent(parsed(attributes), data)


def parsed(attributes: dict[str, str]) -> dict[str, Any]:
    return attributes | {"time": datetime.fromisoformat(attributes["time"])}


def unwrapped(message: kafka.KafkaMessage) -> CloudEvent:
    event = unwrap(message.value, message.headers.items())
    assert isinstance(event, CloudEvent)
    return event


@given(attributes=attributes, event=any_input_event())
def test_they_read_what_we_write(attributes: dict[str, str], event: UserEvent) -> None:
    headers = dict(binary_headers(attributes))

    theirs = kafka.from_binary_event(kafka.KafkaMessage(headers, None, event.to_json()))

    assert theirs.get_attributes() == parsed(attributes) | {"datacontenttype": "application/json"}
    assert theirs.get_data() == json.loads(event.to_json())


@given(attributes=attributes, event=any_input_event())
def test_we_read_what_we_write(attributes: dict[str, str], event: UserEvent) -> None:
    ours = unwrap(event.to_json(), binary_headers(attributes))

    assert ours == CloudEvent(attributes, event.to_json(), {})


@given(attributes=attributes, pair=any_input_members())
def test_we_read_what_they_write_in_binary_mode(
    attributes: dict[str, str], pair: tuple[type[UserEvent], Members]
) -> None:
    _, data = pair

    ours = unwrapped(kafka.to_binary_event(theirs_of(attributes, data)))

    assert ours.attributes == attributes
    assert json.loads(ours.data) == ours.members == data


@given(
    attributes=attributes, pair=any_input_members(), kind=st.sampled_from(["", "application/json"])
)
def test_we_read_what_they_write_in_structured_mode(
    attributes: dict[str, str], pair: tuple[type[UserEvent], Members], kind: str
) -> None:
    _, data = pair
    declared = {"datacontenttype": kind} if kind else {}

    ours = unwrapped(kafka.to_structured_event(theirs_of(attributes | declared, data)))

    assert ours.attributes == attributes
    assert json.loads(ours.data) == ours.members == data


def test_plain_json_is_an_event_without_attributes() -> None:
    assert unwrap(b'{"a": 1}', []) == CloudEvent({}, b'{"a": 1}', {"a": 1})


def test_headers_have_one_order() -> None:
    scrambled = {"type": "t", "id": "1", "source": "s", "causationid": "0"}

    assert binary_headers(scrambled) == [
        ("content-type", b"application/json"),
        ("ce_causationid", b"0"),
        ("ce_id", b"1"),
        ("ce_source", b"s"),
        ("ce_specversion", b"1.0"),
        ("ce_type", b"t"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.0,"b":[ 1e3 ,{"c" : "\\u00e9"}]}',
        '{ "a" : 1 ,\t"b" : 2 }',
        "{}",
        '{"data":{"data":"\\"data\\""}}',
    ],
)
def test_structured_data_keeps_its_own_spelling(text: str) -> None:
    around = '{"id":"1","data" :\n' + text + ',"source":"s","type":"t","specversion":"1.0"}'

    event = unwrap(around.encode(), [("content-type", b"application/cloudevents+json")])

    assert isinstance(event, CloudEvent)
    assert event.data.decode() == text
