"""What clients of the MCP server may have read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import BRIDGE
from pydantic import ValidationError
from web_site import reply, serving

from briefing.errors import ConfigurationError, ForbiddenUrlError, InputError
from briefing.mcp.access import MAX_ARTICLE, Access, Article


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an article, one in a folder below, a hidden file, keys, and links; and a secret beside it."""
    inside = tmp_path / "articles"
    (inside / "below").mkdir(parents=True)
    (inside / ".git").mkdir()
    (tmp_path / "secret.txt").write_text("The secret is out.")
    for name in ("a.txt", "below/b.md", ".env", ".git/notes.txt", "id_rsa", "keys.pem"):
        (inside / name).write_text(BRIDGE)
    (inside / "out.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "outside").symlink_to(tmp_path)
    (inside / "inner.txt").symlink_to(inside / "a.txt")
    (inside / "key.txt").symlink_to(inside / "id_rsa")
    (inside / "circle.txt").symlink_to(inside / "circle.txt")
    return inside


@pytest.mark.parametrize("path", ["a.txt", "below/b.md", "below/../a.txt", "inner.txt", "{folder}/a.txt"])
def test_articles_in_an_allowed_folder_are_read(folder: Path, path: str) -> None:
    """Also below it, by an absolute path, and through a link that stays inside."""
    access = Access.of([folder.parent / "articles" / "below" / "..", folder])

    assert BRIDGE == access.read(Article(path=path.format(folder=folder))).text


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../secret.txt",
            "below/../../secret.txt",
            "out.txt",
            "outside/secret.txt",
            "{folder}/../secret.txt",
        ),
        *(".env", ".git/notes.txt", "id_rsa", "keys.pem", "key.txt", "circle.txt"),
        *("/etc/passwd", "/dev/zero", "below", "", ".", "missing.txt", "a\0.txt", "x" * 3_000, "~/a.txt"),
    ],
)
def test_nothing_else_is_read(folder: Path, path: str) -> None:
    """No traversal, no link that leads out, no hidden file, nothing that is not an article."""
    with pytest.raises(InputError):
        Access.of([folder]).read(Article(path=path.format(folder=folder)))


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    """A named pipe would keep the call waiting for ever."""
    os.mkfifo(folder / "pipe.txt")

    with pytest.raises(InputError, match="There is no article"):
        Access.of([folder]).read(Article(path="pipe.txt"))


def test_a_file_outside_is_told_like_a_missing_one(folder: Path) -> None:
    """The error does not tell what exists outside of the folders."""
    access, messages = Access.of([folder]), []
    for path in ("../secret.txt", "../nothing.txt"):
        with pytest.raises(InputError) as raised:
            access.read(Article(path=path))
        messages.append(str(raised.value).replace(path, "PATH"))

    assert messages[0] == messages[1]


def test_without_folders_no_file_is_read() -> None:
    """The error says how the user allows a folder."""
    with pytest.raises(InputError, match="--allow-path FOLDER"):
        Access().read(Article(path=__file__))


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """A misspelt folder is not an empty one."""
    with pytest.raises(ConfigurationError, match="there is no folder"):
        Access.of([tmp_path / "misspelt"])


def test_pages_are_fetched_only_if_allowed() -> None:
    """Without the permission there is no connection; with it, private addresses need another one."""
    with serving() as site:
        site.answers["/article"] = reply(f"<html><body><p>{BRIDGE}</p></body></html>".encode())
        page = f"{site.url}/article"
        with pytest.raises(InputError, match="--allow-urls"):
            Access().read(Article(url=page))
        with pytest.raises(ForbiddenUrlError):
            Access(urls=True).read(Article(url=page))
        assert [] == site.asked

        assert BRIDGE == Access(urls=True, allow_private=True).read(Article(url=page)).text


def test_a_long_article_is_refused(folder: Path) -> None:
    """A file is bounded as the text in a call is."""
    (folder / "long.txt").write_text("word " * (MAX_ARTICLE // 5 + 1))

    with pytest.raises(InputError, match="at most"):
        Access.of([folder]).read(Article(path="long.txt"))
    with pytest.raises(ValidationError):
        Article(text="x" * (MAX_ARTICLE + 1))


@pytest.mark.parametrize(
    "given", [{}, {"text": "a", "path": "b"}, {"text": "a", "bogus": 1}, "just a text", '{"text": 5}', "{", 5]
)
def test_an_article_has_one_form(given: object) -> None:
    """What is not exactly one of text, path and url is refused."""
    with pytest.raises(ValidationError):
        Article.model_validate(given)


def test_an_article_may_be_a_string_of_json() -> None:
    """Some clients send objects so."""
    assert Article(text="Good day.") == Article.model_validate('{"text": "Good day."}')
