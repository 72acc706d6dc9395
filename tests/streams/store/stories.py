"""What stories about a store have in common: who tells them, and with which words."""

import os
from collections.abc import Callable, Coroutine
from typing import Any

from schemas.ids import BUCKETS
from streams.protocols import Identity, Parts, Store, Token, Writes

Story = Callable[[Any], Coroutine[Any, Any, None]]

PARTITION = 7
OURS = Token(0, 5, "ours")
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
