"""A worker whose decisions are replaced by simpler ones; all else is the product, untouched.

`python -m benchmarks.worker copy` sends inputs on as they came, without store and fold: transport.
`python -m benchmarks.worker trivial` folds the journal with the trivial fold: all but the rules.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import trivial
from schemas.refusals import Refusal
from schemas.topics import ENRICHED
from streams import app, engine, settings
from streams.decision import Decision, Tally
from streams.folding import Kept, Memory
from streams.loading import Loading
from streams.logs import configure
from streams.names import Names
from streams.protocols import Message, Partition, Parts, Record, Writes

_STATE = "hot"


def copy(names: Names, _: Partition, records: Sequence[Record]) -> Decision:
    """Send on what came, as it came."""
    topic = names.of(ENRICHED)
    messages = [Message(topic, record.key, record.value, ()) for record in records]
    return Decision(messages, Tally(records=len(records)))


@dataclass(frozen=True, slots=True)
class TrivialLoading(Loading):
    """Loads and folds as the ledger does, with the trivial fold and the trivial state."""

    async def fold(
        self,
        watermark: int,
        memory: Memory,
        records: Sequence[Record],
        skipped: Mapping[int, Refusal],  # noqa: ARG002 - As the product's; nothing fails here.
    ) -> Decision:
        """Load the users that are not remembered, and fold the records."""
        users = [(record.key or b"").decode() for record in records]
        if missing := memory.missing(sorted(set(users))):
            number = self.partition.number
            loaded = await self.store.load(number, self.token, watermark, missing)
            memory.users.update({user: _kept(parts) for user, parts in loaded.items()})
        topic = self.names.of(ENRICHED)
        messages = []
        for user, record in zip(users, records, strict=True):
            # The memory holds whatever has a `saved`; ours holds tallies.
            tally: trivial.Tally = memory.users[user].user  # type: ignore[assignment]
            event = trivial.fold(tally, record.value or b"{}")
            messages.append(Message(topic, record.key, event, ()))
        states = {user: memory.users[user].user for user in dict.fromkeys(users)}
        writes = {user: {_STATE: trivial.encode_tally(state)} for user, state in states.items()}
        return Decision(messages, Tally(records=len(records)), Writes(writes, {}))


def _kept(parts: Parts) -> Kept:
    tally = trivial.decode_tally(parts[_STATE]) if _STATE in parts else trivial.Tally()
    return Kept(tally, dict(parts))  # type: ignore[arg-type]  # See above.


DECISIONS: dict[str, dict[str, Any]] = {
    "copy": {"take_in": copy},
    "trivial": {"Loading": TrivialLoading},
}
"""What is replaced of the engine, by the name of the decision."""


def main() -> None:
    """Run the worker that the environment describes, with other decisions."""
    told = settings.load()
    configure(told)
    vars(engine).update(DECISIONS[sys.argv[1]])
    app.run(told)


if __name__ == "__main__":
    main()
