"""What must be so before a worker starts, each with the line that mends it."""

import asyncio

import structlog
from redis.exceptions import RedisError

from schemas.topics import JOURNAL
from streams.errors import MendableError
from streams.group_metadata import check_layout
from streams.names import Names
from streams.settings import Settings
from streams.store import connect
from streams.topic_admin import TopicAdmin

_log = structlog.get_logger("penstock.checks")


class CheckError(MendableError):
    """The surroundings are not as a worker needs them."""


def check_before_start(settings: Settings) -> None:
    """Look at Kafka, topics, the client's layout and Redis; CheckError names the first fault."""
    _check_topics(settings)
    check_layout()
    asyncio.run(_check_redis(settings))


def _check_topics(settings: Settings) -> None:
    steps = TopicAdmin(settings).plan()
    if missing := sorted({step.topic for step in steps if not step.by_hand}):
        raise CheckError(
            f"topics or initial offsets are missing ({', '.join(missing)}); "
            "run: penstock topics apply --execute"
        )
    names = Names(settings.topic_prefix)
    # What state is made from again, and what such a refold skips: both must be kept whole.
    vital = {names.journal, names.dead_letters(JOURNAL)}
    for step in steps:
        if step.topic in vital:
            raise CheckError(f"{step.topic}: {step.detail}; run: {step.command}")
        _log.warning("a topic is not as the table says", topic=step.topic, detail=step.detail)


async def _check_redis(settings: Settings) -> None:
    client = connect(**settings.redis_connection)
    try:
        memory, persistence = await client.info("memory"), await client.info("persistence")
    except (RedisError, OSError) as error:
        raise CheckError(
            f"Redis does not answer ({type(error).__name__}); start it, or set PENSTOCK_REDIS"
        ) from None
    finally:
        await client.aclose()
    policy = memory.get("maxmemory_policy")
    if policy != "noeviction":
        raise CheckError(
            f"Redis may evict state (maxmemory-policy {policy}); "
            "run: redis-cli config set maxmemory-policy noeviction"
        )
    if not (persistence.get("aof_enabled") or settings.dev):
        raise CheckError(
            "Redis keeps nothing on disk; run: redis-cli config set appendonly yes, "
            "or set PENSTOCK_DEV=true where losing it does not matter"
        )
