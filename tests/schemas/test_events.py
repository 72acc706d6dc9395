import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.documents.examples import example_of
from schemas.event import Event, UserEvent
from schemas.ids import deterministic_id
from schemas.topics import EVENT_OF_TYPE, TOPICS
from tests.schemas.strategies import (
    Members,
    any_input_event,
    any_input_members,
    as_sent,
    texts,
    transactions_imported,
)

harmless = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)

every_event = pytest.mark.parametrize("event", EVENT_OF_TYPE.values(), ids=lambda e: e.__name__)


def example(event: type[Event]) -> Event:
    return event.model_validate_json(json.dumps(example_of(event)))


@given(event=any_input_event())
def test_an_event_survives_the_wire(event: UserEvent) -> None:
    received = type(event).model_validate_json(event.to_json())

    assert received == event
    assert received.to_json() == event.to_json()


@every_event
def test_every_example_survives_the_wire(event: type[Event]) -> None:
    assert json.loads(example(event).to_json()) == example_of(event)


@given(pair=any_input_members())
def test_what_was_sent_is_what_is_read(pair: tuple[type[UserEvent], Members]) -> None:
    event, members = pair
    read = event.model_validate_json(as_sent(members))

    for name in ("amount_minor", "currency", "booked_on", "description", "revision", "status"):
        if members.get(name) is not None:
            assert json.loads(read.to_json())[name] == members[name]


@given(pair=any_input_members(), name=texts, value=harmless)
def test_unknown_members_are_ignored(
    pair: tuple[type[UserEvent], Members], name: str, value: object
) -> None:
    event, members = pair
    wider = {f"?{name}": value, **members}

    assert event.model_validate_json(as_sent(wider)) == event.model_validate_json(as_sent(members))


@every_event
def test_events_are_frozen(event: type[Event]) -> None:
    one = example(event)

    for name in event.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(one, name, getattr(one, name))


@every_event
def test_absent_fields_do_not_travel(event: type[Event]) -> None:
    assert b"null" not in example(event).to_json()


@given(pair=any_input_members())
def test_a_repeat_has_the_same_identity(pair: tuple[type[UserEvent], Members]) -> None:
    event, members = pair
    first = event.model_validate_json(as_sent(members))
    # Sent again by another program: fields in another order, nulls left out.
    again = {name: value for name, value in reversed(members.items()) if value is not None}
    repeat = event.model_validate_json(json.dumps(again, indent=1))

    assert repeat.identity() == first.identity()
    assert repeat.identity()[0] == first.user_id


@given(one=transactions_imported(), other=transactions_imported())
def test_other_transactions_have_other_identities(one: UserEvent, other: UserEvent) -> None:
    names = ("user_id", "account_id", "transaction_id", "status", "revision")
    same = all(getattr(one, name) == getattr(other, name) for name in names)
    ids = [deterministic_id("transaction", event.identity()) for event in (one, other)]

    assert (ids[0] == ids[1]) == same


@pytest.mark.parametrize(
    "event",
    [event for event in EVENT_OF_TYPE.values() if issubclass(event, UserEvent)],
    ids=lambda e: e.__name__,
)
def test_every_event_of_a_user_names_itself(event: type[UserEvent]) -> None:
    one = example(event)

    assert isinstance(one, UserEvent)
    assert one.identity()[0] == one.user_id == "user-17"


def test_every_type_has_one_name() -> None:
    events = {event for topic in TOPICS for event in topic.events}

    assert len(events) == len(EVENT_OF_TYPE)
    assert len({event.__name__ for event in events}) == len(events)
