"""A payment through its lives: pending, then posted, perhaps under another id."""

from collections.abc import Iterator

from processors.state.book import Book
from processors.state.transaction import Tie, Transaction

_LIVES_MAX = 8
"""Ids change at a posting and at a reconnection; a chain that is longer is no chain."""


def lives_of(book: Book, own: Transaction) -> Iterator[Transaction | Tie]:
    """Yield a payment and all that it was before."""
    yield own
    before: Transaction | None = own
    for _ in range(_LIVES_MAX):
        if before is None or before.replaces is None:
            return
        yield before.replaces
        before = book.find(before.replaces.identity)


def began_on(book: Book, own: Transaction) -> int:
    """Give the first day that a bank told of a payment: when it was made, and not yet posted."""
    lives = [book.find(life.identity) for life in lives_of(book, own)]
    return min([own.booked_on, *(life.booked_on for life in lives if life is not None)])


def latest(book: Book, identity: int) -> Transaction | None:
    """Find what a payment is now; None where it counts no more, or has left the window."""
    own = book.find(identity)
    for _ in range(_LIVES_MAX):
        if own is None or own.counts:
            return own
        own = book.find(own.replaced_by.identity) if own.replaced_by is not None else None
    return None
