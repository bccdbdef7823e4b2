"""Deduplicates lists of quotes and statements, and merges entities that are the same thing under several names."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import regex

from briefing.schemas import Entity, Mention, Quote, Statement
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import family_name, find_mentions, is_title, merge_spans, two_persons

# "Anna Weber" does not mention Tom Weber: a capitalised word before a surname, except a title, is another first name.
CAPITALISED_BEFORE = regex.compile(r"(?<!\p{L})(\p{Lu}[\p{L}'’-]*\.?)\s$")
# "Chr. Weber", whose full stop may be taken for the end of a sentence.
_ABBREVIATED = regex.compile(r"(?<!\p{L})\p{Lu}(?:(?![aeiouy])\p{Ll}){0,2}\.\s$")
_ARTICLE = regex.compile(r"^the\s+")
#: Types of entities that texts call by a short form after the full name.
_SHORTENED = frozenset(("person", "organization"))
# Another capitalised word: "Norvale Lake" is not short for "Norvale Instruments".
LONGER_NAME = regex.compile(r"[ \u00a0]\p{Lu}\p{L}")
_LOCATIVE = regex.compile(
    r"(?<!\p{L})(?:(?<!(?:shares?|stake|stakes|invest|invested|investor|investors|interest|confidence|trust)\s)in|near|around|across|outside|"
    r"within|throughout|à|près\sde|bei|nach|en|cerca\sde|в|во|под|из|около)\s$",
    regex.IGNORECASE,
)


def normalize_list(items: list[Any], source: Source) -> list[Any]:
    """Deduplicate a list of quotes (by spans) or statements (by text), or merge a list of entities; others unchanged."""
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
    if items and all(isinstance(item, Mention) for item in items):
        own = _without_longer_names([mention.spans for mention in items])
        return [m.model_copy(update={"spans": spans}) for m, spans in zip(items, own, strict=True)]
    return items


def merge_entities(entities: list[Entity], source: Source) -> list[Entity]:
    """Merge entities that are the same thing, in the order of their first name.

    Entities are merged if they have the same name, or one is certainly another name of exactly one other: a surname or
    given name in one full name, an abbreviation that the text explains, "Duluth" beside "Duluth, Minnesota", the short
    form of an organization's name after the long one, an office before a person's name, or a name with the same mentions.
    A person that is two, "Chris and Sue Moores", is taken apart before. Things of one name that were told apart
    (`gathered_names`) stay so.
    """
    by_name: dict[str, list[Entity]] = {}
    distinct: list[Entity] = []
    for entity in chain.from_iterable(_separated(named, source) for named in entities):
        same = by_name.setdefault(name_key(entity), [])
        if all(_are_two(entity, other) for other in same):
            same.append(entity)
            distinct.append(entity)
    wholes = [_whole(entity, distinct, source) for entity in distinct]
    parts_of: dict[int, list[Entity]] = {}
    for index, root in enumerate(_roots(distinct, wholes)):
        parts_of.setdefault(root, [])
        if index != root:
            parts_of[root].append(distinct[index])
    result: list[Entity] = []
    for index, entity in enumerate(distinct):
        if index not in parts_of:
            continue
        parts = parts_of[index]
        surnames = _surname_mentions(entity, distinct, source)
        # A name with the same mentions is an inflected form, not an alias.
        others = [n for p in parts for n in ([] if p.mentions == entity.mentions else [p.name]) + p.aliases]
        names = [*entity.aliases, *others, *(span.text for span in surnames)]
        mentions = merge_spans(entity.mentions, *(part.mentions for part in parts), surnames)
        # A name that occurs only inside a longer one has no mention of its own, and is not an alias.
        mentioned = set(names) & {span.text for span in mentions}
        update = {
            "role": entity.role
            or next((part.role for part in parts if part.role), None)
            or next((part.name for part in parts if _is_office(part, entity, source)), None),
            "mentions": mentions,
            "aliases": sorted(mentioned - {entity.name}),
        }
        result.append(entity.model_copy(update=update))
    own = _without_longer_names([entity.mentions for entity in result])
    return [e.model_copy(update={"mentions": spans}) for e, spans in zip(result, own, strict=True)]


def name_key(entity: Entity) -> str:
    """Return an entity's name without what may differ where the same thing is named again: case, and "the"."""
    key: str = _ARTICLE.sub("", entity.name.casefold())
    return key


def _are_two(one: Entity, other: Entity) -> bool:
    """Whether two entities of one name were told apart: they differ in type and have no mention in common."""
    return one.name == other.name and one.type != other.type and not set(one.mentions) & set(other.mentions)


def _separated(entity: Entity, source: Source) -> list[Entity]:
    """The two persons that an entity's name joins, each with its own mentions; else the entity alone."""
    names = two_persons(entity.name) if entity.type == "person" else None
    found = [find_mentions(source.text, name, source.lang) for name in names or ()]
    if not all(found):
        return [entity]
    return [
        entity.model_copy(update={"name": mentions[0].text, "mentions": mentions, "aliases": []})
        for mentions in found
    ] or [entity]


def _without_longer_names(lists: Sequence[list[Span]]) -> list[list[Span]]:
    """Drop from the mentions of each name those inside a longer mention of another: the longest name wins.

    A name that has no other mentions keeps them.
    """
    longest: list[Span] = []
    inside: set[tuple[int, int]] = set()
    for span in sorted((span for spans in lists for span in spans), key=lambda s: (s.start, -s.end)):
        if longest and span.end <= longest[-1].end and span != longest[-1]:
            inside.add((span.start, span.end))
        elif not longest or span.end > longest[-1].end:
            longest.append(span)
    kept = [[span for span in spans if (span.start, span.end) not in inside] for spans in lists]
    return [own or spans for own, spans in zip(kept, lists, strict=True)]


def _is_office(part: Entity, whole: Entity, source: Source) -> bool:
    """Whether a name is the office before a person's full name: "Deputy Secretary of Defense Colin Kahl"."""
    if not part.type == whole.type == "person" or " " not in part.name or " " not in whole.name:
        return False
    ends = {mention.end for mention in part.mentions}
    return any(m.start - 1 in ends and source.text[m.start - 1] == " " for m in whole.mentions)


def _roots(distinct: list[Entity], wholes: list[Entity | None]) -> list[int]:
    """For each entity, the index of the entity to merge it into: the end of its chain of `wholes`, or itself."""
    index = {id(entity): i for i, entity in enumerate(distinct)}
    parent = [i if whole is None else index[id(whole)] for i, whole in enumerate(wholes)]
    for i in range(len(parent)):
        passed: dict[int, None] = {}
        at = i
        while at not in passed:
            passed[at] = None
            at = parent[at]
        cycle = list(passed)[list(passed).index(at) :]
        # In a cycle, the first one is the root.
        root = min(cycle)
        parent[root] = parent[i] = root
    return parent


def _whole(part: Entity, distinct: list[Entity], source: Source) -> Entity | None:
    """The entity that this one is another name of: the only candidate of the first rule that has exactly one."""
    return next((found[0] for found in _candidates(part, distinct, source) if len(found) == 1), None)


def _candidates(part: Entity, distinct: list[Entity], source: Source) -> Iterator[list[Entity]]:
    """Entities that this one may be another name of, by each rule in turn."""
    others = [e for e in distinct if e is not part]
    before = next(i for i, e in enumerate(distinct) if e is part)
    yield _full_names(part, distinct)
    yield [e for e in others if part.name in e.aliases and any(map(inside(e.mentions), part.mentions))]
    yield [e for e in others[:before] if e.mentions == part.mentions]
    yield [e for e in others if e.type == part.type == "location" and e.name.startswith(f"{part.name}, ")]
    yield _long_forms(part, others, source)
    yield [e for e in others if _is_office(part, e, source)]
    yield [e for e in others if e.type == part.type == "person" and _occurs_only_within(part, e)]


def _occurs_only_within(part: Entity, whole: Entity) -> bool:
    """Whether all mentions of a name are inside those of a longer one, as "沈若" in "沈若兰"."""
    within = inside(whole.mentions)
    return len(part.name) < len(whole.name) and all(within(mention) for mention in part.mentions)


def _full_names(part: Entity, entities: list[Entity]) -> list[Entity]:
    """Persons whose name has more words and ends with this one's."""
    # Without case, as a headline may have capitals throughout: "HOLT" is Maren Holt.
    short = part.name.casefold().split()
    longer = (e for e in entities if e.type == part.type == "person" and len(e.name.split()) > len(short))
    return [e for e in longer if e.name.casefold().split()[-len(short) :] == short]


def _long_forms(part: Entity, others: list[Entity], source: Source) -> list[Entity]:
    """Entities whose name begins with this one's, if the text uses this one only as a short form after the long name.

    A small model often gives the short form as a location. It is one if the text says "in Norvale" or uses it in other
    names, such as "Norvale Lake".
    """
    text, short = source.text, part.name.split()
    words = [(e, e.name.split()) for e in others]
    longer = [e for e, name in words if len(name) > len(short) and name[: len(short)] == short]
    if len(longer) != 1 or longer[0].type not in _SHORTENED or part.type not in (longer[0].type, "location"):
        return []
    [whole] = longer
    if part.type == "location" and whole.type != "organization":
        return []
    within = inside(whole.mentions)
    alone = [mention for mention in part.mentions if not within(mention)]
    if not alone or alone[0].start < whole.mentions[0].start:
        return []
    if any(LONGER_NAME.match(text, m.end) or is_locative(m, source) for m in alone):
        return []
    return longer


def _surname_mentions(entity: Entity, entities: list[Entity], source: Source) -> list[Span]:
    """Mentions of a person by surname alone, if no other entity has that surname."""
    if entity.type == "person" and (pattern := family_name(entity.name, source.lang)):
        others = (e.name for e in entities if e is not entity and e.type == "person")
        places = [Span.of(source.text, *match.span()) for match in pattern.finditer(source.text)]
        return [] if any(name[:1] == entity.name[:1] for name in others) else places
    *first, last = entity.name.split()
    if entity.type != "person" or not first or len(last) < 2 or last[0].islower():
        return []
    named = [e for e in entities if e is not entity and last in e.name.split()]
    # "Washington" may be the place, "Ford" the company, and "Weber" alone is the person.
    if any(e.name != last or e.type != "person" for e in named):
        return []
    within = inside(entity.mentions)
    return [
        mention
        for mention in find_mentions(source.text, last, source.lang)
        if not within(mention) and not has_other_first_name(mention, source)
    ]


def is_locative(mention: Span, source: Source) -> bool:
    """Return whether a mention stands after a preposition of place: "in Norvale"."""
    return _LOCATIVE.search(source.text, max(0, mention.start - 30), mention.start) is not None


def has_other_first_name(surname: Span, source: Source) -> bool:
    """Return whether a surname stands after a first name."""
    before = max(0, surname.start - 40)
    word = CAPITALISED_BEFORE.search(source.text, before, surname.start)
    if word is None or is_title(word[1]):
        return False
    # The last word of the sentence before is not a first name: "in Rome. Weber said".
    at = bisect(source.sentences, surname.start, key=lambda sentence: sentence.start) - 1
    begins = at >= 0 and source.sentences[at].start == surname.start
    return not begins or _ABBREVIATED.search(source.text, before, surname.start) is not None


def inside(mentions: Sequence[Span]) -> Callable[[Span], bool]:
    """Return a test whether a span starts inside one of these mentions, which are in order and do not overlap."""
    starts = [mention.start for mention in mentions]

    def contains(span: Span) -> bool:
        at = bisect(starts, span.start) - 1
        return at >= 0 and span.start < mentions[at].end

    return contains
