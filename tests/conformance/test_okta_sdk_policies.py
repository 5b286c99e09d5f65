# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's SDK against the lab's app sign-in policies, their rules, apps and groups.

What it reads of a rule, it writes back without a change.

Two of its models are narrower than what live orgs answer and what the description says, so that
these tests go around them: ``_embedded`` of a policy takes objects alone (issue 573 of the SDK),
and the system of a platform is OSX and never MACOS.
"""

from __future__ import annotations

import typing as t

import pytest

from tests.conformance.okta_sdk import SDK, SdkError

FASTPASS = {
    "possession": {
        "deviceBound": "REQUIRED",
        "phishingResistant": "REQUIRED",
        "userPresence": "REQUIRED",
        "authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}],
    }
}
METHODS = {
    "assurance": {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "reauthenticateIn": "PT2H",
        "constraints": [FASTPASS],
    },
    "chains": {
        "type": "AUTH_METHOD_CHAIN",
        "chains": [
            {
                "authenticationMethods": [
                    {"key": "okta_verify", "method": "signed_nonce", "userVerification": "REQUIRED"}
                ],
                "next": [
                    {"authenticationMethods": [{"key": "okta_password", "method": "password"}]}
                ],
                "reauthenticateIn": "PT2H",
            }
        ],
    },
}
MACS = {
    "device": {"registered": True, "managed": True},
    "platform": {"include": [{"type": "DESKTOP", "os": {"type": "ANY"}}]},
    "network": {"connection": "ANYWHERE"},
}


@pytest.fixture(autouse=True)
def without_resource(org_lab):
    org_lab.world.switches.set(policy_resource=False)


@pytest.fixture
def policy(sdk, request):
    """The id of a policy of the test's own."""
    from okta.models import AccessPolicy

    return sdk.create_policy(
        AccessPolicy.from_dict(
            {"type": "ACCESS_POLICY", "name": request.node.name, "description": "By the SDK"}
        )
    ).id


def rule(
    name: str,
    method: str = "assurance",
    access: str = "ALLOW",
    conditions: t.Any = None,
    priority: int | None = None,
) -> t.Any:
    from okta.models import AccessPolicyRule

    sign_on = {"access": access, "verificationMethod": METHODS[method]}
    return AccessPolicyRule.from_dict(
        {
            "type": "ACCESS_POLICY",
            "name": name,
            "priority": priority,
            "conditions": conditions or MACS,
            "actions": {"appSignOn": sign_on},
        }
    )


def names(sdk, policy):
    return [(one.name, one.priority) for one in sdk.list_policy_rules(policy)]


# Policies


def test_policies_are_listed_over_pages(sdk, org_lab, policy, record_conformance):
    record_conformance(SDK, "listPolicies", "of type ACCESS_POLICY, three to a page")
    pages = list(sdk.pages("list_policies", type="ACCESS_POLICY", limit="3"))
    assert len(pages) > 2 and {one.id for page in pages for one in page} == set(
        org_lab.world.okta.policies.by_id
    )


def test_a_policy_is_made_changed_cloned_and_deleted(sdk, org_lab, policy, record_conformance):
    for operation in (
        "createPolicy",
        "getPolicy",
        "replacePolicy",
        "clonePolicy",
        "activatePolicy",
        "deactivatePolicy",
        "deletePolicy",
    ):
        record_conformance(SDK, operation, "by API token")
    read = sdk.get_policy(policy)
    assert (read.description, read.system, read.status.value) == ("By the SDK", False, "ACTIVE")
    read.name = "Renamed by the SDK"
    assert sdk.replace_policy(policy, read).name == "Renamed by the SDK"
    sdk.create_policy_rule(policy, rule("Managed Macs"))
    clone = sdk.clone_policy(policy)
    assert [one.name for one in sdk.list_policy_rules(clone.id)] == [
        "Managed Macs",
        "Catch-all Rule",
    ]
    sdk.deactivate_policy(clone.id)
    assert sdk.get_policy(clone.id).status.value == "INACTIVE"
    sdk.activate_policy(clone.id)
    sdk.delete_policy(clone.id)
    assert clone.id not in org_lab.world.okta.policies.by_id


def test_what_cannot_be_is_an_error_with_its_code(sdk, policy, record_conformance):
    record_conformance(SDK, "createPolicyRule", "managed without registered: E0000001")
    record_conformance(SDK, "getPolicyRule", "an id that Okta does not know: E0000007")
    with pytest.raises(SdkError) as refused:
        sdk.create_policy_rule(
            policy, rule("Managed alone", conditions={"device": {"managed": True}})
        )
    assert refused.value.code == "E0000001"
    with pytest.raises(SdkError) as missing:
        sdk.get_policy_rule(policy, "rulNone")
    assert missing.value.code == "E0000007"


# Rules


@pytest.mark.parametrize("method", list(METHODS))
def test_a_rule_is_written_read_and_written_back_without_a_change(
    sdk, policy, org_lab, record_conformance, method
):
    record_conformance(SDK, "createPolicyRule", f"for managed Macs, {method}")
    record_conformance(
        SDK, "replacePolicyRule", f"what was read is written back: nothing changes, {method}"
    )
    made = sdk.create_policy_rule(policy, rule("Managed Macs", method))
    assert (
        made.conditions.device.managed
        and made.conditions.platform.include[0].type.value == "DESKTOP"
    )
    kept = org_lab.world.okta.policies.by_id[policy].rules[0]
    before = (kept.conditions, kept.actions)
    sdk.replace_policy_rule(policy, made.id, sdk.get_policy_rule(policy, made.id))
    assert (kept.conditions, kept.actions) == before


def test_rules_are_ordered_switched_off_and_deleted(sdk, policy, record_conformance):
    for operation in (
        "listPolicyRules",
        "activatePolicyRule",
        "deactivatePolicyRule",
        "deletePolicyRule",
    ):
        record_conformance(SDK, operation, "by API token")
    record_conformance(SDK, "createPolicyRule", "with a priority, before others")
    second = sdk.create_policy_rule(policy, rule("Second"))
    sdk.create_policy_rule(policy, rule("First", access="DENY", priority=0))
    assert names(sdk, policy) == [("First", 0), ("Second", 1), ("Catch-all Rule", 99)]
    sdk.deactivate_policy_rule(policy, second.id)
    assert sdk.get_policy_rule(policy, second.id).status.value == "INACTIVE"
    sdk.activate_policy_rule(policy, second.id)
    sdk.delete_policy_rule(policy, second.id)
    assert names(sdk, policy) == [("First", 0), ("Catch-all Rule", 99)]


def test_the_catch_all_rule_takes_other_actions(sdk, policy, record_conformance):
    record_conformance(SDK, "replacePolicyRule", "of the catch-all rule: access is denied")
    (catch_all,) = sdk.list_policy_rules(policy)
    catch_all.actions.app_sign_on.access = "DENY"
    assert (
        sdk.replace_policy_rule(policy, catch_all.id, catch_all).actions.app_sign_on.access.value
        == "DENY"
    )
    with pytest.raises(SdkError) as refused:
        sdk.delete_policy_rule(policy, catch_all.id)
    assert refused.value.code == "E0000001"


# Apps and groups


def test_an_app_moves_to_another_policy_and_back(sdk, policy, record_conformance):
    for operation in (
        "assignApplicationPolicy",
        "listPolicyMappings",
        "getPolicyMapping",
        "getApplication",
    ):
        record_conformance(SDK, operation, "by API token")
    record_conformance(SDK, "listApplications", "by a name's beginning")
    (app,) = sdk.list_applications(q="Device check")
    before = app.links.access_policy.href.rpartition("/")[2]
    sdk.assign_application_policy(app.id, policy)
    assert sdk.get_application(app.id).links.access_policy.href.endswith(policy)
    (mapping,) = sdk.list_policy_mappings(policy)
    assert sdk.get_policy_mapping(policy, mapping.id).links.application.href.endswith(app.id)
    sdk.assign_application_policy(app.id, before)
    assert sdk.list_policy_mappings(policy) == []


def test_apps_are_listed_over_pages(sdk, org_lab, record_conformance):
    record_conformance(SDK, "listApplications", "three to a page")
    pages = list(sdk.pages("list_applications", limit=3))
    assert len(pages) > 2 and {app.id for page in pages for app in page} == set(
        org_lab.world.okta.directory.apps
    )


def test_groups_and_their_members_are_read(sdk, org_lab, record_conformance):
    record_conformance(SDK, "listGroups", "search by name")
    record_conformance(SDK, "getGroup", "by API token")
    record_conformance(SDK, "listGroupUsers", "by API token")
    record_conformance(SDK, "listUserGroups", "by API token")
    (group,) = sdk.list_groups(search='profile.name eq "Break glass"')
    assert sdk.get_group(group.id).type.value == "OKTA_GROUP"
    (user,) = sdk.list_group_users(group.id)
    assert user.profile.login == "break.glass@example.com"
    assert group.id in [each.id for each in sdk.list_user_groups(user.id)]


# What if


def test_a_sign_in_is_simulated(sdk, org_lab, policy, record_conformance):
    record_conformance(SDK, "createPolicySimulation", "of a managed and of an unmanaged Mac")
    from okta.models import SimulatePolicyBody

    sdk.create_policy_rule(policy, rule("Managed Macs"))
    org = org_lab.world.okta
    app, user = org.directory.app("Payroll"), next(iter(org.users))
    with org_lab.world.lock:
        org.assign(app, org.policies.by_id[policy])
    device = {"platform": "MACOS", "registered": True}
    asked = [
        SimulatePolicyBody.from_dict(
            {
                "appInstance": app.id,
                "policyTypes": ["ACCESS_POLICY"],
                "policyContext": {
                    "user": {"id": user},
                    "groups": {"ids": []},
                    "device": {**device, "managed": managed},
                },
            }
        )
        for managed in (True, False)
    ]
    with org_lab.world.lock:  # the SDK sends a list, which a recorded org refused
        org_lab.world.switches.set(simulation="list")
    told = sdk.create_policy_simulation(asked)
    assert [one.result.policies[0].rules[0].name for one in told] == [
        "Managed Macs",
        "Catch-all Rule",
    ]


# Authenticators


def test_fastpass_is_switched_and_refused_while_a_rule_needs_it(sdk, policy, record_conformance):
    record_conformance(SDK, "replaceAuthenticatorMethod", "what was read is written back")
    record_conformance(
        SDK,
        "deactivateAuthenticatorMethod",
        "FastPass, while a rule has device conditions: E0000174",
    )
    record_conformance(SDK, "deactivateAuthenticator", "Okta Verify: E0000148")
    verify = next(one.id for one in sdk.list_authenticators() if one.key.value == "okta_verify")
    method = sdk.get_authenticator_method(verify, "signed_nonce")
    assert sdk.replace_authenticator_method(verify, "signed_nonce", method).status.value == "ACTIVE"
    made = sdk.create_policy_rule(policy, rule("Managed Macs"))
    with pytest.raises(SdkError) as refused:
        sdk.deactivate_authenticator_method(verify, "signed_nonce")
    assert refused.value.code == "E0000174"
    sdk.delete_policy_rule(policy, made.id)
    with pytest.raises(SdkError) as refused:
        sdk.deactivate_authenticator(verify)
    assert refused.value.code in ("E0000148", "E0000174")  # other tests' rules may still be there


# What one writes, the other reads


BY_MODULE = {
    "name": "Managed devices",
    "managed": True,
    "access": "ALLOW",
    "factor_mode": "2FA",
    "reauthenticate_in": "PT2H",
    "constraints": [FASTPASS],
    "forecast": False,
}
# A rule that requires managed devices is not written without a group that keeps access.
WRITTEN = {**BY_MODULE, "break_glass_group": "Break glass", "groups_excluded": ["Break glass"]}


@pytest.fixture
def lenient_policy(sdk, policy):
    """The id of a policy whose catch-all rule asks for no device, as break-glass people need."""
    (last,) = sdk.list_policy_rules(policy)
    last.actions.app_sign_on.verification_method.constraints = []
    sdk.replace_policy_rule(policy, last.id, last)
    return policy


def test_what_the_sdk_wrote_reads_as_unchanged(
    sdk, policy, org_lab, run_module, record_conformance
):
    record_conformance(
        SDK, "createPolicyRule", "then okta_access_policy_rule wants the same: nothing changes"
    )
    conditions = {
        "device": {"registered": True, "managed": True},
        "network": {"connection": "ANYWHERE"},
    }
    sdk.create_policy_rule(policy, rule("Managed devices", conditions=conditions))
    done = run_module("okta_access_policy_rule", {"policy": policy, **BY_MODULE}, lab=org_lab)
    assert done["changed"] is False, done


def test_what_the_collection_wrote_means_the_same_to_the_sdk(
    sdk, lenient_policy, org_lab, run_module, record_conformance
):
    record_conformance(
        SDK, "getPolicyRule", "of okta_access_policy_rule, written back by the SDK: nothing changes"
    )
    written = run_module(
        "okta_access_policy_rule", {"policy": lenient_policy, **WRITTEN}, lab=org_lab
    )
    assert written.get("changed"), written.get("msg")
    read = sdk.get_policy_rule(lenient_policy, written["rule"]["id"])
    method = read.actions.app_sign_on.verification_method
    assert (
        read.conditions.device.registered
        and read.conditions.device.managed
        and method.factor_mode.value == "2FA"
    )
    assert method.constraints[0].possession.phishing_resistant == "REQUIRED"
    sdk.replace_policy_rule(lenient_policy, read.id, read)
    assert (
        run_module("okta_access_policy_rule", {"policy": lenient_policy, **WRITTEN}, lab=org_lab)[
            "changed"
        ]
        is False
    )


def test_rules_that_come_between_do_no_harm(
    sdk, lenient_policy, org_lab, run_module, record_conformance
):
    record_conformance(
        SDK, "createPolicyRule", "before a rule of okta_access_policy_rule, which stays as it is"
    )
    first = {"policy": lenient_policy, **WRITTEN, "position": "first"}
    second = {"policy": lenient_policy, **WRITTEN, "name": "Second", "after": "Managed devices"}
    for wanted in (first, second):
        written = run_module("okta_access_policy_rule", wanted, lab=org_lab)
        assert written.get("changed"), written.get("msg")
    sdk.create_policy_rule(lenient_policy, rule("Between", priority=1))
    assert names(sdk, lenient_policy) == [
        ("Managed devices", 0),
        ("Between", 1),
        ("Second", 2),
        ("Catch-all Rule", 99),
    ]
    for wanted in (first, second):
        assert run_module("okta_access_policy_rule", wanted, lab=org_lab)["changed"] is False
