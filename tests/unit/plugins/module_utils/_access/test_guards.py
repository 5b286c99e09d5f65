# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds a change back, what Okta's simulation says of it, and where a clone says that it came
from.
"""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access import (
    guards,
    policies,
    resolution,
    simulation,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
    PolicyRule,
    PolicySimulation,
)


def rule(name, access="ALLOW", status="ACTIVE", **conditions):
    method = {"factorMode": "1FA"}
    return PolicyRule(
        name=name,
        status=status,
        conditions=conditions,
        sign_on={"access": access, "verificationMethod": method},
    )


@pytest.mark.parametrize(
    ("policy_rule", "requires"),
    [
        (rule("x", device={"registered": True, "managed": True}), True),
        (rule("x", "DENY", device={"registered": True, "managed": False}), True),
        (rule("x", "DENY", device={"registered": False}), True),
        (rule("x", device={"registered": True}), False),
        (rule("x", "DENY"), False),
        (rule("x", "DENY", device={"registered": True, "managed": True}), False),
        (rule("x", status="INACTIVE", device={"managed": True}), False),
        (
            PolicyRule.from_row(
                {
                    "name": "Catch-all Rule",
                    "conditions": None,
                    "actions": {"appSignOn": {"access": "ALLOW"}},
                }
            ),
            False,
        ),
    ],
)
def test_which_rules_stand_for_managed_devices(policy_rule, requires):
    assert guards.requires_managed(policy_rule) is requires


def forecast_of(count, unknowns=(), log_names_devices=True):
    rows = (
        AccessChange(f"u{number}", f"p{number:02d}", "MACOS", None, "Open", "Closed", unknowns)
        for number in range(count)
    )
    return Forecast(tuple(rows), people=count, log_names_devices=log_names_devices)


def test_the_message_names_ten_people_and_the_result_all():
    with pytest.raises(
        Refused,
        match="12 people who used these apps would be locked out: p00, p01, .*, p09 and 2 more.",
    ) as caught:
        guards.LockOutGuard(11).check(forecast_of(12, ("risk: HIGH",)))
    assert len(caught.value.details["forecast"]["locked_out_people"]) == 12
    assert "cannot be known: risk: HIGH." in caught.value.message
    assert "set max_locked_out to 12" in caught.value.message
    guards.LockOutGuard(12).check(forecast_of(12))


def test_a_log_without_devices_is_explained():
    with pytest.raises(Refused, match="1 person who .* The System Log does not name their devices"):
        guards.LockOutGuard(0).check(forecast_of(1, log_names_devices=False))


def test_a_clone_says_where_it_came_from_and_says_it_once():
    text = policies.with_origin("Ours. [made from policy rst1]", "rst2")
    assert (
        text == "Ours. [made from policy rst2]"
        and policies.origin_of(Policy("p", description=text)) == "rst2"
    )
    assert (
        policies.with_origin("", "rst2") == "[made from policy rst2]"
        and policies.origin_of(Policy("p")) is None
    )


def test_apps_are_found_by_id_or_exact_label_each_once():
    apps = [
        App("a1", "Slack"),
        App("a2", "Jira"),
        App("a3", "Jira"),
    ]
    assert [each.id for each in resolution.resolve_apps(apps, ["a3", "Slack", "a1"])] == [
        "a3",
        "a1",
    ]
    with pytest.raises(
        BadOption, match=r"apps: Okta has 2 apps named 'Jira' \(a2, a3\)\. Give the id of one\."
    ):
        resolution.resolve_apps(apps, ["Jira"])


MATCH = {
    "policies": [
        {
            "name": "Apps",
            "status": "MATCH",
            "rules": [
                {"name": "Managed", "status": "MATCH"},
                {"name": "Other", "status": "NOT_MATCH"},
            ],
        }
    ]
}


@pytest.mark.parametrize(
    "answer",
    [
        {
            "evaluation": [
                {"policyType": "OKTA_SIGN_ON", "result": MATCH},
                {"policyType": "ACCESS_POLICY", "result": MATCH},
            ]
        },
        {"policyType": ["ACCESS_POLICY"], "result": MATCH},
    ],
)
def test_a_simulation_is_read_in_either_shape(answer):
    assert PolicySimulation.from_row(answer).matched_rules == ("Managed",)


def test_one_sign_in_is_asked_for_each_rule_and_kind_of_device_where_nothing_is_unknown():
    rules = [
        rule(
            "Risky", "DENY", riskScore={"level": "HIGH"}, platform={"include": [{"type": "MOBILE"}]}
        ),
        rule("Catch-all Rule"),
    ]
    people = [
        Person(
            f"u{number}",
            f"u{number}",
            devices=(DeviceContext("MACOS", True, True), DeviceContext("IOS")),
        )
        for number in range(5)
    ]
    asked = simulation.select_questions("app1", rules, people)
    assert [(one.person.id, one.device.platform, one.rule) for one in asked] == [
        ("u0", "MACOS", "Catch-all Rule")
    ]
    assert simulation.question_body(asked[0])["policyContext"] == {
        "user": {"id": "u0"},
        "device": {"platform": "MACOS", "registered": True, "managed": True},
    }
