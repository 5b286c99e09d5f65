# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service app with what docs/permissions.md says of a playbook, and nothing else, can run it."""

from __future__ import annotations

import re

import pytest

from tests.functional.helpers.reset_fleet import ResetFleet
from tools.support.environment import CHECKOUT

SERIAL = "SCOPEMAC0001"
AGE = 24 * 100.0  # hours
REVOKES = ("okta.logs.read", "okta.users.manage")  # italic: what the options' pages name
PLAYBOOKS = {
    "lost_mac": ({"lost_serials": [SERIAL]}, (), ["suspendDevice"]),
    "lost_mac, with sessions": (
        {"lost_serials": [SERIAL], "lost_revoke_sessions": True},
        REVOKES,
        ["suspendDevice", "revokeUserSessions"],
    ),
    "offboard_person": (
        {"offboard_person": "ann@example.com", "offboard_confirm": "OFFBOARD ann@example.com"},
        (),
        ["deactivateDevice", "deleteDevice"],
    ),
    "offboard_person, with sessions": (
        {
            "offboard_person": "ann@example.com",
            "offboard_confirm": "OFFBOARD ann@example.com",
            "offboard_revoke_sessions": True,
        },
        REVOKES,
        ["revokeUserSessions", "deactivateDevice", "deleteDevice"],
    ),
    "clean_up_records": ({"clean_up_max_percent": 100}, (), ["suspendDevice"]),
}


def documented_scopes(stem):
    """Return the scopes of a playbook's line that are not in italics."""
    page = (CHECKOUT / "docs" / "permissions.md").read_text(encoding="utf-8")
    line = next(each for each in page.splitlines() if each.startswith(f"- `{stem}.yml`"))
    found = re.findall(r"(\**)`(okta\.[a-zA-Z.]+)`", line)
    return [scope for mark, scope in found if mark in ("", "**")]


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("title", PLAYBOOKS)
def test_the_documented_scopes_are_enough(watched, playbook, title):
    fleet, (values, more, writes) = ResetFleet(watched), PLAYBOOKS[title]
    fleet.record(SERIAL, fleet.user("ann@example.com"), age=AGE)
    stem = title.partition(",")[0]
    scopes = [*documented_scopes(stem), *more]
    made = watched.control("POST", "/okta/apps", {"scopes": scopes})
    app = {
        "OKTA_CLIENT_TOKEN": "",
        "OKTA_CLIENT_CLIENTID": made["client_id"],
        "OKTA_CLIENT_PRIVATEKEY": made["private_key"],
        "OKTA_CLIENT_KID": made["key_id"],
    }
    done = playbook(
        watched.lab,
        CHECKOUT / "playbooks" / f"{stem}.yml",
        variables={f"device_trust_{name}": value for name, value in values.items()},
        environment=app,
    )
    assert done.status == 0 and watched.writes() == writes, (scopes, done.output)
