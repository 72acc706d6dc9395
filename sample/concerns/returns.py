"""Money that shops give back: all of it or a part, soon or late, for one purchase or for two."""

from collections.abc import Mapping
from datetime import timedelta

from sample.bookings import Booking
from sample.household import Household

_RETURNED_PERMILLE: Mapping[str, int] = {
    "shopping.clothing": 80,
    "shopping.online": 65,
    "shopping.electronics": 50,
    "shopping.general": 35,
    "shopping.other": 30,
    "shopping.hobbies": 25,
    "shopping.books": 12,
    "housing.furnishing": 30,
    "housing.diy_and_garden": 20,
    "family.children": 30,
    "travel.flights": 40,
    "travel.lodging": 40,
    "travel.other": 40,
    "entertainment.outings": 12,
    "transport.public": 3,
    "dining.delivery": 12,
    "food.groceries": 3,
    "giving.gifts": 8,
}
"""Of the purchases of a category; what is not here is never given back."""

_HOW = {"full": 460, "part": 200, "parts": 70, "late": 120, "two": 110, "never": 40}
_SOON_DAYS = (2, 25)
_LATE_DAYS = (40, 80)
_PART_PERCENT = (15, 85)
_TOGETHER = timedelta(days=30)
"""What was bought at one shop within such a time may be given back together."""
_MISSED_AFTER = timedelta(days=45)
_GOODWILL_PERMILLE = 5
_GOODWILL_PERCENT = (5, 20)
_CALLED_REFUND_PERMILLE = 600


def give_back(home: Household, amount_minor: int, days: int, *purchases: Booking) -> None:
    """Let so much of some purchases come back, so many days after the last of them was posted.

    What is never posted needs no giving back, and a closed account takes none. Of several, the
    refund names the largest.
    """
    largest = min(purchases, key=lambda bought: bought.amount_minor)
    posted = [bought.posted_on for bought in purchases if bought.posted_on is not None]
    if len(posted) == len(purchases):
        days += (max(posted) - home.today).days
        home.later(days, lambda: _refund(home, largest, amount_minor, largest))


def _refund(
    home: Household, purchase: Booking, amount_minor: int, refund_of: Booking | None
) -> None:
    """Book money from a shop on the account that had paid it; some banks call that a refund."""
    account, foreign = purchase.account, purchase.foreign
    if account.is_closed:
        return
    if foreign is not None:
        foreign = (max(1, foreign[0] * amount_minor // -purchase.amount_minor), foreign[1])
    kind = "refund" if home.dice.permille(_CALLED_REFUND_PERMILLE) else "card"
    home.book(
        account, purchase.payee, amount_minor,
        kind=kind, foreign=foreign, refund_of=refund_of, is_settled=True,
    )  # fmt: skip


class Returns:
    """Listens to what a household buys, and lets some of it come back; nothing comes back twice."""

    def __init__(self, home: Household) -> None:
        self._home = home
        self._kept: dict[str, Booking] = {}
        """The last purchase at each shop, if it has not been given back."""
        home.heard.append(self._hear)

    def _hear(self, booking: Booking) -> None:
        permille = _RETURNED_PERMILLE.get(booking.payee.category)
        if permille is None or not _is_purchase(booking):
            return
        draw = self._home.dice.below(1000)
        if draw < permille:
            self._return(booking)
        elif booking.foreign is None:
            self._kept[booking.payee.name] = booking
            if draw >= 1000 - _GOODWILL_PERMILLE:
                self._make_up_for(booking)

    def _return(self, purchase: Booking) -> None:
        home, dice, paid_minor = self._home, self._home.dice, -purchase.amount_minor
        soon = dice.between(*_SOON_DAYS)
        match dice.weighted(_HOW):
            case "full":
                give_back(home, paid_minor, soon, purchase)
            case "part":
                give_back(home, _part(paid_minor, dice.between(*_PART_PERCENT)), soon, purchase)
            case "parts":
                self._return_in_parts(purchase)
            case "late":
                give_back(home, paid_minor, dice.between(*_LATE_DAYS), purchase)
            case "two":
                self._return_with_another(purchase, soon)
            case _:
                self._promise_in_vain(purchase, soon)

    def _return_in_parts(self, purchase: Booking) -> None:
        """Give two or three parts back, on days of their own; some of it may be kept."""
        dice, left_minor = self._home.dice, -purchase.amount_minor
        for _ in range(dice.between(2, 3)):
            part_minor = _part(left_minor, dice.between(25, 60))
            if part_minor < left_minor:
                left_minor -= part_minor
                give_back(self._home, part_minor, dice.between(*_SOON_DAYS), purchase)

    def _return_with_another(self, purchase: Booking, days: int) -> None:
        """Give back at once what was bought at a shop twice; the larger purchase is named."""
        other, both = self._kept.pop(purchase.payee.name, None), [purchase]
        if other is not None and _go_together(purchase, other):
            both.append(other)
        give_back(self._home, -sum(bought.amount_minor for bought in both), days, *both)

    def _promise_in_vain(self, purchase: Booking, days: int) -> None:
        """Announce a refund that never comes; weeks later that can be known."""
        home = self._home

        def miss() -> None:
            home.note(
                "refund_missing", purchase.account, -purchase.amount_minor,
                subject=purchase.transaction_id,
            )  # fmt: skip

        home.later(days + _MISSED_AFTER.days, miss)

    def _make_up_for(self, purchase: Booking) -> None:
        """Get something from a shop that no purchase was given back for: goodwill, cashback."""
        home, dice = self._home, self._home.dice
        amount_minor = _part(-purchase.amount_minor, dice.between(*_GOODWILL_PERCENT))
        home.later(dice.between(7, 25), lambda: _refund(home, purchase, amount_minor, None))


def _is_purchase(booking: Booking) -> bool:
    """Say whether a shop took it for good, and for nothing that has a story of its own."""
    return (
        booking.amount_minor < 0
        and booking.kind == "card"
        and booking.posted_on is not None
        and booking.event is None
        and booking.series is None
    )


def _go_together(purchase: Booking, earlier: Booking) -> bool:
    """Say whether one refund can be for both of what was bought at one shop."""
    return (
        earlier.account is purchase.account
        and purchase.foreign is None
        and purchase.on - earlier.on <= _TOGETHER
    )


def _part(amount_minor: int, percent: int) -> int:
    return max(1, amount_minor * percent // 100)
