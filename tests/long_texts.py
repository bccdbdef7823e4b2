"""Long made-up texts in which facts are hidden evenly, and a model that answers from what it is shown."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from briefing.testing import Fault

FIRST = ["Anna", "Karl", "Mira", "Tom", "Ruth", "Oskar", "Lena", "Piet", "Clara", "Hugo"]
LAST = ["Veldt", "Marsh", "Quill", "Tarn", "Brock", "Sallow", "Hearn", "Dove", "Ostrow", "Kemp"]
PLACES = ["Harwick", "Norvale", "Castor", "Brenton", "Welling", "Sarnow", "Kelby", "Aldmere"]
THINGS = ["harbour", "bridge", "council", "report", "budget", "school", "river", "market", "tram", "ledger"]
DONE = ["opened", "closed", "delayed", "repaired", "measured", "questioned", "praised", "rejected", "counted"]
#: What every planted fact says, and nothing else in a text.
PLANTED = "sealed envelope"
DEPTHS = 10

_LINE = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_NOTE = re.compile(r"^- (.*) \[([\d, ]+)\]$", re.MULTILINE)
_MARK = re.compile(r"‹(q\d+)›")


def long_text(words: int, *, facts: int = 0, seed: int = 1) -> tuple[str, list[str]]:
    """Return a text of about so many words in chapters, and the facts in it, at ten depths, in their order."""
    choose = random.Random(seed)
    paragraphs: list[str] = []
    length = 0
    while length < words:
        paragraph = " ".join(_sentence(choose) for _ in range(choose.randint(3, 7)))
        length += len(paragraph.split())
        paragraphs.append(paragraph)
    planted = [_fact(number, choose) for number in range(facts)]
    per_depth = -(-facts // DEPTHS) or 1
    for number in reversed(range(facts)):
        depth, within = divmod(number, per_depth)
        place = (depth + (within + 0.5) / per_depth) / DEPTHS * len(paragraphs)
        paragraphs[int(place)] += f" {planted[number]}"
    for number in reversed(range(0, len(paragraphs), 40)):
        paragraphs.insert(number, f"CHAPTER {number // 40 + 1}")
    return "\n\n".join(paragraphs) + "\n", planted


def _sentence(choose: random.Random) -> str:
    thing, other, done = choose.choice(THINGS), choose.choice(THINGS), choose.choice(DONE)
    name, place = f"{choose.choice(FIRST)} {choose.choice(LAST)}", choose.choice(PLACES)
    kind = choose.random()
    if kind < 0.1:
        return f"“We {done} the {thing} long before the {other} of {place} was ready for it,” said {name}."
    if kind < 0.4:
        return f"In {place} the {thing} was {done} by {name} after {choose.randint(2, 900)} days of slow work on the {other} there."
    return (
        f"The old {thing} near the {other} was {done} in that year, and nobody at the {choose.choice(THINGS)} had "
        f"expected that from {name} of {place}."
    )


def _fact(number: int, choose: random.Random) -> str:
    """A number, a name, a quotation or a decision."""
    name = f"{choose.choice(FIRST)} {choose.choice(LAST)}"
    kinds = [
        f"The {PLANTED} of the tenant held {3000 + 17 * number} crowns.",
        f"The {PLANTED} was carried to the attic by Yorick Zander{_letters(number)}.",
        f"“The {PLANTED} goes to room {100 + number} tonight,” said {name}.",
        f"The committee decided to burn {PLANTED} {500 + number}.",
    ]
    return kinds[number % 4]


def _letters(number: int) -> str:
    return chr(ord("a") + number // 26) + chr(ord("a") + number % 26)


def shown(request: dict[str, Any]) -> dict[int, str]:
    """The sentences that a request shows, by number."""
    prompt = request["messages"][-1]["content"]
    return {int(number): text for number, text in _LINE.findall(prompt)}


def is_reduce(request: dict[str, Any]) -> bool:
    """Whether a request shows notes."""
    return "<notes>" in request["messages"][-1]["content"].splitlines()


def notes_in(request: dict[str, Any]) -> dict[str, list[int]]:
    """The notes that a request shows, with the numbers of the sentences that they rest on."""
    found = _NOTE.findall(request["messages"][-1]["content"])
    return {text: [int(number) for number in numbers.split(",")] for text, numbers in found}


def reader(change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None) -> Any:
    """Return a script for a `FakeModel` that notes every planted fact that it is shown, and keeps to the first ones in the end.

    `change` changes an answer, given the request.
    """

    def script(request: dict[str, Any]) -> Fault:
        lines = shown(request)
        found = {number: text for number, text in lines.items() if PLANTED in text}
        statements = [{"text": _MARK.sub("", text), "evidence": [n]} for n, text in found.items()]
        first, text = next(iter((found or lines).items()))
        statements = statements or [{"text": _MARK.sub("", text), "evidence": [first]}]
        answer = {
            "headline": "A sealed envelope" if found else "An old report",
            "summary": statements[:5],
            "notes": statements,
            "key_quotes": [
                {"id": mark, "speaker": None} for text in found.values() for mark in _MARK.findall(text)
            ],
            "entities": [{"name": "Harwick", "type": "place", "role": None}],
        }
        if change is not None:
            change(request, answer)

        def written(good: str) -> str:
            return json.dumps({name: answer.get(name, value) for name, value in json.loads(good).items()})

        return Fault(content=written)

    return script
