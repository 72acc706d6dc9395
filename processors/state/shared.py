"""What the users of one partition have in common."""

from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct, field

from models.artifact import Artifact
from models.prior import Prior
from processors.state.customary import Customary
from processors.state.population import Population
from schemas.ids import bucket_of
from schemas.journal import Policy

LONG_AGO = 0
"""The today of a bucket for which no day has passed yet: nothing is old, nothing has expired."""


class Days(Struct, array_like=True):
    """The last day that passed, and the first, by bucket, and the newest booking that was seen."""

    by_bucket: dict[int, int] = field(default_factory=dict)
    newest_booked: int = 0
    first_by_bucket: dict[int, int] = field(default_factory=dict)


class Challenger(Struct, array_like=True):
    """An artifact that is tried beside the active one, and since which day for how many."""

    version: str
    sha256: str
    share_percent: int
    days: int
    since: int
    """The newest day that had passed for anybody; long ago, if none had."""

    def decides_for(self, user_id: str) -> bool:
        """Say whether a user belongs to the share for whom it decides, as long as it is tried."""
        digest = sha256(f"{self.sha256}:{user_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % 100 < self.share_percent


class Former(Struct, array_like=True):
    """The artifact that was active before another."""

    version: str
    sha256: str


class Activated(Struct, array_like=True):
    """Which policy and which artifacts are in force; artifacts by their SHA-256, by model."""

    policy_version: str = "built-in"
    policy: bytes = b""
    models: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    since_ms: dict[str, int] = field(default_factory=dict)
    """When the entry was recorded that activated what is active."""
    former: dict[str, Former] = field(default_factory=dict)
    challengers: dict[str, Challenger] = field(default_factory=dict)


def policy_of(text: bytes) -> Policy:
    """Read a policy as it is remembered; none is the one that is built in."""
    return Policy.model_validate_json(text or b"{}")


class Shared:
    """The partition's days, policy and artifacts, and what its users taught."""

    __slots__ = (
        *("_policy", "_policy_text"),
        *("_priors", "activated", "activated_changed", "artifacts"),
        *("customary", "days", "population"),
    )

    def __init__(
        self,
        days: Days | None = None,
        activated: Activated | None = None,
        population: Population | None = None,
        customary: Customary | None = None,
    ) -> None:
        self.days = days or Days()
        self.population = population or Population()
        self.customary = customary or Customary()
        self._priors: dict[str, Prior] = {}
        self.activated = activated or Activated()
        self.activated_changed = False
        self.artifacts: Mapping[str, Artifact] = {}
        """By SHA-256, those that may be needed now: given from outside, no part of the state."""
        self._policy_text: bytes | None = None
        self._policy = Policy()

    @property
    def policy(self) -> Policy:
        """Give the policy in force."""
        if self._policy_text != self.activated.policy:
            self._policy_text = self.activated.policy
            self._policy = policy_of(self._policy_text)
        return self._policy

    def prior(self, sha256: str) -> Prior | None:
        """Give an artifact's beliefs, remembered; None where there is no such artifact."""
        prior = self._priors.get(sha256)
        if prior is None and (artifact := self.artifacts.get(sha256)) is not None:
            prior = self._priors[sha256] = Prior(artifact, sha256)
        return prior

    def challenger(self, model: str, user_id: str) -> tuple[Challenger, Artifact] | None:
        """Give the artifact that is tried beside it, until the user's days of it are over."""
        challenger = self.activated.challengers.get(model)
        if challenger is None or self._is_over(challenger, bucket_of(user_id)):
            return None
        artifact = self.artifacts.get(challenger.sha256)
        return None if artifact is None else (challenger, artifact)

    def _is_over(self, challenger: Challenger, bucket: int) -> bool:
        today = self.days.by_bucket.get(bucket, LONG_AGO)
        began = challenger.since or self.days.first_by_bucket.get(bucket, today)
        return today - began >= challenger.days

    @property
    def newest_day(self) -> int:
        """Give the newest day that has passed for anybody."""
        return max(self.days.by_bucket.values(), default=LONG_AGO)

    def today(self, user_id: str) -> int:
        """Give the user's today: the last day that passed for the user's bucket."""
        return self.days.by_bucket.setdefault(bucket_of(user_id), LONG_AGO)

    def pass_day(self, bucket: int, day: int) -> None:
        """Take note that a day has passed for a bucket."""
        self.days.by_bucket[bucket] = day
        self.days.first_by_bucket.setdefault(bucket, day)

    def is_first_day(self, user_id: str) -> bool:
        """Say whether no day had passed for the user before today."""
        bucket = bucket_of(user_id)
        return self.days.first_by_bucket.get(bucket) == self.days.by_bucket.get(bucket)

    def change_activated(self) -> Activated:
        """Hand out the activations to be changed, and see to it that they are written."""
        self.activated_changed = True
        return self.activated

    def saved(self) -> None:
        """Take note that everything that changed has been written."""
        self.activated_changed = False
        self.population.saved()
        self.customary.saved()
