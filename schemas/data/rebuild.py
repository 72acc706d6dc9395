"""Rebuild `mcc.csv` and `merchants.csv`: `python -m schemas.data.rebuild --merchants DIR`.

Each merchant category code is filed by hand, once. The lists of codes in DIR are read only to see
that none was forgotten; nothing else of theirs enters `mcc.csv`. Of the list of merchants, those
whose kind is clear enter `merchants.csv` with names and spellings, filed by rules of our own.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# A range files every code in it: networks give 3000 to 3999 to brands, year after year.
RULES = {
    "transfer.investments": "6211 6760",
    "transfer.person": "4829 6536 6537",
    "transfer.other": "6532 6533 6538 6540",
    "housing.rent": "6513",
    "housing.repairs": "1520 1711 1731 1740 1750 1761 1771 1799 7342 7623 7629 7641",
    "housing.services": "0780 7217 7349 7393",
    "housing.furnishing": "5712 5713 5714 5718 5719 5722 5950 5998",
    "housing.diy_and_garden": "5039 5072 5074 5193 5198 5200 5211 5231 5251 5261 5996",
    # 4900 covers all utilities; energy is what most of its bills are for.
    "utilities.energy": "4900 5983",
    "utilities.internet": "4816 4899",
    "utilities.phone": "4812 4813 4814 4815 4821",
    "food.groceries": "5411 5422 5441 5451 5462 9751",
    "food.convenience": "5499",
    "food.alcohol_and_tobacco": "5921 5993",
    "dining.restaurant": "5811 5812",
    "dining.fast_food": "5814",
    "dining.bar": "5813",
    "transport.fuel": "5172 5541 5542 5552 7511 9752",
    "transport.public": "4011 4111 4112 4131",
    "transport.taxi": "4121",
    "transport.parking_and_tolls": "4784 7523 7524",
    "transport.upkeep": "5013 5531 5532 5533 5935 7531 7534 7535 7538 7542 7549",
    "transport.vehicle": "5271 5511 5521 5551 5561 5571 5592 5598 5599",
    "transport.other": "4789 5940",
    "health.doctor": "4119 8011 8031 8041 8049 8050 8062 8071",
    "health.dental": "8021",
    "health.eye_care": "8042 8043 8044",
    "health.pharmacy": "5122 5912",
    "health.fitness": "7997",
    "health.beauty": "5698 5977 7230 7297 7298",
    "health.other": "5047 5975 5976 7280 8099",
    "family.childcare": "7295 8351",
    "family.children": "5641",
    "family.pets": "0742 5995",
    "family.tuition": "8211 8220",
    "family.courses": "8241 8244 8249 8299",
    "shopping.clothing": """
        5094 5137 5139 5611 5621 5631 5651 5655 5661 5681 5691 5697 5699 5944 5948 7296
    """,
    "shopping.electronics": "5045 5732 5734 5817 5818 5946 5978 5997 7372 7379",
    "shopping.general": "5300 5309 5310 5311 5331 5399",
    "shopping.online": "5262 5961 5964 5965 5968 5969",
    "shopping.books": "5111 5192 5942 5943 5994",
    "shopping.hobbies": "5131 5723 5733 5941 5945 5949 5970 5972",
    "shopping.other": "5832 5931 5932 5933 5937 5963 5966 5971 5973 5999",
    "entertainment.streaming": "5735 5815 7829 7841",
    "entertainment.games": "5816 7993 7994",
    "entertainment.outings": "7832 7922 7929 7941 7991 7996 7998",
    "entertainment.sport": "4468 7911 7932 7933 7992 7999",
    "entertainment.gambling": "7800 7801 7802 7995 9406",
    "entertainment.other": "5967 7273",
    "travel.flights": "3000-3350 4511",
    "travel.car_rental": "3351-3500 7512 7513 7519",
    "travel.lodging": "3501-3999 7011 7012 7032 7033",
    "travel.other": "4411 4457 4582 4722 4723 5962",
    # Motoring clubs sell breakdown cover.
    "insurance.vehicle": "8675",
    "insurance.other": "5960 6300 6381 6399",
    # 6012 is a lender's counter: seen as a repayment it stays visible, as a transfer it would not.
    "finance.loan": "6012 7322 9411",
    "government.tax": "9311",
    "government.fees": "9211 9222 9223 9399",
    "giving.charity": "8398 8661",
    "giving.gifts": "5947 5992",
    "services.professional": "7276 7277 7321 8111 8911 8931 8999",
    "services.memberships": "7278 8641 8651 8699",
    "services.business": """
        0763 2741 2791 2842 5021 5044 5046 5051 5065 5085 5099 5169 5199
        7311 7332 7333 7338 7339 7361 7375 7392 7399 8734 9405 9950
    """,
    "services.other": """
        4214 4215 4225 7210 7211 7216 7221 7251 7261 7299 7394 7395 7622 7631 7692 7699
        9402 9700 9701 9702
    """,
    # 6050 and 6051 sell foreign notes and money orders.
    "cash.withdrawal": "6010 6011 6050 6051",
}

# What the list calls a kind of merchant, and the leaf that it is clearly for. A kind that could be
# for several, such as a bank or a cloud, has no rule: its merchants are left out.
KINDS = {
    "transfer.investments": "brokerage micro_investing",
    "transfer.card_payment": "credit_card",
    "transfer.person": "international_transfer money_transfer peer_to_peer p2p remittance",
    "housing.mortgage": "mortgage",
    "housing.services": "home_security lawn_care pest_control",
    "housing.furnishing": "furniture home_decor home_goods",
    "housing.diy_and_garden": "hardware home_improvement tools",
    "utilities.energy": "electric electric_gas gas_electric gas_utility",
    "utilities.water_and_waste": "waste water",
    "utilities.internet": "internet_cable",
    "utilities.phone": "mobile mobile_internet",
    "food.groceries": "supermarket grocery_delivery",
    "food.convenience": "convenience convenience_store",
    "dining.restaurant": "restaurant",
    "dining.fast_food": "bakery fast_casual fast_food ice_cream pizza",
    "dining.coffee": "coffee",
    "dining.delivery": "food_delivery",
    "transport.fuel": "ev_charging gas gas_convenience",
    "transport.public": "bus public_transit train",
    "transport.taxi": "rideshare taxi",
    "transport.parking_and_tolls": "parking tolls",
    "transport.upkeep": "auto_parts auto_service car_wash",
    "transport.vehicle": "car_dealer",
    "transport.other": "bike_share",
    "health.doctor": "clinic hospital lab telehealth",
    "health.dental": "dental",
    "health.eye_care": "vision",
    "health.pharmacy": "pharmacy",
    "health.fitness": "fitness_apps gym",
    "health.beauty": "beauty beauty_supply cosmetics salon_spa",
    "health.other": "mental_health wellness",
    "family.childcare": "childcare",
    "family.pets": "pet_supplies",
    "family.tuition": "university",
    "family.courses": "education_apps",
    "shopping.clothing": "clothing jewelry shoes",
    "shopping.electronics": """
        ai_tools cloud_storage creative_software design_software developer_tools electronics
        electronics_digital productivity saas vpn_security
    """,
    "shopping.general": "department_store discount_store superstore warehouse_club",
    "shopping.online": "online_marketplace",
    "shopping.books": "audiobooks books books_digital news office_supplies",
    "shopping.hobbies": "crafts musical_instruments sporting_goods",
    "entertainment.streaming": "audio music streaming streaming_music streaming_video",
    "entertainment.games": "gaming video_games",
    "entertainment.outings": "family_entertainment movies theme_park tickets",
    "entertainment.gambling": "casino lottery",
    "entertainment.other": "dating",
    "travel.flights": "airline",
    "travel.lodging": "hotel lodging lodging_booking ota",
    "travel.car_rental": "car_rental car_sharing",
    "travel.other": "cruise ferry travel_agency",
    "insurance.home": "home_insurance",
    "insurance.vehicle": "auto_insurance auto_membership",
    "insurance.health": "dental_insurance health_insurance vision_insurance",
    "insurance.life": "life_insurance",
    "insurance.other": "general_insurance insurance",
    "finance.student_loan": "loan_servicer",
    "government.tax": "tax_authority",
    "government.fees": "government_services",
    "services.professional": "tax_preparation",
    "services.other": "courier postal",
}

# Merchants that are not what their kind says; without a leaf, those left out.
APART = {
    "finance.loan": "lendingclub onemain_financial upstart",
    "finance.car_loan": "motor_credito",
    "food.groceries": "shipt",
    "insurance.other": "axa",
    "transport.other": "lime",
    "entertainment.sport": "topgolf bowlero",
    "family.children": "carters childrens_place",
    "": "curaleaf meta monako_ai trulieve usaa",
}
REGIONS = {"GLOBAL", "LATAM"}
"""What the list gives among its countries, and is none."""
SPELLINGS_MAX = 8


def codes_in(rule: str) -> list[str]:
    """Spell out a rule's codes, its ranges too."""
    codes = []
    for part in rule.split():
        first, _, last = part.partition("-")
        codes += [f"{code:04}" for code in range(int(first), int(last or first) + 1)]
    return codes


def table(rules: Mapping[str, str] = RULES) -> dict[str, str]:
    """File each code under its leaf, in order of code; ValueError when two rules claim one."""
    filed: dict[str, str] = {}
    for leaf, rule in rules.items():
        for code in codes_in(rule):
            if code in filed:
                raise ValueError(f"{code} is filed twice: {filed[code]} and {leaf}")
            filed[code] = leaf
    return dict(sorted(filed.items()))


def listed(merchants: Path) -> set[str]:
    """Gather the codes of both lists in the folder *merchants*."""
    with (merchants / "mcc_codes.csv").open(encoding="utf-8", newline="") as lines:
        codes = {row["mcc"] for row in csv.DictReader(lines)}
    return codes | set(json.loads((merchants / "mcc_categories.json").read_text("utf-8"))["mcc"])


def merchants_in(merchants: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Give name, leaf, code, countries and spellings of each clear merchant, in given order."""
    filed = table()
    leaf_of_kind = {kind: leaf for leaf, rule in KINDS.items() for kind in rule.split()}
    leaf_of_id = {own_id: leaf for leaf, rule in APART.items() for own_id in rule.split()}
    text = (merchants / "merchant_aliases.json").read_text("utf-8")
    named: set[str] = set()
    for row in json.loads(text)["merchants"]:
        leaf = leaf_of_id.get(row["id"], leaf_of_kind.get(row["subcategory"], ""))
        # A second name in brackets or behind a slash is for people; statements have one.
        name = re.sub(r" \(.*\)| / .*", "", row["canonicalName"])
        if leaf and name not in named:
            named.add(name)
            countries = " ".join(code for code in row["countryHints"] if code not in REGIONS)
            # The code that agrees with the leaf, if one does.
            mcc = next(
                (code for code in row["mccHints"] if filed[code] == leaf), row["mccHints"][0]
            )
            yield name, leaf, mcc, countries, "|".join(_spellings(row, name))


def _spellings(row: Mapping[str, Any], name: str) -> list[str]:
    """Give the other ways of writing a name, without those that only differ in case."""
    spellings = dict.fromkeys(spelling.strip().lower() for spelling in row["aliases"])
    return [one for one in spellings if one != name.lower()][:SPELLINGS_MAX]


def main() -> None:
    """Write both tables, unless a listed code has no rule yet."""
    parser = argparse.ArgumentParser(description="Rebuild the tables from the rules in this file.")
    parser.add_argument("--merchants", type=Path, required=True, metavar="DIR")
    merchants = parser.parse_args().merchants
    filed = table()
    forgotten = sorted(listed(merchants) - filed.keys())
    if forgotten:
        sys.exit(f"No rule files {', '.join(forgotten)}: add each to a line of RULES.")
    _write("mcc.csv", ("mcc", "leaf"), filed.items())
    columns = ("name", "leaf", "mcc", "countries", "spellings")
    _write("merchants.csv", columns, merchants_in(merchants))


def _write(name: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with Path(__file__).with_name(name).open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([columns, *rows])


if __name__ == "__main__":
    main()
