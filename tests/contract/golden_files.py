"""The golden files: what was published, by event type."""

import json
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "golden"

Json = dict[str, Any]


def read_json(path: Path) -> Json:
    """Read one object."""
    members: Json = json.loads(path.read_text(encoding="utf-8"))
    return members


def golden_schemas() -> dict[str, Json]:
    """Give the schema of each published event type."""
    return {path.parent.name: read_json(path) for path in sorted(FOLDER.glob("*/schema.json"))}


def golden_events() -> list[tuple[str, str, bytes]]:
    """Give every golden event: its type, its file's name, its bytes."""
    return [
        (path.parent.name, path.stem, path.read_bytes())
        for path in sorted(FOLDER.glob("*/event-*.json"))
    ]
