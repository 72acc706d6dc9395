"""The public contract as files, made from the table of topics and nothing else."""

from schemas.documents.asyncapi import asyncapi_document
from schemas.documents.events_page import events_page
from schemas.documents.json_schemas import file_of, json_schema_of, json_text
from schemas.documents.yaml_text import yaml_text
from schemas.topics import EVENT_OF_TYPE


def documents() -> dict[str, str]:
    """Give the text of every generated file, by its path below `docs`."""
    return {
        "events.md": events_page(),
        "asyncapi.yaml": yaml_text(asyncapi_document()),
        **{file_of(event): json_text(json_schema_of(event)) for event in EVENT_OF_TYPE.values()},
    }
