"""Small facts in words, for more than one of the documents."""

from schemas.dead_letters import Origin, dead_letter_headers
from schemas.event import Event
from schemas.refusals import Code, Refusal
from schemas.topics import DAY_MS, KEEP, Topic


def summary_of(event: type[Event]) -> str:
    """Give the first line of the event's docstring."""
    return (event.__doc__ or "").partition("\n")[0]


def policy_of(topic: Topic) -> str:
    """Say how long records stay.

    >>> from schemas.topics import ALERTS, JOURNAL, MODELS
    >>> policy_of(ALERTS), policy_of(JOURNAL), policy_of(MODELS)
    ('delete after 90 days', 'keep', 'compact')
    """
    if topic.compacted:
        return "compact"
    return (
        "keep"
        if topic.retention_ms == KEEP
        else f"delete after {topic.retention_ms // DAY_MS} days"
    )


def dead_letter_header_names() -> list[str]:
    """List the headers of a dead letter, as the code that writes them does."""
    written = dead_letter_headers(Refusal(Code.EMPTY), Origin("", 0, 0, 0), "", [])
    return [name for name, _ in written]
