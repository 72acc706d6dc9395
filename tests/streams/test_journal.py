"""What intake writes, the ledger reads; and whatever else stands in the journal, it can answer."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from processors.state.entry import Entry
from schemas.cloudevents import binary_headers
from schemas.dead_letters import Origin
from schemas.event import UserEvent
from schemas.reading import Accepted, read
from schemas.refusals import Refusal
from schemas.topics import JOURNAL, TOPIC_OF
from schemas.transactions import TransactionImported
from streams.journal import entry_of, message_of
from streams.log import LogRecord
from tests.schemas.strategies import Members, any_input_members, as_sent, mangled_bytes

NAMED = {"id": "1", "source": "/bank", "type": TransactionImported.ce_type}
RECORDED = "penstock.origin.timestamp"

texts = st.none() | st.binary(max_size=8) | st.sampled_from([b"1.0", NAMED["type"].encode()])
headers = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_source", "ce_specversion", "content-type"])
        | st.text(max_size=8),
        texts,
    )
    | st.tuples(st.just(RECORDED), st.none() | st.integers(0, 10**30).map(lambda ms: b"%d" % ms)),
    max_size=6,
)


@given(
    pair=any_input_members(),
    named=st.booleans(),
    origin=st.builds(
        Origin,
        st.text(st.characters(exclude_categories=["Cs"])),
        st.integers(0, 2**31),
        st.integers(0, 2**63 - 1),
        st.integers(0, 2**41),
    ),
)
def test_the_ledger_reads_what_intake_writes(
    pair: tuple[type[UserEvent], Members], *, named: bool, origin: Origin
) -> None:
    event, members = pair
    attributes = NAMED | {"type": event.ce_type, "x-odd": "dropped", "extension": "kept"}
    accepted = read(TOPIC_OF[event], as_sent(members), binary_headers(attributes) if named else [])
    assert isinstance(accepted, Accepted)

    message = message_of("journal", accepted, origin)
    entry = entry_of(LogRecord(0, 0, message.key, message.value, message.headers))

    assert isinstance(entry, Entry)
    assert (entry.event, entry.recorded_at_ms) == (accepted.event, origin.timestamp_ms)
    written = dict(message.headers)
    assert entry.id.encode() == written["ce_id"]
    assert written.get("ce_extension") == (b"kept" if named else None)
    assert "ce_x-odd" not in written


@given(value=st.none() | mangled_bytes(), headers=headers, named=st.booleans())
@example(value=b"", headers=[(RECORDED, b"9" * 5_000)], named=True)
@settings(max_examples=300)
def test_nothing_that_anybody_writes_to_the_journal_can_raise(
    value: bytes | None, headers: list[tuple[str, bytes | None]], *, named: bool
) -> None:
    both = [*binary_headers(NAMED), *headers] if named else headers

    entry = entry_of(LogRecord(0, 1_700_000_000_000, None, value, both))

    assert isinstance(entry, Refusal) or entry.recorded_at.endswith("Z")


@given(recorded=st.integers(10**13, 10**30))
def test_an_instant_beyond_all_years_gives_way_to_the_records_own(recorded: int) -> None:
    event = JOURNAL.events[0].from_json(
        b'{"transaction_id":"t","user_id":"u","account_id":"a","amount_minor":1,"currency":"EUR",'
        b'"booked_on":"2026-01-31","description":"","status":"posted"}'
    )
    written = [*binary_headers(NAMED), (RECORDED, b"%d" % recorded)]

    entry = entry_of(LogRecord(0, 5, None, event.to_json(), written))

    assert entry == Entry(event, "1", 5)
