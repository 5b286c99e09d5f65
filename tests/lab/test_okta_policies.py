# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App sign-in policies and their rules.

What Okta adds and drops, how it numbers, what it refuses.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from lab.okta.oauth import AccessToken
from lab.server import Lab
from lab.state import Fault, Options

ALLOW = {
    "appSignOn": {
        "access": "ALLOW",
        "verificationMethod": {
            "type": "ASSURANCE",
            "factorMode": "2FA",
            "reauthenticateIn": "PT2H",
        },
    }
}
DENY = {"appSignOn": {"access": "DENY"}}


def rule(name="Managed Macs", conditions=None, actions=None, **more):
    return {
        "type": "ACCESS_POLICY",
        "name": name,
        "conditions": conditions,
        "actions": ALLOW if actions is None else actions,
        **more,
    }


@pytest.fixture
def policy(okta):
    return okta.send(
        "POST",
        "/api/v1/policies",
        json={"type": "ACCESS_POLICY", "name": "Mine", "description": "of mine"},
    ).json["id"]


@pytest.fixture
def write(okta, policy):
    def send(body, verb="POST", rule_id="", **query):
        return okta.send(
            verb,
            f"/api/v1/policies/{policy}/rules" + (f"/{rule_id}" if rule_id else ""),
            json=body,
            query=query,
        )

    return send


def refusal(reply):
    return reply.status, reply.json["errorCode"]


def order(okta, policy):
    return [(row["name"], row["priority"]) for row in okta.get(f"/policies/{policy}/rules").json]


# Policies


def test_policies_need_a_type_and_are_found_by_their_beginning(okta, policy):
    assert refusal(okta.get("/policies")) == (400, "E0000001")
    assert [row["id"] for row in okta.get("/policies", type="ACCESS_POLICY", q="mi").json] == [
        policy
    ]


def test_each_org_has_a_default_global_session_policy_which_comes_last(okta, org):
    org.others.add("OKTA_SIGN_ON", "Staff", [])
    rows = okta.get("/policies", type="OKTA_SIGN_ON").json
    assert [(row["name"], row["system"], row["priority"]) for row in rows] == [
        ("Staff", False, 1),
        ("Default Policy", True, 2),
    ]
    everyone = org.directory.group("Everyone").id
    assert rows[1]["conditions"]["people"]["groups"]["include"] == [everyone]
    (rule,) = okta.get(f"/policies/{rows[1]['id']}/rules").json
    assert rule["system"] and rule["actions"]["signon"]["access"] == "ALLOW"


def test_policies_come_in_pages(okta):
    pages = okta.pages("/policies", type="ACCESS_POLICY", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]


def test_a_new_policy_has_a_catch_all_rule(okta, policy):
    (only,) = okta.get(f"/policies/{policy}/rules").json
    method = only["actions"]["appSignOn"]["verificationMethod"]
    assert method["constraints"] == [{"possession": {"required": True, "deviceBound": "REQUIRED"}}]
    assert (only["name"], only["priority"], only["system"], only["conditions"]) == (
        "Catch-all Rule",
        99,
        True,
        None,
    )


def test_a_policy_is_read_replaced_and_deleted(okta, policy):
    changed = okta.send(
        "PUT", f"/api/v1/policies/{policy}", json={"type": "ACCESS_POLICY", "name": "Ours"}
    ).json
    assert (
        changed["name"],
        "description" in changed,
        okta.get(f"/policies/{policy}").json["name"],
    ) == ("Ours", False, "Ours")
    assert okta.delete(f"/policies/{policy}").status == 204
    assert refusal(okta.get(f"/policies/{policy}")) == (404, "E0000007")


def test_two_policies_cannot_have_one_name(okta, policy):
    assert refusal(
        okta.send("POST", "/api/v1/policies", json={"type": "ACCESS_POLICY", "name": "Mine"})
    ) == (400, "E0000001")


PASSWORD_THEN_EMAIL = {
    "authenticationMethods": [{"key": "okta_password", "method": "password"}],
    "next": [{"authenticationMethods": [{"key": "okta_email", "method": "email"}]}],
}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, {"reauthenticateIn": "PT12H"}),
        ({"reauthenticateIn": "PT2H"}, {"reauthenticateIn": "PT2H"}),
        (
            {"inactivityPeriod": "PT1H", "constraints": [PASSWORD_THEN_EMAIL]},
            {"reauthenticateIn": "PT12H", "inactivityPeriod": "PT1H", "constraints": [{}]},
        ),
        (
            {"reauthenticateIn": "PT12H", "constraints": [{"possession": {"types": ["app"]}}]},
            {
                "reauthenticateIn": "PT12H",
                "constraints": [{"possession": {"types": ["app"], "required": True}}],
            },
        ),
    ],
)
def test_a_verification_method_is_stored_as_recorded(write, sent, stored):
    method = {"type": "ASSURANCE", "factorMode": "2FA"}
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": {**method, **sent}}}
    made = write(rule(actions=actions)).json
    assert made["actions"]["appSignOn"]["verificationMethod"] == {**method, **stored}


def test_a_new_policy_and_a_clone_look_as_recorded(okta, policy):
    made = okta.post(f"/policies/{policy}/clone").json
    assert made["name"] == "[cloned] Mine"
    assert (made["created"], made["lastUpdated"]) == (None, None) and "_embedded" not in made
    assert okta.get(f"/policies/{made['id']}").json["created"] is not None
    body = {"type": "ACCESS_POLICY", "name": "Other"}
    assert "_embedded" not in okta.send("POST", "/api/v1/policies", json=body).json


def test_the_policy_of_the_admin_console_takes_no_other_app(okta, org):
    console, slack = (org.directory.app(name) for name in ("Okta Admin Console", "Slack"))
    reply = okta.send("PUT", f"/api/v1/apps/{slack.id}/policies/{console.policy_id}")
    assert reply.json["errorSummary"] == "Api validation failed: Policy"
    assert reply.json["errorCauses"] == [
        {
            "errorSummary": 'This policy belongs to "Okta Admin Console", and re-assignment of this'
            " policy is not allowed"
        }
    ]
    own = okta.send("PUT", f"/api/v1/apps/{console.id}/policies/{console.policy_id}")
    assert own.status == 204


def test_a_clone_has_the_rules_under_ids_of_their_own(okta, policy, write):
    write(rule(conditions={"device": {"registered": True, "managed": True}}))
    made = okta.post(f"/policies/{policy}/clone").json
    old, new = (okta.get(f"/policies/{one}/rules").json for one in (policy, made["id"]))
    assert (
        made["name"] != "Mine"
        and made["description"] == "of mine"
        and not {row["id"] for row in old} & {row["id"] for row in new}
    )
    assert [(row["name"], row["conditions"], row["actions"]) for row in old] == [
        (row["name"], row["conditions"], row["actions"]) for row in new
    ]


# Apps


def test_an_app_is_assigned_to_a_policy(okta, org, policy):
    (app,) = okta.get("/apps", q="slack").json
    assert okta.send("PUT", f"/api/v1/apps/{app['id']}/policies/{policy}").status == 204
    assert okta.get(f"/apps/{app['id']}").json["_links"]["accessPolicy"]["href"].endswith(policy)
    (mapping,) = okta.get(f"/policies/{policy}/mappings").json
    assert mapping["_links"]["application"]["href"].endswith(app["id"])
    assert okta.get(f"/policies/{policy}/mappings/{mapping['id']}").json == mapping
    assert [row["label"] for row in okta.get(f"/policies/{policy}/app").json] == ["Slack"]


@pytest.mark.parametrize(("switch", "status"), [("refuse", 400), ("reassign", 204)])
def test_a_policy_with_apps_is_deleted_or_not(okta, org, okta_world, policy, switch, status):
    okta_world.switches.set(delete_mapped_policy=switch)
    app = org.directory.app("Slack")
    org.assign(app, org.policies.by_id[policy])
    assert okta.delete(f"/policies/{policy}").status == status
    assert org.policies.in_force(app).system is (status == 204)


# Rules


def test_what_okta_adds_to_a_rule(write):
    got = write(
        rule(
            conditions={
                "platform": {
                    "include": [{"type": "DESKTOP", "os": {"type": "MACOS", "expression": None}}]
                },
                "elCondition": None,
            },
            actions={
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {
                        "type": "ASSURANCE",
                        "factorMode": "2FA",
                        "constraints": [{"possession": {}}],
                    },
                }
            },
        )
    ).json
    assert got["conditions"] == {
        "people": {"users": {"exclude": []}},
        "userType": {"include": [], "exclude": []},
        "riskScore": {"level": "ANY"},
        "platform": {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}], "exclude": []},
    }
    assert got["actions"]["appSignOn"]["keepMeSignedIn"] == {"postAuth": "NOT_ALLOWED"}
    assert got["actions"]["appSignOn"]["verificationMethod"]["constraints"] == [
        {"possession": {"required": True}}
    ]


def test_without_risk_scoring_there_is_no_risk_score(okta_world, write):
    okta_world.switches.set(risk_scoring=False)
    assert (
        "riskScore"
        not in write(
            rule(conditions={"riskScore": {"level": "ANY"}, "device": {"registered": True}})
        ).json["conditions"]
    )


def test_what_okta_drops_of_a_chain(write):
    method = {
        "type": "AUTH_METHOD_CHAIN",
        "factorMode": "2FA",
        "inactivityPeriod": "PT1H",
        "chains": [{"authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}]}],
    }
    got = write(
        rule(
            conditions={"platform": {}},
            actions={"appSignOn": {"access": "ALLOW", "verificationMethod": method}},
        )
    ).json
    assert (
        set(got["actions"]["appSignOn"]["verificationMethod"]) == {"type", "chains"}
        and "platform" not in got["conditions"]
    )


@pytest.mark.parametrize(
    "body",
    [
        rule(name=""),
        rule(name="Catch-all Rule"),
        rule(conditions={"device": {"managed": True}}),
        rule(conditions={"people": {"groups": {"include": ["00gNone"]}}}),
        rule(conditions={"colour": {"include": ["red"]}}),
        rule(actions={}),
        rule(actions={"appSignOn": {"access": "MAYBE"}}),
        rule(
            actions={
                "appSignOn": {
                    "access": "ALLOW",
                    "verificationMethod": {"type": "AUTH_METHOD_CHAIN", "chains": []},
                }
            }
        ),
        rule(priority=-1),
        rule(type="SIGN_ON"),
    ],
)
def test_what_no_rule_can_say(write, body):
    assert refusal(write(body)) == (400, "E0000001")


def test_a_rule_is_made_inactive(write, okta, policy):
    made = write(rule(), activate="false").json
    assert made["status"] == "INACTIVE"
    assert okta.post(f"/policies/{policy}/rules/{made['id']}/lifecycle/activate").status == 204
    assert okta.get(f"/policies/{policy}/rules/{made['id']}").json["status"] == "ACTIVE"


def test_rules_move_when_one_comes_between_or_goes(okta, policy, write):
    first, _second = write(rule("First")).json, write(rule("Second")).json
    write(rule("Between", priority=1))
    assert order(okta, policy) == [
        ("First", 0),
        ("Between", 1),
        ("Second", 2),
        ("Catch-all Rule", 99),
    ]
    write(rule("First", priority=2), "PUT", first["id"])
    assert order(okta, policy) == [
        ("Between", 0),
        ("Second", 1),
        ("First", 2),
        ("Catch-all Rule", 99),
    ]
    okta.delete(f"/policies/{policy}/rules/{first['id']}")
    assert order(okta, policy) == [("Between", 0), ("Second", 1), ("Catch-all Rule", 99)]


def test_a_deleted_rule_may_leave_its_number_free(okta, okta_world, policy, write):
    okta_world.switches.set(rule_numbers="gaps")
    first, _second = write(rule("First")).json, write(rule("Second"))
    okta.delete(f"/policies/{policy}/rules/{first['id']}")
    assert order(okta, policy) == [("Second", 1), ("Catch-all Rule", 99)]


def test_of_the_catch_all_rule_only_the_actions_change(okta, okta_world, policy, write):
    (catch_all,) = okta.get(f"/policies/{policy}/rules").json
    with_conditions = rule("Catch-all Rule", {"device": {"registered": True}}, DENY)
    assert refusal(write(with_conditions, "PUT", catch_all["id"])) == (400, "E0000001")
    got = write(rule("Catch-all Rule", None, DENY, priority=0), "PUT", catch_all["id"]).json
    assert (got["actions"]["appSignOn"]["access"], got["priority"], got["conditions"]) == (
        "DENY",
        99,
        None,
    )
    okta_world.switches.set(catch_all_changes="ignore")
    assert write(with_conditions, "PUT", catch_all["id"]).json["conditions"] is None
    assert refusal(okta.delete(f"/policies/{policy}/rules/{catch_all['id']}")) == (400, "E0000001")


def test_a_policy_takes_a_hundred_rules(write):
    replies = [write(rule(f"Rule {number}")) for number in range(100)]
    assert [reply.status for reply in replies] == [200] * 99 + [400]


def test_changes_are_events(org, okta, policy, write):
    made = write(rule()).json
    okta.delete(f"/policies/{policy}/rules/{made['id']}")
    assert [event["eventType"] for event in org.events][-3:] == [
        "policy.lifecycle.create",
        "policy.rule.add",
        "policy.rule.delete",
    ]


# Groups


def test_groups_are_found(okta, org):
    org.directory.add_group("Engineering", "Builders")
    assert [row["profile"]["name"] for row in okta.get("/groups", q="eng").json] == ["Engineering"]
    assert [
        row["profile"]["name"]
        for row in okta.get("/groups", search='profile.description co "build"').json
    ] == ["Engineering"]
    assert [
        row["profile"]["name"] for row in okta.get("/groups", filter='type eq "BUILT_IN"').json
    ] == ["Everyone", "Okta Administrators"]
    assert refusal(okta.get("/groups", filter='profile.name eq "Engineering"')) == (400, "E0000031")
    assert len(okta.pages("/groups", limit=2)) == 2


def test_members_of_a_group_come_in_pages(okta, org):
    users = [org.add_user("Ana", "Silva", f"ana{number}@example.com").id for number in range(3)]
    group = org.directory.add_group("Two", members=users[:2])
    assert [
        [row["id"] for row in page] for page in okta.pages(f"/groups/{group.id}/users", limit=1)
    ] == [[users[0]], [users[1]]]
    assert len(okta.get(f"/groups/{org.directory.group('Everyone').id}/users").json) == 3
    member = okta.get(f"/groups/{group.id}/users").json[0]["id"]
    pages = okta.pages(f"/users/{member}/groups", limit=1)
    assert [[row["profile"]["name"] for row in page] for page in pages] == [
        ["Everyone"],
        ["Two"],
    ]
    assert refusal(okta.get("/users/00uNone/groups")) == (404, "E0000007")


# Writes at the same moment


@pytest.mark.parametrize(("switch", "statuses"), [("500", {200, 500}), ("taken", {200})])
def test_two_rules_of_one_policy_written_at_once(tmp_path, switch, statuses):
    with Lab(Options(macs=0)) as lab:
        told, policies = lab.announcement, lab.world.okta.policies
        lab.world.switches.set(parallel_rule_writes=switch)
        lab.world.faults.append(Fault("slow", "createPolicyRule", seconds=0.5))
        policy, other = policies.add("Mine"), policies.add("Another")

        def write(place, name):
            url = f"{told['okta_url']}/api/v1/policies/{place.id}/rules"
            headers = {"Authorization": f"SSWS {told['okta_api_token']}"}
            return requests.post(
                url, json=rule(name), headers=headers, verify=told["ca_file"], timeout=30
            ).status_code

        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(write, policy, "First")
            while not lab.world.okta.limits.in_flight:
                pass
            assert write(other, "Elsewhere") == 200  # another policy is another matter
            second = write(policy, "Second")
            assert {second, slow.result()} == statuses


# Scopes


@pytest.mark.parametrize(
    ("scopes", "path", "verb", "status"),
    [
        ({"okta.policies.read"}, "/policies?type=ACCESS_POLICY", "GET", 200),
        ({"okta.apps.read"}, "/apps", "GET", 200),
        ({"okta.groups.read"}, "/groups", "GET", 200),
        (
            {"okta.policies.read"},
            "/policies/simulate",
            "POST",
            400,
        ),  # a body is missing, a scope is not
        ({"okta.policies.read"}, "/policies", "POST", 403),
        ({"okta.groups.read"}, "/apps", "GET", 403),
    ],
)
def test_each_has_its_scope(okta, org, scopes, path, verb, status):
    app = org.oauth.add_app(scopes=scopes)
    org.oauth.tokens["token"] = AccessToken(app, scopes, org.now() + timedelta(hours=1))
    okta.token = None
    assert (
        okta.send(
            verb,
            f"/api/v1{path}",
            headers={"Authorization": "Bearer token"},
            data=b"{}" if verb == "POST" else None,
        ).status
        == status
    )


# Flexible Okta Verify

FASTPASS_RULE = {
    "appSignOn": {
        "access": "ALLOW",
        "verificationMethod": {
            "type": "ASSURANCE",
            "factorMode": "2FA",
            "constraints": [
                {
                    "possession": {
                        "authenticationMethods": [{"key": "okta_verify", "method": "signed_nonce"}]
                    }
                }
            ],
        },
    }
}


def methods_in(row):
    constraint = row["actions"]["appSignOn"]["verificationMethod"]["constraints"][0]
    return constraint["possession"]["authenticationMethods"]


def test_stored_rules_are_translated_and_the_earlier_key_is_refused(okta, okta_world, write):
    asked = {"elCondition": {"condition": "accessRequest.authenticator.key == 'okta_verify'"}}
    made = write(rule(conditions=asked, actions=FASTPASS_RULE)).json
    assert methods_in(made) == [{"key": "okta_verify", "method": "signed_nonce"}]
    okta_world.switches.set(flexible_okta_verify=True)
    shown = write(None, "GET", made["id"]).json
    assert methods_in(shown) == [{"key": "okta_verify_fastpass", "method": "signed_nonce"}]
    assert shown["conditions"]["elCondition"]["condition"].count(" || ") == 2
    for conditions, actions in ((None, FASTPASS_RULE), (asked, ALLOW)):
        body = rule(conditions=conditions, actions=actions)
        assert refusal(write(body, "PUT", made["id"])) == (400, "E0000001")
    assert write(rule(actions=shown["actions"]), "PUT", made["id"]).status == 200


def test_an_org_without_flexible_okta_verify_refuses_its_keys(write):
    split = [{"key": "okta_verify_push", "method": "push"}]
    method = {
        "type": "ASSURANCE",
        "factorMode": "2FA",
        "constraints": [{"possession": {"authenticationMethods": split}}],
    }
    actions = {"appSignOn": {"access": "ALLOW", "verificationMethod": method}}
    assert refusal(write(rule(actions=actions))) == (400, "E0000001")
