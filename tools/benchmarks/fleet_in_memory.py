# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tools.benchmarks.fleet_in_memory MODULE MACS DIRECTORY [APP ...]``.

Run a module over a fleet of so many Macs in a process of its own. A report judges the apps.

Pages are made as they are asked for, as the vendors would send them, so that what is measured is
the module alone. Prints one line of JSON: resident megabytes, processor seconds, calls, and how
many Macs came out.
"""

from __future__ import annotations

import json
import resource
import sys
import typing as t
from importlib import import_module
from pathlib import Path

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.module import (
    ModuleContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    FLEET,
    KANDJI,
    OKTA,
    OPTIONAL_RINGS,
    PROFILES,
    arguments,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Answer,
    Operation,
    Request,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport import (
    Transport,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies import (
    device_trust_info,
)

Row = dict[str, t.Any]
MODULES = "ansible_collections.devicetrust.okta_kandji.plugins.modules"
RING = {
    "name": "everybody",
    "blueprints": ["0c5e1a10-0000-4000-8000-0000000000ff"],
    "scep_profile": "Okta SCEP",
}
PROFILE = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11"


def serial(number: int) -> str:
    """Return the serial number of a Mac."""
    return f"C{number * 7919 % 1_000_003:011d}"


def day(of_month: int, number: int = 0) -> str:
    """No two Macs have the same time, as with the vendors."""
    return f"2026-11-{of_month:02d}T08:00:00.{number:06d}Z"


def device_id(number: int) -> str:
    """Return a Mac's id in Kandji."""
    return f"{number:08x}-77a1-4b7c-9a3a-0f3a9d3f7b11"


def device(number: int) -> Row:
    """Return a row of List Devices."""
    return {
        "device_id": device_id(number),
        "device_name": f"MacBook of {number}",
        "model": "MacBook Air (M4)",
        "serial_number": serial(number),
        "platform": "Mac",
        "os_version": f"26.{number % 3}",
        "last_check_in": day(1 + number % 24, number),
        "blueprint_id": RING["blueprints"][0],
        "blueprint_name": "Everybody",
        "user": {
            "email": f"person{number}@example.com",
            "name": f"Person {number}",
            "id": device_id(number),
            "is_archived": False,
        },
        "asset_tag": "",
        "is_removed": False,
        "is_missing": False,
        "tags": ["loan"] if number % 9 == 0 else [],
        "agent_version": "4.7.5 (5660)",
        "mdm_enabled": True,
    }


def status(number: int) -> Row:
    """Return a row of Get Library Item Statuses."""
    return {
        "id": number,
        "status": "PASS",
        "log": None,
        "reported_at": day(1),
        "computer": {"id": device_id(number), "name": f"MacBook of {number}"},
    }


def certificate(number: int) -> Row:
    """Return a row of Certificates."""
    name = f"{serial(number)} 7D8A"
    return {
        "device_id": device_id(number),
        "serial_number": serial(number),
        "common_name": name,
        "created_at": day(1 + number % 20, number),
    }


def record(number: int) -> Row:
    """Return a row of listDevices."""
    user = {
        "id": f"00u{number}",
        "profile": {
            "login": f"person{number}@example.com",
            "firstName": "Person",
            "lastName": str(number),
        },
    }
    state = "MANAGED" if number % 10 else "NOT_MANAGED"
    return {
        "id": f"guo{number:017d}",
        "status": "ACTIVE",
        "created": day(2 + number % 20, number),
        "lastUpdated": day(3 + number % 20, number),
        "profile": {
            "displayName": f"MacBook of {number}",
            "serialNumber": serial(number),
            "platform": "MACOS",
            "udid": device_id(number),
        },
        "_embedded": {
            "users": [{"managementStatus": state, "created": day(2, number), "user": user}]
        },
    }


def member(number: int) -> Row:
    """Return a row of listGroupUsers."""
    return {
        "id": f"00u{number}",
        "status": "ACTIVE",
        "type": {"id": "oty1"},
        "profile": {"login": f"person{number}@example.com"},
    }


def app(label: str) -> Row:
    """Return a row of listApplications."""
    policy = {"href": "https://acme.okta.com/api/v1/policies/rst1"}
    return {"id": f"0oa{label}", "label": label, "_links": {"accessPolicy": policy}}


RULES: list[Row] = [
    {
        "id": f"rul{number}",
        "name": access,
        "priority": number,
        "status": "ACTIVE",
        "system": access == "DENY",
        "conditions": conditions,
        "actions": {
            "appSignOn": {"access": access, "verificationMethod": {"factorMode": "1FA"}},
            "signon": {"access": "ALLOW"},  # as a rule of the default global session policy
        },
    }
    for number, access, conditions in (
        (
            0,
            "ALLOW",
            {
                "device": {"registered": True, "managed": True},
                "people": {"groups": {"include": ["00g1"]}},
            },
        ),
        (99, "DENY", None),
    )
]


SESSIONS: Row = {"id": "rst9", "name": "Default Policy", "status": "ACTIVE", "system": True}


def event(number: int) -> Row:
    """Return a row of listLogEvents."""
    target = [
        {"type": "Certificate", "id": str(number), "alternateId": f"{serial(number)} 7D8A"},
        {"type": "Device", "id": f"guo{number:017d}"},
    ]
    return {"eventType": "pki.cert.bind", "published": day(2, number), "target": target}


PAGED: dict[str, tuple[t.Callable[[int], Row], int]] = {
    "listDevices": (record, 200),
    "listLogEvents": (event, 1000),
    "listGroupUsers": (member, 1000),
}


class Vendors:
    """Both of them, for a fleet of ``macs``."""

    def __init__(self, macs: int, apps: t.Sequence[str] = ()) -> None:
        self.macs, self.apps, self.calls = macs, apps, 0

    def send(self, operation: Operation, request: Request) -> Answer:
        """Return the answer to a request, and count it."""
        self.calls += 1
        # Through JSON and back, so that no text is shared that the vendors would send again.
        body, headers = self._answer(operation.name, dict(request.query or {}))
        return Answer(200, headers, b"", json.loads(json.dumps(body)))

    def _answer(self, name: str, query: Row) -> tuple[t.Any, dict[str, str]]:
        if name == "List Custom Profiles":
            return {
                "results": [
                    {
                        "id": PROFILE,
                        "name": "Okta SCEP",
                        "active": True,
                        "runs_on_mac": True,
                        "profile": "",
                        "updated_at": day(1),
                    }
                ]
            }, {}
        if name == "List Devices":
            return self._rows(device, query["offset"], 300), {}
        if name == "Get Library Item Statuses":
            start = int(query.get("offset", 0))
            more = f"https://x?limit=300&offset={start + 300}" if start + 300 < self.macs else None
            return {"results": self._rows(status, start, 300), "next": more}, {}
        if name == "Certificates":
            return {
                "data": self._rows(certificate, int(query.get("offset", 0)), 300),
                "cursor": None,
            }, {}
        if name == "listApplications":
            return [app(label) for label in self.apps], {}
        if name == "listPolicyRules":
            return RULES, {}
        if name == "listAuthenticators":
            return [{"id": "aut1", "key": "okta_verify", "status": "ACTIVE"}], {}
        if name == "listAuthenticatorMethods":
            return [{"type": "signed_nonce", "status": "ACTIVE"}], {}
        if name == "listPolicies":  # of global sessions, device signals and enrollment
            return [SESSIONS] if query["type"] == "OKTA_SIGN_ON" else [], {}
        if name in PAGED:
            make, size = PAGED[name]
            start = int(query.get("after", 0))
            link = (
                {"Link": f'<https://x?after={start + size}&limit={size}>; rel="next"'}
                if start + size < self.macs
                else {}
            )
            return self._rows(make, start, size), link
        return {"data": [], "results": [], "next": None}, {}

    def _rows(self, make: t.Callable[[int], Row], start: int, size: int) -> list[Row]:
        return [make(number) for number in range(start, min(start + size, self.macs))]


def peak_megabytes() -> float:
    """Return the most memory that this process held.

    On Linux, ru_maxrss of a process is at least what its parent held when it was started.
    """
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(module: str, macs: int, directory: str, apps: t.Sequence[str] = ()) -> None:
    """Run a module with the stub of both vendors, and print what it took as JSON."""
    vendors = Vendors(macs, apps)
    Transport.send = vendors.send  # type: ignore[assignment,method-assign]  # a stub
    loaded = import_module(f"{MODULES}.{module}")
    options = device_trust_info.OPTIONS if module == "device_trust_info" else loaded.OPTIONS
    spec = arguments(OKTA, KANDJI, FLEET, OPTIONAL_RINGS, PROFILES, options)
    params = {name: option.get("default") for name, option in spec.items()}
    params |= {
        "okta_org_url": "https://acme.okta.com",
        "okta_api_token": "00Abc",
        "kandji_api_url": "https://acme.api.kandji.io",
        "kandji_api_token": "abc",
        "capacity_percent": 100,
        "rings": [RING],
        "okta_verify_item_ids": ["app"],
    }
    if module == "device_trust_report":
        params |= {"dest": directory, "state_dir": directory, "apps": list(apps)}
    result = loaded.run(ModuleContext(params, False, print, loaded.USES))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "megabytes": round(peak_megabytes()),
                "processor": round(used.ru_utime + used.ru_stime, 1),
                "calls": vendors.calls,
                "macs": sum(result["counts"].values()),
                "access": result.get("access", {}).get("counts_today"),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:])
