"""Where a long article is cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_texts import long_text

from briefing import ConfigurationError, Source
from briefing.llm.context_windows import context_window
from briefing.llm.targets import target_of
from briefing.pipeline.parts import cutter, heading_lines, is_beyond, reading_length, within_window

CHAPTERS = Source.from_text(long_text(6_000)[0], lang="en")
SENTENCE = "The {} was closed in the spring of that year by the people of the town."


def beginnings(source: Source, length: int) -> list[str]:
    """The sentences that the parts begin with, without the first one."""
    parts = cutter(source).cut(length)
    return [source.sentences[view.sentences[0] - 1].text for view in parts[1:]]


def test_parts_are_about_equally_long() -> None:
    """And no longer than is asked for; there are no more of them than that takes."""
    cut = cutter(CHAPTERS)
    for length in (1_000, 3_000, 8_000):
        lengths = [cut.length(view) for view in cut.cut(length)]
        assert max(lengths) <= length
        assert min(lengths) > 0.6 * max(lengths)
        assert len(lengths) <= 1.3 * cut.lengths[-1] / length + 1


@pytest.mark.parametrize(
    "heading",
    [
        "CHAPTER 2",
        "Kapitel 2",
        "Глава вторая",
        "第二章",
        "## The second",
        "II.",
        "Chapitre deux",
        "2. Findings of the year",
        "3.2 Findings",
        "الفصل الثاني",
        "פרק ב",
        "제2장",
        "अध्याय २",
        "The second year",
        "Part Two: The river",
    ],
)
def test_a_chapter_is_cut_before_its_heading(heading: str) -> None:
    """Where it is near enough; paragraphs and sentences are nearer."""
    before = "\n\n".join(SENTENCE.format(n) for n in range(52))
    behind = "\n\n".join(SENTENCE.format(n) for n in range(48))
    source = Source.from_text(f"{before}\n\n{heading}\n\n{behind}", lang="en")
    [begin] = beginnings(source, cutter(source).lengths[-1] * 2 // 3)

    assert begin.startswith(heading.split("\n", maxsplit=1)[0][:10])


@pytest.mark.parametrize("level", range(1, 7))
def test_the_sections_of_a_page_are_cut_before_their_headings(level: int) -> None:
    """Its text has no blank lines, and other paragraphs end nearer."""
    before = "".join(f"<p>{SENTENCE.format(n)}</p>" for n in range(52))
    behind = "".join(f"<p>{SENTENCE.format(n)}</p>" for n in range(48))
    page = f"<article>{before}<h{level}>Die zweite Hälfte</h{level}>{behind}</article>"
    source = Source.from_html(f"<html><body>{page}</body></html>")

    assert ["Die zweite Hälfte"] == beginnings(source, cutter(source).lengths[-1] * 2 // 3)
    assert ["Die zweite Hälfte"] == [span.text for _, span in heading_lines(source)["line"]]


def test_a_paragraph_is_not_cut_if_one_ends_nearby() -> None:
    """Else it is cut between sentences."""
    paragraphs = [" ".join(SENTENCE.format(f"{n}th {i}") for i in range(5)) for n in range(20)]
    apart = Source.from_text("\n\n".join(paragraphs), lang="en")
    together = Source.from_text(" ".join(paragraphs), lang="en")

    assert all("0 was" in sentence for sentence in beginnings(apart, 1_000))
    assert not all("0 was" in sentence for sentence in beginnings(together, 1_000))


def test_a_quotation_stays_whole() -> None:
    """It is shown in the part in which it stands."""
    talk = " ".join(SENTENCE.format(f"{n}th house") for n in range(12))
    source = Source.from_text("\n\n".join(f"“{talk}” said Anna Veldt." for _ in range(8)), lang="en")
    parts = cutter(source).cut(700)

    first = [q.spans[0].start for q in source.quotations]
    assert all(
        source.sentences[view.sentences[0] - 1].start <= first[view.quotations[0] - 1] for view in parts
    )
    assert [n for view in parts for n in view.quotations] == list(range(1, len(source.quotations) + 1))
    assert all(source.sentences[view.sentences[-1] - 1].text.endswith("said Anna Veldt.") for view in parts)
    assert len(parts) > 4


def test_a_sentence_that_is_too_long_is_a_part_by_itself() -> None:
    """It cannot be cut; a text without full stops has sentences of some length all the same."""
    source = Source.from_text(f"It rains. {'and so on ' * 2_000}. It rains again.", lang="en")
    cut = cutter(source)
    assert [1] * len(source.sentences) == [len(view.sentences) for view in cut.cut(20)]
    assert max(cut.length(view) for view in cut.cut(1_000)) <= 1_000


@given(
    st.text(alphabet="Ab.!?“” \n你。1", min_size=1, max_size=400).filter(
        lambda text: any(map(str.isalpha, text))
    ),
    st.integers(20, 300),
)
def test_each_sentence_is_in_one_part(text: str, length: int) -> None:
    """In order, and each part is short enough or one sentence; also if a part is cut again."""
    source = Source(text=text, lang="en")
    cut = cutter(source)
    parts = cut.cut(length)

    assert list(range(1, len(source.sentences) + 1)) == [n for view in parts for n in view.sentences]
    assert all(cut.length(view) <= length or len(view.sentences) == 1 for view in parts)
    quotations = [n for view in parts for n in view.quotations]
    assert quotations == sorted(set(quotations))
    again = [smaller for view in parts for smaller in cut.cut(max(length // 2, 1), view)]
    assert all(one.sentences[-1] + 1 == other.sentences[0] for one, other in pairwise(again))


@pytest.mark.parametrize(
    ("text", "per_token"),
    [
        ("The harbour was closed in spring. ", 2.5),
        ("Гавань была закрыта весной. ", 1.2),
        ("港口在春天关闭了。", 0.7),
        ("أُغلق الميناء في الربيع. ", 0.7),
        ("बंदरगाह वसंत में बंद था। ", 0.3),
    ],
)
def test_scripts_with_more_tokens_have_shorter_parts(text: str, per_token: float) -> None:
    """By the estimate that is measured on the tokenizers of many models: characters of a part, per token at most."""
    source = Source.from_text(text * 400)
    for view in cutter(source).cut(1_000):
        spans = [source.sentences[number - 1] for number in view.sentences]
        assert (spans[-1].end - spans[0].start) / 1_000 < per_token * 1.6


def test_windows_are_known_given_or_unknown() -> None:
    """By the option, by the list of genai-prices, or of the local server."""
    assert 8_192 == context_window(target_of("openai/gpt-4"))
    assert 400_000 == context_window(target_of("openai/gpt-5-mini"))
    assert 16_384 == context_window(target_of("local"))
    assert context_window(target_of("openai/my-own")) is None
    assert context_window(target_of("openai/gpt-4", base_url="http://127.0.0.1:9/v1")) is None
    assert 9_000 == context_window(target_of("openai/gpt-4", options={"context_window": 9_000}))


def test_a_local_window_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the server has it."""
    monkeypatch.setenv("BRIEFING_LOCAL_CTX", "4096")
    assert 4096 == context_window(target_of("local"))
    monkeypatch.setenv("BRIEFING_LOCAL_CTX", "many")
    with pytest.raises(ConfigurationError):
        context_window(target_of("local"))


def test_a_part_leaves_room_for_instructions_and_answer() -> None:
    """In a small window half of it; the option says what is read well."""
    target = target_of("openai/my-own")
    assert [2_048, 120_000] == [within_window(4_096, target), within_window(128_000, target)]
    assert 50_000 == reading_length(target)
    assert 700 == reading_length(target_of("openai/my-own", options={"reading_length": 700}))
    assert is_beyond("word " * 1_000, 1_000)
    assert not is_beyond("word " * 1_000, 3_000)
