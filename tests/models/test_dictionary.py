"""Sources are believed where they agree, and none is believed alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.descriptor import read_descriptor
from models.dictionary import ALONE_MAX, Hint, guess, hints
from schemas.taxonomy import LEAVES

SOURCES = ("alias", "brand", "keyword", "mcc", "kind", "provider")
HINTS = st.builds(
    Hint,
    category=st.sampled_from(sorted(LEAVES)[:12]),
    source=st.sampled_from(SOURCES),
    because=st.just("a reason"),
    weight=st.integers(0, 1000),
)
TEXTS = st.text(alphabet=string.ascii_letters + string.digits + " *#&/.-", max_size=60)


def top(text: str, *, comes_in: bool = False, **said: str) -> str:
    ranked = guess(hints(read_descriptor(text), comes_in=comes_in, **said))
    return ranked[0][0] if ranked else ""


@given(st.lists(HINTS, max_size=8))
def test_chances_are_chances(several: list[Hint]) -> None:
    ranked = guess(several)

    assert sum(chance for _, chance in ranked) <= 1000
    assert all(0 <= chance < 1000 for _, chance in ranked)
    assert [chance for _, chance in ranked] == sorted((c for _, c in ranked), reverse=True)
    assert {category for category, _ in ranked} == {hint.category for hint in several}


@given(
    st.lists(HINTS, max_size=6).flatmap(
        lambda some: st.tuples(st.just(some), st.permutations(some))
    )
)
def test_the_order_of_hints_does_not_matter(orders: tuple[list[Hint], list[Hint]]) -> None:
    one, other = orders

    assert guess(one) == guess(other)


@given(HINTS)
def test_nobody_is_believed_alone(hint: Hint) -> None:
    assert guess([hint]) == ((hint.category, min(hint.weight, ALONE_MAX)),)


@given(HINTS, HINTS)
def test_agreement_makes_surer_and_dissent_does_not(one: Hint, other: Hint) -> None:
    (alone,) = guess([one])
    agreeing = other._replace(category=one.category)
    apart = "travel.flights" if not one.category.startswith("travel.") else "food.groceries"

    assert dict(guess([one, agreeing]))[one.category] >= alone[1]
    assert dict(guess([one, other._replace(category=apart)]))[one.category] <= alone[1]


@given(TEXTS, st.sampled_from([False, True]), st.sampled_from(["", "5411", "9999", "x"]), TEXTS)
def test_every_hint_is_a_leaf_with_a_reason(
    text: str, comes_in: object, mcc: str, provider_hint: str
) -> None:
    found = hints(
        read_descriptor(text),
        mcc=mcc,
        kind="card",
        provider_hint=provider_hint,
        comes_in=bool(comes_in),
    )

    for hint in found:
        assert hint.category in LEAVES
        assert hint.source in SOURCES
        assert hint.because
        assert 0 < hint.weight <= ALONE_MAX


@pytest.mark.parametrize(
    ("text", "leaf"),
    [
        ("SQ *MOSSY OTTER COFFEE ROASTERS AUSTIN TX", "dining.coffee"),
        ("TST* EL RANCHO GRANDE RESTAURANT", "dining.restaurant"),
        ("STARBUCKS STORE 05678 SEATTLE WA", "dining.coffee"),
        ("COSTCO GAS #0123", "transport.fuel"),
        ("VZWRLSS*APOCC VISB 800-922-0204 FL", "utilities.phone"),
        ("CHASE CREDIT CRD AUTOPAY PPD ID: 4760039224", "transfer.card_payment"),
        ("CARD PAYMENT THANK YOU", "transfer.card_payment"),
        ("VENMO PAYMENT 1012345678", "transfer.person"),
        ("ATM WITHDRAWAL WALGREENS #4711", "cash.withdrawal"),
        ("LATE FEE", "finance.overdraft"),
        ("UBER   TRIP HELP.UBER.COM CA", "transport.taxi"),
        ("UBER *EATS", "dining.delivery"),
        ("COMPRA TARJ. *3310 FARMACIA SOL, MADRID", "health.pharmacy"),
        ("SUPERMERCADO LA LUNA SAO PAULO", "food.groceries"),
        ("RETIRO CAJERO AUTOMATICO", "cash.withdrawal"),
        ("LASTSCHRIFT LUNA SVWZ+HAUSRATVERSICHERUNG", "insurance.home"),
        ("APOTHEKE AM MARKT", "health.pharmacy"),
        ("COUNCIL TAX OAKENFORD", "government.local_tax"),
        ("ALBERT HEIJN 1234 AMSTERDAM", "food.groceries"),
    ],
)
def test_what_banks_write_is_understood(text: str, leaf: str) -> None:
    assert top(text) == leaf


def test_money_that_comes_in_is_something_else() -> None:
    assert top("INTEREST", comes_in=True) == "income.investments"
    assert top("INTEREST") == "finance.interest"
    assert top("ACME FOODS PAYROLL", comes_in=True) == "income.salary"
    assert top("CASH", kind="cash", comes_in=True) == "transfer.deposit"


def test_a_code_a_kind_and_a_provider_are_heard() -> None:
    assert top("QUIET HERON", mcc="5411") == "food.groceries"
    assert top("QUIET HERON", kind="salary", comes_in=True) == "income.salary"
    assert top("QUIET HERON", provider_hint="FOOD_AND_DRINK_GROCERIES") == "food.groceries"
    assert top("QUIET HERON", provider_hint="transport.fuel") == "transport.fuel"
    assert top("QUIET HERON", provider_hint="Shops > Pet supplies") == "family.pets"
    assert top("QUIET HERON", mcc="0000", kind="card", provider_hint="?") == ""


def test_a_word_that_is_a_name_to_somebody_is_none_among_other_words() -> None:
    assert top("NEXT") == "shopping.clothing"
    assert top("NEXT HERON") == ""


def test_two_who_agree_are_believed_more_than_any_one() -> None:
    both = guess(hints(read_descriptor("ALDI 77 772"), mcc="5411"))

    assert both[0][0] == "food.groceries"
    assert both[0][1] > ALONE_MAX
