"""The laws of what is watched for beyond the amount, over the real chain of processors."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.state.transaction import identity_of
from processors.state.watching import ACCOUNTS_MAX, FINDINGS_MAX, MEMBERS_MAX, MOMENTS_MAX, Watched
from processors.watches.new_payee_large import PAYEES_MAX
from processors.watches.unusual_cash import REMEMBERED
from processors.watches.unusual_place import COUNTRIES_MAX
from schemas.accounts import AccountUpdated
from schemas.alerts import Alert, AlertRaised, AlertUpdated
from schemas.event import Event
from schemas.feedback import AboutAlert, AboutFraud, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.transactions import TransactionImported
from tests.partition import Partition

# Only for a failure: to find its smallest example may take minutes.
pytestmark = pytest.mark.timeout(600)

NAME = "household-1"
ACCOUNTS = ("current", "old-savings")
BASE = date(2025, 3, 10)
OTHERS = frozenset({"large_payment", "unusual_payment", "low_balance"})
NEVER_TAKEN_BACK = frozenset({"balance_mismatch"})
HOT_BYTES_MAX = 1_500
"""Of the most crowded; what a usual household has is measured elsewhere."""


def payment(name: str, amount_minor: int, on: date, **fields: Any) -> TransactionImported:
    usual = {
        "transaction_id": name,
        "user_id": NAME,
        "account_id": ACCOUNTS[0],
        "amount_minor": -amount_minor,
        "currency": "EUR",
        "booked_on": on,
        "description": "GROCER",
        "status": "posted",
    }
    return TransactionImported(**{**usual, **fields})


def day_passed(day: date) -> DayPassed:
    return DayPassed(bucket=bucket_of(NAME), day=day)


def reported(account_id: str, balance_minor: int, on: date, revision: int) -> AccountUpdated:
    return AccountUpdated(
        account_id=account_id,
        user_id=NAME,
        type="checking" if account_id == ACCOUNTS[0] else "savings",
        currency="EUR",
        balance_minor=balance_minor,
        as_of=datetime.combine(on, time(22), UTC),
        revision=revision,
    )


def _known_household() -> list[Event]:
    """Make a past by which each pattern can be told from what is usual."""
    past = [BASE - timedelta(days=number) for number in range(60, 30, -1)]
    at_home: dict[str, Any] = {"kind": "card", "country": "DE", "city": "Bonn", "backfill": True}
    cash: dict[str, Any] = {"kind": "cash", "backfill": True}
    friend = {"kind": "transfer", "description": "to Otter", "counterparty_account": "otter"}
    return [
        *(reported(one, 300_000, BASE - timedelta(days=200), 0) for one in ACCOUNTS),
        *(payment(f"p{number}", 1_000, day, **at_home) for number, day in enumerate(past)),
        *(payment(f"c{number}", 5_000, day, **cash) for number, day in enumerate(past[:6])),
        payment("friend", 3_000, past[0], backfill=True, **friend),
        day_passed(BASE - timedelta(days=1)),
    ]


KNOWN_HOUSEHOLD = _known_household()

NAMES = tuple(f"t{number}" for number in range(14))
names = st.sampled_from(NAMES)
days = st.sampled_from((0, 0, 0, 0, 1, 1, 2)).map(lambda number: BASE + timedelta(days=number))
minutes = st.none() | st.integers(0, 90)
accounts = st.sampled_from((*ACCOUNTS[:1] * 4, ACCOUNTS[1]))
SHOPS = ("PAPER SHOP", "TOY SHOP", "TEA SHOP", "HAT SHOP", "PEN SHOP", "FISH SHOP")
shops = st.sampled_from(SHOPS)
statuses = st.sampled_from((*("posted",) * 5, "pending", "pending", "removed"))
"""Few names, so that most are corrected, removed or posted at some time."""


@st.composite
def payments(draw: st.DrawFn, *, backfill: bool = False) -> TransactionImported:
    """Draw what looks like one of the patterns, or like part of one."""
    on, minute = draw(days), draw(minutes)
    kind, amounts = draw(
        st.sampled_from(
            (
                *(("card", (100, 120, 150, 90_000)),) * 4,
                *(("card", (2_500,)), ("cash", (5_000, 90_000)), ("transfer", (3_000, 90_000))),
                ("refund", (-2_500, -100)),
            )
        )
    )
    return payment(
        draw(names),
        draw(st.sampled_from(amounts)),
        on,
        account_id=draw(accounts),
        kind=kind,
        description=draw(shops),
        status=draw(statuses),
        occurred_at=minute
        if minute is None
        else datetime.combine(on, time(12), UTC) + timedelta(minutes=minute),
        pending_transaction_id=draw(st.none() | st.none() | names),
        counterparty_account=draw(st.sampled_from(("otter", "lynx", ACCOUNTS[1])))
        if kind == "transfer"
        else None,
        country=draw(st.sampled_from((None, "DE", "DE", "US", "JP"))),
        city=draw(st.sampled_from((None, "Bonn"))),
        balance_after_minor=draw(st.none() | st.integers(0, 3).map(lambda one: one * 5_000)),
        backfill=backfill,
    )


others = st.one_of(
    st.integers(0, 40).map(lambda number: day_passed(BASE + timedelta(days=number))),
    st.builds(
        reported,
        accounts,
        st.sampled_from((0, 100_000, 300_000)),
        st.integers(0, 40).map(lambda number: BASE + timedelta(days=number)),
        st.integers(1, 9),
    ),
)
entries: st.SearchStrategy[Event] = st.integers(0, 5).flatmap(
    lambda drawn: payments() if drawn else others
)


@st.composite
def bursts(draw: st.DrawFn) -> list[Event]:
    """Draw many small charges within an hour, at new shops or all at one that is known."""
    on, minute = draw(days), draw(st.integers(0, 30))
    tells_minute, is_known = draw(st.booleans()), draw(st.booleans())
    chosen = draw(st.lists(names, min_size=3, max_size=12, unique=True))
    at = datetime.combine(on, time(12, minute), UTC)
    return [
        payment(
            name,
            100 + number,
            on,
            kind="card",
            description="GROCER" if is_known else SHOPS[number % len(SHOPS)],
            status=draw(statuses),
            occurred_at=at + timedelta(minutes=number) if tells_minute else None,
        )
        for number, name in enumerate(chosen)
    ]


@st.composite
def double_charges(draw: st.DrawFn) -> list[Event]:
    """Draw two charges in place of one, and days in which they may stand or go."""
    on, shop = draw(days), draw(shops)
    chosen = draw(st.lists(names, min_size=2, max_size=3, unique=True))
    passed = [day_passed(on + timedelta(days=number)) for number in range(draw(st.integers(0, 6)))]
    charges = [
        payment(name, 2_500, on, kind="card", description=shop, mcc="5411", status=draw(statuses))
        for name in chosen
    ]
    return [*charges, *passed]


histories: st.SearchStrategy[list[Event]] = st.lists(
    st.integers(0, 9).flatmap(
        lambda drawn: {0: bursts(), 1: double_charges()}.get(drawn, entries.map(lambda one: [one]))
    ),
    min_size=1,
    max_size=24,
).map(lambda parts: [*chain.from_iterable(parts)])


def settled() -> Partition:
    return Partition().fold_all(KNOWN_HOUSEHOLD)


def watched(event: Event) -> bool:
    return isinstance(event, Alert) and event.rule_id not in OTHERS


@given(history=histories, forgotten_after=st.sets(st.integers(0, 36)))
def test_neither_batches_nor_a_forgetful_cache_matter(
    history: list[Event], forgotten_after: set[int]
) -> None:
    whole, cut = settled().fold_all(history), settled()
    for at, event in enumerate(history):
        cut.fold(event)
        if at in forgotten_after:
            cut.save()
            cut.forget()
    cut.save()

    assert cut.wire == whole.wire
    assert cut.stored == whole.stored


@given(history=histories)
def test_what_comes_twice_is_told_once(history: list[Event]) -> None:
    partition = settled()
    for event in history:
        partition.fold(event)
        state = partition.state

        assert partition.fold(event) == []
        assert partition.state == state


@given(history=histories)
def test_nothing_is_raised_twice(history: list[Event]) -> None:
    partition = settled()
    raised = [
        told.alert_id
        for event in history
        for told in partition.fold(event)
        if isinstance(told, AlertRaised) and watched(told)
    ]

    assert len(raised) == len(set(raised))


@given(history=histories, verdict=st.sampled_from(("normal", "dismissed", "useful", "fraud")))
def test_nobody_is_woken_again_by_what_they_answered_when_payments_go_weeks_later(
    history: list[Event], verdict: str
) -> None:
    partition = settled()
    told = [told for event in history for told in partition.fold(event)]
    raised = [one for one in told if isinstance(one, AlertRaised) and watched(one)]
    for alert in raised:
        partition.fold(answered(alert, verdict))
    later = max([BASE, *(day.day for day in history if isinstance(day, DayPassed))])
    partition.fold(day_passed(later + timedelta(days=15)))
    by_key = partition.user(NAME).alerts.cold.by_key
    closed = {known.alert_id for known in by_key.values() if known.closed}
    gone = {one.transaction_id for alert in raised for one in alert.evidence.transactions}
    for event in history:
        if isinstance(event, TransactionImported) and event.transaction_id in gone:
            told = partition.fold(event.model_copy(update={"status": "removed"}))
            alerts = [one for one in told if isinstance(one, Alert) and watched(one)]
            assert not [one for one in alerts if isinstance(one, AlertRaised)]
            # What loses payments becomes no worse.
            assert not [one for one in alerts if one.alert_id in closed]


def answered(alert: AlertRaised, verdict: Any) -> FeedbackGiven:
    """Make an answer to an alert, or a word on fraud about the first payment that it names."""
    about: AboutAlert | AboutFraud
    if verdict == "fraud" and alert.evidence.transactions:
        named = alert.evidence.transactions[0]
        about = AboutFraud(
            kind="fraud",
            verdict="confirmed",
            account_id=named.account_id,
            transaction_id=named.transaction_id,
        )
    else:
        verdict = "dismissed" if verdict == "fraud" else verdict
        about = AboutAlert(kind="alert", verdict=verdict, alert_id=alert.alert_id)
    return FeedbackGiven(feedback_id=f"f-{alert.alert_id}", user_id=NAME, revision=1, about=about)


@given(history=histories)
def test_whatever_is_told_of_still_counts(history: list[Event]) -> None:
    partition = settled()
    for event in history:
        for told in partition.fold(event):
            if isinstance(told, AlertRaised | AlertUpdated) and watched(told):
                shown = [
                    identity_of(one.account_id, one.transaction_id)
                    for one in told.evidence.transactions
                ]
                book = partition.user(NAME).book

                assert shown or told.rule_id in NEVER_TAKEN_BACK
                assert len(shown) == len(set(shown))
                for identity in shown:
                    own = book.find(identity)
                    assert own is not None
                    assert own.counts


@given(history=histories)
def test_once_every_payment_is_removed_no_alert_stands(history: list[Event]) -> None:
    partition = settled().fold_all(history)
    for account_id in ACCOUNTS:
        for name in NAMES:
            gone = payment(name, 1, BASE, account_id=account_id, status="removed")
            partition.fold(gone)

    standing = {
        key.partition(":")[0]
        for key, own in partition.user(NAME).alerts.cold.by_key.items()
        if own.status not in {"resolved", "retracted"}
    }
    assert not standing - OTHERS - NEVER_TAKEN_BACK


@given(history=st.lists(payments(backfill=True), max_size=36), passed=st.booleans())
def test_history_is_learned_from_and_never_told_of(history: list[Event], *, passed: bool) -> None:
    partition = settled()
    if passed:
        history = [*history, *(day_passed(BASE + timedelta(days=number)) for number in range(9))]
    told = [told for event in history for told in partition.fold(event)]

    assert not [event for event in told if watched(event)]


@st.composite
def hostile(draw: st.DrawFn) -> TransactionImported:
    """Draw what no bank would send: any instant, any country, any account, any payee."""
    number = draw(st.integers(0, 200))
    return payment(
        f"h{number}",
        draw(st.sampled_from((100, 90_000, 10**12))),
        BASE + timedelta(days=draw(st.integers(-400, 9))),
        account_id=f"account-{number % 50}",
        kind=draw(st.sampled_from(("card", "cash", "transfer"))),
        description=f"SHOP {'ABCDEFGHIJ'[number % 10]}{'KLMNOPQRST'[number // 10 % 10]}",
        counterparty_account=f"payee-{number}",
        country="".join(draw(st.tuples(*[st.sampled_from("ABCDEFG")] * 2))),
        occurred_at=draw(
            st.datetimes(
                datetime(1970, 1, 2),  # noqa: DTZ001 # The zone comes with `timezones`.
                datetime(2099, 12, 30),  # noqa: DTZ001 # As above.
                timezones=st.just(UTC),
            )
            | st.integers(0, 2_000).map(
                lambda minute: datetime.combine(BASE, time(), UTC) + timedelta(minutes=minute)
            )
        ),
        balance_after_minor=draw(st.sampled_from((-(10**12), 0, 10**12))),
    )


# A few will do: most of them fill all that is bounded.
@settings(max_examples=10)
@given(history=st.lists(hostile(), min_size=5, max_size=25))
def test_what_is_remembered_is_bounded(history: list[TransactionImported]) -> None:
    again: list[Event] = [
        own.model_copy(
            update={
                "transaction_id": f"{turn}-{number}",
                "account_id": f"{turn}-{own.account_id}",
                "counterparty_account": f"{turn}-{own.counterparty_account}",
            }
        )
        for turn in range(9)
        for number, own in enumerate(history)
    ]
    user = settled().fold_all(again).user(NAME)
    hot, cold = user.watch.hot, user.watch.cold

    assert len(hot.moments) <= MOMENTS_MAX
    assert max(len(hot.moved), len(hot.checked)) <= ACCOUNTS_MAX
    assert len(cold.findings) <= FINDINGS_MAX
    assert all(len(finding.members) <= MEMBERS_MAX for finding in cold.findings)
    assert len(cold.payees) <= PAYEES_MAX
    assert len(cold.countries) <= COUNTRIES_MAX
    assert all(len(taken) <= REMEMBERED for taken in cold.withdrawn.values())
    assert len(msgspec.msgpack.encode(hot)) <= HOT_BYTES_MAX


@given(history=st.lists(hostile(), max_size=20))
def test_a_mistaken_date_does_not_end_all_learning(history: list[TransactionImported]) -> None:
    mistaken = [
        own.model_copy(update={"booked_on": date(2099, 1, 1), "transaction_id": f"late{number}"})
        for number, own in enumerate(history)
    ]
    before = msgspec.msgpack.encode(settled().user(NAME).watch.hot)
    after = msgspec.msgpack.encode(settled().fold_all(mistaken).user(NAME).watch.hot)

    assert after == before
    assert msgspec.msgpack.decode(after, type=Watched).pace.known
