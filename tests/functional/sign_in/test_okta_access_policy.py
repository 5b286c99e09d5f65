# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies, their rules and the forecast, module by module, against the lab."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import (
    client as okta_client,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import Okta

from lab.actors import person as people
from lab.clock import iso
from lab.okta.devices.records import DeviceFacts
from lab.okta.errors import refuse
from lab.okta.policies.sign_ins import Seat
from tests.functional.helpers.interleaving import before_request

POLICY, RULE, FORECAST, DENIALS = (
    "okta_access_policy",
    "okta_access_policy_rule",
    "okta_access_policy_forecast",
    "okta_sign_in_denials_info",
)
NAME = "Company apps (managed devices)"
SIGNED_NONCE = {"key": "okta_verify", "method": "signed_nonce"}
FAST_PASS = [
    {
        "possession": {
            "deviceBound": "REQUIRED",
            "phishingResistant": "REQUIRED",
            "authenticationMethods": [SIGNED_NONCE],
        }
    }
]
GLASS = {"groups_excluded": ["Break glass"], "break_glass_group": "Break glass"}
MANAGED = {
    "policy": "Company apps",
    "name": "Managed Macs",
    "position": "first",
    "platforms": ["MACOS"],
    "managed": True,
    "access": "ALLOW",
    "factor_mode": "2FA",
    "reauthenticate_in": "PT2H",
    "constraints": FAST_PASS,
    **GLASS,
}
OTHERS = {
    "policy": "Company apps",
    "name": "Other Macs",
    "after": "Managed Macs",
    "platforms": ["MACOS"],
    "access": "DENY",
    **GLASS,
}

pytestmark = pytest.mark.lab(macs=2)


class Desk:
    """The lab's org, and somebody who uses an app from a Mac that Okta knows but not as managed."""

    def __init__(self, watched, run_module):
        self.watched, self.okta, self.run_module = watched, watched.world.okta, run_module

    def run(self, name, args, **more):
        return self.run_module(name, args, lab=self.watched.lab, **more)

    def rules(self, policy="Company apps"):
        return next(one for one in self.okta.policies.by_id.values() if one.name == policy).rules

    def names(self, policy="Company apps"):
        return [rule.name for rule in self.rules(policy)]

    def user(self, login="unready@example.com"):
        with self.watched.world.lock:
            user = self.okta.add_user("Un", "Ready", login)
            record = self.okta.registry.register(
                user.id,
                DeviceFacts(
                    serial=login, udid=login, name="MacBook of Un", model="Mac", os_version="15.0"
                ),
            )
            seat = Seat(user.id, "MACOS", record.id)
            self.okta.sign_ins.seats.append(seat)
        return record, seat

    def open(self, *labels, login="unready@example.com"):
        with self.watched.world.lock:
            apps = [self.okta.directory.app(label) for label in labels]
        return {
            (one.login, one.app): one.admitted
            for one in people.open_apps(self.watched.world, apps, [login])
        }

    def nobody_uses_anything(self):
        self.watched.world.clock.advance(days=95)


@pytest.fixture
def desk(watched, run_module):
    made = Desk(watched, run_module)
    made.nobody_uses_anything()
    return made


def refused(result):
    assert result.get("failed"), result
    return result["msg"]


# Rules


def test_a_rule_is_made_kept_changed_and_taken_away(desk):
    mark = desk.watched.mark()
    predicted = desk.run(RULE, MANAGED, check=True, diff=True)
    assert predicted["changed"] and desk.watched.writes(mark) == []
    made = desk.run(RULE, MANAGED, diff=True)
    assert (
        predicted["changes"] == made["changes"]
        and predicted["diff"] == made["diff"]
        and desk.watched.writes(mark) == ["createPolicyRule"]
    )
    assert desk.names() == ["Managed Macs", "Catch-all Rule"] and made["rule"]["conditions"][
        "device"
    ] == {"managed": True, "registered": True}
    mark = desk.watched.mark()
    assert not desk.run(RULE, MANAGED)["changed"] and desk.watched.writes(mark) == []
    assert [one.operation for one in desk.watched.asked(mark)] == [
        "listPolicies",
        "listPolicyRules",
        "listGroups",
    ]
    changed = desk.run(
        RULE, {**MANAGED, "reauthenticate_in": "PT4H", "status": "INACTIVE"}, diff=True
    )
    assert changed["diff"]["after"] == {
        "rule 'Managed Macs' of policy 'Company apps'": {
            "actions.appSignOn.verificationMethod.reauthenticateIn": "PT4H",
            "status": "INACTIVE",
        }
    }
    assert (
        desk.watched.writes(mark) == ["deactivatePolicyRule", "replacePolicyRule"]
        and desk.rules()[0].status == "INACTIVE"
    )
    gone = desk.run(RULE, {"policy": "Company apps", "name": "Managed Macs", "state": "absent"})
    assert gone["changed"] and desk.names() == ["Catch-all Rule"]
    assert not desk.run(
        RULE, {"policy": "Company apps", "name": "Managed Macs", "state": "absent"}
    )["changed"]


def test_order_is_by_relation_and_others_who_write_do_no_harm(desk):
    for wanted in (MANAGED, OTHERS):
        assert desk.run(RULE, wanted)["changed"]
    with desk.watched.world.lock:  # somebody else puts a rule between and one before
        policy = next(
            one for one in desk.okta.policies.by_id.values() if one.name == "Company apps"
        )
        for name, priority in (("Between", 1), ("Contractors", 0)):
            desk.okta.policies.add_rule(
                policy, (name, None, {"appSignOn": {"access": "DENY"}}), priority, active=False
            )
    assert desk.names() == [
        "Contractors",
        "Managed Macs",
        "Between",
        "Other Macs",
        "Catch-all Rule",
    ]
    assert not desk.run(RULE, OTHERS)["changed"]
    assert not desk.run(
        RULE,
        {
            **{name: value for name, value in MANAGED.items() if name != "position"},
            "before": "Other Macs",
        },
    )["changed"]
    moved = desk.run(RULE, MANAGED)
    assert moved["changed"] and desk.names() == moved["order"] == [
        "Managed Macs",
        "Contractors",
        "Between",
        "Other Macs",
        "Catch-all Rule",
    ]


def test_what_another_wrote_since_is_kept(desk, monkeypatch):
    assert desk.run(RULE, MANAGED)["changed"]
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import (
        client as _okta,
    )

    real, wanted = _okta.Okta.policy_rules, {**MANAGED, "reauthenticate_in": "PT4H"}

    def read_then_somebody_writes(self, policy_id):
        found = real(self, policy_id)
        desk.rules()[0].conditions["people"]["users"]["exclude"] = [next(iter(desk.okta.users))]
        return found

    mark = desk.watched.mark()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(_okta.Okta, "policy_rules", read_then_somebody_writes)
        message = refused(desk.run(RULE, wanted))
    assert message.startswith("Policy 'Company apps': it got other rules in Okta after this run")
    assert desk.watched.writes(mark) == [] and desk.run(RULE, wanted)["changed"]
    assert (
        desk.rules()[0].conditions["people"]["users"]["exclude"]
        and desk.rules()[0].actions["appSignOn"]["verificationMethod"]["reauthenticateIn"] == "PT4H"
    )


@pytest.mark.parametrize(
    "more",
    [
        {
            "chains": [
                {
                    "authenticationMethods": [{"key": "okta_password", "method": "password"}],
                    "next": [{"authenticationMethods": [SIGNED_NONCE]}],
                }
            ],
            "reauthenticate_in": "PT1H",
        },
        {"chains": [{"authenticationMethods": [SIGNED_NONCE], "reauthenticateIn": "PT60M"}]},
        {
            "factor_mode": "1FA",
            "risk_level": "LOW",
            "expression": "user.x == 1",
            "network_connection": "ZONE",
            "zones": ["nzo1"],
            "user_types_excluded": ["oty1"],
        },
        {
            "factor_mode": "2FA",
            "platforms": ["WINDOWS", "IOS"],
            "registered": True,
            "device_assurances": ["dae1"],
            "groups": ["Engineering", "Office"],
            "users_excluded": ["break.glass@example.com"],
        },
    ],
)
def test_what_okta_adds_drops_and_reorders_is_no_change(desk, more):
    wanted = {"policy": "Company apps", "name": "Rule", "access": "ALLOW", **more}
    assert desk.run(RULE, wanted)["changed"]
    mark = desk.watched.mark()
    assert not desk.run(RULE, wanted)["changed"] and desk.watched.writes(mark) == []


def test_a_task_changes_one_part_of_where_a_rule_is_for(desk):
    rule = {"policy": "Company apps", "name": "Office", "access": "ALLOW", "factor_mode": "2FA"}
    mark = desk.watched.mark()
    assert "needs zones or zones_excluded" in refused(
        desk.run(RULE, {**rule, "network_connection": "ZONE"})
    )
    assert "a rule is for zones only with" in refused(desk.run(RULE, {**rule, "zones": ["nzo1"]}))
    assert desk.watched.writes(mark) == []
    zone = {"network_connection": "ZONE", "zones": ["nzo1"]}
    assert desk.run(RULE, {**rule, **zone})["changed"]
    changed = desk.run(RULE, {**rule, "zones": ["nzo2"]})["rule"]["conditions"]["network"]
    assert (changed["connection"], changed["include"]) == ("ZONE", ["nzo2"])
    anywhere = {**rule, "network_connection": "ANYWHERE"}
    assert not desk.run(RULE, anywhere)["rule"]["conditions"]["network"].get("include")
    assert not desk.run(RULE, anywhere)["changed"]


@pytest.mark.parametrize("status", [pytest.param(409, marks=pytest.mark.long), 500])
def test_a_write_that_met_anothers_is_tried_again(desk, status):
    desk.watched.fault("5xx", "createPolicyRule", times=2, status=status)
    assert desk.run(RULE, MANAGED)["changed"] and desk.names() == ["Managed Macs", "Catch-all Rule"]
    desk.watched.fault("5xx", "createPolicyRule", times=None, status=status)
    assert "createPolicyRule" in refused(desk.run(RULE, OTHERS))
    desk.watched.world.faults.clear()
    assert desk.run(RULE, OTHERS)["changed"]


@pytest.mark.parametrize("status", [409, 423])
def test_a_change_of_a_rule_that_was_not_carried_out_is_sent_again(desk, status):
    assert desk.run(RULE, MANAGED)["changed"]
    desk.watched.fault("5xx", "replacePolicyRule", times=1, status=status)
    done = desk.run(RULE, {**MANAGED, "reauthenticate_in": "PT9H"})
    assert done["changed"] and "PT9H" in str(done["rule"])


def test_a_time_of_chains_and_of_their_rule_replace_each_other(desk):
    step = {"authenticationMethods": [{"key": "okta_password", "method": "password"}]}
    wanted = {"policy": "Company apps", "name": "Chains", "access": "ALLOW"}
    of_the_rule = {**wanted, "chains": [step], "reauthenticate_in": "PT2H"}
    of_the_chain = {**wanted, "chains": [{**step, "reauthenticateIn": "PT1H"}]}
    for options in (of_the_rule, of_the_chain, of_the_rule):
        predicted = desk.run(RULE, options, check=True, diff=True)
        done = desk.run(RULE, options, diff=True)
        assert done["changed"] and predicted["diff"] == done["diff"], done
        assert not desk.run(RULE, options)["changed"]


def test_of_the_catch_all_rule_the_actions_can_be_set(desk):
    wanted = {"policy": "Company apps", "name": "Catch-all Rule", "reauthenticate_in": "PT8H"}
    assert desk.run(RULE, wanted)["changed"] and not desk.run(RULE, wanted)["changed"]
    assert "is the catch-all rule" in refused(desk.run(RULE, {**wanted, "platforms": ["MACOS"]}))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"policy": "Nowhere"}, "policy: Okta has no app sign-in policy 'Nowhere'"),
        ({"name": ""}, "name: it is empty."),
        ({"registered": False}, "needs registered: true"),
        ({"groups": ["Nobodies"]}, "groups: Okta has no group 'Nobodies'"),
        ({"groups_excluded": []}, "does not exclude group 'Break glass'"),
        ({"break_glass_group": None}, "no group keeps access"),
        ({"break_glass_group": "Nobodies"}, "break_glass_group: Okta has no group 'Nobodies'"),
        ({"users": ["nobody@example.com"]}, "Okta has no user with the id or login"),
        ({"position": None, "before": "Nowhere"}, "has no rule 'Nowhere'"),
        ({"active_days": 91}, "active_days: 91"),
        ({"max_locked_out": -1}, "max_locked_out: -1 is not between 0 and"),
        ({"access": None}, "needs access"),
        ({"reauthenticate_in": "2h"}, "ISO 8601"),
        ({"constraints": [{"posession": {}}]}, "did you mean 'possession'?"),
        ({"after": "x"}, "mutually exclusive"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(desk, options, says):
    mark = desk.watched.mark()
    args = {name: value for name, value in {**MANAGED, **options}.items() if value is not None}
    assert says in refused(desk.run(RULE, args))
    assert desk.watched.writes(mark) == [] and desk.names() == ["Catch-all Rule"]


def test_a_break_glass_group_lives_and_gets_in(desk):
    group = desk.okta.directory.group("Break glass")
    members, group.members = group.members, set()
    assert "no member who surely can sign in" in refused(desk.run(RULE, MANAGED))
    group.members = members
    catch_all = desk.rules()[-1]
    catch_all.actions = {"appSignOn": {"access": "DENY"}}
    assert "'Catch-all Rule' refuses them" in refused(desk.run(RULE, MANAGED))


@pytest.mark.parametrize(
    ("glass", "groups", "says"),
    [
        ("Everyone", [], "break_glass_group: group 'Everyone' has everybody"),
        ("Break glass", ["Break glass"], "groups: rule 'Managed Macs' of policy"),
    ],
)
def test_a_requirement_that_is_nobodys_is_refused(desk, glass, groups, says):
    wanted = {**MANAGED, "groups": groups, "groups_excluded": [glass], "break_glass_group": glass}
    mark = desk.watched.mark()
    for check in (True, False):
        assert says in refused(desk.run(RULE, wanted, check=check))
    assert desk.watched.writes(mark) == []


def test_a_member_who_cannot_meet_the_rule_does_not_keep_access(desk):
    """The only member has a password, e-mail and a phone."""
    wanted = {
        "policy": "Okta Admin Console",
        "name": "Catch-all Rule",
        "constraints": [
            {"possession": {"deviceBound": "REQUIRED", "phishingResistant": "REQUIRED"}}
        ],
        "break_glass_group": "Break glass",
        "allow_protected_apps": ["Okta Admin Console"],
        "max_locked_out": 1000,
    }
    mark = desk.watched.mark()
    message = refused(desk.run(RULE, wanted))
    assert "rule 'Catch-all Rule' requires" in message and "phishingResistant" in message
    assert "break.glass@example.com has okta_email, okta_password, phone_number" in message
    assert desk.watched.writes(mark) == []


DENIALS_OF_ALL = [
    {"name": "Stop", "position": "first"},
    {"name": "Macs", "position": "first", "platforms": ["MACOS"]},
    {"name": "Catch-all Rule"},
]


@pytest.mark.parametrize("rule", DENIALS_OF_ALL)
@pytest.mark.parametrize("policy", ["Okta Account Management", "Okta Admin Console"])
@pytest.mark.parametrize("resource", [True, False])
def test_nobody_is_refused_where_people_administer_or_enroll(desk, rule, policy, resource):
    """No sign-in of these is in the log."""
    desk.watched.switch(policy_resource=resource)
    mark = desk.watched.mark()
    wanted = {"policy": policy, "access": "DENY", **rule}
    assert "in allow_protected_apps" in refused(desk.run(RULE, wanted))
    assert "in allow_protected_apps" in refused(desk.run(RULE, wanted, check=True))
    assert "in allow_protected_apps" in refused(desk.run(RULE, {**wanted, "forecast": False}))
    allowed = {**wanted, "allow_protected_apps": [policy]}
    assert "^break_glass_group" in "^" + refused(desk.run(RULE, allowed))
    group = {**allowed, "break_glass_group": "Break glass"}
    assert "admits no member of group" in refused(desk.run(RULE, group))
    assert desk.watched.writes(mark) == []
    admitted = {"policy": policy, "name": "Glass", "access": "ALLOW", "factor_mode": "2FA"}
    assert desk.run(RULE, {**admitted, "groups": ["Break glass"], "position": "first"})["changed"]
    if "position" in rule:
        group = {**{key: group[key] for key in group if key != "position"}, "after": "Glass"}
    assert desk.run(RULE, group)["changed"]


def test_a_rule_that_locks_somebody_out_is_refused_with_names(desk):
    record, _seat = desk.user()
    assert desk.open("Salesforce")["unready@example.com", "Salesforce"]
    wanted = {
        "policy": "Company apps",
        "name": "Other Macs",
        "platforms": ["MACOS"],
        "registered": True,
        "managed": False,
        "access": "DENY",
        **GLASS,
    }
    mark = desk.watched.mark()
    for check in (True, False):
        result = desk.run(RULE, wanted, check=check)
        assert (
            "1 person who used these apps would be locked out: unready@example.com"
            in refused(result)
            and desk.watched.writes(mark) == []
        )
        assert (
            result["count"] == 1
            and result["forecast"]["locked_out"][0]["refused_by"] == "Other Macs"
            and result["forecast"]["log_names_devices"]
        )
    # A request for each kind of thing to know, however many people; groups are searched for the
    # rule and for the break-glass group.
    mark = desk.watched.mark()
    desk.run(RULE, wanted)
    assert sorted(one.operation for one in desk.watched.asked(mark)) == [
        "listApplications",
        "listAuthenticatorEnrollments",
        "listAuthenticatorMethods",
        "listAuthenticators",
        "listDevices",
        "listGroupUsers",
        "listGroups",
        "listGroups",
        "listLogEvents",
        "listPolicies",
        "listPolicies",  # global session policies
        "listPolicies",  # device signal collection policies
        "listPolicyMappings",
        "listPolicyRules",
        "listPolicyRules",  # of the default global session policy
    ]
    user_id = next(iter(record.users))
    record.users[user_id].set_managed(True)
    done = desk.run(RULE, wanted)
    assert (
        done["changed"] and done["forecast"]["locked_out"] == [] and done["forecast"]["people"] >= 1
    )
    assert desk.open("Salesforce")["unready@example.com", "Salesforce"]


# A rule of a recorded org: Okta sends ``required: false`` wherever methods are excluded.
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


@pytest.mark.parametrize("constraints", [[NO_PHONES], [{}]])
def test_who_lacks_a_second_factor_is_named(desk, constraints):
    """They open apps with a password alone, from a Mac that Okta does not know."""
    _record, seat = desk.user()
    desk.okta.sign_ins.seats.remove(seat)
    desk.okta.sign_ins.seats.append(Seat(seat.user_id, "MACOS"))
    one_factor = {"policy": "Company apps", "name": "Catch-all Rule", "factor_mode": "1FA"}
    desk.run(RULE, one_factor)
    assert desk.open("Salesforce")["unready@example.com", "Salesforce"]
    wanted = {**one_factor, "factor_mode": "2FA", "constraints": constraints}
    mark = desk.watched.mark()
    result = desk.run(RULE, wanted)
    assert "locked out: unready@example.com" in refused(result)
    assert result["forecast"]["locked_out_people"] == ["unready@example.com"]
    assert desk.watched.writes(mark) == []


def test_more_people_may_be_locked_out_where_that_is_asked_for(desk):
    desk.user()
    desk.open("Salesforce")
    wanted = {
        "policy": "Company apps",
        "name": "Other Macs",
        "platforms": ["MACOS"],
        "registered": True,
        "managed": False,
        "access": "DENY",
        **GLASS,
    }
    assert desk.run(RULE, {**wanted, "max_locked_out": 1})["changed"]
    assert not desk.open("Salesforce")["unready@example.com", "Salesforce"]
    denied = desk.run(DENIALS, {"apps": ["Salesforce"]})
    assert (
        denied["newly_denied"] == ["unready@example.com"]
        and denied["rise"]
        and denied["denied"][0]["rules"] == []
        and denied["denied"][0]["rule_unknown"] == denied["denied"][0]["count"]
    )
    assert any("1 person was denied" in text for text in denied["warnings"])
    desk.watched.switch(denial_rules="one")
    desk.open("Salesforce")
    assert desk.run(DENIALS, {"apps": ["Salesforce"]})["denied"][0]["rules"] == ["Other Macs"]
    assert not desk.run(DENIALS, {"apps": ["Salesforce"], "max_denied": 1})["rise"]


def test_who_was_refused_is_asked_within_the_second_in_which_apps_moved(desk):
    now = desk.watched.world.clock.now()
    answer = desk.run(
        DENIALS, {"apps": ["Salesforce"], "since": iso(now + timedelta(seconds=5))}
    )  # by another of Okta's servers
    assert answer["denied"] == [] and not answer["rise"]
    assert "Set a time in the past" in refused(
        desk.run(DENIALS, {"apps": ["Salesforce"], "since": iso(now + timedelta(hours=1))})
    )


def test_a_log_too_long_to_count_everybody_is_refused(desk):
    desk.user()
    desk.open("Salesforce", "Slack")
    assert "Raise log_events" in refused(desk.run(RULE, {**OTHERS, "after": None, "log_events": 1}))


@pytest.mark.parametrize("listed", [[], ["Payroll"]])
def test_an_app_that_okta_does_not_list_counts_like_any_other(desk, monkeypatch, listed):
    """A role that is limited to some apps sees the mappings of all."""
    desk.user()
    desk.open("Salesforce", "Slack")
    wanted = {"policy": "Company apps", "name": "No Macs", "position": "first", "access": "DENY"}
    wanted |= {"platforms": ["MACOS"], **GLASS}
    everything = refused(desk.run(RULE, wanted))
    all_apps = Okta.apps
    monkeypatch.setattr(
        Okta, "apps", lambda okta: [each for each in all_apps(okta) if each.label in listed]
    )
    mark = desk.watched.mark()
    message = refused(desk.run(RULE, wanted))
    assert "an app that Okta does not list, which may be" in message
    ids = re.findall(r"'(0oa\w+)'", message)
    allowed = {**wanted, "allow_protected_apps": ids}
    assert refused(desk.run(RULE, allowed)).split(".")[0] == everything.split(".")[0]
    console = {**wanted, "policy": "Okta Admin Console"}
    assert "does not list" in refused(desk.run(RULE, console))
    assert desk.watched.writes(mark) == []


@pytest.mark.parametrize(
    ("module", "args"),
    [
        (
            RULE,
            {"policy": "Company apps", "name": "No Macs", "position": "first", "access": "DENY"},
        ),
        (FORECAST, {"policy": "Company apps", "rules": [{"name": "No Macs", "access": "DENY"}]}),
        (POLICY, {"name": "Company apps", "state": "absent"}),
    ],
)
def test_a_mapping_that_names_no_app_ends_the_run(desk, monkeypatch, module, args):
    monkeypatch.setattr(okta_client, "linked_id", lambda *_: "")
    mark = desk.watched.mark()
    assert "a mapping of a policy names no app" in desk.run(module, args)["msg"]
    assert desk.watched.writes(mark) == []


def test_no_user_is_called_me(desk):
    """Okta would answer with the administrator whose token it is."""
    wanted = {**MANAGED, "users": ["me"]}
    assert "Okta has no user with the id or login 'me'" in refused(desk.run(RULE, wanted))


def test_the_policy_that_judges_enrollment_and_oktas_own_apps_are_left_alone(desk):
    assert "no new device can become one" in refused(
        desk.run(RULE, {**MANAGED, "policy": "Okta Account Management"})
    )
    assert "'Okta Admin Console' (the Admin Console)" in refused(
        desk.run(RULE, {**MANAGED, "policy": "Okta Admin Console"})
    )
    named = {"allow_protected_apps": ["Okta Admin Console"], "max_locked_out": 100}
    assert desk.run(RULE, {**MANAGED, "policy": "Okta Admin Console", **named})["changed"]
    for wanted in (MANAGED, OTHERS):
        assert desk.run(RULE, wanted)["changed"]
    dashboard = {
        "name": "Company apps",
        "apps": ["Okta Dashboard"],
        "break_glass_group": "Break glass",
    }
    assert "'Okta Dashboard' (the dashboard)" in refused(desk.run(POLICY, dashboard))


# Policies and apps


def test_a_clone_is_made_once_gets_apps_and_gives_them_back(desk):
    wanted = {
        "name": NAME,
        "clone_of": "Company apps",
        "description": "Only managed devices.",
        "apps": ["Slack", "Salesforce"],
    }
    mark = desk.watched.mark()
    predicted = desk.run(POLICY, wanted, check=True, diff=True)
    assert (
        predicted["changed"]
        and predicted["policy"]["id"] is None
        and desk.watched.writes(mark) == []
    )
    done = desk.run(POLICY, wanted, diff=True)
    assert done["changes"] == predicted["changes"] and done["diff"] == predicted["diff"]
    assert desk.watched.writes(mark) == [
        "clonePolicy",
        "replacePolicy",
        "assignApplicationPolicy",
        "assignApplicationPolicy",
    ]
    assert [one["label"] for one in done["moved_apps"]] == ["Slack", "Salesforce"]
    assert done["policy"]["description"].startswith("Only managed devices. [made from")
    mark = desk.watched.mark()
    assert not desk.run(POLICY, wanted)["changed"] and desk.watched.writes(mark) == []
    changed = desk.run(POLICY, {**wanted, "description": "Another."})
    assert (
        changed["changes"] == [f"update policy {NAME!r}: description"]
        and changed["policy"]["made_from"] == done["policy"]["made_from"]
    )
    assert "2 apps use it" in refused(desk.run(POLICY, {"name": NAME, "state": "absent"}))
    back = desk.run(POLICY, {"name": NAME, "state": "reverted"})
    assert {one["label"] for one in back["moved_apps"]} == {"Slack", "Salesforce"} and not desk.run(
        POLICY, {"name": NAME, "state": "reverted"}
    )["changed"]
    assert {
        desk.okta.policies.in_force(desk.okta.directory.app(label)).name
        for label in ("Slack", "Salesforce")
    } == {"Company apps"}
    assert (
        desk.run(POLICY, {"name": NAME, "state": "absent"})["changed"]
        and not desk.run(POLICY, {"name": NAME, "state": "absent"})["changed"]
    )


def test_each_app_goes_back_to_its_own_policy(desk):
    strict = desk.okta.policies.add("Strict")
    with desk.watched.world.lock:
        desk.okta.assign(desk.okta.directory.app("Slack"), strict)
    for apps in (["Salesforce"], ["Slack"]):
        wanted = {"name": NAME, "clone_of": "Company apps", "apps": apps}
        assert desk.run(POLICY, {**wanted, "max_locked_out": 100})["changed"]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    with desk.watched.world.lock:  # in the console, so that its earlier policy is not known
        desk.okta.assign(desk.okta.directory.app("Payroll"), clone)
    predicted = desk.run(POLICY, {"name": NAME, "state": "reverted"}, check=True)
    back = desk.run(POLICY, {"name": NAME, "state": "reverted"})
    assert back["changed"] and back["changes"] == predicted["changes"]
    assert [app["label"] for app in back["staying_apps"]] == ["Payroll"]
    assert any("'Payroll': the policy before" in text for text in back["warnings"])
    assert {
        label: desk.okta.policies.in_force(desk.okta.directory.app(label)).name
        for label in ("Slack", "Salesforce", "Payroll")
    } == {"Slack": "Strict", "Salesforce": "Company apps", "Payroll": NAME}
    assert not desk.run(POLICY, {"name": NAME, "state": "reverted"})["changed"]


def test_an_app_that_left_the_clone_and_came_back_by_hand_is_not_sent_to_a_policy_of_old(desk):
    strict = desk.okta.policies.add("Strict")
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"], "max_locked_out": 100}
    assert desk.run(POLICY, wanted)["changed"]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    slack = desk.okta.directory.app("Slack")
    with desk.watched.world.lock:
        desk.okta.assign(slack, strict)
    other = {**wanted, "apps": ["Salesforce"]}
    predicted = desk.run(POLICY, other, check=True)
    done = desk.run(POLICY, other)
    assert done["changes"] == predicted["changes"] and slack.id not in clone.description
    assert not desk.run(POLICY, other)["changed"]
    with desk.watched.world.lock:
        desk.okta.assign(slack, clone)
    back = desk.run(POLICY, {"name": NAME, "state": "reverted"})
    assert [app["label"] for app in back["staying_apps"]] == ["Slack"]
    assert [app["label"] for app in back["moved_apps"]] == ["Salesforce"]


def test_a_backup_of_the_policy_in_the_console_stays_as_it_is(desk):
    policies = desk.okta.policies
    original = next(each for each in policies.by_id.values() if each.name == "Company apps")
    with desk.watched.world.lock:
        backup = policies.clone(original)
        backup.name = "Company apps - BACKUP before device trust, do not touch"
        plain = policies.clone(original)
        desk.watched.world.clock.advance(days=30)
    done = desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})
    assert done["policy"]["id"] not in (backup.id, plain.id)
    assert backup.name == "Company apps - BACKUP before device trust, do not touch"
    assert plain.name == "[cloned] Company apps" and plain.description == original.description
    assert any("'[cloned] Company apps': an interrupted run" in text for text in done["warnings"])


def test_the_policy_of_the_admin_console_takes_no_other_app(desk):
    """Recorded: Okta refuses it."""
    console = {"name": "Okta Admin Console", "apps": ["Slack"], "max_locked_out": 100}
    mark = desk.watched.mark()
    for check in (True, False):
        message = refused(desk.run(POLICY, console, check=check))
        assert "'Slack': policy 'Okta Admin Console' is, or becomes, the policy of" in message
    own = ["Okta Dashboard", "Okta Admin Console", "Okta End User Settings"]
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": own, "allow_protected_apps": own}
    wanted |= {"break_glass_group": "Break glass"}
    assert "'Okta End User Settings': policy" in refused(desk.run(POLICY, wanted))
    assert desk.watched.writes(mark) == []


def test_what_moved_is_named_if_a_later_app_does_not(desk):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack", "Salesforce", "Payroll"]}
    real = desk.okta.assign
    assert desk.run(POLICY, {**wanted, "apps": []})["changed"]
    desk.okta.assign = lambda app, policy: (
        real(app, policy),
        desk.watched.fault("5xx", "assignApplicationPolicy", times=1, status=400),
    )
    failed = desk.run(POLICY, wanted)
    assert (
        "This was the move of app 'Salesforce'. Moved before it: 'Slack'. Not moved: 'Payroll'."
        in refused(failed)
    )
    assert [each["label"] for each in failed["moved_apps"]] == ["Slack"] and failed["changed"]
    desk.okta.assign = real
    assert desk.run(POLICY, wanted)["changed"]


@pytest.mark.parametrize("state", ["reverted", "absent"])
def test_single_apps_are_not_taken_back(desk, state):
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]})[
        "changed"
    ]
    mark = desk.watched.mark()
    message = refused(desk.run(POLICY, {"name": NAME, "state": state, "apps": ["Slack"]}))
    assert message.startswith(f"apps: with state={state} it has no effect")
    assert desk.watched.writes(mark) == []


def test_an_app_that_okta_keeps_does_not_keep_the_others_from_going_back(desk):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack", "Salesforce", "Payroll"]}
    assert desk.run(POLICY, wanted)["changed"]
    back = {"name": NAME, "state": "reverted"}
    real = desk.okta.assign

    def assign(app, policy):
        if app.label == "Salesforce":
            refuse("E0000006")
        real(app, policy)

    desk.okta.assign = assign
    first = desk.run(POLICY, back)
    assert sorted(app["label"] for app in first["moved_apps"]) == ["Payroll", "Slack"], first
    assert [app["label"] for app in first["staying_apps"]] == ["Salesforce"] and first["changed"]
    assert "403" in first["staying_apps"][0]["reason"]
    assert "'Salesforce': " in " ".join(first["warnings"])
    desk.okta.assign = real
    second = desk.run(POLICY, back)  # its mark is kept
    assert [app["label"] for app in second["moved_apps"]] == ["Salesforce"]
    assert second["staying_apps"] == [] and not desk.run(POLICY, back)["changed"]


def protect(desk, *apps):
    """Move apps of Okta's own to a clone that admits everybody who their policies admit."""
    allowed = {"allow_protected_apps": list(apps), "break_glass_group": "Break glass"}
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": list(apps), **allowed}
    assert desk.run(POLICY, wanted)["changed"]
    return allowed


def test_apps_of_okta_do_not_go_back_to_a_policy_that_refuses_people(desk):
    """Their earlier policies became stricter in the console since."""
    apps = ["Okta Dashboard", "Okta Admin Console"]
    allowed = protect(desk, *apps)
    for policy in apps:
        desk.rules(policy)[-1].actions = {"appSignOn": {"access": "DENY"}}
    back = {"name": NAME, "state": "reverted", "break_glass_group": "Break glass"}
    mark = desk.watched.mark()
    for options in ({}, {"forecast": False}):
        for check in (True, False):
            message = refused(desk.run(POLICY, {**back, **options}, check=check))
            assert "in allow_protected_apps" in message and "'Catch-all Rule'" in message
    message = refused(desk.run(POLICY, {**back, **allowed, "forecast": False}))
    assert "admits no member of group 'Break glass'" in message
    assert desk.watched.writes(mark) == []
    for policy in apps:
        desk.rules(policy)[-1].actions = {"appSignOn": {"access": "ALLOW"}}
    assert desk.run(POLICY, back)["changed"]


def test_a_rollback_that_refuses_people_names_them(desk):
    desk.user()
    desk.open("Payroll")
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Payroll"]}
    assert desk.run(POLICY, wanted)["changed"]
    desk.rules("Company apps")[-1].actions = {"appSignOn": {"access": "DENY"}}
    back = {"name": NAME, "state": "reverted"}
    mark = desk.watched.mark()
    for check in (True, False):
        result = desk.run(POLICY, back, check=check)
        assert "1 person who used these apps would be locked out: unready@" in refused(result)
    assert desk.watched.writes(mark) == []
    glass = {**back, "break_glass_group": "Break glass", "max_locked_out": 1}
    done = desk.run(POLICY, glass)  # whom an earlier policy admits was decided before
    assert done["changed"] and done["forecast"]["locked_out_people"] == ["unready@example.com"]
    assert any("(unready@example.com): the earlier policy refuses" in w for w in done["warnings"])


# A rule that the forecast cannot decide: it may refuse anybody whom a later rule admits.
CONTRACTORS = {
    "policy": "Company apps",
    "name": "Contractors",
    "position": "first",
    "access": "DENY",
    "expression": "user.profile.userType == 'Contractor'",
    "max_locked_out": 100,
}


def move_to_clone(desk, *apps):
    """Move apps to a clone that admits a user from a registered Mac whatever the policy refuses."""
    desk.user()
    desk.open(*apps)
    assert desk.run(RULE, CONTRACTORS)["changed"]
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    admitting = {**MANAGED, "policy": NAME, "name": "Registered Macs", "managed": None}
    assert desk.run(RULE, {**admitting, "registered": True, "groups_excluded": None})["changed"]
    assert desk.run(POLICY, {"name": NAME, "apps": list(apps)})["changed"]


def test_an_unchanged_policy_takes_its_apps_back_whomever_it_refuses(desk):
    """Whom it refused before the apps left it is not recorded: a warning names whom it does now."""
    move_to_clone(desk, "Payroll")
    back = {"name": NAME, "state": "reverted"}
    predicted = desk.run(POLICY, back, check=True)
    done = desk.run(POLICY, back)
    assert done["changed"] and done["changes"] == predicted["changes"]
    assert done["forecast"] == predicted["forecast"]
    assert done["forecast"]["locked_out_people"] == ["unready@example.com"]
    assert any("(unready@example.com): the earlier policy refuses" in w for w in done["warnings"])
    app = desk.okta.directory.app("Payroll")
    assert desk.okta.policies.in_force(app).name == "Company apps"


def test_a_rollback_that_can_refuse_nobody_reads_neither_people_nor_the_log(desk):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Payroll"]}
    assert desk.run(POLICY, wanted)["changed"]
    mark = desk.watched.mark()
    done = desk.run(POLICY, {"name": NAME, "state": "reverted"})
    assert done["changed"] and done["forecast"] is None
    asked = {each.operation for each in desk.watched.asked(mark)}
    assert not asked & {"listLogEvents", "listDevices", "listGroups", "listGroupUsers"}


@pytest.mark.parametrize("operation", ["listAuthenticators", "listLogEvents"])
def test_a_rollback_to_unchanged_rules_goes_on_without_a_permission(desk, operation):
    move_to_clone(desk, "Payroll")
    desk.watched.control("PATCH", "/okta/refuse", {operation: True})
    for check in (True, False):
        done = desk.run(POLICY, {"name": NAME, "state": "reverted"}, check=check)
        assert done["changed"] and done["warnings"]
    app = desk.okta.directory.app("Payroll")
    assert desk.okta.policies.in_force(app).name == "Company apps"


@pytest.mark.lab(macs=45, real_macs=0)
def test_many_people_whom_the_log_alone_shows_are_read_by_searches(desk):
    """No Mac is registered yet, and each person has a password."""
    desk.watched.control("POST", "/act/apps", {})
    wanted = {"policy": "Company apps", "name": "Off", "position": "first", "access": "DENY"}
    refusal = desk.run(RULE, wanted, check=True)
    assert len(refusal["forecast"]["locked_out_people"]) > 40
    assert refusal["forecast"]["status_unknown"] == []
    calls = {each["operation"]: each["count"] for each in refusal["api_calls"]}
    assert calls["listUsers"] == 2 and "getUser" not in calls
    password = {
        **wanted,
        "access": "ALLOW",
        "factor_mode": "1FA",
        "constraints": [{"knowledge": {"types": ["password"]}}],
    }
    assert desk.run(RULE, password, check=True)["forecast"]["locked_out_people"] == []


def test_the_policy_of_account_management_is_not_deleted(desk):
    for check in (True, False):
        message = refused(
            desk.run(POLICY, {"name": "Okta Account Management", "state": "absent"}, check=check)
        )
        assert "Okta does not delete it" in message


def test_a_rollback_names_whom_the_earlier_policy_refuses_if_its_groups_changed(desk):
    """They were admitted when the app left: the group had other members then."""
    desk.user()
    desk.open("Payroll")
    rule = {"policy": "Company apps", "name": "No contractors", "position": "first"}
    refusing = {**rule, "access": "DENY", "groups": ["Contractors"], "max_locked_out": 100}
    assert desk.run(RULE, refusing)["changed"]
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Payroll"]}
    assert desk.run(POLICY, wanted)["changed"]
    assert desk.run(RULE, {"policy": NAME, "name": "No contractors", "state": "absent"})["changed"]
    desk.watched.world.clock.advance(days=1)
    members = {"name": "Contractors", "logins": ["unready@example.com"]}
    desk.watched.control("POST", "/okta/groups", members)
    back = {"name": NAME, "state": "reverted"}
    for check in (True, False):
        done = desk.run(POLICY, back, check=check)
        assert done["changed"]
        assert done["forecast"]["locked_out_people"] == ["unready@example.com"]
        assert any(
            "(unready@example.com): the earlier policy refuses" in w for w in done["warnings"]
        )


def test_a_policy_that_only_admits_more_by_now_takes_its_apps_back(desk):
    move_to_clone(desk, "Payroll")
    more = {**MANAGED, "name": "Phones", "platforms": ["IOS"], "managed": None}
    assert desk.run(RULE, {**more, "groups_excluded": None, "position": "last"})["changed"]
    assert desk.run(POLICY, {"name": NAME, "state": "reverted"})["changed"]


def test_a_policy_that_became_stricter_takes_its_apps_back_only_within_the_limit(desk):
    """The rule that is new counts; the one that the apps left does not."""
    move_to_clone(desk, "Payroll")
    desk.rules("Company apps")[-1].actions = {"appSignOn": {"access": "DENY"}}
    back = {"name": NAME, "state": "reverted"}
    for check in (True, False):
        message = refused(desk.run(POLICY, back, check=check))
        assert "1 person who used these apps would be locked out: unready@" in message
        assert "The earlier policy changed after the apps left it" in message
    assert desk.run(POLICY, {**back, "max_locked_out": 1})["changed"]


def test_without_a_record_of_the_earlier_rules_apps_go_back_with_a_warning(desk):
    """Somebody rewrote the description of the clone and kept its marks of policies and apps."""
    move_to_clone(desk, "Payroll")
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    clone.description = re.sub(r" as [0-9a-f]+:", ":", clone.description)
    for check in (True, False):
        done = desk.run(POLICY, {"name": NAME, "state": "reverted"}, check=check)
        assert done["changed"] and done["forecast"]["locked_out_people"] == ["unready@example.com"]
        assert any(
            "1 person (unready@example.com): the earlier" in each for each in done["warnings"]
        )


def test_people_whom_both_policies_refuse_do_not_stop_a_rollback(desk):
    """It reads neither people nor the log: it can refuse nobody else."""
    desk.user()
    desk.open("Payroll")
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Payroll"]}
    assert desk.run(POLICY, wanted)["changed"]
    for policy in (NAME, "Company apps"):
        desk.rules(policy)[-1].actions = {"appSignOn": {"access": "DENY"}}
    mark = desk.watched.mark()
    done = desk.run(POLICY, {"name": NAME, "state": "reverted"})
    assert done["changed"] and done["forecast"] is None
    operations = {each.operation for each in desk.watched.asked(mark)}
    assert not operations & {"listLogEvents", "listDevices", "listGroupUsers", "listGroups"}


def test_no_app_goes_to_a_policy_that_is_not_active(desk):
    apps = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    assert desk.run(POLICY, apps)["changed"]
    original = next(e for e in desk.okta.policies.by_id.values() if e.name == "Company apps")
    with desk.watched.world.lock:
        original.status = "INACTIVE"
    mark = desk.watched.mark()
    for check in (True, False):
        back = desk.run(POLICY, {"name": NAME, "state": "reverted"}, check=check)
        assert [app["label"] for app in back["staying_apps"]] == ["Slack"] and not back["changed"]
        assert any("policy 'Company apps' is INACTIVE" in text for text in back["warnings"])
    moving = {"name": "Company apps", "apps": ["Slack"]}
    assert "'Slack': policy 'Company apps' is INACTIVE" in refused(desk.run(POLICY, moving))
    assert desk.watched.writes(mark) == []


def test_whom_a_policy_admits_that_is_not_active_is_not_known(desk):
    """An app that leaves it may admit anybody now, and refuses by its next policy."""
    desk.user()
    desk.open("Slack")
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    nobody = {"name": "Nobody", "position": "first", "access": "DENY", **GLASS}
    for policy in (NAME, "Company apps"):
        assert desk.run(RULE, {**nobody, "policy": policy, "max_locked_out": 1})["changed"]
    present = next(e for e in desk.okta.policies.by_id.values() if e.name == "Company apps")
    wanted = {
        "policy": NAME,
        "apps": ["Slack"],
        "refuse": False,
        "break_glass_group": "Break glass",
    }
    assert desk.run(FORECAST, wanted)["forecast"]["locked_out_people"] == []
    present.status = "INACTIVE"
    warning = "Policy 'Company apps': it is INACTIVE, so which rules apply to its apps is unknown."
    forecast = desk.run(FORECAST, wanted)
    assert forecast["forecast"]["locked_out_people"] == ["unready@example.com"]
    assert any(warning in text for text in forecast["warnings"])
    move = {"name": NAME, "apps": ["Slack"], "break_glass_group": "Break glass"}
    for check in (True, False):
        moved = desk.run(POLICY, move, check=check)
        assert "locked out: unready@example.com" in refused(moved)
        assert any(warning in text for text in moved["warnings"])
    rule = desk.run(RULE, {**nobody, "policy": "Company apps", "name": "Nobody else"})
    assert rule["changed"] and any(warning in text for text in rule["warnings"])


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("state", ["present", "reverted"])
def test_a_policy_that_is_not_active_any_more_gets_no_app(desk, state, gone):
    """It is deactivated or deleted in the console after this run read it."""
    policies = desk.okta.policies
    wanted = {"name": NAME, "clone_of": "Company apps"}
    there = {**wanted, "apps": ["Slack", "Salesforce"]}
    assert desk.run(POLICY, there if state == "reverted" else wanted)["changed"]
    labels = ("Slack", "Salesforce")
    held, target = (NAME, "Company apps") if state == "reverted" else ("Company apps", NAME)
    policy = next(each for each in policies.by_id.values() if each.name == target)
    args = {"name": NAME, "state": "reverted"} if state == "reverted" else there
    with before_request(None, lambda: None) as requests:
        desk.run(POLICY, args, check=True)
    after_rules = len(requests.sent) + 2  # the rules of both policies were read again

    def lose():
        if gone:
            policies.by_id.pop(policy.id)
        else:
            policy.status = "INACTIVE"

    with before_request(after_rules, lose) as requests:
        message = refused(desk.run(POLICY, args))
    assert f"Policy {target!r}: it " in message and "Run again" in message
    assert requests.writes == []
    assert {
        label: policies.in_force(desk.okta.directory.app(label)).name for label in labels
    } == dict.fromkeys(labels, held)


def test_a_rollback_does_not_overlook_a_clone_that_was_renamed(desk):
    back = {"name": NAME, "state": "reverted"}
    assert not desk.run(POLICY, back)["changed"]
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]})[
        "changed"
    ]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    clone.name = "Company apps - managed"
    for check in (True, False):
        message = refused(desk.run(POLICY, {**back, "clone_of": "Company apps"}, check=check))
        assert "and apps moved to 'Company apps - managed'" in message
    assert not desk.run(POLICY, {**back, "clone_of": "Any two factors"})["changed"]
    assert desk.run(POLICY, {**back, "name": "Company apps - managed"})["changed"]
    assert not desk.run(POLICY, back)["changed"]


def test_a_clone_that_was_renamed_is_not_cloned_again(desk):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    assert desk.run(POLICY, wanted)["changed"]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    clone.name = "Company apps - managed"
    policies = len(desk.okta.policies.by_id)
    forecast = {"policy": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    for check in (True, False):
        message = refused(desk.run(POLICY, wanted, check=check))
        assert "'Slack' use 'Company apps - managed', another clone of 'Company apps'" in message
        assert "'Slack' use 'Company apps - managed'" in refused(
            desk.run("okta_access_policy_forecast", forecast, check=check)
        )
    assert len(desk.okta.policies.by_id) == policies
    clone.name = NAME
    assert not desk.run(POLICY, wanted)["changed"]


def test_an_app_that_came_from_another_clone_goes_back_to_what_it_had_before(desk):
    """Somebody renamed the clone, and made another one."""
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    assert desk.run(POLICY, wanted)["changed"]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    clone.name = "Company apps - managed"
    assert desk.run(POLICY, {**wanted, "apps": []})["changed"]
    done = desk.run(POLICY, wanted)
    assert done["moved_apps"][0]["from_policy"] == clone.id
    assert desk.run(POLICY, {"name": NAME, "state": "reverted"})["changed"]
    app = desk.okta.directory.app("Slack")
    assert desk.okta.policies.in_force(app).name == "Company apps"


def test_a_clone_that_is_not_active_does_not_pass_for_one_in_force(desk):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    assert desk.run(POLICY, wanted)["changed"]
    clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
    clone.status = "INACTIVE"
    for check in (True, False):
        assert "it is INACTIVE, so which rules apply" in refused(
            desk.run(POLICY, wanted, check=check)
        )
    assert desk.run(POLICY, {"name": NAME, "state": "reverted"})["changed"]


@pytest.mark.parametrize(
    "operation", ["clonePolicy", "replacePolicy", "assignApplicationPolicy", "listPolicyMappings"]
)
@pytest.mark.parametrize("done_first", [True, False])
def test_cut_off_anywhere_the_next_run_finishes(desk, operation, done_first):
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack", "Salesforce"]}
    before = len(desk.okta.policies.by_id)
    # Done, with the answer lost (what may be repeated is, within the run); or not done at all.
    desk.watched.fault("truncate" if done_first else "5xx", operation, times=1, status=418)
    first = desk.run(POLICY, wanted)
    assert bool(first.get("failed")) == (not done_first), first
    finished = desk.run(POLICY, wanted)
    assert finished["changed"] == bool(first.get("failed"))
    # A clone that the run could not name was deleted by it: no next run could know it.
    assert len(desk.okta.policies.by_id) == before + 1, finished
    assert not any("an interrupted run" in text for text in finished.get("warnings", []))
    assert {
        desk.okta.policies.in_force(desk.okta.directory.app(label)).name
        for label in ("Slack", "Salesforce")
    } == {NAME}
    assert not desk.run(POLICY, wanted)["changed"]


def test_an_app_that_would_lock_somebody_out_does_not_move(desk):
    desk.user()
    desk.open("Salesforce", "Slack")
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    for wanted in (MANAGED, OTHERS):
        assert desk.run(RULE, {**wanted, "policy": NAME})["changed"]
    move = {"name": NAME, "apps": ["Salesforce"], "break_glass_group": "Break glass"}
    mark = desk.watched.mark()
    assert (
        "locked out: unready@example.com" in refused(desk.run(POLICY, move))
        and desk.watched.writes(mark) == []
    )
    without_group = {**move, "break_glass_group": ""}
    assert "no group keeps access" in refused(desk.run(POLICY, without_group))
    off = {"forecast": False}
    assert "no group keeps access" in refused(desk.run(POLICY, {**without_group, **off}))
    assert desk.run(POLICY, {**move, **off})["changed"]


def as_listed(rule):
    """Return a rule as an element of an option ``rules``."""
    return {key: rule[key] for key in rule if key not in ("policy", "break_glass_group")}


@pytest.mark.parametrize("refuses", [True, False])
def test_a_check_judges_a_move_by_the_rules_that_an_earlier_task_writes(desk, refuses):
    """The rules in force are the stricter ones, or the planned ones are."""
    desk.user()
    desk.open("Salesforce", "Slack")
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    planned = [as_listed(MANAGED), as_listed(OTHERS)]
    if not refuses:
        for wanted in (MANAGED, OTHERS):
            assert desk.run(RULE, {**wanted, "policy": NAME})["changed"]
        planned[1] = {**planned[1], "platforms": ["WINDOWS"]}
    group = {"break_glass_group": "Break glass"}
    move = {"name": NAME, "apps": ["Salesforce"], "planned_rules": planned, **group}
    predicted = desk.run(POLICY, move, check=True)
    mark = desk.watched.mark()
    early = refused(desk.run(POLICY, move))
    assert early.startswith(f"planned_rules: policy {NAME!r} does not have these rules (")
    assert f"rule 'Other Macs' of policy {NAME!r}" in early and desk.watched.writes(mark) == []
    assert desk.run("okta_access_policy_rules", {"policy": NAME, "rules": planned, **group})[
        "changed"
    ]
    done = desk.run(POLICY, move)
    if refuses:
        assert "locked out: unready@example.com" in refused(done)
        assert refused(predicted) == refused(done)
    else:
        assert done["changed"] and predicted["changes"] == done["changes"]
        assert predicted["forecast"] == done["forecast"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"planned_rules": [{"name": "a", "platforms": ["VMS"]}], "apps": ["Slack"]},
            "planned_rules[0]: ",
        ),
        (
            {"planned_rules": [{"name": "a"}, {"name": "a"}], "apps": ["Slack"]},
            "planned_rules: rule 'a' is there twice.",
        ),
        ({"planned_rules": [{"name": "a"}]}, "planned_rules: without apps that get the policy"),
        ({"name": " "}, "name: it is empty."),
        ({"clone_of": "Nowhere"}, "clone_of: Okta has no app sign-in policy"),
        ({"apps": ["Nothing"]}, "apps: Okta has no app 'Nothing'"),
        ({"name": "Any two factors"}, "Policy 'Any two factors': it exists"),
        ({"state": "reverted", "name": "Company apps"}, "its description does not name the policy"),
        ({"clone_of": None, "apps": ["Slack"]}, "Write its rules first"),
    ],
)
def test_bad_input_for_a_policy_is_one_sentence(desk, options, says):
    mark = desk.watched.mark()
    args = {
        name: value
        for name, value in {"name": NAME, "clone_of": "Company apps", **options}.items()
        if value is not None
    }
    assert says in refused(desk.run(POLICY, args)) and desk.watched.writes(mark) == []


def test_a_move_to_equal_rules_with_other_signals_is_forecast(desk):
    record, _seat = desk.user()
    next(iter(record.users.values())).set_managed(True)
    for wanted in (MANAGED, OTHERS):
        assert desk.run(RULE, wanted)["changed"]
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    assert all(desk.open("Slack").values())
    with desk.watched.world.lock:
        clone = next(each for each in desk.okta.policies.by_id.values() if each.name == NAME)
        signals = desk.okta.others.add("DEVICE_SIGNAL_COLLECTION", "Chrome", resources=[clone.id])
        desk.okta.others.add_signal_rule(signals, "Chrome alone", None)
    group = {"break_glass_group": "Break glass"}
    wanted = {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"], **group}
    for check in (True, False):
        message = refused(desk.run(POLICY, wanted, check=check))
        assert "locked out: unready@example.com" in message
        assert "device signal collection policy 'Chrome', rule 'Chrome alone'" in message
    asked = {"policy": NAME, "apps": ["Slack"], "rules": [], **group}
    assert "locked out: unready@example.com" in refused(desk.run(FORECAST, asked))


# The forecast beforehand


def test_the_forecast_tells_what_the_modules_would_do(desk):
    desk.user()
    desk.open("Salesforce")
    rules = [
        {
            name: value
            for name, value in wanted.items()
            if name not in ("policy", "break_glass_group")
        }
        for wanted in (MANAGED, OTHERS)
    ]
    wanted = {
        "policy": NAME,
        "clone_of": "Company apps",
        "apps": ["Salesforce", "Slack"],
        "rules": rules,
        "break_glass_group": "Break glass",
    }
    mark = desk.watched.mark()
    assert "locked out: unready@example.com" in refused(desk.run(FORECAST, wanted))
    told = desk.run(FORECAST, {**wanted, "refuse": False})
    assert (
        told["forecast"]["locked_out_people"] == ["unready@example.com"]
        and "locked out" in told["refusal"]
        and desk.watched.writes(mark) == []
    )
    assert told["rule_changes"] == [
        f"create rule 'Managed Macs' of policy {NAME!r}",
        f"create rule 'Other Macs' of policy {NAME!r}",
    ]
    assert "rules[0]" in refused(
        desk.run(FORECAST, {**wanted, "rules": [{"name": "x", "acess": "DENY"}]})
    )


def test_rules_that_a_clone_does_not_share_with_the_policy_of_an_app_are_named(desk):
    rules = [as_listed(MANAGED), as_listed(OTHERS)]
    group = {"break_glass_group": "Break glass"}
    wanted = {"policy": NAME, "clone_of": "Company apps", "rules": rules, "apps": ["Slack"]}
    wanted = {**wanted, **group}
    new = {**wanted, "apps": ["Salesforce"]}
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps", "apps": ["Slack"]})
    assert desk.run(RULE, {**MANAGED, "policy": NAME})["changed"]
    assert desk.run(FORECAST, new)["differing_policies"] == []
    windows = {"policy": "Company apps", "name": "Windows", "platforms": ["WINDOWS"]}
    windows |= {"access": "ALLOW", "factor_mode": "1FA"}
    assert desk.run(RULE, {**windows, "position": "first"})["changed"]
    known = {"policy": "Company apps", "apps": [], "rules": ["Windows"]}
    assert desk.run(FORECAST, wanted)["differing_policies"] == [known]
    moved = {**known, "apps": ["Salesforce"]}
    assert desk.run(FORECAST, new)["differing_policies"] == [moved]
    assert desk.run(FORECAST, {**new, "clone_of": ""})["differing_policies"] == []
    with desk.watched.world.lock:
        strict = desk.okta.policies.add("Strict")
        desk.okta.assign(desk.okta.directory.app("Salesforce"), strict)
    assert desk.run(FORECAST, new)["differing_policies"] == [known]
    another = desk.run(FORECAST, {**new, "policy": "Another clone"})
    assert another["differing_policies"] == [
        {"policy": "Strict", "apps": ["Salesforce"], "rules": ["Windows"]}
    ]


def test_what_okta_changes_in_the_rules_of_a_clone_is_no_difference_of_it(desk):
    assert desk.run(POLICY, {"name": NAME, "clone_of": "Company apps"})["changed"]
    wanted = {"policy": NAME, "clone_of": "Company apps", "apps": ["Slack"]}
    wanted |= {"break_glass_group": "Break glass"}
    with desk.watched.world.lock:
        (copy,) = desk.rules(NAME)
        copy.actions["appSignOn"]["verificationMethod"]["reauthenticateIn"] = "PT1H"
    assert desk.run(FORECAST, wanted)["differing_policies"] == []
    with desk.watched.world.lock:
        copy.last_updated += timedelta(minutes=2)
    differing = {"policy": "Company apps", "apps": ["Slack"], "rules": ["Catch-all Rule"]}
    assert desk.run(FORECAST, wanted)["differing_policies"] == [differing]


@pytest.mark.parametrize("simulation", ["object", "list", "missing"])
def test_okta_is_asked_in_the_form_that_it_takes(desk, simulation):
    desk.user()
    desk.watched.switch(simulation=simulation)
    for wanted in (MANAGED, OTHERS):
        assert desk.run(RULE, wanted)["changed"]
    done = desk.run(
        FORECAST,
        {
            "policy": "Company apps",
            "apps": ["Slack"],
            "simulate": True,
            "break_glass_group": "Break glass",
        },
    )
    told, warned = done["simulation"], "did not confirm the forecast" in str(done.get("warnings"))
    assert told["available"] == (simulation != "missing") != warned
    assert told["differing"] == []
    assert told["agreed"] == told["asked"] > 1 or "E0000015" in told["reason"]


@pytest.mark.parametrize("fault", ["html", "truncate", "5xx", "drop"])
def test_a_simulation_that_fails_is_no_error(desk, fault):
    desk.user()
    assert desk.run(RULE, MANAGED)["changed"]
    desk.watched.fault(fault, "createPolicySimulation", times=None)
    wanted = {"policy": "Company apps", "apps": ["Slack"], "simulate": True}
    done = desk.run(FORECAST, {**wanted, "break_glass_group": "Break glass", "api_retries": 1})
    assert done.get("simulation", {}).get("available") is False, done
    assert "did not confirm the forecast" in str(done["warnings"])


# Okta FastPass


def test_fast_pass_is_switched_and_its_settings_are_merged(desk):
    method = "okta_authenticator_method"
    assert not desk.run(method, {"status": "ACTIVE"})["changed"]
    wanted = {"show_sign_in_with_ov": "NEVER", "algorithms": ["ES256", "RS256"]}
    mark = desk.watched.mark()
    predicted = desk.run(method, wanted, check=True, diff=True)
    assert desk.watched.writes(mark) == []
    done = desk.run(method, wanted, diff=True)
    assert (
        predicted["diff"] == done["diff"]
        and done["changed"]
        and not desk.run(method, wanted)["changed"]
    )
    assert (
        done["method"]["settings"]["showSignInWithOV"] == "NEVER"
        and "keyProtection" in done["method"]["settings"]
    )
    assert (
        desk.run(method, {"status": "INACTIVE", "allow_lock_out": True})["changed"]
        and desk.run(method, {"status": "ACTIVE"})["changed"]
    )
    assert desk.run(RULE, MANAGED)["changed"]
    assert "E0000174" in refused(desk.run(method, {"status": "INACTIVE", "allow_lock_out": True}))


@pytest.mark.parametrize("check", [True, False])
def test_a_method_is_not_switched_off_while_it_may_be_somebodys_last_factor(desk, check):
    method, mark = "okta_authenticator_method", desk.watched.mark()
    message = refused(desk.run(method, {"status": "INACTIVE"}, check=check))
    assert message.startswith("status: whom it would lock out cannot be known.")
    assert desk.watched.writes(mark) == []


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("method", ["signed_nonce", "push"])
@pytest.mark.parametrize(
    "options, who",
    [
        (
            {"key_protection": "HARDWARE"},
            "key_protection: it may refuse everybody whose Mac has no",
        ),
        ({"algorithms": ["ES256"]}, "algorithms: it may refuse everybody whose key is of RS256."),
    ],
)
def test_fewer_keys_are_accepted_only_with_consent(desk, method, options, who, check):
    module, mark = "okta_authenticator_method", desk.watched.mark()
    wanted = {"method": method, **options}
    message = refused(desk.run(module, wanted, check=check))
    assert message.startswith(who) and "allow_lock_out: true" in message
    assert desk.watched.writes(mark) == []
    assert desk.run(module, {**wanted, "allow_lock_out": True}, check=check)["changed"]
    if not check:
        assert not desk.run(module, wanted)["changed"]  # nothing is narrowed any more


@pytest.mark.parametrize("active", [True, False])
def test_an_edit_of_a_method_in_the_console_meanwhile_is_kept(desk, active):
    name = "okta_authenticator_method"
    options = {"algorithms": ["ES256"], "status": "ACTIVE", "allow_lock_out": True}
    authenticator = next(
        each for each in desk.okta.authenticators.values() if each.key == "okta_verify"
    )
    authenticator.set_status("signed_nonce", "ACTIVE" if active else "INACTIVE")
    settings = authenticator.methods["signed_nonce"]
    with before_request(None, lambda: None) as requests:
        desk.run(name, options, check=True)

    def edit():
        settings["showSignInWithOV"] = "NEVER"

    with before_request(len(requests.sent), edit):
        done = desk.run(name, options)
    assert done["changed"] and done["method"]["settings"]["showSignInWithOV"] == "NEVER"
    now = authenticator.methods["signed_nonce"]
    assert now["showSignInWithOV"] == "NEVER" and now["algorithms"] == ["ES256"]
    assert authenticator.status_of("signed_nonce") == "ACTIVE"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "push", "show_sign_in_with_ov": "ALWAYS"}, "show_sign_in_with_ov: method push"),
        ({"method": "totp", "algorithms": ["ES256"]}, "algorithms: method totp does not have"),
        ({"algorithms": []}, "algorithms: the list is empty"),
    ],
)
def test_settings_that_a_method_does_not_have_are_refused(desk, options, says):
    mark = desk.watched.mark()
    assert says in refused(desk.run("okta_authenticator_method", options))
    assert desk.watched.writes(mark) == []


@pytest.mark.parametrize("option", ["max_denied", "wait"])
def test_a_negative_number_of_denials_is_refused(desk, option):
    wanted = {"apps": ["Slack"], option: -1}
    assert f"{option}: -1 is not between 0 and" in refused(desk.run(DENIALS, wanted))


def test_fast_pass_is_found_as_an_authenticator_of_its_own(desk):
    desk.watched.switch(flexible_okta_verify=True)
    assert desk.run("okta_authenticator_method", {"show_sign_in_with_ov": "NEVER"})["changed"]
    assert not desk.run("okta_authenticator_method", {"show_sign_in_with_ov": "NEVER"})["changed"]
    assert "Okta has no method" in refused(
        desk.run("okta_authenticator_method", {"authenticator": "nothing"})
    )


def test_no_token_is_shown(desk, shown):
    desk.watched.forbid("createPolicyRule")
    assert "okta.policies.manage" in refused(desk.run(RULE, MANAGED))
    assert shown(desk.watched.lab.announcement["okta_api_token"]) == []


def test_a_denial_of_the_lab_is_one_for_the_module(desk):
    """A denial is an evaluation of the policy, as recorded: the event deny_access was never seen."""
    desk.user()
    denial = {"login": "unready@example.com", "app": "Payroll", "times": 2}
    desk.watched.control("POST", "/okta/deny", denial)
    done = desk.run(DENIALS, {"apps": ["Payroll"], "minutes": 30})
    assert [(each["login"], each["count"]) for each in done["denied"]] == [
        ("unready@example.com", 2)
    ]


@pytest.mark.parametrize("check", [True, False])
def test_a_time_for_a_rule_that_denies_is_refused(desk, check):
    """Before, nothing changed and nobody was told."""
    assert desk.run(RULE, CONTRACTORS)["changed"]
    mark = desk.watched.mark()
    rule = {"policy": "Company apps", "name": "Contractors", "reauthenticate_in": "PT4H"}
    message = refused(desk.run(RULE, rule, check=check))
    assert message.startswith(
        "reauthenticate_in: rule 'Contractors' of policy 'Company apps' has access: DENY"
    )
    assert desk.watched.writes(mark) == []


# Several rules as one change

RULES = "okta_access_policy_rules"
PAIR = [
    {"name": "Windows", "platforms": ["WINDOWS"], "access": "DENY", "position": "first"},
    {"name": "Linux", "platforms": ["LINUX"], "access": "DENY", "after": "Windows"},
]


def test_rules_of_one_change_are_made_changed_and_taken_away(desk):
    wanted = {"policy": "Company apps", "rules": PAIR}
    predicted = desk.run(RULES, wanted, check=True, diff=True)
    made = desk.run(RULES, wanted, diff=True)
    assert predicted["changes"] == made["changes"] and predicted["diff"] == made["diff"]
    assert made["order"] == desk.names() == ["Windows", "Linux", "Catch-all Rule"]
    assert [rule["name"] for rule in made["rules"]] == ["Windows", "Linux"]
    mark = desk.watched.mark()
    assert not desk.run(RULES, wanted)["changed"] and desk.watched.writes(mark) == []
    others = [{**rule, "groups_excluded": ["Break glass"]} for rule in PAIR]
    changed = desk.run(RULES, {**wanted, "rules": others})
    assert desk.watched.writes(mark) == [
        "createPolicyRule",
        "activatePolicyRule",
        "replacePolicyRule",
        "replacePolicyRule",
        "deletePolicyRule",
    ]
    assert len(changed["changes"]) == 2 and desk.names() == made["order"]
    absent = [{"name": rule["name"], "state": "absent"} for rule in PAIR]
    gone = desk.run(RULES, {**wanted, "rules": absent})
    assert gone["order"] == desk.names() == ["Catch-all Rule"] and gone["rules"] == []


def test_a_change_of_rules_that_is_cut_off_names_what_was_written(desk):
    wanted = {"policy": "Company apps", "rules": PAIR}
    desk.run(RULES, wanted)
    others = [{**rule, "groups_excluded": ["Break glass"]} for rule in PAIR]
    desk.watched.fault("5xx", "replacePolicyRule", after=1, times=1, status=418)
    cut = desk.run(RULES, {**wanted, "rules": others})
    assert "Written to policy 'Company apps' before it: copy" in refused(cut) and cut["changed"]
    assert [step.split()[0] for step in cut["done_steps"]] == ["copy", "activate", "replace"]
    assert len(desk.names()) == 4
    desk.run(RULES, {**wanted, "rules": others})
    assert desk.names() == ["Windows", "Linux", "Catch-all Rule"]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([PAIR[0], PAIR[0]], "rules: rule 'Windows' is there twice."),
        ([{"name": "a", "platforms": ["VMS"]}], "rules[0]: "),
    ],
)
def test_rules_that_cannot_be_one_change_are_refused(desk, rules, message):
    assert refused(desk.run(RULES, {"policy": "Company apps", "rules": rules})).startswith(message)
    assert desk.watched.writes() == []


def test_a_copy_that_an_interrupted_change_left_in_force_is_warned_of(desk):
    """It goes on to admit whom the rule above it does not admit any more."""
    copy = {**MANAGED, "name": "[earlier form of rul1 5d1c0a1b]"}
    assert "in force" not in str(desk.run(RULE, copy).get("warnings"))
    result = desk.run(RULE, {**MANAGED, "name": "Next"}, check=True)
    name = f"{copy['name']!r} in force"
    assert [text for text in result["warnings"] if name in text]
    rules = {"policy": MANAGED["policy"], "rules": [{"name": "Next", "state": "absent"}]}
    done = desk.run(RULES, rules)
    assert [text for text in done["warnings"] if name in text and "so it stays" in text], done
    assert copy["name"] in done["order"], "no rule has the id that its name holds"
