"""A refold and a recount on their way through a journal, and what a state differs from them in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from schemas.ids import bucket_of
from schemas.refusals import Refusal
from streams.artifacts import Artifacts
from streams.codecs import decode_user
from streams.names import Names
from streams.protocols import Partition, Parts, Peeked, Record
from streams.verify.differences import Difference, in_bytes, in_figures, in_users
from streams.verify.recount import Recount
from streams.verify.recount_figures import Figures
from streams.verify.recount_user import Filings
from streams.verify.refold import Refold
from streams.verify.state_figures import figures_in, filings_of

USERS_AT_ONCE = 50
_OF_ENTRIES_FOR_ALL = ("activated", "merchants:", "customs:", "frauds")
"""How the shared rows begin that do not depend on what users outside of the choice have sent."""


@dataclass(slots=True)
class Comparing:
    """Folds and counts records as they come; compares a bucket where it was peeked at.

    With *chosen*, nobody else's entries are folded, nor compared.
    """

    names: Names
    partition: Partition
    skipped: Mapping[int, Refusal]
    artifacts: Artifacts
    chosen: AbstractSet[str] | None = None
    recount: Recount = field(init=False)
    refold: Refold = field(init=False)

    def __post_init__(self) -> None:
        self.recount = Recount(self._filings)
        self.refold = Refold(
            self.names,
            self.partition,
            self.skipped,
            self.artifacts,
            self.chosen,
            self.recount.take,
        )

    def _filings(self, user: str) -> Filings:
        return filings_of(self.refold.user(user))

    async def take(self, records: Sequence[Record]) -> None:
        """Fold and count what comes next."""
        await self.refold.take(records)

    def rows(self, peeked: Peeked) -> Iterator[Difference]:
        """Compare what all users share, as far as it depends on the chosen ones alone."""
        begin = "" if self.chosen is None else _OF_ENTRIES_FOR_ALL
        state, refolded = (
            {name: row for name, row in rows.items() if name.startswith(begin)}
            for rows in (peeked.shared, self.refold.rows)
        )
        yield from in_bytes("", state, refolded)

    def users(self, bucket: int, peeked: Peeked) -> Iterator[list[Difference]]:
        """Compare a bucket's users, some at a time: that takes a while."""
        refolded = self.refold.parts_of(bucket)
        counted = (user for user in self.recount.users if bucket_of(user) == bucket)
        everybody = {*peeked.users, *refolded, *counted}
        if self.chosen is not None:
            everybody &= self.chosen
        for some in _some_at_a_time(sorted(everybody)):
            state = {user: peeked.users.get(user, {}) for user in some}
            made = {user: refolded.get(user, {}) for user in some}
            figures = self.recount.figures(some)
            yield [
                *in_users(state, made),
                *(one for user in some for one in _in_money(user, state[user], figures[user])),
            ]


def _some_at_a_time(users: list[str]) -> Iterable[list[str]]:
    return (users[at : at + USERS_AT_ONCE] for at in range(0, len(users), USERS_AT_ONCE))


def _in_money(user: str, parts: Parts, counted: Figures) -> Iterator[Difference]:
    try:
        held = figures_in(decode_user(user, parts))
    except Exception as error:  # noqa: BLE001 - Damaged bytes may raise anything, and are found so.
        yield Difference(user, "state", "unreadable", type(error).__name__, "readable")
        return
    for what in held.keys() | counted.keys():
        yield from in_figures(user, what, held.get(what, {}), counted.get(what, {}))
