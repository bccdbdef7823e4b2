"""Which articles are judged (`judged.py articles`): 40 news texts in seven languages that no rule was fitted on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from briefing import Source

#: From which file how many articles of which language. Not used: MasakhaNEWS in English (paragraphs that lost their first
#: letters), MSRA and ABC News (sections of several items), Stockmark (single sentences).
#:
#: The last two are files of one's own making, since the other data has no French: `fundus_fr` has the articles in French of
#: the tests of github.com/flairNLP/fundus without a live ticker (an id names file, commit and version; paragraphs and
#: section headings are joined by blank lines, with plain spaces), `masakhanews_fra` a report of
#: github.com/masakhane-io/masakhane-news. No rule has seen them, so both halves are used.
QUOTAS = (
    ("llm_news_human_writers_en", "en", 7),
    ("aeb_messy_page_text_en", "en", 4),
    ("readability_pages_multi", "en", 1),
    ("german_wikinews_quotes_de", "de", 8),
    ("conll2002_testb_es", "es", 6),
    ("nerel_dev_test_ru", "ru", 4),
    ("newspaper4k_articles_multi", "zh", 2),
    ("newspaper4k_articles_multi", "ja", 1),
    ("readability_pages_multi", "zh", 1),
    ("fundus_fr", "fr", 5),
    ("masakhanews_fra", "fr", 1),
)
_NEW = ("fundus_fr", "masakhanews_fra")
#: What the order would choose and what is no single, whole news text.
EXCLUDED = {
    "aeb/624fcd903d56fc70": "lacks its first paragraph",
    "aeb/5211188428849a31": "reviews by visitors of a show, and its prices",
    "aeb/3f65af7b6b98b1c9": "mostly posts of a social network",
    "aeb/0e014df693f18282": "an advertisement",
    "aeb/51374560f40088e2": "has a table of share prices",
    "aeb/8380689f358c1e3a": "a form: claim, rating, origin",
    "readability/gmw": "an essay",
    "readability/pixnet": "a travel diary",
}
#: Least and most characters. A Chinese or Japanese text says the same in fewer; there were too few French ones below 4,000.
_LIMITS = {"zh": (500, 4000), "ja": (500, 4000), "fr": (600, 5000)}
_USUAL_LIMITS = (600, 4000)


@dataclass(frozen=True)
class Article:
    """An article to be judged."""

    id: str
    set: str
    lang: str
    sha256: str
    """Of the text, in UTF-8."""
    text: str


def order(identifier: str) -> str:
    """Hexadecimal digits to sort an id by."""
    return hashlib.sha1(identifier.encode()).hexdigest()


def is_held_out(identifier: str) -> bool:
    """Whether an id is in the half of its set that is not for development."""
    return int(order(identifier), 16) % 2 == 1


def select(folders: Sequence[Path]) -> list[Article]:
    """Choose the articles.

    Raises:
        SystemExit: a file is missing or has too few articles.
    """
    return [article for quota in QUOTAS for article in _chosen(folders, *quota)]


def _chosen(folders: Sequence[Path], name: str, lang: str, count: int) -> list[Article]:
    least, most = _LIMITS.get(lang, _USUAL_LIMITS)
    texts = {
        identifier: text
        for identifier, text in _texts(folders, name)
        if least <= len(text) <= most
        and identifier not in EXCLUDED
        and (name in _NEW or is_held_out(identifier))
        and Source.from_text(text).lang == lang
    }
    if len(texts) < count:
        raise SystemExit(
            f"{name} has {len(texts)} articles in {lang!r} that can be judged, {count} are needed"
        )
    return [
        Article(i, name, lang, hashlib.sha256(texts[i].encode()).hexdigest(), texts[i])
        for i in sorted(texts, key=order)[:count]
    ]


def _texts(folders: Sequence[Path], name: str) -> Iterator[tuple[str, str]]:
    paths = [path for folder in folders if (path := folder / f"{name}.jsonl").exists()]
    if not paths:
        raise SystemExit(f"there is no {name}.jsonl in {', '.join(map(str, folders))}")
    for line in paths[0].read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        # Of the pages, the article as people marked it, without menus and footers.
        yield str(row["id"]), row["labels"]["gold_body"] if name.startswith("aeb_") else row["text"]


def write_articles(articles: Sequence[Article], path: Path) -> None:
    """Write articles as JSON lines."""
    path.write_text("".join(json.dumps(asdict(a), ensure_ascii=False) + "\n" for a in articles), "utf-8")


def read_articles(path: Path) -> list[Article]:
    """Read what `write_articles` has written.

    Raises:
        SystemExit: a text is not the one that was chosen.
    """
    articles = [Article(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    for number, article in enumerate(articles, 1):
        if hashlib.sha256(article.text.encode()).hexdigest() != article.sha256:
            raise SystemExit(f"{path}, line {number}: the text of {article.id} does not have its sha256")
    return articles


def as_listed(articles: Sequence[Article]) -> str:
    """Return the list that is part of the project, as JSON: everything but the texts."""
    listed = [
        {k: v for k, v in asdict(a).items() if k != "text"} | {"characters": len(a.text)} for a in articles
    ]
    return "[\n" + ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in listed) + "\n]\n"
