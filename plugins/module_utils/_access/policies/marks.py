# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of this collection in the description of a policy, so that no file is needed. Pure.

They name the policy that a clone was made from, and the policy that each app had before it moved:
"[made from policy rst1] [apps from policy rst1 as 5d1c: 0oa1 0oa2]". The digits are a digest of the
rules that the policy had when the apps left it. A policy without marks is not ours.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

_ORIGINAL = re.compile(r"\[made from policy ([^\[\]\s]+)\]")
_APPS = re.compile(r"\[apps from policy ([^\[\]\s:]+)(?: as ([0-9a-f]+))?:((?: [^\[\]\s]+)+)\]")


@dataclass(frozen=True)
class Marks:
    """What the description of a policy says.

    ``original_id`` is that of the policy which a clone was made from, None for a policy that is not
    ours. ``came_from`` is the policy of each app before it moved here, both by id. ``digests`` are
    those of the rules of that policy then, by app, where the description has them. ``ambiguous``
    are the marks of apps that it names twice: app, policy, digest. They stay for a person to read.
    """

    original_id: str | None = None
    came_from: t.Mapping[str, str] = field(default_factory=dict)
    digests: t.Mapping[str, str] = field(default_factory=dict)
    ambiguous: tuple[tuple[str, str, str], ...] = ()

    @property
    def apps(self) -> set[str]:
        """The ids of all apps that have a mark."""
        return {*self.came_from, *(app_id for app_id, _policy_id, _digest in self.ambiguous)}

    def keep(self, app_ids: t.Container[str]) -> Marks:
        """Return the marks without those of other apps."""
        came_from, digests = (
            {app_id: value for app_id, value in values.items() if app_id in app_ids}
            for values in (self.came_from, self.digests)
        )
        ambiguous = tuple(row for row in self.ambiguous if row[0] in app_ids)
        return Marks(self.original_id, came_from, digests, ambiguous)


def parse_marks(description: str | None) -> Marks:
    """Return the marks of a description."""
    text = description or ""
    original = _ORIGINAL.search(text)
    rows = sorted(
        {
            (app_id, policy_id, digest)
            for policy_id, digest, app_ids in _APPS.findall(text)
            for app_id in app_ids.split()
        }
    )
    names = [app_id for app_id, _policy_id, _digest in rows]
    known = [row for row in rows if names.count(row[0]) == 1]
    ambiguous = tuple(row for row in rows if row not in known)
    came_from = {app_id: policy_id for app_id, policy_id, _digest in known}
    digests = {app_id: digest for app_id, _policy_id, digest in known if digest}
    return Marks(original.group(1) if original else None, came_from, digests, ambiguous)


def strip_marks(description: str | None) -> str:
    """Return a description without marks.

    What is left after a mark was taken out may be a mark again: "[made [...] from policy a]".
    """
    text, before = " ".join((description or "").split()), ""
    while text != before:
        before, text = text, " ".join(_APPS.sub("", _ORIGINAL.sub("", text)).split())
    return text


def write_marks(description: str | None, marks: Marks) -> str:
    """Return a description with these marks in place of any others."""
    parts = [strip_marks(description)]
    if marks.original_id:
        parts.append(f"[made from policy {marks.original_id}]")
    rows = [(app, policy, marks.digests.get(app, "")) for app, policy in marks.came_from.items()]
    groups: dict[tuple[str, str], list[str]] = {}
    for app_id, policy_id, digest in sorted([*rows, *marks.ambiguous]):
        groups.setdefault((policy_id, digest), []).append(app_id)
    for (policy_id, digest), app_ids in sorted(groups.items()):
        state = f" as {digest}" if digest else ""
        parts.append(f"[apps from policy {policy_id}{state}: {' '.join(app_ids)}]")
    return " ".join(filter(None, parts))
