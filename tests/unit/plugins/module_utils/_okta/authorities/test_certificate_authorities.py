# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Certificate Authorities API: its rows, and the ways in which an org does not have it."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    Unauthorized,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
    AccessToken,
    ApiToken,
    ServiceApp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.private_key import (
    Key,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    read_authorities,
    read_key_expiries,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import Okta
from cryptography.hazmat.primitives.asymmetric import ec

EC_KEY = ec.generate_private_key(ec.SECP256R1())
ORG = "https://acme.okta.com"
FIRST = "1699E4263D0DC9D9FDA0B6AAE1286E5F7B57ACCC"
RENEWED = "53D22A615854286F8CD72E3E18E0FACC7A9D3948"
ACCESS = "B94E9A79DF30FC870CF018C274138A0BF56DEB04"
SUBJECT = "CN=Organization Intermediate Authority, OU=00o1, DC=example, DC=okta, DC=com"
# As in the examples of Okta's Go SDK: in the middle of a renewal.
AUTHORITY = {
    "authorityInstanceId": FIRST,
    "type": "INTERMEDIATE",
    "caType": "OKTA_AS_CA",
    "status": "VALID",
    "subjectDN": SUBJECT,
    "_embedded": {
        "certificates": [
            {
                "ski": RENEWED,
                "rotationState": "ACTIVE",
                "status": "VALID",
                "subjectDN": SUBJECT,
                "createdDate": "2026-09-25T00:10:20.000+0000",
                "expirationDate": "2031-09-25T00:10:19.000+0000",
            },
            {
                "ski": FIRST,
                "rotationState": "RETIRING",
                "status": "VALID",
                "subjectDN": SUBJECT,
                "createdDate": "2023-03-18T23:44:57.000+0000",
                "expirationDate": "2028-03-18T23:44:57.000+0000",
            },
        ]
    },
}
EXPIRIES = {
    RENEWED: datetime(2031, 9, 25, 0, 10, 19, tzinfo=timezone.utc),
    FIRST: datetime(2028, 3, 18, 23, 44, 57, tzinfo=timezone.utc),
}
DEVICE_ACCESS = {"authorityInstanceId": ACCESS, "caType": "DEVICE_ACCESS_OKTA_AS_CA"}
PLATFORM = {
    "id": "rac6kzcjk4IcgtZ574x7",
    "name": "Endpoint management",
    "protocol": "SCEP",
    "challengeType": "STATIC",
    "status": "ACTIVE",
    "aki": FIRST,
    "caExpirationDate": "2028-03-18T23:44:57.000+0000",
    "authorityInstanceId": FIRST,
    "scepUrl": f"https://example.okta.com/pki/{FIRST}/scep/rac6kzcjk4IcgtZ574x7",
    "createdDate": "2023-03-19T00:38:52.000+0000",
}


def org(wire: t.Any, auth: t.Any = None) -> Okta:
    return Okta(ORG, auth or ApiToken("00abc"), wire.settings(retries=1), wire.masker)


def error_body(code: str) -> dict[str, t.Any]:
    return {"errorCode": code, "errorSummary": "Summary.", "errorCauses": []}


def test_authorities_of_both_families_and_the_platforms_of_the_attesting_one(wire: t.Any) -> None:
    wire.script((200, {"data": [AUTHORITY, DEVICE_ACCESS]}), (200, {"data": [PLATFORM]}))
    authorities = read_authorities(org(wire))
    assert [request.path_url for request in wire.sent] == [
        "/pki/api/v2/certificate-authorities?type=INTERMEDIATE&expand=certificates",
        f"/pki/api/v2/certificate-authorities/{FIRST}/registration-authorities",
    ]
    assert authorities.is_read
    assert authorities.key_expiries == EXPIRIES
    (platform,) = authorities.platforms
    assert platform.ca_expires == datetime(2028, 3, 18, 23, 44, 57, tzinfo=timezone.utc)
    assert authorities.authority_of(platform) is authorities.attesting[0]
    assert platform.as_result()["created"] == "2023-03-19T00:38:52Z"
    newest = authorities.all[0].as_result()["certificates"][0]
    assert (newest["rotation_state"], newest["expires"]) == ("ACTIVE", "2031-09-25T00:10:19Z")


def test_fields_that_are_missing_are_unknown(wire: t.Any) -> None:
    wire.script(
        (200, {"data": [{"authorityInstanceId": FIRST, "caType": "OKTA_AS_CA"}]}),
        (200, {"data": [{"id": "rac1", "authorityInstanceId": FIRST}]}),
    )
    authorities = read_authorities(org(wire))
    assert authorities.key_expiries == {}
    assert authorities.platforms[0].path == f"/pki/{FIRST}/scep/rac1"
    assert authorities.platforms[0].as_result()["ca_expires"] is None


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, error_body("E0000015")), "does not have the Certificate Authorities API (401 E00"),
        ((404, error_body("E0000007")), "does not have the Certificate Authorities API (404 E00"),
        ((405, error_body("E0000022")), "does not have the Certificate Authorities API (405 E00"),
        ((403, error_body("E0000006")), "may not read them (403 E0000006); the scope is okta.cert"),
        ((503, "<html>"), "503"),
        ((200, "<html>"), "an HTML page"),
        ((200, {"items": []}), "something else than the list"),
        ((200, []), "something else than the list"),
        (requests.exceptions.ConnectionError("cut"), "cannot be reached"),
    ],
)
def test_an_org_without_it_is_not_an_error(wire: t.Any, answer: t.Any, says: str) -> None:
    wire.script(answer)
    authorities = read_authorities(org(wire))
    assert not authorities.is_read and authorities.platforms == ()
    assert says in authorities.unavailable and not authorities.unavailable.endswith(".")
    status = answer[0] if isinstance(answer, tuple) else 500
    assert authorities.is_passing is (status >= 500)


@pytest.mark.parametrize("nameless", [{**AUTHORITY, "authorityInstanceId": None}, {}])
def test_an_authority_without_its_id_leaves_nothing(wire: t.Any, nameless: t.Any) -> None:
    wire.script((200, {"data": [AUTHORITY, nameless]}))
    authorities = read_authorities(org(wire))
    assert (authorities.all, authorities.is_passing) == ((), False)
    assert authorities.unavailable.endswith("without its id (authorityInstanceId)")


def test_a_platform_without_its_id_leaves_nothing(wire: t.Any) -> None:
    wire.script((200, {"data": [AUTHORITY]}), (200, {"data": [{"name": "A", "id": None}]}))
    authorities = read_authorities(org(wire))
    assert (authorities.platforms, authorities.is_passing) == ((), False)
    assert authorities.unavailable.endswith("a platform of a certificate authority without its id")


def test_what_is_listed_twice_counts_once(wire: t.Any) -> None:
    platform = {"id": "rac1", "authorityInstanceId": FIRST}
    wire.script((200, {"data": [AUTHORITY] * 2}), (200, {"data": [platform] * 2}))
    authorities = read_authorities(org(wire))
    assert (len(authorities.all), len(authorities.platforms)) == (1, 1)


def test_a_list_of_platforms_that_cannot_be_read_leaves_nothing(wire: t.Any) -> None:
    wire.script((200, {"data": [AUTHORITY]}), (404, error_body("E0000007")))
    authorities = read_authorities(org(wire))
    assert (authorities.all, authorities.is_read) == ((), False)


def test_a_failure_to_sign_in_stays_one(wire: t.Any) -> None:
    wire.script((401, error_body("E0000011")))
    with pytest.raises(Unauthorized, match="is not accepted"):
        read_authorities(org(wire))


@pytest.mark.parametrize("log", [(200, []), (403, error_body("E0000006"))])
def test_credentials_that_work_elsewhere_are_not_accepted_here(wire: t.Any, log: t.Any) -> None:
    wire.script((401, error_body("E0000011")), log)
    authorities = read_authorities(org(wire))
    assert "may not read them (401 E0000011)" in authorities.unavailable
    assert wire.sent[-1].path_url == "/api/v1/logs?limit=1"


def test_an_access_token_without_the_scope(wire: t.Any) -> None:
    wire.script((403, error_body("E0000006"), {"WWW-Authenticate": 'error="insufficient_scope"'}))
    unavailable = read_authorities(org(wire, AccessToken("eyJ"))).unavailable
    assert "may not read them (403 insufficient_scope)" in unavailable


def service_app(wire: t.Any, scope: str) -> ServiceApp:
    return ServiceApp("0oaClient", Key(EC_KEY, "ES256", "k1"), [scope], wire.masker)


def test_a_refused_token_request_of_the_scope_leaves_the_other_token_alone(
    wire: t.Any,
) -> None:
    token = {"access_token": "eyJ1", "token_type": "Bearer", "expires_in": 3600, "scope": "x"}
    wire.script((200, token), (200, []), (400, {"error": "invalid_scope"}), (200, []))
    okta = org(wire, service_app(wire, "okta.authenticators.read"))
    okta.authenticators()
    assert "may not read them (400 invalid_scope)" in read_authorities(okta).unavailable
    okta.authenticators()
    scopes = [
        request.body.partition("scope=")[2].partition("&")[0]
        for request in wire.sent
        if request.path_url == "/oauth2/v1/token"
    ]
    assert scopes == ["okta.authenticators.read", "okta.certificateAuthorities.read"]


def test_a_service_app_that_is_not_accepted_is_an_error(wire: t.Any) -> None:
    wire.script((401, {"error": "invalid_client"}))
    with pytest.raises(ApiError, match="does not accept the service app"):
        read_authorities(org(wire, service_app(wire, "okta.logs.read")))


def test_the_keys_alone_are_one_call(wire: t.Any) -> None:
    wire.script((200, {"data": [AUTHORITY, DEVICE_ACCESS]}))
    assert read_key_expiries(org(wire)) == EXPIRIES
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    "certificates",
    [None, [], [{"rotationState": "ACTIVE"}], [{"ski": RENEWED}, {"ski": None}], [{"ski": "53D2"}]],
)
def test_an_incomplete_list_of_keys_is_none(wire: t.Any, certificates: t.Any) -> None:
    other = {**AUTHORITY, "_embedded": {"certificates": certificates}}
    wire.script((200, {"data": [AUTHORITY, other, DEVICE_ACCESS]}))
    assert read_key_expiries(org(wire)) == {}


@pytest.mark.parametrize("family", ["NEXT_YEARS_FAMILY", "okta_as_ca", None])
def test_a_family_that_is_unknown_leaves_the_list_of_keys_incomplete(
    wire: t.Any, family: str | None
) -> None:
    other = {**DEVICE_ACCESS, "caType": family}
    wire.script((200, {"data": [AUTHORITY, other]}))
    assert read_key_expiries(org(wire)) == {}


@pytest.mark.parametrize(
    ("code", "reason", "is_passing"),
    [
        ("E0000007", "Okta does not show the platforms of an authority that it listed (404", True),
        ("E0000015", "the org does not have the Certificate Authorities API (404", False),
    ],
)
def test_an_authority_that_is_deleted_during_the_read_is_not_a_missing_api(
    wire: t.Any, code: str, reason: str, is_passing: bool
) -> None:
    wire.script((200, {"data": [AUTHORITY]}), (404, error_body(code)))
    authorities = read_authorities(org(wire))
    assert authorities.unavailable.startswith(reason)
    assert authorities.is_passing is is_passing


def test_an_org_without_the_api_has_no_keys(wire: t.Any) -> None:
    wire.script((401, error_body("E0000015")))
    assert read_key_expiries(org(wire)) == {}
