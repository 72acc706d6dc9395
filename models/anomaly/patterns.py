"""How often payments of a kind turned out to be fraud: of a category, a size and a time of day."""

import math

BELIEF = 30
"""As many payments without any sign count beside those that were seen."""
_BANDS_A_NAT = 2
_PART_OF_DAY_HOURS = 6
_PARTS_BEGIN_AT = 22
"""Nights begin before midnight."""
_PARTS = [str((hour - _PARTS_BEGIN_AT) % 24 // _PART_OF_DAY_HOURS) for hour in range(24)]
_FRAUDS_BEFORE, _PAYMENTS_BEFORE = 1, 200
_MOST = 9.0


def pattern_of(category: str, size: float, hour: int) -> str:
    """Name the pattern of a payment, by the logarithm of its amount and the hour, if known."""
    part = _PARTS[hour] if hour >= 0 else "-"
    return f"{category}|{int(size * _BANDS_A_NAT)}|{part}"


def least_alike(minor: int) -> int:
    """Give the least amount whose pattern is that of an amount, or the amount itself.

    >>> least_alike(100), pattern_of("food", math.log(91), 3), pattern_of("food", math.log(90), 3)
    (91, 'food|9|0', 'food|8|0')
    """
    least = math.ceil(math.exp(int(math.log(minor) * _BANDS_A_NAT) / _BANDS_A_NAT))
    return min(least, minor)


class Patterns:
    """Frauds and payments by pattern, and in all; bounded by how many patterns there are."""

    __slots__ = ("cells",)

    def __init__(self, cells: dict[str, list[int]] | None = None) -> None:
        self.cells = {} if cells is None else cells

    @property
    def base(self) -> float:
        """Give the share of all payments that are fraud, as far as anybody said."""
        frauds, payments = self.cells.get("", (0, 0))
        return (frauds + _FRAUDS_BEFORE) / (payments + _PAYMENTS_BEFORE)

    def surprise(self, pattern: str) -> float:
        """Say in nats how much more often it was fraud than payments are in all; 0 for less."""
        cell = self.cells.get(pattern)
        if cell is None or not cell[0]:
            return 0.0
        base = self.base
        share = (cell[0] + BELIEF * base) / (cell[1] + BELIEF)
        return min(max(0.0, math.log(share / base)), _MOST)

    def learn(self, pattern: str, weight: int, *, is_fraud: bool) -> None:
        """Take in what a payment turned out to be, as often as it stands for; less than 0: back."""
        for name in ("", pattern):
            cell = self.cells.setdefault(name, [0, 0])
            cell[0] = max(0, cell[0] + (weight if is_fraud else 0))
            cell[1] = max(0, cell[1] + weight)
