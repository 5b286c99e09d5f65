# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's HTTP surface: the operations of the management API that the lab has, and SCEP."""

from __future__ import annotations

import math
import uuid

from starlette.applications import Starlette

from lab.http import Answer, Call, Operation, Refusal, VendorApp
from lab.okta.authenticators.operations import AuthenticatorOperations
from lab.okta.authorities.operations import AuthorityOperations
from lab.okta.authorities.scep_operations import scep_operations
from lab.okta.devices.operations import DeviceOperations
from lab.okta.directory.operations import DirectoryOperations
from lab.okta.directory.user_operations import UserOperations
from lab.okta.errors import error, refuse
from lab.okta.oauth import TOKEN_PATH
from lab.okta.org import Org
from lab.okta.policies.operations import PolicyOperations, RuleWrites
from lab.okta.rate_limits import CountedRequests, bucket_of
from lab.okta.system_log.operations import LogOperations
from lab.state import World

_WITHOUT_TOKEN = ("getWellknownOrgMetadata", "token")


class OktaApp(VendorApp):
    """Okta's surface: API tokens, permissions by operation, rate limits, errors with an E-code."""

    vendor = "okta"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.org: Org = world.okta
        self.limits = self.org.limits

    def application(self) -> Starlette:
        """Return the ASGI application."""
        application = super().application()
        application.add_middleware(RuleWrites)
        application.add_middleware(CountedRequests, limits=self.limits)
        return application

    def operations(self) -> list[Operation]:
        """Return all operations of Okta."""
        return [
            Operation(
                "getWellknownOrgMetadata",
                "GET",
                "/.well-known/okta-organization",
                self._organization,
            ),
            Operation("token", "POST", TOKEN_PATH, self.org.oauth.token),
            *DeviceOperations(self.org).operations(),
            *UserOperations(self.org).operations(),
            *LogOperations(self.org).operations(),
            *AuthorityOperations(self.org).operations(),
            *AuthenticatorOperations(self.org).operations(),
            *PolicyOperations(self.org).operations(),
            *DirectoryOperations(self.org).operations(),
            *scep_operations(self.org),
        ]

    # All operations

    def admit(self, call: Call) -> None:
        """Authenticate a call and check limits, pipeline and permission. Raises Refusal."""
        if call.operation.vendor == "scep" or call.operation.name in _WITHOUT_TOKEN:
            self._count(call)
            return
        call.principal = self._principal(call)
        self._count(call)
        if self.org.pipeline != "idx" and call.operation.name in _IDENTITY_ENGINE_ONLY:
            refuse("E0000015")
        if call.operation.name in self.org.refused:
            refuse("E0000006")
        if call.operation.verb in ("POST", "PUT") and not {
            "content-length",
            "transfer-encoding",
        } & set(call.headers):
            raise Refusal(Answer(b"", 411))

    def _principal(self, call: Call) -> str:
        authorization = call.headers.get("authorization", "")
        scheme, _blank, token = authorization.partition(" ")
        if scheme in ("Bearer", "DPoP"):
            return self.org.oauth.admit(call, scheme, token)
        # The blank after the scheme is documented; Okta's own Python SDK does not send it.
        if (
            not authorization.startswith("SSWS")
            or authorization.removeprefix("SSWS").strip() != self.org.api_token
        ):
            refuse("E0000011")
        return "api token"

    def _count(self, call: Call) -> None:
        if self.limits.one_too_many:
            raise Refusal(self.too_many(call, 0, True))
        if not self.limits.take(_bucket(call), call.principal):
            raise Refusal(self.too_many(call, 0, False))

    def too_many(self, call: Call, seconds: float, concurrency: bool) -> Answer:
        """Return Okta's 429.

        ``seconds`` is the wait of a fault; with 0 the bucket decides. The answer to too many
        concurrent requests does not contain a useful wait.
        """
        answer = error("E0000047")
        reset = str(math.ceil(self.world.clock.now().timestamp() + seconds))
        if concurrency:
            answer.headers.update(
                {
                    "X-Rate-Limit-Limit": "0",
                    "X-Rate-Limit-Remaining": "0",
                    "X-Rate-Limit-Reset": reset,
                }
            )
        else:
            # Also if the bucket has room, and only the principal's share is used up.
            answer.headers["X-Rate-Limit-Remaining"] = "0"
            if seconds:
                answer.headers["X-Rate-Limit-Reset"] = reset
        return answer

    def not_found(self, path: str) -> Answer:
        """Return the answer for an unknown path."""
        return error("E0000007", path)

    def wrong_verb(self, path: str) -> Answer:
        """Return the answer for a known path with an unknown verb."""
        return error("E0000022")

    def finish(self, call: Call | None, answer: Answer) -> None:
        """Add the headers of all answers of Okta."""
        if answer.media_type == "text/html":  # it does not come from Okta
            return
        answer.headers.setdefault("X-Okta-Request-Id", uuid.uuid4().hex)
        for name, value in self.limits.headers(_bucket(call) if call else "other").items():
            answer.headers.setdefault(name, value)

    # The org

    def _organization(self, call: Call) -> Answer:
        links = {"organization": {"href": call.base_url}}
        if self.world.switches.scep_host == "alternate":
            links["alternate"] = {"href": self.org.other_url}
        return Answer(
            {
                "id": self.org.org_id,
                "cell": "op3",
                "_links": links,
                "pipeline": self.org.pipeline,
                "settings": dict(_ORG_SETTINGS),
            }
        )


# As recorded of an org with Desktop MFA.
_ORG_SETTINGS = {
    "analyticsCollectionEnabled": False,
    "bugReportingEnabled": True,
    "omEnabled": False,
    "pssoEnabled": True,
    "desktopMFAEnabled": True,
    "itpEnabled": True,
}

_IDENTITY_ENGINE_ONLY = {
    "listDevices",
    "getDevice",
    "deleteDevice",
    "activateDevice",
    "deactivateDevice",
    "suspendDevice",
    "unsuspendDevice",
    "listDeviceUsers",
    "listUserDevices",
    "listAuthenticators",
    "getAuthenticator",
    "listAuthenticatorMethods",
    "getAuthenticatorMethod",
    "listDeviceIntegrations",
    "createPolicySimulation",
    "clonePolicy",
    "assignApplicationPolicy",
}


def _bucket(call: Call) -> str:
    """Return the bucket of Okta's rate limits that a call counts against."""
    return call.operation.bucket or bucket_of(call.operation.path)
