"""Find the noun phrases of a clause, without a parser.

Noun phrases are runs of words, recognized by capitals, articles and pronouns. The subject of a verb follows from word
order, prepositions and commas. Sufficient to find the speaker in a sentence of news, and not meant for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

import regex

from briefing.quotations.clauses import Clause, Token
from briefing.quotations.cue_lexicon import Cues
from briefing.text import ARABIC_TITLES, HEBREW_NAMES, NAME_PARTICLES, count_titles

#: Longest noun phrase, in words after the article.
_LONGEST_PHRASE = 8
#: Longest description of a person behind a name ("campaign spokesman"), in words.
_LONGEST_DESCRIPTION = 4
#: French "de", Italian "di": the links of compound nouns that contain no article.
_BARE_LINKS = frozenset(["de", "d'", "di"])

#: An Arabic preposition or conjunction with the article, written as one word with its noun ("to the reporters").
_ARABIC_PREFIXED = regex.compile(r"(?:لل|بال|كال|وال)\p{Arabic}{3,}")
#: Written onto the next word: "in", "to", "from".
_HEBREW_PREPOSITIONS = "\u05d1\u05dc\u05de"
_SHORTEST_PREFIXED = 2
_INFINITIVE = frozenset(["to", "zu"])
#: Conjunctions that join two noun phrases.
COORDINATORS = frozenset(["and", "und", "et", "y", "e", "og", "och", "en", "or"])
#: Offices whose names may join two fields with "and".
_OFFICES = frozenset(["department", "ministry", "office", "bureau", "agency", "secretary", "minister"])


class Phrase(NamedTuple):
    """A noun phrase: its tokens from `first` to `last` (exclusive), and those of the name in it."""

    first: int
    last: int
    kind: Literal["name", "pronoun", "noun"]
    name_first: int
    name_last: int

    def offsets_in(self, clause: Clause) -> tuple[int, int]:
        """The offsets of the name, without a possessive "'s" behind it."""
        last = self.name_last - 1
        end = clause.end_of_name(last) if self.kind == "name" else clause.end_of(last)
        return clause.start_of(self.name_first), end

    @property
    def is_full_name(self) -> bool:
        """Whether it is a name of several words."""
        return self.kind == "name" and self.last - self.first > 1

    @property
    def is_first_word(self) -> bool:
        """Whether it is the capitalized word that opens the clause."""
        return self.kind == "name" and self.first == 0 and self.last == 1


def find_verbs(tokens: Clause, cues: Cues) -> list[int]:
    """Find the finite reporting verbs of a clause."""
    verbs = cues.verbs
    return [
        index for index, word in enumerate(tokens.words) if word in verbs and is_verb(tokens, index, cues)
    ]


def is_verb(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    """Whether a token is a finite reporting verb, unlike in "the claims" and "to say"."""
    token = tokens[index]
    if token.lower not in cues.verbs:
        return False
    if not index:
        return True
    before = tokens[index - 1]
    if (before.owner and len(before.lower) > len("s'")) or (
        token.capital and _has_article(tokens, index, cues)
    ):
        return False  # "Ruiz’s proposed plan", "the United States"
    return before.lower in cues.pronouns or (
        before.lower not in cues.articles and before.lower not in _INFINITIVE
    )


def _has_article(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    """Whether capitalized words with an article precede a token."""
    start = index
    while start and tokens[start - 1].capital:
        start -= 1
    return 0 < start < index and tokens[start - 1].lower in cues.articles


def find_phrases(tokens: Sequence[Token], cues: Cues) -> list[Phrase]:
    """Find the noun phrases of a clause, from left to right."""
    phrases: list[Phrase] = []
    behind, first_words = 0, cues.first_in_phrases
    for index, token in enumerate(tokens):
        if (
            (token.capital or token.lower in first_words)
            and token.word
            and index >= behind
            and (phrase := phrase_at(tokens, index, cues))
        ):
            phrases.append(phrase)
            behind = phrase.last
    return phrases


def phrase_at(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    """The noun phrase that begins at a token; `None` if none does."""
    token = tokens[index]
    word = token.lower
    owns = token.capital and token.owner and token.owner not in cues.not_in_names
    if (owns or word in cues.articles) and (phrase := _noun_phrase(tokens, index, cues)):
        return phrase
    if word in cues.pronouns:
        return Phrase(index, index + 1, "pronoun", index, index + 1)
    if _may_start_name(tokens, index, cues):
        return _proper_name(tokens, index, cues)
    return Phrase(index, index + 1, "noun", index, index + 1) if word in cues.bare_nouns else None


def _may_start_name(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    token = tokens[index]
    word = token.lower
    if not token.capital or word in cues.not_first_in_names:
        return False
    is_last = index + 1 == len(tokens)
    before_capital = not is_last and tokens[index + 1].capital
    if before_capital:
        return index > 0 or word not in cues.verbs
    if len(token.text) == 1 and not is_last:
        return False
    opens = index == 0 and (word in cues.clause_openers or word.endswith(("ing", "ly")))
    return not opens and word not in cues.verbs


def _proper_name(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase:
    """A run of capitalized words with the particles inside it. The name in it has no titles before it."""
    last = index + 1
    while last < len(tokens):
        token = tokens[last]
        if token.capital and token.lower not in cues.not_in_names:
            last += 1
        elif _is_particle(token) and last + 1 < len(tokens) and tokens[last + 1].capital:
            last += 2
        else:
            break
    if described := _described(tokens, index, last, cues):
        return described
    first = index
    if last > index + 1:
        first += count_titles([token.text for token in tokens[index:last]])
    return Phrase(index, last, "name", first, last)


def _is_particle(token: Token) -> bool:
    return token.lower in NAME_PARTICLES or token.lower == "d'"


def _described(tokens: Sequence[Token], index: int, last: int, cues: Cues) -> Phrase | None:
    """The phrase of a name that describes a person: "Bank of England governor Ana Ruiz", "White House officials".

    The name in it is the person's, else the whole description. `None` if no word for a person follows.
    """
    stop = last
    for place in range(last, min(last + _LONGEST_DESCRIPTION, len(tokens))):
        token = tokens[place]
        if not token.word or token.capital or token.lower in cues.outside_names:
            break
        if token.lower in cues.person_nouns:
            stop = place + 1
    if stop == last:
        return None
    if stop < len(tokens) and _may_start_name(tokens, stop, cues):
        return _proper_name(tokens, stop, cues)._replace(first=index)
    return Phrase(index, stop, "noun", index, stop)


def _behind_link(tokens: Sequence[Token], last: int, cues: Cues) -> int:
    """The index of a noun that the link at `last` joins to the one before; 0 if none does.

    As in "the Bank of England" and "la chambre de commerce", but not in "the owner of the mill".
    """
    link, following = tokens[last].lower, tokens[last + 1 : last + 3]
    if not following:
        return 0
    place = last + 1 + (following[0].lower in cues.articles)
    if place >= len(tokens) or (link in cues.links and not tokens[last - 1].capital):
        return 0
    if tokens[place].capital:
        return place
    compound = (
        link in _BARE_LINKS and link in cues.noun_links and place == last + 1 and tokens[place].text.isalpha()
    )
    return place if compound and tokens[place].lower not in cues.function_words else 0


def _noun_phrase(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    """A noun phrase with an article. It may end with a name: "the billionaire Ana Ruiz"."""
    last = index + 1
    linked = 0
    while last < len(tokens) and last - index <= _LONGEST_PHRASE and tokens[last].word:
        token = tokens[last]
        word = token.lower
        if last > index + 1 and word in cues.compound_links and (behind := _behind_link(tokens, last, cues)):
            linked = last = behind
        elif (
            linked
            and word in COORDINATORS
            and tokens[last - 1].capital
            and tokens[index + 1].lower in _OFFICES
        ):
            linked = last
        elif word in cues.after_phrase and not (token.capital and word in cues.verbs):
            break
        if word in cues.pronouns or (not token.capital and word.endswith("ly")):
            break
        last += 1
    if last == index + 1:
        return None
    capital = last
    while capital > index + 1 and tokens[capital - 1].capital:
        capital -= 1
    if last - capital > 1 and not (linked and capital <= linked + 1):
        name = _proper_name(tokens[:last], capital, cues)
        return name._replace(first=index, last=last)
    return Phrase(index, last, "noun", index, last)


def caseless_phrase(tokens: Sequence[Token], start: int, cues: Cues) -> Phrase | None:
    """The noun phrase that begins at a token, in scripts without capitals (Arabic, Hebrew); `None` if none does."""
    run = takewhile(lambda token: in_phrase(token, cues), tokens[start : start + _LONGEST_PHRASE])
    stop = start
    for token in run:
        if _is_prefixed(token, first=stop == start):
            break
        stop += 1
    while start < stop - 1 and tokens[start].text in ARABIC_TITLES:
        start += 1
    return Phrase(start, stop, "noun", start, stop) if start < stop else None


def in_phrase(token: Token, cues: Cues) -> bool:
    """Whether a token may be part of a noun phrase without capitals."""
    return token.word and token.lower not in cues.after_phrase


def _is_prefixed(token: Token, *, first: bool) -> bool:
    """Whether a word begins with a preposition: Arabic with the article, Hebrew "in", "to" and "from".

    Hebrew names begin with these letters, too. The first word behind a verb is taken for a name if it is a common one; later ones
    are part of the phrase unless they begin with "in".
    """
    if _ARABIC_PREFIXED.match(token.text):
        return True
    letter = token.text[:1]
    return (
        letter in _HEBREW_PREPOSITIONS[: 3 if first else 1]
        and len(token.text) > _SHORTEST_PREFIXED
        and (token.text not in HEBREW_NAMES)
    )
