"""Names of countries, their people and the like that news articles use interchangeably, in English."""

from __future__ import annotations

# Names of countries and the like that news articles use interchangeably; most other acronyms are derived from the text.
_SAME = [
    frozenset(("uk", "britain", "british", "briton", "britons", "great britain", "united kingdom")),
    frozenset(("us", "usa", "america", "american", "americans", "united states")),
    frozenset(("eu", "european union")),
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
    frozenset(("tv", "television", "televised")),
    frozenset(("isis", "isil", "islamic state")),
]
#: All names of a group, by each of them, in lower case.
ALIASES = {word: group for group in _SAME for word in group}
