"""A headline is the title, a title line or a sentence of the article."""

from __future__ import annotations

import cProfile
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from briefing.ranking import extract_headline, extract_summary
from briefing.sources import Source
from briefing.text import has_letter

BODY = (
    "The last bakery of Lindholm closes on Saturday after 112 years, its owner said.\n\n"
    "Bread will come from a factory in the next town, and many villagers are sad about it.\n"
)


def test_the_title_of_the_article() -> None:
    """A title that shares its words with the text is the headline, without a place in the text."""
    source = Source.from_text(BODY, lang="en", title="Last bakery of Lindholm closes")

    assert ("Last bakery of Lindholm closes", None) == extract_headline(source)


def test_a_title_that_stands_in_the_text_has_a_place() -> None:
    """The place of the title is given where the text contains it."""
    source = Source.from_text(
        f"Bakery of Lindholm closes\n\n{BODY}", lang="en", title="Bakery of Lindholm closes"
    )

    headline, span = extract_headline(source)

    assert "Bakery of Lindholm closes" == headline
    assert span is not None
    assert (0, headline) == (span.start, span.text)


def test_the_title_of_a_site_is_no_headline() -> None:
    """A title that shares few words with the text is that of the site; the title line is taken."""
    source = Source.from_text(
        f"Village loses its bakery\n\nBy Ida Holm\n\n{BODY}", lang="en", title="Northern Herald online"
    )

    headline, span = extract_headline(source)

    assert "Village loses its bakery" == headline
    assert span in source.sentences


def test_a_byline_is_no_headline() -> None:
    """Without a title, a sentence is the headline, not the byline."""
    headline, span = extract_headline(Source.from_text(f"By Ida Holm\n\n{BODY}", lang="en"))

    assert headline.startswith("The last bakery of Lindholm closes")
    assert span is not None


def test_a_bullet_is_not_part_of_a_headline() -> None:
    """A dash before the first sentence, as agencies put it, is left out, and the place is that of the rest."""
    source = Source.from_text(f"- {BODY}", lang="en")

    headline, span = extract_headline(source)

    assert headline.startswith("The last bakery of Lindholm")
    assert span is not None
    assert (2, headline) == (span.start, span.text)


def test_a_headline_stands_alone() -> None:
    """Neither a caption nor a writer's own word nor a sentence joined to another one is the headline."""
    first = (
        "Sweet bread: The owner of the bakery of Lindholm in front of her shop with bread.",
        "I buy bread at the bakery of Lindholm every day, and I like its owner.",
        "Actually, the bakery of Lindholm is the only one that sells bread in the villages.",
    )

    for line in first:
        headline, _ = extract_headline(Source.from_text(f"{line}\n\n{BODY}", lang="en"))

        assert headline.startswith("The last bakery of Lindholm"), line


@given(st.text(max_size=300).filter(has_letter), st.none() | st.text(max_size=30))
def test_a_headline_is_never_empty(text: str, title: str | None) -> None:
    """Any text has a headline, and its span is a slice of the text."""
    source = Source.from_text(text, lang="en", title=title)

    headline, span = extract_headline(source)

    assert headline.strip()
    assert span is None or source.text[span.start : span.end] == headline


def test_the_sentences_are_read_once_for_headline_and_summary() -> None:
    """A headline after a summary takes few calls, however long the article is."""
    town = " ".join(f"The council of town {n} spoke of boats, bread and {n} repairs." for n in range(300))
    source = Source.from_text(town, lang="en")

    def calls(choose: Callable[[Source], object]) -> int:
        with cProfile.Profile() as profile:
            choose(source)
        return sum(entry.callcount for entry in profile.getstats())

    summary = calls(lambda source: extract_summary(source, count=3))

    assert calls(extract_headline) < summary / 4


def test_a_title_whose_words_stand_at_the_end_of_the_text() -> None:
    """The whole text is searched for the title's words; those inside of other words do not count."""
    title = "Bakery of Lindholm"
    end = Source.from_text(
        f"{'The rain went on. ' * 50}\n\nThe bakery of Lindholm closes.", lang="en", title=title
    )
    inside = Source.from_text(
        "The ebakeryx went on and on. Lindholmes stays as it is.", lang="en", title=title
    )

    assert (title, None) == extract_headline(end)
    assert title != extract_headline(inside)[0]
