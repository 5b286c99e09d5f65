# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Okta org: its organization, authenticators, devices, their users, and the System Log.

Each method names the operation of Okta's management API (2026.06.3) that it uses.
"""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import ApiError, BadOption, NotFound, Unreachable, Unreadable
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._transport import (
    Explanation, Operation, Settings, SignIn, Transport, batches, check_origin, next_query,
)

DEVICES = "/api/v1/devices"

GET_ORGANIZATION = Operation("getWellknownOrgMetadata", "GET", "/.well-known/okta-organization", bucket="/.well-known")
LIST_AUTHENTICATORS = Operation("listAuthenticators", "GET", "/api/v1/authenticators", "okta.authenticators.read", bucket="/api/v1")
LIST_METHODS = Operation(
    "listAuthenticatorMethods", "GET", "/api/v1/authenticators/{authenticatorId}/methods", "okta.authenticators.read", bucket="/api/v1")
LIST_DEVICES = Operation("listDevices", "GET", DEVICES, "okta.devices.read", bucket=DEVICES)
GET_DEVICE = Operation("getDevice", "GET", DEVICES + "/{deviceId}", "okta.devices.read", bucket=DEVICES)
LIST_DEVICE_USERS = Operation("listDeviceUsers", "GET", DEVICES + "/{deviceId}/users", "okta.devices.read", bucket=DEVICES)
DEACTIVATE_DEVICE = Operation(
    "deactivateDevice", "POST", DEVICES + "/{deviceId}/lifecycle/deactivate", "okta.devices.manage", writes=True, repeatable=True, bucket=DEVICES)
DELETE_DEVICE = Operation("deleteDevice", "DELETE", DEVICES + "/{deviceId}", "okta.devices.manage", writes=True, repeatable=True, bucket=DEVICES)
GET_USER = Operation("getUser", "GET", "/api/v1/users/{id}", "okta.users.read", bucket="/api/v1")
LIST_USER_DEVICES = Operation("listUserDevices", "GET", "/api/v1/users/{userId}/devices", "okta.users.read", bucket="/api/v1")
LIST_ENROLLMENTS = Operation(
    "listAuthenticatorEnrollments", "GET", "/api/v1/users/{userId}/authenticator-enrollments", "okta.users.read", bucket="/api/v1")
LIST_LOG_EVENTS = Operation("listLogEvents", "GET", "/api/v1/logs", "okta.logs.read", bucket="/api/v1/logs")

OPERATIONS = (
    GET_ORGANIZATION, LIST_AUTHENTICATORS, LIST_METHODS, LIST_DEVICES, GET_DEVICE, LIST_DEVICE_USERS, DEACTIVATE_DEVICE, DELETE_DEVICE, GET_USER,
    LIST_USER_DEVICES, LIST_ENROLLMENTS, LIST_LOG_EVENTS,
)

# Fewer records a page where a larger one times out; Okta itself recommends 20 with users.
PAGE_SIZES = (200, 100, 50, 20)
GATEWAY_STATUSES = (502, 503, 504)

# The answers by which Okta says that a lifecycle step cannot be taken from here; the record is read again to see whether it is done already.
STEP_REFUSED = ("E0000001", "E0000152")


def check_org_url(url: str) -> str:
    """The origin of an Okta org; raises BadOption. Custom domains are fine, the Admin Console's host is not."""
    origin = check_origin("okta_org_url", url)
    host = urlsplit(origin).hostname or ""
    first, dot, rest = host.partition(".")
    if first.endswith("-admin") and rest:
        right = origin.replace(host, first[: -len("-admin")] + dot + rest)
        raise BadOption(f"okta_org_url: {origin} is the Admin Console, which is not an API host; use {right}.")
    return origin


def explain(status: int, headers: t.Mapping[str, str], body: t.Any) -> Explanation:
    """Okta's error body: E-code, summary, causes; or the OAuth form."""
    request_id = headers.get("X-Okta-Request-Id", "")
    if "insufficient_scope" in headers.get("WWW-Authenticate", ""):
        return Explanation("The access token does not contain the required scope.", "insufficient_scope", request_id)
    if not isinstance(body, dict):
        return Explanation(str(body)[:200] or f"HTTP status {status}", request_id=request_id)
    causes = [str(cause.get("errorSummary")) for cause in body.get("errorCauses") or [] if isinstance(cause, dict)]
    text = body.get("errorSummary") or body.get("error_description") or body.get("error") or f"HTTP status {status}"
    said = "; ".join([str(text), *causes])
    code = "insufficient_scope" if status == 403 and "required scopes" in said else str(body.get("errorCode") or body.get("error") or "")
    return Explanation(said, code, request_id)


def quote_filter(value: str) -> str:
    """A value as a string of Okta's filter grammar; raises BadOption for what cannot be put in one."""
    if not value or any(ord(char) < 32 for char in value) or '"' in value or "\\" in value:
        raise BadOption(f"{value!r} cannot be searched for in Okta: it is empty or holds quotes, backslashes or control characters.")
    return f'"{value}"'


class Okta:
    """An org.

    :arg org_url: e.g. https://acme.okta.com
    :arg sign_in: one of ``_sign_in``.
    """

    def __init__(self, org_url: str, sign_in: SignIn, settings: Settings, masker: Masker) -> None:
        self.org_url = check_org_url(org_url)
        self.transport = Transport("okta", self.org_url, sign_in, settings, masker, explain)
        self.last_request_id = ""  # of the last lifecycle step, for an audit

    def organization(self) -> t.Dict[str, t.Any]:
        """The org's id and pipeline ("idx" is Identity Engine). getWellknownOrgMetadata; needs no permission.

        Raises Unreadable where the host is no Okta org at all.
        """
        try:
            body = self.transport.call(GET_ORGANIZATION).json
        except NotFound:
            body = None
        if not isinstance(body, dict) or "id" not in body:
            raise Unreadable(f"okta_org_url: {self.org_url} does not answer as an Okta org; check the host.", vendor="okta")
        return body

    def authenticators(self) -> t.List[t.Dict[str, t.Any]]:
        """listAuthenticators."""
        return _rows(self.transport.call(LIST_AUTHENTICATORS).json)

    def authenticator_methods(self, authenticator_id: str) -> t.List[t.Dict[str, t.Any]]:
        """listAuthenticatorMethods."""
        return _rows(self.transport.call(LIST_METHODS, {"authenticatorId": authenticator_id}).json)

    def devices(self, search: str, expand: t.Optional[str] = None, limit: int = 0) -> t.Iterator[t.Dict[str, t.Any]]:
        """Device records that match a search, page by page. listDevices; search results may be stale, never write from them."""
        limit = limit or PAGE_SIZES[0]
        query: t.Dict[str, t.Any] = {"search": search, "limit": limit}
        if expand:
            query["expand"] = expand
        return self._pages(LIST_DEVICES, query, sizes=[size for size in PAGE_SIZES if size < limit])

    def devices_with(self, attribute: str, values: t.Sequence[str], expand: t.Optional[str] = None) -> t.Iterator[t.Dict[str, t.Any]]:
        """Device records in which an attribute is one of these values, in as few searches as fit their URLs. listDevices."""
        for batch in batches(list(dict.fromkeys(values))):
            yield from self.devices(" or ".join(f"{attribute} eq {quote_filter(value)}" for value in batch), expand)

    def device(self, device_id: str) -> t.Optional[t.Dict[str, t.Any]]:
        """One record, fresh, or None where there is none. getDevice."""
        try:
            return self.transport.call(GET_DEVICE, {"deviceId": device_id}).json
        except NotFound:
            return None

    def device_users(self, device_id: str) -> t.List[t.Dict[str, t.Any]]:
        """The users of a record with their managementStatus, fresh. listDeviceUsers."""
        return _rows(self.transport.call(LIST_DEVICE_USERS, {"deviceId": device_id}).json)

    def user(self, id_or_login: str) -> t.Optional[t.Dict[str, t.Any]]:
        """One user by id or login, or None where there is none. getUser."""
        try:
            return self.transport.call(GET_USER, {"id": id_or_login}).json
        except NotFound:
            return None

    def user_devices(self, user_id: str) -> t.List[t.Dict[str, t.Any]]:
        """The device records that a user is linked to, each as ``device`` of a row. listUserDevices."""
        return _rows(self.transport.call(LIST_USER_DEVICES, {"userId": user_id}).json)

    def enrollments(self, user_id: str) -> t.List[t.Dict[str, t.Any]]:
        """The authenticators that a user has enrolled. listAuthenticatorEnrollments. Nothing for a user who is not there."""
        try:
            return _rows(self.transport.call(LIST_ENROLLMENTS, {"userId": user_id}).json)
        except NotFound:
            return []

    def deactivate_device(self, device_id: str) -> str:
        """Deactivate a record; its users must enrol again. deactivateDevice. Returns done, already_done or absent."""
        return self._step(DEACTIVATE_DEVICE, device_id, lambda record: record.get("status") == "DEACTIVATED")

    def delete_device(self, device_id: str) -> str:
        """Delete a deactivated record for good. deleteDevice. Returns done, already_done or absent."""
        return self._step(DELETE_DEVICE, device_id, lambda record: False)

    def _step(self, operation: Operation, device_id: str, already: t.Callable[[t.Dict[str, t.Any]], bool]) -> str:
        """One lifecycle step, tolerant of every documented way of saying that it has been taken before."""
        try:
            answer = self.transport.call(operation, {"deviceId": device_id})
            self.last_request_id = answer.headers.get("X-Okta-Request-Id", "")
            return "done"
        except NotFound as error:
            self.last_request_id = str(error.details.get("request_id", ""))
            return "absent"
        except ApiError as error:
            self.last_request_id = str(error.details.get("request_id", ""))
            if error.error_code not in STEP_REFUSED:
                raise
            record = self.device(device_id)
            if record is None:
                return "absent"
            if already(record):
                return "already_done"
            raise

    def log_events(
        self, log_filter: str, since: t.Optional[str] = None, until: t.Optional[str] = None, newest_first: bool = False,
        limit: int = 1000, at_most: t.Optional[int] = None, word: t.Optional[str] = None,
    ) -> t.Iterator[t.Dict[str, t.Any]]:
        """Events of the System Log between two times (ISO 8601), which makes the read bounded. listLogEvents.

        Without ``until``, oldest first, Okta offers a next page for ever; the reading ends at the first page that is empty.
        ``at_most`` ends the reading after so many events; ``word`` (at most 40 characters) must stand somewhere in them.
        """
        query: t.Dict[str, t.Any] = {"filter": log_filter, "limit": limit if at_most is None else min(limit, at_most)}
        query["sortOrder"] = "DESCENDING" if newest_first else "ASCENDING"
        if word:
            query["q"] = word
        if since:
            query["since"] = since
        if until:
            query["until"] = until
        endless = until is None and not newest_first
        for number, event in enumerate(self._pages(LIST_LOG_EVENTS, query, until_empty=endless), start=1):
            yield event
            if number == at_most:
                return

    def _pages(
        self, operation: Operation, query: t.Mapping[str, t.Any], until_empty: bool = False, sizes: t.Sequence[int] = (),
    ) -> t.Iterator[t.Dict[str, t.Any]]:
        """Okta's one paging style: a Link header whose query leads to the next page. ``until_empty`` is for a list that always has one.

        ``sizes`` are smaller pages to fall back to, one after the other, where a page is too much for Okta; the smaller size stays.
        """
        following: t.Optional[t.Mapping[str, t.Any]] = query
        smaller = list(sizes)
        while following:
            try:
                answer = self.transport.call(operation, query=following, **({"patience": 1} if smaller else {}))
            except (Unreachable, ApiError) as error:
                if not smaller or (isinstance(error, ApiError) and error.status not in GATEWAY_STATUSES):
                    raise
                following = {**following, "limit": smaller.pop(0)}
                continue
            rows = _rows(answer.json)
            yield from rows
            following = None if until_empty and not rows else next_query(_next_link(answer.headers)) or None


def _next_link(headers: t.Mapping[str, str]) -> str:
    # requests joins repeated Link headers by commas, as HTTP allows; addresses may hold commas too.
    found = re.search(r'<([^>]*)>\s*;[^,<]*rel\s*=\s*"?next"?', headers.get("Link", ""))
    return found.group(1) if found else ""


def _rows(body: t.Any) -> t.List[t.Dict[str, t.Any]]:
    if not isinstance(body, list):
        raise Unreadable("Okta answered with something else than the list that was asked for.", vendor="okta")
    return [row for row in body if isinstance(row, dict)]
