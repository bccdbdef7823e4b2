"""Detection of encodings: the thresholds, and values on both sides of each."""

from __future__ import annotations

from types import SimpleNamespace

import charset_normalizer
import pytest

from briefing.errors import InputError
from briefing.sources import encodings


def as_language(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    """Let every text be in one language."""
    monkeypatch.setattr(encodings, "detect_language", lambda *_: lang)


@pytest.mark.parametrize(
    ("length", "damaged", "expected"),
    [(399, 1, "gb18030"), (399, 2, None), (400, 2, "gb18030"), (400, 3, None)],
)
def test_a_declaration_is_dropped_beyond_one_damaged_byte_in_200(
    length: int, damaged: int, expected: str | None
) -> None:
    """With more of them, the declared encoding is wrong."""
    data = b"a" * (length - damaged) + b"\xff" * damaged
    found = encodings._decode_declared(data, "gb2312")
    assert expected == (found and found[1])


@pytest.mark.parametrize(("end", "expected"), [(4096, "cp1251"), (4097, "cp1252")])
def test_a_declaration_is_read_within_4096_bytes(
    monkeypatch: pytest.MonkeyPatch, end: int, expected: str
) -> None:
    """A label that is cut by the limit is unknown."""
    as_language(monkeypatch, "en")
    declaration = b"<meta charset=windows-1251"
    data = declaration.rjust(end) + b"> an English text about the harbour and the caf\xe9 " * 3
    assert expected == encodings.decode(data, "html")[1]


@pytest.mark.parametrize(("letters", "expected"), [(51, "cp1252"), (50, "by alphabet")])
def test_western_text_has_more_than_five_letters_for_each_high_byte(
    monkeypatch: pytest.MonkeyPatch, letters: int, expected: str
) -> None:
    """Otherwise its language is not detected reliably."""
    as_language(monkeypatch, "en")
    monkeypatch.setattr(encodings, "_by_alphabet", lambda *_: "by alphabet")
    assert expected == encodings._detect_encoding(b"a" * letters + b"\xe9" * 10)


@pytest.mark.parametrize(("letters", "expected"), [(31, True), (30, False)])
def test_an_alphabet_decides_above_three_letters_for_each_high_byte(
    monkeypatch: pytest.MonkeyPatch, letters: int, expected: bool
) -> None:
    """Otherwise the text is not in Latin letters."""
    as_language(monkeypatch, "pl")
    monkeypatch.setattr(encodings, "_by_alphabet", lambda *_: "by alphabet")
    assert expected is (encodings._detect_encoding(b"a" * letters + b"\xb9" * 10) == "by alphabet")


@pytest.mark.parametrize(("odd", "expected"), [(2, "cp1252"), (3, None)])
def test_one_high_byte_in_ten_may_be_odd_in_western_text(
    monkeypatch: pytest.MonkeyPatch, odd: int, expected: str | None
) -> None:
    """With more of them, no Western encoding fits."""
    as_language(monkeypatch, "en")
    data = b"harbour " * 20 + b"a\xe9 " * (20 - odd) + b"a\xd5 " * odd
    assert expected == encodings._detect_encoding(data)


@pytest.mark.parametrize(("strange", "expected"), [(2, "cp1250"), (3, None)])
def test_one_high_byte_in_ten_may_be_foreign_to_the_alphabet(
    monkeypatch: pytest.MonkeyPatch, strange: int, expected: str | None
) -> None:
    """With more of them, no encoding of the language fits."""
    as_language(monkeypatch, "pl")
    assert expected == encodings._by_alphabet(b"\xb9" * (20 - strange) + b"\xf4" * strange, 20)


@pytest.mark.parametrize(
    ("chaos", "coherence", "high", "expected"),
    [
        (0.2, 0.5, 60, "cp1251"),
        (0.21, 0.5, 60, None),
        (0.0, 0.0, 99, None),
        (0.0, 0.0, 100, "cp1251"),
        (0.0, 0.1, 99, "cp1251"),
    ],
)
def test_what_charset_normalizer_finds_must_be_plausible(
    monkeypatch: pytest.MonkeyPatch, chaos: float, coherence: float, high: int, expected: str | None
) -> None:
    """Little chaos, and a language or a hundred high bytes."""
    match = SimpleNamespace(chaos=chaos, coherence=coherence, encoding="cp1251")
    monkeypatch.setattr(charset_normalizer, "from_bytes", lambda _: SimpleNamespace(best=lambda: match))
    assert expected == encodings._detect_encoding(b"\xe0" * high)


PROSE = "Le café de la gare a fermé l’été dernier, à cause d’une fuite, a dit Rémi Dupré. " * 3


@pytest.mark.parametrize(
    ("data", "text", "encoding", "warning"),
    [
        (
            PROSE.encode() + b"Fin\xe9.",
            PROSE + "Fin\ufffd.",
            None,
            "byte {} (0xe9) is not valid UTF-8; read as U+FFFD",
        ),
        (
            PROSE.encode() + "Fin é".encode()[:-1],
            PROSE + "Fin \ufffd",
            None,
            "byte {} (0xc3) is not valid UTF-8",
        ),
        (b"\xef\xbb\xbf" + PROSE.encode() + b"Fin\xe9.", "Fin\ufffd.", None, "(0xe9) is not valid UTF-8"),
        (b"The mill will clos\0e in May, the council said. " * 5, "will close in", None, None),
        (
            b"The mill will clo\0se in May. " + b"It said so. " * 200,
            "will close in",
            None,
            "1 NUL byte was removed",
        ),
        (PROSE.encode("cp1252"), PROSE, "cp1252", None),
    ],
)
def test_damaged_bytes_are_told(data: bytes, text: str, encoding: str | None, warning: str | None) -> None:
    """A text that is UTF-8 but for a byte, whether in it or at its end, is read as UTF-8."""
    if warning is None and b"\0" in data:
        with pytest.raises(InputError, match="NUL"):
            encodings.decode(data, None)
        return
    found = encodings.decode(data, None)
    assert text in found.text
    assert encoding == found.encoding
    expected = (
        () if warning is None else (warning.format(len(PROSE.encode()) + (3 if b"Fin\xe9" in data else 4)),)
    )
    assert len(expected) == len(found.warnings)
    assert all(part in whole for part, whole in zip(expected, found.warnings, strict=True))
