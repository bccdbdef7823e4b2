"""Find the subjects of reporting verbs, and tell whether a noun phrase may be a speaker, by word order and commas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

import regex

from briefing.quotations.clauses import MASK, Token
from briefing.quotations.cue_lexicon import Cues
from briefing.quotations.noun_phrases import COORDINATORS, Phrase, caseless_phrase, in_phrase
from briefing.text import is_title

#: Greatest distance between a reporting verb and a subject behind it, or without article and capital, in tokens.
_NEAR_VERB = 4
#: Shorter words for persons end other compound nouns, too ("Apparat").
_SHORTEST_ENDING = 4
_CASELESS = regex.compile(r"\p{Lo}")
_CLOSE_COMMA = frozenset(",，、–—(")


def may_be_subject(tokens: Sequence[Token], phrases: Sequence[Phrase], phrase: Phrase, cues: Cues) -> bool:
    """Whether a phrase may be a subject: it is not governed by a preposition and not in brackets."""
    index = phrase.first - 1
    if tokens[phrase.first].lower in cues.oblique_articles or (index >= 0 and tokens[index].text in "(["):
        return False
    # "in Salem, New Hampshire,": the preposition governs both names.
    behind = tokens[phrase.last].text if phrase.last < len(tokens) else ""
    if index > 0 and tokens[index].text == "," and behind and behind in ",.;":
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
        if cues.capital_nouns and tokens[index].capital:
            return True  # the noun that the preposition governs
        index -= 1
    return True


def may_speak(tokens: Sequence[Token], phrase: Phrase, cues: Cues, *, sure: bool = True) -> bool:
    """Whether a phrase names or describes a person or body, as far as its words tell.

    Nobody ("everyone"), numbers ("the 300") and codes ("the A34") are not. If it is not `sure` that the phrase is the subject of a
    reporting verb, a description must have a word for a person.
    """
    words = [token for token in tokens[phrase.first : phrase.last] if token.word]
    content = [t for t in words if t.lower not in cues.articles and not t.text[0].isnumeric()]
    if not content or (len(content) == 1 and any(char.isdigit() for char in content[0].text)):
        return False
    if words[0].lower in cues.nobodies or (content[0].lower in cues.never_speak and len(content) == 1):
        return False
    head = content[-2:] if content[-1].lower.endswith("ed") else content[-1:]  # "a note taped"
    if phrase.kind == "noun" and not cues.inscriptions.isdisjoint((content[0].lower, head[0].lower)):
        return len(content) > 1 and is_person_noun(content[-1], cues)
    return sure or phrase.kind != "noun" or any(is_person_noun(token, cues) for token in content)


def is_person_noun(token: Token, cues: Cues) -> bool:
    """Whether a word is a word for a person, persons or a body, or an acronym ("the DNC")."""
    word = token.lower
    if word in cues.persons_and_bodies or is_title(word):
        return True
    if cues.capital_nouns and token.capital and word.endswith(_german_endings(cues)):
        return True
    return len(word) > 1 and token.text.isupper()


@lru_cache(maxsize=8)
def _german_endings(cues: Cues) -> tuple[str, ...]:
    """The words for persons and bodies that end compound nouns ("Bundesregierung")."""
    return tuple(word for word in cues.persons_and_bodies if len(word) >= _SHORTEST_ENDING)


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
        and all(token.word for token in tokens[verb + 1 : behind.first])
    ):
        return behind
    right = _subject_after(tokens, behind, verb, first, cues)
    second = cues.verb_second and right is not None and right.first == verb + 1
    if second and verb > first and tokens[verb - 1].text == ",":
        opening = next(
            (p for p in phrases if p.first == first and p.last < verb and p.kind != "pronoun"), None
        )
        # "Karl Berg, a farmer, praised the dam:" the phrase behind the verb is its object.
        object_behind = right is not None and right.kind == "noun" and opening is not None
        return opening if object_behind else right
    return _subject_before(tokens, phrases, right, verb, first, cues, second=second)


def _subject_before(
    tokens: Sequence[Token],
    phrases: Sequence[Phrase],
    right: Phrase | None,
    verb: int,
    first: int,
    cues: Cues,
    *,
    second: bool,
) -> Phrase | None:
    """The subject before a verb, unless `right`, the phrase behind it, is the better one; with `second`, it may be."""
    left = [p for p in phrases if p.last <= verb]
    if is_participle(tokens[verb], cues):
        if left and left[-1].last >= verb - 1 and tokens[verb - 1].word and left[-1].kind != "noun":
            return left[-1]  # "with Ruiz saying"
        return first_phrase(tokens, left, cues)  # "Ruiz left, saying"
    if described := _antecedent(tokens, left, verb, cues):
        return described
    bound = _clause_start(tokens, left, verb, first, cues, is_main=second)
    if bound < verb:
        left = [p for p in left if p.first >= bound]
    free = [p for p in left if p.first == bound > first or may_be_subject(tokens, phrases, p, cues)]
    if not free:
        return right or _bare_subject(tokens, verb, bound, cues)
    if (tokens[verb - 1].text == "," or len(free) == 1) and free[0].first == bound > first:
        return free[0]  # "after Ana Ruiz, the mayor, said"
    nearest = free[-1]
    between = tokens[nearest.last : verb]
    if bound == verb or not any(
        t.text in _CLOSE_COMMA or t.text == MASK or t.lower in COORDINATORS for t in between
    ):
        return _nearer(tokens, nearest, right, cues, second=second)
    if right is not None and verb - first <= 1:
        return right
    return _clause_subject(tokens, free, bound, verb, cues)


def _nearer(
    tokens: Sequence[Token], nearest: Phrase, right: Phrase | None, cues: Cues, *, second: bool
) -> Phrase:
    """The phrase right before a verb, or the one behind it if the first is an adverb or an object."""
    if right is None:
        return nearest
    opens = tokens[0].lower in cues.clause_openers or (second and right.is_full_name)
    adverb = right.kind != "noun" and nearest.is_first_word and opens
    # German "Der Zeitung sagte Ana Ruiz": the object is first, and the name is the subject.
    object_first = second and nearest.kind == "noun" and right.is_full_name
    return right if adverb or object_first else nearest


def _antecedent(tokens: Sequence[Token], left: Sequence[Phrase], verb: int, cues: Cues) -> Phrase | None:
    """The phrase before the relative pronoun right before a verb: "steep for Mr. Ruiz, who said"."""
    index = verb - 1
    while index > 1 and tokens[index].lower in cues.before_relatives and index > verb - _NEAR_VERB:
        index -= 1
    if index < 1 or tokens[index].lower not in cues.relatives:
        return None
    stop = index - (tokens[index - 1].text == ",")
    return next((p for p in left if p.last == stop), None)


def _clause_start(
    tokens: Sequence[Token], left: Sequence[Phrase], verb: int, first: int, cues: Cues, *, is_main: bool
) -> int:
    """The index of the first token of the verb's clause: behind the last conjunction before it, else `first`.

    A clause that a comma closes right before the verb does not hold it: "Ruiz, when asked, said". Nor does one of a language with the
    verb in second place whose subject follows the verb (`is_main`): "als Reaktion sagte Ruiz".
    """
    commas = 0
    subordinators, conjunctions = cues.subordinators, cues.conjunctions
    for index in range(verb - 1, first - 1, -1):
        word = tokens[index].lower
        if word == ",":
            commas += 1
        elif commas % 2 and tokens[verb - 1].text == ",":
            continue
        elif word in subordinators:
            return index + 1
        # "After Ruiz said", but not "after the storm Ruiz said": one phrase, and perhaps what is in commas behind it.
        elif word in conjunctions and not is_main:
            inside = [p for p in left if p.first > index and tokens[p.first - 1].text not in "(["]
            begins = bool(inside) and inside[0].first == index + 1
            if begins and (commas == 2 or (not commas and len(inside) == 1)):
                return index + 1
    return first


def _subject_after(
    tokens: Sequence[Token], phrase: Phrase | None, verb: int, first: int, cues: Cues
) -> Phrase | None:
    """The phrase behind a verb if it may be the subject ("said Ruiz"), else `None`."""
    if phrase is None or tokens[phrase.first].lower in cues.no_subjects:
        return None
    gap = tokens[verb + 1 : phrase.first]
    near = len(gap) < _NEAR_VERB and all(t.word and t.lower not in cues.prepositions for t in gap)
    addressed = verb > first and tokens[verb].lower in cues.addressing_verbs and phrase.kind != "pronoun"
    if verb > first and not cues.verb_second and tokens[verb].lower in cues.labelling_verbs:
        return None  # "Ruiz came and called Moss “a bad place”"
    return phrase if near and not addressed else None


def _clause_subject(
    tokens: Sequence[Token], free: Sequence[Phrase], bound: int, verb: int, cues: Cues
) -> Phrase | None:
    """The subject if a comma or "and" precedes the verb ("When asked, Ruiz smiled and said")."""
    comma = next((i for i in range(verb - 1, bound - 1, -1) if tokens[i].text == ","), -1)
    if tokens[verb - 1].text != "," and comma >= 0:
        clause = [p for p in free if p.first > comma and p.kind != "noun"]
        if clause:
            return clause[0]
    return first_phrase(tokens, free, cues)


def _bare_subject(tokens: Sequence[Token], verb: int, first: int, cues: Cues) -> Phrase | None:
    """The subject without article and capital ("residents say"): the words next to the verb.

    They are before the verb; in scripts without capitals (Arabic, Hebrew), behind it.
    """
    if _CASELESS.match(tokens[verb].text):
        found = caseless_phrase(tokens, verb + 1, cues)
        if found is not None or not all(in_phrase(token, cues) for token in tokens[first:verb]):
            return found
        before = tokens[first:verb] if verb - first <= _NEAR_VERB else []
    else:
        before = tokens[max(first, verb + 1 - _NEAR_VERB) : verb]
    start = verb - len(list(takewhile(lambda token: in_phrase(token, cues), reversed(before))))
    if start == verb or tokens[verb - 1].lower.endswith("ly"):
        return None
    if start > first and tokens[start - 1].lower in cues.prepositions:
        return None  # "somebody in the crowd shouted"
    return Phrase(start, verb, "noun", start, verb)
