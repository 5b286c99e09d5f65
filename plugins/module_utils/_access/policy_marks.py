# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marks of this collection in the description of a policy, so that no file is needed. Pure.

They name the policy that a clone was made from, and the policy that each app had before it moved:
"[made from policy rst1] [apps from policy rst1: 0oa1 0oa2]". A policy without them is not ours.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

_ORIGIN = re.compile(r"\[made from policy ([^\[\]\s]+)\]")
_APPS = re.compile(r"\[apps from policy ([^\[\]\s:]+):((?: [^\[\]\s]+)+)\]")


@dataclass(frozen=True)
class Marks:
    """What the description of a policy says.

    ``origin`` is the id of the policy that a clone was made from, None for a policy that is not
    ours. ``came_from`` is the policy of each app before it moved here, both by id.
    """

    origin: str | None = None
    came_from: t.Mapping[str, str] = field(default_factory=dict)


def parse_marks(description: str | None) -> Marks:
    """Return the marks of a description. An app that it names twice is unknown."""
    text = description or ""
    origin = _ORIGIN.search(text)
    pairs = [
        (app_id, policy_id)
        for policy_id, app_ids in _APPS.findall(text)
        for app_id in app_ids.split()
    ]
    names = [app_id for app_id, _policy_id in pairs]
    came_from = {app_id: policy_id for app_id, policy_id in pairs if names.count(app_id) == 1}
    return Marks(origin.group(1) if origin else None, came_from)


def plain_text(description: str | None) -> str:
    """Return a description without marks.

    What is left after a mark was taken out may be a mark again: "[made [...] from policy a]".
    """
    text, before = " ".join((description or "").split()), ""
    while text != before:
        before, text = text, " ".join(_APPS.sub("", _ORIGIN.sub("", text)).split())
    return text


def with_marks(description: str | None, marks: Marks) -> str:
    """Return a description with these marks in place of any others."""
    parts = [plain_text(description)]
    if marks.origin:
        parts.append(f"[made from policy {marks.origin}]")
    for policy_id in sorted(set(marks.came_from.values())):
        app_ids = sorted(app for app, origin in marks.came_from.items() if origin == policy_id)
        parts.append(f"[apps from policy {policy_id}: {' '.join(app_ids)}]")
    return " ".join(filter(None, parts))
