"""How a household comes to be: its country, means, accounts and concerns, drawn once."""

from dataclasses import dataclass
from datetime import date, timedelta

from sample.bookings import Account, Bank
from sample.concerns.bills import Bills
from sample.concerns.charges import Charges
from sample.concerns.debts import Debts
from sample.concerns.habits import Habits
from sample.concerns.income import Income
from sample.concerns.people import Opinions
from sample.concerns.returns import Returns
from sample.concerns.saving import Saving
from sample.concerns.subscriptions import Subscriptions
from sample.concerns.travel import Travel
from sample.concerns.trouble import Trouble
from sample.concerns.turns import Turns
from sample.concerns.wishes import Wishes
from sample.days import on_day
from sample.dice import Dice
from sample.feed import Feed
from sample.filing import AS_BUILT_IN, Filing
from sample.household import Household, Means, Shock
from sample.places.markets import MARKETS

_LIFE, _FEED = 1, 2
"""Dice of their own, so that what happens does not depend on how it is reported."""

_IMPORTS_PERMILLE = 350
_HISTORY_MONTHS = (3, 36)
_JOINS_WITHIN_DAYS = 20
_SAVERS_PERMILLE = 650
_CARD_PERMILLE = 450
_SECOND_BANK_PERMILLE = 400


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What all households of a town have in common."""

    seed: int
    start: date
    end: date
    shock: Shock | None = None
    filing: Filing = AS_BUILT_IN
    imports: bool = True


def born(number: int, town: Circumstances) -> Household:
    """Draw a household; its number and the town's seed decide everything about it."""
    seed, start, end = town.seed, town.start, town.end
    dice = Dice(seed, number, _LIFE)
    market = dice.one_of(MARKETS)
    user_id = f"household-{number:03}"
    means = Means(
        level_percent=dice.about(100, 40),
        volatility_percent=dice.between(70, 140),
        saving_permille=dice.between(20, 200),
        card_permille=dice.mostly_low(60, 1_000),
    )
    known_since, joins_on = start, start
    if dice.permille(_IMPORTS_PERMILLE) and town.imports:
        months = dice.between(*_HISTORY_MONTHS)
        known_since = on_day(start.year, start.month - months, 1)
        joins_on = min(start + timedelta(days=dice.below(_JOINS_WITHIN_DAYS)), end)
    bank = dice.one_of(market.banks)
    feed = Feed(user_id, market, Dice(seed, number, _FEED), end)
    home = Household(
        user_id, market, dice, feed, means, known_since, end,
        checking=Account(f"{user_id}-checking", "checking", market.currency, bank),
        joins_on=joins_on, shock=town.shock, filing=town.filing, today=known_since,
    )  # fmt: skip
    _open_accounts(home, bank)
    Returns(home)
    # Who earns comes first; who buys what is left comes late; who judges has seen it all.
    home.concerns = (
        Income(home), Bills(home), Subscriptions(home), Saving(home), Debts(home), Charges(home),
        Travel(home), Turns(home), Habits(home), Trouble(home), Wishes(home),
        Opinions(home),
    )  # fmt: skip
    return home


def _open_accounts(home: Household, bank: Bank) -> None:
    """Give a household its accounts, some at another bank, and what they hold at first."""
    dice, market = home.dice, home.market
    home.checking.balance_minor = home.scaled(dice.about(140_000, 70))
    home.checking.limit_minor = home.scaled(dice.one_of((0, 30_000, 60_000, 120_000)))
    if dice.permille(_SAVERS_PERMILLE):
        home.savings = Account(
            f"{home.user_id}-savings", "savings", market.currency, _bank(home, bank),
            balance_minor=home.scaled(dice.about(450_000, 110)),
            rate=dice.one_of(("0.5", "1.25", "2.1")),
        )  # fmt: skip
    if dice.permille(_CARD_PERMILLE):
        home.card = Account(
            f"{home.user_id}-card", "credit", market.currency, _bank(home, bank),
            limit_minor=home.scaled(dice.one_of((130_000, 250_000, 500_000))),
            rate=dice.one_of(("14.9", "19.9", "24.9")),
            minimum_payment_minor=home.scaled(2_500),
        )  # fmt: skip
    for account in home.accounts:
        account.booked_minor = account.balance_minor
        home.feed.connect(account, home.start, home.joins_on)


def _bank(home: Household, bank: Bank) -> Bank:
    another = home.dice.permille(_SECOND_BANK_PERMILLE)
    return home.dice.one_of(home.market.banks) if another else bank
