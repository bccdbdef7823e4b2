"""Names of persons without what stands before or after them: titles, offices, honorifics."""

from __future__ import annotations

import regex

_BEFORE = regex.compile(
    r"(?:mr|mrs|ms|miss|dr|prof|professor|sir|dame|lord|lady|president|(?:prime|foreign|defen[cs]e|interior|finance|"
    r"health)\s+minister|minister|mayor|senator|governor|councillor|chancellor|rev|reverend|justice|judge|sgt|sergeant|"
    r"lt|lieutenant|capt|captain|maj|major|gen|general|col|colonel|herr|frau|monsieur|madame|m(?=\.)|mme|mlle|me(?=\.)|"
    r"(?:\p{L}+)?(?:minister|bürgermeister|präsident|kanzler|sprecher|geschäftsführer|direktor|vorsitzende[rn]?)(?:in)?|"
    r"sr|sra|don|doña|señor|señora|signor|signora|dott|г-н|г-жа|господин|госпожа)\.?\s+",
    regex.IGNORECASE,
)
# Particles with which a surname may begin; other lower-case words before a name are what the person is.
_PARTICLES = regex.compile(
    "von|van|vom|zu|zum|zur|de|del|della|dello|der|den|di|da|das|dos|du|d|el|al|la|le|les|ten|ter|bin|ibn|ben|abu|af|"
    "av|y|e|i|o|фон|ван|де|дер|ибн|бин|аль|эль"
)
_JAPANESE = (
    "さん|さま|ちゃん|くん|氏|様|先生|博士|選手|監督|容疑者|被告|弁護士|医師|記者|准?教授|(?:副|前|元)?(?:社長|会長|町長|市長|村長|区長|"
    "知事|首相|大統領|大臣|長官|総裁|議員|議長|部長|課長|所長|校長|院長|館長|駅長|店長|理事長|委員長|大使)"
)
_CHINESE = (
    "先生|女士|小姐|同志|院士|医生|醫生|记者|記者|博士|教授|主席|总理|總理|总统|總統|首相|部长|部長|外长|外長|市长|市長|省长|省長|县长|縣長|"
    "书记|書記|主任|校长|校長|院长|院長|馆长|館長|局长|局長|董事长|董事長|总经理|總經理|经理|經理|大使|将军|將軍|议员|議員"
)
_KOREAN = "씨|님|대통령|총리|장관|의원|시장|지사|교수|박사|회장|사장|대표|감독|선수|기자"
_AFTER = {
    "ja": regex.compile(rf"(?<=\S{{2}})\s?(?:{_JAPANESE})$"),
    "zh": regex.compile(rf"(?<=\S{{2}})(?:{_CHINESE})$"),
    "ko": regex.compile(rf"(?<=\S{{2}})\s?(?:{_KOREAN})$"),
}
_CHINESE_BEFORE = regex.compile(
    rf"^\p{{Han}}{{0,8}}(?:{_CHINESE})(?=(?:\p{{Han}}{{2,4}}|\p{{Han}}+[·‧・][\p{{Han}}·‧・]+)$)"
)
# "The minister": stands before a name. "Minister": stands before what it is the minister of.
_ARABIC_TITLE = regex.compile(
    r"^(?:السيد|السيدة|الرئيس|الرئيسة|الوزير|الوزيرة|الدكتور|الدكتورة|المهندس|المهندسة|الأستاذ|الأستاذة|الجنرال|العقيد|النائب)\s+"
)
_ARABIC_OFFICE = r"(?<!\p{L})[وفبلك]?(?:وزيرة?|رئيسة?|مديرة?|نائبة?|سفيرة?|عمدة|محافظ|أمين)"
_ARABIC_OFFICE_BEFORE = regex.compile(rf"{_ARABIC_OFFICE}\s+(?:\p{{L}}+\s+)?$")
_ARABIC_HELD = regex.compile(rf"^{_ARABIC_OFFICE}\s+(?=و?ال)")
_ARABIC_OF = regex.compile(r"^(?:و?ال\p{L}+\s+)+(?=(?!ال)\p{L}+\s)")
_ASIDE = regex.compile(r"\s*(?:[(（［\[][^()（）［\]]*[)）］\]]|,\s+(?!Jr|Sr|I+\b).*)$")


def without_title(name: str, lang: str = "und", before: str = "") -> str:
    """A person's name without "Mr.", "さん", "وزيرة المياه" and the like, if a name is left.

    Args:
        name: as it was given.
        lang: language of the text, a BCP-47 primary tag.
        before: the text before the name; a name in Arabic may begin in the middle of an office.
    """
    name = _shortened(name, _ASIDE.sub("", name))
    if lang == "ar":
        if _ARABIC_HELD.search(name):
            name = _shortened(name, _ARABIC_OF.sub("", _ARABIC_HELD.sub("", name)))
        elif _ARABIC_OFFICE_BEFORE.search(before):
            name = _shortened(name, _ARABIC_OF.sub("", name))
        return _shortened(name, _ARABIC_TITLE.sub("", name))
    if lang == "zh":
        name = _CHINESE_BEFORE.sub("", name)
    if lang in _AFTER:
        while (shorter := _AFTER[lang].sub("", name)) != name:
            name = shorter
        return name
    while True:
        if (match := _BEFORE.match(name)) and match.end() < len(name):
            name = name[match.end() :]
            continue
        first, _, rest = name.partition(" ")
        if first.islower() and not _PARTICLES.fullmatch(first) and rest[:1].isupper():
            name = rest
            continue
        return name


def family_name(name: str, lang: str) -> regex.Pattern[str] | None:
    """Where a text may give only the family name of an East Asian person: "大槻社長" for "大槻真由美".

    Args:
        name: the full name, without a title.
        lang: language of the text; for others than Japanese and Chinese there is no such pattern.
    """
    if lang == "zh" and regex.fullmatch(r"\p{Han}{2,4}", name):
        return regex.compile(rf"{name[: len(name) // 2]}(?=(?:{_CHINESE}))")
    if lang == "ja" and regex.fullmatch(r"\p{Han}{2}\S{1,4}", name):
        longest = "|".join(
            name[:length] for length in (3, 2) if length < len(name) and len(name) - length > 1
        )
        return (
            regex.compile(rf"(?<![\p{{Han}}\p{{Katakana}}])(?:{longest})(?=\s?(?:{_JAPANESE}))")
            if longest
            else None
        )
    return None


def _shortened(name: str, shorter: str) -> str:
    return shorter if any(char.isalpha() for char in shorter) else name
