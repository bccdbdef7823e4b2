"""Titles, offices and forms of address of persons: the one home of these lists, for all languages.

Forms of address ("Mr.", "Frau") imply a gender and replace a first name, so a speaker's name includes them. It does
not include titles and offices ("Dr.", "Senator"). Ranks of royalty ("King") are part of a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import regex

Gender = Literal["male", "female"]


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MALE_ADDRESS = _words("mr sir lord herr hr m monsieur don señor sr signor senhor dhr г-н господин")
_FEMALE_ADDRESS = _words(
    "mrs ms miss dame lady frau fru mme madame mlle doña señora sra signora senhora mevr г-жа госпожа"
)
_MALE_RANKS = _words("king prince fürst könig")
_FEMALE_RANKS = _words("queen princess königin")
#: Abbreviations that are other words without their full stop.
_ONLY_WITH_FULL_STOP = frozenset(("m", "me"))
_TITLES = _words("""
    dr dra dott prof professor professorin professeur professeure doctor doctora docteur dottor dottore
    dottoressa hon rev reverend me gen general général generale col colonel coronel maj major capt captain
    capitaine sgt sergeant lt lieutenant president président présidente presidente presidenta premier chancellor
    minister ministre ministro ministra secretary secretario secretaria senator senatorin sen sens sénateur
    sénatrice senador senadora senatore senatrice representative rep reps congressman congresswoman abgeordneter
    abgeordnete député députée diputado diputada deputado deputada governor gov govs gobernador gobernadora
    governador governadora préfet préfète prefeito prefeita mayor maire alcalde alcaldesa sindaco sindaca
    burgemeester landrat landrätin councillor councilor councilman councilwoman stadtrat stadträtin concejal
    concejala judge justice juge juez jueza speaker chairman chairwoman director leiter leiterin commissioner former
    democrat republican candidate
""")
#: Offices and trades that stand before a name as titles do, but are no part of what is read as a speaker.
_OCCUPATIONS = _words("""
    ceo cfo cto coo mp mps mep meps msp executive officer spokesman spokeswoman spokesperson analyst economist
    editor reporter correspondent presenter host actor actress singer rapper comedian author novelist poet
    director producer photographer designer coach manager striker midfielder defender goalkeeper quarterback
    captain champion attorney lawyer solicitor barrister prosecutor sheriff detective inspector sergeant
    superintendent constable ambassador envoy bishop archbishop rabbi imam activist campaigner lawmaker
    billionaire founder co-founder co-host curator researcher scientist historian psychologist physicist
    politiker politikerin abgeordneter trainer trainerin schauspieler schauspielerin autor autorin
    intendant intendantin botschafter botschafterin staatsanwalt staatsanwältin rechtsanwalt rechtsanwältin
    journalist journalistin forscher forscherin historiker historikerin bischof erzbischof
""")
#: German writes an office and its field as one word.
_COMPOUND_TITLE = regex.compile(
    r"[\p{L}-]*(?:minister|bürgermeister|präsident|kanzler|sprecher|geschäftsführer|direktor|sekretär|admiral)(?:in)?"
    r"|[\p{L}-]*vorsitzende[rn]?|[\p{L}-]+chef(?:in)?"
)
#: Words before a title that belong to it.
_BEFORE_A_TITLE = _words("prime vice deputy foreign defence defense interior finance health presidential")
#: Titles that are abbreviated with a full stop, which ends no sentence. A pattern, without the full stop.
ABBREVIATED_TITLES = "Mrs?|Ms|Dra?|Dott|Prof|Sens?|Reps?|Govs?|Gen|Lt|Col|Sgt|Capt|Maj|Rev|Hon|Sra?|Mme|Mlle"
#: Words in lower case inside names.
NAME_PARTICLES = _words("""
    von van der den zu zur de la le les du des del della dello di da das do dos al el ten ter bin ibn ben abu y
    e af av of st фон ван де дер ибн бин аль эль
""")
#: Names that begin with a letter that is a preposition, too.
HEBREW_NAMES = _words("""
    בנימין בני בנט ברק ברקת ברקוביץ ברוך בועז ברגר בצלאל ביטון בניהו ברכה בתיה בלומה ברנע בן בר לוי לפיד ליברמן ליאור ליאת לילך לימור
    לאה ליאורה לוין לביא לנדאו ליפשיץ משה מיכאל מרים מאיר מירי מיכל מרב מתן מזרחי מנחם מרדכי מאיה מלכה מיכאלי מימון מור מוטי מנדלבליט
    מרגי מנכ"ל מנכ״ל מפכ"ל מזכיר מזכירת מנהל מנהלת ממשלת משרד משטרת מפקד מפקדת מבקר מבקרת ממונה בית בנק לשכת ליגת מועצת מפלגת
""")
#: Particles that are rare enough to be other words more often where a speaker is looked for.
RARE_PARTICLES = _words("degli delle dalla delli vanden vander dit dite called genannt")
# A surname may begin with these, but in a sentence they join two names more often.
_JOINING_PARTICLES = _words("vom zum d i o")
#: Behind a Japanese name.
JAPANESE_TITLES = (
    "さん|さま|ちゃん|くん|君|氏|様|先生|女士|博士|選手|監督|容疑者|被告|弁護士|医師|記者|講師|研究員|担当者|代表|名誉教授|助教|准?教授|官房長官|"
    "(?:副|前|元)?(?:社長|会長|町長|市長|村長|区長|知事|首相|大統領|大臣|長官|総裁|議員|議長|部長|課長|局長|所長|校長|園長|院長|館長|駅長|店長|"
    "理事長|理事|委員長|大使)"
)
#: Before a Chinese name, or behind it.
CHINESE_TITLES = (
    "先生|女士|小姐|同志|院士|博士|教授|学者|學者|专家|專家|研究员|研究員|分析师|分析師|工程师|工程師|教师|教師|老师|老師|医生|醫生|律师|律師|"
    "记者|記者|董事长|董事長|总经理|總經理|经理|經理|总裁|總裁|董事|行长|行長|局长|局長|处长|處長|科长|科長|厅长|廳長|部长|部長|外长|外長|防长|"
    "国务卿|國務卿|省长|省長|市长|市長|县长|縣長|镇长|鎮長|镇長|村长|村長|校长|校長|院长|院長|馆长|館長|会长|會長|社长|社長|主任|主席|总统|總統|总理|總理|"
    "首相|书记|書記|议员|議員|大使|将军|將軍|发言人|發言人|负责人|負責人|代表|店主|老板|老闆|居民|市民|司机|司機|学生|學生|农民|農民"
)
_KOREAN = "씨|님|대통령|총리|장관|의원|시장|지사|교수|박사|회장|사장|대표|감독|선수|기자"
_AFTER = {
    "ja": regex.compile(rf"(?<=\S{{2}})\s?(?:{JAPANESE_TITLES})$"),
    "zh": regex.compile(rf"(?<=\S{{2}})(?:{CHINESE_TITLES})$"),
    "ko": regex.compile(rf"(?<=\S{{2}})\s?(?:{_KOREAN})$"),
}
_CHINESE_BEFORE = regex.compile(
    rf"^\p{{Han}}{{0,8}}(?:{CHINESE_TITLES})(?=(?:\p{{Han}}{{2,4}}|\p{{Han}}+[·‧・][\p{{Han}}·‧・]+)$)"
)
#: With the article: before a name ("the minister"). Without it, before what the office is about ("minister of").
ARABIC_TITLES = _words(
    "السيد السيدة الرئيس الرئيسة الوزير الوزيرة الدكتور الدكتورة المهندس المهندسة الأستاذ الأستاذة الجنرال العقيد النائب الشيخ"
)
_ARABIC_OFFICE = r"(?<!\p{L})[وفبلك]?(?:وزيرة?|رئيسة?|مديرة?|نائبة?|سفيرة?|عمدة|محافظ|أمين)"
_ARABIC_OFFICE_BEFORE = regex.compile(rf"{_ARABIC_OFFICE}\s+(?:\p{{L}}+\s+)?$")
_ARABIC_HELD = regex.compile(rf"^{_ARABIC_OFFICE}\s+(?=و?ال)")
_ARABIC_OF = regex.compile(r"^(?:و?ال\p{L}+\s+)+(?=(?!ال)\p{L}+\s)")
# An age, party or office behind a name.
_ASIDE = regex.compile(r"\s*(?:[(（［\[][^()（）［\]]*[)）］\]]|,\s+(?!Jr|Sr|I+\b).*)$")


def title_gender(word: str) -> Gender | None:
    """Return the gender that a form of address or a rank before a name implies; `None` for other words."""
    word = word.casefold().rstrip(".")
    if word in _MALE_ADDRESS or word in _MALE_RANKS:
        return "male"
    return "female" if word in _FEMALE_ADDRESS or word in _FEMALE_RANKS else None


def is_title(word: str) -> bool:
    """Whether a word before a name, with its full stop, is a form of address, a title, an office or a rank."""
    return _is_office(word, address=True) or title_gender(word) is not None


def is_office(word: str) -> bool:
    """Whether a word before a name, with its full stop, is a title, an office or a trade: "Dr.", "Senator", "CDU-Politiker"."""
    return _is_office(word, address=False) or word.casefold().rpartition("-")[2] in _OCCUPATIONS


def count_titles(words: Sequence[str], *, address: bool = False) -> int:
    """Count the words of titles and offices that begin a name: 2 for "Vice President Ana Ruiz".

    With `address`, forms of address count, too. The last word never counts, nor does an office with its field
    ("Secretary of State"), because the name may begin anywhere behind it.
    """
    count = 0
    for place, word in enumerate(words[:-1], 1):
        if _is_office(word, address=address) and words[place] != "of":
            count = place
        elif word.casefold() not in _BEFORE_A_TITLE:
            break
    return count


def without_title(name: str, lang: str = "und", before: str = "") -> str:
    """Return a person's name without "Mr.", "さん", "وزيرة المياه" and the like, if a name is left.

    Args:
        name: the name, with or without titles.
        lang: language of the text, a BCP-47 primary tag.
        before: the text before the name; a name in Arabic may begin in the middle of an office.
    """
    name = _shortened(name, _ASIDE.sub("", name))
    if lang == "ar":
        if _ARABIC_HELD.search(name):
            name = _shortened(name, _ARABIC_OF.sub("", _ARABIC_HELD.sub("", name)))
        elif _ARABIC_OFFICE_BEFORE.search(before):
            name = _shortened(name, _ARABIC_OF.sub("", name))
        words = name.split(maxsplit=1)
        return _shortened(name, words[-1]) if words and words[0] in ARABIC_TITLES else name
    if lang == "zh":
        name = _CHINESE_BEFORE.sub("", name)
    if lang in _AFTER:
        while (shorter := _AFTER[lang].sub("", name)) != name:
            name = shorter
        return name
    while len(words := name.split()) > 1:
        described = words[0].islower() and words[0] not in NAME_PARTICLES | _JOINING_PARTICLES
        count = count_titles(words, address=True) or int(described and words[1][0].isupper())
        shorter = _shortened(name, name.split(maxsplit=count)[-1])
        if shorter == name or not count:
            break
        name = shorter
    return name


def family_name(name: str, lang: str) -> regex.Pattern[str] | None:
    """Return a pattern for the family name of an East Asian person before a title: "大槻社長" for "大槻真由美".

    `None` for languages other than Japanese and Chinese, and for names of another script or length.
    """
    if lang == "zh" and regex.fullmatch(r"\p{Han}{2,4}", name):
        return regex.compile(rf"{name[: len(name) // 2]}(?=(?:{CHINESE_TITLES}))")
    if lang == "ja" and regex.fullmatch(r"\p{Han}{2}\S{2,4}", name):
        family = "|".join(regex.escape(name[:length]) for length in (3, 2) if len(name) >= length + 2)
        return regex.compile(rf"(?<![\p{{Han}}\p{{Katakana}}])(?:{family})(?=\s?(?:{JAPANESE_TITLES}))")
    return None


@lru_cache(maxsize=4096)
def _is_office(word: str, *, address: bool) -> bool:
    word = word.casefold()
    bare = word.rstrip(".")
    if bare in _ONLY_WITH_FULL_STOP and bare == word:
        return False
    known = bare in _TITLES or (address and bare in _MALE_ADDRESS | _FEMALE_ADDRESS)
    return known or _COMPOUND_TITLE.fullmatch(bare) is not None


def _shortened(name: str, shorter: str) -> str:
    return shorter if any(char.isalpha() for char in shorter) else name
