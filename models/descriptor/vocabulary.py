"""What banks' words mean by themselves, from the table `bank_words.csv`."""

import csv
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files

from models.descriptor.word import BANK, GLUE, LEGAL, PROCESSOR, SHY, STARRED, TAG, TAIL


def rows(table: str) -> list[dict[str, str]]:
    """Read one of the tables that lie beside the code."""
    text = files("models").joinpath("data", table).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


_ROWS = rows("bank_words.csv")


def entries(role: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give the words of each entry of a role, and what it means."""
    for row in _ROWS:
        if row["role"] == role:
            for entry in row["words"].split():
                yield tuple(re.split(r"[_\-/']+", entry.strip("_"))), row["means"]


def _singles(role: str) -> frozenset[str]:
    return frozenset(words[0] for words, _ in entries(role) if len(words) == 1)


# A later role wins where a word has two.
ROLES: Mapping[str, tuple[str, str]] = {
    words[0]: (role, means)
    for role in (STARRED, TAIL, GLUE, TAG, LEGAL, SHY, PROCESSOR, BANK)
    for words, means in entries(role)
    if len(words) == 1
} | dict.fromkeys(_singles("money"), (BANK, ""))
"""The role of a single word that is not just a name, and what it means."""
STARRERS: Mapping[str, str] = {words[0]: means for words, means in entries(STARRED)}
"""Who passes money on, by what stands before the star."""
GENERIC = _singles("generic")
"""What a business is, such as hotel: no name without its place."""
COMMON = _singles("common")
ADDS_NOTHING = _singles("more")
"""What may follow a merchant's name without making it another merchant's."""
ACRONYMS = _singles("acronym")
MONTHS = _singles("months")
