"""How money moves for each leaf: by which kind, under which codes, to what stands where."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

from sample.places.tables import rows
from schemas.transactions import Kind

Stands = Literal["nowhere", "online", "local", "there"]
"""Who sends bills or sells online stands in no street. Of what is local, a brand is in every city
and an invented shop in one; what is there is in one city only, whoever runs it."""


class Way(NamedTuple):
    """How people pay, or are paid, for one leaf."""

    kind: Kind
    mccs: tuple[str, ...]
    stands: Stands
    brands: int
    """How many known names a country has for it, at most."""
    shops: int
    """How many invented ones, where there are words enough."""


WAYS: Mapping[str, Way] = {
    row["leaf"]: Way(
        cast("Kind", row["kind"]),
        tuple(row["mccs"].split()),
        cast("Stands", row["stands"]),
        int(row["brands"]),
        int(row["shops"]),
    )
    for row in rows("ways.csv")
}
"""By leaf; all but the unknown one."""
