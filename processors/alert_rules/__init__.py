"""The rules that raise alerts, one a file; `RULES` lists them all.

A rule says which conditions hold and which have ended. Raising, updating, resolving and retracting
follow from that in `processors/alert.py`, so no rule writes a life cycle.
"""

from processors.alert_rules.balance_mismatch import BALANCE_MISMATCH
from processors.alert_rules.card_testing import CARD_TESTING
from processors.alert_rules.dormant_account import DORMANT_ACCOUNT
from processors.alert_rules.duplicate_charge import DUPLICATE_CHARGE
from processors.alert_rules.low_balance import LOW_BALANCE
from processors.alert_rules.new_payee_large import NEW_PAYEE_LARGE
from processors.alert_rules.unusual_cash import UNUSUAL_CASH
from processors.alert_rules.unusual_payment import UNUSUAL_PAYMENT
from processors.alert_rules.unusual_place import UNUSUAL_PLACE
from processors.alert_rules.velocity import VELOCITY

RULES = (
    UNUSUAL_PAYMENT,
    LOW_BALANCE,
    DUPLICATE_CHARGE,
    CARD_TESTING,
    VELOCITY,
    UNUSUAL_PLACE,
    DORMANT_ACCOUNT,
    NEW_PAYEE_LARGE,
    UNUSUAL_CASH,
    BALANCE_MISMATCH,
)
