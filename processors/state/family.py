"""All that one payment has been: a pending one, and what it became."""

from collections.abc import Callable

from processors.state.transaction import Transaction


def family(find: Callable[[int], Transaction | None], found: Transaction) -> list[Transaction]:
    """Give every form of a payment, what stands for it now last: apps may know any of them."""
    forms = [found]
    while (tie := forms[0].replaces) and (former := find(tie.identity)):
        forms.insert(0, former)
    while (tie := forms[-1].replaced_by) and (later := find(tie.identity)):
        forms.append(later)
    return forms
