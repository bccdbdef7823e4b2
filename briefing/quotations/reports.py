"""Which sentences report speech: those that somebody is said to have said, and not the article's own narration."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from briefing.quotations.attribution import source_phrase_cue
from briefing.quotations.clauses import MASK, Clause, Token
from briefing.quotations.cue_lexicon import CHINESE_VERBS, Cues, cues_for, has_cues
from briefing.quotations.extraction import Quotation, masks_in, overlapping
from briefing.quotations.noun_phrases import find_phrases, is_verb
from briefing.spans import Span

#: Reporting verbs that mean something else more often when they report no quotation ("began", "reads the report").
_OTHERWISE = frozenset(
    (
        "put",
        "puts",
        "read",
        "reads",
        "reading",
        "began",
        "begins",
        "offer",
        "offers",
        "went_on",
        "goes_on",
        "continued",
        "continues",
    )
)
#: Reporting verbs that are also nouns or need a preposition: what must follow them if no pronoun precedes.
_NOUNS = frozenset(
    (
        "states",
        "reports",
        "claims",
        "notes",
        "posts",
        "answers",
        "comments",
        "remarks",
        "demands",
        "offers",
        "promises",
        "quotes",
        "wonders",
    )
)
#: What follows reporting verbs such as "repeated" if they report speech.
_CONTENT = frozenset(("that", "whether", "how", "why", "dass", "ob", "que", "qu'", "wie", ",", ":", MASK))
_CALLS = frozenset(("called", "calls", "calling"))
_CALLED = frozenset(("for", "on", "it", "him", "her", "them", "himself", "herself"))
_AMBIGUOUS = frozenset("道问問称稱")
_EAST_ASIAN = {
    "zh": "|".join(verb for verb in CHINESE_VERBS.split("|") if verb not in _AMBIGUOUS)
    + r"|(?<![名号號人])[称稱](?!为|為|号|號)|据\p{Han}{2,15}(?:报道|消息|称)|據\p{Han}{2,15}(?:報導|消息|稱)",
    "ja": r"述べ|話す|話し(?!合)|語[っりる]|言[っいう]|(?:説明|指摘|主張|強調|発表|コメント|批判|表明|反論|警告)[しす]|明らかに[しす]|訴え|答え|伝え|報じ"
    r"|という(?:(?:こと)?。|話|声|見方|方針)|とのこと|によると|によれば|との(?:見解|認識|考え)",
    "ko": r"[다라자냐]고\s?(?:말|밝|전|했|주장|설명|강조|덧붙|지적|답|발표|경고|비판|보도|언급|호소)|에\s?따르면|[다라]며\s",
}
_REPORTS = {lang: regex.compile(pattern) for lang, pattern in _EAST_ASIAN.items()}
#: German Konjunktiv II, which is used without a report, too ("hätte").
_COUNTERFACTUAL = regex.compile(r"hätt|würd|wär|gäb|könnt|müsst|sollt|dürft")
#: Hebrew "and", which is written onto the verb; in Arabic, the lexicon has both forms.
_CONJUNCTION = "\u05d5"
#: A source that may be anything ("according to exit polls").
_SOURCE = regex.compile(
    r"\b(?:according\sto|in\s(?:his|her|their|its)\s(?:view|opinion|words)|"
    r"nach\s(?:Angaben|Ansicht|Einschätzung|Meinung|Auskunft|Darstellung|den\sWorten)|d['’]après(?=\s)|"
    r"as\s(?:[^\s,]+\s){1,5}?(?:puts?|s[ae]w|sees|tells|told|describe[sd]|phrase[sd])\sit|wie\s(?:[^\s,]+\s){1,5}?es\s(?:ausdrückt|formulier|nannt|sah|sieht|beschr[ei]+b)\w*|"
    r"على\sحد\s(?:تعبير|قول)|بحسب|وفقا?ً?\sل\w*|"
    r"de\sacuerdo\scom|по\sвыражению|по\s(?:словам|данным|мнению|подсч[её]там|оценкам|сведениям|информации)|לדברי|לפי)\b",
    regex.IGNORECASE,
)
#: Chinese: fewer characters behind a reporting verb are its end, not what is reported.
_TAIL = 4
#: In tokens: how near before a reporting verb its comma stands, and what is reported at least.
_NEAR_COMMA, _LEAST_REPORTED = 6, 4
#: German verbs that report speech only with a particle: "gab bekannt", "rief auf".
_PARTICLES = {
    **dict.fromkeys(("gab", "gibt", "gaben"), ("bekannt", "an", "zu", "preis")),
    **dict.fromkeys(("rief", "ruft", "riefen"), ("auf", "dazu")),
    **dict.fromkeys(("hob", "stellte"), ("hervor", "fest", "klar", "richtig", "heraus")),
    **dict.fromkeys(
        ("räumte", "teilte", "teilt", "teilten", "fügte", "fügt", "wies", "weist"),
        ("ein", "mit", "hinzu", "hin", "zurück", "an"),
    ),
}


def reports_speech(text: str, lang: str, quotations: Sequence[Quotation], sentence: Span) -> bool | None:
    """Whether a sentence reports what somebody says; `None` in languages whose reporting verbs are not known.

    It does if it has a reporting verb, a source ("according to", "zufolge"), German Konjunktiv I, or quotes somebody.
    """
    base = lang.replace("_", "-").split("-")[0].lower()
    if pattern := _REPORTS.get(base):
        found = pattern.search(text, sentence.start, sentence.end) is not None
        return found or _quotes_somebody(quotations, sentence)
    if not has_cues(lang):
        return None
    cues = cues_for(lang)
    masks = masks_in(quotations, sentence.start, sentence.end)
    tokens = Clause(text, sentence.start, sentence.end, masks)
    return (
        _first_report(tokens, cues) is not None
        or _SOURCE.search(text, sentence.start, sentence.end) is not None
        or _has_source_phrase(tokens, cues)
        or _quotes_somebody(quotations, sentence)
    )


def reported_parts(
    text: str, lang: str, quotations: Sequence[Quotation], sentence: Span
) -> list[tuple[int, int]]:
    """Return the offsets of the parts of a sentence that are somebody's words, quoted or reported.

    Of "Lind, who owns the bakery, said that bread is short" what follows the verb; of "Bread is short, Lind said" what precedes
    the comma; all of a sentence with a source ("according to") or in German Konjunktiv I. Empty if it reports nothing.
    """
    parts = [
        (max(start, sentence.start), min(end, sentence.end))
        for q in overlapping(quotations, sentence.start, sentence.end)
        if q.kind == "speech"
        for start, end in masks_in([q], sentence.start, sentence.end)
    ]
    base = lang.replace("_", "-").split("-")[0].lower()
    whole = (sentence.start, sentence.end)
    if pattern := _REPORTS.get(base):
        match = pattern.search(text, sentence.start, sentence.end)
        if match and base == "zh" and match.group()[0] not in "据據" and sentence.end - match.end() > _TAIL:
            return [*parts, (match.end(), sentence.end)]
        return (
            [*parts, (sentence.start, match.start())]
            if match and base == "ja"
            else [*parts, whole][: len(parts) + bool(match)]
        )
    if not has_cues(lang):
        return parts
    cues = cues_for(lang)
    tokens = Clause(text, sentence.start, sentence.end, sorted(parts))
    if (
        any(word in cues.subjunctives and not _COUNTERFACTUAL.match(word) for word in tokens.words)
        or _SOURCE.search(text, sentence.start, sentence.end)
        or _has_source_phrase(tokens, cues)
    ):
        return [whole]
    at = _first_report(tokens, cues)
    return parts if at is None else [*parts, *_beside_verb(tokens, at)]


def _first_report(tokens: Clause, cues: Cues) -> int | None:
    """Return the index of the first word that reports; `None` if none does."""
    may_report = cues.may_report
    for index, word in enumerate(tokens.words):
        if (word in may_report or word[:1] == _CONJUNCTION) and _reports(tokens, index, cues):
            return index
    return None


def _has_source_phrase(tokens: Clause, cues: Cues) -> bool:
    return (
        any(map(set(tokens.words).issuperset, cues.source_word_sets))
        and source_phrase_cue(tokens, find_phrases(tokens, cues), cues, range(len(tokens))) is not None
    )


def _beside_verb(tokens: Clause, at: int) -> list[tuple[int, int]]:
    """Return what a reporting verb reports: what precedes its comma, else what follows it."""
    comma = next((i for i in range(at - 1, max(at - _NEAR_COMMA, 0), -1) if tokens[i].lower == ","), None)
    if comma is not None and sum(token.word for token in tokens[:comma]) >= _LEAST_REPORTED:
        return [(tokens.start_of(0), tokens.start_of(comma))]
    behind = [index for index in range(at + 1, len(tokens)) if tokens[index].word]
    if len(behind) < _LEAST_REPORTED:
        return []
    return [(tokens.start_of(behind[0]), tokens.end_of(len(tokens) - 1))]


def _quotes_somebody(quotations: Sequence[Quotation], sentence: Span) -> bool:
    return any(q.kind == "speech" for q in overlapping(quotations, sentence.start, sentence.end))


def _reports(tokens: Sequence[Token], index: int, cues: Cues) -> bool:
    word = tokens[index].lower
    before = tokens[index - 1] if index else None
    after = tokens[index + 1].lower if index + 1 < len(tokens) else ""
    if word in cues.reporting_words:
        return True
    if word in cues.subjunctives and not _COUNTERFACTUAL.match(word):
        return True
    if word[:1] == _CONJUNCTION and word[1:] in cues.verbs:
        return True
    if word in _OTHERWISE or not is_verb(tokens, index, cues) or (word == "adding" and after == "to"):
        return False
    if particles := _PARTICLES.get(word):
        return any(token.lower in particles for token in tokens[index + 1 :])
    if word in _CALLS:
        return after in _CALLED
    if word in cues.object_verbs:
        near = tokens[max(0, index - _NEAR_COMMA) : index]
        following = tokens[index + 1 :]
        reported = any(token.lower in _CONTENT for token in following) or (
            following and following[0].lower in cues.pronouns
        )
        return bool(reported) or any(token.text == "," for token in near)
    if word in _NOUNS and not (before and before.lower in cues.pronouns):
        return after in ("that", ",", ":", MASK) and not tokens[index].capital
    return True
