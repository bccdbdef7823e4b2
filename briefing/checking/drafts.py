"""`check`: compare a draft with articles, quotation by quotation and sentence by sentence."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from briefing.checking.checked import Checked
from briefing.checking.index import ArticleIndex
from briefing.checking.quotes import QuoteCheck
from briefing.checking.statements import StatementCheck
from briefing.errors import InputError
from briefing.sources import Source


def check(
    draft: str | Path | Source,
    sources: str | Path | Source | Iterable[str | Path | Source],
    lang: str | None = None,
) -> Checked:
    """Check a text, by a person or a machine, against the articles that it is about. No model is called.

    A quotation holds if its words are verbatim in an article, case and typography aside, or elided faithfully, if the
    article quotes somebody with them where the draft does, and if the article does not name another speaker. Titles and
    terms in quotation marks must only occur. A sentence has errors if the articles nearest to it lack its numbers, dates
    or names or say the opposite, or if it has a quotation that does not hold.

    Args:
        draft: the text: a `str` is the text itself, a `pathlib.Path` a file.
        sources: the articles, of which there must be one at least; or a single one.
        lang: BCP-47 tag of the draft's language, such as "en". Default `None`: detected; the language of most articles
            if it cannot be.

    Returns:
        Whether all of it holds, and each quotation and sentence of the draft with its nearest passage. Offsets count in
        the text of the draft: in that of `Source.of(draft)`, if it is a file.

    Raises:
        InputError: the draft or an article cannot be read or has no letters, or there is no article.
        ConfigurationError: `lang` is not a language tag.
    """
    many = [sources] if isinstance(sources, str | os.PathLike | Source) else _listed(sources)
    articles = [_read(f"sources[{number}]", one) for number, one in enumerate(many)]
    if not articles:
        raise InputError("There is no article to check the draft against. Give one source at least.")
    text = _read("The draft", draft, lang)
    if text.lang == "und":
        [(most, _)] = Counter(article.lang for article in articles).most_common(1)
        text = text.model_copy(update={"lang": most})
    index = ArticleIndex(articles, text.lang)
    quotes = list(QuoteCheck(text, index).quotes())
    statements = StatementCheck(text, index, quotes)
    checked = tuple(statements.checked(sentence) for sentence in text.sentences)
    return Checked(
        ok=all(one.support == "supported" for one in checked),
        quotes=tuple(found.quote for found in quotes),
        statements=checked,
    )


def _listed(sources: object) -> list[str | Path | Source]:
    if not isinstance(sources, Iterable):
        raise InputError(f"sources must be articles, not {type(sources).__name__}")
    return list(sources)


def _read(name: str, value: str | Path | Source, lang: str | None = None) -> Source:
    try:
        return Source.of(value, lang)
    except InputError as error:
        raise InputError(f"{name} cannot be read: {error}") from error
