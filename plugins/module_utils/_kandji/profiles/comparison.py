# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparison of configuration profiles as values. Pure.

Names of payloads are not compared: Kandji gives a profile its own, and a tool that writes a file
may make others each time. References are compared by the payload that they mean.
"""

from __future__ import annotations

import typing as t

from ..._core.changes import ABSENT, Difference, differences
from .mobileconfig import payloads_of, remove_mark
from .references import (
    IDENTITY,
    Identities,
    Plist,
    PlistDict,
    Targets,
    canonical,
    fingerprints,
    kind_of,
    match_payloads,
)

# Of the whole profile: Kandji writes its own, or the payloads are compared one by one.
REWRITTEN = (*IDENTITY, "PayloadDisplayName", "PayloadContent")
# Of the whole profile: whether Kandji keeps them is not documented.
MAYBE_KEPT = ("PayloadDescription", "PayloadOrganization")


class PayloadPair(t.NamedTuple):
    """A payload on both sides, without its names. A side that has none is ABSENT."""

    label: str
    desired: t.Any
    current: t.Any


def comparable_payload(payload: Plist) -> PlistDict:
    """Return a payload without its names, its mark and an empty description."""
    return {key: value for key, value in _content(payload).items() if key not in IDENTITY}


def _content(payload: Plist) -> PlistDict:
    return {
        key: value
        for key, value in remove_mark(payload).items()
        if (key, value) != ("PayloadDescription", "")
    }


def profile_level_keys(plist: Plist) -> PlistDict:
    """Return what the profile as a whole sets, next to its payloads."""
    return {key: value for key, value in plist.items() if key not in REWRITTEN}


def describe_content(plist: Plist) -> list[str]:
    """Return texts that identify the content of a profile, whatever names its payloads have."""
    payloads = [_content(each) for each in payloads_of(plist)]
    return [*sorted(fingerprints(payloads)), canonical(profile_level_keys(plist))]


def label_payloads(plist: Plist) -> dict[str, PlistDict]:
    """Return the payloads of a profile by label, without their names."""
    return {pair.label: pair.desired for pair in _Comparison(plist, {}).pairs()}


def compare_profiles(desired: Plist, current: Plist) -> list[Difference]:
    """Return where a profile differs from the desired one.

    A payload's keys are named ``com.okta.mobile/OktaVerify.OrgUrl``; their order is not compared.
    Of the profile level only keys of ``desired`` count. Those that Kandji may not keep count only
    if it kept another value.
    """
    top = {
        key: value
        for key, value in profile_level_keys(desired).items()
        if key not in MAYBE_KEPT or key in current
    }
    comparison = _Comparison(desired, current)
    changed = differences(top, current, same_text=comparison.is_same_text)
    for label, wanted, present in comparison.pairs():
        if wanted is ABSENT or present is ABSENT:
            changed.append(Difference(label, present, wanted))
        else:
            changed += [
                each._replace(path=f"{label}/{each.path}")
                for each in comparison.differences(wanted, present)
            ]
    return changed


class _Comparison:
    """The payloads of two profiles, and which of them correspond."""

    def __init__(self, desired: Plist, current: Plist) -> None:
        self._desired = [_content(each) for each in payloads_of(desired)]
        self._current = [_content(each) for each in payloads_of(current)]
        self._matches = match_payloads(self._desired, self._current)
        self._identities = Identities(self._desired), Identities(self._current)

    def pairs(self) -> t.Iterator[PayloadPair]:
        """Yield the payloads that differ, with the type of each as its label.

        The second and further ones of a type have a number.
        """
        numbers: dict[str, int] = {}
        for wanted, present in self._sides():
            if wanted is not ABSENT and present is not ABSENT:
                if not self.differences(wanted, present):
                    continue
            kind = kind_of(present if wanted is ABSENT else wanted)
            numbers[kind] = numbers.get(kind, 0) + 1
            label = kind if numbers[kind] == 1 else f"{kind} ({numbers[kind]})"
            yield PayloadPair(label, wanted, present)

    def _sides(self) -> t.Iterator[tuple[t.Any, t.Any]]:
        for number, payload in enumerate(self._desired):
            place = self._matches.get(number)
            present = ABSENT if place is None else comparable_payload(self._current[place])
            yield comparable_payload(payload), present
        for place, payload in enumerate(self._current):
            if place not in self._matches.values():
                yield ABSENT, comparable_payload(payload)

    def differences(self, wanted: Plist, present: Plist) -> list[Difference]:
        """Return where two payloads differ, in keys that one of them has alone too."""
        return differences(_exactly(wanted, present), present, same_text=self.is_same_text)

    def is_same_text(self, wanted: str, present: str) -> bool:
        """Return whether two texts are equal, or refer to payloads that correspond."""
        own, others = self._identities
        text, targets = own.split(wanted)
        present_text, present_targets = others.split(present)
        if targets or present_targets:
            return text == present_text and self._correspond(targets, present_targets)
        names, present_names = own.named_by(wanted), others.named_by(present)
        if names and present_names:
            return self._correspond([names], [present_names])
        return wanted == present

    def _correspond(self, wanted: t.Sequence[Targets], present: t.Sequence[Targets]) -> bool:
        return [{self._matches.get(number) for number in each} for each in wanted] == list(present)


def _exactly(desired: Plist, current: Plist) -> PlistDict:
    """Return ``desired`` for the differ, with the keys that must not remain as ABSENT."""
    surplus = {key: ABSENT for key in current if key not in desired}
    wanted = {
        key: (
            _exactly(value, current[key])
            if isinstance(value, dict) and isinstance(current.get(key), dict)
            else value
        )
        for key, value in desired.items()
    }
    return {**wanted, **surplus}
