# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast of changes: whom they would lock out of which app, by what Okta shows."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.errors import Forbidden
from ..._okta.client import Okta
from ..._okta.records import OktaUser
from ..._okta.user_statuses import BLOCKED
from ..rules.subjects import named_groups, named_platforms
from . import directory as directories
from .conditions import Person
from .evaluation import AccessChange, EarlierRefusal, Forecast, forecast, split_refused
from .other_policies_reader import OtherPolicies
from .policy_changes import AppChange
from .sign_ins import read_sign_ins

MAX_SINGLE_READS = 20  # people of whom only the log says that they exist
HIDDEN_ACCOUNT = "the account, which Okta does not show"


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
    would be locked out and whom neither a device nor a group shows, or for 40 of more than 20.
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
    judged: list[tuple[AppChange, list[Person]]] = []
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
            never_seen_admitted=total.never_seen_admitted + part.never_seen_admitted,
            people=len(user_ids),
        )
        judged.append((change, used))
    total = _settle_accounts(okta, total, judged, others)
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
    if change.rules_at_departure is not None:
        part = part.also_in(
            forecast(change.rules_at_departure, change.after, used, unseen, signals)
        )
    return part.for_app(change.app)


def _settle_accounts(
    okta: Okta,
    result: Forecast,
    judged: t.Sequence[tuple[AppChange, t.Sequence[Person]]],
    others: OtherPolicies,
) -> Forecast:
    """Return a forecast without the people who left, as far as Okta shows it.

    The log names people whose accounts neither a device nor a group shows. Each who would be locked
    out is read, and judged again with the password and the user type that Okta shows. Whom it does
    not show, such as a deleted user, counts as a person who can sign in and who may have no
    password. If anybody is locked out, those who are newly admitted are read, too: of whom Okta
    does not show the account, that is not sure.

    :arg judged: the people of each change.
    """
    accounts = _read_accounts(okta, sorted(_list_unknown(result, judged)))
    by_id = {user_id: user for user_id, user in accounts.items() if user and user.status}
    hidden = accounts.keys() - by_id.keys()
    again = list(_judge_again(judged, by_id, others))
    lost = _replace_rows(result.locked_out, by_id, [part.locked_out for part in again])
    kept = _replace_rows(result.newly_admitted, by_id, [part.newly_admitted for part in again])
    kept = [_mark_hidden(row) if row.user_id in hidden else row for row in kept]
    places = {change.app.id: place for place, (change, _people) in enumerate(judged)}
    return replace(
        result,
        locked_out=_sort_rows(lost, places),
        newly_admitted=_sort_rows(kept, places),
        status_unknown=tuple(sorted({row.login for row in lost if row.user_id in hidden})),
    )


def _replace_rows(
    rows: t.Iterable[AccessChange],
    accounts: t.Container[str],
    again: t.Iterable[t.Iterable[AccessChange]],
) -> list[AccessChange]:
    """Return rows with those of the people with accounts judged again."""
    kept = [row for row in rows if row.user_id not in accounts]
    return [*kept, *(row for part in again for row in part)]


def _sort_rows(
    rows: t.Iterable[AccessChange], places: t.Mapping[str, int]
) -> tuple[AccessChange, ...]:
    """Return rows in the order of the apps, then by login and device."""

    def order(row: AccessChange) -> tuple[int, str, str]:
        return places[row.app.id] if row.app else -1, row.login, row.device

    return tuple(sorted(rows, key=order))


def _list_unknown(
    result: Forecast, judged: t.Sequence[tuple[AppChange, t.Sequence[Person]]]
) -> set[str]:
    """Return the ids of people of a forecast whose accounts only the log shows."""
    statuses = {person.id: person.status for _change, people in judged for person in people}
    gained = result.newly_admitted if result.locked_out else ()
    rows = (*result.locked_out, *gained)
    return {row.user_id for row in rows if statuses.get(row.user_id) is None}


def _mark_hidden(row: AccessChange) -> AccessChange:
    return replace(row, unknowns=(*row.unknowns, HIDDEN_ACCOUNT))


def _judge_again(
    judged: t.Iterable[tuple[AppChange, t.Sequence[Person]]],
    accounts: t.Mapping[str, OktaUser],
    others: OtherPolicies,
) -> t.Iterator[Forecast]:
    """Yield the forecasts of the people with these accounts who did not leave."""
    for change, people in judged:
        known = [
            replace(
                each,
                sure_password=account.surely_has_password,
                user_type=account.type_id or each.user_type,
            )
            for each in people
            if (account := accounts.get(each.id)) and account.status not in BLOCKED
        ]
        yield _forecast_app(change, known, (), others)


def _read_accounts(okta: Okta, user_ids: t.Sequence[str]) -> dict[str, OktaUser | None]:
    """Return accounts by the ids of their users, None for one that Okta does not show.

    Each is read, or of many 40 by a search.
    """
    if len(user_ids) <= MAX_SINGLE_READS:
        return {user_id: _read_user(okta, user_id) for user_id in user_ids}
    try:
        accounts = {user.id: user for user in okta.users_with_ids(user_ids)}
    except Forbidden:
        accounts = {}
    return {user_id: accounts.get(user_id) for user_id in user_ids}


def _read_user(okta: Okta, user_id: str) -> OktaUser | None:
    try:
        return okta.user(user_id)
    except Forbidden:  # a role that is limited to some users
        return None
