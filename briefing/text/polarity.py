"""Statements that say the opposite of a sentence which they otherwise repeat.

Only near copies are compared: most content words of the statement stand in one sentence of the evidence, and the two
differ by a negation or by a pair of antonyms. A free paraphrase would need a model and is not compared.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence

import regex

from briefing.text.amounts import FALLS, RISES
from briefing.text.negation import HEDGES, NEGATIONS
from briefing.text.punctuation import CLOSING_MARKS
from briefing.text.scripts import COMMON_LETTERS, has_common_letters
from briefing.text.short_texts import kept_for_sentences
from briefing.threads import cached_property

# `SENTENCE_END`, or a line break. `re` looks fastest for a set of characters at the beginning.
_LINE_END = re.compile(
    rf"[.!?؟।。！？\n](?:(?<=[.!?؟।])[{CLOSING_MARKS}]*(?=\s)|(?<=[。！？])[{CLOSING_MARKS}]*|(?<=\n)(?:\s*\n)?)"
)
_APOSTROPHE = re.compile("[’‘ʼ＇]")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")
_COMMON_WORD = re.compile(f"[{COMMON_LETTERS}]+(?:['’][{COMMON_LETTERS}]+)*")
#: Words that begin with this many equal letters count as forms of one word.
_STEM_LENGTH = 5
#: A content word has at least this many letters.
_SHORTEST = 4
#: A statement with fewer content words is compared with sentences that are the same word for word.
_LEAST_WORDS = 4
#: Share of a statement's content words that a near copy holds, and that a similar sentence holds.
_COPY, _LIKE = 0.75, 0.5
#: Words on each side of an antonym that are compared, and how many content words must be shared there.
_WINDOW, _LEAST_SHARED = 6, 2
#: A sentence that is repeated word for word has at least this many words.
_LEAST_REPEATED = 3
#: In characters: the length of a negation, or of the difference between two antonyms.
_LONGEST_DIFFERENCE = 16
#: Words from a negation to the word that it negates.
_REACH = 4

# Antonyms that keep their subject. "Win" and "lose" do not: where one side wins, another one loses.
_OPPOSITES = {
    "en": (
        (RISES["en"], FALLS["en"]),
        ("open opens opened opening reopen reopens reopened reopening", "close closes closed closing shut shuts shutting closure"),
        ("approve approves approved approving", "reject rejects rejected rejecting"),
        ("guilty convicted", "innocent acquitted cleared"),
        ("include includes included including", "exclude excludes excluded excluding"),
        ("voluntary optional", "mandatory compulsory"),
        ("large larger", "small smaller"),
        ("best", "worst"), ("largest biggest", "smallest"), ("oldest", "youngest"), ("highest", "lowest"),
    ),
    "de": (
        (RISES["de"], FALLS["de"]),
        ("öffnet öffnete geöffnet öffnen eröffnet", "schließt schloss geschlossen schließen"),
        ("verurteilt verurteilte", "freigesprochen"),
        ("genehmigt genehmigte gebilligt billigte", "abgelehnt"),
    ),
    "fr": (
        (RISES["fr"], FALLS["fr"]),
        ("ouvre ouvert ouvrir rouvre rouvert", "ferme fermé fermer fermeture"),
        ("condamné condamnée condamnés coupable", "acquitté acquittée acquittés relaxé relaxée innocent"),
        ("approuvé approuvée adopté adoptée approuve adopte", "rejeté rejetée rejette"),
    ),
    "es": (
        (RISES["es"], FALLS["es"]),
        ("abre abrió abrir abierto reabre", "cierra cerró cerrar cerrado"),
        ("condenado condenada condenados culpable", "absuelto absuelta absueltos inocente"),
        ("aprobó aprueba aprobado aprobada", "rechazó rechaza rechazado rechazada"),
    ),
}  # fmt: skip


_NEGATED = re.compile(r"n't$|^n'(?!t$)")
# Adverbs between a negation and what it negates, or before it.
_BESIDE_NEGATION = frozenset(
    ("encore", "plus", "noch", "mehr", "auch", "todavía", "aún", "yet", "even", "really", "always", "toujours", "immer", "siempre", "bisher")
)  # fmt: skip
# Words that stand beside a negation and mean nothing alone.
_OF_NEGATIONS = {
    "fr": ("ne", "encore", "déjà", "un", "une", "de"), "en": ("did", "do", "does", "yet", "already", "a", "an", "any"),
    "de": ("noch", "bisher", "bereits", "ein", "eine", "einen"), "es": ("todavía", "aún", "ya", "un", "una", "algún", "alguna"),
}  # fmt: skip


@functools.cache
def _any_of(words: frozenset[str]) -> re.Pattern[str]:
    """Compile a fast filter: it finds every text with one of these words, and some others.

    It begins with a choice of letters, and with nothing that has to be tried at each of them.
    """
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(words)))})(?![a-z])")


class _Lexicon:
    """The words of one language whose statements are compared."""

    def __init__(self, lang: str) -> None:
        self.negations = frozenset(NEGATIONS[lang].split())
        self.may_negate = _any_of(self.negations | {"n't"})
        self.hedges = frozenset(HEDGES[lang].split())
        sides = [[frozenset(words.split()) for words in pair] for pair in _OPPOSITES[lang]]
        #: Pairs of words and their opposites, in both directions.
        self.antonyms = [pair for one, other in sides for pair in ((one, other), (other, one))]
        self.with_antonym = frozenset[str]().union(*(words for words, _ in self.antonyms))


_lexicon = functools.cache(_Lexicon)


def _folded(text: str) -> str:
    lower = text.lower()
    return lower if lower.isascii() else _APOSTROPHE.sub("'", lower)


def _find_words(text: str) -> list[str]:
    found: list[str] = (_COMMON_WORD if has_common_letters(text) else _WORD).findall(text)
    return found


class SentenceWords:
    """A sentence as a list of words, which is read on first use: most sentences never need it.

    `lang` is a language for which `can_compare` is true.
    """

    def __init__(self, text: str, lang: str) -> None:
        self._text, self._folded, self._lang = text, _folded(text), lang
        self.lexicon = _lexicon(lang)

    def __len__(self) -> int:
        return len(self._folded)

    @cached_property
    def negated(self) -> list[int]:
        """Indices of the words that negate."""
        if not self.lexicon.may_negate.search(self._folded):
            return []
        negations = self.lexicon.negations
        return [i for i, w in enumerate(self.words) if w in negations or w.endswith("n't")]

    @cached_property
    def words(self) -> list[str]:
        """The words in order, in lower case."""
        return _find_words(self._folded)

    @cached_property
    def word_set(self) -> set[str]:
        """The set of words."""
        return set(self.words)

    @property
    def hedged(self) -> bool:
        """Whether a word may carry a negation, as "failed" does."""
        return not self.word_set.isdisjoint(self.lexicon.hedges)

    @cached_property
    def content(self) -> set[str]:
        """The stems of the content words."""
        return {_stem(word) for word in self.word_set - self.lexicon.negations if _is_content(word)}

    @property
    def is_compared(self) -> bool:
        """Whether it has words enough to be compared with sentences that are not the same word for word."""
        return len(self.content) >= _LEAST_WORDS

    def places(self, words: frozenset[str]) -> list[int]:
        """Indices of these words, one side of a pair of antonyms; words inside a name are left out."""
        if not _any_of(words).search(self._folded):
            return []
        return [i for i, word in enumerate(self.words) if word in words and not self._is_in_name(i)]

    def _is_in_name(self, place: int) -> bool:
        """Whether a word is capitalised as part of a name: "the village of Lower Marrowby"."""
        spelled = _find_words(self._text)
        if len(spelled) != len(self.words) or not spelled[place][0].isupper():
            return False
        # The sentence's first word may begin a name. In a headline all content words have capitals.
        followed = place + 1 < len(spelled) and spelled[place + 1][0].isupper()
        return (place > 0 or followed) and any(word.islower() for word in spelled if _is_content(word))

    @cached_property
    def affirmed(self) -> list[str]:
        """The words without negations, to which "did", "n't" and the French "ne" belong."""
        bare = (_NEGATED.sub("", word) for word in self.words if word not in self.lexicon.negations)
        return [word for word in bare if word not in _OF_NEGATIONS.get(self._lang, ())]

    def around(self, place: int) -> set[str]:
        """The stems of the content words in the window around a word."""
        nearby = self.words[max(0, place - _WINDOW) : place + _WINDOW + 1]
        return {_stem(word) for word in nearby if _is_content(word)}

    def is_like(self, other: SentenceWords, share: float) -> bool:
        """Whether the other sentence holds this share of the content words, of which there are some."""
        least = share * len(self.content)
        # For speed: a stem is part of a word, and few sentences have so many of these letters, let alone of the words.
        return (
            sum(stem in other._folded for stem in self.content) >= least
            and len(self.content & other.content) >= least
        )

    def negates(self) -> Iterator[tuple[str, str]]:
        """Each negation with the first content word behind it; in German with the one before it, if it stands at the end."""
        for i in self.negated:
            near = self.words[i + 1 : i + 1 + _REACH]
            if self._lang == "de" and len(near) < _REACH:
                near += self.words[max(0, i - _REACH) : i][::-1]
            negated = next(
                (word for word in near if _is_content(word) and word not in _BESIDE_NEGATION), None
            )
            if negated is not None:
                yield self.words[i], negated


def split_sentences(text: str, lang: str) -> list[SentenceWords]:
    """Split a text into sentences, roughly: after each terminal mark and at each line break."""
    return [_sentence_words(line, lang) for part in _LINE_END.split(text) if (line := part.strip())]


@kept_for_sentences
def _sentence_words(text: str, lang: str) -> SentenceWords:
    return SentenceWords(text, lang)


def can_compare(lang: str) -> bool:
    """Whether statements in this language can be compared."""
    return lang in NEGATIONS


def may_oppose(statement: str, text: str, lang: str) -> bool:
    """Whether `find_opposites` may find anything in the sentences of a text: a quick test, without reading them.

    One of its paragraphs must have most of the statement's words, and a negation if the statement has none; or an antonym.
    """
    stated, folded = _sentence_words(statement, lang), _folded(text)
    if not stated.is_compared:
        return True
    words, lexicon, least = stated.word_set, stated.lexicon, _COPY * len(stated.content)
    if any(
        (stated.negated or lexicon.may_negate.search(part))
        and sum(stem in part for stem in stated.content) >= least
        for part in folded.split("\n")
    ):
        return True
    return not (stated.negated or words.isdisjoint(lexicon.with_antonym)) and any(
        not words.isdisjoint(own) and words.isdisjoint(other) and _any_of(other).search(folded)
        for own, other in lexicon.antonyms
    )


def find_opposites(statement: str, evidence: Sequence[SentenceWords], lang: str) -> Iterable[str]:
    """Words of a statement for which the repeated sentence has the opposite, with what the article says instead.

    Statement and evidence are in `lang`, for which `can_compare` is true.
    """
    stated = _sentence_words(statement, lang)
    if not stated.is_compared:
        yield from _repeated(stated, evidence)
        return
    yield from _negations(stated, evidence)
    yield from _antonyms(stated, evidence)


def _repeated(stated: SentenceWords, evidence: Sequence[SentenceWords]) -> Iterator[str]:
    """Opposites of a short statement, which is compared only with sentences that are the same word for word."""
    if len(stated.words) < _LEAST_REPEATED or stated.hedged:
        return
    likely = [line for line in evidence if abs(len(line) - len(stated)) <= _LONGEST_DIFFERENCE]
    same = [line for line in likely if line.affirmed == stated.affirmed]
    if same and all(bool(line.negated) != bool(stated.negated) for line in same):
        at = (stated if stated.negated else same[0]).negated[0]
        if stated.negated:
            yield " ".join(stated.words[at : at + 2])
        else:
            words = same[0].words
            said = next(word for word in words[at:] + words[at::-1] if word in stated.word_set)
            near = words[at : at + 2] if at + 1 < len(words) else words[-2:]
            yield f"{said} (the article says: {' '.join(near)})"
    if same or stated.negated or stated.word_set.isdisjoint(stated.lexicon.with_antonym):
        return
    for line in likely:
        if len(line.words) != len(stated.words) or line.negated:
            continue
        differing = [(a, b) for a, b in zip(stated.words, line.words, strict=True) if a != b]
        if len(differing) == 1 and any(
            differing[0][0] in own and differing[0][1] in other for own, other in stated.lexicon.antonyms
        ):
            yield f"{differing[0][0]} (the article says: {differing[0][1]})"
            return


def _negations(stated: SentenceWords, evidence: Sequence[SentenceWords]) -> Iterator[str]:
    if stated.hedged:
        return
    alike = [line for line in evidence if stated.is_like(line, _LIKE)]
    copied = [line for line in alike if stated.is_like(line, _COPY)]
    if not copied or any(line.hedged for line in copied):
        return
    if not stated.negated and not all(line.negated for line in alike):
        return
    yield from _added(stated, copied, alike) if stated.negated else _left_out(stated, copied)


def _added(stated: SentenceWords, copied: list[SentenceWords], alike: list[SentenceWords]) -> Iterator[str]:
    if any(line.negated or line.hedged for line in alike):
        return
    for negation, word in stated.negates():
        if any(_stem(word) in line.content for line in copied):
            yield f"{negation} {word}"
            return


def _left_out(stated: SentenceWords, copied: list[SentenceWords]) -> Iterator[str]:
    for line in copied:
        for negation, word in line.negates():
            if _stem(word) in stated.content:
                said = next(w for w in stated.words if _stem(w) == _stem(word))
                yield f"{said} (the article says: {negation} {word})"
                return


def _antonyms(stated: SentenceWords, evidence: Sequence[SentenceWords]) -> Iterator[str]:
    if stated.negated or stated.word_set.isdisjoint(stated.lexicon.with_antonym):
        return
    for own, other in stated.lexicon.antonyms:
        if stated.word_set.isdisjoint(own) or not stated.word_set.isdisjoint(other):
            continue
        contraries = [(line, at) for line in evidence if (at := line.places(other))]
        if not contraries or not (said := stated.places(own)):
            continue
        around = stated.around(said[0]) - set(map(_stem, own | other))
        if any(around & line.around(i) for line in evidence for i in line.places(own)):
            continue
        for line, at in contraries:
            contrary = [i for i in at if len(around & line.around(i)) >= _LEAST_SHARED]
            if contrary and not line.negated:
                yield f"{stated.words[said[0]]} (the article says: {line.words[contrary[0]]})"
                break


def _is_content(word: str) -> bool:
    return len(word) >= _SHORTEST


def _stem(word: str) -> str:
    return word.partition("'")[0][:_STEM_LENGTH]
