"""Merchants that many people know: their names, how statements write them, and what they are for.

The table in `schemas/data` is derived from a public list; its `LICENCES.md` credits it.
"""

import csv
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from schemas.taxonomy import Leaf, leaf


class KnownMerchant(NamedTuple):
    """A merchant as people name it, and the leaf that most payments to it are for."""

    name: str
    leaf: Leaf
    mcc: str | None
    countries: tuple[str, ...]
    """Where it is best known; it may be found elsewhere too."""
    spellings: tuple[str, ...]
    """How else statements write it, in small letters; not how it writes itself."""


def _merchant(row: Mapping[str, str]) -> KnownMerchant:
    return KnownMerchant(
        row["name"],
        leaf(row["leaf"]),
        row["mcc"] or None,
        tuple(row["countries"].split()),
        tuple(row["spellings"].split("|")) if row["spellings"] else (),
    )


def _rows() -> list[dict[str, str]]:
    text = files("schemas").joinpath("data", "merchants.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


MERCHANTS: Mapping[str, KnownMerchant] = MappingProxyType(
    {row["name"]: _merchant(row) for row in _rows()}
)
"""By name, the better known of a kind before the others."""
