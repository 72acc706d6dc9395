"""The fold: how one journal entry changes one user's state, and what is said because of it.

One file a processor, pure: no broker, no store, no clock, no randomness. `ledger` is the only
file that knows them all; none of them knows another. What they share stands in `state/`, and the
rules that raise alerts in `alert_rules/`.
"""
