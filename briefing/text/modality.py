"""Words that make a clause less than a fact, by language: the one home of these lists.

Lists as patterns: what is only possible or said to be ("might", "reportedly"), what is planned or to come ("plans to",
French and Spanish future tense), and what marks a past tense. In English, German, French, Spanish, Russian, Chinese and
Japanese; Arabic has no list of past tenses, as its verbs show them in their vowels. Compiled by hand, from grammars and news.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Literal

import regex

_POSSIBLE = {
    "en": r"\b(?:(?-i:may)|might|could(?!\snot|n)|possibly|perhaps|potentially|probably|likely|consider(?:s|ing)?|weigh(?:s|ing)|mull(?:s|ing)|"
    r"(?:is|are|was|were)\s(?:said|thought|believed|understood|reported|rumou?red|alleged)\sto|reportedly|allegedly)\b",
    "de": r"\b(?:könnten?|dürften?|möglicherweise|vielleicht|wahrscheinlich|voraussichtlich|mutmaßlich\w*|vermutlich|angeblich\w*|"
    r"erwäg\w+|prüf(?:t|en))\b",
    "fr": r"\b(?:pourrai(?:t|ent)|peut-être|probablement|vraisemblablement|envisage(?:nt)?|serai(?:t|ent)|aurai(?:t|ent)|"
    r"devrai(?:t|ent)|étudie(?:nt)?|présumée?s?)\b",
    "es": r"\b(?:podrían?|quizás?|tal\svez|probablemente|posiblemente|habrían?|serían?|estudian?|barajan?|presunt[oa]s?|"
    r"presuntamente|supuestamente)\b",
    "ru": r"\b(?:может|могут|мог(?:ла|ло|ли)?\sбы|возможно|вероятно|предположительно|якобы|по\sпредварительн\w+|рассматрива[ею]т)\b",
    "zh": "可能|或将|或許|或许|也许|也許|有望|据称|據稱|考虑|考慮|预计|預計",
    "ja": "かもしれ|可能性|だろう|とみられ|と見られ|恐れ|おそれ|検討|見通し|見込み",
    "ar": r"\b[وف]?(?:قد\s[يتن]\w+|ربما|[يت]مكن|من\sالمحتمل|من\sالمرجح|من\sالمتوقع|[يت]درس|[يت]فكر)\b",
}
_PLANNED = {
    "en": r"\b(?:plan(?:s|ned|ning)?\s(?:to|on)|intend(?:s|ed|ing)?\sto|(?:is|are|was|were)\sto|aim(?:s|ed|ing)?\s(?:to|for)|hop(?:es?|ed|ing)\sto|"
    r"want(?:s|ed)?\sto|propos(?:es?|ed|ing)|set\sto|scheduled|expect(?:s|ed)\sto|will|shall|would|going\sto|pledg(?:es?|ed)|vow(?:s|ed)?|"
    r"promis(?:es?|ed)|seek(?:s|ing)?\sto|due\s(?:to|in|on))\b|['’]ll\b",
    "de": r"\b(?:soll(?:en|te|ten)?|will|wollen|plan(?:t|en|te|ten)|beabsichtig\w+|vorgesehen|künftig\w*|hofft|hoffen|strebt|geplant\w*|"
    r"ankündig\w+|kündig\w+|entscheidet|verlang\w+|forder\w+|beantrag\w+)\b",
    "fr": r"\b(?:prévoi(?:t|ent)|compte(?:nt)?|entend(?:ent)?|veu(?:t|lent)|espère(?:nt)?|vise(?:nt)?|doi(?:t|vent)|projette(?:nt)?|(?:va|vont)\s\p{L}+(?:[ei]r|re)|"
    r"\p{L}{2,}(?:[ei]r|dr)(?:a|ont)|aura|auront|sera|seront|fera|feront|ira|iront)\b",
    "es": r"\b(?:planean?|prevén?|pretenden?|quieren?|esperan?|van?\sa|tienen?\sprevisto|\p{L}{2,}r(?:á|án)|harán?|proponen?|reclaman?)\b",
    "ru": r"\b(?:планиру\w+|намер\w+|собира[ею]тся|рассчитыва[ею]т\w*|обеща\w+|пообеща\w+|должн[аоы]?|будет|будут|хо(?:чет|тят)|"
    r"предстоит|поручил\w*)\b",
    "zh": "将(?![军士领])|將(?![軍士領])|计划|計劃|拟|擬|打算|准备|準備|预计|預計|有望|力争|目标|目標|要求|呼吁|呼籲",
    "ja": "予定|計画|方針|目指|見込み|見通し|意向|目標|求め",
    "ar": r"\b(?:و?س[يتن]\w{2,}|سوف|[يت]عتزم|(?:من\s)?المقرر|[يت]خطط|و?وعد\w*|[يت]أمل|لن|[يت]طالب|فطالب|طالب\w*|نعمل\sعلى)\b",
}
#: What a statement may have instead of a word of the lists above: it keeps the plan or the doubt in other words.
_KEPT = {
    "en": r"\b(?:plan(?:s|ned|ning|ners?)?|intend\w*|intent\w*|aim\w*|hop(?:e|es|ed|ing)|want\w*|propos\w*|expect\w*|schedul\w*|"
    r"would|should|must|can|cannot|could|to\s(?:be|come)|due|slated|ready|ask\w*|call(?:s|ed|ing)?\sfor|demand\w*|seek\w*|sought|urg\w+|"
    r"warn\w*|fear\w*|suspect\w*|suggest\w*|threat\w*|risk\w*|potential|possib\w+|likel\w+|if|unless|alleg\w+|accus\w+|"
    r"unclear|uncertain|unknown|estimat\w+|predict\w*|prospect\w*|believ\w+|think\w*|thought|try|tries|trying|tried|offer\w*|agree\w*|decid\w+|"
    r"appear\w*|seem\w*|mean\w*|question\w*|whether|reckon\w*|need\w*|allow\w*|little|few|hardly|anticipat\w+|encourag\w+|advis\w+|recommend\w*)\b|\bto\s\p{Ll}+$",
    "de": r"\b(?:würden?|wird|werden|soll\w*|woll\w*|kann|können|möchte\w*|muss|müssen|plan(?:t\w*|en|ung\w*)?|ziel\w*|erwart\w+|möglich\w*|droht\w*|wenn|falls|"
    r"angekündigt\w*|gefahr\w*|befürcht\w*|risiko|riskier\w*|bedroh\w*|sorg(?:e|en|t))\b",
    "fr": r"\b(?:prév\w+|veut|souhait\w+|projet\w*|peu(?:t|vent)|possib\w+|éventuel\w*|réclam\w+|demand\w+|si|va|vont|pour\s\p{L}+er|futur\w*|attendu\w*|risqu\w+|crai(?:nt|gnent|ns|nte\w*)|redout\w+|menac\w+|à\sl['’]étude)\b",
    "es": r"\b(?:prev\w+|puede\w*|posib\w+|plan(?:es|ea\w*)?|objetiv\w+|si|pide\w*|reclam\w+|propon\w+|debe\w*|anunci\w+|futur\w+|esper\w+|riesgos?|tem(?:e|en|or\w*)|amena\w+|arriesg\w+|estudio)\b",
    "ru": r"\b(?:план(?:ы|ов|у|ом|е|ир\w+)?|обещ\w+|могут|может|если|чтобы|предлож\w+|предлага\w+|готов\w*|ожида\w+|потребова\w+|требу\w+|риск\w*|опаса\w+|гроз\w+|угроз\w+)\b",
    "zh": "会|會|将|將|可|若|如果|欲|料|望|应|應|担心|擔心|恐|风险|風險|忧|憂",
    "ja": "計画|予定|という|可能|見通|目標|もし|れば|ば、|べき|懸念|かねない|リスク|心配|不安",
    "ar": r"\b(?:خطة|خطط\w*|يمكن|إذا|مقرر\w*|متوقع\w*|احتمال|سوف|موعد|وعد\w*|[وف]?[يت]خش\w+|مخاوف|خطر|[يت]هدد\w*|[يت]نتظر\w*)\b",
}
#: Words that keep a plan, but not a doubt; and those that keep what is only said to be so, but not what is possible.
_COMING = {"en": r"\b(?:future|upcoming|next|forthcoming|soon)\b"}
_SAID = {"en": r"\b(?:claim\w*|says?|said)\b"}
#: What is only said to be so.
_HEARSAY = {
    "en": r"(?:said|thought|believed|understood|reported|rumou?red|alleged)\sto|reportedly|allegedly",
    "de": r"mutmaßlich|angeblich",
    "fr": r"serai|aurai|présumé",
    "es": r"habrían?|serían?|presunt|supuest",
    "ru": "якобы|предварительн",
    "zh": "据称|據稱",
    "ja": "とみられ|と見られ",
    "ar": "(?!)",
}
#: A future that is certain: more than a possibility.
_CERTAIN = {
    "en": r"\b(?:will|shall)\b|['’]ll\b",
    "de": r"\b(?:wird|werden)\b",
    "fr": r"\b\p{L}{2,}(?:[ei]r|dr|u?r)(?:a|ont)\b",
    "es": r"\b\p{L}{2,}r(?:á|án)\b",
    "ru": r"\b(?:будет|будут)\b",
    "zh": "将|將|会|會",
    "ja": "(?!)",
    "ar": r"\b(?:و?س[يتن]\w{2,}|سوف)\b",
}
# What somebody demands or alleges, which is less than a report.
_DEMANDED = {
    "en": r"\b(?:demand(?:s|ed|ing)?|ask(?:s|ed|ing)?\sfor|call(?:s|ed|ing)?\sfor|urg(?:e|es|ed|ing)|alleg(?:e|es|ed)|allegedly|accus(?:e|es|ed|ing))\b",
    "de": r"\b(?:forder(?:t|te|n|ten)|verlang(?:t|te|en|ten)|wirft|warf|angeblich\w*|behaupte\w+|beantrag\w+)\b",
    "fr": r"\b(?:réclam(?:e|ent|ait|é)|exig(?:e|ent|eait|é)|accus(?:e|ent|ait|é)|prétend(?:ent|ait)?)\b",
    "es": r"\b(?:reclam(?:a|an|ó|aron)|exig(?:e|en|ió|ieron)|pid(?:e|en|ió|ieron)|acus(?:a|an|ó|aron)|denunci(?:a|an|ó|aron))\b",
    "ru": r"\b(?:требу[ею]т|(?:по)?требовал\w*|обвин\w+|якобы)\b",
    "zh": "要求|呼吁|呼籲|指控|指责|指責|声称|聲稱",
    "ja": "求め|要求|訴え|主張|疑い",
    "ar": r"\b[وف]?(?:طالب\w*|[يت]طالب\w*|نطالب|اتهم\w*|[يت]تهم|زعم\w*|[يت]زعم|ادعى|[يت]دعي)\b",
}
_PAST = {
    "en": r"\b(?:was|were|has|have|had|did|gave|went|took|made|began|came|paid|won|lost|held|left|met|built|sold|bought|found|kept|rose|fell|"
    r"grew|got|sent|spent|became|wrote|ran|brought|chose|spoke|broke|drew|heard|led|(?<!-)\p{Ll}{2,}ed)\b",
    "de": r"\b(?:hat|haben|hatten?|wurden?|war(?:en)?|(?:ist|sind)\s(?:\S+\s){0,8}?(?:\p{L}{0,6}ge)\p{Ll}{3,}(?:t|en))\b",
    "fr": r"\b(?:(?:a|ont|avait|avaient|est|sont|fut|furent)\s(?:\p{L}+ment\s|déjà\s|été\s)?\p{Ll}{2,}(?:é|i|u|is|it|ert)(?:e|s|es)?)\b",
    "es": r"\b(?:ha|han|había|habían|fue|fueron|quedó|\p{Ll}{2,}(?:ó|aron|ieron))\b",
    "ru": r"\b\p{Ll}{2,}(?:л|ла|ло|ли)(?:с[ья])?\b",
    "zh": "了|已|曾",
    "ja": r"た(?=[。」、]|$)",
    "ar": r"(?!)",
}


@functools.cache
def _compiled(name: str, lang: str) -> regex.Pattern[str] | None:
    tables = {
        "possible": _POSSIBLE,
        "planned": _PLANNED,
        "past": _PAST,
        "kept": _KEPT,
        "certain": _CERTAIN,
        "demanded": _DEMANDED,
        "coming": _COMING,
        "said": _SAID,
        "hearsay": _HEARSAY,
    }
    pattern = tables[name].get(lang)
    return None if pattern is None else regex.compile(pattern, regex.IGNORECASE)


def possible_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of words by which something is only possible or said to be; `None` without a list."""
    return _compiled("possible", lang)


def planned_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of words by which something is planned or to come; `None` without a list."""
    return _compiled("planned", lang)


def demanded_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of words by which somebody demands or alleges something; `None` without a list."""
    return _compiled("demanded", lang)


def past_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of past tenses; `None` without a list."""
    return _compiled("past", lang)


def is_hearsay(words: str, lang: str) -> bool:
    """Whether words of `possible_pattern` are for what is only said to be so ("allegedly"), and not for what is possible."""
    pattern = _compiled("hearsay", lang)
    return pattern is not None and pattern.search(words) is not None


def kept_modality(text: str, lang: str) -> Literal["possible", "said", "planned"] | None:
    """Return how a text is less than a fact, by any word of the lists above or by other words; `None` if it has none.

    "possible": by a word that is no certain future ("will"); else "said": by "said" and the like; else "planned": by a certain or
    near future ("will", "next").
    """
    ignored = _compiled("certain", lang)
    uncertain = text if ignored is None else ignored.sub(" ", text)
    less = ("possible", "planned", "kept", "demanded")
    if _has_any(uncertain, lang, less):
        return "possible"
    if _has_any(uncertain, lang, ("said",)):
        return "said"
    # What is left is in the certain futures, which "said" may stand in, too.
    more = () if uncertain == text else (*less, "said")
    return "planned" if _has_any(text, lang, (*more, "coming")) else None


def _has_any(text: str, lang: str, names: Sequence[str]) -> bool:
    return any((pattern := _compiled(name, lang)) is not None and pattern.search(text) for name in names)
