"""What a published list calls noise is taken for noise; PENSTOCK_DATA names the folder it is in."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.descriptor import read_descriptor

HANDLED_PER_MILLE_MIN = 980
NAMES = ("Corner Bakery", "Quiet Heron Books", "Starbucks", "Padaria Estrela")


@pytest.fixture(scope="module")
def noise() -> dict[str, Any]:
    folder = os.environ.get("PENSTOCK_DATA")
    if folder is None:
        pytest.skip("PENSTOCK_DATA names no folder with merchants/descriptor_noise_terms.json")
    text = (Path(folder) / "merchants" / "descriptor_noise_terms.json").read_text("utf-8")
    terms: dict[str, Any] = json.loads(text)
    return terms


def unhandled(terms: list[str], write: Callable[[str, str], str]) -> list[str]:
    """List the terms that change the key of a name, written in capitals or not."""
    return [
        term
        for term in terms
        for key in [{name: read_descriptor(name).key for name in NAMES}]
        if any(
            read_descriptor(text).key != key[name]
            for name in NAMES
            for text in (write(term, name), write(term, name).upper())
        )
    ]


def before(term: str, name: str) -> str:
    return f"{term} {name}"


def behind(term: str, name: str) -> str:
    return f"{name} {term}"


@pytest.mark.parametrize(
    "group",
    [
        *("removeWordsExact", "removePhrases", "processorTokens", "cardNetworkTokens"),
        *("paymentRailTokens", "channelTokens"),
    ],
)
def test_what_banks_write_before_a_name_is_noise(noise: dict[str, Any], group: str) -> None:
    left = unhandled(noise[group], before)

    assert len(left) * 1000 <= len(noise[group]) * (1000 - HANDLED_PER_MILLE_MIN), left


def test_places_behind_a_name_are_noise(noise: dict[str, Any]) -> None:
    places = [place for group in noise["locationSuffixTokens"].values() for place in group]

    left = unhandled(places, behind)

    assert len(left) * 1000 <= len(places) * (1000 - HANDLED_PER_MILLE_MIN), left


# A pattern is a rule for many texts: here is one that each describes.
EXAMPLES = {
    "remove_card_last4_phrase": " card ending in 1234",
    "remove_date_mmdd": " 01/15",
    "remove_date_iso": " 2024-01-31",
    "remove_phone_numbers": " 800-555-1234",
    "remove_mx_rfc": " RFC: ABC800101XY1",
    "remove_br_cnpj": " 12.345.678/0001-90",
    "remove_br_cpf": " 123.456.789-09",
    "remove_do_rnc": " RNC 123456789",
    "remove_fx_amount": " USD 12.34",
    "remove_es_card_suffix": " TARJ. *1234",
    "extract_br_installment": " PARC 03/10",
    "extract_br_parcela": " PARCELA 03 DE 10",
    "extract_mx_msi": " 12 MSI",
    "remove_long_numbers": " 0012345678",
    "remove_mixed_ref_ids": " AB12345X",
    "remove_hash_refs": " #A1B2C3D4",
    "remove_trailing_state_zip": " FL 33101-1234",
    "strip_repeated_punctuation": " ***--..",
    "normalize_separators": " |_,;:",
    "collapse_whitespace": "   \t ",
}


@pytest.mark.parametrize("pattern", sorted(EXAMPLES))
def test_what_a_pattern_describes_is_noise(noise: dict[str, Any], pattern: str) -> None:
    (rule,) = [rule["pattern"] for rule in noise["regexPatterns"] if rule["id"] == pattern]
    example = EXAMPLES[pattern]

    assert re.search(rule, f"name{example}".casefold()), "the example has outlived its pattern"
    assert unhandled([example], lambda term, name: f"{name}{term}") == []


def test_what_is_to_be_kept_is_kept(noise: dict[str, Any]) -> None:
    for term in noise["preserveTerms"]:
        key = read_descriptor(term).key
        for text in (f"POS PURCHASE {term} 0412", f"{term} 1234 MIAMI FL", f"DEBIT CARD {term}"):
            assert read_descriptor(text.upper()).key == key, text
