# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's REST API as the modules of awx.awx need to set it up, on loopback.

It stores, and refuses what AWX refuses (``awx_rules``).
"""

from __future__ import annotations

import base64
import json
import threading
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.functional.helpers.awx_rules import (
    LINKED,
    ROLES,
    Refused,
    Row,
    check,
    check_link,
    check_survey,
    check_template,
    named,
)

TOKEN = "awx-stand-in-token"
BASIC = base64.b64encode(f"device-trust:{TOKEN}".encode()).decode()
AUTHORIZATIONS = (f"Bearer {TOKEN}", f"Basic {BASIC}")

# What AWX answers for a field that nobody has set.
UNSET: dict[str, Row] = {
    "credential_types": {
        "description": "",
        "kind": "cloud",
        "managed": False,
        "inputs": {},
        "injectors": {},
    },
    "credentials": {"description": "", "organization": None, "inputs": {}},
    "execution_environments": {
        "description": "",
        "organization": None,
        "image": "",
        "pull": "",
        "credential": None,
    },
    "projects": {
        "description": "",
        "scm_type": "",
        "scm_url": "",
        "scm_branch": "",
        "local_path": "",
        "scm_update_on_launch": False,
        "scm_update_cache_timeout": 0,
        "allow_override": False,
        "credential": None,
        "default_environment": None,
    },
    "inventories": {"description": "", "kind": "", "host_filter": None, "variables": ""},
    "hosts": {"description": "", "enabled": True, "variables": ""},
    "inventory_sources": {
        "description": "",
        "source": "",
        "source_path": "",
        "source_vars": "",
        "credential": None,
        "execution_environment": None,
        "source_project": None,
        "overwrite": False,
        "overwrite_vars": False,
        "update_on_launch": False,
        "update_cache_timeout": 0,
    },
    "job_templates": {
        "description": "",
        "job_type": "run",
        "inventory": None,
        "project": None,
        "playbook": "",
        "execution_environment": None,
        "extra_vars": "",
        "forks": 0,
        "timeout": 0,
        "ask_limit_on_launch": False,
        "ask_job_type_on_launch": False,
        "ask_tags_on_launch": False,
        "ask_variables_on_launch": False,
        "ask_diff_mode_on_launch": False,
        "ask_verbosity_on_launch": False,
        "allow_simultaneous": False,
        "job_slice_count": 1,
        "survey_enabled": False,
    },
    "schedules": {"description": "", "rrule": "", "enabled": True, "unified_job_template": None},
    "workflow_job_templates": {
        "description": "",
        "ask_limit_on_launch": False,
        "ask_variables_on_launch": False,
        "allow_simultaneous": False,
        "survey_enabled": False,
    },
    "workflow_job_template_nodes": {
        "identifier": "",
        "unified_job_template": None,
        "workflow_job_template": None,
        "job_type": None,
    },
    "workflow_approval_templates": {"description": "", "timeout": 0},
    "notification_templates": {
        "description": "",
        "notification_type": "",
        "notification_configuration": {},
        "messages": None,
    },
    "labels": {},
    "teams": {"description": ""},
}
TEMPLATES = (
    "projects",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "workflow_approval_templates",
)


class StandIn:
    """A running AWX.

    ``rows`` has everything by endpoint; ``writes`` is verb and path of each request that writes.
    """

    def __init__(self, playbooks: t.Collection[str]) -> None:
        self.playbooks = playbooks
        self.rows: dict[str, list[Row]] = {name: [] for name in UNSET}
        self.rows["organizations"] = [
            {"id": 1, "name": "Default", "type": "organization", "url": "/api/v2/organizations/1/"}
        ]
        self.rows["instance_groups"] = [
            {"id": number, "name": name, "type": "instance_group", "url": f"/api/v2/{name}/"}
            for number, name in ((900, "europe"), (901, "america"))
        ]
        self.surveys: dict[int, Row] = {}
        self.pages: dict[str, Row] = {}  # what a path answers, by its parts after /api/v2/
        self.links: dict[tuple[int, str], list[int]] = {}
        self.roles: dict[tuple[int, str], list[int]] = {}
        self.writes: list[str] = []
        self.number = 1
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: t.Any) -> None:
                """Say nothing."""

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length)
                if self.headers.get("Authorization") not in AUTHORIZATIONS:
                    return self._answer(401, {"detail": "Invalid token"})
                address = urlsplit(self.path)
                try:
                    status, answer = stand_in.ask(
                        self.command,
                        address.path,
                        dict(parse_qsl(address.query)),
                        json.loads(sent or b"{}"),
                    )
                except Refused as refusal:
                    status, answer = 400, refusal.body
                return self._answer(status, answer)

            def _answer(self, status: int, answer: t.Any) -> None:
                content = b"" if status == 204 else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-API-Product-Name", "AWX")
                self.send_header("X-API-Product-Version", "24.6.1")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: t.Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def named(self, endpoint: str, name: str) -> Row:
        return next(
            row for row in self.rows[endpoint] if row.get("name", row.get("identifier")) == name
        )

    def ask(self, verb: str, path: str, query: dict[str, str], body: Row) -> tuple[int, t.Any]:
        parts = path.strip("/").split("/")[2:]
        if verb != "GET":
            self.writes.append(f"{verb} {'/'.join(parts)}")
        if "/".join(parts) in self.pages:
            return 200, self.pages["/".join(parts)]
        endpoint = parts[0]
        if endpoint == "roles":
            return self.role(verb, int(parts[1]), body)
        if endpoint == "unified_job_templates":
            return 200, _listed(
                [
                    self.shown(row)
                    for name in TEMPLATES
                    for row in self.rows[name]
                    if _fits(row, query)
                ]
            )
        if len(parts) == 1:
            if verb == "GET":
                return 200, _listed(
                    [self.shown(row) for row in self.rows[endpoint] if _fits(row, query)]
                )
            return 201, self.shown(self.add(endpoint, body))
        row = next(one for one in self.rows[endpoint] if one["id"] == int(parts[1]))
        if len(parts) == 2:
            if verb == "DELETE":
                self.rows[endpoint].remove(row)
                return 204, None
            if verb == "PATCH":
                self.check(endpoint, {**row, **body}, body)
                row.update(body)
            return 200, self.shown(row)
        return self.below(verb, row, parts[2], body)

    def below(self, verb: str, row: Row, what: str, body: Row) -> tuple[int, t.Any]:
        """What hangs on one thing: its survey, its links, the approval of a node."""
        if what == "survey_spec":
            if verb == "POST":
                check_survey(body)
                self.surveys[row["id"]] = body
            return 200, self.surveys.get(row["id"], {})
        if what == "create_approval_template":
            approval = self.add("workflow_approval_templates", body)
            row["unified_job_template"] = approval["id"]
            return 201, self.shown(approval)
        if what not in _links_of(row["type"]):
            return 404, {"detail": "Not found."}
        linked = self.links.setdefault((row["id"], what), [])
        if verb == "GET":
            return 200, _listed([{"id": one} for one in linked])
        if body.get("disassociate"):
            linked.remove(body["id"])
        else:
            check_link(row, what, linked, body["id"], self.rows)
            linked.append(body["id"])
        return 204, None

    def role(self, verb: str, number: int, body: Row) -> tuple[int, t.Any]:
        """Answer for the teams that have a role; a number names the object and the role."""
        object_id, index = divmod(number, 10)
        row = next(row for rows in self.rows.values() for row in rows if row["id"] == object_id)
        held = self.roles.setdefault((object_id, ROLES[row["type"]][index]), [])
        if verb == "GET":
            return 200, _listed([{"id": one} for one in held])
        team = named(self.rows, "teams", body["id"])
        held.remove(team["id"]) if body.get("disassociate") else held.append(team["id"])
        return 204, None

    def add(self, endpoint: str, body: Row) -> Row:
        self.check(endpoint, body, body)
        self.number += 1
        made = {
            **UNSET[endpoint],
            **body,
            "id": self.number,
            "type": endpoint[:-1].replace("inventorie", "inventory"),
            "url": f"/api/v2/{endpoint}/{self.number}/",
        }
        self.rows[endpoint].append(made)
        return made

    def check(self, endpoint: str, whole: Row, sent: Row) -> None:
        """Raise Refused for what AWX refuses."""
        check(endpoint, {**UNSET[endpoint], **whole}, sent, self.rows, set(UNSET[endpoint]))
        if endpoint == "job_templates":
            check_template({**UNSET[endpoint], **whole}, self.rows, self.playbooks)

    def shown(self, row: Row) -> Row:
        related = {
            name: f"{row['url']}{name}/"
            for name in ("survey_spec", "create_approval_template", *LINKED)
        }
        template = row.get("unified_job_template")
        if row["type"] == "workflow_job_template_node" and template:
            related["unified_job_template"] = next(
                one["url"] for name in TEMPLATES for one in self.rows[name] if one["id"] == template
            )
        roles = {
            name: {"id": row["id"] * 10 + index}
            for index, name in enumerate(ROLES.get(row["type"], ()))
        }
        answer = {**row, "related": related, "summary_fields": {"object_roles": roles}}
        if row["type"] == "notification_template":
            secret = {"token", "password"}
            answer["notification_configuration"] = {
                name: "$encrypted$" if name in secret else value
                for name, value in row["notification_configuration"].items()
            }
        if row["type"] == "credential":
            secret = {
                field["id"]
                for kind in self.rows["credential_types"]
                if kind["id"] == row["credential_type"]
                for field in kind["inputs"]["fields"]
                if field.get("secret")
            }
            answer["inputs"] = {
                name: "$encrypted$" if name in secret else value
                for name, value in row["inputs"].items()
            }
        return {**answer, "scm_revision": ""} if row["type"] == "project" else answer


def _listed(rows: list[Row]) -> Row:
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


def _fits(row: Row, query: dict[str, str]) -> bool:
    return all(str(row.get(name)) == value for name, value in query.items())


def _links_of(kind: str) -> set[str]:
    """Return what can be attached to a row of a type."""
    notifications = {f"notification_templates_{event}" for event in ("started", "success", "error")}
    return {
        "project": notifications,
        "inventory_source": notifications,
        "job_template": {"credentials", "labels", "instance_groups", *notifications},
        "workflow_job_template": {"labels", "notification_templates_approvals", *notifications},
        "workflow_job_template_node": {"success_nodes", "failure_nodes", "always_nodes"},
    }.get(kind, set())
