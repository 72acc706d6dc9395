"""Stores to tell stories to: the twin in memory, and Redis."""

import asyncio
from collections.abc import Callable

import pytest

from streams.stack import Stack
from streams.store import MemoryStore, RedisStore, connect
from tests.streams.store.stories import Story, fresh_group


@pytest.fixture
def on_redis(stack: Stack) -> Callable[..., None]:
    """Tell a story to a store in Redis that nobody else has."""

    def tell(story: Story, chunk_bytes_max: int = 8 * 2**20) -> None:
        async def told() -> None:
            store = RedisStore(connect(stack.redis), fresh_group(), chunk_bytes_max=chunk_bytes_max)
            try:
                await story(store)
            finally:
                await store.close()

        asyncio.run(told())

    return tell


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.stack)])
def on_each(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    """Tell a story to a fresh store; the test runs once for each kind."""
    if request.param == "redis":
        tell: Callable[[Story], None] = request.getfixturevalue("on_redis")
        return tell
    return lambda story: asyncio.run(story(MemoryStore()))
