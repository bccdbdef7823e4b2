"""The articles of `long_run.py`: short, made up, all different but for some that come again, and some that are none."""

from __future__ import annotations

import random
import re

_TOWNS = [
    "Aldmere",
    "Brackholm",
    "Corvale",
    "Dunmarsh",
    "Elsworth",
    "Fenbridge",
    "Garlund",
    "Hollsted",
    "Ivermoor",
    "Jarnwick",
]
_FIRST = [
    "Ada",
    "Bruno",
    "Carla",
    "Dario",
    "Elin",
    "Farid",
    "Greta",
    "Henrik",
    "Ines",
    "Jonas",
    "Kaja",
    "Lorenz",
    "Mira",
    "Nils",
]
_LAST = [
    "Abel",
    "Brandt",
    "Castell",
    "Dorn",
    "Ekberg",
    "Fontane",
    "Grahl",
    "Hallam",
    "Ivarsen",
    "Janda",
    "Kolb",
    "Lindqvist",
]
_WORKS = ["bridge", "harbour", "school", "library", "tramway", "waterworks", "swimming hall", "market hall"]
_ROLES = ["mayor", "chief engineer", "head of the works office", "speaker of the council"]
_SAID = (
    "We have waited {years} years for this, and we will not wait another winter",
    "Nobody will lose a job over it, and {people} people will be hired",
    "The estimate was wrong by {share} percent, and that is our fault",
    "It will be loud for {weeks} weeks, and then it will be quiet",
)
_NUMBER = re.compile(r"Notice (\d{6})\b")

#: What is given in place of an article, by turns.
BROKEN = ("", "   ", "\n\n")
#: Shares of articles.
_COME_AGAIN, _BROKEN = 0.01, 0.001


def article(number: int, chance: random.Random) -> str:
    """An article whose number can be read in it."""
    town, work = chance.choice(_TOWNS), chance.choice(_WORKS)
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    said = chance.choice(_SAID).format(
        years=chance.randint(3, 30),
        people=chance.randint(12, 900),
        share=chance.randint(4, 80),
        weeks=chance.randint(5, 60),
    )
    return (
        f"The council of {town} has decided to rebuild the {work} for {chance.randint(2, 900)} million crowns. "
        f"“{said},” said {name}, {chance.choice(_ROLES)}, on Monday. "
        f"Work begins in {chance.choice(['March', 'May', 'September'])} and takes {chance.randint(4, 40)} months. "
        f"{chance.randint(5, 60)} members of the council voted for it. Notice {number:06d} has the plans."
    )


def articles(count: int, seed: int) -> list[str]:
    """As many articles, the same ones for the same seed."""
    chance = random.Random(f"articles {seed}")
    made: list[str] = []
    whole: list[str] = []
    for number in range(count):
        draw = chance.random()
        if draw < _BROKEN or number == count // 2:  # one at least
            text = BROKEN[number % len(BROKEN)]
        elif (draw < _BROKEN + _COME_AGAIN or number == count // 3) and whole:
            text = chance.choice(whole)
        else:
            text = article(number, chance)
            whole.append(text)
        made.append(text)
    return made


def number_in(text: str) -> int | None:
    """The number of the article that a text holds, `None` if it holds none."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None
