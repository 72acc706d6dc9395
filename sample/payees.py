"""The other sides of payments, as people know them: shops, employers, landlords, own accounts."""

from typing import NamedTuple

from schemas.transactions import Kind


class Payee(NamedTuple):
    """The other side of a payment, and what paying it is for in truth."""

    name: str
    category: str
    kind: Kind = "card"
    mcc: str | None = None
    spellings: tuple[str, ...] = ()
    """How statements may write the name, where they do not write the name itself."""
    city: str = ""
    """Where its shop stands; empty for what is to be found everywhere, or nowhere."""
    country: str = ""
    """Where it takes money, if that is not the household's own country."""
    purpose: str = ""
    """What a bill says it is for."""
