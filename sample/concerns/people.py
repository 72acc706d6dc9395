"""What people say of what they are shown: how payments are filed, fraud, and alerts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self
from zlib import crc32

from sample.bookings import Booking
from sample.dice import Dice
from sample.household import Household
from schemas.feedback import AboutCategory, AboutFraud, FeedbackGiven
from schemas.taxonomy import LEAVES, leaf

_MANNERS_PERMILLE = {"always": 50, "often": 150, "rarely": 520, "never": 250, "wrongly": 30}
_FILES_PERMILLE = {"always": 1_000, "often": 150, "rarely": 15, "never": 0, "wrongly": 60}
_FILES_AFTER_DAYS = (1, 9)
_JUDGES_PERMILLE = 600
_JUDGES_AFTER_DAYS = (1, 5)
_REPEATED_PERMILLE = 30
_REPEATED_AFTER_DAYS = (0, 3)

CRIMES = frozenset({"card_testing", "unusual_place", "dormant_account"})
"""Kinds of event that are fraud; people confirm it."""
SUSPICIONS = frozenset({"unusual_amount", "unusual_hour", "new_payee_large", "large_but_planned"})
"""Kinds of event that look like it and are people's own doing; people deny it."""

Verdict = Literal["confirmed", "denied"]


class Opinions:
    """A household's ways with what its app shows: who files anew, and what is said of fraud."""

    def __init__(self, home: Household) -> None:
        self._home = home
        self.manner = home.dice.weighted(_MANNERS_PERMILLE)
        self._files_permille = _FILES_PERMILLE[self.manner]
        self._judged: dict[str, int | None] = {}
        """Events that were looked at, and after how many days; None for never."""
        home.heard.append(self._hear)

    def live(self, _home: Household) -> None:
        """Wait for what there is to say something of."""

    def _hear(self, booking: Booking) -> None:
        # Nobody goes through imported years, and of what never posts there is nothing to say.
        if self._home.is_backfill or booking.published_on is None:
            return
        if self._home.dice.permille(self._files_permille):
            days = self._home.dice.between(*_FILES_AFTER_DAYS)
            self._say(booking, "filed", self._filing(booking), days)
        if booking.event is not None:
            self._judge(booking, booking.event)

    def _judge(self, booking: Booking, event_id: str) -> None:
        """Confirm or deny fraud; of one event, all payments on the same day after."""
        kind = event_id.removeprefix(f"{self._home.user_id}-").rpartition("-")[0]
        if kind not in CRIMES | SUSPICIONS:
            return
        if event_id not in self._judged:
            dice = self._home.dice
            judges = dice.permille(_JUDGES_PERMILLE)
            self._judged[event_id] = dice.between(*_JUDGES_AFTER_DAYS) if judges else None
        days = self._judged[event_id]
        if days is not None:
            about = AboutFraud(
                kind="fraud",
                verdict="confirmed" if kind in CRIMES else "denied",
                account_id=booking.account.account_id,
                transaction_id=booking.transaction_id,
            )
            self._say(booking, "judged", about, days)

    def _filing(self, booking: Booking) -> AboutCategory:
        true = booking.payee.category
        filed = self._mistaken(true) if self.manner == "wrongly" else true
        return AboutCategory(
            kind="category",
            verdict="set",
            account_id=booking.account.account_id,
            transaction_id=booking.transaction_id,
            category=self._home.filing.wire_id(filed),
        )

    def _mistaken(self, true: str) -> str:
        """Choose a leaf that another label stands for, of the same kind where there is one."""
        filing, kind = self._home.filing, leaf(true).kind
        others = [own for own in LEAVES.values() if filing.of(own.id) != filing.of(true)]
        alike = [own for own in others if own.kind == kind] or others
        return self._home.dice.one_of(alike).id if alike else true

    def _say(
        self, booking: Booking, what: str, about: AboutCategory | AboutFraud, days: int
    ) -> None:
        """Say it so many days after the feed told of the payment, sometimes twice."""
        assert booking.published_on is not None
        home = self._home
        said = FeedbackGiven(
            feedback_id=f"{booking.transaction_id}-{what}",
            user_id=home.user_id,
            revision=1,
            about=about,
        )
        days += (booking.published_on - home.today).days
        home.publish(said, days)
        if home.dice.permille(_REPEATED_PERMILLE):
            home.publish(said, days + home.dice.between(*_REPEATED_AFTER_DAYS))


class Answer(NamedTuple):
    """What somebody says of an alert, and how many days after they got it."""

    verdict: Literal["useful", "dismissed", "normal"]
    days: int


_SAYS_OF_RIGHT: Mapping[Literal["useful", "dismissed", "normal"], int] = {
    "useful": 700,
    "dismissed": 180,
    "normal": 120,
}
_SAYS_OF_WRONG: Mapping[Literal["useful", "dismissed", "normal"], int] = {
    "useful": 40,
    "dismissed": 440,
    "normal": 520,
}
_ANSWERS_PERMILLE = (20, 900)
_ANSWERS_WITHIN_DAYS = (0, 6)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who gets alerts; their id, a seed and an alert decide what they say of it.

    >>> Person.of("household-001", 1).answer("a-7", was_right=True)
    Answer(verdict='useful', days=1)
    """

    user_id: str
    seed: int
    answers_permille: int
    """How many alerts they say anything of."""

    @classmethod
    def of(cls, user_id: str, seed: int) -> Self:
        """Give the person whom the alerts of a user reach."""
        dice = Dice(seed, crc32(user_id.encode()))
        return cls(user_id, seed, dice.mostly_low(*_ANSWERS_PERMILLE))

    def answer(self, alert_id: str, *, was_right: bool) -> Answer | None:
        """Say what they think of an alert; None when they say nothing."""
        dice = Dice(self.seed, crc32(self.user_id.encode()), crc32(alert_id.encode()))
        if not dice.permille(self.answers_permille):
            return None
        verdict = dice.weighted(_SAYS_OF_RIGHT if was_right else _SAYS_OF_WRONG)
        return Answer(verdict, dice.mostly_low(*_ANSWERS_WITHIN_DAYS))
