"""The cities of each country, and in which of them a household is at home."""

from collections.abc import Mapping
from zlib import crc32

CITIES: Mapping[str, tuple[str, ...]] = {
    "US": ("Denver", "Austin", "Columbus", "Portland", "Charlotte"),
    "GB": ("Manchester", "Bristol", "Leeds", "Norwich", "Cardiff"),
    "DE": ("Berlin", "Leipzig", "Köln", "Freiburg", "Hannover"),
    "ES": ("Madrid", "Valencia", "Sevilla", "Bilbao", "Málaga"),
    "JP": ("Tokyo", "Osaka", "Sapporo", "Fukuoka", "Sendai"),
}
STATES: Mapping[str, str] = {
    "Denver": "CO",
    "Austin": "TX",
    "Columbus": "OH",
    "Portland": "OR",
    "Charlotte": "NC",
}


def home_city(user_id: str, country: str) -> str:
    """Name the city that a household lives in, always the same one.

    >>> home_city("household-001", "GB") in CITIES["GB"]
    True
    """
    cities = CITIES[country]
    return cities[crc32(user_id.encode()) % len(cities)]
