"""Scores, verbs of winning and losing, and verbs of what two do together, by language: the one home of these lists.

English, German, French, Spanish, Italian, Portuguese, Dutch and Chinese; compiled by hand.
"""

from __future__ import annotations

import functools
import re

import regex

from briefing.text.dates import CLOCK

#: Two numbers of a score: "3-1", "3:1", "3 à 1", "3比1". Other numbers beside them make it something else: a date, a telephone number.
_SCORE = regex.compile(
    r"(?<![[\p{L}\p{Nd}]--\p{Han}]|\p{Nd}[.,:/\-‐‑–]|[\p{Sc}#])(\p{Nd}{1,3})(?:\s?[-‐‑–:比]\s?|\s(?:à|to|a|zu)\s)(\p{Nd}{1,3})"
    r"(?!\p{Nd}|[.,:/\-‐‑–]\p{Nd}|\s?[%\p{Sc}])",
    regex.VERSION1,
)
#: For speed: what each text with a score has.
_MAY_HAVE_SCORE = re.compile(r"\d(?:\s?[-‐‑–:比]\s?|\s(?:à|to|a|zu)\s)\d")
#: Words between two names that may change places: what two do together, and conjunctions.
MUTUAL_WORDS = frozenset(
    [
        "and",
        "or",
        "with",
        "met",
        "meets",
        "meet",
        "married",
        "marries",
        "marry",
        "divorced",
        "divorces",
        "joined",
        "joins",
        "faced",
        "faces",
        "face",
        "played",
        "plays",
        "drew",
        "draws",
        "fought",
        "fights",
        "shared",
        "shares",
        "resembles",
        "equals",
        "versus",
        "vs",
        "v",
        "than",
        "like",
        "between",
        "und",
        "oder",
        "mit",
        "traf",
        "treffen",
        "trifft",
        "trafen",
        "heiratete",
        "heiratet",
        "spielte",
        "spielt",
        "wie",
        "als",
        "gegen",
        "et",
        "ou",
        "avec",
        "rencontre",
        "rencontré",
        "rencontrent",
        "épouse",
        "épousé",
        "affronte",
        "affrontent",
        "y",
        "o",
        "con",
        "conoció",
        "conoce",
        "encontró",
        "reunió",
        "enfrentó",
        "enfrenta",
        "como",
        "e",
        "ed",
        "incontra",
        "incontrato",
        "sposato",
        "sposa",
        "come",
        "com",
        "encontrou",
        "casou",
        "enfrentou",
        "en",
        "of",
        "met",
        "ontmoette",
        "trouwde",
        "och",
        "eller",
        "med",
        "mötte",
        "gifte",
        "og",
        "eller",
        "møtte",
        "mødte",
        "i",
        "oraz",
        "z",
    ]
)
_NAME = r"\p{Lu}[\p{L}\p{M}\p{Nd}.'’&-]*"
#: Between a verb and whom it is about.
_GAP = r"[^.;!?\n]{0,40}?"
#: Verbs of winning, up to who loses.
_WINS = {
    "en": rf"\b(?:beat(?:s|ing)?|defeat(?:s|ed|ing)?|thrash(?:es|ed|ing)?|overc[ao]mes?|(?:won|wins?|winning|prevailed|triumphed)\b{_GAP}\s(?:against|over))\b",
    "de": rf"\b(?:besieg(?:t|te|ten)|schlug(?:en)?|schlägt|bezwang(?:en)?|bezwingt|(?:gewinn(?:t|en)|gewann(?:en)?|sieg(?:t|te|ten)|setzten?\ssich)\b{_GAP}\s(?:gegen|über))\b",
    "fr": rf"\b(?:(?:a|ont|avait|avaient)\s(?:\p{{L}}+ment\s)?(?:battu|vaincu|dominé|écrasé|renversé)(?!\spar\b)|bat|battent|(?:s['’](?:imposent?|(?:est|était|sont)\simposée?s?)|emporte(?:nt|é)?|a\sgagné|gagnent?)\b{_GAP}\s(?:face\sà|contre|devant))\b",
    "es": rf"\b(?:(?:venc(?:ió|ieron|e)|derrot(?:ó|aron|a)|gan(?:ó|aron|a)|bati(?:ó|eron)|gole(?:ó|aron|a)|super(?:ó|aron)|se\simpus(?:o|ieron))\b{_GAP}\s(?:al?|ante|contra|frente\sa))\b",
    "it": rf"\b(?:(?:ha|hanno)\s(?:battuto|sconfitto|superato)|batte|battono|sconfigge|(?:ha\svinto|hanno\svinto|vin(?:ce|cono|se))\b{_GAP}\s(?:contro|su|sul|sulla))\b",
    "pt": rf"\b(?:(?:venceu|venceram|vence|derrotou|derrotaram|goleou|bateu|superou)(?:\so|\sa)?|(?:ganhou|ganharam)\b{_GAP}\s(?:ao?|contra))\b",
    "nl": rf"\b(?:versloeg(?:en)?|verslaat|(?:won|wonnen|wint)\b{_GAP}\s(?:van|tegen))\b",
    "zh": "(?:击败|擊敗|战胜|戰勝|力克|大胜|大勝|完胜|完勝|险胜|險勝)了?",
}
#: German verbs of winning behind who loses: "hat den SV Lund mit 3:2 besiegt".
_FINAL_WINS = regex.compile(
    rf"\b(?:den|dem|die|das|gegen|über)\s(?:\p{{Ll}}+\s)?(?P<name>{_NAME}(?:\s{_NAME}){{0,3}})(?:\s[^.,;!?\s]+){{0,4}}?\s(?:besiegt|geschlagen|bezwungen|gewonnen|durchgesetzt)\b"
)
#: Verbs of losing, up to who wins.
_LOSSES = {
    "en": rf"\b(?:(?:lost|loses?|losing|succumb(?:ed|s)?|went\sdown)\b{_GAP}\s(?:to|against)|(?:beaten|defeated|thrashed)\b{_GAP}\sby)\b",
    "de": rf"\b(?:(?:verlor(?:en)?|verlier(?:t|en))\b{_GAP}\sgegen|unterlag(?:en)?|unterliegt)\b",
    "fr": rf"\b(?:(?:s['’](?:inclinent?|(?:est|était|sont)\sinclinée?s?)|(?:a|ont)\sperdu|perd|perdent)\b{_GAP}\s(?:face\sà|contre|devant)|(?:battue?s?|vaincue?s?|dominée?s?)\spar)\b",
    "es": rf"\b(?:perd(?:ió|ieron)|pierden?|cay(?:ó|eron)|caen?)\b{_GAP}\s(?:ante|contra|frente\sa)\b",
    "it": rf"\b(?:(?:ha|hanno)\sperso|perd(?:e|ono)|battut[aieo]\sda)\b(?:{_GAP}\s(?:contro|con|dal?))?\b",
    "pt": rf"\b(?:perd(?:eu|eram|e)|caiu)\b{_GAP}\s(?:para|contra|diante)\b",
    "nl": rf"\b(?:verlo(?:or|ren)|verliest)\b{_GAP}\s(?:van|tegen)\b",
    "zh": "(?:不敌|不敵|负于|負於|输给|輸給|惨败给|慘敗給)了?",
}
#: For speed: parts of these verbs, one of which each text with such a verb has.
_PARTS = {
    "en": (
        "beat",
        "feat",
        "thrash",
        "overc",
        "won ",
        "win ",
        "wins ",
        "winning",
        "prevail",
        "triumph",
        "los",
        "succumb",
        "went down",
    ),
    "de": (
        "sieg",
        "schl",
        "bezw",
        "gewinn",
        "gewann",
        "gewonnen",
        "setzte",
        "verl",
        "unterl",
        "durchgesetzt",
    ),
    "fr": ("batt", "bat", "vainc", "domin", "écras", "renvers", "impos", "emport", "gagn", "inclin", "perd"),
    "es": ("venc", "derrot", "gan", "bati", "gole", "super", "impus", "perd", "pierd", "cay", "cae"),
    "it": ("batt", "sconf", "super", "vin", "pers", "perd"),
    "pt": ("venc", "derrot", "gole", "bateu", "super", "ganh", "perd", "caiu"),
    "nl": ("versl", "won", "win", "verl"),
    "zh": ("胜", "勝", "败", "敗", "克", "敌", "敵", "负", "負", "输", "輸"),
}
#: Other words of games.
_MORE = {
    "en": r"\b(?:won|wins?|lost|loses?|drew|draws?|score[ds]?|match|game|goals?|sets?|half-time)\b",
    "de": r"\b(?:gewann\w*|gewonnen|verlor\w*|sieg\w*|trenn\w+|\w*spiel\w*|tor\w*|sätze\w*|remis|führ\w+|unentschieden)\b",
    "fr": r"\b(?:gagn\w+|emport\w+|perd\w*|match\w*|buts?|victoire|défaite|score|nul|impos\w+|inclin\w+|batt\w+|renvers\w+|men(?:é|ait|aient)|pénalty|penalty)\b",
    "es": r"\b(?:gan\w+|perd\w+|partido|goles|gol|empat\w+|victoria|derrota|marcador)\b",
    "it": r"\b(?:vin\w+|vitt\w+|perso|pareggi\w+|partita|gol|sconfitt\w+)\b",
    "pt": r"\b(?:ganh\w+|venc\w+|perd\w+|empat\w+|jogo|golos?|gols?|vitória|derrota)\b",
    "nl": r"\b(?:won|wonnen|wint|verlo\w+|wedstrijd|doelpunt\w*|gelijk\w*|zege)\b",
    "zh": "[胜勝负負平]|比赛|比賽|进球|進球|得分",
}
#: Whom a verb is about: a name behind small words, which may be in a language without capitals.
_OPPONENT = regex.compile(
    rf"\s*(?:[\p{{Ll}}'’]+\s|l['’]|d['’]){{0,4}}(?:l['’]|d['’])?(?P<name>{_NAME}(?:[ \u00a0](?:de|of|di|von|van|da)?\s?{_NAME}){{0,4}})|\s*(?P<name>\p{{Han}}{{2,8}})"
)


def read_scores(text: str) -> list[tuple[int, int, tuple[int, int]]]:
    """Return the offsets and the two numbers of what may be a score; times of day ("19:45") are left out."""
    if not _MAY_HAVE_SCORE.search(text):
        return []
    return [
        (match.start(), match.end(), (int(match[1]), int(match[2])))
        for match in _SCORE.finditer(text)
        if not CLOCK.match(text, match.start())
    ]


@functools.cache
def game_pattern(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of words that tell of a game; `None` without a list."""
    if lang not in _WINS:
        return None
    return regex.compile("|".join((_WINS[lang], _LOSSES[lang], _MORE[lang])), regex.IGNORECASE)


@functools.cache
def _contest_patterns(lang: str) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    return regex.compile(_WINS[lang]), regex.compile(_LOSSES[lang])


def read_contest(text: str, lang: str) -> tuple[bool, int, tuple[int, int]] | None:
    """Return who has won or lost against whom: whether it is a victory, the offset of the verb, and the place of the opponent's name.

    `None` if the text tells of no game, of several, or in a language without a list.
    """
    if not any(part in text for part in _PARTS.get(lang, ())):
        return None
    found = [
        (is_win, match.start(), opponent.span("name"))
        for is_win, pattern in zip((True, False), _contest_patterns(lang), strict=True)
        for match in pattern.finditer(text)
        if (opponent := _OPPONENT.match(text, match.end()))
    ]
    if lang == "de":
        found += [(True, match.start("name"), match.span("name")) for match in _FINAL_WINS.finditer(text)]
    return found[0] if len(found) == 1 else None
