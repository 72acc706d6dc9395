"""Households that earn, pay, save and run short, day by day, with counts of what they did.

A seed and a household's number decide its whole life, so it is the same among 5 and among 5,000.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from sample.dice import Dice
from sample.town import (
    BILLS,
    EMPLOYERS,
    HABITS,
    HOMES,
    LARGE_MINOR,
    LARGE_PAYEES,
    SAVED,
    STYLES,
    SUBSCRIPTIONS,
    TAKEN_BACK,
    WAYS_ABOUT,
    Habit,
    Offer,
    Payee,
)
from schemas.accounts import AccountUpdated
from schemas.event import UserEvent
from schemas.feedback import AboutCategory, FeedbackGiven
from schemas.preferences import AlertRuleChoice, Budget, Preferences, SettingsChanged
from schemas.taxonomy import leaf
from schemas.transactions import TransactionImported

What = Literal["first", "large", "twin", "removal", "revision", "repeat", "beside"]
"""What an event is to the truth; `beside` is all that is no transaction."""

Fate = Literal["booked", "held", "dropped", "returned", "revised"]
"""What becomes of a card payment at the bank."""

_FATES: dict[Fate, int] = {"booked": 900, "held": 80, "dropped": 10, "returned": 6, "revised": 4}
_TIP_PERCENT_MAX = 18
_ONE_DAY = timedelta(days=1)
_SAVERS_PERMILLE = 600
_WISHERS_PERMILLE = 600
_PAID_FORTNIGHTLY_PERMILLE = 300
_FORTNIGHT_DAYS = 14
_REPEAT_PERMILLE = 30
_REPEAT_DAYS_MAX = 6
_LEAN_MONTH_PERMILLE = 130
_LEAN_PAY_PERCENT = 50
_FEEDBACK_PERMILLE = 20
_LARGE_PERMILLE = 5
# Overdrawn by more than this, a household buys only what it cannot do without.
_OVERDRAFT_MINOR = -40_000
_TAKEN_BACK_MINOR = 60_000


@dataclass(frozen=True, slots=True)
class Day:
    """What is published on a day, in order; each household's events stand together."""

    day: date
    events: tuple[UserEvent, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What was published so far, as the households know it."""

    events: int
    transactions: int
    """Different ones, by user, account and transaction id; both of a pair of twins count."""
    repeats: int
    """Transactions published once more, equal in every byte."""
    twins: int
    """Posted transactions that replace a pending one."""
    removals: int
    revisions: int
    large_payments: int
    """Payments far beyond what their household usually pays."""
    balances_minor: dict[str, int]
    """Each account's balance; after the last day, its closing balance."""


class Due(NamedTuple):
    """An event that waits for its day, and what it then does to its account's balance."""

    event: UserEvent
    what: What
    moves_minor: int


class Contract(NamedTuple):
    """A bill that a household has agreed to."""

    day_of_month: int
    offer: Offer
    amount_minor: int


class Published(Iterator[Day]):
    """The days of some households, one after another; `truth` counts what has come so far."""

    def __init__(self, homes: list["Household"], start: date, end: date) -> None:
        self._homes = homes
        self._next = start
        self._end = end

    def __next__(self) -> Day:
        today = self._next
        if today >= self._end:
            raise StopIteration
        self._next += _ONE_DAY
        return Day(today, tuple(event for home in self._homes for event in home.live(today)))

    @property
    def truth(self) -> Truth:
        """Count what was published so far."""
        count: Counter[What] = Counter()
        balances: dict[str, int] = {}
        for home in self._homes:
            count.update(home.count)
            balances |= home.balances
        return Truth(
            events=count.total(),
            transactions=count["first"] + count["large"] + count["twin"],
            repeats=count["repeat"],
            twins=count["twin"],
            removals=count["removal"],
            revisions=count["revision"],
            large_payments=count["large"],
            balances_minor=balances,
        )


def households(users: int, months: int, seed: int, start: date) -> Published:
    """Let *users* households live for whole calendar months, from the first of one on."""
    if start.day != 1:
        raise ValueError(f"start should be the first of a month, not {start}")
    years, month = divmod(start.month - 1 + months, 12)
    homes = [Household(number, seed, start) for number in range(1, users + 1)]
    return Published(homes, start, date(start.year + years, month + 1, 1))


class Household:
    """One household, its accounts, and the events that wait for their day."""

    def __init__(self, number: int, seed: int, start: date) -> None:
        self.user_id = f"household-{number:03}"
        self.count: Counter[What] = Counter()
        self._dice = dice = Dice(seed, number)
        self._due: defaultdict[date, list[Due]] = defaultdict(list)
        self._numbered = 0
        self._home = dice.one_of(HOMES)
        self._style = dice.one_of(STYLES)
        self._means_percent = dice.between(70, 150)
        self._habits = (*HABITS, dice.one_of(WAYS_ABOUT))
        offers = [*BILLS, *dice.some_of(SUBSCRIPTIONS, dice.between(2, 3))]
        self._contracts = [self._sign(offer) for offer in offers]
        self._employer = dice.one_of(EMPLOYERS)
        self._pay_minor = self._scaled(dice.between(235_000, 265_000))
        self._paid_fortnightly = dice.permille(_PAID_FORTNIGHTLY_PERMILLE)
        self._first_payday = start + timedelta(days=dice.below(_FORTNIGHT_DAYS))
        self._pay_percent = 100
        self._checking = f"{self.user_id}-checking"
        self._savings = f"{self.user_id}-savings"
        self._saves_minor = self._scaled(dice.between(10_000, 35_000))
        self.balances = {self._checking: self._scaled(dice.between(40_000, 150_000))}
        if dice.permille(_SAVERS_PERMILLE):
            self.balances[self._savings] = self._scaled(dice.between(200_000, 900_000))
        self._statement = 0
        self._open(start)

    def live(self, today: date) -> list[UserEvent]:
        """Spend a day, and give what is published on it."""
        self._plan(today)
        dues = self._due.pop(today, [])
        for event, what, moves_minor in dues:
            self.count[what] += 1
            if isinstance(event, TransactionImported):
                self.balances[event.account_id] += moves_minor
        events = [due.event for due in dues]
        if _month_ends(today):
            statements = self._statements(today)
            self.count["beside"] += len(statements)
            events += statements
        return events

    def _open(self, start: date) -> None:
        """Say how the accounts stand before the first day, and what some wish for."""
        for statement in self._statements(start - _ONE_DAY):
            self._expect(start, statement, "beside")
        if self._dice.permille(_WISHERS_PERMILLE):
            self._expect(start, self._wishes(), "beside")

    def _plan(self, today: date) -> None:
        if today.day == 1:
            lean = self._dice.permille(_LEAN_MONTH_PERMILLE)
            self._pay_percent = _LEAN_PAY_PERCENT if lean else 100
        self._earn(today)
        self._save(today)
        for day_of_month, offer, amount_minor in self._contracts:
            if day_of_month == today.day:
                varies = self._dice.between(-offer.varies_percent, offer.varies_percent)
                self._pay(today, offer.payee, -amount_minor * (100 + varies) // 100)
        for habit in self._habits:
            if self._dice.permille(habit.daily_permille) and self._can_afford(habit):
                self._buy(today, habit)
        if self._dice.permille(_LARGE_PERMILLE):
            self._splurge(today)

    def _earn(self, today: date) -> None:
        if self._paid_fortnightly:
            payday = (today - self._first_payday).days % _FORTNIGHT_DAYS == 0
            pay_minor = self._pay_minor * 12 // 26
        else:
            payday = today.day == self._first_payday.day
            pay_minor = self._pay_minor
        if payday:
            self._pay(today, self._employer, pay_minor * self._pay_percent // 100)

    def _save(self, today: date) -> None:
        """Put money aside once a month, and take some back when the account is overdrawn."""
        if self._savings not in self.balances:
            return
        if self.balances[self._checking] < 0 and self.balances[self._savings] > _TAKEN_BACK_MINOR:
            self._transfer(today, TAKEN_BACK, self._savings, self._checking, _TAKEN_BACK_MINOR)
        elif today.day == self._first_payday.day + 1 and self._spare_minor() > 0:
            self._transfer(today, SAVED, self._checking, self._savings, self._saves_minor)

    def _spare_minor(self) -> int:
        return self.balances[self._checking] - self._saves_minor

    def _can_afford(self, habit: Habit) -> bool:
        essential = leaf(habit.category).mark == "essential"
        return essential or self.balances[self._checking] > _OVERDRAFT_MINOR

    def _splurge(self, today: date) -> None:
        """Pay for something unusually large, from savings where need be; never on credit."""
        amount_minor = self._dice.between(*LARGE_MINOR)
        missing_minor = amount_minor - self.balances[self._checking]
        if missing_minor > self.balances.get(self._savings, 0):
            return
        if missing_minor > 0:
            self._transfer(today, TAKEN_BACK, self._savings, self._checking, missing_minor)
        event = self._transaction(today, self._dice.one_of(LARGE_PAYEES), -amount_minor)
        self._expect(today, event, "large", -amount_minor)

    def _buy(self, today: date, habit: Habit) -> None:
        """Pay by card or take cash out; now and then the bank has second thoughts."""
        dice = self._dice
        amount_minor = self._scaled(dice.mostly_low(habit.least_minor, habit.most_minor))
        stepped_minor = -(-amount_minor // habit.step_minor) * habit.step_minor
        event = self._transaction(today, dice.one_of(habit.payees), -stepped_minor)
        later = today + timedelta(days=dice.between(1, 3))
        fate = dice.weighted(_FATES)
        # Nothing stays open over a month's end: what the bank reports there is final.
        if event.kind != "card" or later.month != today.month:
            fate = "booked"
        match fate:
            case "booked":
                self._expect(today, event, "first", event.amount_minor)
                if dice.permille(_FEEDBACK_PERMILLE):
                    self._expect(later, self._opinion(event, habit), "beside")
            case "held":
                self._hold(event, later, dice.between(0, _TIP_PERCENT_MAX) if habit.tips else 0)
            case "dropped":
                self._take_back(event.model_copy(update={"status": "pending"}), later)
            case "returned":
                self._take_back(event, later)
            case "revised":
                self._revise(event, later)

    def _hold(self, event: TransactionImported, later: date, tip_percent: int) -> None:
        """Publish a pending payment that posts later under another id, perhaps with a tip."""
        held = event.model_copy(update={"status": "pending"})
        self._expect(held.booked_on, held, "first", held.amount_minor)
        posted = event.model_copy(
            update={
                "transaction_id": self._new_id(),
                "booked_on": later,
                "pending_transaction_id": held.transaction_id,
                "amount_minor": held.amount_minor * (100 + tip_percent) // 100,
            }
        )
        self._expect(later, posted, "twin", posted.amount_minor - held.amount_minor)

    def _take_back(self, event: TransactionImported, later: date) -> None:
        self._expect(event.booked_on, event, "first", event.amount_minor)
        removed = event.model_copy(update={"status": "removed"})
        self._expect(later, removed, "removal", -event.amount_minor)

    def _revise(self, event: TransactionImported, later: date) -> None:
        # Both are numbered, so that a late repeat of the first is known to be stale.
        first = event.model_copy(update={"revision": 1})
        self._expect(first.booked_on, first, "first", first.amount_minor)
        amount_minor = first.amount_minor - self._dice.between(1, 500)
        revised = first.model_copy(update={"revision": 2, "amount_minor": amount_minor})
        self._expect(later, revised, "revision", amount_minor - first.amount_minor)

    def _transfer(
        self, today: date, payee: Payee, source: str, target: str, amount_minor: int
    ) -> None:
        for account_id, other_id, moves_minor in (
            (source, target, -amount_minor),
            (target, source, amount_minor),
        ):
            leg = self._transaction(today, payee, moves_minor, account_id, other_id)
            self._expect(today, leg, "first", moves_minor)

    def _pay(self, today: date, payee: Payee, amount_minor: int) -> None:
        event = self._transaction(today, payee, amount_minor)
        self._expect(today, event, "first", amount_minor)

    def _transaction(
        self,
        today: date,
        payee: Payee,
        amount_minor: int,
        account_id: str | None = None,
        counterparty_id: str | None = None,
    ) -> TransactionImported:
        named = self._style.names_merchants and payee.kind == "card"
        return TransactionImported(
            transaction_id=self._new_id(),
            user_id=self.user_id,
            account_id=account_id or self._checking,
            amount_minor=amount_minor,
            currency=self._home.currency,
            booked_on=today,
            description=self._style.text(payee, today, self._dice.between(10_000, 99_999)),
            status="posted",
            kind=payee.kind,
            merchant_name=payee.name if named else None,
            counterparty_account=counterparty_id,
            mcc=payee.mcc,
        )

    def _expect(self, day: date, event: UserEvent, what: What, moves_minor: int = 0) -> None:
        """Let an event wait for its day; of some transactions, a repeat comes then or later."""
        self._due[day].append(Due(event, what, moves_minor))
        if isinstance(event, TransactionImported) and self._dice.permille(_REPEAT_PERMILLE):
            again = day + timedelta(days=self._dice.between(0, _REPEAT_DAYS_MAX))
            self._due[again].append(Due(event, "repeat", 0))

    def _opinion(self, event: TransactionImported, habit: Habit) -> FeedbackGiven:
        return FeedbackGiven(
            feedback_id=f"{event.transaction_id}-filed",
            user_id=self.user_id,
            revision=1,
            about=AboutCategory(
                kind="category",
                verdict="set",
                account_id=event.account_id,
                transaction_id=event.transaction_id,
                category=habit.category,
            ),
        )

    def _wishes(self) -> SettingsChanged:
        budget = Budget(
            budget_id="eating-out",
            subject="dining",
            limit_minor=self._scaled(15_000),
            currency=self._home.currency,
        )
        low_balance = AlertRuleChoice(
            rule_id="low_balance", parameters={"below_minor": self._dice.between(5, 30) * 1_000}
        )
        return SettingsChanged(
            change_id=f"{self.user_id}-wishes",
            user_id=self.user_id,
            revision=1,
            preferences=Preferences(
                time_zone=self._home.time_zone,
                locale=self._home.locale,
                base_currency=self._home.currency,
                budgets=(budget,),
                alert_rules=(low_balance,),
            ),
        )

    def _statements(self, day: date) -> list[UserEvent]:
        """Say how each account stands at the end of *day*."""
        self._statement += 1
        return [
            AccountUpdated(
                account_id=account_id,
                user_id=self.user_id,
                type="savings" if account_id == self._savings else "checking",
                currency=self._home.currency,
                balance_minor=balance_minor,
                as_of=datetime.combine(day, time(22), UTC),
                complete_until=day,
                revision=self._statement,
            )
            for account_id, balance_minor in self.balances.items()
        ]

    def _sign(self, offer: Offer) -> Contract:
        amount_minor = self._dice.between(offer.least_minor, offer.most_minor)
        return Contract(self._dice.between(1, 28), offer, self._scaled(amount_minor))

    def _scaled(self, amount_minor: int) -> int:
        return amount_minor * self._means_percent // 100

    def _new_id(self) -> str:
        self._numbered += 1
        return f"{self.user_id}-{self._numbered:05}"


def _month_ends(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]
