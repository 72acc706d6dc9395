"""What the engine needs of the world: a consumer, a log, an outbox and a store.

The engine is written against these alone, so the same code runs on Kafka and Redis and in a
simulator. Offsets are always *next* offsets: the first one that has not been dealt with.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

HeaderList = Sequence[tuple[str, bytes | None]]


class Partition(NamedTuple):
    """One partition of one topic, by the topic's full name."""

    topic: str
    number: int


class Record(Protocol):
    """A record as a Kafka client hands it over."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """When it was written, in milliseconds since 1970."""
        ...

    @property
    def key(self) -> bytes | None:
        """Its key."""
        ...

    @property
    def value(self) -> bytes | None:
        """Its bytes."""
        ...

    @property
    def headers(self) -> HeaderList:
        """Its headers, in order."""
        ...


class Membership(NamedTuple):
    """Which generation of the group a worker was in, and as whom, when records were fetched."""

    generation: int
    member_id: str


@dataclass(frozen=True, slots=True)
class Slice:
    """What one fetch brought of one partition: at least one record, in order of offsets.

    *session* grows with every seek and assignment of the partition, and *index* counts the
    slices of a session from 0: a slice that is missing, or that is from before a seek, shows.
    """

    partition: Partition
    records: Sequence[Record]
    membership: Membership
    session: int
    index: int

    @property
    def first(self) -> int:
        """Give the first record's offset."""
        return self.records[0].offset

    @property
    def next(self) -> int:
        """Give the offset after the last record's."""
        return self.records[-1].offset + 1


class Consumer(Protocol):
    """The group's member that slices come from."""

    def membership(self) -> Membership:
        """Give the membership in force now."""
        ...

    async def seek(self, partition: Partition, offset: int) -> int:
        """Read on from *offset*; gives the number of the session that begins."""
        ...

    async def pause(self, partition: Partition) -> None:
        """Stop fetching a partition until it is assigned anew."""
        ...


class Log(Protocol):
    """Kafka's log, read beside the group."""

    async def committed(self, partition: Partition) -> int | None:
        """Give the group's stable committed offset: one with no transaction pending on it."""
        ...

    async def start(self, partition: Partition) -> int:
        """Give the first offset that the log still holds."""
        ...

    async def end(self, partition: Partition) -> int:
        """Give the offset after the last record that no open transaction holds back."""
        ...

    async def topic_id(self, topic: str) -> str:
        """Give the id that a topic was created with; another of the same name has another."""
        ...

    def read(self, partition: Partition, start: int, until: int) -> AsyncIterator[Sequence[Record]]:
        """Yield what committed transactions wrote from *start* to before *until*, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A record to be written; without a partition, murmur2 of the key chooses one."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: HeaderList
    partition: int | None = None


class OutboxError(Exception):
    """A transaction did not, or not surely, succeed; the outbox must be renewed."""


class Outbox(Protocol):
    """Writes outputs and offsets in one Kafka transaction."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Write messages in the open transaction, opening one if there is none."""
        ...

    async def commit(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        """Join the offsets, as of the membership in which they were fetched, and commit."""
        ...

    async def renew(self) -> None:
        """Give up whatever is open and seal it off; after this, committed offsets are final."""
        ...


class Token(NamedTuple):
    """Who owns a partition's state; only a greater epoch and generation takes it away."""

    epoch: int
    generation: int
    nonce: str


class Ownership(StrEnum):
    """What a claim found."""

    EQUAL = "equal"
    ROLLED_BACK = "rolled_back"
    BEHIND = "behind"
    MISSING = "missing"
    AHEAD = "ahead"
    FENCED = "fenced"
    FOREIGN_TOPIC = "foreign_topic"
    NEWER_LAYOUT = "newer_layout"


@dataclass(frozen=True, slots=True)
class Claimed:
    """The outcome of a claim, and the watermark after it."""

    ownership: Ownership
    watermark: int | None


@dataclass(frozen=True, slots=True)
class Identity:
    """What state must agree with to be read by this build: its topic, its layout, its fold."""

    topic_id: str
    layout: int
    fold: int


Parts = dict[str, bytes]
"""Parts of one user's state, or rows of what is shared, by name."""


@dataclass(frozen=True, slots=True)
class Writes:
    """What a slice changed: parts by user, and shared rows; empty bytes ask for removal."""

    users: Mapping[str, Parts]
    shared: Parts


class ConflictError(Exception):
    """The store holds another token or watermark than ours: somebody else owns the state."""


class Store(Protocol):
    """The state of journal partitions, each with a token and a watermark."""

    async def epoch(self) -> int:
        """Give the group's epoch, which an operator raises when the group begins anew."""
        ...

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it."""
        ...

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; roll back what was applied but not committed."""
        ...

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state and set its watermark; ConflictError if we do not own it."""
        ...

    async def load(
        self, partition: int, token: Token, watermark: int, users: Sequence[str]
    ) -> dict[str, Parts]:
        """Read all parts of users, and their absence; ConflictError unless both match."""
        ...

    async def load_shared(self, partition: int, token: Token, watermark: int) -> Parts:
        """Read the rows that a partition's users share; ConflictError unless both match."""
        ...

    async def users_of_bucket(
        self, partition: int, token: Token, watermark: int, bucket: int
    ) -> list[str]:
        """List a bucket's users in order; ConflictError unless both match."""
        ...

    async def apply(
        self, partition: int, token: Token, watermark: int, until: int, writes: Writes
    ) -> None:
        """Write and move the watermark to *until* at once, keeping what was as the undo record.

        ConflictError unless token and watermark match; any other error leaves the outcome unknown.
        """
        ...
