"""What stories about a store have in common: who tells them, and with which words."""

import os
from collections.abc import Callable, Coroutine
from typing import Any

from schemas.ids import BUCKETS
from streams.protocols import Identity, Parts, Store, Token, Writes
from streams.store.pieces import Piecewise, Span, _chunks

Story = Callable[[Any], Coroutine[Any, Any, None]]

PARTITION = 7
OURS = Token(0, 5, "ours")
AGAIN = OURS._replace(nonce="again")
IDENTITY = Identity("topic-1", layout=3, fold=4)

# A hash tag, spaces, what our own keys and undo fields are made of, and beyond ASCII.
USERS = ["ann", "bo b", "{7}:user:ann", "3:hot user:ann", "bucket of user:ann", "jürgen\n", "\0"]


def fresh_group() -> str:
    """Name a group that no other test has."""
    return f"test-{os.urandom(6).hex()}"


def changes(shared: Parts | None = None, **users: Parts) -> Writes:
    """Write what a slice changed."""
    return Writes(users, shared or {})


async def begun(store: Store, watermark: int = 10, token: Token = OURS) -> None:
    """Own an empty partition at a watermark."""
    assert await store.own(PARTITION, token)
    await store.begin(PARTITION, token, watermark, IDENTITY)


async def whole(
    store: Store, watermark: int, users: list[str], token: Token = OURS
) -> tuple[dict[str, Parts], Parts, list[list[str]]]:
    """Read all there is: users, what they share, and who is in which bucket."""
    return (
        await store.load(PARTITION, token, watermark, users),
        await store.load_shared(PARTITION, token, watermark),
        [
            await store.users_of_bucket(PARTITION, token, watermark, bucket)
            for bucket in range(BUCKETS)
        ],
    )


def in_chunks(watermark: int, until: int, writes: Writes) -> list[tuple[Span, Writes]]:
    """Cut an apply into as many chunks as there can be."""
    chunks = list(_chunks(writes, 1))
    last = len(chunks) - 1
    return [
        (Span(watermark, until, number, number == last), chunk)
        for number, chunk in enumerate(chunks)
    ]


async def begin_to_apply(
    store: Piecewise, watermark: int, until: int, writes: Writes, chunks: int
) -> None:
    """Make the first calls of an apply, but never the last, as a worker does that dies."""
    for span, chunk in in_chunks(watermark, until, writes)[:chunks]:
        await store.apply_chunk(PARTITION, OURS, span._replace(is_last=False), chunk)
