"""The sheets that judges fill in (`judged.py sheet`): articles and summaries without the names of the styles, and `items.csv`.

A folder of sheets holds one Markdown file per article, `INSTRUCTIONS.md` and `items.csv`. The key, which letter is which
style, is a file beside the folder, so that the folder can be given to judges as it is. An item is one thing to judge: `A.headline`, `A.2` (the second sentence of
summary A), `A.summary` (the summary as a whole), `A-B` (which of two summaries is preferred).
"""

from __future__ import annotations

import csv
import itertools
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from judged_selection import Article

from briefing import Source

COLUMNS = ("article", "item", "verdict", "note")
#: What a judge can say, by kind of item; of a pair: one of the letters, or "tie".
VERDICTS = {
    "headline": ("true", "misleading", "false"),
    "sentence": ("true", "misleading", "false", "unclear"),
    "summary": ("good", "partly", "poor"),
}
TIE = "tie"
_FIRST_WORD = re.compile(r"\W*[\w’'-]+")

INSTRUCTIONS = """\
# How to judge

Each file has an article with numbered sentences and, below it, several summaries under letters. Which program made which
summary is not told; the letters change from article to article. Read the whole article first. Use nothing but the article:
what you know from elsewhere does not make a sentence true or false.

Fill in the column `verdict` of `items.csv`, one verdict for each line, in any order; `note` is free. Add and remove no lines.
A word or name in brackets, as in "She [Ada Moss] left", was added by the program for the reader: judge it as part of the sentence.

## A sentence (`A.1`, `A.2`, ...) and a headline (`A.headline`)

The first of these that applies:

- `false`: the article says otherwise, or does not say it.
- `misleading`: each word may be backed, but a reader gets a wrong idea: a wrong person, an allegation, a plan or somebody's words
  told as fact, another context, what was left out turns the meaning round.
- `unclear` (sentences only): a reader who sees only this summary, with its headline, cannot tell who or what the sentence is about. For example
  a byline, a section heading, a photo caption, a sentence that is cut off, "They" or "the woman" whose name stands nowhere in the summary before it.
- `true`: the article says so, and nothing misleads.

A sentence that the article has word for word can be misleading or unclear in a summary; whether it is, is the question.
A sentence is judged by itself, read after those before it: not by how important it is.

## A summary as a whole (`A.summary`)

Does it tell what the article is about, to somebody who will not read it?

- `good`: the main point, and who and what it is about.
- `partly`: some of it; the main point is missing or hard to see.
- `poor`: no.

## Two summaries (`A-B`)

Which of the two would you rather have, to know what the article is about? The letter, or `tie`.
"""


@dataclass(frozen=True)
class Item:
    """One thing to judge."""

    key: str
    kind: str
    """ "headline", "sentence", "summary" or "pair"."""
    text: str = ""


@dataclass(frozen=True)
class Sheet:
    """What a key tells of one sheet."""

    id: str
    """Of the article."""
    lang: str
    letters: dict[str, str]
    """Letter to style."""
    items: list[str]


@dataclass(frozen=True)
class Verdict:
    """What one judge said about one item, by style instead of letter."""

    article: str
    """Its id."""
    lang: str
    style: str
    """Of a pair, both, as in "extractive/written"."""
    item: str
    """`headline`, the number of a sentence, `summary` or `pair`."""
    kind: str
    verdict: str
    """Of a pair, a style or "tie"."""

    @property
    def place(self) -> tuple[str, str, str]:
        """What the verdict is about."""
        return self.article, self.style, self.item


Results = dict[str, dict[str, dict[str, Any]]]


def read_results(paths: Sequence[Path]) -> Results:
    """Return what `judged.py brief` has written, by style and article.

    Raises:
        SystemExit: a line cannot be read, or there are two of one style and article.
    """
    results: Results = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                by_article = results.setdefault(row["style"], {})
                if row["id"] in by_article:
                    raise SystemExit(f"{path}, line {number}: {row['id']} in style {row['style']} again")
                by_article[row["id"]] = row
            except (ValueError, KeyError, TypeError) as error:
                raise SystemExit(f"{path}, line {number}: no result ({error!r})") from error
    return results


def shown(sentence: Mapping[str, Any]) -> str:
    """Return a sentence as readers see it: with the name that its opening pronoun stands for."""
    text, antecedent = " ".join(sentence["text"].split()), sentence.get("antecedent")
    word = _FIRST_WORD.match(text)
    if antecedent is None or word is None:
        return text
    return f"{word.group()} [{antecedent['text']}]{text[word.end() :]}"


def items_of(letter: str, result: Mapping[str, Any]) -> list[Item]:
    """Return the items of one summary."""
    headline = result.get("headline")
    items = [Item(f"{letter}.headline", "headline", " ".join(headline.split()))] if headline else []
    for number, sentence in enumerate(result["summary"]["sentences"], 1):
        items.append(Item(f"{letter}.{number}", "sentence", shown(sentence)))
    return [*items, Item(f"{letter}.summary", "summary")]


def write_sheets(articles: Sequence[Article], results: Results, folder: Path, seed: int) -> None:
    """Write a folder of sheets, and the key beside it. An article that a style failed for is judged in the other styles.

    Raises:
        SystemExit: a style has no line for an article, or the folder exists.
    """
    for style, by_article in results.items():
        if missing := [article.id for article in articles if article.id not in by_article]:
            raise SystemExit(f"style {style} has no result for {', '.join(missing)}")
    if folder.exists():
        raise SystemExit(f"{folder} exists")
    folder.mkdir(parents=True)
    key, lines = {}, []
    for number, article in enumerate(articles, 1):
        made = {style: rows[article.id]["result"] for style, rows in results.items()}
        styles = sorted(style for style, result in made.items() if result is not None)
        # Seeded with a text: the same letters on every machine and version.
        random.Random(f"{seed} {article.id}").shuffle(styles)
        letters = {chr(ord("A") + place): style for place, style in enumerate(styles)}
        summaries = {letter: items_of(letter, made[style]) for letter, style in letters.items()}
        pairs = [Item(f"{one}-{other}", "pair") for one, other in itertools.combinations(letters, 2)]
        items = [*itertools.chain.from_iterable(summaries.values()), *pairs]
        name = f"{number:02}"
        (folder / f"{name}.md").write_text(_page(name, article, summaries, pairs), "utf-8")
        key[name] = asdict(Sheet(article.id, article.lang, letters, [item.key for item in items]))
        lines += [(name, item.key, "", "") for item in items]
    (folder / "INSTRUCTIONS.md").write_text(INSTRUCTIONS, "utf-8")
    key_of(folder).write_text(json.dumps(key, ensure_ascii=False, indent=1), "utf-8")
    with (folder / "items.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *lines])


def key_of(folder: Path) -> Path:
    """Return where the key to a folder of sheets is."""
    return folder.with_name(f"{folder.name}.key.json")


def _page(name: str, article: Article, summaries: Mapping[str, Sequence[Item]], pairs: Sequence[Item]) -> str:
    source = Source.from_text(article.text, lang=article.lang)
    lines = [f"# Article {name} ({article.lang})", ""]
    lines += [f"{n}. {' '.join(sentence.text.split())}" for n, sentence in enumerate(source.sentences, 1)]
    for letter, items in summaries.items():
        lines += ["", f"## Summary {letter}", ""]
        lines += [f"- `{item.key}` {item.text}".rstrip() for item in items if item.kind != "summary"]
        lines += [f"- `{letter}.summary` (all of it)"]
    lines += ["", "## Preferred", "", *(f"- `{pair.key}`" for pair in pairs)]
    return "\n".join(lines) + "\n"


def read_key(path: Path) -> dict[str, Sheet]:
    """Read the key to a folder of sheets."""
    return {name: Sheet(**sheet) for name, sheet in json.loads(path.read_text(encoding="utf-8")).items()}


def kind_of(item: str) -> str:
    """Return the kind of an item by its key."""
    if "-" in item:
        return "pair"
    last = item.partition(".")[2]
    return last if last in VERDICTS else "sentence"


def read_verdicts(path: Path, key: Mapping[str, Sheet]) -> list[Verdict]:
    """Read a filled `items.csv`.

    Raises:
        SystemExit: a line is not of the form, its verdict is not one of those for its item, or items are missing. Tells all of it.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        first = next(reader, [])
        if tuple(first) != COLUMNS:
            raise SystemExit(f"{path}, line 1: the columns are {', '.join(COLUMNS)}, not {', '.join(first)}")
        rows = [(reader.line_num, row) for row in reader if row]
    problems, verdicts, seen = [], [], Counter[tuple[str, str]]()
    for number, row in rows:
        problem = _problem(row, key) or (
            f"{row[1]} of article {row[0]} again" if seen[row[0], row[1]] else ""
        )
        if problem:
            problems.append(f"{path}, line {number}: {problem}")
        else:
            verdicts.append(_by_style(row[1], row[2].strip(), key[row[0]]))
        if len(row) > 1:
            seen[row[0], row[1]] += 1
    problems += [
        f"{path}: {item} of article {name} is missing"
        for name, sheet in key.items()
        for item in sheet.items
        if not seen[name, item]
    ]
    if problems:
        raise SystemExit("\n".join(problems))
    return verdicts


def _problem(row: Sequence[str], key: Mapping[str, Sheet]) -> str:
    if len(row) != len(COLUMNS):
        return f"{len(row)} fields instead of {len(COLUMNS)}"
    name, item, verdict = row[0], row[1], row[2].strip()
    if name not in key or item not in key[name].items:
        return f"there is no item {item!r} of article {name!r}"
    kind = kind_of(item)
    allowed = (*item.split("-"), TIE) if kind == "pair" else VERDICTS[kind]
    if verdict not in allowed:
        said = f"{verdict!r} is no verdict" if verdict else "no verdict"
        return f"{said} on {item} of article {name}; there are {', '.join(allowed)}"
    return ""


def _by_style(item: str, verdict: str, sheet: Sheet) -> Verdict:
    kind = kind_of(item)
    if kind == "pair":
        styles = "/".join(sorted(sheet.letters[letter] for letter in item.split("-")))
        return Verdict(sheet.id, sheet.lang, styles, kind, kind, sheet.letters.get(verdict, verdict))
    letter, _, place = item.partition(".")
    return Verdict(sheet.id, sheet.lang, sheet.letters[letter], place, kind, verdict)


def verdict_pairs(first: Sequence[Verdict], second: Sequence[Verdict]) -> Iterator[tuple[Verdict, Verdict]]:
    """Yield what two judges said about the same item.

    Raises:
        SystemExit: they judged different items.
    """
    others = {verdict.place: verdict for verdict in second}
    if odd := {verdict.place for verdict in first} ^ others.keys():
        raise SystemExit(f"only one of the judges has {', '.join(' '.join(place) for place in sorted(odd))}")
    for verdict in first:
        yield verdict, others[verdict.place]
