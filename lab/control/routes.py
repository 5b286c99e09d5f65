# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own surface.

What a test, or a person at a rehearsal, does to the world and asks about it. No vendor has any of
it.
"""

from __future__ import annotations

import asyncio
import json
import threading
import typing as t
from collections import Counter
from dataclasses import asdict, fields, replace
from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab import page
from lab.actors import mac as macs
from lab.actors import person as people
from lab.clock import iso
from lab.control import kandji as surface
from lab.http import VendorApp
from lab.kandji.admin_console import Mistake
from lab.kandji.events import API_TOKEN
from lab.okta.authenticators import STATUSES
from lab.okta.descriptions import describe_certificates, describe_org
from lab.okta.device_registry import RegistrationRefused
from lab.okta.devices import DeviceFacts
from lab.okta.errors import ERRORS
from lab.okta.hooks import HookSettings, NotAHook
from lab.okta.oauth import ALGORITHMS, EVERYTHING
from lab.okta.sign_in_simulator import PLATFORMS, RISKS, Surroundings
from lab.seeds import random_org as chance
from lab.state import Fault, Options, World

# The switches that take one of a few values.
CHOICES: dict[str, tuple[t.Any, ...]] = {
    "profile_uuid_case": ("upper", "lower"),
    "profile_uuid_variable": ("payload_uuid", "item_id"),
    "unknown_tag": ("create", "error"),
    "certificate_rows": ("certificate", "common_name"),
    "native_scep_identifier": ("item_id", "opaque"),
    "too_many_body": ("detail", "empty", "html"),
    "repeated_lifecycle": (204, 400),
    "delete_active_error": tuple(ERRORS),
    "certificate_target_field": ("alternateId", "displayName", "detailEntry"),
    "ca_certificate_answer": ("der", "pkcs7"),
    "scep_capabilities": ("modern", "old", "none", "missing"),
    "scep_content_types": ("rfc", "generic", "html"),
    "scep_host": ("org", "alternate", "other"),
    "record_before_certificate": ("needs_reset", "heals"),
    "registered_false": ("matches", "refused"),
    "users_and_groups": ("both", "either"),
    "unknown_group": ("error", "accept"),
    "catch_all_changes": ("error", "ignore"),
    "rule_numbers": ("renumbered", "gaps"),
    "parallel_rule_writes": ("500", "taken"),
    "delete_mapped_policy": ("refuse", "reassign"),
    "simulation": ("ready", "missing"),
    "deny_access_events": ("all", "unsatisfied"),
}
USER_STATUSES = ("ACTIVE", "SUSPENDED", "DEPROVISIONED")
PIPELINES = ("idx", "v1")
FARTHEST = timedelta(days=3653)
MOST_DAYS = 90  # for which the log keeps events
UNITS = ("days", "hours", "minutes", "seconds")

Body = dict[str, t.Any]
Query = t.Mapping[str, str]


class BadRequest(Exception):
    """What was asked cannot be done; the text is one sentence."""


class Control:
    """Routes under a bearer token of their own."""

    def __init__(
        self,
        world: World,
        okta: t.Any,
        kandji: VendorApp,
        begin: t.Callable[[Options], Body] | None = None,
        token: str = "",
    ) -> None:
        self.world = world
        self.okta = okta
        self._begin = begin
        new_token = world.okta.new_id(
            "lab-"
        )  # drawn in any case, so that what is drawn after it is the same
        self.token = token or new_token
        self._okta_operations = {operation.name for operation in okta.operations()}
        self._kandji_operations = kandji.operations()
        self._operations = self._okta_operations | {
            operation.name for operation in self._kandji_operations
        }

    def application(self) -> Starlette:
        quick: list[tuple[str, str, t.Callable[[Body, Query], t.Any]]] = [
            ("POST", "/clock/advance", self.advance),
            ("GET", "/state", self.state),
            ("GET", "/size", self.size),
            ("GET", "/fleet", lambda _body, _query: page.fleet(self.world)),
            ("GET", "/news", self.news),
            ("GET", "/requests", self.requests),
            ("DELETE", "/requests", self.forget_requests),
            (
                "GET",
                "/faults",
                lambda _body, _query: [asdict(fault) for fault in self.world.faults],
            ),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.remove_faults),
            ("GET", "/switches", lambda _body, _query: self.world.switches.as_dict()),
            ("PATCH", "/switches", self.set_switches),
            ("PATCH", "/limits", self.set_limits),
            ("POST", "/limits/use", self.use_limit),
            (
                "POST",
                "/secret/reset",
                lambda _body, _query: {"scep_challenge": self.world.okta.platform.reset_secret()},
            ),
            ("PATCH", "/kandji/permissions", self.set_permissions),
            ("PATCH", "/okta/refuse", self.set_refused),
            ("PATCH", "/okta/org", self.set_org),
            ("PATCH", "/okta/users", self.set_user),
            ("POST", "/okta/records", self.add_record),
            ("POST", "/okta/apps", self.add_app),
            ("PATCH", "/okta/apps", self.change_app),
            ("POST", "/okta/platform", lambda _body, _query: self.add_platform()),
            (
                "POST",
                "/okta/tokens/expire",
                lambda _body, _query: {"expired": self.world.okta.oauth.expire()},
            ),
            ("PATCH", "/okta/authenticators", self.set_authenticators),
            ("POST", "/okta/groups", self.set_group),
            (
                "GET",
                "/okta/sign-ins",
                lambda _body, _query: self.world.okta.sign_ins.describe(people.seats(self.world)),
            ),
            ("PATCH", "/okta/sign-ins", self.set_surroundings),
            ("POST", "/okta/seats", self.add_seat),
            ("POST", "/okta/use", self.add_use),
            ("POST", "/okta/draw", self.draw),
            ("POST", "/okta/deny", self.deny),
            (
                "GET",
                "/okta/hooks",
                lambda _body, _query: [hook.describe() for hook in self.world.okta.hooks],
            ),
            (
                "POST",
                "/people/tell",
                lambda body, _query: {"told": people.tell(self.world, _serials(body))},
            ),
        ]
        routes = [
            Route(path, self._endpoint(handler), methods=[verb]) for verb, path, handler in quick
        ]
        routes.append(Route("/okta/hooks", self._hooking(), methods=["POST"]))
        routes += [
            Route("/act/macs", self._acting(macs.act), methods=["POST"]),
            Route("/act/people", self._acting(people.act), methods=["POST"]),
        ]
        routes.append(Route("/act/apps", self._opening, methods=["POST"]))
        routes += [Route("/begin", self._beginning, methods=["POST"])]
        routes += page.routes()
        routes += [
            Route(path, self._console(handler), methods=[verb])
            for verb, path, handler in surface.ROUTES
        ]
        return Starlette(routes=routes)

    # Around every request

    def _endpoint(
        self, handler: t.Callable[[Body, Query], t.Any]
    ) -> t.Callable[[Request], t.Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await self._answer(request, self._locked(handler))

        return endpoint

    def _console(self, handler: surface.Handler) -> t.Callable[[Request], t.Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            key = request.path_params.get("key", "")
            return await self._answer(
                request, self._locked(lambda body, _query: handler(self.world.kandji, body, key))
            )

        return endpoint

    def _locked(
        self, handler: t.Callable[[Body, Query], t.Any]
    ) -> t.Callable[[Body, Query], t.Awaitable[t.Any]]:
        async def run(body: Body, query: Query) -> t.Any:
            with self.world.lock:
                return handler(body, query)

        return run

    def _acting(
        self, act: t.Callable[..., list[t.Any]]
    ) -> t.Callable[[Request], t.Awaitable[Response]]:
        async def run(body: Body, _query: Query) -> t.Any:
            serials = _serials(body)
            return {
                "done": [
                    _plain(entry) for entry in await _in_thread(lambda: act(self.world, serials))
                ]
            }

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, run)

        return endpoint

    async def _opening(self, request: Request) -> Response:
        """People open apps: all of them, or only ``apps`` and ``logins``."""

        async def run(body: Body, _query: Query) -> t.Any:
            _only(body, ("apps", "logins"))
            with self.world.lock:
                logins = (
                    [self._user(login).login for login in _texts(body, "logins")]
                    if "logins" in body
                    else None
                )
                apps = (
                    [self._app(name) for name in _texts(body, "apps")] if "apps" in body else None
                )
            done = await _in_thread(
                lambda: [
                    outcome.as_dict() for outcome in people.open_apps(self.world, apps, logins)
                ]
            )
            return {"done": done, "refused": [row for row in done if not row["admitted"]]}

        return await self._answer(request, run)

    def _hooking(self) -> t.Callable[[Request], t.Awaitable[Response]]:
        async def run(body: Body, _query: Query) -> t.Any:
            """Make an event hook and have its address verified, which takes a request to it.

            Not under the lock.
            """
            names = ("url", "key", "value", "events", "ca_file")
            _only(body, names)
            if not all(isinstance(body.get(name), str) for name in names[:3]) or not isinstance(
                body.get("events"), list
            ):
                raise BadRequest(
                    "A hook needs url, key and value, which are texts, and events, which is a list"
                    " of event types."
                )
            try:
                with self.world.lock:
                    hook = self.world.okta.add_hook(HookSettings(**body))
            except NotAHook as problem:
                raise BadRequest(str(problem)) from None
            await _in_thread(lambda: hook.verify(self.world.switches.hook_verification_authorized))
            return hook.describe()

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, run)

        return endpoint

    async def _beginning(self, request: Request) -> Response:
        """Not under the lock.

        The world that it belongs to is about to be gone. The options are those of ``python -m
        lab``.
        """

        async def run(body: Body, _query: Query) -> t.Any:
            options = _options(self.world.options, body)
            return await _in_thread(lambda: self._begin(options))

        return await self._answer(request, run)

    async def _answer(
        self, request: Request, run: t.Callable[[Body, Query], t.Awaitable[t.Any]]
    ) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "The control token is missing or wrong."}, 401)
        try:
            return JSONResponse(await run(_parse(await request.body()), request.query_params))
        except (BadRequest, Mistake) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    # Time, state and the log of requests

    def advance(self, body: Body, _query: Query) -> t.Any:
        _only(body, UNITS)
        for unit, number in body.items():
            if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
                raise BadRequest(f"{unit} has to be a number that is not negative.")
        try:
            fits = timedelta(**body) <= FARTHEST
        except (OverflowError, ValueError):  # too far, or not a number
            fits = False
        if not fits:
            raise BadRequest("The clock moves by ten years at most.")
        now = self.world.clock.advance(**body)
        self.world.okta.housekeeping()
        return {"now": iso(now)}

    def state(self, _body: Body, _query: Query) -> t.Any:
        world = self.world
        return {
            "clock": iso(world.clock.now()),
            "okta": describe_org(world.okta),
            "certificates": describe_certificates(world.okta.platform.authority),
            "kandji": world.kandji.describe(),
            "macs": [mac.describe() for mac in world.macs],
            "people": [person.describe() for person in world.people],
        }

    def size(self, _body: Body, query: Query) -> t.Any:
        """How long the vendors' lists are, without telling what is in them.

        ``days`` is how far back events are counted.
        """
        _only(query, ("days",))
        if not query.get("days", "90").isdecimal():
            raise BadRequest("days has to be a number.")
        world = self.world
        since = world.clock.now() - timedelta(days=min(int(query.get("days", "90")), FARTHEST.days))
        events = Counter(
            event.event_type for event in world.okta.log.events if event.moment >= since
        )
        return {
            "devices": sum(device.platform == "Mac" for device in world.kandji.devices.values()),
            "certificates": sum(len(mac.certificates) for mac in world.macs),
            "records": sum(
                record.profile["platform"] == "MACOS" for record in world.okta.devices.values()
            ),
            "events": dict(sorted(events.items())),
        }

    def news(self, _body: Body, query: Query) -> t.Any:
        """``requests`` and ``events`` are how many of them are known already."""
        _only(query, ("requests", "events"))
        known = {name: query.get(name, "0") for name in ("requests", "events")}
        if not all(number.isdecimal() for number in known.values()):
            raise BadRequest("requests and events have to be numbers.")
        return page.news(self.world, int(known["requests"]), int(known["events"]))

    def requests(self, _body: Body, query: Query) -> t.Any:
        """``since`` is the number of the last request that is known already."""
        _only(query, ("vendor", "writes", "since"))
        if query.get("writes") not in (None, "true", "false"):
            raise BadRequest("writes is either true or false.")
        if not query.get("since", "0").isdecimal():
            raise BadRequest("since has to be the number of a request.")
        return [
            asdict(record)
            for record in self.world.requests[int(query.get("since", "0")) :]
            if query.get("vendor") in (None, record.vendor)
            and query.get("writes") in (None, str(record.writes).lower())
        ]

    def forget_requests(self, _body: Body, _query: Query) -> t.Any:
        """Numbers begin anew."""
        forgotten = len(self.world.requests)
        self.world.requests.clear()
        return {"forgotten": forgotten}

    # Faults and switches

    def add_fault(self, body: Body, _query: Query) -> t.Any:
        known = {
            "name": str,
            "operation": str,
            "times": (int, type(None)),
            "after": int,
            "status": int,
            "seconds": (int, float),
        }
        _only(body, known)
        for key, value in body.items():
            if isinstance(value, bool) or not isinstance(value, known[key]):
                raise BadRequest(f"{key} cannot be {json.dumps(value)}.")
        if body.get("operation", "*") not in self._operations | {"*"}:
            raise BadRequest(f"There is no operation {body['operation']!r} in the lab.")
        if "name" not in body:
            raise BadRequest("A fault needs a name.")
        try:
            fault = Fault(**body)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        self.world.faults.append(fault)
        return asdict(fault)

    def remove_faults(self, _body: Body, query: Query) -> t.Any:
        """All of them, or the one whose ``id`` is given."""
        _only(query, ("id",))
        if "id" in query and query["id"] not in [fault.id for fault in self.world.faults]:
            raise BadRequest(f"There is no fault {query['id']!r}.")
        kept = [fault for fault in self.world.faults if "id" in query and fault.id != query["id"]]
        removed = len(self.world.faults) - len(kept)
        self.world.faults[:] = kept
        return {"removed": removed}

    def set_switches(self, body: Body, _query: Query) -> t.Any:
        kinds = {
            field.name: type(getattr(self.world.switches, field.name))
            for field in fields(self.world.switches)
        }
        _only(body, kinds)
        for name, value in body.items():
            wanted = (int, float) if kinds[name] is float else kinds[name]
            # In Python a truth value is a number too.
            if not isinstance(value, wanted) or (
                isinstance(value, bool) and kinds[name] is not bool
            ):
                raise BadRequest(f"The switch {name} cannot be {json.dumps(value)}.")
            if name in CHOICES and value not in CHOICES[name]:
                raise BadRequest(f"The switch {name} is one of {_listed(CHOICES[name])}.")
        self.world.switches.set(**body)
        return self.world.switches.as_dict()

    def set_limits(self, body: Body, _query: Query) -> t.Any:
        try:
            self.okta.limits.set(body)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        return self.okta.limits.as_dict()

    def use_limit(self, body: Body, _query: Query) -> t.Any:
        """What somebody else in the org asks of Okta in this minute."""
        _only(body, ("bucket", "requests"))
        bucket, requests = body.get("bucket"), body.get("requests")
        if (
            not isinstance(bucket, str)
            or not isinstance(requests, int)
            or isinstance(requests, bool)
            or requests < 0
        ):
            raise BadRequest("bucket has to be a name, and requests a number that is not negative.")
        try:
            self.okta.limits.use(bucket, requests)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        return self.okta.limits.headers(bucket)

    # The two vendors' consoles

    def set_permissions(self, body: Body, _query: Query) -> t.Any:
        permissions: dict[str, bool] = self.world.kandji.permissions
        permissions.update(_flags(body, permissions))
        allowed = [
            {"path": one.path, "http_method": one.verb}
            for one in self._kandji_operations
            if permissions.get(one.permission)
        ]
        self.world.kandji.events.record(
            "update",
            "api_token",
            API_TOKEN,
            new_state={"description": None, "permissions": allowed, "label": "lab"},
        )
        return permissions

    def set_refused(self, body: Body, _query: Query) -> t.Any:
        flags = _flags(body, self._okta_operations)
        refused: set[str] = self.world.okta.refused
        refused |= {name for name, is_refused in flags.items() if is_refused}
        refused -= {name for name, is_refused in flags.items() if not is_refused}
        return {"refused": sorted(refused)}

    def set_org(self, body: Body, _query: Query) -> t.Any:
        _only(body, ("pipeline",))
        if body.get("pipeline") not in PIPELINES:
            raise BadRequest(f"pipeline is one of {_listed(PIPELINES)}.")
        self.world.okta.pipeline = body["pipeline"]
        return {"pipeline": self.world.okta.pipeline}

    def set_user(self, body: Body, _query: Query) -> t.Any:
        """The user ``login``.

        Their ``status``, and whether they have enrolled a phone (``has_phone``) beside Okta Verify.
        """
        _only(body, ("login", "status", "has_phone"))
        user = self._user(body.get("login"))
        if body.get("status", user.status) not in USER_STATUSES:
            raise BadRequest(f"status is one of {_listed(USER_STATUSES)}.")
        if not isinstance(body.get("has_phone", True), bool):
            raise BadRequest("has_phone is either true or false.")
        user.status, user.has_phone = (
            body.get("status", user.status),
            body.get("has_phone", user.has_phone),
        )
        return {"login": user.login, "status": user.status, "has_phone": user.has_phone}

    def add_record(self, body: Body, _query: Query) -> t.Any:
        """A further device record for ``serial``, as an erased Mac leaves one behind.

        Linked to the user ``login``, or to nobody.
        """
        _only(body, ("serial", "login"))
        org, serial = self.world.okta, body.get("serial")
        if not isinstance(serial, str) or not serial:
            raise BadRequest("serial has to be a serial number.")
        owner = self._user(body["login"]) if "login" in body else next(iter(org.users.values()))
        record = org.registry.register(
            owner.id,
            DeviceFacts(
                serial=serial,
                udid=self.world.uuid(),
                name=serial,
                model="MacBookPro18,3",
                os_version="15.1",
            ),
        )
        if "login" not in body:
            record.users.clear()
        return {"id": record.id}

    def _user(self, login: t.Any) -> t.Any:
        found = next((user for user in self.world.okta.users.values() if user.login == login), None)
        if found is None:
            raise BadRequest(f"There is no user {login!r} in the org.")
        return found

    def _app(self, name: str) -> t.Any:
        try:
            return self.world.okta.directory.app(name)
        except KeyError:
            raise BadRequest(f"There is no app {name!r} in the org.") from None

    def set_group(self, body: Body, _query: Query) -> t.Any:
        """The group ``name``, made if it is new, with exactly the members ``logins``."""
        _only(body, ("name", "logins"))
        name, org = body.get("name"), self.world.okta
        if not isinstance(name, str) or not name:
            raise BadRequest("name has to be the name of a group.")
        members = {self._user(login).id for login in _texts(body, "logins")}
        group = next(
            (group for group in org.directory.groups.values() if group.name == name), None
        ) or org.directory.add_group(name)
        if group.everyone:
            raise BadRequest("Everybody is in this group, always.")
        group.members, group.last_membership_updated = members, org.now()
        return {
            "id": group.id,
            "name": group.name,
            "logins": sorted(org.users[user_id].login for user_id in members),
        }

    def set_surroundings(self, body: Body, _query: Query) -> t.Any:
        """What is around the user ``login`` when they sign in:

        ``zones``, ``risk``, ``assurances``.
        """
        _only(body, ("login", "zones", "risk", "assurances"))
        user = self._user(body.get("login"))
        if body.get("risk", "LOW") not in RISKS:
            raise BadRequest(f"risk is one of {_listed(RISKS)}.")
        values = {
            name: frozenset(_texts(body, name)) for name in ("zones", "assurances") if name in body
        }
        before = self.world.okta.sign_ins.surroundings.get(user.id, Surroundings())
        found = self.world.okta.sign_ins.surroundings[user.id] = replace(
            before, **values, risk=body.get("risk", before.risk)
        )
        return {
            "login": user.login,
            "zones": sorted(found.zones),
            "risk": found.risk,
            "assurances": sorted(found.assurances),
        }

    def add_seat(self, body: Body, _query: Query) -> t.Any:
        """Another device of the user ``login``, on ``platform``;

        ``registered`` with Okta Verify or not.
        """
        _only(body, ("login", "platform", "registered"))
        user, platform = self._user(body.get("login")), body.get("platform")
        if platform not in PLATFORMS or not isinstance(body.get("registered", False), bool):
            raise BadRequest(
                f"platform is one of {_listed(PLATFORMS)}, and registered is either true or false."
            )
        try:
            seat = chance.seat(self.world.okta, user, platform, body.get("registered", False))
        except RegistrationRefused as problem:
            raise BadRequest(f"Okta refuses: {problem}") from None
        return {"login": user.login, "platform": seat.platform, "device_id": seat.device_id}

    def add_use(self, body: Body, _query: Query) -> t.Any:
        """``logins`` (default.

        Everybody) used ``apps`` (default: all) ``days_ago``, each from wherever they sit, or from
        ``platform`` alone.
        """
        _only(body, ("logins", "apps", "days_ago", "platform"))
        days = body.get("days_ago", 1)
        if (
            not isinstance(days, (int, float))
            or isinstance(days, bool)
            or not 0 <= days <= MOST_DAYS
        ):
            raise BadRequest(f"days_ago has to be a number from 0 to {MOST_DAYS}.")
        org = self.world.okta
        users = (
            {self._user(login).id for login in _texts(body, "logins")}
            if "logins" in body
            else set(org.users)
        )
        apps = (
            [self._app(name) for name in _texts(body, "apps")]
            if "apps" in body
            else list(org.directory.apps.values())
        )
        moment, platform = org.now() - timedelta(days=days), body.get("platform")
        chosen = [
            seat
            for seat in people.seats(self.world)
            if seat.user_id in users and platform in (None, seat.platform)
        ]
        return {
            "uses": org.sign_ins.remember(
                [(app, seat, moment) for seat in chosen for app in apps], org.random_number
            )
        }

    def draw(self, body: Body, _query: Query) -> t.Any:
        """Groups, rules and past use by chance, from ``seed``.

        Of the people who are there, for the app ``app``.
        """
        _only(body, ("seed", "app"))
        if not isinstance(body.get("seed"), int) or isinstance(body.get("seed"), bool):
            raise BadRequest("seed has to be a whole number.")
        return chance.draw_policy(
            self.world.okta,
            self._app(body.get("app", "Salesforce")),
            people.seats(self.world),
            body["seed"],
        )

    def add_app(self, body: Body, _query: Query) -> t.Any:
        """A service app with a new key; the answer is the only place that shows it."""
        _only(body, ("algorithm", "scopes", "dpop", "role"))
        if body.get("algorithm", "ES256") not in ALGORITHMS:
            raise BadRequest(f"algorithm is one of {_listed(ALGORITHMS)}.")
        return self.world.okta.oauth.add_app(**_app_settings(body)).announced()

    def change_app(self, body: Body, _query: Query) -> t.Any:
        """Scopes, DPoP, admin role, active or not, of the app ``client_id``."""
        _only(body, ("client_id", "scopes", "dpop", "role", "active"))
        app = self.world.okta.oauth.apps.get(str(body.pop("client_id", "")))
        if app is None:
            raise BadRequest("There is no service app with this client_id.")
        for name, value in _app_settings(body).items():
            setattr(app, name, set(value) if name == "scopes" else value)
        return {
            "client_id": app.client_id,
            "scopes": sorted(app.scopes),
            "dpop": app.dpop,
            "role": app.role,
            "active": app.active,
        }

    def deny(self, body: Body, _query: Query) -> t.Any:
        """The app ``app`` lets the user ``login`` not in, ``times`` times."""
        _only(body, ("login", "app", "times"))
        user, app, times = (
            self._user(body.get("login")),
            self._app(body.get("app", "Payroll")),
            body.get("times", 1),
        )
        if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= 1000:
            raise BadRequest("times has to be a number from 1 to 1000.")
        for _time in range(times):
            self.world.okta.sign_ins.deny(user, app)
        return {"denied": times}

    def add_platform(self) -> Body:
        """As the console does: the URL and the secret are shown this once."""
        if self.world.okta.platform.added:
            raise BadRequest("The Desktop platform is there already.")
        self.world.okta.platform.add()
        return {
            "scep_url": self.world.okta.platform.shown_scep_url,
            "scep_challenge": self.world.okta.platform.challenge,
        }

    def set_authenticators(self, body: Body, _query: Query) -> t.Any:
        """Okta Verify (``okta_verify``) and its methods, each ACTIVE or INACTIVE."""
        verify = self.world.okta.authenticators["okta_verify"]
        names = (verify.key, *verify.methods)
        _only(body, names)
        for name, status in body.items():
            if status not in STATUSES:
                raise BadRequest(f"{name} is one of {_listed(STATUSES)}.")
        for name, status in body.items():
            (verify.inactive.add if status == "INACTIVE" else verify.inactive.discard)(name)
        return {name: verify.status_of(name) for name in names}


def _options(now: Options, body: Body) -> Options:
    """What is not said stays as it is."""
    known = {one.name: type(getattr(now, one.name)) for one in fields(now)}
    _only(body, known)
    for name, value in body.items():
        if not isinstance(value, known[name]) or isinstance(value, bool) is not (
            known[name] is bool
        ):
            raise BadRequest(f"{name} cannot be {json.dumps(value)}.")
    return replace(now, **body)


def _app_settings(body: Body) -> Body:
    for name, value in body.items():
        wanted = {"algorithm": str, "scopes": list}.get(name, bool)
        if not isinstance(value, wanted) or (
            name == "scopes" and not set(map(str, value)) <= EVERYTHING
        ):
            raise BadRequest(
                f"{name} cannot be {json.dumps(value)}; the scopes are"
                f" {_listed(sorted(EVERYTHING))}."
            )
    return body


def _parse(body: bytes) -> Body:
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(parsed, dict):
        raise BadRequest("The body has to be a JSON object.")
    return parsed


def _only(given: t.Iterable[str], known: t.Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadRequest(f"{unknown[0]!r} is not known here; known: {_listed(sorted(known))}.")


def _flags(body: Body, known: t.Iterable[str]) -> dict[str, bool]:
    _only(body, known)
    for name, value in body.items():
        if not isinstance(value, bool):
            raise BadRequest(f"{name} is either true or false.")
    return body


def _serials(body: Body) -> list[str] | None:
    _only(body, ("serials",))
    serials = body.get("serials")
    if serials is None:
        return None
    if not isinstance(serials, list) or not all(isinstance(serial, str) for serial in serials):
        raise BadRequest("serials has to be a list of serial numbers.")
    return serials


def _texts(body: Body, name: str) -> list[str]:
    values = body.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadRequest(f"{name} has to be a list of texts.")
    return values


def _listed(values: t.Iterable[t.Any]) -> str:
    return ", ".join(str(value) for value in values)


def _plain(entry: t.Any) -> t.Any:
    return entry if isinstance(entry, dict) else asdict(entry)


async def _in_thread(function: t.Callable[[], t.Any]) -> t.Any:
    """Run it in a thread that does not keep the process alive.

    A lab that is told to stop stops, whatever its Macs are doing.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[t.Any] = loop.create_future()

    def settle(error: BaseException | None, value: t.Any) -> None:
        if not future.cancelled():
            future.set_exception(error) if error else future.set_result(value)

    def run() -> None:
        error, value = None, None
        try:
            value = function()
        except Exception as problem:  # it is raised again where it is awaited
            error = problem
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error, value)

    threading.Thread(target=run, name="lab acting", daemon=True).start()
    return await future
