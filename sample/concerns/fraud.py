"""What thieves do with a household's accounts; the bank gives most of it back."""

from collections.abc import Sequence
from datetime import date, timedelta

from sample.bookings import Account, Booking
from sample.concerns.errands import shop_near
from sample.concerns.happenings import Payment, happen, payer
from sample.concerns.returns import give_back
from sample.concerns.travel import exchanged
from sample.concerns.usual import Usual
from sample.household import Household
from sample.places.market import Market
from sample.places.markets import abroad

_GIVEN_BACK_PERMILLE = 750
_GIVEN_BACK_DAYS = (5, 14)

_PLACE_TIMES_PERCENT = (80, 500)

_TESTS = (4, 12)
_TESTED_CENTS = (40, 300)
_TESTED_MINUTES = 55
_TESTED_AT = ("shopping.online", "entertainment.games", "entertainment.other", "shopping.books")
_LARGE_PERMILLE = 700
_LARGE_CENTS = (15_000, 90_000)
_LARGE_MINUTES = (2, 50)
_LARGE_AT = ("shopping.electronics", "shopping.online", "travel.flights")
_LAST_START_MINUTE = 24 * 60 - _TESTED_MINUTES - _LARGE_MINUTES[1] - 1

_FORGOTTEN_PERMILLE = 120
_FORGOTTEN_CENTS = 28_000
_STILL_DAYS = (120, 420)
_FOUND_DAYS = (5, 300)
"""How long after its household joined a forgotten account is found at the earliest and latest."""
_TAKEN_AS = ("cash.withdrawal", "shopping.online", "shopping.electronics")
_TAKEN_PERCENT = (20, 31)


def unusual_place(usual: Usual, home: Household) -> bool:
    """Pay in a country where nobody of the household is, if the bank says where it was."""
    dice, categories = home.dice, usual.categories
    far = [market for market in abroad(home.market) if not usual.goes_to(market.country)]
    if not far or not categories:
        return False
    there, category = dice.one_of(far), dice.one_of(categories)
    minor = usual.typical_minor(category) * dice.between(*_PLACE_TIMES_PERCENT) // 100
    there_minor = max(1, minor * there.level_permille // home.market.level_permille)
    amount_minor, foreign = exchanged(home, there, there_minor)
    account = payer(home, amount_minor)
    if account is None or not account.bank.tells_mcc:
        return False
    payee = dice.one_of(there.payees[category])
    payment = Payment(account, payee, amount_minor, dice.below(24 * 60), foreign)
    _perhaps_give_back(home, happen(home, "unusual_place", [payment]))
    return True


def card_testing(home: Household) -> bool:
    """Try a stolen card with small sums at odd shops within an hour, then often with a large."""
    dice = home.dice
    large_minor = home.price(dice.between(*_LARGE_CENTS))
    account = payer(home, large_minor)
    if account is None:
        return False
    start = dice.below(_LAST_START_MINUTE)
    minutes = sorted(start + dice.below(_TESTED_MINUTES) for _ in range(dice.between(*_TESTS)))
    shops_in = (home.market, *abroad(home.market))
    burst = [_test(home, dice.one_of(shops_in), account, minute) for minute in minutes]
    small_minor = sum(payment.amount_minor for payment in burst)
    if dice.permille(_LARGE_PERMILLE) and small_minor + large_minor <= account.spare_minor:
        payee = shop_near(home, dice.one_of(_LARGE_AT))
        minute = minutes[-1] + dice.between(*_LARGE_MINUTES)
        burst.append(Payment(account, payee, large_minor, minute))
    # Fewer than the fewest are no burst yet.
    _perhaps_give_back(home, happen(home, "card_testing", burst, told=_TESTS[0]))
    return True


def _test(home: Household, there: Market, account: Account, minute: int) -> Payment:
    dice = home.dice
    payee = dice.one_of(there.payees[dice.one_of(_TESTED_AT)])
    there_minor = max(1, there.price(dice.between(*_TESTED_CENTS)))
    amount_minor, foreign = exchanged(home, there, there_minor)
    return Payment(account, payee, amount_minor, minute, foreign)


class ForgottenAccount:
    """An account that some households have and do not think of, until somebody else finds it."""

    def __init__(self, home: Household) -> None:
        self._found_on = date.max
        dice = home.dice
        if not dice.permille(_FORGOTTEN_PERMILLE):
            return
        self._account = Account(
            f"{home.user_id}-old", dice.one_of(("checking", "savings")), home.market.currency,
            dice.one_of(home.market.banks), home.scaled(dice.about(_FORGOTTEN_CENTS, 110)),
        )  # fmt: skip
        self._account.booked_minor = self._account.balance_minor
        home.others.append(self._account)
        home.feed.connect(self._account, home.start, home.joins_on)
        still_until = home.start + timedelta(days=dice.between(*_STILL_DAYS))
        joined_since = home.joins_on + timedelta(days=dice.between(*_FOUND_DAYS))
        self._found_on = max(still_until, joined_since)

    def live(self, home: Household) -> None:
        """Lie still, but for one day."""
        if home.today >= self._found_on:
            self._found_on = date.max
            self._empty(home)

    def _empty(self, home: Household) -> None:
        """Take most of what is there, in up to three parts."""
        dice, account = home.dice, self._account
        taken = []
        for category in dice.some_of(_TAKEN_AS, dice.between(1, len(_TAKEN_AS))):
            amount_minor = account.balance_minor * dice.between(*_TAKEN_PERCENT) // 100
            payee = shop_near(home, category)
            taken.append(Payment(account, payee, max(1, amount_minor), dice.below(24 * 60)))
        _perhaps_give_back(home, happen(home, "dormant_account", taken))


def _perhaps_give_back(home: Household, stolen: Sequence[Booking]) -> None:
    if home.dice.permille(_GIVEN_BACK_PERMILLE):
        days = home.dice.between(*_GIVEN_BACK_DAYS)
        for booking in stolen:
            give_back(home, -booking.amount_minor, days, booking)
