# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies:

found by name or id, cloned, their apps moved and moved back, and their rules written one at a time.
"""

from __future__ import annotations

import re
import typing as t

from .._core.changes import Change
from .._core.errors import ApiError, BadOption, NotAsWritten, NotFound, Refused, Unreadable
from .._core.lookup import Catalog
from .._okta.client import Okta, link_id, quote_filter
from .rules import (
    Place,
    Rule,
    RulePlan,
    check_written,
    find_rule,
    in_order,
    is_placed,
    merged_rule,
    place_index,
    place_priority,
    rule_differences,
    wanted_rule,
)

Policy = dict[str, t.Any]
App = dict[str, t.Any]

# How a clone says what it was made of, so that no file is needed to go back.
ORIGIN = "[made from policy {}]"
_ORIGIN = re.compile(r"\[made from policy ([^\]\s]+)\]")
READ_ONLY = ("id", "created", "lastUpdated", "system", "_links", "_embedded")
TRIES = (
    3  # a rule is put in its place anew as often, where others write to the policy at the same time
)


def _catalog(policies: t.Iterable[t.Mapping[str, t.Any]]) -> Catalog[Policy]:
    return Catalog(
        "app sign-in policy",
        "Okta",
        [dict(policy) for policy in policies],
        lambda policy: str(policy.get("id")),
        lambda policy: str(policy.get("name")),
    )


def find_policy(
    policies: t.Iterable[t.Mapping[str, t.Any]], wanted: str, option: str = "policy"
) -> Policy | None:
    """Return the policy of this id, else of this name, or None.

    Raises BadOption if several have the name.
    """
    return _catalog(policies).find_one(wanted, option)


def require_policy(
    policies: t.Iterable[t.Mapping[str, t.Any]], wanted: str, option: str = "policy"
) -> Policy:
    """Return the policy of this id, else of this name. Raises BadOption."""
    return _catalog(policies).resolve_one(wanted, option)


def origin_of(policy: t.Mapping[str, t.Any]) -> str | None:
    """The id of the policy that a clone was made from, as its description says."""
    found = _ORIGIN.search(str(policy.get("description") or ""))
    return found.group(1) if found else None


def with_origin(description: str | None, policy_id: str) -> str:
    """A description that says where the policy came from; what it said of that before goes."""
    text = _ORIGIN.sub("", description or "").strip()
    return f"{text} {ORIGIN.format(policy_id)}".strip()


def resolve_apps(apps: t.Sequence[App], wanted: t.Sequence[str]) -> list[App]:
    """Return apps by ids or exact labels, in the order given, each once. Raises BadOption."""
    catalog: Catalog[App] = Catalog(
        "app", "Okta", apps, lambda app: str(app.get("id")), lambda app: str(app.get("label"))
    )
    return catalog.resolve_many(wanted, "apps")


def policy_of(app: t.Mapping[str, t.Any]) -> str:
    """The id of the policy that an app has, as Okta's list of apps says; "" where it does not."""
    return link_id(app, "accessPolicy")


# What options name


def find_groups(okta: Okta, wanted: t.Sequence[str], option: str) -> list[dict[str, t.Any]]:
    """Return groups by ids or exact names, found by one search, one for each wanted.

    Raises BadOption.
    """
    if not wanted:
        return []
    search = " or ".join(
        f"id eq {quote_filter(name)} or profile.name eq {quote_filter(name)}" for name in wanted
    )
    catalog: Catalog[dict[str, t.Any]] = Catalog(
        "group",
        "Okta",
        okta.groups(search),
        lambda group: str(group.get("id")),
        lambda group: str((group.get("profile") or {}).get("name")),
        complete=False,
    )
    return [catalog.resolve_one(name, option) for name in wanted]


def find_users(okta: Okta, wanted: t.Sequence[str], option: str) -> list[str]:
    """Ids of users by ids or logins; raises BadOption."""
    found = []
    for name in wanted:
        user = okta.user(name)
        if user is None:
            raise BadOption(f"{option}: there is no user of id or login {name!r} in Okta.")
        found.append(user.id)
    return found


def resolve_rule(okta: Okta, params: t.Mapping[str, t.Any]) -> Rule:
    """The options of a rule as Okta's rule, with the ids of the groups and users that they name;

    groups take one search.
    """
    given = {
        option: params.get(option)
        for option in ("groups", "groups_excluded", "users", "users_excluded")
        if params.get(option) is not None
    }
    names = list(
        dict.fromkeys(
            name for option in ("groups", "groups_excluded") for name in given.get(option, [])
        )
    )
    ids = {name: str(group["id"]) for name, group in zip(names, find_groups(okta, names, "groups"))}
    for option, value in given.items():
        given[option] = (
            find_users(okta, value, option)
            if option.startswith("users")
            else [ids[name] for name in value]
        )
    return wanted_rule({**params, **given})


def place_of(params: t.Mapping[str, t.Any]) -> Place:
    return Place(params.get("position"), params.get("before"), params.get("after"))


def need_policy_of(app: t.Mapping[str, t.Any]) -> str:
    """Raises Unreadable where Okta does not say it, since nobody could then say what the app would
    lose.
    """
    found = policy_of(app)
    if not found:
        raise Unreadable(
            f"Okta does not say which sign-in policy app {app.get('label')!r} has, so that its"
            " people cannot be judged.",
            vendor="okta",
        )
    return found


def need_origin(policy: t.Mapping[str, t.Any], known: t.Sequence[Policy]) -> Policy:
    """The policy that a clone was made from; raises Refused."""
    origin = origin_of(policy)
    if not origin:
        raise Refused(
            f"Policy {policy.get('name')!r} does not say in its description from which policy it"
            " was made, so that its apps cannot go back. Assign them by okta_access_policy, with"
            " the name of the policy that they are to have."
        )
    found = next((one for one in known if one.get("id") == origin), None)
    if found is None:
        raise Refused(
            f"Policy {policy.get('name')!r} was made from policy {origin}, which is gone; assign"
            " its apps to another one by okta_access_policy."
        )
    return found


# Clone


class PolicyPlan(t.NamedTuple):
    """``shown`` is the policy as it will be, with an id where it is there already;

    ``original`` is what a new one is cloned from.
    """

    current: Policy | None
    original: Policy | None
    shown: Policy
    changes: list[Change]


def plan_policy(
    name: str, description: str | None, current: Policy | None, original: Policy | None
) -> PolicyPlan:
    """What is to be done about a policy itself.

    Raises Refused where one of the name was made from another than is wanted.
    """
    if current is None:
        text = with_origin(description or "", original["id"]) if original else description
        shown = {"id": None, "name": name, "description": text}
        made = {"clone_of": original.get("name")} if original else {}
        return PolicyPlan(
            None,
            original,
            shown,
            [Change("create", f"policy {name!r}", {}, {"description": text, **made})],
        )
    origin = origin_of(current)
    if original and origin != original["id"]:
        said = (
            f"was made from policy {origin}"
            if origin
            else "does not say that it was made from another"
        )
        raise Refused(
            f"There is a policy {current['name']!r} already, and it {said}, not from"
            f" {original['name']!r} ({original['id']}); take another name."
        )
    text = current.get("description")
    if description is not None:
        text = with_origin(description, origin) if origin else description
    differs = (text or "") != (current.get("description") or "")
    subject = f"policy {current['name']!r}"
    changes = (
        [
            Change(
                "update",
                subject,
                {"description": current.get("description")},
                {"description": text},
            )
        ]
        if differs
        else []
    )
    return PolicyPlan(current, original, {**current, "description": text}, changes)


def apply_policy(okta: Okta, plan: PolicyPlan, known: t.Sequence[Policy]) -> Policy:
    """Carry a plan out. Returns the policy as Okta shows it."""
    name, description = str(plan.shown["name"]), plan.shown.get("description")
    if not plan.changes:
        return plan.shown
    if plan.current:
        return write_policy(okta, plan.current, str(plan.current["name"]), description)
    if plan.original is None:
        return okta.create_policy(
            {
                "type": "ACCESS_POLICY",
                "name": name,
                **({} if description is None else {"description": description}),
            }
        )
    made = unfinished_clone(
        okta, known, plan.original, okta.policy_rules(plan.original["id"])
    ) or okta.clone_policy(plan.original["id"])
    return write_policy(okta, made, name, description)


def unfinished_clone(
    okta: Okta, policies: t.Sequence[Policy], original: Policy, rules: t.Sequence[Rule]
) -> Policy | None:
    """A clone that a run made and was cut off before it could name it:

    named after the original by Okta, made later, the same in word and rules, on no app.
    """
    for one in sorted(policies, key=lambda row: str(row.get("created"))):
        named = (
            one["id"] != original["id"]
            and str(original.get("name")) in str(one.get("name"))
            and not one.get("system")
        )
        same = one.get("description") == original.get("description") and str(
            one.get("created")
        ) > str(original.get("created"))
        if (
            named
            and same
            and not okta.policy_apps(one["id"])
            and same_rules(okta.policy_rules(one["id"]), rules)
        ):
            return one
    return None


def same_rules(some: t.Sequence[Rule], others: t.Sequence[Rule]) -> bool:
    """Whether two policies judge alike, rule by rule."""
    first, second = in_order(some), in_order(others)
    return len(first) == len(second) and all(
        not rule_differences(_judging(one), other) and not rule_differences(_judging(other), one)
        for one, other in zip(first, second)
    )


def _judging(rule: Rule) -> Rule:
    return {
        key: rule[key]
        for key in ("name", "status", "conditions", "actions")
        if rule.get(key) is not None
    }


def write_policy(okta: Okta, policy: Policy, name: str, description: str | None) -> Policy:
    """Name and description, by a full replace that starts from what was read;

    raises NotAsWritten.
    """
    body = {**{key: value for key, value in policy.items() if key not in READ_ONLY}, "name": name}
    if description is not None:
        body["description"] = description
    written = okta.replace_policy(policy["id"], body)
    wrong = [key for key in ("name", "description") if written.get(key) != body.get(key)]
    if wrong:
        raise NotAsWritten(
            f"Okta took policy {name!r} and shows something else for {', '.join(wrong)}.",
            keys=wrong,
        )
    return written


def move_app(okta: Okta, app: App, policy: Policy) -> None:
    """Give an app a policy, and see that it has it."""
    okta.assign_app_policy(app["id"], policy["id"])
    if app["id"] not in okta.policy_apps(policy["id"]):
        raise NotAsWritten(
            f"Okta took policy {policy.get('name')!r} for app {app.get('label')!r}, and does not"
            " show it there. Another may be moving it too; run again."
        )


# Rules


def apply_rule(
    okta: Okta, policy: Policy, plan: RulePlan, place: Place, status: str | None
) -> list[Rule]:
    """Carry a plan out, one write after the other, and read back.

    Returns the rules as they are then, in order.
    """
    policy_id, label = str(policy["id"]), str(policy.get("name"))
    if plan.delete and plan.current:
        okta.delete_rule(policy_id, plan.current["id"])
        return in_order(okta.policy_rules(policy_id))
    if plan.body is not None:
        _write(okta, policy_id, plan, status)
    if plan.status and plan.current:
        okta.set_rule_status(policy_id, plan.current["id"], plan.status == "ACTIVE")
    rules = in_order(okta.policy_rules(policy_id))
    for _try in range(TRIES):
        if is_placed(rules, plan.wanted["name"], place):
            break
        rules = _place_again(okta, policy_id, rules, plan.wanted, place, label)
    read = check_written(plan.wanted, rules, status, label)
    if not is_placed(rules, read["name"], place):
        raise NotAsWritten(
            f"Rule {read['name']!r} of policy {label!r} does not stay where it was put: another is"
            " moving rules too. Run again.",
            keys=["priority"],
        )
    return rules


def _write(okta: Okta, policy_id: str, plan: RulePlan, status: str | None) -> None:
    body = t.cast(Rule, plan.body)
    if plan.current is None:
        _create(okta, policy_id, body, status != "INACTIVE")
        return
    fresh = okta.policy_rule(
        policy_id, plan.current["id"]
    )  # what others wrote since the list was read is kept
    if fresh is None:
        raise NotFound(
            f"Rule {plan.wanted['name']!r} was deleted while this run was at it; run again.",
            vendor="okta",
        )
    moved = (
        {"priority": body["priority"]}
        if body.get("priority") != plan.current.get("priority")
        else {}
    )
    okta.replace_rule(policy_id, plan.current["id"], {**merged_rule(plan.wanted, fresh), **moved})


def _create(okta: Okta, policy_id: str, body: Rule, active: bool) -> None:
    """Where another writes to the policy at the same moment Okta answers 409 or 500;

    whether the rule came into being only a read can tell.
    """
    for attempt in range(1, TRIES + 1):
        try:
            okta.create_rule(policy_id, body, active)
            return
        except ApiError as error:
            if error.status not in (409, 500) or attempt == TRIES:
                raise
        okta.transport.settings.sleep(attempt * okta.transport.settings.chance())
        if any(one.get("name") == body["name"] for one in okta.policy_rules(policy_id)):
            return


def _place_again(
    okta: Okta,
    policy_id: str,
    rules: t.Sequence[Rule],
    wanted: t.Mapping[str, t.Any],
    place: Place,
    label: str,
) -> list[Rule]:
    current = find_rule(rules, wanted["name"], label)
    if current is None:
        return list(rules)
    priority = place_priority(
        rules, wanted["name"], place_index(rules, wanted["name"], place, label)
    )
    okta.replace_rule(
        policy_id,
        current["id"],
        {**merged_rule(wanted, current), **({} if priority is None else {"priority": priority})},
    )
    return in_order(okta.policy_rules(policy_id))


def check_unmapped(okta: Okta, policy: Policy) -> None:
    mapped = okta.policy_apps(policy["id"])
    if mapped:
        named = ", ".join(mapped[:5]) + (" ..." if len(mapped) > 5 else "")
        raise Refused(
            f"Policy {policy.get('name')!r} judges {len(mapped)} apps ({named}), so that it is not"
            " deleted. Give them another policy first."
        )
