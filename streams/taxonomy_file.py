"""Somebody's own taxonomy as a file: id, name, parent and covers, in JSON lines or CSV."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sample.filing import Filing, FilingError, OwnLabel, filing_of
from streams.errors import MendableError

_COLUMNS = ("id", "name", "parent", "covers")


class TaxonomyFileError(MendableError):
    """A file that is no taxonomy; the message says where and why."""


def read_taxonomy(path: Path) -> Filing:
    """Read a taxonomy; TaxonomyFileError says in one line what is to be mended."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return filing_of([_label(row) for row in _rows(text)])
    except OSError as error:
        raise TaxonomyFileError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TaxonomyFileError(f"{path}: is not written in UTF-8") from None
    except (FilingError, csv.Error) as error:
        raise TaxonomyFileError(f"{path}: {error}") from None


def _rows(text: str) -> Iterator[Mapping[str, Any]]:
    """Give a row for each label, whichever of the two ways it is written in."""
    if not text.lstrip().startswith("{"):
        table = csv.DictReader(text.splitlines())
        if missing := [own for own in _COLUMNS if own not in (table.fieldnames or ())]:
            raise FilingError(f"there is no column {', '.join(missing)}")
        yield from table
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                raise FilingError(f"line {number} is no JSON") from None
            if not isinstance(row, dict):
                raise FilingError(f"line {number} is no JSON object")
            yield row


def _label(row: Mapping[str, Any]) -> OwnLabel:
    """Make a label of a row; what it covers is separated by spaces, or a list in JSON."""
    covers = row.get("covers") or []
    covered = covers.split() if isinstance(covers, str) else covers
    texts = [row.get("id"), row.get("name"), row.get("parent") or ""]
    if not (isinstance(covered, list) and all(isinstance(own, str) for own in [*texts, *covered])):
        raise FilingError(f"{row.get('id')}: id, name, parent and covers should be texts")
    label_id, name, parent = (str(own).strip() for own in texts)
    return OwnLabel(label_id, name, parent, tuple(covered))
