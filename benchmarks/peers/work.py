"""What every peer does with a record; each contender differs in nothing but its own machinery."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import trivial
from processors.ledger import fold
from processors.state.entry import Entry
from processors.state.shared import Shared
from processors.state.user import User
from schemas.cloudevents import binary_headers
from schemas.ids import deterministic_id
from schemas.publishing import attributes_of
from schemas.reading import Accepted, read
from schemas.topics import TRANSACTIONS

Work = Callable[[bytes, bytes], list[bytes]]
"""Takes a record's key and value; gives the events that come of it, for the same key."""


class Job(NamedTuple):
    """What a contender is asked to do."""

    kafka: str
    source: str
    target: str
    group: str
    fold: str

    @classmethod
    def told(cls, text: str) -> "Job":
        """Read the job as the benchmark writes it on a contender's command line."""
        return cls(**json.loads(text))

    @property
    def work(self) -> Work:
        """Give the work, with no user seen yet."""
        return Trivial() if self.fold == "trivial" else Real()


class Trivial:
    """The trivial fold, and every user's tally."""

    def __init__(self) -> None:
        self._tallies: defaultdict[bytes, trivial.Tally] = defaultdict(trivial.Tally)

    def __call__(self, key: bytes, value: bytes) -> list[bytes]:
        """Add a transaction to its user's tally."""
        return [trivial.fold(self._tallies[key], value)]


class Real:
    """The product's fold, reading and events; every user's state stays decoded."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._shared = Shared()

    def __call__(self, _: bytes, value: bytes) -> list[bytes]:
        """Read a transaction, fold it, and make the events with all that travels beside them."""
        accepted = read(TRANSACTIONS, value, ())
        assert isinstance(accepted, Accepted)
        event = accepted.event
        cause = deterministic_id(event.ce_type, event.identity())  # type: ignore[attr-defined]  # A user's.
        entry = Entry(event, cause, 0)
        user_id: str = event.user_id  # type: ignore[attr-defined]  # A user's.
        user = self._users.get(user_id) or self._users.setdefault(user_id, User(user_id))
        events = []
        for told in fold(user, self._shared, entry).events:
            binary_headers(attributes_of(told, entry.id, entry.recorded_at))
            events.append(told.to_json())
        return events
