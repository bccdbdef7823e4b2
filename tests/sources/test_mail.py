"""Sources from mails: their own text, and what was left out."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from briefing.errors import InputError
from briefing.sources.replies import own_text
from briefing.sources.source import Source

TEXT = "The ferry is cancelled on Monday.\n\n“We had no choice,” said Ada Quill.\n"
PAGE = "<html><body><p>The ferry is cancelled on Monday.</p><p>“We had no choice,” said Ada Quill.</p>{}</body></html>"


def mail(text: str = TEXT, **headers: str) -> EmailMessage:
    """A mail with a text, and headers."""
    message = EmailMessage()
    message["From"] = headers.pop("sender", '"Möe, Ida" <ida@sk.example>')
    message["Subject"] = headers.pop("subject", "Ferry cancelled")
    message["Message-ID"] = "<1@sk.example>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(text)
    return message


def read(message: EmailMessage) -> Source:
    return Source.from_bytes(message.as_bytes())


def raw(headers: str, body: str | bytes, encoding: str = "utf-8") -> Source:
    data = body.encode(encoding) if isinstance(body, str) else body
    return Source.from_bytes(f"From: Ida <i@sk.example>\nMIME-Version: 1.0\n{headers}\n\n".encode() + data)


def test_headers_become_metadata() -> None:
    """Subject, senders and date, with encoded words; the date is the sender's."""
    source = read(
        mail(
            subject="AW: Re: Fähre fällt aus",
            sender='"Möe, Ida" <ida@sk.example>, press@sk.example',
            Date="Mon, 03 Mar 2025 23:30:00 -0500",
        )
    )

    assert ("Fähre fällt aus", "2025-03-03", ("Möe, Ida", "press@sk.example"), ()) == (
        source.title,
        source.date,
        source.authors,
        source.warnings,
    )
    assert TEXT.strip() == source.text
    assert ["We had no choice,"] == [quotation.spans[0].text for quotation in source.quotations]


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("Subject: Fähre".encode(), "Fähre"),
        ("Subject: Fähre".encode("cp1252"), "Fähre"),
        (b"Subject: =?utf-8?q?F=C3=A4h?=\n =?utf-8?q?re?=", "Fähre"),
        (b"Subject: =?no-such?q?F=E4hre?=", "Fähre"),
        (b"subject: =?utf-8?b?broken", "=?utf-8?b?broken"),
        (b"Subject: Fwd: =?utf-8?q?=F0?=", "\ufffd"),
        (b"Date: no date\nFrom: " + b"(" * 5000, None),
        (b"Date: Mon, 99 Foo 9999999999 99:99 +9999", None),
    ],
)
def test_any_header_is_read(header: bytes, title: str | None) -> None:
    """Raw letters, folded and broken words."""
    source = Source.from_bytes(header + b"\nMessage-ID: <1@x>\nMIME-Version: 1.0\n\nThe ferry is cancelled.")
    assert ("The ferry is cancelled.", title, None) == (source.text, source.title, source.date)


@pytest.mark.parametrize(
    ("charset", "coding"),
    [
        ("iso-8859-1", "quoted-printable"),
        ("windows-1251", "base64"),
        ("iso-2022-jp", "7bit"),
        ("utf-8", "8bit"),
    ],
)
def test_charsets(charset: str, coding: str) -> None:
    """Of each part, as it declares it."""
    text = {"w": "Паром отменён в понедельник.", "iso-2": "フェリーは欠航です。"}.get(
        charset[:5] if charset.startswith("iso-2") else charset[:1], "Die Fähre fällt am Montag aus."
    )
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@sk.example", "<1@sk.example>"
    message.set_content(text, charset=charset, cte=coding)
    assert text == read(message).text


def test_damaged_bytes_are_told() -> None:
    """With U+FFFD in the text, as in files."""
    source = raw("Content-Type: text/plain; charset=utf-8", "Die Fähre ".encode() * 30 + b"f\xe4llt aus.")
    assert "f\ufffdllt aus." in source.text
    assert "not valid UTF-8" in source.warnings[0]


ALTERNATIVES = [
    (TEXT, PAGE.format(""), "said Ada Quill."),
    ("See the HTML.", PAGE.format(""), "said Ada Quill."),
    (TEXT, "<html><body></body></html>", "said Ada Quill."),
]


@pytest.mark.parametrize(("plain", "page", "end"), ALTERNATIVES)
def test_the_plain_text_goes_before_html_unless_it_is_a_stub(plain: str, page: str, end: str) -> None:
    """A stub says that there is HTML, or nothing."""
    message = mail(plain)
    message.add_alternative(page, subtype="html")
    source = read(message)
    assert source.text.endswith(end)
    assert "See the" not in source.text


def test_html_alone_is_read_as_a_page() -> None:
    """By the page reader: hidden text is out."""
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@sk.example", "<1@sk.example>"
    message.set_content(PAGE.format("<p style='display:none'>Praise the ferry.</p>"), subtype="html")
    assert TEXT.replace("\n\n", "\n").strip() == read(message).text


def test_attachments_are_named() -> None:
    """Files, and attached mails; not seals and pictures that the page shows."""
    message = mail()
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="Plan März.pdf")
    message.add_attachment(mail(subject="Tides"))
    message.add_attachment(b"x", maintype="application", subtype="pgp-signature", filename="signature.asc")
    source = read(message)
    assert ("not read, but attached: 'Plan März.pdf' (application/pdf), the mail 'Tides'",) == source.warnings
    assert TEXT.strip() == source.text

    related = EmailMessage()
    related["From"], related["Message-ID"] = "a@sk.example", "<1@sk.example>"
    related.set_content(PAGE.format("<img src='cid:1'>"), subtype="html")
    related.add_related(b"x", maintype="image", subtype="png", cid="<1>")
    assert () == read(related).warnings


def test_a_mail_without_text() -> None:
    """The message says where it may be."""
    message = mail("\n")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="plan.pdf")
    with pytest.raises(InputError, match=r"is empty\. It may be in what is attached"):
        read(message)


def test_parts_of_a_mixed_mail_are_joined() -> None:
    """As in mails of lists, which append a footer."""
    source = raw(
        'Content-Type: multipart/mixed; boundary="b"',
        "--b\nContent-Type: text/plain\n\nThe ferry is cancelled.\n--b\n\nIt runs again in May.\n--b--\n",
    )
    assert "The ferry is cancelled.\n\nIt runs again in May." == source.text


@pytest.mark.parametrize(
    "quoted",
    [
        "On Sun, 2 Mar 2025 at 10:00, Bo Lind\n<bo@sk.example> wrote:\n\n> Does it run?\n>> Ask Ida.\n",
        "Am 2. März 2025 um 10:00 schrieb Bo Lind <bo@sk.example>:\n> Does it run?\n",
        "2025年3月2日 Bo Lind 写道：\n> Does it run?\n",
        "-----Original Message-----\nFrom: Bo Lind <bo@sk.example>\nSent: Sunday\nTo: Ida\nSubject: Ferry\n\nDoes it run?\n",
        "________________________________\nVon: Bo Lind\nGesendet: Sonntag, 2. März\nAn: Ida Möe\nBetreff: Fähre\n\nDoes it run?",
        "*From:* Bo Lind\n*Sent:* Sunday\n*To:* Ida\n*Subject:* Ferry\n\nDoes it run?",
    ],
)
def test_quoted_replies_are_left_out_and_told(quoted: str) -> None:
    """With the line that says who wrote them, in the forms of mail programs."""
    source = read(mail(TEXT + "\n" + quoted, subject="Re: Ferry"))
    assert TEXT.strip() == source.text
    [warning] = source.warnings
    assert warning.startswith("a quoted mail of ")


def test_answers_between_quoted_lines_are_kept() -> None:
    """What stands before a quotation and has no date is the writer's own."""
    text = "Ada Quill writes:\n> Does it run?\nIt does not.\n> Why?\nThe quay fell.\n"
    assert (
        "Ada Quill writes:\nIt does not.\nThe quay fell.\n",
        ("a quoted mail of 17 characters was left out",),
    ) == (own_text(text, forwarded=False))


def test_a_signature_is_left_out_and_told() -> None:
    """Below "-- ", if it is short; a rule in a text is none."""
    source = read(mail(TEXT + "\n-- \nIda Möe, harbour office\n"))
    assert (TEXT.strip(), ("a signature of 23 characters was left out",)) == (source.text, source.warnings)
    assert "--\nIt" in read(mail(TEXT + "\n--\nIt runs again in May. " + "So it was said. " * 100)).text


def test_a_forwarded_mail_is_read() -> None:
    """Without its headers: the article is what somebody forwarded."""
    text = f"See below.\n\n---------- Forwarded message ---------\nFrom: Bo\nDate: Sunday\nTo: Ida\nSubject: Ferry\n\n{TEXT}"
    assert f"See below.\n\n\n{TEXT}".strip() == read(mail(text, subject="Fwd: Ferry")).text


def test_a_mail_that_only_quotes_is_read() -> None:
    """Nothing is left out if that would be all."""
    source = read(mail("On 2 March 2025, Bo wrote:\n> The ferry is cancelled.\n", subject="Re: Ferry"))
    assert "The ferry is cancelled." in source.text
    assert ("the mail only quotes another one, whose text was read",) == source.warnings


@pytest.mark.parametrize(
    "quoted",
    [
        '<div class="gmail_quote"><div>On Sun, Bo wrote:</div><blockquote>Does it run?</blockquote></div>',
        '<div class="moz-cite-prefix">On 2.3.25, Bo wrote:</div><blockquote type="cite">Does it run?</blockquote>',
        '<div id="divRplyFwdMsg"><b>From:</b> Bo<br><b>Sent:</b> Sunday<br></div><div>Does it run?</div>',
        "<div><b>From:</b> Bo<br><b>Sent:</b> Sunday<br><b>To:</b> Ida<br><b>Subject:</b> Ferry</div><p>Does it run?</p>",
        '<div class="gmail_signature">Does it run? Ida, harbour office</div>',
    ],
)
def test_quoted_replies_in_html(quoted: str) -> None:
    """By the markup of mail programs, else by the headers."""
    message = EmailMessage()
    message["From"], message["Message-ID"] = "a@sk.example", "<1@sk.example>"
    message.set_content(PAGE.format(quoted), subtype="html")
    source = read(message)
    assert source.text.endswith("said Ada Quill.")
    assert "left out" in source.warnings[-1]


def test_flowed_text_is_unfolded() -> None:
    """RFC 3676: lines that end in a space go on."""
    flowed = "The ferry is \ncancelled.\n Then it rained.\n-- \nIda\n"
    assert (
        "The ferry is cancelled.\nThen it rained."
        == raw("Content-Type: text/plain; format=flowed", flowed).text
    )
    japanese = raw(
        "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes", "フェリーは \n欠航です。"
    )
    assert "フェリーは欠航です。" == japanese.text


def test_a_page_saved_as_mhtml(tmp_path: Path) -> None:
    """Its page and its address; who saved it and when is no metadata of the article."""
    page = PAGE.format("").replace("<body>", "<head><title>Ferry</title></head><body>")
    data = (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://sk.example/ferry\nSubject: Ferry\n"
        "Date: Mon, 3 Mar 2025 10:00:00 -0000\nMIME-Version: 1.0\n"
        'Content-Type: multipart/related; type="text/html"; boundary="b"\n\n'
        f"--b\nContent-Type: text/html; charset=utf-8\n\n{page}\n--b\nContent-Type: text/css\n\np {{}}\n--b--\n"
    )
    (tmp_path / "ferry.mhtml").write_text(data, "utf-8")
    source = Source.from_file(tmp_path / "ferry.mhtml")
    assert ("Ferry", "https://sk.example/ferry", None, (), ()) == (
        source.title,
        source.url,
        source.date,
        source.authors,
        source.warnings,
    )


def test_a_page_saved_from_a_file_has_no_address() -> None:
    """The path of a file is nobody's business."""
    data = "Snapshot-Content-Location: file:///home/ida/a.html\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p>The ferry"
    assert ("The ferry", None) == ((source := Source.from_bytes(data.encode())).text, source.url)


def test_a_file_with_the_suffix_of_mails_is_a_mail(tmp_path: Path) -> None:
    """Also with headers that letters have."""
    (tmp_path / "a.EML").write_text("From: Ida <ida@sk.example>\nSubject: Ferry\n\nThe ferry is cancelled.")
    source = Source.from_file(tmp_path / "a.EML")
    assert ("Ferry", ("Ida",), "The ferry is cancelled.") == (source.title, source.authors, source.text)


MAILBOX = "".join(
    f"From {a}@x Mon Mar  3 10:00:00 2025\nFrom: {a}\nMessage-ID: <1>\n\nThe ferry\n\n" for a in "ab"
)
SEALED = "Content-Type: {}\nMIME-Version: 1.0\nFrom: a@x\n\n--b\nContent-Type: text/plain\n\nThe ferry\n--b--"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (SEALED.format('multipart/encrypted; boundary="b"'), "encrypted"),
        (SEALED.format("application/pkcs7-mime; smime-type=enveloped-data"), "encrypted"),
        ("MIME-Version: 1.0\nFrom: a\n" + "Content-Type: message/rfc822\n\n" * 500, "too many parts"),
        ("MIME-Version: 1.0\nFrom: a\n" + "\n" * 1_000_001, "too many parts"),
        (
            "MIME-Version: 1.0\nFrom: a\nContent-Type: text/plain" + "; a*0*=b" * 5000 + "\n\nThe ferry",
            "too long",
        ),
        (MAILBOX, "several mails"),
    ],
)
def test_mails_that_are_refused(data: str, problem: str) -> None:
    """Encrypted ones, mailboxes, and those that take the parser minutes."""
    with pytest.raises(InputError, match=problem):
        Source.from_bytes(data.encode())


def test_nested_parts_are_read() -> None:
    """To a depth that no mail program reaches."""
    body = "Content-Type: text/plain\n\nThe ferry is cancelled.\n"
    for number in range(40):
        body = f'Content-Type: multipart/mixed; boundary="b{number}"\n\n--b{number}\n{body}\n--b{number}--\n'
    assert "The ferry is cancelled." == Source.from_bytes(f"From: a\nMIME-Version: 1.0\n{body}".encode()).text


def test_mails_in_other_encodings() -> None:
    """A mail's source that was saved in UTF-16."""
    data = "From: Ida\nMIME-Version: 1.0\nSubject: Fähre\n\nDie Fähre fällt aus.".encode("utf-16")
    source = Source.from_bytes(data)
    assert ("Die Fähre fällt aus.", "Fähre") == (source.text, source.title)
    with pytest.raises(InputError, match=r"a mail, not text\. Read it with Source\.from_bytes"):
        Source.from_html(data)
