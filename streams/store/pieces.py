"""What is too much for one call goes in several, cut the same way for every store.

A caller may die between any two calls. Half an apply is read by nobody, and a claim takes it back;
half a beginning is a state without a watermark, which a claim finds missing.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple
from uuid import uuid4

from streams.protocols import ConflictError, Identity, Parts, Token, Writes

CHUNK_BYTES_MAX = 8 * 2**20
USERS_REMOVED_AT_ONCE = 500


class Span(NamedTuple):
    """Where an apply begins and ends, and which of its chunks this is, counted from 0."""

    watermark: int
    until: int
    number: int
    is_last: bool


class Piecewise(ABC):
    """A store that applies in chunks and begins in pieces."""

    def __init__(
        self,
        *,
        chunk_bytes_max: int = CHUNK_BYTES_MAX,
        users_removed_at_once: int = USERS_REMOVED_AT_ONCE,
    ) -> None:
        self._chunk_bytes_max = chunk_bytes_max
        self._users_removed_at_once = users_removed_at_once

    async def apply(
        self, partition: int, token: Token, watermark: int, until: int, writes: Writes
    ) -> None:
        """Write and move the watermark to *until*, keeping what was as the undo record."""
        assert watermark < until, "an apply moves the watermark on"
        chunks = list(_chunks(writes, self._chunk_bytes_max))
        for number, chunk in enumerate(chunks):
            span = Span(watermark, until, number, number == len(chunks) - 1)
            await self.apply_chunk(partition, token, span, chunk)

    @abstractmethod
    async def apply_chunk(self, partition: int, token: Token, span: Span, chunk: Writes) -> None:
        """Write a chunk: the first opens the undo record, the last moves the watermark.

        No user comes in two chunks of an apply, and what users share in one only. ConflictError
        unless token and watermark match, and for all but the next chunk of what is under way: one
        before it may be lost, if the store was restarted in between.
        """

    async def begin(self, partition: int, token: Token, watermark: int, identity: Identity) -> None:
        """Empty a partition's state and set its watermark; ConflictError if we do not own it."""
        while await self.begin_piece(
            partition, token, watermark, identity, self._users_removed_at_once
        ):
            pass

    @abstractmethod
    async def own(self, partition: int, token: Token) -> bool:
        """Take a partition over, unless a greater epoch and generation holds it."""

    async def _discard(self, partition: int, held: Token, identity: Identity) -> None:
        """Begin a partition from nothing, as if its owner claimed it once more.

        Whoever conflicts with that has claimed it meanwhile, and finds no state.
        """
        token = held._replace(nonce=uuid4().hex)
        with suppress(ConflictError):
            if await self.own(partition, token):
                await self.begin(partition, token, 0, identity)

    @abstractmethod
    async def begin_piece(
        self, partition: int, token: Token, watermark: int, identity: Identity, users_max: int
    ) -> int:
        """Remove at most *users_max* users and give how many; with none left, set the watermark."""


def _chunks(writes: Writes, bytes_max: int) -> Iterator[Writes]:
    """Cut writes into chunks of about *bytes_max* at most, or of one user that alone is larger."""
    users: dict[str, Parts] = {}
    shared, filled = writes.shared, _size_bytes(writes.shared)
    for user, parts in writes.users.items():
        if not parts:
            continue
        size = len(user) + _size_bytes(parts)
        if filled and filled + size > bytes_max:
            yield Writes(users, shared)
            users, shared, filled = {}, {}, 0
        users[user] = parts
        filled += size
    yield Writes(users, shared)


def _size_bytes(parts: Parts) -> int:
    return sum(map(len, parts)) + sum(map(len, parts.values()))
