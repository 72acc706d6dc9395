"""Configurations of the detector of unusual payments: which one decides, and which one is tried."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from processors.state.customary import Compared
from schemas.journal import Detection, Policy, SignName, SignWeight
from streams.journal_admin import JournalAdmin
from streams.policy_admin import PolicyAdmin, PolicyError, with_changes
from streams.settings import Settings
from streams.shadowing import summed

NO_SHADOW = (
    "no configuration of the detector is tried now; to begin: "
    "penstock policy detection set --shadow --name NAME"
)


def configured(
    base: Detection, name: str, weights: Mapping[SignName, int], **given: int | None
) -> Detection:
    """Give a configuration that is another's but for its name, and for what is given.

    PolicyError where it can be none.
    """
    merged = {own.sign: own.milli for own in base.weights} | dict(weights)
    members: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    in_order = tuple(SignWeight(sign=sign, milli=merged[sign]) for sign in sorted(merged))
    changed = {"name": name, "weights": in_order, **members}
    try:
        return Detection.model_validate({**base.model_dump(), **changed})
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def with_detection(policy: Policy, wanted: Detection, *, as_shadow: bool) -> Policy:
    """Let a configuration decide, or be tried; PolicyError if its name is another one's.

    What was counted of a configuration is kept by its name, so a name keeps its configuration.
    """
    for known in (policy.detection, policy.shadow_detection):
        if known is not None and known.name == wanted.name and known != wanted:
            raise PolicyError(
                f"another configuration is called {wanted.name} already; give this one its own name"
            )
    if as_shadow and wanted == policy.detection:
        raise PolicyError(f"{wanted.name} decides already, so there is nothing to try")
    if not as_shadow and wanted == policy.shadow_detection:
        raise PolicyError(
            f"{wanted.name} is tried now, and keeps its threshold if it is promoted: "
            "penstock policy detection promote --execute"
        )
    place = "shadow_detection" if as_shadow else "detection"
    return with_changes(policy, **{place: wanted})


def promoted(policy: Policy) -> Policy:
    """Let the shadow decide, and nothing be tried; PolicyError where there is none."""
    return with_changes(policy, detection=shadow_of(policy), shadow_detection=None)


def without_shadow(policy: Policy) -> Policy:
    """Let nothing be tried."""
    return with_changes(policy, shadow_detection=None)


def shadow_of(policy: Policy) -> Detection:
    """Give the configuration that is tried; PolicyError where there is none."""
    if policy.shadow_detection is None:
        raise PolicyError(NO_SHADOW)
    return policy.shadow_detection


async def comparison(settings: Settings) -> tuple[str, Compared]:
    """Name what decides, and add up what all partitions counted of it and of the shadow."""
    policy = (await PolicyAdmin(settings).in_force()).policy
    name = shadow_of(policy).name
    shared = await JournalAdmin(settings).shared()
    return policy.detection.name, summed((each.customary.frauds.compared for each in shared), name)
