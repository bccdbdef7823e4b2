"""Have summaries judged sentence by sentence: what is false, misleading or unclear, and whether the library had marked it.

    python benchmarks/judged.py articles DATA [DATA ...] --out ARTICLES.jsonl
    python benchmarks/judged.py brief ARTICLES.jsonl --style extractive --model local --out EXTRACTIVE.jsonl
    python benchmarks/judged.py brief ARTICLES.jsonl --style written --model local --out WRITTEN.jsonl
    python benchmarks/judged.py brief ARTICLES.jsonl --style lead3 --out LEAD3.jsonl
    python benchmarks/judged.py sheet ARTICLES.jsonl EXTRACTIVE.jsonl WRITTEN.jsonl LEAD3.jsonl --out SHEETS --seed 1
    python benchmarks/judged.py report SHEETS.key.json --judges JUDGE1.csv JUDGE2.csv
        --results EXTRACTIVE.jsonl WRITTEN.jsonl LEAD3.jsonl [--csv benchmarks/judged_sheet.csv]

- `articles` picks 40 news texts that no rule was fitted on (`judged_selection.py`), by a hash of their ids: 12 in English, 8 in
  German, 6 in French, 6 in Spanish, 4 in Russian, 4 in Chinese or Japanese. DATA are folders with the files in `QUOTAS`. The
  texts belong to their publishers and stay outside the project; `judged_articles.json` lists ids and SHA-256, and the command
  fails if it picks others (`--record` writes the list anew).
- `brief` makes the briefings one after the other and appends a JSON line for each; an interrupted run continues. `seconds` are
  of the whole briefing, without the start of a local model; `steps` has the second in which each question to the model began.
  `lead3` is the baseline without a model: the first three sentences, no headline.
- `sheet` writes what the judges get: an article and its summaries under letters, and `items.csv`, to be filled by each
  judge alone. `SHEETS.key.json`, which letter is which style, stays with whoever runs this.
- `report` compares two filled files. With sheets of two seeds, give both keys, in the order of the judges. `--csv` writes
  the verdicts without any text.

A headline or sentence is "true", "misleading", "false" or, a sentence, "unclear"; the file `INSTRUCTIONS.md` of a folder of sheets
says when. It has an "error" or a "note" if the library marked it with one. "Both" are items on which both judges say the same.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from judged_report import judged, report, write_judgements
from judged_selection import Article, as_listed, read_articles, select, write_articles
from judged_sheets import read_key, read_results, read_verdicts, write_sheets

from briefing import Briefer, BriefingError, Source

_LIST = Path(__file__).with_name("judged_articles.json")
_LEAD = "lead3"


def pick(folders: Sequence[Path], out: Path, *, record: bool, listed: Path = _LIST) -> None:
    """Write the articles, and the list of them or a complaint about it.

    Raises:
        SystemExit: the list has other articles.
    """
    articles = select(folders)
    if record:
        listed.write_text(as_listed(articles), "utf-8")
    known = {entry["id"]: entry["sha256"] for entry in json.loads(listed.read_text("utf-8"))}
    picked = {article.id: article.sha256 for article in articles}
    if known != picked:
        odd = sorted(i for i in known.keys() | picked.keys() if known.get(i) != picked.get(i))
        raise SystemExit(f"{listed.name} has other texts than those picked: {', '.join(odd)}")
    write_articles(articles, out)


def lead(source: Source) -> dict[str, Any]:
    """Return the first three sentences in the form of a briefing."""
    sentences = [
        {"text": span.text, "support": "supported", "findings": [], "evidence": [span.model_dump()]}
        for span in source.sentences[:3]
    ]
    return {"headline": None, "summary": {"sentences": sentences}}


def make_lines(
    articles: Sequence[Article], style: str, out: Path, make: Callable[[Source], dict[str, Any]]
) -> None:
    """Append a line for each article that the file does not have yet.

    Args:
        articles: the articles.
        style: name of the style, written into each line.
        out: the file.
        make: makes the fields of a line from an article.
    """
    results = read_results([out]) if out.exists() else {}
    if results.keys() - {style}:
        raise SystemExit(f"{out} has results of style {', '.join(results)}")
    done = results.get(style, {})
    for article in articles:
        if article.id in done:
            continue
        source = Source.from_text(article.text, lang=article.lang)
        begun = time.perf_counter()
        made = make(source)
        seconds = round(time.perf_counter() - begun, 3)
        line = {"id": article.id, "style": style, "seconds": seconds} | made
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        print(f"{article.id}: {seconds:.1f} s{', ' + made['error'] if made['error'] else ''}", flush=True)


def made_by_lead(source: Source) -> dict[str, Any]:
    """Return the fields of a line of the baseline."""
    return {"output_tokens": 0, "steps": [], "result": lead(source), "error": None}


@contextmanager
def making(
    connection: dict[str, Any], options: dict[str, Any]
) -> Iterator[Callable[[Source], dict[str, Any]]]:
    """Yield a function that makes a briefing and returns the fields of its line.

    Args:
        connection: arguments of `Briefer`.
        options: arguments of `Briefer.summarize`.
    """
    steps: list[tuple[str, float]] = []

    def make(source: Source) -> dict[str, Any]:
        steps.clear()
        begun = time.perf_counter()
        result, error = None, None
        try:
            briefing = briefer.summarize(source, **options)
            result, usage = briefing.model_dump(mode="json"), briefing.meta.usage
        except BriefingError as raised:
            error, usage = f"{type(raised).__name__}: {raised}", raised.usage
        return {
            "output_tokens": usage.output_tokens if usage else 0,
            "input_tokens": usage.input_tokens if usage else 0,
            "steps": [(label, round(at - begun, 3)) for label, at in steps],
            "result": result,
            "error": error,
        }

    with Briefer(
        **connection, on_progress=lambda label: steps.append((label, time.perf_counter()))
    ) as briefer:
        yield make


def connect(model: str, base_url: str | None, api_key: str | None) -> dict[str, Any]:
    """Return the arguments of `Briefer`; starts a local model, so that its start is not measured."""
    if base_url is None and model.startswith("local"):
        from briefing.local.server import serve

        endpoint = serve(model)
        base_url, api_key = endpoint.base_url, endpoint.api_key
    return {"model": model, "base_url": base_url, "api_key": api_key}


def compare(keys: Sequence[Path], judges: Sequence[Path], results: Sequence[Path], out: Path | None) -> str:
    """Return the report on two judges."""
    if len(keys) > len(judges):
        raise SystemExit("give one key, or one for each of the two judges")
    read = [read_key(path) for path in keys]
    first, second = read_verdicts(judges[0], read[0]), read_verdicts(judges[1], read[-1])
    lines = read_results(results)
    items = judged(first, second, lines)
    if out is not None:
        write_judgements(items, out)
    return report(items, lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    picking = commands.add_parser("articles", help="pick the articles")
    picking.add_argument("data", type=Path, nargs="+")
    picking.add_argument("--out", type=Path, required=True)
    picking.add_argument("--record", action="store_true", help="write the list of ids and hashes")
    briefing = commands.add_parser("brief", help="make the briefings")
    briefing.add_argument("articles", type=Path)
    briefing.add_argument("--style", choices=("written", "extractive", _LEAD), required=True)
    briefing.add_argument("--model", default="local")
    briefing.add_argument("--base-url", help="of a server that runs already")
    briefing.add_argument("--api-key")
    briefing.add_argument("--out", type=Path, required=True)
    writing = commands.add_parser("sheet", help="write the sheets")
    writing.add_argument("articles", type=Path)
    writing.add_argument("results", type=Path, nargs="+")
    writing.add_argument("--out", type=Path, required=True)
    writing.add_argument("--seed", type=int, default=1)
    telling = commands.add_parser("report", help="compare two judges")
    telling.add_argument("keys", type=Path, nargs="+")
    telling.add_argument("--judges", type=Path, nargs=2, required=True)
    telling.add_argument("--results", type=Path, nargs="+", required=True)
    telling.add_argument("--csv", type=Path)
    given = parser.parse_args(arguments)
    if given.command == "articles":
        pick(given.data, given.out, record=given.record)
    elif given.command == "brief" and given.style == _LEAD:
        make_lines(read_articles(given.articles), _LEAD, given.out, made_by_lead)
    elif given.command == "brief":
        options = {"style": given.style, "on_unsupported": "mark"}
        with making(connect(given.model, given.base_url, given.api_key), options) as make:
            make_lines(read_articles(given.articles), given.style, given.out, make)
    elif given.command == "sheet":
        write_sheets(read_articles(given.articles), read_results(given.results), given.out, given.seed)
    else:
        print(compare(given.keys, given.judges, given.results, given.csv), end="")


if __name__ == "__main__":
    main()
