"""Who did it to whom, and negations in more languages."""

from __future__ import annotations

import pytest

from briefing import Source, check


def errors(draft: str, article: str, lang: str) -> list[str]:
    """Kinds of the errors in a draft."""
    statements = check(draft, [Source.from_text(article, lang=lang)], lang).statements
    return [f.kind for s in statements for f in s.findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("lang", "article", "draft"),
    [
        (
            "en",
            "Ida Moe sued Tom Berg over the bridge on Monday.",
            "Tom Berg sued Ida Moe over the bridge on Monday.",
        ),
        (
            "en",
            "Berg & Co. will buy Lund Steel for $3 billion.",
            "Lund Steel will buy Berg & Co. for $3 billion.",
        ),
        ("de", "Eva Lang verklagte Tom Berg am Montag.", "Tom Berg verklagte Eva Lang am Montag."),
        (
            "fr",
            "Anne Morel a remplacé Luc Petit lundi à Valmer.",
            "Luc Petit a remplacé Anne Morel lundi à Valmer.",
        ),
        (
            "es",
            "Ana Ruiz demandó a Luis Gil el lunes en Lugar.",
            "Luis Gil demandó a Ana Ruiz el lunes en Lugar.",
        ),
    ],
)
def test_names_that_have_changed_places_around_a_verb(lang: str, article: str, draft: str) -> None:
    """The one who did it is told as the one to whom it was done."""
    assert ["pairing"] == errors(draft, article, lang)


@pytest.mark.parametrize(
    ("article", "draft"),
    [
        ("Ida Moe married Tom Berg in Kalm on Monday.", "Tom Berg married Ida Moe in Kalm on Monday."),
        ("Ida Moe sued Tom Berg in May. Tom Berg sued Ida Moe in June.", "Tom Berg sued Ida Moe in June."),
        ("Ida Moe was sued by Tom Berg on Monday.", "Tom Berg sued Ida Moe on Monday."),
        (
            "The train from Kalm to Lund was late on Monday.",
            "The train from Lund to Kalm was late on Monday.",
        ),
    ],
)
def test_names_that_may_change_places(article: str, draft: str) -> None:
    """What two do together, what both did, a passive, and words that are no verb."""
    assert [] == errors(draft, article, "en")


@pytest.mark.parametrize(
    ("lang", "article", "wrong", "right"),
    [
        ("it", "La polizia non ha trovato il ragazzo scomparso lunedì.",
         "La polizia ha trovato il ragazzo scomparso lunedì.", "La polizia non ha ancora trovato il ragazzo scomparso."),
        ("pt", "A polícia não encontrou o menino desaparecido na segunda.",
         "A polícia encontrou o menino desaparecido na segunda.", "A polícia ainda não encontrou o menino desaparecido."),
        ("nl", "De politie heeft de vermiste jongen maandag niet gevonden.",
         "De politie heeft de vermiste jongen maandag gevonden.", "De politie heeft de vermiste jongen niet gevonden."),
        ("sv", "Polisen har inte hittat den försvunna pojken i Lund.",
         "Polisen har hittat den försvunna pojken i Lund.", "Polisen har ännu inte hittat den försvunna pojken."),
        ("da", "Politiet har ikke fundet den forsvundne dreng i Kalm.",
         "Politiet har fundet den forsvundne dreng i Kalm.", "Politiet har ikke fundet den forsvundne dreng."),
        ("pl", "Policja nie znalazła zaginionego chłopca w Krakowie.",
         "Policja znalazła zaginionego chłopca w Krakowie.", "Zaginionego chłopca policja nie znalazła."),
        ("he", "המשטרה לא מצאה את הילד הנעדר ביום שני.", "המשטרה מצאה את הילד הנעדר ביום שני.", "המשטרה לא מצאה את הילד הנעדר."),
        ("it", "La polizia ha trovato il ragazzo scomparso lunedì.",
         "La polizia non ha trovato il ragazzo scomparso lunedì.", "La polizia ha trovato lunedì il ragazzo scomparso."),
        ("pl", "Policja nie tylko znalazła zaginionego chłopca w Krakowie.",
         "Policja nigdy znalazła zaginionego chłopca w Krakowie.", "Policja znalazła zaginionego chłopca w Krakowie."),
    ],
)  # fmt: skip
def test_a_negation_that_is_left_out_or_added(lang: str, article: str, wrong: str, right: str) -> None:
    """Of a near copy; "not only" is no negation."""
    assert ["polarity"] == errors(wrong, article, lang)
    assert [] == errors(right, article, lang)
