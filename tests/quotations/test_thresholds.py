"""The constants of quotation extraction: a value that just passes each of them, and one that just fails."""

from __future__ import annotations

import pytest

from briefing.quotations.attribution import find_after, find_inside, subject_of
from briefing.quotations.classification import CandidateContext
from briefing.quotations.clauses import Clause
from briefing.quotations.coreference import antecedent
from briefing.quotations.cue_lexicon import cues_for
from briefing.quotations.extraction import Quotation, read_contexts, read_quotations
from briefing.quotations.noun_phrases import find_phrases
from briefing.quotations.subjects import may_be_subject

ENGLISH = cues_for("en")


def speakers(text: str, lang: str = "en") -> list[str | None]:
    """The speakers of a text's quotations."""
    return [quotation.speaker for quotation in read_quotations(text, lang)]


def segments(text: str) -> list[int]:
    """The number of spans of each quotation."""
    return [len(quotation.spans) for quotation in read_quotations(text, "en")]


def contexts(text: str) -> list[CandidateContext]:
    """The candidates of a text with the sentences around them."""
    return list(read_contexts(text, "en"))


# Extraction


@pytest.mark.parametrize(("length", "expected"), [(250, [2]), (251, [1, 1])])
def test_a_splitting_clause_has_at_most_250_characters(length: int, expected: list[int]) -> None:
    """A longer one stands between two quotations."""
    clause = f"{', said Ana Ruiz, who ':a<{length - 2}}, "
    assert expected == segments(f"“We came to the valley”{clause}“and we stayed there for years.”")


@pytest.mark.parametrize(("length", "expected"), [(80, [1, 1]), (81, [2])])
def test_a_clause_of_its_own_ends_within_80_characters(length: int, expected: list[int]) -> None:
    """The second piece has its own speaker; beyond that distance it continues the first one."""
    clause = f"{' Mina Tolland of ':x<{length - 5}} said"
    assert expected == segments(f"“No,” said Ruiz. “Now,”{clause} on.")


def test_five_quoted_pieces_on_either_side_are_read() -> None:
    """The sentence around a piece reaches as far as the fifth piece before it, and behind it."""
    pieces = [f"“p{number} x”" for number in range(10, 23)]
    text = f"Ruiz said {' '.join(pieces)} and left"
    around = contexts(text)
    assert [0, text.index("“p11")] == [around[5].before[0], around[6].before[0]]
    assert [len(text), text.index(" “p22")] == [around[-6].after[1], around[-7].after[1]]


def test_400_characters_on_either_side_are_read() -> None:
    """A longer sentence is cut."""
    for length, expected in ((400, 400), (401, 400), (399, 399)):
        [context] = contexts(f"{'a' * length}“Yes, we can.”{'b' * length}")
        assert [expected] * 2 == [end - start for start, end in (context.before, context.after)]


# Classification


def feature(text: str, name: str) -> bool:
    """A feature of the last candidate of a text, without a cue."""
    return contexts(text)[-1].features(None)[name]


@pytest.mark.parametrize(
    ("text", "expected"), [("“Flown for the Winds”", True), ("“Flown with the Winds”", False)]
)
def test_title_case_has_lower_case_words_of_three_letters_at_most(text: str, expected: bool) -> None:
    """A longer word in lower case makes it a sentence."""
    assert feature(text, "title case") is expected


@pytest.mark.parametrize(("spaces", "expected"), [(3, True), (4, False)])
def test_joined_quotations_are_less_than_eight_characters_apart(spaces: int, expected: bool) -> None:
    """Including the conjunction."""
    assert feature(f"“a cat”{' ' * spaces}and “a dog”", "joined to a quotation") is expected


@pytest.mark.parametrize(("before", "expected"), [(996, True), (997, False)])
def test_1000_characters_of_a_quotation_are_read(before: int, expected: bool) -> None:
    """A pronoun that is cut by the limit does not count."""
    assert feature(f"“{'x' * before} she did it”", "pronoun inside") is expected


@pytest.mark.parametrize(
    ("words", "name", "expected"),
    [
        (1, "one word", True),
        (2, "one word", False),
        (2, "two words", True),
        (3, "two words", False),
        (4, "four or five words", True),
        (5, "four or five words", True),
        (3, "four or five words", False),
        (6, "four or five words", False),
        (12, "twelve words", True),
        (11, "twelve words", False),
        (3, "lower-case start and three words", True),
        (2, "lower-case start and three words", False),
    ],
)
def test_words_are_counted(words: int, name: str, expected: bool) -> None:
    """The length of a quotation is a feature."""
    assert feature(f"It was “{' '.join(['cat'] * words)}”", name) is expected


@pytest.mark.parametrize(("text", "expected"), [("“Red cat sat”", True), ("“Red cat sat up”", False)])
def test_a_capital_counts_in_quotations_of_three_words(text: str, expected: bool) -> None:
    """Longer ones begin with a capital as sentences do."""
    assert feature(text, "capital start and under four words") is expected


# Marks


@pytest.mark.parametrize(("between", "expected"), [(3, [5]), (4, [1])])
def test_a_quotation_is_closed_four_paragraphs_below_at_most(between: int, expected: list[int]) -> None:
    """Else only its first paragraph is quoted."""
    middle = "It was dark there.\n" * between
    assert expected == segments(f"“Nobody slept in the valley.\n{middle}We all left.” That was it.")


@pytest.mark.parametrize(("pairs", "expected"), [(3, 1), (4, 4)])
def test_an_unclosed_quotation_has_three_inner_pairs_at_most(pairs: int, expected: int) -> None:
    """With more of them, the mark is an error, and they are quotations."""
    inner = " and ".join(["‘a cat’"] * pairs)
    assert expected == len(read_quotations(f"“He called it {inner} the whole day", "en"))


@pytest.mark.parametrize(("text", "expected"), [("“Nobody slept that night", 1), ("“Nobody slept there", 0)])
def test_an_unclosed_quotation_has_four_words(text: str, expected: int) -> None:
    """With less of them, the mark is an error."""
    assert expected == len(read_quotations(text, "en"))


@pytest.mark.parametrize(("length", "expected"), [(1200, 1200), (1201, 21)])
def test_an_unclosed_quotation_of_1200_characters_is_whole(length: int, expected: int) -> None:
    """A longer one ends with its first sentence."""
    [quotation] = read_quotations(f"“{'Nobody slept all day. ':x<{length}}", "en")
    assert expected == len(quotation.spans[0].text)


# Attribution


@pytest.mark.parametrize(("length", "expected"), [(150, True), (151, False)])
def test_a_parenthetical_clause_has_150_characters_at_most(length: int, expected: bool) -> None:
    """Including the dash at its end."""
    clause = f"{'сказала Анна Руис из ':а<{length - 4}}, — "
    text = f"Нет, — {clause}никогда"
    assert expected is (find_inside(text, 0, len(text), cues_for("ru")) is not None)


@pytest.mark.parametrize(("words", "expected"), [(28, True), (29, False)])
def test_the_verb_is_one_of_30_tokens(words: int, expected: bool) -> None:
    """Counted from the first word of the clause."""
    clause = f"Ruiz {'well ' * words}said"
    assert expected is (find_after(clause, 0, len(clause), (), ENGLISH, attached=False) is not None)


@pytest.mark.parametrize(("clause", "expected"), [("– – Ruiz said", True), ("– – – Ruiz said", False)])
def test_a_clause_begins_within_three_tokens(clause: str, expected: bool) -> None:
    """More punctuation parts it from the quotation."""
    assert expected is (find_after(clause, 0, len(clause), (), ENGLISH, attached=False) is not None)


@pytest.mark.parametrize(("words", "expected"), [(9, "Josephine Tully"), (10, "the head")])
def test_a_name_in_apposition_begins_within_ten_tokens(words: int, expected: str) -> None:
    """Counted from the end of its noun phrase, the comma included."""
    text = f"“We came to the valley,” said the head {'of ' * words}, Josephine Tully, who left."
    assert [expected] == speakers(text)


# Noun phrases


def test_a_noun_phrase_has_eight_words_after_its_article() -> None:
    """A longer one is cut."""
    for words in (7, 8, 9):
        clause = f"the{' red' * words}"
        [phrase] = find_phrases(Clause(clause, 0, len(clause), ()), ENGLISH)
        assert min(words, 8) == phrase.last - phrase.first - 1


@pytest.mark.parametrize(("gap", "expected"), [("still well so", "Ana Ruiz"), ("still well so far", None)])
def test_a_subject_behind_its_verb_has_a_gap_of_three_words(gap: str, expected: str | None) -> None:
    """A farther one is not the subject."""
    clause = f"said {gap} Ana Ruiz"
    cue = find_after(clause, 0, len(clause), (), ENGLISH, attached=False)
    assert cue is not None
    assert expected == (cue.speaker and clause[slice(*cue.speaker)])


@pytest.mark.parametrize(
    ("clause", "expected"),
    [("cold wet villagers say", "cold wet villagers"), ("old cold wet villagers say", "cold wet villagers")],
)
def test_a_subject_without_article_has_three_words(clause: str, expected: str) -> None:
    """The words right before the verb, where nothing else may be the subject."""
    cue = find_after(clause, 0, len(clause), (), ENGLISH, attached=False)
    assert cue is not None
    assert cue.speaker is not None
    assert expected == clause[slice(*cue.speaker)]


@pytest.mark.parametrize(("gap", "expected"), [("still well so", "Ruiz"), ("still well so far", "Tolland")])
def test_a_quoted_speaker_is_the_object_within_four_tokens(gap: str, expected: str) -> None:
    """After "quoted"; a farther name is not its object."""
    clause = f"Tolland quoted {gap} Ruiz"
    cue = find_after(clause, 0, len(clause), (), ENGLISH, attached=False)
    assert cue is not None
    assert cue.speaker is not None
    assert expected == clause[slice(*cue.speaker)]


@pytest.mark.parametrize(("words", "expected"), [(3, False), (4, True)])
def test_a_preposition_governs_a_name_over_three_words(words: int, expected: bool) -> None:
    """Farther away it does not keep the name from being a subject."""
    clause = f"for {'cat ' * words}Ruiz"
    tokens = Clause(clause, 0, len(clause), ())
    phrases = find_phrases(tokens, ENGLISH)
    assert expected is may_be_subject(tokens, phrases, phrases[-1], ENGLISH)


# Coreference


def antecedent_of(text: str) -> str | None:
    """The name that the speaker of the last quotation stands for."""
    quotations: list[Quotation] = read_quotations(text, "en")
    found = antecedent(text, "en", quotations, quotations[-1])
    return None if found is None else found.text


@pytest.mark.parametrize(("between", "expected"), [(1, "Mrs. Ruiz"), (2, None)])
def test_an_antecedent_is_two_paragraphs_above_at_most(between: int, expected: str | None) -> None:
    """Those between name nobody."""
    middle = "It rained.\n" * between
    assert expected == antecedent_of(f"Mrs. Ruiz left.\n{middle}“Nobody slept in the valley,” she said.")


@pytest.mark.parametrize(("length", "expected"), [(1200, "Ruiz"), (1201, None)])
def test_an_antecedent_is_named_within_1200_characters(length: int, expected: str | None) -> None:
    """Counted from the start of its name to the first word of the quotation."""
    before = f"{'Ruiz said that it rained all ':x<{length - 3}}. "
    assert expected == antecedent_of(f"{before}“Nobody slept in the valley,” she said.")


@pytest.mark.parametrize(("words", "expected"), [(7, 7), (8, 8), (9, 8)])
def test_an_arabic_subject_has_at_most_eight_words(words: int, expected: int) -> None:
    """A subject without article and capital is cut behind the eighth word after the verb."""
    text = f"قال {' '.join(['سكان'] * words)}"
    found = subject_of(text, 0, len(text), (), cues_for("ar"))
    assert found is not None
    assert expected == len(text[slice(*found)].split())
