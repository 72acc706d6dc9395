"""How often payments to a merchant were fraud lately, whoever paid."""

import math
from typing import NamedTuple

from models.anomaly.decay import faded
from models.anomaly.rules import DAY_S

_HALF_LIFE_S = 5 * DAY_S
_BELIEF = 3.0
_PART = 0.5
"""Of what a merchant's rate says about its next payment; the rest is what the payment says."""
_CERTAIN = 40.0


class FraudRate(NamedTuple):
    """Frauds and answers at one merchant, both fading, as of a day."""

    frauds: float = 0.0
    answers: float = 0.0
    day: int = 0

    def learned(self, day: int, *, is_fraud: bool) -> "FraudRate":
        """Give what is known once one more payment is known for what it was."""
        frauds, answers = self._on(day)
        return FraudRate(frauds + is_fraud, answers + 1.0, max(day, self.day))

    def unlearned(self, day: int) -> "FraudRate":
        """Give what would be known without a fraud of that day.

        >>> FraudRate().learned(1, is_fraud=True).learned(9, is_fraud=True).unlearned(1)
        FraudRate(frauds=1.0, answers=1.0, day=9)
        """
        left = faded(1.0, (self.day - day) * DAY_S, _HALF_LIFE_S)
        return FraudRate(max(0.0, self.frauds - left), max(0.0, self.answers - left), self.day)

    def _on(self, day: int) -> tuple[float, float]:
        past_s = (day - self.day) * DAY_S
        return faded(self.frauds, past_s, _HALF_LIFE_S), faded(self.answers, past_s, _HALF_LIFE_S)

    def chance(self, day: int) -> float:
        """Give the chance that its payments are fraud; one report alone is no sign of a merchant.

        >>> FraudRate().learned(1, is_fraud=True).chance(1)
        0.0
        """
        frauds, answers = self._on(day)
        return max(0.0, frauds - 1.0) / (answers + _BELIEF)

    def joined(self, log_odds: float, day: int) -> float:
        """Give the nats by which log-odds rise when the merchant may as well be the cause."""
        chance = _PART * self.chance(day)
        if chance <= 0.0:
            return 0.0
        nats = min(max(log_odds, -_CERTAIN), _CERTAIN)
        neither = (1.0 - chance) / (1.0 + math.exp(nats))
        return max(0.0, math.log((1.0 - neither) / neither) - nats)
