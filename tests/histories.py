"""Histories as journals hold them: small alphabets, so that entries meet, repeat and conflict."""

import operator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from models.descriptor import read_descriptor
from models.evidence import weight_on
from processors.state.transaction import identity_of
from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import (
    AboutAlert,
    AboutCategory,
    AboutFraud,
    AboutInsight,
    AboutRecurring,
    AboutTransfer,
    FeedbackGiven,
)
from schemas.fields import FIRST_DATE, LAST_DATE
from schemas.ids import bucket_of, deterministic_id
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    Detection,
    JudgedAnswer,
    Lesson,
    LessonsTaught,
    ModelActivated,
    Policy,
    PolicyActivated,
    UserErased,
)
from schemas.money import AMOUNT_MINOR_MAX
from schemas.preferences import (
    AlertRuleChoice,
    Budget,
    Features,
    Goal,
    OwnCategory,
    Preferences,
    Profile,
    QuietHours,
    SettingsChanged,
)
from schemas.transactions import TransactionImported
from tests.tiny_artifacts import FIRST, SECOND, named

BASE = date(2025, 1, 20)
# The first two share a bucket, so that one day's end concerns both.
USERS = ("household-1", "household-18", "household-2")
ACCOUNTS = ("checking", "savings", "card")
TRANSACTIONS = tuple(f"t{number}" for number in range(4))
DAYS_MAX = 130

# Most entries meet on one user.
users = st.sampled_from((USERS[0], USERS[0], USERS[0], *USERS))
accounts = st.sampled_from((ACCOUNTS[0], ACCOUNTS[0], *ACCOUNTS))
transaction_ids = st.sampled_from(TRANSACTIONS)
currencies = st.sampled_from(("EUR", "EUR", "EUR", "USD", "JPY", "KWD"))
revisions = st.integers(0, 4)

# Around the base, on both sides of the window's and of the kept months' ends; and the extremes.
near_dates = st.sampled_from((0, 0, 0, 1, 5, 8, 12, 13, 20, 45, 95, 120)).map(
    lambda days: BASE + timedelta(days=days)
)
odd_dates = st.sampled_from(
    (
        *(BASE - timedelta(days=days) for days in (7, 31, 91, 93, 365, 370, 395, 500, 900)),
        date(2024, 2, 29),
        FIRST_DATE,
        BASE + timedelta(days=400),
        LAST_DATE,
    )
)
dates = near_dates | near_dates | odd_dates

amounts = st.integers(-20_000, 5_000) | st.sampled_from(
    (
        *(-100, -100, -100, -105, -130, -5_000, -20_000, -90_000, -90_000, 0, 1, 230_000),
        *(100, 100, 40, 205, 5_000, 20_000, 90_000),
        *(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX),
    )
)
descriptions = st.sampled_from(
    (
        *("CARD PAYMENT 123", "coffee bar", "SALARY", "  ", "", "Kiosk \N{SNOWMAN}", "x" * 10_000),
        *("COFFEE BAR 0042 BERLIN", "REFUND coffee bar", "Shell fuel", "to savings"),
    )
)
kinds = st.none() | st.sampled_from(
    (
        *("card", "card", "transfer", "salary", "refund", "fee", "interest", "cash"),
        *("direct_debit", "standing_order", "other"),
    )
)
counterparties = st.none() | st.none() | st.sampled_from((*ACCOUNTS, "a-friend"))
countries = st.none() | st.sampled_from(("DE", "FR"))
merchants = st.none() | st.sampled_from(
    # The third grows threefold where letters lose their case.
    ("Grocer", " ", "\N{GREEK SMALL LETTER IOTA WITH DIALYTIKA AND TONOS}" * 200)
)


def transactions(
    of: st.SearchStrategy[str] = users, on: st.SearchStrategy[date] = dates
) -> st.SearchStrategy[TransactionImported]:
    """Transactions new and repeated, corrected and removed, pending and posted, in any order."""
    return st.builds(
        TransactionImported,
        transaction_id=transaction_ids,
        user_id=of,
        account_id=accounts,
        amount_minor=amounts,
        currency=currencies,
        booked_on=on,
        description=descriptions,
        status=st.sampled_from(("posted", "posted", "pending", "removed")),
        pending_transaction_id=st.none() | transaction_ids,
        revision=st.none() | revisions,
        kind=kinds,
        merchant_name=merchants,
        counterparty_account=counterparties,
        mcc=st.none() | st.sampled_from(("5411", "5541", "5812", "0000")),
        category_hint=st.none() | st.just("FOOD_AND_DRINK"),
        country=countries,
        backfill=st.sampled_from((False, False, False, True)),
    )


def _as_a_version(seen: TransactionImported) -> TransactionImported:
    """Give it a revision, and no tie to any other transaction."""
    status = "removed" if seen.status == "removed" else "posted"
    alone = {"pending_transaction_id": None, "status": status, "revision": seen.revision or 0}
    return seen.model_copy(update=alone)


versions = st.lists(
    transactions(of=st.just(USERS[0]), on=near_dates).map(_as_a_version),
    unique_by=lambda seen: (seen.account_id, seen.transaction_id, seen.revision),
    max_size=10,
)
"""Versions of one user's transactions; each revision of each says one thing only."""


def account_updates(of: st.SearchStrategy[str] = users) -> st.SearchStrategy[AccountUpdated]:
    """Reports of accounts, with and without a balance, late ones and stale ones too."""
    return st.builds(
        AccountUpdated,
        account_id=accounts,
        user_id=of,
        type=st.sampled_from(("checking", "savings", "credit", "loan", "investment", "cash")),
        currency=st.sampled_from(("EUR", "EUR", "EUR", "USD")),
        balance_minor=st.none() | st.sampled_from((-500, 0, 9_999, 10_000, 300_000)),
        as_of=dates.map(lambda day: datetime.combine(day, time(23, 30), UTC)),
        credit_limit_minor=st.none() | st.just(200_000),
        interest_rate=st.none() | st.sampled_from(("0.5", "19.9")),
        minimum_payment_minor=st.none() | st.just(2_500),
        status=st.sampled_from(("active", "active", "disconnected", "closed")),
        complete_until=st.none() | dates,
        revision=revisions,
    )


def _alert_ids(user_id: str) -> st.SearchStrategy[str]:
    """Ids that alerts of this user may really have, and one that none has."""

    def large(account_id: str, transaction_id: str) -> str:
        key = f"unusual_payment:{identity_of(account_id, transaction_id):016x}"
        return deterministic_id("alert", [user_id, key, ""])

    def low(account_id: str, day: date) -> str:
        window = str(day.toordinal())
        return deterministic_id("alert", [user_id, f"low_balance:{account_id}", window])

    return st.one_of(
        st.builds(large, accounts, transaction_ids),
        st.builds(low, accounts, near_dates),
        st.builds(low, st.just(ACCOUNTS[0]), st.just(BASE)),
        st.just("unheard-of"),
    )


_scopes = st.none() | st.sampled_from(("merchant", "amount", "rule"))


def _abouts(user_id: str) -> st.SearchStrategy[object]:
    categories = st.sampled_from(("dining.coffee", "transfer.savings", "own:boat", "no.such"))
    return st.one_of(
        st.builds(
            AboutCategory,
            kind=st.just("category"),
            verdict=st.sampled_from(("set", "set", "accepted", "rejected", "withdrawn")),
            account_id=accounts,
            transaction_id=transaction_ids,
            category=categories,
        ),
        st.builds(
            AboutAlert,
            kind=st.just("alert"),
            verdict=st.sampled_from(("normal", "dismissed", "useful", "delivered", "suppressed")),
            alert_id=_alert_ids(user_id),
            scope=_scopes,
        ),
        st.builds(
            AboutFraud,
            kind=st.just("fraud"),
            verdict=st.sampled_from(("confirmed", "denied")),
            account_id=accounts,
            transaction_id=transaction_ids,
        ),
        st.builds(
            AboutRecurring,
            kind=st.just("recurring"),
            verdict=st.sampled_from(("confirmed", "muted")),
            series_id=st.just("rent"),
        ),
        st.builds(
            AboutTransfer,
            kind=st.just("transfer"),
            verdict=st.sampled_from(("confirmed", "rejected")),
            account_id=accounts,
            transaction_id=transaction_ids,
            other_account_id=accounts,
            other_transaction_id=transaction_ids,
        ),
        st.builds(
            AboutInsight,
            kind=st.just("insight"),
            verdict=st.sampled_from(("useful", "not_useful")),
            insight_id=st.just("unheard-of"),
        ),
    )


def feedback(of: st.SearchStrategy[str] = users) -> st.SearchStrategy[FeedbackGiven]:
    """Answers of all kinds, about things that are there and things that never were."""
    return of.flatmap(
        lambda user_id: st.builds(
            FeedbackGiven,
            feedback_id=st.sampled_from(("f1", "f2")),
            user_id=st.just(user_id),
            revision=revisions,
            about=_abouts(user_id),
        )
    )


_alert_rules = st.builds(
    AlertRuleChoice,
    rule_id=st.sampled_from(("unusual_payment", "low_balance", "unheard_of")),
    enabled=st.sampled_from((True, True, False)),
    muted_until=st.none() | near_dates,
    parameters=st.sampled_from(
        ({}, {"at_least_minor": 0}, {"below_minor": 200_000}, {"below_minor": -1}, {"other": 1})
    ),
)


def up_to_three(chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A few of a kind, none at all, or back to the default."""
    return st.none() | st.lists(chosen, max_size=3).map(tuple)


_budgets = st.builds(
    Budget,
    budget_id=st.sampled_from(("b1", "b2")),
    subject=st.sampled_from(("total", "dining", "dining.coffee", "own:boat", "unknown.unknown")),
    period=st.sampled_from(("month", "week")),
    limit_minor=st.sampled_from((1, 150, 30_000)),
    currency=currencies,
    rollover=st.booleans(),
)
_goals = st.builds(
    Goal,
    goal_id=st.sampled_from(("g1", "g2")),
    kind=st.sampled_from(("amount_by_date", "savings_rate", "debt_paid", "emergency_fund")),
    amount_minor=st.sampled_from((1, 9_999, 300_000)),
    currency=currencies,
    by=near_dates,
    rate=st.sampled_from((0.0, 0.2, 1.0)),
    months=st.sampled_from((1, 3)),
    account_id=accounts,
)
_members: dict[str, st.SearchStrategy[Any]] = {
    "time_zone": st.none() | st.just("Europe/Lisbon"),
    "base_currency": st.just("EUR"),
    "categories": st.just((OwnCategory(category="own:boat", name="Boat", parent="travel"),)),
    "alert_rules": up_to_three(_alert_rules),
    "budgets": up_to_three(_budgets),
    "goals": up_to_three(_goals),
    "profile": st.none() | st.just(Profile(country="DE")),
    "quiet_hours": st.just(QuietHours(start=time(22, 30), end=time(7))),
    "features": st.sampled_from((None, Features(), Features(predictions=False, insights=False))),
}


def settings_changes(of: st.SearchStrategy[str] = users) -> st.SearchStrategy[SettingsChanged]:
    """Changes of some preferences; what a change does not name stays as it was."""
    return st.builds(
        SettingsChanged,
        change_id=st.sampled_from(("c1", "c2")),
        user_id=of,
        revision=revisions,
        preferences=st.fixed_dictionaries({}, optional=_members).map(
            lambda members: Preferences(**members)
        ),
    )


# One by one around the month's end, and in jumps over the ends of the next and of the window.
days_that_pass = st.sampled_from((0, 1, 5, 8, 11, 12, 13, 20, 40, 41, 70, 95, DAYS_MAX)).map(
    lambda days: BASE + timedelta(days=days)
)
days = st.builds(
    DayPassed,
    # A jump, a repeat or a step back, for a bucket with users or for one without.
    bucket=st.sampled_from((*(bucket_of(user_id) for user_id in USERS), 0)),
    day=days_that_pass,
)
artifacts = st.sampled_from((FIRST, SECOND))
activations = st.one_of(
    st.builds(
        PolicyActivated,
        version=st.sampled_from(("p1", "p2")),
        policy=st.builds(
            Policy,
            detection=st.builds(
                Detection,
                name=st.sampled_from(("eager", "patient")),
                threshold_milli=st.sampled_from((2_000, 5_000, 13_000)),
                history=st.just(2),
            ),
            shadow_detection=st.none()
            | st.builds(Detection, name=st.just("patient"), history=st.just(2)),
            low_balance_minor=st.sampled_from((0, 10_000, 250_000)),
            learned_categories=st.booleans(),
        ),
    ),
    artifacts.map(lambda own: ModelActivated(**named(own)._asdict())),
    st.builds(
        lambda own, share, days: ChallengerSet(
            **named(own)._asdict(), share_percent=share, days=days
        ),
        artifacts,
        st.sampled_from((0, 50)),
        st.sampled_from((1, 20)),
    ),
    st.just(ChallengerSet(model="categories")),
)
_weights = st.sampled_from((1, 2, 100)).map(lambda part: weight_on(BASE.toordinal()) // part)
lessons = st.builds(
    LessonsTaught,
    lessons=st.lists(
        st.builds(
            Lesson,
            merchant_key=st.sampled_from(("coffee bar", "Shell fuel", "CARD PAYMENT 123")).map(
                lambda text: read_descriptor(text).key
            ),
            category=st.sampled_from(("dining.coffee", "transport.fuel", "shopping.other")),
            weight=_weights | _weights.map(operator.neg),
        ),
        max_size=3,
    ).map(tuple),
    judged=st.lists(
        st.builds(
            JudgedAnswer,
            percent=st.sampled_from((0, 40, 80, 100)),
            is_right=st.booleans(),
            weight=_weights,
        ),
        max_size=3,
    ).map(tuple),
)
"""What users whose entries are not at hand have taught."""
erasures = st.builds(UserErased, user_id=users, request_id=st.just("r1"))


# What seldom comes together by chance: a few entries that tell of one thing.


def _payment(transaction_id: str, account_id: str, amount_minor: int, **fields: Any) -> Event:
    usual = {
        "transaction_id": transaction_id,
        "user_id": USERS[0],
        "account_id": account_id,
        "amount_minor": amount_minor,
        "currency": "EUR",
        "description": "coffee bar",
        "status": "posted",
    }
    return TransactionImported(**{**usual, **fields})


def _both_legs(
    ids: tuple[str, str], paths: tuple[str, str], days: tuple[date, date], kind: Any
) -> list[Event]:
    """Money moves from one account to another."""
    return [
        _payment(ids[0], paths[0], -5_000, booked_on=days[0], description="to savings", kind=kind),
        _payment(ids[1], paths[1], 5_000, booked_on=days[1], description="from checking"),
    ]


def _held_and_posted(ids: tuple[str, str], amounts: tuple[int, int], on: date) -> list[Event]:
    """A payment is held, and posted under another id."""
    after = on + timedelta(days=2)
    return [
        _payment(ids[0], ACCOUNTS[0], amounts[0], booked_on=on, status="pending"),
        _payment(ids[1], ACCOUNTS[0], amounts[1], booked_on=after),
    ]


def _bought_and_returned(ids: tuple[str, str], back_minor: int, on: date) -> list[Event]:
    """Some of a purchase comes back."""
    after = on + timedelta(days=3)
    return [
        _payment(ids[0], ACCOUNTS[0], -5_000, booked_on=on, kind="card"),
        _payment(ids[1], ACCOUNTS[0], back_minor, booked_on=after, kind="refund"),
    ]


def _renumbered(ids: tuple[str, str], on: date, revision: int) -> list[Event]:
    """An account is connected anew, and its transactions have other ids."""
    statuses = ("disconnected", "active")
    seen = [(-100, ids[0]), (-130, ids[1])]
    return [
        *(_payment(own, ACCOUNTS[0], amount, booked_on=on) for amount, own in seen),
        *(
            AccountUpdated(
                account_id=ACCOUNTS[0],
                user_id=USERS[0],
                type="checking",
                currency="EUR",
                status=status,  # type: ignore[arg-type] # One of the three.
                balance_minor=300_000,
                as_of=datetime.combine(on, time(12), UTC),
                revision=revision + later,
            )
            for later, status in enumerate(statuses)
        ),
        *(_payment(f"new-{own}", ACCOUNTS[0], amount, booked_on=on) for amount, own in seen),
    ]


_two_ids = st.permutations(TRANSACTIONS).map(lambda ids: (ids[0], ids[1]))
scenes: st.SearchStrategy[list[Event]] = st.one_of(
    st.builds(
        _both_legs,
        _two_ids,
        st.permutations(ACCOUNTS).map(lambda path: (path[0], path[1])),
        st.tuples(near_dates, near_dates),
        kinds,
    ),
    st.builds(
        _held_and_posted,
        _two_ids,
        st.sampled_from(((-100, -100), (-100, -130), (-5_000, -100))),
        near_dates,
    ),
    st.builds(_bought_and_returned, _two_ids, st.sampled_from((5_000, 2_000, 6_000)), near_dates),
    st.builds(_renumbered, _two_ids, near_dates, revisions),
)

_BY_KIND = {
    "transaction": transactions(),
    "day": days,
    "feedback": feedback(),
    "account": account_updates(),
    "settings": settings_changes(),
    "activation": activations,
    "lessons": lessons,
    "erasure": erasures,
}
_OFTEN = {"transaction": 14, "day": 4, "feedback": 4, "account": 3, "settings": 3}
_entry = st.sampled_from(
    [kind for kind in _BY_KIND for _ in range(_OFTEN.get(kind, 1))],
).flatmap(_BY_KIND.__getitem__)
_OTHERS_PER_SCENE = 9
_entries: st.SearchStrategy[list[Event]] = st.integers(0, _OTHERS_PER_SCENE).flatmap(
    lambda drawn: scenes if drawn == _OTHERS_PER_SCENE else _entry.map(lambda one: [one])
)

# Few payments are enough for an alert: histories stay short, and still get there.
_EAGER = PolicyActivated(
    version="eager",
    policy=Policy(detection=Detection(name="eager", threshold_milli=2_000, history=2)),
)
_KNOWN_HOUSEHOLD: list[Event] = [
    _EAGER,
    AccountUpdated(
        account_id=ACCOUNTS[0],
        user_id=USERS[0],
        type="checking",
        currency="EUR",
        balance_minor=15_000,
        as_of=datetime.combine(BASE - timedelta(days=9), time(9), UTC),
        revision=0,
    ),
    *(
        TransactionImported(
            transaction_id=f"known{number}",
            user_id=USERS[0],
            account_id=ACCOUNTS[0],
            amount_minor=-100 - number,
            currency="EUR",
            booked_on=BASE - timedelta(days=8 - number),
            description="CARD PAYMENT",
            status="posted",
        )
        for number in range(3)
    ),
]

_FIRST_DAY = DayPassed(bucket=bucket_of(USERS[0]), day=BASE - timedelta(days=1))

histories: st.SearchStrategy[list[Event]] = st.builds(
    operator.add,
    st.sampled_from(([], _KNOWN_HOUSEHOLD, [*_KNOWN_HOUSEHOLD, _FIRST_DAY])),
    # Most accidents need company: left alone, Hypothesis draws about six.
    st.integers(1, 32)
    .flatmap(lambda size: st.lists(_entries, min_size=size, max_size=size))
    .map(lambda parts: [*chain.from_iterable(parts)]),
)
"""Anything that a journal may hold, in any order, for several users."""


def _swing(
    transaction_id: str, amount_minor: int, booked_on: date, status: Any
) -> TransactionImported:
    return TransactionImported(
        transaction_id=transaction_id,
        user_id=USERS[0],
        account_id=ACCOUNTS[0],
        amount_minor=amount_minor,
        currency="EUR",
        booked_on=booked_on,
        description="CARD PAYMENT",
        status=status,
    )


_owner = st.just(USERS[0])
_swings = st.builds(
    _swing,
    st.integers(0, 15).map(lambda number: f"t{number}"),
    st.sampled_from((-20_000, -90_000, 9_000, 230_000)),
    near_dates,
    st.sampled_from(("posted", "posted", "removed")),
)
_answers = st.builds(
    FeedbackGiven,
    feedback_id=st.just("f1"),
    user_id=_owner,
    revision=revisions,
    about=st.builds(
        AboutAlert,
        kind=st.just("alert"),
        verdict=st.sampled_from(("normal", "dismissed", "useful")),
        alert_id=_alert_ids(USERS[0]),
        scope=_scopes,
    ),
)
_steps = st.builds(DayPassed, bucket=st.just(bucket_of(USERS[0])), day=days_that_pass)

_LIVELY: dict[str, st.SearchStrategy[Event]] = {
    "p": _swings,
    "a": _answers,
    "d": _steps,
    "r": account_updates(_owner),
}

lively_histories: st.SearchStrategy[list[Event]] = st.builds(
    operator.add,
    st.just([*_KNOWN_HOUSEHOLD, _FIRST_DAY]),
    st.lists(
        st.sampled_from("pppppaadr").flatmap(_LIVELY.__getitem__),
        min_size=5,
        max_size=40,
    ),
)
"""One household whose balance swings about the bound: alerts come and go."""

_alone: st.SearchStrategy[list[Event]] = transactions(_owner, near_dates).map(lambda one: [one])
tied_histories: st.SearchStrategy[list[Event]] = st.lists(
    st.integers(0, 4).flatmap(lambda drawn: scenes if drawn else _alone), min_size=2, max_size=8
).map(lambda parts: [*chain.from_iterable(parts)])
"""One household most of whose transactions have to do with others."""
