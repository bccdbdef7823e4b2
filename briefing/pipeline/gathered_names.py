"""Entities that the parts of a long article name: which names are one thing over all parts, and which name is two.

A name is two things if parts give it types that exclude each other, person, place and anything else, and either the text or
the number of parts bears that out (`_are_two`). Each then has the mentions of the parts that name it so. Models confuse
organizations, works, products and events with each other, so that these are one kind here; "other" says nothing.

Other roles do not make two things: a person has several over a long article.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import regex

from briefing.grounding import is_near_mention
from briefing.pipeline.entity_resolution import (
    CAPITALISED_BEFORE,
    LONGER_NAME,
    has_other_first_name,
    inside,
    is_locative,
    name_key,
)
from briefing.schemas import Entity
from briefing.sources import Source
from briefing.spans import Span
from briefing.text import find_mentions, is_office, is_title, merge_spans

#: Parts that must name a thing so, and their share of all that name it, if the text says nothing.
_LEAST_PARTS, _LEAST_SHARE = 2, 1 / 3
#: Most letters at the end of an adjective that its case changes: "der Deutschen Bundesbank".
_ENDING = 2
#: Behind a name, before the short form that the article explains: "Federal Reserve (the “Fed”)".
_BRACKET = regex.compile(r"\s[(（](?:\p{Ll}+\s)?[\"“'‘„«]?")
_LOWER = regex.compile(r"(?<!\w)\p{Ll}\w*")


@dataclass(eq=False)
class NamedThing:
    """One thing, with what the parts say about it.

    Attributes:
        items: what the parts answered, with the index of the part.
        mentions: where the article names it.
        name: its name, if that is not the one of the best answer.
        aliases: its other names.
    """

    items: list[tuple[Entity, int]]
    mentions: list[Span] = field(default_factory=list)
    name: str = ""
    aliases: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.mentions = self.mentions or merge_spans(*(item.mentions for item, _ in self.items))
        self.aliases.update(alias for item, _ in self.items for alias in item.aliases)

    @property
    def parts(self) -> set[int]:
        """The parts that name it."""
        return {part for _, part in self.items}

    @property
    def entity(self) -> Entity:
        """The first answer that has a role, else the first one, with these mentions and the type that most parts give."""
        best = next((item for item, _ in self.items if item.role), self.items[0][0])
        texts, name = {mention.text for mention in self.mentions}, self.name or best.name
        update = {
            "name": name if name in texts else self.mentions[0].text,
            "type": self.type,
            "mentions": self.mentions,
            "aliases": sorted(texts & self.aliases),
        }
        return best.model_copy(update=update)

    @property
    def type(self) -> str:
        """The type that most parts give, the first one of equals; "other" only if there is no other."""
        counts = Counter(kind for kind, _ in dict.fromkeys((item.type, part) for item, part in self.items))
        return max(counts, key=lambda kind: (kind != "other", counts[kind]))

    @cached_property
    def key(self) -> str:
        """Its name, without case."""
        return name_key(self.items[0][0])

    @cached_property
    def words(self) -> list[str]:
        """The words of its name, without case."""
        return self.key.split()


def gathered_entities(
    named: Sequence[tuple[Entity, int]], starts: Sequence[int], source: Source
) -> list[NamedThing]:
    """Return the things that the parts name.

    Args:
        named: the entities that the parts have answered, each with the index of its part.
        starts: the offsets at which the parts begin.
        source: the article.
    """
    by_name: dict[str, list[tuple[Entity, int]]] = {}
    for item, part in named:
        by_name.setdefault(name_key(item), []).append((item, part))
    names = _Names(source, starts, [item for item, _ in named])
    things = [thing for items in by_name.values() for thing in names.told_apart(items)]
    names.give_surnames(things)
    return names.without_short_forms([thing for thing in things if thing.mentions])


@dataclass(eq=False)
class _Names:
    """The names of an article in parts.

    Attributes:
        source: the article.
        starts: the offsets at which the parts begin.
        entities: all that the parts have answered.
    """

    source: Source
    starts: Sequence[int]
    entities: Sequence[Entity]

    @cached_property
    def persons(self) -> list[Span]:
        """The mentions of all persons, the longest where they overlap."""
        names = {id(entity.mentions): entity.mentions for entity in self.entities if entity.type == "person"}
        return merge_spans(*names.values())

    @cached_property
    def lower_words(self) -> frozenset[str]:
        """The words that the article has in lower case."""
        return frozenset(_LOWER.findall(self.source.text))

    def is_in_full_name(self, mention: Span) -> bool:
        """Whether a mention is inside a longer name of a person: "Georgia" in "Georgia Miller"."""
        at = bisect_right(self.persons, mention.start, key=lambda span: span.start) - 1
        return at >= 0 and mention.end <= self.persons[at].end and mention != self.persons[at]

    def part_of(self, mention: Span) -> int:
        """The index of the part that a mention is in, or of the one before it."""
        return max(bisect_right(self.starts, mention.start) - 1, 0)

    def told_apart(self, items: list[tuple[Entity, int]]) -> list[NamedThing]:
        """The things of one name, the one that most parts name first."""
        by_kind: dict[str, list[tuple[Entity, int]]] = {}
        for item, part in items:
            if item.type != "other":
                by_kind.setdefault(_kind(item), []).append((item, part))
        if len(by_kind) < 2:
            return [NamedThing(items)]
        kinds = [_Kind(self, NamedThing(of_kind), kind) for kind, of_kind in by_kind.items()]
        # Of two that as many parts name, what the text says of the second one counts.
        kinds.sort(key=lambda kind: (-len(kind.thing.parts), kind.is_shown(kind.thing.parts)))
        apart: list[_Kind] = []
        for kind in kinds:
            same = next((other for other in apart if not _are_two(kind, other)), None)
            if same is None:
                apart.append(kind)
            else:
                same.thing.items += kind.thing.items
        shares: list[list[Span]] = [[] for _ in apart]
        for mention in merge_spans(*(item.mentions for item, _ in items)):
            shares[self._which(mention, apart)].append(mention)
        # Not two if one has it in capitals only: `merge_entities` knows them by the same name.
        spelled = set.intersection(*({mention.text for mention in share} for share in shares))
        if len(apart) == 1 or not spelled:
            return [NamedThing(items)]
        return [
            NamedThing(kind.thing.items, share, max(spelled))
            for kind, share in zip(apart, shares, strict=True)
        ]

    def _which(self, mention: Span, kinds: Sequence[_Kind]) -> int:
        """Which thing a mention is of: that of its part, else that of the part nearest to it.

        What stands before the mention decides first. If its part names both, it is that which more parts name.
        """
        at = self.part_of(mention)
        distances = [min(abs(at - part) for part in kind.thing.parts) for kind in kinds]
        marked = [index for index, kind in enumerate(kinds) if kind.marks(mention)]
        return min(marked or range(len(kinds)), key=lambda index: distances[index])

    def give_surnames(self, things: Sequence[NamedThing]) -> None:
        """Give the mentions of a surname that several persons have to the only one of them whose full name the part has."""
        by_surname: dict[str, list[NamedThing]] = {}
        for thing in things:
            if thing.type == "person" and len(thing.words) > 1:
                by_surname.setdefault(thing.words[-1], []).append(thing)
        for surname, persons in by_surname.items():
            if len(persons) < 2:
                continue
            others = [t for t in things if surname in t.words and t not in persons]
            if all(t.type == "person" and t.words == [surname] for t in others):
                taken = self._give_surname(persons)
                for thing in others:
                    thing.mentions = [mention for mention in thing.mentions if mention.start not in taken]

    def _give_surname(self, persons: Sequence[NamedThing]) -> set[int]:
        """Give persons of one surname its mentions; returns the offsets of those that have found one."""
        full = inside(merge_spans(*(person.mentions for person in persons)))
        surname = persons[0].items[0][0].name.split()[-1]
        parts = [{self.part_of(mention) for mention in person.mentions} for person in persons]
        given: dict[int, list[Span]] = {}
        for mention in find_mentions(self.source.text, surname, self.source.lang):
            here = [index for index, own in enumerate(parts) if self.part_of(mention) in own]
            if len(here) == 1 and not full(mention) and not self.word_before(mention):
                given.setdefault(here[0], []).append(mention)
        for index, mentions in given.items():
            persons[index].mentions = merge_spans(persons[index].mentions, mentions)
            persons[index].aliases.update(mention.text for mention in mentions)
        return {mention.start for mentions in given.values() for mention in mentions}

    def without_short_forms(self, things: list[NamedThing]) -> list[NamedThing]:
        """The things, short names of organizations merged into the only longer one that each may stand for."""
        organizations = [thing for thing in things if thing.type == "organization"]
        merged: set[int] = set()
        organizations.sort(key=lambda thing: len(thing.key))
        for place, short in enumerate(organizations):
            longer = [t for t in organizations[place + 1 :] if self._is_short_for(short, t)]
            if len(longer) == 1:
                [long] = longer
                long.items += short.items
                long.mentions = merge_spans(long.mentions, short.mentions)
                long.aliases |= {mention.text for mention in short.mentions} | short.aliases
                merged.add(id(short))
        return [thing for thing in things if id(thing) not in merged]

    def _is_short_for(self, short: NamedThing, long: NamedThing) -> bool:
        """Whether a name may stand for a longer one: in brackets behind it, "Federal Reserve (Fed)", or as its end.

        "Bundesbank" is the end of "Deutsche Bundesbank" if that comes first, and no other capitalised word stands beside it.
        """
        count = len(short.words)
        if short.key[0] == long.key[0]:
            starts = {mention.start for mention in short.mentions}
            brackets = (_BRACKET.match(self.source.text, mention.end) for mention in long.mentions)
            if any(bracket and bracket.end() in starts for bracket in brackets):
                return True
        if len(long.words) <= count or long.words[-count:] != short.words:
            return False
        within = inside(long.mentions)
        alone = [mention for mention in short.mentions if not within(mention)]
        return all(
            mention.start > long.mentions[0].start
            and not self._is_of_another_name(mention, long.words[-count - 1])
            for mention in alone
        )

    def _is_of_another_name(self, mention: Span, word: str) -> bool:
        """Whether a capitalised word stands beside a mention, and before it another than this one, in any case."""
        if LONGER_NAME.match(self.source.text, mention.end):
            return True
        before = self.word_before(mention)
        return before is not None and not before.startswith(word[: max(len(word) - _ENDING, _ENDING + 1)])

    def word_before(self, mention: Span) -> str | None:
        """The word before a mention that belongs to the same name, without case: it has a capital within a sentence.

        The first word of a sentence belongs to it if the article does not have it in lower case: "Then Weber sang".
        """
        text, sentences = self.source.text, self.source.sentences
        before = CAPITALISED_BEFORE.search(text, max(0, mention.start - 40), mention.start)
        if before is None or not has_other_first_name(mention, self.source):
            return None
        at = bisect_right(sentences, before.start(), key=lambda sentence: sentence.start) - 1
        first = at >= 0 and sentences[at].start == before.start()
        return None if first and before[1].lower() in self.lower_words else before[1].casefold()


@dataclass(eq=False)
class _Kind:
    """What the parts that give a name one kind say, and what the text has there."""

    names: _Names
    thing: NamedThing
    kind: str

    def is_shown(self, parts: set[int]) -> bool:
        """Whether the text of these parts has the name as one of this kind somewhere, or within a person's full name."""
        return any(
            self.marks(mention) or (self.kind == "person" and self.names.is_in_full_name(mention))
            for mention in self._mentions(parts)
        )

    def is_denied_by(self, other: _Kind) -> bool:
        """Whether each part that gives only this kind has a mention that is marked as of the other."""
        marked = {self.names.part_of(mention) for mention in self.thing.mentions if other.marks(mention)}
        return self.thing.parts - other.thing.parts <= marked

    def marks(self, mention: Span) -> bool:
        """Whether what is before a mention shows that it is of this kind: "Mrs Georgia", "in Georgia"."""
        source = self.names.source
        if self.kind == "location":
            return is_locative(mention, source)
        before = CAPITALISED_BEFORE.search(source.text, max(0, mention.start - 40), mention.start)
        return self.kind == "person" and before is not None and is_title(before[1])

    def has_roles_beside(self, other: _Kind) -> bool:
        """Whether it has roles that the other has not: in two parts, or a person's office or trade."""
        known = self._roles.keys() - other._roles.keys()
        office = self.kind == "person" and any(is_office(word) for role in known for word in role.split())
        return office or len({part for role in known for part in self._roles[role]}) >= _LEAST_PARTS

    @cached_property
    def _roles(self) -> dict[str, set[int]]:
        """Its roles that stand near a mention in a part that gives it, with these parts."""
        found: dict[str, set[int]] = {}
        for item, part in self.thing.items:
            if item.role and is_near_mention(item.role, self._mentions({part}), self.names.source):
                found.setdefault(item.role.casefold(), set()).add(part)
        return found

    def _mentions(self, parts: set[int]) -> Iterator[Span]:
        return (mention for mention in self.thing.mentions if self.names.part_of(mention) in parts)


def _are_two(less: _Kind, more: _Kind) -> bool:
    """Whether two kinds that parts give a name, `less` in fewer parts, are two things and not an error.

    A person is told from anything else by the text (a title, a full name, "in" before a place), by roles of its own or by the
    number of parts. A place is told from an organization or a work only by roles of the other in parts without "in" before the
    name, as "Berlin" may be the government, and models often give a country as an organization.
    """
    if {less.kind, more.kind} == {"location", "thing"}:
        place, thing = (less, more) if less.kind == "location" else (more, less)
        places, things = place.thing.parts, thing.thing.parts
        shown = place.is_shown(places) and not place.is_shown(things - places)
        return shown and thing.has_roles_beside(place)
    parts, others = less.thing.parts, more.thing.parts
    if not parts - others:  # named so only beside the other one
        return less.is_shown(parts) and more.is_shown(parts)
    if less.is_denied_by(more) or more.is_denied_by(less):
        return False
    if less.is_shown(parts - others) and not less.is_shown(others - parts):
        return True
    many = len(parts) >= _LEAST_PARTS and len(parts) >= _LEAST_SHARE * len(parts | others)
    return many or less.has_roles_beside(more)


def _kind(entity: Entity) -> str:
    return entity.type if entity.type in ("person", "location") else "thing"
