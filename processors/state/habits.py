"""What `detect` remembers of one user: habits by currency, and payments it has not done with."""

from collections.abc import Iterable
from struct import Struct as Packing
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from models.anomaly.customs import UNIT
from models.anomaly.spread import Spread
from models.anomaly.threshold import Leniency
from schemas.fields import FIRST_DATE

CATEGORIES_MAX = 32
"""Beyond these, the category that least was paid for is forgotten."""
HELD_MAX = 8
"""Beyond these, the flagged payment that waits longest is let go without being learned."""
FRAUDS_MAX = 6
"""Beyond these, the one confirmed first might be counted again, and is not taken back."""
KEPT_MAX = 32
"""Beyond these, the oldest that nobody was told of is taken for one that nobody will speak of."""


class Habits(Struct, array_like=True):
    """What a user's payments in one currency are like."""

    amounts: dict[str, Spread] = field(default_factory=dict)
    hours: list[int] = field(default_factory=list)
    day_sum: float = 0.0
    day_usual: Spread = Spread()
    day_last: int = 0
    bursts: tuple[float, float, int] = (0.0, 0.0, 0)
    leniency: Leniency = Leniency()
    episode: int = 0
    """The payment that the user was told of last."""
    episode_until: int = 0
    """Until then, what is odd belongs to what the user was told of."""
    last: int = 0
    learned: int = 0

    def forget_rarest(self) -> None:
        """Stay within bounds: what is everything, under the empty name, stays."""
        if len(self.amounts) > CATEGORIES_MAX:
            named = (name for name in self.amounts if name)
            del self.amounts[min(named, key=lambda name: (self.amounts[name].values, name))]


class Held(Struct, frozen=True, array_like=True, gc=False):
    """A flagged payment, which teaches nothing until it is cleared."""

    until: int
    """The instant from which it counts as cleared when nobody has said anything."""
    currency: str
    category: str
    minor: int
    hour: int
    instant: int


class Kept(NamedTuple):
    """How a payment had looked, until it is known for what it was; the book has the rest of it."""

    day: int
    signs: tuple[int, ...]
    """In thousandths of a nat; what is kept of them is a little coarser."""
    hour: int
    """-1 where nobody told."""
    weight: int
    """As how many payments it counts, itself and those that were not kept."""
    told: bool
    shadow_told: bool

    def packed(self) -> bytes:
        """Write it down."""
        nats = [sign / UNIT for sign in self.signs]
        return pack(
            self.day, nats, self.hour, self.weight, told=self.told, shadow_told=self.shadow_told
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> "Kept":
        """Read what was packed."""
        day, *steps, hour, weight, told = _KEPT.unpack(packed)
        signs = tuple([step * _STEP for step in steps])
        return cls(day + _DAY_LEAST, signs, hour, weight, bool(told & 1), bool(told & 2))


def pack(
    day: int, nats: Iterable[float], hour: int, weight: int, *, told: bool, shadow_told: bool
) -> bytes:
    """Write what is kept in as few bytes as can be: nearly every payment does."""
    steps = [int(own * _STEPS_A_NAT + 0.5) if own < _NATS_MOST else _BYTE_MAX for own in nats]
    return _KEPT.pack(day - _DAY_LEAST, *steps, hour, weight, told | shadow_told << 1)


_KEPT = Packing(">H8BbbB")
_DAY = Packing(">H")
_DAY_LEAST = FIRST_DATE.toordinal()
_STEP, _BYTE_MAX = 36, 0xFF
"""A sign says no more beyond 9 nats: that is 250 steps."""
_STEPS_A_NAT, _NATS_MOST = UNIT / _STEP, _BYTE_MAX * _STEP / UNIT


class Detections(Struct, array_like=True):
    """Habits by currency; what is held and kept, by identity."""

    by_currency: dict[str, Habits] = field(default_factory=dict)
    held: dict[int, Held] = field(default_factory=dict)
    kept: dict[int, bytes] = field(default_factory=dict)
    frauds: dict[int, bytes] = field(default_factory=dict)
    """Those that were confirmed last, as they had looked: to hear it again teaches nothing."""

    def habits(self, currency: str) -> Habits:
        """Give what payments in a currency are like; at first, nothing is known."""
        known = self.by_currency.get(currency)
        if known is None:
            known = self.by_currency[currency] = Habits()
        return known

    def confirm(self, identities: list[int], kept: Kept | None) -> bool:
        """Remember a fraud, by all its identities; say whether that is news."""
        if any(identity in self.frauds for identity in identities):
            return False
        self.frauds[identities[-1]] = b"" if kept is None else kept.packed()
        if len(self.frauds) > FRAUDS_MAX:
            del self.frauds[next(iter(self.frauds))]
        return True

    def deny(self, identities: list[int]) -> bytes | None:
        """Forget a fraud that was none, and give how it had looked; None if it never was one."""
        told = [self.frauds.pop(one) for one in identities if one in self.frauds]
        return told[0] if told else None

    def hold(self, identity: int, held: Held) -> None:
        """Let a payment wait."""
        self.held[identity] = held
        if len(self.held) > HELD_MAX:
            del self.held[next(iter(self.held))]

    def keep(self, identity: int, packed: bytes) -> None:
        """Remember what a payment was like."""
        self.kept[identity] = packed
        if len(self.kept) > KEPT_MAX:
            untold = (one for one in self.kept if not Kept.unpacked(self.kept[one]).told)
            del self.kept[next(untold, next(iter(self.kept)))]

    def kept_until(self, day: int) -> list[int]:
        """List what is kept of payments up to a day; each day asks, and so nothing is unpacked."""
        later = _DAY.pack(max(0, day + 1 - _DAY_LEAST))
        return [identity for identity, packed in self.kept.items() if packed < later]

    def recall(self, identity: int) -> Kept | None:
        """Give how a payment had looked, and forget it."""
        packed = self.kept.pop(identity, None)
        return None if packed is None else Kept.unpacked(packed)

    def correct(self, identity: int, minor: int) -> None:
        """Let what waits teach the amount that it is now said to have been."""
        held = self.held.get(identity)
        if held is not None and minor > 0:
            self.held[identity] = replace(held, minor=minor)

    def drop(self, identity: int) -> None:
        """Forget a payment that was none."""
        self.held.pop(identity, None)
        self.kept.pop(identity, None)
        self.end_episode(identity)

    def end_episode(self, identity: int) -> None:
        """Let nothing more join the episode that a payment began."""
        for habits in self.by_currency.values():
            if habits.episode == identity:
                habits.episode_until = 0

    def rename(self, before: int, after: int) -> None:
        """Follow a payment under its new identity."""
        for memory in (self.held, self.kept):
            if before in memory:
                memory[after] = memory.pop(before)  # type: ignore[assignment] # Of its own kind.
