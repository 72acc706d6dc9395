"""The AsyncAPI 3 document: what Penstock receives and sends, with Kafka's bindings."""

from schemas.dead_letters import PREFIX
from schemas.documents.attributes import ATTRIBUTES
from schemas.documents.examples import example_of
from schemas.documents.json_schemas import file_of
from schemas.documents.wording import dead_letter_header_names, summary_of
from schemas.event import Event
from schemas.topics import EVENT_OF_TYPE, INPUT_EVENTS, TOPICS, Topic

Node = dict[str, object]

# The contract has the version of the code that keeps it.
VERSION = "0.1.0"
BINDING_VERSION = "0.5.0"
_ACTIONS = {
    "input": ("receive",),
    "journal": ("send", "receive"),
    "output": ("send",),
    "artifacts": ("send", "receive"),
    "dead_letters": ("send",),
}
# Topics without events of their own carry one kind of message each.
_BARE_MESSAGE = {"artifacts": "Artifact", "dead_letters": "DeadLetter"}


def asyncapi_document() -> Node:
    """Describe every topic as a channel, and every event as a message."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Penstock",
            "version": VERSION,
            "description": "Bank transactions in; categories, alerts, insights and forecasts out.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {_id(topic): _channel(topic) for topic in TOPICS},
        "operations": {
            f"{action}_{_id(topic)}": _operation(action, topic)
            for topic in TOPICS
            for action in _ACTIONS[topic.role]
        },
        "components": {
            "messages": {
                **{event.__name__: _message(event) for event in EVENT_OF_TYPE.values()},
                "Artifact": _artifact(),
                "DeadLetter": _dead_letter(),
            },
            "schemas": {
                "CloudEventHeaders": _cloud_event_headers(),
                **{
                    event.__name__: {"$ref": f"./{file_of(event)}"}
                    for event in EVENT_OF_TYPE.values()
                },
            },
        },
    }


def _id(topic: Topic) -> str:
    # Code generators make names of it, and a name holds no dots.
    return topic.name.replace(".", "_")


def _server() -> Node:
    return {
        "host": "{host}:{port}",
        "protocol": "kafka",
        "description": "Any broker of the cluster. A prefix in the settings renames all topics.",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "9092"}},
        "bindings": {"kafka": {"bindingVersion": BINDING_VERSION}},
    }


def _channel(topic: Topic) -> Node:
    return {
        "address": topic.name,
        "description": topic.purpose,
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic)
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": {
                    "cleanup.policy": [topic.config["cleanup.policy"]],
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.message_bytes_max,
                },
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _operation(action: str, topic: Topic) -> Node:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_id(topic)}"},
        "summary": f"Written by {topic.written_by}; the key is {topic.key}.",
        "messages": [
            {"$ref": f"#/channels/{_id(topic)}/messages/{name}"} for name in _message_names(topic)
        ],
    }


def _message_names(topic: Topic) -> list[str]:
    return [event.__name__ for event in topic.events] or [_BARE_MESSAGE[topic.role]]


def _message(event: type[Event]) -> Node:
    headers: Node = {
        "type": "object",
        "allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}],
        "properties": {"ce_type": {"const": event.ce_type}},
    }
    # A producer may send plain JSON without any; what we write has them always.
    if event not in INPUT_EVENTS:
        headers["required"] = [attribute.header for attribute in ATTRIBUTES if attribute.always]
    return {
        "name": event.ce_type,
        "title": event.__name__,
        "summary": summary_of(event),
        "contentType": "application/json",
        "headers": headers,
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": _keyed("The user's id; for all users of a partition, empty."),
        "examples": [{"payload": example_of(event)}],
    }


def _artifact() -> Node:
    return {
        "name": "artifact",
        "summary": "The bytes of a trained artifact.",
        "contentType": "application/octet-stream",
        "bindings": _keyed("The artifact's name and the SHA-256 of its bytes."),
    }


def _dead_letter() -> Node:
    return {
        "name": "dead letter",
        "summary": "The record as received, untouched; headers say what was wrong.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in dead_letter_header_names()},
            "required": [name for name in dead_letter_header_names() if name.startswith(PREFIX)],
        },
        "bindings": _keyed("As received."),
    }


def _cloud_event_headers() -> Node:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode: each attribute is a header.",
        "properties": {
            attribute.header: {"type": "string", "description": attribute.description}
            for attribute in ATTRIBUTES
        },
    }


def _keyed(description: str) -> Node:
    return {
        "kafka": {
            "key": {"type": "string", "description": description},
            "bindingVersion": BINDING_VERSION,
        }
    }
