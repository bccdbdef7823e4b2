"""Read the turns of a transcript: "LIND: We will not sell." is speech without quotation marks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import regex

from briefing.quotations.extraction import Quotation
from briefing.quotations.label_forms import find_label_forms
from briefing.quotations.label_words import FIRST_PERSON, NO_SPEAKERS, QUESTIONS
from briefing.spans import Span
from briefing.text import (
    CLOSING_MARKS,
    DENSE_CHARACTER,
    TERMINAL_MARKS,
    count_titles,
    is_title,
    title_gender,
    trim,
)

_DATE = r"\d{1,4}[./-]\d{1,2}(?:[./-]\d{2,4})?"
_TIME = (
    rf"[\[(]?(?:{_DATE},?[ ])?\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d{{1,3}})?)?(?:[ \u202f]?[APap][Mm])?[\])]?"
)
_WORD = r"[\p{Lu}\p{Lo}][\p{L}\p{M}.'’·-]*"
#: Words in small letters between those of a name or office: "von", "Le président", "El señor PRESIDENTE".
_SMALL = (
    r"(?:v[ao]n|zu|den?|der|d[aiou]s?|del|dell[ao]|l[aeo]s?|al|bin|ibn|el|of|the|y|e|et|señora?|sr\.?|sra\.?)"
)
#: The number of "Speaker 2" is no hour.
_NAME = rf"(?:{_SMALL}[ \u00a0]){{0,2}}{_WORD}(?:[ \u00a0](?:{_SMALL}[ \u00a0]){{0,2}}(?:{_WORD}|\d{{1,3}}(?!:\d)|(?:président|presidente?|rapporteur)e?\b)){{0,4}}"
#: A label at the beginning of a line, with a time or markup before and a remark, an office or a party behind.
_LABEL = regex.compile(
    rf"^[ \t]*(?:(?:>>|[●◆・–—•-])[ \t]*)?(?:{_TIME}[ \t]*(?:[–—-][ \t]*)?)?\**(?P<name>{_NAME})"
    rf"(?:[ \u00a0]?[(\[（][^()\[\]（）\n]{{1,60}}[)\]）])?(?P<office>,[ ][^\n,:：.]{{1,60}}(?=[:：]))?"
    rf"\**(?:[ \u00a0]?[:：]|(?<=\.)[ \u00a0][–—])\**[ \t\u00a0]*(?:\n[ \t]*)?(?=\S)"
    # "○山田太郎君　…", as in the minutes of Japan's Diet
    r"|^[ \u3000]*○(?P<name>[\p{Lo}ー々]{2,12})(?:（[^（）\n]{1,20}）)?[ \u3000]+(?=\S)"
    # a name and a time, as transcribing services write them
    rf"|^[ \t]*(?P<name>{_NAME})[ \t]+(?P<time>{_TIME})[ \t]*[:：]?[ \t]*\n[ \t]*(?=\S)"
    # a message of a chat, whose writers need no capitals
    rf"|^[ \t]*{_TIME}[ \t]*(?:[–—-][ \t]*)?<?(?P<name>\p{{Ll}}[\p{{L}}\p{{N}}_.-]{{1,30}})>?[:：][ \t]*(?=\S)"
    # "Q. …"
    r"|^[ \t]*\**(?P<name>\p{L})\.\**[ \t\u00a0]+(?=\S)",
    regex.MULTILINE,
)
#: One of these is in the line of each label, except that of "Q. …". `in` finds a character faster than `regex` the label.
_IN_LABEL = ":：○–—"
_ANSWERS = frozenset(answer for answers in QUESTIONS.values() for answer in answers.split())
#: A sign of talk: a question, or somebody who speaks of himself; in Japanese, the polite form.
_TALK = regex.compile(
    rf"[?？؟]|[我咱]|私|ます[。、か]|です[。、か]|(?<![\p{{L}}'’-])(?:{''.join(FIRST_PERSON.split())})(?![\p{{L}}-])"
)
_QUOTED = regex.compile(r"[“„«\"][^“”„«»\"\n]*[”“»\"]")
#: Who asks the questions of a hearing: "BY MR. LIND:".
_EXAMINER = regex.compile(rf"^[ \t]*BY (?P<name>{_NAME}):[ \t]*$", regex.MULTILINE)
_BLANK_LINES = regex.compile(r"\s*\n\s*\n\s*")
#: What is done and not said: "(Applause)", "[LAUGHTER]", "*coughs*".
_DIRECTION = r"[(\[（*][^()\[\]（）*\n]{1,200}[)\]）*]"
_DIRECTION_LINE = regex.compile(rf"\s*^[ \t]*(?:{_DIRECTION}[ \t.]*)+$\s*", regex.MULTILINE)
_DIRECTION_FIRST = regex.compile(rf"(?:{_DIRECTION}[.\s]*)+")
_DIRECTION_LAST = regex.compile(rf"(?:(?<=[{TERMINAL_MARKS}])\s*{_DIRECTION}\.?)+\Z")
#: A line that begins with a word and a colon: "Action items: …".
_REMARK = regex.compile(
    r"^[ \t]*\**(?P<name>\p{L}[\p{L}\p{M}’'-]*(?: [\p{L}\p{M}\p{N}’'-]+){0,3})\**[ \u00a0]?[:：]",
    regex.MULTILINE,
)
_LONGEST_HEADING = 80
_SHORT_HAN = regex.compile(r"\p{Han}{2,4}")
_ENDED = regex.compile(rf"[{TERMINAL_MARKS}—–-][{CLOSING_MARKS}]*\Z")
#: A transcript has at least so many turns, which are at least this share of it. So many of them end as sentences do, and in so
#: many, of two speakers at least, is a sign of talk.
_LEAST_TURNS, _LEAST_SHARE, _LEAST_ENDED, _LEAST_TALKING = 3, 0.3, 0.5, 0.25
#: The same where the labels have no colon, of the share and the signs of talk.
_LARGE_SHARE, _MANY_TALKING = 0.5, 0.5
#: Longest quotation that is made of several sentences of a turn, in Latin letters.
_LONGEST_PIECE = 300


def read_turns(text: str) -> list[Quotation]:
    """Return the turns of a transcript, each as speech of its label, in order.

    A label is in capitals or has several words, or a label of the text occurs twice: "Note: …" alone is none. One that
    occurs once may be a heading. In a text that is no transcript as a whole, a turn ends at a blank line. It has several
    spans if something is done in it that is not said: "(Applause)".
    """
    turns = _transcript(text)
    return turns or [turn for _, turn in _turns(text, _labels(text, paired=False), goes_on=False)]


def with_turns(quotations: list[Quotation], text: str, sentences: Sequence[Span]) -> list[Quotation]:
    """Return the quotations of a text, and if it is a transcript, what its speakers say.

    A turn is offered in pieces, each a sentence or several short ones. A quotation inside a turn is part of it.
    """
    turns = _transcript(text)
    pieces = [
        piece for turn in turns for span in turn.spans for piece in _pieces(turn, span, text, sentences)
    ]
    places = [(piece.spans[0].start, piece.spans[0].end) for piece in pieces]

    def is_outside(quotation: Quotation) -> bool:
        start, end = quotation.spans[0].start, quotation.spans[-1].end
        near = places[max(bisect_right(places, (start, start)) - 1, 0) :]
        return not any(a < end and start < b for a, b in near[:2])

    outside = filter(is_outside, quotations)
    return (
        sorted([*outside, *pieces], key=lambda quotation: quotation.spans[0].start) if pieces else quotations
    )


def _transcript(text: str) -> list[Quotation]:
    """The turns of a text that is a transcript; none of a form, a list, or an article in which few lines have labels."""
    if turns := _with_labels(text, _labels(text, paired=True), strict=False):
        return turns
    for labels in find_label_forms(text):
        named = [label for label in labels if not _names_no_speaker(label["name"])]
        if turns := _with_labels(text, named, strict=True):
            return turns
    return []


def _with_labels(text: str, labels: Sequence[regex.Match[str]], *, strict: bool) -> list[Quotation]:
    """The turns with these labels, if they make a transcript; `strict` where the labels have no colon."""
    share, talking = (_LARGE_SHARE, _MANY_TALKING) if strict else (_LEAST_SHARE, _LEAST_TALKING)
    found = list(_turns(text, labels, goes_on=True)) if len(labels) >= _LEAST_TURNS else []
    speakers = {label for label, _ in found}
    if len(found) < _LEAST_TURNS or not 1 < len(speakers) < len(found):
        return []
    turns = [turn for _, turn in found]
    covered = sum(span.end - span.start for turn in turns for span in turn.spans)
    ended = sum(_ENDED.search(turn.spans[-1].text) is not None for turn in turns)
    # Questions and "I" inside quotation marks occur in articles, too, and do not make them transcripts.
    said = ((label, " ".join(span.text for span in turn.spans)) for label, turn in found)
    talks = [label for label, words in said if _TALK.search(_QUOTED.sub("", words) if strict else words)]
    is_talk = len(set(talks)) > 1 and len(talks) >= talking * len(turns)
    is_written_out = covered >= share * len(text) and ended >= _LEAST_ENDED * len(turns)
    return _with_full_names(turns) if is_talk and is_written_out else []


def _with_full_names(turns: Sequence[Quotation]) -> list[Quotation]:
    """The turns, with the full name in place of a surname, if exactly one other label has it: "HOLT" after "Maren Holt"."""
    spans = {turn.speaker: turn.speaker_span for turn in reversed(turns) if turn.speaker}
    bare = {speaker: speaker.split()[count_titles(speaker.split()) :] for speaker in spans}
    full: dict[str | None, Span | None] = {}
    for speaker in spans:
        own = [word.casefold() for word in bare[speaker]]
        titles = speaker.split()[: len(speaker.split()) - len(own)]
        longer = [
            other
            for other, words in bare.items()
            if len(words) > len(own) > 0 and [word.casefold() for word in words[-len(own) :]] == own
        ]
        # "Mr Holt" need not be Maren Holt.
        if len({" ".join(bare[other]).casefold() for other in longer}) == 1 and not any(
            map(title_gender, titles)
        ):
            full[speaker] = spans[longer[0]]
    return [
        turn.model_copy(update={"speaker": span.text, "speaker_span": span})
        if (span := full.get(turn.speaker))
        else turn
        for turn in turns
    ]


def _turns(
    text: str, labels: Sequence[regex.Match[str]], *, goes_on: bool
) -> Iterator[tuple[str, Quotation]]:
    """The turns with these labels, each with its label in lower case; over blank lines if one `goes_on` there."""
    examiners = list(_EXAMINER.finditer(text))
    for match, following in zip(labels, [*labels[1:], None], strict=False):
        label: str = match["name"].casefold()
        name: Span | None = Span.of(text, *match.span("name"))
        if label in QUESTIONS or label in _ANSWERS:
            before = bisect_left(examiners, match.start(), key=lambda found: found.start())
            asks = label in QUESTIONS and before
            name = Span.of(text, *examiners[before - 1].span("name")) if asks else None
        stop = len(text) if following is None else following.start()
        own = match["name"].split()[-1]
        if spans := tuple(_spoken(text, match.end(), stop, own, goes_on=goes_on and following is not None)):
            speaker = name.text if name else None
            yield label, Quotation(spans=spans, kind="speech", speaker=speaker, speaker_span=name)


def _pieces(turn: Quotation, span: Span, text: str, sentences: Sequence[Span]) -> Iterator[Quotation]:
    """The sentences of a part of a turn, short ones of a paragraph together."""
    first = bisect_right(sentences, span.start, key=lambda sentence: sentence.end)
    after = bisect_left(sentences, span.end, key=lambda sentence: sentence.start)
    places: list[tuple[int, int]] = []
    for sentence in sentences[first:after]:
        start, end = _without_directions(text, max(sentence.start, span.start), min(sentence.end, span.end))
        if not any(map(str.isalnum, text[start:end])):
            continue
        begin, stop = places[-1] if places else (start, start)
        gap = text[stop:start]
        if (
            places
            and (not gap or gap.isspace())
            and "\n" not in gap
            and _length(text[begin:end]) <= _LONGEST_PIECE
        ):
            places[-1] = begin, end
        else:
            places.append((start, end))
    for start, end in places:
        yield turn.model_copy(update={"spans": (Span.of(text, start, end),)})


def _without_directions(text: str, start: int, end: int) -> tuple[int, int]:
    """The place without the stage directions at its ends."""
    if match := _DIRECTION_FIRST.match(text, start, end):
        start = match.end()
    if match := _DIRECTION_LAST.search(text, start, end):
        end = match.start()
    return trim(text, start, end)


def _length(text: str) -> int:
    return len(text) + len(DENSE_CHARACTER.findall(text))


def _labels(text: str, *, paired: bool) -> list[regex.Match[str]]:
    """The labels of speakers; if `paired`, those of questions and answers as well."""
    found = [match for match in _labelled_lines(text) if not _names_no_speaker(match["name"])]
    counted = Counter(match["name"].casefold() for match in found)
    pairs = {
        label
        for question, answers in QUESTIONS.items()
        for answer in answers.split()
        if paired and counted[question] and counted[answer]
        for label in (question, answer)
    }
    recurring = [m["name"] for m in found if counted[m["name"].casefold()] > 1 and len(m["name"]) > 1]
    capitals = bool(recurring) and all(map(str.isupper, recurring))
    labels = ((match, match["name"].casefold()) for match in found)
    return [
        match
        for match, label in labels
        if (
            label in pairs
            if label in QUESTIONS or label in _ANSWERS
            else _is_label(match, bool(recurring), capitals, counted[label])
        )
    ]


def _labelled_lines(text: str) -> Iterator[regex.Match[str]]:
    """The matches of `_LABEL`. `finditer` would try it at each character, not at each line."""
    start = 0
    signs = [sign for sign in _IN_LABEL if sign in text]
    while True:
        end = text.find("\n", start)
        line = text[start:end] if end >= 0 else text[start:]
        has_sign = line.lstrip(" \t*")[1:2] == "." or any(sign in line for sign in signs)
        if has_sign and (match := _LABEL.match(text, start)):
            yield match
            end = text.find("\n", match.end() - 1)
        if end < 0:
            return
        start = end + 1


def _names_no_speaker(label: str) -> bool:
    """Whether a label is that of a remark or of an item of minutes, by its first word, or the first behind "de la"."""
    words = label.split()
    first = next((word for word in words if not word[0].islower()), words[0])
    return first.casefold().rstrip(".") in NO_SPEAKERS


def _is_label(match: regex.Match[str], recurs: bool, capitals: bool, count: int) -> bool:
    """Whether a label is a speaker's.

    `recurs`: some label of the text occurs twice; `capitals`: all that do are in capitals; `count`: how often this one does.
    """
    label = match["name"]
    if count > 1:
        return len(label) > 1
    if (match["office"] or match["time"]) and not recurs:  # the time may be that of an author's line
        return False
    if label[0].isupper():
        return label.isupper() or is_title(label.split()[0]) or ((recurs or " " in label) and not capitals)
    return _SHORT_HAN.fullmatch(label) is not None or (recurs and (" " in label or "○" in match.group()))


def _spoken(text: str, start: int, stop: int, own: str, *, goes_on: bool) -> Iterator[Span]:
    """The parts of a turn that are said, between its label and the next one.

    The first paragraph is said, and so are others if the turn `goes_on`, up to a heading or to a paragraph that names the
    speaker (`own` is the last word of the name).
    """
    remarks = (match for match in _REMARK.finditer(text, start, stop) if match.start() > start)
    stop = next((match.start() for match in remarks if _names_no_speaker(match["name"])), stop)
    breaks = [(start, start), *(m.span() for m in _BLANK_LINES.finditer(text, start, stop)), (stop, stop)]
    paragraphs = [(a, b) for (_, a), (b, _) in pairwise(breaks)]
    end = paragraphs[0][1]
    for a, b in paragraphs[1:] if goes_on else ():
        words = text[a:b]
        if _DIRECTION_LINE.fullmatch(words):
            continue
        is_heading = len(words) <= _LONGEST_HEADING and not _ENDED.search(words)
        if (
            words.startswith("#")
            or is_heading
            or regex.search(rf"(?<!\p{{L}}){regex.escape(own)}(?!\p{{L}})", words)
        ):
            break
        end = b
    begin = start
    for match in [*_DIRECTION_LINE.finditer(text, start, end), None]:
        a, b = trim(text, begin, match.start() if match else end)
        if a < b:
            yield Span.of(text, a, b)
        begin = match.end() if match else end
