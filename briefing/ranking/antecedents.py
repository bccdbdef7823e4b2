"""The name that the pronoun at the start of a sentence stands for, where it is certain.

Subjects tend to stay the same from sentence to sentence (centering: Grosz, Joshi and Weinstein 1995), but not always, so a
pronoun is resolved only if the sentence before begins with the name of one person and names nobody else and nothing else
that the pronoun may stand for. All other pronouns are left alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Literal, NamedTuple

import regex

from briefing.quotations import cues_for
from briefing.ranking.page_lines import CAPTION_PLACE
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import ABBREVIATED_TITLES, NAME_PARTICLES, is_date, is_title, title_gender, without_title

#: Sentences before, all with the same pronoun, over which the name is searched for.
_MOST_SENTENCES = 3
#: Characters of a sentence that are read.
_LONGEST = 600
#: Characters of the article in which other forms of the name are searched for.
_LONGEST_SEARCH = 20_000
#: A caption, again: where somebody stands, between commas.
_PICTURED = regex.compile(r"\b(?:pictured|left|right|centre|center|above|below),")
#: Words of a description before a name ("council leader Tomas Brandt").
_MOST_DESCRIBING = 4

# "den" and "der" are articles, too, unless "van" or "von" precedes them; the others join two names.
_NOT_ALONE = frozenset(
    ["den", "der", "zu", "zur", "y", "e", "af", "av", "of", "do", "st", "al", "le", "la", "les", "el"]
)
_PARTICLES = "|".join(
    [r"(?:von|van)\s(?:de[nr]?|het)", *sorted(NAME_PARTICLES - _NOT_ALONE, key=len, reverse=True)]
)
_WORD = r"\p{Lu}[\p{L}\p{M}]*(?:['’\-]\p{L}[\p{L}\p{M}]*)*(?<!['’]s)"
_NAME = regex.compile(
    rf"(?:(?:{ABBREVIATED_TITLES})\.?\s)?{_WORD}(?:\s(?:\p{{Lu}}\.|(?:(?:{_PARTICLES})\s){{0,2}}{_WORD})){{0,4}}"
)
_TOKEN = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-][\p{L}\p{M}\p{N}]+)*|[^\s\w]")
#: An age, or a description between commas, behind a name.
_ASIDE = regex.compile(r"\s*(?:\([^()]{1,60}\)|,\s(?:[^,.;:]{1,120})(?=,)),?")
_AGE = regex.compile(r"\s*(?:,\s|\()(?:de\s)?\p{N}{2}(?:\s(?:ans|años|anos|anni|Jahre|лет|год[а]?))?[,)]")
_ORGANIZATION_WORDS = """
    bank university universität université universidad council company corp inc ltd plc gmbh ag united
    city fc party partei ministry court police polizei club association airline airlines academy school
    institute church hospital group agency museum league center centre times post news house street
    island river park county state states republic kingdom union international national team airport
    trust department office committee commission foundation society army navy government senate
    parliament congress verein stadt
"""
_ORGANIZATION = regex.compile(rf"\b(?:{'|'.join(_ORGANIZATION_WORDS.split())})\b", regex.IGNORECASE)
Gender = Literal["male", "female"]


class _Rule(NamedTuple):
    """How the pronouns of a language are resolved."""

    pronouns: dict[str, Gender]
    not_before: str
    """What, after the pronoun, shows that it may stand for something else; a pattern."""
    blocked: dict[Gender, str]
    """What, in the sentence with the name, the pronoun may stand for as well; a pattern of words."""
    places: str
    """Prepositions before names that are no persons."""
    human_verb: bool = False
    """A verb of speaking must follow, because the pronoun stands for things as well."""


_EN_PEOPLE = (
    r"\b(?:wo)?m[ae]n|boy|girl|mother|father|mum|mom|dad|parent|son|daughter|brother|sister|wife|husband|widow|widower|partner|girlfriend|"
    r"boyfriend|fianc[ée]e?|friend|victim|suspect|child|baby|teenager|actress|nurse|judge|chief|aide|uncle|aunt|cousin|niece|nephew|patient|"
    r"student|assistant|lieutenant|sergeant|king|queen|prince|princess|colleague|boss|guard|pilot|monk|bishop|priest|agent|spokes\w+|"
    r"\w+(?:wom[ae]n|person)|(?:an?|the|his|her|another|fellow|former|one)\s(?:[\w\-]+\s){0,2}\w+(?:er|or|ist|ian|man|ee|ant|ar|yst|ete)|who|whose"
)
_ES_PEOPLE = (
    r"hombre|mujer|niñ[oa]|madre|padre|hij[oa]|herman[oa]|espos[oa]|marido|amig[oa]|víctima|joven|novi[oa]|abuel[oa]|ti[oa]|prim[oa]|quien|"
    r"(?:un|una|el|la|su|otro|otra)\s(?:[\w\-]+\s){0,1}\w+(?:or|ora|ista|ero|era|ante|ente|enta|ado|ada|ario|aria)"
)
_RULES = {
    "en": _Rule({"he": "male", "she": "female"}, r"['’]?\s*(?:or|and)\s", {"male": _EN_PEOPLE, "female": _EN_PEOPLE}, "in at on near across"),
    "de": _Rule(
        {"er": "male", "sie": "female"},
        r"\s+(?:und|oder)\b|\s+\p{L}*n\b|\s+(?:sind)\b",
        {
            "male": r"der|den|dem|des|einen|ein|einem|eines|jeden|jedem|(?:sein|ihr|dies|kein|mein|unser)(?:e[nm])?|wer|mann|junge|vater|sohn|bruder",
            "female": r"die|der|eine|einer|jede|jeder|(?:sein|ihr|dies|kein|mein|unser)er?e?|zur|wer|frau|mutter|tochter|schwester",
        },
        "in im an am auf aus bei nahe",
    ),
    "fr": _Rule(
        {"il": "male", "elle": "female"},
        r"\s+(?:y|faut|faudra|faudrait|s['’]|pleut|semble|est\s+(?:possible|probable|difficile|important|temps|question|vrai|clair|prévu)|convient|suffit|reste|"
        r"existe|manque|ne\s+(?:faut|s['’]))|\s+et\b",
        {
            "male": r"le|l['’]\p{L}+|un|du|au|ce|cet|son|aucun|chaque|leur|notre|homme|père|fils|frère|qui",
            "female": r"la|l['’]\p{L}+|une|cette|sa|son|aucune|chaque|leur|notre|femme|mère|fille|sœur|qui",
        },
        "à en dans près",
    ),
    "es": _Rule({"él": "male", "ella": "female"}, r"\s+y\b|\s+mism", {"male": _ES_PEOPLE, "female": _ES_PEOPLE}, "en"),
    "ru": _Rule(
        {"он": "male", "она": "female"},
        r"\s+и\b",
        {
            "male": r"мужчин\p{L}*|отец|отц\p{L}*|сын\p{L}*|брат\p{L}*|муж\p{L}*|друг\p{L}*|коллег\p{L}*|который|котор\p{L}+|\p{L}+(?:ик|ец|тель|ист|ор)(?:а|у|ом|е|ю|ем|я)?",
            "female": r"женщин\p{L}*|мать|матер\p{L}*|дочь|дочер\p{L}*|сестр\p{L}*|жен[аыуео]\p{L}*|подруг\p{L}*|котор\p{L}+|\p{L}+(?:ница|ницы|ницу|ницей|нице|щица|кой|ку)",
        },
        "в во на из под",
        human_verb=True,
    ),
}  # fmt: skip
_FIRST = regex.compile(r"\p{L}+")
_END = regex.compile(r"[.!?…][\"”»'’)]*$")
_SURNAME_MALE = regex.compile(r"(?:ов|ев|ёв|ин|ын|ий|ой|ый)$")
_SURNAME_FEMALE = regex.compile(r"(?:ова|ева|ёва|ина|ына|ая)$")
_COORDINATION = regex.compile(
    r"\s*(?:&|(?:and|or|und|oder|et|ou|y|e|o|и|или|with|mit|avec|con|с)\b)|['’]s?\b", regex.IGNORECASE
)


#: A name with a verb in the plural, as British English has it for teams.
_TEAM = regex.compile(rf"(?P<name>{_NAME.pattern})\s(?:are|were|have)\b")
#: What else "they" may stand for.
_PLURAL = regex.compile(
    r"\b(?:(?!(?:this|was|has|its|his|hers|yes|always|perhaps|towards|across|times|years|months|weeks|days|hours|minutes|points|goals|games|"
    r"matches|titles|finals|seasons|runs|wickets)\b)\p{Ll}{3,}(?<!s)s|people|men|women|children|police|and|both)\b"
)


def opening_antecedent(sentence: Span, source: Source) -> Span | None:
    """Find the name that the pronoun at the start of a sentence stands for.

    Args:
        sentence: one of `source.sentences`.
        source: the article, in English, German, French, Spanish or Russian; in others, nothing is resolved.

    Returns:
        A mention of the name in the source, before the sentence; `None` if the sentence does not begin with a pronoun of
        the third person, or it is not certain whom it stands for.
    """
    rule, first = _RULES.get(source.lang), _FIRST.match(sentence.text)
    sentences = source.sentences
    index = bisect_left(sentences, sentence.start, key=lambda span: span.start)
    known = 0 < index < len(sentences) and sentences[index] == sentence
    if rule is None or first is None or not known or _is_quoted(source, sentence):
        return None
    if source.lang == "en" and first.group() == "They":
        return _team(sentences[index - 1], source)
    found = _person(first.group().lower(), sentence.text[first.end() :], index, rule, source)
    # "He told Brandt": somebody else than Brandt.
    return found if found is not None and found.text.split()[-1] not in sentence.text else None


def _person(pronoun: str, rest: str, index: int, rule: _Rule, source: Source) -> Span | None:
    """The person that "he" or "she" stands for; `rest` is the sentence behind the pronoun, `index` its number."""
    gender = rule.pronouns.get(pronoun)
    if gender is None or regex.match(rule.not_before, rest, regex.IGNORECASE):
        return None
    if rule.human_verb and not _says(rest, source.lang):
        return None
    for previous in reversed(source.sentences[max(0, index - _MOST_SENTENCES) : index]):
        if not _END.search(previous.text) or len(previous.text) > _LONGEST or _is_quoted(source, previous):
            return None
        if CAPTION_PLACE.search(previous.text) or _PICTURED.search(previous.text):
            return None
        opening = _FIRST.match(previous.text)
        if opening is None or opening.group().lower() != pronoun:
            return _subject(previous, rule, gender, source)
        if _others(previous.text[opening.end() :], None, rule, gender, source.lang):
            return None
    return None


def _subject(sentence: Span, rule: _Rule, gender: Gender, source: Source) -> Span | None:
    """The name of the person that a sentence begins with, if it names nobody else."""
    text = sentence.text
    found = _first_name(text, source.lang)
    if found is None:
        return None
    start, end, described = found
    shown = text[start:end]
    bare = without_title(shown, source.lang)
    rest = text[end:]
    if _COORDINATION.match(rest) or _ORGANIZATION.search(shown):
        return None
    has_age = _AGE.match(rest) is not None
    aside = _ASIDE.match(rest)
    rest = rest[aside.end() :] if aside else rest
    if _others(rest, bare, rule, gender, source.lang):
        return None
    family = bare.split()[-1]
    if not _agrees(source.text, family, shown, text[:start], gender, source.lang):
        return None
    full = _full_mention(source.text, sentence.start + start, family)
    titled = shown != bare or described
    says = _says(rest, source.lang)
    if " " not in bare and full is None and title_gender(shown.split()[0]) is None:
        return None  # a single word may be anything
    if not (titled or has_age or says or _stands_alone(source.text, bare)):
        return None  # nothing shows that it is a person
    if full is not None and " " not in bare:
        return full
    offset = sentence.start + end - len(bare) if shown.endswith(bare) else sentence.start + start
    return Span.of(source.text, offset, sentence.start + end)


def _team(previous: Span, source: Source) -> Span | None:
    """The team or group that "they" stands for: "Al Ahly have been champions before. They won"."""
    found = _TEAM.match(previous.text)
    if found is None or _is_quoted(source, previous):
        return None
    rest = previous.text[found.end() :]
    name = found.group("name")
    first = name.split()[0].lower()
    if first in cues_for("en").not_first_in_names or is_date(name, "en") or _PLURAL.search(rest):
        return None
    if _others(rest, name, _RULES["en"], "male", "en"):
        return None
    return Span.of(source.text, previous.start, previous.start + len(name))


def _first_name(text: str, lang: str) -> tuple[int, int, bool] | None:
    """Offsets of the name that a sentence begins with, and whether words in lower case describe it before."""
    cues = cues_for(lang)
    for count, token in enumerate(_TOKEN.finditer(text)):
        word = token.group()
        if count > _MOST_DESCRIBING or not word[0].isalnum():
            return None
        name = _NAME.match(text, token.start())
        if name is not None and (
            " " in name.group() or (count == 0 and word.lower() not in cues.not_first_in_names)
        ):
            start = name.start()
            words = name.group().split()
            # "Prime Minister Liz Truss", "The Liz": words that do not begin a name.
            while len(words) > 1 and words[0].lower() in cues.not_first_in_names:
                start += len(words[0]) + 1
                words = words[1:]
            following = _TOKEN.match(text, name.end() + 1)
            described_noun = (
                lang != "de"
                and following is not None
                and len(words) == 1
                and _NAME.search(text[name.end() : name.end() + 40])
            )
            if len(words) == 1 and (count > 0 or described_noun):
                continue
            return start, name.end(), count > 0
        if word.lower() in cues.prepositions | cues.verbs | cues.stopwords or word.lower() in cues.pronouns:
            return None
    return None


def _others(rest: str, name: str | None, rule: _Rule, gender: Gender, lang: str) -> bool:
    """Whether the rest of a sentence names somebody else, or something that the pronoun may stand for."""
    if regex.search(
        rf"(?<![\p{{L}}\p{{N}}])(?:{rule.blocked[gender]})(?![\p{{L}}\p{{N}}])", rest, regex.IGNORECASE
    ):
        return True
    own = set(name.split()) if name else set[str]()
    places = rule.places.split()
    for found in _NAME.finditer(rest):
        words = found.group().split()
        if own.issuperset(words) or is_date(found.group(), lang):
            continue
        before = rest[: found.start()].split()[-2:]
        if any(word.lower() in places for word in before[-1:]) or (
            len(before) == 2 and before[0].lower() in places
        ):
            continue
        if lang == "de" and len(words) == 1:
            continue  # a noun
        return True
    return False


def _agrees(text: str, family: str, shown: str, before: str, gender: Gender, lang: str) -> bool:
    """Whether nothing says that the person has the other gender."""
    other: Gender = "female" if gender == "male" else "male"
    titles = regex.findall(
        rf"(\p{{L}}+)\.?\s(?:\p{{Lu}}[\p{{L}}.]*\s){{0,2}}{regex.escape(family)}(?!\p{{L}})",
        text[:_LONGEST_SEARCH],
    )
    if any(title_gender(word) == other for word in (*titles, *shown.split(), *before.split())):
        return False
    if lang == "ru":
        return not (_SURNAME_MALE if other == "male" else _SURNAME_FEMALE).search(family)
    if gender == "male":
        return not regex.search(
            r"(?:actress|\p{L}{3}(?:ministerin|präsidentin|sprecherin|kanzlerin|lehrerin|leiterin)|woman|lady|frau|mme|madame|señora)\b",
            before.lower(),
        )
    return not regex.search(r"\b(?:actor|man|herr|monsieur|señor)\b", before.lower())


def _full_mention(text: str, end: int, family: str) -> Span | None:
    """The first mention before `end` of a person of this family name with a first name, if all of them are the same."""
    pattern = rf"(?<!\p{{L}})(?:{_WORD}\s){{1,3}}{regex.escape(family)}(?!\p{{L}})"
    found = regex.finditer(pattern, text, pos=max(0, end - _LONGEST_SEARCH), endpos=end)
    named = []
    for match in found:
        words = match.group().split()
        while len(words) > 1 and is_title(words[0]):
            words = words[1:]
        if len(words) > 1:
            named.append(Span.of(text, match.end() - len(" ".join(words)), match.end()))
    names = {tuple(span.text.split()) for span in named}
    return named[0] if len(names) == 1 and " ".join(next(iter(names))) == named[0].text else None


def _stands_alone(text: str, name: str) -> bool:
    """Whether the last word of a name stands alone elsewhere, as family names of persons do."""
    first, _, last = name.rpartition(" ")
    if not first:
        return True
    alone = rf"(?<!\p{{L}}|\b(?:in|at|from|to|{regex.escape(first.split()[-1])})\s){regex.escape(last)}(?!\p{{L}})"
    return regex.search(alone, text, pos=0, endpos=_LONGEST_SEARCH) is not None


def _says(rest: str, lang: str) -> bool:
    """Whether a verb of speaking is among the next words."""
    return any(word.lower() in cues_for(lang).verbs for word in _FIRST.findall(rest[:40])[:2])


def _is_quoted(source: Source, sentence: Span) -> bool:
    """Whether a sentence begins inside a quotation, where pronouns have a life of their own."""
    quotations = source.quotations
    after = bisect_right(quotations, sentence.start + 1, key=lambda quotation: quotation.spans[0].start)
    return any(
        s.start <= sentence.start + 1 and sentence.start < s.end
        for q in quotations[max(0, after - 1) : after]
        for s in q.spans
    )
