"""Kafka and Redis, opened to look at what others own; what fails is told in one line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from redis.exceptions import RedisError

from streams.codecs import UnreadableError
from streams.errors import MendableError
from streams.kafka_clients import client_settings, error_of, worded
from streams.log import KafkaLog
from streams.names import Names
from streams.protocols import LogError, PeekError
from streams.settings import Settings
from streams.states import States
from streams.store import RedisStore, connect

_TIMEOUT_S = 15.0


class LookError(MendableError):
    """Kafka or Redis cannot be looked into."""


@asynccontextmanager
async def open_log(settings: Settings) -> AsyncIterator[KafkaLog]:
    """Open Kafka's log for as long as it is needed."""
    log = KafkaLog(settings.kafka, settings.group)
    try:
        yield log
    except LogError as error:
        raise LookError(f"Kafka at {settings.kafka}: {error}") from error
    finally:
        await log.close()


@asynccontextmanager
async def open_states(settings: Settings) -> AsyncIterator[States]:
    """Open the state in Redis, and the log that says how much of it is committed."""
    names, partitions = Names(settings.topic_prefix), await journal_partitions(settings)
    async with open_log(settings) as log:
        store = RedisStore(connect(**settings.redis_connection), settings.group)
        try:
            yield States(log, store, names, partitions)
        except (RedisError, TimeoutError) as error:
            # Its address may hold a password.
            raise LookError(
                f"Redis, as set in PENSTOCK_REDIS: {str(error) or 'no answer'}"
            ) from error
        except (PeekError, UnreadableError) as error:
            raise LookError(str(error)) from error
        finally:
            await store.close()


async def journal_partitions(settings: Settings) -> int:
    """Count the journal's partitions; LookError where there is no journal."""
    journal, admin = (
        Names(settings.topic_prefix).journal,
        AdminClient(client_settings(settings.kafka)),
    )
    try:
        found = await asyncio.to_thread(admin.list_topics, journal, timeout=_TIMEOUT_S)
    except KafkaException as failure:
        raise LookError(f"Kafka at {settings.kafka}: {worded(error_of(failure))}") from failure
    if not found.topics[journal].partitions:
        raise LookError(f"{journal} does not exist; run: penstock topics apply --execute")
    return len(found.topics[journal].partitions)
