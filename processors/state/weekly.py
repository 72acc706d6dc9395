"""Things kept by week: a week that was stored stays sealed, as bytes, until it is looked into.

Most weeks are not looked into again, and bytes take a third of the room and no time.
"""

from collections.abc import Callable, Container, Iterator
from typing import Generic, TypeVar

_DAYS_A_WEEK = 7

T = TypeVar("T", bound=Container[int])


def week_of(day: int) -> int:
    """Number the weeks; a week is a part of the state of its own."""
    return day // _DAYS_A_WEEK


def first_of(week: int) -> int:
    """Give a week's first day."""
    return week * _DAYS_A_WEEK


class Weekly(Generic[T]):
    """Weeks by number, sealed or open, and the numbers of those that changed."""

    __slots__ = ("_empty", "_unseal", "changed", "open", "sealed")

    def __init__(
        self,
        empty: Callable[[], T],
        sealed: dict[int, bytes] | None = None,
        unseal: Callable[[bytes], T] | None = None,
    ) -> None:
        self.open: dict[int, T] = {}
        self.sealed = sealed or {}
        self.changed: set[int] = set()
        self._empty = empty
        self._unseal = unseal

    @property
    def numbers(self) -> list[int]:
        """Give the numbers of all weeks, in order."""
        return sorted([*self.open, *self.sealed])

    def peek(self, number: int) -> T | None:
        """Look into a week, if there is one."""
        week = self.open.get(number)
        if week is None and number in self.sealed:
            assert self._unseal is not None
            week = self.open[number] = self._unseal(self.sealed.pop(number))
        return week

    def change(self, number: int) -> T:
        """Hand out a week to be changed, a new one where there is none."""
        self.changed.add(number)
        week = self.peek(number)
        if week is None:
            week = self.open[number] = self._empty()
        return week

    def drop(self, number: int) -> None:
        """Remove a week."""
        self.changed.add(number)
        self.open.pop(number, None)
        self.sealed.pop(number, None)

    def between(self, first: int, last: int) -> Iterator[T]:
        """Look into all weeks from one number to another, in order."""
        few = last - first < len(self.open) + len(self.sealed)
        for number in range(first, last + 1) if few else self.numbers:
            if not first <= number <= last:
                continue
            if (week := self.peek(number)) is not None:
                yield week
