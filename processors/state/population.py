"""What all users of a partition taught: what payments to a merchant are, how sure answers are.

Merchants are kept in rows, so that a label rewrites one small row; a row stays sealed, as bytes,
until one of its merchants is asked for.
"""

import zlib
from collections.abc import Callable

from msgspec import Struct, field

from models.evidence import Counts, count
from models.reliability import Reliability

ROWS = 1024
MERCHANTS_A_ROW_MAX = 256
"""Beyond these, the one that least is known of is forgotten."""

Row = dict[str, Counts]
Unseal = Callable[[bytes], Row]


class Arm(Struct, array_like=True, gc=False):
    """What became of the answers of one artifact: how many, filed unasked, and how judged."""

    decided: int = 0
    filed: int = 0
    accepted: int = 0
    corrected: int = 0


class Arms(Struct, array_like=True):
    """The active artifact and its challenger, compared: for whom each decides, and beside it."""

    sha256: str = ""
    """The challenger that this is about."""
    active: Arm = field(default_factory=Arm)
    challenger: Arm = field(default_factory=Arm)
    agreed: int = 0
    differed: int = 0
    only_active_right: int = 0
    """Of labels, those that the active one alone would have got right."""
    only_challenger_right: int = 0


class Common(Struct, array_like=True):
    """What is not of one merchant: labels by category, how sure answers are, and the arms."""

    totals: Counts = field(default_factory=dict)
    right: list[int] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    arms: Arms = field(default_factory=Arms)


def _row_of(merchant_key: str) -> int:
    return zlib.crc32(merchant_key.encode()) % ROWS


class Population:
    """What users taught, by merchant and in all."""

    __slots__ = (
        *("_open", "_sealed", "_unseal"),
        *("changed", "common", "common_changed", "reliability", "whole"),
    )

    def __init__(
        self,
        common: Common | None = None,
        sealed: dict[int, bytes] | None = None,
        unseal: Unseal | None = None,
    ) -> None:
        self.common = common or Common()
        self.reliability = Reliability(self.common.right, self.common.wrong)
        # One list each, so that what is learned is what is written.
        self.common.right, self.common.wrong = self.reliability.right, self.reliability.wrong
        self.whole = sum(self.common.totals.values())
        """The weight of all labels."""
        self.common_changed = False
        self.changed: set[int] = set()
        self._open: dict[int, Row] = {}
        self._sealed = sealed or {}
        self._unseal = unseal

    def of(self, merchant_key: str) -> Counts | None:
        """Give the labels that a merchant's payments got, if there are any."""
        row = self.row(_row_of(merchant_key))
        return None if row is None else row.get(merchant_key)

    def row(self, number: int) -> Row | None:
        """Look into a row, if there is one."""
        row = self._open.get(number)
        if row is None and number in self._sealed:
            assert self._unseal is not None
            row = self._open[number] = self._unseal(self._sealed.pop(number))
        return row

    def count(self, merchant_key: str, category: str, weight: int) -> None:
        """Add a label, or take one away again."""
        number = _row_of(merchant_key)
        self.changed.add(number)
        row = self.row(number)
        if row is None:
            row = self._open[number] = {}
        counts = row.setdefault(merchant_key, {})
        # Of one that was forgotten, there is nothing left to take away.
        weight = max(weight, -counts.get(category, 0))
        count(counts, category, weight)
        count(self.change_common().totals, category, weight)
        self.whole += weight
        if not counts:
            del row[merchant_key]
        elif len(row) > MERCHANTS_A_ROW_MAX:
            del row[min(row, key=lambda name: (sum(row[name].values()), name))]

    def judge(self, confidence: float, weight: int, *, is_right: bool) -> None:
        """Take in whether an answer was right."""
        self.change_common()
        self.reliability.learn_one(confidence, weight, is_right=is_right)

    def change_common(self) -> Common:
        """Hand out what is common to be changed, and see to it that it is written."""
        self.common_changed = True
        return self.common

    def arms_of(self, sha256: str) -> Arms:
        """Give the comparison with a challenger, from nothing when it is another than before."""
        common = self.change_common()
        if common.arms.sha256 != sha256:
            common.arms = Arms(sha256)
        return common.arms

    def saved(self) -> None:
        """Take note that everything that changed has been written."""
        self.changed.clear()
        self.common_changed = False
