"""Any set of categories: what somebody's own taxonomy makes of the built-in leaves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.taxonomy import LEAVES

_LABELS_MAX = 200
_NAME_MAX = 200
# Behind `own:`, in an event, it has to be a category's id.
_ID = re.compile(r"[a-z0-9_.-]{1,60}")


class FilingError(ValueError):
    """A taxonomy that cannot be used; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class OwnLabel:
    """A category of somebody's own: below another, and in place of built-in leaves or groups."""

    id: str
    name: str
    parent: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filing:
    """Which label each built-in leaf gets; without labels, its own id."""

    labels: tuple[OwnLabel, ...] = ()
    _by_leaf: Mapping[str, str] = field(default_factory=dict)

    def of(self, leaf: str) -> str:
        """Give the label of a leaf."""
        return self._by_leaf.get(leaf, leaf)

    def wire_id(self, leaf: str) -> str:
        """Give the label of a leaf as events name it: somebody's own begin with `own:`."""
        return f"own:{self.of(leaf)}" if self.labels else leaf

    def below(self) -> dict[str, tuple[str, ...]]:
        """Give the leaves that each label covers, itself or by the labels below it."""
        parents = {label.id: label.parent for label in self.labels}
        found: dict[str, tuple[str, ...]] = {}
        for leaf, covering in self._by_leaf.items():
            label = covering
            while label:
                found[label] = (*found.get(label, ()), leaf)
                label = parents[label]
        return found


AS_BUILT_IN = Filing()


def filing_of(labels: Sequence[OwnLabel]) -> Filing:
    """Make a filing; FilingError names what is missing, unknown, doubled, or its own ancestor."""
    parents = {label.id: label.parent for label in labels}
    if len(parents) != len(labels):
        raise FilingError("a label's id is given twice")
    if len(labels) > _LABELS_MAX:
        raise FilingError(f"there are {len(labels)} labels, and {_LABELS_MAX} at most can be used")
    for label in labels:
        _require_a_form(label)
        _require_a_root(label.id, parents)
    by_leaf: dict[str, str] = {}
    for label in labels:
        for leaf in (leaf for covered in label.covers for leaf in _leaves(covered)):
            if leaf in by_leaf:
                raise FilingError(f"{leaf} is covered by {by_leaf[leaf]} and by {label.id}")
            by_leaf[leaf] = label.id
    if missing := sorted(LEAVES.keys() - by_leaf.keys()):
        raise FilingError(f"no label covers {', '.join(missing[:5])}")
    return Filing(tuple(labels), by_leaf)


def _leaves(covered: str) -> list[str]:
    """Spell out a leaf or a group."""
    if covered in LEAVES:
        return [covered]
    found = [leaf.id for leaf in LEAVES.values() if leaf.group.id == covered]
    if not found:
        raise FilingError(f"{covered} is no leaf and no group of the built-in taxonomy")
    return found


def _require_a_form(label: OwnLabel) -> None:
    if not _ID.fullmatch(label.id):
        raise FilingError(f"{label.id!r} should be made of a-z, 0-9, _, . and -, 60 at most")
    if not 1 <= len(label.name) <= _NAME_MAX:
        raise FilingError(f"the name of {label.id} should have 1 to {_NAME_MAX} characters")


def _require_a_root(label: str, parents: Mapping[str, str]) -> None:
    path = [label]
    while parent := parents[path[-1]]:
        if parent not in parents:
            raise FilingError(f"the parent of {path[-1]} is {parent}, which is no label")
        if parent in path:
            raise FilingError(f"{' below '.join([*path, parent])}: a label cannot be below itself")
        path.append(parent)
