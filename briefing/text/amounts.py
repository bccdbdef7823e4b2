"""Words around amounts, by language: how much of something, per what time, up or down. The one home of these lists.

English, German, French, Spanish, Russian, Chinese, Japanese and Arabic; rises and falls in Italian, Portuguese and Dutch, too.
Compiled by hand.
"""

from __future__ import annotations

import functools
from typing import Literal

import regex

#: A minus at the end of what precedes a number, as a sign or in words; a hyphen or dash counts as one only behind a blank and right
#: before the number. "Moins" and "menos" are also in "at least", and so do not count.
MINUS = regex.compile(
    r"(?:(?<=^|[\s(:\p{Han}])[-–]|−\s?|(?:\b(?i:minus|минус)|零下|[负負]|マイナス|氷点下)\s?)\p{Sc}?$"
)
#: The characters before a number in which it is searched for.
BEFORE_MINUS = 8
Share = Literal["all", "most", "some"]

#: Verbs and nouns of a rise and of a fall, as words: those that statements are compared by, too.
RISES = {
    "en": "rise rises rose risen rising increase increases increased increasing grow grows grew grown growing climb climbs climbed "
    "climbing jump jumped soar soared surge surged gain gained higher",
    "de": "steigt stieg steigen gestiegen wächst wuchs wachsen gewachsen erhöht erhöhen erhöhte teurer",
    "fr": "augmente augmenté augmenter augmentent hausse monte monté",
    "es": "sube subió subir suben aumenta aumentó aumentar crece creció",
}
FALLS = {
    "en": "fall falls fell fallen falling decrease decreases decreased decreasing drop drops dropped dropping decline declines declined "
    "declining shrink shrank shrunk plunge plunged slump slumped lower",
    "de": "sinkt sank sinken gesunken fällt fiel fallen gefallen senkt senken senkte gesenkt billiger",
    "fr": "baisse baissé baisser baissent diminue diminué recule reculé",
    "es": "baja bajó bajar bajan cae cayó caer disminuye disminuyó reduce redujo",
}
# Beside a number these mean a rise or fall, too.
_MORE_RISES = {
    "en": r"increas\w*|up\s(?:by|from)|up(?=\s\d)|gains?|growth|raised|raises",
    "de": r"gestiegen\w*|Anstieg|angestiegen|stiegen|erhöht\w*|teurer|zugenommen|Zuwachs",
    "fr": r"hausse|augment\w+|progress\w+|grimp\w+|gagn\w+|bondi\w*",
    "es": r"subid\w+|aument\w+|suben?|subieron|crec\w+|alza|gan\w+",
    "it": r"aument\w+|crescit\w+|cresc\w+|cresciut\w+|sal(?:e|ito|ita|iti|ite|ì)|rialzo|guadagn\w+",
    "pt": r"sub(?:iu|iram|e|em|ida)|aument\w+|cresc\w+|alta|ganh\w+",
    "nl": r"steeg|stegen|stijg\w+|gestegen|groei\w*|gegroeid|toegenomen|nam(?:en)?\stoe",
    "ru": r"вырос\w*|возрос\w*|увелич\w+|повыс\w+|рост\w*|подорожа\w+",
    "zh": "增长|增長|增加|上升|上涨|上漲|提高|升至|多了",
    "ja": "増加|増え|上昇|上が|伸び|値上",
    "ar": r"(?:و|ف)?(?:ارتفع\w*|[يت]رتفع|زاد\w*|ارتفاع\w*|زيادة|نما)",
}
_MORE_FALLS = {
    "en": r"decreas\w*|down\s(?:by|from)|down(?=\s\d)|lost|loses?|losing|cuts?|fewer|reduc\w+",
    "de": r"gesunken\w*|Rückgang|sanken|fielen|gesenkt\w*|billiger|abgenommen|gekürzt|verlor(?:en)?",
    "fr": r"baiss\w+|diminu\w+|recul\w*|chut\w+|rédui\w+|perd(?:u|ent)?|céd[eé]\w*|cède",
    "es": r"baj\w+|descen\w+|disminu\w+|caíd\w+|cay\w+|redu[cj]\w+|pierd\w+|perdi\w+|cedi\w+",
    "it": r"diminu\w+|cal(?:a|o|ato|ata|ati|ate|ano)|sces[oaie]|scend\w+|ribasso|ridu\w+|ridott\w+|perso|perd(?:e|ono)",
    "pt": r"ca(?:iu|íram|i|em|ída)|quedas?|diminu\w+|desc(?:eu|eram|e|em)|baix(?:ou|aram|a|am)|redu[zç]\w+|perd(?:eu|eram|e)",
    "nl": r"daal\w*|dalen|dalin\w*|gedaald|gezakt|zakte\w*|kromp\w*|afgenomen|nam(?:en)?\saf|verlo(?:or|ren)",
    "ru": r"сниз\w+|упа[лд]\w*|сократ\w+|уменьш\w+|падени\w+|подешев\w+",
    "zh": "下降|减少|減少|下跌|降低|降至|少了",
    "ja": "減少|減っ|低下|下が|下落|落ち|値下",
    "ar": r"(?:و|ف)?(?:انخفض\w*|[يت]نخفض|تراجع\w*|هبط\w*|انخفاض\w*|خسر\w*)",
}
# A gain or loss, or a number above or below zero: these tell the direction where no word for a change stands beside it.
_GAINS = {
    "en": r"profit",
    "de": r"Gewinn",
    "fr": r"bénéfice",
    "es": r"beneficios?",
    "it": r"utili?",
    "pt": r"lucros?",
    "nl": r"winst",
    "ru": r"прибыл[ьи]",
    "zh": "盈利",
    "ja": "黒字",
    "ar": r"أرباح\w*",
}
_LOSSES = {
    "en": r"loss(?:es)?|minus|negative|deficit",
    "de": r"minus|Verlust\w*|Minus",
    "fr": r"pertes?|moins",
    "es": r"pérdidas?|menos",
    "it": r"perdit[ae]|meno",
    "pt": r"prejuízos?|perdas?|menos",
    "nl": r"verlies|verliezen|minder|minus",
    "ru": r"убыт\w+|минус\w*",
    "zh": "亏损|虧損|负|零下",
    "ja": "赤字|マイナス|損失",
    "ar": r"خسائر|خسارة|ناقص",
}
_SHARES: dict[str, dict[Share, str]] = {
    "en": {
        "all": r"\b(?:all|every)\b(?!\s(?:day|time|year|week|month|over|but|about|other))",
        "most": r"\b(?:most|the\smajority|a\smajority)\b(?!\s(?:recent|important|likely))",
        "some": r"\b(?:some(?!\s\d)|several|many|much\sof|a\sfew|a\shandful\sof|(?:a\s)?(?:\p{L}+\s)?(?:part|half|third|quarter)\sof|(?:\d+|\p{L}+)\s(?:out\s)?of\s(?:the|its|their|his|her)?\s?(?:\d+|\p{L}+teen|ten|eleven|twelve|twenty))\b",
    },
    "de": {
        "all": r"\b(?:alle[nr]?|sämtliche[nr]?)\b",
        "most": r"\b(?:die\smeisten|den\smeisten|(?:die|eine)\smehrheit|ein\sgroßteil)\b",
        "some": r"\b(?:einige[nr]?|manche[nr]?|mehrere[nr]?|(?:ein|die)\s(?:teil|drittel|viertel|hälfte)\sder|(?:\d+|\p{L}+)\s(?:von|der)\s(?:ihren\s|seinen\s)?(?:\d+|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\p{L}+zehn))\b",
    },
    "fr": {
        "all": r"\b(?:tou(?:s|tes)\s(?:les|ses|leurs|ces)|l['’]ensemble\sdes|chacun\w*\sdes)\b",
        "most": r"\b(?:la\splupart|la\smajorité|une\smajorité)\b",
        "some": r"\b(?:certain(?:e)?s|quelques|une\spartie|la\smoitié|(?:dont\s)?\d+\s(?:sur|des|de\sses)\s(?:les\s)?\d+|(?<=\d+\s\p{L}+\s?,\s)dont\s\d+)\b",
    },
    "es": {
        "all": r"\b(?:tod[oa]s\s(?:l[oa]s|sus|est[oa]s)|la\stotalidad)\b",
        "most": r"\b(?:la\smayoría|casi\stod[oa]s|la\smayor\sparte)\b",
        "some": r"\b(?:algun[oa]s|vari[oa]s|parte\sde|la\smitad|(?:\d+|\p{L}+)\sde\s(?:l[oa]s|sus)\s(?:\d+|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|\p{L}{2,}ce|dieci\p{L}+|veint\p{L}+|\p{L}+enta))\b",
    },
    "ru": {
        "all": r"\b(?:все(?!\sравно|\sеще|\sже)|всех|всем)\b",
        "most": r"\b(?:большинств\w+|больш\w+\sчасть\w*)\b",
        "some": r"\b(?:некотор\w+|часть|половин\w+|только|лишь|(?:\d+|дв[ае]|две|три|четыре|пять|шесть|семь|восемь|девять|десять|\p{L}+дцать)\sиз\s(?:\d+|\p{L}+и|\p{L}+ёх|\p{L}+ех)|не\sвсе\w*)\b",
    },
    "zh": {
        "all": "所有|全部|全体|全體",
        "most": "大多数|大多數|大部分|多数|多數",
        "some": r"部分|一些|有些|几个|其中|[中里](?:有|的)?(?=\p{Nd})",
    },
    "ja": {
        "all": "すべて|全て|全員|全部",
        "most": "大半|大部分|ほとんど",
        "some": r"一部|半数|数人|いくつか|のうち",
    },
    "ar": {
        "all": r"\b(?:و|ب|ل)?(?:جميع|كافة|كل)\b",
        "most": r"\b(?:و|ب|ل)?(?:معظم|أغلب|غالبية|أغلبية)\b",
        "some": r"\b(?:و|ب|ل)?(?:بعض|عدد\sمن|جزء\sمن|نصف|ربع|ثلث)\b|\d+\sمن\s(?:أصل\s)?\d+|\b(?:اثنان|اثنين|ثلاث|أربع|خمس|ست|سبع|ثماني|تسع|عشر)ة?\sمن\b",
    },
}
_UP_TO = {
    "en": r"\bup\sto$",
    "de": r"\bbis\szu$",
    "fr": r"\bjusqu['’]à$",
    "es": r"\bhasta$",
    "ru": r"\b(?:вплоть\s)?до$",
    "zh": "(?:最多|至多|最高)$",
    "ja": "最大$",
    "ar": r"\bما\sيصل\sإلى$",
}
#: Words before the first and the second number of a change.
FROM_TO = frozenset(["from", "to", "von", "auf", "de", "à", "a", "du", "des", "с", "до"])
#: Nouns that the author of a summary counts by himself: "three topics".
OWN_TOPICS = regex.compile(
    r"\s(?:\p{L}+\s)?(?:topics?|themes?|reasons?|points?|aspects?|issues?|factors?|ways|things|areas?|subjects?|arguments?|Themen|Gründe|Gründen|"
    r"Punkte|Punkten|Aspekte|Aspekten|sujets|thèmes|raisons|temas|razones|motivos|puntos|aspectos)\b",
    regex.IGNORECASE,
)
#: Fractions in words, by the percentages that stand for them.
_FRACTIONS = {
    50: r"half|hälfte|moitié|mitad|половин\w*|(?:ال)?نصف",
    25: r"quarters?|viertel|quarts?|cuarta\sparte|четверт\w+|(?:ال)?ربع",
    33: r"thirds?|drittel|tiers|tercio|tercera\sparte|трет\w+|(?:ال)?ثلث",
    67: r"two[\s-]thirds|zwei\sdrittel|deux[\s-]tiers|dos\stercios|due\sterzi|dois\sterços|две\sтрети",
    75: r"three[\s-]quarters|drei\s?viertel|trois[\s-]quarts|tres\scuart[ao]s(?:\spartes)?|tre\squarti|три\sчетверти",
    20: r"fifth|fünftel|cinquième|quinta\sparte|quinto|пят\w+|(?:ال)?خمس",
}
_HAN_FRACTIONS = {
    50: "一半|半数|半分|五成|5割",
    25: "四分之一|4分の1",
    33: "三分之一|3分の1",
    67: "三分之二|3分の2",
    75: "四分之三|4分の3",
    20: "五分之一|两成|5分の1|2割",
}
#: A period of time behind "per", by language: its words, and what they stand for.
_PERIODS = {
    "en": {"hour": "hour", "day": "day|daily", "week": "week|weekly", "month": "month|monthly", "year": "year|annum|annually", "quarter": "quarter"},
    "de": {"hour": "Stunde", "day": "Tag", "week": "Woche", "month": "Monat", "year": "Jahr"},
    "fr": {"hour": "heure", "day": "jour|nuit", "week": "semaine", "month": "mois", "year": "an|année"},
    "es": {"hour": "hora", "day": "día", "week": "semana", "month": "mes", "year": "año"},
    "ru": {"hour": "час", "day": "день|сутки", "week": "неделю", "month": "месяц", "year": "год"},
    "zh": {"hour": "小时|小時|时", "day": "天|日", "week": "周|週", "month": "月", "year": "年"},
    "ja": {"hour": "時間|時", "day": "日", "week": "週", "month": "月|か月", "year": "年"},
    "ar": {"hour": "الساعة|ساعة", "day": "اليوم|يوم", "week": "الأسبوع|أسبوع", "month": "الشهر|شهر", "year": "السنة|العام|عام|سنة"},
}  # fmt: skip
_PER = {
    "en": r"\b(?:an?|per|each|every)\s(?:{})\b",
    "de": r"\b(?:pro|je|am|im|in\sder)\s(?:{})\b",
    "fr": r"\bpar\s(?:{})\b",
    "es": r"\b(?:por|al|a\sla|cada)\s(?:\p{{L}}+\sy\s)?(?:{})\b",
    "ru": r"\bв\s(?:{})\b",
    "zh": r"(?:每(?:个)?(?:{0})|(?:{0})均)",
    "ja": r"(?:毎(?:{0})|(?:1|１|一)(?:{0})(?:に|あたり|当たり)|(?:{0})間)",
    "ar": r"\b(?:في|كل|لكل)\s(?:{})\b",
}
_ADVERBS = {
    "en": {"day": r"\bdaily\b", "week": r"\bweekly\b", "month": r"\bmonthly\b", "year": r"\b(?:annually|yearly|annual)\b", "hour": r"\bhourly\b", "quarter": r"\bquarterly\b"},
    "de": {"day": r"\btäglich\w*", "week": r"\bwöchentlich\w*", "month": r"\bmonatlich\w*", "year": r"\bjährlich\w*", "hour": r"\bstündlich\w*"},
    "fr": {"day": r"\bquotidien\w*", "week": r"\bhebdomadaire\w*", "month": r"\bmensuel\w*", "year": r"\bannuel\w*", "hour": "(?!)"},
    "es": {"day": r"\bdiari[oa]s?\b", "week": r"\bsemanal\w*", "month": r"\bmensual\w*", "year": r"\banual\w*", "hour": "(?!)"},
    "ru": {"day": r"\bежедневн\w+", "week": r"\bеженедельн\w+", "month": r"\bежемесячн\w+", "year": r"\bежегодн\w+", "hour": r"\bежечасн\w+"},
    "ar": {"day": r"\bيومي\w*", "week": r"\bأسبوعي\w*", "month": r"\bشهري\w*", "year": r"\bسنوي\w*", "hour": "(?!)"},
}  # fmt: skip


@functools.cache
def direction_patterns(lang: str) -> tuple[regex.Pattern[str], regex.Pattern[str]] | None:
    """Return patterns of words for a rise and for a fall (or a loss, a minus) beside a number; `None` without a list."""
    if lang not in _MORE_RISES:
        return None
    return (
        _any_of(RISES.get(lang, ""), _MORE_RISES[lang], _GAINS[lang], lang=lang),
        _any_of(FALLS.get(lang, ""), _MORE_FALLS[lang], _LOSSES[lang], lang=lang),
    )


@functools.cache
def change_patterns(lang: str) -> tuple[regex.Pattern[str], regex.Pattern[str]] | None:
    """Return the same without gains and losses: "profit fell" is a fall."""
    if lang not in _MORE_RISES:
        return None
    return (
        _any_of(RISES.get(lang, ""), _MORE_RISES[lang], lang=lang),
        _any_of(FALLS.get(lang, ""), _MORE_FALLS[lang], lang=lang),
    )


def _any_of(words: str, *patterns: str, lang: str) -> regex.Pattern[str]:
    border = "" if lang in ("zh", "ja") else r"\b"
    return regex.compile(rf"{border}(?:{'|'.join([*words.split(), *patterns])}){border}", regex.IGNORECASE)


@functools.cache
def share_patterns(lang: str) -> dict[Share, regex.Pattern[str]]:
    """Return patterns of words for all, most or some of something; empty without a list."""
    return {share: regex.compile(p, regex.IGNORECASE) for share, p in _SHARES.get(lang, {}).items()}


@functools.cache
def fraction_pattern(percent: int) -> regex.Pattern[str] | None:
    """Return a pattern of words for a fraction, in the languages above: "half" for 50 per cent; `None` if there is none."""
    percent += percent == 66
    if percent not in _FRACTIONS:
        return None
    return regex.compile(rf"\b(?:{_FRACTIONS[percent]})\b|{_HAN_FRACTIONS[percent]}", regex.IGNORECASE)


@functools.cache
def up_to_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of "up to" at the end of what precedes a number; `None` without a list."""
    pattern = _UP_TO.get(lang)
    return None if pattern is None else regex.compile(pattern, regex.IGNORECASE)


@functools.cache
def rate_patterns(lang: str) -> dict[str, regex.Pattern[str]]:
    """Return patterns of "a day", "per year" and the like, by period; empty without a list."""
    adverbs = _ADVERBS.get(lang, {})
    return {
        period: regex.compile(
            "|".join([_PER[lang].format(words), *([adverbs[period]] if adverbs else [])]), regex.IGNORECASE
        )
        for period, words in _PERIODS.get(lang, {}).items()
    }
