# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which authentication method is selected, which keys are accepted, and what is sent.

That is one token, and a fresh proof for every attempt.
"""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from urllib.parse import parse_qs

import jwt
import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    Forbidden,
    Unauthorized,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import OKTA
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Explanation,
    optional,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication import (
    auth,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.private_key import (
    LIBRARIES,
    Key,
    read_key,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
    GET_ORGANIZATION,
    LIST_DEVICES,
    Okta,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ORG = "https://acme.okta.com"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOTHING = dict.fromkeys(OKTA)
GRANTED = {
    "access_token": "canary-access-token",
    "token_type": "Bearer",
    "expires_in": 3600,
    "scope": "okta.devices.read",
}


def pem(key: t.Any, encryption: t.Any = None) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(
        serialization.Encoding.PEM, form, encryption or serialization.NoEncryption()
    ).decode()


def jwk(key: t.Any, **more: t.Any) -> str:
    kind = (
        jwt.algorithms.RSAAlgorithm
        if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey))
        else jwt.algorithms.ECAlgorithm
    )
    return json.dumps({**json.loads(kind.to_jwk(key)), **more})


# Which authentication method


@pytest.mark.parametrize(
    "given, environment, method",
    [
        ({"okta_api_token": "00a"}, {}, "API token"),
        ({"okta_access_token": "eyJ"}, {}, "access token"),
        ({"okta_client_id": "0oa", "okta_private_key": "k"}, {}, "service app"),
        (
            {"okta_api_token": "00a", "okta_access_token": "eyJ"},
            {"OKTA_CLIENT_TOKEN": "00a"},
            "access token",
        ),
        (
            {"okta_api_token": "00a", "okta_client_id": "0oa", "okta_private_key": "k"},
            {"OKTA_CLIENT_TOKEN": "00a", "OKTA_CLIENT_CLIENTID": "0oa"},
            "service app",
        ),
    ],
)
def test_what_is_given_as_an_option_outranks_the_environment(
    given: dict[str, str], environment: dict[str, str], method: str
) -> None:
    assert auth.select_auth_method({**NOTHING, **given}, OKTA, environment) == method


@pytest.mark.parametrize(
    "given, said",
    [
        (
            {},
            (
                "no Okta credentials are configured. Set one of these options, or its environment"
                " variable: okta_api_token (OKTA_CLIENT_TOKEN); "
            ),
        ),
        (
            {"okta_api_token": "00a", "okta_access_token": "eyJ"},
            "several kinds of Okta credentials are configured (okta_api_token, okta_access_token)",
        ),
        (
            {"okta_client_id": "0oa"},
            (
                "okta_private_key: a service app needs okta_client_id and okta_private_key. Set the"
                " option or the environment variable OKTA_CLIENT_PRIVATEKEY."
            ),
        ),
        ({"okta_private_key": "k"}, "okta_client_id: a service app needs"),
    ],
)
def test_what_is_missing_or_too_much_is_named(given: dict[str, str], said: str) -> None:
    with pytest.raises(BadOption) as raised:
        auth.select_auth_method({**NOTHING, **given}, OKTA, {})
    assert said in raised.value.message


# Keys


@pytest.mark.parametrize(
    "text, algorithm, key_id",
    [
        (pem(EC_KEY), "ES256", None),
        (pem(RSA_KEY), "RS256", None),
        (pem(RSA_KEY).replace("\n", "\\n"), "RS256", None),
        (pem(ec.generate_private_key(ec.SECP384R1())), "ES384", None),
        (pem(ec.generate_private_key(ec.SECP521R1())), "ES512", None),
        (jwk(EC_KEY, kid="k1"), "ES256", "k1"),
        (jwk(RSA_KEY, kid="k2", alg="RS512"), "RS512", "k2"),
        (str(json.loads(jwk(EC_KEY, kid="k3"))), "ES256", "k3"),
    ],
    ids=[
        "ec",
        "rsa",
        "one line",
        "p-384",
        "p-521",
        "jwk ec",
        "jwk rsa",
        "jwk as Ansible writes a mapping",
    ],
)
@pytest.mark.parametrize("by_path", [False, True])
def test_a_key_is_pem_or_jwk_by_value_or_by_path(
    tmp_path: t.Any, text: str, algorithm: str, key_id: str, by_path: bool
) -> None:
    if by_path:
        (tmp_path / "key").write_text(text)
    key = read_key(str(tmp_path / "key") if by_path else text, None, Masker())
    assert (key.algorithm, key.key_id) == (algorithm, key_id)
    assert jwt.decode(
        jwt.encode({"a": 1}, key.private, algorithm=key.algorithm),
        key.private.public_key(),
        algorithms=[algorithm],
    ) == {"a": 1}


@pytest.mark.parametrize(
    "text, said",
    [
        ("/nowhere/key.pem", "cannot be read (No such file or directory)"),
        (
            (
                "-----BEGIN PRIVATE KEY-----\ncanary-no-key-at-all-0123456789\n-----END PRIVATE"
                " KEY-----"
            ),
            "not a readable PEM private key",
        ),
        (pem(EC_KEY, serialization.BestAvailableEncryption(b"secret")), "the key is encrypted"),
        (
            EC_KEY.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode(),
            "this is a public key",
        ),
        (jwk(EC_KEY.public_key()), "the JWK is a public key"),
        ('{"kty": "EC", "d": "canary-no-number"}', "not a readable JWK"),
        ('{"kty": "EC"', "not a readable JWK"),
        (jwk(EC_KEY, alg="RS256"), "alg 'RS256', which does not fit its key"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "Use an RSA key of at least 2048 bits"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "Use an RSA key of at least 2048 bits"),
    ],
)
def test_a_key_that_cannot_be_used_is_one_sentence_without_it(text: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        read_key(text, None, Masker())
    assert (
        said in raised.value.message
        and "canary" not in raised.value.message
        and "\n" not in raised.value.message
    )


def test_nothing_of_a_key_is_ever_shown() -> None:
    for text in (pem(RSA_KEY), jwk(EC_KEY)):
        masker = Masker()
        read_key(text, None, masker)
        secret = text.splitlines()[3] if "\n" in text else json.loads(text)["d"]
        assert secret not in masker.text(f"oops: {text} and {secret}")


# The requests


def service_app(wire: t.Any, **settings: t.Any) -> Okta:
    app = auth.ServiceApp(
        "0oaClient", Key(EC_KEY, "ES256", "k1"), ["okta.devices.read"], wire.masker
    )
    return Okta(ORG, app, wire.settings(**settings), wire.masker)


def assertion_of(request: t.Any) -> dict[str, t.Any]:
    return jwt.decode(
        parse_qs(request.body)["client_assertion"][0],
        EC_KEY.public_key(),
        algorithms=["ES256"],
        audience=ORG + "/oauth2/v1/token",
        options={"verify_exp": False, "verify_iat": False},
    )


def test_one_token_serves_all_calls(wire: t.Any) -> None:
    wire.script((200, GRANTED), (200, []))
    okta = service_app(wire)
    for _unused in range(3):
        assert list(okta.devices('status eq "ACTIVE"')) == []
    token, *calls = wire.sent
    assert token.url == ORG + "/oauth2/v1/token" and "Authorization" not in token.headers
    assert [one.headers["Authorization"] for one in calls] == ["Bearer canary-access-token"] * 3
    form = parse_qs(token.body)
    assert form["scope"] == ["okta.devices.read"] and form["grant_type"] == ["client_credentials"]
    claims = assertion_of(token)
    assert (
        claims["iss"] == claims["sub"] == "0oaClient" and 0 < claims["exp"] - claims["iat"] <= 3600
    )
    assert okta.transport.calls[("token", "POST")] == 1 and "canary" not in wire.masker.text(
        "canary-access-token"
    )


def test_a_token_request_that_is_repeated_has_another_assertion(wire: t.Any) -> None:
    wire.script((503, "busy"), (200, GRANTED), (200, []))
    list(service_app(wire).devices("id pr"))
    first, second = (assertion_of(one)["jti"] for one in wire.sent[:2])
    assert first != second


def test_a_clock_that_is_wrong_is_corrected_by_the_vendors(wire: t.Any) -> None:
    wire.script(
        (401, {"error": "invalid_client", "error_description": "issued in the future"}),
        (200, GRANTED),
        (200, []),
    )
    list(service_app(wire).devices("id pr"))
    from email.utils import parsedate_to_datetime

    vendor = parsedate_to_datetime("Mon, 23 Nov 2026 10:00:00 GMT").timestamp()
    assert abs(assertion_of(wire.sent[1])["iat"] - vendor) <= 5


def test_a_proof_is_made_when_asked_for_and_anew_for_every_try(wire: t.Any) -> None:
    wire.script(
        (
            400,
            {
                "error": "invalid_dpop_proof",
                "error_description": "The DPoP proof JWT header is missing.",
            },
        ),
        (400, {"error": "use_dpop_nonce"}, {"dpop-nonce": "n1"}),
        (200, {**GRANTED, "token_type": "DPoP"}),
        (503, "busy"),
        (200, []),
    )
    list(service_app(wire).devices("id pr"))
    proofs = [one.headers.get("DPoP") for one in wire.sent]
    assert proofs[0] is None
    read = [
        jwt.decode(
            one,
            jwt.PyJWK(jwt.get_unverified_header(one)["jwk"]).key,
            algorithms=["ES256"],
            options={"verify_iat": False},
        )
        for one in proofs[1:]
    ]
    assert len({one["jti"] for one in read}) == 4
    assert [one.get("nonce") for one in read] == [None, "n1", "n1", "n1"]
    assert [one["htu"] for one in read[1:]] == [
        ORG + "/oauth2/v1/token",
        ORG + "/api/v1/devices",
        ORG + "/api/v1/devices",
    ]
    assert ["ath" in one for one in read] == [False, False, True, True] and wire.sent[-1].headers[
        "Authorization"
    ] == "DPoP canary-access-token"
    assert (
        "k" not in jwt.get_unverified_header(proofs[1])["jwk"]
        and "d" not in jwt.get_unverified_header(proofs[1])["jwk"]
    )


def test_a_new_nonce_is_taken_up_without_another_token(wire: t.Any) -> None:
    wire.script(
        (400, {"error": "use_dpop_nonce"}, {"dpop-nonce": "n1"}),
        (400, {"error": "use_dpop_nonce"}, {"dpop-nonce": "n1"}),
        (200, {**GRANTED, "token_type": "DPoP"}),
        (
            401,
            {"error": "use_dpop_nonce"},
            {"dpop-nonce": "n2", "WWW-Authenticate": 'DPoP error="use_dpop_nonce"'},
        ),
        (200, []),
    )
    okta = service_app(wire)
    list(okta.devices("id pr"))
    assert okta.transport.calls == {("token", "POST"): 3, ("listDevices", "GET"): 2}


def test_a_token_that_expired_during_the_run_is_replaced_once(wire: t.Any) -> None:
    wire.script(
        (200, GRANTED),
        (200, []),
        (401, {"errorCode": "E0000011"}),
        (200, {**GRANTED, "access_token": "canary-second"}),
        (200, []),
    )
    okta = service_app(wire)
    for _unused in range(2):
        list(okta.devices("id pr"))
    assert wire.sent[-1].headers["Authorization"] == "Bearer canary-second"
    wire.script(
        (401, {"errorCode": "E0000011", "errorSummary": "Invalid token provided"}),
        (200, GRANTED),
        (401, {"errorCode": "E0000011"}),
    )
    with pytest.raises(Unauthorized, match="that it has just given to the service app 0oaClient"):
        list(okta.devices("id pr"))


@pytest.mark.parametrize(
    "status, body, said",
    [
        (
            400,
            {"error": "invalid_scope"},
            "no token with the scopes okta.devices.read (400 invalid_scope). Have a super admin grant",
        ),
        (
            401,
            {"error": "invalid_client", "error_description": "bad signature"},
            "does not accept the service app 0oaClient (401 invalid_client: bad signature)",
        ),
        (400, {"error": "invalid_dpop_proof"}, "does not accept the proof of possession"),
    ],
)
def test_a_refused_token_request_says_what_to_mend(
    wire: t.Any, status: int, body: t.Any, said: str
) -> None:
    wire.script((status, body, {"Date": None}))
    with pytest.raises(ApiError) as raised:
        list(service_app(wire).devices("id pr"))
    assert said in raised.value.message


@pytest.mark.parametrize(
    "scope, headers, said",
    [
        (
            "okta.logs.read",
            {},
            "lacks the scope 'okta.devices.read', which listDevices needs (403 E0000006)",
        ),
        (
            "okta.devices.read",
            {"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
            "lacks the scope 'okta.devices.read'",
        ),
        (
            "okta.devices.read",
            {},
            (
                "the scope 'okta.devices.read' is there, and the service app 0oaClient has no admin"
                " role"
            ),
        ),
        ("okta.devices.manage", {}, "has no admin role"),
    ],
)
def test_a_missing_scope_and_a_missing_role_are_told_apart(
    wire: t.Any, scope: str, headers: dict[str, str], said: str
) -> None:
    wire.script(
        (200, {**GRANTED, "scope": scope}),
        (403, {"errorCode": "E0000006", "errorSummary": "no permission"}, headers),
    )
    with pytest.raises(Forbidden) as raised:
        list(service_app(wire).devices("id pr"))
    assert said in raised.value.message


@pytest.mark.parametrize(
    "worked, said", [(False, "is not accepted"), (True, "expired during this run")]
)
def test_a_given_access_token_that_ends_is_told_from_a_wrong_one(
    wire: t.Any, worked: bool, said: str
) -> None:
    wire.script(*[(200, [])] * worked, (401, {"errorCode": "E0000011"}))
    okta = Okta(ORG, auth.AccessToken("canary-token"), wire.settings(), wire.masker)
    with pytest.raises(Unauthorized, match=said):
        for _unused in range(2):
            list(okta.devices("id pr"))


@pytest.mark.parametrize(
    "answered, said",
    [
        (
            {"errorCode": "E0000006", "errorSummary": "no permission"},
            "it lacks the scope 'okta.devices.read', or the user or app that it was issued to has no admin role",
        ),
        (
            {
                "errorCode": "E0000006",
                "errorSummary": "The access token provided does not contain the required scopes.",
            },
            "lacks the scope 'okta.devices.read', wh",
        ),
        ({"error": "insufficient_scope"}, "lacks the scope 'okta.devices.read', which"),
    ],
)
def test_of_a_given_access_token_only_what_okta_said_is_told(
    wire: t.Any, answered: dict[str, str], said: str
) -> None:
    wire.script((403, answered, {"X-Okta-Request-Id": "request-1"}))
    with pytest.raises(Forbidden) as raised:
        list(
            Okta(ORG, auth.AccessToken("canary-token"), wire.settings(), wire.masker).devices(
                "id pr"
            )
        )
    assert said in raised.value.message and raised.value.details["request_id"] == "request-1"


def test_an_api_token_that_is_not_accepted_says_where_a_new_one_is_made(wire: t.Any) -> None:
    wire.script(
        (
            401,
            {"errorCode": "E0000011", "errorSummary": "Invalid token provided"},
            {"X-Okta-Request-Id": "request-1"},
        )
    )
    with pytest.raises(
        Unauthorized,
        match=(
            r"30 days, or its administrator was deactivated\. Create a new one"
            r" \(Security > API"
        ),
    ) as raised:
        list(
            Okta(ORG, auth.ApiToken("canary-token"), wire.settings(), wire.masker).devices("id pr")
        )
    assert (raised.value.error_code, raised.value.details["request_id"]) == (
        "E0000011",
        "request-1",
    )


def test_a_missing_feature_costs_a_service_app_no_second_token(wire: t.Any) -> None:
    wire.script((200, GRANTED), (401, {"errorCode": "E0000015", "errorSummary": "no such feature"}))
    okta = service_app(wire)
    with pytest.raises(Unauthorized, match="lacks a feature or license that listDevices needs"):
        list(okta.devices("id pr"))
    assert okta.transport.calls == {("token", "POST"): 1, ("listDevices", "GET"): 1}


def test_what_needs_no_scope_is_sent_without_a_token_if_each_scope_is_asked_for_apart(
    wire: t.Any,
) -> None:
    wire.script((200, {"id": "00o1"}), (200, GRANTED), (200, []))
    app = auth.ServiceApp("0oaClient", Key(EC_KEY, "ES256"), [], wire.masker)
    okta = Okta(
        ORG,
        app,
        wire.settings(uses=optional(GET_ORGANIZATION, LIST_DEVICES, auth.TOKEN)),
        wire.masker,
    )
    okta.organization()
    list(okta.devices("id pr"))
    assert okta.transport.calls == {
        ("getWellknownOrgMetadata", "GET"): 1,
        ("token", "POST"): 1,
        ("listDevices", "GET"): 1,
    }
    assert "Authorization" not in wire.sent[0].headers


def test_a_token_that_another_thread_has_replaced_is_kept(wire: t.Any) -> None:
    wire.script((200, GRANTED), (200, {**GRANTED, "access_token": "canary-second"}))
    app = auth.ServiceApp("0oaClient", Key(EC_KEY, "ES256"), ["okta.devices.read"], wire.masker)
    transport = Okta(ORG, app, wire.settings(), wire.masker).transport
    old = app.headers(transport, "GET", ORG)
    for _thread in range(2):  # both had sent the old one
        assert app.on_unauthorized(old, Explanation("Invalid token provided", "E0000011"), {})
        assert app.headers(transport, "GET", ORG) == {"Authorization": "Bearer canary-second"}
    assert len(wire.sent) == 2


@pytest.mark.parametrize(
    "lives, later, tokens",
    [
        (3600, "Mon, 23 Nov 2026 10:58:00 GMT", 1),
        (3600, "Mon, 23 Nov 2026 10:59:10 GMT", 2),
        (50, "Mon, 23 Nov 2026 10:00:40 GMT", 1),
        (50, "Mon, 23 Nov 2026 10:00:49 GMT", 2),
    ],
)
def test_a_token_is_used_for_as_long_as_it_lives_by_the_vendors_clock(
    wire: t.Any, lives: int, later: str, tokens: int
) -> None:
    granted = (200, {**GRANTED, "expires_in": lives})
    wire.script(granted, (200, [], {"Date": later}), *[granted] * (tokens - 1), (200, []))
    okta = service_app(wire)
    for _unused in range(2):
        list(okta.devices("id pr"))
    assert okta.transport.calls[("token", "POST")] == tokens


def test_a_dropped_connection_is_tried_again_with_another_proof(wire: t.Any) -> None:
    bound = (200, {**GRANTED, "token_type": "DPoP"})
    wire.script(
        (400, {"error": "invalid_dpop_proof"}),
        bound,
        requests.exceptions.ConnectionError("gone"),
        (429, {}, {"Retry-After": "1"}),
        (200, []),
    )
    list(service_app(wire).devices("id pr"))
    ids = [
        jwt.decode(one.headers["DPoP"], options={"verify_signature": False})["jti"]
        for one in wire.sent[1:]
    ]
    assert len(set(ids)) == len(ids) == 4


def test_no_proof_and_no_assertion_is_shown(wire: t.Any) -> None:
    wire.script(
        (400, {"error": "invalid_dpop_proof"}), (200, {**GRANTED, "token_type": "DPoP"}), (200, [])
    )
    list(service_app(wire).devices("id pr"))
    secrets = [one.headers["DPoP"] for one in wire.sent[1:]] + [
        parse_qs(one.body)["client_assertion"][0] for one in wire.sent[:2]
    ]
    for secret in secrets:
        assert wire.masker.text(f"the proxy said {secret}: no") == "the proxy said ********: no"


@pytest.mark.parametrize("way", [auth.ApiToken("00a"), auth.AccessToken("eyJ")])
def test_a_missing_feature_is_not_blamed_on_the_token(wire: t.Any, way: t.Any) -> None:
    wire.script((401, {"errorCode": "E0000015", "errorSummary": "no such feature"}))
    with pytest.raises(Unauthorized, match="lacks a feature or license that listDevices needs"):
        list(Okta(ORG, way, wire.settings(), wire.masker).devices("id pr"))


def test_an_operation_that_is_not_declared_is_not_sent(wire: t.Any) -> None:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
        DeviceTrustError,
    )

    with pytest.raises(DeviceTrustError, match="listDevices was called and is not declared"):
        list(Okta(ORG, auth.ApiToken("00a"), wire.settings(uses=()), wire.masker).devices("id pr"))
    assert wire.sent == []


def test_check_mode_asks_for_no_scope_that_writes() -> None:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
        DELETE_DEVICE,
    )

    assert auth.scopes_of([LIST_DEVICES, DELETE_DEVICE], check_mode=True) == ["okta.devices.read"]
    assert auth.scopes_of([LIST_DEVICES, DELETE_DEVICE], check_mode=False) == [
        "okta.devices.manage",
        "okta.devices.read",
    ]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_missing_library_is_named_where_a_key_is_given(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(BadOption, match="the Python libraries PyJWT and cryptography are missing"):
        read_key("-----BEGIN", None, Masker())


def test_a_module_starts_without_what_only_a_key_needs() -> None:
    """Its import takes a sixth of the time in which a module starts."""
    module = f"{read_key.__module__.partition('.module_utils.')[0]}.modules.kandji_device_info"
    code = f"import sys, {module}; assert 'requests' in sys.modules and 'jwt' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
