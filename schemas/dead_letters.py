"""Headers of a dead letter: our own names, and those that Kafka Connect's tools look for."""

from typing import NamedTuple

from schemas.cloudevents import Headers
from schemas.refusals import Refusal

PREFIX = "penstock.error."
_CONNECT = "__connect.errors."


class Origin(NamedTuple):
    """Where a record came from."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


def dead_letter_headers(
    refusal: Refusal, origin: Origin, stage: str, received: Headers
) -> list[tuple[str, bytes | None]]:
    """Keep the received headers and say beside them what was wrong, and where it was.

    A record that comes back counts its attempts, so that a redrive can stop at a ceiling.
    """
    headers = list(received)
    kept = [(name, value) for name, value in headers if not name.startswith((PREFIX, _CONNECT))]
    attempts = 1 + max(
        (
            int(value or 0)
            for name, value in headers
            if name == f"{PREFIX}attempts" and _digits(value)
        ),
        default=0,
    )
    place = {
        "topic": origin.topic,
        "partition": str(origin.partition),
        "offset": str(origin.offset),
    }
    ours = {
        "code": refusal.code,
        "sentence": refusal.sentence,
        "where": refusal.where,
        "stage": stage,
        "attempts": str(attempts),
        **place,
        "timestamp": str(origin.timestamp_ms),
    }
    connect = {**place, "stage": stage, "exception.message": refusal.sentence}
    return [
        *kept,
        *((PREFIX + name, text.encode()) for name, text in ours.items()),
        *((_CONNECT + name, text.encode()) for name, text in connect.items()),
    ]


def _digits(value: bytes | None) -> bool:
    return value is not None and value.isdigit() and len(value) < len("1000000")
