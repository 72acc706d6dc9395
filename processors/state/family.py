"""All that one payment has been: a hold, what it was posted as, its former ids."""

from collections.abc import Callable

from processors.state.transaction import Transaction, identity_of

Find = Callable[[int], Transaction | None]


def family(found: Transaction, find: Find) -> list[Transaction]:
    """Give all that one payment has been, what stands for it now last: apps may know any of it."""
    lives = [found]
    while (tie := lives[0].replaces) and (former := find(tie.identity)):
        lives.insert(0, former)
    while (tie := lives[-1].replaced_by) and (later := find(tie.identity)):
        lives.append(later)
    return lives


def names_of(account_id: str, transaction_id: str, find: Find) -> set[tuple[str, str]]:
    """Give all names that a payment has had, each an account and an id; none if it is unknown."""
    found = find(identity_of(account_id, transaction_id))
    lives = [] if found is None else family(found, find)
    return {(one.account_id, one.transaction_id) for one in lives}


def identities(found: Transaction, find: Find) -> list[int]:
    """Give the identity of each form, the newest first, and of one that has left the window."""
    lives = family(found, find)
    known = [one.identity for one in reversed(lives)]
    return known if lives[0].replaces is None else [*known, lives[0].replaces.identity]


def began_on(found: Transaction, find: Find) -> int:
    """Give the first day that a bank told of a payment: when it was made, and not yet posted."""
    return min(one.booked_on for one in family(found, find))


def standing(identity: int, find: Find) -> Transaction | None:
    """Find what a payment is now; None where it counts no more, or has left the window."""
    found = find(identity)
    latest = None if found is None else family(found, find)[-1]
    return latest if latest is not None and latest.counts else None
