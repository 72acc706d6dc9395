"""From words to what is left as the name: each word is taken for what it is where it stands."""

from collections.abc import Sequence

from models.descriptor.vocabulary import STARRERS
from models.descriptor.word import (
    BANK,
    LEGAL,
    NAME,
    PROCESSOR,
    REFERENCE,
    SHORT,
    SHY,
    STAR,
    STARRED,
    STOP,
    TAG,
    TAIL,
    Word,
)

_SILENT = frozenset({LEGAL, STAR})
_UNDECIDED = frozenset({SHORT, SHY, STARRED})


class Reading:
    """What has been found so far, word by word."""

    __slots__ = ("channels", "is_over", "kept", "loose", "passed_by", "references", "shy", "store")

    def __init__(self) -> None:
        self.kept: list[Word] = []
        self.loose: list[Word] = []  # They join the name when it goes on behind them.
        self.shy: list[Word] = []
        self.passed_by: list[Word] = []
        self.references: list[str] = []
        self.channels: set[str] = set()
        self.store = 0  # How many words of the name stood before the number of a store.
        self.is_over = False

    def read(self, words: Sequence[Word]) -> None:
        """Take each word for what it is where it stands."""
        before, last = "", len(words) - 1
        for at, word in enumerate(words):
            role = word.role
            if role in _UNDECIDED:
                role = self._decided(word, before, words[at + 1].role if at < last else "")
            if role == NAME:
                if not self.is_over:
                    self._keep(word)
            elif role not in _SILENT:
                self._other(word, role)
            before = role

    def _keep(self, word: Word) -> None:
        if self.loose:
            self.kept += self.loose if self.kept else ()
            self.loose.clear()
        self.kept.append(word)
        if word.means:
            self.channels.add(word.means)

    def _decided(self, word: Word, before: str, after: str) -> str:
        """Say whether a word that may belong to bank or name is the name's."""
        if word.role == SHORT:
            return REFERENCE if self.kept or SHORT in (before, after) else NAME
        if word.plain in STARRERS and after == STAR and not self.kept:
            return PROCESSOR
        if word.role == STARRED or (self.kept and BANK not in (before, after)):
            return NAME
        self.shy.append(word)
        return BANK

    def _other(self, word: Word, role: str) -> None:
        if role == REFERENCE:
            self.references.append(word.shown)
            if self.kept and not self.store:
                self.store = len(self.kept)
        elif role == PROCESSOR:
            self.passed_by.append(word)
        elif role in {TAG, STOP}:
            self.is_over = self.is_over or bool(self.kept)
        elif role == BANK:
            self.loose.clear()
        else:
            self.loose.append(word)
        if word.means and role in {BANK, TAIL}:
            self.channels.add(word.means)

    @property
    def processor(self) -> str:
        """Name the first of those who passed the money on."""
        if not self.passed_by:
            return ""
        first = self.passed_by[0]
        return first.means if first.role == PROCESSOR else STARRERS[first.plain]
