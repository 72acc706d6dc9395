from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevents import Headers
from schemas.dead_letters import PREFIX, Origin, dead_letter_headers
from schemas.refusals import WHAT_TO_DO, Code, Refusal

ORIGIN = Origin("accounts.updated", partition=3, offset=41, timestamp_ms=1_769_817_600_000)
REFUSAL = Refusal(Code.MISSING_FIELD, "user_id")

names = st.text(max_size=12) | st.sampled_from(["ce_id", "trace", f"{PREFIX}code"])
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=12)), max_size=5)
origins = st.builds(
    Origin, st.text(max_size=20), st.integers(0, 99), st.integers(0, 2**63), st.integers(0, 2**45)
)
refusals = st.builds(Refusal, st.sampled_from(Code), st.text(max_size=20), st.text(max_size=20))


def refused(received: Headers, *, times: int = 1) -> list[tuple[str, bytes | None]]:
    """Send a record round, from dead letter to input to dead letter."""
    result = list(received)
    for _ in range(times):
        result = dead_letter_headers(REFUSAL, ORIGIN, "intake", result)
    return result


def test_a_dead_letter_says_what_was_wrong_and_where_it_was() -> None:
    assert refused([("trace", b"\xff"), ("ce_id", None)]) == [
        ("trace", b"\xff"),
        ("ce_id", None),
        ("penstock.error.code", b"missing_field"),
        ("penstock.error.sentence", f"user_id: {WHAT_TO_DO[Code.MISSING_FIELD]}".encode()),
        ("penstock.error.where", b"user_id"),
        ("penstock.error.stage", b"intake"),
        ("penstock.error.attempts", b"1"),
        ("penstock.error.topic", b"accounts.updated"),
        ("penstock.error.partition", b"3"),
        ("penstock.error.offset", b"41"),
        ("penstock.error.timestamp", b"1769817600000"),
        ("__connect.errors.topic", b"accounts.updated"),
        ("__connect.errors.partition", b"3"),
        ("__connect.errors.offset", b"41"),
        ("__connect.errors.stage", b"intake"),
        (
            "__connect.errors.exception.message",
            f"user_id: {WHAT_TO_DO[Code.MISSING_FIELD]}".encode(),
        ),
    ]


@given(refusal=refusals, origin=origins, received=headers)
def test_received_headers_stay_in_front_as_they_were(
    refusal: Refusal, origin: Origin, received: list[tuple[str, bytes | None]]
) -> None:
    written = dead_letter_headers(refusal, origin, "ledger", received)
    own = [(name, value) for name, value in received if not name.startswith(PREFIX)]

    assert written[: len(own)] == own
    # Each of our names stands once, however often the record has been here.
    ours = [name for name, _ in written[len(own) :]]
    assert len(set(ours)) == len(ours)


@given(received=headers, times=st.integers(1, 5))
def test_attempts_are_counted(received: list[tuple[str, bytes | None]], times: int) -> None:
    written = dict(refused(received, times=times))

    assert written[f"{PREFIX}attempts"] == str(times).encode()


@given(received=headers)
def test_headers_may_be_read_only_once(received: list[tuple[str, bytes | None]]) -> None:
    before = refused(received)

    assert dead_letter_headers(REFUSAL, ORIGIN, "intake", iter(before)) == refused(before)


def test_a_hostile_count_starts_again() -> None:
    for count in (None, b"", b"-3", b"9" * 5_000, "٣".encode(), b"\xff"):
        assert dict(refused([(f"{PREFIX}attempts", count)]))[f"{PREFIX}attempts"] == b"1"
