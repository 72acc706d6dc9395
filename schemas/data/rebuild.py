"""Rebuild `mcc.csv` from the rules below: `python -m schemas.data.rebuild --merchants DIR`.

Each merchant category code is filed by hand, once. The lists in DIR are read only to see that none
of their codes was forgotten; nothing else of theirs enters the table.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from pathlib import Path

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


def main() -> None:
    """Write the table, unless a listed code has no rule yet."""
    parser = argparse.ArgumentParser(description="Rebuild mcc.csv from the rules in this file.")
    parser.add_argument("--merchants", type=Path, required=True, metavar="DIR")
    filed = table()
    forgotten = sorted(listed(parser.parse_args().merchants) - filed.keys())
    if forgotten:
        sys.exit(f"No rule files {', '.join(forgotten)}: add each to a line of RULES.")
    lines = ["mcc,leaf", *(f"{code},{leaf}" for code, leaf in filed.items())]
    Path(__file__).with_name("mcc.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
