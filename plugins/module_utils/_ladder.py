# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder: one Mac's records from both systems -> one rung, one reason, one next step. Pure; the one place where this is decided."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._integration import moment

# From the bottom to the top. Names are what results, tables and gates use.
RUNGS = (
    "NOT_IN_SCOPE", "PROFILE_FAILED", "PROFILE_PENDING", "CERTIFICATE_ABSENT", "NO_LICENCE", "OKTA_VERIFY_MISSING", "NOT_REGISTERED", "SUSPENDED",
    "DEACTIVATED", "REGISTERED_BEFORE_CERTIFICATE", "REGISTERED_NOT_MANAGED", "MIXED", "MANAGED",
)
# Rungs that time and the Mac's person alone leave behind; the others need an administrator.
PEOPLE_RUNGS = ("PROFILE_PENDING", "CERTIFICATE_ABSENT", "OKTA_VERIFY_MISSING", "NOT_REGISTERED", "REGISTERED_NOT_MANAGED")


@dataclass
class DeviceRecord:
    """An Okta device record. ``users`` is login -> MANAGED or NOT_MANAGED; times are ISO 8601."""

    id: str
    status: str
    created: str = ""
    last_updated: str = ""
    users: t.Dict[str, str] = field(default_factory=dict)


@dataclass
class MacFacts:
    """What both systems say of one Mac. States are those of _library_item.STATES, or None where nothing is known."""

    serial: str
    name: str = ""
    device_id: str = ""
    person: str = ""
    ring: t.Optional[str] = None
    profile_state: t.Optional[str] = None
    profile_log: str = ""
    certificates: t.List[str] = field(default_factory=list)  # when each was first seen
    app_state: t.Optional[str] = None
    app_present: bool = False
    records: t.List[DeviceRecord] = field(default_factory=list)


@dataclass
class Standing:
    rung: str
    reason: str
    next_step: str
    flags: t.List[str] = field(default_factory=list)


def stand(mac: MacFacts) -> Standing:
    """Where a Mac stands. Okta's word that it is managed outweighs everything; else the first thing that is missing counts."""
    best = best_record(mac.records)
    standing = _top(mac, best) or _delivery(mac) or _registration(mac, best)
    standing.flags = flags(mac)
    return standing


def best_record(records: t.Sequence[DeviceRecord]) -> t.Optional[DeviceRecord]:
    """Of several records for one serial the working one counts, else the newest."""
    return max(records, key=lambda one: (one.status == "ACTIVE", "MANAGED" in one.users.values(), one.last_updated, one.id), default=None)


def _top(mac: MacFacts, best: t.Optional[DeviceRecord]) -> t.Optional[Standing]:
    if best is None or best.status != "ACTIVE":
        return None
    states = set(best.users.values())
    if states == {"MANAGED"}:
        return Standing("MANAGED", "Okta shows it as managed for each of its users.", "Nothing.")
    if "MANAGED" in states:
        waiting = ", ".join(sorted(login for login, state in best.users.items() if state != "MANAGED"))
        return Standing("MIXED", f"Okta shows it as managed for some of its users, not for {waiting}.",
                        "The user that is named signs in once with Okta FastPass on this Mac.")
    return None


def _delivery(mac: MacFacts) -> t.Optional[Standing]:
    if mac.ring is None:
        return Standing("NOT_IN_SCOPE", "Its blueprint is in no ring.", "Nothing, or add its blueprint to a ring.")
    if mac.profile_state == "failed":
        return Standing("PROFILE_FAILED", f"The SCEP profile could not be installed: {mac.profile_log or 'Kandji gives no reason'}.",
                        "Check SCEP URL and challenge (a reset secret key?), then ask for a check-in.")
    if mac.profile_state != "installed":
        return Standing("PROFILE_PENDING", "The SCEP profile is not installed yet.", "Wait for its check-in (within 24 hours), or ask for one in Kandji.")
    if not mac.certificates:
        return Standing("CERTIFICATE_ABSENT", "The SCEP profile is installed, and no certificate of this Mac was seen in its inventory yet.",
                        "Wait for its next inventory (daily); then look at the System Log for pki.cert.issue.")
    if mac.app_present or mac.app_state == "installed":
        return None
    if mac.app_state == "no_licence":
        return Standing("NO_LICENCE", "There is no licence of Okta Verify left for it.", "Buy licences in Apple Business Manager (they are free).")
    return Standing("OKTA_VERIFY_MISSING", _app_reason(mac.app_state), "Wait for its check-in, or ask for one in Kandji.")


def _app_reason(state: t.Optional[str]) -> str:
    reasons = {
        "failed": "Okta Verify could not be installed.",
        "self_service_only": "Okta Verify is only offered in Self Service: the item's installation type is not Install and Continuously Enforce.",
    }
    return reasons.get(state or "", "Okta Verify is not installed yet.")


def _registration(mac: MacFacts, best: t.Optional[DeviceRecord]) -> Standing:
    if best is None:
        return Standing("NOT_REGISTERED", "Certificate and Okta Verify are there, and nobody has registered it with Okta.",
                        "Its user opens Okta Verify and adds the account.")
    if best.status in ("SUSPENDED", "DEACTIVATED"):
        return Standing(best.status, f"Its device record in Okta is {best.status.lower()}.",
                        "Unsuspend it in Okta." if best.status == "SUSPENDED" else "Reset it (okta_device_reset), then its user registers it anew.")
    registered, first = moment(best.created), first_of(mac.certificates)
    if registered and first and first > registered:
        return Standing("REGISTERED_BEFORE_CERTIFICATE", "It was registered with Okta before its first certificate came.",
                        "Its user signs in once with Okta FastPass; if it stays so, reset it (okta_device_reset) and have it registered anew.")
    return Standing("REGISTERED_NOT_MANAGED", "It is registered and holds a certificate, and no FastPass sign-in has shown it to Okta yet.",
                    "Its user signs in once with Okta FastPass (not push or a password) on this Mac.")


def first_of(times: t.Sequence[str]) -> t.Optional[datetime]:
    """The earliest of times; None where none can be read."""
    return min((one for one in map(moment, times) if one), default=None)


def flags(mac: MacFacts) -> t.List[str]:
    found = []
    if len(mac.records) > 1:
        found.append("DUPLICATE_RECORD")
    if any(not record.users for record in mac.records):
        found.append("ORPHAN")
    if any(len(record.users) > 1 for record in mac.records):
        found.append("SHARED_DEVICE")
    return found


def names_serial(text: str, serial: str) -> bool:
    """Whether a common name holds this serial as a word: serials can be parts of others."""
    # Serials of virtual Macs hold signs, so that the text cannot be split into words first.
    return bool(serial) and re.search(rf"(?<![0-9a-z]){re.escape(serial.lower())}(?![0-9a-z])", text.lower()) is not None


def counts(standings: t.Iterable[Standing]) -> t.Dict[str, int]:
    """How many stand on each rung that is taken, from top to bottom."""
    taken = [one.rung for one in standings]
    return {rung: taken.count(rung) for rung in reversed(RUNGS) if rung in taken}


def table(rows: t.Sequence[t.Mapping[str, t.Any]], total: t.Mapping[str, int], renewals: t.Mapping[str, t.Optional[str]], names: int = 10) -> t.List[str]:
    """The table at the end of a run: how many stand where, who needs what, what renews when. Of each group so many Macs are named."""
    lines = [f"{'rung':<31}Macs"] + [f"{rung:<31}{count:>4}" for rung, count in total.items()]
    groups: t.Dict[t.Tuple[str, str, str], t.List[t.Mapping[str, t.Any]]] = {}
    for row in rows:
        groups.setdefault((row["rung"], row["reason"], row["next_step"]), []).append(row)
    if groups:
        lines += ["", "Who needs what:"]
    for (rung, reason, next_step), macs in groups.items():
        lines.append(f"  {rung}: {reason} {next_step}")
        lines += [f"    {row['serial_number']} {row['device_name']} ({row['person'] or 'no user'})" for row in macs[:names]]
        lines += [f"    ... and {len(macs) - names} more"] if len(macs) > names else []
    if renewals:
        lines += ["", "What renews when:"]
        lines += [f"  ring {ring}: certificates are to be issued anew by {date or 'unknown'}" for ring, date in renewals.items()]
    return lines
