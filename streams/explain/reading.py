"""Reading a user's partition of the journal: into a transaction's story, or whatever listens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from processors.state.shared import Shared
from schemas.refusals import Refusal
from streams.artifacts import PublishedArtifacts, needed
from streams.errors import MendableError
from streams.explain.differences import Name
from streams.explain.sandbox import ExplainError
from streams.explain.story import Story
from streams.journal import entry_of
from streams.names import Names
from streams.placing import partition_of
from streams.protocols import Log, Partition, Record
from streams.refolding import skip_list

Progress = Callable[[int, int], None]
"""Told how many offsets of how many have been heard."""


class Listener(Protocol):
    """What hears all of a user's entries once more."""

    knows_user: bool

    @property
    def shared(self) -> Shared:
        """What the fold shares; who reads gives it the artifacts that it needs."""
        ...

    def hear(self, records: Iterable[Record]) -> None:
        """Go on with the next records of the user's partition."""
        ...


ListenerT = TypeVar("ListenerT", bound=Listener)


async def read_story(
    log: Log, names: Names, partitions: int, user_id: str, name: Name, progress: Progress
) -> Story:
    """Read the story of a transaction; ExplainError where it cannot be told."""
    story = await read_into(
        lambda skipped: Story(user_id, name, skipped), log, names, partitions, user_id, progress
    )
    if not story.moments:
        raise ExplainError(
            f"the journal holds no transaction {name.transaction_id} of {user_id} on the account "
            f"{name.account_id}"
        )
    return story


async def read_into(
    make: Callable[[Mapping[int, Refusal]], ListenerT],
    log: Log,
    names: Names,
    partitions: int,
    user_id: str,
    progress: Progress,
) -> ListenerT:
    """Let a listener hear all that the group has folded of the user, and what was skipped."""
    partition = Partition(names.journal, partition_of(user_id, partitions))
    until, start = await folded_until(log, partition), await log.start(partition)
    if start > 0:
        raise ExplainError(
            f"the journal begins at {start}, and what was before is needed to tell the story; "
            "restore a copy of the journal"
        )
    skipped, artifacts = await skip_list(log, names, partition), PublishedArtifacts(log, names)
    listener = make(skipped)
    async for records in log.read(partition, start, until):
        of_all = (own for own in records if own.key is None and own.offset not in skipped)
        wanted = needed(listener.shared.activated, map(entry_of, of_all))
        listener.shared.artifacts = await artifacts.give(wanted)
        listener.hear(records)
        progress(records[-1].offset + 1, until)
    if not listener.knows_user:
        raise ExplainError(f"the journal holds nothing of a user {user_id}")
    return listener


async def folded_until(log: Log, partition: Partition) -> int:
    """Give the offset before which the group has folded all; MendableError where it is unknown."""
    until = await log.committed(partition)
    if until is None:
        raise MendableError(
            "no offset is committed, so nothing is known to be folded; "
            "run: penstock topics apply --execute"
        )
    return until
