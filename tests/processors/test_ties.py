"""What is tied to what is a function of the transactions alone, never of how they came."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from processors.state.matching import Candidate, match
from processors.state.neighbourhood import CROWD_MAX
from processors.state.transaction import UNCLEAR_TWIN, Transaction
from schemas.accounts import AccountStatus, AccountType, AccountUpdated
from schemas.event import Event
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.transactions import TransactionImported
from tests.partition import Partition

OWNER = "household-1"
BASE = date(2025, 3, 3)
ACCOUNTS = ("checking", "savings", "card")

_ids = st.integers(0, 12).map(lambda number: f"t{number:02}")

related = st.builds(
    TransactionImported,
    transaction_id=_ids,
    user_id=st.just(OWNER),
    account_id=st.sampled_from(ACCOUNTS),
    # Few amounts, and many that are near or opposite: most find somebody.
    amount_minor=st.sampled_from((-1000, -1000, 1000, -1200, -2000, 2000, 300, -5000)),
    currency=st.sampled_from(("EUR", "EUR", "EUR", "USD")),
    booked_on=st.integers(0, 12).map(lambda days: BASE + timedelta(days=days)),
    description=st.sampled_from(("CARD PAYMENT", "ALDI 5", "ALDI 77", "SHELL FUEL", "SAVINGS")),
    status=st.sampled_from(("posted", "posted", "pending")),
    pending_transaction_id=st.none() | _ids,
    kind=st.sampled_from((None, "card", "card", "transfer", "refund", "fee")),
    counterparty_account=st.sampled_from((None, None, "savings", "checking", "a-friend")),
)
"""Transactions of one user that are likely to have to do with each other."""

WIDELY = settings(max_examples=3 * settings().max_examples)
"""What is tied to what has many corners."""

sets = st.lists(related, unique_by=lambda own: (own.account_id, own.transaction_id), max_size=12)

_TYPES: dict[str, AccountType] = {"checking": "checking", "savings": "savings", "card": "credit"}
KNOWN = [
    AccountUpdated(account_id=name, user_id=OWNER, type=type_, currency="EUR", revision=1)
    for name, type_ in _TYPES.items()
]


def standing(partition: Partition) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (own.account_id, own.transaction_id): (
            own.gone,
            own.replaces,
            own.replaced_by,
            own.pair,
            own.refund_of,
            own.unclear,
            own.category,
        )
        for own in partition.user(OWNER).book.transactions()
    }


def counting(stands: dict[tuple[str, str], tuple[Any, ...]]) -> dict[tuple[str, str], Any]:
    return {name: stood for name, stood in stands.items() if stood[0] != "removed"}


def stands_after(events: Iterable[Event]) -> dict[tuple[str, str], tuple[Any, ...]]:
    return standing(Partition().fold_all(events))


@WIDELY
@given(own=sets, data=st.data())
def test_the_order_in_which_transactions_come_does_not_matter(
    own: list[TransactionImported], data: st.DataObject
) -> None:
    assert stands_after([*KNOWN, *data.draw(st.permutations(own))]) == stands_after([*KNOWN, *own])


@WIDELY
@given(own=sets, wrong=st.lists(related, max_size=12), data=st.data())
def test_what_was_wrong_at_first_leaves_no_trace_once_it_is_right(
    own: list[TransactionImported], wrong: list[TransactionImported], data: st.DataObject
) -> None:
    right = {(one.account_id, one.transaction_id): one for one in own}
    first = [one for one in wrong if (one.account_id, one.transaction_id) in right]
    mended = [one.model_copy(update={"revision": 9}) for one in own]

    assert stands_after([*KNOWN, *first, *data.draw(st.permutations(mended))]) == stands_after(
        [*KNOWN, *mended]
    )


was_said = st.lists(
    st.builds(
        AccountUpdated,
        account_id=st.sampled_from(ACCOUNTS),
        user_id=st.just(OWNER),
        type=st.sampled_from(("checking", "savings", "credit", "loan")),
        currency=st.just("EUR"),
        revision=st.just(0),
    ),
    max_size=3,
)
"""What banks said of accounts before they said what `KNOWN` says."""


@WIDELY
@given(own=sets, was=was_said, data=st.data())
def test_accounts_may_become_known_and_change_their_type_at_any_time(
    own: list[TransactionImported], was: list[AccountUpdated], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations([*was, *KNOWN, *own]))

    assert stands_after(mixed) == stands_after([*KNOWN, *own])


@WIDELY
@given(own=sets, gone=st.sets(st.integers(0, 11)), data=st.data())
def test_removals_may_come_before_or_after(
    own: list[TransactionImported], gone: set[int], data: st.DataObject
) -> None:
    removed = [
        one.model_copy(update={"status": "removed", "revision": 9})
        for number, one in enumerate(own)
        if number in gone and one.status == "pending"
    ]
    late = stands_after([*KNOWN, *own, *removed])
    early = stands_after([*KNOWN, *data.draw(st.permutations([*own, *removed]))])

    assert early.keys() == late.keys()
    assert counting(early) == counting(late)


@WIDELY
@given(own=sets, days=st.lists(st.integers(0, 130), max_size=5))
def test_the_window_may_pass_in_steps_or_at_once(
    own: list[TransactionImported], days: list[int]
) -> None:
    def passed(day: int) -> DayPassed:
        return DayPassed(bucket=bucket_of(OWNER), day=BASE + timedelta(days=day))

    last = max([*days, 0])
    start = passed(0)
    stepwise = [*KNOWN, start, *own, *(passed(day) for day in sorted(days)), passed(last)]

    assert stands_after(stepwise) == stands_after([*KNOWN, start, *own, passed(last)])


@given(own=sets)
def test_ties_have_two_ends(own: list[TransactionImported]) -> None:
    stands = standing(Partition().fold_all([*KNOWN, *own]))

    for name, (gone, replaces, replaced_by, pair, refund_of, _, _) in stands.items():
        ends = ((replaces, 2), (replaced_by, 1), (pair, 3))
        for tie, other_end in ends:
            if tie is not None:
                other = stands[tie.account_id, tie.transaction_id][other_end]
                assert (other.account_id, other.transaction_id) == name
        assert not (gone and (pair or refund_of))
        assert not (pair and refund_of)


_STATUSES: tuple[AccountStatus, ...] = ("disconnected", "active")
RECONNECTED = [
    AccountUpdated(
        account_id="checking",
        user_id=OWNER,
        type="checking",
        currency="EUR",
        status=status,
        revision=revision,
        balance_minor=0,
        as_of=datetime.combine(BASE + timedelta(days=20), datetime.min.time(), UTC),
    )
    for revision, status in enumerate(_STATUSES, start=2)
]


@given(own=sets, renames=st.booleans(), data=st.data())
def test_a_reconnection_with_other_ids_changes_no_money(
    own: list[TransactionImported],
    renames: bool,  # noqa: FBT001 Hypothesis gives it by name.
    data: st.DataObject,
) -> None:
    posted = [
        one.model_copy(update={"status": "posted", "pending_transaction_id": None, "kind": None})
        for one in own
        if one.account_id == "checking"
    ]
    looks = {(one.booked_on, one.amount_minor, one.currency) for one in posted}
    assume(not renames or len(looks) > 1)  # One alone may be a real repeat.
    again = [
        one.model_copy(update={"transaction_id": f"new-{one.transaction_id}"} if renames else {})
        for one in data.draw(st.permutations(posted))
    ]
    partition = Partition().fold_all([*KNOWN, *posted, *RECONNECTED, *again])

    live = [one for one in partition.user(OWNER).book.transactions() if one.counts]
    assert sum(one.amount_minor for one in live) == sum(one.amount_minor for one in posted)
    assert len(live) == len(posted)


# Crowds: more candidates than say anything.


def coffee(number: int, status: Literal["pending", "posted"], day: int = 0) -> TransactionImported:
    return TransactionImported(
        transaction_id=f"{status}-{number}",
        user_id=OWNER,
        account_id="checking",
        amount_minor=-350,
        currency="EUR",
        booked_on=BASE + timedelta(days=day),
        description="COFFEE BAR",
        status=status,
        kind="card",
    )


@settings(max_examples=settings().max_examples // 4)
@given(
    held=st.integers(CROWD_MAX - 2, 2 * CROWD_MAX + 3),
    posted=st.integers(1, 3) | st.integers(CROWD_MAX - 1, CROWD_MAX + 1),
    random=st.randoms(use_true_random=False),
)
def test_a_crowd_is_settled_alike_in_any_order_from_memory_or_from_the_store(
    held: int, posted: int, random: Random
) -> None:
    crowd = [coffee(number, "pending", number % 3) for number in range(held)]
    crowd += [coffee(number, "posted", 3) for number in range(posted)]
    gone = [
        one.model_copy(update={"status": "removed", "revision": 1})
        for one in random.sample(crowd, random.randrange(6))
    ]
    shuffled = [*random.sample(crowd, len(crowd)), *gone]
    forgetful = Partition()
    for event in shuffled:
        forgetful.fold(event)
        if random.random() < 0.2:
            forgetful.forget()

    assert standing(forgetful) == stands_after(shuffled) == stands_after([*crowd, *gone])


@pytest.mark.parametrize(("held", "tied"), [(CROWD_MAX, 1), (CROWD_MAX + 1, 0), (4 * CROWD_MAX, 0)])
def test_who_has_too_many_candidates_is_tied_to_nobody_and_that_is_shown(
    held: int, tied: int
) -> None:
    crowd = [coffee(number, "pending") for number in range(held)]
    stands = stands_after([*crowd, coffee(0, "posted", 2)])

    gone, replaces, _, _, _, unclear, _ = stands["checking", "posted-0"]
    assert gone == ""
    assert bool(replaces) == bool(tied)
    assert sum(stood[0] == "replaced" for stood in stands.values()) == tied
    assert bool(unclear & UNCLEAR_TWIN) == (not tied)


def test_a_crowd_that_thins_out_is_settled_after_all() -> None:
    crowd = [coffee(number, "pending") for number in range(CROWD_MAX + 1)]
    one = crowd[7].model_copy(update={"status": "removed", "revision": 1})
    stands = stands_after([*crowd, coffee(0, "posted", 2), one])

    assert [stood[0] for stood in stands.values()].count("replaced") == 1
    assert not stands["checking", "posted-0"][5]


# Matching by itself.


def _own(identity: int, account_id: str) -> Transaction:
    return Transaction(identity, account_id, f"t{identity}", -1, "EUR", 0, "posted")


candidates = st.builds(
    Candidate, st.tuples(st.integers(0, 2)), st.integers(0, 5), st.integers(10, 15)
)


@given(found=st.lists(candidates, max_size=12), data=st.data())
def test_matching_does_not_care_in_which_order_candidates_are_found(
    found: list[Candidate], data: st.DataObject
) -> None:
    kin = data.draw(st.lists(st.sampled_from("ab"), min_size=16, max_size=16))
    known = {identity: _own(identity, kin[identity]) for identity in range(16)}

    def matched(order: list[Candidate]) -> object:
        return match(order, known, lambda own: own.account_id, lambda own: (own.booked_on,))

    assert matched(data.draw(st.permutations(found))) == matched(found)


@given(found=st.lists(candidates, max_size=12))
def test_nobody_is_matched_twice_nor_when_unclear(found: list[Candidate]) -> None:
    known = {identity: _own(identity, "one") for identity in range(16)}
    result = match(found, known, lambda own: own.account_id, lambda own: (own.booked_on,))

    pairs = result.right_of
    assert len(set(pairs.values())) == len(pairs)
    assert not result.unclear & {*pairs, *pairs.values()}
    assert {(one.left, one.right) for one in found} >= set(pairs.items())
