"""Intake: what producers sent becomes a journal entry or a dead letter, and nothing in between."""

from collections.abc import Sequence

from schemas.dead_letters import Origin, dead_letter_headers
from schemas.reading import read
from schemas.refusals import Refusal
from schemas.topics import Topic
from streams.decision import Decision, Tally
from streams.journal import message_of
from streams.names import Names
from streams.protocols import Message, Partition, Record


def take_in(names: Names, partition: Partition, records: Sequence[Record]) -> Decision:
    """Decide each record of an input, in order; no bytes can make this raise."""
    topic = names.input(partition.topic)
    messages, tally = [], Tally(records=len(records))
    for record in records:
        origin = Origin(partition.topic, partition.number, record.offset, record.timestamp)
        accepted = read(topic, record.value, record.headers)
        if isinstance(accepted, Refusal):
            messages.append(dead_letter(names, topic, accepted, origin, record, "intake"))
            tally.dead_letters[topic.name, accepted.code] += 1
        else:
            messages.append(message_of(names.journal, accepted, origin))
            if (provider := getattr(accepted.event, "provider", None)) is not None:
                tally.providers[provider] += 1
    return Decision(messages, tally)


def dead_letter(
    names: Names, topic: Topic, refusal: Refusal, origin: Origin, record: Record, stage: str
) -> Message:
    """Set a record aside, bytes untouched, with the reason beside it."""
    headers = dead_letter_headers(refusal, origin, stage, tuple(record.headers))
    return Message(names.dead_letters(topic), record.key, record.value, headers)
