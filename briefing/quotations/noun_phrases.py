"""Find noun phrases and the subjects of reporting verbs, without a parser.

Noun phrases are runs of words, recognized by capitals, articles and pronouns. The subject of a verb follows from word
order, prepositions and commas. Sufficient to find the speaker in a sentence of news, and not meant for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

import regex

from briefing.quotations.cue_lexicon import Cues
from briefing.text import ABBREVIATED_TITLES, ARABIC_TITLES, INVISIBLE, NAME_PARTICLES, count_titles, plain

#: Greatest distance between a reporting verb and a subject behind it, or without article and capital, in tokens.
_NEAR_VERB = 4
#: Longest noun phrase, in words after the article.
_LONGEST_PHRASE = 8
#: Token that replaces a quoted piece.
MASK = "\ufffc"

_TOKEN = regex.compile(
    rf"(?:\p{{Lu}}\.(?:-?\p{{Lu}}\.)*|(?:{ABBREVIATED_TITLES}|Jr|St|Nr)\."
    r"|[\p{L}\p{M}][\p{L}\p{M}\p{N}]*(?:['’ʼ\-‐&·\u00ad\u200b\u2060]\p{L}[\p{L}\p{M}\p{N}]*)*|\p{N}+(?:[.,]\p{N}+)*|\S)"
)
#: A dateline ("NEW YORK, Nov. 19 (UPI) —"), which is not part of the sentence.
_DATELINE = regex.compile(r"\p{Lu}{3}[^\n]{0,60}?\s(?:—|–|--|-)\s")
_CASELESS = regex.compile(r"\p{Lo}")
#: An Arabic preposition or conjunction with the article, written as one word with its noun ("to the reporters").
_ARABIC_PREFIXED = regex.compile(r"(?:لل|بال|كال|وال)\p{Arabic}{3,}")
_POSSESSIVE = regex.compile(r"['’]s?$")
_INFINITIVE = frozenset(["to", "zu"])
#: Conjunctions that join two noun phrases.
COORDINATORS = frozenset(["and", "und", "et", "y", "e", "og", "och", "en", "or"])
_CLOSE_COMMA = frozenset(",，、–—(")


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
                    lower = plain(lower)
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
    return before in cues.pronouns or (before not in cues.articles and before not in _INFINITIVE)


def find_phrases(tokens: Sequence[Token], cues: Cues) -> list[Phrase]:
    """Find the noun phrases of a clause, from left to right."""
    phrases: list[Phrase] = []
    for index, token in enumerate(tokens):
        if token.word and not (phrases and index < phrases[-1].last):
            phrase = _phrase_at(tokens, index, cues)
            phrases += [phrase] if phrase else []
    return phrases


def _phrase_at(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    token = tokens[index]
    owner = _POSSESSIVE.sub("", token.lower)
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
        elif token.lower in NAME_PARTICLES and last + 1 < len(tokens) and tokens[last + 1].capital:
            last += 2
        else:
            break
    first = index + count_titles([token.text for token in tokens[index:last]])
    end = tokens[last - 1].end
    text = tokens[last - 1].text
    stripped = _POSSESSIVE.sub("", text)
    return Phrase(index, last, tokens[first].start, end - len(text) + len(stripped), "name")


def _noun_phrase(tokens: Sequence[Token], index: int, cues: Cues) -> Phrase | None:
    """A noun phrase with an article. If it ends with a name ("the billionaire Ana Ruiz"), the offsets are the name's."""
    last = index + 1
    while last < len(tokens) and last - index <= _LONGEST_PHRASE and tokens[last].word:
        token = tokens[last]
        if token.lower in cues.after_phrase and not (token.capital and token.lower in cues.verbs):
            break
        if token.lower in cues.pronouns or (token.lower.endswith("ly") and not token.capital):
            break
        last += 1
    if last == index + 1:
        return None
    capital = last
    while capital > index + 1 and tokens[capital - 1].capital:
        capital -= 1
    if last - capital > 1:
        name = _proper_name(tokens[:last], capital, cues)
        return name._replace(first=index, last=last)
    return Phrase(index, last, tokens[index].start, tokens[last - 1].end, "noun")


def may_be_subject(tokens: Sequence[Token], phrases: Sequence[Phrase], phrase: Phrase, cues: Cues) -> bool:
    """Whether a phrase may be a subject: it is not governed by a preposition and not in brackets."""
    index = phrase.first - 1
    if tokens[phrase.first].lower in cues.oblique_articles or (index >= 0 and tokens[index].text in "(["):
        return False
    # "in Salem, New Hampshire,": the preposition governs both names.
    behind = tokens[phrase.last].text if phrase.last < len(tokens) else ""
    if index > 0 and tokens[index].text == "," and behind == ",":
        place = next((p for p in phrases if p.last == index and p.kind == "name"), None)
        if place is not None and not may_be_subject(tokens, phrases, place, cues):
            return False
    for _ in range(4):
        if index < 0 or not tokens[index].word:
            return True
        if tokens[index].lower in cues.prepositions:
            return False
        if tokens[index].lower in cues.before_phrase or phrase.kind != "name":
            return True
        index -= 1
    return True


def is_participle(token: Token, cues: Cues) -> bool:
    """Whether a token is an English present participle of a reporting verb ("saying")."""
    return token.lower.endswith("ing") and token.lower in cues.verbs


def first_phrase(tokens: Sequence[Token], phrases: Sequence[Phrase], cues: Cues) -> Phrase | None:
    """The first phrase that may be a subject; phrases of an opening clause ("When asked by Ruiz,") only if no other."""
    free = [p for p in phrases if may_be_subject(tokens, phrases, p, cues)]
    if not free:
        return None
    opening = tokens[0].lower
    if opening in cues.clause_openers or (opening.endswith("ing") and opening not in cues.bare_nouns):
        comma = next((i for i, t in enumerate(tokens) if t.text == ","), len(tokens))
        free = [p for p in free if p.first > comma] or free
    names = [p for p in free if p.kind != "noun"]
    # "Глава района Павел Круглов": a capitalized noun that opens the sentence, then the name.
    if free[0].is_first_word and not cues.articles:
        named = next((p for p in free[1:] if p.is_full_name), None)
        if named is not None and all(t.word and t.lower not in cues.verbs for t in tokens[1 : named.first]):
            return named
    # "The company said Ruiz was": a noun that opens the sentence wins over a name.
    return free[0] if free[0].first == 0 or not names else names[0]


def find_subject(
    tokens: Sequence[Token], phrases: Sequence[Phrase], verb: int, first: int, cues: Cues
) -> Phrase | None:
    """Find the subject of the reporting verb at index `verb`, in the clause from `first` on: before it, else behind it."""
    behind = next((p for p in phrases if p.first > verb), None)
    if (
        behind is not None
        and tokens[verb].lower in cues.verbs_before_speaker
        and behind.first - verb <= _NEAR_VERB
    ):
        return behind
    right = _subject_after(tokens, behind, verb, cues)
    second = cues.verb_second and right is not None and right.first == verb + 1
    if second and verb > first and tokens[verb - 1].text == ",":
        opening = next(
            (p for p in phrases if p.first == first and p.last < verb and p.kind != "pronoun"), None
        )
        # "Karl Berg, a farmer, praised the dam:" the phrase behind the verb is its object.
        object_behind = right is not None and right.kind == "noun" and opening is not None
        return opening if object_behind else right
    left = [p for p in phrases if p.last <= verb]
    if is_participle(tokens[verb], cues):
        if left and left[-1].last >= verb - 1 and tokens[verb - 1].word:
            return left[-1]  # "with Ruiz saying"
        return first_phrase(tokens, left, cues)  # "Ruiz left, saying"
    # The verb's clause begins after the last subordinator.
    bound = max((i + 1 for i in range(first, verb) if tokens[i].lower in cues.subordinators), default=first)
    if bound < verb:
        left = [p for p in left if p.first >= bound]
    # "As Ruiz put it": what a conjunction that may be a preposition begins with.
    free = [p for p in left if may_be_subject(tokens, phrases, p, cues) or first < bound == p.first]
    if not free:
        return right or _bare_subject(tokens, verb, bound, cues)
    nearest = free[-1]
    between = tokens[nearest.last : verb]
    if bound == verb or not any(
        t.text in _CLOSE_COMMA or t.text == MASK or t.lower in COORDINATORS for t in between
    ):
        if right is None:
            return nearest
        adverb = right.kind != "noun" and nearest.is_first_word and tokens[0].lower in cues.clause_openers
        # German "Der Zeitung sagte Ana Ruiz": the object is first, and the name is the subject.
        object_first = second and nearest.kind == "noun" and right.is_full_name
        return right if adverb or object_first else nearest
    if right is not None and verb - first <= 1:
        return right
    return _clause_subject(tokens, free, bound, verb, cues)


#: Pronouns that are an object behind a verb: "put it".
_OBJECTS = frozenset(("it", "es"))


def _subject_after(tokens: Sequence[Token], phrase: Phrase | None, verb: int, cues: Cues) -> Phrase | None:
    """The phrase behind a verb if it may be the subject ("said Ruiz"), else `None`."""
    if phrase is None or tokens[phrase.first].lower in cues.oblique_articles | _OBJECTS:
        return None
    gap = tokens[verb + 1 : phrase.first]
    near = len(gap) < _NEAR_VERB and all(t.word and t.lower not in cues.prepositions for t in gap)
    addressed = tokens[verb].lower in cues.addressing_verbs and phrase.kind != "pronoun"
    return phrase if near and not addressed else None


def _clause_subject(
    tokens: Sequence[Token], free: Sequence[Phrase], bound: int, verb: int, cues: Cues
) -> Phrase | None:
    """The subject if a comma or "and" precedes the verb ("When asked, Ruiz smiled and said")."""
    comma = max((i for i in range(bound, verb) if tokens[i].text == ","), default=-1)
    if tokens[verb - 1].text != "," and comma >= 0:
        clause = [p for p in free if p.first > comma and p.kind != "noun"]
        if clause:
            return clause[0]
    return first_phrase(tokens, free, cues)


def _bare_subject(tokens: Sequence[Token], verb: int, first: int, cues: Cues) -> Phrase | None:
    """The subject without article and capital ("residents say"): the words next to the verb.

    They are before the verb; in scripts without capitals (Arabic, Hebrew), behind it.
    """

    def in_phrase(token: Token) -> bool:
        return token.word and token.lower not in cues.after_phrase

    if _CASELESS.match(tokens[verb].text):
        behind = takewhile(in_phrase, tokens[verb + 1 : verb + 1 + _LONGEST_PHRASE])
        run = list(takewhile(lambda token: not _ARABIC_PREFIXED.match(token.text), behind))
        start, stop = verb + 1, verb + 1 + len(run)
        while start < stop - 1 and tokens[start].text in ARABIC_TITLES:
            start += 1
    else:
        before = tokens[max(first, verb + 1 - _NEAR_VERB) : verb]
        start, stop = verb - len(list(takewhile(in_phrase, reversed(before)))), verb
        if tokens[verb - 1].lower.endswith("ly"):
            return None
    return Phrase(start, stop, tokens[start].start, tokens[stop - 1].end, "noun") if start < stop else None
