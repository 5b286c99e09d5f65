# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast of changes: whom they would lock out of which app, by what Okta shows."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import Forbidden
from ..._okta.client import Okta
from ..._okta.user_statuses import BLOCKED
from ..rules.subjects import named_groups, named_platforms
from . import people as directories
from .changes import AppChange
from .conditions import Person
from .outcomes import EarlierRefusal, Forecast, forecast, split_refused
from .policy_reader import OtherPolicies
from .sign_ins import read_sign_ins

MAX_STATUS_READS = 100  # people of whom only the log says that they exist


def read_forecast(
    okta: Okta,
    changes: t.Sequence[AppChange],
    active_days: int,
    log_events: int,
    members: directories.Members | None = None,
    others: OtherPolicies | None = None,
) -> Forecast:
    """Return the forecast over all apps whose rules or device signals change.

    Without any, nothing is read but the device signal collection policies of an app that moves.

    A person counts once, with a row for each app. That takes one more call for each person who
    would be locked out and whose status no group shows, if they are at most 100.
    """
    others = others or OtherPolicies(okta)
    changes = [change for change in changes if change.may_affect(others)]
    if not changes:
        return Forecast(unread=others.unread)
    policies = [rules for change in changes for rules in (change.before, change.after)]
    groups = named_groups(*policies) | others.sessions.groups
    directory = directories.read_directory(okta, groups, members)
    sign_ins = read_sign_ins(okta, [change.app.id for change in changes], active_days, log_events)
    directories.correct_devices(okta, directory, sign_ins)
    total = Forecast(log_names_devices=sign_ins.names_devices)
    user_ids, refused_earlier = set[str](), set[EarlierRefusal]()
    statuses: dict[str, str | None] = {}
    for change in changes:
        platforms = named_platforms(change.before, change.after)
        used, unseen = directories.people_of(sign_ins, directory, change.app.id, platforms)
        user_ids.update(person.id for person in used)
        used, refused = split_refused(used, others.sessions)
        unseen, _refused = split_refused(unseen, others.sessions)
        refused_earlier.update(refused)
        part = _forecast_app(change, used, unseen, others)
        total = replace(
            total,
            locked_out=total.locked_out + part.locked_out,
            newly_admitted=total.newly_admitted + part.newly_admitted,
            never_seen=total.never_seen + part.never_seen,
            people=len(user_ids),
        )
        statuses.update({person.id: person.status for person in used})
    total = _settle_statuses(okta, total, statuses)
    return replace(
        total,
        refused_earlier=tuple(sorted(refused_earlier, key=lambda each: each.login)),
        unread=(*others.unread, *directory.unread_groups.values()),
    )


def _forecast_app(
    change: AppChange,
    used: t.Collection[Person],
    unseen: t.Collection[Person],
    others: OtherPolicies,
) -> Forecast:
    """Return the forecast of one app."""
    signals = change.signals(others)
    part = forecast(change.before, change.after, used, unseen, signals)
    if change.left is not None:
        part = part.also_in(forecast(change.left, change.after, used, unseen, signals))
    return part.for_app(change.app)


def _settle_statuses(
    okta: Okta, result: Forecast, statuses: t.Mapping[str, str | None]
) -> Forecast:
    """Return a forecast without the people who left, as far as Okta shows it.

    The log names people whose status no group shows. Each who would be locked out is read. Whom
    Okta does not show, such as a deleted user, counts as a person who can sign in.

    :arg statuses: those that are known, by user.
    """
    unknown = {
        row.user_id: row.login for row in result.locked_out if statuses.get(row.user_id) is None
    }
    if len(unknown) > MAX_STATUS_READS:
        return replace(result, status_unknown=tuple(sorted(set(unknown.values()))))
    left, hidden = set(), set()
    for user_id, login in sorted(unknown.items()):
        status = _read_status(okta, user_id)
        if status is None:
            hidden.add(login)
        elif status in BLOCKED:
            left.add(user_id)
    remaining = tuple(row for row in result.locked_out if row.user_id not in left)
    return replace(result, locked_out=remaining, status_unknown=tuple(sorted(hidden)))


def _read_status(okta: Okta, user_id: str) -> str | None:
    try:
        user = okta.user(user_id)
    except Forbidden:  # a role that is limited to some users
        return None
    return user.status if user else None
