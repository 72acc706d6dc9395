"""What a user wishes to plan: budgets, goals, and the tree that own categories make."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeVar

from processors.state.sections import Choice, Chosen
from schemas.preferences import Budget, Goal
from schemas.taxonomy import LEAVES

TOTAL = "total"
_GROUPS = {leaf.id: leaf.group.id for leaf in LEAVES.values()}
_ABOVE = {leaf_id: frozenset({leaf_id, group_id, TOTAL}) for leaf_id, group_id in _GROUPS.items()}

T = TypeVar("T")


class Wishes(NamedTuple):
    """Budgets, goals, and what each own category lies below."""

    budgets: tuple[Budget, ...]
    goals: tuple[Goal, ...]
    above: Mapping[str, frozenset[str]]

    def belongs(self, category: str, subject: str) -> bool:
        """Say whether a category is a budget's subject or lies below it, however deep."""
        return subject in self.line_of(category)

    def line_of(self, category: str) -> Collection[str]:
        """Give a category, all that it lies below, and the total of everything."""
        return self.above.get(category) or _ABOVE.get(category) or (category, TOTAL)


def wishes_of(chosen: Chosen) -> Wishes:
    """Read the user's plans from their preferences."""
    choices = chosen.choices
    return _read(choices.get("budgets"), choices.get("goals"), choices.get("categories"))


# Every entry of a user with plans asks, and they change seldom.
@lru_cache(maxsize=4096)
def _read(budgets: Choice | None, goals: Choice | None, categories: Choice | None) -> Wishes:
    named = {"budgets": budgets, "goals": goals, "categories": categories}
    chosen = Chosen({name: choice for name, choice in named.items() if choice is not None})
    preferences = chosen.read()
    own = _first_of_each(preferences.categories or (), lambda own: own.category)
    parents = {one.category: one.parent for one in own}
    return Wishes(
        _first_of_each(preferences.budgets or (), lambda budget: budget.budget_id),
        _first_of_each(preferences.goals or (), lambda goal: goal.goal_id),
        {category: _line_of(category, parents) for category in parents},
    )


def _first_of_each(chosen: Iterable[T], id_of: Callable[[T], str]) -> tuple[T, ...]:
    """Where one id was given twice, the first counts."""
    by_id: dict[str, T] = {}
    for one in chosen:
        by_id.setdefault(id_of(one), one)
    return tuple(by_id.values())


def _line_of(category: str, parents: Mapping[str, str]) -> frozenset[str]:
    """Give an own category and all above it; nothing prevents it from being its own ancestor."""
    line = {TOTAL}
    while category not in line:
        line.add(category)
        category = parents.get(category) or _GROUPS.get(category, category)
    return frozenset(line)
