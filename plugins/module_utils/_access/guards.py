# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds back a change of sign-in rules that would lock people out:

the forecast, a break-glass group, and Okta's own apps.
"""

from __future__ import annotations

import typing as t

from .._core.errors import BadOption, Refused
from .._okta import client as okta_api
from .._okta.client import Okta
from .._okta.facts import LOG_RETENTION
from . import evidence as sign_in_reads
from .evidence import (
    correct_devices,
    named_groups,
    named_platforms,
    people_of,
    read_directory,
    read_sign_ins,
)
from .forecast import LIVING, NEVER, Forecast, Person, Rules, Way, candidates, forecast
from .policies import find_groups, same_rules

USES = (*sign_in_reads.USES, okta_api.LIST_GROUPS, okta_api.LIST_AUTHENTICATORS)

# Okta's own apps by their names in every org: without them nobody administers the org, or gets at
# the page where Okta Verify is added.
OWN_APPS = {
    "saasure": "the Admin Console",
    "okta_enduser": "the dashboard",
    "okta_account_settings": "the page where people add Okta Verify",
    "okta_browser_plugin": "the browser plugin",
}
OWN_RESOURCE = (  # of the policy that judges who may add an authenticator
    "END_USER_ACCOUNT_MANAGEMENT"
)
NAMES_IN_A_SENTENCE = 10

Members = dict[str, list[dict[str, t.Any]]]  # users as Okta shows them, by group


class AppTurn(t.NamedTuple):
    """One app and the rules that judge its sign-ins, before a change and after it.

    ``app`` is as listApplications shows it.
    """

    app: t.Mapping[str, t.Any]
    before: Rules
    after: Rules


def demands_managed(rule: t.Mapping[str, t.Any]) -> bool:
    """Whether a rule stands for managed devices: it admits them, or refuses others."""
    device = (rule.get("conditions") or {}).get("device") or {}
    if rule.get("status") == "INACTIVE":
        return False
    if ((rule.get("actions") or {}).get("appSignOn") or {}).get("access") == "DENY":
        return device.get("managed") is False or device.get("registered") is False
    return device.get("managed") is True


def guard(
    okta: Okta,
    turns: t.Sequence[AppTurn],
    after: Rules,
    policy: t.Mapping[str, t.Any],
    params: t.Mapping[str, t.Any],
) -> Forecast | None:
    """Refuse what would lock people out;

    returns the forecast, or None where it was not asked for. It only reads.

    :arg turns: the apps that are judged by the change.
    :arg after: the rules of the policy as they will be; they have to leave a break-glass group in.
    :arg policy: as getPolicy shows it.
    :arg params: the options of ``_options.FORECAST``.
    """
    if not params["forecast"]:
        return None
    check_numbers(params)
    members: Members = {}
    if any(demands_managed(rule) for rule in after):
        _check_own_apps(okta, turns, policy, params["allow_protected_apps"])
        members = check_break_glass(
            okta, params["break_glass_group"], after, str(policy.get("name"))
        )
    found = read_forecast(okta, turns, params["active_days"], params["log_events"], members)
    refuse_lock_out(found, params["max_locked_out"])
    return found


def check_numbers(params: t.Mapping[str, t.Any]) -> None:
    if not 1 <= params["active_days"] <= LOG_RETENTION.days:
        raise BadOption(
            f"active_days: {params['active_days']} is not between 1 and {LOG_RETENTION.days},"
            " the days that Okta keeps its log."
        )
    for name in ("max_locked_out", "log_events"):
        if params[name] < 0:
            raise BadOption(f"{name}: {params[name]} is negative.")


# People


def read_forecast(
    okta: Okta,
    turns: t.Sequence[AppTurn],
    active_days: int,
    log_events: int,
    members: Members | None = None,
) -> Forecast:
    """The forecast over all apps whose rules change;

    nothing is read where none do. A person counts once, with a row for each app.
    """
    changing = changing_turns(turns)
    if not changing:
        return Forecast()
    rules = [part for one in changing for part in (one.before, one.after)]
    directory = read_directory(okta, named_groups(*rules), members)
    sign_ins = read_sign_ins(
        okta, [str(one.app["id"]) for one in changing], active_days, log_events
    )
    correct_devices(okta, directory, sign_ins.heard)
    whole, users = Forecast(log_names_devices=bool(sign_ins.telling) or not sign_ins.seen), set()
    for one in changing:
        used, never_seen = people_of(
            sign_ins, directory, str(one.app["id"]), named_platforms(one.before, one.after)
        )
        part = forecast(one.before, one.after, used, never_seen)
        users.update(person.id for person in used)
        for name in ("locked_out", "admitted_anew", "never_seen"):
            getattr(whole, name).extend(
                {**row, "app": one.app.get("label"), "app_id": one.app["id"]}
                for row in getattr(part, name)
            )
    whole.people = len(users)
    return whole


def changing_turns(turns: t.Sequence[AppTurn]) -> list[AppTurn]:
    """Those whose rules judge otherwise afterwards:

    an app that moves to a mere copy of its policy is not one.
    """
    return [one for one in turns if not same_rules(one.before, one.after)]


def refuse_lock_out(found: Forecast, max_locked_out: int) -> None:
    names = found.names
    if len(names) <= max_locked_out:
        return
    unknown = (
        f" Of what the rules ask, nobody can know: {'; '.join(found.unknowns[:3])}. It counts as"
        " refused."
        if found.unknowns
        else ""
    )
    if not found.log_names_devices:
        unknown += (
            " The log does not say from which devices they signed in, so that one that Okta does"
            " not know is reckoned with."
        )
    raise Refused(
        f"{len(names)} {'person' if len(names) == 1 else 'people'} who used these apps would be"
        f" locked out: {some(names)}.{unknown} Nothing was written. Make their devices ready, leave"
        f" them out of the rule, or set max_locked_out to {len(names)} for this run.",
        count=len(names),
        allowed=max_locked_out,
        forecast=shown(found),
    )


def some(names: t.Sequence[str]) -> str:
    more = len(names) - NAMES_IN_A_SENTENCE
    return ", ".join(names[:NAMES_IN_A_SENTENCE]) + (f" and {more} more" if more > 0 else "")


def shown(found: Forecast | None) -> dict[str, t.Any] | None:
    """A forecast as results have it."""
    if found is None:
        return None
    return {
        "people": found.people,
        "locked_out_people": found.names,
        "locked_out": found.locked_out,
        "admitted_anew": found.admitted_anew,
        "never_seen": found.never_seen,
        "unknowns": found.unknowns,
        "log_names_devices": found.log_names_devices,
    }


# Okta's own apps


def _check_own_apps(
    okta: Okta, turns: t.Sequence[AppTurn], policy: t.Mapping[str, t.Any], allowed: t.Sequence[str]
) -> None:
    if (
        (policy.get("_embedded") or {}).get("resourceType") == OWN_RESOURCE
        and policy.get("name") not in allowed
        and policy.get("id") not in allowed
    ):
        raise Refused(
            f"Policy {policy.get('name')!r} judges who may add an authenticator: if it asks for a"
            " managed device, no new device can become one. Name it in allow_protected_apps if"
            " that is meant."
        )
    enrolling = _okta_verify_app(okta) if turns else ""
    caught = []
    for app in (one.app for one in turns):
        what = OWN_APPS.get(str(app.get("name"))) or (
            "the app that Okta Verify enrols by" if app.get("id") == enrolling else None
        )
        if what and app.get("label") not in allowed and app.get("id") not in allowed:
            caught.append(f"{app.get('label')!r} ({what})")
    if caught:
        raise Refused(
            f"{', '.join(caught)} would ask for managed devices, and who is locked out there cannot"
            f" help themselves. Take {'it' if len(caught) == 1 else 'them'} off, or name"
            f" {'it' if len(caught) == 1 else 'them'} in allow_protected_apps if that is meant."
        )


def _okta_verify_app(okta: Okta) -> str:
    return next(
        (
            str((one.get("settings") or {}).get("appInstanceId") or "")
            for one in okta.authenticators()
            if one.get("key") == "okta_verify"
        ),
        "",
    )


# Break glass


def check_break_glass(okta: Okta, wanted: str | None, after: Rules, policy: str) -> Members:
    """Refuse rules that ask for managed devices unless a group of living people is left out of
    them, and gets in without one. Returns its members.
    """
    demanding = [rule for rule in after if demands_managed(rule)]
    if not wanted:
        raise Refused(
            f"break_glass_group: {_rules(demanding)} of policy {policy!r} would ask for managed"
            " devices, and no group is named that gets in when that goes wrong. Name one, and"
            " leave it out of the rule by groups_excluded."
        )
    group = find_groups(okta, [wanted], "break_glass_group")[0]
    name = (group.get("profile") or {}).get("name")
    caught = [rule for rule in demanding if group["id"] not in _left_out(rule)]
    if caught:
        raise Refused(
            f"break_glass_group: {_rules(caught)} of policy {policy!r} would ask for managed"
            f" devices and does not leave out group {name!r}; add the group to groups_excluded."
        )
    everybody = list(okta.group_users(str(group["id"])))
    members = [one for one in everybody if one.get("status") in LIVING]
    if not members:
        raise Refused(
            f"break_glass_group: group {name!r} has no member who can sign in (status"
            f" {', '.join(LIVING)}); put somebody into it first."
        )
    blocked = {
        rule
        for one in members
        for rule in [_blocking(after, _member(one, str(group["id"])), named_platforms(after))]
    }
    if None not in blocked:
        raise Refused(
            f"break_glass_group: no member of group {name!r} would get in by policy {policy!r} from"
            f" a device that Okta does not know: rule {sorted(str(one) for one in blocked)[0]!r}"
            " would stop them. Add a rule that admits the group."
        )
    return {str(group["id"]): everybody}


def _rules(rules: Rules) -> str:
    return (
        f"rule{'s' if len(rules) > 1 else ''} {', '.join(repr(one.get('name')) for one in rules)}"
    )


def _left_out(rule: t.Mapping[str, t.Any]) -> t.Sequence[str]:
    return (((rule.get("conditions") or {}).get("people") or {}).get("groups") or {}).get(
        "exclude"
    ) or []


def _member(user: t.Mapping[str, t.Any], group_id: str) -> Person:
    kind = user["type"].get("id") if isinstance(user.get("type"), dict) else None
    return Person(
        str(user.get("id")),
        str((user.get("profile") or {}).get("login")),
        frozenset({group_id}),
        kind,
        user.get("status"),
    )


def _blocking(after: Rules, person: Person, platforms: t.Sequence[str]) -> str | None:
    """The rule that may stop this person on a device that Okta does not know;

    None where none can. What they can prove themselves by is their own care.
    """
    for platform in platforms:
        chosen = candidates(after, person, Way(platform))
        for one in chosen:
            if one.passes == NEVER:
                return one.name
        if not chosen:
            return ""
    return None
