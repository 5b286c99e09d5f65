# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The org's authenticators: password, e-mail, and Okta Verify with its methods.

The method signed_nonce is FastPass.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from lab.clock import whole_seconds
from lab.okta.serializers import link

STATUSES = ("ACTIVE", "INACTIVE")
_ALGORITHMS = ["ES256", "RS256"]
# Recorded: only these methods of Okta Verify can be turned off by themselves.
_SWITCHED = ("push", "signed_nonce")


@dataclass
class Authenticator:
    """One authenticator of the org."""

    id: str
    key: str
    name: str
    type: str
    created: datetime
    settings: dict[str, t.Any] | None = None
    methods: dict[str, dict[str, t.Any]] = field(default_factory=dict)  # type -> settings
    # types of methods, or the authenticator's own key
    inactive: set[str] = field(default_factory=set)
    last_updated: datetime | None = None
    provider: dict[str, t.Any] | None = None

    def status_of(self, name: str) -> str:
        """Return the status of the authenticator, by its key, or of a method."""
        return "INACTIVE" if name in self.inactive else "ACTIVE"

    def set_status(self, name: str, status: str) -> None:
        """Set the status of the authenticator, by its key, or of a method."""
        (self.inactive.add if status == "INACTIVE" else self.inactive.discard)(name)

    def shape(self, base_url: str) -> dict[str, t.Any]:
        """Return the authenticator as Okta's answers print it."""
        url = f"{base_url}/api/v1/authenticators/{self.id}"
        status = self.status_of(self.key)
        shape = {
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "type": self.type,
            "status": status,
            "created": whole_seconds(self.created),
            "lastUpdated": whole_seconds(self.last_updated or self.created),
            "_links": {
                **_lifecycle(url, status, self.key != "okta_password"),
                "methods": {"href": f"{url}/methods", "hints": {"allow": ["GET"]}},
                **(
                    {"enroll": link(f"{base_url}/idp/authenticators", "POST")}
                    if self.type == "app"
                    else {}
                ),
            },
        }
        if self.provider:
            shape["provider"] = self.provider
        return {**shape, "settings": self.settings} if self.settings else shape

    def method_shape(self, base_url: str, method: str) -> dict[str, t.Any]:
        """Return a method as Okta's answers print it."""
        status = self.status_of(method)
        url = f"{base_url}/api/v1/authenticators/{self.id}/methods/{method}"
        links = _lifecycle(url, status, method in _SWITCHED)
        shape = {"type": method, "status": status, "_links": links}
        return {**shape, "settings": self.methods[method]} if self.methods[method] else shape


@dataclass
class Part(Authenticator):
    """One of the authenticators that replace Okta Verify in some orgs.

    Its status is that of its only method.
    """

    def status_of(self, name: str) -> str:
        """Return the status of its method."""
        return super().status_of(next(iter(self.methods)))

    def set_status(self, name: str, status: str) -> None:
        """Set the status of its method."""
        super().set_status(next(iter(self.methods)), status)


def split(verify: Authenticator) -> list[Authenticator]:
    """Return Okta Verify as three authenticators, which share its state."""
    names = {
        "signed_nonce": ("fastpass", "Okta FastPass"),
        "push": ("push", "Okta Verify push"),
        "totp": ("totp", "Okta Verify code"),
    }
    return [
        Part(
            f"{verify.id[:-1]}{number}",
            f"{verify.key}_{ending}",
            name,
            verify.type,
            verify.created,
            verify.settings,
            {method: verify.methods[method]},
            verify.inactive,
            verify.last_updated,
        )
        for number, (method, (ending, name)) in enumerate(names.items())
    ]


def _lifecycle(url: str, status: str, has_step: bool) -> dict[str, t.Any]:
    """Return the link to an object itself, and to the step that it can take, if there is one."""
    links = {"self": link(url, "GET", "PUT")}
    if has_step:
        step = "deactivate" if status == "ACTIVE" else "activate"
        links[step] = link(f"{url}/lifecycle/{step}", "POST")
    return links


def make_temporary_codes(authenticator_id: str, created: datetime) -> Authenticator:
    """Return the authenticator for temporary access codes, which not every org has."""
    configuration = {
        "minTtl": 10,
        "maxTtl": 480,
        "defaultTtl": 120,
        "length": 16,
        "complexity": {"numbers": True, "letters": True, "specialCharacters": False},
        "multiUseAllowed": False,
    }
    return Authenticator(
        authenticator_id,
        "tac",
        "Temporary Access Code",
        "tac",
        created,
        methods={"tac": {}},
        provider={"type": "tac", "configuration": configuration},
    )


def make_authenticators(
    new_id: t.Callable[[str], str], created: datetime, fastpass_off: bool = False
) -> dict[str, Authenticator]:
    """Return the authenticators by key. Okta Verify has the three methods that Okta documents.

    With ``fastpass_off`` FastPass and push are inactive, as recorded of a new org.
    """
    verify = Authenticator(
        new_id("aut"),
        "okta_verify",
        "Okta Verify",
        "app",
        created,
        settings={
            "channelBinding": {"style": "NUMBER_CHALLENGE", "required": "HIGH_RISK_ONLY"},
            "compliance": {"fips": "OPTIONAL"},
            "userVerification": "PREFERRED",
            "userVerificationMethods": ["BIOMETRICS"],
            "enrollmentSecurityLevel": "HIGH",
            "appInstanceId": "",  # in all 16 recorded orgs
        },
        methods={
            "push": {
                "algorithms": _ALGORITHMS,
                "keyProtection": "ANY",
                "transactionTypes": ["LOGIN"],
            },
            "signed_nonce": {
                "algorithms": _ALGORITHMS,
                "keyProtection": "ANY",
                "showSignInWithOV": "NEVER" if fastpass_off else "ALWAYS",
            },
            "totp": {
                "timeIntervalInSeconds": 30,
                "encoding": "Base32",
                "algorithm": "HMACSHA1",
                "passCodeLength": 6,
            },
        },
        inactive={"push", "signed_nonce"} if fastpass_off else set(),
    )
    others = [
        Authenticator(
            new_id("aut"),
            "okta_password",
            "Password",
            "password",
            created,
            methods={"password": {}},
        ),
        Authenticator(
            new_id("aut"),
            "okta_email",
            "Email",
            "email",
            created,
            settings={"allowedFor": "any", "tokenLifetimeInMinutes": 5},
            methods={"email": {}},
        ),
    ]
    return {authenticator.key: authenticator for authenticator in (*others, verify)}
