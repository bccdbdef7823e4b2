"""The parts of a long article that have something on the reader's focus.

Sentences are ranked by BM25. SQLite's FTS5 computes it, which comes with Python; it is given our own words, because its
tokenizers know neither inflected forms nor words in scripts without spaces. In doubt a part is read: a word counts as found in
any of its forms and compounds, and all parts are read if the focus does not tell which ones to read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

import regex

from briefing.grounding import View, same_stem
from briefing.pipeline.parts import cutter
from briefing.quotations import cues_for
from briefing.sources import Source
from briefing.text import UNSPACED_CHARACTER

#: Tokens of an article whose summary has the usual number of sentences.
_ONCE, _MOST_DOUBLINGS = 12_500, 6
#: A sentence is on the focus if it has this share of the best one's score.
_STRONG = 0.35
_TABLE = "CREATE VIRTUAL TABLE sentences USING fts5(words)"
#: Sentences on each side of a part that count as its own: what is said there may go on, or begin, in it.
_BESIDE = 2
#: Least share of the words of a focus that the article has, and of its pairs of characters in scripts without spaces, where
#: pairs across two words are found nowhere.
_LEAST_WORDS, _LEAST_PAIRS = 1 / 2, 1 / 3
#: Letters that two forms of a word may end in, of the shorter and the longer ending; and so if they have `_LONG_STEM` in common.
_ENDINGS, _LONG_STEM, _LONG_ENDINGS = (2, 4), 5, (3, 6)
#: Short words with other vowels at the end: "casa" and "case", "елка" and "елки".
_LAST_VOWEL = regex.compile("(?<=...)[aeiouаеиоуыэюя]$")
#: Letters of a short word, whose forms are longer by `_SHORT_ENDING` at most.
_SHORT, _SHORT_ENDING = 3, 3
#: Least letters of a word that is searched for inside of compounds.
_IN_COMPOUNDS = 5
#: Marks that are often left out: accents, and vowel points of Arabic and Hebrew.
_POINTS = regex.compile("[\\u0300-\\u036f\\u0591-\\u05c7\\u064b-\\u065f\\u0670]")
#: What Arabic and Hebrew write together with the word behind it.
_PROCLITIC = regex.compile("ال|[وفبكلس]|[והבלמשכ]")
_PROCLITICS = 3
#: Words that ask for what matters, and say nothing of a subject; folded.
_VAGUE_WORDS = """
    about important main key major essential point points issue issues topic topics subject subjects summary summaries summarize
    overview happen happens happened happening conclusion conclusions result results finding findings detail details fact facts
    article articles text document documents chapter chapters author authors content contents gist takeaway takeaways news idea
    ideas argument arguments thing things everything anything something information tell explain describe know matter matters
    wichtig wichtige wichtigste wichtigsten haupt hauptpunkte punkte thema themen zusammenfassung uberblick passiert passierte geschah
    geschieht ergebnis ergebnisse schluss fazit einzelheiten artikel dokument kapitel autor inhalt wesentliche wesentlichen
    principal principaux principale principales important importante importants importantes essentiel resume sujet sujets passe
    conclusions resultats resultat contenu auteur chapitre points
    principales importante importantes resumen tema temas punto puntos paso ocurrio sucedio contenido autor capitulo resultados
    principali importanti riassunto contenuto successo principais resumo conteudo aconteceu
    главное главные важное важные важно итог итоги тема темы содержание произошло случилось глава статья автор
    الرئيسية المهم اهم ملخص النقاط حدث المحتوى
    什么 主要 要内 内容 要点 重点 总结 结论 发生 重要 最重 概要 要約 内容 結論 何が
"""
_VAGUE = frozenset(_VAGUE_WORDS.split())


@dataclass(frozen=True)
class Choice:
    """The parts of an article that are read.

    Attributes:
        source: the article.
        parts: those to read, in order.
        left_out: numbers of the first and the last sentence of each stretch that is not read.
        warning: why all parts are read whatever the focus is; `None` unless the search failed.
    """

    source: Source
    parts: list[View]
    left_out: Sequence[tuple[int, int]] = ()
    warning: str | None = None

    @property
    def doublings(self) -> int:
        """How many times what is read is twice as long as `_ONCE`, at most `_MOST_DOUBLINGS`."""
        length = sum(cutter(self.source).length(part) for part in self.parts)
        return min(_MOST_DOUBLINGS, max(length // _ONCE, 1).bit_length() - 1)

    @property
    def warnings(self) -> list[str]:
        """What a reader should know, for `Meta.warnings`."""
        stretches = ", ".join(f"{first} to {last}" for first, last in self.left_out)
        told = [f"not read for the focus: sentences {stretches}"] if stretches else []
        return [*told, self.warning] if self.warning else told


def choose_parts(source: Source, parts: list[View], focus: str | None) -> Choice:
    """Return the parts that have something on a focus; all parts if there is none, or if it does not tell them apart."""
    if focus is None or len(parts) < 2:
        return Choice(source, parts)
    import sqlite3  # most articles need none

    try:
        scores = _scores(source, focus)
    except sqlite3.Error as error:
        return Choice(
            source, parts, warning=f"all parts are read, whatever the focus: no full-text search ({error})"
        )
    if not scores:
        return Choice(source, parts)
    least = _STRONG * max(scores.values())
    strong = [number for number, score in scores.items() if score >= least]
    read = [
        part
        for part in parts
        if any(part.sentences[0] - _BESIDE <= number <= part.sentences[-1] + _BESIDE for number in strong)
    ]
    return Choice(source, read, list(_stretches(read, len(source.sentences))))


def _stretches(read: Sequence[View], end: int) -> Iterator[tuple[int, int]]:
    """The numbers of the first and last sentences between parts, and before and behind them."""
    borders = [(0, 0), *((part.sentences[0], part.sentences[-1]) for part in read), (end + 1, end + 1)]
    for (_, last), (first, _) in pairwise(borders):
        if last + 1 < first:
            yield last + 1, first - 1


def _scores(source: Source, focus: str) -> dict[int, float]:
    """The BM25 of the sentences that have a word of the focus, by number; none if it does not tell parts apart.

    A sentence that has all of the words has the best score.

    Raises:
        sqlite3.Error: this SQLite has no FTS5.
    """
    import sqlite3

    from briefing.ranking import content_words

    sought = _sought(focus, source.lang)
    lines = [content_words(sentence.text, source.lang) for sentence in source.sentences]
    found = {word: tokens for word in set().union(*lines) if (tokens := _tokens(_folded(word), sought))}
    met = {token for several in found.values() for token in several.split()}
    if not _is_enough(sought, len(met)):
        return {}
    rows = ((i, " ".join(found.get(word, "x") for word in line)) for i, line in enumerate(lines, 1))
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(_TABLE)
        database.executemany("INSERT INTO sentences(rowid, words) VALUES (?, ?)", rows)
        ranked = "SELECT rowid, -bm25(sentences) FROM sentences WHERE sentences MATCH ?"
        scores = dict(database.execute(ranked, (" OR ".join(met),)))
        with_all = database.execute(ranked, (" AND ".join(met),))
        # BM25 thinks little of a word in a long sentence.
        return scores | dict.fromkeys((number for number, _ in with_all), max(scores.values()))


def _sought(focus: str, lang: str) -> list[str]:
    """The words of a focus that name a subject, each once."""
    from briefing.ranking import content_words

    words = (_folded(word) for word in content_words(focus, lang) if word not in cues_for(lang).verbs)
    return list(dict.fromkeys(word for word in words if word not in _VAGUE))


def _token(number: int) -> str:
    return f"w{number}"


def _tokens(word: str, sought: Sequence[str]) -> str:
    """The tokens of the words of a focus that a word may be a form of."""
    return " ".join(_token(number) for number, one in enumerate(sought) if _may_be_form(one, word))


def _is_enough(sought: Sequence[str], found: int) -> bool:
    """Whether the article has so many of the words of a focus that they tell where it speaks of it."""
    pairs = sum(bool(UNSPACED_CHARACTER.match(word)) for word in sought)
    least = _LEAST_PAIRS * pairs + _LEAST_WORDS * (len(sought) - pairs)
    return found >= max(least, 1)


def _folded(word: str) -> str:
    """A word without accents and vowel points; Korean syllables as letters, because endings begin inside of them."""
    return word if word.isascii() else _POINTS.sub("", unicodedata.normalize("NFKD", word))


def _may_be_form(one: str, other: str) -> bool:
    """Whether two folded words may be forms of one word, or one of them a part of the other."""
    if not one.isascii() and UNSPACED_CHARACTER.match(one):
        return one == other
    return any(_is_form(a, b) for a in _bare(one) for b in _bare(other))


def _is_form(one: str, other: str) -> bool:
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) < _SHORT:
        return short == long
    if len(short) == _SHORT:
        return long.startswith(short) and len(long) <= _SHORT + _SHORT_ENDING
    if len(short) >= _IN_COMPOUNDS and short in long:
        return True
    is_long = short[:_LONG_STEM] == long[:_LONG_STEM]
    return same_stem(short, long, _LONG_ENDINGS if is_long else _ENDINGS) or _LAST_VOWEL.sub(
        "", short
    ) == _LAST_VOWEL.sub("", long)


def _bare(word: str) -> list[str]:
    """A word, and what is left of it without what is written together with it in Arabic and Hebrew."""
    found = [word]
    if word.isascii():
        return found
    while len(found) <= _PROCLITICS and (match := _PROCLITIC.match(word)):
        word = word[match.end() :]
        if len(word) < _SHORT:
            break
        found.append(word)
    return found
