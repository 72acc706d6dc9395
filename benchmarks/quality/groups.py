"""Expense types of a city's purchase cards, gathered into groups that a household would know.

The first group of which a pattern is found in a type's name has it, so the order matters.
"""

import re
from functools import lru_cache

OTHER = "social_other"

_PATTERNS = {
    "groceries_food": (
        "purchases food, personal needs, catering disp, contract meals, premises provisions"
    ),
    "dining_hospitality": "hospitality, entertainers",
    "fuel": "vehicle fuel, ^oil$",
    "vehicle_other": "vehicle, car parking, transport ins, car allow",
    "travel": "travel, ttavel, transport misc, accomodation",  # As the city spells them.
    "utilities": "electric, water ser, ^gas$, refuse, landfill, rates, ctax",
    "telecom": r"phon\b, mobiles, telephones",
    "books_media": "books, papers, recordings, library",
    "office_post": "stationery, postage, photocop, printing, equip office, equipmat",
    "it_software": "comput, it leas, 'l fin cha it",
    "equipment_supplies": (
        "equip op, equip other, equip main, equip hire, supplies, supp &, mat'l raw, stock misc, "
        "purchases other, goodspurch, testing equip, signs, sign renew, sor , oth indirect"
    ),
    "home_repairs": (
        "bldg, fix&fit, grounds, fire, cleaning, hr&m, hrm, premises, laundry, disinfest, "
        "plant r&m, planned, works, amo, security, udd, repairs, graveliner, lighting, insp, "
        "leas, rents, depot, asbest, refurb, bookbind, exhibits, improve"
    ),
    "training_fees_subs": "conference, subscript, training, exam fees, licences, tutor",
    "clothing": "clothing, machrobes",
    "leisure_visits": "visits, promotions, advert, floral",
    "services_fees": (
        "fees, services, third part, agenc, consult, legal, bank, transl, in year, rev, expend, "
        "govt, ins$"
    ),
}
_FINDERS = {group: re.compile(found.replace(", ", "|")) for group, found in _PATTERNS.items()}

GROUPS = (*_PATTERNS, OTHER)


@lru_cache(maxsize=1_000)
def group_of(expense_type: str) -> str:
    """Name the group of an expense type.

    >>> group_of("Vehicle Fuel"), group_of("Vehicle Tyres"), group_of("Autopsies")
    ('fuel', 'vehicle_other', 'social_other')
    """
    name = expense_type.lower()
    return next((group for group, finder in _FINDERS.items() if finder.search(name)), OTHER)
