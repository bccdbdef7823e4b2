"""Lists of a result: quotes and statements once each, entities once each under one name."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import regex

from briefing.schemas import Entity, Quote, Statement
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import family_name, find_mentions, is_title, merge_spans

# "Anna Weber" is not a mention of Tom Weber: a capitalised word before the name makes it another's,
# unless it is a title.
_CAPITALISED_BEFORE = regex.compile(r"(?<!\p{L})(\p{Lu}[\p{L}'’-]*\.?)\s$")
# "Chr. Weber", where the reader takes the full stop for a sentence's end.
_ABBREVIATED = regex.compile(r"(?<!\p{L})\p{Lu}(?:(?![aeiouy])\p{Ll}){0,2}\.\s$")
_ARTICLE = regex.compile(r"^the\s+")
#: Kinds of thing that texts name in short once they have named them in full.
_SHORTENED = frozenset(("person", "organization"))
# Another capitalised word: "Norvale Lake" is no "Norvale Instruments".
_GOES_ON = regex.compile(r"[ \u00a0]\p{Lu}\p{L}")
_AT_A_PLACE = regex.compile(
    r"(?<!\p{L})(?:(?<!(?:shares?|stake|stakes|invest|invested|investor|investors|interest|confidence|trust)\s)in|near|around|across|outside|"
    r"within|throughout|à|près\sde|bei|nach|en|cerca\sde|в|во|под|из|около)\s$",
    regex.IGNORECASE,
)


def normalize_list(items: list[Any], source: Source) -> list[Any]:
    """A list with quotes and statements once each, and entities once each under one name."""
    if items and all(isinstance(item, Quote) for item in items):
        first: dict[Any, Quote] = {}
        for quote in items:
            first.setdefault(tuple((span.start, span.end) for span in quote.spans), quote)
        return list(first.values())
    if items and all(isinstance(item, Statement) for item in items):
        once: dict[str, Statement] = {}
        for statement in items:
            once.setdefault(statement.text, statement)
        return list(once.values())
    if items and all(isinstance(item, Entity) for item in items):
        return merge_entities(items, source)
    return items


def merge_entities(entities: list[Entity], source: Source) -> list[Entity]:
    """One entity per thing.

    The same name counts once. An entity is another one's other name where that is certain: a surname or a given name
    that one full name has, an abbreviation that the text explains, "Duluth" beside "Duluth, Minnesota", the short form
    of an organization's name after the long one, or a name that stands where the other stands.
    """
    by_name: dict[str, Entity] = {}
    for entity in entities:
        by_name.setdefault(_ARTICLE.sub("", entity.name.casefold()), entity)
    kept = list(by_name.values())
    wholes = [_whole(entity, kept, source) for entity in kept]
    parts_of: dict[int, list[Entity]] = {}
    for place, root in enumerate(_roots(kept, wholes)):
        parts_of.setdefault(root, [])
        if place != root:
            parts_of[root].append(kept[place])
    result = []
    for place, entity in enumerate(kept):
        if place not in parts_of:
            continue
        parts = parts_of[place]
        surnames = _surname_mentions(entity, kept, source)
        # The same places in another case are no other name.
        others = [n for p in parts for n in ([] if p.mentions == entity.mentions else [p.name]) + p.aliases]
        names = [*entity.aliases, *others, *(span.text for span in surnames)]
        mentions = merge_spans(entity.mentions, *(part.mentions for part in parts), surnames)
        # A name that stands only inside a longer one has no mention of its own left, and is no alias.
        standing = set(names) & {span.text for span in mentions}
        update = {
            "role": entity.role
            or next((part.role for part in parts if part.role), None)
            or next((part.name for part in parts if _is_office(part, entity, source)), None),
            "mentions": mentions,
            "aliases": sorted(standing - {entity.name}),
        }
        result.append(entity.model_copy(update=update))
    return result


def _is_office(part: Entity, whole: Entity, source: Source) -> bool:
    """Whether a name is what stands before a person's full name: "Deputy Secretary of Defense Colin Kahl"."""
    if not part.type == whole.type == "person" or " " not in part.name or " " not in whole.name:
        return False
    ends = {mention.end for mention in part.mentions}
    return any(m.start - 1 in ends and source.text[m.start - 1] == " " for m in whole.mentions)


def _roots(kept: list[Entity], wholes: list[Entity | None]) -> list[int]:
    """For each entity, the place of the one that it is another name of at the end; its own where it is none."""
    place = {id(entity): i for i, entity in enumerate(kept)}
    above = [i if whole is None else place[id(whole)] for i, whole in enumerate(wholes)]
    for i in range(len(above)):
        passed: dict[int, None] = {}
        at = i
        while at not in passed:
            passed[at] = None
            at = above[at]
        cycle = list(passed)[list(passed).index(at) :]
        # Two that are names of each other: the first one stays.
        root = min(cycle)
        above[root] = above[i] = root
    return above


def _whole(part: Entity, kept: list[Entity], source: Source) -> Entity | None:
    """The one entity that this one is another name of; `None` where there is none, or more than one."""
    return next((found[0] for found in _candidates(part, kept, source) if len(found) == 1), None)


def _candidates(part: Entity, kept: list[Entity], source: Source) -> Iterator[list[Entity]]:
    """What this one may be another name of, by each rule in turn."""
    others = [e for e in kept if e is not part]
    before = next(i for i, e in enumerate(kept) if e is part)
    yield _wholes(part, kept)
    yield [e for e in others if part.name in e.aliases]
    yield [e for e in others[:before] if e.mentions == part.mentions]
    yield [e for e in others if e.type == part.type == "location" and e.name.startswith(f"{part.name}, ")]
    yield _long_forms(part, others, source)
    yield [e for e in others if _is_office(part, e, source)]
    yield [e for e in others if e.type == part.type == "person" and _stands_within(part, e)]


def _stands_within(part: Entity, whole: Entity) -> bool:
    """Whether a name stands only inside another one: nobody else is called "沈若" where "沈若兰" is."""
    inside = _held_by(whole.mentions)
    return len(part.name) < len(whole.name) and all(inside(mention) for mention in part.mentions)


def _wholes(part: Entity, entities: list[Entity]) -> list[Entity]:
    """Persons whose full name ends with the name of this one."""
    # Headlines may shout: "HOLT" is Maren Holt, too.
    short = part.name.casefold().split()
    longer = (e for e in entities if e.type == part.type == "person" and len(e.name.split()) > len(short))
    return [e for e in longer if e.name.casefold().split()[-len(short) :] == short]


def _long_forms(part: Entity, others: list[Entity], source: Source) -> list[Entity]:
    """Entities whose name begins with this one's, where the text uses this one only for short, after the long name.

    A small model takes the short form for a place. It is one where the text says "in Norvale", or names other things
    after it.
    """
    text, short = source.text, part.name.split()
    words = [(e, e.name.split()) for e in others]
    longer = [e for e, name in words if len(name) > len(short) and name[: len(short)] == short]
    if len(longer) != 1 or longer[0].type not in _SHORTENED or part.type not in (longer[0].type, "location"):
        return []
    [whole] = longer
    if part.type == "location" and whole.type != "organization":
        return []
    inside = _held_by(whole.mentions)
    alone = [mention for mention in part.mentions if not inside(mention)]
    if not alone or alone[0].start < whole.mentions[0].start:
        return []
    if any(
        _GOES_ON.match(text, m.end) or _AT_A_PLACE.search(text, max(0, m.start - 30), m.start) for m in alone
    ):
        return []
    return longer


def _surname_mentions(entity: Entity, entities: list[Entity], source: Source) -> list[Span]:
    """Mentions that give only the last name, where it can be no one else's."""
    if entity.type == "person" and (pattern := family_name(entity.name, source.lang)):
        others = (e.name for e in entities if e is not entity and e.type == "person")
        places = [Span.of(source.text, *match.span()) for match in pattern.finditer(source.text)]
        return [] if any(name[:1] == entity.name[:1] for name in others) else places
    *first, last = entity.name.split()
    if entity.type != "person" or not first or len(last) < 2 or last[0].islower():
        return []
    if any(last in e.name.split() for e in entities if e.name.split() != [last] and e is not entity):
        return []
    inside = _held_by(entity.mentions)
    return [
        mention
        for mention in find_mentions(source.text, last, source.lang)
        if not inside(mention) and not _has_other_first_name(mention, source)
    ]


def _has_other_first_name(surname: Span, source: Source) -> bool:
    before = max(0, surname.start - 40)
    word = _CAPITALISED_BEFORE.search(source.text, before, surname.start)
    if word is None or is_title(word[1]):
        return False
    # What ends the sentence before is no first name: "in Rome. Weber said".
    at = bisect(source.sentences, surname.start, key=lambda sentence: sentence.start) - 1
    begins = at >= 0 and source.sentences[at].start == surname.start
    return not begins or _ABBREVIATED.search(source.text, before, surname.start) is not None


def _held_by(mentions: Sequence[Span]) -> Callable[[Span], bool]:
    """Whether a span begins inside one of these, which do not overlap and are in order."""
    starts = [mention.start for mention in mentions]

    def held(span: Span) -> bool:
        at = bisect(starts, span.start) - 1
        return at >= 0 and span.start < mentions[at].end

    return held
