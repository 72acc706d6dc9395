"""Reading a transaction's story out of its user's partition of the journal."""

from collections.abc import Callable

from streams.errors import MendableError
from streams.explain.differences import Name
from streams.explain.story import ExplainError, Story
from streams.names import Names
from streams.placing import partition_of
from streams.protocols import Log, Partition
from streams.refolding import skip_list

Progress = Callable[[int, int], None]
"""Told how many offsets of how many have been heard."""


async def read_story(
    log: Log, names: Names, partitions: int, user_id: str, name: Name, progress: Progress
) -> Story:
    """Hear all that the group has folded of the user; ExplainError where it cannot be told."""
    partition = Partition(names.journal, partition_of(user_id, partitions))
    until = await log.committed(partition)
    if until is None:
        raise MendableError(
            "no offset is committed, so nothing is known to be folded; "
            "run: penstock topics apply --execute"
        )
    start = await log.start(partition)
    if start > 0:
        raise ExplainError(
            f"the journal begins at {start}, and what was before is needed to tell the story; "
            "restore a copy of the journal"
        )
    story = Story(user_id, name, await skip_list(log, names, partition))
    async for records in log.read(partition, start, until):
        story.hear(records)
        progress(records[-1].offset + 1, until)
    _require_heard(story, user_id, name)
    return story


def _require_heard(story: Story, user_id: str, name: Name) -> None:
    if not story.knows_user:
        raise ExplainError(f"the journal holds nothing of a user {user_id}")
    if not story.moments:
        raise ExplainError(
            f"the journal holds no transaction {name.transaction_id} of {user_id} on the account "
            f"{name.account_id}"
        )
