# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People who open apps.

Which rule decides, what their device has to do with it, and what the log says of it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from lab.okta import serializers
from lab.okta.devices.registry import RegistrationRefused
from lab.okta.policies import access_policies
from lab.okta.policies.sign_ins import Seat, Surroundings
from lab.seeds import random_org

MANAGED = {"device": {"registered": True, "managed": True}}
ALLOW = {"access": "ALLOW", "verificationMethod": {"type": "ASSURANCE", "factorMode": "2FA"}}
DENY = {"access": "DENY"}


NO_PHONES = [{"key": "okta_email"}, {"key": "phone_number"}]


def asking(**possession):
    return {
        "access": "ALLOW",
        "verificationMethod": {
            "type": "ASSURANCE",
            "factorMode": "2FA",
            "constraints": [{"possession": possession}],
        },
    }


@pytest.fixture
def app(org):
    app = org.directory.app("Salesforce")
    org.assign(app, org.policies.add("Mine"))
    return app


@pytest.fixture
def rule(org, app):
    """Adds a rule behind those that are there; the catch-all rule refuses from now on."""

    def add(conditions=None, sign_on=None):
        policy = org.policies.in_force(app)
        policy.catch_all.actions = access_policies.accept_actions({"appSignOn": DENY})
        body = {
            "name": f"Rule {len(policy.rules)}",
            "conditions": conditions,
            "actions": {"appSignOn": sign_on or ALLOW},
        }
        return org.policies.add_rule(policy, access_policies.Rules().accept(body))

    return add


@pytest.fixture
def ana(org):
    return org.add_user("Ana", "Silva", "ana@example.com")


@pytest.fixture
def mac(org, ana):
    return random_org.add_seat(org, ana, "MACOS", registered=True)


def manage(org, seat, managed=True):
    org.devices[seat.device_id].users[seat.user_id].set_managed(managed)


# Devices


def test_a_managed_mac_gets_in_and_the_same_mac_unmanaged_does_not(org, app, rule, mac):
    rule(MANAGED)
    outcome = org.sign_ins.open(app, mac)
    assert (outcome.admitted, outcome.reason, outcome.rule) == (False, "denied", "Catch-all Rule")
    manage(org, mac)
    assert org.sign_ins.open(app, mac).rule == "Rule 1"
    assert [outcome.admitted for outcome in org.sign_ins.outcomes.values()] == [
        True
    ]  # the last counts


@pytest.mark.parametrize("step", ["suspend", "deactivate"])
def test_a_mac_whose_record_is_not_active_is_not_registered(org, app, rule, mac, step):
    rule({"device": {"registered": True}})
    org.registry.step(org.devices[mac.device_id], step)
    assert not org.sign_ins.open(app, mac).admitted


def test_the_status_is_of_this_person_at_this_device(org, app, rule, mac):
    rule(MANAGED)
    manage(org, mac)
    stranger = org.add_user("Bo", "Lee", "bo@example.com")
    assert not org.sign_ins.open(app, Seat(stranger.id, "MACOS", mac.device_id)).admitted


@pytest.mark.parametrize(
    ("platform", "include", "admitted"),
    [
        ("MACOS", [{"type": "DESKTOP", "os": {"type": "MACOS"}}], True),
        ("WINDOWS", [{"type": "DESKTOP", "os": {"type": "MACOS"}}], False),
        ("WINDOWS", [{"type": "DESKTOP", "os": {"type": "ANY"}}], True),
        (
            "IOS",
            [
                {"type": "DESKTOP", "os": {"type": "ANY"}},
                {"type": "MOBILE", "os": {"type": "ANDROID"}},
            ],
            False,
        ),
        ("ANDROID", [{"type": "ANY"}], True),
        ("IOS", [], True),
    ],
)
def test_platforms(org, app, rule, ana, platform, include, admitted):
    rule({"platform": {"include": include}})
    assert org.sign_ins.open(app, Seat(ana.id, platform)).admitted is admitted


# People, and what is around them


def test_an_excluded_group_goes_past_a_rule(org, app, rule, ana):
    glass = org.directory.add_group("Break glass", members=[ana.id])
    rule({"people": {"groups": {"exclude": [glass.id]}}}, DENY)
    rule({"people": {"groups": {"include": [glass.id]}}})
    assert org.sign_ins.open(app, Seat(ana.id, "WINDOWS")).rule == "Rule 2"


@pytest.mark.parametrize(("switch", "admitted"), [("both", False), ("either", True)])
def test_a_rule_for_users_and_groups(org, okta_world, app, rule, ana, switch, admitted):
    okta_world.switches.set(users_and_groups=switch)
    rule(
        {
            "people": {
                "groups": {"include": [org.directory.add_group("Empty").id]},
                "users": {"include": [ana.id]},
            }
        }
    )
    assert org.sign_ins.open(app, Seat(ana.id, "MACOS")).admitted is admitted


@pytest.mark.parametrize(
    ("conditions", "admitted"),
    [
        ({"network": {"connection": "ZONE", "include": ["nzoOffice"]}}, True),
        ({"network": {"connection": "ZONE", "exclude": ["nzoOffice"]}}, False),
        ({"network": {"connection": "ZONE", "include": ["nzoOther"]}}, False),
        ({"network": {"connection": "ANYWHERE"}}, True),
        ({"riskScore": {"level": "HIGH"}}, True),
        ({"riskScore": {"level": "LOW"}}, False),
        ({"device": {"registered": True, "assurance": {"include": ["dae1"]}}}, True),
        ({"device": {"registered": True, "assurance": {"include": ["dae2"]}}}, False),
    ],
)
def test_what_is_around_somebody(org, app, rule, mac, conditions, admitted):
    org.sign_ins.surroundings[mac.user_id] = Surroundings(
        frozenset({"nzoOffice"}), "HIGH", frozenset({"dae1"})
    )
    rule(conditions)
    assert org.sign_ins.open(app, mac).admitted is admitted


@pytest.mark.parametrize("holds", [True, False])
def test_an_expression_holds_or_not_as_the_switch_says(org, okta_world, app, rule, mac, holds):
    okta_world.switches.set(expressions_hold=holds)
    rule({"elCondition": {"condition": "user.isMemberOf('x')"}})
    assert org.sign_ins.open(app, mac).admitted is holds


# What a rule asks for


@pytest.mark.parametrize(
    ("possession", "here", "elsewhere"),
    [
        ({"phishingResistant": "REQUIRED"}, True, False),
        ({"hardwareProtection": "REQUIRED"}, True, False),
        ({"userPresence": "REQUIRED"}, True, True),
        ({"deviceBound": "REQUIRED"}, True, True),  # by push
        (
            {"authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}]},
            True,
            False,
        ),
        ({"types": ["PHONE"]}, True, True),
        # recorded: required is false where methods are excluded or characteristics required
        ({"required": False, "phishingResistant": "REQUIRED"}, True, False),
        ({"required": False, "types": ["SECURITY_KEY"]}, False, False),
        ({"required": False, "userVerification": "OPTIONAL"}, True, True),
        ({"required": False, "excludedAuthenticationMethods": NO_PHONES}, True, True),  # by push
        (
            {
                "excludedAuthenticationMethods": [{"key": "okta_verify"}],
                "required": True,
                "deviceBound": "REQUIRED",
            },
            False,
            False,
        ),
    ],
)
def test_what_a_device_can_prove(org, app, rule, mac, possession, here, elsewhere):
    rule(None, asking(**possession))
    outcomes = [org.sign_ins.open(app, seat) for seat in (mac, Seat(mac.user_id, "WINDOWS"))]
    assert [outcome.admitted for outcome in outcomes] == [here, elsewhere]
    assert {outcome.reason for outcome in outcomes} <= {"allowed", "unsatisfied"}


@pytest.mark.parametrize(
    ("lock", "methods", "admitted"),
    [
        ("BIOMETRIC", None, True),
        ("PASSCODE", None, True),
        ("NONE", None, False),
        ("PASSCODE", ["BIOMETRICS"], False),
        ("PASSCODE", ["PIN"], True),
    ],
)
def test_user_verification_needs_a_lock(org, app, rule, mac, lock, methods, admitted):
    org.devices[mac.device_id].users[mac.user_id].screen_lock_type = lock
    rule(
        None,
        asking(
            userVerification="REQUIRED", **{"userVerificationMethods": methods} if methods else {}
        ),
    )
    assert org.sign_ins.open(app, mac).admitted is admitted


def test_a_chain_needs_every_step(org, app, rule, mac):
    ways = (("okta_verify", "signed_nonce"), ("phone_number", "sms"))
    fastpass, sms = (
        {"authenticationMethods": [{"key": key, "method": method}]} for key, method in ways
    )
    rule(
        None,
        {
            "access": "ALLOW",
            "verificationMethod": {
                "type": "AUTH_METHOD_CHAIN",
                "chains": [{**fastpass, "next": [sms]}],
            },
        },
    )
    assert org.sign_ins.open(app, mac).admitted
    org.users[mac.user_id].has_phone = False
    assert org.sign_ins.open(app, mac).reason == "unsatisfied"


@pytest.mark.parametrize(
    ("provider", "admitted"),
    [("FEDERATION", False), ("SOCIAL", False), ("ACTIVE_DIRECTORY", True), ("OKTA", True)],
)
def test_users_of_another_identity_provider_have_no_password(
    org, app, rule, mac, provider, admitted
):
    constraints = [{"knowledge": {"types": ["password"]}}]
    method = {"type": "ASSURANCE", "factorMode": "1FA", "constraints": constraints}
    rule(None, {"access": "ALLOW", "verificationMethod": method})
    user = org.users[mac.user_id]
    user.provider = provider
    assert org.sign_ins.open(app, mac).admitted is admitted
    shown = serializers.user_shape(user, "https://acme.okta.com", "guo1")["credentials"]
    assert shown["provider"] == {"type": provider, "name": provider}
    assert ("password" in shown) is admitted


@pytest.mark.parametrize(
    ("position", "more", "admitted"),
    [
        ("limits", {}, False),
        ("ignored", {}, True),
        ("ignored", {"required": True}, False),
        ("ignored", {"excludedAuthenticationMethods": NO_PHONES}, False),
    ],
)
def test_a_part_that_is_not_required_asks_for_its_limits_or_not(
    org, app, rule, mac, position, more, admitted
):
    org.world.switches.set(required_false=position)
    part = {"required": False, "authenticationMethods": [{"key": "webauthn"}], **more}
    rule(None, asking(**part))
    assert org.sign_ins.open(app, mac).admitted is admitted


@pytest.mark.parametrize(
    ("position", "platform", "admitted"),
    [("unmet", "MACOS", False), ("met", "MACOS", True), ("met", "LINUX", False)],
)
def test_another_source_may_assure_a_device_that_is_not_registered(
    org, app, rule, ana, position, platform, admitted
):
    org.world.switches.set(unregistered_assurance=position)
    rule({"device": {"assurance": {"include": ["dae1"]}}})
    org.sign_ins.surroundings[ana.id] = Surroundings(assurances=frozenset({"dae1"}))
    assert org.sign_ins.open(app, Seat(ana.id, platform)).admitted is admitted
    registered = random_org.add_seat(org, ana, platform, registered=True)
    assert org.sign_ins.open(app, registered).admitted


def test_without_fastpass_in_the_org_nobody_has_it(org, app, rule, mac):
    rule(None, asking(phishingResistant="REQUIRED"))
    org.authenticators["okta_verify"].set_status("signed_nonce", "INACTIVE")
    assert not org.sign_ins.open(app, mac).admitted


# Which policy


def test_a_rule_out_of_use_is_not_asked(org, app, rule, mac):
    rule(None).status = "INACTIVE"
    assert not org.sign_ins.open(app, mac).admitted


def test_a_policy_out_of_use_leaves_its_apps_to_the_default(org, app, rule, mac):
    rule(MANAGED)
    org.policies.in_force(app).status = "INACTIVE"
    assert org.sign_ins.open(app, mac).policy_id == org.policies.default.id


def test_an_app_is_opened_by_those_whom_it_is_assigned_to(org, mac):
    assert org.sign_ins.open(org.directory.app("Okta Admin Console"), mac).reason == "unassigned"
    org.users[mac.user_id].status = "SUSPENDED"
    assert org.sign_ins.open(org.directory.app("Slack"), mac).reason == "user"


def test_who_cannot_prove_enough_cannot_register(org, ana):
    catch_all = org.policies.account_policy.catch_all
    catch_all.actions = access_policies.accept_actions(
        {"appSignOn": asking(phishingResistant="REQUIRED")}
    )
    with pytest.raises(RegistrationRefused):
        random_org.add_seat(org, ana, "MACOS", registered=True)
    assert (
        org.events[-1]["displayMessage"] == "Evaluation of Okta Account Management Policy"
        and org.events[-1]["outcome"]["result"] == "DENY"
    )


# The log


def test_a_refusal_is_two_events(org, app, rule, mac):
    rule(MANAGED)
    org.sign_ins.open(app, mac)
    evaluated, denied = org.events[-2:]
    assert (evaluated["eventType"], evaluated["outcome"]["result"], evaluated["actor"]["id"]) == (
        "policy.evaluate_sign_on",
        "DENY",
        mac.user_id,
    )
    assert [target["displayName"] for target in evaluated["target"]] == [
        "Salesforce",
        "Mine",
        "Rule 1",  # recorded denials list every rule
        "Catch-all Rule",
    ]
    assert (denied["eventType"], denied["outcome"]["result"]) == (
        "application.policy.sign_on.deny_access",
        "SUCCESS",
    )
    assert [target["id"] for target in denied["target"]] == [app.id, mac.user_id]


def test_deny_access_may_be_told_only_where_authenticators_do_not_suffice(
    org, okta_world, app, rule, mac
):
    okta_world.switches.set(deny_access_events="unsatisfied")
    rule(MANAGED)
    org.sign_ins.open(app, mac)
    assert org.events[-1]["eventType"] == "policy.evaluate_sign_on"


def test_a_sign_in_names_the_app_and_the_platform(org, okta, app, mac):
    org.sign_ins.open(app, mac)
    org.sign_ins.open(app, Seat(mac.user_id, "WINDOWS"))
    found = okta.get(
        "/logs", filter=f'eventType eq "user.authentication.sso" and target.id eq "{app.id}"'
    ).json
    assert [event["client"]["userAgent"]["os"] for event in found] == ["Mac OS X", "Windows 10"]
    assert found[0]["device"]["id"] == mac.device_id and found[1]["device"] is None
    assert [
        len(okta.get("/logs", filter='eventType eq "user.authentication.sso"', q=words).json)
        for words in ("windows", "mac", "computer")
    ] == [1, 1, 2]


def test_past_use_stands_in_the_log_where_it_belongs(org, okta, app, mac):
    uses = [(app, mac, org.now() - timedelta(days=days)) for days in (3, 40, 10)]
    assert org.sign_ins.remember(uses, org.random_number) == 3
    since = (org.now() - timedelta(days=30)).isoformat()
    published = [
        event["published"]
        for event in okta.get(
            "/logs", since=since, filter='eventType eq "user.authentication.sso"'
        ).json
    ]
    assert len(published) == 2 and published == sorted(published)


# Chance


def test_a_seed_gives_the_same_fleet(org, okta_world):
    def drawn(seed):
        told = random_org.draw_fleet(org, seed)
        rules = [
            (rule.name, rule.conditions is None, rule.actions)
            for rule in org.policies.by_id[told["policy_id"]].rules
        ]
        seats = [
            (place.platform, org.sign_ins.find_registration(place)[0] is None)
            for place in org.sign_ins.seats
        ]
        return rules, seats

    first = drawn(7)
    assert drawn(8) != first and drawn(7) == first


def test_fleets_by_chance_have_every_kind_of_outcome(org):
    found = Counter()
    for seed in range(60):
        app = org.directory.app if random_org.draw_fleet(org, seed) else None
        found.update(
            org.sign_ins.open(app("Salesforce"), place).reason for place in org.sign_ins.seats
        )
    assert set(found) == {"allowed", "denied", "unsatisfied", "user"}
    assert found["allowed"] > 100 and found["denied"] > 100


# What if


def test_a_simulation_says_what_a_sign_in_meets(org, okta, app, rule, mac):
    rule(MANAGED)
    user = {"user": {"id": mac.user_id}, "groups": {"ids": []}}

    def meets(device, expand=""):
        body = {
            "appInstance": app.id,
            "policyTypes": ["ACCESS_POLICY"],
            "policyContext": {**user, "device": device} if device else user,
        }
        (told,) = okta.send(
            "POST", "/api/v1/policies/simulate", query={"expand": expand}, json=body
        ).json
        return told

    def name(told):
        return told["result"]["policies"][0]["rules"][0]["name"]

    assert name(meets({"platform": "MACOS", "registered": True, "managed": True})) == "Rule 1"
    refused = meets({"platform": "MACOS", "registered": True, "managed": False}, "RULE")
    assert name(refused) == "Catch-all Rule"
    assert {"type": "device.managed", "status": "NOT_MATCH"} in refused["evaluated"]["policies"][0][
        "rules"
    ][0]["conditions"]
    assert meets(None)["undefined"]["policies"][0]["rules"][0]["status"] == "UNDEFINED"


def test_a_simulation_agrees_with_what_people_experience(org, okta):
    for seed in range(20):
        told = random_org.draw_fleet(org, seed)
        for place in org.sign_ins.seats:
            outcome, now = (
                org.sign_ins.open(org.directory.apps[told["app_id"]], place),
                org.sign_ins.circumstances(place),
            )
            device = {
                "platform": now.platform,
                "registered": now.registered,
                "managed": now.managed,
            }
            around = {"risk": {"level": now.risk}, "zones": {"ids": sorted(now.zones)}}
            context = {
                "user": {"id": place.user_id},
                "groups": {"ids": []},
                "device": device,
                **around,
            }
            (found,) = okta.send(
                "POST",
                "/api/v1/policies/simulate",
                json={"appInstance": told["app_id"], "policyContext": context},
            ).json
            if not found["undefined"]["policies"] and outcome.rule:
                assert found["result"]["policies"][0]["rules"][0]["name"] == outcome.rule


@pytest.mark.parametrize(
    ("switch", "body", "status", "code"),
    [
        ("missing", [], 401, "E0000015"),
        ("object", [{}], 400, "E0000003"),  # recorded
        ("list", {}, 400, "E0000003"),
        ("object", {}, 400, "E0000001"),
        ("list", [{}], 400, "E0000001"),
        ("object", {"appInstance": "0oaNone"}, 404, "E0000007"),
    ],
)
def test_what_cannot_be_simulated(okta, okta_world, switch, body, status, code):
    okta_world.switches.set(simulation=switch)
    reply = okta.send("POST", "/api/v1/policies/simulate", json=body)
    assert (reply.status, reply.json["errorCode"]) == (status, code)


# Two factors


@pytest.mark.parametrize(
    ("federated", "email", "phone", "where", "admitted"),
    [
        (False, True, False, "stranger", True),
        (False, False, False, "stranger", False),
        (False, False, True, "stranger", True),
        (True, True, True, "stranger", False),
        (False, False, False, "registered", True),
        (True, True, True, "registered", False),
        (True, False, False, "locked", True),
    ],
)
def test_two_factors_are_methods_of_two_classes(
    org, app, rule, ana, federated, email, phone, where, admitted
):
    seat = random_org.add_seat(org, ana, "MACOS", registered=where != "stranger")
    if where != "stranger":
        org.sign_ins.find_registration(seat)[1].screen_lock_type = (
            "PASSCODE" if where == "locked" else "NONE"
        )
    ana.has_email, ana.has_phone = email, phone
    ana.provider = "FEDERATION" if federated else "OKTA"
    rule()
    assert org.sign_ins.open(app, seat).admitted is admitted


@pytest.mark.parametrize("federated", [False, True])
def test_inherence_is_no_factor_where_a_rule_asks_for_one_of_possession(
    org, app, rule, mac, ana, federated
):
    org.sign_ins.find_registration(mac)[1].screen_lock_type = "BIOMETRIC"
    ana.provider = "SOCIAL" if federated else "OKTA"
    rule(None, asking(phishingResistant="REQUIRED"))
    assert org.sign_ins.open(app, mac).admitted is not federated


@pytest.mark.parametrize(("position", "admitted"), [("screen_lock", True), ("none", False)])
def test_a_screen_lock_is_set_up_in_okta_verify_or_not(org, app, rule, mac, position, admitted):
    org.world.switches.set(user_verification=position)
    org.sign_ins.find_registration(mac)[1].screen_lock_type = "PASSCODE"
    rule(None, asking(userVerification="REQUIRED", phishingResistant="REQUIRED"))
    assert org.sign_ins.open(app, mac).admitted is admitted


@pytest.mark.parametrize(
    ("platform", "entry", "narrow", "wide"),
    [
        ("LINUX", {"type": "DESKTOP", "os": {"type": "OTHER"}}, False, True),
        ("CHROMEOS", {"type": "OTHER", "os": {"type": "OTHER"}}, False, True),
        ("LINUX", {"type": "DESKTOP", "os": {"type": "LINUX"}}, True, True),
        ("LINUX", {"type": "MOBILE", "os": {"type": "OTHER"}}, False, False),
        ("OTHER", {"type": "OTHER", "os": {"type": "OTHER"}}, True, True),
        ("OTHER", {"type": "DESKTOP", "os": {"type": "OTHER"}}, False, True),
        ("MACOS", {"type": "DESKTOP", "os": {"type": "OTHER"}}, False, False),
    ],
)
def test_which_systems_other_takes(org, app, rule, ana, platform, entry, narrow, wide):
    rule({"platform": {"include": [entry]}})
    for position, admitted in (("unnamed", narrow), ("all_but_four", wide)):
        org.world.switches.set(other_platforms=position)
        assert org.sign_ins.open(app, Seat(ana.id, platform)).admitted is admitted
