"""python -m benchmarks.quality: one command a promise."""

import click

from benchmarks.quality.anomalies.command import anomalies
from benchmarks.quality.categories import categories
from benchmarks.quality.descriptors import descriptors
from benchmarks.reporting import quiet_libraries


@click.group()
def main() -> None:
    """Measure how often Penstock is right, on labelled data of one's own."""
    quiet_libraries()


main.add_command(anomalies)
main.add_command(categories)
main.add_command(descriptors)

if __name__ == "__main__":
    main()
