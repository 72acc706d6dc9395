"""Penstock's own way of filing, as the fold does it: the same chain and the same labels."""

from collections import defaultdict
from collections.abc import Sequence
from zlib import crc32

import msgspec

from benchmarks.quality.contender import Contender, Labelled, Row
from models.evidence import FAINTNESS, weight_on
from models.prior import Prior
from models.training.categories import train
from models.training.examples import Example
from processors.state.deciding import Answer, Asked, answer
from processors.state.labels import Given, Labels
from processors.state.population import ROWS, Population

_VERSION = "trained"
_NEARLY_NOTHING = 1e-6


class PenstockCategories(Contender):
    """An artifact trained on the training years, and what users of one partition taught."""

    name = "penstock"

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._population = Population()
        self._users: defaultdict[str, Labels] = defaultdict(Labels)
        self._prior: Prior | None = None
        self._latest: dict[Row, Answer] = {}
        self._answered: dict[Row, Answer] = {}
        self._heard = 0

    def train(self, rows: Sequence[Labelled]) -> None:
        """Train the artifact, then live through the training years as users who label all."""
        artifact = train(
            Example(row.day, row.user, row.key, row.text, row.amount_minor, label)
            for row, label in rows
        )
        self._prior = Prior(artifact, artifact.sha256)
        for row, label in rows:
            self._teach(row, label, self._ask(row).likely, corrects=False)
        for labels in self._users.values():
            labels.confirmed = 0  # Nobody has been shown an answer yet that they could confirm.

    def answer(self, row: Row) -> Sequence[float]:
        """Ask the chain, and let past answers say how sure it is."""
        found = self._latest[row] = self._ask(row)
        return self._shares(found, weight_on(row.day))

    def answer_many(self, rows: Sequence[Row]) -> Sequence[Sequence[float]]:
        """Ask the artifact for all at once."""
        assert self._prior is not None
        self._prior.prepare((row.key, row.text, row.amount_minor) for row in rows)
        return [self.answer(row) for row in rows]

    def seen(self, rows: Sequence[Row]) -> None:
        """Remember what was answered, and which corrections have been followed."""
        for row in rows:
            self._answered[row] = self._latest[row]
            if self._users[row.user].owes(row.key):
                self._users[row.user].followed(row.key, row.day)
        self._latest.clear()

    def hear(self, row: Row, label: str) -> None:
        """Judge our answer by the label, then learn it."""
        found = self._answered.get(row) or self._ask(row)
        labels = self._users[row.user]
        is_right = found.category == label
        if is_right or labels.confirms:
            self._population.judge(found.confidence, weight_on(row.day), is_right=is_right)
        self._teach(row, label, found.likely, corrects=not is_right)

    def quiet(self, row: Row, answered: str) -> None:
        """Take silence for a faint yes."""
        weight = weight_on(row.day) // FAINTNESS
        self._users[row.user].believe(row.key, answered, weight)
        self._population.count(row.key, answered, weight)

    def state_bytes(self) -> int:
        """Give the bytes of what users share; what each taught for themselves is theirs."""
        encode = msgspec.msgpack.encode
        rows = (self._population.row(number) for number in range(ROWS))
        return len(encode(self._population.common)) + sum(len(encode(row)) for row in rows if row)

    def _ask(self, row: Row) -> Answer:
        return answer(self._asked(row), self._users[row.user], self._population)

    def _asked(self, row: Row) -> Asked:
        assert self._prior is not None
        belief = self._prior.belief((row.key, row.text, row.amount_minor))
        place = crc32(row.text.encode())
        return Asked(row.key, place, row.day, row.day, belief, _VERSION)

    def _shares(self, found: Answer, unit: int) -> list[float]:
        """Give all labels' shares: the first as sure as such answers are, the others the rest."""
        shares = [max(found.belief.get(label, 0.0), _NEARLY_NOTHING) for label in self._labels]
        best = self._labels.index(found.category)
        others = sum(shares) - shares[best]
        sure = self._population.reliability.predict_one(found.confidence, unit)
        second = max(share for at, share in enumerate(shares) if at != best) / others
        sure = max(sure, second * (1.0 - sure) + 1e-9)
        scale = (1.0 - sure) / others
        shares = [share * scale for share in shares]
        shares[best] = sure
        return shares

    def _teach(self, row: Row, label: str, likely: str, *, corrects: bool) -> None:
        self._heard += 1
        given = Given(
            0, label, merchant_key=row.key, place=crc32(row.text.encode()), likely=likely,
            day=row.day, shared=label,
        )  # fmt: skip
        given = self._users[row.user].add(self._heard, given, corrects=corrects)
        self._population.count(row.key, label, given.weight)
