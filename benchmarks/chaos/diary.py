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
            # A killed worker may have stopped in the middle of a line; others share it with Faust.
            with suppress(json.JSONDecodeError):
                if (begin := line.find('{"')) >= 0:
                    yield json.loads(line[begin:])


def told(folder: Path) -> dict[str, int]:
    """Count what was undone, rolled back, refolded and refused."""
    counts: Counter[str] = Counter()
    for line in lines(folder):
        if (event := line.get("event")) == "claimed":
            counts[f"claimed_{line['found']}"] += 1
        elif event in {"refolded", "refused", "sealed", "the worker ends itself"}:
            counts[event.replace(" ", "_")] += 1
        elif "reason" in line:
            counts[f"undone_{line['reason']}"] += 1
    return dict(sorted(counts.items()))
