"""A trained model of categories at rest: integers that are summed, so that its answers repeat."""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.features import Group, Reading, Row, features

WHOLE = 1_000_000
"""What the probabilities of one answer sum to."""
FORMAT = 1

_MAGIC = b"PENSTOCK"
_FORMAT_BYTES = 2
_DIGEST_BYTES = 32
_LENGTH_BYTES = 4
_HEAD_BYTES = len(_MAGIC) + _FORMAT_BYTES + _DIGEST_BYTES
_ZLIB_LEVEL = 9
_CONTENT_BYTES_MAX = 64 * 2**20
_ROWS_AT_ONCE = 256
_INTEGER = np.dtype("<i4")
_TABLE_BITS = range(8, 21)
_GRAM_LENGTHS = range(2, 9)


class ArtifactError(ValueError):
    """Bytes that are no artifact of ours; the message says in one line what is wrong."""


class Thresholds(NamedTuple):
    """From which confidence on, out of a million, an answer may be acted on."""

    file: int = WHOLE
    suggest: int = 0


@dataclass(frozen=True, slots=True)
class Artifact:
    """What was learned of texts and amounts, for the labels in their order."""

    labels: tuple[str, ...]
    reading: Reading
    weights: NDArray[np.int8]
    """A row for each hash, a column for each label."""
    bias: NDArray[np.int32]
    """How common each label is, in the unit of the weights."""
    exponentials: NDArray[np.int32]
    """How likely a label is that lies so many units behind the first; calibrated."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    card: dict[str, Any] = field(default_factory=dict)
    """What is known of it: data, figures, limits."""

    def weigh(self, descriptor_key: str, text: str, amount_minor: int) -> tuple[int, ...]:
        """Give each label's probability out of a million; together they are exactly a million."""
        return self.weigh_many([(descriptor_key, text, amount_minor)])[0]

    def weigh_many(self, rows: Sequence[Row]) -> list[tuple[int, ...]]:
        """Weigh transactions together, at a fraction of the cost and with the same answers."""
        weighed: list[tuple[int, ...]] = []
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            weighed += map(tuple, self._weighed(rows[start : start + _ROWS_AT_ONCE]).tolist())
        return weighed

    def _weighed(self, rows: Sequence[Row]) -> NDArray[np.int64]:
        grams, wholes = features(rows, self.reading)
        sums = self._summed(grams)
        sums += self._summed(wholes)
        sums += self.bias
        return shares(sums, self.exponentials)

    def _summed(self, group: Group) -> NDArray[np.int32]:
        found = self.weights.take(group.indices, axis=0)
        return np.add.reduceat(found, group.starts, axis=0, dtype=np.int32)

    @property
    def sha256(self) -> str:
        """Name it by its bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Write it down; equal artifacts give equal bytes."""
        header = {
            "labels": self.labels,
            "reading": self.reading._asdict(),
            "exponentials": len(self.exponentials),
            "thresholds": self.thresholds._asdict(),
            "card": self.card,
        }
        text = json.dumps(header, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        content = b"".join(
            [
                len(text).to_bytes(_LENGTH_BYTES, "little"),
                text,
                self.bias.astype(_INTEGER).tobytes(),
                self.exponentials.astype(_INTEGER).tobytes(),
                self.weights.astype(np.int8).tobytes(),
            ]
        )
        packed = zlib.compress(content, _ZLIB_LEVEL)
        digest = hashlib.sha256(packed).digest()
        return _MAGIC + FORMAT.to_bytes(_FORMAT_BYTES, "little") + digest + packed

    @staticmethod
    def from_bytes(data: bytes) -> "Artifact":
        """Read it again; ArtifactError for bytes that are damaged, foreign or of a newer format."""
        content = _unpacked(data)
        at = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
        try:
            return _made(_Header(**json.loads(content[_LENGTH_BYTES:at])), content[at:])
        except (ValueError, TypeError, AttributeError) as error:
            raise ArtifactError("this artifact holds what no training writes") from error


def shares(sums: NDArray[np.int32], exponentials: NDArray[np.int32]) -> NDArray[np.int64]:
    """Turn each row of sums into probabilities by whole numbers alone.

    >>> shares(np.array([[7, 8, 5]], np.int32), np.array([100, 50, 0], np.int32))
    array([[333333, 666667,      0]])
    """
    behind = np.maximum.reduce(sums, axis=1, keepdims=True) - sums
    np.minimum(behind, len(exponentials) - 1, out=behind)
    likely = exponentials.take(behind).astype(np.int64)
    totals = np.add.reduce(likely, axis=1, keepdims=True)
    likely *= WHOLE
    likely //= totals
    # What the divisions dropped goes to the first of the most likely.
    left = WHOLE - np.add.reduce(likely, axis=1)
    likely[np.arange(len(likely)), sums.argmax(axis=1)] += left
    return likely


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_MAGIC) or len(data) < _HEAD_BYTES:
        raise ArtifactError("these bytes are no artifact of Penstock's")
    packed = data[_HEAD_BYTES:]
    at = len(_MAGIC) + _FORMAT_BYTES
    written_format = int.from_bytes(data[len(_MAGIC) : at], "little")
    if written_format != FORMAT:
        raise ArtifactError(
            f"this artifact is of format {written_format}, and this build reads format {FORMAT}; "
            "use the build that trained it, or train it again"
        )
    if hashlib.sha256(packed).digest() != data[at:_HEAD_BYTES]:
        raise ArtifactError("this artifact is damaged: its checksum differs; fetch it again")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, _CONTENT_BYTES_MAX)
    except zlib.error as error:
        raise ArtifactError("this artifact is damaged: it cannot be unpacked") from error
    if not unpacking.eof:
        raise ArtifactError(f"this artifact has no end within {_CONTENT_BYTES_MAX:,} bytes")
    return content


class _Header(NamedTuple):
    """What stands before the arrays; as it comes, anything may be anywhere."""

    labels: Any
    reading: Any
    exponentials: Any
    thresholds: Any
    card: Any


def _made(header: _Header, arrays: bytes) -> Artifact:
    """Put it together; what could not answer, or would answer without end, raises ValueError."""
    labels, reading = tuple(header.labels), Reading(**header.reading)
    _require(
        all(isinstance(label, str) and label for label in labels),
        len(set(labels)) == len(labels) > 0,
        reading.table_bits in _TABLE_BITS,
        reading.gram_min in _GRAM_LENGTHS,
        reading.gram_max in range(reading.gram_min, _GRAM_LENGTHS.stop),
        header.exponentials > 0,
        isinstance(header.card, dict),
    )
    falls_start = _INTEGER.itemsize * len(labels)
    falls_end = falls_start + _INTEGER.itemsize * header.exponentials
    _require(len(arrays) == falls_end + reading.table_rows * len(labels))
    falls = np.frombuffer(arrays[falls_start:falls_end], _INTEGER)
    _require(falls[0] > 0, falls[-1] >= 0, (falls[1:] <= falls[:-1]).all())
    thresholds = Thresholds(**header.thresholds)
    _require(*(type(bound) is int for bound in thresholds))
    bias = np.frombuffer(arrays[:falls_start], _INTEGER)
    weights = np.frombuffer(arrays[falls_end:], np.int8).reshape(reading.table_rows, len(labels))
    return Artifact(labels, reading, weights, bias, falls, thresholds, header.card)


def _require(*conditions: Any) -> None:
    if not all(conditions):
        raise ValueError
