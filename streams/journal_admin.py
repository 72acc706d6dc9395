"""What an operator does to all partitions of the journal at once, and reads of their states."""

from datetime import UTC, datetime

from redis.exceptions import RedisError

from processors.state.shared import Shared
from schemas.event import Event
from streams.codecs import UnreadableError, decode_shared
from streams.journal import own_message
from streams.looking import LookError, journal_partitions
from streams.names import Names
from streams.outbox import KafkaOutbox
from streams.protocols import Membership
from streams.settings import Settings
from streams.store import RedisStore, connect

_NOBODY = Membership(-1, "")


class JournalAdmin:
    """Writes an entry for everybody; reads what the users of each partition share."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = Names(settings.topic_prefix)

    async def shared(self) -> list[Shared]:
        """Give what each partition's users share, in order; LookError where that is unknown."""
        partitions = await journal_partitions(self._settings)
        client = connect(**self._settings.redis_connection)
        store = RedisStore(client, self._settings.group)
        try:
            rows = [await store.peek_shared(number) for number in range(partitions)]
        except (RedisError, TimeoutError) as error:
            # Its address may hold a password.
            raise LookError(
                f"Redis, as set in PENSTOCK_REDIS: {str(error) or 'no answer'}"
            ) from error
        finally:
            await store.close()
        if any(each is None for each in rows):
            raise LookError(
                "the state is not made yet, or Redis has lost it; start a worker, and ask again"
            )
        try:
            return [decode_shared(each or {}) for each in rows]
        except UnreadableError as error:
            raise LookError(str(error)) from error

    async def write(self, event: Event, subject: str) -> None:
        """Write an event to all partitions, in one commit; *subject* is what it is about."""
        journal, source = self._names.journal, f"/penstock/{subject}"
        instant = datetime.now(UTC).isoformat()
        partitions = await journal_partitions(self._settings)
        outbox = KafkaOutbox(
            self._settings.kafka, f"{self._settings.group}.{subject}", self._settings.group
        )
        try:
            await outbox.renew()
            await outbox.send(
                [
                    own_message(journal, event, number, (instant, number), source)
                    for number in range(partitions)
                ]
            )
            await outbox.commit({}, _NOBODY)
        finally:
            await outbox.close()
