# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Mac reads from the payloads of its profiles.

These are the preferences of apps, login items, single sign-on, and the settings of Okta Verify.

Apple's rules are those of its published payload descriptions (apple/device-management,
mdm/profiles).
"""

from __future__ import annotations

import re
import typing as t

Payload = dict[str, t.Any]

SSO = "com.apple.extensiblesso"
LOGIN_ITEMS = "com.apple.loginitems.managed"
OKTA_VERIFY = ("com.okta.mobile", "com.okta.mobile.auth-service-extension")  # it reads both domains
OWN_KEYS = (
    "PayloadType",
    "PayloadVersion",
    "PayloadIdentifier",
    "PayloadUUID",
    "PayloadDisplayName",
    "PayloadDescription",
    "PayloadOrganization",
)
# Kandji's Okta_Verify_Configuration_Template.mobileconfig (kandji-inc/support): each key with its
# type.
TEMPLATE = {
    "OktaVerify.OrgUrl": str,
    "OktaVerify.UserPrincipalName": str,
    "OktaVerify.EnrollmentOptions": str,
    "OktaVerify.ReportDiagnostics": bool,
    "OktaVerify.PasswordSyncClientID": str,
    "PlatformSSO.ProtocolVersion": str,
}
# apple/device-management: the keys that hold "the UUID of the certificate payload within the same
# profile", alone or in a list.
CERTIFICATE_REFERENCE = re.compile(r"(Certificate|CertificateAnchor|CertPayload)UUIDs?\Z")
SSO_KEYS = {"ExtensionIdentifier": str, "TeamIdentifier": str, "Type": str}


class Invalid(Exception):
    """macOS does not install the profile. The text holds no secret."""


def check(payloads: t.Sequence[Payload], others: t.Sequence[Payload]) -> None:
    """Refuse payloads that Apple's descriptions do not allow; raise Invalid.

    ``others`` are the payloads of the profiles that are installed.
    """
    for payload in payloads:
        for key, kind in {
            "PayloadType": str,
            "PayloadVersion": int,
            "PayloadIdentifier": str,
            "PayloadUUID": str,
        }.items():
            if not isinstance(payload.get(key), kind):
                raise Invalid(f"The payload {payload.get('PayloadType')} has no {key}.")
        if payload["PayloadType"] == SSO:
            _check_sso(payload, [other for other in others if other.get("PayloadType") == SSO])
        if payload["PayloadType"] == LOGIN_ITEMS:
            _check_login_items(payload)
    _check_references(payloads)


def _check_references(payloads: t.Sequence[Payload]) -> None:
    names = {str(payload["PayloadUUID"]).lower() for payload in payloads}
    for payload in payloads:
        if payload["PayloadType"].startswith("com.apple."):
            for name in _certificate_references(payload):
                if name.lower() not in names:
                    raise Invalid(
                        f"The certificate of the payload {payload['PayloadType']} could not be"
                        " found."
                    )


def _certificate_references(value: t.Any) -> t.Iterator[str]:
    """Yield the UUIDs of the payloads that a payload names as certificates."""
    if isinstance(value, list):
        for each in value:
            yield from _certificate_references(each)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if CERTIFICATE_REFERENCE.search(key):
                names = inner if isinstance(inner, list) else [inner]
                yield from (name for name in names if isinstance(name, str))
            else:
                yield from _certificate_references(inner)


def _check_sso(payload: Payload, others: t.Sequence[Payload]) -> None:
    if not all(isinstance(payload.get(key), kind) for key, kind in SSO_KEYS.items()) or payload[
        "Type"
    ] not in ("Credential", "Redirect"):
        raise Invalid(
            "The single sign-on payload lacks ExtensionIdentifier, TeamIdentifier or Type."
        )
    if payload["Type"] == "Credential" and not (
        payload.get("Hosts") and isinstance(payload.get("Realm", ""), str)
    ):
        raise Invalid("The single sign-on payload of type Credential has no Hosts.")
    taken = {str(host).lower() for other in others for host in other.get("Hosts", [])}
    if taken & {str(host).lower() for host in payload.get("Hosts", [])}:
        raise Invalid("The hosts of all single sign-on payloads must be unique.")


def _check_login_items(payload: Payload) -> None:
    items = payload.get("AutoLaunchedApplicationDictionary-managed")
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("Path"), str) for item in items
    ):
        raise Invalid("The login items payload has no list of items with a Path.")


def managed_preferences(payloads: t.Iterable[Payload]) -> dict[str, dict[str, t.Any]]:
    """Return the keys of each payload whose type is not Apple's, by the type.

    macOS reads them as the preferences of the app with this domain.
    """
    preferences: dict[str, dict[str, t.Any]] = {}
    for payload in payloads:
        domain = str(payload.get("PayloadType"))
        if not domain.startswith("com.apple."):
            preferences.setdefault(domain, {}).update(
                {key: value for key, value in payload.items() if key not in OWN_KEYS}
            )
    return preferences


def login_items(payloads: t.Iterable[Payload]) -> list[str]:
    """Return the paths of what starts at login."""
    return [
        item["Path"]
        for payload in payloads
        if payload.get("PayloadType") == LOGIN_ITEMS
        for item in payload["AutoLaunchedApplicationDictionary-managed"]
    ]


def sso_extensions(payloads: t.Iterable[Payload]) -> list[dict[str, t.Any]]:
    """Return the settings of the single sign-on payloads."""
    return [
        {key: value for key, value in payload.items() if key not in OWN_KEYS}
        for payload in payloads
        if payload.get("PayloadType") == SSO
    ]


def okta_verify(payloads: t.Iterable[Payload]) -> dict[str, t.Any]:
    """Return the settings that Okta Verify reads.

    They are keys of the template with a value of the template's type, equal in both domains. An
    empty text does not count as a value.
    """
    preferences = managed_preferences(payloads)
    app, extension = (preferences.get(domain, {}) for domain in OKTA_VERIFY)
    return {
        key: app[key]
        for key, kind in TEMPLATE.items()
        if isinstance(app.get(key), kind) and app[key] != "" and app[key] == extension.get(key)
    }
