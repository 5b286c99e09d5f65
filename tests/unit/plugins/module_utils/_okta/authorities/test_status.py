# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate authority in reports: which platforms count, and what is said of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.records import (
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.status import (
    AuthorityStatus,
    authority_status,
)

OLD, NEW = "1699E426", "53D22A61"
RENEWED = datetime(2026, 9, 25, tzinfo=timezone.utc)
OLD_EXPIRY = datetime(2028, 3, 18, tzinfo=timezone.utc)
NEW_EXPIRY = datetime(2031, 9, 24, tzinfo=timezone.utc)
DEADLINE = datetime(2027, 1, 18, tzinfo=timezone.utc)


def url(platform: str) -> str:
    return f"https://acme.okta.com/pki/{OLD}/scep/{platform}"


def platform(platform_id: str, challenge_type: str = "STATIC") -> RegistrationAuthority:
    return RegistrationAuthority(
        platform_id, "Macs", challenge_type, "ACTIVE", OLD, OLD, url(platform_id)
    )


ORG = Authorities(
    (
        CertificateAuthority(
            OLD,
            "OKTA_AS_CA",
            certificates=(
                AuthorityCertificate(NEW, "ACTIVE", expires=NEW_EXPIRY),
                AuthorityCertificate(OLD, "RETIRING", expires=OLD_EXPIRY),
            ),
        ),
    ),
    (platform("rac1"), platform("rac2"), platform("rac3", "DYNAMIC")),
)


@pytest.mark.parametrize(
    "urls, platforms",
    [
        ([], ["rac1", "rac2"]),  # without a URL, all whose URL profiles can hold
        ([url("rac2")], ["rac2"]),
        ([url("rac3")], ["rac3"]),
        (["https://acme.okta.com/pki/other"], []),
    ],
)
def test_the_platforms_in_use_are_reported(urls: list[str], platforms: list[str]) -> None:
    status = authority_status(ORG, urls, RENEWED.timestamp())
    assert [renewal.platform.id for renewal in status.renewals] == platforms


@pytest.mark.parametrize("shown", ["", "https://acme.okta.com/pki/16?"])
@pytest.mark.parametrize("urls", [[], [url("rac1")]])
def test_a_platform_whose_url_cannot_be_read_is_reported(urls: list[str], shown: str) -> None:
    without_url = Authorities(ORG.all, (replace(platform("rac1"), scep_url=shown),))
    status = authority_status(without_url, urls, RENEWED.timestamp())
    assert [renewal.platform.id for renewal in status.renewals] == ["rac1"]


def test_each_platform_has_a_sentence_and_an_alarm_after_its_deadline() -> None:
    early = authority_status(ORG, [url("rac1")], DEADLINE.timestamp() - 1)
    (line,) = early.lines
    assert line == early.renewals[0].message and "The move is due by 2027-01-18." in line
    assert not early.is_alarm
    late = authority_status(ORG, [], DEADLINE.timestamp())
    assert late.is_alarm and len(late.lines) == 2
    assert late.as_result() == {
        "unavailable": None,
        "alarm": True,
        "renewals": [renewal.as_result() for renewal in late.renewals],
    }


def test_an_org_whose_authorities_were_not_read_says_why() -> None:
    status = authority_status(Authorities(unavailable="the scope is missing"), [], 0.0)
    assert status.lines == ["Okta's certificate authorities were not read: the scope is missing."]
    assert status.as_result() == {
        "unavailable": "the scope is missing",
        "alarm": False,
        "renewals": [],
    }


@pytest.mark.parametrize(
    ("family", "status", "challenge_type", "urls", "incomplete"),
    [
        ("OKTA_AS_CA", "ACTIVE", "STATIC", [], None),
        ("OKTA_AS_CA", None, "STATIC", [], None),  # it counts
        ("DEVICE_ACCESS_OKTA_AS_CA", "ACTIVE", "DELEGATED", [], None),
        (None, "ACTIVE", "STATIC", [], "authorities of the family unknown"),
        ("NEW", "ACTIVE", "STATIC", [url("rac1")], "authorities of the family NEW"),
        ("OKTA_AS_CA", "PAUSED", "STATIC", [], "platforms with the status PAUSED"),
        ("OKTA_AS_CA", "ACTIVE", None, [], "platforms with the challenge type None"),
        ("OKTA_AS_CA", "ACTIVE", None, [url("rac1")], None),
        ("NEW", "X", "STATIC", [], "authorities of the family NEW and platforms with the status X"),
    ],
)
def test_what_may_be_missing_is_reported(
    family: str | None,
    status: str | None,
    challenge_type: str | None,
    urls: list[str],
    incomplete: str | None,
) -> None:
    authority, known = replace(ORG.all[0], family=family), platform("rac1")
    known = replace(known, status=status, challenge_type=challenge_type)
    read = authority_status(Authorities((authority,), (known,)), urls, RENEWED.timestamp())
    assert read.as_result()["unavailable"] == (f"Okta shows {incomplete}" if incomplete else None)
    line = f"Platforms of certificate authorities may be missing: Okta shows {incomplete}."
    assert (line in read.lines) is (incomplete is not None)


def test_an_org_without_a_platform_has_nothing_to_report() -> None:
    assert authority_status(Authorities(), [], 0.0) == AuthorityStatus()
    assert (AuthorityStatus().lines, AuthorityStatus().is_alarm) == ([], False)
