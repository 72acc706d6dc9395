"""The artifact: answers that repeat to the last digit, and bytes that say when they are damaged."""

import hashlib
import json
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import FORMAT, WHOLE, Artifact, ArtifactError, Thresholds
from models.features import Reading, Row, amount_bucket, features

LABELS = ("bills", "food", "fun", "travel")
READING = Reading(table_bits=10)
HEAD = len(b"PENSTOCK") + 2 + 32

texts = st.text(max_size=80) | st.sampled_from(
    [
        "",
        "\0\0",
        "🍕🍕 pizza",
        "مطعم النور",
        "\u202etxet\u202c",
        "a" * 10_000,
        "\x1b[2J",
        "ĳſ\ud800",
    ]
)
amounts = st.integers(-(10**18), 10**18)
rows = st.tuples(texts, texts, amounts)


def artifact(labels: tuple[str, ...] = LABELS) -> Artifact:
    chance = np.random.default_rng(7)
    return Artifact(
        labels,
        READING,
        chance.integers(-127, 128, (READING.table_rows, len(labels))).astype(np.int8),
        chance.integers(-40, 40, len(labels)).astype(np.int32),
        np.rint(2**24 * np.exp(-np.arange(2_000) / 100)).astype(np.int32),
        Thresholds(950_000, 400_000),
        {"model": "categories", "version": "1"},
    )


ARTIFACT = artifact()
BYTES = ARTIFACT.to_bytes()


# Laws of answers.


@given(rows=st.lists(rows, max_size=12), cut=st.integers(0, 12))
def test_how_transactions_are_weighed_together_does_not_matter(rows: list[Row], cut: int) -> None:
    singly = [ARTIFACT.weigh(*row) for row in rows]

    assert ARTIFACT.weigh_many(rows) == singly
    assert ARTIFACT.weigh_many(rows[:cut]) + ARTIFACT.weigh_many(rows[cut:]) == singly


def test_a_batch_of_any_size_answers_as_one_row_does() -> None:
    many = [(f"shop {number}", f"card shop {number}", number) for number in range(1_000)]

    assert ARTIFACT.weigh_many(many) == [ARTIFACT.weigh(*row) for row in many]


@given(row=rows)
def test_any_text_is_answered_by_shares_that_are_a_million_together(row: Row) -> None:
    shares = ARTIFACT.weigh(*row)

    assert len(shares) == len(LABELS)
    assert sum(shares) == WHOLE
    assert all(type(share) is int and share >= 0 for share in shares)


@given(row=rows)
def test_what_was_written_down_answers_the_same(row: Row) -> None:
    assert Artifact.from_bytes(BYTES).weigh(*row) == ARTIFACT.weigh(*row)


@given(row=rows)
def test_shares_are_what_floats_would_make_of_the_sums_but_for_rounding(row: Row) -> None:
    seen = np.concatenate([group.indices for group in features([row], READING)])
    sums = ARTIFACT.weights[seen].sum(axis=0, dtype=np.int64) + ARTIFACT.bias
    likely = np.exp((sums - sums.max()) / 100)

    assert np.abs(np.array(ARTIFACT.weigh(*row)) / WHOLE - likely / likely.sum()).max() < 1e-5


def test_of_a_long_text_the_beginning_is_read() -> None:
    long = "corner grocer " * 1_000

    assert ARTIFACT.weigh(long, long, -500) == ARTIFACT.weigh(long[:60], long[:256], -500)


def test_the_hashes_are_those_that_artifacts_were_trained_with() -> None:
    # Other figures here make every artifact that was ever published answer nonsense.
    grams, wholes = features([("ab c", "AB 12", -1_299), ("é", "", 5)], Reading())

    assert grams.starts.tolist() == [0, 15]
    assert wholes.starts.tolist() == [0, 4]
    assert grams.indices.tolist() == GRAMS
    assert wholes.indices.tolist() == WHOLES


GRAMS = [
    2101,
    63924,
    43705,
    2780,
    12770,
    30854,
    17892,
    33338,
    22150,
    30406,
    54387,
    41922,
    58779,
    10986,
    3546,
    27029,
    40608,
    7145,
    45000,
    41745,
    14303,
]
WHOLES = [40760, 10793, 64853, 61941, 56704, 25106]


@given(amount=amounts)
def test_amounts_of_one_bucket_have_one_sign_and_are_within_half_of_each_other(amount: int) -> None:
    bucket = amount_bucket(amount)

    assert bucket == -amount_bucket(-amount)
    assert (bucket > 0) == (amount > 0)
    assert abs(amount_bucket(2 * amount)) == (abs(bucket) + 2 if amount else 0)


# Laws of bytes.


def test_equal_artifacts_have_equal_bytes_and_one_name() -> None:
    again = Artifact.from_bytes(BYTES)

    assert artifact().to_bytes() == again.to_bytes() == BYTES
    assert again.sha256 == hashlib.sha256(BYTES).hexdigest()
    assert (again.labels, again.reading, again.thresholds, again.card) == (
        LABELS, READING, Thresholds(950_000, 400_000), {"model": "categories", "version": "1"},
    )  # fmt: skip


@given(place=st.integers(0, len(BYTES) - 1), flipped=st.integers(1, 255))
def test_a_damaged_byte_is_noticed_wherever_it_is(place: int, flipped: int) -> None:
    damaged = bytearray(BYTES)
    damaged[place] ^= flipped

    with pytest.raises(ArtifactError):
        Artifact.from_bytes(bytes(damaged))


@given(end=st.integers(0, len(BYTES) - 1))
def test_a_part_is_no_artifact(end: int) -> None:
    with pytest.raises(ArtifactError):
        Artifact.from_bytes(BYTES[:end])


@given(data=st.binary(max_size=200))
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ArtifactError, match="no artifact"):
        Artifact.from_bytes(data)


def test_a_newer_format_is_told_by_its_number() -> None:
    newer = BYTES[:8] + (FORMAT + 1).to_bytes(2, "little") + BYTES[10:]

    with pytest.raises(ArtifactError, match=f"is of format {FORMAT + 1}, .* train it again"):
        Artifact.from_bytes(newer)


def sealed(content: bytes) -> bytes:
    """Pack any content as if it were whole."""
    packed = zlib.compress(content)
    return BYTES[:10] + hashlib.sha256(packed).digest() + packed


def rewritten(**changes: Any) -> bytes:
    """Change members of the header; the checksum fits."""
    content = zlib.decompress(BYTES[HEAD:])
    at = 4 + int.from_bytes(content[:4], "little")
    header = json.dumps({**json.loads(content[4:at]), **changes}).encode()
    return sealed(len(header).to_bytes(4, "little") + header + content[at:])


def test_what_is_only_written_differently_is_read() -> None:
    assert Artifact.from_bytes(rewritten()).to_bytes() == BYTES


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": ["bills", "food", "fun"]},
        {"labels": ["bills", "bills", "fun", "travel"]},
        {"labels": [1, 2, 3, 4]},
        {"labels": None},
        {"reading": {"table_bits": 10**9, "gram_min": 3, "gram_max": 5}},
        {"reading": {"table_bits": 10, "gram_min": 5, "gram_max": 3}},
        {"reading": {"table_bits": 10, "gram_min": 1, "gram_max": 3}},
        {"reading": {"table_bits": "10", "gram_min": 3, "gram_max": 5}},
        {"reading": {"table_bits": 10, "other": 3}},
        {"exponentials": 0},
        {"exponentials": -1},
        {"exponentials": "2000"},
        {"thresholds": {"file": 0.95, "suggest": 0}},
        {"thresholds": {}, "card": []},
        {"card": "1"},
        {"unheard_of": 1},
    ],
    ids=str,
)
def test_a_header_that_no_training_writes_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError, match="no training writes"):
        Artifact.from_bytes(rewritten(**changes))


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 40, b"\x02\0\0\0[]", b"\x02\0\0\0{}"])
def test_content_without_a_header_is_refused(content: bytes) -> None:
    with pytest.raises(ArtifactError, match="no training writes"):
        Artifact.from_bytes(sealed(content))


def test_content_without_an_end_is_not_unpacked() -> None:
    with pytest.raises(ArtifactError, match="no end within"):
        Artifact.from_bytes(sealed(bytes(65 * 2**20)))


def test_eighty_labels_fit_the_topic_and_the_memory() -> None:
    many = artifact(tuple(f"label-{number}" for number in range(80)))
    large = Artifact(
        many.labels,
        Reading(),
        np.tile(many.weights, (64, 1)),
        many.bias,
        many.exponentials,
    )

    assert large.weights.nbytes < 6 * 2**20
    assert large.weights.nbytes + len(large.to_bytes()) < 12 * 2**20
