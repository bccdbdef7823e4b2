"""benchmarks/judged.py: from articles to sheets, from filled sheets to tables, without a real model and without real judges."""

import csv
import json
import random
from collections import Counter
from pathlib import Path

import pytest
from conftest import BRIDGE, DAM, QUAY, benchmarks

import briefing
from briefing.testing import FakeModel, Fault

_NAMES = ("judged_selection", "judged_sheets", "judged_report", "judged")
_STYLES = ("extractive", "lead3", "written")


@pytest.fixture(scope="module")
def scripts():
    with benchmarks(*_NAMES) as imported:
        yield imported


@pytest.fixture
def articles(scripts):
    def made(number, text):
        source = briefing.Source.from_text(text)
        return scripts["judged_selection"].Article(f"set/{number}", "set", source.lang, source.sha256, text)

    return [made(number, text) for number, text in enumerate((BRIDGE, QUAY, DAM))]


def extractive(source):
    """A result as the extractive style has it; its second sentence is marked with a note, its headline with an error."""
    note = {"kind": "name", "text": "x", "severity": "note"}
    first, second = source.sentences[:2]
    stated = [
        {"text": first.text, "support": "supported", "findings": [], "antecedent": None},
        {
            "text": "She left early.",
            "support": "supported",
            "findings": [note],
            "antecedent": second.model_dump(),
        },
    ]
    result = {"headline": "A title", "headline_support": "unsupported", "summary": {"sentences": stated}}
    return {"output_tokens": 10, "steps": [], "result": result, "error": None}


@pytest.fixture
def results(scripts, articles, tmp_path):
    """A file for each style; the written ones come from a fake model."""
    judged, paths = scripts["judged"], {style: tmp_path / f"{style}.jsonl" for style in _STYLES}
    with FakeModel() as fake:
        connection = {"model": "openai/fake", "base_url": fake.url, "api_key": "test"}
        with judged.making(connection, {}) as make:
            judged.make_lines(articles, "written", paths["written"], make)
    judged.make_lines(articles, "lead3", paths["lead3"], judged.made_by_lead)
    judged.make_lines(articles, "extractive", paths["extractive"], extractive)
    return list(paths.values())


@pytest.fixture
def sheets(scripts, articles, results, tmp_path):
    """A folder of sheets."""
    sheets = scripts["judged_sheets"]
    sheets.write_sheets(articles, sheets.read_results(results), tmp_path / "sheets", seed=1)
    return tmp_path / "sheets"


def fill(scripts, folder, out, say):
    """Fill in a folder's items with what `say(kind, style, item, letters)` returns."""
    sheets = scripts["judged_sheets"]
    key = sheets.read_key(sheets.key_of(folder))
    with (folder / "items.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    for row in rows:
        letters = key[row[0]].letters
        row[2] = say(sheets.kind_of(row[1]), letters.get(row[1][0]), row[1], letters)
    with out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return out


def kindly(kind, style, item, letters):
    """A judge who finds all in order, and prefers the extractive style."""
    extractive = next(letter for letter, name in letters.items() if name == "extractive")
    preferred = extractive if extractive in item.split("-") else "tie"
    return {"summary": "good", "pair": preferred}.get(kind, "true")


def test_from_sheets_to_tables(scripts, sheets, results, tmp_path):
    """What one judge or both call false is counted by style, with how it was marked."""

    def severely(kind, style, item, letters):
        false = style == "extractive" and kind in {"headline", "sentence"}
        return "false" if false else kindly(kind, style, item, letters)

    def severer(kind, style, item, letters):
        return "false" if style == "lead3" and kind == "sentence" else severely(kind, style, item, letters)

    judges = [fill(scripts, sheets, tmp_path / f"{say.__name__}.csv", say) for say in (severely, severer)]
    key = scripts["judged_sheets"].key_of(sheets)
    told = scripts["judged"].compare([key], judges, results, tmp_path / "judged.csv")
    lines = told.splitlines()

    assert "| extractive | headline | 3 | 0 / 0 / 0 | 0 / 0 / 0 | 3 / 3 / 3 |  | 0.0 % / 0.0 % |" in lines
    assert "| lead3 | sentence | 9 | 9 / 0 / 0 | 0 / 0 / 0 | 0 / 9 / 0 | 0 / 0 / 0 | 0.0 % / 0.0 % |" in lines
    assert "| extractive | false, by either judge | 9 | 3 | 3 | 3 | 33.3 % |" in lines
    assert "| lead3 | false, by either judge | 9 | 0 | 0 | 9 | 100.0 % |" in lines
    assert "| lead3 | false, by both | 0 | 0 | 0 | 0 | 0.0 % |" in lines
    assert "| extractive/written | 3 | 3 / 3 / 3 | 0 / 0 / 0 | 0 / 0 / 0 | 0 |" in lines
    assert "| lead3/written | 3 | 0 / 0 / 0 | 0 / 0 / 0 | 3 / 3 / 3 | 0 |" in lines
    assert "| headline | all | 6 | 100.0 % | 1.00 |" in lines
    assert any(line.startswith("| extractive | 3 | 0 |") and "| 10 | ." in line for line in lines)


def test_what_is_published_has_no_text(scripts, sheets, results, tmp_path):
    """The verdicts are written with ids, styles and marks, and nothing else."""
    judges = [fill(scripts, sheets, tmp_path / f"{n}.csv", kindly) for n in (1, 2)]
    scripts["judged"].compare(
        [scripts["judged_sheets"].key_of(sheets)], judges, results, tmp_path / "all.csv"
    )
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert {"set/0", "set/1", "set/2"} == {row["article"] for row in rows}
    assert {"error": 3, "note": 3} == dict(
        Counter(r["marked"] for r in rows if r["marked"] in {"error", "note"})
    )
    assert not any(" " in value for row in rows for value in row.values())


def test_sheets_do_not_tell_the_styles(sheets):
    """Nothing in the folder for the judges names a style or says what was marked; all else is there."""
    files = {path.name: path.read_text("utf-8") for path in sheets.iterdir()}

    assert {"01.md", "02.md", "03.md", "INSTRUCTIONS.md", "items.csv"} == files.keys()
    assert not any(word in text for text in files.values() for word in (*_STYLES, "support", "finding"))
    assert "- `A.1` " in files["01.md"]
    assert "1. " in files["01.md"]


def test_letters_differ_from_article_to_article_and_by_seed(scripts, articles, results, tmp_path):
    """A letter is another style in another article, and a seed always gives the same."""
    sheets = scripts["judged_sheets"]
    many = [scripts["judged_selection"].Article(f"{n}", "s", "en", "", BRIDGE) for n in range(12)]
    made = {
        style: {a.id: {"result": extractive(briefing.Source.from_text(BRIDGE))["result"]} for a in many}
        for style in _STYLES
    }
    for name, seed in (("one", 1), ("same", 1), ("two", 2)):
        sheets.write_sheets(many, made, tmp_path / name, seed)
    keys = {name: sheets.read_key(sheets.key_of(tmp_path / name)) for name in ("one", "same", "two")}

    assert keys["one"] == keys["same"]
    assert keys["one"] != keys["two"]
    assert set(_STYLES) == {sheet.letters["A"] for sheet in keys["one"].values()}


def test_each_judge_may_have_letters_of_their_own(scripts, articles, sheets, results, tmp_path):
    """Two sheets of different seeds are compared by style."""
    module = scripts["judged_sheets"]
    module.write_sheets(articles, module.read_results(results), tmp_path / "other", seed=5)
    folders = (sheets, tmp_path / "other")
    judges = [fill(scripts, folder, tmp_path / f"{folder.name}.csv", kindly) for folder in folders]
    told = scripts["judged"].compare([module.key_of(folder) for folder in folders], judges, results, None)

    assert all(f"| {kind} | all | {n} | 100.0 % |" in told for kind, n in (("summary", 9), ("pair", 9)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[3].__setitem__(2, "probably"), "line 4: 'probably' is no verdict on A.2"),
        (lambda rows: rows[3].__setitem__(2, ""), "line 4: no verdict on A.2"),
        (lambda rows: rows[3].__setitem__(1, "A.9"), "line 4: there is no item 'A.9' of article '01'"),
        (lambda rows: rows[3].pop(), "line 4: 3 fields instead of 4"),
        (lambda rows: rows.append(rows[3]), "again"),
        (lambda rows: rows.pop(3), "A.2 of article 01 is missing"),
        (lambda rows: rows[0].reverse(), "line 1: the columns are article, item, verdict, note"),
    ],
    ids=["unknown", "empty", "odd item", "short", "twice", "missing", "columns"],
)
def test_a_file_that_is_not_filled_rightly_is_refused(scripts, sheets, tmp_path, change, message):
    """The error names file, line and item."""
    path, module = fill(scripts, sheets, tmp_path / "judge.csv", kindly), scripts["judged_sheets"]
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    second = next(n for n, row in enumerate(rows) if row[:2] == ["01", "A.2"])
    rows[3], rows[second] = rows[second], rows[3]
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)

    with pytest.raises(SystemExit, match=r"judge\.csv") as raised:
        module.read_verdicts(path, module.read_key(module.key_of(sheets)))
    assert message in str(raised.value)


def test_a_headline_cannot_be_unclear_and_a_pair_has_its_own_letters(scripts, sheets, tmp_path):
    """Each kind of item has verdicts of its own."""
    module = scripts["judged_sheets"]
    wrong = {"headline": "unclear", "pair": "Z", "summary": "true", "sentence": "good"}
    path = fill(scripts, sheets, tmp_path / "judge.csv", lambda kind, *_: wrong[kind])

    with pytest.raises(SystemExit) as raised:
        module.read_verdicts(path, module.read_key(module.key_of(sheets)))
    with (sheets / "items.csv").open(newline="", encoding="utf-8") as file:
        assert len(str(raised.value).splitlines()) == len(list(csv.reader(file))) - 1


def test_an_interrupted_run_continues(scripts, articles, tmp_path):
    """Articles that the file has are not made again, and a file has one style."""
    asked, out, judged = [], tmp_path / "lead3.jsonl", scripts["judged"]

    def make(source):
        asked.append(source.text)
        return judged.made_by_lead(source)

    judged.make_lines(articles[:2], "lead3", out, make)
    judged.make_lines(articles, "lead3", out, make)

    assert [article.text for article in articles] == asked
    with pytest.raises(SystemExit, match="style lead3"):
        judged.make_lines(articles, "written", out, make)


def test_a_failed_briefing_is_a_line_and_is_not_judged(scripts, articles, tmp_path):
    """The error is recorded; the sheet of the article has the other styles only, and the report counts it."""
    judged, module = scripts["judged"], scripts["judged_sheets"]
    paths = {style: tmp_path / f"{style}.jsonl" for style in ("lead3", "written")}
    with FakeModel(faults=[Fault(status=401)]) as fake:
        connection = {"model": "openai/fake", "base_url": fake.url, "api_key": "test"}
        with judged.making(connection, {}) as make:
            judged.make_lines(articles, "written", paths["written"], make)
    judged.make_lines(articles, "lead3", paths["lead3"], judged.made_by_lead)
    results = module.read_results(list(paths.values()))
    module.write_sheets(articles, results, tmp_path / "sheets", seed=1)
    key = module.read_key(module.key_of(tmp_path / "sheets"))

    assert results["written"]["set/0"]["error"].startswith("AuthenticationError: ")
    assert {"A": "lead3"} == key["01"].letters
    assert "| written | 3 | 1 |" in scripts["judged_report"].report([], results)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They won 2-1.", "They [Al Ahly] won 2-1."),
        ("“She’s late,” he said.", "“She’s [Al Ahly] late,” he said."),
        ("Они победили.", "Они [Al Ahly] победили."),
    ],
)
def test_a_name_stands_behind_the_pronoun_that_opens_a_sentence(scripts, text, expected):
    """Judges see a sentence as readers do."""
    sentence = {"text": text, "antecedent": {"start": 0, "end": 7, "text": "Al Ahly"}}

    assert expected == scripts["judged_sheets"].shown(sentence)


def test_kappa(scripts):
    """Agreement beyond chance: a textbook example, full agreement, and where it is not defined."""
    kappa = scripts["judged_report"].kappa
    textbook = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    assert pytest.approx(0.4) == kappa(textbook)
    assert pytest.approx(1.0) == kappa([("y", "y"), ("n", "n")])
    assert kappa([("y", "y")] * 3) is None
    assert kappa([]) is None


def test_random_judges_agree_by_chance(scripts, sheets, results, tmp_path):
    """Any filled sheets give a report."""
    chance, module = random.Random(3), scripts["judged_sheets"]

    def anyhow(kind, style, item, letters):
        return chance.choice([*module.VERDICTS.get(kind, item.split("-"))])

    judges = [fill(scripts, sheets, tmp_path / f"{n}.csv", anyhow) for n in (1, 2)]
    told = scripts["judged"].compare([module.key_of(sheets)], judges, results, None)

    assert 6 == told.count("### ")


def test_the_list_of_articles(scripts):
    """Forty articles are listed, by language as the benchmark says, from the half that is not for development."""
    listed = json.loads((Path(scripts["judged"].__file__).parent / "judged_articles.json").read_text("utf-8"))
    selection = scripts["judged_selection"]
    counted = Counter(entry["lang"] for entry in listed)

    assert {"en": 12, "de": 8, "fr": 6, "es": 6, "ru": 4, "zh": 3, "ja": 1} == counted
    assert all(selection.is_held_out(entry["id"]) for entry in listed if entry["lang"] != "fr")
    assert {"id", "set", "lang", "sha256", "characters"} == {name for entry in listed for name in entry}


def test_a_list_of_other_articles_is_noticed(scripts, tmp_path, monkeypatch):
    """Picking compares with the list, and writes it only if it is told to."""
    judged, selection = scripts["judged"], scripts["judged_selection"]
    monkeypatch.setattr(selection, "QUOTAS", (("fundus_fr", "fr", 1),))
    text = "Le conseil municipal a décidé de fermer le pont mardi. La maire l'a annoncé dans la soirée."
    (tmp_path / "fundus_fr.jsonl").write_text(json.dumps({"id": "a", "text": text}), "utf-8")
    listed, out = tmp_path / "list.json", tmp_path / "articles.jsonl"
    monkeypatch.setattr(selection, "_LIMITS", {"fr": (10, 4000)})
    listed.write_text(json.dumps([{"id": "b", "sha256": "0"}]), "utf-8")

    with pytest.raises(SystemExit, match="other texts than those picked: a, b"):
        judged.pick([tmp_path], out, record=False, listed=listed)
    judged.pick([tmp_path], out, record=True, listed=listed)
    judged.pick([tmp_path], out, record=False, listed=listed)
    assert [text] == [article.text for article in selection.read_articles(out)]
    out.write_text(out.read_text("utf-8").replace("mardi", "lundi"), "utf-8")
    with pytest.raises(SystemExit, match="line 1: the text of a does not have its sha256"):
        selection.read_articles(out)
