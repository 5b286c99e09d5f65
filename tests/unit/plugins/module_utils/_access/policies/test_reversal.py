# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which apps of a policy go back to the policies that they had, and which stay."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    reversal,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    Move,
    StayingApp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)


def policy(**values: t.Any) -> Policy:
    row = {"id": "rst2", "name": "Copy of Strict", "description": "", **values}
    return Policy.from_row({"created": "2026-02-01T00:00:00.000Z", **row})


def original(**values: t.Any) -> Policy:
    return policy(**{"id": "rst1", "name": "Strict", **values})


def test_each_app_goes_back_to_the_policy_that_it_had() -> None:
    slack, jira, new, gone = (App(f"a{n}", name) for n, name in enumerate("sjng"))
    text = "Ours. [made from policy rst1] [apps from policy rst1: a0] [apps from policy rst7: a1]"
    clone = policy(description=f"{text} [apps from policy rst8: a3]")
    other = policy(id="rst7", name="Other")
    plan = reversal.plan_reversal(clone, [slack, jira, new, gone], [original(), other, clone])
    assert plan.moves == ((slack, original()), (jira, other))
    assert plan.staying == (new, gone)
    assert plan.description == "Ours. [made from policy rst1] [apps from policy rst8: a3]"


def test_an_app_never_goes_back_to_the_clone_itself() -> None:
    clone = policy(description="[made from policy rst1] [apps from policy rst2: a1]")
    plan = reversal.plan_reversal(clone, [App("a1", "Slack")], [original(), clone])
    assert plan.moves == () and plan.staying == (App("a1", "Slack"),)


def test_the_apps_of_a_policy_without_a_mark_do_not_move_back() -> None:
    with pytest.raises(Refused) as raised:
        reversal.plan_reversal(policy(description="Ours."), [], [original()])
    assert raised.value.message == (
        "Policy 'Copy of Strict': its description does not name the policy that it was made from,"
        " so its apps cannot be moved back. Assign its apps with okta_access_policy and the name of"
        " their future policy."
    )


MARKED = "[made from policy rst1] [apps from policy rst1 as 5d1c: a0] [apps from policy rst7: a1]"
SLACK, JIRA, CHAT = App("a0", "Slack"), App("a1", "Jira"), App("a2", "Chat")


def test_an_app_that_somebody_gave_a_third_policy_is_named() -> None:
    clone, third = policy(description=MARKED), policy(id="rst3", name="Third")
    apps = [replace(SLACK, policy_id="rst3"), replace(JIRA, policy_id="rst3"), CHAT]
    assert reversal.describe_moved_apps(clone, apps, [original(), third, clone]) == [
        "'Slack': its policy is 'Third' now, which somebody assigned since, so it stays. To take it"
        " back, assign 'Strict' to it with okta_access_policy.",
        "'Jira': its policy is 'Third' now, which somebody assigned since, so it stays. To take it"
        " back, assign another policy to it with okta_access_policy.",
    ]


@pytest.mark.parametrize("policy_id", ["rst2", "rst1", "", "rst9"])
def test_an_app_with_this_or_its_earlier_policy_or_an_unknown_one_is_not(policy_id: str) -> None:
    clone = policy(description=MARKED)
    apps = [replace(SLACK, policy_id=policy_id)]
    assert reversal.describe_moved_apps(clone, apps, [original(), clone]) == []


def test_an_app_that_cannot_go_back_keeps_no_other_from_it() -> None:
    clone = policy(description=MARKED)
    off = policy(id="rst7", name="Other", status="INACTIVE")
    known = [original(), off, clone]
    plan, staying = reversal.plan_possible_reversal(clone, [SLACK, JIRA, CHAT], known, [])
    assert plan.moves == ((SLACK, original()),)
    assert plan.staying == (JIRA, CHAT)
    assert staying == [
        StayingApp(
            CHAT,
            "the policy before 'Copy of Strict' is not known or does not exist any more, so it"
            " stays. Assign its policy with okta_access_policy",
        ),
        StayingApp(
            JIRA,
            "policy 'Other' is INACTIVE, so which rules would apply to the app is unknown. Activate"
            " the policy in the Admin Console",
        ),
    ]
    assert plan.description == "[made from policy rst1] [apps from policy rst7: a1]"


def test_the_policy_of_the_admin_console_takes_no_app_back() -> None:
    clone, console = policy(description=MARKED), App("a9", "Console", "saasure", "rst1")
    plan, staying = reversal.plan_possible_reversal(clone, [SLACK], [original()], [console])
    assert plan.moves == () and [each.app for each in staying] == [SLACK]


def test_moves_back_know_the_digest_of_the_rules_that_the_apps_left() -> None:
    clone, other = policy(description=MARKED), policy(id="rst7", name="Other")
    plan = reversal.plan_reversal(clone, [SLACK, JIRA], [original(), other])
    assert reversal.plan_moves_back(plan, clone) == [
        Move(SLACK, original(), "rst2", "rst1", "5d1c"),
        Move(JIRA, other, "rst2", "rst7", ""),
    ]


def test_a_reversal_writes_assignments_and_the_description() -> None:
    clone = policy(description=MARKED)
    plan = reversal.plan_reversal(clone, [SLACK, CHAT], [original()])
    assert reversal.changes_description(plan, clone)
    assert reversal.plan_changes(plan, clone) == [
        Change("assign", "app 'Slack' to policy 'Strict'", {}, {"policy": "Strict"}),
        Change(
            "update",
            "policy 'Copy of Strict'",
            {"description": MARKED},
            {"description": "[made from policy rst1]"},
        ),
    ]


@pytest.mark.parametrize("description", ["[made from policy rst1]"])
def test_a_reversal_without_apps_writes_nothing(description: str) -> None:
    clone = policy(description=description)
    plan = reversal.plan_reversal(clone, [], [original()])
    assert not reversal.changes_description(plan, clone)
    assert reversal.plan_changes(plan, clone) == []


def lost(*logins: str) -> tuple[AccessChange, ...]:
    return tuple(AccessChange(each, each, "MACOS", None, "Open", "Closed") for each in logins)


def test_a_reversal_says_what_stays_and_whom_it_refuses() -> None:
    assert reversal.describe_reversal([], None) == []
    assert reversal.describe_reversal([], Forecast()) == []
    staying = [StayingApp(SLACK, "it stays")]
    assert reversal.describe_reversal(staying, None) == ["'Slack': it stays."]
    (text,) = reversal.describe_reversal([], Forecast(lost("ada")))
    assert text.startswith("1 person (ada): the earlier policy refuses them, and the present one")
    stays, several = reversal.describe_reversal(staying, Forecast(lost("ada", "bob")))
    assert stays == "'Slack': it stays." and several.startswith("2 people (ada, bob): the")
