"""The one frozen view through which processors read everything that is not their own."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from processors.state.book import Change
from processors.state.entry import Entry
from processors.state.notes import Note
from processors.state.shared import Shared
from processors.state.user import User

NoteT = TypeVar("NoteT", bound=Note)


class View(NamedTuple):
    """An entry, what it changed, the state around it, and the notes left so far."""

    entry: Entry
    changes: tuple[Change, ...]
    user: User
    shared: Shared
    today: int
    notes: tuple[Note, ...] = ()

    def with_notes(self, notes: Iterable[Note]) -> "View":
        """Give the view of those who come after, with more notes."""
        return self._replace(notes=(*self.notes, *notes))

    def noted(self, kind: type[NoteT]) -> list[NoteT]:
        """List the notes of one kind."""
        return [note for note in self.notes if isinstance(note, kind)]
