# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for app sign-in policies: new ones, clones, changes, and moving apps back."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    list_possible_outcomes,
    list_unknowns,
    select_candidates,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    plan as policy_plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.rules_at_departure import (
    digest_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    in_order,
    same_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
    PolicyRule,
)

EARLIER, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def policy(**values: t.Any) -> Policy:
    row = {"id": "rst2", "name": "Copy of Strict", "description": "", "created": LATER, **values}
    return Policy.from_row({key: value for key, value in row.items() if value is not None})


def original(**values: t.Any) -> Policy:
    return policy(**{"id": "rst1", "name": "Strict", "created": EARLIER, **values})


def test_an_app_without_a_policy_cannot_be_judged() -> None:
    assert policy_plan.require_policy_of(App("app1", "Slack", policy_id="rst1")) == "rst1"
    with pytest.raises(Unreadable) as raised:
        policy_plan.require_policy_of(App("app1", "Slack"))
    assert raised.value.message == (
        "App 'Slack': Okta does not show its sign-in policy, so the effect on its users is"
        " unknown. Check the app in the Admin Console."
    )
    assert raised.value.details == {"vendor": "okta"}


OPEN = PolicyRule.from_row(
    {
        "name": "Catch-all Rule",
        "system": True,
        "actions": {
            "appSignOn": {
                "access": "ALLOW",
                "verificationMethod": {"type": "ASSURANCE", "factorMode": "1FA"},
            }
        },
    }
)


@pytest.mark.parametrize("status", ["INACTIVE", "NEW"])
@pytest.mark.parametrize("managed", [True, False])
def test_a_policy_that_is_not_active_may_admit_anybody_or_nobody(
    status: str, managed: bool
) -> None:
    strict = replace(OPEN, name="Strict", sign_on={"access": "DENY"})
    device = DeviceContext("MACOS", True, managed)
    unknown = f"whom policy 'Copy of Strict' while it is {status} admits"
    for rules in ([OPEN], [strict], []):
        judged = policy_plan.find_rules_in_force(policy(status=status), rules)
        chosen = select_candidates(judged, Identity(), device)
        assert {outcome.admitted for outcome in list_possible_outcomes(chosen)} == {True, False}
        assert list_unknowns(chosen) == {f"{unknown}: anybody", f"{unknown}: nobody"}
        assert list(judged[2:]) == rules
    assert policy_plan.describe_inactive(policy(status=status)) == (
        f"Policy 'Copy of Strict': it is {status}, so which rules apply to its apps is unknown."
        " Activate the policy in the Admin Console."
    )


def test_what_is_not_known_of_a_policy_comes_before_its_first_rule() -> None:
    first = replace(OPEN, name="First", system=False, priority=0)
    judged = policy_plan.find_rules_in_force(policy(status="INACTIVE"), [OPEN, first])
    label = "policy 'Copy of Strict' while it is INACTIVE"
    assert [each.name for each in in_order(judged)] == [label, label, "First", "Catch-all Rule"]


def test_two_policies_that_are_not_active_do_not_admit_the_same_people() -> None:
    some, other = (
        policy_plan.find_rules_in_force(policy(status="INACTIVE", name=name), [OPEN])
        for name in "AB"
    )
    assert same_rules(some, some) and not same_rules(some, other)


@pytest.mark.parametrize("status", ["ACTIVE", None])
def test_the_rules_of_an_active_policy_are_in_force(status: str | None) -> None:
    rules = [OPEN]
    assert policy_plan.find_rules_in_force(policy(status=status), rules) is rules
    assert policy_plan.describe_inactive(policy(status=status)) == ""


# The origin of a clone


@pytest.mark.parametrize(
    ("marks", "earlier"),
    [
        ("[made from policy rst1] [apps from policy rst1 as 5d1c: a0]", "rst1"),
        ("[made from policy rst1] [apps from policy rst1: a9]", "rst2"),  # assigned by hand
        ("[made from policy rst1] [apps from policy rst8: a0]", "rst2"),  # rst8 was deleted
        ("", "rst2"),
    ],
)
def test_an_app_of_another_clone_goes_back_to_what_it_had_before(marks: str, earlier: str) -> None:
    known = [original(), policy(description=marks)]
    apps = [App("a2"), App("a0", "Slack", policy_id="rst2"), App("a1", "Jira", policy_id="rst1")]
    rules = {"rst1": [], "rst2": [rule := PolicyRule(name="Everybody", sign_on={"access": "DENY"})]}
    here, there = digest_rules([]), digest_rules([rule])
    assert policy_plan.find_earlier_policies(apps, known, rules) == Marks(
        None,
        {"a0": earlier, "a1": "rst1"},
        {"a0": "5d1c" if earlier == "rst1" else there, "a1": here},
    )


def test_no_digest_is_kept_of_a_rule_that_cannot_be_read() -> None:
    method = {"actions": {"appSignOn": {"verificationMethod": {"factorMode": ["2FA"]}}}}
    rules = {"rst1": [PolicyRule.from_row({"id": "rul1", "name": "Everybody", **method})]}
    apps = [App("a0", "Slack", policy_id="rst1")]
    with pytest.raises(Unreadable) as raised:
        policy_plan.find_earlier_policies(apps, [original()], rules)
    assert raised.value.message == (
        "Rule 'Everybody': Okta shows actions.appSignOn.verificationMethod.factorMode in a form that"
        " it does not document, so what applies to 'Slack' cannot be kept for its way back. Nothing"
        " was written. Check the rule in the Admin Console."
    )
    assert raised.value.details == {"vendor": "okta"}


def test_an_app_whose_earlier_digest_is_not_known_gets_none() -> None:
    known = [original(), policy(description="[made from policy rst1] [apps from policy rst1: a0]")]
    marks = policy_plan.find_earlier_policies([App("a0", "Slack", policy_id="rst2")], known, {})
    assert marks == Marks(None, {"a0": "rst1"}, {})


def test_a_clone_with_apps_and_another_name_is_not_overlooked() -> None:
    text = "[made from policy rst1] [apps from policy rst1: a0]"
    renamed, other = policy(name="Renamed", description=text), policy(id="rst9", name="Other")
    second = policy(id="rst4", name="Second", description=text)
    idle = policy(id="rst3", description="[made from policy rst1]")
    for origin in (None, original()):
        with pytest.raises(Refused) as raised:
            policy_plan.require_no_other_clone("Copy", [original(), renamed, second, idle], origin)
        assert raised.value.message == (
            "name: Okta has no app sign-in policy 'Copy', and apps moved to 'Renamed', 'Second'. If it was"
            " renamed, no app went back. Rename it to 'Copy' in the Admin Console, or set its"
            " present name."
        )
    policy_plan.require_no_other_clone("Copy", [original(), renamed], other)
    policy_plan.require_no_other_clone("Copy", [original(), idle, other], None)


def test_a_clone_that_was_renamed_is_not_cloned_again() -> None:
    renamed = policy(id="rst3", name="Renamed", description="[made from policy rst1]")
    second = policy(id="rst5", name="Other", description="[made from policy rst1]")
    known = [original(), renamed, second, policy(id="rst4", description="[made from policy rst9]")]
    apps = [
        App("a0", "Slack", policy_id="rst3"),
        App("a4", "Chat", policy_id="rst5"),
        App("a1", "Jira", policy_id="rst1"),
    ]
    with pytest.raises(Refused) as raised:
        policy_plan.require_no_renamed_clone("Copy", "policy", original(), apps, known)
    assert raised.value.message == (
        "policy: Okta has no app sign-in policy 'Copy', and 'Slack', 'Chat' use 'Renamed', 'Other',"
        " another clone of 'Strict'. If it was renamed, rename it to 'Copy' in the Admin Console, or"
        " set its present name. If a new clone is to replace it, move its apps back first"
        " (state=reverted)."
    )
    others = [*apps[2:], App("a2", "Wiki", policy_id="rst4"), App("a3", "Mail")]
    policy_plan.require_no_renamed_clone("Copy", "policy", original(), others, known)


def test_a_clone_notes_the_policy_of_an_app_before_it_moves() -> None:
    apps = Marks(None, {"a1": "rst1", "a2": "rst9"}, {"a1": "5d1c"})
    marks = (
        "[made from policy rst1] [apps from policy rst1 as 5d1c: a1] [apps from policy rst9: a2]"
    )
    new = policy_plan.plan_policy("Managed", "Ours.", None, original(), apps)
    assert new.future.description == f"Ours. {marks}"
    clone = policy(description="Ours. [made from policy rst1] [apps from policy rst1 as 77: a2]")
    plan = policy_plan.plan_policy("x", None, clone, original(), apps)
    assert plan.future.description == f"Ours. {marks}"
    assert policy_plan.plan_policy("x", None, plan.future, original()).changes == ()
    twice = "Ours. [made from policy rst1] [apps from policy rst1: a3] [apps from policy rst2: a3]"
    clone = policy(description=twice)
    moved = policy_plan.plan_policy("x", "Theirs.", clone, original(), Marks(None, {"a1": "rst1"}))
    assert moved.future.description == (
        "Theirs. [made from policy rst1] [apps from policy rst1: a1 a3] [apps from policy rst2: a3]"
    )
    renamed = policy_plan.plan_policy("x", "Theirs.", plan.future, original())
    assert renamed.future.description == f"Theirs. {marks}"


def test_the_mark_of_an_app_that_left_the_clone_is_removed() -> None:
    """Somebody moved it. If it comes back, it comes from another policy."""
    text = (
        "Ours. [made from policy rst1] [apps from policy rst1 as 5d1c: a1 a2] [apps from policy"
        " rst1: a3] [apps from policy rst2: a3 a4]"
    )
    clone = policy(description=text)
    arguments = ("x", None, clone, original())
    assert not policy_plan.plan_policy(*arguments).changes, "the apps were not read"
    assert not policy_plan.plan_policy(*arguments, None, {"a1", "a2", "a3", "a4"}).changes
    plan = policy_plan.plan_policy(*arguments, None, {"a1"})
    assert plan.future.description == (
        "Ours. [made from policy rst1] [apps from policy rst1 as 5d1c: a1]"
    )
    moving = policy_plan.plan_policy(*arguments, Marks(None, {"a4": "rst7"}), {"a3"})
    assert moving.future.description == (
        "Ours. [made from policy rst1] [apps from policy rst1: a3] [apps from policy rst2: a3]"
        " [apps from policy rst7: a4]"
    )


def test_a_policy_that_is_not_a_clone_gets_no_mark() -> None:
    plan = policy_plan.plan_policy(
        "x", None, policy(description="Ours."), None, Marks(None, {"a1": "rst1"})
    )
    assert plan.changes == () and plan.future.description == "Ours."


def test_a_clone_without_a_mark_may_be_a_backup_and_is_only_named() -> None:
    known = [
        policy(name="[cloned] Strict"),
        policy(name="[cloned] Strict 2", description="[made from policy rst1]"),
        policy(name="Strict - backup"),
        original(),
    ]
    assert policy_plan.find_leftover_clones(known, original()) == ["[cloned] Strict"]


# What to do about a policy


def test_a_new_policy_is_a_clone_that_names_its_original() -> None:
    plan = policy_plan.plan_policy("Managed", "Ours.", None, original())
    text = "Ours. [made from policy rst1]"
    assert plan.changes == (
        Change("create", "policy 'Managed'", {}, {"description": text, "clone_of": "Strict"}),
    )
    assert plan.current is None and plan.original == original()
    assert plan.future == Policy("", "Managed", text)


def test_a_new_policy_without_an_original_is_empty() -> None:
    plan = policy_plan.plan_policy("Managed", None, None, None)
    assert plan == policy_plan.PolicyPlan(
        None,
        None,
        Policy("", "Managed", None),
        (Change("create", "policy 'Managed'", {}, {"description": None}),),
    )


@pytest.mark.parametrize(
    ("current", "description", "with_original"),
    [
        ("Ours. [made from policy rst1]", None, True),
        ("Ours. [made from policy rst1]", "Ours.", True),
        ("Ours. [made from policy rst1]", "Ours.", False),
        ("Ours.", "Ours.", False),
        (None, "", False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_a_policy_as_wanted_is_left_alone(
    current: str | None, description: str | None, with_original: bool
) -> None:
    known = policy(description=current)
    origin = original() if with_original else None
    plan = policy_plan.plan_policy(known.name, description, known, origin)
    assert plan.changes == () and plan.current == known and plan.original == origin
    assert plan.future.id == known.id


@pytest.mark.parametrize(
    ("current", "after"),
    [
        ("Ours.", "Theirs."),
        ("Ours. [made from policy rst1]", "Theirs. [made from policy rst1]"),
        (None, "Theirs."),
    ],
)
def test_another_description_is_an_update_that_keeps_the_origin(
    current: str | None, after: str
) -> None:
    known = policy(description=current)
    plan = policy_plan.plan_policy(known.name, "Theirs.", known, None)
    assert plan.changes == (
        Change(
            "update",
            "policy 'Copy of Strict'",
            {"description": current},
            {"description": after},
        ),
    )
    assert plan.current == known and plan.original is None
    assert (plan.future.id, plan.future.description) == ("rst2", after)


def test_an_update_keeps_the_original_of_its_policy() -> None:
    known = policy(description="Ours. [made from policy rst1]")
    assert policy_plan.plan_policy(known.name, "New.", known, original()).original == original()


@pytest.mark.parametrize(
    ("description", "fact"),
    [
        ("Ours.", "not marked as made from another one in the description that Okta shows"),
        ("[made from policy rst7]", "made from policy rst7"),
    ],
)
def test_a_policy_from_another_original_is_not_taken_over(description: str, fact: str) -> None:
    with pytest.raises(Refused) as raised:
        policy_plan.plan_policy("x", None, policy(description=description), original())
    assert raised.value.message == (
        f"Policy 'Copy of Strict': it exists and is {fact}, not from 'Strict' (rst1). Choose"
        " another name."
    )


# What a run says


@pytest.mark.parametrize("state", ["reverted", "absent"])
def test_apps_are_named_for_a_policy_that_gets_them_alone(state: str) -> None:
    policy_plan.check_apps_option("present", ["Slack"])
    policy_plan.check_apps_option(state, [])
    with pytest.raises(BadOption) as raised:
        policy_plan.check_apps_option(state, ["Slack"])
    assert raised.value.message == (
        f"apps: with state={state} it has no effect, and all apps of the policy count. Remove it,"
        " or assign single apps to their policy with state=present."
    )


@pytest.mark.parametrize(
    ("state", "apps"), [("present", []), ("reverted", []), ("absent", []), ("reverted", ["Slack"])]
)
def test_planned_rules_are_for_apps_that_get_the_policy(state: str, apps: list[str]) -> None:
    policy_plan.check_planned_rules_option("present", ["Slack"], [{"name": "Macs"}])
    policy_plan.check_planned_rules_option(state, apps, [])
    with pytest.raises(BadOption) as raised:
        policy_plan.check_planned_rules_option(state, apps, [{"name": "Macs"}])
    assert raised.value.message == (
        "planned_rules: without apps that get the policy (state=present) it has no effect. Remove"
        " it, or set apps. To write rules, use okta_access_policy_rules."
    )


def test_clones_that_may_be_left_over_are_described() -> None:
    assert policy_plan.describe_leftovers([original()], original()) == ""
    known = [policy(name="[cloned] Strict"), policy(name="[cloned] Strict 2")]
    assert policy_plan.describe_leftovers(known, original()) == (
        "'[cloned] Strict', '[cloned] Strict 2': an interrupted run may have left it, or somebody"
        " may keep it. Nothing marks it as made by this collection, so it stays. Delete it if"
        " nobody needs it."
    )


def test_the_change_of_a_deleted_policy_has_its_description() -> None:
    assert policy_plan.plan_deletion(policy(description="Ours.")) == Change(
        "delete", "policy 'Copy of Strict'", {"description": "Ours."}, {}
    )
