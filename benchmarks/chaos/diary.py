"""What the workers say of a run in their logs: proof that faults had something to break."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any


def lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Read what workers logged, as far as it is ours."""
    for path in sorted(folder.glob("worker-*.log")):
        for line in path.read_text(errors="replace").splitlines():
            # A worker that was killed may have stopped in the middle of a line.
            with suppress(json.JSONDecodeError):
                if line.startswith("{"):
                    yield json.loads(line)


def told(folder: Path) -> dict[str, int]:
    """Count what was undone, rolled back, refolded and refused."""
    counts: Counter[str] = Counter()
    for line in lines(folder):
        event = line["event"]
        if event == "claimed":
            counts[f"claimed_{line['found']}"] += 1
        elif event == "cycle undone":
            counts[f"undone_{line['reason']}"] += 1
        elif event in {"refolded", "refused"}:
            counts[event] += 1
    return dict(sorted(counts.items()))
