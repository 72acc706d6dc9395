"""Lets `python -m streams.cli` be the same as `penstock`."""

from streams.cli import main

main()
