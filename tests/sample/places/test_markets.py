from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import get_args

import pytest

from sample.concerns.habits import DRIVES, HABITS, RIDES
from sample.payees import Payee
from sample.places.cities import CITIES, STATES, home_city
from sample.places.market import Market
from sample.places.markets import MARKETS, abroad, build
from sample.places.shops import brands
from sample.places.tables import parts, rows
from sample.places.ways import WAYS, Stands
from sample.wording.texts import STYLES
from schemas.merchants import MERCHANTS
from schemas.money import EXPONENTS
from schemas.taxonomy import LEAVES, UNKNOWN, leaf_for_mcc
from schemas.transactions import Kind

EVERYDAY = sorted(habit.category for habit in (*HABITS, DRIVES, RIDES))
BUILD_MS_MAX = 50

each_market = pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.country)


def everyone(market: Market) -> Iterator[Payee]:
    for payees in market.payees.values():
        yield from payees


def is_invented(market: Market, payee: Payee) -> bool:
    known = {*MERCHANTS, *brands(market.country, payee.category)}
    return payee.name not in known


def test_the_countries_are_different_enough() -> None:
    assert {(one.country, one.currency) for one in MARKETS} == {
        *{("US", "USD"), ("GB", "GBP"), ("DE", "EUR"), ("ES", "EUR"), ("JP", "JPY")},
    }
    assert "America/New_York" in {one.time_zone for one in MARKETS}
    assert 0 in {EXPONENTS[one.currency] for one in MARKETS}


@each_market
def test_every_leaf_but_the_unknown_one_has_payees(market: Market) -> None:
    assert market.payees.keys() == LEAVES.keys() - {UNKNOWN.id}
    for leaf, payees in market.payees.items():
        assert len(payees) >= 2
        assert {payee.category for payee in payees} == {leaf}


@each_market
@pytest.mark.parametrize("leaf", EVERYDAY)
def test_of_everyday_shops_many_are_there_and_two_in_five_are_invented(
    market: Market, leaf: str
) -> None:
    payees = market.payees[leaf]

    invented = sum(is_invented(market, payee) for payee in payees)
    assert 12 <= len(payees) <= 60
    assert invented * 5 >= len(payees) * 2


@each_market
@pytest.mark.parametrize("leaf", ["food.groceries", "transport.fuel", "shopping.clothing"])
def test_brands_that_everybody_knows_are_among_them(market: Market, leaf: str) -> None:
    known = [payee for payee in market.payees[leaf] if not is_invented(market, payee)]

    assert len(known) >= 8


@each_market
def test_a_name_says_who_is_meant(market: Market) -> None:
    names = Counter(payee.name for payee in everyone(market))

    assert [name for name, count in names.items() if count > 1] == []
    for payee in everyone(market):
        assert payee.name.strip() == payee.name
        assert 0 < len(payee.name) <= 60
        assert "{" not in payee.name


@each_market
def test_a_payee_is_paid_as_its_like_are(market: Market) -> None:
    kinds = {leaf: {payee.kind for payee in payees} for leaf, payees in market.payees.items()}

    assert kinds["income.salary"] == {"salary"}
    assert kinds["food.groceries"] == kinds["travel.lodging"] == {"card"}
    assert kinds["utilities.energy"] == kinds["insurance.home"] == {"direct_debit"}
    assert kinds["housing.rent"] == {"standing_order"}
    assert kinds["transfer.person"] == kinds["transfer.own_account"] == {"transfer"}
    assert kinds["cash.withdrawal"] == {"cash"}
    assert kinds["finance.fee"] == {"fee"}
    assert kinds["finance.interest"] == {"interest"}
    assert kinds["income.investments"] == {"transfer", "interest"}
    assert all(kind <= set(get_args(Kind)) for kind in kinds.values())


@each_market
def test_only_cards_and_machines_have_codes_and_some_small_shops_have_none(market: Market) -> None:
    for payee in everyone(market):
        if payee.mcc is not None:
            assert payee.kind in {"card", "cash"}
            assert leaf_for_mcc(payee.mcc) is not None

    shops = [p for p in everyone(market) if p.kind == "card" and is_invented(market, p)]
    without = sum(shop.mcc is None for shop in shops)
    assert len(shops) // 20 < without < len(shops) // 4


@each_market
def test_an_invented_shop_stands_in_a_city_and_a_chain_in_all(market: Market) -> None:
    assert market.cities == CITIES[market.country]
    for payee in everyone(market):
        assert payee.country == ""
        assert payee.city in {"", *market.cities}
        stands = WAYS[payee.category].stands
        if stands == "there" or (stands == "local" and is_invented(market, payee)):
            assert payee.city
        else:
            assert not payee.city


@each_market
@pytest.mark.parametrize("leaf", EVERYDAY)
def test_wherever_a_household_lives_there_are_shops(market: Market, leaf: str) -> None:
    for city in market.cities:
        near = [payee for payee in market.payees[leaf] if payee.city in {"", city}]
        assert len(near) >= 2


@each_market
def test_bills_say_what_they_are_for(market: Market) -> None:
    for leaf in ("housing.rent", "utilities.energy", "insurance.vehicle", "income.salary"):
        assert all(payee.purpose for payee in market.payees[leaf])


@each_market
def test_persons_go_by_handles(market: Market) -> None:
    for payee in market.payees["transfer.person"]:
        assert payee.name == payee.name.lower()
        assert " " not in payee.name


@each_market
def test_banks_differ_in_style_and_in_traits(market: Market) -> None:
    banks = market.banks

    assert 3 <= len(banks) <= 4
    assert len({bank.provider for bank in banks}) == len(banks)
    assert len({bank.style for bank in banks}) >= 2
    assert {bank.tells_mcc for bank in banks} == {True, False}
    assert len({bank.pending_permille for bank in banks}) == len(banks)
    for bank in banks:
        assert bank.style in STYLES
        assert 5 <= bank.repeat_permille <= 120
        assert 5 <= bank.wrong_mcc_permille <= 30


def test_every_style_has_a_bank() -> None:
    assert {bank.style for market in MARKETS for bank in market.banks} == STYLES.keys()


@each_market
def test_abroad_is_everywhere_else(market: Market) -> None:
    others = abroad(market)

    assert [one.country for one in others] == [
        one.country for one in MARKETS if one.country != market.country
    ]
    for other in others:
        for payee in everyone(other):
            assert payee.country == other.country
            assert payee.city or WAYS[payee.category].stands in {"nowhere", "online"}
        assert other.payees.keys() == market.payees.keys()


def test_a_price_in_yen_has_no_hundredths() -> None:
    japan = next(one for one in MARKETS if one.currency == "JPY")

    assert 300 < japan.price(330) < 600


def test_a_household_is_always_at_home_in_the_same_city() -> None:
    cities = Counter(home_city(f"household-{number:03}", "DE") for number in range(500))

    assert cities.keys() == set(CITIES["DE"])
    assert min(cities.values()) > 50
    assert home_city("household-007", "DE") == home_city("household-007", "DE")
    assert STATES.keys() == set(CITIES["US"])


def test_tables_speak_of_leaves_and_slots_that_there_are() -> None:
    slots = {row["slot"] for row in rows("words.csv")}

    assert WAYS.keys() == LEAVES.keys() - {UNKNOWN.id}
    assert {way.stands for way in WAYS.values()} == set(get_args(Stands))
    for table in ("brands.csv", "shops.csv"):
        assert {row["leaf"] for row in rows(table)} <= WAYS.keys()
    for row in rows("shops.csv"):
        for name in parts(row["names"]):
            name.format_map(dict.fromkeys(slots, ""))


def test_a_known_merchant_is_for_what_the_dictionary_says() -> None:
    for row in rows("brands.csv"):
        for name in parts(row["names"]):
            if name in MERCHANTS:
                assert MERCHANTS[name].leaf.id == row["leaf"], name


def test_markets_are_the_same_each_time_and_soon_made() -> None:
    took_ms = []
    for _ in range(5):
        began = process_time()
        again = build()
        took_ms.append((process_time() - began) * 1_000)
        assert again == MARKETS

    assert min(took_ms) < BUILD_MS_MAX


def test_markets_are_the_same_whatever_strings_hash_to() -> None:
    script = "from sample.places.markets import MARKETS; print(MARKETS)"

    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1
