"""A record that is accepted at first sight is one that reading with care accepts, and the same."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cloudevents import binary_headers
from schemas.event import UserEvent
from schemas.reading import Accepted, read, read_plainly, read_with_care
from schemas.topics import ACCOUNTS, INPUTS, TOPIC_OF, TRANSACTIONS, Topic
from schemas.transactions import TransactionImported
from tests.schemas.strategies import (
    Members,
    any_input_members,
    as_sent,
    mangled_bytes,
    transactions_imported,
)

PLAIN = (
    b'{"transaction_id":"t1","user_id":"u1","account_id":"a1","amount_minor":-1250,'
    b'"currency":"EUR","booked_on":"2026-01-31","description":"CORNER SHOP","status":"posted"}'
)
headers = st.sampled_from(
    [
        [],
        [("trace", b"\xff")],
        binary_headers({"id": "1", "source": "/s", "type": TransactionImported.ce_type}),
        [("content-type", b"application/cloudevents+json")],
        [("ce_id", b"1")],
        [("CE_Id", None)],
    ]
)
# What may stand between a member's name and the next: blanks, and texts that look like syntax.
blanks = st.sampled_from(["", " ", "\n\t"])
values = st.sampled_from(
    [
        *("null", "true", "false", "0", "1", "1.0", "NaN", '""', '"x"', '"null"', '"a\\u0022b"'),
        *('"\\ud800"', '"\\udfffx"', '"\\ud83d\\ude00"', '"\\\\"', '"\\/"'),
        *('"\\":\\""', '":"', '","', '"EUR"', '"2026-01-31"', '"pending"', "[]", '{"a":1,"a":2}'),
    ]
)
names = st.sampled_from([*TransactionImported.model_fields, "", "unknown", "\\u0075ser_id"])


@st.composite
def members_as_typed(draw: st.DrawFn) -> bytes:
    """A valid transaction, and among its members others that somebody typed, or typed again."""
    typed = [(name, json.dumps(value)) for name, value in json.loads(PLAIN).items()]
    for pair in draw(st.lists(st.tuples(names, values), max_size=3)):
        typed.insert(draw(st.integers(0, len(typed))), pair)
    typed += draw(st.lists(st.sampled_from(typed), max_size=1))
    blank = draw(blanks)
    texts = [f'"{name}"{blank}:{blank}{value}' for name, value in typed]
    return ("{" + ",".join(texts) + "}").encode()


@given(
    topic=st.sampled_from(INPUTS),
    value=st.none() | mangled_bytes() | members_as_typed() | st.binary(max_size=200),
    headers=headers,
)
@settings(max_examples=1_000)
def test_first_sight_never_accepts_what_a_careful_look_would_not(
    topic: Topic, value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    plainly = read_plainly(topic, value, headers)

    assert plainly in (None, read_with_care(topic, value, headers))


@given(value=members_as_typed())
@settings(max_examples=1_000)
def test_whatever_is_typed_into_a_transaction_is_judged_the_same(value: bytes) -> None:
    assert read(TRANSACTIONS, value, []) == read_with_care(TRANSACTIONS, value, [])


@given(pair=any_input_members())
def test_what_is_valid_is_accepted_either_way(pair: tuple[type[UserEvent], Members]) -> None:
    event, members = pair

    assert isinstance(read(TOPIC_OF[event], as_sent(members), []), Accepted)


@given(event=transactions_imported())
def test_a_transaction_is_accepted_at_first_sight_unless_a_text_quotes(
    event: TransactionImported,
) -> None:
    value = event.to_json()
    quotes = any('"' in text for text in json.loads(value).values() if isinstance(text, str))

    assert (read_plainly(TRANSACTIONS, value, []) is None) == quotes


def test_nulls_are_no_reason_for_a_second_look() -> None:
    value = PLAIN[:-1] + b',"city":null,"mcc":null,"merchant_name":"null"}'

    assert read_plainly(TRANSACTIONS, value, []) is not None


def test_an_account_is_accepted_at_first_sight() -> None:
    value = (
        b'{"account_id":"a1","user_id":"u1","type":"checking","currency":"EUR","revision":1,'
        b'"balance_minor":5,"as_of":"2026-01-31T09:30:00Z","complete_until":"2026-01-31"}'
    )

    assert read_plainly(ACCOUNTS, value, []) is not None


@pytest.mark.parametrize(
    "more",
    [
        b'"user_id":"u1"',
        b'"user_id" :"u1"',
        b'"backfill":true,"backfill":true',
        b'"city":null,"backfill":true,"backfill":true',
        b'"city":null,"city":"Lisbon"',
        b'"\\u0075ser_id":"u2"',
        b'"x":[{"a":1,"a":1}]',
        b'"":1',
        b'"x":NaN',
    ],
)
def test_what_is_there_twice_or_unknown_gets_a_second_look(more: bytes) -> None:
    assert read_plainly(TRANSACTIONS, PLAIN[:-1] + b"," + more + b"}", []) is None
