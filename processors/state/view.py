"""The one frozen view through which processors read everything that is not their own."""

from dataclasses import dataclass
from typing import TypeVar

from processors.state.book import Change
from processors.state.entry import Entry
from processors.state.notes import Note
from processors.state.shared import Shared
from processors.state.user import User

NoteT = TypeVar("NoteT", bound=Note)


@dataclass(frozen=True, slots=True)
class View:
    """An entry, what it changed, the state around it, and the notes left so far."""

    entry: Entry
    changes: tuple[Change, ...]
    user: User
    shared: Shared
    today: int
    notes: tuple[Note, ...] = ()

    def noted(self, kind: type[NoteT]) -> list[NoteT]:
        """List the notes of one kind."""
        return [note for note in self.notes if isinstance(note, kind)]
