"""The committed documents are what the code would write, and are what they claim to be."""

import json
import re
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from schemas.alerts import AlertRaised
from schemas.documents import documents
from schemas.documents.asyncapi import asyncapi_document
from schemas.documents.attributes import ATTRIBUTES
from schemas.documents.examples import example_of
from schemas.documents.json_schemas import json_schema_of
from schemas.documents.yaml_text import yaml_text
from schemas.event import UserEvent
from schemas.forecasts import ForecastMade
from schemas.publishing import attributes_of
from schemas.refusals import Code
from schemas.topics import EVENT_OF_TYPE, INPUT_EVENTS, TOPICS
from streams.cli.schemas import schemas
from tests.contract.golden_files import CHECKOUT
from tests.schemas.strategies import Members, any_input_members

with warnings.catch_warnings():
    # Two of its models name a field "schema", and Pydantic minds.
    warnings.simplefilter("ignore")
    from asyncapi3 import AsyncAPI3

DOCS = CHECKOUT / "docs"
DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_committed_document_is_what_the_code_would_write(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == DOCUMENTS[name], (
        "run: penstock schemas export"
    )


def test_no_schema_of_a_bygone_event_is_left() -> None:
    committed = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("schemas/*")}

    assert committed <= DOCUMENTS.keys()


def test_the_asyncapi_document_is_valid() -> None:
    AsyncAPI3.model_validate(yaml.safe_load(DOCUMENTS["asyncapi.yaml"]))


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("asyncapi", "2.6.0"),
        ("info title", None),
        ("servers kafka protocol", None),
        ("channels alerts messages", []),
        ("channels alerts bindings kafka topicConfiguration retention.ms", "long"),
        ("operations send_alerts action", "publish"),
        ("components messages AlertRaised contenttype", "application/json"),
    ],
)
def test_an_invalid_asyncapi_document_would_be_noticed(where: str, value: object) -> None:
    document = yaml.safe_load(DOCUMENTS["asyncapi.yaml"])
    *path, last = where.split(" ")
    node = document
    for step in path:
        node = node[step]
    node[last] = value

    with pytest.raises(ValueError, match="validation error"):
        AsyncAPI3.model_validate(document)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi_document()
    found = set(references(document))

    assert len(found) > len(EVENT_OF_TYPE)
    for reference in found:
        file, _, pointer = reference.partition("#")
        if file:
            assert file.removeprefix("./") in DOCUMENTS
            continue
        node: Any = document
        for step in pointer.strip("/").split("/"):
            node = node[step]


def test_the_asyncapi_document_holds_every_topic_and_event() -> None:
    document: Any = asyncapi_document()
    addresses = {channel["address"] for channel in document["channels"].values()}
    names = {message["name"] for message in document["components"]["messages"].values()}

    assert addresses == {topic.name for topic in TOPICS}
    assert names >= EVENT_OF_TYPE.keys()
    assert document["info"]["version"] == version("penstock")


@pytest.mark.parametrize("event", [AlertRaised, ForecastMade])
def test_every_attribute_that_we_write_is_explained(event: type[UserEvent]) -> None:
    example = event.model_validate_json(json.dumps(example_of(event)))
    explained = {attribute.name for attribute in ATTRIBUTES}
    always = {attribute.name for attribute in ATTRIBUTES if attribute.always}

    written = attributes_of(example, "cause", "2026-01-31T09:30:00Z").keys() | {"specversion"}

    assert always <= written <= explained


@pytest.mark.parametrize("ce_type", EVENT_OF_TYPE)
def test_the_page_shows_every_event(ce_type: str) -> None:
    page = DOCUMENTS["events.md"]

    assert f"\n### {EVENT_OF_TYPE[ce_type].__name__}\n" in page
    assert f"`{ce_type}`" in page


def test_the_page_shows_every_topic_and_refusal() -> None:
    page = DOCUMENTS["events.md"]

    assert [topic.name for topic in TOPICS if f"\n| `{topic.name}` |" not in page] == []
    assert [code for code in Code if f"\n| `{code}` |" not in page] == []


def test_every_link_of_the_page_leads_somewhere() -> None:
    page = DOCUMENTS["events.md"]
    headings = {heading.lower() for heading in re.findall(r"^##+ (.+)$", page, re.MULTILINE)}

    for target in re.findall(r"\]\((?!https:)([^)]+)\)", page):
        assert target.removeprefix("#") in headings | DOCUMENTS.keys()


@pytest.mark.parametrize("event", EVENT_OF_TYPE.values(), ids=EVENT_OF_TYPE)
def test_an_example_is_valid_by_its_schema(event: Any) -> None:
    Draft202012Validator(json_schema_of(event)).validate(example_of(event))


@given(pair=any_input_members())
def test_what_producers_may_send_is_valid_by_its_schema(pair: tuple[Any, Members]) -> None:
    event, members = pair

    Draft202012Validator(json_schema_of(event)).validate(members)


def objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for value in node.values():
            yield from objects(value)
    elif isinstance(node, list):
        for item in node:
            yield from objects(item)


@pytest.mark.parametrize("event", INPUT_EVENTS, ids=lambda event: event.__name__)
def test_schemas_for_producers_are_closed_at_every_level(event: Any) -> None:
    schema = json_schema_of(event)

    assert all(part["additionalProperties"] is False for part in objects(schema))
    with pytest.raises(ValidationError, match="amont_minor"):
        Draft202012Validator(schema).validate(example_of(event) | {"amont_minor": 1})


texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from("\n\té"))
thousandths = st.integers(-(10**6), 10**6).map(lambda number: number / 1_000)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | thousandths | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_yaml_is_read_as_what_was_written(value: Any) -> None:
    assert yaml.safe_load(yaml_text(value)) == value


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(schemas, arguments)
    return result.exit_code, result.output


def test_export_writes_what_check_then_agrees_with(tmp_path: Path) -> None:
    docs = str(tmp_path)
    gone = tmp_path / "schemas" / "penstock.gone.v1.json"

    code, said = run("check", "--docs", docs)
    assert code == 1
    assert "events.md: missing; run: penstock schemas export" in said

    assert run("export", "--out", docs)[0] == 0
    assert run("check", "--docs", docs)[0] == 0

    gone.write_text("{}", encoding="utf-8")
    (tmp_path / "events.md").write_text("# Something else\n", encoding="utf-8")
    code, said = run("check", "--docs", docs, "--json")
    assert code == 1
    assert json.loads(said) == {
        "files": {"events.md": "different", "schemas/penstock.gone.v1.json": "of no event"},
        "promises": [],
    }

    code, said = run("export", "--out", docs)
    assert code == 0
    assert "events.md: was different\nschemas/penstock.gone.v1.json: was of no event\n" in said
    assert not gone.exists()
    assert run("export", "--out", docs, "--json") == (0, '{"files": {}}\n')


@pytest.mark.parametrize("command", [(), ("check",), ("export",)])
def test_help_shows_an_example(command: tuple[str, ...]) -> None:
    assert "Example: penstock schemas" in run(*command, "--help")[1]
