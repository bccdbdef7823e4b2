"""An article in any number of copies, no sentence of which is in two of them, and a briefing of it as a good model writes it.

What the library keeps of a sentence or word from one article to the next helps a run over different articles little; so it must not
help in a measurement. The model's sentences are worded anew, as those of large models are; copies of sentences cost less to check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_SEED = Path(__file__).parent.parent / "seeds" / "harbour-bridge-inquiry.txt"
#: The full stop of a sentence.
_END = re.compile(r"(?<=[a-z]{2})(\.\"?)(?=\s|$)")

#: The briefing of each of the articles, in the form of an answer: all of it holds.
BRIEFING = {
    "headline": "Two reports of bridge crack did not reach trust's board, inquiry hears",
    "summary": [
        {
            "text": "Inspectors reported the crack in Port Callan's Harbour Bridge twice before the bridge was shut, and the board of "
            "the trust saw neither report, a public inquiry heard.",
            "evidence": [2],
        },
        {
            "text": "The bridge was closed on 3 March, when a steel pin was found split through two thirds of its width, and reopened on "
            "8 June after repairs at a cost of £14.2 million.",
            "evidence": [3, 4],
        },
        {
            "text": "Martin Sallis, who inspected it for Braidwood Survey, said he had photographed the crack in May 2023 and had "
            "returned to it in April 2024.",
            "evidence": [5],
        },
        {
            "text": "Priya Venn, the trust's chief engineer, confirmed that she had read both reports.",
            "evidence": [11, 12],
        },
    ],
    "key_quotes": [
        {"id": "q1", "speaker": "Martin Sallis"},
        {"id": "q3", "speaker": "Priya Venn"},
        {"id": "q4", "speaker": "Dame Ruth Lyle"},
    ],
    "entities": [
        {"name": "Harbour Bridge", "type": "place", "role": None},
        {"name": "Martin Sallis", "type": "person", "role": None},
        {"name": "Braidwood Survey", "type": "organization", "role": "contractor"},
        {"name": "Priya Venn", "type": "person", "role": "chief engineer"},
        {"name": "Callan Bridge Trust", "type": "organization", "role": None},
        {"name": "Dame Ruth Lyle", "type": "person", "role": "retired judge"},
        {"name": "Helen Drury", "type": "person", "role": None},
        {"name": "Alan Pruett", "type": "person", "role": "chairman"},
    ],
}


def stub_article(number: int) -> str:
    """The article of a number from 0 to 17,575."""
    place = "".join(chr(ord("a") + number // 26**power % 26) for power in (2, 1, 0))
    return _END.sub(rf" near {place}wood\1", _SEED.read_text("utf-8"))


def stub_articles(count: int) -> Iterator[str]:
    """So many different articles."""
    return map(stub_article, range(count))
