"""The laws of the fold, over the real chain of processors and the real codec."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.accounts import accounts
from processors.alert import alert
from processors.answers import answers
from processors.categorize import categorize
from processors.learn import learn
from processors.ledger import NOTHING_NEW, OBSERVE, SETTLE
from processors.preferences import preferences
from processors.publish import enriched, made
from processors.reconcile import reconcile
from processors.refunds import refunds
from processors.state.book import WINDOW_DAYS, Draft
from processors.state.figures import balance_of
from processors.state.notes import Assessed
from processors.state.sections import Section
from processors.state.shared import Shared
from processors.state.user import SECTIONS, User
from processors.state.verdict import Settled, Verdict
from processors.state.view import View
from processors.tell import tell
from processors.transfers import transfers
from processors.twins import twins
from schemas.accounts import AccountUpdated
from schemas.alerts import Alert, AlertRaised, AlertUpdated
from schemas.event import Event, UserEvent
from schemas.ids import bucket_of
from schemas.journal import DayPassed, LessonsTaught, UserErased
from schemas.refusals import Refusal
from schemas.transactions import TransactionImported
from streams.codecs import decode_shared, decode_user, every_part, every_shared_row
from tests.histories import (
    ACCOUNTS,
    BASE,
    DAYS_MAX,
    USERS,
    days_that_pass,
    histories,
    lively_histories,
    near_dates,
    tied_histories,
    transactions,
    users,
    versions,
)
from tests.partition import Partition
from tests.processors.oracle import (
    Days,
    Months,
    Moved,
    Views,
    balances_in,
    balances_of,
    days_in,
    days_of,
    months_ago,
    months_in,
    months_of,
)

# Only for a failure: to find its smallest example may take minutes.
pytestmark = pytest.mark.timeout(600)

OWNER = USERS[0]
REVISION_MAX = 2**53
ENDS = {"resolved", "retracted"}


# 1. How a history is cut into batches does not matter, nor where the cache forgets.


@given(
    history=histories | tied_histories,
    saved_after=st.sets(st.integers(0, 36)),
    forgotten_after=st.sets(st.integers(0, 36)),
)
def test_neither_batches_nor_a_forgetful_cache_matter(
    history: list[Event], saved_after: set[int], forgotten_after: set[int]
) -> None:
    whole = Partition().fold_all(history)
    cut = Partition()
    for at, event in enumerate(history):
        cut.fold(event)
        if at in saved_after:
            cut.save()
        if at in forgotten_after:
            cut.forget()
    cut.save()

    assert cut.wire == whole.wire
    assert cut.verdicts == whole.verdicts
    assert cut.stored == whole.stored
    assert cut.rows == whole.rows


@given(history=histories)
def test_what_is_marked_as_changed_is_what_has_changed(history: list[Event]) -> None:
    partition = Partition()
    for event in history:
        partition.fold(event)
        partition.save()

        assert partition.stored == partition.state
        assert every_shared_row(decode_shared(partition.rows)) == every_shared_row(partition.shared)


# 2. A replay adds nothing: it publishes what was published, and ends where the first run ended.


@given(history=histories)
def test_a_replay_publishes_the_same_again(history: list[Event]) -> None:
    first, again = Partition().fold_all(history), Partition().fold_all(history)

    assert again.wire == first.wire
    assert again.stored == first.stored


# 3. Repeats of anything change nothing, and money does not depend on the order of things.


@given(history=histories | lively_histories)
def test_an_entry_that_comes_twice_counts_once(history: list[Event]) -> None:
    partition = Partition()
    for event in history:
        partition.fold(event)

        # Lessons stand in the journal once, as the ledger's own cycle wrote them.
        if not isinstance(event, LessonsTaught):
            assert_changes_nothing(partition, event)


@given(history=histories | tied_histories)
def test_what_has_a_revision_may_be_repeated_at_any_later_time(history: list[Event]) -> None:
    partition, used = Partition(), list[UserEvent]()
    for event in said_once(history):
        partition.fold(event)
        # What was refused may be of use later, once it is known what it is about.
        if isinstance(event, UserEvent) and partition.verdicts[-1] in USED:
            used.append(event)
        if used:
            assert_changes_nothing(partition, used[len(used) // 2])
    for event in used:
        assert_changes_nothing(partition, event)


USED = frozenset(Verdict) - {Verdict.UNUSED}


def assert_changes_nothing(partition: Partition, event: Event) -> None:
    state, rows = partition.state, every_shared_row(partition.shared)

    assert partition.fold(event) == []
    assert partition.state == state
    assert every_shared_row(partition.shared) == rows


def said_once(history: list[Event]) -> Iterator[Event]:
    """Leave out what cannot be told from a correction: no revision, or one with two meanings."""
    said = set()
    for event in unerased(history):
        if isinstance(event, TransactionImported):
            name = (event.user_id, event.account_id, event.transaction_id, event.revision)
            if event.revision is None or name in said:
                continue
            said.add(name)
        yield event


@given(
    payments=st.lists(
        transactions(of=st.just(OWNER), on=near_dates),
        unique_by=lambda own: (own.account_id, own.transaction_id),
        max_size=10,
    ),
    data=st.data(),
)
def test_the_order_of_transactions_does_not_matter_to_money(
    payments: list[TransactionImported], data: st.DataObject
) -> None:
    in_another_order = data.draw(st.permutations([REPORTED, *payments]))

    assert money_after(in_another_order) == money_after([REPORTED, *payments])


@given(seen=versions, data=st.data())
def test_the_greatest_revision_wins_in_whatever_order_they_come(
    seen: list[TransactionImported], data: st.DataObject
) -> None:
    latest: dict[tuple[str, str], TransactionImported] = {}
    for version in sorted(seen, key=lambda version: version.revision or 0):
        latest[version.account_id, version.transaction_id] = version
    delivered = data.draw(st.permutations([REPORTED, *seen, *seen]))

    assert money_after(delivered) == money_after([REPORTED, *latest.values()])


REPORTED = AccountUpdated(
    account_id=ACCOUNTS[0],
    user_id=OWNER,
    type="checking",
    currency="EUR",
    balance_minor=300_000,
    as_of=datetime.combine(BASE, datetime.min.time(), UTC) + timedelta(days=6),
    revision=0,
)


def money_after(history: Iterable[Event]) -> tuple[Months, Days, dict[tuple[str, str], Moved]]:
    partition = Partition().fold_all(history)
    partition.fold(day_passed(BASE + timedelta(days=DAYS_MAX)))
    user = partition.user(OWNER)
    return months_in(user), days_in(user), balances_in(user)


def day_passed(day: date) -> DayPassed:
    return DayPassed(bucket=bucket_of(OWNER), day=day)


# 4. The money equals a recomputation from the live transactions, after any sequence of changes.


@given(history=histories | tied_histories)
def test_the_money_equals_a_recomputation_at_any_time(history: list[Event]) -> None:
    partition, views = Partition(), Views()
    for event in history:
        views.follow(event, partition.fold(event))

        for user_id in USERS:
            user, live = partition.user(user_id), views.live(user_id)
            today = partition.shared.today(user_id)
            assert months_in(user) == months_of(live, today)
            assert days_in(user) == days_of(live, today)
            assert balances_in(user) == balances_of(user, live)


@given(history=histories)
def test_open_months_and_balances_are_where_they_belong(history: list[Event]) -> None:
    partition = Partition()
    for event in history:
        partition.fold(event)

        for user_id in USERS:
            user, today = partition.user(user_id), partition.shared.today(user_id)
            money = user.aggregate
            assert not today or all(months_ago(month, today) <= 1 for month in money.hot.months)
            for account_id, account in user.accounts.hot.by_id.items():
                balance = balance_of(user, account_id)
                if balance is None:
                    known_since = account.as_of if account.balance_minor is not None else 0
                    assert known_since < max(1, today - WINDOW_DAYS)
                else:
                    assert balance.as_of <= account.as_of
                    assert balance.since <= balance.as_of


@given(payments=st.lists(transactions(of=st.just(OWNER)), max_size=12), day=days_that_pass)
def test_taking_everything_back_leaves_no_money(
    payments: list[TransactionImported], day: date
) -> None:
    partition = Partition().fold_all([REPORTED, *payments])
    for payment in payments:
        partition.fold(payment.model_copy(update={"status": "removed", "revision": REVISION_MAX}))
    partition.fold(day_passed(day))

    user = partition.user(OWNER)
    assert (months_in(user), days_in(user), balances_in(user)) == ({}, {}, {})


# 5. Nothing that a producer sends can raise: the laws before and after fold anything there is.
# 6. A later entry never changes an earlier event.


@given(history=histories)
def test_what_was_said_stays_said(history: list[Event]) -> None:
    partition = Partition()
    said: list[bytes] = []
    for event in history:
        said += [told.to_json() for told in partition.fold(event)]

        assert [one.event.to_json() for one in partition.published] == said


@given(history=histories, until=st.integers(0, 36))
def test_the_beginning_of_a_history_publishes_the_beginning_of_its_events(
    history: list[Event], until: int
) -> None:
    beginning, whole = Partition().fold_all(history[:until]), Partition().fold_all(history)

    assert beginning.wire == whole.wire[: len(beginning.wire)]


# 7. State and events survive the wire at every step.


@given(history=histories | tied_histories)
def test_state_and_events_survive_the_wire(history: list[Event]) -> None:
    partition = Partition()
    for event in history:
        for told in partition.fold(event):
            assert type(told).model_validate_json(told.to_json()) == told
        for user_id, parts in partition.state.items():
            assert every_part(decode_user(user_id, parts)) == parts
        rows = every_shared_row(partition.shared)
        assert every_shared_row(decode_shared(rows)) == rows


# Each processor changes what is its own, and nothing else.


@given(history=histories | tied_histories)
def test_a_processor_changes_only_what_is_its_own(history: list[Event]) -> None:
    partition = Partition()
    for event in history:
        if isinstance(event, UserEvent) and not isinstance(event, UserErased):
            watched = watch(partition, event, event.user_id)
            assert partition.fold(event) == watched
        elif isinstance(event, DayPassed):
            for user_id in USERS:
                watch(partition, event, user_id)
            partition.fold(event)
        else:
            partition.fold(event)


def watch(partition: Partition, event: Event, user_id: str) -> list[UserEvent]:
    """Fold a copy of a user's state by hand, looking at all sections around each call."""
    user = decode_user(user_id, every_part(partition.user(user_id)))
    shared = decode_shared(every_shared_row(partition.shared))
    shared.artifacts = partition.shared.artifacts
    today = shared.today(user_id)
    if isinstance(event, DayPassed):
        today = event.day.toordinal()
        shared.pass_day(bucket_of(user_id), today)
    entry, draft = partition.next_entry(event), Draft(user.book)
    verdict: Settled = None
    for settle, own in SETTLES.items():
        with only_changes(user, shared, own):
            opinion = settle(draft, user, shared, entry)
        verdict = verdict or opinion
    with only_changes(user, shared, "book"):
        view = View(entry, draft.commit(), user, shared, today)
    if isinstance(verdict, Refusal) or verdict in NOTHING_NEW:
        return []
    for name, observe in OBSERVE.items():
        with only_changes(user, shared, name):
            noted = observe(getattr(user, name), view)  # type: ignore[operator] # Each takes its own.
        view = view.with_notes(noted)
    with only_changes(user, shared, "nothing"):
        events = [*enriched(user, view.changes, view.noted(Assessed)), *made(user_id, view.notes)]
    with only_changes(user, shared, "alerts"):
        events += alert(user.alerts, view)
    with only_changes(user, shared, "insights"):
        events += tell(user.insights, view)
    return events


SETTLES = {
    reconcile: "book",
    categorize: "labels",
    learn: "labels",
    accounts: "accounts",
    preferences: "preferences",
    twins: "twins",
    transfers: "transfers",
    refunds: "refunds",
    answers: "alerts",
}


def test_every_settling_processor_is_watched() -> None:
    assert tuple(SETTLES) == SETTLE


@contextmanager
def only_changes(user: User, shared: Shared, own: str) -> Iterator[None]:
    """Compare the bytes of everything but *own* before and after, and the marks too."""
    before = bytes_by_owner(user, shared)
    yield
    after = bytes_by_owner(user, shared)
    del before[own], after[own]
    assert after == before


def bytes_by_owner(user: User, shared: Shared) -> dict[str, bytes]:
    encode = msgspec.msgpack.encode
    sections = {name: getattr(user, name) for name in SECTIONS}
    book, days = user.book, user.aggregate.days.weeks
    return {
        "nothing": b"",
        "shared": encode([shared.days, shared.activated, shared.activated_changed]),
        "book": encode(
            [list(book.transactions()), book.known, book.weeks.changed, book.years_changed]
        ),
        **{name: encode(remembered(section)) for name, section in sections.items()},
        "aggregate": encode([*remembered(user.aggregate), days_in(user), days.changed]),
    }


def remembered(section: Section[Any, Any]) -> list[Any]:
    return [section.hot, section.cold, section.cold_changed]


# What readers rely on.


@given(history=histories | lively_histories)
def test_two_events_never_share_an_id(history: list[Event]) -> None:
    partition = Partition().fold_all(unerased(history))
    ids = [one.attributes["id"] for one in partition.published]

    assert len(set(ids)) == len(ids)


@given(history=histories | lively_histories)
def test_alerts_live_from_being_raised_to_their_end(history: list[Event]) -> None:
    lives: dict[str, list[Alert]] = {}
    for one in alerts_of(Partition().fold_all(unerased(history))):
        lives.setdefault(one.alert_id, []).append(one)

    for life in lives.values():
        assert [one.revision for one in life] == list(range(1, len(life) + 1))
        assert [one.revision for one in life if isinstance(one, AlertRaised)] == [1]
        for before, after in pairwise(life):
            # It may hold again in its window; then it is updated, and nobody is woken twice.
            assert status_of(before) not in ENDS or isinstance(after, AlertUpdated)


@given(history=histories | lively_histories)
def test_a_subject_has_one_open_alert_at_most(history: list[Event]) -> None:
    open_ids: dict[tuple[str, ...], str] = {}
    for one in alerts_of(Partition().fold_all(unerased(history))):
        subject = subject_of(one)
        assert open_ids.setdefault(subject, one.alert_id) == one.alert_id
        if status_of(one) in ENDS:
            del open_ids[subject]


@given(history=histories, left_out=users)
def test_users_touch_each_other_through_the_journal_alone(
    history: list[Event], left_out: str
) -> None:
    def of_others(partition: Partition) -> list[bytes]:
        events = (one.event for one in partition.published)
        return [event.to_json() for event in events if event.user_id != left_out]

    everybody = Partition().fold_all(history)
    others = Partition(teaches=False).fold_all(
        event
        for event in everybody.journal
        if not (isinstance(event, UserEvent) and event.user_id == left_out)
    )

    assert of_others(everybody) == of_others(others)
    everybody.stored.pop(left_out, None)
    assert everybody.stored == others.stored


@given(history=histories, erased=users)
def test_an_erased_user_leaves_nothing(history: list[Event], erased: str) -> None:
    partition = Partition().fold_all(history)
    partition.fold(UserErased(user_id=erased, request_id="r"))
    partition.save()

    assert erased not in partition.stored
    assert every_part(partition.user(erased)) == every_part(User(erased))


def unerased(history: list[Event]) -> list[Event]:
    """Leave out erasures: whoever is forgotten begins anew, and is told everything again."""
    return [event for event in history if not isinstance(event, UserErased)]


def alerts_of(partition: Partition) -> Iterator[Alert]:
    return (one.event for one in partition.published if isinstance(one.event, Alert))


def status_of(alert: Alert) -> str:
    return str(getattr(alert, "status", ""))


def subject_of(alert: Alert) -> tuple[str, ...]:
    """Name what an alert is about, from what readers see of it: an episode, by how it began."""
    payments = [f"{one.account_id} {one.transaction_id}" for one in alert.evidence.transactions]
    return (alert.user_id, alert.rule_id, str(alert.args.get("account")), *payments[:1])
