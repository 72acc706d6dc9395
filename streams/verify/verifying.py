"""Holding a whole group's state against the journal; having it made again where it differs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.artifacts import PublishedArtifacts
from streams.claiming import FOLD
from streams.codecs import LAYOUT
from streams.kafka_clients import client_settings, error_of, worded
from streams.log import KafkaLog
from streams.names import Names
from streams.placing import partition_of
from streams.protocols import Identity
from streams.settings import Settings
from streams.store import RedisStore, connect
from streams.verify.checking import Check, Checked, CheckError, Scope

_TIMEOUT_S = 15.0


class Verifying:
    """Looks at partitions from outside; workers go on meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = Names(settings.topic_prefix)
        self._log = KafkaLog(settings.kafka, settings.group)
        self._store = RedisStore(connect(**settings.redis_connection), settings.group)
        self._artifacts = PublishedArtifacts(self._log, self._names)
        self.partitions = range(self._count())

    def _count(self) -> int:
        admin = AdminClient(client_settings(self._settings.kafka))
        try:
            topics = admin.list_topics(self._names.journal, timeout=_TIMEOUT_S).topics
        except KafkaException as failure:
            raise CheckError(f"{self._settings.kafka}: {worded(error_of(failure))}") from None
        if not (partitions := topics[self._names.journal].partitions):
            raise CheckError("there is no journal yet; run: penstock topics apply --execute")
        return len(partitions)

    def partition_of(self, user: str) -> int:
        """Say in which partition a user's entries and state are."""
        return partition_of(user, len(self.partitions))

    async def size(self, partitions: Sequence[int]) -> int:
        """Give about how many records there are to be read."""
        check = Check(self._log, self._store, self._names, self._artifacts)
        return sum([await check.size(number) for number in partitions])

    async def check(
        self, partitions: Sequence[int], scope: Scope, told: Callable[[int], Awaitable[None]]
    ) -> list[Checked]:
        """Look at one partition after another."""
        check = Check(self._log, self._store, self._names, self._artifacts, told)
        checked = []
        left = scope.users_max
        for at, number in enumerate(partitions):
            own = scope
            if left is not None:
                share = -(-left // (len(partitions) - at))
                own = replace(scope, users_max=share)
            checked.append(await check.run(number, own))
            if left is not None:
                left -= checked[-1].users
        return checked

    async def heal(self, partitions: Sequence[int]) -> None:
        """Empty partitions, so that their owners make them from the journal again."""
        identity = Identity(await self._log.topic_id(self._names.journal), LAYOUT, FOLD)
        for number in partitions:
            await self._store.discard(number, identity)

    async def close(self) -> None:
        """Let go of both servers."""
        await self._log.close()
        await self._store.close()
