"""Faust's transport, with one slice of one partition as its event.

Faust's app, agents, worker, web server, assignment and rebalance machinery stay as they are. What
travels through them changes: instead of a message, a Slice. Faust commits nothing; where a
partition is read from is its owner's word alone, and nothing is read before it.

Nothing else touches the inside of Faust and aiokafka. It is written against faust-streaming 0.15.3
and aiokafka 0.14.0; what they do is held in tests/test_faust_traps.py, which notices a change.
"""

from streams.bundles.app import SliceApp
from streams.bundles.sessions import TransportError

__all__ = ["SliceApp", "TransportError"]
