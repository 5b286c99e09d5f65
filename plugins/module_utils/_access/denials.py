# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who was refused at sign-in, as the System Log says: before a moment and since. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass
class Denials:
    """``since`` and ``before`` are by login: how often, and by which rules."""

    since: dict[str, dict[str, t.Any]] = field(default_factory=dict)
    before: dict[str, dict[str, t.Any]] = field(default_factory=dict)

    @property
    def new(self) -> list[str]:
        """Who was refused since and not before: whoever was always refused is no rise."""
        return sorted(set(self.since) - set(self.before))


def count(
    events: t.Iterable[t.Mapping[str, t.Any]], app_ids: t.Collection[str], moment: str
) -> Denials:
    """``moment`` is the time between before and since, in the form of ``published``."""
    found = Denials()
    for event in events:
        targets = [one for one in event.get("target") or [] if isinstance(one, dict)]
        apps = [
            str(one.get("displayName") or one.get("alternateId") or one["id"])
            for one in targets
            if one.get("id") in app_ids
        ]
        actor = event.get("actor") or {}
        login = str(actor.get("alternateId") or actor.get("id") or "")
        if not apps or not login:
            continue
        rows = found.since if str(event.get("published")) >= moment else found.before
        row = rows.setdefault(login, {"login": login, "count": 0, "apps": [], "rules": []})
        row["count"] += 1
        rules = [
            str(one.get("displayName")) for one in targets if "rule" in str(one.get("type")).lower()
        ]
        row["apps"] = sorted({*row["apps"], *apps})
        row["rules"] = sorted({*row["rules"], *rules})
    return found
