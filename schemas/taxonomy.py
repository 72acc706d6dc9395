"""The built-in taxonomy: what a transaction is for, in groups and leaves.

The tables stand in `schemas/data`. An id and an index are given once: a leaf may be renamed or
retired, but what was stored under its index must never come to mean something else.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

TAXONOMY_ID = "penstock"
TAXONOMY_VERSION = 1

Kind = Literal["income", "spending", "transfer", "unknown"]
"""Which sums a group joins: transfers, savings among them, are neither income nor spending."""

Mark = Literal["essential", "discretionary"]
"""Whether a household could do without it for a month; only spending has one."""


@dataclass(frozen=True, slots=True)
class Group:
    """A family of leaves that join the same sums."""

    id: str
    index: int
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Leaf:
    """A category, such as `food.groceries`; the index is its compact form."""

    id: str
    index: int
    name: str
    group: Group
    mark: Mark | None

    @property
    def kind(self) -> Kind:
        """The kind of its group."""
        return self.group.kind


def _rows(table: str) -> list[dict[str, str]]:
    text = files("schemas").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _group(row: Mapping[str, str]) -> Group:
    return Group(row["id"], int(row["index"]), row["name"], cast("Kind", row["kind"]))


def _leaf(row: Mapping[str, str]) -> Leaf:
    group = GROUPS[row["id"].partition(".")[0]]
    mark = cast("Mark | None", row["mark"] or None)
    return Leaf(row["id"], int(row["index"]), row["name"], group, mark)


GROUPS: Mapping[str, Group] = MappingProxyType(
    {row["id"]: _group(row) for row in _rows("groups.csv")}
)
LEAVES: Mapping[str, Leaf] = MappingProxyType(
    {row["id"]: _leaf(row) for row in _rows("leaves.csv")}
)
UNKNOWN = LEAVES["unknown.unknown"]

_BY_INDEX = {leaf.index: leaf for leaf in LEAVES.values()}
_BY_MCC = {row["mcc"]: LEAVES[row["leaf"]] for row in _rows("mcc.csv")}
# A primary category is a row without a detailed one, and so can be asked for like any other.
_BY_PLAID = {row["detailed"] or row["primary"]: LEAVES[row["leaf"]] for row in _rows("plaid.csv")}


def leaf(leaf_id: str) -> Leaf:
    """Find a leaf by its id; KeyError when the taxonomy has none such.

    >>> leaf("food.groceries").name
    'Groceries'
    """
    return LEAVES[leaf_id]


def leaf_by_index(index: int) -> Leaf:
    """Find a leaf by its compact form; KeyError when the index was never given."""
    return _BY_INDEX[index]


def leaf_for_mcc(mcc: str) -> Leaf | None:
    """Name the leaf that a merchant category code of four digits speaks for, if any.

    >>> leaf_for_mcc("5411") is leaf("food.groceries")
    True
    """
    return _BY_MCC.get(mcc)


def leaf_for_plaid(category: str) -> Leaf | None:
    """Name the leaf for a Plaid category, detailed or primary, of version 1 or 2."""
    return _BY_PLAID.get(category)
