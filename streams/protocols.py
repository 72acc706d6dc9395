"""What the engine needs of the world: a consumer, a log, an outbox and a store.

The engine is written against these alone, so the same code runs on Kafka and Redis and in a
simulator. Offsets are always *next* offsets: the first one that has not been dealt with.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

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
    One that was joined of several stands for all of their indexes.
    """

    partition: Partition
    records: Sequence[Record]
    membership: Membership
    session: int
    index: int
    indexes: int = 1

    def goes_on_with(self, other: "Slice") -> bool:
        """Say whether *other* is the very next slice of the same reading."""
        ours = self.partition, self.membership, self.session, self.index + self.indexes
        return ours == (other.partition, other.membership, other.session, other.index)

    def joined(self, other: "Slice") -> "Slice":
        """Give one slice with the records of this and the next."""
        return replace(
            self, records=[*self.records, *other.records], indexes=self.indexes + other.indexes
        )

    @property
    def first(self) -> int:
        """Give the first record's offset."""
        return self.records[0].offset

    @property
    def next(self) -> int:
        """Give the offset after the last record's."""
        return self.records[-1].offset + 1

    @property
    def size_bytes(self) -> int:
        """Give about how much memory the records take."""
        return sum(len(record.value) for record in self.records if record.value is not None)


class LogError(Exception):
    """Kafka's log could not be read as asked."""


class Consumer(Protocol):
    """The group's member that slices come from."""

    def membership(self) -> Membership:
        """Give the membership in force now."""
        ...

    async def seek(self, partition: Partition, offset: int) -> int:
        """Read on from *offset*; gives the number of the session that begins."""
        ...

    async def pause(self, partition: Partition) -> None:
        """Stop fetching a partition until it is sought, or assigned anew."""
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
        """Give the offset after the last record, whether or not its transaction is open still."""
        ...

    async def newest_ms(self, partition: Partition) -> int:
        """Give when the newest record was written, in milliseconds since 1970; 0 if none was."""
        ...

    async def has_taken_in(self, topics: Sequence[str], before_ms: int) -> bool:
        """Say whether the group has committed all that was written to topics before an instant."""
        ...

    async def topic_id(self, topic: str) -> str:
        """Give the id that a topic was created with; another of the same name has another."""
        ...

    def read(self, partition: Partition, start: int, until: int) -> AsyncIterator[Sequence[Record]]:
        """Yield what committed transactions wrote from *start* to before *until*, in order."""
        ...


class Message(Struct, frozen=True, gc=False):
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
    """Who owns a partition's state: whoever came last, unless with a lower epoch and generation.

    Every claim makes a token with a nonce that nobody had before, so that what was sent under an
    earlier one, and comes late, is refused even within a generation.
    """

    epoch: int
    generation: int
    nonce: str


class Ownership(StrEnum):
    """What a claim found; but for FENCED, the state is ours, whatever it is."""

    EQUAL = "equal"
    ROLLED_BACK = "rolled_back"
    """Equal now: the last apply went back, which was not committed, or was cut short."""
    BEHIND = "behind"
    """What comes next is to be folded again, from a watermark at which the state is whole."""
    MISSING = "missing"
    AHEAD = "ahead"
    """The committed offset lies before all that can be taken back."""
    FENCED = "fenced"
    FOREIGN_TOPIC = "foreign_topic"
    NEWER_LAYOUT = "newer_layout"
    """A newer build wrote it: its layout or its fold is beyond ours."""
    OLDER_FOLD = "older_fold"
    """It was folded by rules that are known to be wrong now: to be made anew, from the start."""


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


@dataclass(frozen=True, slots=True)
class Peeked:
    """What a bucket holds at one watermark, and what the partition's users share there."""

    watermark: int
    identity: Identity
    users: dict[str, Parts]
    shared: Parts


class PeekError(Exception):
    """A partition moved on, again and again, while it was looked into."""


class ConflictError(Exception):
    """The store holds another token or watermark than ours: somebody else owns the state."""


class Store(Protocol):
    """The state of journal partitions, each with a token and a watermark."""

    async def epoch(self) -> int:
        """Give the group's epoch: 0 until it is raised."""
        ...

    async def raise_epoch(self) -> int:
        """Raise the group's epoch, as is due when the group begins anew; gives the new one."""
        ...

    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it.

        A greater epoch that refuses us was the group's, and was lost: the group has it again then,
        so that whoever asks for the epoch anew gets past.
        """
        ...

    async def claim(
        self, partition: int, token: Token, committed: int, identity: Identity
    ) -> Claimed:
        """Compare watermark and committed offset; take back an apply that is not all committed.

        So goes, too, what an apply has written that was cut short. A state that this build cannot
        use is left as it is.
        """
        ...

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state and set its watermark; ConflictError if we do not own it.

        Whoever dies in the middle leaves a state that a claim finds MISSING.
        """
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
        """Write and move the watermark to *until*, keeping what was as the undo record.

        *until* is beyond the watermark. ConflictError unless token and watermark match; any other
        error leaves the outcome unknown: all, nothing, or a part, which nobody can read and which
        the next claim takes back.
        """
        ...

    async def close(self) -> None:
        """Let go of whatever is open."""
        ...


class StoreFromOutside(Protocol):
    """The state of partitions for those who do not own them."""

    async def peek(self, partition: int, committed: int, bucket: int) -> Peeked | None:
        """Read a bucket at one moment without owning its partition; None where there is no state.

        An apply that is under way, or was cut short, or goes beyond the *committed* offset, may
        yet be taken back: then this is what stands before it. PeekError if the partition does not
        stand still for long enough.
        """
        ...

    async def discard(self, partition: int, identity: Identity) -> None:
        """Empty a partition, whoever owns it: its owner, or the next, makes it again.

        The owner is fenced first, so nothing is ever folded from half a state.
        """
        ...
