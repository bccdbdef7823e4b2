"""Compare the speakers that a written text gives to a quotation with the source's."""

from __future__ import annotations

from bisect import bisect_left

import regex

from briefing.grounding.evidence import Backing
from briefing.grounding.resolution import turns_of
from briefing.grounding.speakers import is_description, may_corefer, named_speaker, nearest_mention
from briefing.quotations import Quotation, cues_for
from briefing.sources import Source, cached_in_source
from briefing.spans import Span
from briefing.text import UNSPACED_CHARACTER, find_mentions, may_be_same_name, without_title

#: Conjunctions of two names, by language.
_AND = {
    "en": "and", "de": "und|sowie", "fr": "et", "es": "y|e", "it": "e|ed", "pt": "e", "nl": "en", "sv": "och", "da": "og",
    "no": "og", "pl": "i|oraz", "ru": "и", "uk": "і|й|та", "cs": "a", "el": "και", "tr": "ve", "fi": "ja", "hu": "és",
    "ro": "și|şi", "ca": "i",
}  # fmt: skip
_UNSPACED_AND = regex.compile("[和与與及跟と、]")
_NAME = r"\p{Lu}[\p{L}\p{M}.'’-]*(?:\s\p{Lu}[\p{L}\p{M}.'’-]*){0,4}"
_AROUND = " \u00a0\u202f.,，。、\"“”„‟«»‹›＂〝〞〟「」｢｣﹁﹂『』﹃﹄'‘’‚‛＇`"
#: Between a quotation and a name that stands beside it without a verb: a newspaper may stand there, too.
_CREDIT = regex.compile(r"[^\w]*[–—―(\-]\s*(?:\p{Lu}[\p{L}\p{M}.]+ ){0,2}")
_GAP = regex.compile(rf"[{regex.escape(_AROUND)}]*")
#: Characters beside a quotation in which a bare name begins.
_NEAR = 80
#: Characters beside a quotation that such a name may take.
_WITHIN = 1000
_HAN = regex.compile(r"\p{Han}{4,}")
#: What stands before the first of several names, if their conjunction joins nothing else.
_BEFORE_NAMES = ("", *'.,;:!?…–—-("“”„«»‘’')
#: An office or body, and the name of what it is of: "the Bank of Norway", "le maire de Valmer".
_BELONGING = regex.compile(
    r"(?:(?i:the|l[aeo]s?|die|der|das|el|il|os?|as?)\s|l['’])?(?P<head>\p{L}[\p{L}-]+(?:\s[\p{L}-]+)?)\s"
    r"(?:(?:of|du|des?|del|della|von|for|di|d[ao])\s(?:the\s|la\s|los\s)?|d(?:ell)?['’])(?P<of>\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)*)"
)
#: Fewest letters of a first name that is written out; a shorter one may be an initial.
_LEAST_FIRST_NAME = 3
_HONORIFIC = "氏|さん|先生|女士"


Place = tuple[int, int]


def wrong_speaker(
    quotation: Quotation, written: Source, theirs: Quotation, source: Source, sentence: Place | None = None
) -> tuple[Span, Span] | None:
    """Return a speaker that a text names and the source contradicts, and the source's speaker; `None` if there is none.

    Args:
        quotation: the quotation in the text; of several speakers each must be the source's.
        written: the text.
        theirs: the quotation in the source.
        source: the source.
        sentence: place of the sentence in a longer text; names before it do not count as being before the quotation.
    """
    cue = named_speaker(theirs, source)
    if cue is None:
        return None
    true = _joined(cue, source)
    start = quotation.spans[0].start
    ends = _quotation_ends(written)
    preceding = ends[bisect_left(ends, start) - 1] if ends and ends[0] < start else 0
    preceding = max(preceding, sentence[0] if sentence else 0)
    speakers = _speakers(quotation, written, source, sentence)
    for speaker in speakers:
        mention = nearest_mention(speaker.text, theirs.spans[0], source)
        before = written.text[preceding:start]
        # Where a text quotes several people, attribution is uncertain: the source's speaker between the preceding
        # quotation and this one goes before a name elsewhere.
        elsewhere = mention is None or not preceding <= speaker.start < start
        uncertain = len(speakers) == 1 and elsewhere
        if all(
            (_contradicts(speaker, mention, one, source) or _is_of_another(speaker, written, one, source))
            and not (uncertain and _shares_word(one.text, before, source.lang))
            for one in true
        ):
            return speaker, cue
    return None


@cached_in_source
def _quotation_ends(written: Source) -> list[int]:
    return sorted(q.spans[-1].end for q in written.quotations)


def compare_speakers(
    quotation: Quotation, written: Source, theirs: Quotation | None, source: Source, sentence: Place
) -> tuple[Span | None, Span | None, bool | None]:
    """Return the speaker of a quotation in a text, the source's speaker, and whether they are the same.

    It is uncertain (`None`) if one of them is not known, or is described and not named ("the mayor").

    Args:
        quotation: the quotation in the text.
        written: the text.
        theirs: the quotation in the source; `None` if the source does not have it.
        source: the source.
        sentence: place of the quotation's sentence in the text.
    """
    cue = None if theirs is None else named_speaker(theirs, source)
    named = _speakers(quotation, written, source, sentence)
    start, end = min((s.start for s in named), default=0), max((s.end for s in named), default=0)
    speaker = Span.of(written.text, start, end) if named else None
    if theirs is None or cue is None or speaker is None:
        return speaker, cue, None
    if wrong_speaker(quotation, written, theirs, source, sentence):
        return speaker, cue, False
    true = [one.text for one in _joined(cue, source)]

    def same(name: str) -> bool:
        described = any(is_description(one, source.lang) for one in (name, *true))
        return name in true or (
            not described and any(may_be_same_name(name, one, source.lang) for one in true)
        )

    return speaker, cue, all(same(one.text) for one in named) or None


def _speakers(quotation: Quotation, written: Source, source: Source, sentence: Place | None) -> list[Span]:
    cue = quotation.speaker_span
    speaker = named_speaker(quotation, written)
    # A name beside the quotation goes before the speaker of the sentence before.
    is_carried = cue is not None and sentence and not sentence[0] <= cue.start < sentence[1]
    if cue is not None and _CREDIT.fullmatch(
        written.text[quotation.spans[-1].end : max(cue.start, quotation.spans[-1].end)]
    ):
        return [] if (bare := _bare_name(quotation, written, source)) is None else _joined(bare, written)
    if (speaker is None and cue is None) or is_carried:
        speaker = _bare_name(quotation, written, source) or speaker
    return [] if speaker is None else _joined(speaker, written)


def _joined(name: Span, text: Source) -> list[Span]:
    """Return a name and those that are coordinated with it: "Lind, Strand and Holt"."""
    if UNSPACED_CHARACTER.search(name.text):
        parts = list(regex.finditer(rf"{_UNSPACED_AND.pattern.replace('[', '[^')}+", name.text))
        if len(parts) < 2 or min(len(part[0]) for part in parts) < 2:
            return [name]
        return [Span.of(text.text, name.start + part.start(), name.start + part.end()) for part in parts]
    conjunction = f" (?:{_AND.get(text.lang, 'and')}|&) "
    found = [name]
    before = regex.search(
        rf"(?<![^\p{{P}}\s])(?P<name>{_NAME})(?:, (?P<name>{_NAME})){{0,3}}{conjunction}$",
        text.text[max(name.start - 200, 0) : name.start],
    )
    offset = max(name.start - 200, 0)
    # Behind other words, the conjunction may join more than the names: "he spoke to Lind and Holt said".
    if before and text.text[: offset + before.start()].rstrip()[-1:] in _BEFORE_NAMES:
        found += [Span.of(text.text, offset + a, offset + b) for a, b in sorted(before.spans("name"))]
    behind = regex.match(
        rf"(?:, (?P<name>{_NAME}))*{conjunction}(?P<name>{_NAME}?)(?<!\.)(?=\s*(?:[.,;:)!?\n]|$))",
        text.text[name.end : name.end + 200],
    )
    if behind:
        found += [Span.of(text.text, name.end + a, name.end + b) for a, b in sorted(behind.spans("name"))]
    return found


@cached_in_source
def _quoted_names(source: Source) -> frozenset[str]:
    """Return the names of those whom a source quotes, and the words of the names."""
    quoted = [named_speaker(quotation, source) for quotation in source.quotations]
    names = {o.text for o in quoted if o is not None and not is_description(o.text, source.lang)}
    bare = [without_title(name, source.lang) for name in names]
    words = {word for name in bare for word in name.split() if len(word) > 2 and word[0].isupper()}
    # A Chinese name of two or three characters behind an office.
    words |= {name[-length:] for name in names if _HAN.fullmatch(name) for length in (2, 3)}
    return frozenset(names | words)


def _bare_name(quotation: Quotation, written: Source, source: Source) -> Span | None:
    """Return the name that stands beside a quotation without a verb: "“…” – Oskar Lind", "Lind's “…”".

    It is somebody whom the source quotes, as the name beside a quotation may be of anything; or, behind a dash
    at the end, a full name that the source has.
    """
    text, start, end = written.text, quotation.spans[0].start, quotation.spans[-1].end
    gap = _GAP.match(text, end)
    before = text[max(start - _WITHIN, 0) : start].rstrip(_AROUND)
    rest = text[gap.end() : gap.end() + _WITHIN]
    near = [name for name in _quoted_names(source) if name in before[-_NEAR:] or name in rest[:_NEAR]]
    if near:
        known = "|".join(regex.escape(name) for name in sorted(near, key=len, reverse=True))
        titles = r"(?:\p{Lu}[\p{L}\p{M}.]+ ){0,2}?"
        patterns = (
            rf"(?:[–—―-]{{1,2}})\s*{titles}(?P<name>{known})(?:{_HONORIFIC})?(?=\s*(?:[.;)）。\n]|$))",
            rf"[(（]\s*{titles}(?P<name>{known})(?:{_HONORIFIC})?(?=\s*[,)）])",
            rf"[:：]?\s*{titles}(?P<name>{known})\.?$",
        )
        for pattern in patterns:
            if found := regex.match(pattern, rest):
                return Span.of(text, gap.end() + found.start("name"), gap.end() + found.end("name"))
        owner = r"(?:(?:'|’)s|s)" if source.lang in ("en", "de", "nl", "sv", "da", "no") else r"(?!)"
        own = regex.search(
            rf"(?:(?<!\w)(?P<name>{known}){owner}|(?P<name>{known})(?:{_HONORIFIC})?[的の])$", before
        )
        if own:
            return Span.of(text, *own.span("name"))
    dashed = regex.match(rf"[–—―-]{{1,2}}\s*(?P<name>{_NAME}?)\.?\s*$", rest)
    if dashed and " " in dashed["name"] and _is_person(dashed["name"], source):
        return Span.of(text, gap.end() + dashed.start("name"), gap.end() + dashed.end("name"))
    return None


def _is_person(name: str, source: Source) -> bool:
    """Whether the source has a name, and never with an article, as names of newspapers and places may have."""
    mentions = find_mentions(source.text, name, source.lang)
    articles = cues_for(source.lang).articles
    before = (source.text[: mention.start].split()[-1:] for mention in mentions)
    return bool(mentions) and not any(word and word[0].casefold() in articles for word in before)


def _contradicts(speaker: Span, mention: Span | None, cue: Span, source: Source) -> bool:
    """Whether a text's `speaker`, with its `mention` in the source, is certainly somebody else than the source's `cue`.

    A description ("the council leader") may be of anybody.
    """
    lang = source.lang
    if is_description(speaker.text, lang):
        return False
    if mention is None:
        # "Mayor: …", where the article has "the mayor".
        is_common_noun = find_mentions(source.text, speaker.text.lower(), lang)
        return not is_common_noun and not _shares_word(speaker.text, cue.text, lang)
    is_apposition = min(abs(cue.start - mention.end), abs(mention.start - cue.end)) <= 1
    return not is_apposition and (
        not may_corefer(cue, mention, source) or _are_relatives(cue.text, mention.text)
    )


def _are_relatives(name: str, other: str) -> bool:
    """Whether two full names that one text has are those of relatives, not a short and a long form: Ann and Annabel Pell."""
    words, others = name.split(), other.split()
    if (len(words), len(others)) != (2, 2) or words[1] != others[1]:
        return False
    short, long = sorted((words[0], others[0]), key=len)
    return short != long and len(short) >= _LEAST_FIRST_NAME and short.isalpha() and long.startswith(short)


def _is_of_another(speaker: Span, written: Source, cue: Span, source: Source) -> bool:
    """Whether two speakers are the same office or body of two places that the source has: "the mayor of Kalm", "the mayor of Lund"."""
    own, theirs = (
        _BELONGING.match(text.text, span.start) for text, span in ((written, speaker), (source, cue))
    )
    if own is None or theirs is None or own["head"].casefold() != theirs["head"].casefold():
        return False
    words = set(own["of"].split())
    return words.isdisjoint(theirs["of"].split()) and all(word in source.text for word in words)


def _shares_word(name: str, text: str, lang: str) -> bool:
    backing = Backing(text, lang)
    return name in text or any(backing.has_name(word) for word in name.split())


def names_label(quotation: Quotation | None, written: Source, source: Source) -> bool:
    """Whether a text gives a quotation to somebody who has a turn in the source, by one word of the name at least."""
    named = None if quotation is None else named_speaker(quotation, written)
    labels = {without_title(turn.speaker or "", written.lang).casefold() for turn in turns_of(source)}
    words = {word for label in labels for word in label.split() if len(word) > 1}
    return named is not None and any(word in named.text.casefold() for word in words)
