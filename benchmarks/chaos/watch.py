"""The stop-watches of a run: how long until all goes on after a kill, and after all is mended."""

import time
from dataclasses import dataclass, field

from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.workload import Workload


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment, and how many payments each user had sent by then."""

    at: float
    paid: dict[str, int]


@dataclass
class StopWatches:
    """Measures what no other fault has disturbed meanwhile."""

    workload: Workload
    evidence: Evidence
    recovered_s: list[float] = field(default_factory=list)
    first_after_kill_s: list[float] = field(default_factory=list)
    _mended: Mark | None = None
    _killed: Mark | None = None

    def disturbed(self) -> None:
        """Stop measuring: something else has struck."""
        self._mended = self._killed = None

    def mended(self) -> None:
        """Begin to measure until all that is sent by now has come out."""
        self._mended = self._mark()

    def killed(self) -> None:
        """Begin to measure until each partition gives a payment that is sent after this."""
        self._killed = self._mark()

    @property
    def measures(self) -> bool:
        """Say whether anything is being measured."""
        return self._mended is not None or self._killed is not None

    def look(self) -> bool:
        """See what has come to pass; says whether all has just recovered. To be called often."""
        now, last = time.monotonic(), self.evidence.last
        if (mark := self._killed) and all(
            any(last[user] > mark.paid.get(user, 0) for user in users)
            for users in list(self.evidence.users_of.values())
        ):
            self.first_after_kill_s.append(now - mark.at)
            self._killed = None
        if (mark := self._mended) and all(last[user] >= n for user, n in mark.paid.items()):
            self.recovered_s.append(now - mark.at)
            self._mended = None
            return True
        return False

    def _mark(self) -> Mark:
        return Mark(time.monotonic(), dict(self.workload.paid))
