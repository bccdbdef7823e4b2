"""Sentences that cannot be understood alone are told from those that can."""

from __future__ import annotations

import pytest

from briefing.ranking.standing import points_back, read_standing
from briefing.sources import Source


def standing(text: str, lang: str = "en"):
    """How each sentence of a text stands alone."""
    source = Source.from_text(text, lang=lang)
    return read_standing(source, range(len(source.sentences)))


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "They won the cup after a long night."),
        ("en", "But the woman did not come."),
        ("en", "One of them is closed."),
        ("en", "When he arrived the hall was empty."),
        ("en", "By summer 2021, they had left."),
        ("de", "Diese Regel gilt seit Mai."),
        ("de", "Sie will das ändern."),
        ("fr", "Elle a quitté la ville."),
        ("fr", "Mais ce projet coûte cher."),
        ("es", "Esta decisión no gustó."),
        ("pt", "Ele saiu da cidade."),
        ("ru", "Однако она не приехала."),
        ("zh", "他说，这不容易。"),
        ("ja", "しかし、これは簡単ではない。"),
        ("ar", "وهذا القرار صعب."),
        ("en", "In that case, the bridge closes."),
        ("en", "It's described as the pearl of the north."),
        ("en", "Second, the bridge is old."),
        ("en", "In the same year the bridge closed."),
        ("es", "En la misma situación está el puerto."),
        ("ru", "В том же году мост закрыли."),
        ("de", "In diesem Fall schließt die Brücke."),
        ("fr", "Dans ce contexte, le port ferme."),
        ("es", "En este sentido, el alcalde pidió calma."),
        ("es", "Subrayó que el puente es viejo."),
        ("es", "No obstante, negó que haya peligro."),
        ("pt", "Afirmou que a ponte é velha."),
        ("pt", "Nesse caso, a ponte fecha."),
        ("it", "In questo caso il ponte chiude."),
        ("ru", "В связи с годовщиной этого события прошёл парад."),
        ("zh", "在此，市议会表示感谢。"),
        ("zh", "这次会议决定关闭大桥。"),
        ("zh", "为此，市议会关闭了大桥。"),
        ("zh", "做好这四项工作很重要。"),
    ],
)
def test_an_opening_that_points_back(lang: str, sentence: str) -> None:
    """Pronouns, demonstratives and phrases such as "the woman" stand for something before, also behind a connective."""
    assert points_back(sentence, lang)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Mira Feld won the cup."),
        ("en", "It is unclear whether the bridge is safe."),
        ("en", "This week the council meets."),
        ("en", "There are two bridges."),
        ("en", "One bridge is closed."),
        ("en", "Theatre is popular in Orlen."),
        ("en", "The group of islands is old."),
        ("es", "El grupo de islas es viejo."),
        ("en", "Residents say they fear detours."),
        ("de", "Es gibt zwei Brücken."),
        ("de", "Das Theater schließt im Mai."),
        ("fr", "Il faut fermer le port."),
        ("fr", "Cette semaine, le conseil se réunit."),
        ("es", "Este lunes se reúne el consejo."),
        ("ru", "Мост закроют на два года."),
        ("zh", "市议会周二开会。"),
        ("ja", "市議会は火曜日に開かれる。"),
        ("ar", "قرر المجلس إغلاق الجسر."),
        ("sw", "Daraja litafungwa."),
        ("en", "In the year that followed, the bridge closed."),
        ("en", "At the same time the bridge closed."),
        ("en", "During this week the bridge is closed."),
        ("en", "It's time to close the bridge."),
        ("de", "In diesem Jahr schließt die Brücke."),
        ("es", "Murió el alcalde de Orlen."),
        ("es", "En esta semana se reúne el consejo."),
        ("pt", "Nesta semana o conselho reúne-se."),
        ("it", "In quello che resta del ponte si cammina."),
    ],
)
def test_an_opening_that_does_not_point_back(lang: str, sentence: str) -> None:
    """Names, the day of writing and impersonal subjects are understood alone; so are languages without a list."""
    assert not points_back(sentence, lang)


def test_a_sentence_that_was_cut_weighs_little() -> None:
    """Both parts of a sentence that the segmentation cut at an abbreviation weigh far less than a whole one."""
    cut, rest, whole = standing(
        "The old bridge of the harbour was opened at the end of Av. "
        "Feld who was the first to cross the new bridge of the town. "
        "Mira Feld was the first to cross the new bridge of the town."
    )

    assert cut.factor < 0.5 * whole.factor
    assert rest.factor < 0.5 * whole.factor


def test_a_quotation_without_a_speaker_weighs_less() -> None:
    """A bare quotation does not say who says it."""
    said, bare = standing(
        "“We will close the bridge for two years from March,” said Mira Feld.\n\n"
        "“We will close the bridge for two years from March, and that is that.”"
    )

    assert bare.factor < said.factor


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "“We will close the bridge for two years from March,” she said.", True),
        ("en", "“We will close the bridge for two years from March,” said Mira Feld.", False),
        ("de", "„Wir schließen die Brücke ab März für zwei Jahre“, sagte sie.", True),
    ],
)
def test_a_quotation_of_somebody_without_a_name(lang: str, text: str, *, expected: bool) -> None:
    """A pronoun that names the speaker points back, as one at the beginning does."""
    assert expected is standing(text, lang)[-1].points_back


def test_a_name_whose_full_form_is_elsewhere() -> None:
    """A family name needs the sentence with the full name; in a sentence that has both, it does not."""
    first, second, third = standing(
        "Mira Feld wants to close the harbour bridge for two years. "
        "The council asked Ms Feld to wait until the summer is over. "
        "Mira Feld refused, as Feld often does in such cases."
    )

    assert frozenset() == first.names
    assert {"Feld"} == second.names
    assert frozenset() == third.names


def test_the_menu_of_a_page_weighs_little() -> None:
    """A long run of words with capitals is the menu above an article."""
    menu, sentence = standing(
        f"{'Home News Sports Culture Weather Harbour Bridges ' * 6}closes soon.\n\n"
        "The harbour bridge closes soon, and ferries carry people to the other side of the water."
    )

    assert menu.factor < 0.3 * sentence.factor


@pytest.mark.parametrize(
    ("lang", "cut"),
    [
        ("es", "Los trabajos pueden presentarse antes del. 5 de octubre en la sede."),
        ("en", "The bridge will cost between 800. 900 million crowns in all."),
    ],
)
def test_a_sentence_cut_at_a_number_or_a_preposition(lang: str, cut: str) -> None:
    """A sentence that ends in the middle of a phrase weighs much less than a whole one."""
    assert standing(cut, lang)[0].factor < 0.3


def test_a_line_that_has_lost_its_first_word_weighs_less() -> None:
    """A paragraph in lower case, behind one that has ended, is not whole; at the start of a text it may be careless."""
    first, lost, whole = standing(
        "old bridge of the harbour will be closed for two years.\n\nbridge of the harbour will be closed again next year.\n\n"
        "The bridge of the harbour will be closed once more."
    )

    assert lost.factor < first.factor < whole.factor


def test_an_opening_noun_is_explained_by_an_earlier_sentence() -> None:
    """The opening "The trust" needs the sentence that says which trust; a noun that nobody had before needs nothing."""
    found = standing("Four schools of one trust failed on Monday. The trust did not comment. The sun shone.")

    assert [frozenset(), frozenset(["trust"]), frozenset()] == [sentence.names for sentence in found]


def test_a_speech_without_its_speaker() -> None:
    """What "we" hope, in Chinese, weighs less than what a speaker with a name says, and than "our country"."""
    speech, said, country = (
        standing(text, "zh")[0].factor
        for text in (
            "我们期待着两国人民之间的友好合作关系不断发展。",
            "市长李明说，我们期待着两国人民之间的友好合作。",
            "我国的港口大桥将从三月起关闭两年以更换缆索。",
        )
    )

    assert speech < said
    assert speech < country


@pytest.mark.parametrize(
    "caption",
    [
        "Bridge at dusk: The old harbour of Orlen seen from the northern shore.",
        "Mayor Mira Feld (left) walks across the old harbour bridge of Orlen.",
        "Mayor Mira Feld (right, with Tomas Brandt) walks across the old bridge.",
    ],
)
def test_captions_weigh_less(caption: str) -> None:
    """A label at the beginning, and the place of a person in the picture, are signs of a caption."""
    plain = "Mayor Mira Feld of Orlen walked on Monday across the old bridge."

    assert standing(caption)[0].factor < 0.5 * standing(plain)[0].factor


def test_a_title_with_a_colon_is_no_label() -> None:
    """A preposition does not begin a caption's label, and "(above all)" tells no place in a picture."""
    texts = (
        "With the film Bridges: The Return in cinemas, Orlen hopes for visitors.",
        "Visitors of the bridge (above all families) came to Orlen by train.",
    )

    assert all(standing(text)[0].factor > 0.8 for text in texts)
