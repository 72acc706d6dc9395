"""What the users of one partition have in common."""

from msgspec import Struct, field

from schemas.ids import bucket_of
from schemas.journal import Policy

LONG_AGO = 0
"""The today of a bucket for which no day has passed yet: nothing is old, nothing has expired."""


class Days(Struct, array_like=True):
    """The last day that passed, and the first, by bucket, and the newest booking that was seen."""

    by_bucket: dict[int, int] = field(default_factory=dict)
    newest_booked: int = 0
    first_by_bucket: dict[int, int] = field(default_factory=dict)


class Activated(Struct, array_like=True):
    """Which policy and which artifacts are in force."""

    policy_version: str = "built-in"
    policy: bytes = b""
    models: dict[str, str] = field(default_factory=dict)


class Shared:
    """The partition's days, policy and artifacts."""

    __slots__ = ("_policy", "_policy_text", "activated", "activated_changed", "days")

    def __init__(self, days: Days | None = None, activated: Activated | None = None) -> None:
        self.days = days or Days()
        self.activated = activated or Activated()
        self.activated_changed = False
        self._policy_text: bytes | None = None
        self._policy = Policy()

    @property
    def policy(self) -> Policy:
        """Give the policy in force."""
        if self._policy_text != self.activated.policy:
            self._policy_text = self.activated.policy
            self._policy = Policy.model_validate_json(self._policy_text or b"{}")
        return self._policy

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
