"""Point against copy: briefings of the same articles by the same model, with ids and with texts copied out.

    python benchmarks/point_vs_copy.py seeds:3 DATA/polnear_train_en.jsonl:2 --output results.jsonl
    python benchmarks/point_vs_copy.py --table results.jsonl [--show]

An input is a file, a folder of articles, or a JSON lines file (``id``, ``text``, ``lang``, ``quotes``); ``:N`` takes a
sample of N that have a quotation and a length within ``--words``. Each article is briefed with each method of ``--methods``:

- joint, staged: `Briefer.summarize`, with that plan;
- copying: the same fields, asked for through instructor with plain pydantic models and the instructions of
  ``prompts/briefing.yaml``, but that quotes and evidence are to be copied. Same server, temperature, limits and number of
  re-asks. The article is shown without ids, and without the cues of our reader, which are part of the other method.

Results are appended to ``--output``; what is there already is not asked again, so a long run can be cut into several.
The table is printed from that file alone. What a line of it says:

- in the article, exact: the text is a substring of the article, marks and white space at its ends left out;
- in the article, typography aside: also with quotation marks, apostrophes, dashes, white space and the punctuation at its
  end folded, or with an ellipsis between pieces that all occur. Checked here, by code that the library does not use;
- right speaker: the name shares a word with the labelled one. A quote that is in no labelled quotation is wrong; one whose
  labelled speaker is a pronoun is not judged. Labels: the data's own; for ``seeds/``, ``benchmarks/seed_quotes.jsonl``;
- output tokens: of all attempts and repairs;
- items written again: statements, quotations and names that an answer already held; they cost tokens and are left out
  of the result;
- the same briefing copied out: what the pointing model wrote, with each id replaced by the text it points at; counted by
  the same server's tokenizer, as compact JSON. This does not depend on what the copying model does. "answer" is the same
  with its ids, items written again left out on both sides; "output tokens" is all that pointing cost, such items,
  attempts and repairs included.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import unicodedata
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

import regex
from pydantic import BaseModel, ConfigDict, Field

import briefing
from briefing.grounding.resolution import Grounding, quotation_by_id, sentences_by_id
from briefing.llm.asks import Ask
from briefing.llm.client import Client, Flow
from briefing.llm.deadline import Deadline
from briefing.llm.targets import Target, target_of
from briefing.prompts.template import language_name, load_prompt
from briefing.quotations.cue_lexicon import is_pronoun
from briefing.schemas.json_schema import outline

Row = dict[str, Any]
_METHODS = ("joint", "staged", "copying")
_LABELS = Path(__file__).parent / "seed_quotes.jsonl"
#: As the library does it.
_REASKS, _LOCAL_MAX_TOKENS, _LOCAL_SECONDS, _SECONDS = 2, 2048, 900.0, 60.0


# --- Copying: the same briefing, in plain models -----------------------------------------------------------------

#: What the instructions say about pointing, and what they say instead.
SWAPS = {
    " Each line is one sentence with its number in brackets, such as [7].\n": "\n",
    "A quotation is marked with its id, such as ‹q2›, where it begins.\n": "",
    "- Point, do not copy: cite sentences by their numbers and quotations by their ids.": (
        "- Copy quotations and evidence from the article, word for word."
    ),
    "- To quote inside a sentence, write the quotation's id, such as ‹q2›, or ‹q2: a part of its words›; "
    "write no quotation marks yourself.\n": "",
}


def _described(name: str) -> str:
    return briefing.Briefing.model_fields[name].description or ""


def _limited(description: str, **limits: Any) -> Any:
    # Limits of the library's local grammar, for the server only: an answer that exceeds them is taken all the same.
    return Field(description=description, json_schema_extra=limits)


class CopiedStatement(BaseModel):
    """A sentence of the summary, with its evidence in words."""

    text: str = _limited("one complete sentence", maxLength=400)
    evidence: list[str] = _limited(
        "the sentences of the article that say so, copied word for word", minItems=1, maxItems=3
    )


class CopiedQuote(BaseModel):
    """A quotation in words."""

    text: str = Field(description="a quotation, copied word for word")
    speaker: str | None = Field(description="name of who said it, as the article has it")


class CopiedEntity(BaseModel):
    """As the library's wire form has it."""

    name: str = _limited("full name, as the article has it", maxLength=80)
    type: Literal["person", "organization", "country", "place", "event", "product", "work", "other"]
    role: str | None = Field(
        description="a person's office or an organization's trade, in words of the article; else null"
    )


class CopiedBriefing(BaseModel):
    """The fields of `Briefing` that a model fills."""

    # llama.cpp's grammar allows white space between tokens, on which small models spend theirs.
    model_config = ConfigDict(
        json_schema_extra={
            "x-guidance": {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        }
    )

    headline: str = _limited(_described("headline"), maxLength=400)
    summary: list[CopiedStatement] = _limited(_described("summary"), minItems=2, maxItems=5)
    # Each article has a quotation, and the library's local grammar asks for one, too.
    key_quotes: list[CopiedQuote] = _limited(_described("key_quotes"), minItems=1, maxItems=8)
    entities: list[CopiedEntity] = _limited(_described("entities"), minItems=1, maxItems=16)


def copying_messages(source: briefing.Source) -> list[dict[str, str]]:
    """The library's prompt with its pointing rules replaced.

    Raises:
        ValueError: the prompt has changed, and `SWAPS` no longer fits.
    """
    prompt = load_prompt("briefing")
    system = prompt.system
    for pointing, copying in SWAPS.items():
        if pointing not in system:
            raise ValueError(f"prompts/briefing.yaml no longer says {pointing!r}")
        system = system.replace(pointing, copying)
    prompt = prompt.model_copy(update={"system": system})
    rendered = prompt.render(
        article=source.text, fields=outline(CopiedBriefing), language=language_name(source.lang)
    )
    return [dict(message) for message in rendered]


# --- Asking ------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """What one method made of one article."""

    quotes: list[dict[str, Any]] = field(default_factory=list)  # pieces, speaker
    evidence: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)  # label of the ask, answer
    input_tokens: int = 0
    output_tokens: int = 0
    attempts: int = 0
    error: str | None = None
    pointed: int | None = None  # tokens of the answer with its ids
    copied_out: int | None = None  # tokens of the same answer with the texts in their place


def point(source: briefing.Source, target: Target, plan: Literal["joint", "staged"]) -> Result:
    """Brief an article with the library, and keep what the model wrote."""
    result = Result()

    class Recording(Client):
        def flow(self, ask: Ask, deadline: Deadline, *costs: Any) -> Flow:
            answer = yield from super().flow(ask, deadline, *costs)
            result.written.append((ask.label, answer.text))
            return answer

    model = target.spec or target.model
    with patch("briefing.briefer.connections.Client", Recording):
        briefer = briefing.Briefer(model, base_url=target.base_url, api_key=target.api_key, plan=plan)
        with briefer:
            try:
                made = briefer.summarize(source, style="written")
            except briefing.BriefingError as error:
                result.error = f"{type(error).__name__}: {error}"
                usage, result.attempts = getattr(error, "usage", None), getattr(error, "attempts", 0)
            else:
                usage, result.attempts = made.meta.usage, made.meta.attempts
                result.quotes = [
                    {"pieces": [span.text for span in quote.spans], "speaker": quote.speaker}
                    for quote in made.key_quotes
                ]
                result.evidence = [span.text for s in made.summary.sentences for span in s.evidence]
                result.names = [entity.name for entity in made.entities]
    if usage is not None:
        result.input_tokens, result.output_tokens = usage.input_tokens, usage.output_tokens
    if result.error is None:
        wire = without_repeats(merged(result.written))
        result.pointed = count_tokens(wire, target)
        result.copied_out = count_tokens(copied_out(wire, source), target)
    return result


def copy(source: briefing.Source, target: Target) -> Result:
    """Brief an article with instructor alone."""
    import instructor

    result = Result()

    def tally(response: Any) -> None:
        result.attempts += 1
        result.input_tokens += response.usage.prompt_tokens
        result.output_tokens += response.usage.completion_tokens
        result.written.append(("copying", response.choices[0].message.content or ""))

    client: Any = instructor.from_provider(
        f"{target.provider}/{target.name}",
        base_url=target.base_url,
        api_key=target.api_key,
        mode=instructor.Mode.JSON_SCHEMA,
    )
    client.client.max_retries = 0
    client.on("completion:response", tally)
    sampling: dict[str, Any] = {} if target.reasons else {"temperature": 0.0}
    if target.local:
        sampling["max_tokens"] = _LOCAL_MAX_TOKENS
    try:
        made = client.create(
            messages=copying_messages(source),
            response_model=CopiedBriefing,
            max_retries=_REASKS,
            timeout=_LOCAL_SECONDS if target.local else _SECONDS,
            **sampling,
        )
    except Exception as error:
        result.error = f"{type(error).__name__}: {error}"[:300]
        return result
    result.quotes = [{"pieces": [quote.text], "speaker": quote.speaker} for quote in made.key_quotes]
    result.evidence = [text for statement in made.summary for text in statement.evidence]
    result.names = [entity.name for entity in made.entities]
    return result


def without_repeats(wire: dict[str, Any]) -> dict[str, Any]:
    """An answer with each statement, quotation and name once, the first."""
    kept = {}
    for name in ("summary", "key_quotes", "entities"):
        first: dict[str, Any] = {}
        for item in wire[name]:
            # By what comes first in it: the text, the id or the name.
            first.setdefault(next(iter(item.values())), item)
        kept[name] = list(first.values())
    return wire | kept


def merged(written: list[tuple[str, str]]) -> dict[str, Any]:
    """The answers to all fields as one, repairs left out."""
    # The last of several attempts at the same.
    answers = [json.loads(text) for label, text in dict(written).items() if label != "repair"]
    return {name: value for answer in answers for name, value in answer.items()}


def copied_out(wire: dict[str, Any], source: briefing.Source) -> dict[str, Any]:
    """An answer with each id replaced by the text it points at; ids of nothing are left out."""
    grounding = Grounding(source)
    summary = [
        statement | {"evidence": [span.text for span in sentences_by_id(statement["evidence"], source)[0]]}
        for statement in wire["summary"]
    ]
    quotes = []
    for quote in wire["key_quotes"]:
        quotation = quotation_by_id(quote["id"], grounding)
        spans, _ = sentences_by_id([quote["id"]], source)
        if quotation is not None or spans:
            text = quotation.text if quotation is not None else spans[0].text
            quotes.append({"text": text, "speaker": quote["speaker"]})
    return wire | {"summary": summary, "key_quotes": quotes}


def count_tokens(answer: Any, target: Target) -> int | None:
    """Tokens of an answer as compact JSON, by llama.cpp's tokenizer; `None` where the server has none."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    request = urllib.request.Request(
        f"{(target.base_url or '').removesuffix('/v1')}/tokenize",
        data=json.dumps({"content": text}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {target.api_key}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if target.local else None))
    try:
        with opener.open(request, timeout=30) as response:
            return len(json.load(response)["tokens"])
    except (OSError, ValueError, KeyError):
        return None


# --- Judging: nothing of the library's own checks -----------------------------------------------------------------

_MARKS = " \t\r\n\"'“”„‟«»‹›‘’‚‛`´「」『』"
_FOLDS = str.maketrans(
    dict.fromkeys("“”„‟«»‹›「」『』", '"') | dict.fromkeys("‘’‚‛`´ʼ", "'") | dict.fromkeys("‐‑‒–—―−", "-")
)
_SMALL_WORDS = frozenset(
    (
        "the",
        "a",
        "an",
        "of",
        "and",
        "for",
        "his",
        "her",
        "their",
        "former",
        "der",
        "die",
        "das",
        "des",
        "ein",
        "eine",
        "von",
        "mr",
        "mrs",
        "ms",
        "dr",
    )
)


def folded(text: str) -> str:
    """A text without the differences that typography makes."""
    text = unicodedata.normalize("NFKC", text).translate(_FOLDS).replace("''", '"').replace("\u00ad", "")
    return " ".join(text.split()).strip(_MARKS + ".,;:…")


def in_article(text: str, article: str) -> Literal["exact", "typographic", "no"]:
    """Whether a text occurs in the article."""
    bare, where = text.strip(_MARKS), folded(article)
    if not any(char.isalnum() for char in bare):
        return "no"
    if bare in article:
        return "exact"
    pieces = [folded(piece) for piece in regex.split(r"…|\.\.\.", bare)]
    return "typographic" if all(piece in where for piece in pieces) or folded(bare) in where else "no"


def quote_status(quote: dict[str, Any], article: str) -> str:
    """The worst status of a quote's pieces."""
    found = {in_article(piece, article) for piece in quote["pieces"]} or {"no"}
    return next(status for status in ("no", "typographic", "exact") if status in found)


def right_speaker(quote: dict[str, Any], row: Row) -> bool | None:
    """Whether a labelled quotation has these words, and its speaker this name; `None` where labels do not tell."""
    if row["gold"] is None:
        return None
    pieces = [folded(piece) for piece in quote["pieces"]]

    def shares_words(gold: dict[str, Any]) -> bool:
        text = folded(gold["text"])
        return any(text == p or (len(p) > 9 and p in text) or (len(text) > 9 and text in p) for p in pieces)

    said = [gold for gold in row["gold"] if shares_words(gold)]
    # An indirect quotation may be around a direct one, by somebody else.
    said = [gold for gold in said if gold["type"].lower() in ("direct", "mixed")] or said
    speakers = [gold["speaker"] for gold in said if gold["speaker"]]
    if not said:
        return False
    if not speakers or all(is_pronoun(name, row["lang"]) for name in speakers):
        return None
    return any(words_of(name) & words_of(quote["speaker"] or "") for name in speakers)


def words_of(name: str) -> set[str]:
    """The words of a name that tell whose it is."""
    return set(regex.findall(r"\w+", folded(name).removesuffix("'s").lower())) - _SMALL_WORDS


# --- Articles -----------------------------------------------------------------------------------------------------


def read_articles(spec: str, words: tuple[int, int], seed: int) -> list[Row]:
    """The articles of one input, or a sample of them."""
    name, _, number = spec.rpartition(":")
    path, wanted = (Path(name), int(number)) if name and number.isdecimal() else (Path(spec), None)
    articles = list(_articles(path))
    if wanted is None:
        return articles
    fitting = [
        article
        for article in articles
        if words[0] <= len(article["text"].split()) <= words[1] and has_quotation(article)
    ]
    return random.Random(seed).sample(fitting, min(wanted, len(fitting)))


def _articles(path: Path) -> Iterator[Row]:
    if path.suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            source = briefing.Source.from_text(article["text"], lang=article.get("lang"))
            yield _article(str(article["id"]), source, article.get("quotes"))
        return
    labels = {row["id"]: row["quotes"] for row in map(json.loads, _LABELS.read_text("utf-8").splitlines())}
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if file.suffix in (".txt", ".md", ".html"):
            yield _article(file.stem, briefing.Source.from_file(file), labels.get(file.stem))


def _article(name: str, source: briefing.Source, quotes: list[dict[str, Any]] | None) -> Row:
    gold = None
    if quotes is not None:
        gold = [{key: quote.get(key) or "" for key in ("text", "speaker", "type")} for quote in quotes]
    return {"article": name, "lang": source.lang, "text": source.text, "gold": gold}


def has_quotation(article: Row) -> bool:
    """Whether somebody is quoted directly: by the labels, else by the library's reader."""
    if article["gold"] is not None:
        return any(gold["type"].lower() == "direct" for gold in article["gold"])
    source = briefing.Source.from_text(article["text"], lang=article["lang"])
    return any(quotation.kind == "speech" for quotation in source.quotations)


# --- The table ----------------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> str:
    """A number of a number, and the percentage."""
    return f"{part}/{whole} ({100 * part / whole:.0f} %)" if whole else "0/0"


def cells(rows: list[Row], copying: dict[str, Row]) -> dict[str, str]:
    """One method's column of the table."""
    answered = [row for row in rows if row["error"] is None]
    quotes = [(quote, row) for row in answered for quote in row["quotes"]]
    statuses = [quote_status(quote, row["text"]) for quote, row in quotes]
    judged = [verdict for quote, row in quotes if (verdict := right_speaker(quote, row)) is not None]
    evidence = [in_article(text, row["text"]) for row in answered for text in row["evidence"]]
    names = [name in row["text"] for row in answered for name in row["names"]]
    made = {
        "articles": str(len(rows)),
        "no usable answer": str(len(rows) - len(answered)),
        "quotes returned": str(len(quotes)),
        "  in the article, exact": share(statuses.count("exact"), len(statuses)),
        "  in the article, typography aside": share(len(statuses) - statuses.count("no"), len(statuses)),
        "  right speaker, of those judged": share(sum(judged), len(judged)),
        "evidence returned": str(len(evidence)),
        "  evidence in the article, exact": share(evidence.count("exact"), len(evidence)),
        "  evidence in the article, typography aside": share(
            len(evidence) - evidence.count("no"), len(evidence)
        ),
        "items written again": str(sum(written_again(row) for row in answered)),
        "names returned": str(len(names)),
        "  names in the article": share(sum(names), len(names)),
    }
    for name, key in (("output tokens", "output_tokens"), ("input tokens", "input_tokens")):
        made[f"{name} per article"] = f"{sum(row[key] for row in rows) / len(rows):.0f}"
    made["calls per article"] = f"{sum(row['attempts'] for row in rows) / len(rows):.1f}"
    made["seconds per article"] = f"{sum(row['seconds'] for row in rows) / len(rows):.0f}"
    both = [(row, other) for row in answered if (other := copying.get(row["article"])) and not other["error"]]
    made["output tokens / copying's"] = ratio(
        (row["output_tokens"], other["output_tokens"]) for row, other in both
    )
    counted = [row for row in answered if row["copied_out"]]
    made["answer / the same briefing copied out"] = ratio(
        (row["pointed"], row["copied_out"]) for row in counted
    )
    made["output tokens / the same briefing copied out"] = ratio(
        (row["output_tokens"], row["copied_out"]) for row in counted
    )
    return made


def written_again(row: Row) -> int:
    """How many items of an answer it already held."""
    wire = merged(row["written"])
    return sum(
        len(wire[name]) - len(items) for name, items in without_repeats(wire).items() if name != "headline"
    )


def ratio(pairs: Iterable[tuple[int, int]]) -> str:
    """Of two sums, with the number of articles."""
    pairs = list(pairs)
    whole = sum(other for _, other in pairs)
    return f"{sum(one for one, _ in pairs) / whole:.2f} (n={len(pairs)})" if whole else "-"


def print_table(rows: list[Row], *, show: bool) -> None:
    """One table a model, then each quote and what became of it."""
    for model in dict.fromkeys(row["model"] for row in rows):
        of_model = [row for row in rows if row["model"] == model]
        copying = {row["article"]: row for row in of_model if row["method"] == "copying"}
        columns = {
            method: cells(picked, copying)
            for method in _METHODS
            if (picked := [row for row in of_model if row["method"] == method])
        }
        days = sorted({row["date"] for row in of_model})
        print(f"\n{model}, {' to '.join(dict.fromkeys((days[0], days[-1])))}, {of_model[-1]['versions']}")
        titles = {"joint": "pointing, joint", "staged": "pointing, staged", "copying": "copying"}
        print(f"{'':46}" + "".join(f"{titles[method]:>18}" for method in columns))
        for line in next(iter(columns.values())):
            print(f"{line:46}" + "".join(f"{column[line]:>18}" for column in columns.values()))
    for row in rows if show else []:
        print(f"\n{row['model']} {row['method']} {row['article']}: {row['error'] or ''}")
        for quote in row["quotes"]:
            status, right = quote_status(quote, row["text"]), right_speaker(quote, row)
            verdict = {True: "right", False: "WRONG", None: "not judged"}[right]
            print(f"  {status:11} {verdict:10} {quote['speaker']!r}: {' … '.join(quote['pieces'])}")
        for text in row["evidence"]:
            if in_article(text, row["text"]) != "exact":
                print(f"  evidence    {in_article(text, row['text'])}: {text}")


# --- Running ------------------------------------------------------------------------------------------------------


def connected(model: str, base_url: str | None, api_key: str | None) -> Target:
    """The model's server; a local one is started."""
    target = target_of(model, base_url=base_url, api_key=api_key)
    if not target.local or base_url:
        return target
    from briefing.local.server import serve

    endpoint = serve(target.spec)
    assert endpoint.warning is None, endpoint.warning
    return target_of(model, base_url=endpoint.base_url, api_key=endpoint.api_key)


def run(arguments: argparse.Namespace) -> None:
    """Brief what is not in the output yet, until the time is over."""
    output: Path = arguments.output
    known = [json.loads(line) for line in output.read_text("utf-8").splitlines()] if output.exists() else []
    done = {(row["model"], row["method"], row["article"]) for row in known}
    articles = [
        article
        for spec in arguments.inputs
        for article in read_articles(spec, arguments.words, arguments.seed)
    ]
    target = connected(arguments.model, arguments.base_url, arguments.api_key)
    versions = f"briefing {briefing.__version__}, instructor {version('instructor')}"
    begun = time.monotonic()
    for article in articles:
        source = briefing.Source.from_text(article["text"], lang=article["lang"])
        for method in arguments.methods:
            if (target.model, method, article["article"]) in done:
                continue
            if time.monotonic() - begun > arguments.minutes * 60:
                print("time is over; run again for the rest", file=sys.stderr)
                return
            started = time.monotonic()
            result = copy(source, target) if method == "copying" else point(source, target, method)
            row = {
                "model": target.model,
                "method": method,
                "seconds": round(time.monotonic() - started, 1),
                "date": f"{datetime.now(UTC):%Y-%m-%d}",
                "versions": versions,
                **vars(result),
                **article,
            }
            with output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(f"{method} {article['article']}: {row['seconds']} s {result.error or ''}", file=sys.stderr)


def main() -> None:
    """Run, then print the table of all that is in the output."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("inputs", nargs="*", metavar="PATH[:N]")
    parser.add_argument("--model", default="local", help="local, local/NAME, or provider/name")
    parser.add_argument("--base-url", help="of an OpenAI-compatible server")
    parser.add_argument("--api-key", help="default: from the provider's environment variable")
    parser.add_argument("--methods", nargs="+", choices=_METHODS, default=_METHODS)
    parser.add_argument("--words", nargs=2, type=int, default=(300, 500), metavar=("LEAST", "MOST"))
    parser.add_argument("--seed", type=int, default=1, help="of the samples")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin nothing new after this")
    parser.add_argument("--output", "--table", type=Path, default=Path("point_vs_copy.jsonl"))
    parser.add_argument(
        "--show", action="store_true", help="list each quote, and evidence not in the article"
    )
    arguments = parser.parse_args()
    if arguments.inputs:
        run(arguments)
    rows = [json.loads(line) for line in arguments.output.read_text("utf-8").splitlines()]
    print_table(rows, show=arguments.show)


if __name__ == "__main__":
    main()
