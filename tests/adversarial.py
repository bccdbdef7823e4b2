"""Generated quotes, true and false, to try an aligner on: `cases()`.

Every case is a quote and the text that it claims to come from. Harmless ones are true passages in other typography;
harmful ones are true passages with their meaning changed, or pure invention. Nothing here uses `briefing`: what is
true is decided by `says`, a plain comparison of words, and harmful quotes that happen to be true are left out.
The same seed gives the same cases.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
UNSPACED = ("zh", "ja", "th")
_LANGUAGES = ("ar", "ru", "ja", "zh", "fr")
_OTHERS = {"sequia-embalses": "es", "stadtwerke-fernwaerme": "de"}

#: Scripts that no seed is written in.
_MORE = {
    "el": "Ο δήμος Λευκάδας έκλεισε τη γέφυρα του λιμανιού τη Δευτέρα. «Τελικά δεν είχαμε άλλη επιλογή, γιατί το "
    "σκυρόδεμα έχει ραγίσει», είπε η μηχανικός Ελένη Μαυρίδη. Η επισκευή θα κοστίσει 4,2 εκατομμύρια ευρώ και θα "
    "κρατήσει 18 μήνες. «Οι πελάτες μου δεν θα κάνουν τον γύρο της πόλης για ένα ψωμί», απάντησε ο φούρναρης Νίκος "
    "Δήμου. Η γέφυρα ανοίγει ξανά τον Ιούνιο του 2027.",
    "he": 'עיריית נווה אלון סגרה ביום שני את הגשר הישן מעל הנחל. "בסופו של דבר לא הייתה לנו ברירה, כי הבטון נסדק לכל '
    'אורכו", אמרה המהנדסת רות כרמי. התיקון יעלה 4.2 מיליון שקלים ויימשך 18 חודשים. "הלקוחות שלי לא יקיפו את כל '
    'העיר בשביל לחם", השיב האופה דוד שלו. הגשר ייפתח מחדש ביוני 2027.',
    "ko": "가람시는 월요일에 오래된 항구 다리를 폐쇄했다. “콘크리트에 금이 가서 우리는 결국 안 열기로 했습니다”라고 기술자 "
    "박서연 씨는 말했다. 수리에는 42억 원이 들고 18개월이 걸린다. “손님들은 빵 하나 때문에 도시를 멀리 돌아오지 않을 "
    "겁니다”라고 제빵사 이준호 씨는 답했다. 다리는 2027년 6월에 다시 열린다.",
    "th": "เทศบาลเมืองริมน้ำปิดสะพานท่าเรือเก่าเมื่อวันจันทร์ “เราไม่มีทางเลือกอื่นเพราะคอนกรีตแตกร้าวตลอดแนว” วิศวกรสุดา "
    "แก้วใส กล่าว การซ่อมแซมจะใช้เงิน 42 ล้านบาทและใช้เวลา 18 เดือน “ลูกค้าของฉันจะไม่ขับรถอ้อมเมืองเพื่อขนมปังก้อนเดียว” "
    "คนทำขนมปังสมชาย ใจดี ตอบ สะพานจะเปิดอีกครั้งในเดือนมิถุนายน 2570",
    "hi": "रामगढ़ नगर ने सोमवार को बंदरगाह का पुराना पुल बंद कर दिया। “हमारे पास कोई और रास्ता नहीं था क्योंकि कंक्रीट में "
    "दरार आ गई है,” इंजीनियर मीरा जोशी ने कहा। मरम्मत पर 42 करोड़ रुपये लगेंगे और 18 महीने का समय लगेगा। “मेरे ग्राहक "
    "रोटी के लिए पूरे शहर का चक्कर नहीं लगाएँगे,” बेकर अनिल वर्मा ने जवाब दिया। पुल जून 2027 में फिर खुलेगा।",
}

#: By language: what denies; a negation to put in; a tail, a head and an invention that no text holds.
_NEGATIONS = {
    "en": r"\b(?:not|no|never|nobody)\b ?|n['’]t\b",
    "de": r"\b(?:nicht|kein\w*)\b ?",
    "es": r"\b(?:no|sin|ni)\b ?",
    "fr": r"\b(?:pas|ne)\b ?",
    "ru": r"\b(?:не|ничто|ни)\b ?",
    "ar": r"\b(?:لا|لن|لسنا|لم)\b ?",
    "zh": r"[没不]有?",
    "ja": r"ませんでした|いなければ|ていない|なかった",
    "el": r"\bδεν\b ?",
    "he": r"\bלא\b ?",
    "ko": r"\b안\b ?|지 않",
    "th": r"ไม่",
    "hi": r"नहीं ?",
}
_NOT = {
    "en": "not", "de": "nicht", "es": "no", "fr": "pas", "ru": "не", "ar": "لا", "zh": "不", "ja": "ない",
    "el": "δεν", "he": "לא", "ko": "안", "th": "ไม่", "hi": "नहीं",
}  # fmt: skip
_TAILS = {
    "en": ("and the mayor has already paid for it", "because nobody wanted to wait any longer"),
    "de": ("und die Bürgermeisterin hat alles bezahlt", "weil niemand länger warten wollte"),
    "es": ("y la alcaldesa ya lo ha pagado todo", "porque nadie quería esperar más"),
    "fr": ("et la maire a déjà tout payé", "parce que personne ne voulait attendre"),
    "ru": ("и мэр уже за всё заплатил", "потому что никто больше ждать не хотел"),
    "ar": ("وقد دفع العمدة كل شيء", "لأن أحداً لم يرغب في الانتظار"),
    "zh": ("市长已经付清了全部费用", "因为谁都想再等"),
    "ja": ("市長がすべて支払いました", "誰も待ちたがりませんから"),
    "el": ("και ο δήμαρχος τα πλήρωσε όλα", "γιατί κανείς άλλος περίμενε"),
    "he": ("וראש העיר כבר שילם על הכול", "כי איש לא רצה לחכות עוד"),
    "ko": ("그리고 시장이 모두 지불했다", "아무도 더 기다리고 싶어 하지 않았다"),
    "th": ("และนายกเทศมนตรีจ่ายเงินทั้งหมดแล้ว", "เพราะทุกคนอยากรอต่อไป"),
    "hi": ("और महापौर ने सारा पैसा चुका दिया", "क्योंकि कोई रुकना चाहता था"),
}
_INVENTED = {
    "en": "I have never been so ashamed of this town and its cowardly leaders",
    "de": "Ich habe mich noch nie so sehr für diese Stadt und ihre Leute geschämt",
    "es": "Jamás me había avergonzado tanto de esta ciudad y de sus cobardes jefes",
    "fr": "Jamais je n’ai eu aussi honte de cette ville et de ses chefs sans courage",
    "ru": "Мне никогда ещё так стыдно за этот город и его трусливых вождей",
    "ar": "لم أشعر قط بمثل هذا الخجل من هذه البلدة وقادتها الجبناء",
    "zh": "我从来为这座城市和它怯懦的领导感到如此羞耻",
    "ja": "この町の臆病な指導者たちをこれほど恥じたことは一度もない",
    "el": "Ποτέ άλλοτε ντράπηκα τόσο για αυτή την πόλη και τους δειλούς ηγέτες",
    "he": "מעולם לא התביישתי כל כך בעיירה הזאת ובמנהיגיה הפחדנים",
    "ko": "나는 이 도시와 비겁한 지도자들이 이렇게 부끄러웠던 적이 한 번도 없다",
    "th": "ฉันอับอายเมืองนี้และผู้นำขี้ขลาดของเมืองอย่างที่สุดในชีวิต",
    "hi": "मुझे इस शहर और इसके कायर नेताओं पर इतनी शर्म कभी आई ही थी",
}
#: Names in scripts without capitals; in others names are words with a capital inside a sentence.
_NAMES = {
    "ar": ("سلمى الحارثي", "ياسر الكندي", "هدى الزين", "سالم بوغانم"),
    "zh": ("沈若兰", "马振邦", "周桂芬", "何立群", "丁海峰", "罗一鸣"),
    "ja": ("大槻真由美", "栗原誠", "野田ひかり", "相沢徹"),
    "he": ("רות כרמי", "דוד שלו"),
    "ko": ("박서연", "이준호"),
    "th": ("สุดา แก้วใส", "สมชาย ใจดี"),
    "hi": ("मीरा जोशी", "अनिल वर्मा"),
}
_ENGLISH_VERBS = {
    "was": "is", "is": "was", "were": "are", "are": "were", "has": "had", "had": "has", "have": "had",
    "will": "would", "would": "will", "can": "could", "could": "can", "said": "says", "gave": "gives",
}  # fmt: skip

#: Who says what in the seeds, by the number of the quotation; read and labelled by hand.
SPEAKERS: dict[str, dict[int, str]] = {
    "brief-power-cut": {1: "Paul Adeyemi"},
    "desalination-ar": {2: "سلمى الحارثي", 3: "ياسر الكندي", 4: "هدى الزين", 5: "سالم بوغانم"},
    "grain-elevator-ru": {2: "Геннадий Лоскутов", 3: "Ирина Вельская", 4: "Айрат Сабиров", 5: "Тамара Ющенко"},
    "hamanari-railway-ja": {1: "大槻真由美", 2: "栗原誠", 3: "野田ひかり", 5: "相沢徹"},
    "harbour-bridge-inquiry": {1: "Martin Sallis", 2: "Martin Sallis", 3: "Venn", 4: "Venn", 5: "Dame Ruth Lyle", 7: "Helen Drury", 8: "Dame Ruth Lyle"},
    "injection-hostile": {1: "Graham Sells"},
    "library-notice": {1: "Josephine Tully"},
    "messy-scrape": {1: "Bernadette Quill", 2: "Owen Trask"},
    "metro-line-zh": {1: "沈若兰", 2: "马振邦", 3: "周桂芬", 4: "何立群"},
    "nested-and-split": {2: "Dev Malhotra", 3: "Sir Colin Abney", 4: "Imogen Tarrant", 5: "Sir Colin Abney", 8: "Ruta Jansone", 9: "Dev Malhotra", 10: "Dev Malhotra"},
    "night-train-fr": {1: "Clémence Aubertin", 2: "Bastien Keller", 3: "Solange Maurier", 5: "Yannick Ferrand"},
    "sequia-embalses": {1: "Inés Maldonado", 2: "Inés Maldonado", 3: "Joaquín Tello", 4: "Rosa Belmonte", 5: "Inés Maldonado", 7: "Andrés Quiroga"},
    "stadtwerke-fernwaerme": {1: "Anke Rosendahl", 2: "Anke Rosendahl", 3: "Tobias Wehmann", 4: "Tobias Wehmann", 5: "Gülsen Aydın", 7: "Gülsen Aydın"},
}  # fmt: skip

_QUOTED = re.compile(
    r"“([^“”]{12,})”|«\s?([^«»]{12,}?)\s?»|„([^„“”]{12,})[“”]|「([^「」]{8,})」|\"([^\"\n]{12,})\""
)
_SPLIT = re.compile(
    r"(“)([^“”]{8,}),” [^“”.\n]{3,60}, “([^“”]{8,}?)[.,]?”|(\")([^\"\n]{8,}),\" [^\".\n]{3,60}, \"([^\"\n]{8,}?)[.,]?\""
)
#: Units and scales behind a blank, of the numbers in the texts.
_UNIT = re.compile(
    "[%€°]|km|[Ee]uro|рубл|Pro[zc]ent|percent|[bm]illion|Million|mill[oó]n|мил|млн|тыс|εκατομμύρι|מיליון|करोड़|ล้าน|مليون|في المئة|بالمئة|مليار|ألف|[万億亿]"
)
_CLAUSE = re.compile(r"[^，。、：；“”‘’「」『』（）()\n]+")


class Text(NamedTuple):
    """An article, in one language."""

    name: str
    lang: str
    text: str


class Case(NamedTuple):
    """A quote, and what is true about it.

    `passage` is what the source really has there; empty for inventions and splices.
    """

    source: Text
    quote: str
    kind: str
    harmful: bool
    passage: str


@lru_cache(maxsize=1)
def texts() -> tuple[Text, ...]:
    """The seeds, and the texts above."""
    found = []
    for path in sorted(SEEDS.iterdir()):
        if path.suffix in (".txt", ".md"):
            lang = _OTHERS.get(path.stem) or next(
                (lang for lang in _LANGUAGES if lang in path.stem.split("-")), "en"
            )
            found.append(Text(path.stem, lang, path.read_text(encoding="utf-8")))
    return (*found, *(Text(f"own-{lang}", lang, text) for lang, text in _MORE.items()))


@lru_cache(maxsize=64)
def words(text: str, unspaced: bool) -> str:
    """The words of a text with one separator around each; numbers are whole."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf" and c != "ـ")
    plain = re.sub("[’‘ʼ]", "'", plain)
    found: list[str] = []
    inside = False
    for i, char in enumerate(plain):
        letter = char.isalnum() or unicodedata.category(char).startswith("M")
        near = plain[i - 1 : i], plain[i + 1 : i + 2]
        tie = (char in ".,:-–" and all(c.isdigit() for c in near) and all(near)) or (
            char in "'-" and all(c.isalpha() for c in near) and all(near)
        )
        if char in "-−" and near[1].isdigit() and not near[0].isalnum():
            tie, inside = True, False
        if not (letter or tie):
            inside = False
            continue
        if unspaced and not char.isdigit() and not tie and not unicodedata.category(char).startswith("M"):
            inside = False
        if inside:
            found[-1] += char
        else:
            found.append(char)
        inside = not (unspaced and not (char.isdigit() or tie))
    return "\0" + "\0".join(found) + "\0"


def says(text: str, quote: str, lang: str) -> bool:
    """Whether the text has these words in a row, whatever stands between them."""
    unspaced = lang in UNSPACED
    return words(quote, unspaced) in words(text, unspaced)


def passages(source: Text, rng: random.Random, wanted: int) -> list[str]:
    """True passages, cut between words."""
    found = []
    if source.lang in ("zh", "ja"):
        clauses = [m.span() for m in _CLAUSE.finditer(source.text) if m[0].strip()]
        for _ in range(wanted * 3):
            i = rng.randrange(len(clauses))
            j = min(i + rng.randrange(1, 4), len(clauses)) - 1
            found.append(source.text[clauses[i][0] : clauses[j][1]])
    else:
        spans = [m.span() for m in re.finditer(r"\S+", source.text)]
        least, most = (2, 4) if source.lang == "th" else (5, 24)
        for _ in range(wanted * 3):
            i = rng.randrange(max(len(spans) - least, 1))
            j = min(i + rng.randrange(least, most), len(spans)) - 1
            found.append(source.text[spans[i][0] : spans[j][1]])
    good = dict.fromkeys(p.strip() for p in found if _clean(source, p.strip()))
    return list(good)[:wanted]


def _clean(source: Text, passage: str) -> bool:
    """Whether it is long enough and cuts no number that is written with blanks, nor one from its unit."""
    at = source.text.find(passage)
    before, after = source.text[:at].rstrip()[-1:], source.text[at + len(passage) :].lstrip()[:1]
    cut = (before.isdigit() and passage[0].isdigit()) or (after.isdigit() and passage[-1].isdigit())
    cut = cut or bool(passage[-1].isdigit() and _UNIT.match(source.text[at + len(passage) :].lstrip()))
    cut = cut or bool(before.isdigit() and _UNIT.match(passage))
    return len(passage) >= (8 if source.lang in UNSPACED else 20) and not cut and "{" not in passage


# --- harmful -------------------------------------------------------------------------------------------------


def _inside(pattern: str, text: str) -> list[re.Match[str]]:
    """Matches that neither begin nor end the text."""
    return [
        m
        for m in re.finditer(pattern, text, re.IGNORECASE)
        if text[: m.start()].strip() and text[m.end() :].strip()
    ]


def _joints(passage: str, lang: str) -> list[int]:
    """Where a word may be put in, not at the ends."""
    if lang in UNSPACED:
        return [
            i for i in range(2, len(passage) - 1)
            if unicodedata.category(passage[i]) == "Lo" and unicodedata.category(passage[i - 1]) == "Lo"
        ]  # fmt: skip
    return [m.start() for m in re.finditer(r"(?<=\w) (?=\w)", passage)]


def drop_negation(passage: str, source: Text, rng: random.Random) -> str | None:
    """Without one "not"."""
    found = _inside(_NEGATIONS[source.lang], passage)
    return _without(passage, rng.choice(found)) if found else None


def _without(passage: str, match: re.Match[str], new: str = "") -> str:
    return passage[: match.start()] + new + passage[match.end() :]


def add_negation(passage: str, source: Text, rng: random.Random) -> str | None:
    """With one "not" more."""
    if not (at := _joints(passage, source.lang)):
        return None
    i, blank = rng.choice(at), "" if source.lang in UNSPACED else " "
    return passage[:i] + blank + _NOT[source.lang] + passage[i:]


def change_digit(passage: str, source: Text, rng: random.Random) -> str | None:
    """One digit is another."""
    if not (found := list(re.finditer(r"\d", passage))):
        return None
    match = rng.choice(found)
    return _without(passage, match, rng.choice([d for d in "123456789" if d != match[0]]))


def change_number(passage: str, source: Text, rng: random.Random) -> str | None:
    """A number gains a digit, loses its fraction, or has its digits turned round."""
    if not (found := list(re.finditer(r"\d+(?:[.,]\d+)*", passage))):
        return None
    match = rng.choice(found)
    number = match[0]
    ways = [number + "0", number[::-1], re.split("[.,]", number)[0], re.sub("[.,]", "", number)]
    return _without(passage, match, rng.choice([w for w in ways if w != number] or [number + "1"]))


def cut_number(passage: str, source: Text, rng: random.Random) -> str | None:
    """The quote begins inside a number, or ends in one."""
    if not (found := list(re.finditer(r"\d+[.,]\d+|\d{2,}", passage))):
        return None
    match = rng.choice(found)
    middle = match.start() + max(len(match[0]) - 2, 1)
    start, end = passage[middle:].lstrip(".,"), passage[: match.end() - 1].rstrip(".,")
    return max(start, end, key=len)


def change_name(passage: str, source: Text, rng: random.Random) -> str | None:
    """One person or place is another of the same text."""
    if names := _NAMES.get(source.lang):
        held = [name for name in names if name in passage]
        if not held:
            return None
        name = rng.choice(held)
        return passage.replace(name, rng.choice([n for n in names if n != name]), 1)
    pattern = r"(?<=[^.!?“«\"„–\n] )[A-ZА-ЯΑ-ΩÀ-Þ][\w-]{3,}"
    names = tuple(sorted(set(re.findall(pattern, source.text))))
    held_at = list(re.finditer(pattern, passage))
    if not held_at or len(names) < 2:
        return None
    match = rng.choice(held_at)
    return _without(passage, match, rng.choice([n for n in names if n != match[0]]))


def change_form(passage: str, source: Text, rng: random.Random) -> str | None:
    """One word in another form: tense in English, an ending gained or lost elsewhere."""
    if source.lang == "en" and (found := _inside(rf"\b(?:{'|'.join(_ENGLISH_VERBS)})\b", passage)):
        match = rng.choice(found)
        return _without(passage, match, _ENGLISH_VERBS.get(match[0], "would"))
    if source.lang in UNSPACED:
        at = _joints(passage, source.lang)
        new = {"zh": "过", "ja": "た", "th": "เคย"}[source.lang]
        return passage[: (i := rng.choice(at))] + new + passage[i:] if at else None
    found = [m for m in re.finditer(r"[^\W\d_]{4,}", passage) if m[0][-1:].isalpha()]
    if not found:
        return None
    match = rng.choice(found)
    return _without(passage, match, match[0][:-1] if rng.random() < 0.5 else match[0] + match[0][-2])


def make_plural(passage: str, source: Text, rng: random.Random) -> str | None:
    """One noun more or less in number, by its last letter; the quote's last word as often as not."""
    plural = {"en": "s", "es": "s", "fr": "s", "de": "n", "ru": "ы", "el": "ς", "zh": "们", "ja": "ら"}.get(
        source.lang
    )
    if plural is None:
        return None
    if source.lang in UNSPACED:
        at = [*_joints(passage, source.lang), len(passage)]
        return passage[: (i := rng.choice(at))] + plural + passage[i:]
    found = list(re.finditer(r"[^\W\d_]{4,}", passage))
    match = found[-1] if found and rng.random() < 0.5 else rng.choice(found) if found else None
    if match is None:
        return None
    return _without(passage, match, match[0][:-1] if match[0].endswith(plural) else match[0] + plural)


def swap_words(passage: str, source: Text, rng: random.Random) -> str | None:
    """Two words change places."""
    if source.lang in UNSPACED:
        at = _joints(passage, source.lang)
        i = rng.choice(at) if at else 0
        return passage[: i - 1] + passage[i] + passage[i - 1] + passage[i + 1 :] if at else None
    parts = passage.split(" ")
    if len(parts) < 4:
        return None
    i = rng.randrange(len(parts) - 1)
    j = rng.choice([k for k in range(len(parts)) if k != i])
    parts[i], parts[j] = parts[j], parts[i]
    return " ".join(parts)


def turn_round(passage: str, source: Text, rng: random.Random) -> str | None:
    """The second half stands before the first."""
    return _turned(passage, source, rng, " ")


def turn_round_elided(passage: str, source: Text, rng: random.Random) -> str | None:
    """The second half stands before the first, with an ellipsis between."""
    return _turned(passage, source, rng, " … ")


def _turned(passage: str, source: Text, rng: random.Random, joint: str) -> str | None:
    at = _joints(passage, source.lang)
    if len(at) < 6:
        return None
    i = at[len(at) // 2]
    return passage[i:].strip() + (joint.strip() if source.lang in UNSPACED else joint) + passage[:i].strip()


def drop_word(passage: str, source: Text, rng: random.Random) -> str | None:
    """Some word is left out, and nothing says so."""
    if source.lang in UNSPACED:
        at = _joints(passage, source.lang)
        return passage[: (i := rng.choice(at))] + passage[i + 1 :] if at else None
    found = _inside(r"(?<= )\w{4,} ", passage)
    return _without(passage, rng.choice(found)) if found else None


def add_tail(passage: str, source: Text, rng: random.Random) -> str | None:
    """Something nobody said follows."""
    joint = "，" if source.lang in ("zh", "ja") else "" if source.lang == "th" else " "
    return passage.rstrip(" .,。，、") + joint + rng.choice(_TAILS[source.lang])


def add_head(passage: str, source: Text, rng: random.Random) -> str | None:
    """Something nobody said comes first."""
    joint = "，" if source.lang in ("zh", "ja") else "" if source.lang == "th" else " "
    return rng.choice(_TAILS[source.lang]) + joint + passage


def cut_word(passage: str, source: Text, rng: random.Random) -> str | None:
    """The first or last word is cut short."""
    if source.lang in UNSPACED or source.lang == "hi":
        return None
    if rng.random() < 0.5 and re.match(r"[^\W\d_]{3}", passage):
        return passage[1:]
    bare = passage.rstrip(' .,;:»”"')
    return bare[:-1] if re.search(r"[^\W\d_]{3}$", bare) else None


def elide_negation(passage: str, source: Text, rng: random.Random) -> str | None:
    """An ellipsis stands for the "not"."""
    found = _inside(_NEGATIONS[source.lang], passage)
    blank = "" if source.lang in UNSPACED else " "
    return _without(passage, rng.choice(found), f"{blank}…{blank}").replace("  ", " ") if found else None


def invent(passage: str, source: Text, rng: random.Random) -> str | None:
    """Nobody said anything like it."""
    return _INVENTED[source.lang]


def shuffle(passage: str, source: Text, rng: random.Random) -> str | None:
    """Words of the text, in no order."""
    parts = source.text.split() if source.lang not in UNSPACED else list(re.sub(r"\W", "", source.text))
    picked = rng.sample(parts, min(12, len(parts)))
    return ("" if source.lang in UNSPACED else " ").join(picked)


HARMFUL: tuple[Callable[[str, Text, random.Random], str | None], ...] = (
    drop_negation, add_negation, change_digit, change_number, cut_number, change_name, change_form, make_plural,
    swap_words, turn_round, turn_round_elided, drop_word, add_tail, add_head, cut_word, elide_negation, invent,
    shuffle,
)  # fmt: skip
#: What needs a word that few passages have is tried on all of them.
_RARE = (drop_negation, elide_negation, change_digit, change_number, cut_number, change_name)


def spoken(source: Text) -> list[str]:
    """What stands in marks, long enough to be somebody's words."""
    found = ["".join(filter(None, match.groups())) for match in _QUOTED.finditer(source.text)]
    return [quote.strip() for quote in found if len(_joints(quote, source.lang)) >= 5 or source.lang == "th"]


def _one_statement(source: Text, one: str, other: str) -> bool:
    """Whether only a reporting clause parts two quotations."""
    start, end = sorted((source.text.find(one), source.text.find(other)))
    between = source.text[start + len(one if source.text.find(one) == start else other) : end]
    return not re.search(r"[.!?。\n]", between)


def splices(source: Text, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Halves of two quotations put together: with nothing, a comma, or an ellipsis between."""
    quotes = spoken(source)
    for _ in range(8 if len(quotes) > 1 else 0):
        one, other = rng.sample(quotes, 2)
        first, second = _half(one, source, 0), _half(other, source, 1)
        if first and second and not _one_statement(source, one, other):
            blank = "" if source.lang in UNSPACED else " "
            yield "splice", first + blank + second
            yield (
                "splice_comma",
                first.rstrip(" .,。，") + ("，" if source.lang in ("zh", "ja") else ", ") + second,
            )
            yield "splice_elided", f"{first}{blank}…{blank}{second}"
    for match in _QUOTED.finditer(source.text):
        # The words of a quotation, and of the one who reports it, on either side of the mark.
        after = re.match(r"[^.!?。\n“”«»\"「」]{25,}", source.text[match.end() :])
        if after and (half := _half(match[0].strip('“”«»„"「」 '), source, 0)):
            yield "splice_outside", f"{half} … {after[0].strip(' ,')}"


def _half(quote: str, source: Text, which: int) -> str:
    at = _joints(quote, source.lang)
    if not at:
        return ""
    i = at[len(at) // 2]
    return (quote[:i], quote[i:])[which].strip()


def wrong_speakers(source: Text, rng: random.Random) -> Iterator[str]:
    """A quotation and its reporting clause with another name in it."""
    for match in _QUOTED.finditer(source.text):
        after = re.match(r"[^.!?。\n“”«»„\"「」]{8,80}", source.text[match.end() :])
        if after and (changed := change_name(" " + after[0], source, rng)):
            yield match[0] + changed[1:]


# --- harmless ------------------------------------------------------------------------------------------------


def _swap(pairs: dict[str, str]) -> Callable[[str, Text, random.Random], str | None]:
    table = str.maketrans(pairs)

    def swapped(passage: str, source: Text, rng: random.Random) -> str | None:
        return passage.translate(table)

    return swapped


def soft_hyphens(passage: str, source: Text, rng: random.Random) -> str | None:
    """Words hold soft hyphens."""
    return re.sub(
        r"(?<=[^\W\d_]{3})(?=[^\W\d_]{3})", lambda m: "\u00ad" if rng.random() < 0.3 else "", passage
    )


def zero_width(passage: str, source: Text, rng: random.Random) -> str | None:
    """Words are parted by invisible characters, too."""
    return re.sub(" ", lambda m: rng.choice(["\u200b ", " \u2060", " "]), passage)


def wrapped(passage: str, source: Text, rng: random.Random) -> str | None:
    """Lines are wrapped."""
    if source.lang in ("zh", "ja"):
        at = _joints(passage, source.lang)
        return passage[: (i := rng.choice(at))] + "\n" + passage[i:] if at else None
    return re.sub(" ", lambda m: "\n" if rng.random() < 0.25 else " ", passage)


def blanks(passage: str, source: Text, rng: random.Random) -> str | None:
    """Blanks are non-breaking, narrow, or double."""
    return re.sub(" ", lambda m: rng.choice(["\u00a0", "  ", "\u202f", " ", "\t"]), passage)


def in_marks(passage: str, source: Text, rng: random.Random) -> str | None:
    """Marks stand around it."""
    left, right = rng.choice(["“”", '""', "«»", "„“", "‘’", "「」", "''"])
    return left + passage.strip("“”«»„\"「」‘’'") + right


def dashes(passage: str, source: Text, rng: random.Random) -> str | None:
    """Dashes are others."""
    return re.sub("[–—-]", lambda m: rng.choice("-–—‐"), passage)


def final_stop(passage: str, source: Text, rng: random.Random) -> str | None:
    """A full stop ends it."""
    bare = passage.rstrip(" .,;:。，、")
    return bare + ("。" if source.lang in ("zh", "ja") else ".") if bare[-1].isalnum() else None


def ellipses_around(passage: str, source: Text, rng: random.Random) -> str | None:
    """Ellipses say that it is a piece."""
    return rng.choice(["…{}", "{}…", "...{}...", "[…] {}"]).format(passage.strip(' .,“”«»„"「」'))


def dots(passage: str, source: Text, rng: random.Random) -> str | None:
    """Its ellipses are written otherwise."""
    return passage.replace("...", "…") if "..." in passage else passage.replace("…", "...")


HARMLESS: dict[str, Callable[[str, Text, random.Random], str | None]] = {
    "as_it_is": lambda passage, source, rng: passage,
    "straight": _swap({"“": '"', "”": '"', "‘": "'", "’": "'", "„": '"', "«": '"', "»": '"'}),
    "curly": _swap({"'": "’", '"': "”"}),
    "single": _swap({"“": "‘", "”": "’", '"': "'"}),
    "nfd": lambda passage, source, rng: unicodedata.normalize("NFD", passage),
    "nfc": lambda passage, source, rng: unicodedata.normalize("NFC", passage),
    "soft_hyphens": soft_hyphens,
    "zero_width": zero_width,
    "wrapped": wrapped,
    "blanks": blanks,
    "in_marks": in_marks,
    "dashes": dashes,
    "final_stop": final_stop,
    "ellipses_around": ellipses_around,
    "dots": dots,
    "two_at_once": lambda passage, source, rng: in_marks(blanks(passage, source, rng) or "", source, rng),
}
#: The same, done to the article: what the quote has is plain.
_OF_SOURCES = ("nfd", "soft_hyphens", "blanks", "curly", "straight", "wrapped")


def elisions(source: Text, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Honest ones: a few words left out of one quotation, none of which denies."""
    for quote in spoken(source):
        at = _joints(quote, source.lang)
        if len(at) < 9 or source.lang == "th":
            continue
        i, j = at[len(at) // 3], at[len(at) // 3 + (2 if source.lang in UNSPACED else 3)]
        if re.search(_NEGATIONS[source.lang], quote[i - 2 : j + 4], re.IGNORECASE) or re.search(
            r"[“”‘’.!?。,，]", quote[i:j]
        ):
            continue
        blank = "" if source.lang in UNSPACED else " "
        yield f"{quote[:i].strip()}{blank}…{blank}{quote[j:].strip()}", quote
    for match in _SPLIT.finditer(source.text):
        _, one, other = [group for group in match.groups() if group]
        yield f"{one}, {other}", match[0]


def cases(seed: int = 7) -> list[Case]:
    """All cases, text by text.

    Args:
        seed: the same one gives the same cases.
    """
    found: list[Case] = []
    for source in texts():
        rng = random.Random(f"{seed} {source.name}")
        many = 8 if len(source.text) > 5000 else 5
        some = passages(source, rng, 12 * many)
        found += _harmful(source, some, many, rng)
        found += _harmless(source, some, many, rng)
    return list(dict.fromkeys(found))


def _harmful(source: Text, some: list[str], many: int, rng: random.Random) -> Iterator[Case]:
    for mutate in HARMFUL:
        left = many if mutate is not invent else 1
        for passage in (
            some + spoken(source) if mutate in _RARE else rng.sample(some, min(2 * many, len(some)))
        ):
            if left == 0:
                break
            quote = mutate(passage, source, rng)
            if quote and len(quote) > 5 and not says(source.text, quote, source.lang):
                left -= 1
                there = "" if mutate in (invent, shuffle) else passage
                yield Case(source, quote, mutate.__name__, True, there)
    for kind, quote in splices(source, rng):
        if not says(source.text, quote, source.lang):
            yield Case(source, quote, kind, True, "")
    for quote in wrong_speakers(source, rng):
        if not says(source.text, quote, source.lang):
            yield Case(source, quote, "wrong_speaker", True, "")


def _harmless(source: Text, some: list[str], many: int, rng: random.Random) -> Iterator[Case]:
    for kind, change in HARMLESS.items():
        for passage in rng.sample(some, min(many, len(some))):
            quote = change(passage, source, rng)
            if quote and (quote != passage or kind == "as_it_is"):
                yield Case(source, quote, kind, False, passage)
    for kind in _OF_SOURCES:
        changed = source._replace(text=HARMLESS[kind](source.text, source, rng) or source.text)
        if changed.text != source.text:
            for passage in rng.sample(some, min(many // 2, len(some))):
                yield Case(changed, passage, f"source_{kind}", False, passage)
    for quote, passage in elisions(source, rng):
        yield Case(source, quote, "elision", False, passage)


class Attribution(NamedTuple):
    """A quotation, by its place in the source, and somebody whom a model might name as its speaker."""

    seed: Path
    number: int
    speaker: str
    true: str


def attributions() -> Iterator[Attribution]:
    """Every labelled quotation with everybody who speaks in its article, the true speaker included."""
    for path in sorted(SEEDS.iterdir()):
        true = SPEAKERS.get(path.stem, {}) if path.suffix != ".json" else {}
        for number, speaker in true.items():
            for other in sorted(set(true.values())):
                yield Attribution(path, number, other, speaker)
