"""The CloudEvents attributes that Penstock reads and writes, in words for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute by its plain name; its header has the prefix `ce_`."""

    name: str
    description: str
    always: bool = True

    @property
    def header(self) -> str:
        """Give the name of its header in binary mode."""
        return f"ce_{self.name}"


ATTRIBUTES = (
    Attribute("specversion", "The version of CloudEvents: 1.0."),
    Attribute("id", "Equal for a repeat, and only then: drop repeats by source and id."),
    Attribute("source", "Who published the event."),
    Attribute("type", "The event's name and version."),
    Attribute("time", "When the event's cause was recorded.", always=False),
    Attribute("partitionkey", "The record's key: the user's id.", always=False),
    Attribute("causationid", "The id of the event that caused this one.", always=False),
    Attribute("recordedtime", "When the cause was recorded where it came from.", always=False),
    Attribute("expirytime", "An alert is not worth delivering after this.", always=False),
    Attribute("severitytext", "An alert's severity.", always=False),
)
