"""What the state says and what it should say, where the two differ."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.protocols import Parts

NOTHING = "nothing"


class Difference(NamedTuple):
    """One thing that the state has otherwise; of what all users share, the user is empty."""

    user: str
    what: str
    key: str
    state: str
    recount: str

    @property
    def is_damage(self) -> bool:
        """Say whether bytes differ, which folding again mends; else, two programs disagree."""
        return self.what in {"part", "row"}


def in_bytes(
    user: str, state: Mapping[str, bytes], refolded: Mapping[str, bytes]
) -> Iterator[Difference]:
    """Compare a user's parts, or the rows that all share, byte by byte."""
    what = "part" if user else "row"
    for name in sorted(state.keys() | refolded.keys()):
        held, made = state.get(name), refolded.get(name)
        if held != made:
            yield Difference(user, what, name, *_shown(held, made))


def in_users(state: Mapping[str, Parts], refolded: Mapping[str, Parts]) -> Iterator[Difference]:
    """Compare all parts of users, those that only one side knows too."""
    for user in sorted(state.keys() | refolded.keys()):
        yield from in_bytes(user, state.get(user, {}), refolded.get(user, {}))


def in_figures(
    user: str, what: str, state: Mapping[str, object], recount: Mapping[str, object]
) -> Iterator[Difference]:
    """Compare figures by key; a figure that one side lacks is nothing there."""
    for key in sorted(state.keys() | recount.keys()):
        held, counted = state.get(key, NOTHING), recount.get(key, NOTHING)
        if held != counted:
            yield Difference(user, what, key, str(held), str(counted))


def _shown(held: bytes | None, made: bytes | None) -> tuple[str, str]:
    if held is None or made is None:
        return _sized(held), _sized(made)
    shorter = min(len(held), len(made))
    at = next((at for at in range(shorter) if held[at] != made[at]), shorter)
    return _around(held, at), _around(made, at)


def _sized(part: bytes | None) -> str:
    return NOTHING if part is None else f"{len(part)} bytes"


def _around(part: bytes, at: int) -> str:
    """Show a part where it first differs; whole parts would be long, and tell of people."""
    return f"{len(part)} bytes, at {at}: {part[at : at + 4].hex(' ') or 'the end'}"
