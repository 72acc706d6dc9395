from __future__ import annotations

import csv
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from schemas.data import rebuild
from schemas.taxonomy import (
    GROUPS,
    LEAVES,
    UNKNOWN,
    leaf,
    leaf_by_index,
    leaf_for_mcc,
    leaf_for_plaid,
)

MERCHANTS = Path(__file__).parents[3] / "shared" / "data" / "merchants"
"""Where the source lists lie when they lie beside the checkout."""


def rows(table: str) -> list[dict[str, str]]:
    text = files("schemas").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


MCC = {row["mcc"]: row["leaf"] for row in rows("mcc.csv")}
PLAID = rows("plaid.csv")

WITHOUT_A_CODE = {
    "dining.delivery": "couriers use the codes of restaurants; their names tell",
    "family.support": "paid by plain transfer; words or the user tell",
    "government.local_tax": "paid by direct debit; the council's name tells",
    "insurance.health": "one code covers all insurance; words tell which",
    "insurance.home": "one code covers all insurance; words tell which",
    "insurance.life": "one code covers all insurance; words tell which",
}
"""The leaves that no table reaches, and what does."""


def test_the_taxonomy_has_the_size_it_was_drawn_for() -> None:
    kinds = [group.kind for group in GROUPS.values()]

    assert {kind: kinds.count(kind) for kind in kinds} == {
        "unknown": 1,
        "income": 1,
        "transfer": 1,
        "spending": 16,
    }
    assert len(LEAVES) == 94


@pytest.mark.parametrize("table", ["groups.csv", "leaves.csv"])
def test_indexes_count_up_from_zero_and_fit_a_byte(table: str) -> None:
    indexes = [int(row["index"]) for row in rows(table)]

    assert indexes == list(range(len(indexes)))
    assert max(indexes) < 256


def test_ids_are_dotted_snake_case_and_named_once() -> None:
    assert len(rows("groups.csv")) == len(GROUPS)
    assert len(rows("leaves.csv")) == len(LEAVES)
    assert all(re.fullmatch(r"[a-z_]+", group_id) for group_id in GROUPS)
    for leaf_id, member in LEAVES.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", leaf_id)
        assert leaf_id.startswith(f"{member.group.id}.")
    assert len({group.name for group in GROUPS.values()}) == len(GROUPS)
    assert len({member.name for member in LEAVES.values()}) == len(LEAVES)


def test_spending_and_nothing_else_is_essential_or_discretionary() -> None:
    for member in LEAVES.values():
        allowed = {"essential", "discretionary"} if member.kind == "spending" else {None}
        assert member.mark in allowed


def test_every_group_has_leaves() -> None:
    assert {member.group.id for member in LEAVES.values()} == GROUPS.keys()


def test_a_leaf_is_found_by_id_and_by_index() -> None:
    for leaf_id, member in LEAVES.items():
        assert leaf(leaf_id) is leaf_by_index(member.index) is member


def test_zeroed_storage_means_unknown() -> None:
    assert leaf_by_index(0) is UNKNOWN
    assert UNKNOWN.kind == "unknown"


def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(KeyError):
        leaf("food.caviar")
    with pytest.raises(KeyError):
        leaf_by_index(255)
    assert leaf_for_mcc("") is None
    assert leaf_for_mcc("0000") is None
    assert leaf_for_plaid("FOOD_AND_DRINK_CAVIAR") is None


def test_the_mcc_table_is_what_the_rules_say() -> None:
    assert rebuild.table() == MCC
    assert len(rows("mcc.csv")) == len(MCC)


def test_the_mcc_table_is_complete() -> None:
    brands = {code for code in MCC if code.startswith("3")}

    # 1,000 codes of airlines, car rentals and hotels, and 318 of everything else.
    assert len(brands) == 1000
    assert len(MCC) - len(brands) == 318
    for code, leaf_id in MCC.items():
        assert re.fullmatch(r"[0-9]{4}", code)
        assert leaf_for_mcc(code) is LEAVES[leaf_id]


@pytest.mark.skipif(not MERCHANTS.is_dir(), reason="the source lists are not beside the checkout")
def test_every_listed_mcc_has_a_leaf() -> None:
    listed = rebuild.listed(MERCHANTS)

    assert len(listed) == 988  # 981 of the one list, 7 that only the other has.
    assert listed <= MCC.keys()


def test_a_code_may_not_be_filed_twice() -> None:
    with pytest.raises(ValueError, match=r"3001 is filed twice: travel\.flights and travel\.other"):
        rebuild.table({"travel.flights": "3000-3002", "travel.other": "4411 3001"})


def test_a_listed_code_without_a_rule_stops_the_rebuild(tmp_path: Path) -> None:
    (tmp_path / "mcc_codes.csv").write_text("mcc\n5411\n0001\n")
    (tmp_path / "mcc_categories.json").write_text('{"mcc": {"0002": {}}}')

    script = [sys.executable, str(Path(rebuild.__file__)), "--merchants", str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 1
    assert done.stderr == "No rule files 0001, 0002: add each to a line of RULES.\n"


@pytest.mark.parametrize(("version", "primaries", "detailed"), [("1", 16, 104), ("2", 18, 123)])
def test_every_plaid_category_has_a_leaf(version: str, primaries: int, detailed: int) -> None:
    known = [row for row in PLAID if version in row["versions"]]

    assert len({row["primary"] for row in known if not row["detailed"]}) == primaries
    assert len({row["detailed"] for row in known if row["detailed"]}) == detailed
    for row in known:
        assert row["detailed"] == "" or row["detailed"].startswith(f"{row['primary']}_")
        assert leaf_for_plaid(row["detailed"] or row["primary"]) is LEAVES[row["leaf"]]


def test_no_plaid_category_stands_twice() -> None:
    categories = [row["detailed"] or row["primary"] for row in PLAID]

    assert len(set(categories)) == len(categories) == 18 + 126


def test_money_in_is_never_filed_as_spending_or_the_reverse() -> None:
    for row in PLAID:
        filed = LEAVES[row["leaf"]]
        assert (filed.kind == "income") == (row["primary"] == "INCOME")
    assert all(LEAVES[leaf_id].kind in {"spending", "transfer"} for leaf_id in MCC.values())


def test_each_leaf_is_reached_by_a_table_or_says_how_it_is() -> None:
    reached = {*MCC.values(), *(row["leaf"] for row in PLAID)}

    assert LEAVES.keys() - reached == WITHOUT_A_CODE.keys()


@pytest.mark.parametrize(
    ("mcc", "leaf_id"),
    [
        ("0742", "family.pets"),  # Vets.
        ("3001", "travel.flights"),
        ("3350", "travel.flights"),
        ("3351", "travel.car_rental"),
        ("3500", "travel.car_rental"),
        ("3501", "travel.lodging"),
        ("3999", "travel.lodging"),
        ("4111", "transport.public"),
        ("4121", "transport.taxi"),
        ("4814", "utilities.phone"),
        ("4829", "transfer.person"),
        ("4900", "utilities.energy"),
        ("5262", "shopping.online"),
        ("5311", "shopping.general"),
        ("5411", "food.groceries"),
        ("5499", "food.convenience"),
        ("5541", "transport.fuel"),
        ("5552", "transport.fuel"),  # Charging a car.
        ("5651", "shopping.clothing"),
        ("5712", "housing.furnishing"),
        ("5732", "shopping.electronics"),
        ("5812", "dining.restaurant"),
        ("5813", "dining.bar"),
        ("5814", "dining.fast_food"),
        ("5816", "entertainment.games"),
        ("5912", "health.pharmacy"),
        ("5921", "food.alcohol_and_tobacco"),
        ("6011", "cash.withdrawal"),
        ("6211", "transfer.investments"),
        ("6300", "insurance.other"),
        ("6513", "housing.rent"),
        ("7011", "travel.lodging"),
        ("7230", "health.beauty"),
        ("7523", "transport.parking_and_tolls"),
        ("7832", "entertainment.outings"),
        ("7995", "entertainment.gambling"),
        ("7997", "health.fitness"),
        ("8021", "health.dental"),
        ("8220", "family.tuition"),
        ("8351", "family.childcare"),
        ("8398", "giving.charity"),
        ("9222", "government.fees"),
        ("9311", "government.tax"),
    ],
)
def test_well_known_mccs(mcc: str, leaf_id: str) -> None:
    assert leaf_for_mcc(mcc) is leaf(leaf_id)


@pytest.mark.parametrize(
    ("category", "leaf_id"),
    [
        ("INCOME_WAGES", "income.salary"),  # Version 1.
        ("INCOME_SALARY", "income.salary"),  # Version 2.
        ("TRANSFER_IN_ACCOUNT_TRANSFER", "transfer.own_account"),
        ("TRANSFER_OUT_SAVINGS", "transfer.savings"),
        ("TRANSFER_OUT_WITHDRAWAL", "cash.withdrawal"),
        ("LOAN_PAYMENTS_CREDIT_CARD_PAYMENT", "transfer.card_payment"),
        ("LOAN_PAYMENTS_MORTGAGE_PAYMENT", "housing.mortgage"),
        ("LOAN_DISBURSEMENTS_STUDENT", "transfer.loan"),
        ("BANK_FEES_OVERDRAFT_FEES", "finance.overdraft"),
        ("FOOD_AND_DRINK_GROCERIES", "food.groceries"),
        ("FOOD_AND_DRINK", "dining.restaurant"),  # Only the primary is given.
        ("MEDICAL_VETERINARY_SERVICES", "family.pets"),
        ("TRANSPORTATION_GAS", "transport.fuel"),
        ("RENT_AND_UTILITIES_GAS_AND_ELECTRICITY", "utilities.energy"),
        ("TRAVEL", "travel.other"),
        ("OTHER_OTHER", "unknown.unknown"),
    ],
)
def test_well_known_plaid_categories(category: str, leaf_id: str) -> None:
    assert leaf_for_plaid(category) is leaf(leaf_id)
