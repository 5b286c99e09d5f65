# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that modules share, as argument specs.

The documentation fragments describe the same options; ansible-test compares them.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

from .errors import BadOption

# An option as Ansible's argument spec describes it: type, default, fallback ...
Option = dict[str, t.Any]
# Options by name.
ArgumentSpec = dict[str, Option]
# The values of a task's options by name, as an argument spec validated them.
Params = t.Mapping[str, t.Any]

OKTA: ArgumentSpec = {
    "okta_org_url": {"type": "str", "fallback": (env_fallback, ["OKTA_CLIENT_ORGURL"])},
    "okta_api_token": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_CLIENT_TOKEN"]),
    },
    "okta_access_token": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_ACCESS_TOKEN"]),
    },
    "okta_client_id": {"type": "str", "fallback": (env_fallback, ["OKTA_CLIENT_CLIENTID"])},
    "okta_private_key": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["OKTA_CLIENT_PRIVATEKEY"]),
    },
    "okta_key_id": {
        "type": "str",
        "no_log": False,
        "fallback": (env_fallback, ["OKTA_CLIENT_KID"]),
    },
}
KANDJI: ArgumentSpec = {
    "kandji_api_url": {"type": "str", "fallback": (env_fallback, ["IRUCTL_TENANT"])},
    "kandji_api_token": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["IRUCTL_TOKEN"]),
    },
}
CONNECTION: ArgumentSpec = {
    "ca_path": {"type": "path", "fallback": (env_fallback, ["DEVICE_TRUST_CA_PATH"])},
    "api_timeout": {"type": "float", "default": 30.0},
    "api_retries": {"type": "int", "default": 5},
    "capacity_percent": {"type": "int", "default": 50},
}
RING: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "blueprints": {"type": "list", "elements": "str", "required": True},
    "scep_profile": {"type": "str"},
    "assignment_nodes": {"type": "dict"},
    "test_macs": {"type": "list", "elements": "str", "default": []},
    "generation": {"type": "str"},
    "library_item": {"type": "str"},
}
RINGS: ArgumentSpec = {
    "rings": {
        "type": "list",
        "elements": "dict",
        "options": RING,
        "mutually_exclusive": [("scep_profile", "library_item")],
        "required": True,
    }
}
OPTIONAL_RINGS: ArgumentSpec = {"rings": {**RINGS["rings"], "required": False, "default": []}}
# How the SCEP profile of a ring is named that names none.
PROFILES: ArgumentSpec = {
    "scep_profile_prefix": {"type": "str", "default": "Okta SCEP - "},
}
# Options of readers of the whole fleet.
FLEET: ArgumentSpec = {
    "okta_verify_item_ids": {"type": "list", "elements": "str", "default": []},
    "certificate_check_item_id": {"type": "str"},
    "other_blueprints": {"type": "list", "elements": "str", "default": []},
    "other_serials": {"type": "list", "elements": "str", "default": []},
}
REDISTRIBUTION: ArgumentSpec = {
    "redistribution_days": {"type": "int", "default": 30},
}
# Limits, approval and audit of modules that write to device records. Weak authenticators do not
# prove who somebody is well enough to add Okta Verify again.
DEVICE_RUN: ArgumentSpec = {
    "weak_authenticators": {
        "type": "list",
        "elements": "str",
        "default": ["okta_password", "okta_email", "security_question"],
    },
    "max_devices": {"type": "int", "default": 10},
    "max_percent": {"type": "int", "default": 20},
    "confirm_above": {"type": "int", "default": 10},
    "confirm": {"type": "str"},
    "plan_digest": {"type": "str"},
    "reason": {"type": "str"},
    "requested_by": {"type": "str"},
    "state_dir": {"type": "path"},
}
LEDGER: ArgumentSpec = {"state_dir": {"type": "path"}}
POLLING: ArgumentSpec = {"poll_interval": {"type": "int", "default": 10}}
MAX_ROWS: ArgumentSpec = {"max_rows": {"type": "int", "default": 200}}
# How a library item is assigned to blueprints.
ASSIGNMENT: ArgumentSpec = {
    "blueprints": {"type": "list", "elements": "str", "required": False},
    "assignment_nodes": {"type": "dict"},
    "max_removed": {"type": "int", "default": 0},
}
# The same for apps and scripts.
REQUIRED_ASSIGNMENT: ArgumentSpec = {
    **ASSIGNMENT,
    "blueprints": {"type": "list", "elements": "str", "required": True},
    "blueprints_mode": {"type": "str", "choices": ["add", "exact"], "default": "add"},
}
# What Custom Profiles share, whatever their content.
PROFILE_PLATFORMS = ("mac", "iphone", "ipad", "tv", "vision")
CUSTOM_PROFILE: ArgumentSpec = {
    "library_item_id": {"type": "str"},
    "blueprints_mode": {"type": "str", "choices": ["add", "exact", "remove"], "default": "add"},
    "runs_on": {
        "type": "list",
        "elements": "str",
        "choices": list(PROFILE_PLATFORMS),
        "default": ["mac"],
    },
    "test_enrollment": {"type": "bool", "default": True},
    "max_reissue": {"type": "int", "default": 0},
    "max_new": {"type": "int"},
}
# What refuses a change of sign-in rules that would lock people out.
FORECAST: ArgumentSpec = {
    "forecast": {"type": "bool", "default": True},
    "max_locked_out": {"type": "int", "default": 0},
    "active_days": {"type": "int", "default": 30},
    "log_events": {"type": "int", "default": 50000},
    "break_glass_group": {"type": "str"},
    "allow_protected_apps": {"type": "list", "elements": "str", "default": []},
}
# Of rules and of device records, as Okta writes them.
PLATFORMS = ["MACOS", "WINDOWS", "CHROMEOS", "LINUX", "IOS", "ANDROID"]
# What remove_conditions takes away -> the key of the condition in Okta's rule.
REMOVABLE_CONDITIONS = {
    "device": "device",
    "platforms": "platform",
    "people": "people",
    "user_types": "userType",
    "network": "network",
    "risk_level": "riskScore",
    "expression": "elCondition",
}
# A rule of an app sign-in policy, as modules and the role take it.
RULE: ArgumentSpec = {
    "name": {"type": "str", "required": True},
    "status": {"type": "str", "choices": ["ACTIVE", "INACTIVE"]},
    "position": {"type": "str", "choices": ["first", "last"]},
    "before": {"type": "str"},
    "after": {"type": "str"},
    "managed": {"type": "bool"},
    "registered": {"type": "bool"},
    "device_assurances": {"type": "list", "elements": "str"},
    "platforms": {"type": "list", "elements": "str", "choices": PLATFORMS},
    "groups": {"type": "list", "elements": "str"},
    "groups_excluded": {"type": "list", "elements": "str"},
    "users": {"type": "list", "elements": "str"},
    "users_excluded": {"type": "list", "elements": "str"},
    "user_types": {"type": "list", "elements": "str"},
    "user_types_excluded": {"type": "list", "elements": "str"},
    "network_connection": {"type": "str", "choices": ["ANYWHERE", "ZONE"]},
    "zones": {"type": "list", "elements": "str"},
    "zones_excluded": {"type": "list", "elements": "str"},
    "risk_level": {"type": "str", "choices": ["ANY", "LOW", "MEDIUM", "HIGH"]},
    "expression": {"type": "str"},
    "remove_conditions": {
        "type": "list",
        "elements": "str",
        "default": [],
        "choices": list(REMOVABLE_CONDITIONS),
    },
    "access": {"type": "str", "choices": ["ALLOW", "DENY"]},
    "factor_mode": {"type": "str", "choices": ["1FA", "2FA"]},
    "reauthenticate_in": {"type": "str"},
    "inactivity_period": {"type": "str"},
    "constraints": {"type": "list", "elements": "dict"},
    "chains": {"type": "list", "elements": "dict"},
}
RULE_PLACES = [("position", "before", "after")]  # of which one is given at most
# A rule in a list of rules.
LISTED_RULE: ArgumentSpec = {
    **RULE,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def require(params: Params, table: ArgumentSpec, name: str) -> t.Any:
    """Return a connection option. Raises BadOption that names its environment variable."""
    if not params[name]:
        raise BadOption(
            f"{name} is required: set the option or the environment variable"
            f" {table[name]['fallback'][1][0]}."
        )
    return params[name]


def arguments(*tables: ArgumentSpec) -> ArgumentSpec:
    """Return an argument spec of several tables and the connection options."""
    spec: ArgumentSpec = {}
    for table in (*tables, CONNECTION):
        spec.update({name: dict(option) for name, option in table.items()})
    return spec
