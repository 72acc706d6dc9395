"""From which surprise on a user is told: so that all users are told as often as is bearable."""

from typing import NamedTuple

from models.anomaly.rules import DAY_S

START = 13.0
"""In nats; it comes down where it turns out to be too high."""
MONTH_DAYS = 30
_STEP = 0.05
_LEAST, _MOST = 2.0, 60.0

SOFT = 0.4
"""Each alert makes the user's next one so many nats harder, until the time for it has passed."""
_LENIENT_MOST, _STRICT_MOST = 6.0, 0.5


def moved(threshold: float, alerts: int, user_days: float, alerts_a_month: float) -> float:
    """Give the threshold once some days of users have brought so many alerts.

    >>> moved(13.0, alerts=1, user_days=30, alerts_a_month=1.0)
    13.0
    """
    threshold += _STEP * (alerts - alerts_a_month * user_days / MONTH_DAYS)
    return _LEAST if threshold < _LEAST else threshold if threshold < _MOST else _MOST


class Leniency(NamedTuple):
    """How much more it takes for one user than for others, and since when."""

    nats: float = 0.0
    last: int = 0

    def at(self, instant: int, alerts_a_month: float) -> float:
        """Give it at an instant: alerts are paid off as time passes."""
        nats, last = self
        if last and instant > last:
            nats -= SOFT * alerts_a_month * ((instant - last) / DAY_S) / MONTH_DAYS
        return nats if nats > -_STRICT_MOST else -_STRICT_MOST

    def told(self, instant: int, alerts_a_month: float, *, is_alert: bool) -> "Leniency":
        """Give it once a payment was judged."""
        nats = self.at(instant, alerts_a_month) + (SOFT if is_alert else 0.0)
        nats = nats if nats < _LENIENT_MOST else _LENIENT_MOST
        return Leniency(nats, instant if instant > self.last else self.last)
