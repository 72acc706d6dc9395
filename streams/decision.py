"""What is to be made durable for one slice: messages, writes, and what to count."""

from collections import Counter
from dataclasses import dataclass, field

from streams.detected import Chances, Standing
from streams.protocols import Message, Writes


@dataclass(slots=True)
class Tally:
    """What a slice did, counted; told to the metrics only once it is durable."""

    records: int = 0
    providers: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    filings: Counter[tuple[str, str]] = field(default_factory=Counter)
    judged: list[tuple[int, bool]] = field(default_factory=list)
    """How sure we were of answers, in per cent, and whether users said that they were right."""
    assessed: Counter[str] = field(default_factory=Counter)
    chances: list[Chances] = field(default_factory=list)
    """How rare payments were, of some."""
    standing: Standing | None = None
    """Of the detector, after the slice."""


@dataclass(slots=True)
class Decision:
    """The outcome of deciding a slice; nothing of it has happened yet."""

    messages: list[Message]
    tally: Tally
    writes: Writes | None = None
