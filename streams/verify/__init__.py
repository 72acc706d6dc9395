"""Holding the state against the journal: byte by byte, and by counting all money once more."""
