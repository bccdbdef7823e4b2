"""Keeping a folder of briefings up to date."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from briefing import Briefer, Briefing, InputError, ProviderError, summarize
from briefing.regenerate import seeds
from briefing.testing.cassettes import cassette
from briefing.testing.fake_model import FakeModel

ARTICLE = (
    "The ferry to Skarn was cancelled on Monday.\n“The ramp is gone for good,” harbour master Ida Moe said.\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two articles."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "ferry.txt").write_text(ARTICLE)
    (tmp_path / "articles" / "tram.md").write_text("# Tram\n\nThe tram to Vik ran again on Tuesday.\n")
    return tmp_path / "articles"


def test_what_is_new_is_made_and_then_fresh(folder: Path, fake: FakeModel, briefer: Briefer) -> None:
    """A second run makes no call."""
    for seed in seeds(folder):
        assert "new" == seed.state(briefer)
        seed.regenerate(briefer)

    assert ["fresh", "fresh"] == [seed.state(briefer) for seed in seeds(folder)]
    assert 2 == fake.calls


def test_a_changed_article_is_stale(folder: Path, briefer: Briefer) -> None:
    """And only that one."""
    for seed in seeds(folder):
        seed.regenerate(briefer)
    (folder / "ferry.txt").write_text(ARTICLE + "It runs again on Friday.\n")

    assert ["stale", "fresh"] == [seed.state(briefer) for seed in seeds(folder)]


def test_another_model_is_stale(folder: Path, fake: FakeModel, briefer: Briefer) -> None:
    """The fingerprint holds the model."""
    seed = seeds(folder)[0]
    seed.regenerate(briefer)

    assert "stale" == seed.state(Briefer("openai/other", base_url=fake.url, api_key="test"))


def test_a_damaged_result_is_stale(folder: Path, briefer: Briefer) -> None:
    """It is made again, not read."""
    seed = seeds(folder)[0]
    seed.result.write_text("{")

    assert "stale" == seed.state(briefer)
    assert Briefing.model_validate_json(seed.regenerate(briefer).model_dump_json()) == seed.saved()


def test_recording_writes_a_cassette_that_replays(folder: Path, briefer: Briefer) -> None:
    """It lies beside the folder, under cassettes/."""
    seed = seeds(folder)[0]
    made = seed.regenerate(briefer, record=True)

    assert seed.cassette == folder.parent / "cassettes" / "articles" / "ferry.yaml"
    with cassette(seed.cassette) as played:
        again = summarize(seed.source(), model="openai/fake", base_url="http://127.0.0.1:9/v1", api_key="x")
    assert made.headline == again.headline
    assert played.all_played


def test_replaying_makes_the_same_again(folder: Path, briefer: Briefer) -> None:
    """From the cassette alone; the time that the model took stays on record."""
    seed = seeds(folder)[0]
    made = seed.regenerate(briefer, record=True)

    again = seed.replay()

    assert made.meta.elapsed == again.meta.elapsed
    assert made.model_dump(exclude={"meta": {"usage"}}) == again.model_dump(exclude={"meta": {"usage"}})


def test_what_was_not_recorded_cannot_be_replayed(folder: Path) -> None:
    """The error says what to do."""
    with pytest.raises(InputError, match="--record"):
        seeds(folder)[0].replay()


def test_a_failure_keeps_the_old_result_and_cassette(folder: Path, briefer: Briefer) -> None:
    """Nothing is half-written, nothing lost."""
    seed = seeds(folder)[0]
    seed.regenerate(briefer, record=True)
    before = seed.result.read_text(), seed.cassette.read_text()

    nowhere = Briefer("openai/fake", base_url="http://127.0.0.1:9/v1", api_key="x", max_attempts=1)
    with nowhere, pytest.raises(ProviderError):
        seed.regenerate(nowhere, record=True)

    assert before == (seed.result.read_text(), seed.cassette.read_text())
    assert ["ferry.yaml"] == [path.name for path in seed.cassette.parent.iterdir()]


def test_two_articles_of_one_name_are_refused(folder: Path) -> None:
    """They would share one briefing."""
    (folder / "ferry.md").write_text("The ferry again.")

    with pytest.raises(InputError, match="ferry"):
        seeds(folder)


def test_a_link_to_itself_hides_no_other_article(folder: Path) -> None:
    """It is no article, and the folder can be read."""
    before = [seed.name for seed in seeds(folder)]
    (folder / "circle.txt").symlink_to(folder / "circle.txt")

    assert before == [seed.name for seed in seeds(folder)]


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    """With the endings that articles have."""
    with pytest.raises(InputError, match=r"\.txt"):
        seeds(tmp_path)


def test_an_empty_variant_asks_for_the_other_style(folder: Path, briefer: Briefer) -> None:
    """It is stale until it is made, and then the article has two briefings with a cassette each."""
    (folder / "ferry.extractive.briefing.json").touch()
    ferry, extractive, _ = seeds(folder)
    assert ["new", "stale"] == [ferry.state(briefer), extractive.state(briefer)]

    made = [seed.regenerate(briefer, record=True) for seed in (ferry, extractive)]

    assert ["written", "extractive"] == [briefing.meta.style for briefing in made]
    assert ["fresh", "fresh"] == [ferry.state(briefer), extractive.state(briefer)]
    assert ["ferry.extractive.yaml", "ferry.yaml"] == sorted(
        path.name for path in ferry.cassette.parent.iterdir()
    )
    assert ["written", "extractive"] == [seed.replay().meta.style for seed in (ferry, extractive)]


def test_an_article_may_be_named_like_a_variant(folder: Path, briefer: Briefer) -> None:
    """Its briefing is not taken for the other article's."""
    (folder / "ferry.written.txt").write_text(ARTICLE + "It runs again on Friday.\n")
    for seed in seeds(folder):
        seed.regenerate(briefer)

    assert ["ferry", "ferry.written", "tram"] == [seed.name for seed in seeds(folder)]
    assert ["fresh"] * 3 == [seed.state(briefer) for seed in seeds(folder)]


def test_replaying_keeps_the_style(folder: Path, briefer: Briefer) -> None:
    """Style, focus, length and the rest are those of the recording."""
    seed = seeds(folder)[0]
    made = seed.regenerate(
        briefer, record=True, style="extractive", focus="the ramp", length="brief", on_unsupported="drop"
    )

    assert made.meta.fingerprint == seed.replay().meta.fingerprint


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cassette_that_cannot_be_written_loses_no_briefing(
    folder: Path, fake: FakeModel, briefer: Briefer, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """A folder that cannot be written to is told before the call; a disk that is full after it leaves the briefing."""
    seed = seeds(folder)[0]
    if when == "before":
        (folder.parent / "cassettes").write_text("a file")
    else:
        monkeypatch.setattr("briefing.testing.cassettes.write_atomic", full)
    unpatched = httpx2.HTTPTransport.handle_request
    with pytest.raises(InputError, match="cannot write"):
        seed.regenerate(briefer, record=True)

    assert unpatched is httpx2.HTTPTransport.handle_request, "vcrpy's patches are left in place"
    assert (1, True) == (fake.calls, seed.saved() is not None) if when == "after" else 0 == fake.calls
    assert [] == list(folder.parent.glob("cassettes/*/*"))


def full(path: Path, _text: str) -> None:
    """Fail as on a full disk."""
    raise InputError(f"cannot write {path}: No space left on device")


def test_links_in_the_folder_are_not_followed(folder: Path, briefer: Briefer) -> None:
    """A link at a briefing's place is replaced."""
    (folder.parent / "victim").write_text("untouched")
    seed = seeds(folder)[0]
    seed.result.symlink_to(folder.parent / "victim")
    seed.regenerate(briefer)

    assert "untouched" == (folder.parent / "victim").read_text()
    assert seed.saved() is not None
