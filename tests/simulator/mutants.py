"""Workers with one safeguard taken out each; a suite that does not catch them proves nothing."""

from collections.abc import Sequence

from streams.protocols import (
    Claimed,
    Identity,
    Membership,
    Message,
    Ownership,
    Partition,
    Token,
    Writes,
)
from streams.store.memory import MemoryStore
from streams.store.pieces import Span
from tests.simulator.clients import WiredLog, WiredOutbox
from tests.simulator.worker import Build


class NoWatermarkCheck(MemoryStore):
    """Applies whatever the state's watermark is."""

    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        """Believe that the state is where the caller thinks."""
        if (held := self._held[partition]).token == token:
            held.watermark = span.watermark
        await super().apply_chunk(partition, token, span, chunk)


class UnstableRead(WiredLog):
    """Reads the committed offset while a transaction is pending on it."""

    def _committed(self, partition: Partition) -> int | None:
        return self._broker.group.committed.get(partition)


class OutputsOutside(WiredOutbox):
    """Writes outputs at once, whether or not the cycle commits."""

    async def _send(self, topic: str, messages: Sequence[Message]) -> None:
        def effect() -> None:
            for message in messages:
                self._broker.append(message, None)

        await self._attempt(f"send {topic}", effect)


class NoFence(MemoryStore):
    """Gives a partition to whoever asks, however old their generation."""

    async def own(self, partition: int, token: Token) -> bool:
        """Refuse nobody."""
        self._held[partition].token = token
        return True

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Refuse nobody."""
        self._held[partition].token = token
        claimed = await super().claim(partition, token, committed, identity)
        assert claimed.ownership is not Ownership.FENCED
        return claimed


class RelabelledGeneration(WiredOutbox):
    """Commits offsets as of the membership in force now, not as of when they were fetched."""

    def _label(self, _membership: Membership) -> Membership:
        return self._member.membership()


class NoEpochBump(WiredOutbox):
    """Begins again with the producer that it has, whose transaction stays open."""

    async def renew(self) -> None:
        """Seal nothing, but at the very start."""
        if self._first_epoch is None:
            await super().renew()
            self._first_epoch = self._epoch
        self._epoch = self._first_epoch

    _first_epoch: int | None = None


MUTANTS = {
    "no watermark check": Build(memory=NoWatermarkCheck),
    "unstable offset read": Build(log=UnstableRead),
    "outputs outside the commit": Build(outbox=OutputsOutside),
    "no fence": Build(memory=NoFence),
    "relabelled generation": Build(outbox=RelabelledGeneration),
    "no epoch bump": Build(outbox=NoEpochBump),
}
