# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Okta org.

Its organization, authenticators, app sign-in policies, devices, their users, and the System Log.

Each method names the operation of Okta's management API (2026.06.3) that it uses.
"""

from __future__ import annotations

import contextlib
import re
import typing as t
from dataclasses import replace
from functools import partial

from .._core.errors import (
    TRY_AGAIN,
    ApiError,
    BadOption,
    NotFound,
    Unreachable,
    Unreadable,
    still_listed,
)
from .._core.json_fields import Row, as_flag, as_id, as_object, parse_shallow
from .._core.masking import Masker
from .._http.auth import Auth
from .._http.operations import Explanation, Operation, Query, Request, Vendor
from .._http.paging import Page, follow_link, read_pages, require_keys, rows_of
from .._http.transport import USER_AGENT, Transport
from .._http.transport_settings import Settings
from .._http.urls import batches
from .authentication.credentials import parse_org_url
from .authorities.records import CertificateAuthority, RegistrationAuthority
from .records import (
    WORKING_STATUSES,
    App,
    Authenticator,
    AuthenticatorMethod,
    ConditionalRule,
    DeviceUser,
    Enrollment,
    EnrollmentPolicy,
    Group,
    LogEvent,
    OktaDevice,
    OktaUser,
    Org,
    Policy,
    PolicyRule,
    PolicySimulation,
    RankedPolicy,
    SessionRule,
    SignalRule,
    TemporaryCode,
    linked_id,
    mapped_ids,
)

Record = t.TypeVar("Record")
DEVICES = "/api/v1/devices"

GET_ORGANIZATION = Operation("getWellknownOrgMetadata", "GET", "/.well-known/okta-organization")
LIST_AUTHENTICATORS = Operation(
    "listAuthenticators", "GET", "/api/v1/authenticators", "okta.authenticators.read"
)
LIST_METHODS = Operation(
    "listAuthenticatorMethods",
    "GET",
    "/api/v1/authenticators/{authenticatorId}/methods",
    "okta.authenticators.read",
)
LIST_DEVICES = Operation("listDevices", "GET", DEVICES, "okta.devices.read")
GET_DEVICE = Operation("getDevice", "GET", DEVICES + "/{deviceId}", "okta.devices.read")
LIST_DEVICE_USERS = Operation(
    "listDeviceUsers", "GET", DEVICES + "/{deviceId}/users", "okta.devices.read"
)
ACTIVATE_DEVICE = Operation(
    "activateDevice",
    "POST",
    DEVICES + "/{deviceId}/lifecycle/activate",
    "okta.devices.manage",
    writes=True,
    repeatable=True,
)
SUSPEND_DEVICE = Operation(
    "suspendDevice",
    "POST",
    DEVICES + "/{deviceId}/lifecycle/suspend",
    "okta.devices.manage",
    writes=True,
    repeatable=True,
)
UNSUSPEND_DEVICE = Operation(
    "unsuspendDevice",
    "POST",
    DEVICES + "/{deviceId}/lifecycle/unsuspend",
    "okta.devices.manage",
    writes=True,
    repeatable=True,
)
DEACTIVATE_DEVICE = Operation(
    "deactivateDevice",
    "POST",
    DEVICES + "/{deviceId}/lifecycle/deactivate",
    "okta.devices.manage",
    writes=True,
    repeatable=True,
)
DELETE_DEVICE = Operation(
    "deleteDevice",
    "DELETE",
    DEVICES + "/{deviceId}",
    "okta.devices.manage",
    writes=True,
    repeatable=True,
)
GET_USER = Operation("getUser", "GET", "/api/v1/users/{id}", "okta.users.read")
# Optional: only a run that is given an e-mail address that is not a login sends it.
LIST_USERS = Operation("listUsers", "GET", "/api/v1/users", "okta.users.read", optional=True)
LIST_USER_DEVICES = Operation(
    "listUserDevices", "GET", "/api/v1/users/{userId}/devices", "okta.users.read"
)
LIST_USER_GROUPS = Operation(
    "listUserGroups", "GET", "/api/v1/users/{id}/groups", "okta.users.read"
)
LIST_ENROLLMENTS = Operation(
    "listAuthenticatorEnrollments",
    "GET",
    "/api/v1/users/{userId}/authenticator-enrollments",
    "okta.users.read",
)
# Optional: only runs that are to revoke sessions need its scope.
REVOKE_SESSIONS = Operation(
    "revokeUserSessions",
    "DELETE",
    "/api/v1/users/{userId}/sessions",
    "okta.users.manage",
    writes=True,
    repeatable=True,
    optional=True,
)
# Repeatable: a new code voids the earlier one, which nobody has seen.
CREATE_TEMPORARY_CODE = Operation(
    "createTacAuthenticatorEnrollment",
    "POST",
    "/api/v1/users/{userId}/authenticator-enrollments/tac",
    "okta.users.manage",
    writes=True,
    repeatable=True,
    if_unknown=(
        "No file has the code, and an earlier one may be void. Run again, which makes another code."
    ),
)
LIST_LOG_EVENTS = Operation("listLogEvents", "GET", "/api/v1/logs", "okta.logs.read")
LIST_GROUPS = Operation("listGroups", "GET", "/api/v1/groups", "okta.groups.read")
LIST_GROUP_USERS = Operation(
    "listGroupUsers", "GET", "/api/v1/groups/{groupId}/users", "okta.groups.read"
)
LIST_APPS = Operation("listApplications", "GET", "/api/v1/apps", "okta.apps.read")
ASSIGN_APP_POLICY = Operation(
    "assignApplicationPolicy",
    "PUT",
    "/api/v1/apps/{appId}/policies/{policyId}",
    "okta.apps.manage",
    writes=True,
    repeatable=True,
)
METHOD = "/api/v1/authenticators/{authenticatorId}/methods/{methodType}"
REPLACE_METHOD = Operation(
    "replaceAuthenticatorMethod",
    "PUT",
    METHOD,
    "okta.authenticators.manage",
    writes=True,
    repeatable=True,
)
ACTIVATE_METHOD = Operation(
    "activateAuthenticatorMethod",
    "POST",
    METHOD + "/lifecycle/activate",
    "okta.authenticators.manage",
    writes=True,
    repeatable=True,
)
DEACTIVATE_METHOD = Operation(
    "deactivateAuthenticatorMethod",
    "POST",
    METHOD + "/lifecycle/deactivate",
    "okta.authenticators.manage",
    writes=True,
    repeatable=True,
)
POLICY, RULE = "/api/v1/policies/{policyId}", "/api/v1/policies/{policyId}/rules/{ruleId}"
LIST_POLICIES = Operation("listPolicies", "GET", "/api/v1/policies", "okta.policies.read")
CREATE_POLICY = Operation(
    "createPolicy", "POST", "/api/v1/policies", "okta.policies.manage", writes=True
)
CLONE_POLICY = Operation(
    "clonePolicy", "POST", POLICY + "/clone", "okta.policies.manage", writes=True
)
REPLACE_POLICY = Operation(
    "replacePolicy", "PUT", POLICY, "okta.policies.manage", writes=True, repeatable=True
)
DELETE_POLICY = Operation(
    "deletePolicy", "DELETE", POLICY, "okta.policies.manage", writes=True, repeatable=True
)
LIST_MAPPINGS = Operation("listPolicyMappings", "GET", POLICY + "/mappings", "okta.policies.read")
LIST_RULES = Operation("listPolicyRules", "GET", POLICY + "/rules", "okta.policies.read")
GET_RULE = Operation("getPolicyRule", "GET", RULE, "okta.policies.read")
CREATE_RULE = Operation(
    "createPolicyRule", "POST", POLICY + "/rules", "okta.policies.manage", writes=True
)
REPLACE_RULE = Operation(
    "replacePolicyRule", "PUT", RULE, "okta.policies.manage", writes=True, repeatable=True
)
DELETE_RULE = Operation(
    "deletePolicyRule", "DELETE", RULE, "okta.policies.manage", writes=True, repeatable=True
)
ACTIVATE_RULE = Operation(
    "activatePolicyRule",
    "POST",
    RULE + "/lifecycle/activate",
    "okta.policies.manage",
    writes=True,
    repeatable=True,
)
DEACTIVATE_RULE = Operation(
    "deactivatePolicyRule",
    "POST",
    RULE + "/lifecycle/deactivate",
    "okta.policies.manage",
    writes=True,
    repeatable=True,
)
SIMULATE = Operation(
    "createPolicySimulation", "POST", "/api/v1/policies/simulate", "okta.policies.read"
)

AUTHORITIES = "/pki/api/v2/certificate-authorities"
LIST_AUTHORITIES = Operation(
    "listCertificateAuthorities",
    "GET",
    AUTHORITIES,
    "okta.certificateAuthorities.read",
    optional=True,
)
LIST_REGISTRATION_AUTHORITIES = Operation(
    "listRegistrationAuthorities",
    "GET",
    AUTHORITIES + "/{authorityInstanceId}/registration-authorities",
    "okta.certificateAuthorities.read",
    optional=True,
)

# The steps on a device record, each with the statuses of a record on which it was taken already.
STEPS: t.Mapping[str, tuple[Operation, tuple[str, ...]]] = {
    "activate": (ACTIVATE_DEVICE, WORKING_STATUSES),
    "suspend": (SUSPEND_DEVICE, ("SUSPENDED",)),
    "unsuspend": (UNSUSPEND_DEVICE, WORKING_STATUSES),
    "deactivate": (DEACTIVATE_DEVICE, ("DEACTIVATED",)),
    "delete": (DELETE_DEVICE, ()),
}

# Fewer records a page where a larger one times out; Okta itself recommends 20 with users.
PAGE_SIZES = (200, 100, 50, 20)
MEMBER_PAGE_SIZES = (1000, 200)  # of a group: Okta's default, and what it recommends
LOG_PAGE_SIZE = 1000  # Okta's largest
GATEWAY_STATUSES = (502, 503, 504)

# The answers by which Okta says that a lifecycle step cannot be taken from here; the record is read
# again to see whether it is done already.
STEP_REFUSED = ("E0000001", "E0000152")
STALE_PAUSES = (1.0, 2.0)  # seconds before a refused step is tried again
MAX_LOG_WORD = 40  # characters

# What a row of a list is identified by, by operation. Recorded rows have all of them.
IDENTIFYING: dict[str, tuple[str, ...]] = {
    LIST_AUTHENTICATORS.name: ("id",),
    LIST_METHODS.name: ("type",),
    LIST_POLICIES.name: ("id", "name"),
    LIST_RULES.name: ("id", "name"),
    LIST_APPS.name: ("id", "label"),
    LIST_GROUPS.name: ("id", "profile.name"),
    LIST_GROUP_USERS.name: ("id",),
    LIST_USER_GROUPS.name: ("id",),
}


def explain(status: int, headers: t.Mapping[str, str], body: t.Any) -> Explanation:
    """Okta's error body: E-code, summary, causes; or the OAuth form."""
    request_id = headers.get("X-Okta-Request-Id", "")
    if "insufficient_scope" in headers.get("WWW-Authenticate", ""):
        return Explanation(
            "The access token does not contain the required scope.",
            "insufficient_scope",
            request_id,
        )
    if not isinstance(body, dict):
        return Explanation(str(body)[:200] or f"HTTP status {status}", request_id=request_id)
    causes = [
        str(cause.get("errorSummary"))
        for cause in body.get("errorCauses") or []
        if isinstance(cause, dict)
    ]
    text = (
        body.get("errorSummary")
        or body.get("error_description")
        or body.get("error")
        or f"HTTP status {status}"
    )
    summary = "; ".join([str(text), *causes])
    code = (
        "insufficient_scope"
        if status == 403 and "required scopes" in summary
        else str(body.get("errorCode") or body.get("error") or "")
    )
    return Explanation(summary, code, request_id)


def any_equals(attribute: str, values: t.Iterable[str]) -> str:
    """Return a search for the objects in which an attribute has one of these values."""
    return " or ".join(f"{attribute} eq {quote_filter(value)}" for value in values)


def quote_filter(value: str) -> str:
    """Return a value as a string of Okta's filter grammar.

    Raises BadOption for what cannot be put in one.
    """
    if not value or any(ord(char) < 32 for char in value) or '"' in value or "\\" in value:
        raise BadOption(
            f"{value!r} cannot be searched for in Okta: it is empty or holds quotes, backslashes or"
            " control characters. Correct the option that holds it."
        )
    return f'"{value}"'


class Okta:
    """An org.

    :arg org_url: e.g. https://acme.okta.com
    :arg auth: a method of ``auth``.
    """

    def __init__(self, org_url: str, auth: Auth, settings: Settings, masker: Masker) -> None:
        self.org_url = parse_org_url(org_url)
        self.transport = Transport(
            Vendor("okta", "Okta", explain), self.org_url, auth, settings, masker
        )
        self.last_request_id = ""  # of the last lifecycle step, for an audit

    def organization(self) -> Org:
        """Return the org's id and pipeline ("idx" is Identity Engine). getWellknownOrgMetadata.

        It needs no permission. Raises Unreadable if the host is not an Okta org.
        """
        try:
            body = self.transport.call(GET_ORGANIZATION).json
        except NotFound:
            body = None
        if not isinstance(body, dict) or "id" not in body:
            raise Unreadable(
                f"okta_org_url: {self.org_url} does not answer as an Okta org. Check the host.",
                vendor="okta",
            )
        return Org.from_row(body)

    def authenticators(self) -> list[Authenticator]:
        """Return the authenticators of the org. listAuthenticators."""
        return list(map(Authenticator.from_row, self._pages(LIST_AUTHENTICATORS, {})))

    def authenticator_methods(self, authenticator_id: str) -> list[AuthenticatorMethod]:
        """Return the methods of an authenticator. listAuthenticatorMethods."""
        rows = self._pages(LIST_METHODS, {}, path={"authenticatorId": authenticator_id})
        return list(map(AuthenticatorMethod.from_row, rows))

    # Certificate authorities: an Early Access API whose lists are {"data": [...]}, without pages

    def certificate_authorities(self) -> list[CertificateAuthority]:
        """Return the intermediate authorities of both families with their certificates.

        listCertificateAuthorities. Certificates that have expired are not in it.
        """
        query = {"type": "INTERMEDIATE", "expand": "certificates"}
        answer = self.transport.call(LIST_AUTHORITIES, query=query)
        return _each_once(map(CertificateAuthority.from_row, _data(answer.json)))

    def registration_authorities(self, authority_id: str) -> list[RegistrationAuthority]:
        """Return the active SCEP configurations of an authority. listRegistrationAuthorities."""
        path = {"authorityInstanceId": authority_id}
        answer = self.transport.call(LIST_REGISTRATION_AUTHORITIES, path)
        return _each_once(map(RegistrationAuthority.from_row, _data(answer.json)))

    # Device records and their users

    def devices(
        self, search: str, expand: str | None = None, limit: int = 0
    ) -> t.Iterator[OktaDevice]:
        """Yield the device records that match a search, page by page. listDevices.

        Search results may be stale: never write from them. With ``expand``, raises Unreadable for a
        record that does not show its users: it would pass for nobody's. Of one that nobody uses,
        Okta shows null or an empty list.
        """
        limit = limit or PAGE_SIZES[0]
        query: dict[str, str | int] = {"search": search, "limit": limit}
        if expand:
            query["expand"] = expand
        smaller = [size for size in PAGE_SIZES if size < limit]
        for device in map(_device, self._pages(LIST_DEVICES, query, sizes=smaller)):
            if expand and not _shows_users(device.row):
                raise Unreadable(
                    f"Okta: the device record {device.id} does not show its users, which were asked"
                    f" for. {TRY_AGAIN}",
                    vendor="okta",
                )
            yield replace(device, users=device.users or ()) if expand else device

    def devices_with_serials(
        self, serials: t.Sequence[str], expand: str | None = None
    ) -> t.Iterator[OktaDevice]:
        """Yield the device records with one of these serials, which Okta compares in any case.

        listDevices. Raises Unreadable for a record that does not show a serial: whose it is, is
        unknown.
        """
        for device in self._devices_with("profile.serialNumber", serials, expand):
            if not device.serial_number:
                raise Unreadable(
                    f"Okta: the device record {device.id} was found by its serial and shows none."
                    " Run again. If the error stays, check the record in the Admin Console.",
                    vendor="okta",
                )
            yield device

    def devices_with_ids(
        self, ids: t.Sequence[str], expand: str | None = None
    ) -> t.Iterator[OktaDevice]:
        """Yield the device records with these ids. listDevices."""
        return self._devices_with("id", ids, expand)

    def _devices_with(
        self, attribute: str, values: t.Sequence[str], expand: str | None = None
    ) -> t.Iterator[OktaDevice]:
        """Yield the records in which an attribute has one of these values, in any case.

        The values are split into as few searches as fit their URLs.
        """
        for batch in batches(list(dict.fromkeys(values))):
            search = any_equals(attribute, batch)
            yield from self.devices(search, expand)

    def device(self, device_id: str) -> OktaDevice | None:
        """Return one record, fresh, or None if there is none. getDevice."""
        try:
            answer = self.transport.call(GET_DEVICE, {"deviceId": device_id})
        except NotFound:
            return None
        return _device(_row(answer.json))

    def device_users(self, device_id: str) -> list[DeviceUser]:
        """Return the users of a record, fresh. listDeviceUsers."""
        rows = self._pages(LIST_DEVICE_USERS, {}, path={"deviceId": device_id})
        return list(dict.fromkeys(map(_device_user, rows)))  # rows without ids of their own

    def user(self, id_or_login: str) -> OktaUser | None:
        """Return one user by id or login, or None if there is none. getUser.

        Okta takes ``me`` for the user of the credentials; nobody has that login. It also takes the
        part of a login before the @ if that is unambiguous, and answers with a user who was not
        named: that one is none. Raises Unreadable for an answer that does not show who it is of,
        and BadOption for a login with a slash: by its description, Okta finds those by id alone.
        """
        if id_or_login.casefold() == "me":
            return None
        if "/" in id_or_login:
            raise BadOption(
                f"{id_or_login!r}: Okta finds no user by a login with a slash. Name the user by id."
            )
        try:
            answer = self.transport.call(GET_USER, {"id": id_or_login})
        except NotFound:
            return None
        user = OktaUser.from_row(_row(answer.json))
        if id_or_login == user.id or id_or_login.casefold() == (user.login or "").casefold():
            return user
        if user.login is None:
            raise Unreadable(
                f"Okta answered {GET_USER.name} for {id_or_login!r} without a login, so whether it"
                " is of that user is unknown. Name the user by id.",
                vendor="okta",
            )
        return None

    def users_with_email(self, address: str) -> list[OktaUser]:
        """Return the users with an e-mail address in their profile, in any case. listUsers.

        Okta's search may lag behind by seconds. It finds users of every status. Raises Unreadable
        for a user without an id or an address: whether that one is meant is unknown.
        """
        query: dict[str, str | int] = {"search": f"profile.email eq {quote_filter(address)}"}
        rows = self._pages(LIST_USERS, query)
        users = [OktaUser.from_row(_row(row)) for row in rows]
        if not all(user.id and user.email for user in users):
            raise Unreadable(
                f"Okta: a user whom it finds by the address {address} has no id or no address. Run"
                " again. If the error stays, check the user in the Admin Console.",
                vendor="okta",
            )
        return [user for user in users if (user.email or "").casefold() == address.casefold()]

    def users_with_ids(self, ids: t.Sequence[str]) -> t.Iterator[OktaUser]:
        """Yield the users with these ids, 40 to a search, which may lag by seconds. listUsers."""
        for batch in batches(list(dict.fromkeys(ids))):
            rows = self._pages(LIST_USERS, {"search": any_equals("id", batch), "limit": 200})
            yield from (OktaUser.from_row(_row(row)) for row in rows)

    def user_devices(self, user_id: str) -> list[OktaDevice]:
        """Return the device records that a user is linked to. listUserDevices."""
        rows = self._pages(LIST_USER_DEVICES, {}, path={"userId": user_id})
        return [_device(_row(row.get("device") or {})) for row in rows]

    def user_groups(self, user_id: str) -> list[Group]:
        """Return the groups that a user is a member of. listUserGroups. Raises NotFound."""
        return list(map(Group.from_row, self._pages(LIST_USER_GROUPS, {}, path={"id": user_id})))

    def enrollments(self, user_id: str) -> list[Enrollment]:
        """Return the authenticators that a user has enrolled; none for an unknown user.

        listAuthenticatorEnrollments.
        """
        try:
            rows = self._pages(LIST_ENROLLMENTS, {}, path={"userId": user_id})
            return list(map(Enrollment.from_row, rows))
        except NotFound:
            return []

    def revoke_sessions(self, user_id: str) -> None:
        """End all sessions of a user, and revoke the user's tokens of OpenID Connect and OAuth.

        revokeUserSessions. Nothing for an unknown user.
        """
        with contextlib.suppress(NotFound):
            answer = self.transport.call(
                REVOKE_SESSIONS, {"userId": user_id}, query={"oauthTokens": "true"}
            )
            self.last_request_id = answer.headers.get("X-Okta-Request-Id", "")

    def create_temporary_code(
        self, user_id: str, authenticator_id: str, profile: Row
    ) -> TemporaryCode:
        """Create a temporary access code for a user. createTacAuthenticatorEnrollment.

        Only this answer has the code. An earlier code of the user is void.

        :arg profile: ``ttl`` in minutes as a text, and ``multiUse``.
        """
        body = {"authenticatorId": authenticator_id, "profile": profile}
        answer = self.transport.call(CREATE_TEMPORARY_CODE, {"userId": user_id}, json=body)
        return TemporaryCode.from_row(_row(answer.json))

    # Groups and apps

    def groups(self, search: str) -> list[Group]:
        """Return the groups that match a search. listGroups.

        The search may not know a group of the last seconds yet.
        """
        return list(map(Group.from_row, self._pages(LIST_GROUPS, {"search": search, "limit": 200})))

    def group_users(self, group_id: str) -> t.Iterator[OktaUser]:
        """Yield the members of a group. listGroupUsers. Raises NotFound."""
        rows = self._pages(
            LIST_GROUP_USERS,
            {"limit": MEMBER_PAGE_SIZES[0]},
            sizes=MEMBER_PAGE_SIZES[1:],
            path={"groupId": group_id},
        )
        yield from map(OktaUser.from_row, rows)

    def apps(self) -> list[App]:
        """Return all apps of the org. listApplications."""
        return list(map(App.from_row, self._pages(LIST_APPS, {"limit": 200})))

    def assign_app_policy(self, app_id: str, policy_id: str) -> None:
        """Replace the sign-in policy of an app. assignApplicationPolicy."""
        self.transport.call(ASSIGN_APP_POLICY, {"appId": app_id, "policyId": policy_id})

    # Methods of authenticators

    def replace_method(self, authenticator_id: str, method: str, body: Row) -> AuthenticatorMethod:
        """Replace a method in full: start from its row. replaceAuthenticatorMethod."""
        path = {"authenticatorId": authenticator_id, "methodType": method}
        answer = self.transport.call(REPLACE_METHOD, path, json=body)
        return AuthenticatorMethod.from_row(_row(answer.json))

    def set_method_status(self, authenticator_id: str, method: str, active: bool) -> None:
        """Switch a method on or off. activateAuthenticatorMethod, deactivateAuthenticatorMethod."""
        self.transport.call(
            ACTIVATE_METHOD if active else DEACTIVATE_METHOD,
            {"authenticatorId": authenticator_id, "methodType": method},
        )

    # App sign-in policies

    def access_policies(self) -> list[Policy]:
        """Return the app sign-in policies. listPolicies of type ACCESS_POLICY."""
        rows = self._pages(LIST_POLICIES, {"type": "ACCESS_POLICY", "limit": 200})
        return list(map(Policy.from_row, rows))

    def enrollment_policies(self) -> list[EnrollmentPolicy]:
        """Return the authenticator enrollment policies. listPolicies of type MFA_ENROLL."""
        rows = self._pages(LIST_POLICIES, {"type": "MFA_ENROLL", "limit": 200})
        return list(map(EnrollmentPolicy.from_row, rows))

    def session_policies(self) -> list[RankedPolicy]:
        """Return the global session policies. listPolicies of type OKTA_SIGN_ON."""
        return self._ranked_policies("OKTA_SIGN_ON")

    def signal_policies(self) -> list[RankedPolicy]:
        """Return the device signal collection policies (Early Access).

        listPolicies of type DEVICE_SIGNAL_COLLECTION.
        """
        return self._ranked_policies("DEVICE_SIGNAL_COLLECTION")

    def _ranked_policies(self, kind: str) -> list[RankedPolicy]:
        rows = self._pages(LIST_POLICIES, {"type": kind, "limit": 200})
        return list(map(RankedPolicy.from_row, rows))

    def session_rules(self, policy_id: str) -> list[SessionRule]:
        """Return the rules of a global session policy. listPolicyRules."""
        return list(map(SessionRule.from_row, self._of_policy(LIST_RULES, policy_id)))

    def signal_rules(self, policy_id: str) -> list[SignalRule]:
        """Return the rules of a device signal collection policy. listPolicyRules."""
        return list(map(SignalRule.from_row, self._of_policy(LIST_RULES, policy_id)))

    def enrollment_rules(self, policy_id: str) -> list[ConditionalRule]:
        """Return the rules of an authenticator enrollment policy. listPolicyRules."""
        return list(map(ConditionalRule.from_row, self._of_policy(LIST_RULES, policy_id)))

    def _of_policy(self, operation: Operation, policy_id: str) -> t.Iterator[Row]:
        """Yield the rules or the mappings of a policy.

        Raises NotFound that says what happened: runs have the ids of policies from Okta's lists.
        """
        try:
            yield from self._pages(operation, {}, path={"policyId": policy_id})
        except NotFound as error:
            raise NotFound(
                f"Okta has no policy {policy_id}: it was deleted during this run. Run again.",
                **error.details,
            ) from None

    def mapped_resources(self, policy_id: str) -> list[str]:
        """Return the ids of what is mapped to a policy, "" for what is not shown.

        listPolicyMappings. To a device signal collection policy, app sign-in policies are mapped.
        Which link names them is not described: each but the mapping's own and its policy's counts.
        """
        rows = self._of_policy(LIST_MAPPINGS, policy_id)
        return list(dict.fromkeys(each for row in rows for each in mapped_ids(row, policy_id)))

    def create_policy(self, body: Row) -> Policy:
        """Create a policy, to which Okta adds a catch-all rule. createPolicy."""
        request = Request(
            json=body,
            is_undone=lambda: all(each.name != body["name"] for each in self.access_policies()),
        )
        return Policy.from_row(_row(self.transport.send(CREATE_POLICY, request).json))

    def clone_policy(self, policy_id: str, known: t.Collection[str]) -> Policy:
        """Copy a policy with its rules, without its apps; Okta names the copy. clonePolicy.

        Raises Unreadable for an answer that does not show the copy's id and name.

        :arg known: the ids of the policies before: another one may be the copy.
        """
        request = Request(
            {"policyId": policy_id},
            is_undone=lambda: all(each.id in known for each in self.access_policies()),
        )
        row = _row(self.transport.send(CLONE_POLICY, request).json)
        require_keys("okta", "clonePolicy", [row], ("id", "name"))
        return Policy.from_row(row)

    def replace_policy(self, policy_id: str, body: Row) -> Policy:
        """Replace a policy in full: start from its row. replacePolicy."""
        answer = self.transport.call(REPLACE_POLICY, {"policyId": policy_id}, json=body)
        return Policy.from_row(_row(answer.json))

    def delete_policy(self, policy_id: str) -> None:
        """Delete an app sign-in policy, or find that there is none. deletePolicy.

        Raises NotAsWritten if Okta does not find it, and lists it all the same.
        """
        if self._is_there(DELETE_POLICY, {"policyId": policy_id}):
            return
        for policy in self.access_policies():
            if policy.id == policy_id:
                raise still_listed(
                    "okta", DELETE_POLICY.name, f"Policy {policy.name!r} ({policy_id})"
                )

    def policy_apps(self, policy_id: str) -> list[str]:
        """Return the ids of the apps that are mapped to a policy. listPolicyMappings.

        Raises Unreadable for a mapping that names no app: whom the policy affects is then unknown.
        """
        rows = self._of_policy(LIST_MAPPINGS, policy_id)
        ids = [linked_id(row, "application") for row in rows]
        if "" in ids:
            raise Unreadable(
                "Okta: a mapping of a policy names no app, so the effect of its rules is unknown."
                f" {TRY_AGAIN}",
                vendor="okta",
            )
        return list(dict.fromkeys(ids))

    def policy_rules(self, policy_id: str) -> list[PolicyRule]:
        """Return the rules of a policy, at most 100, with the catch-all rule. listPolicyRules.

        Raises Unreadable for a rule that does not show whether it is the catch-all rule, which each
        recorded rule does: other rules would be ordered around it.
        """
        rules = list(map(PolicyRule.from_row, self._of_policy(LIST_RULES, policy_id)))
        for rule in rules:
            if as_flag(rule.row.get("system")) is None:
                raise Unreadable(
                    f"Okta: the rule {rule.name!r} of {LIST_RULES.name} does not show whether it is"
                    f" the catch-all rule (system). {TRY_AGAIN}",
                    vendor="okta",
                )
        return rules

    def policy_rule(self, policy_id: str, rule_id: str) -> PolicyRule | None:
        """Return one rule, or None if there is none. getPolicyRule."""
        try:
            answer = self.transport.call(GET_RULE, {"policyId": policy_id, "ruleId": rule_id})
        except NotFound:
            return None
        return PolicyRule.from_row(_row(answer.json))

    def create_rule(self, policy_id: str, body: Row, active: bool = True) -> PolicyRule:
        """Create a rule. createPolicyRule."""
        query = None if active else {"activate": "false"}
        request = Request(
            {"policyId": policy_id},
            query,
            body,
            is_undone=lambda: all(
                each.name != body["name"] for each in self.policy_rules(policy_id)
            ),
        )
        return PolicyRule.from_row(_row(self.transport.send(CREATE_RULE, request).json))

    def replace_rule(self, policy_id: str, rule_id: str, body: Row) -> PolicyRule:
        """Replace a rule in full: start from its row. replacePolicyRule."""
        path = {"policyId": policy_id, "ruleId": rule_id}
        return PolicyRule.from_row(_row(self.transport.call(REPLACE_RULE, path, json=body).json))

    def delete_rule(self, policy_id: str, rule_id: str) -> None:
        """Delete a rule, if there is one. deletePolicyRule.

        Read the rules after it: a 404 need not be true.
        """
        self._is_there(DELETE_RULE, {"policyId": policy_id, "ruleId": rule_id})

    def set_rule_status(self, policy_id: str, rule_id: str, active: bool) -> None:
        """Activate or deactivate a rule. activatePolicyRule, deactivatePolicyRule."""
        self.transport.call(
            ACTIVATE_RULE if active else DEACTIVATE_RULE, {"policyId": policy_id, "ruleId": rule_id}
        )

    def simulate(self, body: Row, *, as_list: bool = False) -> list[PolicySimulation]:
        """Return what the policies in force say of a simulated sign-in, an item per evaluation.

        createPolicySimulation; it writes nothing.

        :arg as_list: send a list of the one body, as the OpenAPI description has it. Okta's guide
            sends the body itself, and a recorded org answered 400 E0000003 to a list.
        """
        answer = self.transport.call(SIMULATE, json=[body] if as_list else body).json
        rows = answer if isinstance(answer, list) else [answer]
        return [PolicySimulation.from_row(_row(row)) for row in rows]

    def _is_there(self, operation: Operation, path: t.Mapping[str, str]) -> bool:
        """Send a request and return whether its object was there."""
        try:
            self.transport.call(operation, path)
        except NotFound:
            return False
        return True

    # Device records

    def take_step(self, step: str, device_id: str, comment: str = "") -> str:
        """Take a step of STEPS on a record. Return done, may_be_done, already_done or absent.

        A deactivated record loses its users for good, and only such a record can be deleted.
        activateDevice, suspendDevice, unsuspendDevice, deactivateDevice, deleteDevice.

        A step may not show yet (recorded: one second later getDevice still had the old status), so
        a refusal that the record does not explain is tried again. An attempt whose answer did not
        come may have taken the step: may_be_done if the record has the status, done if it is
        absent after its deletion.

        :arg comment: ends the user agent, which the event of the step names.
        """
        operation, statuses = STEPS[step]
        outcome: str | ApiError = ""
        may_be_done = False
        for pause in (0.0, *STALE_PAUSES):
            if pause:
                self.transport.settings.wait(pause, "Okta: waiting until the last step shows")
            outcome = self._try_step(operation, device_id, statuses, comment, may_be_done)
            if isinstance(outcome, str):
                return outcome
            may_be_done = outcome.may_be_done
        raise t.cast(ApiError, outcome)

    def _try_step(
        self,
        operation: Operation,
        device_id: str,
        statuses: t.Collection[str],
        comment: str,
        may_be_done: bool,
    ) -> str | ApiError:
        """Return how a lifecycle step ended, or the refusal that the record does not explain.

        :arg may_be_done: whether an earlier attempt may have taken it.
        """
        headers = {"User-Agent": f"{USER_AGENT} {comment}"} if comment else None
        request = Request(
            {"deviceId": device_id},
            headers=headers,
            # The other steps may be taken again.
            is_undone=partial(self._has_device, device_id) if operation.verb == "DELETE" else None,
        )
        try:
            answer = self.transport.send(operation, request)
            self.last_request_id = answer.headers.get("X-Okta-Request-Id", "")
            return "done"
        except ApiError as error:
            self.last_request_id = str(error.details.get("request_id", ""))
            if not isinstance(error, NotFound) and error.error_code not in STEP_REFUSED:
                raise
            refusal = error
        refusal.may_be_done = refusal.may_be_done or may_be_done
        record = self.device(device_id)
        if record is None:
            return "done" if refusal.may_be_done and operation.verb == "DELETE" else "absent"
        if record.status not in statuses:
            return refusal
        return "may_be_done" if refusal.may_be_done else "already_done"

    def _has_device(self, device_id: str) -> bool:
        return self.device(device_id) is not None

    # System Log

    def log_events(
        self,
        log_filter: str,
        since: str | None = None,
        until: str | None = None,
        newest_first: bool = False,
        at_most: int | None = None,
        word: str | None = None,
    ) -> t.Iterator[LogEvent]:
        """Yield events of the System Log between two times (ISO 8601), a bounded read.

        listLogEvents. Without ``until``, oldest first, Okta offers a next page for ever; the read
        ends at the first empty page. ``at_most`` ends the read after so many events. ``word`` (at
        most 40 characters) occurs somewhere in each event.
        """
        query: dict[str, str | int] = {
            "filter": log_filter,
            "limit": LOG_PAGE_SIZE if at_most is None else min(LOG_PAGE_SIZE, at_most),
            "sortOrder": "DESCENDING" if newest_first else "ASCENDING",
        }
        query.update(
            {
                name: value
                for name, value in (("q", word), ("since", since), ("until", until))
                if value
            }
        )
        endless = until is None and not newest_first
        for number, row in enumerate(
            self._pages(LIST_LOG_EVENTS, query, until_empty=endless), start=1
        ):
            yield _event(row)
            if number == at_most:
                return

    def log_page(self, query: Query) -> tuple[list[LogEvent], dict[str, str]]:
        """Return one page of the System Log, and the query that Okta's link continues with.

        listLogEvents. A query without ``until``, oldest first, polls: Okta continues it for ever,
        also after an empty page. What is nested too deeply in an event is null: a reading of the
        log would otherwise never get beyond it. For the same reason, a single row that has nothing
        of an event is returned as it is. Unreadable is raised if no row of a page has anything.
        """
        answer = self.transport.send(LIST_LOG_EVENTS, Request({}, query, raw=True))
        try:
            body = parse_shallow(answer.content)
        except ValueError:
            body = None
        rows = rows_of("okta", body)
        events = list(map(LogEvent.from_row, rows))
        if events and not any(map(_is_event, events)):
            _event(rows[0])
        following = follow_link("okta", LIST_LOG_EVENTS.path, query, _next_link(answer.headers))
        return events, {name: str(value) for name, value in (following or {}).items()}

    def _pages(
        self,
        operation: Operation,
        query: Query,
        until_empty: bool = False,
        sizes: t.Sequence[int] = (),
        path: t.Mapping[str, str] | None = None,
    ) -> t.Iterator[Row]:
        """Okta's one paging style. A list that Okta does not describe as paged is read so too.

        Raises Unreadable for a row without the keys that IDENTIFYING names.

        A Link header whose query leads to the next page. ``until_empty`` is for a list that always
        has one.

        ``sizes`` are smaller pages to fall back to, one after the other, where a page is too much
        for Okta; the smaller size stays.
        """
        smaller = list(sizes)

        def fetch(query: Query) -> Page:
            while True:
                request = Request(path or {}, query, max_transport_retries=1 if smaller else None)
                try:
                    answer = self.transport.send(operation, request)
                    break
                except (Unreachable, ApiError) as error:
                    too_much = isinstance(error, Unreachable) or error.status in GATEWAY_STATUSES
                    if not (smaller and too_much):
                        raise
                    query = {**query, "limit": smaller.pop(0)}
            rows = rows_of("okta", answer.json)
            require_keys("okta", operation.name, rows, IDENTIFYING.get(operation.name, ()))
            link = _next_link(answer.headers)
            following = follow_link("okta", operation.expand_path(path or {}), query, link)
            return Page(rows, None if until_empty and not rows else following)

        return read_pages("okta", query, fetch, _identity)


def _next_link(headers: t.Mapping[str, str]) -> str:
    # requests joins repeated Link headers by commas, as HTTP allows; addresses may hold commas too.
    match = re.search(r'<([^>]*)>\s*;[^,<]*rel\s*=\s*"?next"?', headers.get("Link", ""))
    return match.group(1) if match else ""


def _identity(row: Row) -> object:
    return as_id(row.get("uuid") or row.get("id"))


def _row(body: t.Any) -> Row:
    if not isinstance(body, dict):
        raise Unreadable(
            f"Okta answered with something else than the object that was asked for. {TRY_AGAIN}",
            vendor="okta",
        )
    return body


def _device(row: Row) -> OktaDevice:
    """Return the device record of a row. Raises Unreadable for one without id, status or profile.

    Recorded rows have all of them. Such a row would pass for a record out of use, or for none of
    its Mac. The same holds for a user in it whom nothing identifies.
    """
    users = as_object(row.get("_embedded")).get("users")
    for user in users if isinstance(users, list) else ():
        _device_user(as_object(user))
    device = OktaDevice.from_row(row)
    parts = {"id": device.id, "status": device.status, "profile": as_object(row.get("profile"))}
    missing = [name for name, part in parts.items() if not part]
    if missing:
        raise Unreadable(
            f"Okta: a device record has no {' and no '.join(missing)}. {TRY_AGAIN}",
            vendor="okta",
        )
    return device


def _shows_users(row: Row) -> bool:
    embedded = as_object(row.get("_embedded"))
    return "users" in embedded and isinstance(embedded["users"], (list, type(None)))


def _device_user(row: Row) -> DeviceUser:
    """Return the user of a device record. Raises Unreadable for a row without the user's id.

    Without it the record would pass for one that is nobody's, or another one's.
    """
    user = DeviceUser.from_row(row)
    if not user.user.id:
        raise Unreadable(
            f"Okta: a user of a device record has no id. {TRY_AGAIN}",
            vendor="okta",
        )
    return user


def _is_event(event: LogEvent) -> bool:
    return bool(event.uuid or event.event_type or event.published)


def _event(row: Row) -> LogEvent:
    """Return the event of a row. Raises Unreadable for a row without eventType.

    Recorded events have one. Without it, a sign-in would pass for something else, and rows that
    are no events for a log without sign-ins.
    """
    event = LogEvent.from_row(row)
    if not event.event_type:
        raise Unreadable(
            f"Okta: a row of the System Log has no eventType. {TRY_AGAIN}",
            vendor="okta",
        )
    return event


def _each_once(records: t.Iterable[Record]) -> list[Record]:
    """Return the records without those that were listed before."""
    return list(dict.fromkeys(records))


def _data(body: t.Any) -> list[Row]:
    return rows_of("okta", body.get("data") if isinstance(body, dict) else None)
