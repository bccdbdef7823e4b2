"""Results, verdicts, times and signs: another one than the article has is an error, a true one is none."""

from __future__ import annotations

import pytest

from briefing import Source, check

# Language, the article, a draft with the error and its kind, a true draft.
CASES: list[tuple[str, str, str, str, str]] = [
    ("en", "Kalm United beat Lund Town 3-1 on Saturday, and Tom Berg scored twice.",
     "Kalm United beat Lund Town 3-2 on Saturday.", "number", "Kalm United won 3–1 against Lund Town on Saturday."),
    ("en", "Kalm United beat Lund Town 3-1 on Saturday, and Tom Berg scored twice.",
     "Lund Town beat Kalm United 3-1 on Saturday.", "pairing", "Lund Town lost 3-1 to Kalm United on Saturday."),
    ("en", "Kalm beat Lund by three goals to one on Saturday in the cup.",
     "Lund beat Kalm by three goals to one on Saturday in the cup.", "pairing", "Kalm beat Lund 3-1 on Saturday in the cup."),
    ("en", "The Tigers were beaten 4-2 by the Bears on Friday in Kalm.",
     "The Tigers beat the Bears 4-2 on Friday in Kalm.", "pairing", "The Bears beat the Tigers 4-2 on Friday in Kalm."),
    ("de", "Der FC Kalm besiegte den SV Lund am Samstag 3:1 im Pokal.",
     "Der FC Kalm verlor am Samstag 3:1 gegen den SV Lund.", "pairing", "Der SV Lund verlor am Samstag 1:3 gegen den FC Kalm."),
    ("de", "Kalm und Lund trennten sich am Samstag 2:2 unentschieden.",
     "Kalm und Lund trennten sich am Samstag 1:1 unentschieden.", "number", "Kalm spielte am Samstag gegen Lund 2:2."),
    ("fr", "Valmer s’est imposé 3 à 1 face à Corbec samedi en coupe.",
     "Valmer s’est incliné 3 à 1 face à Corbec samedi en coupe.", "pairing", "Valmer a battu Corbec 3-1 samedi en coupe."),
    ("es", "El Lugar ganó por 3-1 al Corrales el sábado en casa.",
     "El Lugar ganó por 3-2 al Corrales el sábado en casa.", "number", "El Corrales perdió por 3 a 1 ante el Lugar el sábado."),
    ("it", "La Roma ha battuto la Lazio 3-1 sabato sera in coppa.",
     "La Lazio ha battuto la Roma 3-1 sabato sera in coppa.", "pairing", "La Roma ha vinto 3-1 contro la Lazio sabato in coppa."),
    ("pt", "O Porto venceu o Braga por 3-1 no sábado na taça.",
     "O Braga venceu o Porto por 3-1 no sábado na taça.", "pairing", "O Braga perdeu por 3-1 contra o Porto no sábado."),
    ("nl", "Ajax versloeg zaterdag Feyenoord met 3-1 in de beker.",
     "Feyenoord versloeg zaterdag Ajax met 3-1 in de beker.", "pairing", "Ajax won zaterdag met 3-1 van Feyenoord."),
    ("zh", "上海队星期六以3比1击败北京队，进入决赛。",
     "上海队星期六以3比2击败北京队，进入决赛。", "number", "北京队星期六以1比3不敌上海队。"),
    ("de", "Der Angeklagte wurde am Montag freigesprochen.",
     "Der Angeklagte wurde am Montag verurteilt.", "polarity", "Am Montag wurde der Angeklagte freigesprochen."),
    ("es", "El acusado fue absuelto el lunes por el tribunal de Lugar.",
     "El acusado fue condenado el lunes por el tribunal de Lugar.", "polarity", "El tribunal de Lugar dejó absuelto al acusado el lunes."),
    ("it", "Luca Rossi è stato assolto lunedì dal tribunale di Roma.",
     "Luca Rossi è stato condannato lunedì dal tribunale di Roma.", "polarity", "Il tribunale di Roma ha assolto lunedì Luca Rossi."),
    ("pt", "Luís Silva foi absolvido na segunda pelo tribunal de Lisboa.",
     "Luís Silva foi condenado na segunda pelo tribunal de Lisboa.", "polarity", "Luís Silva foi absolvido pelo tribunal de Lisboa."),
    ("nl", "De brug in Delft is maandag gesloten voor het verkeer.",
     "De brug in Delft is maandag geopend voor het verkeer.", "polarity", "De brug in Delft is gesloten voor het verkeer."),
    ("zh", "法院星期一宣布他无罪，他的律师说。", "法院星期一宣布他有罪，他的律师说。", "polarity", "法院星期一宣布他无罪。"),
    ("ja", "議会は月曜日、橋の予算案を可決した。", "議会は月曜日、橋の予算案を否決した。", "polarity", "議会は橋の予算案を可決した。"),
    ("it", "Le vendite sono aumentate del 4% a maggio.",
     "Le vendite sono diminuite del 4% a maggio.", "sign", "A maggio le vendite sono salite del 4%."),
    ("pt", "As vendas subiram 4% em maio, disse a firma.",
     "As vendas caíram 4% em maio, disse a firma.", "sign", "As vendas cresceram 4% em maio, disse a firma."),
    ("nl", "De omzet steeg in mei met 4 procent, zei de firma.",
     "De omzet daalde in mei met 4 procent, zei de firma.", "sign", "De omzet groeide in mei met 4 procent."),
    ("en", "Profit was minus 4.2 million in May, the firm said.",
     "Profit was 4.2 million in May.", "sign", "Profit was -4.2 million in May."),
    ("zh", "星期一哈尔滨气温为零下12度，有大雪。", "星期一哈尔滨气温为12度，有大雪。", "sign", "星期一哈尔滨气温为-12度。"),
    ("en", "The bridge was shut at 6.30 am on Monday.",
     "The bridge was shut at 6.30 pm on Monday.", "number", "The bridge was shut at 06:30 on Monday."),
    ("en", "The bridge was shut at 18:30 on Monday.",
     "The bridge was shut at 6.30 am on Monday.", "number", "The bridge was shut at 6.30 pm on Monday."),
    ("en", "The bank raised its rate by 25 basis points.",
     "The bank raised its rate by 25 percentage points.", "number", "The bank raised its rate by 0.25 percentage points."),
    ("fr", "Valmer, mené 2-0, a renversé Corbec (3-2) samedi au stade du Port.",
     "Valmer a gagné 4-2 samedi au stade du Port.", "number", "Valmer a battu Corbec 3-2 samedi au stade."),
    ("de", "Der FC Kalm hat am Samstag einen 0:2-Rückstand gedreht und den SV Lund mit 3:2 besiegt.",
     "Der SV Lund besiegte den FC Kalm am Samstag mit 3:2.", "pairing", "Der FC Kalm besiegte am Samstag den SV Lund mit 3:2."),
    ("en", "He was cleared of two further charges.",
     "He was convicted of two further charges.", "polarity", "He was cleared of two charges."),
    ("fr", "Le groupe annonce un bénéfice net de 412 millions, en hausse de 3,5 %.",
     "Le bénéfice net a baissé de 3,5 %.", "sign", "Le bénéfice net a augmenté de 3,5 %."),
    ("es", "Las acciones perdieron un 2,4 % en Madrid el martes.",
     "Las acciones ganaron un 2,4 % en Madrid el martes.", "sign", "Las acciones cayeron un 2,4 % en Madrid."),
    ("en", "Berg reported net income of $412 million, up from $398 million.",
     "Net income of Berg fell to $398 million.", "sign", "Berg's net income rose to $412 million."),
    ("en", "He was mayor from 1998 until 2003 in Kalm.",
     "He was mayor of Kalm for six years.", "number", "He was mayor of Kalm for five years."),
    ("en", "Dunn was jailed for three years and four months for fraud.",
     "Dunn was jailed for 44 months for fraud.", "number", "Dunn was jailed for 40 months for fraud."),
    ("en", "Operating margin narrowed to 17.5% from 18.2% in May.",
     "Operating margin narrowed by 0.9 percentage points in May.", "number", "Operating margin narrowed by 0.7 percentage points in May."),
    ("es", "Las ventas llegaron a 4.200 millones de euros en mayo.",
     "Las ventas llegaron a 4,2 millones de euros en mayo.", "money", "Las ventas llegaron a 4,2 mil millones de euros."),
    ("ja", "会議は午後5時30分に東京で始まった。", "会議は午後6時30分に東京で始まった。", "number", "会議は17時30分に東京で始まった。"),
    ("zh", "会议星期一下午5点30分在上海开始。", "会议星期一18点30分在上海开始。", "number", "会议星期一17点30分在上海开始。"),
    ("en", "Two thirds of the voters were for the new law on Monday.",
     "Some 72% of the voters were for the new law.", "number", "Some 67% of the voters were for the new law."),
    ("de", "Die Bank hob den Zins um 25 Basispunkte an.",
     "Die Bank hob den Zins um 25 Prozentpunkte an.", "number", "Die Bank hob den Zins um 0,25 Prozentpunkte an."),
]  # fmt: skip


def errors(draft: str, article: str, lang: str) -> list[str]:
    """Kinds of the errors in a draft."""
    statements = check(draft, [Source.from_text(article, lang=lang)], lang).statements
    return [f.kind for s in statements for f in s.findings if f.severity == "error"]


@pytest.mark.parametrize(("lang", "article", "wrong", "kind", "right"), CASES)
def test_another_result_is_an_error(lang: str, article: str, wrong: str, kind: str, right: str) -> None:
    """Another score, the loser for the winner, the opposite verdict, sign or half of the day is told; what holds is not."""
    assert [kind] == errors(wrong, article, lang)
    assert [] == errors(right, article, lang)


@pytest.mark.parametrize(
    ("article", "draft"),
    [
        ("Kalm beat Lund 3-1 in May. Lund beat Kalm 2-0 in June.", "Lund beat Kalm 2-0 in June."),
        ("Kalm lost to Lund in the spring, when it rained. On Saturday Kalm beat Lund 3-0.", "On Saturday Kalm beat Lund 3-0."),
        ("Kalm beat Lund 3-1 on Saturday. Kick-off was at 19:45.", "Kalm, who won 3-1 on Saturday, kicked off at 19:45."),
        ("Kalm won the league by 12 points. The club has 4-5 players from Lund.", "The club has 4-5 players from Lund."),
        ("It was open from 6.30 am to 6.30 pm on Monday.", "It was open until 6.30 pm on Monday."),
    ],
)  # fmt: skip
def test_other_games_and_pairs_of_numbers_are_no_error(article: str, draft: str) -> None:
    """Two sides may meet twice, and not every pair of numbers is a score."""
    assert [] == errors(draft, article, "en")


def test_the_finding_says_what_the_article_has() -> None:
    """The words are the score and the verb with the opponent; the source's are those of the article."""
    article = Source.from_text("Kalm beat Lund 3-1 on Saturday at the old ground.", lang="en")
    [score] = check("Kalm beat Lund 3-2 on Saturday.", [article], "en").statements[0].findings
    [winner] = check("Lund beat Kalm 3-1 on Saturday.", [article], "en").statements[0].findings

    assert ("3-2", ["3-1"]) == (score.text, [span.text for span in score.source])
    assert ("beat Kalm", ["beat Lund"]) == (winner.text, [span.text for span in winner.source])
