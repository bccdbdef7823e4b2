"""Names that news articles use interchangeably: of countries, regions and their people, mostly in English; common acronyms."""

from __future__ import annotations

import regex

# Names of countries and the like that news articles use interchangeably; most other acronyms are derived from the text.
_SAME = [
    frozenset((
        "uk", "britain", "british", "briton", "britons", "great britain", "united kingdom",
        "grossbritannien", "vereinigtes königreich", "vereinigte königreich", "vereinigten königreich", "vereinigtes konigreich",
        "vereinigte konigreich", "vereinigten konigreich", "royaume-uni", "grande-bretagne", "reino unido", "gran bretaña", "gran bretana",
    )),
    frozenset((
        "us", "usa", "america", "american", "americans", "united states",
        "vereinigte staaten", "vereinigten staaten", "etats-unis", "estados unidos", "stati uniti",
    )),
    frozenset(("tory", "tories", "conservative", "conservatives", "conservative party")),
    frozenset(("fed", "federal reserve")),
    frozenset(("eu", "european union", "europäische union", "europäischen union", "europaische union", "europaischen union", "union européenne", "union europeenne", "unión europea", "union europea")),
    frozenset(("lib dem", "lib dems", "liberal democrat", "liberal democrats")),
    frozenset(("belgium", "belgian", "belgians")),
    frozenset(("netherlands", "dutch", "holland")),
    frozenset(("france", "french")),
    frozenset(("spain", "spanish", "spaniard", "spaniards")),
    frozenset(("switzerland", "swiss")),
    frozenset(("denmark", "danish", "danes")),
    frozenset(("sweden", "swedish", "swedes")),
    frozenset(("poland", "polish")),
    frozenset(("greece", "greek", "greeks")),
    frozenset(("ireland", "irish")),
    frozenset(("wales", "welsh")),
    frozenset(("norway", "norwegian", "norwegians")),
    frozenset(("finland", "finnish", "finns")),
    frozenset(("scotland", "scottish", "scots")),
    frozenset(("england", "english")),
    frozenset(("philippines", "filipino", "filipinos", "philippine")),
    frozenset(("turkey", "turkish", "turks")),
    frozenset(("hungary", "hungarian", "hungarians")),
    frozenset(("portugal", "portuguese")),
    frozenset(("iceland", "icelandic")),
    frozenset(("cyprus", "cypriot", "cypriots")),
    frozenset(("lebanon", "lebanese")),
    frozenset(("peru", "peruvian", "peruvians")),
    frozenset(("uae", "emirates", "emirati")),
    frozenset(("isis", "isil", "islamic state")),
]  # fmt: skip
# American states as newspapers abbreviate them; those that are other words ("Miss.") are left out.
_STATES = """
    ariz=arizona calif=california colo=colorado conn=connecticut fla=florida ill=illinois kan=kansas mass=massachusetts mich=michigan minn=minnesota
    mont=montana neb=nebraska nev=nevada okla=oklahoma ore=oregon tenn=tennessee wis=wisconsin wyo=wyoming
"""
_SAME += [frozenset(pair.split("=")) for pair in _STATES.split()]
#: Parts of countries that are named behind a town as countries are: "Eugene, Oregon".
REGIONS = frozenset((
    "england", "scotland", "wales", "northern ireland", "alabama", "alaska", "arizona", "arkansas", "california", "colorado", "connecticut",
    "delaware", "florida", "georgia", "hawaii", "idaho", "illinois", "indiana", "iowa", "kansas", "kentucky", "louisiana", "maine", "maryland",
    "massachusetts", "michigan", "minnesota", "mississippi", "missouri", "montana", "nebraska", "nevada", "new hampshire", "new jersey",
    "new mexico", "new york", "north carolina", "north dakota", "ohio", "oklahoma", "oregon", "pennsylvania", "rhode island", "south carolina",
    "south dakota", "tennessee", "texas", "utah", "vermont", "virginia", "washington", "west virginia", "wisconsin", "wyoming",
))  # fmt: skip
#: Acronyms that are common nouns rather than names.
COMMON_ACRONYMS = frozenset((
    "tv", "ceo", "cfo", "ceos", "mp", "mps", "gp", "gps", "dj", "djs", "pr", "hr", "it", "id", "ids", "dna", "cctv", "vip", "vips", "gdp", "phd",
))  # fmt: skip
#: All names of a group, by each of them, in lower case.
ALIASES = {word: group for group in _SAME for word in group}
#: "National Rescue Service (NRS)", "NRS (National Rescue Service)".
_EXPLAINED = regex.compile(
    r"(?<=\p{L}[”\"’]? ?\([“\"‘]?)\p{Lu}{2,8}(?=[”\"’]?\))|\b\p{Lu}{2,8}(?= \(\p{Lu}\p{L}*\s)"
)


def explained_acronyms(text: str) -> frozenset[str]:
    """Return acronyms that `text` introduces in parentheses, beside the full name or around it."""
    return frozenset(_EXPLAINED.findall(text)) if "(" in text else frozenset()
