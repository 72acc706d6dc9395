"""Every way to break a promise is noticed, and no addition is taken for one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.compatibility import breaking_changes, contract_problems
from schemas.documents.json_schemas import json_schema_of
from schemas.topics import EVENT_OF_TYPE

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}


def closed(*required: str, **fields: Schema) -> Schema:
    return closed_with(fields, list(required))


def closed_with(fields: dict[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": False,
    }


def opened(*required: str, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required)}


def about(kind: str, **fields: Schema) -> Schema:
    return closed("kind", kind={"const": kind, "type": "string"}, **fields)


def union(*parts: str, **defs: Schema) -> Schema:
    return {"$defs": defs, "oneOf": [{"$ref": f"#/$defs/{part}"} for part in parts]}


def nullable(schema: Schema, **beside: object) -> Schema:
    return {"anyOf": [schema, NULL], **beside}


def of_map(values: Schema, **beside: object) -> Schema:
    return {"type": "object", "additionalProperties": values, **beside}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (closed(a=TEXT), closed(), "value.a is gone"),
        (opened("a", a=TEXT), opened(), "value.a is gone"),
        (closed(a=TEXT), closed("a", a=TEXT), "value.a is newly required"),
        (closed(), closed("b", b=TEXT), "value.b is newly required"),
        (opened("a", a=TEXT), opened(a=TEXT), "value.a is no longer always there"),
        (TEXT, {"type": "integer"}, "value no longer takes string"),
        ({"type": "number"}, {"type": "integer"}, "value no longer takes number"),
        ({}, TEXT, "value no longer takes any type"),
        (nullable(TEXT), TEXT, "value no longer takes null"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "value no longer takes b"),
        (TEXT, TEXT | {"enum": ["a"]}, "value no longer takes any value"),
        ({"const": "a"}, {"const": "b"}, "value no longer takes a"),
        ({"enum": ["a", "b"]}, {"const": "b"}, "value no longer takes a"),
        ({"minimum": 0}, {"minimum": 1}, "value has a tighter minimum"),
        ({}, {"minimum": 0}, "value has a tighter minimum"),
        ({"minimum": 0}, {"exclusiveMinimum": 0}, "value has a tighter minimum"),
        ({"maximum": 9}, {"maximum": 8}, "value has a tighter maximum"),
        ({"maximum": 9}, {"exclusiveMaximum": 9}, "value has a tighter maximum"),
        ({}, {"maxLength": 10}, "value has a tighter maxLength"),
        ({"minLength": 1}, {"minLength": 2}, "value has a tighter minLength"),
        ({"maxItems": 5}, {"maxItems": 4}, "value has a tighter maxItems"),
        ({"minItems": 0}, {"minItems": 1}, "value has a tighter minItems"),
        ({"pattern": "a|b"}, {"pattern": "a"}, "value has another pattern"),
        (TEXT, TEXT | {"format": "date"}, "value has another format"),
        (
            TEXT | {"default": "a"},
            TEXT | {"default": "b"},
            "value means 'b' when left out, no longer 'a'",
        ),
        (
            nullable(TEXT, default=None),
            nullable(TEXT, default="a"),
            "value means 'a' when left out, no longer None",
        ),
        ({"items": TEXT}, {"items": NULL}, "value[] no longer takes string"),
        (of_map(TEXT), of_map(NULL), "value.* no longer takes string"),
        ({"type": "object"}, closed(), "value no longer takes any further member"),
        (of_map(TEXT), closed(), "value no longer takes any further member"),
        (
            of_map(TEXT, propertyNames={"maxLength": 9}),
            of_map(TEXT, propertyNames={"maxLength": 8}),
            "value's keys has a tighter maxLength",
        ),
        (
            {"patternProperties": {"^a": TEXT}},
            {"patternProperties": {"^b": TEXT}},
            "value's keys have another pattern",
        ),
        (
            {"patternProperties": {"^a": TEXT}},
            {"patternProperties": {"^a": NULL}},
            "value.* no longer takes string",
        ),
        (closed(a=closed(b=TEXT)), closed(a=closed()), "value.a.b is gone"),
        (
            closed(description=TEXT, title=TEXT),
            closed(description=NULL, title=TEXT),
            "value.description no longer takes string",
        ),
        (
            union("A", "B", A=about("a", x=TEXT), B=about("b")),
            union("A", "B", A=about("a"), B=about("b")),
            "value.x is gone",
        ),
        (
            union("A", "B", A=about("a"), B=about("b")),
            union("A", A=about("a")),
            "value.kind no longer takes b",
        ),
        (
            closed(a={"$ref": "#/$defs/P"}) | {"$defs": {"P": {"maximum": 9}}},
            closed(a={"$ref": "#/$defs/Q"}) | {"$defs": {"Q": {"maximum": 8}}},
            "value.a has a tighter maximum",
        ),
    ],
)
def test_a_broken_promise_is_named(old: Schema, new: Schema, change: str) -> None:
    assert breaking_changes(old, new) == [change]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (closed(a=TEXT), closed(a=TEXT, b=TEXT)),
        (opened("a", a=TEXT), opened("a", "b", a=TEXT, b=TEXT)),
        (closed("a", a=TEXT), closed(a=TEXT)),
        (closed(a=TEXT), opened(a=TEXT)),
        ({"type": "integer"}, {"type": "number"}),
        (TEXT, {}),
        (TEXT, nullable(TEXT)),
        (nullable(TEXT), {"anyOf": [NULL, TEXT, {"type": "integer"}]}),
        ({"const": "a"}, {"enum": ["a", "b"]}),
        ({"enum": ["a"]}, {"enum": ["b", "a"]}),
        ({"exclusiveMinimum": 0}, {"minimum": 0}),
        ({"maximum": 9, "pattern": "a"}, {"maximum": 10}),
        (TEXT | {"description": "Old words."}, TEXT | {"description": "New words."}),
        (TEXT, TEXT | {"default": "a"}),
        (of_map(TEXT), of_map(nullable(TEXT))),
        (
            union("A", A=about("a")),
            union("A", "B", A=about("a", x=TEXT), B=about("b")),
        ),
        (
            closed(a={"$ref": "#/$defs/P"}) | {"$defs": {"P": TEXT}},
            closed(a=TEXT),
        ),
    ],
)
def test_an_addition_breaks_nothing(old: Schema, new: Schema) -> None:
    assert breaking_changes(old, new) == []


@pytest.mark.parametrize("event", EVENT_OF_TYPE.values(), ids=EVENT_OF_TYPE)
def test_no_schema_breaks_with_itself(event: Any) -> None:
    assert breaking_changes(json_schema_of(event), json_schema_of(event)) == []


@given(st.sampled_from(sorted(EVENT_OF_TYPE)), st.data())
def test_every_field_that_goes_is_missed(ce_type: str, data: st.DataObject) -> None:
    old, new = (json_schema_of(EVENT_OF_TYPE[ce_type]) for _ in range(2))
    parts = [new, *(part for part in new.get("$defs", {}).values() if part["properties"])]
    part = data.draw(st.sampled_from(parts))
    field = data.draw(st.sampled_from(sorted(part["properties"])))
    del part["properties"][field]

    assert [change for change in breaking_changes(old, new) if f".{field} " in change]


def test_a_change_without_a_line_in_the_changelog_is_a_problem() -> None:
    old, new = closed(a=TEXT), closed(a=TEXT, b=TEXT)

    def problems(changelog: str) -> list[str]:
        return contract_problems({"penstock.a.v1": old}, {"penstock.a.v1": new}, changelog)

    assert problems("") == ["penstock.a.v1: has changed, but no line of CHANGELOG.md names it"]
    assert problems("- `penstock.a.v1` has a new optional field b.") == []


def test_words_may_change_without_a_line() -> None:
    old = closed(description=TEXT | {"description": "Old words.", "title": "Old"})
    new = closed(description=TEXT | {"description": "New words."})

    assert contract_problems({"penstock.a.v1": old}, {"penstock.a.v1": new}, "") == []


def test_types_neither_vanish_nor_appear_unnoticed() -> None:
    assert contract_problems({"penstock.a.v1": TEXT}, {"penstock.b.v1": TEXT}, "") == [
        "penstock.b.v1: has no golden schema",
        "penstock.a.v1: is no longer published",
    ]


def test_a_line_in_the_changelog_does_not_excuse_a_broken_promise() -> None:
    problems = contract_problems({"penstock.a.v1": TEXT}, {"penstock.a.v1": NULL}, "penstock.a.v1")

    assert problems == ["penstock.a.v1: value no longer takes string"]
