"""Which names a draft may use for those of an article, as speakers and elsewhere."""

from __future__ import annotations

import pytest

from briefing import Source, check


@pytest.mark.parametrize(
    ("lang", "article", "draft"),
    [
        ("en", "“We shut the bridge at noon,” said Ann Pell. Annabel Pell was not there.", "“We shut the bridge at noon,” said Annabel Pell."),
        ("fr", "« Nous fermons le pont à midi », a dit Jean Petit. Jeanne Petit n’était pas là.", "« Nous fermons le pont à midi », a dit Jeanne Petit."),
        ("es", "«Cerramos el puente», dijo Gabriel Ruiz. Gabriela Ruiz no estaba.", "«Cerramos el puente», dijo Gabriela Ruiz."),
        ("en", "“We shut the bridge at noon,” said the Bank of Norway. The Bank of Sweden agreed.", "“We shut the bridge at noon,” said the Bank of Sweden."),
        ("en", "“We shut the bridge at noon,” said the mayor of Kalm. The mayor of Lund was not there.", "“We shut the bridge at noon,” said the mayor of Lund."),
        ("fr", "« Nous fermons le pont », a déclaré le maire de Valmer. Le maire de Corbec n’était pas là.", "« Nous fermons le pont », a déclaré le maire de Corbec."),
        ("es", "«Cerramos el puente», dijo el alcalde de Lugar. El alcalde de Corrales no estaba.", "«Cerramos el puente», dijo el alcalde de Corrales."),
    ],
)  # fmt: skip
def test_a_relative_or_the_same_office_elsewhere_is_another_speaker(
    lang: str, article: str, draft: str
) -> None:
    """Both stand in the article, and one of them has said it."""
    [quote] = check(draft, [Source.from_text(article, lang=lang)], lang).quotes

    assert quote.speaker_ok is False


@pytest.mark.parametrize(
    ("lang", "article", "draft"),
    [
        ("en", "“We shut the bridge,” said the mayor of Kalm, Ana Ruiz.", "“We shut the bridge,” said the mayor of Kalm."),
        ("en", "“We shut the bridge,” said the mayor of Kalm.", "“We shut the bridge,” said the mayor of the town."),
        ("en", "Ana Ruiz, the mayor, spoke at noon. “We shut the bridge,” she said.", "“We shut the bridge,” said Ms Ruiz."),
        ("ru", "«Мы закрываем мост в полдень», — сказал Иван Петров.", "«Мы закрываем мост в полдень», — сказал И. Петров."),
    ],
)  # fmt: skip
def test_another_form_of_the_name_is_the_same_speaker(lang: str, article: str, draft: str) -> None:
    """A short form, an initial, a form of address and the office alone are no errors, nor are they names that the article lacks."""
    checked = check(draft, [Source.from_text(article, lang=lang)], lang)

    assert checked.ok
    assert checked.quotes[0].speaker_ok is not False


@pytest.mark.parametrize(
    ("lang", "article", "true", "false"),
    [
        ("de", "Die USA und Großbritannien einigten sich am Montag.",
         "Die Vereinigten Staaten und das Vereinigte Königreich einigten sich.", "Die Vereinigten Staaten und die Europäische Union einigten sich."),
        ("fr", "Les États-Unis et le Royaume-Uni ont signé lundi.",
         "Les USA et la Grande-Bretagne ont signé lundi.", "Les USA et la Norvège ont signé lundi."),
        ("en", "The Conservatives and the Federal Reserve agreed on Monday.",
         "The Tories and the Fed agreed on Monday.", "The Tories and the EU agreed on Monday."),
        ("en", "Officials said John Pell shut the bridge.", "Officials said J. Pell shut the bridge.", "Officials said K. Lind shut the bridge."),
    ],
)  # fmt: skip
def test_names_of_countries_and_bodies_in_other_forms(lang: str, article: str, true: str, false: str) -> None:
    """A common other name is the article's, another country or person is not."""
    articles = [Source.from_text(article, lang=lang)]

    assert check(true, articles, lang).ok
    assert not check(false, articles, lang).ok
