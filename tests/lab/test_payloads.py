# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac makes of the settings in its profiles: what does not install, and what apps read."""

from __future__ import annotations

import pytest

from lab.actors import payloads
from lab.actors.payloads import Invalid

EXTENSION = "com.okta.mobile.auth-service-extension"


def payload(kind, **values):
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": "i",
        "PayloadUUID": "u",
        **values,
    }


def sso(*hosts, **values):
    return payload(
        "com.apple.extensiblesso",
        **{
            "ExtensionIdentifier": EXTENSION,
            "TeamIdentifier": "B7F62B65BN",
            "Type": "Credential",
            "Hosts": list(hosts),
            **values,
        },
    )


def settings(domain="com.okta.mobile", **values):
    return payload(domain, **{f"OktaVerify.{key}": value for key, value in values.items()})


@pytest.mark.parametrize(
    "added, others",
    [
        ([payload("com.acme.app", PayloadUUID=1)], []),
        ([sso()], []),
        ([sso("a.com", Type="credential")], []),
        ([sso("a.com", TeamIdentifier=None)], []),
        ([sso("A.com")], [sso("a.com")]),
        ([payload("com.apple.wifi.managed", PayloadCertificateUUID="another")], []),
        ([payload("com.apple.vpn.managed", IKEv2={"PayloadCertificateUUID": "another"})], []),
        (
            [
                payload(
                    "com.apple.wifi.managed",
                    EAPClientConfiguration={"PayloadCertificateAnchorUUID": ["u", "another"]},
                )
            ],
            [],
        ),
        ([payload("com.apple.loginitems.managed")], []),
        (
            [
                payload(
                    "com.apple.loginitems.managed",
                    **{"AutoLaunchedApplicationDictionary-managed": [{"Hide": True}]},
                )
            ],
            [],
        ),
    ],
)
def test_what_apples_descriptions_do_not_allow_does_not_install(added, others):
    with pytest.raises(Invalid):
        payloads.check(added, others)


def test_what_they_allow_does():
    items = [{"Path": "/Applications/Okta Verify.app", "Hide": True}]
    allowed = [
        sso("a.com"),
        payload(
            "com.apple.loginitems.managed", **{"AutoLaunchedApplicationDictionary-managed": items}
        ),
        settings(OrgUrl="x"),
    ]
    payloads.check(allowed, [sso("b.com"), sso(Type="Redirect", URLs=["https://a.com"])])
    assert payloads.login_items(allowed) == ["/Applications/Okta Verify.app"]
    assert payloads.managed_preferences(allowed) == {"com.okta.mobile": {"OktaVerify.OrgUrl": "x"}}


@pytest.mark.parametrize(
    "app, extension, read",
    [
        ({"OrgUrl": "https://a"}, {"OrgUrl": "https://a"}, {"OktaVerify.OrgUrl": "https://a"}),
        ({"OrgUrl": "https://a"}, {}, {}),
        ({"OrgUrl": "https://a"}, {"OrgUrl": "https://b"}, {}),
        ({"UserPrincipalName": ""}, {"UserPrincipalName": ""}, {}),
        ({"ReportDiagnostics": "true"}, {"ReportDiagnostics": "true"}, {}),
        (
            {"ReportDiagnostics": False, "Colour": "red"},
            {"ReportDiagnostics": False, "Colour": "red"},
            {"OktaVerify.ReportDiagnostics": False},
        ),
    ],
)
def test_okta_verify_reads_what_the_template_has_in_both_domains(app, extension, read):
    assert payloads.okta_verify([settings(**app), settings(EXTENSION, **extension)]) == read
