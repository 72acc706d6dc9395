"""Somebody's own taxonomy: every leaf gets one label, or the file is refused for a reason."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.filing import AS_BUILT_IN, FilingError, OwnLabel, filing_of
from schemas.taxonomy import GROUPS, LEAVES

GROUP_LABELS = tuple(OwnLabel(f"g-{group}", group, "", (group,)) for group in GROUPS)


@st.composite
def taxonomies(draw: st.DrawFn) -> list[OwnLabel]:
    """Draw a forest of labels that share the leaves out between them."""
    count = draw(st.integers(1, 12))
    owners = {leaf: draw(st.integers(0, count - 1)) for leaf in LEAVES}
    labels = []
    for number in range(count):
        above = draw(st.integers(-1, number - 1))
        covers = tuple(leaf for leaf, owner in owners.items() if owner == number)
        labels.append(OwnLabel(f"l{number}", "Own", "" if above < 0 else f"l{above}", covers))
    return draw(st.permutations(labels))


@given(taxonomies())
def test_each_leaf_has_the_label_that_covers_it_and_is_below_all_above_that(
    labels: list[OwnLabel],
) -> None:
    filing = filing_of(labels)
    by_id = {label.id: label for label in labels}
    below = filing.below()

    for leaf in LEAVES:
        label_id = filing.of(leaf)
        assert leaf in by_id[label_id].covers
        assert filing.wire_id(leaf) == f"own:{label_id}"
        while label_id:
            assert leaf in below[label_id]
            label_id = by_id[label_id].parent
    roots = [label.id for label in labels if not label.parent]
    assert sorted(leaf for root in roots for leaf in below.get(root, ())) == sorted(LEAVES)


def test_a_group_stands_for_all_its_leaves() -> None:
    filing = filing_of(GROUP_LABELS)

    assert all(filing.of(own.id) == f"g-{own.group.id}" for own in LEAVES.values())


def test_without_labels_all_is_as_built_in() -> None:
    assert [AS_BUILT_IN.of(leaf) for leaf in LEAVES] == [*LEAVES]
    assert [AS_BUILT_IN.wire_id(leaf) for leaf in LEAVES] == [*LEAVES]
    assert AS_BUILT_IN.below() == {}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ((), "no label covers cash.withdrawal"),
        (GROUP_LABELS[1:], "no label covers unknown.unknown"),
        ((*GROUP_LABELS, OwnLabel("g-food", "Food")), "given twice"),
        ((*GROUP_LABELS, OwnLabel("more", "More", "", ("food.groceries",))), "covered by g-food"),
        ((*GROUP_LABELS, OwnLabel("more", "More", "nowhere")), "nowhere, which is no label"),
        ((*GROUP_LABELS, OwnLabel("more", "More", "more")), "more below more"),
        (
            (*GROUP_LABELS, OwnLabel("a", "A", "b"), OwnLabel("b", "B", "a")),
            "a below b below a: a label cannot be below itself",
        ),
        ((*GROUP_LABELS, OwnLabel("more", "More", "", ("sweets",))), "sweets is no leaf"),
        ((*GROUP_LABELS, OwnLabel("Sweets!", "Sweets")), "'Sweets!' should be made of"),
        ((*GROUP_LABELS, OwnLabel("", "Nothing")), "'' should be made of"),
        ((*GROUP_LABELS, OwnLabel("sweets", "")), "the name of sweets"),
        ([OwnLabel(f"l{n}", "Own") for n in range(201)], "201 labels, and 200 at most"),
    ],
)
def test_what_cannot_be_used_is_refused_for_a_reason(
    labels: tuple[OwnLabel, ...], reason: str
) -> None:
    with pytest.raises(FilingError, match=re.escape(reason)):
        filing_of(labels)
