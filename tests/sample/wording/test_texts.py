from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from time import process_time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.bookings import Account, Booking, Series
from sample.payees import Payee
from sample.places.market import Market
from sample.places.markets import MARKETS, abroad
from sample.wording.phrases import capitals
from sample.wording.texts import STYLES, TEXT_LENGTH_MAX, describe
from sample.wording.vocabulary import ENGLISH_CODES, OF_COUNTRY
from schemas.accounts import AccountType
from schemas.transactions import Kind

DAY = date(2025, 3, 14)
KINDS: tuple[Kind, ...] = get_args(Kind)
US, GB, DE, ES, JP = MARKETS
TEXT_US_MAX = 10
"""Two or three on an idle machine; this one may have something else to do."""

references = st.integers(0, 2**64 - 1)
styles = st.sampled_from(sorted(STYLES))
markets = st.sampled_from(MARKETS)


def account(market: Market, name: str = "checking", kind: AccountType = "checking") -> Account:
    return Account(f"household-001-{name}", kind, market.currency, market.banks[0])


def booking(market: Market, payee: Payee, amount_minor: int = -1_234, **facts: Any) -> Booking:
    kind = facts.pop("kind", payee.kind)
    own = facts.pop("account", account(market))
    return Booking(own, payee, amount_minor, DAY, kind, minute=700, **facts)


def payee(market: Market, name: str) -> Payee:
    return next(one for payees in market.payees.values() for one in payees if one.name == name)


@st.composite
def bookings(draw: st.DrawFn) -> tuple[Booking, Market]:
    market = draw(markets)
    whose = draw(st.sampled_from((market, *abroad(market))))
    other = draw(st.none() | st.just(account(market, "savings", "savings")))
    made = booking(
        market,
        draw(st.sampled_from([one for payees in whose.payees.values() for one in payees])),
        draw(st.integers(-(10**9), 10**9)),
        kind=draw(st.sampled_from(KINDS)),
        other=other,
        purpose=draw(st.text(max_size=300)),
        foreign=(draw(st.integers(-(10**9), 10**9)), whose.currency) if whose != market else None,
    )
    return made, market


@given(style=styles, what=bookings(), reference=references)
def test_a_text_is_never_empty_nor_too_long_and_always_the_same(
    style: str, what: tuple[Booking, Market], reference: int
) -> None:
    text = describe(style, *what, reference)

    assert text.strip()
    assert len(text) <= TEXT_LENGTH_MAX
    assert describe(style, *what, reference) == text


@pytest.mark.parametrize("style", STYLES)
def test_every_payee_of_every_market_can_be_worded_for_every_kind(style: str) -> None:
    for market in MARKETS:
        own = account(market)
        for payees in market.payees.values():
            for one in payees:
                for sign, kind in enumerate(KINDS):
                    made = Booking(own, one, 1_234 * (-1) ** sign, DAY, kind)
                    assert 0 < len(describe(style, made, market, 12_345)) <= TEXT_LENGTH_MAX


@given(what=bookings(), reference=references, width=st.sampled_from(["a", "b", "c", "d", "e"]))
def test_a_narrow_column_is_never_wider_and_cuts_what_does_not_fit(
    what: tuple[Booking, Market], reference: int, width: str
) -> None:
    made, market = what
    made.account.bank = replace(made.account.bank, provider=width)

    assert len(describe("truncated", made, market, reference)) <= 25


def test_a_narrow_column_cuts_in_the_middle_of_a_word() -> None:
    shop = Payee("The Extraordinarily Long Named Kettle", "dining.restaurant", city="Leeds")
    widths = {
        len(describe("truncated", booking(GB, shop, account=replace_bank(name)), GB, 0))
        for name in ("a", "b", "c", "d", "e", "f", "g", "h")
    }

    assert widths <= {22, 23, 24, 25}
    assert len(widths) > 1


def replace_bank(provider: str) -> Account:
    own = account(GB)
    own.bank = replace(own.bank, provider=provider)
    return own


@given(style=styles, reference=references)
def test_a_household_mostly_reads_the_same_of_a_shop(style: str, reference: int) -> None:
    shop = booking(US, payee(US, "Kroger"))

    words = Counter(
        " ".join(describe(style, shop, US, (reference + number * 2**40) % 2**64).split()[:1])
        for number in range(20)
    )
    assert len(words) <= 3


def test_a_chain_has_other_stores_and_spellings_elsewhere_and_now_and_then() -> None:
    shop = payee(US, "Trader Joe's")
    at_home = Counter(
        describe("us_rail", booking(US, shop), US, n * 2_654_435_761) for n in range(300)
    )
    neighbours = {
        describe("us_rail", replace(booking(US, shop), account=named(number)), US, 7)
        for number in range(50)
    }

    assert 1 < len(at_home) < 40
    assert at_home.most_common(1)[0][1] > 150
    assert len(neighbours) > 30


def named(number: int) -> Account:
    return Account(f"household-{number:03}-checking", "checking", "USD", US.banks[0])


@pytest.mark.parametrize("style", ["ach", "uk_card", "girocard", "sepa", "es_card", "jp_card"])
def test_a_series_keeps_its_mandate(style: str) -> None:
    power = US.payees["utilities.energy"][0]
    own = account(US)
    first, second = (
        Series(f"household-001-series-{number}", own, "monthly", power, 9_900, DAY)
        for number in (1, 2)
    )

    def words(series: Series, reference: int) -> set[str]:
        made = booking(US, power, kind="direct_debit", series=series)
        return set(describe(style, made, US, reference).split())

    # The end-to-end reference of a collection is its own.
    assert all(word.startswith("EREF+") for word in words(first, 1) ^ words(first, 2**63))
    assert not all(word.startswith("EREF+") for word in words(first, 1) ^ words(second, 1))


def test_a_purpose_of_the_booking_comes_before_that_of_the_payee() -> None:
    rent = DE.payees["housing.rent"][0]._replace(purpose="Miete")

    assert "SVWZ+MIETE" in describe("sepa", booking(DE, rent), DE, 1)
    garage = booking(DE, rent, purpose="Garage März")
    assert describe("sepa", garage, DE, 1).endswith("SVWZ+GARAGE MARZ") is False
    assert describe("sepa", garage, DE, 1).endswith("SVWZ+GARAGE MAERZ")


def test_what_was_paid_abroad_is_named_in_its_own_money() -> None:
    bistro = Payee("Bistro Lune", "dining.restaurant", city="Lyon", country="FR")

    british = describe("uk_card", booking(GB, bistro, -2_000, foreign=(2_400, "EUR")), GB, 8)
    yen = describe("uk_card", booking(GB, bistro, -1_000, foreign=(1_900, "JPY")), GB, 8)
    japanese = describe("jp_card", booking(JP, bistro, -3_000, foreign=(2_000, "USD")), JP, 8)
    american = describe("us_rail", booking(US, bistro, -2_000, foreign=(1_800, "EUR")), US, 8)

    assert "LYON 24.00 EUR RATE 1.2000 EUR ON 14-03-2025" in british
    assert "1900 JPY RATE 190.0000 JPY" in yen
    assert "KAIGAI RIYOU BISTRO LUNE 20.00 USD" in japanese
    assert american.endswith("BISTRO LUNE LYON FR 18.00 EUR")


def test_each_way_of_paying_has_its_british_code() -> None:
    shop = Payee("Otter Books", "shopping.books", city="Leeds")
    texts = {kind: describe("uk_codes", booking(GB, shop, kind=kind), GB, 0) for kind in KINDS}

    assert texts["direct_debit"].startswith("DD OTTER BOOKS ")
    assert texts["standing_order"] == "SO OTTER BOOKS"
    assert texts["cash"] == "ATM LEEDS 14MAR"
    assert texts["card"].startswith("VIS ")
    assert describe("uk_codes", booking(GB, shop), GB, 1).startswith("))) ")
    assert describe("uk_codes", booking(GB, shop, 9, kind="salary"), GB, 0).startswith("BGC ")


def test_a_small_shop_has_its_processor_before_its_name() -> None:
    diners = [one for one in US.payees["dining.restaurant"] if one.city]
    texts = [describe("processors", booking(US, one), US, 0) for one in diners]

    assert {text.partition("*")[0] for text in texts} <= {"SQ ", "TST", "SUMUP  ", "ZETTLE_"}
    assert all(capitals(one.name) in text for one, text in zip(diners, texts, strict=True))
    online = Payee("BeaverMaple.com", "shopping.online")
    assert "*BEAVERMAPLE.COM 800-555-" in describe("processors", booking(US, online), US, 0)


def test_an_own_account_is_named_by_its_kind_and_last_digits() -> None:
    saving = US.payees["transfer.savings"][0]
    own, savings = account(US), account(US, "savings", "savings")

    out = describe("us_rail", booking(US, saving, -5_000, other=savings), US, 0)
    into = describe("us_rail", booking(US, saving, 5_000, account=savings, other=own), US, 0)

    assert out.startswith("ONLINE TRANSFER TO SAV ")
    assert into.startswith("ONLINE TRANSFER FROM CHK ")


def test_what_a_card_account_collects_comes_in_there_as_a_transfer() -> None:
    paid = DE.payees["transfer.card_payment"][0]
    own, card = account(DE), account(DE, "card", "credit")

    out = describe("girocard", booking(DE, paid, -5_000, other=card), DE, 0)
    into = describe("girocard", booking(DE, paid, 5_000, account=card, other=own), DE, 0)

    assert out.startswith("LASTSCHRIFT CARD ")
    assert into.startswith("GUTSCHRIFT VON CHK ")


def test_capitals_are_those_of_old_printers() -> None:
    assert capitals("Café Löffel & Söhne, Straße") == "CAFE LOEFFEL & SOEHNE, STRASSE"
    assert capitals("Peñablanca") == "PENABLANCA"


def test_every_country_has_words_for_every_kind() -> None:
    assert OF_COUNTRY.keys() == {one.country for one in MARKETS}
    for words in (*OF_COUNTRY.values(), ENGLISH_CODES):
        assert words.keys() == set(KINDS)


def test_writing_is_fast() -> None:
    work = [
        (market.banks[number % len(market.banks)].style, booking(market, one), market)
        for market in MARKETS
        for payees in market.payees.values()
        for number, one in enumerate(payees)
    ]
    took_us = []
    for _ in range(5):
        began = process_time()
        for number, (style, made, market) in enumerate(work):
            describe(style, made, market, number * 2_654_435_761)
        took_us.append((process_time() - began) * 1_000_000 / len(work))

    assert min(took_us) < TEXT_US_MAX
