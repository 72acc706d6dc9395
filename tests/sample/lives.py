"""Households that live some months with the concerns of a test, and all that was seen of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sample.bookings import Account, Booking
from sample.days import ONE_DAY
from sample.dice import Dice
from sample.feed import Feed
from sample.household import Concern, Household, Means
from sample.places.market import Market
from sample.places.markets import MARKETS
from sample.truth import TrueEvent, TrueTransaction
from schemas.transactions import TransactionImported

START, END = date(2025, 1, 1), date(2026, 1, 1)

Concerns = Callable[[Household], Iterable[Concern]]


class Wages:
    """Enough to live on, and the card paid off."""

    def live(self, home: Household) -> None:
        payees = home.market.payees
        if home.today.day == 1:
            home.book(home.checking, payees["income.salary"][0], home.scaled(300_000))
        if home.today.day == 2 and home.card is not None and home.card.balance_minor < 0:
            owed_minor = -home.card.balance_minor
            home.move(payees["transfer.card_payment"][0], home.checking, home.card, owed_minor)


class Friend:
    """Somebody to whom a household sends a little now and then."""

    def live(self, home: Household) -> None:
        if home.dice.permille(30):
            friend = home.market.payees["transfer.person"][0]
            home.book(home.checking, friend, -home.scaled(home.dice.between(1_000, 4_000)))


@dataclass
class Life:
    """What a household did, day by day, and what was noted of it."""

    home: Household
    bookings: list[Booking] = field(default_factory=list)
    away: dict[date, Market | None] = field(default_factory=dict)
    """Where the household was on each day's evening."""
    rows: list[TrueTransaction] = field(default_factory=list)
    events: list[TrueEvent] = field(default_factory=list)
    published: dict[str, date] = field(default_factory=dict)
    """When each transaction id was published first."""

    def of_events(self) -> dict[str, list[Booking]]:
        """Give the bookings of each event."""
        found: defaultdict[str, list[Booking]] = defaultdict(list)
        for booking in self.bookings:
            if booking.event is not None:
                found[booking.event].append(booking)
        return found

    def refunds(self) -> Iterator[tuple[Booking, Booking]]:
        """Give each refund that names a purchase, and the purchase."""
        for booking in self.bookings:
            if booking.refund_of is not None:
                yield booking, booking.refund_of


def settled(seed: int, *, number: int = 1, end: date = END, imports: bool = False) -> Household:
    """Make a household with all of its accounts, and nothing yet to do."""
    dice = Dice(seed, number)
    market = dice.one_of(MARKETS)
    bank = dice.one_of(market.banks)
    since = START - timedelta(days=dice.between(30, 500)) if imports else START
    user_id = f"household-{number:03}"
    savings = Account(f"{user_id}-savings", "savings", market.currency, bank)
    home = Household(
        user_id, market, dice, Feed(user_id, market, Dice(seed, number, 1), end),
        Means(dice.about(100, 40), dice.between(70, 140), 100, 500), since, end, START,
        Account(f"{user_id}-checking", "checking", market.currency, bank), savings,
        today=since,
    )  # fmt: skip
    if dice.permille(500):
        home.card = Account(f"{user_id}-card", "credit", market.currency, bank)
        home.card.limit_minor = home.scaled(200_000)
    home.checking.balance_minor = home.scaled(250_000)
    savings.balance_minor = home.scaled(600_000)
    for account in home.accounts:
        account.booked_minor = account.balance_minor
        home.feed.connect(account, home.start, home.joins_on)
    return home


def lived(
    seed: int, concerns: Concerns, *, number: int = 1, end: date = END, imports: bool = False
) -> Life:
    """Live a household until a day; with *imports*, it had a life before that is imported."""
    home = settled(seed, number=number, end=end, imports=imports)
    life = Life(home)
    home.concerns = tuple(concerns(home))
    home.heard.append(life.bookings.append)
    day = home.start
    while day < end:
        for event in home.live(day, home.joins_on if day < home.joins_on else None):
            if isinstance(event, TransactionImported):
                life.published.setdefault(event.transaction_id, max(day, home.joins_on))
        life.away[day] = home.away
        for row in home.truths():
            if isinstance(row, TrueTransaction):
                life.rows.append(row)
            elif isinstance(row, TrueEvent):
                life.events.append(row)
        day += ONE_DAY
    return life
