"""One household, told as a story: what it pays, hears and answers, day by day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from processors.state.figures import Natures, balance_of, natures, totals_of
from processors.state.sections import Month, Total
from processors.state.user import User
from processors.state.verdict import Verdict
from schemas.accounts import AccountType, AccountUpdated
from schemas.event import Event, UserEvent
from schemas.feedback import (
    AboutAlert,
    AboutCategory,
    AboutFraud,
    AboutTransfer,
    AlertScope,
    FeedbackGiven,
)
from schemas.ids import bucket_of
from schemas.journal import DayPassed
from schemas.preferences import AlertRuleChoice, Preferences, SettingsChanged
from schemas.refusals import Refusal
from schemas.transactions import TransactionEnriched, TransactionImported
from tests.partition import Partition

NAME = "household-1"
CURRENT = "current-account"

EventT = TypeVar("EventT", bound=Event)


class Household:
    """A household with one account; each method folds one entry and gives what was published."""

    def __init__(self) -> None:
        self.partition = Partition()
        self.revision = 0

    def hears(self, event: Event) -> list[UserEvent]:
        """Fold an event, and forget everything that is not stored: no story depends on a cache."""
        told = self.partition.fold(event)
        self.partition.forget()
        return told

    def pays(
        self, amount_minor: int, on: date, name: str | None = None, **fields: Any
    ) -> list[UserEvent]:
        """Pay an amount; the transaction's name is made of day and amount unless it is given."""
        return self.hears(paid(amount_minor, on, name, **fields))

    def gets(
        self, amount_minor: int, on: date, name: str | None = None, **fields: Any
    ) -> list[UserEvent]:
        """Receive an amount."""
        return self.hears(paid(-amount_minor, on, name, **fields))

    def pays_as_usual(self, until: date, days: int = 20) -> None:
        """Pay 10.00, 11.00 or 12.00 on each of so many days."""
        for number in range(days, 0, -1):
            self.pays(1_000 + number % 3 * 100, until - timedelta(days=number))

    def has(self, balance_minor: int, on: date, **fields: Any) -> list[UserEvent]:
        """Hear from the bank what the account holds at a day's end."""
        as_of = datetime.combine(on, time(23, 59), UTC)
        return self.bank_says(balance_minor=balance_minor, as_of=as_of, **fields)

    def bank_says(self, **fields: Any) -> list[UserEvent]:
        """Hear anything else that a bank says of the account."""
        self.revision += 1
        about = {"account_id": CURRENT, "type": "checking", "currency": "EUR"}
        return self.hears(
            AccountUpdated(**{**about, "user_id": NAME, "revision": self.revision, **fields})
        )

    def sleeps(self, day: date) -> list[UserEvent]:
        """Let a day end, and with it those since the last that ended."""
        return self.hears(DayPassed(bucket=bucket_of(NAME), day=day))

    def chooses(self, *rules: AlertRuleChoice) -> list[UserEvent]:
        """Choose parameters or mutes of alert rules."""
        self.revision += 1
        return self.hears(
            SettingsChanged(
                change_id=f"c{self.revision}",
                user_id=NAME,
                revision=self.revision,
                preferences=Preferences(alert_rules=rules),
            )
        )

    def opens(self, account_id: str, type_: AccountType, **fields: Any) -> list[UserEvent]:
        """Hear from the bank of another account."""
        return self.bank_says(account_id=account_id, type=type_, **fields)

    def says_of_pair(
        self, one: tuple[str, str], other: tuple[str, str], verdict: Any
    ) -> list[UserEvent]:
        """Say whether two transactions, each an account and a name, are one transfer."""
        self.revision += 1
        about = AboutTransfer(
            kind="transfer",
            verdict=verdict,
            account_id=one[0],
            transaction_id=one[1],
            other_account_id=other[0],
            other_transaction_id=other[1],
        )
        return self.hears(
            FeedbackGiven(
                feedback_id=f"pair-{self.revision}",
                user_id=NAME,
                revision=self.revision,
                about=about,
            )
        )

    def files(self, name: str, category: str) -> list[UserEvent]:
        """Say what a transaction was for."""
        return self.says(name, "set", category)

    def says(
        self, name: str, verdict: Any, category: str | None = None, revision: int | None = None
    ) -> list[UserEvent]:
        """Answer how a transaction was filed, or take back what was answered before."""
        self.revision += 1
        return self.hears(
            said(name, verdict, category, self.revision if revision is None else revision)
        )

    @property
    def user(self) -> User:
        """Look into the state."""
        return self.partition.user(NAME)

    @property
    def verdict(self) -> Verdict | Refusal:
        """Say what became of the last entry."""
        return self.partition.verdicts[-1]

    def spent(self, month: int, category: str = "unknown.unknown", currency: str = "EUR") -> Total:
        """Give a month's total of one category."""
        figures = totals_of(self.user, month).get(currency, Month())
        return figures.by_category.get(category, Total())

    def natures(self, month: int, currency: str = "EUR") -> Natures:
        """Divide a month's money by kind."""
        return natures(totals_of(self.user, month).get(currency, Month()).by_category)

    def view(self, name: str, account_id: str = CURRENT) -> TransactionEnriched:
        """Give what was last published of a transaction."""
        return next(
            one.event
            for one in reversed(self.partition.published)
            if isinstance(one.event, TransactionEnriched)
            if (one.event.account_id, one.event.transaction_id) == (account_id, name)
        )

    def links(self, name: str, account_id: str = CURRENT) -> dict[str, str]:
        """Give whom a transaction is tied to, by the kind of the tie."""
        return {link.kind: link.transaction_id for link in self.view(name, account_id).links}

    def flags(self, name: str, account_id: str = CURRENT) -> set[str]:
        """Give what is known to be true of a transaction."""
        return {flag.kind for flag in self.view(name, account_id).flags}

    @property
    def balance_minor(self) -> int | None:
        """Give the running balance."""
        balance = balance_of(self.user, CURRENT)
        return None if balance is None else balance.now_minor


def paid(
    amount_minor: int, on: date, name: str | None = None, **fields: Any
) -> TransactionImported:
    """Make a posted transaction of money out."""
    usual = {
        "transaction_id": name or f"{on}_{amount_minor}",
        "user_id": NAME,
        "account_id": CURRENT,
        "amount_minor": -amount_minor,
        "currency": "EUR",
        "booked_on": on,
        "description": "CARD PAYMENT",
        "status": "posted",
    }
    return TransactionImported(**{**usual, **fields})


def said(
    name: str, verdict: Any, category: str | None = None, revision: int = 1, user_id: str = NAME
) -> FeedbackGiven:
    """Make a person's answer to how a transaction was filed."""
    about = AboutCategory(
        kind="category",
        verdict=verdict,
        account_id=CURRENT,
        transaction_id=name,
        category=category,
    )
    return FeedbackGiven(
        feedback_id=f"{verdict}-{name}-{revision}", user_id=user_id, revision=revision, about=about
    )


def answer(
    alert_id: str, verdict: Any, revision: int = 1, scope: AlertScope | None = None
) -> FeedbackGiven:
    """Make a person's answer to an alert."""
    return FeedbackGiven(
        feedback_id="an-answer",
        user_id=NAME,
        revision=revision,
        about=AboutAlert(kind="alert", verdict=verdict, alert_id=alert_id, scope=scope),
    )


def of_fraud(name: str, verdict: Any, revision: int = 1) -> FeedbackGiven:
    """Make a person's word on whether a transaction was fraud."""
    about = AboutFraud(kind="fraud", verdict=verdict, account_id=CURRENT, transaction_id=name)
    return FeedbackGiven(feedback_id=f"fraud-{name}", user_id=NAME, revision=revision, about=about)


def only(kind: type[EventT], told: list[UserEvent]) -> EventT:
    """Give the one event of a kind."""
    (one,) = (event for event in told if isinstance(event, kind))
    return one


def none_of(kind: type[Event], told: list[UserEvent]) -> bool:
    """Say that there is no event of a kind."""
    return not any(isinstance(event, kind) for event in told)
