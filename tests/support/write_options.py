# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that write to a small lab, for tests of what disturbs their runs."""

from __future__ import annotations

import plistlib
import typing as t

Options = dict[str, t.Any]

ORIGINAL, CLONE = "Company apps", "Company apps (managed devices)"
STUCK = "RESETMAC0001"
CANARY: Options = {"name": "Okta SCEP - canary", "blueprints": ["Canary"]}
RENEWED: Options = {**CANARY, "generation": "2027", "max_reissue": 50}
WIDENED: Options = {**CANARY, "blueprints": ["Canary", "Engineering"]}
REMOVED: Options = {**CANARY, "blueprints_mode": "remove", "max_removed": 50}
OKTA_VERIFY: Options = {"name": "Okta Verify", "blueprints": ["Canary"]}
COPY: Options = {"name": CLONE, "clone_of": ORIGINAL}
MOVE: Options = {**COPY, "apps": ["Slack"], "break_glass_group": "Break glass"}
MANAGED: Options = {
    "policy": ORIGINAL,
    "name": "Managed Macs",
    "position": "first",
    "platforms": ["MACOS"],
    "managed": True,
    "access": "ALLOW",
    "factor_mode": "2FA",
    "groups_excluded": ["Break glass"],
    "break_glass_group": "Break glass",
}
NO_PUSH: Options = {"method": "push", "status": "INACTIVE", "allow_lock_out": True}


def without_policy(rule: Options) -> Options:
    """Return the options of a rule as a list of rules of one policy holds them."""
    return {key: rule[key] for key in rule if key not in ("policy", "break_glass_group")}


def wifi(**keys: t.Any) -> Options:
    """Return the options of a profile that the collection did not make: a Wi-Fi payload."""
    payload = {
        "PayloadType": "com.apple.wifi.managed",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi.1",
        "PayloadUUID": "ONE",
        "SSID_STR": "Acme",
        **keys,
    }
    profile = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme.wifi",
        "PayloadUUID": "ANY",
        "PayloadContent": [payload],
    }
    text = plistlib.dumps(profile).decode()
    return {"name": "Wifi", "mobileconfig": text, "blueprints": ["Canary"]}
