"""What goes wrong: by chance, in a mix that each seed chooses, or at one step exactly."""

from collections.abc import Callable
from dataclasses import dataclass

from sample.dice import Dice
from tests.simulator.world import Fate, Outcome

QUICK = Fate(Outcome.DONE, 0.001, 0.0)


@dataclass(slots=True)
class Chances:
    """Chances a step, in thousandths."""

    crash: int = 0
    unknown: int = 0
    slow: int = 0
    slow_store: int = 0
    lost_slice: int = 0
    doubled_slice: int = 0

    @classmethod
    def drawn(cls, dice: Dice) -> "Chances":
        """Choose a mix; one in ten has nothing of it."""
        if dice.permille(100):
            return cls()
        return cls(
            crash=dice.one_of((0, 0, 2, 6, 12)),
            unknown=dice.one_of((0, 0, 5, 20, 60)),
            slow=dice.one_of((0, 5, 30)),
            slow_store=dice.one_of((0, 0, 0, 100)),
            lost_slice=dice.one_of((0, 0, 50)),
            doubled_slice=dice.one_of((0, 0, 50)),
        )


UNKNOWN = (Outcome.LOST, Outcome.UNTOLD, Outcome.LATE)
CRASHES = (Outcome.CRASH_BEFORE, Outcome.CRASH_AFTER)


class ByChance:
    """Fates as the dice fall; once calm, nothing goes wrong any more."""

    def __init__(self, dice: Dice, chances: Chances) -> None:
        self._dice, self._chances = dice, chances
        self.total = 0

    def calm(self) -> None:
        """Let nothing go wrong from now on."""
        self._chances = Chances()

    def of(self, step: str, *, fallible: bool) -> Fate:
        """Decide the next step's fate."""
        dice, chances = self._dice, self._chances
        if dice.permille(chances.crash):
            self.total += 1
            return Fate(dice.one_of(CRASHES), self._there_s(step), 0.0)
        if fallible and dice.permille(chances.unknown):
            self.total += 1
            # A late request may come long after its sender has begun again.
            late_s = dice.between(1, dice.one_of((100, 1_000, 8_000))) / 1_000
            return Fate(dice.one_of(UNKNOWN), late_s, dice.between(50, 500) / 1_000)
        # That a thing has happened is not always known at once.
        back_s = dice.below(2_000) / 1_000_000 if dice.permille(250) else 0.0
        return Fate(Outcome.DONE, self._there_s(step), back_s)

    def _there_s(self, step: str) -> float:
        chances = self._chances
        is_slow = chances.slow_store if step.startswith("store.") else chances.slow
        if is_slow and self._dice.permille(is_slow):
            return self._dice.below(3_000) / 1_000
        return self._dice.below(4_000) / 1_000_000

    def happens(self, fault: str) -> bool:
        """Decide whether a fault that is no step's happens now."""
        return self._dice.permille(getattr(self._chances, fault))


def nothing() -> None:
    """Let nothing happen."""


class AtStep:
    """Everything goes well but one step, of which steps are counted from 1."""

    def __init__(self, step: int = 0, outcome: Outcome = Outcome.DONE) -> None:
        self._at, self._outcome = step, outcome
        self.before_it: Callable[[], object] = nothing
        self.steps: list[bool] = []

    def calm(self) -> None:
        """Let nothing happen any more; a step may still go wrong, for its worker will notice."""
        self.before_it = nothing

    def of(self, step: str, *, fallible: bool) -> Fate:  # noqa: ARG002 - Steps are counted alone.
        """Decide the next step's fate."""
        self.steps.append(fallible)
        if len(self.steps) != self._at:
            return QUICK
        self.before_it()
        late_s = 3.0 if self._outcome is Outcome.LATE else QUICK.there_s
        return Fate(self._outcome, late_s, 0.05)

    def happens(self, fault: str) -> bool:  # noqa: ARG002 - None does.
        """Let no other fault happen."""
        return False
