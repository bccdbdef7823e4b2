"""`View`: the part of an article that one ask shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """The sentences and quotations of an article that an ask shows, by the ids that they have in the whole article.

    An answer can cite no others.

    Attributes:
        sentences: numbers of the sentences, from 1, in order.
        quotations: numbers of the quotations, from 1, in order.
    """

    sentences: Sequence[int]
    quotations: Sequence[int]
