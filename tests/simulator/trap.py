"""A bug in the fold: for an entry that is marked it raises, with the state half changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from processors.ledger import OBSERVE
from processors.state.view import View
from schemas.transactions import TransactionImported

MARK = "what no rule has thought of"
"""The description of a transaction that makes the fold raise."""


@contextmanager
def trapped() -> Iterator[None]:
    """Put the bug into the last processor that observes: the others have done their part then."""
    rules: dict[str, Any] = OBSERVE
    name, observe = list(rules.items())[-1]

    def trap(section: object, view: View) -> object:
        event = view.entry.event
        if isinstance(event, TransactionImported) and event.description == MARK:
            raise RuntimeError(MARK)
        return observe(section, view)

    rules[name] = trap
    try:
        yield
    finally:
        rules[name] = observe
