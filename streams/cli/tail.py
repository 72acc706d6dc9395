"""Show events of a topic as they arrive, decoded."""

import json
from collections.abc import Iterator

import click
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from rich.console import Console

from schemas.topics import TOPICS
from streams import settings
from streams.names import Names

_QUIET_S = 1.0


@click.command()
@click.argument("topic", type=click.Choice([topic.name for topic in TOPICS]))
@click.option("--from-start", is_flag=True, help="Begin with the oldest record kept.")
@click.option("--until-end", is_flag=True, help="Stop at the end instead of waiting for more.")
@click.option("--user", help="Only records with this key.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def tail(topic: str, from_start: bool, until_end: bool, user: str | None, as_json: bool) -> None:
    """Print the records of a topic, headers and all; ends with Ctrl-C.

    \b
    Examples:  penstock tail alerts
               penstock tail journal --from-start --until-end --user household-007
               penstock tail transactions.imported.dlq --from-start --until-end --json
    """
    loaded = settings.load()
    name = Names(loaded.topic_prefix).of(next(own for own in TOPICS if own.name == topic))
    console = Console(highlight=False)
    try:
        for message in _messages(loaded.kafka, name, from_start, until_end):
            key = _text(message.key())
            if user is None or key == user:
                _show(console, message, key, as_json)
    except KeyboardInterrupt:
        return


def _messages(bootstrap: str, topic: str, from_start: bool, until_end: bool) -> Iterator[Message]:
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "penstock-tail",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "log_level": 2,
        }
    )
    try:
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if not found.partitions:
            raise click.ClickException(f"{topic} does not exist; run: penstock topics apply")
        partitions = [TopicPartition(topic, number) for number in found.partitions]
        ends = {own.partition: consumer.get_watermark_offsets(own)[1] for own in partitions}
        starts = [
            TopicPartition(topic, own.partition, _start(consumer, own, from_start))
            for own in partitions
        ]
        consumer.assign(starts)
        while not (until_end and _all_read(consumer, ends)):
            message = consumer.poll(_QUIET_S)
            if message is not None and message.error() is None:
                yield message
    except KafkaException as error:
        raise click.ClickException(f"Kafka at {bootstrap}: {error.args[0].str()}") from None
    finally:
        consumer.close()


def _start(consumer: Consumer, partition: TopicPartition, from_start: bool) -> int:
    low, high = consumer.get_watermark_offsets(partition)
    return int(low if from_start else high)


def _all_read(consumer: Consumer, ends: dict[int, int]) -> bool:
    positions = consumer.position(consumer.assignment())
    at = {own.partition: own.offset for own in positions}
    return all(end == 0 or at.get(number, -1) >= end for number, end in ends.items())


def _show(console: Console, message: Message, key: str, as_json: bool) -> None:
    headers = {name: _text(value) for name, value in dict(message.headers() or []).items()}
    value = _text(message.value())
    if as_json:
        record = {"partition": message.partition(), "offset": message.offset(), "key": key}
        click.echo(json.dumps({**record, "headers": headers, "value": value}))
        return
    kind = headers.get("penstock.error.code") or headers.get("ce_type", "")
    console.print(f"[bold]{message.partition()}/{message.offset()}[/] {key} [cyan]{kind}[/]")
    console.print(f"  {value}", markup=False, soft_wrap=True)


def _text(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else (value or b"").decode(errors="replace")
