"""The rules that raise alerts, one a file; `RULES` lists them all.

A rule says which conditions hold and which have ended. Raising, updating, resolving and retracting
follow from that in `processors/alert.py`, so no rule writes a life cycle.
"""

from processors.alert_rules.low_balance import LOW_BALANCE
from processors.alert_rules.unusual_payment import UNUSUAL

RULES = (UNUSUAL, LOW_BALANCE)
