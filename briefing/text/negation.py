"""Words that negate, by language: the one home of these lists."""

from __future__ import annotations

import functools

import regex

# Words that negate, in languages whose statements are compared.
NEGATIONS = {
    "en": "not no never none nobody nothing nowhere neither nor cannot without",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand niemandem niemanden nichts weder ohne",
    "fr": "pas jamais aucun aucune personne rien sans ni",
    "es": "no nunca jamás ningún ninguno ninguna ningunos ningunas nadie nada sin ni tampoco",
}
#: Chinese characters that negate the word behind them, without a space.
_HAN = "不没沒未非無无勿"
# Patterns of words that negate or deny, for finding one anywhere. Those of `NEGATIONS` are added.
_DENIALS = {
    "en": r"\b(?:hardly|barely|scarcely|refus\w+|reject\w*|den(?:y\w*|ie[sd])|cleared|acquitted|falsely|wrongly)\b|n['’]t\b",
    "de": r"\b(?:kein\w*|niemand\w*|kaum|bestreite\w*|bestritt\w*|dementier\w*|leugne\w*)\b",
    "nl": r"\b(?:niet|niets|geen|nooit|niemand|zonder|nauwelijks)\b",
    "fr": r"\b(?:ne|non|aucun\w*|nie|nient|niait|démen\w+)\b|\bn['’]",
    "es": r"\b(?:ning[uú]n\w*|nieg\w+|negó|negaba|desm[ie]\w+)\b",
    "pt": r"\b(?:não|nunca|jamais|nada|ninguém|nenhum\w*|nem|sem)\b",
    "it": r"\b(?:non|mai|niente|nulla|nessun\w*|né|senza)\b",
    "ca": r"\b(?:no|mai|res|ningú|cap|ni|sense)\b",
    "ro": r"\b(?:nu|n-\w+|niciodată|nimic|nimeni|nici|fără)\b",
    "sv": r"\b(?:inte|ej|icke|aldrig|ingen|inget|inga|utan)\b",
    "da": r"\b(?:ikke|aldrig|ingen|intet|uden)\b",
    "no": r"\b(?:ikke|ikkje|aldri|ingen|intet|uten)\b",
    "fi": r"\b(?:en|et|ei|emme|ette|eivät|älä|älkää|ilman)\b",
    "pl": r"\b(?:nie\w*|nigdy|nikt|nic|żad\w+|bez|ani)\b",
    "cs": r"\b(?:ne\w*|nikdy|nikdo|nic|žádn\w+|bez|ani)\b",
    "hu": r"\b(?:nem|ne|soha|senki|semmi|sem|nélkül)\b",
    "tr": r"\b(?:değil\w*|yok\w*|hiç\w*|asla)\b|m[ıiuü]yor|m[ae]z\b|m[ae](?:d[ıi]|y)",
    "ru": r"\b(?:не|нет|ни|никогда|никто|никого|никому|никак\w*|ничто|ничего|ничему|нельзя|без)\b",
    "uk": r"\b(?:не|немає|ні|ніколи|ніхто|нічого|без)\b",
    "bg": r"\b(?:не|няма|ни|никога|никой|нищо|без)\b",
    "el": r"\b(?:δεν|δε|μην|μη|όχι|ποτέ|κανείς|κανένα\w*|τίποτα|χωρίς)\b",
    "he": r"\b(?:לא|אין|אל|בלי|אינ\w+|מעולם)\b",
    "ar": r"\b[وف]?(?:لا|لم|لن|ليس\w*|لس[تن]\w*|ما|غير|دون|بدون)\b",
    "fa": r"\b(?:نه|نیست\w*|هرگز|هیچ|بدون|ن(?:می|خواه)\w*)\b",
    "hi": r"(?<![\p{L}\p{M}])(?:नहीं|न|मत|ना|बिना)(?![\p{L}\p{M}])",
    # 别 is the second character of common words ("特别"), so that it is no prefix below.
    "zh": f"[{_HAN}别別]",
    # "せずに" negates, too, though a word may go on behind ず in other cases.
    "ja": "ない|なか|なく|なけ|ませ|ず|ぬ|[無不未非]",
    "ko": r"\b안\b|\b못\b|않|없|아니|말라|지\s?마",
    "vi": r"\b(?:không|chẳng|chưa|đừng|chớ)\b",
    "id": r"\b(?:tidak|bukan|tak|belum|jangan|tanpa)\b",
    "th": "ไม่|มิ|อย่า|ไร้",
    "km": "មិន",
    "lo": "ບໍ່",
}
#: Where no space parts them, these belong to the word that they negate.
NEGATING_PREFIXES = (*_HAN, "ไม่", "มิ", "อย่า", "ไร้", "មិន", "ບໍ່")
NEGATING_ENDINGS = regex.compile(r"ない|なか|なく|なけ|ませ|(?:ず|ぬ|まい)(?!\p{Hiragana})|じゃな|ではな")
# Verbs and adverbs that may carry a negation: a sentence that holds one is not compared.
HEDGES = {
    "en": "fail failed fails failing deny denied denies denying refuse refused refuses refusing reject rejected "
    "rejects rejecting lack lacked lacks lacking unable avoid avoided avoids prevent prevented prevents stop "
    "stopped stops decline declined declines hardly barely rarely scarcely little few unlikely instead rather "
    "except but unless until only ban banned impossible absence against dismiss dismissed rule ruled",
    "de": "kaum wenig wenige lehnt lehnte abgelehnt verweigert verweigerte bestreitet bestritt dementiert dementierte "
    "verhindert selten statt außer sondern nur aber erst bis",
    "fr": "peu guère refuse refusé refuser nie nié démenti dément empêche empêché rejette rejeté plutôt sauf mais que qu",
    "es": "apenas poco rechaza rechazó rechazar niega negó impide impidió evita evitó salvo sino pero solo sólo excepto",
}


@functools.lru_cache(maxsize=64)
def negation_pattern(lang: str) -> regex.Pattern[str]:
    """Return a pattern that finds words which negate or deny; of all languages for one that has no list."""
    lang = {"nb": "no", "nn": "no"}.get(lang, lang)
    patterns = []
    for known in [lang] if lang in _DENIALS else _DENIALS:
        if words := NEGATIONS.get(known, "").split():
            patterns.append(rf"\b(?:{'|'.join(words)})\b")
        patterns.append(_DENIALS[known])
    return regex.compile("|".join(patterns), regex.IGNORECASE)


# Verbs by which somebody says that something is so, and by which somebody says that it is not.
_AFFIRMING = {
    "en": r"\b(?:confirm|admit|acknowledg|conced)\w*",
    "de": r"\b(?:bestätig\w*|einräum\w*|eingeräumt|räumt\w*(?=.*\bein\b)|zugegeben|gab(?:en)?(?=.*\bzu\b)|gesteh\w*|gestand\w*)\b",
    "fr": r"\b(?:confirm\w+|reconna[iî]\w*|reconnu\w*|admet\w*|admis\w*|avou\w+)\b",
    "es": r"\b(?:confirm\w+|admit\w+|reconoc\w+|reconozc\w+)\b",
    "ru": r"\b(?:подтверди\w+|подтвержда\w+|призна(?:л\w*|[её]т\w*|ют\w*))\b",
    "zh": "承认|承認|证实|證實|确认(?!健康)|確認",
    "ja": "認めた|認めて|認める|認め、|肯定",
    "ar": r"\b[وف]?(?:[يت]?ؤكد\w*|أكد\w*|اعترف\w*|[يت]عترف\w*|أقر\w*|[يت]قر)\b",
}
_DENYING = {
    "en": r"\b(?:den(?:y|ies|ied|ying)|disput\w+|reject\w*|dismiss\w*|refut\w+)\b",
    "de": r"\b(?:bestreite\w*|bestritt\w*|bestritten|dementier\w*|leugne\w*|geleugnet|zurückgewiesen|(?:wies|wiesen|weist|weisen)(?=.*\bzurück\b))",
    "fr": r"\b(?:nie|nient|niait|nié|démen\w+|rejett\w+|rejet[éa]\w*|réfut\w+|contest\w+)\b",
    "es": r"\b(?:nieg\w+|neg(?:ó|aron|aba\w*)|desm[ie]\w+|rechaz\w+)\b",
    "ru": r"\b(?:опроверг\w*|отриц\w+|отверг\w*)\b",
    "zh": "否认|否認|驳斥|駁斥",
    "ja": "否定|否認|反論",
    "ar": r"\b[وف]?(?:نف[ىتوي]\w*|[يت]نف[ي]\w*|أنكر\w*|[يت]نكر)\b",
}
# Other pairs of opposites in languages whose statements are not compared word by word: verdicts, votes, what opens and closes.
_OPPOSED = {
    "it": (
        (r"\b(?:condannat[aieo]|colpevol[ei])\b", r"\b(?:assolt[aieo]|innocent[ei])\b"),
        (r"\b(?:approva\w*)\b", r"\b(?:respin(?:t[aieo]|g\w+)|bocciat[aieo])\b"),
        (r"\b(?:ri)?apert[aieo]\b", r"\bchius[aieo]\b"),
    ),
    "pt": (
        (r"\b(?:condenad[ao]s?|culpad[ao]s?)\b", r"\b(?:absolvid[ao]s?|inocentes?)\b"),
        (r"\b(?:aprov(?:ou|aram|ad[ao]s?))\b", r"\b(?:rejeit(?:ou|aram|ad[ao]s?)|chumb(?:ou|ad[ao]))\b"),
        (r"\b(?:re)?(?:abert[ao]s?|abriu|abriram)\b", r"\b(?:fechad[ao]s?|fechou|fecharam)\b"),
    ),
    "nl": (
        (r"\b(?:veroordeeld|schuldig)\b", r"\b(?:vrijgesproken|onschuldig)\b"),
        (r"\b(?:goedgekeurd|aangenomen)\b", r"\b(?:afgewezen|verworpen)\b"),
        (r"\b(?:geopend|heropend|opende)\b", r"\b(?:gesloten|sloot)\b"),
    ),
    "ru": (
        (r"\b(?:осужд[её]н\w*|виновн\w+)\b", r"\b(?:оправда(?:н\w*|ли|ла?)|невиновн\w+)\b"),
        (r"\b(?:одобри\w+|одобрен\w*)\b", r"\b(?:отклони\w+|отклон[её]н\w*)\b"),
        (r"\b(?:открыл\w*|открыт\w*)\b", r"\b(?:закрыл\w*|закрыт\w*)\b"),
    ),
    "zh": (
        ("有罪", "[无無]罪"),
        ("批准|通[过過](?:了)?(?:该|該|这|這|此|法案|决议|決議|提案)", "否决|否決"),
        ("盈利|[获獲]利", "[亏虧][损損]"),
        ("同意", "拒[绝絕]"),
        ("[开開]放|重[开開]", "[关關][闭閉]"),
    ),
    "ja": (
        ("有罪", "無罪"),
        ("可決|承認", "否決"),
        ("黒字", "赤字"),
        ("再開|開通", "閉鎖"),
    ),
}  # fmt: skip
#: Negations of whole clauses in languages whose statements are not compared word by word (`briefing.text.polarity`), without words
#: that only look like them ("не только", "不断", "わずか").
_CLAUSE_NEGATIONS = {
    "ru": r"\b(?:не(?!\s(?:только|менее|более|раньше|ранее|позднее|позже|исключ\w+|меньше|больше))|нет|никто|никогда|нельзя)\b",
    "zh": "没有?|沒有?|未(?!来|來|必|知|婚|免)|并非|並非|[不](?![断斷仅僅久少过過同得满滿足到如妨止明幸安动動锈良敌敵])|从未|從未|尚无|無法|无法",
    "ja": "ない(?!か|という可能)|なかった|なく(?!な)|ません|(?<=[さ出せわかけてき])ず[、。に]|否定",
    "ar": r"\b[وف]?(?:لم|لن|لا|ليس\w*)\b",
    "it": r"\b(?:non(?!\s(?:solo|soltanto|meno|più|oltre|appena|a\scaso))|mai|nessun\w*)\b",
    "pt": r"\b(?:não(?!\s(?:só|apenas|somente|menos|mais|obstante))|nunca|ninguém|nenhum\w*)\b",
    "nl": r"\b(?:niet(?!\s(?:alleen|slechts|minder|meer|eerder|veel))|geen|nooit|niemand)\b",
    "sv": r"\b(?:inte(?!\s(?:bara|minst|mindre|mer|enbart))|aldrig|ingen|inget|inga)\b",
    "da": r"\b(?:ikke(?!\s(?:kun|bare|mindst|mindre|mere))|aldrig|ingen|intet)\b",
    "no": r"\b(?:ikke(?!\s(?:bare|minst|mindre|mer|kun))|aldri|ingen|intet)\b",
    "pl": r"\b(?:nie(?!\s(?:tylko|mniej|więcej|później|wcześniej))|nigdy|nikt|żad\w+)\b",
    "uk": r"\b(?:не(?!\s(?:тільки|лише|менше|більше|раніше|пізніше))|ніколи|ніхто|немає)\b",
    "ro": r"\b(?:nu(?!\s(?:numai|doar|mai\spuțin))|niciodată|nimeni)\b",
    "ca": r"\b(?:no(?!\s(?:només|solament|menys|més))|mai|ningú)\b",
    "el": r"\b(?:δεν?(?!\s(?:μόνο))|ποτέ|κανείς)\b",
    "he": r"(?<!\p{L})(?:לא(?!\s(?:רק|פחות|יותר))|אין|מעולם)(?!\p{L})",
}


@functools.cache
def saying_patterns(lang: str) -> tuple[regex.Pattern[str], regex.Pattern[str]] | None:
    """Return patterns of verbs that affirm ("confirmed") and of those that deny; `None` without a list."""
    if lang not in _AFFIRMING:
        return None
    affirming, denying = (regex.compile(table[lang], regex.IGNORECASE) for table in (_AFFIRMING, _DENYING))
    return affirming, denying


@functools.cache
def opposite_patterns(lang: str) -> tuple[tuple[regex.Pattern[str], regex.Pattern[str]], ...]:
    """Return pairs of patterns of opposites: `saying_patterns`, and "guilty" and "acquitted" and the like; empty without a list."""
    said = saying_patterns(lang)
    return (
        *((said,) if said else ()),
        *(
            (regex.compile(one, regex.IGNORECASE), regex.compile(other, regex.IGNORECASE))
            for one, other in _OPPOSED.get(lang, ())
        ),
    )


@functools.cache
def clause_negation(lang: str) -> regex.Pattern[str] | None:
    """Return a pattern of words that negate a clause; `None` for languages that `briefing.text.polarity` compares, and others."""
    pattern = _CLAUSE_NEGATIONS.get(lang)
    return None if pattern is None else regex.compile(pattern, regex.IGNORECASE)
