"""Fuzz the reading side with atheris, which looks for inputs that reach new code.

    pip install atheris
    python tests/fuzz/guided.py TARGET [CORPUS_FOLDER] [options of libFuzzer, such as -max_total_time=600]

TARGET is one of `tests/fuzz_targets.py`. An input that breaks it is written to ``crash-…`` (``timeout-…``, ``oom-…``)
in the working folder: make it small, and make a test of it in `tests/test_fuzz.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

TESTS = Path(__file__).parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]
with atheris.instrument_imports(include=["briefing"]):
    import fuzz_targets

    # Imported within functions, else.


def seeds(target: str, folder: Path) -> None:
    """Articles to start from."""
    folder.mkdir(parents=True, exist_ok=True)
    articles = [path.read_bytes() for path in (TESTS.parent / "seeds").glob("*.[thm]*")]
    for number, article in enumerate(articles):
        quotes = article.decode().split("“")[1:2] or [article.decode()[40:120]]
        data = {
            "read": b"\0" + article[:3000],
            "align": b"\0" + quotes[0].split("”")[0].encode() + b"\0" + article[:3000],
            "page": article[:6000],
            "decode": article[:6000],
            "feed": b"<item><title>Ferry</title><description>" + article[:3000],
            "pdf": b"BT /F1 11 Tf 60 700 Td (Ferry) Tj ET",
            "office": b"<w:r><w:t>" + article[:3000] + b"</w:t></w:r>",
            "mail": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + article[:3000] + b"\n--b--",
        }[target]
        (folder / f"seed-{number}").write_bytes(data)


def main() -> None:
    """Run libFuzzer on one target."""
    if len(sys.argv) < 2 or sys.argv[1] not in fuzz_targets.TARGETS:
        sys.exit(__doc__)
    target = sys.argv.pop(1)
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        seeds(target, Path(sys.argv[1]))
    atheris.Setup(sys.argv, fuzz_targets.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
