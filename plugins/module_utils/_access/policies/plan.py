# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about an app sign-in policy: make or describe it, and what it was before. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.changes import Change
from ..._core.errors import BadOption, Refused, Unreadable
from ..._okta.records import App, Policy, PolicyRule
from ..rules.rule_order import Rules
from .marks import Marks, parse_marks, write_marks
from .rules_at_departure import digest_rules

CLONED = "[cloned] "  # how Okta begins the name of a clone, by a recorded answer


def check_apps_option(state: str, apps: t.Sequence[str]) -> None:
    """Raise BadOption for apps that have no effect with a state."""
    if apps and state != "present":
        raise BadOption(
            f"apps: with state={state} it has no effect, and all apps of the policy count. Remove"
            " it, or assign single apps to their policy with state=present."
        )


def check_planned_rules_option(
    state: str, apps: t.Sequence[str], planned: t.Sequence[object]
) -> None:
    """Raise BadOption for planned rules of a task that moves no app to the policy."""
    if planned and (state != "present" or not apps):
        raise BadOption(
            "planned_rules: without apps that get the policy (state=present) it has no effect."
            " Remove it, or set apps. To write rules, use okta_access_policy_rules."
        )


def find_original_id(policy: Policy) -> str | None:
    """Return the id of the policy that a clone was made from, by its description."""
    return parse_marks(policy.description).original_id


def require_policy_of(app: App) -> str:
    """Return the id of an app's policy. Raises Unreadable if Okta does not show it."""
    if not app.policy_id:
        raise Unreadable(
            f"App {app.label!r}: Okta does not show its sign-in policy, so the effect on its users"
            " is unknown. Check the app in the Admin Console.",
            vendor="okta",
        )
    return app.policy_id


def describe_inactive(policy: Policy) -> str:
    """Return that nobody knows whom a policy admits that is not active, as sentences, or ""."""
    if not policy.is_inactive:
        return ""
    return (
        f"Policy {policy.name!r}: it is {policy.status}, so which rules apply to its apps is"
        " unknown. Activate the policy in the Admin Console."
    )


def find_rules_in_force(policy: Policy, rules: Rules) -> Rules:
    """Return the rules by which the apps of a policy are judged.

    Whether those of a policy that is not active are is not documented: before them come two that
    may admit anybody, and refuse anybody.
    """
    if not policy.is_inactive:
        return rules
    return [
        _build_open_rule(policy, "ALLOW", "anybody"),
        _build_open_rule(policy, "DENY", "nobody"),
        *rules,
    ]


def _build_open_rule(policy: Policy, access: str, admitted: str) -> PolicyRule:
    """Return a rule that may apply to anybody."""
    name = f"policy {policy.name!r} while it is {policy.status}"
    return PolicyRule.from_row(
        {
            "name": name,
            "priority": -1,
            "status": "ACTIVE",
            "conditions": {f"whom {name} admits": admitted},
            "actions": {"appSignOn": {"access": access}},
        }
    )


# Back to the earlier policies


def find_earlier_policies(
    apps: t.Iterable[App], known: t.Iterable[Policy], rules: t.Mapping[str, Rules]
) -> Marks:
    """Return the marks of the policy to which each app goes back after it moved.

    An app of another clone goes back to what it had before that one. A clone that was renamed, or
    that a new one replaces, requires managed devices as well.

    Raises Unreadable for a policy with a rule of which a part cannot be read: its digest would be
    that of other rules.

    :arg rules: those that apply to the apps, by policy.
    """
    marks = {policy.id: parse_marks(policy.description) for policy in known}
    came_from, digests = dict[str, str](), dict[str, str]()
    for app in apps:
        held = marks.get(app.policy_id or "", Marks())
        before = held.came_from.get(app.id)
        if before and before in marks:
            came_from[app.id], digest = before, held.digests.get(app.id)
        elif app.policy_id:
            came_from[app.id] = app.policy_id
            digest = digest_rules(_require_readable(app, rules[app.policy_id]))
        else:
            continue
        if digest:
            digests[app.id] = digest
    return Marks(None, came_from, digests)


def _require_readable(app: App, rules: Rules) -> Rules:
    for rule in rules:
        if rule.hidden_part:
            raise Unreadable(
                f"Rule {rule.name!r}: Okta {rule.hidden_part}, so what applies to {app.label!r}"
                " cannot be kept for its way back. Nothing was written. Check the rule in the"
                " Admin Console.",
                vendor="okta",
            )
    return rules


def require_no_other_clone(name: str, known: t.Iterable[Policy], original: Policy | None) -> None:
    """Raise Refused if a policy to revert does not exist, and a clone with apps does.

    The clone may have been renamed: its apps would stay there.

    :arg original: whose clones count, None for all.
    """
    clones = []
    for policy in known:
        marks = parse_marks(policy.description)
        if marks.apps and (original is None or marks.original_id == original.id):
            clones.append(repr(policy.name))
    if clones:
        raise Refused(
            f"name: Okta has no app sign-in policy {name!r}, and apps moved to {', '.join(clones)}."
            f" If it was renamed, no app went back. Rename it to {name!r} in the Admin Console, or"
            " set its present name."
        )


def require_no_renamed_clone(
    name: str, option: str, original: Policy, apps: t.Iterable[App], known: t.Iterable[Policy]
) -> None:
    """Raise Refused if a policy would be cloned for apps that another clone of its original has.

    That one may be it, renamed: a second clone would take its apps, without its rules.

    :arg option: the option that has the name.
    """
    clones = {policy.id: policy for policy in known if find_original_id(policy) == original.id}
    held = {app.label: clones[app.policy_id] for app in apps if app.policy_id in clones}
    if not held:
        return
    names = ", ".join(dict.fromkeys(repr(policy.name) for policy in held.values()))
    raise Refused(
        f"{option}: Okta has no app sign-in policy {name!r}, and {', '.join(map(repr, held))} use"
        f" {names}, another clone of {original.name!r}. If it was renamed, rename it to {name!r} in"
        " the Admin Console, or set its present name. If a new clone is to replace it, move its"
        " apps back first (state=reverted)."
    )


# The policy itself


@dataclass(frozen=True)
class PolicyPlan:
    """What to do about a policy.

    ``future`` is the policy as it will be, with the id "" if it does not exist yet; ``original`` is
    what a new one is cloned from.
    """

    current: Policy | None
    original: Policy | None
    future: Policy
    changes: tuple[Change, ...] = ()


def plan_policy(
    name: str,
    description: str | None,
    current: Policy | None,
    original: Policy | None,
    moving: Marks | None = None,
    held: t.Container[str] | None = None,
) -> PolicyPlan:
    """Return what to do about a policy.

    Raises Refused if a policy of this name was made from another original.

    :arg moving: the marks of apps that will move to it. A clone keeps them in its description,
        which is written before an app moves.
    :arg held: the ids of the apps that it has, None if they were not read. The mark of an app that
        somebody moved away is removed: if it comes back, its earlier policy is another one.
    """
    if current is None:
        return _plan_new_policy(name, description, original, moving or Marks())
    marks = parse_marks(current.description)
    if original and marks.original_id != original.id:
        fact = (
            f"made from policy {marks.original_id}"
            if marks.original_id
            else "not marked as made from another one in the description that Okta shows"
        )
        raise Refused(
            f"Policy {current.name!r}: it exists and is {fact}, not from {original.name!r}"
            f" ({original.id}). Choose another name."
        )
    kept = marks if held is None else marks.keep(held)
    text = _describe_policy(current, description, kept, moving or Marks())
    future = replace(current, description=text)
    if (text or "") == (current.description or ""):
        return PolicyPlan(current, original, future)
    change = Change(
        "update",
        f"policy {current.name!r}",
        {"description": current.description},
        {"description": text},
    )
    return PolicyPlan(current, original, future, (change,))


def _describe_policy(
    current: Policy, description: str | None, marks: Marks, moving: Marks
) -> str | None:
    """Return the future description; that of a policy which is not a clone gets no marks."""
    if not marks.original_id:
        return current.description if description is None else description
    others = marks.keep(marks.apps - moving.came_from.keys())
    future = Marks(
        marks.original_id,
        {**others.came_from, **moving.came_from},
        {**others.digests, **moving.digests},
        others.ambiguous,
    )
    if description is None and future == parse_marks(current.description):
        return current.description
    return write_marks(current.description if description is None else description, future)


def _plan_new_policy(
    name: str,
    description: str | None,
    original: Policy | None,
    moving: Marks,
) -> PolicyPlan:
    marks = replace(moving, original_id=original.id) if original else Marks()
    text = write_marks(description, marks) if original else description
    values = {"description": text, **({"clone_of": original.name} if original else {})}
    change = Change("create", f"policy {name!r}", {}, values)
    return PolicyPlan(None, original, Policy("", name, text), (change,))


def plan_deletion(policy: Policy) -> Change:
    """Return the change of a policy that is deleted."""
    return Change("delete", f"policy {policy.name!r}", {"description": policy.description}, {})


def find_leftover_clones(policies: t.Sequence[Policy], original: Policy) -> list[str]:
    """Return the names of clones that an interrupted run may have left without its mark.

    They may as well be somebody's backup: Okta names both alike.
    """
    return [
        policy.name
        for policy in policies
        if policy.name.startswith(f"{CLONED}{original.name}") and not find_original_id(policy)
    ]


def describe_leftovers(policies: t.Sequence[Policy], original: Policy) -> str:
    """Return that clones may be left over, as sentences, "" without any."""
    leftovers = find_leftover_clones(policies, original)
    if not leftovers:
        return ""
    return (
        f"{', '.join(map(repr, leftovers))}: an interrupted run may have left it, or somebody"
        " may keep it. Nothing marks it as made by this collection, so it stays. Delete it if"
        " nobody needs it."
    )
