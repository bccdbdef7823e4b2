"""Does the library give the same results as before a change? Every article of a folder, read, asked about, briefed, checked.

    python benchmarks/same_results.py DATA --save BEFORE [--every N]      # with the code before the change
    python benchmarks/same_results.py DATA --compare BEFORE [--every N]   # with the code after it

DATA is a folder of ``.jsonl`` files with a `text` (and `lang`), ``.txt`` files, which are cut into articles, and
``.json`` files of sentences by paragraph. Without a model or a server: answers are those of the fake model, and the same
with wrong digits, numbers of sentences, speakers, ids and names, so that findings, repairs and warnings occur. A file of BEFORE has a
line per article and case. With ``--every N``, only each N-th article.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from stub_driver import brief, stub_briefer  # noqa: E402

from briefing import BriefingError, Source, check  # noqa: E402
from briefing.llm.asks import Ask  # noqa: E402
from briefing.schemas.json_schema import wire_schema  # noqa: E402
from briefing.testing.answers import answer_to  # noqa: E402
from briefing.testing.protocols import Question  # noqa: E402

_LONGEST = 20_000
_CHUNK = 4_000
#: Name of the case, whether the answers are wrong, the briefer's options, and how to write.
CASES: dict[str, tuple[bool, dict[str, Any], dict[str, Any]]] = {
    "written": (False, {"plan": "joint"}, {"style": "written"}),
    "wrong": (True, {"plan": "joint"}, {"style": "written"}),
    "replace": (True, {"plan": "joint"}, {"style": "written", "on_unsupported": "replace"}),
    "extractive": (False, {"plan": "joint"}, {"style": "extractive"}),
    "local": (False, {"plan": "staged", "model": "local"}, {}),
    "local_written": (True, {"plan": "staged", "model": "local"}, {"style": "written"}),
}


def articles(path: Path) -> Iterator[tuple[str, str, str | None, list[str]]]:
    """The articles of a file: id, text, language, and statements about it."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        for number, line in enumerate(content.splitlines()):
            row = json.loads(line)
            yield row.get("id", str(number)), row["text"], row.get("lang"), _statements(row)
    elif path.suffix == ".json":
        for name, data in json.loads(content).items():
            for doc in data["docs"]:
                paras = (data["sep"].join(sentences) for sentences in doc["paras"])
                yield f"{name}/{doc['id']}", "\n\n".join(paras), data["lang"], []
    elif path.suffix == ".txt":
        for start in range(0, len(content), _CHUNK):
            yield f"{start}", content[start : start + _CHUNK], None, []


def _statements(row: dict[str, Any]) -> list[str]:
    labels = row.get("labels") or {}
    found = [edit["summary"] for edit in labels.get("edits", ())]
    found += [labels.get("system_summary", ""), *labels.get("references", ()), row.get("summary", "")]
    return [text for text in found if text and text.strip()]


@lru_cache(maxsize=8)
def _answer(schema: str, prompt: str) -> str:
    question = Question(json.loads(schema), prompt, len(prompt))
    return json.dumps(answer_to(question), ensure_ascii=False)


def right(ask: Ask) -> str:
    """The fake model's answer."""
    prompt = "\n".join(m["content"] for m in ask.messages if m["role"] == "user")
    return _answer(json.dumps(wire_schema(ask.schema)), prompt)


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


_DIGITS = str.maketrans("0123456789", "1234567890")


def _spoilt(value: Any, key: str, seed: int) -> Any:
    """The value with an error in most items; which one, depends on the place."""
    kind = seed % 5
    match value:
        case dict():
            return {k: _spoilt(v, k, seed + i) for i, (k, v) in enumerate(value.items())}
        case list():
            return [_spoilt(v, key, seed + i) for i, v in enumerate(value)]
        case int() if not isinstance(value, bool):
            return value + (0, 1, 3, 0, 1000)[kind]
        case str() if key == "id":
            return (value, "q1", value, "q999", value)[kind]
        case str() if key in ("speaker", "name"):
            return (value, value.title(), f"{value} Xq", "Maren Holt", value[:-1])[kind]
        case str() if " " in value:
            first, _, rest = value.partition(" ")
            return (
                value.translate(_DIGITS), f"{first} not {rest}", f"{rest} Maren Holt, 17 % of 12 million.",
                f"“{value}”, said Oskar Lind on 3 May 2019.", value,
            )[kind]  # fmt: skip
    return value


def wrong(ask: Ask) -> str:
    """The fake model's answer with errors; the same to a repair."""
    return json.dumps(_spoilt(json.loads(right(ask)), "", zlib.crc32(ask.label.encode())), ensure_ascii=False)


def _briefed(source: Source, name: str) -> dict[str, Any]:
    is_wrong, options, style = CASES[name]
    briefer = stub_briefer(**options)
    answered: Callable[[Ask], str] = wrong if is_wrong else right
    try:
        result, asked = brief(briefer, source, answered, **style)
    except BriefingError as error:
        return {"error": f"{type(error).__name__}: {error}"}
    made = json.loads(result.model_dump_json())
    made["meta"]["elapsed"] = 0
    schemas = [_sha1(json.dumps(wire_schema(ask.schema))) for ask in asked]
    return {
        "asked": [[a.label, a.messages, schema] for a, schema in zip(asked, schemas, strict=True)],
        "result": made,
    }


def records(path: Path, every: int) -> Iterator[tuple[str, Any]]:
    """Names of articles and cases, with what the library makes of them."""
    for number, (name, text, lang, statements) in enumerate(articles(path)):
        if number % every:
            continue
        try:
            source = Source.from_text(text[:_LONGEST])
        except BriefingError as error:
            yield f"{name} read", str(error)
            continue
        if lang and source.lang != lang:
            other = Source.from_text(text[:_LONGEST], lang=lang)
            yield f"{name} read as {lang}", _read(other)
        yield f"{name} read", _read(source)
        for case in CASES:
            yield f"{name} {case}", _briefed(source, case)
        for draft in statements:
            yield f"{name} check", repr(check(draft, [source]))
        spoilt = " ".join(str(_spoilt(s.text, "", n)) for n, s in enumerate(source.sentences[:8]))
        try:
            yield f"{name} check", repr(check(spoilt, [source]))
        except BriefingError as error:
            yield f"{name} check", str(error)


def _read(source: Source) -> dict[str, Any]:
    return {"lang": source.lang, "sentences": repr(source.sentences), "quotations": repr(source.quotations)}


def main() -> None:
    """Save the results, or print what differs; exit status 1 if anything does."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="", help="part of the file's name")
    options = parser.parse_args()
    compared = differing = 0
    for path in sorted(options.data.iterdir()):
        if path.suffix not in (".jsonl", ".json", ".txt") or options.only not in path.name:
            continue
        lines = (json.dumps(record, ensure_ascii=False) for record in records(path, options.every))
        if options.save:
            options.save.mkdir(parents=True, exist_ok=True)
            packed = zlib.compress("\n".join(lines).encode("utf-8", "surrogatepass"), 1)
            (options.save / f"{path.name}.z").write_bytes(packed)
            continue
        before = zlib.decompress((options.compare / f"{path.name}.z").read_bytes())
        old: dict[str, list[str]] = {}
        for line in before.decode("utf-8", "surrogatepass").split("\n"):
            old.setdefault(json.loads(line)[0], []).append(line)
        here = 0
        for line in lines:
            name = json.loads(line)[0]
            expected = old[name].pop(0)
            compared += 1
            if line != expected:
                here += 1
                at = next(
                    (i for i, (a, b) in enumerate(zip(line, expected, strict=False)) if a != b), len(expected)
                )
                if here <= 5:
                    print(f"{path.name}: {name}\n  before {expected[max(0, at - 80) : at + 80]}")
                    print(f"  now    {line[max(0, at - 80) : at + 80]}")
        differing += here
        print(f"{path.name}: {here} differ", flush=True)
    if options.compare:
        print(f"{compared} results, {differing} differ")
        sys.exit(bool(differing))


if __name__ == "__main__":
    main()
