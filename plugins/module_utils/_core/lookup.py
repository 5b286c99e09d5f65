# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that an option names: by id, else by exact name, else an error with suggestions."""

from __future__ import annotations

import difflib
import typing as t
import unicodedata
from dataclasses import dataclass

from .errors import BadOption

Item = t.TypeVar("Item")


class HasName(t.Protocol):
    """An object with a name. Names need not be unique."""

    @property
    def name(self) -> str:
        """Return the name."""


Named = t.TypeVar("Named", bound=HasName)


@dataclass(frozen=True)
class Catalog(t.Generic[Item]):
    """Objects of one kind, among which options name some.

    :arg kind: what one object is, for messages, such as "blueprint". Its plural is regular.
    :arg owner: the system that holds them, for messages, such as "Kandji".
    :arg fold_case: Kandji's ids mean the same in either case, Okta's do not.
    :arg complete: whether ``items`` are all there are; only then does a message suggest names.
    :arg remedy: what to do about a name of several objects, if not to give an id.
    :arg other_remedy: what else to do about it, where the caller may have no option for an id.
    """

    kind: str
    owner: str
    items: t.Sequence[Item]
    id_of: t.Callable[[Item], str]
    name_of: t.Callable[[Item], str]
    fold_case: bool = False
    complete: bool = True
    remedy: str = ""
    other_remedy: str = ""

    def find_id(self, wanted: str) -> Item | None:
        """Return the object with this id, or None."""
        key = self._key(wanted)
        return next((item for item in self.items if self._key(self.id_of(item)) == key), None)

    def find_name(self, wanted: str | None, option: str, id_option: str = "") -> Item | None:
        """Return the object with exactly this name, or None.

        Raises BadOption if several have it, and if only another name looks the same or differs in
        case: it is meant, and an object with the wanted name would be its twin.

        :arg id_option: the option that names an object by its id, if it is not ``option``.
        """
        matches = [item for item in self.items if self.name_of(item) == wanted]
        if len(matches) > 1:
            ids = ", ".join(self.id_of(item) for item in matches)
            by_id = f"Set {id_option} to the id of one" if id_option else "Give the id of one"
            if self.other_remedy:
                by_id = f"{self.other_remedy}, or {by_id[:1].lower()}{by_id[1:]}"
            raise BadOption(
                f"{option}: {self.owner} has {len(matches)} {_plural(self.kind)} named {wanted!r}"
                f" ({ids}). {self.remedy or by_id}."
            )
        if wanted and not matches:
            alike = find_alike(wanted, map(self.name_of, self.items))
            if alike:
                missing = f"{self.owner} has no {self.kind} {wanted!r}"
                raise BadOption(
                    f"{option}: {missing}{suggestion(wanted, alike)} Give that name, or rename the"
                    f" {self.kind} in {self.owner}."
                )
        return matches[0] if matches else None

    def find_one(self, wanted: str, option: str, id_option: str = "") -> Item | None:
        """Return the object with this id, else with this name, or None. Raises BadOption."""
        item = self.find_id(wanted)
        return self.find_name(wanted, option, id_option) if item is None else item

    def require_id(self, wanted: str, option: str) -> Item:
        """Return the object with this id. Raises BadOption."""
        item = self.find_id(wanted)
        if item is None:
            raise BadOption(
                f"{option}: {self.owner} has no {self.kind} with the id {wanted}. Correct it."
            )
        return item

    def resolve_one(self, wanted: str, option: str) -> Item:
        """Return the object with this id, else with this name. Raises BadOption."""
        item = self.find_one(wanted, option)
        if item is None:
            names = map(self.name_of, self.items)
            nearest = suggestion(wanted, names) if self.complete else ". Correct the name."
            raise BadOption(f"{option}: {self.owner} has no {self.kind} {wanted!r}{nearest}")
        return item

    def resolve_many(self, wanted: t.Iterable[str], option: str) -> list[Item]:
        """Return the objects with these ids or names, in order, each once. Raises BadOption."""
        items = [self.resolve_one(each, option) for each in wanted]
        return list({self.id_of(item): item for item in items}.values())

    def _key(self, item_id: str) -> str:
        return item_id.lower() if self.fold_case else item_id


def named(items: t.Iterable[Named], name: str | None) -> list[Named]:
    """Return all objects with exactly this name."""
    return [item for item in items if item.name == name]


def fold_name(name: str) -> str:
    """Return a name without what people overlook: case, and what ``fold_look`` removes.

    Whether Kandji and Okta distinguish such names is not documented.
    """
    return fold_look(name).casefold()


def fold_look(name: str) -> str:
    """Return a name without what nobody sees.

    It is the Unicode form (composed or not), characters without width, spaces around the name, and
    which and how many blanks are between its words.
    """
    composed = unicodedata.normalize("NFC", name)
    visible = (char for char in composed if unicodedata.category(char) != "Cf")
    return " ".join("".join(visible).split())


def find_alike(name: str, names: t.Iterable[str]) -> list[str]:
    """Return the other names that look the same, or differ in case."""
    key = fold_name(name)
    return sorted({each for each in names if each != name and fold_name(each) == key})


def find_earlier(
    own: tuple[str, str], others: t.Iterable[Item], order: t.Callable[[Item], tuple[str, str]]
) -> Item | None:
    """Return the object that was created first, if one was created before an own one, or None.

    Runs that create objects of one name at once decide by the same order, so the first one stays.

    :arg own: the order of the own object: the time of its creation, then its id.
    """
    return min((each for each in others if order(each) < own), key=order, default=None)


def suggestion(name: str, names: t.Iterable[str]) -> str:
    """Return the end of a message that lists the nearest names, or up to ten if none is near.

    Names that look the same, or differ in case, are the nearest. Of the former, it tells the
    difference.
    """
    known = sorted(set(names))
    alike = find_alike(name, known)
    if alike:
        return f"; did you mean {' or '.join(map(repr, alike))}?{tell_apart(name, alike[0])}"
    by_lower = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), cutoff=0.5)
    if close:
        near = [by_lower[each] for each in close]
        return f"; did you mean {' or '.join(map(repr, near))}?{tell_apart(name, near[0])}"
    return f"; there are {', '.join(map(repr, known[:10])) or 'none'}."


def tell_apart(name: str, other: str) -> str:
    """Return a sentence with the characters of two names that look the same, else ""."""
    looks_same = fold_look(name) == fold_look(other)
    if name == other or not (looks_same or _are_of_two_scripts(name, other)):
        return ""
    return f" They look alike: yours is {ascii(name)}, the other one {ascii(other)}."


def _are_of_two_scripts(name: str, other: str) -> bool:
    """Return whether names differ in letters alone that are Latin in one of them only."""
    pairs = [(first, second) for first, second in zip(name, other, strict=False) if first != second]
    return len(name) == len(other) and all(
        first.isalpha() and second.isalpha() and _is_latin(first) != _is_latin(second)
        for first, second in pairs
    )


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN ")


def _plural(kind: str) -> str:
    return kind[:-1] + "ies" if kind.endswith("y") else kind + "s"
