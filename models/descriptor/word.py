"""A word of a bank's text, and what it does there."""

from dataclasses import dataclass

NAME = "name"
SHORT = "short"
"""A number so short that it may be a name's, such as 3 or 76."""
REFERENCE = "reference"
STAR = "star"
"""Stands between a processor and the merchant."""
STOP = "stop"
BANK = "bank"
LEGAL = "legal"
SHY = "shy"
"""The bank's, unless it stands in the middle of a name."""
TAIL = "tail"
TAG = "tag"
"""Says that something else than a name follows."""
GLUE = "glue"
PROCESSOR = "processor"
STARRED = "starred"
"""A processor, if a star follows; otherwise a name."""

WORDLESS = frozenset({REFERENCE, STAR, STOP})
"""What nobody would look up."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is looked up, as it is shown, what it does and what it tells besides."""

    plain: str
    shown: str
    role: str
    means: str = ""
