"""The script that compares results before and after a change, and the entry of the benchmarks."""

import json
import runpy
from pathlib import Path

from conftest import benchmarks

FOLDER = Path(__file__).parents[2] / "benchmarks"
ARTICLE = "The council closed 3 bridges on Monday. “We had no choice,” said Maren Holt, the mayor of Harwick."


def test_same_results_are_told_from_others(tmp_path, monkeypatch, capsys):
    """The same code gives the same results; another article has other ones, and the exit status is 1."""
    data, saved = tmp_path / "data", tmp_path / "saved"
    data.mkdir()
    rows = data / "rows.jsonl"
    rows.write_text(json.dumps({"id": "one", "text": ARTICLE, "summary": "Four bridges closed."}) + "\n")
    with benchmarks("same_results") as scripts:

        def run(option: str) -> int:
            monkeypatch.setattr("sys.argv", ["same_results.py", str(data), option, str(saved)])
            try:
                scripts["same_results"].main()
            except SystemExit as end:
                return end.code
            return 0

        assert run("--save") == 0
        assert run("--compare") == 0
        assert "9 results, 0 differ" in capsys.readouterr().out
        rows.write_text(rows.read_text().replace("3 bridges", "4 bridges"))
        assert run("--compare") == 1
    assert "rows.jsonl: one read" in capsys.readouterr().out


def test_the_entry_lists_tables_and_scripts():
    """Each table's script is a file, and each script is listed."""
    entry = runpy.run_path(str(FOLDER / "__main__.py"))
    listed = entry["listing"]()
    assert all((FOLDER / command[0]).is_file() for command in entry["TABLES"].values())
    assert all(path.name in listed for path in FOLDER.glob("[a-z]*.py"))
