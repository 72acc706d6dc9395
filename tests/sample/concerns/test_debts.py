from __future__ import annotations

from functools import cache

from hypothesis import given, settings

from sample.bookings import Booking
from sample.concerns.debts import Debts
from sample.concerns.habits import Habits
from sample.concerns.income import Income
from sample.household import Household
from tests.sample.regular_lives import Life, lived, numbers

NEAR_PERCENT = 90


def indebted(number: int) -> Life:
    return lived(number, lambda home: (Income(home), Debts(home), Habits(home)), months=14)


def borrowed(home: Household) -> tuple[Debts]:
    home.income_minor = home.scaled(250_000)
    home.checking.balance_minor = home.income_minor * 10_000
    return (Debts(home),)


@cache
def borrowers() -> tuple[Life, ...]:
    """Households with a loan and enough to pay it, until it is paid."""
    lives = (lived(number, borrowed, months=84) for number in range(60))
    return tuple(life for life in lives if life.home.loan is not None)


@settings(max_examples=20)
@given(number=numbers)
def test_a_card_is_never_paid_beyond_what_is_owed(number: int) -> None:
    life = indebted(number)

    if life.home.card is not None:
        assert max(life.evenings[life.home.card.account_id].values()) <= 0


@settings(max_examples=20)
@given(number=numbers)
def test_the_limit_is_near_exactly_when_a_purchase_takes_the_card_past_it(number: int) -> None:
    life = indebted(number)
    card = life.home.card
    if card is None:
        return
    near_minor = card.limit_minor * NEAR_PERCENT // 100

    passed = []
    for booking, left_minor in zip(life.bookings, life.left_minor, strict=True):
        if booking.account is card and booking.amount_minor < 0 and booking.posted_on:
            owed_minor = -left_minor
            if owed_minor + booking.amount_minor < near_minor <= owed_minor:
                passed.append((owed_minor, booking.seen_on))

    noted = [(note.amount_minor, note.known_on) for note in life.noted("credit_limit_near")]
    assert noted == [one for one in passed if one[1] and one[1] < life.home.end]


def test_a_purchase_that_never_posts_takes_no_card_to_its_limit() -> None:
    life = next(life for life in map(indebted, range(40)) if life.home.card is not None)
    home, card = life.home, life.home.card
    assert card is not None
    card.balance_minor = -card.limit_minor
    shop = home.market.payees["food.groceries"][0]
    # It has been given back already: without it, the card was as near before.
    dropped = Booking(card, shop, -card.limit_minor // 2, home.today, "card")
    home.truths()

    for listener in home.heard:
        listener(dropped)

    assert not home.truths()


def test_a_card_paid_in_full_bears_no_interest_and_one_that_is_not_does() -> None:
    lives = [indebted(number) for number in range(40)]
    bears = {
        life.home.user_id
        for life in lives
        for one in life.on(life.home.card)
        if one.payee.category == "finance.interest"
    }
    with_card = {life.home.user_id for life in lives if life.home.card is not None}

    assert bears
    assert with_card - bears


def test_a_loan_is_paid_down_to_nothing_and_closed() -> None:
    loans = [life.home.loan for life in borrowers() if life.home.loan is not None]

    assert len(loans) > 3
    # Who has had bad luck pays for longer.
    assert sum(loan.is_closed for loan in loans) > len(loans) // 2
    assert all(loan.is_closed == (loan.balance_minor == 0) for loan in loans)


def test_a_loans_interest_shrinks_as_it_is_paid_down() -> None:
    for life in borrowers():
        interest_minor = [
            one.amount_minor
            for one in life.on(life.home.loan)
            if one.payee.category == "finance.interest"
        ]
        assert interest_minor == sorted(interest_minor)
        assert all(one < 0 for one in interest_minor)


def test_who_cannot_pay_is_charged_for_being_late() -> None:
    def broke(home: Household) -> tuple[Debts]:
        home.savings = None
        home.checking.balance_minor = -home.checking.limit_minor
        if home.card is not None:
            home.card.balance_minor = -home.card.limit_minor
        return (Debts(home),)

    for number in range(40):
        life = lived(number, broke, months=5)
        if life.home.card is not None:
            assert len(life.noted("fee")) >= 3
            return
    raise AssertionError("nobody has a card")
