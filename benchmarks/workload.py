"""What the benchmarks feed the chain with: generated households, the same in every run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

import msgspec

from sample.households import Town
from schemas.event import UserEvent
from schemas.topics import TOPIC_OF, Topic
from schemas.transactions import TransactionImported
from streams.publisher import headers_of

START = date(2025, 1, 1)
_TIMEKEEPERS = 64


@dataclass(frozen=True, slots=True)
class Input:
    """A record as a producer publishes it."""

    topic: Topic
    user_id: str
    value: bytes
    headers: list[tuple[str, bytes]]
    is_transaction: bool


@dataclass(frozen=True, slots=True)
class Workload:
    """Households that live for whole months, of which the first *transactions* count."""

    users: int = 2_000
    months: int = 2
    seed: int = 1
    transactions: int = 1_000_000

    def inputs(self) -> Iterator[Input]:
        """Give the inputs in the order in which they are published.

        A few users come first with a payment of the last day, so that by the data's own clock each
        bucket's day passes once, in the beginning: the rates that are measured are of transactions.
        """
        town = Town(self.users, self.months, self.seed, START, imports=False)
        last_day = town.end - timedelta(days=1)
        yield from (recorded(_payment(number, last_day)) for number in range(_TIMEKEEPERS))
        count = 0
        for event in (event for part in town.live() for event in part.events):
            if count == self.transactions:
                return
            count += isinstance(event, TransactionImported)
            yield recorded(event)


def recorded(event: UserEvent) -> Input:
    """Write an event as a producer would: keyed by its user, as a binary CloudEvent."""
    return Input(
        TOPIC_OF[type(event)],
        event.user_id,
        event.to_json(),
        headers_of(event),
        isinstance(event, TransactionImported),
    )


def distinct(inputs: Iterable[Input]) -> int:
    """Count transactions that come out at least once each: repeats and corrections are none."""
    bodies = (_read(own.value) for own in inputs if own.is_transaction)
    return len({(body.user_id, body.account_id, body.transaction_id) for body in bodies})


class _Identity(msgspec.Struct):
    user_id: str
    account_id: str
    transaction_id: str


_read = msgspec.json.Decoder(_Identity).decode


def repeated(workload: Workload, count: int) -> Iterator[Input]:
    """Give *count* transactions, from the beginning again where the households have no more."""

    def transactions() -> Iterator[Input]:
        while True:
            yield from (own for own in workload.inputs() if own.is_transaction)

    return islice(transactions(), count)


def _payment(number: int, day: date) -> TransactionImported:
    user_id = f"timekeeper-{number}"
    return TransactionImported(
        transaction_id=f"{user_id}-1",
        user_id=user_id,
        account_id=f"{user_id}-checking",
        amount_minor=-1_000,
        currency="EUR",
        booked_on=day,
        description="Newspaper",
        status="posted",
        kind="card",
    )
