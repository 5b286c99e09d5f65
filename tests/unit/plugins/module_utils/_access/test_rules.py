# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of an app sign-in policy: what is compared, what is written, and in which place."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access import (
    rule_comparison,
    rule_options,
    rule_order,
    rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotAsWritten,
    Refused,
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
    request = rules.RuleRequest(body["name"], body, place, status, absent)
    return rules.plan_rule(current, request, "Apps")


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


def test_of_a_rule_that_denies_the_verification_method_is_not_compared():
    denies = copy.deepcopy(READ)
    denies["actions"]["appSignOn"]["access"] = "DENY"
    assert (
        rule_comparison.find_differences(
            rule_options.build_rule({"name": "Managed Macs", "factor_mode": "1FA"}), denies
        )
        == []
    )


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


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"managed": True, "registered": False}, "needs registered: true"),
        ({"access": "DENY", "factor_mode": "2FA"}, "does not ask for authenticators"),
        ({"chains": [], "inactivity_period": "PT1H"}, "ignores one of them"),
        ({"chains": [{"next": [{}, {}]}]}, "at most 5 chains"),
        ({"chains": [{}] * 6}, "at most 5 chains"),
        ({"chains": [{"reauthenticateIn": "PT1H"}], "reauthenticate_in": "PT2H"}, "inside chains"),
        ({"reauthenticate_in": "2 hours"}, "ISO 8601"),
        ({"managed": True, "remove_conditions": ["device"]}, "Leave one of them out"),
        ({"platforms": [], "remove_conditions": ["platforms"]}, "Leave one of them out"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(options, says):
    with pytest.raises(BadOption, match=says):
        rule_options.build_rule({"name": "x", **options})


@pytest.mark.parametrize(
    ("text", "length"),
    [("PT2H", 7200), ("PT0S", 0), ("P1DT1M", 86460), ("PT", "PT"), ("two", "two"), (None, None)],
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


def test_two_rules_of_one_name_are_a_sentence():
    with pytest.raises(Refused, match="2 rules named 'a'"):
        planned(standing("a", "a"), {"name": "a"}, Place(), None)


# Plans


def test_a_rule_as_wanted_is_no_plan():
    plan = planned(
        [PolicyRule.from_row(READ), *standing()],
        rule_options.build_rule(MANAGED),
        Place("first"),
        "ACTIVE",
    )
    assert plan.changes == () and plan.body is None and plan.status is None


def test_a_status_alone_writes_no_body():
    plan = planned(standing("a"), {"name": "a"}, Place(), "INACTIVE")
    assert plan.body is None and plan.status == "INACTIVE" and plan.after[0].status == "INACTIVE"
    assert plan.changes[0].before == {"status": "ACTIVE"} and plan.changes[0].after == {
        "status": "INACTIVE"
    }


def test_a_rule_that_goes_is_gone_from_what_will_be():
    plan = planned(standing("a", "b"), {"name": "a"}, Place(), None, absent=True)
    assert (
        plan.deletes
        and order(plan) == ["b", "Catch-all Rule"]
        and plan.changes[0].action == "delete"
    )
    assert planned(standing("b"), {"name": "a"}, Place(), None, absent=True).changes == ()


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
    with pytest.raises(Refused, match="is the catch-all rule"):
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
    [({}, "needs access"), ({"access": "ALLOW"}, "must name its authenticators")],
)
def test_a_new_rule_says_what_it_does(options, says):
    with pytest.raises(BadOption, match=says):
        planned(standing(), rule_options.build_rule({"name": "x", **options}), Place(), None)


def test_what_survives_a_write_is_named():
    request = rules.RuleRequest("Managed Macs", rule_options.build_rule(MANAGED), status="ACTIVE")
    assert rules.verify_rule(request, [PolicyRule.from_row(READ)], "Apps").id == "rul1"
    other = copy.deepcopy(READ)
    del other["conditions"]["device"]
    inactive = replace(request, status="INACTIVE")
    with pytest.raises(
        NotAsWritten, match=r"conditions\.device\.managed, conditions\.device\.registered, status"
    ) as raised:
        rules.verify_rule(inactive, [PolicyRule.from_row(other)], "Apps")
    assert raised.value.details["keys"][-1] == "status"
    with pytest.raises(NotAsWritten, match="does not have it now"):
        rules.verify_rule(request, [], "Apps")
