# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta Verify and its methods.

What a replacement keeps, and what Okta refuses while policies rely on them.
"""

from __future__ import annotations

import pytest

from lab.okta.policies import access_policies


@pytest.fixture
def verify(org):
    return f"/api/v1/authenticators/{org.authenticators['okta_verify'].id}"


def refusal(reply):
    return reply.status, reply.json["errorCode"]


def test_fastpass_is_turned_off_and_on(okta, org, verify):
    assert (
        okta.send("POST", f"{verify}/methods/signed_nonce/lifecycle/deactivate").json["status"]
        == "INACTIVE"
    )
    assert (
        okta.send("POST", f"{verify}/methods/signed_nonce/lifecycle/activate").json["status"]
        == "ACTIVE"
    )
    assert [event["eventType"] for event in org.events][-2:] == [
        "security.authenticator.lifecycle.deactivate",
        "security.authenticator.lifecycle.activate",
    ]


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_fastpass_stays_on_while_a_rule_asks_for_devices(okta, org, verify, verb):
    conditions = {"device": {"registered": True}}
    accepted = access_policies.Rules().accept(
        {"name": "Macs", "conditions": conditions, "actions": {"appSignOn": {"access": "DENY"}}}
    )
    org.policies.add_rule(org.policies.default, accepted)
    method = f"{verify}/methods/signed_nonce"
    path, body = (
        (f"{method}/lifecycle/deactivate", {})
        if verb == "POST"
        else (method, {"type": "signed_nonce", "status": "INACTIVE"})
    )
    assert refusal(okta.send(verb, path, json=body)) == (403, "E0000174")
    assert okta.send("POST", f"{verify}/methods/push/lifecycle/deactivate").status == 200


def test_okta_verify_cannot_be_deactivated(okta, verify):
    assert refusal(okta.send("POST", f"{verify}/lifecycle/deactivate")) == (403, "E0000148")


def test_a_replacement_loses_what_it_does_not_say(okta, verify):
    before = okta.send("GET", verify).json
    assert {"enrollmentSecurityLevel", "userVerificationMethods"} <= set(before["settings"])
    body = {
        "key": "okta_verify",
        "name": "Okta Verify",
        "settings": {"userVerification": "REQUIRED"},
    }
    assert okta.send("PUT", verify, json=body).json["settings"] == {
        "userVerification": "REQUIRED",
        "appInstanceId": before["settings"]["appInstanceId"],
    }
    assert (
        okta.send("PUT", verify, json={**body, "settings": before["settings"]}).json["settings"]
        == before["settings"]
    )


def test_a_method_is_replaced(okta, verify):
    method = f"{verify}/methods/signed_nonce"
    settings = {**okta.send("GET", method).json["settings"], "showSignInWithOV": "NEVER"}
    assert (
        okta.send("PUT", method, json={"type": "signed_nonce", "settings": settings}).json[
            "settings"
        ]
        == settings
    )
    assert refusal(okta.send("PUT", method, json={"type": "push"})) == (400, "E0000001")


def test_okta_verify_may_be_three_authenticators(okta, okta_world, org):
    okta_world.switches.set(flexible_okta_verify=True)
    parts = {
        row["key"]: row
        for row in okta.get("/authenticators").json
        if row["key"].startswith("okta_verify")
    }
    assert set(parts) == {"okta_verify_fastpass", "okta_verify_push", "okta_verify_totp"}
    fastpass = f"/api/v1/authenticators/{parts['okta_verify_fastpass']['id']}"
    assert [row["type"] for row in okta.send("GET", f"{fastpass}/methods").json] == ["signed_nonce"]
    okta.send("POST", f"{fastpass}/methods/signed_nonce/lifecycle/deactivate")
    assert org.is_off("signed_nonce") and okta.send("GET", fastpass).json["status"] == "INACTIVE"


def test_only_push_and_fastpass_are_turned_off_by_themselves(okta, org):
    steps = {}
    for authenticator in org.authenticators.values():
        for row in okta.get(f"/authenticators/{authenticator.id}/methods").json:
            steps[row["type"]] = set(row["_links"]) - {"self"}
    assert steps == {
        "password": set(),
        "email": set(),
        "totp": set(),
        "push": {"deactivate"},
        "signed_nonce": {"deactivate"},
    }


def test_fastpass_may_start_as_it_was_recorded():
    from lab.okta.org import Org
    from lab.state import Options, World

    world = World(Options(macs=0, fastpass_off=True))
    org = Org(world, "https://localhost")
    verify = org.authenticators["okta_verify"]
    assert [org.is_off(method) for method in ("signed_nonce", "push", "totp")] == [
        True,
        True,
        False,
    ]
    assert verify.methods["signed_nonce"]["showSignInWithOV"] == "NEVER"


def test_okta_verify_may_keep_its_earlier_key_for_reads(okta, okta_world, org):
    verify = f"/api/v1/authenticators/{org.authenticators['okta_verify'].id}"
    okta_world.switches.set(flexible_okta_verify=True)
    assert okta.send("GET", verify).json["key"] == "okta_verify"
    step = f"{verify}/methods/push/lifecycle/deactivate"
    assert refusal(okta.send("POST", step)) == (400, "E0000001")
    okta_world.switches.set(legacy_okta_verify_listed=True)
    keys = [row["key"] for row in okta.get("/authenticators").json]
    assert [key for key in keys if key.startswith("okta_verify")] == [
        "okta_verify_fastpass",
        "okta_verify_push",
        "okta_verify_totp",
        "okta_verify",
    ]


def test_each_authenticator_of_a_user_has_an_id_of_its_own(okta, org):
    """Readers take rows with one id for one row that came twice."""
    user = org.add_user("Ana", "Silva", "ana@example.com")
    rows = okta.send("GET", f"/api/v1/users/{user.id}/authenticator-enrollments").json
    assert {"okta_password", "okta_email"} <= {row["key"] for row in rows}
    assert len({row["id"] for row in rows}) == len(rows)
