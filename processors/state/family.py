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
