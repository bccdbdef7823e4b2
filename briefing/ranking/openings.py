"""How sentences open: words that point back to something before, by language. The one home of these lists.

A sentence that opens with a pronoun, a demonstrative or a noun phrase such as "the woman" cannot be understood without the
sentence before it. A connective ("but", "however") is only odd there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import regex

from briefing.quotations import cues_for


def _compiled(pattern: str) -> regex.Pattern[str]:
    """Compile a pattern that is written in several lines; the white space at their ends is not part of it."""
    return regex.compile("".join(line.strip() for line in pattern.splitlines()), regex.IGNORECASE)


# Patterns of words in lower case, matched from the first letter of a sentence up to the end of a word.
_ANAPHORS = {
    "en": r"""(?:he|she|they|it|him|her|his|hers|their|theirs|its|them|this|that|these|those|such|neither|either|both|
        the (?:latter|former|other|others|same|rest|pair|duo|couple|trio|man|men|woman|women|girls?|boys?|child|children|
        teenager|teen|youngster|toddler|baby|victims?|suspects?|attackers?|gunm[ae]n|accused|defendants?|family|
        incident|attack|move|decision|announcement|group|company|firm|club|team|bill|plan|report|study|findings|
        researchers|authors|scientists|crash|accident|blaze|fire|event|case|former \w+|star|singer|actor|actress|striker|
        midfielder|defender|footage|video|image|picture|pictures|post|tweet|letter|\d+-year-old(?: \w+)?)|
        (?:one|some|most|many|all|none|several|two|three|four|each|half) of (?:them|these|those|which)|
        another|others|some|many|most|the two|the three|here|there|one|in each case|
        (?:second(?:ly)?|third(?:ly)?|lastly)(?=,))""",
    "de": r"""(?:er|sie|es|ihn|ihm|ihr|ihre|ihrem|ihren|ihrer|ihres|sein|seine|seinem|seinen|seiner|seines|ihnen|dies|
        diese|dieser|dieses|diesem|diesen|jene|jener|jenes|jenem|jenen|das|dessen|deren|denen|beide|beiden|dort|dabei|dafür|
        dagegen|daran|darauf|daraus|darin|darüber|darum|darunter|davon|dazu|damit|danach|daher|hierbei|hierfür|hierzu|
        solche|solcher|solches|derselbe|dieselbe|dasselbe|
        zweitens|drittens|
        d(?:ie|er|as) (?:frau|mann|männer|frauen|kind|kinder|täter|opfer|verdächtige|angeklagte|beschuldigte|paar|gruppe|
        unternehmen|firma|\d+-jährige))""",
    "fr": r"""(?:il|elle|ils|elles|lui|leur|leurs|son|sa|ses|ce|cet|cette|ces|cela|ceci|ça|celui-ci|celle-ci|ceux-ci|
        celles-ci|celui|celle|ceux|celles|c['’]\w+|y|en effet|ces derniers|ce dernier|cette dernière|d['’]autres|
        les deux|tous deux|deuxièmement|troisièmement|l['’](?:homme|accusé|intéressé|entreprise|enfant|équipe|incident|attaque|auteur)|
        la (?:femme|victime|jeune femme|société|fillette)|le (?:suspect|couple|jeune homme|groupe|club|garçon))""",
    "es": r"""(?:él|ella|ellos|ellas|ello|su|sus|este|esta|estos|estas|ese|esa|esos|esas|eso|esto|aquel|aquella|aquellos|
        aquellas|ambos|ambas|dicho|dicha|dichos|dichas|allí|ahí|otros|otras|en segundo lugar|por último|
        \p{L}+(?:ó|aron|ieron) (?:que|además|también|asimismo)|\p{L}{4,}[ae] además|
        el (?:hombre|joven|niño|acusado|sospechoso|menor|grupo|club|mismo)|la (?:mujer|joven|niña|víctima|empresa|menor|misma)|
        los (?:dos|mismos)|las dos)""",
    "pt": r"""(?:ele|ela|eles|elas|seu|sua|seus|suas|este|esta|estes|estas|esse|essa|esses|essas|isso|isto|aquele|aquela|
        aqueles|aquelas|aquilo|ambos|ambas|outros|outras|nele|nela|dele|dela|em segundo lugar|por último|
        [nd](?:est[ea]s?|ess[ea]s?|isso|isto)|\p{L}+(?:ou|eu|iu|aram|eram|iram) (?:que|ainda|também)|
        o (?:homem|jovem|menino|acusado|suspeito|grupo|clube|mesmo)|a (?:mulher|jovem|menina|vítima|empresa|mesma))""",
    "it": r"""(?:egli|lui|lei|essi|esse|loro|suo|sua|suoi|sue|questo|questa|questi|queste|quello|quella|quelli|quelle|
        ciò|entrambi|entrambe|quest['’]\w+|quell['’]\w+|l['’]uomo|la donna|la vittima)""",
    "nl": r"""(?:hij|zij|ze|het is|hun|haar|zijn|dit|deze|dat|die|daar|daarbij|daarmee|beide|de (?:man|vrouw|verdachte))""",
    "ru": r"""(?:он|она|оно|они|его|её|ее|их|ему|ей|им|этот|эта|это|эти|этого|этой|этому|этом|этим|тот|та|те|того|той|
        такой|такая|такое|такие|таковой|оба|обе|там|туда|во-вторых|в-третьих|
        (?:мужчина|женщина|девушка|подозреваемый|пострадавший|пострадавшая|последний|последняя))""",
    "uk": r"(?:він|вона|воно|вони|його|її|їх|їхній|цей|ця|це|ці|цього|цієї|той|та|те|ті|там)",
    "cs": r"(?:on|ona|ono|oni|jeho|její|jejich|ten|ta|to|ti|tento|tato|toto|tito|tyto|tam)",
    "pl": r"(?:on|ona|ono|oni|one|jego|jej|ich|ten|ta|to|ci|te|tego|tej|tym|tam)",
    "sv": r"(?:han|hon|den|det|de|hans|hennes|deras|denna|detta|dessa|där|båda)",
    "tr": r"(?:o|onlar|onun|onların|bu|şu|bunlar|bunun)",
    "ar": r"[وف]?(?:هو|هي|هم|هما|هذا|هذه|هؤلاء|ذلك|تلك|أولئك|كلاهما|هناك)",
    "fa": r"(?:او|وی|آنها|آن|این|اینها)",
}  # fmt: skip
#: Languages written without spaces: no end of a word is asked for.
_UNSPACED_ANAPHORS = {
    "zh": r"他们|她们|它们|他們|她們|它們|他|她|它|这|這|那(?!不勒斯)|其(?!他|實|实)|此(?!前|后|外|間|间|次)|该(?!国)|該|两人|兩人|二人|双方|雙方|对此|對此|后者|前者|在此(?!之前|次)|为此|為此|其次|第[二三四][，,]|最后[，,]|\p{Han}{1,4}[这這]",
    "ja": "彼女|彼ら|彼は|彼が|彼の|これ|それ|あれ|この|その|あの|ここ|そこ|こうした|そうした|こうして|そうして|こういう|そういう|同氏|同社|同市|同署|両者|二人は|2人は|第二に|第三に",
    "th": "เขา|เธอ|พวกเขา|มัน|นี่|นั่น|สิ่งนี้|โดยเขา",
}  # fmt: skip
_CONNECTIVES = {
    "en": r"""(?:but|and|or|nor|so|yet|however|also|meanwhile|instead|then|still|therefore|thus|moreover|furthermore|
        nevertheless|nonetheless|additionally|in addition|besides|otherwise|for example|for instance|as a result|
        in fact|indeed|afterwards?|later|on the other hand|in contrast|similarly|likewise|consequently|hence|finally|
        what['’]s more|of course|again|too|because|although|though|plus|now|today|earlier|since then|at the time|
        in turn|after that|by then|even so|actually|basically|anyway|in other words|in short|elsewhere|separately|first(?:ly)?(?=,)|rather|sure|well|yes|no|ok|okay|oh|right)""",
    "de": r"""(?:aber|und|oder|denn|doch|jedoch|auch|außerdem|zudem|dennoch|trotzdem|allerdings|inzwischen|unterdessen|
        dann|sondern|also|deshalb|deswegen|daher|somit|ferner|weiter|weiterhin|zugleich|gleichzeitig|hingegen|dagegen|
        stattdessen|erstens|so|nun|später|zuvor|anschließend|schließlich|ebenso|ebenfalls)""",
    "fr": r"""(?:mais|et|ou|or|donc|cependant|toutefois|pourtant|aussi|ainsi|alors|ensuite|puis|enfin|par ailleurs|
        en outre|de plus|néanmoins|par exemple|d['’]ailleurs|par conséquent|en revanche|quant à|de son côté|pour sa part|premièrement|car|parallèlement|bref)""",
    "es": r"""(?:pero|y|e|o|sin embargo|además|también|así|entonces|luego|por ello|por eso|por lo tanto|no obstante|
        aunque|por su parte|a su vez|en primer lugar|mientras tanto|asimismo|por otra parte|por otro lado|por ejemplo|en cambio|finalmente|después|pues)""",
    "pt": r"""(?:mas|e|ou|porém|contudo|no entanto|entretanto|além disso|também|assim|então|depois|por isso|portanto|
        todavia|já|por outro lado|por exemplo|enquanto isso|ainda)""",
    "it": r"(?:ma|e|o|però|tuttavia|inoltre|anche|così|allora|quindi|poi|infine|intanto|invece|dunque|ad esempio)",
    "nl": r"(?:maar|en|of|echter|ook|bovendien|daarom|dus|toen|vervolgens|ondertussen|toch)",
    "ru": r"""(?:но|а|и|или|однако|также|кроме того|при этом|тем не менее|поэтому|затем|потом|впрочем|между тем|
        вместе с тем|в свою очередь|со своей стороны|во-первых|наконец|так|таким образом|например|ранее|позже|причём|причем|зато|тогда)""",
    "ar": r"(?:لكن|ولكن|كما|أيضا|أيضاً|ثم|لذلك|غير أن|إلا أن|في المقابل|من جهته|من جهتها|من جانبه|من ناحيته|وفي)",
}  # fmt: skip
_UNSPACED_CONNECTIVES = {
    "zh": "但|不过|不過|然而|而且|而|此外|另外|同时|同時|因此|所以|于是|於是|随后|隨後|然后|然後|接着|並且|并且|也|可是|与此同时|首先|不仅如此|例如|其中|据此|另一方面",
    "ja": "しかし|だが|また|そして|一方|ただ|さらに|なお|そのため|だから|そこで|例えば|つまり|ところが|でも|同様に|次に|とはいえ|もっとも|加えて|続いて",
}
# What looks like an anaphor and points to the day of writing, or to nothing.
_NOT_ANAPHORS = _compiled(
    r"""(?:th(?:is|ese) (?:\w+ )?(?:week|weekend|month|year|morning|evening|afternoon|summer|winter|spring|autumn|fall|
    season|days|article|post|guide|tutorial|page)|
    it (?:is|was|has been|may be|might be|could be|will be|['’]s) (?:\w+ly )?(?:unclear|understood|thought|believed|likely|
    unlikely|expected|possible|impossible|reported|claimed|hoped|known|not known|revealed|announced|alleged|feared|easy|hard|
    difficult|important|time|true|no \w+|clear|easier|harder|common|estimated|said)\b|it['’]s (?:expected|believed|understood|thought|hoped|said)\b|it (?:emerged|turns out|turned out|appears|
    seems|comes|came|took|takes)|it['’]s (?!(?:\w+ly )?\w+ed\b)|there|(?:one|some|many|most) (?!of (?:them|these|those|which)\b)\w+|
    others? than|another (?!is|was|said)\w+|that said|
    es (?:gibt|gab|ist|war|sei|wird|wurde|handelt|geht|ging|heißt|hieß|kam|kommt|bleibt|dauert)|
    das (?!ist|war|sei|wird|wurde|hat|habe|hatte|sagte|teilte|berichtet|geht|gilt|zeigt|heißt|soll|sollte|kann|könnte|bedeutet|macht|
    führt|liegt|dürfte|müsse|müsste|würde|wäre)\w+|
    dies(?:e[nrs]?|em)? (?:jahr\w*|woche|tage?|monat\w*|sommer|winter|wochenende)|
    il (?:y|faut|est (?:possible|probable|difficile|important|temps)|s['’]agit|existe|reste)|
    c['’]est|cette (?:semaine|année|nuit|saison)|ce (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|soir|mois|week-end)|
    est[ea] (?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|año|semana|mes|mañana|tarde|noche|verano)|
    [nd]?est[ea] (?:segunda|terça|quarta|quinta|sexta|ano|semana|mês|manhã|noite)|
    quest['’](?:anno|estate)|questa (?:settimana|mattina|sera)|
    это[тй]? (?:год|недел|месяц)\p{L}*|в этом году|
    (?:(?:the|la|le|el|los|las|o|a|die|der|das) |l['’])[\w\-]+ (?:of|de|del|du|des|von|vom|da|do|that|who|which|whose|behind|from)\b|
    此次|本次)"""
)
# Demonstratives, which point back also inside the phrase that a sentence begins with: "In this case", "Ante esa negativa".
_DEMONSTRATIVES = {
    "en": r"this|that|these|those|the same(?! time\b)|so doing|doing so",
    "de": r"diese[mnrs]?|jene[mnrs]?|(?:de[mnrs]|die|das)selben?",
    "fr": r"l[ea]s? mêmes?|cet|cette|ces|cela|celui-ci|celle-ci|ceux-ci|celles-ci|ce(?! (?:que|qui|dont)\b)",
    "es": r"(?:el|la|los|las) mism[oa]s?|est[ea]|est[oa]s|es[ea]|es[oa]s|ello|eso|esto|dich[oa]s?",
    "it": r"(?:lo|la|gli|le) stess[oaie]|quest[oaie]|quell[oaie](?! (?:che|di|del\w*)\b)|quest['’]\w+|ciò(?! che\b)",
    "ru": r"(?:тот|та|то|те|того|той|тому|том|тем) же|этот|эту|этого|этой|этому|этом|этим|этих|этими",
}
#: Words in which one is looked for; "that" joins clauses, if it does not follow the first word.
_PHRASE = 6
_FIRST_WORD = regex.compile(r"[^\p{L}\p{N}]*")
_CLAUSE = regex.compile(r"[^,;:.!?]+")
_TOKEN = regex.compile(r"[\p{L}\p{M}\p{N}'’\-]+")


class Opening(NamedTuple):
    """How a sentence opens."""

    points_back: bool
    """With a word or phrase that stands for something named before."""
    connective: bool
    """With a word that joins it to what precedes."""


@lru_cache(maxsize=64)
def _patterns(lang: str) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    """Patterns of anaphors and of connectives; they match nothing in a language without lists."""

    def compiled(spaced: dict[str, str], unspaced: dict[str, str]) -> regex.Pattern[str]:
        if lang in unspaced:
            return regex.compile(unspaced[lang])
        return _compiled(rf"(?:{spaced.get(lang, '(?!)')})(?![\p{{L}}\p{{N}}])")

    return compiled(_ANAPHORS, _UNSPACED_ANAPHORS), compiled(_CONNECTIVES, _UNSPACED_CONNECTIVES)


def read_opening(sentence: str, lang: str) -> Opening:
    """Say whether the opening of a sentence points back, in a language with a list; elsewhere it does not."""
    anaphors, connectives = _patterns(lang)
    start = _FIRST_WORD.match(sentence).end()
    connective = connectives.match(sentence, start)
    if connective is not None:
        start = _FIRST_WORD.match(sentence, connective.end()).end()
    found = anaphors.match(sentence, start)
    points_back = found is not None and not _NOT_ANAPHORS.match(sentence, start)
    return Opening(points_back or _phrase_points_back(sentence, start, lang), connective is not None)


def _phrase_points_back(sentence: str, start: int, lang: str) -> bool:
    """Whether a sentence begins with a preposition and a phrase with a demonstrative."""
    pattern = _DEMONSTRATIVES.get(lang)
    clause = _CLAUSE.match(sentence, start)
    if pattern is None or clause is None:
        return False
    found = list(_TOKEN.finditer(sentence, start, clause.end()))[:_PHRASE]
    if not found or found[0].group().lower() not in cues_for(lang).prepositions:
        return False
    demonstrative = _compiled(rf"(?:{pattern})(?![\p{{L}}\p{{N}}])")
    return any(
        demonstrative.match(sentence, word.start())
        and not _NOT_ANAPHORS.match(sentence, word.start())
        and (place == 1 or word.group() != "that")
        for place, word in enumerate(found)
        if place
    )
