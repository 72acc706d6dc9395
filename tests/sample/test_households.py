from __future__ import annotations

import hashlib
import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample.households import Day, Truth, households
from schemas.accounts import AccountUpdated
from schemas.event import UserEvent
from schemas.feedback import FeedbackGiven
from schemas.preferences import SettingsChanged
from schemas.reading import Accepted, read
from schemas.topics import TOPIC_OF
from schemas.transactions import TransactionImported

START = date(2025, 1, 1)
GOLDEN = "c0c96b2ea1c0870e46020eb1389f78fc965cc120885be6a364205a323fd8d127"
LOW_MINOR = 10_000

seeds = st.integers(0, 2**64)
starts = st.builds(date, st.integers(1971, 2090), st.integers(1, 12), st.just(1))

Key = tuple[str, str, str]


@dataclass
class Recount:
    """Everything counted once more, from nothing but what was published."""

    events: int = 0
    seen: set[bytes] = field(default_factory=set)
    count: Counter[str] = field(default_factory=Counter)
    live: dict[Key, TransactionImported] = field(default_factory=dict)
    keys: set[Key] = field(default_factory=set)
    opening: dict[str, int] = field(default_factory=dict)

    def add(self, event: UserEvent) -> None:
        self.events += 1
        if isinstance(event, AccountUpdated) and event.balance_minor is not None:
            self.opening.setdefault(event.account_id, event.balance_minor)
        if not isinstance(event, TransactionImported):
            return
        if event.to_json() in self.seen:
            self.count["repeat"] += 1
            return
        self.seen.add(event.to_json())
        key = (event.user_id, event.account_id, event.transaction_id)
        if event.status == "removed":
            self.count["removal"] += 1
            del self.live[key]
            return
        if key in self.keys:
            self.count["revision"] += 1
        if event.pending_transaction_id is not None:
            self.count["twin"] += 1
            del self.live[event.user_id, event.account_id, event.pending_transaction_id]
        self.keys.add(key)
        self.live[key] = event

    def balance_minor(self, account_id: str) -> int:
        moved = (one.amount_minor for one in self.live.values() if one.account_id == account_id)
        return self.opening[account_id] + sum(moved)

    def statuses(self, account_id: str) -> set[str]:
        return {one.status for one in self.live.values() if one.account_id == account_id}


def recounted(events: Iterable[UserEvent]) -> Recount:
    recount = Recount()
    for event in events:
        recount.add(event)
    return recount


def published(users: int, months: int, seed: int, start: date = START) -> list[UserEvent]:
    return [event for day in households(users, months, seed, start) for event in day.events]


def digest(events: Iterable[UserEvent]) -> str:
    return hashlib.sha256(b"\n".join(event.to_json() for event in events)).hexdigest()


@cache
def year() -> tuple[tuple[Day, ...], Truth]:
    """The year of 25 households that most examples look at."""
    sample = households(users=25, months=12, seed=1, start=START)
    return tuple(sample), sample.truth


def transactions_of_the_year() -> Iterator[TransactionImported]:
    for day in year()[0]:
        yield from (event for event in day.events if isinstance(event, TransactionImported))


def test_a_seed_decides_every_byte_on_every_machine() -> None:
    assert digest(published(users=3, months=3, seed=1)) == GOLDEN


def test_another_seed_is_another_town() -> None:
    assert digest(published(users=3, months=3, seed=2)) != GOLDEN


@settings(max_examples=25)
@given(users=st.integers(1, 6), more=st.integers(1, 6), seed=seeds, start=starts)
def test_a_household_lives_the_same_life_whoever_else_lives_in_town(
    users: int, more: int, seed: int, start: date
) -> None:
    in_a_town = published(users + more, 1, seed, start)
    known = {f"household-{number:03}" for number in range(1, users + 1)}

    assert [event for event in in_a_town if event.user_id in known] == published(
        users, 1, seed, start
    )


@settings(max_examples=25)
@given(users=st.integers(0, 3), months=st.integers(0, 14), start=starts)
def test_days_follow_one_another_from_the_first_to_the_end_of_the_last_month(
    users: int, months: int, start: date
) -> None:
    days = [day.day for day in households(users, months, 1, start)]

    assert days == [start + timedelta(days=passed) for passed in range(len(days))]
    assert len({(day.year, day.month) for day in days}) == months
    assert (start + timedelta(days=len(days))).day == 1


@settings(max_examples=25)
@given(seed=seeds, start=starts, months=st.integers(1, 5))
def test_what_the_bank_reports_is_what_the_live_transactions_add_up_to(
    seed: int, start: date, months: int
) -> None:
    recount = Recount()
    for day in households(2, months, seed, start):
        for event in day.events:
            recount.add(event)
            if isinstance(event, AccountUpdated):
                assert event.as_of is not None
                assert event.complete_until == event.as_of.date()
                assert event.balance_minor == recount.balance_minor(event.account_id)
                # Nothing stays open over the end of a month.
                assert recount.statuses(event.account_id) <= {"posted"}


@settings(max_examples=25)
@given(seed=seeds, start=starts)
def test_nothing_is_booked_on_another_day_than_that_of_its_first_publication(
    seed: int, start: date
) -> None:
    seen: set[bytes] = set()
    for day in households(2, 2, seed, start):
        for event in day.events:
            if isinstance(event, TransactionImported) and event.to_json() not in seen:
                seen.add(event.to_json())
                corrects = event.status == "removed" or (event.revision or 0) > 1
                assert event.booked_on < day.day if corrects else event.booked_on == day.day


@settings(max_examples=25)
@given(seed=seeds, start=starts, days=st.integers(1, 90))
def test_the_truth_is_what_anybody_can_count_on_every_day(
    seed: int, start: date, days: int
) -> None:
    sample = households(3, 3, seed, start)
    recount = recounted(
        event for _, day in zip(range(days), sample, strict=False) for event in day.events
    )

    truth = sample.truth

    assert truth.events == recount.events
    assert truth.transactions == len(recount.keys)
    assert truth.repeats == recount.count["repeat"]
    assert truth.twins == recount.count["twin"]
    assert truth.removals == recount.count["removal"]
    assert truth.revisions == recount.count["revision"]
    assert truth.balances_minor == {
        account_id: recount.balance_minor(account_id) for account_id in recount.opening
    }


@settings(max_examples=15)
@given(seed=seeds, start=starts)
def test_every_event_is_valid_and_survives_the_wire(seed: int, start: date) -> None:
    for event in published(2, 2, seed, start):
        arrived = read(TOPIC_OF[type(event)], event.to_json(), [])

        assert isinstance(arrived, Accepted)
        assert arrived.event == event


@pytest.mark.parametrize("seed", range(5))
def test_a_year_of_25_households_has_the_size_that_the_demonstration_needs(seed: int) -> None:
    sample = households(users=25, months=12, seed=seed, start=START)
    for _ in sample:
        pass

    assert 9_000 <= sample.truth.transactions <= 15_000
    assert 35 <= sample.truth.transactions / (25 * 12) <= 45


def test_an_account_is_opened_before_anything_happens_on_it() -> None:
    opened: dict[str, AccountUpdated] = {}
    for day in year()[0]:
        for event in day.events:
            if isinstance(event, AccountUpdated):
                opened.setdefault(event.account_id, event)
            elif isinstance(event, TransactionImported):
                assert event.currency == opened[event.account_id].currency

    assert {one.as_of.date() for one in opened.values() if one.as_of} == {date(2024, 12, 31)}
    assert {one.type for one in opened.values()} == {"checking", "savings"}


def test_a_year_has_its_share_of_trouble() -> None:
    _, truth = year()

    assert 20 <= truth.repeats * 1_000 // truth.transactions <= 50
    assert 30 <= truth.twins * 1_000 // truth.transactions <= 100
    assert 50 <= truth.removals <= 300
    assert 10 <= truth.revisions <= 100
    assert 5 <= truth.large_payments <= 50


def test_a_hold_posts_within_three_days_for_at_most_a_tip_more() -> None:
    pending = {one.transaction_id: one for one in transactions_of_the_year()}
    twins = [one for one in transactions_of_the_year() if one.pending_transaction_id]
    tipped = 0

    for posted in twins:
        held = pending[posted.pending_transaction_id or ""]
        assert held.status == "pending"
        assert held.account_id == posted.account_id
        assert 1 <= (posted.booked_on - held.booked_on).days <= 3
        assert held.amount_minor * 119 <= posted.amount_minor * 100 <= held.amount_minor * 100
        tipped += posted.amount_minor != held.amount_minor

    assert 0 < tipped < len(twins)


def test_transfers_to_savings_have_two_legs_that_cancel_out() -> None:
    legs = {one.transaction_id: one for one in transactions_of_the_year() if one.kind == "transfer"}
    by_day: dict[tuple[str, date], list[TransactionImported]] = {}
    for leg in legs.values():
        by_day.setdefault((leg.user_id, leg.booked_on), []).append(leg)

    assert by_day
    for together in by_day.values():
        assert sum(leg.amount_minor for leg in together) == 0
        assert sorted(leg.account_id for leg in together) == sorted(
            leg.counterparty_account or "" for leg in together
        )


def test_money_gets_tight_in_some_months_but_ruins_nobody() -> None:
    sample = households(users=25, months=12, seed=1, start=START)
    lowest: dict[tuple[str, int], int] = {}
    for day in sample:
        for account_id, balance_minor in sample.truth.balances_minor.items():
            month = (account_id, day.day.month)
            lowest[month] = min(lowest.get(month, balance_minor), balance_minor)
    checking = {month: low for month, low in lowest.items() if month[0].endswith("checking")}
    tight = {month for month, low in checking.items() if low < LOW_MINOR}

    assert 15 <= len(tight) <= 100
    assert len({account_id for account_id, _ in tight}) < 25
    assert min(lowest.values()) > -400_000
    assert all(low >= 0 for month, low in lowest.items() if month[0].endswith("savings"))


def test_people_speak_up_now_and_then() -> None:
    events = [event for day in year()[0] for event in day.events]
    wishes = [event for event in events if isinstance(event, SettingsChanged)]
    opinions = [event for event in events if isinstance(event, FeedbackGiven)]

    assert 5 <= len(wishes) < 25
    assert 50 <= len(opinions) <= 300
    assert len({event.identity() for event in opinions}) == len(opinions)


def test_banks_write_in_different_styles_and_leave_things_out() -> None:
    cards = [one for one in transactions_of_the_year() if one.kind == "card"]
    with_code = sum(one.mcc is not None for one in cards)

    assert {one.description.isupper() for one in cards} == {True, False}
    assert {one.merchant_name is None for one in cards} == {True, False}
    assert len(cards) // 2 < with_code < len(cards)
    assert Counter(one.currency for one in cards).most_common(1)[0][0] == "EUR"


def test_what_is_carried_from_day_to_day_does_not_grow_with_the_months() -> None:
    sample = households(users=10, months=60, seed=1, start=START)

    carried_bytes = [len(pickle.dumps(sample)) for day in sample if day.day.day == 15]

    assert max(carried_bytes) < 1.5 * max(carried_bytes[:3])


def test_a_start_within_a_month_is_refused() -> None:
    with pytest.raises(ValueError, match="start should be the first of a month, not 2025-01-15"):
        households(users=1, months=1, seed=1, start=date(2025, 1, 15))
