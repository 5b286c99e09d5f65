# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, apps and the assignment of apps to sign-in policies in Okta's management API."""

from __future__ import annotations

import typing as t

from lab.clock import whole_seconds
from lab.http import Answer, Call, Operation
from lab.okta import paging
from lab.okta.directory.groups_and_apps import ADMIN_CONSOLE, App, Group
from lab.okta.errors import refuse
from lab.okta.filters import (
    BadFilter,
    Field,
    Predicate,
    Unsupported,
    compile_filter,
    timestamp_literal,
)
from lab.okta.operation_base import read_operation, write_operation
from lab.okta.org import Org
from lab.okta.serializers import user_shape

APPS, GROUPS = "/api/v1/apps", "/api/v1/groups"
Json = dict[str, t.Any]

_TEXT = frozenset({"eq", "sw"})
_TIME_OPERATORS = frozenset({"eq", "gt", "ge", "lt", "le"})


class DirectoryOperations:
    """The operations on groups and apps of an org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def operations(self) -> list[Operation]:
        """Return the operations."""
        return [
            read_operation("listGroups", GROUPS, self._list_groups),
            read_operation(
                "getGroup",
                GROUPS + "/{groupId}",
                lambda call: Answer(group_shape(self._group(call), call.base_url)),
            ),
            read_operation("listGroupUsers", GROUPS + "/{groupId}/users", self._list_members),
            read_operation(
                "listUserGroups", "/api/v1/users/{id}/groups", self._list_groups_of_user
            ),
            read_operation("listApplications", APPS, self._list_apps),
            read_operation(
                "getApplication",
                APPS + "/{appId}",
                lambda call: Answer(app_shape(self._app(call), call.base_url)),
            ),
            write_operation(
                "assignApplicationPolicy",
                "PUT",
                APPS + "/{appId}/policies/{policyId}",
                self._assign,
            ),
        ]

    # Groups

    def _group(self, call: Call) -> Group:
        wanted = call.path["groupId"]
        return self.org.directory.groups.get(wanted) or refuse("E0000007", f"{wanted} (UserGroup)")

    def _list_groups(self, call: Call) -> Answer:
        limit = paging.read_number(call, "limit", 300 if call.query.get("q") else 10000, 1, 10000)
        matches = _compile_query(call, _group_search, _group_filter) or _match_names(
            call, lambda group: (group.name,)
        )
        groups = [group for group in self.org.directory.groups.values() if matches(group)]
        if call.query.get("q"):  # it does not page
            groups = groups[:limit]
        if call.query.get("sortBy") == "profile.name":
            groups.sort(key=lambda group: group.name, reverse=call.query.get("sortOrder") == "desc")
        return paging.cut_page(call, groups, limit, lambda group: self._shape(group, call))

    def _shape(self, group: Group, call: Call) -> Json:
        shape = group_shape(group, call.base_url)
        if call.query.get("expand") == "stats":
            assigned = sum(group.id in app.groups for app in self.org.directory.apps.values())
            shape["_embedded"] = {
                "stats": {
                    "usersCount": len(self.org.members(group)),
                    "appsCount": assigned,
                    "groupPushMappingsCount": 0,
                }
            }
        return shape

    def _list_members(self, call: Call) -> Answer:
        members = self.org.members(self._group(call))
        limit = paging.read_number(call, "limit", 1000, 1, 1000)
        return paging.cut_page(
            call, members, limit, lambda user: user_shape(user, call.base_url, self.org.realm_id)
        )

    def _list_groups_of_user(self, call: Call) -> Answer:
        wanted = call.path["id"]
        user = self.org.users.get(wanted) or refuse("E0000007", f"{wanted} (User)")
        groups = [group for group in self.org.directory.groups.values() if group.has(user.id)]
        limit = paging.read_number(call, "limit", 200, 1, 200)
        return paging.cut_page(call, groups, limit, lambda group: group_shape(group, call.base_url))

    # Apps

    def _app(self, call: Call) -> App:
        wanted = call.path["appId"]
        return self.org.directory.apps.get(wanted) or refuse("E0000007", f"{wanted} (AppInstance)")

    def _list_apps(self, call: Call) -> Answer:
        limit = paging.read_number(call, "limit", 20, 1, 200)
        matches = _compile_query(call, None, _app_filter) or _match_names(
            call, lambda app: (app.name, app.label)
        )
        return paging.cut_page(
            call,
            [app for app in self.org.directory.apps.values() if matches(app)],
            limit,
            lambda app: app_shape(app, call.base_url),
        )

    def _assign(self, call: Call) -> Answer:
        app, wanted = self._app(call), call.path["policyId"]
        policy = self.org.policies.by_id.get(wanted)
        if policy is None or policy.resource != "APP":
            refuse("E0000007", f"{wanted} (Policy)")
        for owner in self.org.directory.apps_of(policy.id):
            if owner.name == ADMIN_CONSOLE and app is not owner:  # recorded
                refuse(
                    "E0000001",
                    "Policy",
                    [
                        f'This policy belongs to "{owner.label}", and re-assignment of this policy'
                        " is not allowed"
                    ],
                )
        self.org.assign(app, policy)
        return Answer(status=204)


def _compile_query(
    call: Call, search: t.Callable[[str], Field] | None, filters: t.Callable[[str], Field]
) -> Predicate | None:
    """Return ``search`` or ``filter`` as a function; None if the query has neither."""
    for name, fields in (("search", search), ("filter", filters)):
        if call.query.get(name) and fields is not None:
            try:
                return compile_filter(call.query[name], fields)
            except (BadFilter, Unsupported) as problem:
                refuse("E0000031", causes=[str(problem)])
    return None


def _match_names(call: Call, names: t.Callable[[t.Any], tuple[str, ...]]) -> Predicate:
    start = call.query.get("q", "").casefold()
    return lambda item: any(name.casefold().startswith(start) for name in names(item))


def _fold(value: t.Any) -> str:
    return str(value).casefold()


_GROUP_TIMES: dict[str, t.Callable[[Group], t.Any]] = {
    "created": lambda group: group.created,
    "lastUpdated": lambda group: group.last_updated,
    "lastMembershipUpdated": lambda group: group.last_membership_updated,
}


def _group_filter(attribute: str) -> Field:
    """Return an attribute of a group that ``filter`` can compare."""
    if attribute in ("lastUpdated", "lastMembershipUpdated"):
        return Field(_GROUP_TIMES[attribute], timestamp_literal, _TIME_OPERATORS)
    if attribute in ("id", "type"):
        return Field(lambda group: getattr(group, attribute), str, frozenset({"eq"}))
    raise Unsupported(f"unrecognized attribute {attribute!r}")


def _group_search(attribute: str) -> Field:
    """Return an attribute of a group that ``search`` can compare, in any case."""
    if attribute in _GROUP_TIMES:
        return Field(_GROUP_TIMES[attribute], timestamp_literal, _TIME_OPERATORS)
    if attribute in ("profile.name", "profile.description"):
        name = attribute.partition(".")[2]
        return Field(lambda group: _fold(getattr(group, name) or ""), _fold, _TEXT | {"co"})
    if attribute in ("id", "type"):
        return Field(lambda group: _fold(getattr(group, attribute)), _fold, _TEXT)
    raise Unsupported(f"unrecognized attribute {attribute!r}")


def _app_filter(attribute: str) -> Field:
    if attribute in ("id", "status", "name"):
        return Field(lambda app: getattr(app, attribute), str, frozenset({"eq"}))
    raise Unsupported(f"unrecognized attribute {attribute!r}")


# Shapes


def group_shape(group: Group, base_url: str) -> Json:
    """Return a group as Okta's answers print it."""
    url, logo = f"{base_url}{GROUPS}/{group.id}", f"{base_url}/img/logos/groups/okta"
    return {
        "id": group.id,
        "created": whole_seconds(group.created),
        "lastUpdated": whole_seconds(group.last_updated or group.created),
        "lastMembershipUpdated": whole_seconds(group.last_membership_updated or group.created),
        "objectClass": ["okta:user_group"],
        "type": group.type,
        "profile": {"name": group.name, "description": group.description},
        "_links": {
            "logo": [
                {"name": size, "href": f"{logo}-{size}.png", "type": "image/png"}
                for size in ("medium", "large")
            ],
            "users": {"href": f"{url}/users"},
            "apps": {"href": f"{url}/apps"},
        },
    }


def app_shape(app: App, base_url: str) -> Json:
    """Return an app as Okta's answers print it."""
    url = f"{base_url}{APPS}/{app.id}"
    return {
        "id": app.id,
        "name": app.name,
        "label": app.label,
        "status": app.status,
        "created": whole_seconds(app.created),
        "lastUpdated": whole_seconds(app.last_updated or app.created),
        "signOnMode": app.sign_on_mode,
        "accessibility": {
            "selfService": False,
            "errorRedirectUrl": None,
            "loginRedirectUrl": None,
        },
        "visibility": {
            "autoLaunch": False,
            "autoSubmitToolbar": False,
            "hide": {"iOS": False, "web": False},
            "appLinks": {"login": True},
        },
        "features": [],
        "settings": _settings(app),
        "credentials": _credentials(app),
        "_links": {
            "appLinks": [],
            "logo": [
                {
                    "name": "medium",
                    "href": f"{base_url}/assets/img/logos/{app.name}.png",
                    "type": "image/png",
                }
            ],
            "accessPolicy": {"href": f"{base_url}/api/v1/policies/{app.policy_id}"},
            "users": {"href": f"{url}/users"},
            "groups": {"href": f"{url}/groups"},
            "deactivate": {"href": f"{url}/lifecycle/deactivate"},
        },
    }


def _credentials(app: App) -> Json:
    template: Json = {
        "userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"},
        "signing": {},
    }
    if app.sign_on_mode != "OPENID_CONNECT":
        return template
    return {
        **template,
        "oauthClient": {"client_id": app.id, "token_endpoint_auth_method": "client_secret_basic"},
    }


def _settings(app: App) -> Json:
    bookmark = {"url": "https://check.example.com", "requestIntegration": False}
    vpn = {"network": {"connection": "DISABLED"}, "message": None, "helpUrl": None}
    return {
        "app": bookmark if app.sign_on_mode == "BOOKMARK" else {},
        "notifications": {"vpn": vpn},
    }
