# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant does to a profile: rewrite it when stored, resolve its variables when delivered."""

from __future__ import annotations

import copy
import plistlib
import re
import typing as t
import uuid
from xml.parsers.expat import ExpatError

from lab.kandji.model import Blueprint, Device
from lab.state import Switches

SCEP_TYPE = "com.apple.security.scep"

_VARIABLES = (
    "SERIAL_NUMBER",
    "DEVICE_NAME",
    "ASSET_TAG",
    "DEVICE_ID",
    "UDID",
    "PROFILE_UUID",
    "MODEL_NAME",
    "MODEL_IDENTIFIER",
    "BLUEPRINT_NAME",
    "BLUEPRINT_ID",
    "EMAIL",
    "EMAIL_PREFIX",
    "FULL_NAME",
    "USERNAME",
    "USERNAME_PREFIX",
    "DEPARTMENT",
    "JOB_TITLE",
)
_VARIABLE = re.compile(r"\$(" + "|".join(sorted(_VARIABLES, key=len, reverse=True)) + ")")


def parse(content: bytes | str) -> dict[str, t.Any]:
    """Return a configuration profile as a dict; raise ValueError for anything else."""
    try:
        document = plistlib.loads(content if isinstance(content, bytes) else content.encode())
    except (
        ValueError,
        ExpatError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:  # plistlib raises all of these on rubbish
        raise ValueError("not a property list") from error
    if (
        not isinstance(document, dict)
        or document.get("PayloadType") != "Configuration"
        or not isinstance(document.get("PayloadContent"), list)
    ):
        raise ValueError("not a configuration profile")
    return document


def rewritten(
    document: dict[str, t.Any], *, item_id: str, name: str, payload_uuid: str, switches: Switches
) -> dict[str, t.Any]:
    """Return the profile as the tenant stores it.

    It replaces three top-level keys; whether PayloadContent stays as sent is a switch.
    """
    stored = copy.deepcopy(document)
    stored.update(
        PayloadIdentifier=f"com.kandji.profile.custom.{item_id}",
        PayloadDisplayName=name,
        PayloadUUID=payload_uuid,
    )
    if not switches.top_level_keys_survive:
        stored.pop("PayloadDescription", None)
        stored.pop("PayloadOrganization", None)
    if not switches.inner_identity_survives:
        _rewrite_inner_identities(stored, payload_uuid)
    return stored


def _rewrite_inner_identities(stored: dict[str, t.Any], payload_uuid: str) -> None:
    """Give all payloads other names, and let what refers to them follow."""
    renamed: dict[object, str] = {}
    for number, payload in enumerate(stored["PayloadContent"]):
        inner = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{payload_uuid} {number}"))
        if isinstance(payload, dict):
            renamed[payload.get("PayloadUUID")] = inner
            payload.update(
                PayloadUUID=inner, PayloadIdentifier=f"{stored['PayloadIdentifier']}.{inner}"
            )
    stored["PayloadContent"] = _with_references(stored["PayloadContent"], renamed)


def _with_references(value: t.Any, renamed: dict[object, str]) -> t.Any:
    if isinstance(value, dict):
        return {key: _with_references(inner, renamed) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_references(inner, renamed) for inner in value]
    return renamed.get(value, value) if isinstance(value, str) else value


def with_other_retries(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return the profile with another Retries, for the switch ``tenant_changes_profile``."""
    changed = copy.deepcopy(document)
    for payload in scep_payloads(changed):
        payload["PayloadContent"]["Retries"] = payload["PayloadContent"].get("Retries", 3) + 1
    return changed


def render(document: dict[str, t.Any], *, tabs_become_spaces: bool) -> str:
    """Return the profile as the text that the API shows."""
    text = plistlib.dumps(document, sort_keys=False).decode()
    return (
        re.sub(r"^\t+", lambda tabs: "    " * len(tabs.group()), text, flags=re.MULTILINE)
        if tabs_become_spaces
        else text
    )


def scep_payloads(document: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """Return the SCEP payloads of a profile."""
    return [
        payload
        for payload in document["PayloadContent"]
        if isinstance(payload, dict)
        and payload.get("PayloadType") == SCEP_TYPE
        and isinstance(payload.get("PayloadContent"), dict)
    ]


def variables(device: Device, blueprint: Blueprint | None, profile_uuid: str) -> dict[str, str]:
    """Return the values of the global variables for one device.

    Those of a user are empty without one.
    """
    email = device.user.email if device.user else ""
    return {
        "SERIAL_NUMBER": device.serial,
        "DEVICE_NAME": device.name,
        "ASSET_TAG": device.asset_tag,
        "DEVICE_ID": device.id,
        "UDID": device.udid,
        "PROFILE_UUID": profile_uuid,
        "MODEL_NAME": device.model,
        "MODEL_IDENTIFIER": device.model_id,
        "BLUEPRINT_NAME": blueprint.name if blueprint else "",
        "BLUEPRINT_ID": device.blueprint_id,
        "EMAIL": email,
        "EMAIL_PREFIX": email.partition("@")[0],
        "FULL_NAME": device.user.name if device.user else "",
        "USERNAME": email,
        "USERNAME_PREFIX": email.partition("@")[0],
        "DEPARTMENT": "",
        "JOB_TITLE": "",
    }


def resolved(value: t.Any, values: dict[str, str]) -> t.Any:
    """Return a copy of a plist value with the variables in all its strings replaced."""
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: values[match.group(1)], value)
    if isinstance(value, list):
        return [resolved(entry, values) for entry in value]
    if isinstance(value, dict):
        return {key: resolved(entry, values) for key, entry in value.items()}
    return value
