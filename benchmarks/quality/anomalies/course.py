"""What is measured of a stream: whose payments, after which warm-up, against which budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np

from benchmarks.quality.anomalies.halves import Whose, is_among
from benchmarks.quality.anomalies.payments import DAY_S, Labelled
from benchmarks.quality.measures import Flags, Ints
from benchmarks.quality.refusals import NoDataError

WARM_PAYMENTS = 10
"""How many payments of a user only teach."""
WARM_DAYS = 60
"""For how many days the whole stream only teaches."""
MONTH_DAYS = 30
"""The budget is one alert a user in so many days."""
EPISODE_GAP_DAYS = 3
"""Frauds of one user belong together if less lies between them."""
USERS_MIN = 5


@dataclass(frozen=True)
class Course:
    """A stream, and which of its rows are measured; all pass, whoever is measured."""

    rows: Sequence[Labelled]
    measured: Flags

    @cached_property
    def frauds(self) -> Flags:
        """Whether each measured row is a fraud."""
        return self._all_frauds[self.measured]

    @cached_property
    def users(self) -> Ints:
        """Whose each measured row is: users are numbered from 0."""
        names = np.array([labelled.payment.user for labelled in self.rows])[self.measured]
        return np.unique(names, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def user_count(self) -> int:
        """How many users have measured rows."""
        return int(self.users.max()) + 1

    @cached_property
    def months(self) -> float:
        """How long the stream lasts after its warm-up, in budgets' months."""
        first, last = (self.rows[at].payment.at_s for at in (0, -1))
        return ((last - first) / DAY_S - WARM_DAYS) / MONTH_DAYS

    @cached_property
    def budget(self) -> int:
        """How many alerts there may be: one a user and month."""
        return max(1, int(self.user_count * self.months))

    @cached_property
    def episodes(self) -> list[Ints]:
        """Places, among measured rows, of each episode's frauds; it must begin when measured."""
        places = np.where(self.measured, np.cumsum(self.measured) - 1, -1)
        found = [places[episode] for episode in _episodes(self.rows, self._all_frauds)]
        return [episode for episode in found if episode[0] >= 0]

    @cached_property
    def _all_frauds(self) -> Flags:
        return np.array([labelled.is_fraud for labelled in self.rows])


def course_of(rows: Sequence[Labelled], whose: Whose) -> Course:
    """Choose what is measured, or refuse what would give no figure worth telling."""
    course = Course(rows, _measured(rows, whose))
    if not course.measured.any() or course.user_count < USERS_MIN:
        found = course.user_count if course.measured.any() else 0
        raise NoDataError(
            f"{found} users ({whose}) have payments after {WARM_DAYS} days and {WARM_PAYMENTS} "
            f"payments of their own; at least {USERS_MIN} are needed"
        )
    if not course.frauds.any():
        raise NoDataError(f"none of the measured payments ({whose}) is a fraud")
    if course.frauds.all():
        raise NoDataError(f"all of the measured payments ({whose}) are frauds")
    return course


def _measured(rows: Sequence[Labelled], whose: Whose) -> Flags:
    warm_s = rows[0].payment.at_s + WARM_DAYS * DAY_S
    seen: dict[str, count[int]] = {}
    flags = []
    for payment, _ in rows:
        before = next(seen.setdefault(payment.user, count()))
        is_warm = before >= WARM_PAYMENTS and payment.at_s >= warm_s
        flags.append(is_warm and is_among(payment.user, whose))
    return np.array(flags)


def _episodes(rows: Sequence[Labelled], frauds: Flags) -> list[Ints]:
    """Gather each user's frauds, with gaps shorter than an episode's, by their places."""
    last: dict[str, list[int]] = {}
    found: list[list[int]] = []
    for at in np.flatnonzero(frauds).tolist():
        payment = rows[at].payment
        open_ = last.get(payment.user)
        gap_s = EPISODE_GAP_DAYS * DAY_S
        if open_ is None or payment.at_s - rows[open_[-1]].payment.at_s >= gap_s:
            open_ = last[payment.user] = []
            found.append(open_)
        open_.append(at)
    return [np.array(episode) for episode in found]
