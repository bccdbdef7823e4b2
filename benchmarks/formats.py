"""Measure what is read of documents that LibreOffice and Chromium make of the seeds.

    python benchmarks/formats.py [--soffice soffice] [--chromium chromium] [--show]

Each text of seeds/ becomes a page in two justified columns, which Chromium prints to PDF, and LibreOffice exports as PDF,
DOCX, ODT and EPUB. Printed are, by kind of file, how many of the text's paragraphs and sentences are read letter by letter,
and the seconds that reading took. ``--show`` lists the paragraphs that are not.
"""

from __future__ import annotations

import argparse
import html
import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from briefing import Source

SEEDS = Path(__file__).parent.parent / "seeds"
STYLE = (
    "@page { margin: 2.5cm } body { font: 11pt serif; text-align: justify } "
    ".text { column-count: 2; column-gap: 0.8cm }"
)
KINDS = {"printed.pdf": "PDF, Chromium", "pdf": "PDF", "docx": "DOCX", "odt": "ODT", "epub": "EPUB"}


def paragraphs(path: Path) -> list[str]:
    """The paragraphs of a seed, each on one line, without the marks of Markdown."""
    text = re.sub(r"\A---\n.*?^---\n", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    lines = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [re.sub(r"^#+ |[*_`]|^> ?", "", line) if path.suffix == ".md" else line for line in lines if line]


def page(lines: list[str]) -> str:
    """The page of a seed."""
    title, *others = map(html.escape, lines)
    direction = ' dir="rtl"' if re.search("[\u0590-\u06ff]", title) else ""
    text = "".join(f"<p>{line}</p>" for line in others)
    return (
        f'<html><head><meta charset="utf-8"><title>{title[:80]}</title><style>{STYLE}</style></head>'
        f'<body{direction}><h1>{title}</h1><div class="text">{text}</div></body></html>'
    )


def make(folder: Path, texts: dict[str, list[str]], soffice: str, chromium: str) -> None:
    """Write the documents of all texts into a folder."""
    for name, lines in texts.items():
        (folder / f"{name}.html").write_text(page(lines), "utf-8")
        printed = f"--print-to-pdf={folder / name}.printed.pdf"
        run = [chromium, "--headless", "--no-sandbox", "--disable-gpu", printed, folder / f"{name}.html"]
        subprocess.run(run, check=True, capture_output=True)
    pages = sorted(folder.glob("*.html"))
    subprocess.run(
        [soffice, "--headless", "--convert-to", "odt", "--outdir", folder, *pages],
        check=True,
        capture_output=True,
    )
    documents = sorted(folder.glob("*.odt"))
    for kind in ("pdf", "docx:MS Word 2007 XML", "epub"):
        run = [soffice, "--headless", "--convert-to", kind, "--outdir", folder, *documents]
        subprocess.run(run, check=True, capture_output=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--soffice", default="soffice")
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    seeds = sorted([*SEEDS.glob("*.txt"), *SEEDS.glob("*.md")])
    texts = {path.stem: paragraphs(path) for path in seeds}
    languages = {Source.from_text("\n".join(lines)).lang for lines in texts.values()}
    print(f"{len(texts)} texts in {len(languages)} languages ({', '.join(sorted(languages))})\n")
    print(f"{'':<14} {'paragraphs':>12} {'sentences':>12} {'seconds':>8}")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make(folder, texts, options.soffice, options.chromium)
        for ending, label in KINDS.items():
            counts: Counter[str] = Counter()
            missing = []
            started = time.perf_counter()
            read = {name: Source.from_file(folder / f"{name}.{ending}") for name in texts}
            seconds = time.perf_counter() - started
            for name, lines in texts.items():
                found = set(read[name].text.split("\n"))
                missing += [f"{name}: {line[:100]}" for line in lines if line not in found]
                counts["paragraphs"] += len(lines)
                sentences = [sentence.text for sentence in Source.from_text("\n".join(lines)).sentences]
                known = {sentence.text for sentence in read[name].sentences}
                counts["sentences"] += len(sentences)
                counts["sentences read"] += sum(sentence in known for sentence in sentences)
            exact = f"{counts['paragraphs'] - len(missing)}/{counts['paragraphs']}"
            print(
                f"{label:<14} {exact:>12} {counts['sentences read']:>6}/{counts['sentences']} {seconds:>8.1f}"
            )
            if options.show:
                print(*(f"    {line}" for line in missing), sep="\n")


if __name__ == "__main__":
    main()
