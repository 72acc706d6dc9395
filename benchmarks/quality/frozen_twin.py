"""A contender as its training left it: what learning on the way is worth shows beside it."""

from collections.abc import Sequence

from benchmarks.quality.contender import Contender, Row


class FrozenTwin(Contender):
    """Answers as a trained contender would, and hears nothing."""

    learns = False

    def __init__(self, trained: Contender) -> None:
        self.name = f"{trained.name}, frozen"
        self._trained = trained

    def answer(self, row: Row) -> Sequence[float]:
        """Answer as on the first day."""
        return self._trained.answer(row)

    def answer_many(self, rows: Sequence[Row]) -> Sequence[Sequence[float]]:
        """Answer as on the first day."""
        return self._trained.answer_many(rows)

    def state_bytes(self) -> int:
        """Give the twin's."""
        return self._trained.state_bytes()
