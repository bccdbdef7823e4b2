"""Deduplicates lists of quotes and statements, and merges entities that are the same thing under several names."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
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
    kind = common_kind(items)
    if kind is Quote:
        first: dict[Any, Quote] = {}
        for quote in items:
            first.setdefault(tuple((span.start, span.end) for span in quote.spans), quote)
        return list(first.values())
    if kind is Statement:
        once: dict[str, Statement] = {}
        for statement in items:
            once.setdefault(statement.text, statement)
        return list(once.values())
    if kind is Entity:
        return merge_entities(items, source)
    if kind is Mention:
        return _without_longer_names(items, "spans")
    return items


def common_kind(items: list[Any]) -> type[Quote | Statement | Entity | Mention] | None:
    """Return the one of these types that all items of a list have; `None` for an empty list."""
    return _common_kind(frozenset(map(type, items))) if items else None


@lru_cache(maxsize=1024)
def _common_kind(kinds: frozenset[type]) -> type[Quote | Statement | Entity | Mention] | None:
    wanted = (Quote, Statement, Entity, Mention)
    return next((one for one in wanted if all(issubclass(kind, one) for kind in kinds)), None)


def merge_entities(entities: list[Entity], source: Source) -> list[Entity]:
    """Merge entities that are the same thing, in the order of their first name; one that nothing changes is returned as it is.

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
    names = _Names(distinct, source)
    parts_of: dict[int, list[Entity]] = {}
    for index, root in enumerate(_roots([names.whole(number) for number in range(len(distinct))])):
        parts_of.setdefault(root, [])
        if index != root:
            parts_of[root].append(distinct[index])
    result: list[Entity] = []
    for index, entity in enumerate(distinct):
        if index not in parts_of:
            continue
        parts = parts_of[index]
        surnames = names.surname_mentions(index)
        # A name with the same mentions is an inflected form, not an alias.
        others = [n for p in parts for n in ([] if p.mentions == entity.mentions else [p.name]) + p.aliases]
        called = {*entity.aliases, *others, *(span.text for span in surnames)}
        mentions = merge_spans(entity.mentions, *(part.mentions for part in parts), surnames)
        # A name that occurs only inside a longer one has no mention of its own, and is not an alias.
        aliases = sorted(called.intersection(span.text for span in mentions) - {entity.name})
        role = (
            entity.role
            or next((part.role for part in parts if part.role), None)
            or next((part.name for part in parts if _is_office(part, entity, source)), None)
        )
        if (role, mentions, aliases) != (entity.role, entity.mentions, entity.aliases):
            entity = entity.model_copy(update={"role": role, "mentions": mentions, "aliases": aliases})
        result.append(entity)
    return _without_longer_names(result, "mentions")


def name_key(entity: Entity) -> str:
    """Return an entity's name without what may differ where the same thing is named again: case, and "the"."""
    key: str = _ARTICLE.sub("", entity.name.casefold())
    return key


def _are_two(one: Entity, other: Entity) -> bool:
    """Whether two entities of one name were told apart: they differ in type and have no mention in common."""
    return one.name == other.name and one.type != other.type and not {*_places(one)} & {*_places(other)}


def _places(entity: Entity) -> tuple[tuple[int, int], ...]:
    return tuple((mention.start, mention.end) for mention in entity.mentions)


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


def _without_longer_names(items: list[Any], field: str) -> list[Any]:
    """Drop from the spans of each item those inside a longer span of another: the longest name wins.

    An item that has no other spans keeps them. `field` is the name of the list of spans.
    """
    longest: Span | None = None
    inside: set[tuple[int, int]] = set()
    spans = [span for item in items for span in getattr(item, field)]
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if longest is None or span.end > longest.end:
            longest = span
        elif (span.start, span.end) != (longest.start, longest.end):
            inside.add((span.start, span.end))
    return [_without(item, field, inside) for item in items] if inside else items


def _without(item: Any, field: str, places: set[tuple[int, int]]) -> Any:
    """An item without its spans at these places, if it has others."""
    spans = getattr(item, field)
    own = [span for span in spans if (span.start, span.end) not in places]
    return item.model_copy(update={field: own}) if own and len(own) < len(spans) else item


def _is_office(part: Entity, whole: Entity, source: Source) -> bool:
    """Whether a name is the office before a person's full name: "Deputy Secretary of Defense Colin Kahl"."""
    if not part.type == whole.type == "person" or " " not in part.name or " " not in whole.name:
        return False
    ends = {mention.end for mention in part.mentions}
    return any(m.start - 1 in ends and source.text[m.start - 1] == " " for m in whole.mentions)


def _roots(wholes: Iterable[int | None]) -> list[int]:
    """For each entity, the index of the entity to merge it into: the end of its chain of `wholes`, or itself."""
    parent = [i if whole is None else whole for i, whole in enumerate(wholes)]
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


def _beside_another(entities: Sequence[Entity]) -> set[int]:
    """The indexes of the entities with a mention that overlaps or nearly touches another one's, and of those without mentions."""
    places = sorted((m.start, m.end, i) for i, entity in enumerate(entities) for m in entity.mentions)
    found = {i for i, entity in enumerate(entities) if not entity.mentions}
    # Entities whose mentions follow each other with at most one character between.
    run: set[int] = set()
    last = 0
    for start, end, i in places:
        if start > last + 1:
            run = set()
        run.add(i)
        if len(run) > 1:
            found |= run
        last = max(last, end)
    return found


class _Names:
    """Index of entities by words, aliases and type, to find those that may be two names of one thing."""

    def __init__(self, entities: list[Entity], source: Source) -> None:
        self._entities, self._source = entities, source
        self._words = [entity.name.split() for entity in entities]
        self._inside: dict[int, Callable[[Span], bool]] = {}
        self._by_type: defaultdict[str, list[int]] = defaultdict(list)
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._by_first: defaultdict[str, list[int]] = defaultdict(list)
        self._by_alias: defaultdict[str, set[int]] = defaultdict(set)
        self._beside = _beside_another(entities)
        for i, (entity, words) in enumerate(zip(entities, self._words, strict=True)):
            self._by_type[entity.type].append(i)
            self._by_first[words[0]].append(i)
            for word in words:
                self._by_word[word].add(i)
            for alias in entity.aliases:
                self._by_alias[alias].add(i)

    def whole(self, part: int) -> int | None:
        """Return the entity that this one is another name of: the only candidate of the first rule that has exactly one."""
        return next((found[0] for found in self._candidates(part) if len(found) == 1), None)

    def _candidates(self, part: int) -> Iterator[list[int]]:
        """Entities that this one may be another name of, by each rule in turn."""
        entities, entity = self._entities, self._entities[part]
        same_type = [i for i in self._by_type[entity.type] if i != part]
        persons = same_type if entity.type == "person" else []
        places = same_type if entity.type == "location" else []
        aliased = self._by_alias.get(entity.name, set()) - {part}
        beside = part in self._beside  # else the rules about mentions within or beside others find none
        yield self._full_names(part, persons)
        if beside:
            yield [i for i in aliased if any(map(self._within(i), entity.mentions))]
            same = _places(entity)
            yield [i for i in range(part) if _places(entities[i]) == same]
        yield [i for i in places if entities[i].name.startswith(f"{entity.name}, ")]
        yield self._long_forms(part)
        if beside:
            yield [i for i in persons if _is_office(entity, entities[i], self._source)]
            yield [i for i in persons if self._occurs_only_within(entity, i)]

    def _within(self, whole: int) -> Callable[[Span], bool]:
        """A test whether a span starts inside one of an entity's mentions."""
        if whole not in self._inside:
            self._inside[whole] = inside(self._entities[whole].mentions)
        return self._inside[whole]

    def _occurs_only_within(self, part: Entity, whole: int) -> bool:
        """Whether all mentions of a name are inside those of a longer one, as "沈若" in "沈若兰"."""
        return len(part.name) < len(self._entities[whole].name) and all(
            map(self._within(whole), part.mentions)
        )

    def _full_names(self, part: int, persons: list[int]) -> list[int]:
        """Persons whose name has more words and ends with this one's."""
        count = len(self._words[part])
        longer = [i for i in persons if len(self._words[i]) > count]
        # Without case, as a headline may have capitals throughout: "HOLT" is Maren Holt.
        short = self._entities[part].name.casefold().split() if longer else []
        return [i for i in longer if self._entities[i].name.casefold().split()[-count:] == short]

    def _long_forms(self, part: int) -> list[int]:
        """Entities whose name begins with this one's, if the text uses this one only as a short form after the long name.

        A small model often gives the short form as a location. It is one if the text says "in Norvale" or uses it in other
        names, such as "Norvale Lake".
        """
        short, entity = self._words[part], self._entities[part]
        beginning = ((i, self._words[i]) for i in self._by_first[short[0]])
        longer = [i for i, words in beginning if len(words) > len(short) and words[: len(short)] == short]
        if len(longer) != 1:
            return []
        whole = self._entities[longer[0]]
        if whole.type not in _SHORTENED or entity.type not in (whole.type, "location"):
            return []
        if entity.type == "location" and whole.type != "organization":
            return []
        within = self._within(longer[0])
        alone = [mention for mention in entity.mentions if not within(mention)]
        if not alone or alone[0].start < whole.mentions[0].start:
            return []
        if any(LONGER_NAME.match(self._source.text, m.end) or is_locative(m, self._source) for m in alone):
            return []
        return longer

    def surname_mentions(self, number: int) -> list[Span]:
        """Return the mentions of a person by surname alone, if no other entity has that surname."""
        entity, source = self._entities[number], self._source
        if entity.type != "person":
            return []
        if pattern := family_name(entity.name, source.lang):
            others = (self._entities[i].name for i in self._by_type["person"] if i != number)
            if any(name[:1] == entity.name[:1] for name in others):
                return []
            return [Span.of(source.text, *match.span()) for match in pattern.finditer(source.text)]
        *first, last = self._words[number]
        if not first or len(last) < 2 or last[0].islower():
            return []
        named = [self._entities[i] for i in self._by_word[last] if i != number]
        # "Washington" may be the place, "Ford" the company, and "Weber" alone is the person.
        if any(other.name != last or other.type != "person" for other in named):
            return []
        within = self._within(number)
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
