# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities of the payloads of a profile, and values of other payloads that refer to them. Pure.

A Wi-Fi payload names its certificate by the PayloadUUID of another payload
(``PayloadCertificateUUID``). Apple has many such keys, and makers of apps have others. Therefore a
reference is recognized by its value, not by its key: it is the UUID or the identifier of a payload.
Only a reference to a payload that is not there is recognized by its key (see payload_keys).
"""

from __future__ import annotations

import hashlib
import re
import typing as t

from ..._core.text import UUID, walk_texts
from .payload_keys import REFERENCE_KEYS

# A dictionary of a property list: a profile, one of its payloads, or what a payload contains. Apple
# and the makers of apps define its keys.
Plist = t.Mapping[str, t.Any]
# Such a dictionary that is being built.
PlistDict = dict[str, t.Any]
# The payloads that a text refers to, by their place in the profile.
Targets = frozenset[int]

IDENTITY = ("PayloadIdentifier", "PayloadUUID")
# Stands for a reference. No property list in XML holds this character.
_SLOT = "\0"


class Identities:
    """The names of the payloads of one profile, and what refers to them."""

    def __init__(self, payloads: t.Sequence[Plist]) -> None:
        names: dict[str, set[int]] = {}
        for number, payload in enumerate(payloads):
            for key in IDENTITY:
                name = payload.get(key)
                if isinstance(name, str) and name:
                    names.setdefault(name.lower(), set()).add(number)
        self._names = {name: frozenset(numbers) for name, numbers in names.items()}

    def split(self, text: str) -> tuple[str, tuple[Targets, ...]]:
        """Return the text with a slot for each UUID of a payload, and the payloads.

        A name without a UUID in it may be an ordinary word. It stays in the text.
        """
        whole = self._names.get(text.lower())
        if whole and UUID.search(text):
            return _SLOT, (whole,)
        targets: list[Targets] = []

        def fill(match: re.Match[str]) -> str:
            target = self._names.get(match.group().lower())
            if target is None:
                return match.group()
            targets.append(target)
            return _SLOT

        return UUID.sub(fill, text), tuple(targets)

    def named_by(self, text: str) -> Targets:
        """Return the payloads whose whole name the text is."""
        return self._names.get(text.lower(), frozenset())


def canonical(value: object, render_text: t.Callable[[str], str] = str) -> str:
    """Return one text for one value: types count, the order of keys does not."""
    if isinstance(value, dict):
        items = (f"{key!r}:{canonical(value[key], render_text)}" for key in sorted(value))
        return "{" + ",".join(items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(each, render_text) for each in value) + "]"
    if isinstance(value, str):
        return f"{type(value).__name__}:{render_text(value)!r}"
    return f"{type(value).__name__}:{value!r}"


def dangling_references(payloads: t.Sequence[Plist]) -> list[str]:
    """Return where payloads name a certificate that no payload of the profile is.

    Only Apple's payloads and keys count. A text is ``payload 2 (com.apple.wifi.managed),
    PayloadCertificateUUID: <UUID>``. macOS does not install such a profile.
    """
    identities = Identities(payloads)
    return [
        f"{payload_title(number, payload)}, {path[1:]}: {value}"
        for number, payload in enumerate(payloads, 1)
        if kind_of(payload).startswith("com.apple.")
        for path, value in walk_texts(payload)
        if path.rpartition(".")[2] in REFERENCE_KEYS
        and UUID.fullmatch(value)
        and not identities.named_by(value)
    ]


# References that follow a new identity


def rename_references(payloads: t.Sequence[Plist], renamed: t.Mapping[str, str]) -> list[PlistDict]:
    """Return the payloads, whose references to the old names are to the new ones.

    ``renamed`` is old name -> new name. Identities and types of the payloads stay.
    """
    names = {old.lower(): new for old, new in renamed.items()}
    return [
        {
            key: value if key in (*IDENTITY, "PayloadType") else _renamed(value, names)
            for key, value in payload.items()
        }
        for payload in payloads
    ]


def _renamed(value: t.Any, names: t.Mapping[str, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    whole = names.get(value.lower())
    return whole or UUID.sub(lambda match: names.get(match[0].lower(), match[0]), value)


# Payloads of two profiles that are the same


class _Side:
    """The payloads of one profile as a graph: their content, and which refers to which.

    A label identifies the content of a payload, and with each refinement more of what it refers to
    and of what refers to it. Labels do not depend on names, therefore those of two profiles can be
    compared.
    """

    def __init__(self, payloads: t.Sequence[Plist]) -> None:
        identities = Identities(payloads)
        self.links: list[list[Targets]] = []
        self.labels: list[str] = []

        def render(text: str) -> str:
            skeleton, targets = identities.split(text)
            self.links[-1] += targets
            return skeleton

        for payload in payloads:
            self.links.append([])
            content = {key: value for key, value in payload.items() if key not in IDENTITY}
            self.labels.append(_hash(canonical(content, render)))
        self.linked = {
            number
            for source, links in enumerate(self.links)
            for targets in links
            for number in (source, *targets)
        }

    def refine(self) -> None:
        """Make each label identify everything that is connected with its payload."""
        for _round in self.linked:
            incoming: list[list[str]] = [[] for _label in self.labels]
            for source, links in enumerate(self.links):
                for place, targets in enumerate(links):
                    for number in targets:
                        incoming[number].append(f"{place} {self.labels[source]}")
            self.labels = [
                _hash((label, [self._labels_of(each) for each in links], sorted(sources)))
                if number in self.linked
                else label
                for number, (label, links, sources) in enumerate(
                    zip(self.labels, self.links, incoming, strict=True)
                )
            ]

    def _labels_of(self, targets: Targets) -> list[str]:
        return sorted(self.labels[number] for number in targets)

    def mark(self, number: int, label: str) -> None:
        """Give one of several equal payloads a label of its own."""
        self.labels[number] = label
        self.refine()


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def fingerprints(payloads: t.Sequence[Plist]) -> list[str]:
    """Return a digest of each payload that does not depend on the names of payloads."""
    side = _Side(payloads)
    side.refine()
    return side.labels


def match_payloads(desired: t.Sequence[Plist], current: t.Sequence[Plist]) -> dict[int, int]:
    """Return the places of the payloads that correspond, desired -> current.

    Equal payloads correspond: with the same content, and with references to payloads that
    correspond. Of the others, those of one type do that have most keys in common.
    """
    sides = _Side(desired), _Side(current)
    for side in sides:
        side.refine()
    pairs: dict[int, int] = {}
    for number, payload in enumerate(desired):
        label = sides[0].labels[number]
        equal = [
            place
            for place, each in enumerate(sides[1].labels)
            if each == label and place not in pairs.values()
        ]
        if not equal:
            continue
        same = [each for each in equal if _uuid(current[each]) == _uuid(payload)]
        pairs[number] = (same or equal)[0]
        if len(equal) > 1 and number in sides[0].linked:
            # What refers to equal payloads has to follow this choice.
            sides[0].mark(number, f"pair {number}")
            sides[1].mark(pairs[number], f"pair {number}")
    return {**pairs, **_match_similar(desired, current, pairs)}


def _match_similar(
    desired: t.Sequence[Plist], current: t.Sequence[Plist], pairs: t.Mapping[int, int]
) -> dict[int, int]:
    """Return the pairs of the payloads that have no equal one, the most similar first."""
    keys, present = _skeletons(desired), _skeletons(current)
    scores = sorted(
        (
            -len(keys[number] & present[place]),
            _uuid(desired[number]) != _uuid(current[place]),
            abs(number - place),
            number,
            place,
        )
        for number in range(len(desired))
        for place in range(len(current))
        if number not in pairs
        and place not in pairs.values()
        and kind_of(desired[number]) == kind_of(current[place])
    )
    similar: dict[int, int] = {}
    for *_score, number, place in scores:
        if number not in similar and place not in similar.values():
            similar[number] = place
    return similar


def _skeletons(payloads: t.Sequence[Plist]) -> list[set[tuple[str, str]]]:
    """Return keys and values of each payload, with slots for references."""
    identities = Identities(payloads)

    def render(text: str) -> str:
        return identities.split(text)[0]

    return [
        {(key, canonical(value, render)) for key, value in payload.items() if key not in IDENTITY}
        for payload in payloads
    ]


def _uuid(payload: Plist) -> str:
    return str(payload.get("PayloadUUID")).lower()


def payload_title(number: int, payload: object) -> str:
    """Return how messages name a payload: its number in the profile, from 1, and its type."""
    kind = payload.get("PayloadType") if isinstance(payload, dict) else None
    return f"payload {number} ({kind})" if isinstance(kind, str) else f"payload {number}"


def kind_of(payload: Plist) -> str:
    """Return the type of a payload."""
    return str(payload.get("PayloadType"))
