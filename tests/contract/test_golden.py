"""What was once published can still be read, and still means the same."""

import json

import pytest
from jsonschema import Draft202012Validator

from schemas.compatibility import contract_problems
from schemas.documents.json_schemas import json_schema_of
from schemas.reading import Accepted, read
from schemas.topics import EVENT_OF_TYPE, INPUT_EVENTS, TOPIC_OF
from tests.contract.golden_files import CHECKOUT, golden_events, golden_schemas

every_golden_event = pytest.mark.parametrize(
    ("ce_type", "value"),
    [
        pytest.param(ce_type, value, id=f"{ce_type}-{name}")
        for ce_type, name, value in golden_events()
    ],
)


@every_golden_event
def test_a_golden_event_is_an_event_of_today(ce_type: str, value: bytes) -> None:
    event = EVENT_OF_TYPE[ce_type].model_validate_json(value)

    assert type(event).model_validate_json(event.to_json()) == event


@every_golden_event
def test_a_golden_event_is_valid_by_todays_schema(ce_type: str, value: bytes) -> None:
    Draft202012Validator(json_schema_of(EVENT_OF_TYPE[ce_type])).validate(json.loads(value))


@every_golden_event
def test_a_golden_event_is_valid_by_its_golden_schema(ce_type: str, value: bytes) -> None:
    Draft202012Validator(golden_schemas()[ce_type]).validate(json.loads(value))


@every_golden_event
def test_a_golden_input_is_accepted(ce_type: str, value: bytes) -> None:
    event = EVENT_OF_TYPE[ce_type]
    if event in INPUT_EVENTS:
        assert isinstance(read(TOPIC_OF[event], value, []), Accepted)


@pytest.mark.parametrize("ce_type", golden_schemas())
def test_every_published_type_has_golden_events(ce_type: str) -> None:
    assert [name for published, name, _ in golden_events() if published == ce_type]


@pytest.mark.parametrize(("ce_type", "schema"), golden_schemas().items(), ids=golden_schemas())
def test_a_golden_schema_is_one(ce_type: str, schema: dict[str, object]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{ce_type}.json"


def test_no_promise_is_broken_and_every_change_has_its_line_in_the_changelog() -> None:
    today = {ce_type: json_schema_of(event) for ce_type, event in EVENT_OF_TYPE.items()}
    changelog = CHECKOUT / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8") if changelog.exists() else ""

    assert contract_problems(golden_schemas(), today, text) == []
