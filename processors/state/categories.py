"""Which sums a category joins."""

from schemas.taxonomy import LEAVES, Kind

_KINDS: dict[str, Kind] = {leaf.id: leaf.kind for leaf in LEAVES.values()}


def kind_of(category: str) -> Kind:
    """Say whether a category is income, spending, a transfer or unknown.

    A user's own category is for what they spend.
    """
    return _KINDS.get(category, "spending")


def name_of(category: str) -> str:
    """Name a category for people."""
    leaf = LEAVES.get(category)
    return leaf.name if leaf is not None else category.removeprefix("own:")


def mark_of(category: str) -> str | None:
    """Say whether a category is essential or discretionary; None where it is neither."""
    leaf = LEAVES.get(category)
    return leaf.mark if leaf is not None else None
