# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the Certificate Authorities API as records and as results."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.records import (
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
    parse_key_id,
)

FIRST = "1699E4263D0DC9D9FDA0B6AAE1286E5F7B57ACCC"
SUBJECT = "CN=Organization Intermediate Authority, OU=00o1, DC=example, DC=okta, DC=com"
# The rows are those of the examples of Okta's Go SDK.
CERTIFICATE = {
    "ski": FIRST,
    "rotationState": "RETIRING",
    "status": "VALID",
    "subjectDN": SUBJECT,
    "createdDate": "2023-03-18T23:44:57.000+0000",
    "expirationDate": "2028-03-18T23:44:57.000+0000",
}
AUTHORITY = {
    "authorityInstanceId": FIRST,
    "caType": "OKTA_AS_CA",
    "status": "VALID",
    "subjectDN": SUBJECT,
    "_embedded": {"certificates": [CERTIFICATE]},
}
PLATFORM = {
    "id": "rac6kzcjk4IcgtZ574x7",
    "name": "Endpoint management",
    "challengeType": "STATIC",
    "status": "ACTIVE",
    "aki": FIRST,
    "caExpirationDate": "2028-03-18T23:44:57.000+0000",
    "authorityInstanceId": FIRST,
    "scepUrl": f"https://example.okta.com/pki/{FIRST}/scep/rac6kzcjk4IcgtZ574x7",
    "createdDate": "2023-03-19T00:38:52.000+0000",
    "lastUpdatedDate": "2026-09-25T00:10:20.000+0000",
}
CERTIFICATE_RESULT = {
    "key_id": FIRST,
    "rotation_state": "RETIRING",
    "status": "VALID",
    "subject": SUBJECT,
    "created": "2023-03-18T23:44:57Z",
    "expires": "2028-03-18T23:44:57Z",
}
AUTHORITY_RESULT = {
    "id": FIRST,
    "family": "OKTA_AS_CA",
    "status": "VALID",
    "subject": SUBJECT,
    "certificates": [CERTIFICATE_RESULT],
}
PLATFORM_RESULT = {
    "id": "rac6kzcjk4IcgtZ574x7",
    "name": "Endpoint management",
    "challenge_type": "STATIC",
    "status": "ACTIVE",
    "authority_id": FIRST,
    "authority_key_id": FIRST,
    "scep_url": f"https://example.okta.com/pki/{FIRST}/scep/rac6kzcjk4IcgtZ574x7",
    "ca_expires": "2028-03-18T23:44:57Z",
    "created": "2023-03-19T00:38:52Z",
    "last_updated": "2026-09-25T00:10:20Z",
}


@pytest.mark.parametrize(
    "record, row, result",
    [
        (AuthorityCertificate, CERTIFICATE, CERTIFICATE_RESULT),
        (CertificateAuthority, AUTHORITY, AUTHORITY_RESULT),
        (RegistrationAuthority, PLATFORM, PLATFORM_RESULT),
    ],
)
def test_a_row_and_its_result(
    record: t.Any, row: dict[str, t.Any], result: dict[str, t.Any]
) -> None:
    assert record.from_row(row).as_result() == result


@pytest.mark.parametrize(
    "record, absent",
    [
        (AuthorityCertificate, AuthorityCertificate("")),
        (CertificateAuthority, CertificateAuthority("")),
        (RegistrationAuthority, RegistrationAuthority("")),
    ],
)
def test_what_a_row_lacks_is_absent(record: t.Any, absent: t.Any) -> None:
    assert record.from_row({}) == absent


def test_key_identifiers_are_in_upper_case_and_the_ids_of_platforms_as_they_are() -> None:
    lower = {**PLATFORM, "authorityInstanceId": FIRST.lower(), "aki": FIRST.lower()}
    assert RegistrationAuthority.from_row(lower) == RegistrationAuthority.from_row(PLATFORM)
    assert CertificateAuthority.from_row({"authorityInstanceId": FIRST.lower()}).id == FIRST
    assert AuthorityCertificate.from_row({"ski": FIRST.lower()}).key_id == FIRST


@pytest.mark.parametrize(
    "value",
    [FIRST, FIRST.lower(), ":".join(re.findall("..", FIRST)), f" {FIRST[:20]} {FIRST[20:]}"],
)
def test_a_key_identifier_is_read_in_each_spelling(value: str) -> None:
    assert parse_key_id(value) == FIRST
    assert AuthorityCertificate.from_row({"ski": value}).key_id == FIRST
    assert RegistrationAuthority.from_row({"aki": value}).authority_key_id == FIRST


@pytest.mark.parametrize("value", [None, "", FIRST[:-1], FIRST + "0", "X" * 40, 5, [FIRST], {}])
def test_what_is_not_40_hexadecimal_digits_identifies_no_key(value: object) -> None:
    assert parse_key_id(value) == ""
    assert AuthorityCertificate.from_row({"ski": value}).as_result()["key_id"] is None


@pytest.mark.parametrize(
    "scep_url, path",
    [
        (f"https://login.acme.com/pki/{FIRST}/scep/rac1", f"/pki/{FIRST}/scep/rac1"),
        ("https://login.acme.com/elsewhere", "/elsewhere"),
        ("", f"/pki/{FIRST}/scep/rac9"),
    ],
)
def test_the_path_of_a_platform_is_that_of_its_url_or_the_known_one(
    scep_url: str, path: str
) -> None:
    platform = RegistrationAuthority("rac9", authority_id=FIRST, scep_url=scep_url)
    assert platform.path == path
