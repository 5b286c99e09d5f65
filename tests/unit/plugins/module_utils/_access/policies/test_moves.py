# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of apps between policies: which ones, what Okta refuses, and what applies to the apps."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    moves,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Group,
    Policy,
    PolicyRule,
)

CLONE, COMPANY = Policy("rst2", "Clone", status="ACTIVE"), Policy("rst1", "Company apps")
INACTIVE = Policy("rst1", "Company apps", status="INACTIVE")
CONSOLE = App("a1", "Okta Admin Console", "saasure", "rst9")
SLACK, JIRA, PAYROLL = (App(f"a-{name}", name, name, "rst1") for name in ("Slack", "Jira", "Pay"))
APPS = [CONSOLE, SLACK, JIRA, PAYROLL]
CLONED, LATER, EARLIER = (f"2026-03-0{day}T08:00:00.000Z" for day in (2, 3, 1))


def rule(name="Catch-all Rule", access="ALLOW", **conditions):
    row = {"name": name, "status": "ACTIVE", "conditions": conditions}
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


OPEN, CLOSED = [rule()], [rule(access="DENY")]


def move(app, target=CLONE):
    return moves.Move(app, target, app.policy_id, target.id)


def test_an_app_moves_from_the_policy_that_it_has():
    planned = moves.plan_moves(CLONE, COMPANY, [SLACK, CONSOLE], [COMPANY, CLONE])
    assert planned == [
        moves.Move(SLACK, CLONE, "rst1", "rst1", present=COMPANY),
        moves.Move(CONSOLE, CLONE, "rst9", "rst1", present=Policy("rst9")),
    ]
    with pytest.raises(Unreadable, match="App 'Chat': Okta does not show its sign-in policy"):
        moves.plan_moves(CLONE, COMPANY, [App("a2", "Chat")], [])


def test_no_app_moves_to_a_policy_without_the_rules_that_an_earlier_task_writes():
    moves.require_written([], "Managed")
    missing = [
        Change("create", "rule 'Macs'", {}, {}),
        Change("update", "rule 'PCs'", {}, {"a": 1}),
    ]
    with pytest.raises(Refused) as error:
        moves.require_written(missing, "Managed")
    assert error.value.message == (
        "planned_rules: policy 'Managed' does not have these rules (create rule 'Macs'; update rule"
        " 'PCs': a), and this module writes none. Write them first, with okta_access_policy_rules,"
        " or leave planned_rules out. Nothing was written."
    )


def test_no_app_moves_to_a_policy_without_rules():
    assert moves.plan_moves(Policy("", "New"), None, [], [COMPANY]) == []
    with pytest.raises(BadOption, match="without clone_of has only the rules of Okta. Write its"):
        moves.plan_moves(Policy("", "New"), None, [SLACK], [COMPANY])


def test_an_assignment_names_app_and_policy():
    assert moves.plan_assignment(SLACK, CLONE) == Change(
        "assign", "app 'Slack' to policy 'Clone'", {}, {"policy": "Clone"}
    )


def blocked(*moving):
    return [each.app for each in moves.find_staying_apps(moving, APPS)]


def test_the_policy_of_the_admin_console_takes_no_other_app():
    of_the_console = Policy("rst9", "Okta Admin Console")
    assert blocked(move(SLACK, of_the_console), move(CONSOLE, of_the_console)) == [SLACK]


def test_an_app_that_moves_after_the_admin_console_is_refused():
    assert blocked(move(SLACK), move(CONSOLE), move(JIRA)) == [JIRA]
    new = Policy("", "New clone")
    assert blocked(move(SLACK, new), move(CONSOLE, new), move(JIRA, new)) == [JIRA]


def test_a_policy_that_the_admin_console_leaves_takes_apps():
    assert blocked(move(CONSOLE), move(SLACK, Policy("rst9", "Okta Admin Console"))) == []


def test_an_org_without_an_admin_console_has_no_obstacle():
    assert moves.find_staying_apps([move(SLACK, Policy("", "New clone"))], [SLACK]) == []


def test_an_app_that_cannot_move_to_the_policy_of_the_admin_console_is_named():
    target = Policy("rst9", "Okta Admin Console")
    with pytest.raises(Refused) as error:
        moves.require_all_move([move(SLACK, target)], APPS)
    assert error.value.message == (
        "'Slack': policy 'Okta Admin Console' is, or becomes, the policy of the Okta Admin"
        " Console, and Okta refuses it for other apps. Choose another policy. Nothing was written."
    )


def test_obstacles_are_explained_by_their_reasons():
    staying = [
        moves.StayingApp(app, reason)
        for app, reason in ((SLACK, "a is off"), (JIRA, "b is off"), (PAYROLL, "a is off"))
    ]
    explanation = "'Slack', 'Pay': a is off. 'Jira': b is off."
    assert moves.explain_staying_apps(staying) == explanation


@pytest.mark.parametrize("status", ["INACTIVE", "SOMETHING_NEW"])
def test_no_app_moves_to_a_policy_that_is_not_active(status):
    inactive = Policy("rst1", "Company apps", status=status)
    with pytest.raises(
        Refused, match=f"'Slack', 'Jira': policy 'Company apps' is {status}, so"
    ) as error:
        moves.require_all_move([move(SLACK, inactive), move(JIRA, inactive)], APPS)
    assert error.value.message.endswith(
        "Activate the policy in the Admin Console. Nothing was written."
    )


@pytest.mark.parametrize(
    ("group", "since", "expected"),
    [
        (Group("g1", members_changed=EARLIER), CLONED, False),
        (Group("g1", members_changed=CLONED), CLONED, True),
        (Group("g1", members_changed=LATER), CLONED, True),
        (Group("g1"), CLONED, True),
        (Group("g1", members_changed=EARLIER), None, True),
        (Group("g1", "Everyone", "BUILT_IN", LATER), CLONED, False),
        (None, CLONED, True),
    ],
)
def test_members_may_have_changed_unless_okta_shows_that_they_did_not(group, since, expected):
    assert moves.may_have_changed(group, since) is expected


def test_apps_of_a_policy_that_is_not_active_are_an_error():
    moves.require_active(Policy("rst1", "Managed", status="ACTIVE"))
    with pytest.raises(Refused, match="Policy 'Managed': it is INACTIVE, so which rules apply"):
        moves.require_active(Policy("rst1", "Managed", status="INACTIVE"))


def test_each_policy_that_is_not_active_is_described_once():
    assert moves.describe_inactive_policies([INACTIVE, CLONE, INACTIVE, COMPANY]) == [
        "Policy 'Company apps': it is INACTIVE, so which rules apply to its apps is unknown."
        " Activate the policy in the Admin Console."
    ]
