"""What `make setup` asks about the local stack: which programs it lacks, and to fetch Kafka."""

import click

from streams.stack import KAFKA_VERSION, StackError, given
from streams.stack.containers import docker_answers
from streams.stack.kafka_broker import can_have_jars, fetch_jars, find_java, jars_folder
from streams.stack.redis_server import find_redis


@click.group()
def main() -> None:
    """Prepare the local stack."""


@main.command()
def missing() -> None:
    """Print the programs that no rung of the ladder can do without; nothing if all is well."""
    if docker_answers():
        return
    if not given("PENSTOCK_KAFKA"):
        if not find_java():
            click.echo("java")
        if not can_have_jars(KAFKA_VERSION):
            click.echo("maven")
    if not given("PENSTOCK_REDIS") and not find_redis():
        click.echo("redis")


@main.command()
def prepare() -> None:
    """Fetch what the first start would wait for, and say which rung is ready."""
    if given("PENSTOCK_KAFKA"):
        click.echo("Kafka: PENSTOCK_KAFKA, as given")
    elif docker_answers():
        click.echo("Kafka: in a Docker container")
    else:
        if not jars_folder(KAFKA_VERSION).exists():
            click.echo(f"Kafka: Maven fetches Apache Kafka {KAFKA_VERSION}, some 45 MB, once")
        try:
            click.echo(f"Kafka: {fetch_jars(KAFKA_VERSION)}")
        except StackError as error:
            raise click.ClickException(str(error)) from error
    if given("PENSTOCK_REDIS"):
        click.echo("Redis: PENSTOCK_REDIS, as given")
    elif docker_answers():
        click.echo("Redis: in a Docker container")
    else:
        click.echo(f"Redis: {find_redis()}")


if __name__ == "__main__":
    main()
