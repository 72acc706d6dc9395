"""Labelled transactions as they were gathered, and what was passed over with the reason."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from models.asking import row_of
from models.training.examples import Example


@dataclass(slots=True)
class Gathered:
    """Examples in the order in which they came, and what could not be one, counted by code."""

    examples: list[Example] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)

    def add(self, day: date, user: str, text: str, amount_minor: int, label: str) -> None:
        """Take in a transaction that somebody filed; *text* is the bank's, or the merchant."""
        self.examples.append(Example(day.toordinal(), user, *row_of(text, amount_minor), label))
