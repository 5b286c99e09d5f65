# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an app sign-in policy: what is compared, what is written, and in which place."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    comparison as rule_comparison,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    options as rule_options,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    plan as rule_plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import (
    rule_order,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Change,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotAsWritten,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)

FAST_PASS = [
    {
        "possession": {
            "deviceBound": "REQUIRED",
            "authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}],
        }
    }
]
MANAGED = {
    "name": "Managed Macs",
    "platforms": ["MACOS"],
    "managed": True,
    "groups": ["g1", "g2"],
    "groups_excluded": ["glass"],
    "access": "ALLOW",
    "factor_mode": "2FA",
    "reauthenticate_in": "PT2H",
    "constraints": FAST_PASS,
}
# As Okta shows what MANAGED writes: with what it adds, its own order, and a duration in other
# words.
READ = {
    "id": "rul1",
    "name": "Managed Macs",
    "priority": 0,
    "status": "ACTIVE",
    "system": False,
    "type": "ACCESS_POLICY",
    "created": "2026-01-01",
    "_links": {},
    "conditions": {
        "device": {"registered": True, "managed": True},
        "platform": {"include": [{"os": {"type": "MACOS"}, "type": "DESKTOP"}], "exclude": []},
        "people": {
            "users": {"exclude": []},
            "groups": {"include": ["g2", "g1"], "exclude": ["glass"]},
        },
        "userType": {"include": [], "exclude": []},
        "riskScore": {"level": "ANY"},
    },
    "actions": {
        "appSignOn": {
            "access": "ALLOW",
            "keepMeSignedIn": {"postAuth": "NOT_ALLOWED"},
            "verificationMethod": {
                "type": "ASSURANCE",
                "factorMode": "2FA",
                "reauthenticateIn": "PT120M",
                "constraints": [
                    {
                        "possession": {
                            "deviceBound": "REQUIRED",
                            "required": True,
                            "authenticationMethods": [
                                {"key": "okta_verify", "method": "signed_nonce"}
                            ],
                        }
                    }
                ],
            },
        }
    },
}


def standing(*names, catch_all=True):
    made = [
        {
            "id": f"rul-{name}",
            "name": name,
            "priority": number,
            "status": "ACTIVE",
            "conditions": {},
            "actions": {"appSignOn": {"access": "DENY"}},
        }
        for number, name in enumerate(names)
    ]
    last = {
        "id": "rul-last",
        "name": "Catch-all Rule",
        "priority": 99,
        "status": "ACTIVE",
        "system": True,
        "conditions": None,
        "actions": {
            "appSignOn": {
                "access": "ALLOW",
                "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA"},
            }
        },
    }
    rows = [*made, *([last] if catch_all else [])]
    return [PolicyRule.from_row(row) for row in rows]


NO_PLACE = Place()


def planned(current, body, place=NO_PLACE, status=None, absent=False):
    request = rule_plan.RuleRequest(body["name"], body, place, status, absent)
    return rule_plan.plan_rule(current, request, "Apps")


def order(plan):
    return [rule.name for rule in plan.after]


def test_what_okta_adds_and_reorders_is_no_difference():
    assert rule_comparison.find_differences(rule_options.build_rule(MANAGED), READ) == []


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"groups": ["g1"]}, "conditions.people.groups.include"),
        ({"groups_excluded": []}, "conditions.people.groups.exclude"),
        ({"platforms": ["MACOS", "WINDOWS"]}, "conditions.platform.include"),
        ({"managed": False}, "conditions.device.managed"),
        ({"factor_mode": "1FA"}, "actions.appSignOn.verificationMethod.factorMode"),
        ({"reauthenticate_in": "PT3H"}, "actions.appSignOn.verificationMethod.reauthenticateIn"),
        ({"constraints": []}, "actions.appSignOn.verificationMethod.constraints"),
        ({"risk_level": "LOW"}, "conditions.riskScore.level"),
        (
            {"access": "DENY", "factor_mode": None, "reauthenticate_in": None, "constraints": None},
            "actions.appSignOn.access",
        ),
        ({"managed": None, "remove_conditions": ["device"]}, "conditions.device"),
    ],
)
def test_each_option_is_a_difference_of_its_own(options, path):
    assert [
        gap.path
        for gap in rule_comparison.find_differences(
            rule_options.build_rule({**MANAGED, **options}), READ
        )
    ] == [path]


@pytest.mark.parametrize(
    "options",
    [
        {"risk_level": "ANY"},
        {"users": []},
        {"users_excluded": []},
        {"network_connection": "ANYWHERE"},
        {"user_types": []},
        {"expression": ""},
        {"remove_conditions": ["risk_level", "user_types"]},
        {"reauthenticate_in": "PT7200S"},
    ],
)
def test_what_says_no_more_than_never_set_is_no_difference(options):
    assert (
        rule_comparison.find_differences(rule_options.build_rule({**MANAGED, **options}), READ)
        == []
    )


def test_false_is_not_the_same_as_not_set():
    unset = {**READ, "conditions": {**READ["conditions"], "device": {"registered": True}}}
    assert [
        gap.path
        for gap in rule_comparison.find_differences(
            rule_options.build_rule({"name": "Managed Macs", "managed": False}), unset
        )
    ] == ["conditions.device.managed"]


@pytest.mark.parametrize("stored", [1, 1.0, "true"])
def test_a_switch_is_not_the_same_as_a_number_or_a_text(stored):
    wanted = rule_options.build_rule({"name": "Managed Macs", "managed": True})
    device = {"registered": True, "managed": stored}
    read = {**READ, "conditions": {**READ["conditions"], "device": device}}
    found = rule_comparison.find_differences(wanted, read)
    assert [gap.path for gap in found] == ["conditions.device.managed"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"reauthenticate_in": "PT4H"}, "reauthenticate_in"),
        ({"factor_mode": "2FA", "inactivity_period": "PT1H"}, "factor_mode and inactivity_period"),
        ({"constraints": [{"possession": {"deviceBound": "REQUIRED"}}]}, "constraints"),
        ({"chains": [{"authenticationMethods": [{"key": "okta_password"}]}]}, "chains"),
    ],
)
def test_an_authenticator_for_a_rule_that_denies_is_refused(options, named):
    """A rule that exists may deny without the option access of this task."""
    denies = copy.deepcopy(READ)
    denies["actions"]["appSignOn"]["access"] = "DENY"
    rules = [PolicyRule.from_row(denies)]

    def plan(**more):
        body = rule_options.build_rule({"name": "Managed Macs", **options, **more})
        return rule_plan.plan_rule(rules, rule_plan.RuleRequest("Managed Macs", body), "Strict")

    with pytest.raises(BadOption) as raised:
        plan()
    assert raised.value.message == (
        f"{next(iter(options))}: rule 'Managed Macs' of policy 'Strict' has access: DENY, and such"
        f" a rule does not ask for authenticators. Leave out {named}, or set access: ALLOW."
    )
    if "reauthenticate_in" not in options:  # which alone does not make a rule that admits
        assert plan(access="ALLOW").changes


def test_of_a_rule_that_denies_the_verification_method_is_not_compared():
    denies = copy.deepcopy(READ)
    denies["actions"]["appSignOn"]["access"] = "DENY"
    assert (
        rule_comparison.find_differences(
            rule_options.build_rule({"name": "Managed Macs", "factor_mode": "1FA"}), denies
        )
        == []
    )


def test_a_rule_that_is_to_admit_is_compared_with_its_verification_method():
    denies = copy.deepcopy(READ)
    denies["actions"]["appSignOn"]["access"] = "DENY"
    wanted = rule_options.build_rule({"name": "x", "access": "ALLOW", "factor_mode": "1FA"})
    assert [gap.path for gap in rule_comparison.find_differences(wanted, denies)] == [
        "name",
        "actions.appSignOn.access",
        "actions.appSignOn.verificationMethod.factorMode",
    ]


@pytest.mark.parametrize(
    ("wanted", "current", "difference"),
    [
        ({"level": "ANY"}, {"level": "LOW"}, ("level", "LOW", "ANY")),
        (
            {"groups": ["g1", "g3"]},
            {"groups": ["g1", "g2"]},
            ("groups", ["g1", "g2"], ["g1", "g3"]),
        ),
        ({"level": "LOW"}, {}, ("level", None, "LOW")),
        ({"level": ABSENT}, {"level": "LOW"}, ("level", "LOW", None)),
        ({"people": {"users": {"include": ["u1"]}}}, {"people": "?"}, None),
        ({"users": []}, {"users": "?"}, ("users", "?", [])),
        ({"users": ["u1"]}, {"users": "u1"}, ("users", "u1", ["u1"])),
    ],
)
def test_a_difference_names_both_values(wanted, current, difference):
    gaps = [tuple(gap) for gap in rule_comparison.find_differences(wanted, current)]
    assert gaps == [difference or ("people", "?", wanted["people"])]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"id": "rul2", "priority": 9, "created": "2026-02-02"}, True),
        ({"conditions": {**READ["conditions"], "riskScore": {}}}, True),
        ({"name": "Other"}, False),
        ({"status": "INACTIVE"}, False),
        ({"conditions": {**READ["conditions"], "riskScore": {"level": "LOW"}}}, False),
        ({"conditions": {}}, False),
        ({"conditions": {**READ["conditions"], "network": {"connection": "ZONE"}}}, False),
        ({"actions": {"appSignOn": {"access": "DENY"}}}, False),
    ],
)
def test_rules_have_the_same_effect_whatever_their_ids_and_places(changes, same):
    rules = [PolicyRule.from_row(READ), PolicyRule.from_row({**READ, **changes})]
    assert rule_comparison.have_same_effect(*rules) is same
    assert rule_comparison.have_same_effect(*reversed(rules)) is same


def test_a_member_with_fewer_keys_does_not_take_the_place_of_a_more_particular_one():
    wanted = [{"possession": {}}, {"possession": {"deviceBound": "REQUIRED"}}]
    have = [{"possession": {"deviceBound": "REQUIRED"}}, {"possession": {}}]
    asked = rule_options.build_rule({"name": "x", "factor_mode": "2FA", "constraints": wanted})
    read = {
        "name": "x",
        "actions": {
            "appSignOn": {
                "verificationMethod": {
                    "factorMode": "2FA",
                    "type": "ASSURANCE",
                    "constraints": have,
                }
            }
        },
    }
    assert rule_comparison.find_differences(asked, read) == []


def test_of_user_types_both_lists_are_sent():
    body = rule_comparison.merge_rule(
        rule_options.build_rule({**MANAGED, "user_types_excluded": ["oty1"]})
    )
    assert body["conditions"]["userType"] == {"include": [], "exclude": ["oty1"]}
    assert (
        "userType" not in rule_comparison.merge_rule(rule_options.build_rule(MANAGED))["conditions"]
    )


def test_a_merge_starts_from_what_was_read_and_keeps_what_nobody_set():
    read = {**READ, "somethingNew": {"kept": True}}
    body = rule_comparison.merge_rule(
        rule_options.build_rule({"name": "Managed Macs", "groups_excluded": ["glass", "more"]}),
        PolicyRule.from_row(read),
    )
    assert body["somethingNew"] == {"kept": True} and body["conditions"]["people"]["groups"] == {
        "include": ["g2", "g1"],
        "exclude": ["glass", "more"],
    }
    assert body["actions"] == READ["actions"] and body["priority"] == 0
    assert not {"id", "created", "status", "system", "_links"} & set(body)
    assert READ["conditions"]["people"]["groups"]["exclude"] == ["glass"], (
        "what was read is not touched"
    )


def test_a_new_rule_is_what_is_wanted_of_it():
    deny = {"name": "x", "actions": {"appSignOn": {"access": "DENY"}}}
    assert rule_comparison.merge_rule(deny) == {"type": "ACCESS_POLICY", **deny}


def test_a_list_with_the_same_members_stays_as_it_was_read():
    wanted = rule_options.build_rule({"name": "Other", "groups": ["g1", "g2"]})
    body = rule_comparison.merge_rule(wanted, PolicyRule.from_row(READ))
    assert body["name"] == "Other" and body["conditions"]["people"]["groups"]["include"] == [
        "g2",
        "g1",
    ]


def constrained(*methods):
    """Return a rule that asks for these methods, as Okta shows it."""
    row = copy.deepcopy(READ)
    method = row["actions"]["appSignOn"]["verificationMethod"]
    method["constraints"][0]["possession"]["authenticationMethods"] = list(methods)
    return PolicyRule.from_row(row)


SPLIT_FAST_PASS = {"key": "okta_verify_fastpass", "method": "signed_nonce"}


def test_a_constraint_in_another_spelling_stays_as_it_was_read():
    current = constrained(SPLIT_FAST_PASS)
    wanted = rule_options.build_rule({**MANAGED, "platforms": ["WINDOWS"]})
    body = rule_comparison.merge_rule(wanted, current)
    written, read = (
        actions["appSignOn"]["verificationMethod"]["constraints"]
        for actions in (body["actions"], current.row["actions"])
    )
    assert written == read and body["conditions"] != READ["conditions"]
    assert rule_comparison.have_same_effect(current, PolicyRule.from_row(READ))


def test_an_expression_in_another_spelling_stays_as_it_was_read():
    keys = ("okta_verify_totp", "okta_verify_push", "okta_verify_fastpass")
    shown = " || ".join(f"accessRequest.authenticator.key=='{key}'" for key in keys)
    row = {**READ, "conditions": {"elCondition": {"condition": shown}}}
    expression = "accessRequest.authenticator.key == 'okta_verify'"
    wanted = rule_options.build_rule({"name": "Other", "expression": expression})
    body = rule_comparison.merge_rule(wanted, PolicyRule.from_row(row))
    assert body["name"] == "Other" and body["conditions"] == row["conditions"]


@pytest.mark.parametrize(
    ("wanted", "methods", "differs"),
    [
        ([{"key": "okta_verify"}], ["totp", "push", "signed_nonce"], False),
        ([{"key": "okta_verify", "method": "push"}], ["push"], False),
        ([{"key": "okta_verify", "method": "push"}], ["signed_nonce"], True),
        ([{"key": "okta_verify", "method": "push"}, {"key": "webauthn"}], ["push"], True),
        ([{"key": "okta_verify_fastpass"}], ["signed_nonce"], False),
    ],
)
def test_both_spellings_of_okta_verify_are_compared_by_their_meaning(wanted, methods, differs):
    keys = {
        "totp": "okta_verify_totp",
        "push": "okta_verify_push",
        "signed_nonce": "okta_verify_fastpass",
    }
    for current in (
        constrained(*({"key": keys[method], "method": method} for method in methods)),
        constrained(*({"key": "okta_verify", "method": method} for method in methods)),
    ):
        possession = {"deviceBound": "REQUIRED", "authenticationMethods": wanted}
        body = rule_options.build_rule({**MANAGED, "constraints": [{"possession": possession}]})
        assert bool(rule_comparison.find_differences(body, current.row)) is differs


def test_a_condition_that_is_to_go_is_not_sent():
    wanted = rule_options.build_rule(
        {"name": "Managed Macs", "remove_conditions": ["device", "network"]}
    )
    body = rule_comparison.merge_rule(wanted, PolicyRule.from_row(READ))
    assert sorted(body["conditions"]) == ["people", "platform", "riskScore", "userType"]


IN_ZONE = {"connection": "ZONE", "include": ["nzo1"]}
ALLOWS = {"access": "ALLOW", "factor_mode": "2FA"}


def merged_network(network, options):
    """Return the network of a rule that has this one, None for a new rule, with options."""
    current = network and PolicyRule.from_row(
        {**READ, "conditions": {**READ["conditions"], "network": network}}
    )
    wanted = rule_options.build_rule({"name": "Managed Macs", **ALLOWS, **options})
    return rule_comparison.merge_rule(wanted, current)["conditions"].get("network")


@pytest.mark.parametrize(
    ("network", "options", "merged"),
    [
        (IN_ZONE, {"zones": ["nzo2"]}, {"connection": "ZONE", "include": ["nzo2"]}),
        ({**IN_ZONE, "connection": "zone"}, {"zones_excluded": ["nzo2"]}, None),
        (IN_ZONE, {"network_connection": "ANYWHERE"}, {"connection": "ANYWHERE"}),
        (IN_ZONE, {"remove_conditions": ["network"]}, {}),
        (IN_ZONE, {"managed": True}, IN_ZONE),
        ({"connection": "ZONE"}, {"managed": True}, {"connection": "ZONE"}),
        ({"connection": "ANYWHERE"}, {"network_connection": "ZONE", "zones": ["nzo1"]}, IN_ZONE),
        ({"connection": "ANYWHERE"}, {"zones": []}, {"connection": "ANYWHERE"}),
        (None, {"network_connection": "ZONE", "zones": ["nzo1"]}, IN_ZONE),
        (None, {"network_connection": "ANYWHERE", "zones": []}, {"connection": "ANYWHERE"}),
        (None, {"zones": [], "managed": True}, {}),
    ],
)
def test_zones_go_with_the_connection_that_the_rule_has_or_gets(network, options, merged):
    if merged is None:
        merged = {**network, "exclude": ["nzo2"]}
    assert (merged_network(network, options) or {}) == merged


@pytest.mark.parametrize("network", [None, {"connection": "ANYWHERE"}, {"connection": None}])
@pytest.mark.parametrize("connection", [{}, {"network_connection": "ANYWHERE"}])
def test_zones_without_their_connection_are_refused(network, connection):
    says = "^zones: a rule is for zones only with network_connection: ZONE. Set it, or leave out"
    with pytest.raises(BadOption, match=f"{says} zones.$"):
        merged_network(network, {**connection, "zones": ["nzo1"]})
    with pytest.raises(BadOption, match=f"{says} zones and zones_excluded.$"):
        merged_network(network, {**connection, "zones": ["nzo1"], "zones_excluded": ["nzo2"]})


@pytest.mark.parametrize(
    ("network", "options"),
    [
        (None, {"network_connection": "ZONE"}),
        (None, {"network_connection": "ZONE", "zones": [], "zones_excluded": []}),
        ({"connection": "ANYWHERE"}, {"network_connection": "ZONE"}),
        (IN_ZONE, {"zones": []}),
    ],
)
def test_a_rule_for_zones_needs_some(network, options):
    says = (
        "^network_connection: a rule with ZONE needs zones or zones_excluded. Set one of them, or"
        " network_connection: ANYWHERE.$"
    )
    with pytest.raises(BadOption, match=says):
        merged_network(network, options)


@pytest.mark.parametrize(
    "method",
    [
        {"type": "AUTH_METHOD_CHAIN", "chains": [{"authenticationMethods": [{"key": "webauthn"}]}]},
        {"type": "NEW_KIND", "factorMode": "2FA"},
    ],
)
@pytest.mark.parametrize("option", [{"inactivity_period": "PT1H"}, {"constraints": [{}]}])
def test_a_rule_of_another_type_is_not_left_without_a_factor_mode(method, option):
    """Its chains would be lost, and Okta takes no ASSURANCE without factorMode."""
    row = {**READ, "actions": {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}}
    wanted = rule_options.build_rule({"name": "Managed Macs", **option})
    with pytest.raises(BadOption, match="^factor_mode: rule 'Managed Macs' has a verification"):
        rule_comparison.merge_rule(wanted, PolicyRule.from_row(row))
    wanted = rule_options.build_rule({"name": "Managed Macs", "factor_mode": "1FA", **option})
    body = rule_comparison.merge_rule(wanted, PolicyRule.from_row(row))
    assert body["actions"]["appSignOn"]["verificationMethod"]["factorMode"] == "1FA"


def test_another_type_of_verification_takes_nothing_over():
    chains = [{"authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}]}]
    body = rule_comparison.merge_rule(
        rule_options.build_rule({"name": "Managed Macs", "chains": chains}),
        PolicyRule.from_row(READ),
    )
    assert body["actions"]["appSignOn"]["verificationMethod"] == {
        "type": "AUTH_METHOD_CHAIN",
        "chains": chains,
    }


def test_reauthenticate_in_alone_keeps_the_type():
    chained = copy.deepcopy(READ)
    chained["actions"]["appSignOn"]["verificationMethod"] = {
        "type": "AUTH_METHOD_CHAIN",
        "chains": [],
        "reauthenticateIn": "PT1H",
    }
    body = rule_comparison.merge_rule(
        rule_options.build_rule({"name": "Managed Macs", "reauthenticate_in": "PT2H"}),
        PolicyRule.from_row(chained),
    )
    assert body["actions"]["appSignOn"]["verificationMethod"] == {
        "type": "AUTH_METHOD_CHAIN",
        "chains": [],
        "reauthenticateIn": "PT2H",
    }


PASSWORD_STEP = {"authenticationMethods": [{"key": "okta_password", "method": "password"}]}
EMAIL_STEP = {"authenticationMethods": [{"key": "okta_email", "method": "email"}]}


def chained(chains, **more):
    """Return a rule with chains, as Okta shows it."""
    row = copy.deepcopy(READ)
    method = {"type": "AUTH_METHOD_CHAIN", "chains": chains, **more}
    row["actions"]["appSignOn"]["verificationMethod"] = method
    return PolicyRule.from_row(row)


@pytest.mark.parametrize(
    ("current", "options", "method"),
    [
        # The rule's own time goes where the chains get times,
        (
            chained([PASSWORD_STEP], reauthenticateIn="PT1H"),
            {"chains": [{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}]},
            {"chains": [{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}]},
        ),
        (
            chained([PASSWORD_STEP], reauthenticateIn="PT1H"),
            {"chains": [{**PASSWORD_STEP, "next": [{**EMAIL_STEP, "reauthenticateIn": "PT0S"}]}]},
            {"chains": [{**PASSWORD_STEP, "next": [{**EMAIL_STEP, "reauthenticateIn": "PT0S"}]}]},
        ),
        # and the times of chains go where the rule gets one.
        (
            chained(
                [
                    {
                        **PASSWORD_STEP,
                        "reauthenticateIn": "PT2H",
                        "next": [{**EMAIL_STEP, "reauthenticateIn": "PT0S"}],
                    }
                ]
            ),
            {"reauthenticate_in": "PT1H"},
            {"chains": [{**PASSWORD_STEP, "next": [EMAIL_STEP]}], "reauthenticateIn": "PT1H"},
        ),
        (
            chained([{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}]),
            {"chains": [PASSWORD_STEP], "reauthenticate_in": "PT1H"},
            {"chains": [PASSWORD_STEP], "reauthenticateIn": "PT1H"},
        ),
        # A rule that Okta shows with both times
        (
            chained([{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}], reauthenticateIn="PT1H"),
            {"managed": True},
            {"chains": [{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}]},
        ),
        # Another type of verification
        (
            PolicyRule.from_row(READ),
            {"chains": [PASSWORD_STEP], "reauthenticate_in": "PT1H"},
            {"chains": [PASSWORD_STEP], "reauthenticateIn": "PT1H"},
        ),
    ],
)
def test_a_time_is_sent_for_the_rule_or_inside_chains(current, options, method):
    wanted = rule_options.build_rule({"name": "Managed Macs", **options})
    body = rule_comparison.merge_rule(wanted, current)
    written = body["actions"]["appSignOn"]["verificationMethod"]
    assert written == {"type": "AUTH_METHOD_CHAIN", **method}
    after = PolicyRule.from_row({**current.row, **body})
    assert rule_comparison.find_differences(wanted, after.row) == []
    assert rule_comparison.merge_rule(wanted, after) == body
    assert current.row["id"] == "rul1", "the rule as read stays"


def test_a_diff_shows_the_time_that_goes():
    current = chained([PASSWORD_STEP], reauthenticateIn="PT1H")
    timed = [{**PASSWORD_STEP, "reauthenticateIn": "PT2H"}]
    plan = rule_plan.plan_rule(
        [current], rule_plan.RuleRequest("Managed Macs", wanted(chains=timed)), "Apps"
    )
    (change,) = plan.changes
    path = "actions.appSignOn.verificationMethod"
    assert change.before[f"{path}.reauthenticateIn"] == "PT1H"
    assert change.after == {f"{path}.reauthenticateIn": None, f"{path}.chains": timed}
    back = rule_plan.plan_rule(
        [chained(timed)],
        rule_plan.RuleRequest("Managed Macs", wanted(reauthenticate_in="PT1H")),
        "Apps",
    )
    assert back.changes[0].after == {
        f"{path}.reauthenticateIn": "PT1H",
        f"{path}.chains": [PASSWORD_STEP],
    }


def wanted(**options):
    return rule_options.build_rule({"name": "Managed Macs", **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"constraints": [{"posession": {"deviceBound": "REQUIRED"}}]},
            "^constraints: item 1 has a key 'posession', which Okta does not document; did you mean"
            " 'possession'",
        ),
        (
            {"constraints": [{}, {"possession": {"deviceBond": "REQUIRED"}}]},
            "^constraints: item 2, possession has a key 'deviceBond', .* 'deviceBound'",
        ),
        (
            {"constraints": [{"knowledge": {"deviceBound": "REQUIRED"}}]},
            "^constraints: item 1, knowledge has a key 'deviceBound'",
        ),
        (
            {"constraints": [{"possession": {"authenticationMethods": [{"kye": "okta_email"}]}}]},
            "^constraints: item 1, possession, authenticationMethods has a key 'kye', .* 'key'",
        ),
        (
            {"constraints": [{"possession": {"excludedAuthenticationMethods": [{"meth": "x"}]}}]},
            "^constraints: item 1, possession, excludedAuthenticationMethods has a key 'meth'",
        ),
        (
            {"constraints": [{"possession": {"phishingResistant": "YES"}}]},
            "^constraints: item 1, possession: phishingResistant is 'YES'. Set it to OPTIONAL or"
            " REQUIRED.$",
        ),
        (
            {"constraints": [{"possession": {"required": "no"}}]},
            "^constraints: item 1, possession: required is 'no'. Set it to true or false.$",
        ),
        (
            {"constraints": [{"possession": ["deviceBound"]}]},
            r"^constraints: item 1, possession is not a dictionary\. Write its keys and values\.$",
        ),
        (
            {"chains": [{"authenticationMethods": [{"key": "okta_email"}], "nxt": []}]},
            "^chains: item 1 has a key 'nxt', .* 'next'",
        ),
        (
            {"chains": [{**PASSWORD_STEP, "next": [{"authenticationMethod": []}]}]},
            "^chains: item 1, next has a key 'authenticationMethod', .*'authenticationMethods'",
        ),
        (
            {"chains": [{"authenticationMethods": [{"key": "x", "userVerfication": "REQUIRED"}]}]},
            "^chains: item 1, authenticationMethods has a key 'userVerfication'",
        ),
    ],
)
def test_a_key_that_okta_does_not_know_is_refused_with_the_nearest(options, message):
    with pytest.raises(BadOption, match=message):
        rule_options.build_rule({"name": "x", **options})


def test_recorded_constraints_and_chains_are_accepted():
    constraints = [
        {
            "knowledge": {"required": False, "types": ["password"], "reauthenticateIn": "PT2H"},
            "possession": {
                "required": False,
                "excludedAuthenticationMethods": [{"key": "phone_number", "method": "sms"}],
                "userPresence": "REQUIRED",
                "userVerification": "OPTIONAL",
                "hardwareProtection": "REQUIRED",
                "deviceBound": "REQUIRED",
            },
        },
        {
            "possession": {
                "authenticationMethods": [{"key": "external_idp", "id": "a", "method": "idp"}]
            }
        },
        {},
    ]
    wanted(constraints=constraints)
    webauthn = {"key": "webauthn", "method": "webauthn", "userVerification": "REQUIRED"}
    wanted(chains=[{"authenticationMethods": [webauthn], "reauthenticateIn": "PT43800H"}])


def chain_of(steps):
    return {"next": [chain_of(steps - 1)]} if steps > 1 else {}


def test_chains_at_their_limits_are_taken():
    chains = [chain_of(3)] * 5
    body = rule_options.build_rule({"name": "x", "chains": chains, "reauthenticate_in": "PT2H"})
    assert body["actions"]["appSignOn"]["verificationMethod"] == {
        "type": "AUTH_METHOD_CHAIN",
        "chains": chains,
        "reauthenticateIn": "PT2H",
    }


def test_chains_may_have_their_own_times():
    chains = [{"reauthenticateIn": "PT1H"}]
    body = rule_options.build_rule({"name": "x", "chains": chains})
    assert body["actions"]["appSignOn"]["verificationMethod"] == {
        "type": "AUTH_METHOD_CHAIN",
        "chains": chains,
    }


def test_a_name_alone_wants_nothing_else():
    assert rule_options.build_rule({"name": "x"}) == {"name": "x"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"managed": True, "registered": False},
            "^registered: a rule with managed needs registered: true, since Okta knows only"
            " registered devices as managed. Leave registered out.$",
        ),
        ({"access": "DENY", "factor_mode": "2FA"}, "does not ask for authenticators"),
        (
            {"access": "DENY", "factor_mode": "2FA", "chains": []},
            "^factor_mode: a rule .* Leave out factor_mode and chains.$",
        ),
        ({"access": "DENY", "chains": []}, "^chains: a rule with access: DENY"),
        (
            {"chains": [], "factor_mode": "1FA"},
            "^factor_mode: a rule has either chains or factor_mode, and Okta ignores one of them."
            " Leave one out.$",
        ),
        ({"chains": [], "inactivity_period": "PT1H"}, "^inactivity_period: a rule has either"),
        ({"chains": [], "constraints": []}, "^constraints: a rule has either chains or"),
        (
            {"chains": [{"next": [{}, {}]}]},
            "^chains: Okta takes at most 5 chains of at most 3 steps, and one item in each next."
            " Shorten them.$",
        ),
        ({"chains": [{}] * 6}, "at most 5 chains"),
        ({"chains": [chain_of(4)]}, "at most 3 steps"),
        (
            {"chains": [{"reauthenticateIn": "PT1H"}], "reauthenticate_in": "PT2H"},
            "^reauthenticate_in: it is set for the rule and inside chains, and Okta takes one of"
            " them. Leave one out.$",
        ),
        (
            {"reauthenticate_in": "2 hours"},
            "^reauthenticate_in: '2 hours' is not an ISO 8601 duration. Write it like PT2H.$",
        ),
        ({"reauthenticate_in": "pt2h"}, "^reauthenticate_in: 'pt2h' is not an ISO 8601"),
        ({"inactivity_period": "1 hour"}, "^inactivity_period: '1 hour' is not an ISO 8601"),
        (
            {"managed": True, "remove_conditions": ["device"]},
            "^remove_conditions: device is removed here and set by another option. Leave one of them"
            " out.$",
        ),
        ({"platforms": [], "remove_conditions": ["platforms"]}, "Leave one of them out"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(options, says):
    with pytest.raises(BadOption, match=says):
        rule_options.build_rule({"name": "x", **options})


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT2H", 7200),
        ("pt2h", 7200),
        ("PT0S", 0),
        ("pt", "pt"),
        ("P1DT1M", 86460),
        ("PT", "PT"),
        ("P", "P"),
        ("two", "two"),
        (None, None),
    ],
)
def test_durations_are_compared_as_lengths(text, length):
    assert rule_comparison.parse_duration(text) == length


# Places


@pytest.mark.parametrize(
    ("place", "names", "priority"),
    [
        (Place(), ["a", "b", "new", "Catch-all Rule"], 2),
        (Place("first"), ["new", "a", "b", "Catch-all Rule"], 0),
        (Place("last"), ["a", "b", "new", "Catch-all Rule"], 2),
        (Place(before="b"), ["a", "new", "b", "Catch-all Rule"], 1),
        (Place(after="a"), ["a", "new", "b", "Catch-all Rule"], 1),
        (Place(before="Catch-all Rule"), ["a", "b", "new", "Catch-all Rule"], 2),
    ],
)
def test_a_new_rule_gets_its_place(place, names, priority):
    plan = planned(
        standing("a", "b"),
        {"name": "new", "actions": {"appSignOn": {"access": "DENY"}}},
        place,
        None,
    )
    assert (
        order(plan) == names
        and plan.body["priority"] == priority
        and plan.changes[0].action == "create"
    )


@pytest.mark.parametrize(
    ("place", "moves"),
    [
        (Place(), False),
        (Place(after="a"), False),
        (Place(before="c"), False),
        (Place("first"), True),
        (Place("last"), True),
        (Place(before="a"), True),
        (Place(after="c"), True),
    ],
)
def test_a_rule_moves_only_where_the_order_is_not_as_asked(place, moves):
    plan = planned(standing("a", "x", "b", "c"), {"name": "x"}, place, None)
    assert bool(plan.changes) == moves and (plan.body is not None) == moves


def test_the_number_is_that_of_the_rule_which_stands_there_whatever_the_gaps():
    some = [
        replace(rule, priority=number) for rule, number in zip(standing("a", "b", "c"), (3, 7, 20))
    ]
    assert [rule_order.place_priority(some, index) for index in range(4)] == [3, 7, 20, 21]
    assert rule_order.place_priority(standing(), 0) is None


def test_a_rule_to_go_by_that_is_not_there_is_a_sentence():
    for name in ("x", "new"):
        with pytest.raises(BadOption, match="has no rule 'nowhere'. Name one of its rules: 'a'"):
            planned(
                standing("a", "x"),
                {"name": name, "actions": {"appSignOn": {"access": "DENY"}}},
                Place(before="nowhere"),
                None,
            )


def test_the_only_rule_of_a_policy_has_no_other_to_be_placed_by():
    with pytest.raises(BadOption, match="^after: policy 'Apps' has no rule 'y'.* rules: none.$"):
        planned(standing("x"), {"name": "x"}, Place(after="y"))
    with pytest.raises(BadOption, match="rules: 'a', 'b'.$"):
        planned(standing("a", "b", "x"), {"name": "x"}, Place(after="y"))


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_rule_is_not_placed_by_itself(side):
    with pytest.raises(BadOption) as raised:
        planned(standing("a", "x"), {"name": "x"}, Place(**{side: "x"}))
    assert raised.value.message == (
        f"{side}: rule 'x' cannot be placed {side} itself. Name another rule."
    )


@pytest.mark.parametrize(
    ("name", "place", "placed"),
    [
        ("b", Place(), True),
        ("a", Place("first"), True),
        ("b", Place("first"), False),
        ("c", Place("first"), False),
        ("c", Place("last"), True),
        ("b", Place("last"), False),
        ("a", Place("last"), False),
        ("a", Place(before="c"), True),
        ("c", Place(before="a"), False),
        ("a", Place(before="a"), False),
        ("c", Place(after="a"), True),
        ("a", Place(after="c"), False),
        ("a", Place(after="a"), False),
        # What cannot be compared is not moved.
        ("a", Place(before="gone"), True),
        ("gone", Place("first"), True),
        ("Catch-all Rule", Place("first"), True),
    ],
)
def test_a_rule_is_at_its_place_or_not(name, place, placed):
    assert rule_order.is_placed(standing("a", "b", "c"), name, place) is placed


def test_a_rule_without_a_priority_comes_after_those_with_one():
    first, second, last = standing("a", "b")
    rules_ = [last, replace(first, priority=None), second]
    assert [rule.name for rule in rule_order.in_order(rules_)] == ["b", "a", "Catch-all Rule"]


def test_two_rules_of_one_name_are_a_sentence():
    with pytest.raises(BadOption) as raised:
        planned(standing("a", "a"), {"name": "a"})
    assert raised.value.message == (
        "name: policy 'Apps' has 2 rules named 'a' (rul-a, rul-a). Rename all but one of them."
    )


def test_a_neighbor_of_two_rules_is_not_guessed():
    with pytest.raises(BadOption, match="before: policy '.*' has 2 rules named 'a'"):
        planned(standing("a", "b", "a"), {"name": "b"}, Place(before="a"), None)


# Plans


def test_a_rule_as_wanted_is_no_plan():
    plan = planned(
        [PolicyRule.from_row(READ), *standing()],
        rule_options.build_rule(MANAGED),
        Place("first"),
        "ACTIVE",
    )
    assert plan.changes == () and plan.body is None and plan.status is None


DENY = {"appSignOn": {"access": "DENY"}}


def test_a_status_alone_writes_no_body():
    plan = planned(standing("a"), {"name": "a"}, Place(), "INACTIVE")
    assert plan.body is None and plan.status == "INACTIVE" and plan.after[0].status == "INACTIVE"
    assert plan.changes == (
        Change("update", "rule 'a' of policy 'Apps'", {"status": "ACTIVE"}, {"status": "INACTIVE"}),
    )
    assert plan.current.id == "rul-a" and plan.request.status == "INACTIVE"


@pytest.mark.parametrize(("status", "becomes"), [(None, "ACTIVE"), ("INACTIVE", "INACTIVE")])
def test_a_plan_shows_a_new_rule_as_it_will_be(status, becomes):
    body = {"name": "x", "conditions": {"riskScore": {"level": "LOW"}}, "actions": DENY}
    plan = planned(standing("a"), body, Place("first"), status)
    values = {key: body[key] for key in ("name", "conditions", "actions")}
    assert plan.changes == (
        Change(
            "create",
            "rule 'x' of policy 'Apps'",
            {},
            {**values, "status": becomes, "order": ["x", "a", "Catch-all Rule"]},
        ),
    )
    assert plan.after[0].status == becomes and plan.status is None
    assert plan.request.name == "x" and plan.current is None


def test_the_first_rule_of_a_policy_needs_no_priority():
    assert "priority" not in planned(standing(), {"name": "x", "actions": DENY}).body


def test_a_plan_shows_the_order_before_and_after_a_move():
    plan = planned(standing("a", "b", "x"), {"name": "x"}, Place("first"))
    assert plan.body["priority"] == 0
    assert plan.changes == (
        Change(
            "update",
            "rule 'x' of policy 'Apps'",
            {"order": ["a", "b", "x", "Catch-all Rule"]},
            {"order": ["x", "a", "b", "Catch-all Rule"]},
        ),
    )
    assert order(plan) == ["x", "a", "b", "Catch-all Rule"]


def test_a_plan_shows_values_before_and_after_and_keeps_place_and_status():
    current = [replace_row(rule, status="INACTIVE") for rule in standing("x", "a")]
    plan = planned(current, {"name": "x", "conditions": {"riskScore": {"level": "LOW"}}})
    path = "conditions.riskScore.level"
    assert plan.changes[0].before == {path: None} and plan.changes[0].after == {path: "LOW"}
    higher = planned(plan.after, {"name": "x", "conditions": {"riskScore": {"level": "HIGH"}}})
    assert higher.changes[0].before == {path: "LOW"} and higher.changes[0].after == {path: "HIGH"}
    assert order(plan) == ["x", "a", "Catch-all Rule"] and plan.body["priority"] == 0
    assert plan.after[0].status == "INACTIVE" and plan.status is None


def test_a_rule_without_a_status_is_active():
    current = [replace_row(rule, status=None) for rule in standing("x")]
    plan = planned(current, {"name": "x", "conditions": {"riskScore": {"level": "LOW"}}})
    assert plan.after[0].status == "ACTIVE"


def replace_row(rule, **values):
    return PolicyRule.from_row({**rule.row, **values})


def test_a_rule_that_goes_is_gone_from_what_will_be():
    plan = planned(standing("a", "b"), {"name": "a"}, Place(), None, absent=True)
    assert (
        plan.deletes
        and order(plan) == ["b", "Catch-all Rule"]
        and plan.changes[0].action == "delete"
    )
    assert plan.changes == (
        Change(
            "delete",
            "rule 'a' of policy 'Apps'",
            {"name": "a", "conditions": {}, "actions": DENY},
            {},
        ),
    )


def test_a_rule_that_is_not_there_need_not_be_deleted():
    plan = planned(standing("b"), {"name": "a"}, Place(), None, absent=True)
    assert not plan.deletes and plan.changes == () and order(plan) == ["b", "Catch-all Rule"]


@pytest.mark.parametrize(
    ("wanted", "place", "status", "absent"),
    [
        ({"conditions": {"device": {"managed": True}}}, Place(), None, False),
        ({}, Place("first"), None, False),
        ({}, Place(), "INACTIVE", False),
        ({}, Place(), None, True),
    ],
)
def test_of_the_catch_all_rule_only_the_actions_can_be_set(wanted, place, status, absent):
    says = (
        "Rule 'Catch-all Rule' is the catch-all rule, which Okta does not let you delete,"
        " deactivate, move or restrict by conditions. Set its access and verification method only.$"
    )
    with pytest.raises(Refused, match=says):
        planned(standing("a"), {"name": "Catch-all Rule", **wanted}, place, status, absent)


def test_the_catch_all_rule_may_deny():
    plan = planned(
        standing("a"),
        rule_options.build_rule({"name": "Catch-all Rule", "access": "DENY"}),
        Place(),
        None,
    )
    assert (
        plan.body["actions"]["appSignOn"]["access"] == "DENY"
        and plan.body["priority"] == 99
        and order(plan) == ["a", "Catch-all Rule"]
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "^access: a new rule needs access. Set it to ALLOW or DENY.$"),
        (
            {"access": "ALLOW", "constraints": [{}]},
            "^factor_mode: a new rule with constraints or inactivity_period needs factor_mode. Set"
            " it, too.$",
        ),
        (
            {"access": "ALLOW"},
            r"^factor_mode: a rule that admits must name its authenticators\. Set factor_mode \(and"
            r" constraints\), or chains\.$",
        ),
    ],
)
def test_a_new_rule_says_what_it_does(options, says):
    with pytest.raises(BadOption, match=says):
        planned(standing(), rule_options.build_rule({"name": "x", **options}), Place(), None)


def test_what_survives_a_write_is_named():
    request = rule_plan.RuleRequest(
        "Managed Macs", rule_options.build_rule(MANAGED), status="ACTIVE"
    )
    assert rule_plan.verify_rule(request, [PolicyRule.from_row(READ)], "Apps").id == "rul1"
    other = copy.deepcopy(READ)
    del other["conditions"]["device"]
    inactive = replace(request, status="INACTIVE")
    with pytest.raises(
        NotAsWritten, match=r"conditions\.device\.managed, conditions\.device\.registered, status"
    ) as raised:
        rule_plan.verify_rule(inactive, [PolicyRule.from_row(other)], "Apps")
    assert raised.value.details["keys"][-1] == "status"
    assert raised.value.message.endswith(
        "Another client may write to it too. If this persists, correct these options."
    )
    with pytest.raises(NotAsWritten) as gone:
        rule_plan.verify_rule(request, [], "Apps")
    assert gone.value.message == (
        "Rule 'Managed Macs' was written to policy 'Apps', which does not have it now. Another"
        " administrator may have deleted it. Run again."
    )
    with pytest.raises(BadOption, match="policy 'Apps' has 2 rules named 'Managed Macs'"):
        rule_plan.verify_rule(request, [PolicyRule.from_row(READ)] * 2, "Apps")


# What properties found (tests/properties/_access)


@pytest.mark.parametrize(
    "where, path",
    [
        ({"people": {"groups": {"include": 5}}}, "conditions.people.groups.include"),
        ({"people": {"users": {"exclude": ["00u1", None]}}}, "conditions.people.users.exclude"),
        ({"device": {"managed": "yes"}}, "conditions.device.managed"),
        ({"riskScore": True}, "conditions.riskScore"),
        ("all", "conditions"),
    ],
)
def test_a_rule_that_cannot_be_read_is_not_written(where, path):
    rule = PolicyRule.from_row({**READ, "conditions": where})
    assert rule.unreadable == (path,)
    request = rule_plan.RuleRequest(rule.name, {"name": rule.name}, status="INACTIVE")
    with pytest.raises(Unreadable, match=f"^Rule 'Managed Macs': Okta shows {path} in a form"):
        rule_plan.plan_rule([rule], request, "Strict")


@pytest.mark.parametrize(
    "method, hidden",
    [
        (None, "type"),
        ({}, "type"),
        ({"factorMode": "2FA"}, "type"),
        ({"type": "ASSURANCE"}, "factorMode"),
        ({"type": "ASSURANCE", "factorMode": None}, "factorMode"),
    ],
)
def test_a_rule_that_admits_and_does_not_show_its_method_is_not_written(method, hidden):
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
    rule = PolicyRule.from_row({**READ, "actions": actions})
    request = rule_plan.RuleRequest(rule.name, {"name": rule.name}, status="INACTIVE")
    message = f"^Rule 'Managed Macs': Okta does not show actions.*verificationMethod.{hidden}, so"
    with pytest.raises(Unreadable, match=message):
        rule_comparison.merge_rule({"priority": 1}, rule)
    denying = {"appSignOn": {"access": "DENY", "verificationMethod": method}}
    assert rule_comparison.merge_rule({}, PolicyRule.from_row({**READ, "actions": denying}))
    assert request.name


@pytest.mark.parametrize("status", [7, ["ACTIVE"], "\ud800ACTIVE", ""])
def test_a_rule_whose_status_cannot_be_read_is_not_written(status):
    rule = PolicyRule.from_row({**READ, "status": status})
    with pytest.raises(Unreadable) as raised:
        rule_comparison.merge_rule({"priority": 1}, rule)
    assert raised.value.message == (
        "Rule 'Managed Macs': Okta shows status in a form that it does not document, so the rule is"
        " not written. Check the rule in the Admin Console."
    )
    assert raised.value.details["vendor"] == "okta"


def test_rules_that_cannot_be_read_have_one_effect_only_if_they_are_equal():
    rule = PolicyRule.from_row({**READ, "conditions": {"riskScore": 5}})
    other = PolicyRule.from_row({**READ, "conditions": {"riskScore": 6}, "id": "rul2"})
    assert rule_comparison.have_same_effect(rule, PolicyRule.from_row({**rule.row, "id": "rul2"}))
    assert not rule_comparison.have_same_effect(rule, other)
    # A list says something of the risk, though nobody knows what.
    unclear = PolicyRule.from_row({**READ, "conditions": {"riskScore": []}})
    without = PolicyRule.from_row({**READ, "conditions": {}})
    assert not rule_comparison.have_same_effect(unclear, without)
    assert not rule_comparison.have_same_effect(without, unclear)


@pytest.mark.parametrize("following", ["a", 5, {"authenticationMethods": []}])
def test_the_next_step_of_a_chain_is_a_list(following):
    options = {"name": "a", "access": "ALLOW", "chains": [{"next": following}]}
    with pytest.raises(BadOption, match="^chains: item 1: next is not a list. Write its items.$"):
        rule_options.build_rule(options)


def test_a_duration_of_5000_digits_is_not_a_duration():
    options = {"name": "a", "access": "ALLOW", "reauthenticate_in": f"P{'9' * 5000}D"}
    with pytest.raises(BadOption, match="is not an ISO 8601 duration"):
        rule_options.build_rule(options)


@pytest.mark.parametrize(
    ("wanted", "shown", "differs"),
    [
        ("OPTIONAL", {}, True),  # Okta's default is REQUIRED
        ("optional", {"userPresence": "OPTIONAL"}, False),
        ("OPTIONAL", {"userPresence": "REQUIRED"}, True),
        ("OPTIONAL", {"userPresence": None}, True),
        ("REQUIRED", {}, False),
        ("required", {"userPresence": ""}, False),
        ("REQUIRED", {"userPresence": "OPTIONAL"}, True),
        (None, {}, False),
        (None, {"userPresence": ""}, False),
    ],
)
def test_a_factor_without_a_word_for_user_presence_requires_it(wanted, shown, differs):
    def rule_with(**presence):
        part = {"required": True, "deviceBound": "REQUIRED", **presence}
        method = {"type": "ASSURANCE", "constraints": [{"possession": part}]}
        return {"actions": {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}}

    found = rule_comparison.find_differences(rule_with(userPresence=wanted), rule_with(**shown))
    assert bool(found) is differs


@pytest.mark.parametrize(
    ("status", "absent", "names"),
    [(None, False, "'Managed Macs'"), ("INACTIVE", False, ""), (None, True, "")],
)
def test_a_rule_that_somebody_deactivated_is_named(status, absent, names):
    rules = [
        PolicyRule.from_row({"id": f"rul{number}", "name": name, "status": "INACTIVE"})
        for number, name in enumerate(("Managed Macs", "Of somebody else"))
    ]
    request = rule_plan.RuleRequest("Managed Macs", {}, status=status, absent=absent)
    warning = rule_plan.describe_inactive("Company apps", rules, [request])
    assert warning.startswith(f"Policy 'Company apps': {names} is inactive") == bool(names)
    assert bool(warning) == bool(names) and "somebody else" not in warning
