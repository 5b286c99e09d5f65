# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of Okta in the shapes that real orgs were recorded to return, and records made of them."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    AuthenticatorMethod,
    DeviceUser,
    Enrollment,
    LogEvent,
    OktaDevice,
    OktaUser,
    Policy,
)
from hypothesis import strategies as st

from tests.support.strategies.recorded import recorded_rows
from tests.support.strategies.values import (
    Json,
    any_time,
    changed_rows,
    serials,
    texts,
    times,
    unknown_words,
)

USER_IDS = ("00uada", "00ubob", "00ucyd")
LOGINS = {"00uada": "ada@acme.com", "00ubob": "bob@acme.com", "00ucyd": "Cyd@acme.com"}
DEVICE_IDS = ("guo1", "guo2", "guo3", "guo4")
GROUPS = ("00g1", "00g2", "00gglass")
APP_IDS = ("0oa1", "0oa2")

# Users and devices


def user_row(user_id: str = "00uada", status: str = "ACTIVE") -> Json:
    """Return a user as listDeviceUsers shows it."""
    return {
        "id": user_id,
        "status": status,
        "created": "2025-06-26T15:51:38.000Z",
        "activated": None,
        "type": {"id": "oty1"},
        "profile": {
            "firstName": "Ada",
            "lastName": "Byron",
            "mobilePhone": None,
            "login": LOGINS.get(user_id, user_id),
        },
    }


def device_user_row(user_id: str, management: str = "NOT_MANAGED") -> Json:
    """Return a user of a device record."""
    return {
        "created": "2025-06-27T06:57:23.000Z",
        "managementStatus": management,
        "screenLockType": "BIOMETRIC",
        "user": user_row(user_id),
    }


def device_row(device_id: str, platform: str, serial: str, status: str = "ACTIVE") -> Json:
    """Return a device record as getDevice shows it."""
    return {
        "id": device_id,
        "status": status,
        "created": "2026-10-27T06:12:03.000Z",
        "lastUpdated": "2026-11-19T03:14:52.000Z",
        "profile": {
            "displayName": "Ada's Mac",
            "platform": platform,
            "manufacturer": "APPLE",
            "model": "Mac15,6",
            "osVersion": "26.1.0",
            "serialNumber": serial,
            "udid": "00000000-0000-0000-0000-000000000000",
            "registered": True,
            "secureHardwarePresent": True,
        },
        "resourceType": "UDDevice",
        "_embedded": {"users": [device_user_row("00uada")]},
    }


ANDROID: Json = {
    "id": "guo4",
    "status": "ACTIVE",
    "created": "2025-10-24T06:17:14.000Z",
    "lastUpdated": "2025-10-24T06:17:14.000Z",
    "profile": {"displayName": "Personal Phone", "platform": "ANDROID", "registered": True},
    "resourceType": "UDDevice",
}
DEVICE_ROWS: tuple[Json, ...] = (
    device_row("guo1", "MACOS", "C02XK1ZAJG5J"),
    device_row("guo2", "MACOS", "c02xk1zajg5j", "SUSPENDED"),
    device_row("guo3", "IOS", "SN41709035", "DEACTIVATED"),
    ANDROID,
    *recorded_rows("getDevice", "listDevices"),
)
STATUSES = ("ACTIVE", "UNSUSPENDED", "SUSPENDED", "DEACTIVATED")
USER_STATUSES = ("ACTIVE", "SUSPENDED", "DEPROVISIONED", "PASSWORD_EXPIRED", "STAGED")
management = st.one_of(
    st.sampled_from(("MANAGED", "NOT_MANAGED")), st.sampled_from((None, "")), unknown_words
)


@st.composite
def users(draw: st.DrawFn, user_id: str | None = None) -> OktaUser:
    """Return a user whose status may be unknown."""
    chosen = user_id or draw(st.sampled_from(USER_IDS))
    status = draw(st.one_of(st.sampled_from((*USER_STATUSES, None)), unknown_words))
    login = draw(st.sampled_from((LOGINS.get(chosen), None)))
    return OktaUser(chosen, login, status=status, type_id=draw(st.sampled_from(("oty1", None))))


@st.composite
def device_users(draw: st.DrawFn) -> tuple[DeviceUser, ...]:
    """Return up to two users of a device record, each once."""
    chosen = draw(st.lists(st.sampled_from(USER_IDS), max_size=2, unique=True))
    return tuple(
        DeviceUser(
            draw(users(user_id)),
            draw(management),
            draw(st.sampled_from(("BIOMETRIC", "PASSCODE", "NONE", None))),
            draw(any_time()),
        )
        for user_id in chosen
    )


@st.composite
def devices(draw: st.DrawFn, device_id: str | None = None, serial: str | None = None) -> OktaDevice:
    """Return a device record of any platform, with a timestamp in any form."""
    row: Json = {
        "id": device_id or draw(st.sampled_from(DEVICE_IDS)),
        "status": draw(st.one_of(st.sampled_from(STATUSES), st.none(), unknown_words)),
        "created": draw(any_time()),
        "lastUpdated": draw(any_time()),
        "profile": {
            "displayName": draw(texts),
            "platform": draw(st.sampled_from(("MACOS", "MACOS", "IOS", "WINDOWS", None, "macOS"))),
            "serialNumber": draw(serials) if serial is None else serial,
            "udid": draw(st.sampled_from(("00000000-0000-0000-0000-000000000000", "", None))),
            "registered": draw(st.sampled_from((True, False, None))),
            "secureHardwarePresent": draw(st.sampled_from((True, False, None))),
        },
    }
    return OktaDevice.from_row(row)


def hostile_devices() -> st.SearchStrategy[OktaDevice]:
    """Return device records of rows in which single values are of any type."""
    return changed_rows(DEVICE_ROWS).map(OktaDevice.from_row)


def enrollments() -> st.SearchStrategy[list[Enrollment]]:
    """Return the authenticators that a user has enrolled."""
    keys = ("okta_verify", "okta_verify", "okta_password", "okta_email", "phone_number", None)
    each = st.builds(
        Enrollment, st.sampled_from(keys), st.sampled_from(("ACTIVE", "INACTIVE", None, "active"))
    )
    return st.lists(each, max_size=3)


# Authenticators, apps and policies

AUTHENTICATOR_ROWS: tuple[Json, ...] = (
    {"type": "email", "id": "aut1", "key": "okta_email", "status": "ACTIVE", "name": "Email"},
    {"id": "aut2", "key": "okta_verify", "status": "ACTIVE", "settings": {"appInstanceId": ""}},
    {"id": "aut3", "key": "okta_verify_fastpass", "status": "INACTIVE"},
    *recorded_rows("listAuthenticators"),
)
METHOD_ROWS: tuple[Json, ...] = (
    {"type": "email", "status": "ACTIVE"},
    {
        "type": "signed_nonce",
        "status": "ACTIVE",
        "settings": {
            "showSignInWithOV": "ALWAYS",
            "keyProtection": "ANY",
            "algorithms": ["ES256", "RS256"],
        },
        "_links": {"self": {"href": "https://acme.okta.com/api/v1"}},
    },
    {
        "type": "signed_nonce",
        "status": "INACTIVE",
        "settings": {"showSignInWithOV": "NEVER", "keyProtection": "ANY"},
    },
    {"type": "totp", "status": "ACTIVE", "settings": {"encoding": "Base32", "passCodeLength": 6}},
    *recorded_rows("listAuthenticatorMethods"),
)
APP_ROWS: tuple[Json, ...] = (
    {
        "id": "0oa1",
        "name": "slack",
        "label": "Slack",
        "_links": {"accessPolicy": {"href": "https://acme.okta.com/api/v1/policies/rst1"}},
    },
    {"id": "0oa2", "name": "okta_browser_plugin", "label": "Okta Browser Plugin"},
    *recorded_rows("listApplications"),
)
POLICY_ROWS: tuple[Json, ...] = (
    {"id": "rst1", "name": "Strict", "description": "Ours", "type": "ACCESS_POLICY"},
    {"id": "rst2", "name": "[cloned] Strict", "description": None, "created": None},
    {"id": "rst3", "name": "Okta Admin Console", "conditions": None, "system": False},
    *recorded_rows("listPolicies", "createPolicy", "clonePolicy"),
)


def authenticators() -> st.SearchStrategy[list[Authenticator]]:
    """Return authenticators of an org."""
    return st.lists(changed_rows(AUTHENTICATOR_ROWS).map(Authenticator.from_row), max_size=3)


def methods() -> st.SearchStrategy[AuthenticatorMethod]:
    """Return a method of an authenticator."""
    return changed_rows(METHOD_ROWS).map(AuthenticatorMethod.from_row)


@st.composite
def apps(draw: st.DrawFn) -> list[App]:
    """Return up to three apps with ids of their own."""
    ids = draw(st.lists(st.sampled_from(("0oa1", "0oa2", "0oa3")), unique=True))
    labels = st.sampled_from(("Slack", "Okta Dashboard", None))
    return [App(each, draw(labels), None, draw(st.sampled_from(("rst1", "")))) for each in ids]


@st.composite
def policies(draw: st.DrawFn, policy_id: str = "rst1") -> Policy:
    """Return a policy of a row in which the name or the description may be odd."""
    row = draw(changed_rows(POLICY_ROWS, texts, most=1))
    return Policy.from_row({**row, "id": policy_id})


# The System Log

USER_TARGET: Json = {
    "id": "00uada",
    "type": "User",
    "alternateId": "ada@acme.com",
    "displayName": "Ada",
    "detailEntry": None,
}
DEVICE_TARGET: Json = {
    "id": "guo1",
    "type": "Device",
    "alternateId": "unknown",
    "displayName": "Ada's Mac",
    "detailEntry": {"serialNumber": "C02XK1ZAJG5J"},
}
FASTPASS_TARGET: Json = {
    "id": "pfd1",
    "type": "AuthenticatorEnrollment",
    "alternateId": "unknown",
    "displayName": "Okta Verify",
    "detailEntry": {"methodTypeUsed": "Use Okta FastPass"},
}
APP_TARGET: Json = {
    "id": "0oa1",
    "type": "AppInstance",
    "alternateId": "Slack Enterprise",
    "displayName": "Slack",
    "detailEntry": {"signOnModeType": "SAML_2_0"},
}
RULE_TARGETS: tuple[Json, ...] = tuple(
    {
        "id": f"rul{number}",
        "type": "Rule",
        "alternateId": "unknown",
        "displayName": f"Rule {number}",
    }
    for number in (1, 2)
)
CERTIFICATE_TARGET: Json = {
    "id": "crt1",
    "type": "PKI_CERTIFICATE",
    "alternateId": "CN=C02XK1ZAJG5J 0a1b0000-0000-4000-8000-00000000000a",
    "displayName": "unknown",
}


def event_row(kind: str, *targets: Json, device: Json | None = None, **values: t.Any) -> Json:
    """Return an event as it was recorded: FastPass sign-ins bear no device, sessions do."""
    return {
        "actor": {"id": "00uada", "type": "User", "alternateId": "ada@acme.com"},
        "client": {"userAgent": {"rawUserAgent": "OktaVerify/9.1 macOS/26.1", "os": "Mac OS 26.1"}},
        "device": device,
        "eventType": kind,
        "outcome": {"result": "SUCCESS", "reason": None},
        "published": "2026-11-20T21:56:17.822Z",
        "debugContext": {"debugData": {"factor": "SIGNED_NONCE"}},
        "uuid": "00000000-0000-11ee-8754-050a89ee763e",
        "target": list(targets),
        **values,
    }


SIGN_IN_DEVICE: Json = {"id": "guo1", "os_platform": "OSX", "managed": False, "registered": True}
EVENT_ROWS: tuple[Json, ...] = (
    event_row("user.authentication.auth_via_mfa", USER_TARGET, FASTPASS_TARGET),
    event_row(
        "user.authentication.sso",
        APP_TARGET,
        device=SIGN_IN_DEVICE,
        debugContext={"debugData": {}},
    ),
    event_row(
        "user.session.start",
        FASTPASS_TARGET,
        device=SIGN_IN_DEVICE,
        debugContext={"debugData": None},
    ),
    event_row("user.session.start", device=None, target=None, debugContext={}),
    event_row("policy.evaluate_sign_on", APP_TARGET, *RULE_TARGETS),
    event_row("policy.evaluate_sign_on", APP_TARGET, RULE_TARGETS[0]),
    event_row("device.enrollment.create", DEVICE_TARGET, USER_TARGET),
    event_row("device.lifecycle.suspend", DEVICE_TARGET),
    event_row("device.lifecycle.deactivate", DEVICE_TARGET),
    event_row("device.lifecycle.delete", DEVICE_TARGET),
    event_row("device.user.add", DEVICE_TARGET, USER_TARGET),
    event_row("device.user.remove", DEVICE_TARGET, USER_TARGET),
    event_row("pki.cert.issue", CERTIFICATE_TARGET),
    event_row("pki.cert.bind", DEVICE_TARGET, CERTIFICATE_TARGET),
    event_row("pki.cert.lifecycle.revoke", DEVICE_TARGET, CERTIFICATE_TARGET),
    event_row("device.platform.secret_key.reset"),
    *recorded_rows("events"),
)


@st.composite
def events(draw: st.DrawFn, days: int = 120) -> LogEvent:
    """Return an event as recorded, of one of some users and devices, at any time."""
    row = dict(draw(st.sampled_from(EVENT_ROWS)))
    user_id = draw(st.sampled_from(USER_IDS))
    row["actor"] = {"id": user_id, "type": "User", "alternateId": LOGINS[user_id]}
    row["uuid"] = draw(st.uuids()).hex
    row["published"] = draw(times(days))
    if row.get("device"):
        row["device"] = {**row["device"], "id": draw(st.sampled_from(DEVICE_IDS))}
    return LogEvent.from_row(row)


def hostile_events() -> st.SearchStrategy[LogEvent]:
    """Return events of rows in which single values are of any type."""
    return changed_rows(EVENT_ROWS).map(LogEvent.from_row)
