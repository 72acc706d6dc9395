"""What is sent: each user's payments are 1, 2, 3 and so on, so that any error shows by itself."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from processors.state.days import month_of
from sample.dice import Dice
from schemas.accounts import AccountUpdated
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.topics import ACCOUNTS, FEEDBACK, TRANSACTIONS, Topic
from schemas.transactions import TransactionImported

FIRST_DAY = date(2025, 1, 20)
ACCOUNT = "checking"
_USERS = 24
_EVENTS_A_DAY = 300
_RECENT = 50
_CATEGORIES = ("food.groceries", "dining.coffee")

Identity = tuple[str, int]
"""A user, and which of the user's payments."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One record to send."""

    topic: Topic
    key: str
    value: bytes
    is_poison: bool = False


@dataclass(slots=True)
class Run:
    """The payments of one user in one month: from *first* to *last*, in minor units too."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """Count them."""
        return self.last - self.first + 1

    @property
    def sum_minor(self) -> int:
        """Add them up.

        >>> Run(1, 100).sum_minor
        5050
        """
        return (self.first + self.last) * self.count // 2


@dataclass
class Workload:
    """Draws records one after another, and remembers what must come of them."""

    dice: Dice
    paid: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    corrected: set[Identity] = field(default_factory=set)
    months: dict[tuple[str, int], Run] = field(default_factory=dict)
    _reported: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _said: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _recent: list[Identity] = field(default_factory=list)
    _days: dict[Identity, date] = field(default_factory=dict)
    _drawn: int = 0

    def draw(self) -> Sending:
        """Draw the next record."""
        self._drawn += 1
        user = f"user-{self.dice.mostly_low(0, _USERS - 1):02}"
        kinds = {"pay": 809, "repeat": 50, "correct": 20, "label": 20, "report": 100, "poison": 1}
        kind = self.dice.weighted(kinds) if self._recent else "pay"
        make = {
            "pay": self._pay,
            "repeat": self._repeat,
            "correct": self._correct,
            "label": self._label,
            "report": self._report,
            "poison": self._poison,
        }
        return make[kind](user)

    @property
    def _today(self) -> date:
        return FIRST_DAY + timedelta(days=self._drawn // _EVENTS_A_DAY)

    def _pay(self, user: str) -> Sending:
        self.paid[user] += 1
        number, day = self.paid[user], self._today
        run = self.months.setdefault((user, month_of(day.toordinal())), Run(number, number))
        run.last = number
        self._recent = [*self._recent[-_RECENT + 1 :], (user, number)]
        self._days[user, number] = day
        return self._payment((user, number))

    def _repeat(self, _: str) -> Sending:
        """Send one of the last payments once more, as it was sent last."""
        return self._payment(self.dice.one_of(self._recent))

    def _correct(self, _: str) -> Sending:
        """Send one of the last payments with another text, which asks for a new view of it."""
        identity = self.dice.one_of(self._recent)
        self.corrected.add(identity)
        return self._payment(identity)

    def _label(self, _: str) -> Sending:
        """Say of one of the last payments what it was for, which teaches everybody."""
        user, number = self.dice.one_of(self._recent)
        self._said[user] += 1
        event = FeedbackGiven(
            feedback_id=f"said-{self._said[user]}",
            user_id=user,
            revision=self._said[user],
            about=AboutCategory(
                kind="category",
                verdict="set",
                account_id=ACCOUNT,
                transaction_id=transaction_id(number),
                category=self.dice.one_of(_CATEGORIES),
            ),
        )
        return Sending(FEEDBACK, user, event.to_json())

    def _payment(self, identity: Identity) -> Sending:
        user, number = identity
        is_corrected = identity in self.corrected
        event = TransactionImported(
            transaction_id=transaction_id(number),
            user_id=user,
            account_id=ACCOUNT,
            amount_minor=-number,
            currency="EUR",
            booked_on=self._days[identity],
            description="CORNER GROCER" if is_corrected else "CARD PAYMENT",
            status="posted",
            revision=1 if is_corrected else None,
        )
        return Sending(TRANSACTIONS, user, event.to_json())

    def _report(self, user: str) -> Sending:
        """Report a balance, by turns ample and low: alerts come and go.

        It is yesterday's, so an alert names all that was paid today, up to this place in the
        journal: reports come by another topic, and no fold of another order says the same.
        """
        self._reported[user] += 1
        revision = self._reported[user]
        event = AccountUpdated(
            account_id=ACCOUNT,
            user_id=user,
            type="checking",
            currency="EUR",
            balance_minor=10_000_000 if revision % 2 else 0,
            as_of=datetime.combine(self._today - timedelta(days=1), time(), UTC),
            revision=revision,
        )
        return Sending(ACCOUNTS, user, event.to_json())

    def _poison(self, user: str) -> Sending:
        return Sending(TRANSACTIONS, user, b'{"poison": %d' % self._drawn, is_poison=True)

    def identities(self) -> Iterator[Identity]:
        """Name every payment that was sent."""
        for user, paid in self.paid.items():
            for number in range(1, paid + 1):
                yield user, number


def transaction_id(number: int) -> str:
    """Name a user's payment.

    >>> transaction_id(123)
    'n-000123'
    """
    return f"n-{number:06}"
