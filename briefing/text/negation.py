"""Where a statement says the opposite of a sentence that it otherwise repeats.

Only near copies are judged: most content words of the statement stand in one sentence of the evidence, and the
one differs from the other by a negation, or by a word for a word of opposite meaning. In free paraphrase neither can be
told without a model, and nothing is said.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence

import regex

#: Between two sentences; what ends the first one is no part of its words.
_LINE_END = re.compile(r"[.!?][\"'”»)]?[^\S\x1c-\x1f]+|\n+")
_APOSTROPHE = re.compile("[’‘ʼ＇]")
_WORD = regex.compile(r"[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*")
_PREFIX = 5  # words that begin with the same five letters count as forms of one word
_SHORTEST = 4
_LEAST_WORDS = 4
_COPY, _LIKE = 0.75, 0.5
_WINDOW, _LEAST_SHARED = 6, 2
#: From so many words on, a sentence that is repeated word for word is meant.
_LEAST_REPEATED = 3
#: In characters: of a negation, or of two opposites.
_LONGEST_DIFFERENCE = 16
_REACH = 4  # words between a negation and what it negates

_NEGATIONS = {
    "en": "not no never none nobody nothing neither nor cannot without",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts weder ohne",
    "fr": "pas jamais aucun aucune personne rien sans ni",
    "es": "no nunca jamás ningún ninguno ninguna nadie nada sin ni tampoco",
}
# Verbs and adverbs that may carry a negation: where one stands, nothing is told.
_WEAK = {
    "en": "fail failed fails failing deny denied denies denying refuse refused refuses refusing reject rejected "
    "rejects rejecting lack lacked lacks lacking unable avoid avoided avoids prevent prevented prevents stop "
    "stopped stops decline declined declines hardly barely rarely scarcely little few unlikely instead rather "
    "except but unless until only ban banned impossible absence against dismiss dismissed rule ruled",
    "de": "kaum wenig wenige lehnt lehnte abgelehnt verweigert verweigerte bestreitet bestritt dementiert dementierte "
    "verhindert selten statt außer sondern nur aber erst bis",
    "fr": "peu guère refuse refusé refuser nie nié démenti dément empêche empêché rejette rejeté plutôt sauf mais que qu",
    "es": "apenas poco rechaza rechazó rechazar niega negó impide impidió evita evitó salvo sino pero solo sólo excepto",
}
# Only words whose subject stays the same: where one side wins another loses, and what is sold is bought.
_OPPOSITES = {
    "en": (
        (("rise rises rose risen rising increase increases increased increasing grow grows grew grown growing climb climbs climbed "
         "climbing jump jumped soar soared surge surged gain gained higher"),
         ("fall falls fell fallen falling decrease decreases decreased decreasing drop drops dropped dropping decline declines declined "
         "declining shrink shrank shrunk plunge plunged slump slumped lower")),
        ("open opens opened opening reopen reopens reopened reopening", "close closes closed closing shut shuts shutting closure"),
        ("approve approves approved approving", "reject rejects rejected rejecting"),
        ("guilty convicted", "innocent acquitted"),
        ("include includes included including", "exclude excludes excluded excluding"),
        ("voluntary optional", "mandatory compulsory"),
        ("large larger", "small smaller"),
        ("best", "worst"), ("largest biggest", "smallest"), ("oldest", "youngest"), ("highest", "lowest"),
    ),
    "de": (
        ("steigt stieg steigen gestiegen wächst wuchs wachsen gewachsen erhöht erhöhen erhöhte teurer",
         "sinkt sank sinken gesunken fällt fiel fallen gefallen senkt senken senkte gesenkt billiger"),
        ("öffnet öffnete geöffnet öffnen eröffnet", "schließt schloss geschlossen schließen"),
    ),
    "fr": (
        ("augmente augmenté augmenter augmentent hausse monte monté", "baisse baissé baisser baissent diminue diminué recule reculé"),
        ("ouvre ouvert ouvrir rouvre rouvert", "ferme fermé fermer fermeture"),
    ),
    "es": (
        ("sube subió subir suben aumenta aumentó aumentar crece creció", "baja bajó bajar bajan cae cayó caer disminuye disminuyó reduce redujo"),
        ("abre abrió abrir abierto reabre", "cierra cerró cerrar cerrado"),
    ),
}  # fmt: skip


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Finds all sentences with a word that ends so, and a few others: most have none, and are not taken apart for it.

    It begins with a choice of letters, and with nothing that has to be tried at each of them.
    """
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(words)))})(?![a-z])")


_NEGATED = re.compile(r"n't$|^n'(?!t$)")
_OF_NEGATIONS = {"fr": ("ne",), "en": ("did", "do", "does")}
_NEGATION_SETS = {lang: frozenset(words.split()) for lang, words in _NEGATIONS.items()}
_MAY_NEGATE = {lang: _any_of(words | {"n't"}) for lang, words in _NEGATION_SETS.items()}
_WEAK_SETS = {lang: frozenset(words.split()) for lang, words in _WEAK.items()}
_OPPOSITE_SETS = {
    lang: [
        (frozenset(a.split()), frozenset(b.split()))
        for one, other in pairs
        for a, b in ((one, other), (other, one))
    ]
    for lang, pairs in _OPPOSITES.items()
}
_MAY_OPPOSE = {words: _any_of(words) for pairs in _OPPOSITE_SETS.values() for words, _ in pairs}
_HAVE_OPPOSITES = {
    lang: frozenset[str]().union(*(own for own, _ in pairs)) for lang, pairs in _OPPOSITE_SETS.items()
}


class Line:
    """A sentence as its words; they are read when they are first asked for, as those of most sentences never are.

    Args:
        text: the sentence.
        lang: its language, one that is judged.

    Attributes:
        negated: where a negation stands.
    """

    def __init__(self, text: str, lang: str) -> None:
        self._text = text
        self._folded = _folded(text)
        self._lang = lang
        self.negated: list[int] = []
        if _MAY_NEGATE[lang].search(self._folded):
            negations = _NEGATION_SETS[lang]
            self.negated = [
                i for i, word in enumerate(self.words) if word in negations or word.endswith("n't")
            ]

    def __len__(self) -> int:
        return len(self._folded)

    @functools.cached_property
    def words(self) -> list[str]:
        """Its words, in order."""
        words: list[str] = _WORD.findall(self._folded)
        return words

    @functools.cached_property
    def bag(self) -> set[str]:
        """Its words, once each."""
        return set(self.words)

    @property
    def hedged(self) -> bool:
        """Whether it holds a word that may carry a negation."""
        return not self.bag.isdisjoint(_WEAK_SETS[self._lang])

    @functools.cached_property
    def content(self) -> set[str]:
        """The beginnings of its content words."""
        return {_stem(word) for word in self.bag - _NEGATION_SETS[self._lang] if _is_content(word)}

    def places(self, words: frozenset[str]) -> list[int]:
        """Where one of these words stands, which are one side of a pair of opposites."""
        if not _MAY_OPPOSE[words].search(self._folded):
            return []
        return [i for i, word in enumerate(self.words) if word in words and not self._is_in_name(i)]

    def _is_in_name(self, place: int) -> bool:
        """Whether a word has a capital that does not come from its place: "the village of Lower Marrowby"."""
        spelled = self._spelled
        if len(spelled) != len(self.words) or not spelled[place][0].isupper():
            return False
        # The sentence's first word may begin a name; in a headline capitals say nothing.
        followed = place + 1 < len(spelled) and spelled[place + 1][0].isupper()
        return (place > 0 or followed) and any(word.islower() for word in spelled if _is_content(word))

    @functools.cached_property
    def _spelled(self) -> list[str]:
        spelled: list[str] = _WORD.findall(self._text)
        return spelled

    @functools.cached_property
    def affirmed(self) -> list[str]:
        """Its words without negations: "did", "n't" and the French "ne" are parts of them."""
        bare = (_NEGATED.sub("", word) for word in self.words if word not in _NEGATION_SETS[self._lang])
        return [word for word in bare if word not in _OF_NEGATIONS.get(self._lang, ())]

    def around(self, place: int) -> set[str]:
        """The content words beside a word."""
        nearby = self.words[max(0, place - _WINDOW) : place + _WINDOW + 1]
        return {_stem(word) for word in nearby if _is_content(word)}

    def shares(self, other: Line) -> float:
        """Share of this one's content words that stand in the other one, too."""
        return len(self.content & other.content) / len(self.content)

    def negates(self) -> Iterator[tuple[str, str]]:
        """Each negation with the content word that follows it."""
        for i in self.negated:
            following = [word for word in self.words[i + 1 : i + 1 + _REACH] if _is_content(word)]
            if following:
                yield self.words[i], following[0]


def read_lines(text: str, lang: str) -> list[Line]:
    """The sentences of a text; a full stop or a line's end is enough here.

    Args:
        text: the text.
        lang: its language, one that is judged.
    """
    return [Line(line, lang) for line in _LINE_END.split(text) if line]


def _folded(text: str) -> str:
    lower = text.lower()
    return lower if lower.isascii() else _APOSTROPHE.sub("'", lower)


def judges(lang: str) -> bool:
    """Whether anything can be told in this language."""
    return lang in _NEGATIONS


def opposites(statement: str, evidence: Sequence[Line], lang: str) -> Iterable[str]:
    """What `statement` says while the sentence that it repeats says the opposite."""
    stated = Line(statement, lang)
    if len(stated.content) < _LEAST_WORDS:
        yield from _repeated(stated, evidence, lang)
        return
    yield from _negations(stated, evidence)
    yield from _antonyms(stated, evidence, lang)


def _repeated(stated: Line, evidence: Sequence[Line], lang: str) -> Iterator[str]:
    """The same for few words, too few to tell a near copy by: only a sentence that is word for word the same."""
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
            said = next(word for word in words[at:] + words[at::-1] if word in stated.bag)
            near = words[at : at + 2] if at + 1 < len(words) else words[-2:]
            yield f"{said} (the article says: {' '.join(near)})"
    if same or stated.negated or stated.bag.isdisjoint(_HAVE_OPPOSITES[lang]):
        return
    for line in likely:
        if len(line.words) != len(stated.words) or line.negated:
            continue
        differing = [(a, b) for a, b in zip(stated.words, line.words, strict=True) if a != b]
        if len(differing) == 1 and any(
            differing[0][0] in own and differing[0][1] in other for own, other in _OPPOSITE_SETS[lang]
        ):
            yield f"{differing[0][0]} (the article says: {differing[0][1]})"
            return


def _negations(stated: Line, evidence: Sequence[Line]) -> Iterator[str]:
    if stated.hedged:
        return
    if not stated.negated:
        # It can only be told from a copy with a negation, and few sentences have one; the likes of it have one, too.
        if not any(line.negated and stated.shares(line) >= _COPY for line in evidence):
            return
        if any(not line.negated and stated.shares(line) >= _LIKE for line in evidence):
            return
    shares = [(stated.shares(line), line) for line in evidence]
    copied = [line for share, line in shares if share >= _COPY]
    alike = [line for share, line in shares if share >= _LIKE]
    if not copied or any(line.hedged for line in copied):
        return
    yield from _added(stated, copied, alike) if stated.negated else _left_out(stated, copied)


def _added(stated: Line, copied: list[Line], alike: list[Line]) -> Iterator[str]:
    if any(line.negated or line.hedged for line in alike):
        return
    for negation, word in stated.negates():
        if any(_stem(word) in line.content for line in copied):
            yield f"{negation} {word}"
            return


def _left_out(stated: Line, copied: list[Line]) -> Iterator[str]:
    for line in copied:
        for negation, word in line.negates():
            if _stem(word) in stated.content:
                said = next(w for w in stated.words if _stem(w) == _stem(word))
                yield f"{said} (the article says: {negation} {word})"
                return


def _antonyms(stated: Line, evidence: Sequence[Line], lang: str) -> Iterator[str]:
    if stated.negated or stated.bag.isdisjoint(_HAVE_OPPOSITES[lang]):
        return
    for own, other in _OPPOSITE_SETS[lang]:
        if stated.bag.isdisjoint(own) or not stated.bag.isdisjoint(other):
            continue
        contraries = [(line, at) for line in evidence if (at := line.places(other))]
        if not contraries:
            continue
        said = stated.places(own)
        if not said:
            continue
        around = stated.around(said[0]) - _stems(own | other)
        if any(around & line.around(i) for line in evidence for i in line.places(own)):
            continue
        for line, at in contraries:
            contrary = [i for i in at if len(around & line.around(i)) >= _LEAST_SHARED]
            if contrary and not line.negated:
                yield f"{stated.words[said[0]]} (the article says: {line.words[contrary[0]]})"
                break


@functools.lru_cache(maxsize=256)
def _stems(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_stem, words))


def _is_content(word: str) -> bool:
    return len(word) >= _SHORTEST


def _stem(word: str) -> str:
    return word.partition("'")[0][:_PREFIX]
