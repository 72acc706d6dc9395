"""The wire: events, topics, ids, money and the taxonomy.

Here belongs what another program must know to talk to Penstock, and nothing else. This package
knows nobody: no other package of ours, no broker, no store, no clock.
"""
