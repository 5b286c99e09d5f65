# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and their authenticators in Okta's management API."""

from __future__ import annotations

import zlib
from datetime import timedelta

from lab.clock import iso
from lab.http import Answer, Call, Operation
from lab.okta.authenticators.flexible_verify import KEYS, VERIFY
from lab.okta.directory.user_search import compile_user_query
from lab.okta.errors import refuse
from lab.okta.filters import BadFilter, Unsupported
from lab.okta.operation_base import parse_body, read_operation, write_operation
from lab.okta.org import Org
from lab.okta.paging import build_page, make_cursor, read_number, read_position
from lab.okta.serializers import enrollment_shape, user_shape, user_with_links


class UserOperations:
    """The operations on users of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operations."""
        return [
            read_operation("listUsers", "/api/v1/users", self._list_users),
            read_operation("getUser", "/api/v1/users/{id}", self._get_user),
            read_operation(
                "listAuthenticatorEnrollments",
                "/api/v1/users/{userId}/authenticator-enrollments",
                self._list_enrollments,
            ),
            write_operation(
                "revokeUserSessions",
                "DELETE",
                "/api/v1/users/{userId}/sessions",
                self._revoke_sessions,
            ),
            write_operation(
                "createTacAuthenticatorEnrollment",
                "POST",
                "/api/v1/users/{userId}/authenticator-enrollments/tac",
                self._create_temporary_code,
            ),
        ]

    def _create_temporary_code(self, call: Call) -> Answer:
        """Create a code, which only this answer shows. An earlier one is void."""
        user = self.org.users.get(call.path["userId"]) or refuse(
            "E0000007", f"{call.path['userId']} (User)"
        )
        body, known = parse_body(call), self.org.authenticators.get("tac")
        if known is None or body.get("authenticatorId") != known.id:
            refuse("E0000001", "authenticatorId", ["The authenticator does not exist."])
        limits, profile = (known.provider or {})["configuration"], body.get("profile") or {}
        minutes = int(profile.get("ttl") or limits["defaultTtl"])
        if not limits["minTtl"] <= minutes <= limits["maxTtl"]:
            refuse("E0000001", "ttl", ["ttl is outside of the range of the authenticator."])
        now = self.org.now()
        code = f"{self.org.random_number():032x}"[: limits["length"]]
        self.org.temporary_codes[user.id] = code
        shape = enrollment_shape(user, f"tac{user.id[3:]}", "tac", now, known, call.base_url)
        expires_at = iso(now + timedelta(minutes=minutes))
        created = {"tac": code, "expiresAt": expires_at, "multiUse": bool(profile.get("multiUse"))}
        return Answer({**shape, "profile": created})

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
        """Answer with a user by id, login, or the login's part before the @ if one user has it."""
        wanted = call.path["id"]
        user = self.org.users.get(wanted) or next(
            (user for user in self.org.users.values() if user.login == wanted), None
        )
        if user is None:
            short = [
                each for each in self.org.users.values() if each.login.partition("@")[0] == wanted
            ]
            if len(short) != 1:
                refuse("E0000007", f"{wanted} (User)")
            (user,) = short
        shape = user_with_links(user, call.base_url, self.org.realm_id)
        return Answer(shape, headers={"Etag": f'W/"{zlib.crc32(repr(shape).encode()):08x}"'})

    def _revoke_sessions(self, call: Call) -> Answer:
        """Answer that the sessions of a user are revoked. The lab's people have none that last."""
        user = self.org.users.get(call.path["userId"]) or refuse(
            "E0000007", f"{call.path['userId']} (User)"
        )
        self.org.administrator_event(
            "user.session.clear",
            "Clear user session",
            [user.in_the_log],
            call.headers.get("user-agent", ""),
        )
        return Answer(status=204)

    def _list_enrollments(self, call: Call) -> Answer:
        """Answer with a user's authenticators.

        Password, e-mail and a phone number unless the user has none, and Okta Verify once for each
        device. Of flexible Okta Verify, each device has Okta FastPass.
        """
        user = self.org.users.get(call.path["userId"]) or refuse(
            "E0000007", f"{call.path['userId']} (User)"
        )
        flexible = self.org.world.switches.flexible_okta_verify
        verify_key = KEYS["signed_nonce"] if flexible else VERIFY
        others = [
            key
            for key in user.authenticators
            if key in self.org.authenticators or key == "phone_number"
        ]
        verify = [
            (link.id, verify_key, link.created)
            for record in self.org.devices.values()
            for link in record.users.values()
            if link.user_id == user.id
        ]
        # An id of its own each: reads of lists drop a row that comes twice.
        ids = {key: f"{key.rpartition('_')[2][:3]}{user.id[3:]}" for key in others}
        enrolled = [(ids[key], key, user.created) for key in others] + verify
        return Answer(
            [
                enrollment_shape(
                    user,
                    place,
                    key,
                    created,
                    self.org.authenticators.get(VERIFY if key == verify_key else key),
                    call.base_url,
                )
                for place, key, created in enrolled
            ]
        )
