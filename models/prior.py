"""What an artifact believes of a text and an amount; asked once for each, as long as it is kept."""

from collections.abc import Iterable, Mapping

from models.artifact import WHOLE, Artifact
from models.features import Row, amount_bucket

KEPT_MAX = 16_384
_LEAST = WHOLE // 200


class Prior:
    """An artifact's answers, remembered: banks write of one shop in one way, mostly."""

    __slots__ = ("_kept", "artifact", "sha256")

    def __init__(self, artifact: Artifact, sha256: str) -> None:
        self.artifact = artifact
        self.sha256 = sha256
        self._kept: dict[tuple[str, str, int], Mapping[str, float]] = {}

    def belief(self, row: Row) -> Mapping[str, float]:
        """Give the share of each category that is likely at all."""
        name = _name_of(row)
        found = self._kept.get(name)
        return self.prepare([row])[name] if found is None else found

    def prepare(self, rows: Iterable[Row]) -> dict[tuple[str, str, int], Mapping[str, float]]:
        """Weigh what is not known yet together, which costs less, and give what was weighed."""
        fresh = {name: row for row in rows if (name := _name_of(row)) not in self._kept}
        weighed = self.artifact.weigh_many(list(fresh.values()))
        labels = self.artifact.labels
        made: dict[tuple[str, str, int], Mapping[str, float]] = {
            name: {
                label: share / WHOLE
                for label, share in zip(labels, shares, strict=True)
                if share > _LEAST
            }
            for name, shares in zip(fresh, weighed, strict=True)
        }
        if len(self._kept) + len(made) > KEPT_MAX:
            self._kept.clear()
        self._kept.update(made)
        return made


def _name_of(row: Row) -> tuple[str, str, int]:
    key, text, amount_minor = row
    return key, text, amount_bucket(amount_minor)
