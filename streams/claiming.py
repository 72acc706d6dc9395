"""Claiming a partition: where it stands, that it is ours, and that its state agrees."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import structlog

from schemas.refusals import Refusal
from streams.artifacts import Artifacts
from streams.codecs import LAYOUT
from streams.folding import Memory
from streams.loading import Loading
from streams.names import Names
from streams.protocols import (
    ConflictError,
    Consumer,
    Identity,
    Log,
    Membership,
    Ownership,
    Partition,
    Store,
    Token,
)
from streams.refolding import Refolding, RefusedError, skip_list

FOLD = 5
"""The fold's version: raised when a change of rules makes old state wrong, so that it is remade."""

_WELL = {Ownership.EQUAL, Ownership.ROLLED_BACK}
_REFOLDED = {Ownership.MISSING, Ownership.BEHIND, Ownership.OLDER_FOLD}

_log = structlog.get_logger("penstock.claim")


@dataclass(slots=True)
class Held:
    """The state of a journal partition that is ours, and what its owner remembers of it."""

    token: Token
    memory: Memory
    skipped: dict[int, Refusal]
    newest_ms: int
    """When the newest record that is known of the partition was written, by the broker's clock."""
    ticked: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Owned:
    """A partition that was claimed: in which membership, and where it stands."""

    membership: Membership
    next: int
    session: int
    index: int = -1
    well_at_s: float = 0.0
    """When it was last known, by the loop's clock, that all is as we think."""
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Claiming:
    """How a partition is claimed; RefusedError where only a person can help."""

    consumer: Consumer
    log: Log
    store: Store
    names: Names
    cached_users_max: int
    beat: Callable[[], None]
    """Called whenever a long step, such as a refold, gets on."""
    artifacts: Artifacts

    async def claim(self, partition: Partition) -> Owned:
        """Find out where a partition stands, and read on from there.

        Meanwhile it may be revoked, or assigned anew; what was found is void then.
        """
        membership = self.consumer.membership()
        committed = await self._committed(partition)
        held = None
        if partition.topic == self.names.journal:
            held = await self._claim_state(partition, membership, committed)
        # Only what is fetched from here on is known to begin where the partition stands.
        session = await self.consumer.seek(partition, committed)
        return Owned(membership, committed, session, held=held)

    async def _committed(self, partition: Partition) -> int:
        """Give the committed offset, if the log still reaches back to it."""
        committed = await self.log.committed(partition)
        if committed is None:
            raise RefusedError(
                "no offset is committed, so where to begin is unknown; "
                "run: penstock topics apply --execute"
            )
        start = await self.log.start(partition)
        if committed < start:
            raise RefusedError(
                f"the log begins at {start}, and {committed} comes next: what lies between has "
                "expired unread; commit an offset on purpose with Kafka's consumer-groups tool"
            )
        return committed

    async def _claim_state(
        self, partition: Partition, membership: Membership, committed: int
    ) -> Held:
        token = Token(await self.store.epoch(), membership.generation, uuid4().hex)
        if not await self.store.own(partition.number, token):
            raise ConflictError(f"a later generation owns {partition}")
        identity = Identity(await self.log.topic_id(self.names.journal), LAYOUT, FOLD)
        found = await self.store.claim(partition.number, token, committed, identity)
        if found.ownership is Ownership.FENCED:
            raise ConflictError(f"{partition} was taken over while it was claimed")
        skipped = await skip_list(self.log, self.names, partition)
        if found.ownership in _REFOLDED:
            loading = Loading(self.store, self.names, partition, token, self.artifacts)
            refolding = Refolding(self.log, loading, self.beat)
            await refolding.run(identity, found, committed, skipped)
        elif found.ownership not in _WELL:
            raise RefusedError.of(found, committed)
        rows = await self.store.load_shared(partition.number, token, committed)
        newest_ms = await self.log.newest_ms(partition)
        _log.info("claimed", partition=partition.number, at=committed, found=found.ownership.value)
        return Held(token, Memory(rows, self.cached_users_max), skipped, newest_ms)
