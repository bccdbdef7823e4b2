"""Measure entities against labelled texts, beside the same model asked plainly through instructor.

    python benchmarks/entities.py DATA [--model local] [--sample 4] [--seed 7] [--show]

DATA is a folder with any of the files in `SETS`, one JSON object a line (``text``, ``lang``, ``entities``). From each, the same
excerpts of `--sample` documents, chosen by `--seed`, go to both arms, at temperature 0:

- briefing: a schema with nothing but ``entities: list[Entity]``, described as in `Briefing`;
- plain: instructor in JSON-schema mode, a list of at most 16 objects with ``name`` and ``type`` and the same description, the text as it is.

An excerpt ends with a sentence, before `--characters` characters (letters of Chinese and Japanese count double). The Japanese set
holds single sentences: eight of them make a document.

A gold name is a thing that the text names: labelled mentions that are the same but for case, article, possessive, case ending
(Russian) or attached prefix (Arabic), or, of persons, of which one is the last words of another; GUM says itself which mentions are one
thing. A returned entity is right if its name or an alias agrees with a mention in the same sense; each thing counts once, so that what is
returned twice is wrong once. What agrees with a mention of a type that is not asked for (`None` in `SETS`, such as nationalities
and unnamed events) is not judged. Types of a set with no exact counterpart of ours allow several; all else that is returned, dates and
offices included, is wrong.

- P, R, F1: names, whatever their type; typed: the type has to be right, too;
- salient: recall of things that at least three of GUM's five summaries mention;
- occur: returned names that stand in the text, letter for letter;
- places: gold mentions of the things found that overlap a mention; for the plain arm, with every occurrence of the name as a word;
- tokens, seconds: output tokens and time of all calls; fail: documents without a usable answer.

`--show` lists what was returned wrongly (+) and what was missed (-). `--base-url` and `--api-key` are for a server that runs already.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import instructor
import openai
import regex
from pydantic import BaseModel, Field, create_model

import briefing
from briefing.schemas.extractive import EntityType

_DESCRIPTION = briefing.Briefing.model_fields["entities"].description
_MOST = 16
_PERSON, _PLACE, _BODY = ("person",), ("location",), ("organization",)
_THING = ("event", "product", "work", "other")
_EITHER = ("location", "organization")
_CONLL = {"PER": _PERSON, "PERS": _PERSON, "LOC": _PLACE, "ORG": _BODY, "MISC": _THING}
#: For each file, our types that a label allows; `None`: not judged; labels that are not named: wrong.
SETS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "gum_entities_summaries_en": {
        "person": _PERSON,
        "place": _PLACE,
        "organization": _BODY,
        "event": ("event",),
        "object": ("product", "work", "other"),
        "abstract": _THING,
        "animal": ("other",),
        "plant": ("other",),
        "substance": ("product", "other"),
    },
    "conll2003_testa_en": _CONLL,
    "conll2002_testb_es": _CONLL,
    "anercorp_ar": _CONLL,
    "msra_test_zh": _CONLL,
    "nerel_dev_test_ru": {
        "PERSON": _PERSON,
        "ORGANIZATION": _BODY,
        "FACILITY": _EITHER,
        **dict.fromkeys(("CITY", "COUNTRY", "STATE_OR_PROVINCE", "DISTRICT", "LOCATION"), _PLACE),
        "PRODUCT": ("product",),
        "WORK_OF_ART": ("work",),
        **dict.fromkeys(("EVENT", "NATIONALITY", "LAW", "AWARD", "IDEOLOGY", "DISEASE"), None),
    },
    "stockmark_ner_wikipedia_ja": {
        "人名": _PERSON,
        "地名": _PLACE,
        "法人名": _BODY,
        "政治的組織名": _BODY,
        "その他の組織名": _BODY,
        "施設名": _EITHER,
        "製品名": ("product", "work"),
        "イベント名": ("event",),
    },
}
_ARTICLES_OF_GUM = ("news", "bio", "voyage")
_SENTENCES_A_DOCUMENT = 8
_SENTENCE_END = regex.compile(r"[.!?][\"”»)]*(?=\s)|[。！？]|\n")
_WIDE = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_ARTICLE = regex.compile(r"^(?:the|a|an|el|la|los|las)\s+")
_SAID_OF_IT = regex.compile(r"(?:,| \(| which | who | where ).*", regex.DOTALL)
_POSSESSIVE = regex.compile(r"['’]s?$")
_ARABIC_PREFIX = regex.compile(r"(?<!\S)[وف]?(?:[بك]?ال|لل|[بلك](?=\p{L}{3}))")


@dataclass
class Thing:
    """What a text names: its mentions, the types it may have (`None`: not judged), and whether it is salient."""

    types: tuple[str, ...] | None
    mentions: list[tuple[int, int]]
    names: set[str]
    salient: bool = False


@dataclass
class Document:
    """An excerpt and its gold."""

    text: str
    lang: str
    things: list[Thing]


@dataclass
class Returned:
    """What an arm says that a text names."""

    names: list[str]
    type: str
    mentions: list[tuple[int, int]]


@dataclass
class Answer:
    """What an arm returned for one document, and what that took."""

    entities: list[Returned] = field(default_factory=list)
    tokens: int = 0
    failed: bool = False


Arm = Callable[[Document], Answer]


def plainly(name: str, lang: str) -> str:
    """A name as it is compared: without case, article, possessive and Arabic prefixes."""
    name = _POSSESSIVE.sub("", " ".join(name.split()).strip(".,:;\"'“”«»„").casefold())
    return _ARABIC_PREFIX.sub("", name) if lang == "ar" else _ARTICLE.sub("", name)


def same_words(one: list[str], other: list[str], lang: str) -> bool:
    """Whether two names agree word for word, in Russian but for their endings."""
    if len(one) != len(other):
        return False
    if lang != "ru":
        return one == other
    for a, b in zip(one, other, strict=True):
        shared = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        if a != b and (shared < 3 or max(len(a), len(b)) - shared > 3):
            return False
    return True


def same(one: str, other: str, lang: str, *, person: bool) -> bool:
    """Whether two names may be one thing's; a person's surname or title makes no other person."""
    a, b = sorted((plainly(one, lang).split(), plainly(other, lang).split()), key=len)
    return bool(a) and same_words(a, b[-len(a) :] if person else b, lang)


def excerpt(article: dict[str, Any], characters: int) -> dict[str, Any]:
    """The beginning of an article, up to the end of a sentence."""
    text, wide, end = article["text"], 0, len(article["text"])
    for i, char in enumerate(text):
        wide += 2 if _WIDE.match(char) else 1
        if wide > characters:
            ends = [m.end() for m in _SENTENCE_END.finditer(text, 0, i)]
            end = ends[-1] if ends else i
            break
    inside = [e for e in article["entities"] if e["end"] <= end]
    return article | {"text": text[:end], "entities": inside}


def joined(sentences: list[dict[str, Any]]) -> dict[str, Any]:
    """Several labelled sentences as one document."""
    text, entities = "", []
    for sentence in sentences:
        shift = len(text)
        entities += [e | {"start": e["start"] + shift, "end": e["end"] + shift} for e in sentence["entities"]]
        text += sentence["text"] + "\n"
    return {"text": text, "lang": sentences[0]["lang"], "entities": entities}


def gold(article: dict[str, Any], types: dict[str, tuple[str, ...] | None]) -> Document:
    """A document with its mentions gathered into things."""
    lang = article["lang"]
    things: list[Thing] = []
    clusters: dict[str, Thing] = {}
    # Longer names first: a surname joins its full name.
    for entity in sorted(article["entities"], key=lambda e: (-len(e["text"].split()), e["start"])):
        if entity["type"] not in types:
            continue
        kinds, name = types[entity["type"]], entity["text"]
        known = clusters.get(entity.get("cluster", ""))
        if known is None and "cluster" not in entity:
            person = kinds == _PERSON
            found = (
                t
                for t in things
                if t.types == kinds and any(same(name, n, lang, person=person) for n in t.names)
            )
            known = next(found, None)
        if known is None:
            known = Thing(kinds, [], set())
            things.append(known)
        if "cluster" in entity:
            clusters[entity["cluster"]] = known
        known.mentions.append((entity["start"], entity["end"]))
        known.names.add(name)
        if "cluster" in entity:
            # GUM's mentions are whole noun phrases, what is said of the thing included.
            known.names.add(_SAID_OF_IT.sub("", name))
            if kinds == _PLACE:
                # "Reno, Nevada, United States" is Reno, and Reno, Nevada.
                known.names |= {name[: m.start()] for m in regex.finditer(",", name)}
        known.salient |= entity.get("salience", "").count("s") >= 3
    return Document(article["text"], lang, things)


def documents(path: Path, sample: int, seed: int, characters: int) -> list[Document]:
    """The excerpts of a set that are asked about."""
    articles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    chance = random.Random(seed)
    if "gum" in path.stem:
        articles = [a for a in articles if a["labels"]["genre"] in _ARTICLES_OF_GUM]
    if "stockmark" in path.stem:
        chance.shuffle(articles)
        size = _SENTENCES_A_DOCUMENT
        articles = [joined(articles[i : i + size]) for i in range(0, len(articles) - size + 1, size)]
    chosen = chance.sample(articles, min(sample, len(articles)))
    return [gold(excerpt(article, characters), SETS[path.stem]) for article in chosen]


def briefing_arm(options: dict[str, Any]) -> Arm:
    """Entities by `briefing`."""
    schema = create_model(
        "Entities",
        entities=(list[briefing.Entity], briefing.Briefing.model_fields["entities"]),
        meta=(briefing.Meta | None, None),
    )
    briefer = briefing.Briefer(timeout=600, **options)

    def ask(document: Document) -> Answer:
        source = briefing.Source.from_text(document.text, lang=document.lang)
        try:
            result: Any = briefer.summarize(source, schema=schema)
        except briefing.BriefingError as error:
            usage = getattr(error, "usage", None)
            return Answer(tokens=usage.output_tokens if usage else 0, failed=True)
        entities = [
            Returned([e.name, *e.aliases], e.type, [(m.start, m.end) for m in e.mentions])
            for e in result.entities
        ]
        return Answer(entities, result.meta.usage.output_tokens)

    return ask


class Named(BaseModel):
    """A named entity."""

    name: str
    type: EntityType


class NamedEntities(BaseModel):
    """The named entities of an article."""

    entities: list[Named] = Field(description=_DESCRIPTION, max_length=_MOST)


def plain_arm(model: str, base_url: str, api_key: str) -> Arm:
    """Entities by instructor alone."""
    client = instructor.from_openai(
        openai.OpenAI(base_url=base_url, api_key=api_key, timeout=600, max_retries=0),
        mode=instructor.Mode.JSON_SCHEMA,
    )
    tokens: list[int] = []
    client.on("completion:response", lambda response: tokens.append(response.usage.completion_tokens))

    def ask(document: Document) -> Answer:
        tokens.clear()
        content = f"List the {_DESCRIPTION}.\n\n{document.text}"
        try:
            answer = client.create(
                model=model,
                messages=[{"role": "user", "content": content}],
                response_model=NamedEntities,
                temperature=0.0,
                max_tokens=2048,
                max_retries=1,
            )
        except Exception as error:
            print(f"  {type(error).__name__}: {str(error)[:200]}")
            return Answer(tokens=sum(tokens), failed=True)
        entities = [Returned([e.name], e.type, places(document.text, e.name)) for e in answer.entities]
        return Answer(entities, sum(tokens))

    return ask


def places(text: str, name: str) -> list[tuple[int, int]]:
    """Where a name stands as a word, or at all where words touch."""
    if not name.strip():
        return []
    body = regex.escape(name)
    pattern = body if _WIDE.search(name) else rf"(?<!\w){body}(?!\w)"
    return [match.span() for match in regex.finditer(pattern, text)]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two ranges share a character."""
    return one[0] < other[1] and other[0] < one[1]


def score(document: Document, answer: Answer, count: Counter[str], *, show: bool) -> None:
    """Count what is right, wrong and missed."""
    free = list(document.things)
    for entity in answer.entities:
        count["occur"] += entity.names[0] in document.text
        count["returned"] += 1
        matching = [
            thing
            for thing in document.things
            if any(
                same(a, b, document.lang, person=thing.types == _PERSON)
                for a in entity.names
                for b in thing.names
            )
        ]
        open_ones = [thing for thing in matching if any(thing is other for other in free)]
        open_ones.sort(key=lambda thing: entity.type not in (thing.types or ()))
        judged = [thing for thing in open_ones if thing.types is not None]
        if not judged and any(thing.types is None for thing in matching):
            continue
        count["judged"] += 1
        if not judged:
            if show:
                print(
                    f"    + {' = '.join(entity.names)} ({entity.type}){' again' if matching else ''}".replace(
                        "\n", " "
                    )
                )
            continue
        thing = judged[0]
        free = [other for other in free if other is not thing]
        count["right"] += 1
        typed = entity.type in (thing.types or ())
        count["typed"] += typed
        count["salient found"] += thing.salient
        count["gold mentions"] += len(thing.mentions)
        count["mentions"] += sum(any(overlap(m, n) for n in entity.mentions) for m in thing.mentions)
        if show and not typed:
            print(f"    ~ {entity.names[0]} is {thing.types}, not {entity.type}")
    wanted = [thing for thing in document.things if thing.types is not None]
    count["gold"] += len(wanted)
    count["salient"] += sum(thing.salient for thing in wanted)
    if show:
        for thing in free:
            if thing.types is not None:
                print(f"    - {' = '.join(sorted(thing.names))} {thing.types}".replace("\n", " "))


def share(part: float, whole: float) -> str:
    """A share with three digits, or a dash where there is nothing."""
    return f"{part / whole:.3f}" if whole else "-"


def row(name: str, arm: str, count: Counter[str], seconds: float) -> str:
    """One line of the table."""
    cells = [count["documents"], count["gold"], count["returned"]]
    for key in ("right", "typed"):
        precision, recall = (count[key] / max(1, count["judged"]), count[key] / max(1, count["gold"]))
        cells += [share(precision, 1), share(recall, 1), share(2 * precision * recall, precision + recall)]
    cells += [
        share(count["salient found"], count["salient"]),
        share(count["occur"], count["returned"]),
        share(count["mentions"], count["gold mentions"]),
        count["tokens"],
        f"{seconds:.0f}",
        count["failed"],
    ]
    return f"{name:<27}{arm:<9}" + "".join(f"{cell:>8}" for cell in cells)


def main() -> None:
    """Ask both arms and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="local")
    parser.add_argument("--sample", type=int, default=4, help="documents per set")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--characters", type=int, default=1000, help="the most of a document")
    parser.add_argument("--only", nargs="*", default=list(SETS), help="names of sets")
    parser.add_argument("--show", action="store_true", help="list what is wrong")
    parser.add_argument("--base-url")
    parser.add_argument("--api-key", default="none")
    arguments = parser.parse_args()
    base_url, api_key, name = arguments.base_url, arguments.api_key, arguments.model.partition("/")[2]
    if base_url is None:
        from briefing.local.server import serve

        endpoint = serve(arguments.model)
        base_url, api_key, name = endpoint.base_url, endpoint.api_key, endpoint.model
    arms = {
        "briefing": briefing_arm({"model": arguments.model, "base_url": base_url, "api_key": api_key}),
        "plain": plain_arm(name or "local", base_url, api_key),
    }
    rows, sums, times = [], {arm: Counter[str]() for arm in arms}, dict.fromkeys(arms, 0.0)
    for path in [arguments.data / f"{name}.jsonl" for name in arguments.only]:
        if not path.exists():
            continue
        counts, spent = {arm: Counter[str]() for arm in arms}, dict.fromkeys(arms, 0.0)
        for document in documents(path, arguments.sample, arguments.seed, arguments.characters):
            for arm, ask in arms.items():
                begun = time.perf_counter()
                answer = ask(document)
                spent[arm] += time.perf_counter() - begun
                if arguments.show:
                    print(f"  {path.stem} {arm}: {[e.names[0] for e in answer.entities]}")
                counts[arm].update(documents=1, tokens=answer.tokens, failed=answer.failed)
                score(document, answer, counts[arm], show=arguments.show)
        for arm in arms:
            rows.append(row(path.stem.removesuffix("_summaries_en"), arm, counts[arm], spent[arm]))
            sums[arm] += counts[arm]
            times[arm] += spent[arm]
            print(rows[-1], flush=True)
    heads = ("docs", "gold", "given", "P", "R", "F1", "typed P", "R", "F1", "salient", "occur", "places")
    print(f"\n{'set':<27}{'arm':<9}" + "".join(f"{h:>8}" for h in (*heads, "tokens", "seconds", "fail")))
    print("\n".join([*rows, *(row("all", arm, sums[arm], times[arm]) for arm in arms)]))


if __name__ == "__main__":
    main()
