"""Abbreviations with a full stop, by language, and whether a sentence ends behind one.

The lists are without the last full stop and without spaces ("z.B"). A small letter at the beginning stands for the
capital as well. They are chosen from the segmentation suppressions of the Unicode CLDR 46.1, which has many ordinary
words besides ("In.", "Test."), and extended. Titles before names are in `honorifics`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import regex

from briefing.text.honorifics import ABBREVIATED_TITLES


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


class _Abbreviations(NamedTuple):
    """The abbreviations of one language."""

    inside: frozenset[str] = frozenset()  # never the last word of a sentence: "e.g.", titles
    before_number: frozenset[str] = frozenset()  # the same, if a number follows: "No. 5"
    final: frozenset[str] = (
        frozenset()
    )  # ends a sentence before a capital: "etc.", and what sentencex does not cut
    last: frozenset[str] = frozenset()  # ends a sentence before a word of `openers`: "Inc.", "Jan."
    openers: frozenset[str] = frozenset()  # words that begin sentences and are hardly ever part of a name


_ANY = _Abbreviations(
    inside=_words("cf vs ca approx Msgr Mgr Mons Mt Ing Adm Cpl Pres Dipl.-Ing"),
    before_number=_words("no nr art p pp vol fig op tel cap chap"),
    last=_words("Inc Ltd Corp Co Bros Jr St al Ph.D"),
    final=_words("etc"),
)
_BY_LANGUAGE = {
    "en": _Abbreviations(
        inside=_words("Messrs Supt Det Insp Cmdr Brig Amb Atty Pvt Pfc Ft Dept Univ Assn Natl Intl Lt.Cdr e.g i.e viz esp incl"),
        before_number=_words("nos figs sec ch eq ed Ex"),
        last=_words(
            "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun Ave Blvd Rd Esq Sr"
        ),
        final=_words("no me may miss fed id ill ok ore ark que art sec alta"),
        openers=_words("""
            the a an this that these those he she it we they I you his her its our their my your there here in on at by
            for from with without to of as if when while where after before since until during despite although though
            because but and or so yet then thus however meanwhile what who why how which not no nobody some many most
            all both each every one another other more several few even also now today yesterday once only according
            such
        """),
    ),
    "de": _Abbreviations(
        inside=_words("""
            z.B d.h bzw bzgl vgl sog ggf evtl inkl exkl einschl zzgl abzgl insb insbes i.d.R m.E s.o s.u o.g Hr Hrn Fr
            Frl Fa Fam Gebr Inh Hrsg Reg.-Bez Abg Kfm Mag frz engl österr schweiz schwäb südd röm röm.-kath kgl ehem urspr
            entspr erw eigtl näml jew allg amtl tägl mtl jhrl geb gest verh gesch
        """),
        before_number=_words("Nrn Abs Bd Kap Ziff Abb Anm S lfd"),
        last=_words("u.a u.ä o.ä Mio Mrd Std Min Sek Jh Jahrh v.Chr n.Chr Str Tel Okt Dez e.V a.D a.M GmbH"),
        final=_words("usw art mag mich di"),
        openers=_words("""
            der die das den dem des ein eine einen einem einer eines dieser diese dieses diesem diesen jener jene es er
            sie ich wir ihr man sein seine seinen seiner ihre ihren ihrer unser unsere in im an am auf aus bei beim mit
            nach von vom vor zu zum zur für über unter um durch gegen ohne seit während wegen trotz laut und aber oder
            doch denn als wenn weil da dann danach dort hier auch noch nun jetzt so wie was wer wo warum nur schon nicht
            kein keine niemand alle viele einige andere mehr zwar trotzdem außerdem zudem allerdings jedoch dabei damit
            dazu bis ob heute gestern später zuvor daraufhin
        """),
    ),
    "fr": _Abbreviations(
        inside=_words("M MM Me Pr Ste p.ex c.-à-d env anc éd réf av apr J.-P"),
        before_number=_words("n"),
        last=_words("J.-C Cie janv févr avr juil sept oct nov déc"),
        final=_words("sec sup inf ex art dir"),
        openers=_words("""
            le la les un une des ce cet cette ces il elle ils elles on nous vous je son sa ses leur leurs en dans sur sous
            à au aux avec sans pour par depuis après avant pendant selon mais et ou or donc car si quand comme où qui que
            ainsi puis alors aussi cependant toutefois hier tout tous plus
        """),
    ),
    "es": _Abbreviations(
        inside=_words("""
            Dña Dres Lic Arq Gral Cnel Tte Sgto Pbro Fr Sto Sta Exmo Exma Exmos Exmas
            Excmo Excma Excmos Excmas Ilmo Ilma Ilmos Ilmas Rvdo Rvdos Rvdmo Rdo Rdos Srtas Sras Srs Lcdo Lcda Ldo Lda
            Drs Vda dpto depto av avda p.ej v.gr cfr
        """),
        before_number=_words("núm núms pág págs"),
        last=_words("Ud Uds Vd Vds Cía Ltda Hnos EE.UU JJ.OO RR.HH FF.AA FF.CC SS.MM SS.AA a.C d.C ene feb abr may ago sept oct nov dic"),
        final=_words("no un en de con para ante entre tras contra sobre mar bien ex"),
        openers=_words("""
            el la los las un una unos unas lo este esta estos estas ese esa él ella ellos ellas en con sin por para desde
            hasta tras según durante a al de del y pero o si cuando como donde quien que aunque porque también además
            asimismo así ya no hoy ayer su sus se
        """),
    ),
    "pt": _Abbreviations(
        inside=_words("Profa Exmo Exma Ilmo Ilma Eng Arq Cel Pe Fr Sto Sta Srs Dras univ av p.ex séc"),
        before_number=_words("pág págs núm"),
        last=_words("Ltda Cia a.C d.C jan fev abr jun jul ago nov dez"),
        final=_words("col ex art fig"),
        openers=_words("""
            o a os as um uma uns umas este esta esse essa ele ela eles elas em no na nos nas com sem por pelo pela para desde
            até após segundo durante ao à de do da e mas ou se quando como onde quem que embora porque também além assim já
            não hoje ontem seu sua
        """),
    ),
    "it": _Abbreviations(
        inside=_words("sig sigg sig.ra sig.na dott.ssa avv arch geom rag on mons p.es cfr"),
        before_number=_words("pag pagg n tab sez"),
        last=_words("S.p.A a.C d.C"),
        final=_words("ecc no mai art mar sol gen fin via ore"),
        openers=_words("""
            il lo la i gli le un uno una questo questa questi queste egli lui lei loro noi in nel nella con senza per da dal
            dalla su sul tra fra dopo prima durante secondo a al alla di e ma o se quando come dove chi che anche poi però
            così già non oggi ieri
        """),
    ),
    "nl": _Abbreviations(
        inside=_words("dhr mevr mr drs ir ds bijv d.w.z m.a.w t.o.v i.p.v resp"),
        before_number=_words("blz nrs"),
        last=_words("o.a jl"),
        final=_words("enz e.d"),
        openers=_words("""
            de het een dit dat deze die hij zij ze wij we ik in op aan bij met zonder voor van na tot uit om door over tegen
            volgens tijdens en maar of als toen omdat ook dan daar hier nu niet er
        """),
    ),
    "ru": _Abbreviations(
        inside=_words("им ул пл пр-т просп пер отд акад доц т.е т.н т.к напр см ср"),
        before_number=_words("д кв стр гл рис"),
        last=_words("г гг в вв руб тыс млн млрд долл н.э янв февр апр авг сент окт нояб дек"),
        final=_words("т.д т.п др пр"),
        openers=_words("""
            в во на с со к ко о об из за по от до у при для после через между но а и или что это как если когда где кто так
            он она они мы вы я его её их все также однако уже не сегодня вчера
        """),
    ),
    "pl": _Abbreviations(
        inside=_words("dr prof hab inż mgr ul al np tzn tj im św ks gen płk pl"),
        last=_words("r w tys mln mld godz zł"),
        final=_words("itd itp in"),
    ),
    "sv": _Abbreviations(inside=_words("t.ex bl.a d.v.s dvs kl s.k"), last=_words("kr"), final=_words("osv m.m m.fl")),
    "hi": _Abbreviations(inside=_words("डॉ प्रो पं श्री मो सं")),
    "ar": _Abbreviations(inside=_words("أ.د")),
}  # fmt: skip
_TITLE = regex.compile(ABBREVIATED_TITLES, regex.IGNORECASE)
#: The word before a full stop, with inner full stops and hyphens.
_WORD_BEFORE = regex.compile(r"(?<![\p{L}\p{M}\p{N}])[\p{L}\p{M}][\p{L}\p{M}.‐-]*$")
#: Short words with full stops and spaces between them: "z. B", "p. ej".
_SPACED_BEFORE = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}])(?:\p{L}{1,3}\.[ \u00a0\u202f]?){1,3}[\p{L}\p{M}]{1,4}$"
)
#: Longest of these, in characters.
_SPACED = 16
#: Titles, and what may stand behind a full stop and a space in one of these, are no longer.
_SHORT = 4
_SPACE = regex.compile(r"[\s\u00a0\u202f]+")
#: "J", "U.S", "a.m", "J.-C".
_LETTERS = regex.compile(r"(?!\p{Lo}$)\p{L}\p{M}*(?:[.-]+\p{L}{1,2})*")
#: A letter alone is an initial in these scripts without capitals; in others it may be a word.
_INITIAL_WITHOUT_CASE = regex.compile(r"[\p{Arabic}\p{Hebrew}\p{Devanagari}]\p{M}*")
_NUMBER_AFTER = regex.compile(r"\(?[\p{Nd}№#]|[IVXLC]{2,}\b")
_WORD_AFTER = regex.compile(r"[^\p{L}\p{N}]*([\p{L}\p{M}]+)(?:['’][\p{L}\p{M}]+)?(\.?)")


def may_end_with(before: str, after: str, lang: str) -> bool | None:
    """Whether a sentence may end at a full stop between two texts, as far as abbreviations tell.

    Args:
        before: the text up to the full stop, which is not part of it.
        after: what follows, without white space at its beginning.
        lang: language of the text, a BCP-47 primary tag; the rules of English hold for those without lists.

    Returns:
        `None` where no known abbreviation stands before the full stop.
    """
    word = before[before.rfind(" ") + 1 :]
    if not word.isalpha():  # a pattern has to tell what the word is
        found = _WORD_BEFORE.search(before, len(before) - len(word))
        if found is None:
            return None
        word = found[0]
    elif is_long_word(before, lang):
        return None
    spaced = _SPACED_BEFORE.search(before[-_SPACED:]) if "." in before[-_SPACED:] else None
    known = _known(word, _SPACE.sub("", spaced[0]) if spaced else word, lang)
    if known.inside or (known.before_number and _NUMBER_AFTER.match(after)):
        return False
    if known.final:
        return True
    if known.last:
        return opens_sentence(after, lang)
    if known.title:
        return False
    return opens_sentence(after, lang) if known.letters else None


class _Known(NamedTuple):
    """What is known of a word before a full stop."""

    inside: bool
    before_number: bool
    final: bool
    last: bool
    title: bool  # or an initial
    letters: bool  # letters with full stops between them


@lru_cache(maxsize=4096)
def _known(word: str, spaced: str, lang: str) -> _Known:
    """Look a word up, and the words that end with it and have only full stops and blanks between them."""
    lists, _ = _lists(lang)
    keys = {word, spaced}
    return _Known(
        inside=any(_listed(key, lists.inside) for key in keys),
        before_number=_listed(word, lists.before_number),
        final=any(key.lower() in lists.final for key in keys),
        last=any(_listed(key, lists.last) for key in keys),
        title=bool(_TITLE.fullmatch(word) or _INITIAL_WITHOUT_CASE.fullmatch(word)),
        letters=_LETTERS.fullmatch(word) is not None,
    )


def is_long_word(before: str, lang: str) -> bool:
    """Whether the word at the end of a text is too long for an unknown abbreviation, and no known one."""
    word = before[before.rfind(" ") + 1 :]
    return len(word) > _SHORT and word.isalpha() and word.lower() not in _lists(lang)[1]


def opens_sentence(text: str, lang: str) -> bool:
    """Whether a text begins with a word that begins sentences, such as an article, rather than with a name or noun."""
    word = _WORD_AFTER.match(text)
    return (
        word is not None
        and not word[2]  # an initial
        and not word[1].islower()
        and (word[1].lower() in _lists(lang)[0].openers or word[1] == "I")
    )


def _listed(word: str, words: frozenset[str]) -> bool:
    return word in words or word[:1].lower() + word[1:] in words


@lru_cache(maxsize=64)
def _lists(lang: str) -> tuple[_Abbreviations, frozenset[str]]:
    """The lists of a language with those that hold for any, and all abbreviations in lower case."""
    own = _BY_LANGUAGE.get(lang, _Abbreviations(openers=_BY_LANGUAGE["en"].openers))
    lists = _Abbreviations(*(one | other for one, other in zip(own, _ANY, strict=True)))
    return lists, frozenset(word.lower() for words in lists[:-1] for word in words)
