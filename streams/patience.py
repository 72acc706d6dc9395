"""What went wrong is tried again: later and later, alone, and not for ever."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass

_PAUSE_S = 0.05
_PAUSE_S_MAX = 2.0


class StuckError(Exception):
    """The worker could not make progress; it must end, so that another can."""


@dataclass(slots=True)
class Trial:
    """Since when something fails, and how long it rests before the next attempt."""

    since_s: float
    pause_s: float


class Patience:
    """What is on trial, each by itself: a partition, or the outbox."""

    def __init__(self, stuck_after_s: float) -> None:
        self._stuck_after_s = stuck_after_s
        self._trials: dict[Hashable, Trial] = {}

    def failed(self, subject: Hashable, now_s: float, reason: BaseException) -> float:
        """Say when to try again; StuckError if nothing has succeeded for too long."""
        trial = self._trials.setdefault(subject, Trial(now_s, _PAUSE_S / 2))
        if now_s - trial.since_s > self._stuck_after_s:
            raise StuckError(
                f"no progress for {self._stuck_after_s:.0f} s; last: "
                f"{type(reason).__name__}: {reason}"
            )
        trial.pause_s = min(2 * trial.pause_s, _PAUSE_S_MAX)
        return now_s + trial.pause_s

    def succeeded(self, subject: Hashable) -> None:
        """Let something be as good as it was before it failed."""
        self._trials.pop(subject, None)

    def is_on_trial(self, subject: Hashable) -> bool:
        """Say whether something failed and has not succeeded since."""
        return subject in self._trials


class Pulse:
    """Notices a step that never comes to an end, as every step with a deadline should."""

    def __init__(self, hung_after_s: float) -> None:
        self._hung_after_s = hung_after_s
        self._beaten_s: float | None = None

    def beat(self) -> None:
        """Say that a step has come to its end."""
        self._beaten_s = asyncio.get_running_loop().time()

    def check(self) -> None:
        """Make sure that a step has ended lately; StuckError if none has."""
        now_s = asyncio.get_running_loop().time()
        since_s = now_s if self._beaten_s is None else self._beaten_s
        if now_s - since_s > self._hung_after_s:
            raise StuckError(f"one step has not come to an end for {self._hung_after_s:.0f} s")
