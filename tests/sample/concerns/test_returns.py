from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from sample.bookings import Booking
from sample.concerns.habits import Habits
from sample.concerns.returns import Returns, give_back
from sample.household import Concern, Household
from sample.payees import Payee
from tests.sample.lives import Life, Wages, lived, settled

seeds = st.integers(0, 2**32)
some = settings(max_examples=15)

SHOP = Payee("Shop", "shopping.clothing")


class Shopping:
    """Far too many purchases, so that much comes back."""

    def live(self, home: Household) -> None:
        dice, payees = home.dice, home.market.payees
        for category in ("shopping.clothing", "shopping.online", "travel.flights"):
            shop = payees[category][dice.below(3)]
            home.buy(shop, home.scaled(dice.between(1_000, 6_000)))
            home.checking.balance_minor = home.scaled(1_000_000)


def shoppers(home: Household) -> tuple[Concern, ...]:
    Returns(home)
    return (Shopping(),)


def everyday(home: Household) -> tuple[Concern, ...]:
    Returns(home)
    return (Wages(), Habits(home))


@cache
def town() -> tuple[Life, ...]:
    """The year of a few who buy far too much."""
    return tuple(lived(1, shoppers, number=number) for number in range(1, 13))


def together(life: Life) -> dict[int, tuple[Booking, list[Booking]]]:
    """Give the purchases that refunds name, each with its refunds."""
    found: dict[int, tuple[Booking, list[Booking]]] = {}
    for refund, purchase in life.refunds():
        found.setdefault(id(purchase), (purchase, []))[1].append(refund)
    return found


@some
@given(seed=seeds)
def test_no_more_comes_back_than_was_paid(seed: int) -> None:
    life = lived(seed, shoppers, imports=True)
    named = together(life)
    spare: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for booking in life.bookings:
        if booking.amount_minor < 0 and id(booking) not in named:
            spare[booking.account.account_id, booking.payee.name].append(-booking.amount_minor)

    for purchase, refunds in named.values():
        beyond_minor = sum(own.amount_minor for own in refunds) + purchase.amount_minor
        if beyond_minor > 0:
            # A second purchase is given back with it: smaller, at the same shop, and only once.
            assert len(refunds) == 1
            assert beyond_minor <= -purchase.amount_minor
            spare[purchase.account.account_id, purchase.payee.name].remove(beyond_minor)


@some
@given(seed=seeds)
def test_only_what_was_posted_comes_back_and_to_the_account_that_paid(seed: int) -> None:
    life = lived(seed, shoppers, imports=True)

    for refund, purchase in life.refunds():
        assert purchase.posted_on is not None
        assert purchase.posted_on < refund.on
        assert refund.account is purchase.account
        assert refund.payee == purchase.payee
        assert refund.kind in {"refund", "card"}
        assert refund.amount_minor > 0
        assert refund.on - purchase.posted_on <= timedelta(days=120)


@some
@given(seed=seeds)
def test_what_is_missed_was_bought_and_never_came_back(seed: int) -> None:
    life = lived(seed, shoppers)
    bought = {own.transaction_id: own for own in life.bookings}
    returned = {own.refund_of.transaction_id for own in life.bookings if own.refund_of}

    for event in life.events:
        assert event.kind == "refund_missing"
        assert event.expected
        purchase = bought[event.subject]
        assert event.known_on - purchase.on >= timedelta(days=45)
        assert event.amount_minor == -purchase.amount_minor
        assert event.account_id == purchase.account.account_id
        assert event.subject not in returned


@some
@given(seed=seeds)
def test_a_closed_account_gets_nothing(seed: int) -> None:
    def closing(home: Household) -> tuple[Concern, ...]:
        home.later(200, close)
        homes.append(home)
        return shoppers(home)

    def close() -> None:
        for account in homes[0].accounts:
            account.is_closed = True

    homes: list[Household] = []
    life = lived(seed, closing)
    closed_on = homes[0].start + timedelta(days=200)

    assert all(own.on < closed_on for own in life.bookings if own.amount_minor > 0)


def test_refunds_are_full_or_partial_or_several_or_late_or_larger_than_one_purchase() -> None:
    seen: Counter[str] = Counter()
    for life in town():
        for purchase, refunds in together(life).values():
            back_minor, paid_minor = (
                sum(own.amount_minor for own in refunds),
                -purchase.amount_minor,
            )
            seen["several"] += len(refunds) > 1
            seen["larger"] += back_minor > paid_minor
            seen["full"] += back_minor == paid_minor
            seen["part"] += back_minor < paid_minor
            seen["late"] += refunds[0].on - purchase.on > timedelta(days=40)
            seen["another month"] += refunds[0].on.month != purchase.on.month

    assert min(seen[how] for how in ("several", "larger", "full", "part", "late")) > 5
    assert seen["full"] > seen["part"] > seen["larger"]
    assert seen["another month"] > seen["late"]


def test_some_money_comes_for_no_purchase_and_it_is_little_beside_what_was_paid_there() -> None:
    seen = 0
    for life in town():
        paid_minor: Counter[str] = Counter()
        for own in life.bookings:
            if own.amount_minor < 0:
                paid_minor[own.payee.name] -= own.amount_minor
            elif own.refund_of is None:
                seen += 1
                assert own.amount_minor * 5 <= paid_minor[own.payee.name]

    assert seen > 10


def test_about_one_in_fifteen_clothes_goes_back_and_hardly_any_bread() -> None:
    bought: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for number in range(1, 31):
        life = lived(3, everyday, number=number)
        bought.update(own.payee.category for own in life.bookings if own.amount_minor < 0)
        back.update(purchase.payee.category for purchase, _ in together(life).values())

    shops = ("shopping.clothing", "shopping.online", "shopping.electronics", "shopping.general")
    assert 3 <= sum(back[c] for c in shops) * 100 // sum(bought[c] for c in shops) <= 8
    assert back["food.groceries"] * 100 < bought["food.groceries"]
    assert back["dining.coffee"] == 0


def test_banks_word_it_as_a_refund_or_as_a_card_payment_the_other_way() -> None:
    kinds = Counter(refund.kind for life in town() for refund, _ in life.refunds())

    assert kinds["refund"] > kinds["card"] > 20


def test_what_was_paid_in_other_money_comes_back_in_it() -> None:
    home = settled(1)
    home.live(home.start)
    paid = home.book(home.checking, SHOP, -1_000, foreign=(1_500, "JPY"), is_settled=True)
    refunds: list[Booking] = []
    home.heard.append(refunds.append)
    give_back(home, 400, 3, paid)
    for days in range(1, 5):
        home.live(home.start + timedelta(days=days))

    [refund] = refunds
    assert refund.on == home.start + timedelta(days=3)
    assert (refund.amount_minor, refund.foreign) == (400, (600, "JPY"))
