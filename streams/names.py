"""The topics of our table under the names that the broker knows."""

from dataclasses import dataclass

from schemas.topics import INPUTS, JOURNAL, Topic, dead_letters_of


@dataclass(frozen=True, slots=True)
class Names:
    """Names with the prefix of the settings, and back."""

    prefix: str = ""

    def of(self, topic: Topic) -> str:
        """Name a topic."""
        return topic.named(self.prefix)

    def dead_letters(self, topic: Topic) -> str:
        """Name the topic of another's dead letters."""
        return dead_letters_of(topic).named(self.prefix)

    def input(self, name: str) -> Topic:
        """Find an input by the broker's name."""
        return next(topic for topic in INPUTS if self.of(topic) == name)

    @property
    def journal(self) -> str:
        """Name the journal."""
        return self.of(JOURNAL)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Name the inputs."""
        return tuple(self.of(topic) for topic in INPUTS)
