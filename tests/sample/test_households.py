from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample.feed import LATE_DAYS_MAX
from sample.households import Part, Town
from sample.truth import TrueBalance, TrueEvent, TrueTransaction
from schemas.accounts import AccountUpdated
from schemas.reading import Accepted, read
from schemas.topics import TOPIC_OF
from schemas.transactions import TransactionImported

SETTLED = timedelta(days=45)
"""So long before the end, nothing is still on its way."""

seeds = st.integers(0, 2**64)
towns = st.builds(
    Town,
    users=st.integers(1, 3),
    months=st.integers(1, 5),
    seed=seeds,
    start=st.builds(date, st.integers(1975, 2090), st.integers(1, 12), st.just(1)),
    shock=st.sampled_from([None, "inflation", "job-loss"]),
)
Key = tuple[str, str]


@dataclass(frozen=True)
class Lived:
    """A town once it has been lived."""

    town: Town
    parts: tuple[Part, ...]

    def transactions(self) -> Iterator[tuple[date, TransactionImported]]:
        for part in self.parts:
            for event in part.events:
                if isinstance(event, TransactionImported):
                    yield part.day, event

    def statements(self) -> Iterator[tuple[date, AccountUpdated]]:
        for part in self.parts:
            for event in part.events:
                if isinstance(event, AccountUpdated):
                    yield part.day, event

    @property
    def rows(self) -> list[TrueTransaction]:
        return [
            row for part in self.parts for row in part.truths if isinstance(row, TrueTransaction)
        ]


def lived(town: Town) -> Lived:
    return Lived(town, tuple(town.live()))


def digest(town: Town) -> str:
    lines = [event.to_json() for part in town.live() for event in part.events]
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


@cache
def year() -> Lived:
    """The year of 25 households that most examples look at."""
    return lived(Town(users=25, months=12, seed=1))


def test_a_seed_decides_every_byte_on_every_machine() -> None:
    assert digest(Town(users=3, months=3, seed=1)) == GOLDEN


def test_another_seed_is_another_town() -> None:
    assert digest(Town(users=3, months=3, seed=2)) != GOLDEN


@settings(max_examples=15)
@given(users=st.integers(1, 4), more=st.integers(1, 4), seed=seeds)
def test_a_household_lives_the_same_life_whoever_else_lives_in_town(
    users: int, more: int, seed: int
) -> None:
    alone, among = lived(Town(users, 1, seed)), lived(Town(users + more, 1, seed))
    known = {f"household-{number:03}" for number in range(1, users + 1)}

    def of_known(town: Lived) -> list[object]:
        events = [event for part in town.parts for event in part.events]
        rows = [row for part in town.parts for row in part.truths]
        kept = [row for row in rows if row.user_id in known]
        return [[event for event in events if event.user_id in known], kept]

    assert of_known(among) == of_known(alone)


@settings(max_examples=15)
@given(town=towns)
def test_days_follow_one_another_from_the_first_to_the_end_of_the_last_month(town: Town) -> None:
    days = [part.day for part in town.live()]

    assert days == sorted(days)
    assert set(days) == {
        town.start + timedelta(days=passed) for passed in range((town.end - town.start).days)
    }
    assert town.end.day == 1


@settings(max_examples=25)
@given(town=towns)
def test_every_published_transaction_has_one_row_of_truth_and_no_other_has(town: Town) -> None:
    life = lived(town)
    first_seen: dict[Key, date] = {}
    for day, event in life.transactions():
        first_seen.setdefault((event.account_id, event.transaction_id), day)

    rows = {(row.account_id, row.transaction_id): row.published_on for row in life.rows}
    assert len(rows) == len(life.rows)
    assert rows == first_seen


@settings(max_examples=25)
@given(town=towns)
def test_the_truth_is_what_was_published_last_and_not_taken_back(town: Town) -> None:
    life = lived(town)
    last: dict[Key, TransactionImported] = {}
    removed: set[Key] = set()
    for _, event in life.transactions():
        key = (event.account_id, event.transaction_id)
        if event.status == "removed":
            removed.add(key)
        elif (event.status, event.revision or 0) >= _standing(last.get(key)):
            last[key] = event

    for row in life.rows:
        event = last[row.account_id, row.transaction_id]
        assert row.amount_minor == event.amount_minor
        assert row.booked_on == event.booked_on
        if (row.account_id, row.transaction_id) in removed:
            assert row.gone_on is not None


def _standing(event: TransactionImported | None) -> tuple[str, int]:
    # A repeat of the pending one, or of the mistake, is no news; "pending" sorts before "posted".
    return ("", 0) if event is None else (event.status, event.revision or 0)


@settings(max_examples=25)
@given(town=towns)
def test_what_the_bank_reports_is_what_all_that_is_posted_adds_up_to(town: Town) -> None:
    life = lived(town)
    posted: defaultdict[str, list[TrueTransaction]] = defaultdict(list)
    for row in life.rows:
        if row.gone_on is None and not row.is_pending:
            posted[row.account_id].append(row)
    opening: dict[str, int] = {}
    for _, told in life.statements():
        assert told.balance_minor is not None
        assert told.as_of is not None
        opening.setdefault(told.account_id, told.balance_minor)
        evening = told.as_of.date()
        if evening < town.end - SETTLED:
            moved = sum(
                own.amount_minor for own in posted[told.account_id] if own.booked_on <= evening
            )
            assert told.balance_minor == opening[told.account_id] + moved


@settings(max_examples=25)
@given(town=towns)
def test_nothing_is_missing_from_what_is_said_to_be_complete(town: Town) -> None:
    life = lived(town)
    renamed = {(row.account_id, row.replaced_by) for row in life.rows if not row.is_pending}
    told: defaultdict[str, list[tuple[date, date]]] = defaultdict(list)
    for day, statement in life.statements():
        assert statement.complete_until is not None
        told[statement.account_id].append((day, statement.complete_until))

    for row in life.rows:
        if (row.account_id, row.transaction_id) in renamed or row.is_backfill:
            continue
        for day, complete_until in told[row.account_id]:
            assert row.published_on <= day or row.booked_on > complete_until


@settings(max_examples=15)
@given(town=towns)
def test_months_end_with_the_balances_that_the_rows_add_up_to(town: Town) -> None:
    life = lived(town)
    opening: dict[str, int] = {}
    for _, told in life.statements():
        opening.setdefault(told.account_id, told.balance_minor or 0)
    for part in life.parts:
        for balance in part.truths:
            if not isinstance(balance, TrueBalance) or part.day >= town.end - SETTLED:
                continue
            moved = sum(
                row.amount_minor
                for row in life.rows
                if row.account_id == balance.account_id
                and row.gone_on is None
                and not row.is_pending
                and f"{row.booked_on:%Y-%m}" <= balance.month
            )
            assert balance.balance_minor == opening[balance.account_id] + moved


@settings(max_examples=15)
@given(town=towns)
def test_every_event_is_one_that_producers_may_send(town: Town) -> None:
    for part in town.live():
        for event in part.events:
            accepted = read(TOPIC_OF[type(event)], event.to_json(), ())
            assert isinstance(accepted, Accepted)
            assert accepted.event == event


@settings(max_examples=15)
@given(town=towns)
def test_what_belongs_to_an_event_of_life_belongs_to_one_that_is_told_of(town: Town) -> None:
    life = lived(town)
    rows = [row for part in life.parts for row in part.truths]
    told = {row.event_id for row in rows if isinstance(row, TrueEvent)}

    for row in life.rows:
        # Of the last days, what makes it an event may be told of too late.
        is_settled = row.published_on < town.end - SETTLED
        if row.event_id is not None and not row.is_backfill and is_settled:
            assert row.event_id in told


def test_history_is_imported_on_one_day_and_never_pending() -> None:
    joined: dict[str, set[date]] = {}
    for day, event in year().transactions():
        if event.backfill:
            joined.setdefault(event.user_id, set()).add(day)
            assert event.booked_on < day
            assert event.status == "posted"

    assert 4 <= len(joined) <= 15
    assert all(len(days) == 1 for days in joined.values())


def test_a_town_without_imports_begins_with_its_first_day() -> None:
    town = Town(users=10, months=1, seed=1, imports=False)

    assert not any(event.backfill for _, event in lived(town).transactions())


def test_feeds_do_all_that_feeds_do() -> None:
    life, sent = year(), Counter[bytes]()
    happened: Counter[str] = Counter()
    for _, event in life.transactions():
        sent[event.to_json()] += 1
        happened[event.status] += 1
        happened["linked"] += event.pending_transaction_id is not None
        happened["revised"] += event.revision == 2
    happened["repeated"] = sum(count - 1 for count in sent.values())
    for row in life.rows:
        happened["replaced"] += row.is_pending and row.replaced_by is not None
        happened["expired"] += (
            row.is_pending and row.gone_on is not None and row.replaced_by is None
        )
        happened["renamed"] += not row.is_pending and row.replaced_by is not None
        happened["late"] += row.published_on - row.booked_on > timedelta(days=1)
    happened["disconnected"] = sum(told.status == "disconnected" for _, told in life.statements())

    for what in (
        "pending", "posted", "removed", "linked", "revised", "repeated", "replaced", "expired",
        "renamed", "late", "disconnected",
    ):  # fmt: skip
        assert happened[what] > 5, what


def test_what_never_happened_is_part_of_nothing() -> None:
    invented = [
        row
        for row in year().rows
        if row.gone_on is not None and row.replaced_by is None and not row.is_pending
    ]

    assert invented
    assert not any(row.series_id or row.transfer_id or row.event_id for row in invented)


def test_a_silent_account_says_nothing_until_it_is_back() -> None:
    silent: dict[str, date] = {}
    pauses = 0
    for part in year().parts:
        told = [event for event in part.events if isinstance(event, AccountUpdated)]
        for statement in told:
            if statement.status != "disconnected" and statement.account_id in silent:
                pauses += 1
                began = silent.pop(statement.account_id)
                assert part.day - began >= timedelta(days=LATE_DAYS_MAX)
        assert not silent.keys() & {
            event.account_id for event in part.events if isinstance(event, TransactionImported)
        }
        silent |= {own.account_id: part.day for own in told if own.status == "disconnected"}
    assert pauses


def test_prices_climb_when_money_loses_its_worth() -> None:
    def spent(shock: str | None) -> int:
        town = Town(20, 12, 3, imports=False, shock=shock)  # type: ignore[arg-type]
        late = (row for row in lived(town).rows if row.category == "food.groceries")
        amounts = sorted(-row.amount_minor for row in late if row.booked_on.month >= 11)
        return amounts[len(amounts) // 2]

    assert spent("inflation") > spent(None)


def test_a_town_begins_with_a_month() -> None:
    with pytest.raises(ValueError, match="the first of a month"):
        Town(users=1, months=1, seed=1, start=date(2025, 1, 15))


def test_a_town_grows_with_its_households_and_not_with_how_long_they_live() -> None:
    def held_at_most(months: int) -> int:
        tracemalloc.start()
        try:
            for _ in Town(users=2, months=months, seed=1, imports=False).live():
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    held_at_most(1)  # What is read once is read now.
    assert held_at_most(24) < 2 * held_at_most(6)


GOLDEN = "30f29a564805eb45e5f0d037ca9a9912410162fecd3e4c10b9607181292e8a95"
