"""One household: who lives there, what they own, and what each day brings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, Protocol

from sample.bookings import Account, Booking, Series
from sample.days import month_ends
from sample.dice import Dice
from sample.feed import Feed
from sample.filing import AS_BUILT_IN, Filing
from sample.payees import Payee
from sample.places.cities import home_city
from sample.places.market import Market
from sample.truth import Row, TrueBalance, TrueEvent, TrueSeries
from schemas.event import UserEvent

_REPORTED_WEEKDAY = 6
_PRICE_RISE_PERMILLE = 2
_INFLATION_PERMILLE = 12


class Concern(Protocol):
    """A side of life that is looked after day by day."""

    def live(self, home: "Household") -> None:
        """Do today what is to be done."""
        ...


@dataclass(frozen=True, slots=True)
class Shock:
    """What happens to a whole town, and when."""

    kind: Literal["inflation", "job-loss"]
    on: date


@dataclass(slots=True)
class Means:
    """How much a household has, and how steadily."""

    level_percent: int
    """What it earns and spends, beside a household of middling means."""
    volatility_percent: int
    """How far what it buys spreads around the typical, as a logarithm's deviation."""
    saving_permille: int
    """Which part of its pay it tries to put aside."""
    card_permille: int
    """How many purchases it pays by credit card, where it has one."""


@dataclass(eq=False, slots=True)
class Household:
    """What a household's concerns share: accounts, dice, today, and ways to pay."""

    user_id: str
    market: Market
    dice: Dice
    feed: Feed
    means: Means
    start: date
    """The first day of which anything is known, which may be long before it is told."""
    end: date
    joins_on: date
    """When it is told of first; all from before is imported then."""
    checking: Account
    savings: Account | None = None
    card: Account | None = None
    loan: Account | None = None
    others: list[Account] = field(default_factory=list)
    """Accounts that play no part in daily life, such as one that has been forgotten."""
    concerns: tuple[Concern, ...] = ()
    today: date = date.min
    income_minor: int = 0
    """What usually comes in during a month."""
    price_permille: int = 1000
    """What things cost, beside the first day."""
    shock: Shock | None = None
    away: Market | None = None
    """Where the household is, when it is not at home."""
    filing: Filing = AS_BUILT_IN
    """What categories are called by the people here."""
    is_backfill: bool = False
    series: list[Series] = field(default_factory=list)
    """All that it pays or gets again and again, those that have ended too."""
    heard: list[Callable[[Booking], None]] = field(default_factory=list)
    """Who wants to know of every booking."""
    _plans: dict[date, list[Callable[[], None]]] = field(default_factory=dict)
    _rows: list[Row] = field(default_factory=list)
    _numbered: int = 0

    @property
    def city(self) -> str:
        """Name the city that it lives in."""
        return home_city(self.user_id, self.market.country)

    @property
    def accounts(self) -> list[Account]:
        """Give all accounts, in order."""
        own = (self.checking, self.savings, self.card, self.loan, *self.others)
        return [account for account in own if account is not None]

    @property
    def mood_percent(self) -> int:
        """Say how freely money is spent on what is not needed: less when little is left."""
        # What the card owes has to be paid soon.
        spare_minor = self.checking.balance_minor + (self.card.balance_minor if self.card else 0)
        if spare_minor < 0:
            return 40
        if spare_minor * 5 < self.income_minor:
            return 70
        return 120 if spare_minor > self.income_minor * 3 else 95

    # Ways to pay.

    def price(self, cents: int) -> int:
        """Give what this household pays here and today for what costs so many European cents."""
        return self.market.price(cents) * self.price_permille // 1000

    def scaled(self, cents: int) -> int:
        """Give a price by the household's means: the rich rent dearer flats."""
        return max(1, self.price(cents) * self.means.level_percent // 100)

    def book(self, account: Account, payee: Payee, amount_minor: int, **facts: Any) -> Booking:
        """Move money, and let the bank report it."""
        booking = Booking(
            account, payee, amount_minor, self.today, facts.pop("kind", payee.kind), **facts
        )
        account.balance_minor += amount_minor
        self.feed.take(booking)
        for listener in self.heard:
            listener(booking)
        return booking

    def buy(self, payee: Payee, amount_minor: int, **facts: Any) -> Booking | None:
        """Pay a shop by credit card, or from the account, as far as there is room; else None."""
        account = self.checking
        if self.card is not None and self.dice.permille(self.means.card_permille):
            account = self.card if self.card.spare_minor >= amount_minor else self.checking
        if account.spare_minor < amount_minor:
            return None
        return self.book(account, payee, -amount_minor, **facts)

    def move(
        self, payee: Payee, source: Account, target: Account, amount_minor: int, **facts: Any
    ) -> tuple[Booking, Booking]:
        """Move money between two accounts of the household: two legs, each with its own text."""
        transfer_id = self.new_id("transfer")
        out = self.book(
            source, payee, -amount_minor, other=target, transfer_id=transfer_id, **facts
        )
        into = self.book(
            target, payee, amount_minor, other=source, transfer_id=transfer_id, **facts
        )
        return out, into

    # What is planned, published and noted.

    def later(self, days: int, plan: Callable[[], None]) -> None:
        """Do something on a later day, before the concerns have their say."""
        self._plans.setdefault(self.today + timedelta(days=days), []).append(plan)

    def publish(self, event: UserEvent, days: int = 0) -> None:
        """Let an app publish an event today, or some days later."""
        self.feed.expect(self.today + timedelta(days=days), event)

    def note(
        self,
        kind: str,
        account: Account,
        amount_minor: int,
        *,
        expected: bool = True,
        subject: str = "",
        event_id: str | None = None,
        days: int = 0,
    ) -> str:
        """Note an event of life that could be known in so many days; gives its id."""
        event_id = event_id or self.new_id(kind)
        known_on = self.today + timedelta(days=days)
        if not self.is_backfill and known_on < self.end:
            self._rows.append(
                TrueEvent(
                    event_id,
                    self.user_id,
                    kind,
                    account.account_id,
                    known_on,
                    amount_minor,
                    account.currency,
                    expected,
                    subject,
                )
            )
        return event_id

    def new_id(self, what: str) -> str:
        """Give an id that nothing else has."""
        self._numbered += 1
        return f"{self.user_id}-{what}-{self._numbered}"

    # A day, and what has become known.

    def live(self, today: date, loaded_on: date | None = None) -> list[UserEvent]:
        """Live a day, and give what is published on it."""
        self.today, self.is_backfill = today, loaded_on is not None
        self.feed.begin(today, loaded_on)
        if today.day == 1:
            self.price_permille += self._risen_permille()
        for plan in self._plans.pop(today, ()):
            plan()
        for concern in self.concerns:
            concern.live(self)
        ends = month_ends(today)
        if ends:
            self._rows += self._balances()
        reports = ends or today.weekday() == _REPORTED_WEEKDAY
        return self.feed.end_day(statements=reports and today > self.joins_on)

    def truths(self) -> list[Row]:
        """Give what has become known since the last call."""
        rows: list[Row] = [*self.feed.truths(), *self._rows]
        self._rows.clear()
        return rows

    def last_truths(self) -> list[Row]:
        """Give what is only known at the end."""
        return [self._as_row(series) for series in self.series]

    def _risen_permille(self) -> int:
        """Say how much dearer a month is than the last, in thousandths of the first."""
        shock = self.shock
        if shock is not None and shock.kind == "inflation" and self.today >= shock.on:
            return _INFLATION_PERMILLE
        return _PRICE_RISE_PERMILLE

    def _balances(self) -> list[Row]:
        month = f"{self.today:%Y-%m}"
        return [
            TrueBalance(self.user_id, own.account_id, month, own.currency, own.booked_minor)
            for own in self.accounts
        ]

    def _as_row(self, series: Series) -> TrueSeries:
        return TrueSeries(
            series.series_id,
            self.user_id,
            series.account.account_id,
            series.payee.name,
            series.cadence,
            series.amount_minor,
            series.account.currency,
            None if series.ended_on else series.next_on,
            series.ended_on,
        )
