"""The JSON Schema of each event type: closed for who writes it, open for who reads it."""

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from schemas.event import Event
from schemas.topics import JOURNAL

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Plain(GenerateJsonSchema):
    """Leave out what only Pydantic's own world reads."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Say no: such a title only repeats the field's name."""
        del schema
        return False

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Drop OpenAPI's discriminator: the constant in each alternative says as much."""
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)
        return union


class _Closed(_Plain):
    """For producers: a misspelt optional field is a mistake that they want to see."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Allow no member that the schema does not name."""
        return super().model_schema(schema) | {"additionalProperties": False}


class _Written(_Plain):
    """For readers: what is always there is required, and new members may come."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Require what has a value in every event; a field without one is left out."""
        model = super().model_schema(schema)
        fields = model["properties"].items()
        always = [name for name, field in fields if field.get("default", ...) is not None]
        return model | {"required": always}


def json_schema_of(event: type[Event]) -> dict[str, Any]:
    """Give the schema that writers of what we read keep to, or that readers of ours rely on."""
    if event in JOURNAL.events:
        schema = event.model_json_schema(schema_generator=_Closed, mode="validation")
    else:
        schema = event.model_json_schema(schema_generator=_Written, mode="serialization")
    head = {"$schema": DIALECT, "$id": f"{event.ce_type}.json", "title": schema.pop("title")}
    return head | schema


def file_of(event: type[Event]) -> str:
    """Give the path of the event's schema below `docs`."""
    return f"schemas/{event.ce_type}.json"


def json_text(value: object) -> str:
    """Write JSON for people: indented, one line break at the end."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
