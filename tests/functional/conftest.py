# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watched lab: what was written to it, and its Macs and people acting when a test says so."""

from __future__ import annotations

import json
import socket
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from lab.clock import iso
from lab.server import Lab
from lab.state import Fault


class Watched:
    """A lab with what tests ask of it."""

    def __init__(self, running: Lab) -> None:
        self.lab, self.world = running, running.world

    def mark(self) -> int:
        """Where the request log stands."""
        return len(self.world.requests)

    def asked(self, since: int = 0) -> list[t.Any]:
        """What the collection asked, without the Macs' own enrollments."""
        return [one for one in self.world.requests[since:] if "(lab Mac)" not in one.user_agent]

    def writes(self, since: int = 0) -> list[str]:
        return [one.operation for one in self.asked(since) if one.writes]

    def live(self, rounds: int = 1) -> None:
        """Macs check in, then people open Okta Verify and sign in."""
        # Not at the top: pytest reads this file before the collection's import path is set up, and
        # Macs enroll by the collection's own client.
        from lab.actors import mac as macs
        from lab.actors import person as people

        for _unused in range(rounds):
            macs.act(self.world)
            people.act(self.world)

    def fault(self, name: str, operation: str, **values: t.Any) -> None:
        self.world.faults.append(Fault(name, operation, **values))

    def switch(self, **values: t.Any) -> None:
        self.world.switches.set(**values)

    def control(self, verb: str, path: str, body: t.Any = None) -> t.Any:
        """Ask the control surface, as a person would."""
        told = self.lab.announcement
        answer = requests.request(
            verb,
            told["control_url"] + path,
            json=body,
            headers={"Authorization": f"Bearer {told['control_token']}"},
            verify=told["ca_file"],
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def forbid(self, operation: str) -> None:
        """Take a permission from the token that has it."""
        vendor = "kandji" if operation in self.world.kandji.permissions else "okta"
        self.control(
            "PATCH",
            "/kandji/permissions" if vendor == "kandji" else "/okta/refuse",
            {operation: vendor == "okta"},
        )

    @property
    def ring_variables(self) -> list[dict[str, t.Any]]:
        rings: list[dict[str, t.Any]] = self.lab.announcement["rings"]
        return rings

    @property
    def ring_options(self) -> list[dict[str, t.Any]]:
        """The rings with the profiles that they have by default, as modules take them."""
        return [
            {
                "name": ring["name"],
                "blueprints": ring["blueprints"],
                "scep_profile": f"Okta SCEP - {ring['name']}",
            }
            for ring in self.ring_variables
        ]

    @property
    def canary(self) -> dict[str, t.Any]:
        return self.ring_variables[0]

    def mac(self, serial: str) -> t.Any:
        return next(one for one in self.world.macs if one.serial == serial)


@pytest.fixture
def watched(fresh_lab: Lab) -> Watched:
    return Watched(fresh_lab)


@pytest.fixture
def profile_args(watched: Watched) -> dict[str, t.Any]:
    """The canary's SCEP profile; URL and challenge come from the environment."""
    return {"name": "Okta SCEP - canary", "blueprints": watched.canary["blueprints"]}


@pytest.fixture
def prepared(watched: Watched, run_module: t.Callable[..., t.Any]) -> dict[str, t.Any]:
    """The options of a redelivery, see ``prepare_redelivery``."""
    return prepare_redelivery(watched, run_module)


def prepare_redelivery(watched: Watched, run_module: t.Callable[..., t.Any]) -> dict[str, t.Any]:
    """Put two Macs on a map whose node excludes the tag. Return the options of a redelivery.

    They hold certificates of half a year ago, and tags of their own.
    """
    nodes = [{"tag": None}, {"tag": "okta-scep-redelivery", "without": True}]
    made = watched.control(
        "POST", "/kandji/blueprints", {"name": "All Macs", "type": "map", "nodes": nodes}
    )
    serials = watched.canary["test_macs"]
    for serial in serials:
        watched.control(
            "PATCH", f"/kandji/devices/{serial}", {"blueprint": "All Macs", "tags": ["vip"]}
        )
    wanted = {
        "name": "Okta SCEP - map",
        "blueprints": ["All Macs"],
        "assignment_nodes": {"All Macs": made["nodes"][1]["id"]},
    }
    profile = run_module("kandji_scep_profile", wanted, lab=watched.lab)["profiles"][0]
    watched.live()
    watched.world.clock.advance(days=180)
    watched.live()
    begun = iso(watched.world.clock.now())
    watched.world.clock.advance(hours=1)
    return {
        "library_item_id": profile["library_item_id"],
        "serials": serials,
        "issued_before": begun,
    }


@pytest.fixture
def port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def webhook_statuses() -> list[int]:
    """The statuses of the webhook's next answers, by which it refuses what is posted."""
    return []


@pytest.fixture
def webhook(webhook_statuses: list[int]) -> t.Iterator[tuple[str, list[t.Any]]]:
    """A webhook that keeps what is posted: its URL and the bodies."""
    bodies: list[t.Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not webhook_statuses:
                bodies.append(body)
            self.send_response(webhook_statuses.pop(0) if webhook_statuses else 202)
            self.end_headers()

        def log_message(self, *_arguments: t.Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook-with-a-secret", bodies
    server.shutdown()
