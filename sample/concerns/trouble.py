"""What a rule should catch, or should let pass: fraud, mistakes, and the rare large purchase.

What thieves do is in `fraud`; what is here is a household's own doing, or a shop's mistake.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from sample.concerns.errands import shop_near
from sample.concerns.fraud import ForgottenAccount, card_testing, unusual_place
from sample.concerns.happenings import Payment, happen, payer
from sample.concerns.returns import give_back
from sample.concerns.transfers import make_room
from sample.concerns.usual import Usual
from sample.household import Household

_FIRST_WITHIN_DAYS = 120
_PAUSE_DAYS = (25, 190)
_IMPORTED_PERMILLE = 250
"""Of what could happen in imported years: how much does."""

_AMOUNT_TIMES = (8, 25)
_AMOUNT_CENTS_MIN = 8_000
_SHOP_MINUTES = (9 * 60, 20 * 60)
_NIGHT_MINUTES = (150, 255)
_TRANSFER_TENTHS = (30, 100)

_MISTAKE_CENTS_MIN = 400
_MISTAKE_MENDED_PERMILLE = 600
_MISTAKE_MENDED_DAYS = (2, 12)
_TWICE_ON_PURPOSE = frozenset(
    {
        "dining.coffee",
        "dining.fast_food",
        "entertainment.outings",
        "transport.parking_and_tolls",
        "transport.public",
    }
)
_TWICE_MINUTES = (1, 180)

_PLANS = (
    ("transport.vehicle",),
    ("housing.furnishing",),
    ("travel.other",),
    ("dining.restaurant", "shopping.clothing", "services.other"),
)
"""A car, a kitchen, a cruise, a wedding."""
_PLANNED_CENTS = (120_000, 900_000)
_REACH_PERCENT = 85


class Trouble:
    """What seldom happens to a household, each with a note of what it was."""

    def __init__(self, home: Household) -> None:
        usual = Usual(home)
        self._forgotten = ForgottenAccount(home)
        self._next_on = home.start + timedelta(days=home.dice.between(1, _FIRST_WITHIN_DAYS))
        self._kinds: dict[Callable[[Household], bool], int] = {
            partial(_unusual_amount, usual): 20,
            partial(_unusual_hour, usual): 14,
            partial(unusual_place, usual): 13,
            card_testing: 13,
            partial(_duplicate_charge, usual): 16,
            partial(_legitimate_repeat, usual): 16,
            partial(_new_payee_large, usual): 16,
            _large_but_planned: 12,
        }

    def live(self, home: Household) -> None:
        """Let today's trouble happen; what cannot happen today makes room for another tomorrow."""
        self._forgotten.live(home)
        if home.today < self._next_on or home.away is not None:
            return
        dice = home.dice
        is_spared = home.is_backfill and not dice.permille(_IMPORTED_PERMILLE)
        if is_spared or dice.weighted(self._kinds)(home):
            self._next_on = home.today + timedelta(days=dice.between(*_PAUSE_DAYS))


def _unusual_amount(usual: Usual, home: Household) -> bool:
    """Pay many times the usual at a usual kind of shop."""
    dice, categories = home.dice, usual.categories
    if not categories:
        return False
    category = dice.one_of(categories)
    amount_minor = usual.typical_minor(category) * dice.between(*_AMOUNT_TIMES)
    account = payer(home, amount_minor)
    if account is None or amount_minor < home.price(_AMOUNT_CENTS_MIN):
        return False
    payee = shop_near(home, category)
    payment = Payment(account, payee, amount_minor, dice.between(*_SHOP_MINUTES))
    happen(home, "unusual_amount", [payment])
    return True


def _unusual_hour(usual: Usual, home: Household) -> bool:
    """Buy in the small hours, when nothing ever is bought, if the bank tells the time."""
    dice, categories = home.dice, usual.categories
    if not categories or not usual.sleeps_at_night:
        return False
    category = dice.one_of(categories)
    amount_minor = usual.typical_minor(category)
    account = payer(home, amount_minor)
    if account is None or not account.bank.tells_minute:
        return False
    payee = shop_near(home, category)
    payment = Payment(account, payee, amount_minor, dice.between(*_NIGHT_MINUTES))
    happen(home, "unusual_hour", [payment])
    return True


def _new_payee_large(usual: Usual, home: Household) -> bool:
    """Send somebody new several times what was ever sent to anybody."""
    dice, largest_minor = home.dice, usual.largest_transfer_minor
    new = [payee for payee in home.market.payees["transfer.person"] if not usual.has_paid(payee)]
    least_minor, most_minor = (largest_minor * tenths // 10 for tenths in _TRANSFER_TENTHS)
    most_minor = min(most_minor, _within_reach_minor(home))
    if not new or least_minor == 0 or most_minor < least_minor:
        return False
    amount_minor = dice.between(least_minor, most_minor)
    if not make_room(home, amount_minor):
        return False
    happen(home, "new_payee_large", [Payment(home.checking, dice.one_of(new), amount_minor)])
    return True


def _duplicate_charge(usual: Usual, home: Household) -> bool:
    """Be charged by a shop twice for what was bought today; some shops notice, and mend it."""
    dice, bought = home.dice, usual.last_bought
    if bought is None or bought.on != home.today or bought.posted_on is None:
        return False
    account, amount_minor = bought.account, -bought.amount_minor
    if account.spare_minor < amount_minor or amount_minor < home.price(_MISTAKE_CENTS_MIN):
        return False
    payment = Payment(account, bought.payee, amount_minor, bought.minute)
    [again] = happen(
        home, "duplicate_charge", [payment],
        known_on=bought.told_on, subject=bought.transaction_id,
    )  # fmt: skip
    if dice.permille(_MISTAKE_MENDED_PERMILLE):
        give_back(home, amount_minor, dice.between(*_MISTAKE_MENDED_DAYS), again)
    return True


def _legitimate_repeat(usual: Usual, home: Household) -> bool:
    """Buy the same twice on a day on purpose: two tickets, two coffees."""
    dice = home.dice
    categories = [name for name in usual.categories if name in _TWICE_ON_PURPOSE]
    if not categories:
        return False
    category = dice.one_of(categories)
    amount_minor = usual.typical_minor(category)
    account = payer(home, 2 * amount_minor)
    if account is None:
        return False
    payee, minute = shop_near(home, category), dice.between(*_SHOP_MINUTES)
    first = Payment(account, payee, amount_minor, minute)
    second = first._replace(minute=minute + dice.between(*_TWICE_MINUTES))
    happen(home, "legitimate_repeat", [first, second], expected=False, told=2)
    return True


def _large_but_planned(home: Household) -> bool:
    """Pay for a car or a wedding that was saved for: no reason to warn anybody."""
    dice = home.dice
    wanted_minor = home.scaled(dice.between(*_PLANNED_CENTS))
    amount_minor = min(wanted_minor, _within_reach_minor(home))
    if amount_minor < home.price(_PLANNED_CENTS[0]) or not make_room(home, amount_minor):
        return False
    plan = dice.one_of(_PLANS)
    payments = [
        Payment(home.checking, shop_near(home, category), amount_minor // len(plan))
        for category in plan
    ]
    happen(home, "large_but_planned", payments, expected=False)
    return True


def _within_reach_minor(home: Household) -> int:
    """Say how much could be paid at once with most of what is in checking and savings."""
    saved_minor = home.savings.balance_minor if home.savings is not None else 0
    return (home.checking.spare_minor + saved_minor) * _REACH_PERCENT // 100
