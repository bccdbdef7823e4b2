"""Lines of a page that are not part of an article's prose: headings, bylines, captions, credits, invitations to read more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from briefing.quotations import cues_for
from briefing.sources import Source
from briefing.text import (
    CLOSING_MARKS,
    DENSE_CHARACTER,
    TERMINAL_MARKS,
    UNSPACED_CHARACTER,
    find_paragraphs,
    fold,
)

#: Share of the long paragraphs that end with a mark in texts where a line without one is no sentence.
_MARKED_SHARE = 0.5
#: A paragraph is long from this many Latin letters on; a character of a dense script counts as two.
_LONG_LINE = 80
#: A line without an end mark is a heading, a byline or the like up to this length.
_LONGEST_HEADING = 120
#: A title stands among the first sentences, and has three words or so many Latin letters.
_MOST_TITLE_LINES = 6
_SHORTEST_TITLE = 16
#: Lines and sentences of at most this length are looked at for such words.
_LONGEST_ODD = 300
#: Share of the words of a title that a line repeats if it is the title again.
_TITLE_SHARE = 0.8
#: A part of the title that is repeated has so many words.
_LEAST_OF_TITLE = 3
#: Characters of a menu that are read, and the fewest words of one.
_LONGEST_MENU, _LEAST_OF_MENU = 250, 30
#: Languages that capitalize all nouns: a capital tells no name there.
CAPITALIZES_NOUNS = frozenset(("de", "lb"))
_ENDS = f"{TERMINAL_MARKS} "
_END = regex.compile(rf"(?:[{TERMINAL_MARKS}][{CLOSING_MARKS}]*|[ฯ๏၊])$")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’\-][\p{L}\p{M}\p{N}]+)*")
_LETTER = regex.compile(r"\p{L}")

# What readers are asked to do, and whom a text or picture is by, at the start of a line or sentence.
_FURNITURE_START = regex.compile(
    "".join(
        line.strip()
        for line in r"""[\W_]*(?:
        read (?:more|also|next|the (?:full|original))\b|see (?:also|more)\b|click (?:here|on|to)\b|(?:scroll|swipe) (?:down|to|left)\b|
        (?:sign|log) (?:up|in)\b|subscribe\b|follow (?:us\b|me\b|@|.{1,40}\bon (?:twitter|facebook|x|instagram|bluesky)\b)|
        (?:please )?(?:share|send|print|email) this\b|(?:share|comments?|advertisement|related)\b[:\s]*$|join (?:us|our|the conversation)\b|
        learn more (?:about|at|here)\b|found this helpful|watch(?: now| the video| live|:)|listen (?:to|now)\b.*podcast|download (?:our|the) app|
        (?:image|photo|photograph|picture|photos|file photo|video|media|image caption|caption|credits?|source|figure|fig\.)
        (?: (?:caption|credit|source|by|copyright|courtesy)\b|\s*[:：©/])|(?:all )?photos?\b[^.]{0,20}:|
        ©|\(c\) \d|copyright\b|all rights reserved|this (?:material|story|article|post) (?:may not|was (?:originally|first|updated)|has been|originally|is part)|
        (?:last )?(?:updated|published|posted|modified)\b[^.]{0,60}\d|posted by\b|(?:additional )?(?:reporting|editing|writing) by\b|
        (?:with )?(?:files|reporting) from\b|the (?:associated press|reuters)\W*$|view (?:all|gallery|more)|(?:table of )?contents\W*$|
        (?:if you|do you) (?:have (?:a|any) (?:story|tips?|questions|comments)|would like to (?:contact|comment|subscribe)|know more)|
        (?:have your say|get in touch|contact us|e-?mail us|tell us)\b|for more (?:information|on this|stories|news)\b|(?:we use|this site uses) cookies|
        lesen sie (?:auch|mehr|hier)|mehr (?:zum thema|dazu|lesen)|foto\s*:|bild(?:er|quelle)?\s*:|quelle(?:n)?\s*:|(?:hier )?klicken|abonnieren|
        jetzt (?:abonnieren|anmelden|lesen)|newsletter\b|folgen sie|teilen\W*$|stand\s*:|von (?:redaktion|dpa)\b|
        (?:à )?lire (?:aussi|également|la suite)|voir aussi|crédits?\b[^.]{0,20}:|crédit photo|photo\s*[:/]|publié (?:le|par)|mis à jour|abonnez-vous|
        inscrivez-vous|suivez[- ](?:nous|\w+ sur)|partager?\W*$|cliquez|(?:lea|lee|leer|ver|vea) (?:también|más)|suscríbe(?:te|ase)|síguenos|
        compartir|haga clic|(?:fuente|imagen|crédito)\s*:|publicado (?:el|por|em)|actualizado|leia (?:também|mais)|veja (?:também|mais)|
        assine\b|compartilhe|siga (?:o|a|nos|@)|clique|(?:fonte|imagem|crédito)\s*:|leggi anche|iscriviti|seguici|
        lees (?:ook|meer|verder)|läs (?:också|mer)|читайте (?:также|ещё|еще)|подписывайтесь|подпишитесь|фото\s*[:：]|источник\s*:|подробнее|
        поделиться|автор\s*:|责任编辑|責任編輯|(?:图|圖|来源|來源|编辑|編輯|作者|摄影|攝影|记者|記者|图片|圖片)(?:来源|片)?[:：/]|点击|點擊|扫码|扫描|关注(?:我们|微信)|转载|
        原标题|本文(?:来源|转自)|【?写真[】:：]|【写真|続きを読む|関連記事|無断(?:転載|複製)|撮影[:：]|画像[:：]|出典[:：]|この記事(?:は|を)(?:有料|シェア)|会員限定|
        اقر[أا] (?:أيضا|المزيد)|(?:المصدر|صورة|تصوير)\s*[:：]|تابعونا|شارك\b|للمزيد|اشترك
        )""".splitlines()
    ),
    regex.IGNORECASE,
)
# The same, at the end or anywhere.
_FURNITURE_ANYWHERE = regex.compile(
    "".join(
        line.strip()
        for line in r"""(?:
        scroll down for|click here (?:for|to)|\bsign up (?:for|to) (?:our|the|receive)|\bsubscribe (?:to|now)|all rights reserved|may not be (?:published|reproduced)|
        (?:getty images|shutterstock|afp/getty|via (?:reuters|getty|shutterstock|flickr)|/reuters|/ap|wikimedia commons)\)?\W*$|
        to someone via email|follow .{1,40}\bon (?:twitter|facebook|instagram)\b|
        \((?:pictured|file (?:photo|image|picture)|archive?foto|symbolbild|archivbild|photo|foto|image)\b[^)]*\)\.?$|
        newsletter (?:abonnieren|bestellen)|\b(?:uses?|agree|consent|accept|verwende[nt]|utilis\w+|utiliza\w*|usa\w*|используе\w+)\b.{0,60}\bcookies?\b|
        \bcookies?\b.{0,60}\b(?:browser|website|consent|personali[sz])|privacy (?:policy|overview)|cookie (?:preferences|settings|policy|notice)|opt[- ]out of these|
        you can (?:change|unsubscribe|opt)\b.{0,40}\bany ?time|continuing to use (?:our|this)|market data delayed|our newsletter|notre newsletter|nuestro boletín|版权所有|無断転載|转载请|
        \.(?:jpe?g|png|gif)\b|(?:via|par|por|per) e-?mail (?:teilen|senden)|^@\w+\W*$|^#\w+(?:[,\s]+#\w+)*\W*$
        )""".splitlines()
    ),
    regex.IGNORECASE,
)
#: "Sweet life: The Duchess", a caption of a tabloid.
_CAPTION_LABEL = regex.compile(r"\p{Lu}[\p{L}\-'’]*(?: [\p{L}\-'’]+){0,3}: \p{Lu}")
_BYLINE = regex.compile(
    r"[\W_]*(?:by|von|par|por|di|door|автор|af|av|text)\s*:?\s+\p{Lu}[\p{L}.\-'’]+(?:[\s,]+(?:and|und|et|y|e|for|[\p{Lu}(/|@][\p{L}.\-'’]*))*"
    r"[^.!?]{0,80}$",
    regex.IGNORECASE,
)


#: "Celrá (Gerona), 23 may (EFECOM).", a dateline that the segmentation made a sentence.
_DATELINE = regex.compile(r"[^\n]{2,60}\((?:\p{Lu}[\p{L}/ .]{1,20})\)\s?[.:–—-]*$")
#: What is no dateline in spite of its end: two words of prose, or one where there is no date.
_PROSE, _DATED = regex.compile(r"\s\p{Ll}{5,}"), regex.compile(r"\p{N}")
#: "新华社北京１１月９日电", inside a line.
_DATELINE_INSIDE = regex.compile(
    r"\p{Han}(?:社|报|報|网|網)[\p{Han}\p{N}]{2,14}[日号]\p{Han}{0,2}[电電](?!视|視|话|話|影|子)"
)
#: The rule of a table, written with characters.
_RULE = regex.compile(r"([=_*~\-])\1{5,}")
#: A caption says where somebody stands in the picture.
CAPTION_PLACE = regex.compile(
    r"[(（](?:pictured\b[^()]{0,40}|(?:(?:top|bottom|far|oben|unten|vorne|von|à|al|a|en el)\s)?(?:left|right|cent(?:re|er)|middle|above|below|"
    r"links|rechts|mitte|gauche|droite|au centre|(?:la )?(?:izquierda|derecha)|centro|слева|справа|в центре|[左右中上下])"
    r"(?:[,;][^()]{0,40}|\s(?:and|und|et|y|и|with|mit)\s[^()]{0,40})?)[)）]",
    regex.IGNORECASE,
)


class Line(NamedTuple):
    """How the line of a sentence looks."""

    is_prose: bool
    """Not a heading, byline, caption, credit or invitation, and not the title."""
    is_marked: bool
    """Ends with the mark of a sentence, or the text uses none."""


def read_lines(source: Source) -> list[Line]:
    """Say of each sentence of a source whether it is prose."""
    text, sentences = source.text, source.sentences
    paragraphs = find_paragraphs(text)
    long = [p for p in paragraphs if _length(text[slice(*p)]) >= _LONG_LINE]
    # One unfinished line among a few says nothing; a language without end marks has none.
    marked = sum(_END.search(text, max(0, end - 6), end) is not None for _, end in long)
    uses_marks = not long or marked >= _MARKED_SHARE * len(long)
    ends = dict(paragraphs)
    lines: list[Line] = []
    odd, odd_until = False, 0  # the paragraph
    for sentence in sentences:
        if sentence.end > odd_until:
            odd_until = ends.get(sentence.start, sentence.end)
            odd = odd_until - sentence.start <= _LONGEST_ODD and _matches(text[sentence.start : odd_until])
        alone = ends.get(sentence.start) == sentence.end
        has_mark = _END.search(sentence.text[-6:]) is not None
        lines.append(
            Line(
                is_prose=not odd
                and not _is_furniture(sentence.text, alone=alone, has_mark=has_mark, uses_marks=uses_marks)
                and not (source.title and repeats(sentence.text, source.title)),
                is_marked=has_mark or not uses_marks,
            )
        )
    return lines


def is_menu(text: str, lang: str) -> bool:
    """Whether a sentence begins with the menu of a page: a long run of words with capitals."""
    start = words(text[:_LONGEST_MENU])
    capitals = sum(word[0].isupper() for word in start)
    return lang not in CAPITALIZES_NOUNS and len(start) >= _LEAST_OF_MENU and capitals >= 0.6 * len(start)


def _matches(text: str) -> bool:
    """Whether a line or sentence asks the reader for something, or says whom a text or picture is by."""
    return _FURNITURE_START.match(text) is not None or _FURNITURE_ANYWHERE.search(text) is not None


def _is_furniture(text: str, *, alone: bool, has_mark: bool, uses_marks: bool) -> bool:
    length = _length(text)
    letters = len(_LETTER.findall(text))
    if letters * 2 < len(text.replace(" ", "")) or letters < 2:
        return True  # a table's row, a date, a formula
    if length <= _LONG_LINE and is_dateline(text):
        return True
    if _RULE.search(text):
        return True
    if length <= _LONGEST_ODD and _matches(text):
        return True
    if alone and not has_mark:
        if text.rstrip()[-1:] in ":：" and length > _LONG_LINE:
            return False
        longest = _LONGEST_HEADING if uses_marks else _LONG_LINE // 2
        if length <= longest or _BYLINE.match(text):
            return True
    return alone and length <= _LONGEST_HEADING and _is_title_case(text)


def _is_title_case(text: str) -> bool:
    """Whether nearly all words of more than three letters have a capital, and there are several."""
    long_words = [word for word in words(text) if len(word) > 3 and word[0].isalpha()]
    return len(long_words) > 3 and sum(word[0].isupper() for word in long_words) >= 0.85 * len(long_words)


def is_dateline(text: str) -> bool:
    """Whether a line is nothing but the place, the date and the agency of a report."""
    return _DATELINE.match(text) is not None and len(_PROSE.findall(text)) <= bool(_DATED.search(text))


def has_dateline(text: str) -> bool:
    """Whether a Chinese report begins inside a sentence, behind the lines of its title for instance."""
    return _DATELINE_INSIDE.search(text) is not None


def is_captionlike(text: str, lang: str) -> bool:
    """Whether a sentence looks like a picture's caption.

    It begins with a label, as in tabloids ("Sweet life: The Duchess at home"), or says where somebody stands ("(left)").
    """
    label = _CAPTION_LABEL.match(text)
    cues = cues_for(lang)
    is_label = label is not None and words(text)[0].lower() not in cues.function_words - cues.articles
    return is_label or CAPTION_PLACE.search(text) is not None


def repeats(text: str, title: str) -> bool:
    """Whether a sentence is the title again, or a part of it."""
    if len(text) > _LONGEST_ODD:
        return False
    own, (wanted, whole_title) = _keys(text), _title_keys(title)
    shared = len(own & wanted)
    again = shared >= _TITLE_SHARE * len(wanted) and shared >= _TITLE_SHARE * len(own)
    part = fold(text.strip(_ENDS), ignore_case=True)
    return again or (len(own) >= _LEAST_OF_TITLE and part in whole_title)


@lru_cache(maxsize=1)
def _title_keys(title: str) -> tuple[frozenset[str], str]:
    return _keys(title), fold(title, ignore_case=True)


def _keys(text: str) -> frozenset[str]:
    """The words of a line in lower case; pairs of characters in scripts without spaces."""
    folded = fold(text, ignore_case=True)
    if UNSPACED_CHARACTER.search(folded):
        letters = "".join(_WORD.findall(folded))
        return frozenset(letters[i : i + 2] for i in range(max(1, len(letters) - 1)))
    return frozenset(_WORD.findall(folded))


def _length(text: str) -> int:
    return len(text) + (len(DENSE_CHARACTER.findall(text)) if not text.isascii() else 0)


def words(text: str) -> list[str]:
    """The words of a text."""
    return [str(word) for word in _WORD.findall(text)]


def title_lines(source: Source, lines: Sequence[Line]) -> list[str]:
    """Lines above the prose that look like a title: words without an end mark, and no byline or the like."""
    ends = dict(find_paragraphs(source.text))
    found: list[str] = []
    for sentence, line in list(zip(source.sentences, lines, strict=True))[:_MOST_TITLE_LINES]:
        text = sentence.text
        if line.is_prose:
            break
        if ends.get(sentence.start) != sentence.end or len(_LETTER.findall(text)) * 2 < len(text):
            continue
        furniture = _matches(text) or _BYLINE.match(text) or is_dateline(text)
        if not furniture and (len(words(text)) >= 3 or _length(text) >= _SHORTEST_TITLE):
            found.append(text)
    return found
