# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast.

One person, one device, one set of rules at a time, then what a change does to many.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    conditions,
    evaluation,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    SignInOutcome,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    SessionPolicy,
    SessionRefusal,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    SignalPolicy,
    Signals,
    signals_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    PolicyRule,
    RankedPolicy,
    SessionRule,
    SignalRule,
)

from tests.support.outcomes import compare_outcomes

MAC = DeviceContext("MACOS", registered=True, managed=True, device_id="d1")
PLAIN_MAC = DeviceContext("MACOS", registered=True, device_id="d2")
STRANGE_MAC = DeviceContext("MACOS")
PLAN_9 = DeviceContext("PLAN_9")
IPHONE = DeviceContext("IOS", registered=True, device_id="d3")
ANN = Person("ann", frozenset({"staff"}), "type1", login="ann@acme.com")
SIGN_NONCE = {"key": "okta_verify", "method": "signed_nonce"}


def rule(name, access="ALLOW", method=None, status="ACTIVE", system=False, priority=0, **asked):
    sign_on = {
        "access": access,
        "verificationMethod": method or {"type": "ASSURANCE", "factorMode": "1FA"},
    }
    return PolicyRule.from_row(
        {
            "name": name,
            "priority": priority,
            "status": status,
            "system": system,
            "conditions": asked or None,
            "actions": {"appSignOn": sign_on},
        }
    )


def policy(*rules_):
    return [replace(each, priority=number) for number, each in enumerate(rules_)]


def macos(**more):
    return {"platform": {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}, **more}


def needs(**possession):
    return {"type": "ASSURANCE", "factorMode": "2FA", "constraints": [{"possession": possession}]}


OPEN = policy(rule("Catch-all Rule", system=True))
CLOSED = rule("Closed", "DENY", system=True)
MANAGED_ONLY = policy(
    rule("Managed Macs", **macos(device={"registered": True, "managed": True})),
    rule("Other Macs", "DENY", **macos()),
    rule("Catch-all Rule", system=True),
)


# Conditions


@pytest.mark.parametrize(
    ("asked", "device", "applies"),
    [
        ({"device": {"registered": True}}, STRANGE_MAC, False),
        ({"device": {"registered": True}}, PLAIN_MAC, True),
        ({"device": {"registered": False}}, STRANGE_MAC, True),
        ({"device": {"registered": False}}, PLAIN_MAC, False),
        ({"device": {"registered": True, "managed": True}}, MAC, True),
        ({"device": {"registered": True, "managed": True}}, PLAIN_MAC, False),
        ({"device": {"registered": True, "managed": False}}, PLAIN_MAC, True),
        ({"device": {"registered": True, "managed": False}}, MAC, False),
        ({"device": {"registered": None, "managed": None}}, STRANGE_MAC, True),
        (macos(), IPHONE, False),
        (macos(), MAC, True),
        ({"platform": {"include": [{"type": "DESKTOP", "os": {"type": "ANY"}}]}}, MAC, True),
        ({"platform": {"include": [{"type": "MOBILE"}]}}, MAC, False),
        ({"platform": {"include": [{"type": "MOBILE"}]}}, IPHONE, True),
        ({"platform": {"include": [{"type": "ANY"}]}}, IPHONE, True),
        ({"platform": {"exclude": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}, IPHONE, False),
        ({"platform": {"include": [{"os": {"type": "IOS"}}]}}, IPHONE, True),
        ({"platform": {"include": [{"type": "DESKTOP", "os": {"type": "WINDOWS"}}]}}, MAC, False),
        ({"platform": {"include": [{"type": "OTHER"}]}}, MAC, False),
        ({"platform": {"include": [{"type": "ANY"}]}}, PLAN_9, True),
        ({"people": {"groups": {"include": ["staff"]}}}, MAC, True),
        ({"people": {"groups": {"include": ["others"]}}}, MAC, False),
        ({"people": {"groups": {"exclude": ["staff"]}}}, MAC, False),
        ({"people": {"users": {"include": ["ann"]}}}, MAC, True),
        ({"people": {"users": {"exclude": ["ann"]}}}, MAC, False),
        ({"people": {"users": {"include": ["bob"]}}}, MAC, False),
        ({"userType": {"include": ["type1"], "exclude": []}}, MAC, True),
        ({"userType": {"include": [], "exclude": ["type1"]}}, MAC, False),
        (
            {
                "network": {"connection": "ANYWHERE"},
                "riskScore": {"level": "ANY"},
                "elCondition": None,
            },
            MAC,
            True,
        ),
    ],
)
def test_what_is_known_decides_whether_a_rule_applies(asked, device, applies):
    assert conditions.unknowns_to_apply(rule("x", **asked), ANN, device) == (
        frozenset() if applies else None
    )


def desktop(**system):
    return [{"type": "DESKTOP", "os": system}]


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (
            {"network": {"include": ["z1"], "connection": "ZONE"}},
            'network: {"connection": "ZONE", "include": ["z1"]}',
        ),
        ({"riskScore": {"level": "HIGH"}}, 'risk: {"level": "HIGH"}'),
        ({"elCondition": {"condition": "user.x == 1"}}, "expression: user.x == 1"),
        (
            {"elCondition": {"condition": 'accessRequest.authenticator.key == "okta_verify"'}},
            "expression: accessRequest.authenticator.key == 'okta_verify'",
        ),
        (
            {"device": {"registered": True, "rooted": False}},
            "device.rooted: false",
        ),
        (
            {"device": {"assurance": {"include": [], "exclude": ["a1"]}}},
            'device assurance.exclude: ["a1"]',
        ),
        ({"people": {"roles": {"include": ["r1"]}}}, 'people.roles: {"include": ["r1"]}'),
        ({"people": {"users": {"status": "NEW"}}}, "people.users.status: NEW"),
        ({"people": {"groups": {"kind": "APP"}}}, "people.groups.kind: APP"),
        ({"riskScore": {"minimum": "HIGH"}}, 'risk: {"minimum": "HIGH"}'),
        ({"elCondition": {"language": "x"}}, "elCondition.language: x"),
        (
            {"platform": {"include": [{"type": "ANY", "edition": "x"}]}},
            'platform: [{"edition": "x", "type": "ANY"}]',
        ),
        ({"authContext": {"isManaged": False}}, 'authContext: {"isManaged": false}'),
        (
            {"device": {"assurance": {"include": ["a2", "a1"]}}},
            'device assurance: ["a1", "a2"]',
        ),
        (
            {"platform": {"include": desktop(type="MACOS", version={"value": "15"})}},
            'platform: [{"os": {"type": "MACOS", "version": {"value": "15"}}, "type": "DESKTOP"}]',
        ),
        (
            {"platform": {"include": desktop(expression="x")}},
            'platform: [{"os": {"expression": "x"}, "type": "DESKTOP"}]',
        ),
        (
            {"platform": {"exclude": desktop(type="MACOS", version={"value": "15"})}},
            "excluded platform:"
            ' [{"os": {"type": "MACOS", "version": {"value": "15"}}, "type": "DESKTOP"}]',
        ),
        (
            {"people": {"users": {"include": ["bob"]}, "groups": {"include": ["staff"]}}},
            'users and groups of one rule: [["bob"], ["staff"]]',
        ),
        ({"somethingNew": {"asked": True}}, 'somethingNew: {"asked": true}'),
        ({"device": {"jailbroken": True}}, "device.jailbroken: true"),
    ],
)
def test_what_nobody_can_know_is_named(asked, name):
    assert conditions.unknowns_to_apply(rule("x", **asked), ANN, MAC) == {name}


@pytest.mark.parametrize(
    ("people", "unknowns"),
    [
        ({"groups": {"include": ["gone"]}}, {"members of group: gone"}),
        ({"groups": {"exclude": ["gone"]}}, {"members of group: gone"}),
        ({"groups": {"include": ["staff", "gone"]}}, set()),
        ({"groups": {"include": ["gone", "others"]}}, {"members of group: gone"}),
        ({"groups": {"include": ["others"], "exclude": ["gone"]}}, None),
        ({"groups": {"include": ["staff"], "exclude": ["gone"]}}, {"members of group: gone"}),
        ({"groups": {"include": ["gone"], "exclude": ["staff"]}}, None),
        ({"users": {"exclude": ["ann"]}, "groups": {"include": ["gone"]}}, None),
        ({"users": {"include": ["bob"]}, "groups": {"include": ["gone"]}}, "members of group"),
        ({"users": {"include": ["ann"]}, "groups": {"include": ["gone"]}}, "users and groups"),
    ],
)
def test_nobody_knows_who_is_in_a_group_whose_members_were_not_read(people, unknowns):
    ann = dataclasses.replace(ANN, unread_groups=frozenset({"gone"}))
    known = conditions.unknowns_to_apply(rule("x", people=people), ann, MAC)
    if isinstance(unknowns, str):
        assert known is not None and any(name.startswith(unknowns) for name in known)
    else:
        assert known == unknowns


def test_a_platform_that_the_device_is_surely_on_leaves_nothing_unknown():
    include = [{"type": "OTHER", "os": {"expression": "x"}}, *desktop(type="MACOS", version={})]
    by_version = desktop(type="MACOS", version={"value": "15"})
    for entries in (include, by_version + include):
        asked = rule("x", platform={"include": entries})
        assert conditions.unknowns_to_apply(asked, ANN, MAC) == frozenset()


@pytest.mark.parametrize("empty", [None, "", [], {}, {"include": [], "exclude": None}])
def test_an_empty_condition_asks_for_nothing(empty):
    for asked in ({"authContext": empty}, {"device": {"rooted": empty}}):
        assert conditions.unknowns_to_apply(rule("x", **asked), ANN, MAC) == frozenset()


@pytest.mark.parametrize("kind", ["ANY", "DESKTOP", "OTHER", "MOBILE"])
def test_an_expression_may_describe_any_platform(kind):
    entry = {"type": kind, "os": {"type": "OTHER", "expression": "Mac"}}
    for side, name in (("include", "platform"), ("exclude", "excluded platform")):
        [found] = conditions.unknowns_to_apply(rule("x", platform={side: [entry]}), ANN, MAC)
        assert found.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("device", "state"), [(MAC, "managed"), (PLAIN_MAC, "registered"), (STRANGE_MAC, "unknown")]
)
@pytest.mark.parametrize("word", ["device", "DEVICE"])
def test_an_expression_that_names_the_device_is_one_for_each_of_its_states(device, state, word):
    asked = {"condition": f"{word}.profile.managed == true"}
    assert conditions.unknowns_to_apply(rule("x", elCondition=asked), ANN, device) == {
        f"expression for a device that is {state}: {word}.profile.managed == true"
    }


@pytest.mark.parametrize(("side", "ann_may_be_in"), [("include", True), ("exclude", False)])
def test_a_list_of_people_that_cannot_be_read_may_have_anybody(side, ann_may_be_in):
    """Next to a list that has not. Whom an unreadable exclusion leaves out is unknown, too."""
    people = {"groups": {"include": ["others"]}, "users": {side: "ann"}}
    found = conditions.unknowns_to_apply(rule("x", people=people), ANN, MAC)
    name = f"rule 'x', what cannot be read: conditions.people.users.{side}"
    assert found == ({name} if ann_may_be_in else None)


def test_equal_conditions_have_equal_names():
    value = {"until": date(2026, 1, 1), "by": "ann"}
    assert conditions.name_unknown("x", value) == 'x: {"by": "ann", "until": "2026-01-01"}'


def test_a_user_type_that_nobody_told_is_unknown_and_a_rule_out_of_use_never_applies():
    assert conditions.unknowns_to_apply(
        rule("x", userType={"include": ["t2", "t1"], "exclude": ["t3"]}),
        Person("bob", login="bob"),
        MAC,
    ) == {'user type: [["t1", "t2"], ["t3"]]'}
    assert conditions.unknowns_to_apply(rule("x", status="INACTIVE"), ANN, MAC) is None


ASSURED = {'device assurance: ["a1"]'}


@pytest.mark.parametrize(
    ("more", "device", "unknowns"),
    [
        ({}, STRANGE_MAC, ASSURED),
        ({}, DeviceContext("CHROMEOS"), ASSURED),
        ({}, DeviceContext(""), ASSURED),
        ({}, DeviceContext("LINUX"), None),
        ({}, DeviceContext("LINUX", True), ASSURED),
        ({}, MAC, ASSURED),
        ({"registered": False}, STRANGE_MAC, ASSURED),
        ({"registered": True}, STRANGE_MAC, None),
        ({"registered": True, "managed": True}, STRANGE_MAC, None),
        ({"registered": True, "managed": True}, PLAIN_MAC, None),
    ],
)
def test_a_device_that_is_not_registered_may_be_assured(more, device, unknowns):
    """By Chrome Device Trust or a device posture provider, but not on Linux."""
    asked = {"device": {"assurance": {"include": ["a1"]}, **more}}
    assert conditions.unknowns_to_apply(rule("x", **asked), ANN, device) == unknowns


def test_a_linux_device_meets_a_condition_that_names_no_assurance():
    asked = {"device": {"assurance": {"include": []}}}
    linux = DeviceContext("LINUX")
    assert conditions.unknowns_to_apply(rule("x", **asked), ANN, linux) == frozenset()


@pytest.mark.parametrize("status", ["PAUSED", None])
def test_a_rule_of_an_unknown_status_may_apply_or_not(status):
    paused = rule("Paused", "DENY", status=status)
    name = f"status of rule 'Paused': {status or 'not shown'}"
    assert conditions.unknowns_to_apply(paused, ANN, MAC) == {name}
    lost = compare_outcomes(policy(rule("All")), policy(paused, rule("All")), ANN, MAC)
    assert lost.lost and lost.after.rule == "Paused" and lost.unknowns == (name,)
    assert not compare_outcomes(policy(paused), policy(paused), ANN, MAC).lost
    admitting = rule("Paused", status=status)
    closed = rule("Closed", "DENY")
    assert compare_outcomes(policy(admitting, closed), policy(closed), ANN, MAC).lost
    catch_all = rule("Catch-all Rule", status=status, system=True)
    assert conditions.unknowns_to_apply(catch_all, ANN, MAC) == frozenset()


def test_the_platforms_that_a_device_may_be_on_are_named_once_in_one_order():
    macos, windows = *desktop(type="MACOS"), *desktop(type="WINDOWS")
    name = (
        'platform: [{"os": {"type": "MACOS"}, "type": "DESKTOP"},'
        ' {"os": {"type": "WINDOWS"}, "type": "DESKTOP"}]'
    )
    for entries in ([macos, windows], [windows, macos, windows]):
        asked = rule("x", platform={"include": entries})
        assert conditions.unknowns_to_apply(asked, ANN, DeviceContext("")) == {name}


def test_a_device_of_an_unknown_platform_may_be_on_each():
    unknown = replace(MAC, platform="")
    for system in ("MACOS", "WINDOWS", "IOS"):
        entries = [{"type": "ANY", "os": {"type": system}}]
        for side, name in (("include", "platform"), ("exclude", "excluded platform")):
            asked = rule("x", platform={side: entries})
            [found] = conditions.unknowns_to_apply(asked, ANN, unknown)
            assert found.startswith(f"{name}: ")
    anywhere = rule("x", platform={"include": [{"type": "ANY", "os": {"type": "ANY"}}]})
    assert conditions.unknowns_to_apply(anywhere, ANN, unknown) == frozenset()
    assert unknown.label.startswith("unknown platform")
    closed = rule("Macs", "DENY", **macos())
    assert compare_outcomes(policy(rule("All")), policy(closed, rule("All")), ANN, unknown).lost


@pytest.mark.parametrize("entry", [{}, {"type": "ANY"}, {"os": {"type": "ANY"}}, {"os": {}}])
def test_a_platform_that_names_nothing_holds_each_device(entry):
    asked = rule("x", platform={"include": [entry]})
    assert conditions.unknowns_to_apply(asked, ANN, replace(MAC, platform="")) == frozenset()


def test_whether_a_device_of_an_unknown_platform_is_a_desktop_is_unknown():
    asked = rule("x", platform={"include": [{"type": "DESKTOP"}]})
    [name] = conditions.unknowns_to_apply(asked, ANN, replace(MAC, platform=""))
    assert name == 'platform: [{"type": "DESKTOP"}]'


# What a rule asks for


# Constraints of 2FA rules as orgs answered them.
NO_PHONES = {
    "knowledge": {"required": True, "types": ["password"], "reauthenticateIn": "PT0S"},
    "possession": {
        "required": False,
        "excludedAuthenticationMethods": [
            {"key": "okta_email", "method": "email"},
            {"key": "phone_number", "method": "sms"},
            {"key": "phone_number", "method": "voice"},
        ],
        "userPresence": "REQUIRED",
        "userVerification": "OPTIONAL",
    },
}
DEVICE_BOUND = {
    "knowledge": {"required": False, "types": ["password"], "reauthenticateIn": "PT2H"},
    "possession": {"required": False, "deviceBound": "REQUIRED"},
}
HARDWARE = {
    "possession": {
        "required": False,
        "hardwareProtection": "REQUIRED",
        "deviceBound": "REQUIRED",
        "userPresence": "OPTIONAL",
        "userVerification": "OPTIONAL",
    }
}
EXTERNAL = {
    "knowledge": {"required": True, "types": ["password"], "reauthenticateIn": "PT2H"},
    "possession": {
        "required": True,
        "authenticationMethods": [{"key": "external_idp", "id": "aut1", "method": "idp"}],
        "userPresence": "OPTIONAL",
    },
}
RECORDED = [[NO_PHONES], [DEVICE_BOUND, HARDWARE], [EXTERNAL], [{}]]


@pytest.mark.parametrize("constraints", RECORDED)
def test_recorded_constraints_name_people_without_such_a_factor(constraints):
    strict = {"type": "ASSURANCE", "factorMode": "2FA", "constraints": constraints}
    simple = {"type": "ASSURANCE", "factorMode": "1FA"}
    before, after = policy(rule("All", method=simple)), policy(rule("All", method=strict))
    ada = replace(ANN, devices=(STRANGE_MAC,))
    assert evaluation.forecast(before, after, [ada]).locked_out_logins == [ada.login]


# Whole policies


@pytest.mark.parametrize(
    ("device", "lost"), [(MAC, False), (PLAIN_MAC, True), (STRANGE_MAC, True), (IPHONE, False)]
)
def test_only_managed_macs_stay(device, lost):
    seen = compare_outcomes(OPEN, MANAGED_ONLY, ANN, device)
    assert seen.lost == lost and not seen.gained and (not lost or seen.after.rule == "Other Macs")
    assert compare_outcomes(MANAGED_ONLY, OPEN, ANN, device).gained == lost


def test_the_same_unknown_before_and_after_is_no_lock_out():
    here = {"network": {"connection": "ZONE", "include": ["z1"]}}
    before = policy(rule("In the office", **here), rule("Catch-all Rule", "DENY", system=True))
    after = policy(
        rule("Something of phones", "DENY", platform={"include": [{"type": "MOBILE"}]}), *before
    )
    assert not compare_outcomes(before, after, ANN, MAC).lost
    assert compare_outcomes(before, policy(rule("None", "DENY"), *before), ANN, MAC).lost


def test_an_unknown_that_may_refuse_counts_as_refused_and_is_named():
    after = policy(rule("Risky", "DENY", riskScore={"level": "HIGH"}), *OPEN)
    seen = compare_outcomes(OPEN, after, ANN, MAC)
    assert (
        seen.lost and seen.after.rule == "Risky" and seen.unknowns == ('risk: {"level": "HIGH"}',)
    )


def test_an_unknown_that_may_only_admit_is_none():
    after = policy(rule("Trusted", riskScore={"level": "LOW"}), *OPEN)
    assert not compare_outcomes(OPEN, after, ANN, MAC).lost


def test_a_rule_that_asks_for_what_nobody_knows_counts_as_refused_where_it_did_not_ask_before():
    key = policy(
        rule(
            "Catch-all Rule", system=True, method=needs(authenticationMethods=[{"key": "webauthn"}])
        )
    )
    assert (
        compare_outcomes(OPEN, key, ANN, MAC).lost
        and not compare_outcomes(key, key, ANN, MAC).lost
        and not compare_outcomes(key, OPEN, ANN, MAC).lost
    )


def with_unknowns(count):
    expressions = [{"elCondition": {"condition": f"x == {number}"}} for number in range(count)]
    return policy(*(rule(f"r{number}", **each) for number, each in enumerate(expressions)), *OPEN)


def test_too_many_unknowns_to_try_count_as_refused():
    many = [*with_unknowns(evaluation.MAX_UNKNOWNS + 1)[:-1], CLOSED]
    names = tuple(sorted(f"expression: x == {number}" for number in range(11)))
    assert compare_outcomes(OPEN, many, ANN, MAC) == evaluation.OutcomeChange(
        True, False, SignInOutcome(True, "Catch-all Rule"), SignInOutcome(False, "Closed"), names
    )
    assert compare_outcomes(many, [], ANN, MAC) == evaluation.OutcomeChange(
        True, False, SignInOutcome(True, "r0"), SignInOutcome(False, ""), names
    )


def test_who_was_refused_before_is_not_locked_out_by_many_unknowns():
    many = [*with_unknowns(evaluation.MAX_UNKNOWNS + 1)[:-1], CLOSED]
    seen = compare_outcomes([CLOSED], many, ANN, MAC)
    assert (seen.lost, seen.gained) == (False, True)
    assert (seen.before, seen.after) == (SignInOutcome(False, "Closed"), SignInOutcome(True, "r0"))


def test_who_is_admitted_in_any_case_is_not_locked_out_by_many_unknowns():
    many = with_unknowns(evaluation.MAX_UNKNOWNS + 1)
    stays = SignInOutcome(True, "Catch-all Rule")
    seen = compare_outcomes(OPEN, many, ANN, MAC)
    assert seen == evaluation.OutcomeChange(False, False, stays, stays)
    assert not compare_outcomes(many, OPEN, ANN, MAC).lost


def test_as_many_unknowns_as_can_be_tried_are_tried():
    """The order of rules that all admit does not matter."""
    rules = with_unknowns(evaluation.MAX_UNKNOWNS)[:-1]
    before, after = policy(*rules, CLOSED), policy(*reversed(rules), CLOSED)
    assert not compare_outcomes(before, after, ANN, MAC).lost


def test_no_rule_at_all_refuses():
    assert compare_outcomes(OPEN, [], ANN, MAC).lost
    assert evaluation.decide([], frozenset()) == SignInOutcome(False, "")


OFFICE = {"network": {"connection": "ZONE", "include": ["z1"]}}
LOW, HIGH = {"riskScore": {"level": "LOW"}}, {"riskScore": {"level": "HIGH"}}


def test_who_may_lose_access_is_shown_with_the_rules_that_decide_then():
    """Only a person whose risk is not low meets the rule Closed."""
    seen = compare_outcomes(OPEN, policy(rule("Trusted", **LOW), CLOSED), ANN, MAC)
    assert (seen.before, seen.after) == (
        SignInOutcome(True, "Catch-all Rule"),
        SignInOutcome(False, "Closed"),
    )
    assert seen.unknowns == ('risk: {"level": "LOW"}',)


def test_two_unknowns_may_decide_together():
    """Only a person of low risk, in the office, is admitted before and refused after."""
    trusted = [rule("Trusted", **LOW), CLOSED]
    after = policy(rule("Not the office", "DENY", **OFFICE), *trusted)
    seen = compare_outcomes(policy(*trusted), after, ANN, MAC)
    assert seen.lost and seen.after.rule == "Not the office"


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ([rule("Risky", "DENY", **HIGH), CLOSED], True),  # refused in any case
        ([rule("Trusted", **LOW), *OPEN], False),  # admitted in any case
    ],
)
def test_unknowns_that_do_not_decide_are_not_named(after, lost):
    seen = compare_outcomes(OPEN, policy(*after), ANN, MAC)
    assert seen.lost is lost and seen.unknowns == ()


def test_priority_decides_and_the_catch_all_rule_is_last_whatever_its_number():
    some = [
        rule("Catch-all Rule", "DENY", system=True, priority=0),
        rule("a", priority=5),
        rule("b", "DENY", priority=3),
    ]
    assert [each.rule for each in evaluation.select_candidates(some, ANN, MAC)] == ["b"]
    assert (
        evaluation.find_certain_outcome(some, ANN, MAC) == evaluation.SignInOutcome(False, "b")
        and evaluation.find_certain_outcome(
            policy(rule("x", riskScore={"level": "LOW"}), *OPEN), ANN, MAC
        )
        is None
    )


def test_people_are_counted_once_and_told_apart_from_those_never_seen():
    two = Person("ann", login="ann@acme.com", devices=(MAC, PLAIN_MAC, STRANGE_MAC))
    found = evaluation.forecast(
        OPEN,
        MANAGED_ONLY,
        [two, Person("bob", login="bob@acme.com", devices=(MAC,))],
        [Person("eve", login="eve@acme.com", devices=(STRANGE_MAC,))],
    )
    assert (
        found.people == 2
        and found.locked_out_logins == ["ann@acme.com"]
        and len(found.locked_out) == 2
        and found.newly_admitted == ()
    )
    assert [row.login for row in found.never_seen] == ["eve@acme.com"]
    assert found.locked_out[0].as_result() == {
        "user_id": "ann",
        "login": "ann@acme.com",
        "device": "MACOS (not registered)",
        "device_id": None,
        "admitted_by": "Catch-all Rule",
        "refused_by": "Other Macs",
        "unknowns": [],
    }


def test_the_result_of_a_forecast_names_devices_unknowns_and_the_app():
    risky = policy(rule("Risky", "DENY", **HIGH), *OPEN)
    ann = Person("ann", login="ann@acme.com", devices=(PLAIN_MAC,))
    eve = Person("eve", login="eve@acme.com", devices=(STRANGE_MAC,))
    found = evaluation.forecast(OPEN, risky, [ann], [eve]).for_app(App("app1", "Slack"))
    name = 'risk: {"level": "HIGH"}'
    shared = {
        "admitted_by": "Catch-all Rule",
        "refused_by": "Risky",
        "unknowns": [name],
        "app": "Slack",
        "app_id": "app1",
    }
    locked_out = {
        "user_id": "ann",
        "login": "ann@acme.com",
        "device": "MACOS (registered, not managed)",
        "device_id": "d2",
        **shared,
    }
    never_seen = {
        "user_id": "eve",
        "login": "eve@acme.com",
        "device": "MACOS (not registered)",
        "device_id": None,
        **shared,
    }
    assert found.as_result() == {
        "people": 1,
        "locked_out_people": ["ann@acme.com"],
        "locked_out": [locked_out],
        "newly_admitted": [],
        "never_seen": [never_seen],
        "never_seen_admitted": [],
        "unknowns": [name],
        "log_names_devices": True,
        "refused_earlier": [],
        "unread": [],
        "status_unknown": [],
    }


def test_who_is_newly_admitted_is_listed():
    found = evaluation.forecast(
        MANAGED_ONLY, OPEN, [Person("ann", login="ann@acme.com", devices=(PLAIN_MAC,))]
    )
    assert (
        found.locked_out == ()
        and found.newly_admitted[0].admitted_by == "Catch-all Rule"
        and found.newly_admitted[0].refused_by == "Other Macs"
        and found.newly_admitted[0].unknowns == ()
    )
    unseen = evaluation.forecast(
        MANAGED_ONLY, OPEN, [], [Person("eve", login="eve@acme.com", devices=(PLAIN_MAC,))]
    )
    (row,) = unseen.for_app(App("app1", "Slack")).never_seen_admitted
    assert (row.login, row.app, unseen.newly_admitted) == ("eve@acme.com", App("app1", "Slack"), ())


@pytest.mark.parametrize("bound", [evaluation.MAX_UNKNOWNS, 0])
def test_who_may_be_newly_admitted_is_listed_with_what_decides_it(monkeypatch, bound):
    """A rollback counts only those who surely get the app back."""
    monkeypatch.setattr(evaluation, "MAX_UNKNOWNS", bound)
    ann = Person("ann", login="ann@acme.com", devices=(PLAIN_MAC,))
    risky = policy(rule("Risky", "DENY", **HIGH), *OPEN)
    (row,) = evaluation.forecast(MANAGED_ONLY, risky, [ann]).newly_admitted
    assert row.unknowns == ('risk: {"level": "HIGH"}',)


def test_two_people_who_differ_in_nothing_that_rules_name_share_an_answer(monkeypatch):
    asked = []
    real = evaluation.compare_views

    def counted(before, after, person, device, signals):
        asked.append(person.id)
        return real(before, after, person, device, signals)

    monkeypatch.setattr(evaluation, "compare_views", counted)
    some = [
        Person(
            f"u{number}",
            frozenset({"staff"} if number % 2 else ()),
            login=f"u{number}",
            devices=(PLAIN_MAC,),
        )
        for number in range(50)
    ]
    left_out = policy(
        rule(
            "Staff", "DENY", people={"groups": {"include": ["staff"]}, "users": {"exclude": ["u3"]}}
        ),
        *OPEN,
    )
    found = evaluation.forecast(OPEN, left_out, some)
    assert (
        len(found.locked_out_logins) == 24 and len(asked) == 3
    )  # with the group, without it, and u3 for itself


# What properties found (tests/properties/_access)


@pytest.mark.parametrize(
    "asked",
    [
        {"people": {"groups": {"include": 5}}},
        {"platform": {"include": ["MACOS"]}},
        {"device": {"managed": "yes"}},
        {"userType": {"include": [5]}},
        {"riskScore": True},
        {"elCondition": ["a"]},
    ],
)
def test_a_condition_that_cannot_be_read_may_hold_or_not(asked):
    admits_all = policy(rule("everybody"))
    may_refuse = policy(rule("who knows", "DENY", **asked), rule("everybody"))
    person = replace(ANN, devices=(STRANGE_MAC,))
    found = evaluation.forecast(admits_all, may_refuse, [person])
    assert found.locked_out_logins == ["ann@acme.com"]
    assert "what cannot be read: conditions." in found.unknowns[0]


# Policies of other kinds


DENY = rule("Stop", "DENY")


def signals_with(*words, name="Signals"):
    """Return a policy that collects from Okta Verify with such a word, or leaves it out."""
    providers = [{"key": "OKTA_VERIFY", "userIdentification": word} for word in words]
    rule_row = {
        "name": "Rule",
        "status": "ACTIVE",
        "actions": {"deviceSignalCollection": {"deviceContextProviders": providers}},
    }
    return (SignalPolicy(name, name, (SignalRule.from_row(rule_row),), frozenset({"rst1"})),)


SEEN_ONLY = policy(rule("Managed", device={"registered": True, "managed": True}), DENY)
FAST_PASS_ONLY = {
    "type": "ASSURANCE",
    "factorMode": "2FA",
    "constraints": [{"possession": {"authenticationMethods": [SIGN_NONCE]}}],
}


def test_who_may_not_be_seen_as_managed_counts_as_locked_out():
    hidden = Signals(signals_with(), signals_with())
    person = replace(ANN, devices=(MAC,))
    found = evaluation.forecast(OPEN, SEEN_ONLY, [person], signals=hidden)
    (row,) = found.locked_out
    assert row.unknowns == (
        "device signal collection policy 'Signals', rule 'Rule': it leaves out Okta Verify",
    )
    assert (row.device, row.admitted_by, row.refused_by) == (MAC.label, "Catch-all Rule", "Stop")
    collected = Signals(signals_with("ALLOW"), signals_with("ALLOW"))
    assert evaluation.forecast(OPEN, SEEN_ONLY, [person], signals=collected).locked_out == ()
    assert evaluation.forecast(OPEN, SEEN_ONLY, [person]).locked_out == ()


def test_whom_a_policy_hides_before_a_change_does_not_lose_anything():
    """With the same policy before and after, the device is seen the same on both sides."""
    hidden = Signals(signals_with(), signals_with())
    person = replace(ANN, devices=(MAC,))
    assert evaluation.forecast(SEEN_ONLY, SEEN_ONLY, [person], signals=hidden) == (
        evaluation.Forecast(people=1)
    )
    moved = Signals((), signals_with())
    assert evaluation.forecast(SEEN_ONLY, SEEN_ONLY, [person], signals=moved).locked_out
    back = Signals(signals_with(), ())
    found = evaluation.forecast(SEEN_ONLY, SEEN_ONLY, [person], signals=back)
    (row,) = found.newly_admitted
    assert found.locked_out == () and row.unknowns == (
        "device signal collection policy 'Signals', rule 'Rule': it leaves out Okta Verify",
    )


def test_a_device_that_is_ignored_is_managed_and_has_no_fast_pass():
    ignored = Signals(signals_with("IGNORE"), signals_with("IGNORE"))
    person = replace(ANN, devices=(MAC,))
    assert evaluation.forecast(OPEN, SEEN_ONLY, [person], signals=ignored).locked_out == ()
    strict = policy(rule("FastPass", method=FAST_PASS_ONLY), DENY)
    (row,) = evaluation.forecast(OPEN, strict, [person], signals=ignored).locked_out
    assert row.unknowns[-1].endswith("it ignores Okta Verify")
    assert evaluation.forecast(OPEN, strict, [person]).locked_out == ()
    two = policy(rule("Two", method={"type": "ASSURANCE", "factorMode": "2FA"}), DENY)
    (row,) = evaluation.forecast(OPEN, two, [person], signals=ignored).locked_out
    assert row.unknowns[0] == "authenticator: a second factor"


def test_who_is_locked_out_in_any_case_depends_on_no_view():
    hidden = Signals(signals_with(), signals_with())
    closed = policy(DENY)
    (row,) = evaluation.forecast(
        OPEN, closed, [replace(ANN, devices=(MAC,))], signals=hidden
    ).locked_out
    assert row.unknowns == ()


def test_people_whom_a_session_policy_refuses_are_apart():
    people = {"people": {"groups": {"include": ["staff"]}}}
    row = {"id": "p", "name": "Staff", "status": "ACTIVE", "conditions": people}
    stop = SessionRule("r", "Stop", status="ACTIVE", access="DENY")
    sessions = Sessions((SessionPolicy(RankedPolicy.from_row(row), (stop,)),))
    eve = Person("eve", login="eve@acme.com")
    admitted, refused = evaluation.split_refused([ANN, eve], sessions)
    assert admitted == [eve]
    assert refused == [
        evaluation.EarlierRefusal("ann", "ann@acme.com", SessionRefusal("Staff", "Stop"))
    ]
    found = evaluation.Forecast(refused_earlier=tuple(refused), unread=("Something.",)).as_result()
    assert found["refused_earlier"] == [
        {"user_id": "ann", "login": "ann@acme.com", "policy": "Staff", "rule": "Stop"}
    ]
    assert found["unread"] == ["Something."]


# What the unknowns leave possible


def test_every_outcome_that_an_unknown_leaves_possible_is_there_once() -> None:
    office = rule("Office", network={"connection": "ZONE", "include": ["z1"]})
    chosen = evaluation.select_candidates([office, CLOSED], ANN, MAC)
    assert evaluation.list_possible_outcomes(chosen) == [
        SignInOutcome(False, "Closed"),
        SignInOutcome(True, "Office"),
    ]
    assert evaluation.list_possible_outcomes([]) == [SignInOutcome(False, "")]


def test_of_as_many_unknowns_as_can_be_tried_only_the_possible_is() -> None:
    names = frozenset(f"n{number}" for number in range(evaluation.MAX_UNKNOWNS))
    chosen = [evaluation.Candidate(conditions.NOTHING, "A", (names, conditions.NOTHING))]
    assert evaluation.list_possible_outcomes(chosen) == [SignInOutcome(True, "A")]


@pytest.mark.parametrize("kind", ["users", "groups"])
@pytest.mark.parametrize("side", ["include", "exclude"])
def test_people_whom_a_rule_tells_apart_do_not_share_an_outcome(kind: str, side: str) -> None:
    named, other = (Person(name, frozenset({name}), login=name) for name in ("ann", "bob"))
    stop = rule("Stop", "DENY", people={kind: {side: ["ann"]}})
    change = evaluation.Comparison(OPEN, policy(stop, *OPEN))
    lost = [change.find_change(person, MAC).lost for person in (named, other)]
    assert lost == [side == "include", side == "exclude"]


def test_of_too_many_unknowns_the_extremes_are_possible() -> None:
    names = frozenset(f"n{number}" for number in range(evaluation.MAX_UNKNOWNS + 1))
    chosen = [
        evaluation.Candidate(names, "A", conditions.ALWAYS),
        evaluation.Candidate(conditions.NOTHING, "B", conditions.NEVER),
    ]
    assert evaluation.list_possible_outcomes(chosen) == [
        SignInOutcome(False, "B"),
        SignInOutcome(True, "A"),
    ]


def test_people_with_and_without_a_password_do_not_share_an_outcome() -> None:
    method = {"factorMode": "1FA", "constraints": [{"knowledge": {"types": ["password"]}}]}
    sign_on = {"access": "ALLOW", "verificationMethod": method}
    asking = PolicyRule.from_row({"name": "x", "system": True, "actions": {"appSignOn": sign_on}})
    opened = PolicyRule.from_row(
        {"name": "x", "system": True, "actions": {"appSignOn": {"access": "ALLOW"}}}
    )
    comparison = evaluation.Comparison([opened], [asking])
    device = DeviceContext("MACOS")
    lost = [
        comparison.find_change(conditions.Identity(sure_password=sure), device).lost
        for sure in (True, False)
    ]
    assert lost == [False, True]


def test_a_part_that_becomes_required_may_refuse_people() -> None:
    loose, strict = (
        PolicyRule.from_row(
            {
                "name": "x",
                "system": True,
                "actions": {
                    "appSignOn": {
                        "access": "ALLOW",
                        "verificationMethod": {
                            "factorMode": "1FA",
                            "constraints": [
                                {"possession": {"required": required, "deviceBound": "REQUIRED"}}
                            ],
                        },
                    }
                },
            }
        )
        for required in (False, True)
    )
    person = conditions.Identity()
    assert compare_outcomes([loose], [strict], person, DeviceContext("MACOS")).lost
    assert not compare_outcomes([strict], [loose], person, DeviceContext("MACOS")).lost


BY_EXPRESSION = [
    rule("Managed", elCondition={"condition": "device.profile.managed == true"}),
    rule("Catch-all Rule", "DENY", system=True),
]


def test_an_expression_that_names_the_device_may_say_less_of_one_that_a_policy_hides():
    """The app moves to a policy for which Okta Verify gives no signals."""
    hiding = SignalPolicy(
        "s", "Signals", (SignalRule("r", "Rule", status="ACTIVE", providers={}),), frozenset({"p2"})
    )
    signals = signals_of([hiding], "app1", "p1", "p2")
    change = evaluation.compare_views(BY_EXPRESSION, BY_EXPRESSION, ANN, MAC, signals)
    assert change.lost and change.after.rule == "Catch-all Rule"
    same = signals_of([hiding], "app1", "p2", "p2")
    assert not evaluation.compare_views(BY_EXPRESSION, BY_EXPRESSION, ANN, MAC, same).lost
