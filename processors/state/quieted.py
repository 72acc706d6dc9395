"""What a user does not want to be told again, by what it means and not by the alert that said it.

Answered `normal`, nothing like it is raised any more; answered `dismissed`, not for 60 days.
"""

from typing import NamedTuple

from msgspec import Struct

from models.descriptor import NOBODY
from processors.state.transaction import Transaction
from schemas.feedback import AlertScope

DISMISSED_DAYS = 60
QUIETED_MAX = 100
"""Who answers one alert in 30 days gets there after eight years; then the oldest answer goes."""
_MORE_PERCENT = 25
"""Tips, prices and baskets move what is paid by a quarter; twice as much is another matter."""


class Meaning(NamedTuple):
    """What a condition is about: a merchant or an account, and how much money, if there is any."""

    subject: str = ""
    amount_minor: int = 0
    currency: str = ""


ABOUT_NOTHING = Meaning()


def about_payment(payment: Transaction) -> Meaning:
    """Say what an alert about one payment is about: its merchant, if it names one, and amount."""
    subject = "" if payment.merchant_key == NOBODY else payment.merchant_key
    return Meaning(subject, -payment.amount_minor, payment.currency)


class Quieted(Struct, frozen=True, array_like=True, gc=False):
    """An answer that keeps alerts of a rule from being raised."""

    rule_id: str
    about: Meaning
    scope: AlertScope
    said_on: int
    lasts: bool
    revision: int

    def is_over(self, today: int) -> bool:
        """Say whether it may be spoken of again."""
        return not self.lasts and self.until < today

    @property
    def until(self) -> int:
        """Give the last day on which a dismissed one stays quiet."""
        return self.said_on + DISMISSED_DAYS

    @property
    def most_minor(self) -> int:
        """Give the largest amount that is still like it."""
        return self.about.amount_minor * (100 + _MORE_PERCENT) // 100

    def covers(self, rule_id: str, about: Meaning) -> bool:
        """Say whether a condition is like the one that was answered."""
        if rule_id != self.rule_id or self.scope == "rule":
            return rule_id == self.rule_id
        if about.subject != self.about.subject or self.scope == "merchant":
            return about.subject == self.about.subject
        return about.currency == self.about.currency and about.amount_minor <= self.most_minor


QuietedById = dict[str, Quieted]
"""By the id of the alert that was answered, the latest answer last."""


def scope_of(asked: AlertScope | None, about: Meaning) -> AlertScope | None:
    """Give the scope that an answer has; None where it can be about its own alert only.

    Who names no scope means the merchant or account; where there is none, the amount. Nobody
    silences a whole rule without saying so.
    """
    if asked == "rule":
        return asked
    if not (about.subject or about.currency):
        return None
    return "amount" if asked == "amount" or not about.subject else "merchant"


def remember(quieted: QuietedById, alert_id: str, answer: Quieted) -> None:
    """Let an answer take the place of an earlier one to the same alert; the oldest of many goes."""
    quieted.pop(alert_id, None)
    quieted[alert_id] = answer
    if len(quieted) > QUIETED_MAX:
        del quieted[next(iter(quieted))]


def is_quiet(quieted: QuietedById, rule_id: str, about: Meaning) -> bool:
    """Say whether a condition is like any that the user does not want to hear of."""
    # What is over was forgotten as its day passed.
    return any(one.covers(rule_id, about) for one in quieted.values())
