"""How long names may be that begin or end with a word: what need not be looked up, is not."""

from collections.abc import Iterable, Mapping


def lengths_by(names: Iterable[str], *, end: int) -> Mapping[str, tuple[int, ...]]:
    """Give how many words the names have, by their first (0) or last (-1) word, the most first."""
    lengths: dict[str, set[int]] = {}
    for name in names:
        words = name.split(" ")
        lengths.setdefault(words[end], set()).add(len(words))
    return {word: tuple(sorted(counts, reverse=True)) for word, counts in lengths.items()}
