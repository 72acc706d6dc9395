from __future__ import annotations

from sample.town import BILLS, HABITS, LARGE_PAYEES, SUBSCRIPTIONS, WAYS_ABOUT, Habit
from schemas.taxonomy import LEAVES, leaf_for_mcc

ALL_HABITS: tuple[Habit, ...] = (*HABITS, *WAYS_ABOUT)


def test_every_habit_is_for_something_that_the_taxonomy_knows() -> None:
    assert {habit.category for habit in ALL_HABITS} <= LEAVES.keys()


def test_every_merchant_code_is_a_real_one_though_no_shop_is() -> None:
    payees = [*LARGE_PAYEES, *(payee for habit in ALL_HABITS for payee in habit.payees)]

    assert all(payee.mcc is None or leaf_for_mcc(payee.mcc) for payee in payees)
    assert any(payee.mcc is None for payee in payees)


def test_no_two_share_a_name() -> None:
    bills = [offer.payee.name for offer in (*BILLS, *SUBSCRIPTIONS)]
    shops = [payee.name for habit in ALL_HABITS for payee in habit.payees]
    names = [*bills, *shops, *(payee.name for payee in LARGE_PAYEES)]

    assert len(names) == len(set(names))
