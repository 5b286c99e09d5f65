# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device records may go, in which order, and what stops each. Pure; the writes are the module's."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._integration import moment

SERIALS_PER_SEARCH = 40  # by the length of a URL


@dataclass
class Found:
    """What was there for one thing that was asked for: a record, read fresh by its id, with its users; or nothing."""

    asked: str
    record: t.Optional[t.Dict[str, t.Any]] = None
    users: t.List[t.Dict[str, t.Any]] = field(default_factory=list)


@dataclass
class Decision:
    """``action`` is reset, hold or none; ``reason`` is one sentence."""

    found: Found
    action: str
    reason: str


def batches(serials: t.Sequence[str], size: int = SERIALS_PER_SEARCH) -> t.List[t.List[str]]:
    return [list(serials[start:start + size]) for start in range(0, len(serials), size)]


def managed_users(users: t.Iterable[t.Mapping[str, t.Any]]) -> t.List[str]:
    return [login(one) for one in users if one.get("managementStatus") == "MANAGED"]


def login(device_user: t.Mapping[str, t.Any]) -> str:
    user = device_user.get("user") or {}
    return str((user.get("profile") or {}).get("login") or user.get("id") or "unknown user")


def decide(found: Found, created_before: datetime, force: bool) -> Decision:
    """One record -> reset it, hold it back with one reason, or nothing to do."""
    record = found.record
    if record is None:
        return Decision(found, "none", "There is no device record for it.")
    created, registered = record.get("created"), moment(record.get("created"))
    if registered is None:
        return Decision(found, "hold", "When it was registered is not known, so that it may be a new registration, which is kept.")
    if registered >= created_before:
        return Decision(found, "hold", f"It was registered at {created}, not before {created_before.isoformat()} (created_before): a new registration is kept.")
    managed = managed_users(found.users)
    if managed and not force:
        return Decision(found, "hold", f"It works: {', '.join(managed)} is MANAGED on it (force resets it all the same).")
    return Decision(found, "reset", "Its record is deactivated and deleted; its users register anew.")


def check_count(decisions: t.Sequence[Decision], max_devices: int) -> None:
    """Raises Refused, before any write, when more records would go than max_devices."""
    count = sum(one.action == "reset" for one in decisions)
    if count > max_devices:
        raise Refused(f"{count} device records would be deleted, and max_devices is {max_devices}. Nothing was written; "
                      f"set max_devices: {count} if that is wanted.", count=count, allowed=max_devices)


def described(decision: Decision, state: str) -> t.Dict[str, t.Any]:
    """What the result says of one record. ``state`` is reset, would_reset, held_back or absent."""
    record, profile = decision.found.record or {}, (decision.found.record or {}).get("profile") or {}
    return {
        "asked": decision.found.asked, "device_id": record.get("id"), "serial_number": profile.get("serialNumber"), "display_name": profile.get("displayName"),
        "platform": profile.get("platform"), "status_before": record.get("status"), "created": record.get("created"),
        "users": [{"login": login(one), "management_status": one.get("managementStatus")} for one in decision.found.users],
        "state": state, "reason": decision.reason,
    }
