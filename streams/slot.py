"""A worker's slot: a transactional id that is its own as long as it lives.

A restarted worker finds its slot free and takes it again; by renewing its outbox under the same id
it seals off at once what its predecessor left open. The lock is the kernel's and goes with the
process, however that ends. A worker that is merely stopped keeps its lock, and nobody seals it.
"""

import fcntl
import os
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self


class Slot:
    """A transactional id that no other process of this host holds.

    Its file is empty when nothing can be open under the id, and holds the id otherwise.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.transactional_id = path.name
        self._path, self._descriptor = path, descriptor
        os.write(descriptor, path.name.encode())

    @classmethod
    def take(cls, folder: Path, group: str, host: str) -> Self:
        """Take the lowest free slot of a group; *folder* is not shared with other hosts."""
        folder.mkdir(parents=True, exist_ok=True)
        # No group has a dot in its name, so two groups or hosts never make the same id.
        paths = (folder / f"{group}.{host}.slot-{number}" for number in count())
        held = ((path, _lock(path)) for path in paths)
        return next(cls(path, descriptor) for path, descriptor in held if descriptor is not None)

    async def seal_peers(self, seal: Callable[[str], Awaitable[None]]) -> list[str]:
        """Seal what workers of this host left open when they vanished; give their ids."""
        sealed = []
        for path in self._peers():
            # Held meanwhile, so that no new worker begins under an id that we then fence.
            if path.stat().st_size and (descriptor := _lock(path)) is not None:
                try:
                    await seal(path.name)
                    os.truncate(descriptor, 0)
                finally:
                    os.close(descriptor)
                sealed.append(path.name)
        return sealed

    def _peers(self) -> list[Path]:
        family = self._path.name.rpartition("-")[0]
        paths = sorted(self._path.parent.iterdir())
        return [path for path in paths if path.name.rpartition("-")[0] == family]

    def release(self) -> None:
        """Let others take the slot; they, or a peer, seal what may be open under its id."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _lock(path: Path) -> int | None:
    """Lock a file for this process alone; None if another holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
