"""Every article in seeds/ is replayed from its cassette. A new article is a new test."""

from __future__ import annotations

from pathlib import Path

import pytest

from briefing import Briefer, Briefing, Source, StaleCassetteError, asummarize, summarize
from briefing.regenerate import Seed, seeds
from briefing.testing.cassettes import cassette

ROOT = Path(__file__).parent.parent
SEEDS = seeds(ROOT / "seeds")
#: Nothing listens there, and nothing may be asked: the cassette answers.
NOWHERE = "http://127.0.0.1:9/v1"

each_seed = pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])


def saved(seed: Seed) -> Briefing:
    """The briefing as it is in the repository."""
    briefing = seed.saved()
    assert briefing is not None, (
        f"{seed.result.name} is missing: briefing regenerate seeds --record --model local"
    )
    return briefing


@each_seed
def test_replaying_gives_the_saved_briefing(seed: Seed) -> None:
    """The recorded exchange, replayed with today's code, gives the briefing in the repository."""
    expected = saved(seed)
    assert seed.cassette.exists(), (
        f"{seed.name} has no cassette: briefing regenerate seeds --record --model local"
    )

    with cassette(seed.cassette) as played:
        briefing = summarize(
            seed.source(), model=expected.meta.model, base_url=NOWHERE, **seed.recorded_options(expected.meta)
        )

    timeless = {"meta": {"elapsed"}}
    assert expected.model_dump(exclude=timeless) == briefing.model_dump(exclude=timeless)
    assert played.all_played, f"{seed.cassette.name} holds exchanges that are no longer made: record it again"


@each_seed
async def test_replaying_without_blocking_gives_the_same(seed: Seed) -> None:
    """Async and sync read the same exchange the same way."""
    expected = saved(seed)

    with cassette(seed.cassette):
        briefing = await asummarize(
            seed.source(), model=expected.meta.model, base_url=NOWHERE, **seed.recorded_options(expected.meta)
        )

    assert expected.model_dump(exclude={"meta"}) == briefing.model_dump(exclude={"meta"})


@each_seed
def test_saved_briefing_holds_in_its_article(seed: Seed) -> None:
    """Every span of the saved briefing is a slice of the article, and the file round-trips."""
    briefing = saved(seed)

    assert [] == briefing.verify(seed.source())
    assert briefing == Briefing.model_validate_json(briefing.model_dump_json())


@each_seed
def test_saved_briefing_is_fresh(seed: Seed) -> None:
    """No article, prompt or schema has changed since the briefing was made."""
    briefing = saved(seed)

    assert "fresh" == seed.state(Briefer(briefing.meta.model), **seed.recorded_options(briefing.meta))


@each_seed
def test_cassette_holds_no_secret(seed: Seed) -> None:
    """A cassette has no header but the content type, and no address of a machine."""
    text = seed.cassette.read_text("utf-8").lower()

    for secret in ("authorization", "bearer ", "set-cookie", "openai-organization", "127.0.0.1"):
        assert secret not in text


def test_no_cassette_is_left_over() -> None:
    """Every cassette belongs to an article."""
    recorded = {path.stem for path in (ROOT / "cassettes" / "seeds").glob("*.yaml")}

    assert {seed.name for seed in SEEDS} == recorded


def test_stale_cassette_says_so_and_how_to_record() -> None:
    """A request that the cassette does not hold fails at once, names the cassette and the remedy."""
    seed = SEEDS[0]
    article = Source.from_text("A text that nobody has recorded. It is short.")

    with cassette(seed.cassette), pytest.raises(StaleCassetteError) as caught:
        summarize(article, model="local", base_url=NOWHERE)

    assert "stale" in str(caught.value)
    assert "regenerate" in str(caught.value)
    assert "--record" in str(caught.value)
    assert 1 == caught.value.attempts
