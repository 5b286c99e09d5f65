# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls of the whole lab.

They move the clock, show the state and the log of requests, set faults and switches, make Macs and
people act, and begin another company.
"""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from dataclasses import asdict
from datetime import timedelta

from lab.actors import mac, person
from lab.clock import iso
from lab.control.okta_users import find_app, find_user
from lab.control.okta_view import describe_certificates, describe_org
from lab.control.schemas import (
    BadRequest,
    Body,
    ControlRequest,
    ControlRoute,
    Types,
    check_names,
    check_switches,
    has_type,
    read_options,
    read_serials,
    read_texts,
)
from lab.page import data
from lab.state import Fault, Options, World

MAX_ADVANCE = timedelta(days=3653)
CLOCK_UNITS = ("days", "hours", "minutes", "seconds")
FAULT_TYPES: dict[str, Types] = {
    "name": str,
    "operation": str,
    "times": (int, type(None)),
    "after": int,
    "status": int,
    "seconds": (int, float),
}

Begin = t.Callable[[Options], Body]


class WorldControls:
    """Operations on the world, which holds the vendors, the Macs and their users.

    ``operations`` are the names of both vendors' operations, which a fault can meet.
    """

    def __init__(self, world: World, operations: set[str], begin: Begin | None) -> None:
        self.world = world
        self._operations = operations
        self._begin = begin

    def routes(self) -> list[ControlRoute]:
        """Return the operations."""
        routes = [
            ControlRoute("POST", "/clock/advance", self.advance_clock),
            ControlRoute("GET", "/state", self.show_state),
            ControlRoute("GET", "/size", self.show_size),
            ControlRoute("GET", "/fleet", lambda _request: data.fleet(self.world)),
            ControlRoute("GET", "/news", self.show_news),
            ControlRoute("GET", "/requests", self.list_requests),
            ControlRoute("DELETE", "/requests", self.clear_requests),
            ControlRoute("GET", "/faults", self.list_faults),
            ControlRoute("POST", "/faults", self.add_fault),
            ControlRoute("DELETE", "/faults", self.remove_faults),
            ControlRoute("GET", "/held", self.list_held),
            ControlRoute("DELETE", "/held", self.release_held),
            ControlRoute("GET", "/switches", lambda _request: self.world.switches.as_dict()),
            ControlRoute("PATCH", "/switches", self.set_switches),
            ControlRoute("POST", "/people/ask", self.ask_to_register),
            ControlRoute("POST", "/act/macs", self.let_macs_act, in_thread=True),
            ControlRoute("POST", "/act/people", self.let_people_act, in_thread=True),
            ControlRoute("POST", "/act/apps", self.open_apps, in_thread=True),
        ]
        if self._begin is not None:
            routes.append(ControlRoute("POST", "/begin", self.begin, in_thread=True))
        return routes

    # Time, state and the log of requests

    def advance_clock(self, request: ControlRequest) -> Body:
        """Move the clock forward. Return its new time."""
        check_names(request.body, CLOCK_UNITS)
        for unit, number in request.body.items():
            if not has_type(number, (int, float)) or number < 0:
                raise BadRequest(f"{unit} has to be a number that is not negative.")
        try:
            fits = timedelta(**request.body) <= MAX_ADVANCE
        except (OverflowError, ValueError):  # too far, or not a number
            fits = False
        if not fits:
            raise BadRequest("The clock moves by ten years at most.")
        now = self.world.clock.advance(**request.body)
        self.world.okta.housekeeping()
        return {"now": iso(now)}

    def show_state(self, _request: ControlRequest) -> Body:
        """Return everything that the lab holds, except secrets."""
        world = self.world
        return {
            "clock": iso(world.clock.now()),
            "okta": describe_org(world.okta),
            "certificates": describe_certificates(world.okta.platform.authority),
            "kandji": world.kandji.describe(),
            "macs": [entry.describe() for entry in world.macs],
            "people": [entry.describe() for entry in world.people],
        }

    def show_size(self, request: ControlRequest) -> Body:
        """Return the lengths of the vendors' lists.

        ``days`` is how far back events are counted.
        """
        check_names(request.query, ("days",))
        days = request.query.get("days", "90")
        if not days.isdecimal():
            raise BadRequest("days has to be a number.")
        world = self.world
        since = world.clock.now() - timedelta(days=min(int(days), MAX_ADVANCE.days))
        events = Counter(
            event.event_type for event in world.okta.log.events if event.published >= since
        )
        return {
            "devices": sum(device.platform == "Mac" for device in world.kandji.devices.values()),
            "certificates": sum(len(entry.certificates) for entry in world.macs),
            "records": sum(
                record.profile["platform"] == "MACOS" for record in world.okta.devices.values()
            ),
            "events": dict(sorted(events.items())),
        }

    def show_news(self, request: ControlRequest) -> Body:
        """Return what has happened since the last time.

        ``requests`` and ``events`` are the numbers of those that the caller knows already.
        """
        check_names(request.query, ("requests", "events"))
        known = {name: request.query.get(name, "0") for name in ("requests", "events")}
        if not all(number.isdecimal() for number in known.values()):
            raise BadRequest("requests and events have to be numbers.")
        return data.news(self.world, int(known["requests"]), int(known["events"]))

    def list_requests(self, request: ControlRequest) -> list[Body]:
        """Return the log of requests.

        ``since`` is the number of the last request that the caller knows already.
        """
        query = request.query
        check_names(query, ("vendor", "writes", "since"))
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

    def clear_requests(self, _request: ControlRequest) -> Body:
        """Empty the log of requests; their numbers start at 1 again."""
        forgotten = len(self.world.requests)
        self.world.requests.clear()
        return {"forgotten": forgotten}

    # Faults and switches

    def list_faults(self, _request: ControlRequest) -> list[Body]:
        """Return the faults that wait for a request."""
        return [asdict(fault) for fault in self.world.faults]

    def add_fault(self, request: ControlRequest) -> Body:
        """Add a fault and return it."""
        body = request.body
        check_names(body, FAULT_TYPES)
        for name, value in body.items():
            if not has_type(value, FAULT_TYPES[name]):
                raise BadRequest(f"{name} cannot be {json.dumps(value)}.")
        if body.get("operation", "*") not in self._operations | {"*"}:
            raise BadRequest(f"The lab does not have an operation {body['operation']!r}.")
        if "name" not in body:
            raise BadRequest("A fault needs a name.")
        try:
            fault = Fault(**body)
        except ValueError as problem:
            raise BadRequest(str(problem)) from None
        self.world.faults.append(fault)
        return asdict(fault)

    def remove_faults(self, request: ControlRequest) -> Body:
        """Remove all faults, or the one with the ``id`` of the query."""
        check_names(request.query, ("id",))
        fault_id, faults = request.query.get("id"), self.world.faults
        if fault_id is not None and fault_id not in [fault.id for fault in faults]:
            raise BadRequest(f"Fault {fault_id!r} does not exist.")
        kept = [fault for fault in faults if fault_id is not None and fault.id != fault_id]
        removed = len(faults) - len(kept)
        faults[:] = kept
        return {"removed": removed}

    def list_held(self, _request: ControlRequest) -> list[Body]:
        """Return the faults whose requests are held."""
        return [asdict(fault) for fault in self.world.held]

    def release_held(self, _request: ControlRequest) -> Body:
        """Let all requests that are held go on."""
        released = len(self.world.held)
        self.world.held.clear()
        return {"released": released}

    def set_switches(self, request: ControlRequest) -> Body:
        """Set switches and return all of them."""
        check_switches(self.world.switches, request.body)
        self.world.switches.set(**request.body)
        return self.world.switches.as_dict()

    # Macs and people

    def ask_to_register(self, request: ControlRequest) -> Body:
        """Ask the users of Macs to add their Okta account again. Return how many it reached."""
        return {"asked": person.ask_to_register(self.world, read_serials(request.body))}

    def let_macs_act(self, request: ControlRequest) -> Body:
        """Make all Macs, or those with the ``serials``, check in. Return what they did."""
        serials = read_serials(request.body)
        return {"done": [asdict(report) for report in mac.act(self.world, serials)]}

    def let_people_act(self, request: ControlRequest) -> Body:
        """Make the users of all Macs, or of the ``serials``, work. Return what they did."""
        return {"done": person.act(self.world, read_serials(request.body))}

    def open_apps(self, request: ControlRequest) -> Body:
        """Make all users, or those with the ``logins``, open all apps, or those named ``apps``."""
        body, org = request.body, self.world.okta
        check_names(body, ("apps", "logins"))
        logins, apps = None, None
        with self.world.lock:
            if "logins" in body:
                logins = [find_user(org, login).login for login in read_texts(body, "logins")]
            if "apps" in body:
                apps = [find_app(org, name) for name in read_texts(body, "apps")]
        done = [outcome.as_dict() for outcome in person.open_apps(self.world, apps, logins)]
        return {"done": done, "refused": [row for row in done if not row["admitted"]]}

    def begin(self, request: ControlRequest) -> Body:
        """Replace the company by another one. Return its announcement.

        The body holds the options of ``python -m lab``; those that it lacks stay as they are.
        """
        assert self._begin is not None, "the route exists only with it"
        return self._begin(read_options(self.world.options, request.body))
