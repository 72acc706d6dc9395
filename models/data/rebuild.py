"""Rebuild `brands.csv.gz`: `python -m models.data.rebuild --index FILE`.

FILE is `dist/json/nsi.min.json` of the npm package `name-suggestion-index`, which lists what shops,
restaurants and the like are called, and what kind each is in OpenStreetMap's words. Kinds are filed
by rules of our own; of each name only its plain words and its leaf enter the table.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from models.descriptor import is_common, read_descriptor

# What OpenStreetMap calls a kind of place, and the leaf that most payments there are for.
KINDS = {
    "food.groceries": """
        shop/supermarket shop/bakery shop/butcher shop/greengrocer shop/deli shop/dairy shop/pastry
        shop/seafood shop/cheese shop/frozen_food shop/health_food shop/farm shop/food shop/pasta
        shop/spices shop/water shop/wholesale shop/country_store amenity/marketplace shop/nuts
    """,
    "food.convenience": """
        shop/convenience shop/kiosk shop/newsagent shop/confectionery shop/chocolate shop/outpost
        amenity/vending_machine
    """,
    "food.alcohol_and_tobacco": """
        shop/alcohol shop/wine shop/tobacco shop/e-cigarette shop/cannabis shop/beverages
    """,
    "dining.restaurant": "amenity/restaurant amenity/food_court",
    "dining.fast_food": "amenity/fast_food amenity/ice_cream",
    "dining.coffee": "amenity/cafe shop/coffee shop/tea",
    "dining.bar": "amenity/pub amenity/bar amenity/biergarten amenity/nightclub",
    "transport.fuel": "amenity/fuel amenity/charging_station highway/services",
    "transport.public": "transit/bus transit/train transit/subway transit/tram transit/light_rail",
    "transport.taxi": "amenity/taxi",
    "transport.parking_and_tolls": "amenity/parking highway/toll_gantry",
    "transport.upkeep": """
        shop/car_repair shop/car_parts shop/tyres amenity/car_wash amenity/vehicle_inspection
        shop/motorcycle_repair shop/truck_repair
    """,
    "transport.vehicle": "shop/car shop/motorcycle shop/truck shop/caravan",
    "transport.other": """
        amenity/bicycle_rental shop/bicycle amenity/kick-scooter_rental amenity/scooter_rental
        amenity/moped_rental shop/boat amenity/driving_school
    """,
    "housing.rent": "office/estate_agent office/property_management landuse/residential",
    "housing.mortgage": "office/mortgage",
    "housing.repairs": "craft/plumber craft/electrician craft/hvac craft/window_construction",
    "housing.services": "shop/storage_rental craft/cleaning office/security office/moving_company",
    "housing.furnishing": """
        shop/furniture shop/houseware shop/bed shop/kitchen shop/interior_decoration shop/lighting
        shop/carpet shop/curtain shop/bathroom_furnishing shop/household_linen shop/appliance
        shop/window_blind shop/tiles shop/flooring shop/vacuum_cleaner
    """,
    "housing.diy_and_garden": """
        shop/doityourself shop/hardware shop/paint shop/garden_centre shop/trade shop/tool_hire
        shop/electrical shop/agrarian shop/glaziery shop/doors shop/plant_hire shop/locksmith
    """,
    "utilities.energy": "office/energy_supplier shop/gas",
    "utilities.water_and_waste": "office/water_utility",
    "utilities.phone": "shop/mobile_phone shop/telecommunication office/telecommunication",
    "health.doctor": """
        amenity/clinic amenity/doctors amenity/hospital healthcare/laboratory
        healthcare/sample_collection
    """,
    "health.dental": "amenity/dentist",
    "health.eye_care": "shop/optician healthcare/optometrist",
    "health.pharmacy": "amenity/pharmacy shop/chemist shop/nutrition_supplements shop/herbalist",
    "health.fitness": "leisure/fitness_centre",
    "health.beauty": """
        shop/hairdresser shop/beauty shop/cosmetics shop/perfumery shop/massage shop/tattoo
        shop/hairdresser_supply
    """,
    "health.other": """
        shop/hearing_aids shop/medical_supply healthcare/physiotherapist healthcare/audiologist
        healthcare/counselling
    """,
    "family.childcare": "amenity/kindergarten amenity/childcare",
    "family.children": "shop/baby_goods",
    "family.pets": "shop/pet amenity/veterinary shop/pet_grooming amenity/animal_boarding",
    "family.tuition": "amenity/school amenity/university amenity/college amenity/prep_school",
    "family.courses": "amenity/language_school amenity/music_school amenity/training",
    "shopping.clothing": """
        shop/clothes shop/shoes shop/jewelry shop/watches shop/bag shop/fashion_accessories
        shop/leather shop/boutique shop/tailor
    """,
    "shopping.electronics": "shop/electronics shop/computer shop/hifi shop/camera shop/printer_ink",
    "shopping.general": "shop/department_store shop/variety_store shop/mall shop/general",
    "shopping.books": "shop/books shop/stationery",
    "shopping.hobbies": """
        shop/sports shop/outdoor shop/toys shop/craft shop/fabric shop/musical_instrument
        shop/games shop/party shop/photo shop/fishing shop/art shop/music shop/video_games
    """,
    "shopping.other": "shop/second_hand shop/pawnbroker shop/antiques",
    "giving.charity": "shop/charity",
    "giving.gifts": "shop/gift shop/florist",
    "entertainment.games": "leisure/amusement_arcade",
    "entertainment.outings": """
        amenity/cinema amenity/theatre tourism/theme_park tourism/museum tourism/zoo shop/ticket
        leisure/trampoline_park leisure/indoor_play
    """,
    "entertainment.sport": "leisure/bowling_alley leisure/sports_centre",
    "entertainment.gambling": """
        amenity/casino shop/bookmaker shop/lottery amenity/gambling leisure/adult_gaming_centre
    """,
    "travel.lodging": """
        tourism/hotel tourism/motel tourism/hostel tourism/caravan_site tourism/apartment
    """,
    "travel.car_rental": "amenity/car_rental amenity/car_sharing",
    "travel.other": "shop/travel_agency",
    "insurance.other": "office/insurance",
    "finance.loan": "shop/money_lender",
    "transfer.person": "amenity/money_transfer",
    "cash.withdrawal": "amenity/bureau_de_change",
    "services.professional": "office/lawyer office/tax_advisor office/accountant",
    "services.other": """
        amenity/post_office shop/dry_cleaning shop/laundry shop/copyshop shop/funeral_directors
        craft/electronics_repair shop/repair
    """,
}
# A department store has a chemist's counter and a supermarket a pump: what it is most comes first.
SIDELINES = frozenset(
    {
        *("amenity/vending_machine", "amenity/parking", "amenity/bicycle_rental", "shop/photo"),
        *("amenity/charging_station", "amenity/car_sharing", "shop/lottery", "shop/storage_rental"),
    }
)
TREES = ("brands", "operators", "transit")
COUNTRIES = frozenset(
    {
        *(
            "001",
            "us",
            "ca",
            "gb",
            "ie",
            "au",
            "nz",
            "de",
            "at",
            "ch",
            "fr",
            "it",
            "nl",
            "be",
            "es",
        ),
        *("pt", "mx", "br", "do", "pr", "co", "ar", "cl", "pe", "jp"),
    }
)
AGREES_PER_MILLE = 600
NAME_LENGTH_MIN = 3


def leaf_by_kind() -> dict[str, str]:
    """File each kind under its leaf; ValueError when two leaves claim one."""
    filed: dict[str, str] = {}
    for leaf, kinds in KINDS.items():
        for kind in kinds.split():
            if kind in filed:
                raise ValueError(f"{kind} is filed twice: {filed[kind]} and {leaf}")
            filed[kind] = leaf
    return filed


def brands_in(index: Mapping[str, Any]) -> dict[str, str]:
    """Give the leaf of each name on whose kind its uses agree, in order of the name."""
    filed = leaf_by_kind()
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for path, listed in sorted(index["nsi"].items()):
        tree, key, value = path.split("/")[:3]
        kind = f"transit/{value}" if tree == "transit" else f"{key}/{value}"
        if tree not in TREES or kind not in filed:
            continue
        for item in listed.get("items", ()):
            if _is_near(item):
                for name in _names(item):
                    votes[name][filed[kind]] += 1 if kind in SIDELINES else 4
    return {name: leaf for name in sorted(votes) if (leaf := _agreed(votes[name]))}


def _is_near(item: Mapping[str, Any]) -> bool:
    """Say whether a name is met where we know how banks write."""
    places = {str(place).partition("-")[0] for place in item["locationSet"].get("include", ())}
    return bool(places & COUNTRIES)


def _names(item: Mapping[str, Any]) -> Iterator[str]:
    """Give the plain words of an item's names that can only mean a brand."""
    tags = item["tags"]
    names = {item["displayName"], tags.get("brand", ""), tags.get("name", "")}
    for name in {_plain(re.sub(r" \(.*\)", "", name)) for name in names}:
        if len(name) >= NAME_LENGTH_MIN and not name.isdecimal() and not _says_nothing(name):
            yield name


def _plain(name: str) -> str:
    return read_descriptor(name).key.replace("&", " ") if name else ""


def _says_nothing(name: str) -> bool:
    return all(is_common(word) or len(word) == 1 for word in name.split())


def _agreed(votes: Counter[str]) -> str:
    leaf, most = votes.most_common(1)[0]
    return leaf if most * 1000 >= votes.total() * AGREES_PER_MILLE else ""


def main() -> None:
    """Write the table, the same bytes for the same package."""
    parser = argparse.ArgumentParser(description="Rebuild the table of brands.")
    parser.add_argument("--index", type=Path, required=True, metavar="FILE")
    brands = brands_in(json.loads(parser.parse_args().index.read_text("utf-8")))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("name", "leaf"), *brands.items()])
    # Without the time of writing in it.
    packed = gzip.compress(text.getvalue().encode("utf-8"), mtime=0)
    Path(__file__).with_name("brands.csv.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
