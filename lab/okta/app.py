# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's HTTP surface: the operations of the management API that the lab has, and SCEP."""

from __future__ import annotations

import math
import typing as t
import uuid
import zlib
from datetime import timedelta

from starlette.applications import Starlette

from lab.http import Answer, Call, Operation, Refusal, VendorApp
from lab.okta.authenticator_operations import AuthenticatorOperations
from lab.okta.device_registry import WrongStatus
from lab.okta.devices import Record
from lab.okta.directory_operations import DirectoryOperations
from lab.okta.errors import error, refuse
from lab.okta.oauth import TOKEN_PATH
from lab.okta.org import Org
from lab.okta.paging import build_page, make_cursor, read_number, read_position
from lab.okta.policy_operations import PolicyOperations, RuleWrites
from lab.okta.rate_limits import CountedRequests, bucket_of
from lab.okta.scep_operations import scep_operations
from lab.okta.scim import BadFilter, Unsupported
from lab.okta.search import compile_search
from lab.okta.serializers import (
    device_shape,
    device_user,
    enrollment_shape,
    link_shape,
    user_shape,
    user_summary,
    user_with_links,
)
from lab.okta.system_log import LogQuery, compile_log_filter, read_page
from lab.okta.timestamps import parse_timestamp
from lab.okta.users import compile_user_query
from lab.state import World

OLDEST_SINCE = timedelta(days=180)
DEFAULT_WINDOW = timedelta(days=7)
DEVICES = "/api/v1/devices"
OKTA_VERIFY = "okta_verify"
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
        device = DEVICES + "/{deviceId}"
        steps = [
            Operation(
                f"{step}Device",
                "POST",
                f"{device}/lifecycle/{step}",
                self._step(step),
                writes=True,
            )
            for step in ("activate", "deactivate", "suspend", "unsuspend")
        ]
        return [
            Operation(
                "getWellknownOrgMetadata",
                "GET",
                "/.well-known/okta-organization",
                self._organization,
            ),
            Operation("token", "POST", TOKEN_PATH, self.org.oauth.token),
            Operation("listDevices", "GET", DEVICES, self._list_devices),
            Operation("getDevice", "GET", device, self._get_device),
            Operation("deleteDevice", "DELETE", device, self._delete_device, writes=True),
            *steps,
            Operation(
                "listDeviceUsers",
                "GET",
                f"{device}/users",
                self._list_device_users,
            ),
            Operation(
                "listUserDevices",
                "GET",
                "/api/v1/users/{userId}/devices",
                self._list_user_devices,
            ),
            Operation(
                "listAuthenticatorEnrollments",
                "GET",
                "/api/v1/users/{userId}/authenticator-enrollments",
                self._list_enrollments,
            ),
            Operation("listUsers", "GET", "/api/v1/users", self._list_users),
            Operation("getUser", "GET", "/api/v1/users/{id}", self._get_user),
            Operation("listLogEvents", "GET", "/api/v1/logs", self._list_log_events),
            Operation(
                "listDeviceIntegrations",
                "GET",
                "/api/v1/device-integrations",
                self._list_device_integrations,
            ),
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

    def _list_device_integrations(self, call: Call) -> Answer:
        """Answer with signal providers. The Desktop platform has no public operation."""
        integration_id = "din" + self.org.org_id[3:]
        url = f"{call.base_url}/api/v1/device-integrations/{integration_id}"
        return Answer(
            [
                {
                    "id": integration_id,
                    "name": "com.okta.device.osquery",
                    "displayName": "OSQuery",
                    "platform": "MACOS",
                    "status": "DEACTIVATED",
                    "_links": {
                        "self": {"href": url, "hints": {"allow": ["GET"]}},
                        "activate": {
                            "href": f"{url}/lifecycle/activate",
                            "hints": {"allow": ["POST"]},
                        },
                    },
                }
            ]
        )

    # Devices

    def _list_devices(self, call: Call) -> Answer:
        limit = read_number(call, "limit", 200, 1, 200)
        expand = call.query.get("expand")
        if expand not in (None, "user", "userSummary"):
            refuse("E0000001", "expand")
        matches = self._search(call.query.get("search"))
        records, last = self.org.registry.search(
            matches, read_position(call), limit, one_behind=call.fault == "stale"
        )
        stale = call.fault == "stale" or self.world.switches.stale_managed_in_search
        rows = []
        for record in records:
            row = device_shape(record, call.base_url)
            if expand:
                row["_embedded"] = {
                    "users": self._users(record, call.base_url, expand, stale) or None
                }
            rows.append(row)
        return build_page(call, rows, None if last is None else make_cursor(last))

    @staticmethod
    def _search(text: str | None) -> t.Callable[[Record], bool]:
        try:
            return compile_search(text) if text else lambda record: True
        except (BadFilter, Unsupported) as problem:
            refuse("E0000031", causes=[str(problem)])

    def _users(
        self, record: Record, base_url: str, expand: str, stale: bool = False
    ) -> list[dict[str, t.Any]]:
        shape = device_user if expand == "user" else user_summary
        return [
            link_shape(
                link,
                link.managed_before if stale else link.managed,
                shape(self.org.users[link.user_id], base_url, self.org.realm_id),
            )
            for link in record.users.values()
        ]

    def _record(self, call: Call, kind: str = "Device") -> Record:
        device_id = call.path["deviceId"]
        if device_id not in self.org.devices:
            refuse("E0000007", f"{device_id} ({kind})")
        return self.org.devices[device_id]

    def _get_device(self, call: Call) -> Answer:
        verify = self.org.authenticators["okta_verify"]
        origin = {"originatedFrom": [{"id": verify.id, "name": verify.name, "key": verify.key}]}
        record = self.org.registry.read(self._record(call))
        return Answer({**device_shape(record, call.base_url), "_embedded": origin})

    def _list_device_users(self, call: Call) -> Answer:
        record = self._record(call, "GenericUDObject")  # recorded: here alone
        return Answer(self._users(record, call.base_url, "user"))

    def _list_user_devices(self, call: Call) -> Answer:
        user_id = call.path["userId"]
        if user_id not in self.org.users:
            refuse("E0000007", f"{user_id} (User)")
        held = [
            (record, record.users[user_id])
            for record in self.org.devices.values()
            if user_id in record.users
        ]
        return Answer(
            [
                {
                    "created": link_shape(link, link.managed, {})["created"],
                    "deviceUserId": link.id,
                    "device": device_shape(record, call.base_url),
                }
                for record, link in held
            ]
        )

    def _step(self, name: str) -> t.Callable[[Call], Answer]:
        def take(call: Call) -> Answer:
            try:
                taken = self.org.registry.step(self._record(call), name)
            except WrongStatus as problem:
                refuse("E0000001", "status", [str(problem)])
            if not taken and self.world.switches.repeated_lifecycle == 400:
                refuse("E0000001", "status", [f"The step {name} has been taken."])
            return Answer(status=204)

        return take

    def _delete_device(self, call: Call) -> Answer:
        try:
            self.org.registry.delete(self._record(call))
        except WrongStatus as problem:
            refuse(self.world.switches.delete_active_error, "status", [str(problem)])
        return Answer(status=204)

    # Users

    def _list_users(self, call: Call) -> Answer:
        limit, start = (
            read_number(call, "limit", 10 if call.query.get("q") else 200, 1, 200),
            read_position(call),
        )
        try:
            matches = compile_user_query(call.query)
        except (BadFilter, Unsupported) as problem:
            refuse("E0000031", causes=[str(problem)])
        users = [user for user in self.org.users.values() if matches(user)]
        more = start + limit < len(users) and not call.query.get("q")  # q does not page
        rows = [
            user_shape(user, call.base_url, self.org.realm_id)
            for user in users[start : start + limit]
        ]
        return build_page(call, rows, make_cursor(start + limit) if more else None)

    def _get_user(self, call: Call) -> Answer:
        """Answer with a user by id or login."""
        wanted = call.path["id"]
        user = self.org.users.get(wanted) or next(
            (user for user in self.org.users.values() if user.login == wanted), None
        )
        if user is None:
            refuse("E0000007", f"{wanted} (User)")
        shape = user_with_links(user, call.base_url, self.org.realm_id)
        return Answer(shape, headers={"Etag": f'W/"{zlib.crc32(repr(shape).encode()):08x}"'})

    def _list_enrollments(self, call: Call) -> Answer:
        """Answer with a user's authenticators.

        Password, e-mail, a phone number unless the user has none, and Okta Verify once for each
        device.
        """
        user = self.org.users.get(call.path["userId"]) or refuse(
            "E0000007", f"{call.path['userId']} (User)"
        )
        others = [
            key for key in ("okta_password", "okta_email") if key in self.org.authenticators
        ] + ["phone_number"] * user.has_phone
        verify = [
            (link.id, OKTA_VERIFY, link.created)
            for record in self.org.devices.values()
            for link in record.users.values()
            if link.user_id == user.id
        ]
        enrolled = [(f"{key[:3]}{user.id[3:]}", key, user.created) for key in others] + verify
        return Answer(
            [
                enrollment_shape(
                    user, place, key, created, self.org.authenticators.get(key), call.base_url
                )
                for place, key, created in enrolled
            ]
        )

    # The System Log

    def _list_log_events(self, call: Call) -> Answer:
        query = self._log_query(call)
        events, reached = read_page(self.org.log, query)
        return build_page(
            call,
            [event.as_dict() for event in events],
            None if reached is None else make_cursor(reached),
        )

    def _log_query(self, call: Call) -> LogQuery:
        order = call.query.get("sortOrder", "ASCENDING")
        if order not in ("ASCENDING", "DESCENDING"):
            refuse("E0000001", "sortOrder")
        now = self.org.now()
        until = _timestamp(call, "until")
        since = _timestamp(call, "since") or (until or now) - DEFAULT_WINDOW
        if since < now - OLDEST_SINCE:
            refuse("E0000053", "since is over 180 days ago")
        self.org.log.forget(now)
        return LogQuery(
            now,
            since,
            until,
            self._log_filter(call),
            read_number(call, "limit", 100, 0, 1000),
            order == "DESCENDING",
            after=read_position(call) if "after" in call.query else None,
        )

    def _log_filter(self, call: Call) -> t.Callable[[t.Any], bool]:
        words = call.query.get("q", "").split()
        if len(words) > 10 or any(len(word) > 40 for word in words):
            refuse("E0000001", "q", ["q takes at most 10 words of at most 40 characters."])
        try:
            matches = compile_log_filter(call.query["filter"]) if call.query.get("filter") else None
        except BadFilter as problem:
            refuse("E0000053", str(problem))
        except Unsupported as problem:
            refuse("E0000031", causes=[str(problem)])
        has_words = self.org.log.holding(words) if words else None
        return lambda event: (
            (matches is None or matches(event)) and (has_words is None or has_words(event))
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


def _timestamp(call: Call, name: str) -> t.Any:
    try:
        return parse_timestamp(call.query[name]) if name in call.query else None
    except ValueError as problem:
        refuse("E0000001", name, [str(problem)])
