"""Each format, read back: every passage is the article's, whatever the tool counts in."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pyarrow.parquet as pq
import pytest
from export_cases import ARTICLE, ENTITIES, LEDGER, QUOTE, URL, ledger_briefing
from hostile_articles import ARTICLES
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from report_cases import SEEDS, hostile_briefing, seed_briefings

import briefing
from briefing import Cited, Entity, Mention, Meta, Section, Source, Span, Summary, Verbatim
from briefing.exports import FORMATS
from briefing.exports.folders import Folder
from briefing.exports.words import words

TEXT = ARTICLE.text
MARKED = {(span.start, span.end) for entity in ENTITIES for span in entity.mentions}
MARKED |= {(span.start, span.end) for span in QUOTE.spans}


def exported(tmp_path: Path, to: str) -> Path:
    """The case in a format."""
    return briefing.export(ledger_briefing(), tmp_path / to, to=to)


def test_csv_is_read_back_as_the_table_of_passages(tmp_path: Path) -> None:
    """By the csv module, with the byte order mark that Excel needs; offsets give the article's words."""
    path = exported(tmp_path, "csv")
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines(keepends=True)))
    assert path.read_bytes().startswith(b"\xef\xbb\xbfarticle,title,")
    assert 9 == len(rows)
    for row in rows:
        there = TEXT[int(row["start"]) : int(row["end"])].replace("\r\n", "\n")
        assert there == re.sub(r"^'(?==)", "", row["passage_text"])
    quoted = [row for row in rows if row["kind"] == "quotation"]
    assert [("1", "1"), ("1", "2")] == [(row["passage"], row["segment"]) for row in quoted]
    assert {"李明"} == {row["speaker"] for row in quoted}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "\t=1", " =1", "＝1", "'=1", "\n=1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(tmp_path: Path, text: str) -> None:
    """What a spreadsheet could take for one is behind an apostrophe, and without it is the text."""
    made = ledger_briefing().model_copy(
        update={"entities": [ENTITIES[0].model_copy(update={"role": text, "name": text})]}
    )
    path = briefing.export(made, tmp_path / "x.csv", to="csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        row = list(csv.DictReader(file))[-1]
    assert (f"'{text}", f"'{text}") == (row["text"], row["note"])


def test_parquet_has_the_texts_as_they_are(tmp_path: Path) -> None:
    """Offsets are numbers."""
    rows = pq.read_table(exported(tmp_path, "parquet")).to_pylist()
    assert {"=1+1"} == {row["title"] for row in rows}
    assert all(TEXT[row["start"] : row["end"]] == row["passage_text"] for row in rows)


def test_brat_has_code_points_and_a_fragment_for_each_line(tmp_path: Path) -> None:
    """As brat's own reader takes them apart; the text is that of the article, byte by byte."""
    folder = exported(tmp_path, "brat")
    [text_file] = folder.glob("*.txt")
    text = text_file.read_bytes().decode()
    lines = text_file.with_suffix(".ann").read_text("utf-8").splitlines()
    assert TEXT == text
    marks = {}
    for line in lines:
        if line.startswith("T"):
            name, place, shown = line.split("\t")
            label, _, offsets = place.partition(" ")
            fragments = [tuple(map(int, part.split(" "))) for part in offsets.split(";")]
            assert " ".join(text[start:end] for start, end in fragments) == shown
            assert not any(char in "\r\n" for start, end in fragments for char in text[start:end])
            marks[name] = (label, len(fragments))
    assert ("quotation", 3) in marks.values()
    [relation] = re.findall(r"^R1\tsaid_by Arg1:(T\d+) Arg2:(T\d+)$", "\n".join(lines), re.MULTILINE)
    assert ["quotation", "speaker"] == [marks[name][0] for name in relation]
    declared = (folder / "annotation.conf").read_text("utf-8").partition("[relations]")[0].split()
    assert {label for label, _ in marks.values()} <= set(declared)


@pytest.mark.parametrize(
    "char", ["\u00a0", "\u202f", "\u2028", "\x85", "\t", "\x0b", "\x00", "\u202e", "\u3000"]
)
def test_brat_refuses_no_annotation(tmp_path: Path, char: str) -> None:
    """Its reader wants the words as they stand in the text, on one line by the line ends of Python's codecs."""
    source = Source.from_text(f"Mila{char}Rossi left.")
    whole = Span.of(source.text, 0, 10)
    made = ledger_briefing(keep_source=False).model_copy(
        update={
            "summary": Summary(sentences=[]),
            "key_quotes": [],
            "entities": [Entity(name="Mila Rossi", type="person", mentions=[whole])],
            "meta": Meta(),
        }
    )
    folder = briefing.export(made, tmp_path / "x", to="brat", sources=[source])
    [path] = folder.glob("*.ann")
    [line] = codecs.getreader("utf-8")(io.BytesIO(path.read_bytes()))
    _, place, words = line.removesuffix("\n").split("\t")
    fragments = [tuple(map(int, part.split())) for part in place.removeprefix("person ").split(";")]
    assert " ".join(source.text[start:end] for start, end in fragments) == words
    assert (0, 10) == (fragments[0][0], fragments[-1][1])


def test_conll_columns_tag_each_word(tmp_path: Path) -> None:
    """Valid IOB2, the longest of overlapping names, a character of a script without spaces by itself."""
    lines = exported(tmp_path, "conll").read_text("utf-8").splitlines()
    rows = [line.split(" ") for line in lines if line]
    assert ["-DOCSTART- O O", ""] == lines[:2]
    assert {3} == set(map(len, rows))
    names: list[str] = []
    for word, _, tag in rows:
        if tag.startswith("B-"):
            names.append(f"{tag[2:]} {word}")
        elif tag.startswith("I-"):
            names[-1] += f" {word}"
            assert names[-1].startswith(f"{tag[2:]} ")
    assert ["PER 李 明", "ORG Harwick Ledger", "LOC Harwick", "OTHER مرحبا", "ORG = Sum - Co"] == names
    assert 2 == sum(tag == "B-QUOTE" for _, tag, _ in rows)


def test_web_annotations_select_by_words_and_by_code_points(tmp_path: Path) -> None:
    """Both selectors have the same passage; the text is named by its hash, the page is the scope."""
    collection = json.loads(exported(tmp_path, "web-annotation").read_text("utf-8"))
    items = collection["first"]["items"]
    assert len(items) == collection["total"] == len({item["id"] for item in items})
    targets = [
        target
        for item in items
        for target in (item["target"] if isinstance(item["target"], list) else [item["target"]])
    ]
    assert 9 == len(targets)
    for target in targets:
        quote, place = target["selector"]
        start, end = place["start"], place["end"]
        assert TEXT[start:end] == quote["exact"]
        assert TEXT[:start].endswith(quote.get("prefix", ""))
        assert TEXT[end:].startswith(quote.get("suffix", ""))
        assert quote.get("prefix") or not start
        assert ("ni:///sha-256;", URL) == (target["source"][:14], target["scope"])


def test_a_client_that_counts_utf16_has_a_format_of_its_own(tmp_path: Path) -> None:
    """Offsets are those of a JavaScript string."""
    units = TEXT.encode("utf-16-le")
    for item in json.loads(exported(tmp_path, "web-annotation-utf16").read_text("utf-8"))["first"]["items"]:
        targets = item["target"] if isinstance(item["target"], list) else [item["target"]]
        for quote, place in (target["selector"] for target in targets):
            there = units[2 * place["start"] : 2 * place["end"]].decode("utf-16-le")
            assert there == quote["exact"]


#: What ninjs 3.2 requires of the members that are written, by its schema.
_NAMED = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "uri": {"type": "string", "format": "uri"}, "role": {"type": "string"}}, "additionalProperties": False}}  # fmt: skip
_VALUES = {"type": "array", "items": {"type": "object", "required": ["value"], "properties": {"role": {"type": "string"}, "contentType": {"type": "string"}, "value": {"type": "string"}}, "additionalProperties": False}}  # fmt: skip
_NEWS: dict[str, Any] = {
    "uri": {"type": "string", "format": "uri"},
    "type": {"enum": ["text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning"]},
    "language": {"type": "string"},
    "by": {"type": "string"},
    "headlines": _VALUES,
    "bodies": _VALUES,
    "altIds": _VALUES,
    **dict.fromkeys(("people", "organisations", "places", "subjects", "events", "objects", "infoSources"), _NAMED),
    "standard": {"type": "object", "properties": {key: {"type": "string"} for key in ("name", "version", "schema")}, "additionalProperties": False},
    "digitalSourceType": {"type": "object", "properties": {key: {"type": "string"} for key in ("name", "uri", "literal")}, "additionalProperties": False},
}  # fmt: skip
_ASSOCIATED = {"type": "object", "required": ["uri", "name"], "properties": {**_NEWS, "name": {"type": "string"}, "rel": {"type": "string"}}, "additionalProperties": False}  # fmt: skip
NINJS = {"type": "object", "required": ["uri"], "properties": {**_NEWS, "associations": {"type": "array", "items": _ASSOCIATED}}, "additionalProperties": False}  # fmt: skip


def test_ninjs_items_are_valid_and_say_how_the_words_came_about(tmp_path: Path) -> None:
    """Members, types and names as in the standard; what a model wrote is trained algorithmic media."""
    path = briefing.export([ledger_briefing(), *seed_briefings()], tmp_path / "x.jsonl", to="ninjs")
    items = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for item in items:
        jsonschema.validate(item, NINJS)
    kinds = {item["digitalSourceType"]["name"] for item in items}
    assert "trainedAlgorithmicMedia" == items[0]["digitalSourceType"]["name"]
    assert {"composite", "compositeWithTrainedAlgorithmicMedia"} <= kinds
    assert [{"name": "李明"}] == items[0]["people"]


def test_schema_org_has_each_quotation_with_its_speaker(tmp_path: Path) -> None:
    """The briefing is a work based on the article; nothing in it can end a script element."""
    attack = hostile_briefing(ARTICLES[0]).model_copy(update={"headline": "</script><script>"})
    path = briefing.export([ledger_briefing(), attack], tmp_path / "x.json", to="schema-org")
    text = path.read_text("utf-8")
    article, made, *_ = json.loads(text)["@graph"]
    assert not set("<>&") & set(text)
    assert ("NewsArticle", URL, "=1+1") == (article["@type"], article["@id"], article["headline"])
    [quotation] = article["hasPart"]
    assert ("Quotation", {"@type": "Person", "name": "李明"}) == (
        quotation["@type"],
        quotation["spokenByCharacter"],
    )
    assert {"@id": URL} == made["isBasedOn"]


def test_the_labeling_configuration_has_every_label(tmp_path: Path) -> None:
    """Of the predictions, which are code points of the text that is sent along; white space is kept when it is shown."""
    folder = exported(tmp_path, "label-studio")
    [task] = json.loads((folder / "tasks.json").read_text("utf-8"))
    view = ET.fromstring((folder / "labeling_config.xml").read_text("utf-8"))
    results = task["predictions"][0]["result"]
    regions = [result["value"] for result in results if result["type"] == "labels"]
    assert {label for region in regions for label in region["labels"]} <= {
        label.get("value") for label in view.iter("Label")
    }
    assert TEXT == task["data"]["text"]
    assert all(TEXT[region["start"] : region["end"]] == region["text"] for region in regions)
    assert MARKED <= {(region["start"], region["end"]) for region in regions}
    assert "pre-wrap" in (view.findtext("Style") or "")


def test_prodigy_spans_are_whole_tokens(tmp_path: Path) -> None:
    """The tokens with their spaces are the text, so that nothing is moved to other words."""
    line = json.loads(exported(tmp_path, "prodigy").read_text("utf-8"))
    tokens = line["tokens"]
    assert TEXT == "".join(token["text"] + " " * token["ws"] for token in tokens)
    assert all(TEXT[token["start"] : token["end"]] == token["text"] for token in tokens)
    for span in line["spans"]:
        borders = tokens[span["token_start"]]["start"], tokens[span["token_end"]]["end"]
        assert (span["start"], span["end"]) == borders
    assert MARKED <= {(span["start"], span["end"]) for span in line["spans"]}


def test_spacy_reads_its_docs(tmp_path: Path) -> None:
    """Every entity, quotation and speaker is a span of the doc, whose text is the article's."""
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
    from spacy.tokens import DocBin

    [doc] = DocBin().from_disk(exported(tmp_path, "spacy")).get_docs(spacy.blank("en").vocab)
    assert TEXT == doc.text
    found = {
        name: [(s.start_char, s.end_char, s.label_, s.id_) for s in doc.spans[name]] for name in doc.spans
    }
    assert [(s.start, s.end, "quotation", "quotation-1") for s in QUOTE.spans] == found["quotations"]
    assert MARKED - {(s.start, s.end) for s in QUOTE.spans} == {place[:2] for place in found["entities"]}
    assert ["李明", "Harwick Ledger", "Harwick", "مرحبا", "=Sum-Co"] == [ent.text for ent in doc.ents]
    assert {"quotation-1": "speaker-1"} == doc.user_data["briefing"]["speakers"]
    assert ["李明"] == [span.text for span in doc.spans["speakers"]]


@pytest.mark.parametrize("to", sorted(FORMATS))
def test_every_format_takes_hostile_articles(tmp_path: Path, to: str) -> None:
    """Of any markup, with any character, many in one file."""
    if to == "spacy":
        pytest.importorskip("spacy", reason="needs the extra spacy")
    results = [hostile_briefing(hostile) for hostile in ARTICLES]

    path = briefing.export([*results, briefing.InputError("no.txt is empty")], tmp_path / "x", to=to)

    files = [path] if path.is_file() else list(path.iterdir())
    assert all(file.stat().st_size for file in files if file.suffix != ".ann")
    if to == "brat":
        assert 2 * len(results) + 1 == len(files)
    if FORMATS[to].is_text and to != "conll":
        controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
        assert [] == [
            file.name for file in files if file.suffix != ".txt" and controls.search(file.read_text("utf-8"))
        ]


@given(st.text(), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_words_are_the_text_and_cut_at_spans(text: str, places: list[tuple[int, int]]) -> None:
    """Joined they give the text; each span begins and ends with a word."""
    ranges = [sorted((min(one, len(text)), min(other, len(text)))) for one, other in places]
    spans = [Span.of(text, start, end) for start, end in ranges]
    found = words(text, spans)
    assert text == "".join(word.text for word in found)
    edges = {0, len(text)} | {word.start for word in found}
    assert all({span.start, span.end} <= edges for span in spans)


def test_results_of_other_schemas_are_exported_too(tmp_path: Path) -> None:
    """What is grounded in them, wherever it stands; a format for briefings says that it is one."""
    from pydantic import BaseModel

    class Loss(BaseModel):
        sums: dict[str, Cited[int]]
        by: list[Mention]
        motto: Verbatim

    said = Span.of(TEXT, 0, 5)
    loss = Loss(
        sums={"a": Cited[int](value=3, evidence=[said], support="supported", missing=[], findings=[])},
        by=[Mention(name=LEDGER.text, spans=[LEDGER])],
        motto=Verbatim(status="exact", text=QUOTE.spans[1].text, claimed="Never.", spans=[QUOTE.spans[1]]),
    )
    path = briefing.export(loss, tmp_path / "x.parquet", to="parquet", sources=[ARTICLE])
    assert {ARTICLE.sha256} == {row["source_sha256"] for row in pq.read_table(path).to_pylist()}
    rows = [(row["kind"], row["text"], row["start"]) for row in pq.read_table(path).to_pylist()]
    assert [("evidence", "3", 0), ("mention", "Harwick Ledger", LEDGER.start), ("verbatim", "Never.", QUOTE.spans[1].start)] == rows  # fmt: skip
    with pytest.raises(briefing.InputError, match="another schema has no headline"):
        briefing.export(loss, tmp_path / "x.json", to="ninjs")


@pytest.mark.parametrize("to", ["prodigy", "spacy"])
def test_no_space_is_lost_where_a_passage_ends_between_two(tmp_path: Path, to: str) -> None:
    """The words with the spaces behind them are the text."""
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy") if to == "spacy" else None

    class Names(BaseModel):
        names: list[Mention]

    source = Source.from_text("Mila  Rossi left.")
    made = Names(names=[Mention(name="Mila", spans=[Span.of(source.text, 0, 5)])])
    path = briefing.export(made, tmp_path / "x", to=to, sources=[source])
    if to == "prodigy":
        tokens = json.loads(path.read_bytes())["tokens"]
        assert source.text == "".join(token["text"] + " " * token["ws"] for token in tokens)
        assert all(source.text[token["start"] : token["end"]] == token["text"] for token in tokens)
    else:
        assert spacy is not None
        [doc] = spacy.tokens.DocBin().from_disk(path).get_docs(spacy.vocab.Vocab())
        assert source.text == doc.text


def test_headings_of_sections_are_in_the_table_and_in_web_annotations(tmp_path: Path) -> None:
    """Those of the article with their places; annotation tools, which have no label for them, go without."""
    made = ledger_briefing()
    sections = [
        Section(heading="Harwick Ledger", heading_span=LEDGER, start=0, end=1),
        Section(heading="End", start=1, end=1),
    ]
    made = made.model_copy(update={"summary": made.summary.model_copy(update={"sections": sections})})
    rows = pq.read_table(briefing.export(made, tmp_path / "x.parquet", to="parquet")).to_pylist()
    headings = [(row["path"], row["text"], row["start"]) for row in rows if row["kind"] == "heading"]
    assert [
        ("summary.sections[0]", "Harwick Ledger", LEDGER.start),
        ("summary.sections[1]", "End", None),
    ] == headings
    items = json.loads(briefing.export(made, tmp_path / "x.json", to="web-annotation").read_bytes())["first"][
        "items"
    ]
    assert 1 == sum(item["body"][0]["value"] == "heading" for item in items)
    for to in ("prodigy", "label-studio", "brat", "conll"):
        briefing.export(made, tmp_path / to, to=to)


def test_a_result_without_a_fingerprint_is_written_once_for_its_uris(tmp_path: Path) -> None:
    """And not for each of its annotations, which took seconds for a thousand."""
    dumps = []

    class Names(BaseModel):
        names: list[Mention]

        def model_dump(self, **options: Any) -> dict[str, Any]:
            dumps.append(options)
            return super().model_dump(**options)

    made = Names(names=[Mention(name="Harwick Ledger", spans=[LEDGER])] * 9)
    path = briefing.export(made, tmp_path / "x.json", to="web-annotation", sources=[ARTICLE])
    assert (9, 1) == (json.loads(path.read_bytes())["total"], len(dumps))


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    """An unknown format, no article, another article, no result: typed errors, and no file."""
    bare = ledger_briefing(keep_source=False)
    other = Source.from_text("Another article, of another day.", lang="en")
    path = tmp_path / "x"
    with pytest.raises(briefing.ConfigurationError, match="no format to export to; give one of brat, conll"):
        briefing.export(bare, path, to="docx")
    with pytest.raises(briefing.InputError, match="the text of =1\\+1 is needed"):
        briefing.export(bare, path, to="prodigy")
    with pytest.raises(briefing.InputError, match=r"results\[1\]: the article is not the one of this result"):
        briefing.export([ledger_briefing(), bare.model_copy(update={"source": other})], path, to="conll")
    with pytest.raises(briefing.InputError, match=r"results\[0\] must be a briefing"):
        briefing.export(["no"], path, to="csv")  # type: ignore[list-item]
    assert not path.exists()
    briefing.export(bare, path, to="prodigy", sources=[ARTICLE])
    assert TEXT == json.loads(path.read_text("utf-8"))["text"]


def test_seeds_in_every_format(tmp_path: Path) -> None:
    """Real briefings in many scripts, with their articles as files."""
    results = [made.model_copy(update={"source": None}) for made in seed_briefings()]
    articles = [path for path in sorted(SEEDS.iterdir()) if path.suffix in {".txt", ".md", ".html"}]
    for to in sorted(set(FORMATS) - {"spacy"}):
        assert briefing.export(results, tmp_path / to, to=to, sources=articles).exists()


def test_files_of_a_folder_have_names_of_their_own(tmp_path: Path) -> None:
    """Also where a number that is due is another article's name, and where only case tells them apart."""
    folder = Folder(tmp_path / "x")
    names = ["a/index.html", "b/Index.html", "index-2.txt", "index.txt", "https://x.example/../", "", "…"]
    assert ["index", "Index-2", "index-2-2", "index-3", "hash", "hash-2", "hash-3"] == [
        folder.free_name(name, "hash") for name in names
    ]
