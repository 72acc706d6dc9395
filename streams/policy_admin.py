"""The policy in force, and activating another: one entry in each partition of the journal."""

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.journal import Policy, PolicyActivated
from streams.errors import MendableError
from streams.journal_admin import JournalAdmin
from streams.settings import Settings


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
        self._journal = JournalAdmin(settings)

    async def in_force(self) -> InForce:
        """Give the policy that every partition has folded; PolicyError if they do not agree."""
        shared = await self._journal.shared()
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
        await self._journal.write(PolicyActivated(version=version, policy=policy), "policy")
        return version


def with_provider(policy: Policy, provider: str, *, paused: bool) -> Policy:
    """Give a policy in which a provider is paused, or is not."""
    others = set(policy.paused_providers) - {provider}
    names = tuple(sorted(others | {provider} if paused else others))
    return with_changes(policy, paused_providers=names)


def with_changes(policy: Policy, **changed: object) -> Policy:
    """Give a policy in which some parameters are others."""
    return Policy.model_validate({**policy.model_dump(), **changed})
