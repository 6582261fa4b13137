"""Names of time zones that people write and mean another: what they mean, and where clocks would not be changed."""

from __future__ import annotations

from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Final

_PLACES: Final = {
    "UTC": ("UTC", "UCT", "Z", "ZULU"),
    "America/New_York": ("ET", "EST", "EDT", "EASTERN", "US/EST", "NYC", "NY"),
    "America/Chicago": ("CT", "CDT", "CST", "CENTRAL"),
    "America/Denver": ("MT", "MST", "MDT", "MOUNTAIN"),
    "America/Los_Angeles": ("PT", "PDT", "PST", "PACIFIC"),
    "America/Anchorage": ("AKST", "AKDT"),
    "America/Halifax": ("AST", "ADT"),
    "America/St_Johns": ("NST", "NDT"),
    "America/Sao_Paulo": ("BRT",),
    "Europe/London": ("BST", "UK"),
    "Europe/Berlin": ("CEST", "MEZ", "MESZ"),
    "Europe/Athens": ("EEST",),
    "Europe/Lisbon": ("WEST",),
    "Europe/Moscow": ("MSK",),
    "Asia/Kolkata": ("IST",),
    "Asia/Tokyo": ("JST",),
    "Asia/Seoul": ("KST",),
    "Asia/Hong_Kong": ("HKT",),
    "Asia/Singapore": ("SGT",),
    "Australia/Sydney": ("AEST", "AEDT", "AET"),
    "Australia/Adelaide": ("ACST", "ACDT"),
    "Australia/Perth": ("AWST",),
    "Pacific/Auckland": ("NZST", "NZDT"),
}
_MEANT: Final = {name: place for place, names in _PLACES.items() for name in names}
_LONGEST_ABBREVIATION: Final = 5
"""Letters: a name up to this length may be an abbreviation, and a similar name would mean something else."""
_NO_PLACES: Final = ("Etc/", "SystemV/", "posix/", "right/")
_FIXED: Final = {
    "EST": "is five hours behind UTC the whole year and knows no summer time; for the time in New York write"
    ' "America/New_York"',
    "MST": "is seven hours behind UTC the whole year and knows no summer time; for the time in Denver write"
    ' "America/Denver"',
    "HST": 'is ten hours behind UTC the whole year; for the time in Honolulu write "Pacific/Honolulu"',
}


def hint(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown zone. It never offers a zone in which clocks show another time."""
    from peak_console.text import nearest

    word = name.strip().upper().replace(" ", "_")
    if word in _MEANT:
        return f'; did you mean "{_MEANT[word]}"?'
    if word.startswith(("UTC", "GMT", "+", "-")) and any(character.isdigit() for character in word):
        return "; an offset knows no summer time: use the IANA name of a place, as Europe/Berlin"
    places, cities = _places(frozenset(known))
    if word in cities:
        return f'; did you mean "{cities[word]}"?'
    if len(word) <= _LONGEST_ABBREVIATION and word.isalpha():
        return "; use the IANA name of a place, as Europe/Berlin"
    guess = nearest(name, places)
    return f'; did you mean "{guess}"?' if guess else "; use the IANA name of a place, as Europe/Berlin"


def doubt(name: str) -> str:
    """What is doubtful about a zone that exists; empty when nothing is."""
    if name in _FIXED:
        return f'timezone "{name}" {_FIXED[name]}'
    sign, hours = name.removeprefix("Etc/GMT")[:1], name.removeprefix("Etc/GMT")[1:]
    if name.startswith("Etc/GMT") and sign in ("+", "-") and hours.isdigit() and int(hours):
        side = "behind" if sign == "+" else "ahead of"
        return (
            f'timezone "{name}" is {int(hours)} h {side} UTC the whole year (the sign is reversed in these names);'
            " for the time of a place write its name, as Europe/Berlin"
        )
    return ""


@lru_cache(maxsize=1)
def _places(known: frozenset[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The zones that are named after places, and by each city in capitals the one to name."""
    places = sorted((place for place in known if "/" in place and not place.startswith(_NO_PLACES)), key=_preference)
    cities: dict[str, str] = {}
    for place in places:
        cities.setdefault(place.rpartition("/")[2].upper(), place)
    return tuple(places), cities


def _preference(place: str) -> tuple[bool, str]:
    """Names of continents before old names of countries, as US/Eastern."""
    return not place.startswith(("Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/")), place
