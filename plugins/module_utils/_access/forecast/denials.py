# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who was denied at sign-in before and since a timestamp, by the System Log. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from ..._core.timestamps import parse_timestamp, require_timestamp
from ..._okta.records import LogEvent

UNKNOWN = ("", "unknown")  # the ids of actors whom Okta does not know
UNREADABLE = "unknown"  # a person, or an app, whom an event does not show
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class DeniedPerson:
    """A person who was denied: how often, at which apps, and by which rules.

    ``login`` is that of the newest denial, at ``newest``. ``rule_unknown`` counts the denials
    whose rule the log does not tell.
    """

    login: str
    newest: datetime = _NEVER
    count: int = 0
    apps: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    rule_unknown: int = 0

    def plus(
        self, login: str, published: datetime | None, apps: t.Iterable[str], rule: str | None
    ) -> DeniedPerson:
        """Return the person with one more denial, by a rule or None for an unknown one."""
        newest, newest_login = max((published or _NEVER, login), (self.newest, self.login))
        return replace(
            self,
            login=newest_login,
            newest=newest,
            count=self.count + 1,
            apps=self.apps | {*apps},
            rules=self.rules | ({rule} if rule else set()),
            rule_unknown=self.rule_unknown + (not rule),
        )

    def as_result(self) -> dict[str, object]:
        """Return the person as results show it."""
        return {
            "login": self.login,
            "count": self.count,
            "apps": sorted(self.apps),
            "rules": sorted(self.rules),
            "rule_unknown": self.rule_unknown,
        }


@dataclass
class Denials:
    """The people who were denied since a timestamp, and before it, by id.

    By login, where the log does not tell the id.
    """

    since: dict[str, DeniedPerson] = field(default_factory=dict)
    before: dict[str, DeniedPerson] = field(default_factory=dict)

    @property
    def new(self) -> list[str]:
        """Logins of people who were denied since, and not before.

        Somebody who is not shown may be another person than before.
        """
        return sorted(
            person.login
            for key, person in self.since.items()
            if key not in self.before or key == UNREADABLE
        )


def count_denials(
    events: t.Iterable[LogEvent], app_ids: t.Collection[str], timestamp: str
) -> Denials:
    """Return the people whom these apps denied.

    An event whose time is unknown counts as one since: it never makes a person known before. One
    that shows no person counts as one of somebody new, and one that shows no app for these: the
    filter that found it names them.

    :arg timestamp: what separates before from since, in ISO 8601. Raises BadOption.
    """
    denials, start = Denials(), require_timestamp("since", timestamp)
    for event in events:
        apps = _apps_of(event, app_ids)
        if not apps:
            continue
        login = event.actor.alternate_id or event.actor.id or UNREADABLE
        key = login if event.actor.id in UNKNOWN else event.actor.id
        published = parse_timestamp(event.published)
        people = denials.before if published and published < start else denials.since
        person = people.get(key, DeniedPerson(""))
        people[key] = person.plus(login, published, apps, _rule_name(event))
    return denials


def _apps_of(event: LogEvent, app_ids: t.Collection[str]) -> list[str]:
    """Return the apps that denied, none for an event that surely is of other apps."""
    apps = [
        target.display_name or target.alternate_id or target.id
        for target in event.targets
        if target.id in app_ids
    ]
    is_readable = bool(event.targets) and all(target.id for target in event.targets)
    return apps or ([] if is_readable else [UNREADABLE])


def _rule_name(event: LogEvent) -> str | None:
    """Return the rule that denied, None if the event does not tell.

    Recorded denials list every rule of the policy as target, without a mark of the one that
    decided.
    """
    names = {
        target.id: target.display_name or target.id
        for target in event.targets
        if "rule" in str(target.type).lower()
    }
    return next(iter(names.values())) if len(names) == 1 else None
