# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's authorization server is no pushover.

Whatever Okta refuses, it refuses too, by the lab's clock.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.lab.conftest import ask

URL = "https://localhost/oauth2/v1/token"
DEVICES = "https://localhost/api/v1/devices"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Client:
    """A client written for these tests alone, which can do everything wrong on purpose."""

    def __init__(self, application: t.Any, world: t.Any, **settings: t.Any) -> None:
        self.application, self.world = application, world
        self.app = world.okta.oauth.add_app(**settings)
        self.proof_key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def now(self) -> int:
        return int(self.world.clock.now().timestamp())

    def new_jti(self) -> str:
        self.count += 1
        return f"{self.app.client_id}-{self.count}"

    def assertion(self, *, key: t.Any = None, kid: str | None = None, **claims: t.Any) -> str:
        usual = {
            "iss": self.app.client_id,
            "sub": self.app.client_id,
            "aud": URL,
            "iat": self.now(),
            "exp": self.now() + 300,
            "jti": self.new_jti(),
        }
        return jwt.encode(
            {**usual, **claims},
            key or self.app.private_key,
            algorithm=self.app.algorithm,
            headers={"kid": kid or self.app.key_id},
        )

    def proof(
        self, verb: str, url: str, *, key: t.Any = None, typ: str = "dpop+jwt", **claims: t.Any
    ) -> str:
        key = key or self.proof_key
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
        usual = {"htm": verb, "htu": url, "iat": self.now(), "jti": self.new_jti()}
        return jwt.encode(
            {**usual, **claims}, key, algorithm="ES256", headers={"typ": typ, "jwk": public}
        )

    def ask_token(
        self,
        assertion: str | None = None,
        *,
        scope: str = "okta.devices.read",
        proof: str | None = None,
        **form: str,
    ) -> t.Any:
        usual = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        headers = {"DPoP": proof} if proof else {}
        return ask(
            self.application,
            requests.Request("POST", URL, data={**usual, **form}, headers=headers).prepare(),
        )

    def bound_token(self) -> str:
        """A token that is bound to the key of the proofs: told the nonce first, then given."""
        told = self.ask_token(proof=self.proof("POST", URL))
        assert said(told) == (400, "use_dpop_nonce")
        given = self.ask_token(proof=self.proof("POST", URL, nonce=told.headers["dpop-nonce"]))
        assert given.json["token_type"] == "DPoP"
        return str(given.json["access_token"])

    def call(
        self,
        token: str,
        scheme: str = "Bearer",
        *,
        verb: str = "GET",
        url: str = DEVICES,
        proof: str | None = None,
    ) -> t.Any:
        headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
        return ask(self.application, requests.Request(verb, url, headers=headers).prepare())


def said(reply: t.Any) -> tuple[int, str]:
    return reply.status, str(reply.json.get("error") or reply.json.get("errorCode"))


def ath(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def client_of(okta: t.Any, okta_world: t.Any) -> t.Callable[..., Client]:
    def make(**settings: t.Any) -> Client:
        return Client(okta.application, okta_world, **settings)

    return make


# The token operation


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"])
def test_a_token_is_given_for_a_good_assertion(client_of: t.Any, algorithm: str) -> None:
    client = client_of(algorithm=algorithm)
    reply = client.ask_token(scope="okta.logs.read okta.devices.read")
    assert reply.status == 200
    assert {name: value for name, value in reply.json.items() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "okta.devices.read okta.logs.read",
    }
    assert client.call(reply.json["access_token"]).status == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "0oaSomebodyElse"},
        {"sub": "0oaSomebodyElse"},
        {"aud": "https://localhost/oauth2/default/v1/token"},
        {"aud": "https://localhost"},
    ],
    ids=str,
)
def test_an_assertion_for_somebody_else_is_refused(
    client_of: t.Any, claims: dict[str, str]
) -> None:
    client = client_of()
    assert said(client.ask_token(client.assertion(**claims))) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("issued", "expires", "status"),
    [(0, 3600, 200), (0, 3 * 3600, 401), (30, 300, 200), (600, 900, 401), (-600, -300, 401)],
)
def test_times_of_an_assertion_are_judged_by_the_labs_clock(
    client_of: t.Any, okta_world: t.Any, issued: int, expires: int, status: int
) -> None:
    okta_world.clock.advance(days=40)
    client = client_of()
    now = client.now()
    assert client.ask_token(client.assertion(iat=now + issued, exp=now + expires)).status == status


def test_an_assertion_serves_once(client_of: t.Any) -> None:
    client = client_of()
    assertion = client.assertion()
    assert [client.ask_token(assertion).status for _unused in range(2)] == [200, 401]


def test_another_key_or_key_id_is_refused(client_of: t.Any) -> None:
    client = client_of()
    assert said(
        client.ask_token(client.assertion(key=ec.generate_private_key(ec.SECP256R1())))
    ) == (401, "invalid_client")
    assert said(client.ask_token(client.assertion(kid="another"))) == (401, "invalid_client")


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_an_assertion_without_a_private_key_is_refused(client_of: t.Any, algorithm: str) -> None:
    client = client_of(algorithm="RS256")
    usual = {
        "iss": client.app.client_id,
        "sub": client.app.client_id,
        "aud": URL,
        "iat": client.now(),
        "exp": client.now() + 300,
    }
    forged = jwt.encode(
        usual,
        "a secret that both would have to know" if algorithm == "HS256" else None,
        algorithm=algorithm,
    )
    assert said(client.ask_token(forged)) == (401, "invalid_client")


def test_an_app_that_is_not_active_gets_and_keeps_no_token(client_of: t.Any) -> None:
    client = client_of()
    token = client.ask_token().json["access_token"]
    client.app.active = False
    assert said(client.ask_token()) == (401, "invalid_client")
    assert said(client.call(token)) == (401, "E0000011")


@pytest.mark.parametrize("scope", ["", "okta.users.read", "okta.devices.read okta.users.read"])
def test_scopes_that_are_not_granted_are_refused_as_a_whole(client_of: t.Any, scope: str) -> None:
    client = client_of(scopes=["okta.devices.read"])
    assert said(client.ask_token(scope=scope)) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"client_assertion_type": "basic"}, (401, "invalid_client")),
        ({"client_assertion": "eyJ.no.token"}, (401, "invalid_client")),
    ],
    ids=str,
)
def test_a_form_that_is_no_token_request_is_refused(
    client_of: t.Any, form: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert said(client_of().ask_token(**form)) == refusal


# Calls


def test_a_token_ends_after_an_hour_of_the_labs_clock(client_of: t.Any, okta_world: t.Any) -> None:
    client = client_of()
    token = client.ask_token().json["access_token"]
    okta_world.clock.advance(seconds=3590)
    assert client.call(token).status == 200
    okta_world.clock.advance(seconds=20)
    assert said(client.call(token)) == (401, "E0000011")


def test_all_tokens_can_be_ended_at_once(client_of: t.Any, org: t.Any) -> None:
    client = client_of()
    tokens = [client.ask_token().json["access_token"] for _unused in range(2)]
    assert org.oauth.expire() == 2
    assert [said(client.call(token)) for token in tokens] == [(401, "E0000011")] * 2


def test_a_scope_is_looked_at_before_the_role(client_of: t.Any) -> None:
    client = client_of(role=False)
    logs, devices = (
        client.ask_token(scope=scope).json["access_token"]
        for scope in ("okta.logs.read", "okta.devices.read")
    )
    without_scope, without_role = client.call(logs), client.call(devices)
    assert said(without_scope) == said(without_role) == (403, "E0000006")
    assert 'error="insufficient_scope"' in without_scope.headers["www-authenticate"]
    assert "www-authenticate" not in without_role.headers
    client.app.role = True
    assert client.call(devices).status == 200


def test_managing_covers_reading_and_not_the_reverse(client_of: t.Any, register: t.Any) -> None:
    client, record = client_of(), register()
    reading, managing = (
        client.ask_token(scope=f"okta.devices.{what}").json["access_token"]
        for what in ("read", "manage")
    )
    step = f"{DEVICES}/{record.id}/lifecycle/deactivate"
    assert client.call(managing).status == 200
    assert said(client.call(reading, verb="POST", url=step)) == (403, "E0000006")
    assert client.call(managing, verb="POST", url=step).status == 204


# Proof of possession


def test_an_app_that_demands_a_proof_gives_no_token_without_one(client_of: t.Any) -> None:
    client = client_of(dpop=True)
    assert said(client.ask_token()) == (400, "invalid_dpop_proof")
    token = client.bound_token()
    assert (
        client.call(token, "DPoP", proof=client.proof("GET", DEVICES, ath=ath(token))).status == 200
    )


def test_a_bound_token_is_no_bearer_token(client_of: t.Any) -> None:
    client = client_of(dpop=True)
    token = client.bound_token()
    assert said(client.call(token)) == (401, "E0000011")
    assert said(client.call(token, "DPoP")) == (401, "invalid_dpop_proof")


def test_a_proof_serves_once(client_of: t.Any) -> None:
    client = client_of(dpop=True)
    token = client.bound_token()
    proof = client.proof("GET", DEVICES, ath=ath(token))
    assert client.call(token, "DPoP", proof=proof).status == 200
    again = client.call(token, "DPoP", proof=proof)
    assert (
        said(again) == (401, "invalid_dpop_proof")
        and "already been used" in again.json["error_description"]
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"htm": "POST"},
        {"htu": DEVICES + "/1"},
        {"ath": "AAAA"},
        {"ath": ""},
        {"iat": 0},
        {"typ": "JWT"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_proof_of_something_else_is_refused(client_of: t.Any, wrong: dict[str, t.Any]) -> None:
    client = client_of(dpop=True)
    token = client.bound_token()
    proof = client.proof("GET", DEVICES, **{"ath": ath(token), **wrong})
    assert said(client.call(token, "DPoP", proof=proof)) == (401, "invalid_dpop_proof")


# The control surface


def test_an_app_is_made_and_changed_from_outside(control: t.Any) -> None:
    made = control.send(
        "POST",
        "/okta/apps",
        {"algorithm": "ES384", "scopes": ["okta.logs.read"], "dpop": True, "role": False},
    ).json
    app = control.world.okta.oauth.apps[made["client_id"]]
    assert (app.algorithm, app.scopes, app.dpop, app.role, app.key_id) == (
        "ES384",
        {"okta.logs.read"},
        True,
        False,
        made["key_id"],
    )
    private = serialization.load_pem_private_key(made["private_key"].encode(), None)
    assert (
        private.private_numbers()
        == jwt.PyJWK(json.loads(made["private_key_jwk"])).key.private_numbers()
        == app.private_key.private_numbers()
    )
    changed = control.send(
        "PATCH",
        "/okta/apps",
        {
            "client_id": made["client_id"],
            "dpop": False,
            "role": True,
            "active": False,
            "scopes": [],
        },
    ).json
    assert changed == {
        "client_id": made["client_id"],
        "scopes": [],
        "dpop": False,
        "role": True,
        "active": False,
    }
    assert control.send("POST", "/okta/tokens/expire", {}).json == {"expired": 0}


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("POST", {"algorithm": "HS256"}),
        ("POST", {"scopes": ["okta.everything"]}),
        ("POST", {"dpop": "yes"}),
        ("POST", {"color": "red"}),
        ("PATCH", {"client_id": "0oaNobody", "dpop": True}),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(control: t.Any, verb: str, body: dict[str, t.Any]) -> None:
    assert control.send(verb, "/okta/apps", body).status == 400


def test_the_lab_announces_an_app_that_is_ready(control: t.Any) -> None:
    told = control.announcement
    app = control.world.okta.oauth.apps[told["okta_client_id"]]
    assert (
        app.key_id == told["okta_key_id"]
        and told["okta_private_key"] == app.announced()["private_key"]
        and app.role
        and not app.dpop
    )
