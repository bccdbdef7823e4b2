"""Damaged journals: rows that cannot be read back, and what `check_journal` finds and mends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from commands import Run
from journal_processes import Note, meta, note

from briefing import Journal, JournalError, ServerError
from briefing.journal import check_journal
from briefing.journal.records import COLUMNS

#: What a column may hold when another program has written it, as SQL. In a column of texts, a number becomes one.
DAMAGED = {
    "input_tokens": ("'abc'", "x'ff00'", "-5", "9e999", "1.5", "9223372036854775807", "CAST(x'ff' AS TEXT)"),
    "elapsed": ("'abc'", "-0.5", "9e999"),
    "cost_usd": ("'abc'", "x'00'", "1e300"),
    "model": ("x'ff00'", "CAST(x'ff' AS TEXT)"),
    "source_title": ("x'41'",),
    "status": ("'odd'",),
    "result": ("NULL", "x'7b7d'", "'{'", "'[]'", "CAST(x'7b22ff223a317d' AS TEXT)"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a journal with three results."""
    path = tmp_path / "run.db"
    with Journal(path) as journal:
        for name in ("a", "b", "c"):
            note(journal, name, name * 3000)
    return path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            db.execute(statement)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def kinds(path: Path, *, repair: bool = False) -> list[str]:
    return [damage.kind for damage in check_journal(path, repair=repair).damages]


@pytest.mark.parametrize("column", DAMAGED)
def test_a_row_that_cannot_be_read_is_made_again(path: Path, run: Run, column: str) -> None:
    """It is no entry anywhere, the check names its column, and the next record replaces it, be it a result or a failure."""
    with Journal(path) as journal:
        for value in DAMAGED[column]:
            change(path, f"UPDATE entries SET {column} = {value} WHERE fingerprint = 'b'")

            assert ["a", "c"] == [entry.fingerprint for entry in journal.entries()]
            assert None is journal.get("b")
            [damage] = check_journal(path).damages
            assert "entry" == damage.kind
            assert column in damage.message
            if column != "result" and "CAST" not in value:  # the sums do not load texts
                assert (2, 20) == (journal.totals().done, journal.totals().usage.input_tokens)
            note(journal, "b", "again" + value)
            entry = journal.get("b")
            assert entry is not None
            assert "again" + value == entry.load(Note).text
            assert (3, 30, 3) == (
                journal.totals().done,
                journal.totals().usage.input_tokens,
                journal.totals().attempts,
            )
        change(path, f"UPDATE entries SET {column} = {DAMAGED[column][0]} WHERE fingerprint = 'b'")
        assert 2 == len(run("journal", "export", path).out.splitlines())
        assert 0 == run("journal", "ls", path).code
        journal.record(ServerError("down"), meta("b"), schema=Note)
        assert (2, 1) == (journal.totals().done, journal.totals().failed)


def _overwrite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    page = data.index(b"b" * 3000) // 4096 * 4096
    data[page : page + 4096] = b"\xaa" * 4096
    path.write_bytes(data)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def _duplicate(path: Path) -> None:
    change(
        path,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, ' UNIQUE', '') WHERE name = 'entries'",
        "DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_entries_1'",
    )
    columns = ", ".join(COLUMNS).replace("fingerprint, ", "")
    change(path, f"INSERT INTO entries (fingerprint, {columns}) SELECT 'a', {columns} FROM entries LIMIT 1")


def _leave_leases(path: Path) -> None:
    change(
        path,
        "INSERT INTO owners VALUES ('gone', 'here', 1, 5)",
        "INSERT INTO owners VALUES (x'ff', 'here', 'abc', 'abc')",
        "INSERT INTO claims VALUES ('b', 'nobody', '')",
    )


@pytest.mark.parametrize(
    ("damage", "kind", "kept"),
    [
        (_overwrite, "file", 2),
        (_cut, "file", 2),
        (_duplicate, "duplicate", 3),
        (_leave_leases, "lease", 3),
    ],
)
def test_what_can_be_read_is_saved(
    path: Path, run: Run, damage: Callable[[Path], None], kind: str, kept: int
) -> None:
    """The command says what is wrong, puts a new file in its place, and keeps the damaged one beside it."""
    damage(path)
    before = path.read_bytes()
    told = run("journal", "check", path)
    mended = run("journal", "check", path, "--repair")

    assert (1, 0, 0) == (told.code, mended.code, run("journal", "check", path).code)
    assert f"{kind}: " in told.out
    assert len(before) == len((path.parent / "run.db.damaged-1").read_bytes())
    with Journal(path) as journal:
        assert journal.totals().done >= kept
        assert {"x"} == journal.claim(["x"]).result()
    assert [] == kinds(path)


def test_a_row_with_a_number_below_zero_is_listed(path: Path) -> None:
    """It is a hit, and so it is exported as well."""
    change(path, "UPDATE entries SET number = -7 WHERE fingerprint = 'b'")
    with Journal(path) as journal:
        assert ["b", "a", "c"] == [entry.fingerprint for entry in journal.entries()]


def test_a_sound_journal_is_left_alone(path: Path) -> None:
    """Nothing is replaced, and none is replaced that is open."""
    inode = path.stat().st_ino
    assert check_journal(path, repair=True).saved is None
    assert inode == path.stat().st_ino
    change(path, "UPDATE entries SET attempts = 'x' WHERE fingerprint = 'a'")
    with Journal(path) as journal:
        note(journal, "d")
        with pytest.raises(JournalError, match="has it open"):
            check_journal(path, repair=True)
    assert ["run.db"] == [file.name for file in path.parent.iterdir() if not file.name.startswith("run.db-")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no database" * 1000, "is not a journal"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, run: Run, content: bytes, message: str) -> None:
    """Exit code 2, and the file stays."""
    other = tmp_path / "other.db"
    other.write_bytes(content)
    ended = run("journal", "check", other, "--repair")

    assert (2, content) == (ended.code, other.read_bytes())
    assert message in ended.err


def test_a_first_page_that_is_damaged_is_told(path: Path) -> None:
    """Nothing can be read without it."""
    data = bytearray(path.read_bytes())
    data[100:300] = b"\xff" * 200
    path.write_bytes(data)

    with pytest.raises(JournalError, match="nothing can be read"):
        check_journal(path)


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_deleted_or_replaced_is_noticed(path: Path, suffix: str, replaced: bool) -> None:
    """What SQLite writes to a deleted file is lost with the process: nothing is said to be recorded there."""
    with Journal(path) as journal:
        note(journal, "d")
        file = Path(f"{path}{suffix}")
        content = file.read_bytes()
        file.unlink()
        if replaced:
            file.with_name("new").write_bytes(content)
            file.with_name("new").rename(file)
        with pytest.raises(JournalError, match="was deleted or replaced") as raised:
            note(journal, "e")
        assert isinstance(raised.value.result, Note)
        with pytest.raises(JournalError):
            journal.claim(["f"]).result()
