"""From ids and names to spans of the source."""

from __future__ import annotations

import cProfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefing import Source, Span
from briefing.grounding.comparison import Worded
from briefing.grounding.quotation_check import quotation_at
from briefing.grounding.resolution import (
    Grounding,
    back_statement,
    backing_of,
    offered_quotations,
    quotation_by_id,
    sentences_by_id,
    worded_near,
)
from briefing.grounding.roles import is_near_mention
from briefing.grounding.speakers import is_adjacent_name, may_corefer, nearest_mention
from briefing.text import without_title
from briefing.text.name_matching import find_mentions

SOURCE = Source.from_text(
    "Maren Holt leads the council of Harwick. “We had no choice,” said Holt on Monday. The film “Low Tide” was "
    "shown. Oskar Lind sells bread. “It is a disaster,” Lind said. Repairs cost 4.2 million crowns.",
    lang="en",
)


def test_the_context_of_an_ask_is_false() -> None:
    """A client renders messages as templates where the context is true; an article must never be one."""
    grounding = Grounding(SOURCE)
    assert not grounding
    assert SOURCE is grounding["source"]


def test_titles_are_not_offered_as_quotations() -> None:
    """Short quotations of another kind than speech get no id."""
    texts = [quotation.text for quotation in offered_quotations(SOURCE)]
    assert ["We had no choice,", "It is a disaster,"] == texts


@settings(deadline=None)
@given(
    st.lists(
        st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.lists(st.integers()),
        max_size=6,
    )
)
def test_ids_are_sentences_or_unknown(ids: list[Any]) -> None:
    """Every id is either one of the sentences or named as unknown; sentences come in order, each once."""
    found, unknown = sentences_by_id(ids, SOURCE)
    assert found == [sentence for sentence in SOURCE.sentences if sentence in found]
    assert len(ids) >= len(found) + len(unknown)
    assert all(any(value is other for other in ids) for value in unknown)


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1), ("2", 2), ("[3]", 3), ("s4", 4), ("(5)", 5), (6.0, 6), ("٣", 3)]
)
def test_ids_in_several_dresses(value: Any, number: int) -> None:
    """Brackets, an "s" and a decimal point do not matter."""
    assert ([SOURCE.sentences[number - 1]], []) == sentences_by_id([value], SOURCE)


@pytest.mark.parametrize(
    "value", [0, -1, 99, 1.5, True, False, None, "", "q1", "one", [1], {"1": 1}, float("inf"), float("nan")]
)
def test_ids_of_nothing(value: Any) -> None:
    """What is no number of a sentence names none."""
    assert ([], [value]) == sentences_by_id([value], SOURCE)


@settings(deadline=None)
@given(
    st.integers()
    | st.floats()
    | st.text()
    | st.none()
    | st.from_regex(r"[‹\[(]?q ?\d{1,7}[›\])]?", fullmatch=True)
)
def test_a_quotation_id_names_one_that_is_offered(value: Any) -> None:
    """An id leads to a quotation that the prompt shows, or nowhere."""
    grounding = Grounding(SOURCE)
    assert quotation_by_id(value, grounding) in [*grounding.offered, None]


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Mr. Lind", "Lind"),
        ("Prof. Dr. Ada Quill", "Ada Quill"),
        ("Señora Ruiz", "Ruiz"),
        ("Mayor", "Mayor"),
        ("Mr. ", "Mr. "),
        ("Drake", "Drake"),
        ("Marshall", "Marshall"),
        ("", ""),
    ],
)
def test_without_title(name: str, bare: str) -> None:
    """A title goes if something is left; a name that only begins like one stays."""
    assert bare == without_title(name)


def test_the_speaker_s_mention_is_the_nearest_outside() -> None:
    """Of several mentions the one next to the quotation counts, and one inside it counts last."""
    quoted = SOURCE.quotations[0].spans[0]
    span = nearest_mention("Mrs Holt", quoted, SOURCE)
    assert span is not None
    assert (SOURCE.text.index("Holt on"), "Holt") == (span.start, span.text)
    assert None is nearest_mention("Tom Berg", quoted, SOURCE)


def test_evidence_grows_by_two_sentences_at_most() -> None:
    """A statement that needs the whole article is not backed by the sentence that it cites."""
    statement = "Yes, Oskar Lind, Low Tide, Maren Holt, 4.2 and Monday."
    evidence, missing = back_statement(statement, [SOURCE.sentences[4]], Grounding(SOURCE))
    assert 3 == len(evidence)
    assert missing
    assert evidence == sorted(evidence, key=lambda span: span.start)


@pytest.mark.parametrize("language", [None, "en", "en-GB"])
def test_another_script_than_the_article_s_is_noted(language: str | None) -> None:
    """A statement in another script is not in the article's language, whatever its evidence."""
    _, missing = back_statement("Мост закрыт.", [SOURCE.sentences[0]], Grounding(SOURCE, language))
    assert [("script", "not written in the article's language (en)")] == [
        (f.kind, f.message) for f in missing
    ]


def test_a_briefing_in_another_language_may_use_its_script() -> None:
    """Where another language was asked for, its script is right."""
    assert [] == back_statement("Мост закрыт.", [SOURCE.sentences[0]], Grounding(SOURCE, "ru"))[1]


def test_what_an_article_backs_is_read_once_and_kept_with_it() -> None:
    """The same article is not read again; a copy with another text is."""
    source = Source.from_text("Maren Holt opened the bridge.", lang="en")
    other = source.model_copy(update={"text": "Ana Ruiz closed the mill."})

    assert backing_of(source) is backing_of(source)
    assert "Ana Ruiz closed the mill." == backing_of(other).text


def near(role: str, text: str, lang: str = "en") -> bool:
    """Whether `role` is near a mention of Ann Lee."""
    source = Source.from_text(text, lang=lang)
    return is_near_mention(role, find_mentions(text, "Ann Lee", lang), source)


@pytest.mark.parametrize(("gap", "expected"), [(30, True), (31, False)])
def test_a_role_is_near_its_name(gap: int, *, expected: bool) -> None:
    """At most 30 characters lie between a role and the name, on either side."""
    between = "a" * (gap - 2)
    assert expected == near("mayor of Marrow", f"Ann Lee {between} mayor of Marrow went.")
    assert expected == near("mayor of Marrow", f"The mayor of Marrow {between} Ann Lee went.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Lee, the mayor of Marrow, went.", True),
        ("Ann Lee, mayor of Marrow Bo Lund and others went.", True),
        ("Ann Lee met the mayor of Marrow Bo Lund there.", False),
        ("Ann Lee met the mayor of Marrow there.", True),
        ("Ann Lee met the mayor of Marrow March 3.", True),
        ("Ann Lee left. The mayor of Marrow went.", False),
        ("Bo Lund, mayor of Marrow, met Ann Lee.", False),
        ("Bo Lund, the mayor of Marrow, met Ann Lee.", False),
        ("Bo Lund, then mayor of Marrow, met Ann Lee.", True),
        ("The mayor of Marrow met Ann Lee. Others of the town left.", True),
        ("Ann Lee is right. " + "Others were here. " * 3 + "The mayor of Marrow met nobody.", False),
    ],
)
def test_a_role_of_another_name(text: str, *, expected: bool) -> None:
    """A role that is adjacent to another name, or in another sentence, does not describe the entity."""
    assert expected == near("mayor of Marrow", text)


def test_a_role_is_searched_for_near_its_name_only() -> None:
    """A long article that repeats it elsewhere takes no more work; it is found once where two names are near."""

    def calls(times: int) -> int:
        text = "Ann Lee went. " + "The mayor came. " * times
        source, mentions = Source.from_text(text, lang="en"), find_mentions(text, "Ann Lee", "en")
        assert not is_near_mention("mayor", mentions, source)  # fills caches
        with cProfile.Profile() as profile:
            is_near_mention("mayor", mentions, source)
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(10) == calls(1_000)
    assert near("mayor", "Ann Lee went. Ann Lee and the mayor Ann Lee.")


@pytest.mark.parametrize(("length", "expected"), [(58, False), (59, True)])
def test_the_name_before_a_role_is_searched_for_nearby(length: int, *, expected: bool) -> None:
    """A name, a comma and a space within 60 characters before a role are an apposition."""
    assert expected == near("mayor of Marrow", f"B{'o' * (length - 1)}, mayor of Marrow, met Ann Lee.")


@pytest.mark.parametrize(("gap", "expected"), [(12, True), (13, False)])
def test_an_adjacent_name_is_within_twelve_characters(gap: int, *, expected: bool) -> None:
    """Between the quotation and the name, on either side."""
    for text in (
        f"“We had no choice at all,” {'a' * (gap - 3)} Ann Lee said on Monday.",
        f"Ann Lee said{' ' * (gap - 8)}: “We had no choice at all.”",
    ):
        source = Source.from_text(text, lang="en")
        [quotation] = source.quotations
        cue = quotation.speaker_span
        assert cue is not None
        [span] = quotation.spans
        assert ("Ann Lee", gap) == (cue.text, max(cue.start - span.end, span.start - cue.end))
        assert expected == is_adjacent_name(cue, quotation, source)


def test_a_description_is_not_an_adjacent_name() -> None:
    """Lower case, or an article before it."""
    for text in ("“We had no choice at all,” the mayor said.", "“We had no choice at all,” The Mayor said."):
        source = Source.from_text(text, lang="en")
        [quotation] = source.quotations
        cue = Span.of(text, text.casefold().index("the mayor"), text.casefold().index(" said"))
        quotation = quotation.model_copy(update={"speaker_span": cue})
        assert not is_adjacent_name(cue, quotation, source)


@pytest.mark.parametrize(
    ("cue", "mention", "expected"),
    [
        ("Anna Weber", "Weber", True),
        ("Weber", "Anna Weber", True),
        ("Anna Weber", "Tom Weber", False),
        ("A. Weber", "Anna Weber", True),
        ("Jon Weber", "Jonathan Weber", True),
        ("Bill Weber", "William Weber", False),
        ("Anna Maria Weber", "Maria Weber", True),
        ("Mr. Tom Weber", "Tom Weber", True),
        ("Anna Weber", "Ruiz", False),
        ("the judge", "Tom Weber", True),
        ("The Judge", "Tom Weber", True),
        ("Weber Smith", "Anna Weber", False),
        ("Ann", "Annabel Lee", False),
        ("Bank of England", "Bank of Japan", False),
        ("John Smith", "John Jones", False),
        ("Bank of England", "the Bank", True),
        ("FIFA president Infantino", "Gianni Infantino", True),
        ("Li", "Li Na", True),
        ("Bo Li", "Na Li", False),
        ("a voter who supports Weber", "Weber", False),
        ("the lawyer of Weber", "Tom Weber", True),
        ("the lawyer of Weber", "Weber", False),
        ("the dissident Li Na", "Li Na", True),
    ],
)
def test_names_that_may_corefer(cue: str, mention: str, *, expected: bool) -> None:
    """Names with a word in common, but not two people of one surname; descriptions may refer to anybody."""
    spans = (Span.of(cue, 0, len(cue)), Span.of(mention, 0, len(mention)))
    assert expected == may_corefer(*spans, Source.from_text(f"{cue} met {mention}.", lang="en"))


@pytest.mark.parametrize(
    ("statement", "missing"),
    [("They are Ann Lee and Bo Reed.", []), ("They are Ann Lee, Bo Reed and Cy Dunn.", ["Cy Dunn"])],
)
def test_two_sentences_are_added_to_the_evidence(statement: str, missing: list[str]) -> None:
    """The nearest ones that name what the cited sentence lacks."""
    source = Source.from_text(
        "Ann Lee came. Bo Reed left. Cy Dunn slept. Dee Ford ran. Bo Reed sat.", lang="en"
    )
    sentences = source.sentences
    evidence, findings = back_statement(statement, [sentences[3]], Grounding(source))
    assert [sentences[0], sentences[3], sentences[4]] == evidence
    assert missing == [finding.text for finding in findings]


@pytest.mark.parametrize(
    ("text", "script"), [("a" * 2500 + "б" * 2501, "Latin"), ("б" * 2500 + "a" * 2500 + "б", "Latin"), ("б" * 2501 + "a" * 2500, "Cyrillic")]
)  # fmt: skip
def test_the_script_of_an_article_is_that_of_its_first_5000_characters(text: str, script: str) -> None:
    """Statements in its language are in that script, whatever comes after."""
    source = Source.from_text(text, lang="ru")
    statement = {"Latin": "Most zakryt.", "Cyrillic": "Мост закрыт."}[script]
    other = {"Latin": "Мост закрыт.", "Cyrillic": "Most zakryt."}[script]
    note = "not written in the article's language (ru)"
    assert [False, True] == [
        note in [f.message for f in back_statement(text, [source.sentences[0]], Grounding(source))[1]]
        for text in (statement, other)
    ]


LONG = "We had no choice and no money at all"


@pytest.mark.parametrize(
    ("quoted", "offered"),
    [
        ("“{}” Ann Lee said.".format("we had no choice all"[:20]), True),
        ("“{}” Ann Lee said.".format("we had no choice all"[:19]), False),
        ("The film “{}” was shown.".format("The Long Title of a Book in Town"[:30]), True),
        ("The film “{}” was shown.".format("The Long Title of a Book in Town"[:29]), False),
    ],
)
def test_short_quotations_are_not_offered(quoted: str, *, offered: bool) -> None:
    """Speech of 20 letters or more is, and other kinds of 30."""
    source = Source.from_text(f"“{LONG},” said Bo Lund.\n{quoted}", lang="en")
    assert 2 == len(source.quotations)
    assert (2 if offered else 1) == len(offered_quotations(source))


@pytest.mark.parametrize(("length", "offered"), [(10, True), (9, False)])
def test_a_chinese_character_is_worth_two_letters(length: int, *, offered: bool) -> None:
    """The same limit, for a script that needs fewer characters."""
    short = "我们没有办法修理这座桥"[:length]
    source = Source.from_text(
        f"市长李明说：“{'我们没有办法' * 5}。”\n王芳说：“{short}”，\n他走了。", lang="zh"
    )
    assert [length] == [len(quotation.text) for quotation in source.quotations[1:]]
    assert (2 if offered else 1) == len(offered_quotations(source))


@given(st.lists(st.sampled_from(["Ann ", "Ann Lee ", "a dog ", "“I saw Ann” "]), max_size=12), st.data())
def test_the_nearest_mention_is_the_nearest_of_all(pieces: list[str], data: st.DataObject) -> None:
    """One inside the place only if there is no other."""
    source = Source(text="Ann. " + "".join(pieces))
    start = data.draw(st.integers(0, len(source.text) - 1))
    near = Span.of(source.text, start, data.draw(st.integers(start + 1, len(source.text))))
    mentions = find_mentions(source.text, "Ann")

    def distance(mention: Span) -> tuple[bool, int]:
        inside = near.start <= mention.start < near.end
        gap = near.start - mention.end if mention.end <= near.start else mention.start - near.end
        return inside, abs(gap)

    assert min(mentions, key=distance) == nearest_mention("Ann", near, source)


def test_a_long_article_is_compared_where_it_shares_the_rarest_words() -> None:
    """A statement is compared with a bounded number of sentences, the one that tells the same among them."""
    others = " ".join(f"The council met on day {n} and spoke of boats." for n in range(1200))
    source = Source.from_text(f"{others} The council closed the old pier for repairs.", lang="en")
    stated = Worded("The council closed the old pier and spoke of boats.", "en")
    near = worded_near(stated, source)

    assert 0 < len(near) <= 500 < len(source.sentences)
    assert near[-1].text.startswith("The council closed")


@given(
    st.lists(st.sampled_from(["“I saw it,” said Ann. ", "“We ran,” he said, “and ran.” ", "It fell. "])),
    st.data(),
)
def test_the_quotation_at_a_place_holds_it(pieces: list[str], data: st.DataObject) -> None:
    """All of its spans, as a search in all quotations finds."""
    source = Source(text="It was. " + "".join(pieces), lang="en")
    places = st.integers(0, len(source.text) - 1).map(lambda at: Span.of(source.text, at, at + 1))
    spans = data.draw(st.lists(places, min_size=1, max_size=2))
    holding = [
        q
        for q in source.quotations
        if all(any(own.start <= s.start and s.end <= own.end for own in q.spans) for s in spans)
    ]

    assert next(iter(holding), None) == quotation_at(spans, source)
