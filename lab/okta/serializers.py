# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's objects as its answers print them."""

from __future__ import annotations

import typing as t
from datetime import datetime
from urllib.parse import quote

from lab.clock import whole_seconds
from lab.okta.devices.records import DeviceUser, Record, User

# Which steps the links of a record offer, by its status.
PERMITTED = {
    "ACTIVE": ("suspend", "deactivate"),
    "SUSPENDED": ("unsuspend", "deactivate"),
    "DEACTIVATED": ("activate",),
}


# Link of an active user -> the end of its path.
_USER_STEPS = {
    "suspend": "lifecycle/suspend",
    "resetPassword": "lifecycle/reset_password",
    "forgotPassword": "credentials/forgot_password",
    "expirePassword": "lifecycle/expire_password",
    "changeRecoveryQuestion": "credentials/change_recovery_question",
    "resetFactors": "lifecycle/reset_factors",
    "changePassword": "credentials/change_password",
}


def link(href: str, *verbs: str) -> dict[str, t.Any]:
    """Return a link of an answer, with the methods that it takes."""
    return {"href": href, "hints": {"allow": list(verbs)}}


def device_shape(record: Record, base_url: str) -> dict[str, t.Any]:
    """Return a device record."""
    url = f"{base_url}/api/v1/devices/{record.id}"
    links = {
        step: {"href": f"{url}/lifecycle/{step}", "hints": {"allow": ["POST"]}}
        for step in PERMITTED[record.status]
    }
    if record.status == "DEACTIVATED":
        verbs = ["GET", "DELETE"]
    else:
        verbs, links["users"] = (
            ["GET", "PATCH", "PUT"],
            {
                "href": f"{url}/users",
                "hints": {"allow": ["GET"]},
            },
        )
    return {
        "id": record.id,
        "status": record.status,
        "created": whole_seconds(record.created),
        "lastUpdated": whole_seconds(record.last_updated),
        "profile": record.profile,
        "resourceType": "UDDevice",
        "resourceDisplayName": {"value": record.profile["displayName"], "sensitive": False},
        "resourceAlternateId": None,
        "resourceId": record.id,
        "_links": {
            "self": {"href": url, "hints": {"allow": verbs}},
            **links,
        },
    }


def link_shape(link: DeviceUser, managed: bool, user: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return a user of a device."""
    return {
        "managementStatus": "MANAGED" if managed else "NOT_MANAGED",
        "created": whole_seconds(link.created),
        "screenLockType": link.screen_lock_type,
        "user": user,
    }


def user_shape(user: User, base_url: str, realm_id: str) -> dict[str, t.Any]:
    """Return a user as lists of users show it."""
    summary = user_summary(user, base_url, realm_id)
    return {
        **summary,
        "profile": {**summary["profile"], "mobilePhone": None, "secondEmail": None},
        "status": user.status,
        "created": whole_seconds(user.created),
        "activated": whole_seconds(user.created),
        "statusChanged": whole_seconds(user.created),
        "lastLogin": whole_seconds(user.last_login) if user.last_login else None,
        "lastUpdated": whole_seconds(user.created),
        "passwordChanged": whole_seconds(user.created),
        "type": {"id": "oty" + realm_id[3:]},
        "credentials": {
            **({"password": {}} if user.has_password else {}),
            "emails": [{"value": user.email, "status": "VERIFIED", "type": "PRIMARY"}],
            "provider": {"type": user.provider, "name": user.provider},
        },
    }


def user_with_links(user: User, base_url: str, realm_id: str) -> dict[str, t.Any]:
    """Return a user as getUser shows it, with links to what can be done."""
    shape = user_shape(user, base_url, realm_id)
    url = shape["_links"]["self"]["href"]
    meta = f"{base_url}/api/v1/meta"
    shape["_links"] = {
        **{
            name: {"href": f"{url}/{path}", "method": "POST"}
            for name, path in _USER_STEPS.items()
            if user.status == "ACTIVE" or name == "resetFactors"
        },
        "schema": {"href": f"{meta}/schemas/user/osc{realm_id[3:]}"},
        "self": {"href": url},
        "type": {"href": f"{meta}/types/user/oty{realm_id[3:]}"},
        "deactivate": {"href": f"{url}/lifecycle/deactivate", "method": "POST"},
    }
    return shape


def device_user(user: User, base_url: str, realm_id: str) -> dict[str, t.Any]:
    """Return a user as listDeviceUsers shows it: as getUser does, without e-mail addresses."""
    shape = user_with_links(user, base_url, realm_id)
    del shape["credentials"]["emails"]
    return shape


def user_summary(user: User, base_url: str, realm_id: str) -> dict[str, t.Any]:
    """Return a user as ``expand=userSummary`` does."""
    return {
        "id": user.id,
        "realmId": realm_id,
        "profile": {
            "firstName": user.first_name,
            "lastName": user.last_name,
            "login": user.login,
            "email": user.email,
        },
        "_links": {"self": {"href": f"{base_url}/api/v1/users/{quote(user.id)}"}},
    }


def enrollment_shape(
    user: User, enrollment_id: str, key: str, created: datetime, authenticator: t.Any, base_url: str
) -> dict[str, t.Any]:
    """Return an authenticator that a user has enrolled."""
    names = {"phone_number": ("Phone", "phone")}
    name, kind = (authenticator.name, authenticator.type) if authenticator else names[key]
    users = f"{base_url}/api/v1/users/{quote(user.id)}"
    # Okta masks the digits of a number.
    profile = {"profile": {"phoneNumber": "+1 XXX-XXX-6065"}} if key == "phone_number" else {}
    return {
        "id": enrollment_id,
        "key": key,
        "name": name,
        "type": kind,
        "status": "ACTIVE",
        "created": whole_seconds(created),
        "lastUpdated": whole_seconds(created),
        **profile,
        "_links": {
            "self": {
                "href": f"{users}/authenticator-enrollments/{quote(enrollment_id)}",
                "hints": {"allow": ["GET", "DELETE"]},
            },
            "user": {"href": users, "hints": {"allow": ["GET"]}},
        },
    }


def log_device(record: Record, link: DeviceUser | None = None) -> dict[str, t.Any]:
    """Return the device of an event in the System Log."""
    return {
        "id": record.id,
        "name": record.profile["displayName"],
        "os_platform": (
            "OSX" if record.profile["platform"] == "MACOS" else record.profile["platform"]
        ),
        "os_version": record.profile["osVersion"],
        "managed": bool(link and link.managed),
        "registered": True,
        "device_integrator": None,
        "disk_encryption_type": record.profile["diskEncryptionType"],
        "screen_lock_type": link.screen_lock_type if link else None,
        "jailbreak": None,
        "secure_hardware_present": True,
    }
