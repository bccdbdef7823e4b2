"""Find the words and noun phrases of a clause, without a parser.

Noun phrases are runs of words, recognized by capitals, articles and pronouns. The subject of a verb follows from word
order, prepositions and commas. Sufficient to find the speaker in a sentence of news, and not meant for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

import regex

from briefing.quotations.cue_lexicon import Cues
from briefing.text import (
    ABBREVIATED_TITLES,
    ARABIC_TITLES,
    HEBREW_NAMES,
    INVISIBLE,
    NAME_PARTICLES,
    count_titles,
    plain,
)

#: Longest noun phrase, in words after the article.
_LONGEST_PHRASE = 8
#: Longest description of a person behind a name ("campaign spokesman"), in words.
_LONGEST_DESCRIPTION = 4
#: French "de", Italian "di": the links of compound nouns that contain no article.
_BARE_LINKS = frozenset(["de", "d'", "di"])
#: Token that replaces a quoted piece.
MASK = "\ufffc"

_TOKEN = regex.compile(
    rf"(?:\p{{Lu}}\.(?:-?\p{{Lu}}\.)*|(?:{ABBREVIATED_TITLES}|Jr|St|Nr)\."
    # French and Italian words that are written onto the next one ("l’avocat", "qu’Anna"), but not "D’Angelo".
    r"|(?:[dlcsn]|(?:lors|puis|jus)?qu|[dns]?ell|dall|all|un)['’](?=\p{L}{2})(?!après)|(?:[DLCSN]|Qu|Dell|All|Un)['’](?=\p{Ll}{2})(?!après)"
    r"|[\p{L}\p{M}][\p{L}\p{M}\p{N}]*(?:['’ʼ\-‐&·\u00ad\u200b\u2060]\p{L}[\p{L}\p{M}\p{N}]*)*|\p{N}+(?:[.,]\p{N}+)*|\S)"
)
#: A dateline ("NEW YORK, Nov. 19 (UPI) —"), which is not part of the sentence.
_DATELINE = regex.compile(r"\p{Lu}{3}[^\n]{0,60}?\s(?:—|–|--|-)\s")
#: An Arabic preposition or conjunction with the article, written as one word with its noun ("to the reporters").
_ARABIC_PREFIXED = regex.compile(r"(?:لل|بال|كال|وال)\p{Arabic}{3,}")
#: Written onto the next word: "in", "to", "from".
_HEBREW_PREPOSITIONS = "\u05d1\u05dc\u05de"
_SHORTEST_PREFIXED = 2
_POSSESSIVE = regex.compile(r"['’]s?$")
_INFINITIVE = frozenset(["to", "zu"])
#: Conjunctions that join two noun phrases.
COORDINATORS = frozenset(["and", "und", "et", "y", "e", "og", "och", "en", "or"])
#: Offices whose names may join two fields with "and".
_OFFICES = frozenset(["department", "ministry", "office", "bureau", "agency", "secretary", "minister"])


class Token(NamedTuple):
    """A word, a number or a punctuation mark, with its offsets. `lower` is normalized and in lower case."""

    start: int
    end: int
    text: str
    lower: str
    capital: bool
    word: bool


class Phrase(NamedTuple):
    """A noun phrase: its tokens from `first` to `last` (exclusive), and the offsets of the name in it."""

    first: int
    last: int
    start: int
    end: int
    kind: Literal["name", "pronoun", "noun"]

    @property
    def offsets(self) -> tuple[int, int]:
        """The offsets of the name."""
        return self.start, self.end

    @property
    def is_full_name(self) -> bool:
        """Whether it is a name of several words."""
        return self.kind == "name" and self.last - self.first > 1

    @property
    def is_first_word(self) -> bool:
        """Whether it is the capitalized word that opens the clause."""
        return self.kind == "name" and self.first == 0 and self.last == 1


def tokenize(text: str, start: int, end: int, masks: Sequence[tuple[int, int]]) -> list[Token]:
    """Tokenize a clause. Each quoted piece (`masks`) becomes one `MASK` token."""
    tokens: list[Token] = []
    position = start
    if dateline := _DATELINE.match(text, start, end):
        position = dateline.end()
    for a, b in [*masks, (end, end)]:
        if b <= position and a != end:
            continue
        if position < min(a, end):
            for match in _TOKEN.finditer(text, position, min(a, end)):
                word = match.group()
                first, lower = word[0], word.lower()
                if not word.isascii():
                    if word in INVISIBLE:
                        continue
                    lower = plain(lower).replace("’", "'")
                capital = first.isupper() or first.istitle()
                tokens.append(Token(match.start(), match.end(), word, lower, capital, first.isalnum()))
        if a >= end:
            break
        tokens.append(Token(a, min(b, end), MASK, MASK, False, False))
        position = b
    return tokens


def is_verb(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    """Whether a token is a finite reporting verb, unlike in "the claims" and "to say"."""
    if tokens[index].lower not in cues.verbs:
        return False
    before = tokens[index - 1].lower if index else ""
    if (len(before) > len("s'") and _POSSESSIVE.search(before)) or (
        tokens[index].capital and _has_article(tokens, index, cues)
    ):
        return False  # "Ruiz’s proposed plan", "the United States"
    return before in cues.pronouns or (before not in cues.articles and before not in _INFINITIVE)


def _has_article(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    """Whether capitalized words with an article precede a token."""
    start = index
    while start and tokens[start - 1].capital:
        start -= 1
    return 0 < start < index and tokens[start - 1].lower in cues.articles


def find_phrases(tokens: Sequence[Token], cues: Cues) -> list[Phrase]:
    """Find the noun phrases of a clause, from left to right."""
    phrases: list[Phrase] = []
    for index, token in enumerate(tokens):
        if token.word and not (phrases and index < phrases[-1].last):
            phrase = phrase_at(tokens, index, cues)
            phrases += [phrase] if phrase else []
    return phrases


def phrase_at(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    """The noun phrase that begins at a token; `None` if none does."""
    token = tokens[index]
    owner = _POSSESSIVE.sub("", token.lower) if "'" in token.lower else token.lower
    owns = owner != token.lower and token.capital and owner not in cues.not_in_names
    if (token.lower in cues.articles or owns) and (phrase := _noun_phrase(tokens, index, cues)):
        return phrase
    if token.lower in cues.pronouns:
        return Phrase(index, index + 1, token.start, token.end, "pronoun")
    if _may_start_name(tokens, index, cues):
        return _proper_name(tokens, index, cues)
    return (
        Phrase(index, index + 1, token.start, token.end, "noun") if token.lower in cues.bare_nouns else None
    )


def _may_start_name(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    token = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    before_capital = following is not None and following.capital
    if not token.capital or (len(token.text) == 1 and following and not before_capital):
        return False
    opens = token.lower in cues.clause_openers or token.lower.endswith(("ing", "ly"))
    if (index == 0 and opens and not before_capital) or token.lower in cues.not_first_in_names:
        return False
    return token.lower not in cues.verbs or (before_capital and index > 0)


def _proper_name(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase:
    """A run of capitalized words with the particles inside it. The offsets leave out titles before the name."""
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
    first = index + count_titles([token.text for token in tokens[index:last]])
    end = tokens[last - 1].end
    text = tokens[last - 1].text
    stripped = _POSSESSIVE.sub("", text)
    return Phrase(index, last, tokens[first].start, end - len(text) + len(stripped), "name")


def _is_particle(token: Token) -> bool:
    return token.lower in NAME_PARTICLES or token.lower == "d'"


def _described(tokens: Sequence[Token], index: int, last: int, cues: Cues) -> Phrase | None:
    """The phrase of a name that describes a person: "Bank of England governor Ana Ruiz", "White House officials".

    The offsets are those of the person's name, else of the whole description. `None` if no word for a person follows.
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
    return Phrase(index, stop, tokens[index].start, tokens[stop - 1].end, "noun")


def _behind_link(tokens: Sequence[Token], last: int, cues: Cues) -> int:
    """The index of a noun that belongs to the one before `last`; 0 if none does.

    As in "the Bank of England" and "la chambre de commerce", but not in "the owner of the mill".
    """
    link, following = tokens[last].lower, tokens[last + 1 : last + 3]
    if link not in cues.links | cues.noun_links or not following:
        return 0
    place = last + 1 + (following[0].lower in cues.articles)
    if place >= len(tokens) or (link in cues.links and not tokens[last - 1].capital):
        return 0
    if tokens[place].capital:
        return place
    compound = link in cues.noun_links & _BARE_LINKS and place == last + 1 and tokens[place].text.isalpha()
    return place if compound and tokens[place].lower not in cues.function_words else 0


def _noun_phrase(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    """A noun phrase with an article. If it ends with a name ("the billionaire Ana Ruiz"), the offsets are the name's."""
    last = index + 1
    linked = 0
    while last < len(tokens) and last - index <= _LONGEST_PHRASE and tokens[last].word:
        token = tokens[last]
        if last > index + 1 and (behind := _behind_link(tokens, last, cues)):
            linked = last = behind
        elif (
            linked
            and token.lower in COORDINATORS
            and tokens[last - 1].capital
            and tokens[index + 1].lower in _OFFICES
        ):
            linked = last
        elif token.lower in cues.after_phrase and not (token.capital and token.lower in cues.verbs):
            break
        if token.lower in cues.pronouns or (token.lower.endswith("ly") and not token.capital):
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
    return Phrase(index, last, tokens[index].start, tokens[last - 1].end, "noun")


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
    return Phrase(start, stop, tokens[start].start, tokens[stop - 1].end, "noun") if start < stop else None


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
