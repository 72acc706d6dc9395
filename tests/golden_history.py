"""A year of three households that is the same in every process, and the digest of its fold.

`python -m tests.golden_history whole` folds it as one batch, `forgetful` with nothing cached.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Literal

from schemas.accounts import AccountUpdated
from schemas.event import Event
from schemas.feedback import AboutCategory, AboutTransfer, FeedbackGiven
from schemas.ids import bucket_of
from schemas.journal import (
    ChallengerSet,
    DayPassed,
    Detection,
    ModelActivated,
    Policy,
    PolicyActivated,
    UserErased,
)
from schemas.preferences import (
    AlertRuleChoice,
    Budget,
    FilingRule,
    Goal,
    OwnCategory,
    Preferences,
    SettingsChanged,
)
from schemas.transactions import TransactionImported
from tests.partition import Partition
from tests.tiny_artifacts import FIRST as FIRST_ARTIFACT
from tests.tiny_artifacts import SECOND as SECOND_ARTIFACT
from tests.tiny_artifacts import named

Verdict = Literal["set", "accepted", "rejected", "withdrawn"]
FIRST = date(2025, 1, 1)
DAYS = 365
NAMES = ("household-1", "household-18", "household-2")
TEXTS = ("CARD GROCER 12", "COFFEE BAR", "CARD PAYMENT", "CITY RAILWAY", "BOOKSHOP")
CURRENCIES = ("EUR", "EUR", "USD", "JPY")
ACCOUNTS = {"main": "checking", "savings": "savings", "card": "credit"}
BUDGETS = (
    Budget(budget_id="food", subject="food", limit_minor=20_000, currency="EUR", rollover=True),
    Budget(budget_id="all", subject="total", period="week", limit_minor=9_000, currency="EUR"),
)
GOALS = (
    Goal(goal_id="some", kind="savings_rate", rate=0.1, currency="EUR"),
    Goal(
        goal_id="boat",
        kind="amount_by_date",
        amount_minor=40_000,
        by=date(2025, 11, 30),
        account_id="savings",
        currency="EUR",
    ),
)
TRIPS = OwnCategory(category="own:trips", name="Trips", parent="travel")
RULES = (FilingRule(rule_id="rails", category="own:trips", text_contains="railway"),)
ACTIVATIONS: dict[int, Event] = {
    60: ModelActivated(**named(FIRST_ARTIFACT)._asdict()),
    200: ChallengerSet(**named(SECOND_ARTIFACT)._asdict(), share_percent=50, days=30),
}


def history() -> Iterator[Event]:
    """Yield the year, day by day."""
    for name in NAMES:
        for account_id, type_ in ACCOUNTS.items():
            yield _account(name, FIRST, 0, account_id=account_id, type=type_)
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        if number in ACTIVATIONS:
            yield ACTIVATIONS[number]
        for place, name in enumerate(NAMES):
            yield from _day_of(name, day, number * 7 + place * 3)
        for bucket in sorted({bucket_of(name) for name in NAMES}):
            yield DayPassed(bucket=bucket, day=day)
    yield UserErased(user_id=NAMES[2], request_id="erase")


def _day_of(name: str, day: date, step: int) -> Iterator[Event]:
    """Yield a day: payments that repeat, swell, are corrected, taken back, held and posted."""
    amount = 500 + step * 7_919 % 4_000
    payment = _payment(name, day, "a", -amount, step)
    yield payment
    if step % 5 == 0:
        yield payment
    if step % 11 == 0:
        yield payment.model_copy(update={"amount_minor": -amount - 100, "revision": 1})
    if step % 13 == 0:
        yield payment.model_copy(update={"status": "removed"})
    if step % 17 == 0:
        large = _payment(name, day, "b", -90_000 - step, step)
        yield large
        if step % 2:
            yield large.model_copy(update={"status": "removed"})
    if step % 19 == 0:
        yield _payment(name, day, "hold", -amount, step, status="pending")
        yield _payment(name, day, "twin", -amount, step, pending_transaction_id=f"{day}-hold")
    if day.day == 1:
        yield _payment(name, day, "salary", 200_000, step, kind="salary", currency="EUR")
    yield from _ties_of(name, day, step)
    yield from _said_of(name, day, step)


def _ties_of(name: str, day: date, step: int) -> Iterator[Event]:
    """Yield what has to do with each other: transfers, and purchases that come back."""
    if step % 31 == 0:
        moved = {"account_id": "savings", "kind": "transfer", "currency": "EUR"}
        yield _payment(name, day, "out", -5_000, step, kind="transfer", currency="EUR")
        yield _payment(name, day, "in", 5_000, step, **moved)
        # From time to time it may have been either of two.
        if step % 2:
            yield _payment(name, day, "in-too", 5_000, step, **{**moved, "account_id": "card"})
    if step % 37 == 0:
        shop = {"merchant_name": "Corner Shoes", "currency": "EUR"}
        yield _payment(name, day, "shoes", -9_000, step, kind="card", **shop)
        yield _payment(name, day, "back", 9_000 - step % 3 * 1_000, step, kind="refund", **shop)


def _said_of(name: str, day: date, step: int) -> Iterator[Event]:
    if step % 23 == 0:
        yield _account(name, day, step)
    yield from _answered(name, day, step)
    if step % 41 == 0:
        pair = AboutTransfer(
            kind="transfer",
            verdict="rejected" if step % 2 else "confirmed",
            account_id="main",
            transaction_id=f"{day}-out",
            other_account_id="savings",
            other_transaction_id=f"{day}-in",
        )
        yield FeedbackGiven(feedback_id=f"p{step}", user_id=name, revision=step, about=pair)
    if step % 97 == 0:
        choice = AlertRuleChoice(rule_id="low_balance", parameters={"below_minor": step * 10})
        chosen = Preferences(
            alert_rules=(choice,),
            time_zone="Europe/Lisbon",
            budgets=BUDGETS,
            goals=GOALS,
            categories=(TRIPS,),
            filing_rules=RULES if step % 2 else None,
        )
        yield SettingsChanged(change_id=f"c{step}", user_id=name, revision=step, preferences=chosen)
    if step % 301 == 0:
        milli = 2_000 + step % 1_000
        detection = Detection(threshold_milli=milli)
        yield PolicyActivated(version=f"p{step}", policy=Policy(detection=detection))


def _answered(name: str, day: date, step: int) -> Iterator[Event]:
    """Yield what is said of categories: named, named anew, confirmed, rejected and withdrawn."""
    of_today, of_last_week = f"{day}-a", f"{day - timedelta(days=7)}-a"
    if step % 29 == 0:
        yield _answer(name, of_today, step, "set", "dining.bar")
    if step % 29 == 7:
        yield _answer(name, of_last_week, step, "set", "own:trips" if step % 2 else "dining.coffee")
    if step % 43 == 0:
        yield _answer(name, of_today, step, "accepted")
    if step % 47 == 0:
        yield _answer(name, of_today, step, "rejected")
    # What was named a week before.
    if step % 58 == 20:
        yield _answer(name, of_last_week, step, "withdrawn")
    if step % 58 == 49:
        yield _answer(name, of_last_week, step, "set", "dining.restaurant")


def _answer(
    name: str, transaction_id: str, revision: int, verdict: Verdict, category: str | None = None
) -> FeedbackGiven:
    about = AboutCategory(
        kind="category",
        verdict=verdict,
        account_id="main",
        transaction_id=transaction_id,
        category=category,
    )
    return FeedbackGiven(feedback_id=f"f{revision}", user_id=name, revision=revision, about=about)


def _payment(
    name: str, day: date, which: str, amount_minor: int, step: int, **fields: object
) -> TransactionImported:
    usual = {
        "transaction_id": f"{day}-{which}",
        "user_id": name,
        "account_id": "main",
        "amount_minor": amount_minor,
        "currency": CURRENCIES[step % len(CURRENCIES)],
        # Some come late, and some very late.
        "booked_on": day - timedelta(days=step % 3 + (step % 31 == 0) * 150),
        "description": TEXTS[step % len(TEXTS)],
        "status": "posted",
        "backfill": step % 37 == 0,
    }
    return TransactionImported.model_validate({**usual, **fields})


def _account(name: str, day: date, revision: int, **fields: object) -> AccountUpdated:
    usual = {
        "account_id": "main",
        "user_id": name,
        "type": "checking",
        "currency": "EUR",
        "balance_minor": 20_000 + revision,
        "as_of": datetime.combine(day, time(18), UTC),
        # A connection breaks from time to time.
        "status": "disconnected" if revision % 46 == 23 else "active",
        "revision": revision,
    }
    return AccountUpdated.model_validate({**usual, **fields})


def digest(*, forgetful: bool) -> str:
    """Digest everything that was published, and every byte of the state in the end."""
    partition = Partition()
    for event in history():
        partition.fold(event)
        if forgetful:
            partition.forget()
    partition.save()
    states = {name: sorted(parts.items()) for name, parts in sorted(partition.stored.items())}
    whole = (partition.wire, states, sorted(partition.rows.items()))
    return sha256(repr(whole).encode()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(digest(forgetful=sys.argv[1] == "forgetful") + "\n")
