"""The policy in force, and activating another: one entry in each partition of the journal."""

from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka.admin import AdminClient

from schemas.journal import Policy, PolicyActivated
from streams.codecs import decode_shared
from streams.errors import MendableError
from streams.journal import own_message
from streams.kafka_clients import client_settings
from streams.names import Names
from streams.outbox import KafkaOutbox
from streams.protocols import Membership, Message
from streams.settings import Settings
from streams.store import RedisStore, connect

_TIMEOUT_S = 15.0
_NOBODY = Membership(-1, "")


class PolicyError(MendableError):
    """The policy in force cannot be told, so it cannot be changed either."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy, by its version."""

    version: str
    policy: Policy


class PolicyAdmin:
    """Reads the policy from the state, and writes another to the journal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._names = Names(settings.topic_prefix)

    async def in_force(self) -> InForce:
        """Give the policy that every partition has folded; PolicyError if they do not agree."""
        client = connect(**self._settings.redis_connection)
        store = RedisStore(client, self._settings.group)
        try:
            rows = [await store.peek_shared(number) for number in range(self._partitions())]
        finally:
            await store.close()
        if any(each is None for each in rows):
            raise PolicyError(
                "the state is not made yet, or Redis has lost it; start a worker, and ask again"
            )
        shared = [decode_shared(each or {}) for each in rows]
        versions = {each.activated.policy_version for each in shared}
        if len(versions) != 1:
            raise PolicyError(
                f"partitions are on their way from one policy to another ({', '.join(versions)}); "
                "ask again in a moment"
            )
        return InForce(versions.pop(), shared[0].policy)

    async def activate(self, policy: Policy) -> str:
        """Write a policy to all partitions at once; gives its version."""
        version = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        event = PolicyActivated(version=version, policy=policy)
        transactional_id = f"{self._settings.group}.policy"
        outbox = KafkaOutbox(self._settings.kafka, transactional_id, self._settings.group)
        try:
            await outbox.renew()
            await outbox.send([self._entry(event, n) for n in range(self._partitions())])
            await outbox.commit({}, _NOBODY)
        finally:
            await outbox.close()
        return version

    def _entry(self, event: PolicyActivated, partition: int) -> Message:
        identity = (event.version, partition)
        return own_message(self._names.journal, event, partition, identity, "/penstock/policy")

    def _partitions(self) -> int:
        admin = AdminClient(client_settings(self._settings.kafka))
        topics = admin.list_topics(self._names.journal, timeout=_TIMEOUT_S).topics
        return len(topics[self._names.journal].partitions)


def with_provider(policy: Policy, provider: str, *, paused: bool) -> Policy:
    """Give a policy in which a provider is paused, or is not."""
    others = set(policy.paused_providers) - {provider}
    names = tuple(sorted(others | {provider} if paused else others))
    return Policy.model_validate({**policy.model_dump(), "paused_providers": names})
