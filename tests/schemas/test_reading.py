import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cloudevents import binary_headers
from schemas.dead_letters import Origin, dead_letter_headers
from schemas.event import UserEvent
from schemas.json_text import VALUE_BYTES_MAX
from schemas.reading import Accepted, read
from schemas.refusals import Code, Refusal
from schemas.topics import FEEDBACK, INPUTS, JOURNAL, SETTINGS, TOPIC_OF, TRANSACTIONS, Topic
from tests.schemas.strategies import (
    Members,
    any_input_members,
    as_sent,
    ids,
    json_values,
    mangled_bytes,
    names,
)

TRANSACTION: Members = {
    "transaction_id": "t1",
    "user_id": "u1",
    "account_id": "a1",
    "amount_minor": -1250,
    "currency": "EUR",
    "booked_on": "2026-01-31",
    "description": "CORNER SHOP",
    "status": "posted",
}
ATTRIBUTES = {"id": "1", "source": "/bank", "type": "penstock.transaction.imported.v1"}
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
LATER_CODES = {
    Code.TOO_LATE,
    Code.UNKNOWN_TRANSACTION,
    Code.UNKNOWN_CATEGORY,
    Code.PROVIDER_PAUSED,
    Code.FOLD_FAILED,
}

headers = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "ce_id", "CE_Type", "ce_source", "ce_specversion", "ce_"])
        | st.text(max_size=8),
        st.none()
        | st.binary(max_size=8)
        | st.sampled_from([b"1.0", b"application/cloudevents+json", ATTRIBUTES["type"].encode()]),
    ),
    max_size=6,
)


def sent(**changes: Any) -> bytes:
    return json.dumps(TRANSACTION | changes).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in TRANSACTION.items() if key != name}).encode()


def with_text(member: str) -> bytes:
    """Add a member as it would be typed, whether it is JSON or not."""
    return sent()[:-1] + b", " + member.encode() + b"}"


def structured(**changes: Any) -> bytes:
    return json.dumps({"specversion": "1.0", **ATTRIBUTES, "data": TRANSACTION} | changes).encode()


def code_of(topic: Topic, value: bytes | None, headers: Any = ()) -> Code | None:
    result = read(topic, value, headers)
    return result.code if isinstance(result, Refusal) else None


@given(
    topic=st.sampled_from([*INPUTS, JOURNAL]),
    value=st.none() | mangled_bytes() | st.binary(max_size=200),
    headers=headers,
)
@settings(max_examples=500)
def test_nothing_that_is_sent_can_raise(
    topic: Topic, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    result = read(topic, value, headers)

    # What comes after reading takes either result, too.
    if isinstance(result, Refusal):
        assert dead_letter_headers(result, Origin(topic.name, 0, 0, 0), "intake", headers)
    else:
        assert binary_headers(result.attributes)


@given(pair=any_input_members(), attributes=st.sampled_from([{}, {"id": "1", "source": "/s"}]))
def test_what_is_accepted_comes_back_as_it_was_sent(
    pair: tuple[type[UserEvent], Members], attributes: dict[str, str]
) -> None:
    event, members = pair
    value = as_sent(members)
    headers = binary_headers(attributes | {"type": event.ce_type}) if attributes else []

    result = read(TOPIC_OF[event], value, headers)

    assert isinstance(result, Accepted)
    assert type(result.event) is event
    assert result.data == value


@given(
    pair=any_input_members(),
    blank=st.sampled_from(["", " ", "\n\t", " \r\n "]),
    others=st.lists(names, max_size=2),
    indent=st.sampled_from([None, 1]),
    write=st.sampled_from([json.dumps, partial(json.dumps, ensure_ascii=False)]),
)
def test_a_structured_event_is_unwrapped_character_for_character(
    pair: tuple[type[UserEvent], Members],
    blank: str,
    others: list[str],
    indent: int | None,
    write: Callable[..., str],
) -> None:
    event, members = pair
    data = write(members, indent=indent)
    around = {"specversion": "1.0", "id": "1", "source": "/s", "type": event.ce_type}
    around |= {f"x{number}": text for number, text in enumerate(others)}
    texts = [f"{json.dumps(name)}:{blank}{json.dumps(text)}" for name, text in around.items()]
    texts.insert(len(others), f'"data"{blank}:{blank}{data}')
    value = f"{blank}{{{blank}{f'{blank},{blank}'.join(texts)}{blank}}}{blank}".encode()

    result = read(TOPIC_OF[event], value, STRUCTURED)

    assert isinstance(result, Accepted)
    assert result.data == data.encode()
    assert result.attributes == around


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, Code.EMPTY),
        (b"", Code.EMPTY),
        (sent(description="x" * 10_000_000), Code.TOO_LARGE),
        (b" " * (VALUE_BYTES_MAX + 1), Code.TOO_LARGE),
        (b'{"description": "\xff"}', Code.NOT_UTF8),
        (b"\xed\xa0\x80", Code.NOT_UTF8),
        (b"\xef\xbb\xbf" + sent(), Code.NOT_JSON),
        (with_text('"x": ' + "[" * 32 + "]" * 32), Code.TOO_DEEP),
        (b"[" * 60_000, Code.TOO_DEEP),
        (b'{"a":' * 10_000, Code.TOO_DEEP),
        (b"{", Code.NOT_JSON),
        (b" ", Code.NOT_JSON),
        (sent() + b"{}", Code.NOT_JSON),
        (with_text('"x": NaN'), Code.NOT_JSON),
        (with_text('"x": -Infinity'), Code.NOT_JSON),
        (with_text('"x": 01'), Code.NOT_JSON),
        (with_text('"x": ' + "1" * 5_000), Code.NOT_JSON),
        (with_text('"x": "a\nb"'), Code.NOT_JSON),
        (sent(description="\ud800"), Code.NOT_JSON),
        (with_text('"\\udfff": 1'), Code.NOT_JSON),
        (with_text('"user_id": "u1"'), Code.DUPLICATE_KEY),
        (with_text('"\\u0075ser_id": "u2"'), Code.DUPLICATE_KEY),
        (with_text('"x": [{"a": 1, "a": 1}]'), Code.DUPLICATE_KEY),
        (b"[]", Code.NOT_AN_OBJECT),
        (b'"text"', Code.NOT_AN_OBJECT),
        (b"null", Code.NOT_AN_OBJECT),
        (b"12", Code.NOT_AN_OBJECT),
        (without("user_id"), Code.MISSING_FIELD),
        (without("status"), Code.MISSING_FIELD),
        (sent(amount_minor=1.0), Code.FLOAT_AMOUNT),
        (sent().replace(b"-1250", b"1e3"), Code.FLOAT_AMOUNT),
        (sent(balance_after_minor=0.5), Code.FLOAT_AMOUNT),
        (sent(amount_minor=10**13 + 1), Code.AMOUNT_OUT_OF_RANGE),
        (sent(amount_minor=-(2**70)), Code.AMOUNT_OUT_OF_RANGE),
        (sent(currency="XXX"), Code.UNKNOWN_CURRENCY),
        (sent(currency="eur"), Code.UNKNOWN_CURRENCY),
        (sent(currency=""), Code.UNKNOWN_CURRENCY),
        (sent(booked_on="1969-12-31"), Code.DATE_OUT_OF_RANGE),
        (sent(booked_on="2101-01-01"), Code.DATE_OUT_OF_RANGE),
        (sent(occurred_at="0001-01-01T00:00:00+14:00"), Code.DATE_OUT_OF_RANGE),
        (sent(booked_on="2026-02-30"), Code.NOT_A_DATE),
        (sent(booked_on="2026-01-31T00:00:00"), Code.NOT_A_DATE),
        (sent(booked_on="1769817600"), Code.NOT_A_DATE),
        (sent(booked_on=20_484), Code.NOT_A_DATE),
        (sent(occurred_at="2026-01-31T09:30:00"), Code.NOT_AN_INSTANT),
        (sent(occurred_at="2026-01-31"), Code.NOT_AN_INSTANT),
        (sent(occurred_at="1769817600"), Code.NOT_AN_INSTANT),
        (sent(occurred_at="-1769817600"), Code.NOT_AN_INSTANT),
        (sent(occurred_at=1_769_817_600), Code.NOT_AN_INSTANT),
        (sent(occurred_at="2026-01-31T25:00:00Z"), Code.NOT_AN_INSTANT),
        (sent(description="x" * 10_001), Code.TOO_LONG),
        (sent(user_id="u" * 129), Code.TOO_LONG),
        (sent(amount_minor="-1250"), Code.WRONG_TYPE),
        (sent(amount_minor=True), Code.WRONG_TYPE),
        (sent(amount_minor=None), Code.WRONG_TYPE),
        (sent(description=5), Code.WRONG_TYPE),
        (sent(backfill="true"), Code.WRONG_TYPE),
        (sent(revision=1.0), Code.WRONG_TYPE),
        (sent(status="done"), Code.UNKNOWN_VALUE),
        (sent(status=""), Code.UNKNOWN_VALUE),
        (sent(user_id=""), Code.UNKNOWN_VALUE),
        (sent(user_id="a b"), Code.UNKNOWN_VALUE),
        (sent(user_id="a\n"), Code.UNKNOWN_VALUE),
        (sent(mcc="541"), Code.UNKNOWN_VALUE),
        (sent(revision=-1), Code.UNKNOWN_VALUE),
        (sent(), None),
        (sent(unknown={"deep": [1, 2.5]}, occurred_at=None), None),
    ],
    ids=lambda value: repr(value)[-40:] if isinstance(value, bytes) else str(value),
)
def test_plain_json_is_refused_by_name(value: bytes | None, code: Code | None) -> None:
    assert code_of(TRANSACTIONS, value) == code


def changed(**preferences: Any) -> bytes:
    members = {"change_id": "c", "user_id": "u", "revision": 1, "preferences": preferences}
    return json.dumps(members).encode()


def feedback(**about: Any) -> bytes:
    members = {"feedback_id": "f", "user_id": "u", "revision": 1, "about": about}
    return json.dumps(members).encode()


GOAL = {"goal_id": "g", "kind": "savings_rate", "currency": "EUR"}
FILED = {"kind": "category", "verdict": "set", "account_id": "a", "transaction_id": "t"}


@pytest.mark.parametrize(
    ("topic", "value", "code", "where"),
    [
        (FEEDBACK, feedback(), Code.MISSING_FIELD, "about"),
        (FEEDBACK, feedback(kind="weather"), Code.UNKNOWN_VALUE, "about"),
        (FEEDBACK, feedback(kind="fraud"), Code.MISSING_FIELD, "about.fraud.verdict"),
        (FEEDBACK, feedback(**FILED), Code.INCONSISTENT, "about.category"),
        (SETTINGS, changed(goals=[GOAL]), Code.INCONSISTENT, "preferences.goals.0"),
        (SETTINGS, changed(goals=[{}] * 51), Code.MISSING_FIELD, "preferences.goals.0.goal_id"),
        (SETTINGS, changed(time_zone="Mars/Olympus"), Code.UNKNOWN_VALUE, "preferences.time_zone"),
        (
            SETTINGS,
            changed(quiet_hours={"start": "22:30", "end": "25:00"}),
            Code.UNKNOWN_VALUE,
            "preferences.quiet_hours.end",
        ),
        (
            SETTINGS,
            changed(quiet_hours={"start": "12345", "end": "07:00"}),
            Code.UNKNOWN_VALUE,
            "preferences.quiet_hours.start",
        ),
        (
            SETTINGS,
            changed(alert_rules=[{"rule_id": "r", "parameters": {"my landlord": "no"}}]),
            Code.WRONG_TYPE,
            "preferences.alert_rules.0.parameters.*",
        ),
    ],
)
def test_a_refusal_names_the_place(topic: Topic, value: bytes, code: Code, where: str) -> None:
    refusal = read(topic, value, [])

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.where) == (code, where)


@pytest.mark.parametrize(
    ("headers", "value", "code"),
    [
        ([("ce_id", b"1")], sent(), Code.NOT_A_CLOUD_EVENT),
        ([("ce_id", b"\xff")], sent(), Code.NOT_A_CLOUD_EVENT),
        (binary_headers(ATTRIBUTES | {"id": ""}), sent(), Code.NOT_A_CLOUD_EVENT),
        (binary_headers(ATTRIBUTES | {"specversion": "0.3"}), sent(), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, sent(), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, structured(id=None), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, structured(specversion=1.0), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, structured(data="text"), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, structured(data=None, data_base64="e30="), Code.NOT_A_CLOUD_EVENT),
        (STRUCTURED, structured(source="\udc00"), Code.NOT_JSON),
        (binary_headers(ATTRIBUTES | {"type": "com.example"}), sent(), Code.UNKNOWN_TYPE),
        (STRUCTURED, structured(type="penstock.account.updated.v1"), Code.UNKNOWN_TYPE),
        (binary_headers(ATTRIBUTES), sent(), None),
        (STRUCTURED, structured(), None),
        ([("Content-Type", b"APPLICATION/CloudEvents+json")], structured(), None),
        ([("CE_ID", b"1"), ("trace", b"\xff")], sent(), Code.NOT_A_CLOUD_EVENT),
        ([("trace", b"\xff"), ("content-type", None)], sent(), None),
    ],
)
def test_cloud_events_are_refused_by_name(
    headers: list[tuple[str, bytes | None]], value: bytes, code: Code | None
) -> None:
    assert code_of(TRANSACTIONS, value, headers) == code


def test_a_topic_of_many_types_needs_to_be_told_which() -> None:
    assert code_of(JOURNAL, sent()) == Code.UNKNOWN_TYPE
    assert code_of(JOURNAL, sent(), binary_headers(ATTRIBUTES)) is None


# Each line has the fault of its own code and those of all the lines below it.
DESCENDING: list[tuple[Code, bytes, list[tuple[str, bytes | None]]]] = [
    (Code.TOO_LARGE, b"\xff[[{{1" + b"[" * VALUE_BYTES_MAX, []),
    (Code.NOT_UTF8, b"\xff" + b"[" * 40, []),
    (Code.TOO_DEEP, b'[{"a":1,"a":2}' + b"[" * 40, []),
    (Code.NOT_JSON, b'[{"a":1,"a":2}', [("ce_id", b"1")]),
    (Code.DUPLICATE_KEY, b'[{"a":1,"a":2}]', [("ce_id", b"1")]),
    (Code.NOT_AN_OBJECT, b"[]", [("ce_id", b"1")]),
    (Code.NOT_A_CLOUD_EVENT, b"{}", [("ce_id", b"1"), ("ce_type", b"com.example")]),
    (Code.UNKNOWN_TYPE, b"{}", [*binary_headers(ATTRIBUTES | {"type": "com.example"})]),
]
FAULTS: list[tuple[Code, Members]] = [
    (Code.FLOAT_AMOUNT, {"amount_minor": 12.5}),
    (Code.AMOUNT_OUT_OF_RANGE, {"balance_after_minor": 2**60}),
    (Code.UNKNOWN_CURRENCY, {"currency": "XXX"}),
    (Code.DATE_OUT_OF_RANGE, {"booked_on": "1900-01-01"}),
    (Code.NOT_AN_INSTANT, {"occurred_at": "noon"}),
    (Code.TOO_LONG, {"merchant_name": "x" * 201}),
    (Code.WRONG_TYPE, {"description": 1}),
    (Code.UNKNOWN_VALUE, {"status": "done"}),
]


@pytest.mark.parametrize(("code", "value", "headers"), DESCENDING)
def test_the_first_reason_is_given_while_the_text_is_read(
    code: Code, value: bytes, headers: list[tuple[str, bytes | None]]
) -> None:
    assert code_of(TRANSACTIONS, value, headers) == code


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=lambda first: FAULTS[first][0])
def test_the_first_reason_is_given_for_fields(first: int) -> None:
    faulty = dict(TRANSACTION)
    for _, fault in reversed(FAULTS[first:]):
        faulty |= fault

    assert code_of(TRANSACTIONS, as_sent(faulty)) == FAULTS[first][0]
    del faulty["user_id"]
    assert code_of(TRANSACTIONS, as_sent(faulty)) == Code.MISSING_FIELD


def test_every_code_that_reading_can_give_was_given_above() -> None:
    tables = [
        test_plain_json_is_refused_by_name,
        test_a_refusal_names_the_place,
        test_cloud_events_are_refused_by_name,
    ]
    shown = {
        cell
        for table in tables
        for row in table.pytestmark[0].args[1]  # type: ignore[attr-defined]  # Set by the mark.
        for cell in row
        if isinstance(cell, Code)
    }

    assert shown == set(Code) - LATER_CODES


MARKER = "Zq7secret"


def marked(value: Any) -> Any:
    """Put the marker into every text and key of a JSON value."""
    if isinstance(value, str):
        return MARKER + value
    if isinstance(value, list):
        return [marked(item) for item in value]
    if isinstance(value, dict):
        return {MARKER + key: marked(item) for key, item in value.items()}
    return value


@given(data=st.data(), pair=any_input_members(), value=json_values.map(marked), header=ids)
def test_a_refusal_never_repeats_what_was_sent(
    data: st.DataObject, pair: tuple[type[UserEvent], Members], value: Any, header: str
) -> None:
    event, members = pair
    spoilt = json.loads(json.dumps(members))
    holder: Any = {"event": spoilt}
    key: Any = "event"
    # Walk down to any place in the event, and put the marked value there.
    while isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans()):
        holder = holder[key]
        key = data.draw(
            st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        )
    holder[key] = value
    headers = [(f"ce_{MARKER}{header}", MARKER.encode() + b"\xff")]

    for result in (
        read(TOPIC_OF[event], json.dumps(spoilt).encode(), []),
        read(TOPIC_OF[event], as_sent(members), headers),
    ):
        if isinstance(result, Refusal):
            assert MARKER.lower() not in result.sentence.lower()


@pytest.mark.parametrize("code", Code)
def test_every_code_says_what_to_do_in_one_line(code: Code) -> None:
    sentence = Refusal(code, "amount_minor").sentence

    assert sentence.startswith("amount_minor: ")
    assert "\n" not in sentence
