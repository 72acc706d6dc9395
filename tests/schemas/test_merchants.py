from __future__ import annotations

import csv
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from schemas.data import rebuild
from schemas.merchants import MERCHANTS
from schemas.taxonomy import LEAVES, leaf, leaf_for_mcc

SOURCE = Path(__file__).parents[3] / "shared" / "data" / "merchants"
"""Where the list that the table is derived from lies when it lies beside the checkout."""

beside_the_source = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="the source list is not beside the checkout"
)


def listed(tmp_path: Path, *merchants: dict[str, object]) -> list[tuple[str, ...]]:
    text = json.dumps({"merchants": merchants})
    (tmp_path / "merchant_aliases.json").write_text(text, encoding="utf-8")
    return list(rebuild.merchants_in(tmp_path))


def row(name: str = "Bean There", **fields: object) -> dict[str, object]:
    return {
        "id": "bean_there",
        "canonicalName": name,
        "subcategory": "coffee",
        "mccHints": ["5814"],
        "countryHints": ["US"],
        "aliases": ["bean there", "beanthere.com"],
        **fields,
    }


def test_there_are_as_many_merchants_as_were_promised() -> None:
    assert 600 <= len(MERCHANTS) <= 1_000


def test_a_merchant_is_found_by_its_name() -> None:
    shop = MERCHANTS["Whole Foods Market"]

    assert (shop.leaf, shop.mcc) == (leaf("food.groceries"), "5411")
    assert shop.countries == ("US",)
    assert "wholefoods" in shop.spellings


def test_every_name_and_spelling_can_stand_in_a_statement() -> None:
    for merchant in MERCHANTS.values():
        assert merchant.name.strip() == merchant.name
        assert 0 < len(merchant.name) <= 60
        assert len(set(merchant.spellings)) == len(merchant.spellings) <= rebuild.SPELLINGS_MAX
        for spelling in merchant.spellings:
            assert 2 <= len(spelling) <= 60
            assert spelling == spelling.lower() != merchant.name.lower()


def test_no_spelling_stands_for_two_merchants() -> None:
    spelled = Counter(one for merchant in MERCHANTS.values() for one in merchant.spellings)

    assert [spelling for spelling, count in spelled.items() if count > 1] == []


def test_codes_are_known_and_countries_are_countries() -> None:
    for merchant in MERCHANTS.values():
        assert merchant.mcc is None or leaf_for_mcc(merchant.mcc) is not None
        assert all(len(code) == 2 and code.isupper() for code in merchant.countries)


def test_every_rule_files_under_a_leaf_and_no_kind_is_filed_twice() -> None:
    kinds = [kind for rule in rebuild.KINDS.values() for kind in rule.split()]

    assert rebuild.KINDS.keys() <= LEAVES.keys()
    assert rebuild.APART.keys() - {""} <= LEAVES.keys()
    assert len(set(kinds)) == len(kinds)


@beside_the_source
def test_the_table_is_what_the_rules_make_of_the_list() -> None:
    text = files("schemas").joinpath("data", "merchants.csv").read_text(encoding="utf-8")

    assert list(csv.reader(text.splitlines()))[1:] == [
        list(row) for row in rebuild.merchants_in(SOURCE)
    ]


@beside_the_source
def test_no_rule_speaks_of_what_the_list_does_not_have() -> None:
    text = (SOURCE / "merchant_aliases.json").read_text(encoding="utf-8")
    merchants = json.loads(text)["merchants"]

    kinds = {kind for rule in rebuild.KINDS.values() for kind in rule.split()}
    apart = {own_id for rule in rebuild.APART.values() for own_id in rule.split()}
    assert kinds <= {merchant["subcategory"] for merchant in merchants}
    assert apart <= {merchant["id"] for merchant in merchants}


def test_a_merchant_of_an_unclear_kind_is_left_out(tmp_path: Path) -> None:
    assert listed(tmp_path, row(subcategory="bank"), row(id="usaa")) == []


def test_a_second_name_in_brackets_is_dropped(tmp_path: Path) -> None:
    [(name, *_)] = listed(tmp_path, row("Bean There (of Denver)"), row("Bean There / Tea There"))

    assert name == "Bean There"


def test_the_code_that_agrees_with_the_leaf_is_chosen(tmp_path: Path) -> None:
    bakery = row("Bun There", subcategory="bakery", mccHints=["5462", "5814"])

    assert listed(tmp_path, row(), bakery) == [
        ("Bean There", "dining.coffee", "5814", "US", "beanthere.com"),
        ("Bun There", "dining.fast_food", "5814", "US", "bean there|beanthere.com"),
    ]


def test_regions_are_no_countries(tmp_path: Path) -> None:
    [(*_, countries, _)] = listed(tmp_path, row(countryHints=["MX", "LATAM", "ES", "GLOBAL"]))

    assert countries == "MX ES"
