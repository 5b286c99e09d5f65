# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder:

one Mac's records from both systems -> one stage, one reason, one next step. Pure; the one place
where this is decided.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._core.timestamps import parse_timestamp as moment
from .._okta.device_events import RecordEvents
from .._okta.facts import CERTIFICATE_LIFETIME

# From the bottom to the top. Names are what results, tables and gates use.
STAGES = (
    "KANDJI_MISSING",
    "NOT_IN_SCOPE",
    "PROFILE_FAILED",
    "PROFILE_PENDING",
    "CERTIFICATE_ABSENT",
    "CERTIFICATE_EXPIRED",
    "NO_LICENCE",
    "OKTA_VERIFY_MISSING",
    "NOT_REGISTERED",
    "SUSPENDED",
    "DEACTIVATED",
    "REGISTERED_BEFORE_CERTIFICATE",
    "REGISTERED_NOT_MANAGED",
    "MIXED",
    "MANAGED",
)
# Stages that time and the Mac's person alone leave behind; the others need an administrator.
PEOPLE_STAGES = (
    "PROFILE_PENDING",
    "CERTIFICATE_ABSENT",
    "OKTA_VERIFY_MISSING",
    "NOT_REGISTERED",
    "REGISTERED_NOT_MANAGED",
)
# Stages of Macs of which nothing has to be said.
QUIET_STAGES = ("MANAGED", "NOT_IN_SCOPE")
FLAGS = (
    "DUPLICATE_RECORD",
    "ORPHAN",
    "SHARED_DEVICE",
    "STALE",
    "SERIAL_EMPTY",
    "COMPETING_CONFIGURATION",
    "CERTIFICATE_DUPLICATE",
    "CERTIFICATE_EXPIRING",
    "CERTIFICATE_EXPIRED",
)

FRESH = timedelta(
    minutes=5
)  # Okta's search is eventually consistent: what it says of a record that has just changed may change again
CLOCKS = timedelta(seconds=10)  # two vendors' clocks, and when each of them notes a thing
INVENTORY = timedelta(days=1)  # Kandji sees a certificate at the Mac's next daily inventory


@dataclass(slots=True)
class DeviceRecord:
    """An Okta device record.

    ``users`` is login -> MANAGED or NOT_MANAGED; times are ISO 8601. ``has_serial``: Okta knows the
    Mac's serial.
    """

    id: str
    status: str
    created: str = ""
    last_updated: str = ""
    users: dict[str, str] = field(default_factory=dict)
    has_serial: bool = True
    name: str = ""


@dataclass(slots=True)
class MacFacts:
    """What both systems say of one Mac.

    States are those of _library_item.STATES, or None where nothing is known. ``device_id`` is
    Kandji's.
    """

    serial: str
    name: str = ""
    device_id: str = ""
    person: str = ""
    ring: str | None = None
    profile_state: str | None = None
    profile_log: str = ""
    certificates: t.Sequence[str] = ()  # when each was first seen
    app_state: str | None = None
    app_present: bool = False
    records: t.Sequence[DeviceRecord] = ()
    in_kandji: bool = True
    blueprint: str = ""
    blueprint_id: str = ""
    os_version: str = ""
    model: str = ""
    tags: t.Sequence[str] = ()
    last_check_in: str = ""
    competing: bool = False  # another configuration brings certificates of the same authority to it
    copied: bool = False  # one of its certificates is on another Mac too
    issued: str = ""  # when the System Log saw its first certificate issued, as far as it was read
    ends: str = ""  # of its newest certificate, where the Mac or the ledger says so
    ends_from: str = ""  # mac or ledger
    events: dict[str, RecordEvents] | None = None  # by id of the record
    doubt: str = ""  # why the join itself may be wrong
    unlisted: tuple[
        str, ...
    ] = ()  # profile, app: whose statuses name other Macs of its blueprint and not this one


@dataclass(frozen=True)
class Rules:
    """What time has to do with a standing. Without ``now`` nothing is old, fresh or over."""

    now: datetime | None = None
    expiring_days: int = 30
    stale_days: int = 90


@dataclass(slots=True)
class Standing:
    """``doubt`` says why only a read by id would settle where the Mac stands;

    it is empty where nothing speaks against it.
    """

    stage: str
    reason: str
    next_step: str
    flags: list[str] = field(default_factory=list)
    doubt: str = ""


TIMELESS = Rules()


def stand(mac: MacFacts, rules: Rules = TIMELESS) -> Standing:
    """Where a Mac stands.

    Okta's word that it is managed outweighs everything; else the first thing that is missing
    counts.
    """
    best = best_record(mac.records)
    standing = _missing(mac) or _top(best) or _delivery(mac, rules) or _registration(mac, best)
    standing.flags = flags(mac, rules)
    standing.doubt = _doubt(mac, standing, best, rules)
    return standing


def best_record(records: t.Sequence[DeviceRecord]) -> DeviceRecord | None:
    """Of several records for one serial the working one counts, else the newest."""
    return max(
        records,
        key=lambda one: (
            one.status == "ACTIVE",
            "MANAGED" in one.users.values(),
            one.last_updated,
            one.id,
        ),
        default=None,
    )


def _missing(mac: MacFacts) -> Standing | None:
    if mac.in_kandji:
        return None
    known = (
        f"Kandji knows no Mac with its serial {mac.serial}"
        if mac.serial
        else "Its Okta record has no serial, so that no Mac in Kandji can be named"
    )
    return Standing(
        "KANDJI_MISSING",
        f"{known}.",
        "Enrol it in Kandji; if it is gone, remove its record (okta_device_reset).",
    )


def _top(best: DeviceRecord | None) -> Standing | None:
    if best is None or best.status != "ACTIVE":
        return None
    states = set(best.users.values())
    if states == {"MANAGED"}:
        return Standing("MANAGED", "Okta shows it as managed for each of its users.", "Nothing.")
    if "MANAGED" in states:
        waiting = ", ".join(
            sorted(login for login, state in best.users.items() if state != "MANAGED")
        )
        return Standing(
            "MIXED",
            f"Okta shows it as managed for some of its users, not for {waiting}.",
            "The user that is named signs in once with Okta FastPass on this Mac.",
        )
    return None


def _delivery(mac: MacFacts, rules: Rules) -> Standing | None:
    return _profile(mac) or _certificate(mac, rules) or _app(mac)


def _profile(mac: MacFacts) -> Standing | None:
    if mac.ring is None:
        return Standing(
            "NOT_IN_SCOPE",
            "Its blueprint is in no ring.",
            "Nothing, or add its blueprint to a ring.",
        )
    if mac.profile_state == "failed":
        return Standing(
            "PROFILE_FAILED",
            "The SCEP profile could not be installed:"
            f" {mac.profile_log or 'Kandji gives no reason'}.",
            "Check SCEP URL and challenge (a reset secret key?), then ask for a check-in.",
        )
    if mac.profile_state != "installed":
        return Standing(
            "PROFILE_PENDING",
            "The SCEP profile is not installed yet.",
            "Wait for its check-in (within 24 hours), or ask for one in Kandji.",
        )
    return None


def _certificate(mac: MacFacts, rules: Rules) -> Standing | None:
    if not mac.certificates and mac.ends_from != "mac":
        return Standing(
            "CERTIFICATE_ABSENT",
            "The SCEP profile is installed, and no certificate of this Mac was seen in its"
            " inventory yet.",
            "Wait for its next inventory (daily); then look at the System Log for pki.cert.issue.",
        )
    end = certificate_end(mac)[0]
    if end and rules.now and end <= rules.now:
        return Standing(
            "CERTIFICATE_EXPIRED",
            f"Its newest certificate ended on {end:%Y-%m-%d}.",
            "Have its profile delivered anew (a new generation of its ring), so that it asks Okta"
            " for a certificate.",
        )
    return None


def _app(mac: MacFacts) -> Standing | None:
    if mac.app_present or mac.app_state == "installed":
        return None
    if mac.app_state == "no_licence":
        return Standing(
            "NO_LICENCE",
            "There is no licence of Okta Verify left for it.",
            "Buy licences in Apple Business Manager (they are free).",
        )
    return Standing(
        "OKTA_VERIFY_MISSING",
        _app_reason(mac.app_state),
        "Wait for its check-in, or ask for one in Kandji.",
    )


def _app_reason(state: str | None) -> str:
    reasons = {
        "failed": "Okta Verify could not be installed.",
        "self_service_only": (
            "Okta Verify is only offered in Self Service: the item's installation type is not"
            " Install and Continuously Enforce."
        ),
    }
    return reasons.get(state or "", "Okta Verify is not installed yet.")


def _registration(mac: MacFacts, best: DeviceRecord | None) -> Standing:
    if best is None:
        return Standing(
            "NOT_REGISTERED",
            "Certificate and Okta Verify are there, and nobody has registered it with Okta.",
            "Its user opens Okta Verify and adds the account.",
        )
    if best.status in ("SUSPENDED", "DEACTIVATED"):
        return Standing(
            best.status,
            f"Its device record in Okta is {best.status.lower()}.",
            (
                "Unsuspend it in Okta."
                if best.status == "SUSPENDED"
                else "Reset it (okta_device_reset), then its user registers it anew."
            ),
        )
    registered, first = moment(best.created), first_of([*mac.certificates, mac.issued])
    if registered and first and first > registered:
        return Standing(
            "REGISTERED_BEFORE_CERTIFICATE",
            "It was registered with Okta before its first certificate came.",
            "Its user signs in once with Okta FastPass; if it stays so, reset it"
            " (okta_device_reset) and have it registered anew.",
        )
    return Standing(
        "REGISTERED_NOT_MANAGED",
        "It is registered and holds a certificate, and no FastPass sign-in has shown it to Okta"
        " yet.",
        "Its user signs in once with Okta FastPass (not push or a password) on this Mac.",
    )


def first_of(times: t.Iterable[str]) -> datetime | None:
    """The earliest of times; None where none can be read."""
    return min((one for one in map(moment, times) if one), default=None)


def certificate_end(mac: MacFacts) -> tuple[datetime | None, str]:
    """When its newest certificate ends, and who says so:

    the Mac, the ledger, or a year reckoned from when it was first seen.
    """
    said = moment(mac.ends) if mac.ends else None
    if said:
        return said, mac.ends_from
    newest = max((one for one in map(moment, mac.certificates) if one), default=None)
    return (newest + CERTIFICATE_LIFETIME, "reckoned") if newest else (None, "")


# Flags


def flags(mac: MacFacts, rules: Rules = TIMELESS) -> list[str]:
    """What stands beside the stage, in the order of FLAGS."""
    end = certificate_end(mac)[0] if rules.now else None
    left = end - rules.now if end and rules.now else None
    found = {
        "DUPLICATE_RECORD": len(mac.records) > 1,
        "ORPHAN": any(not record.users for record in mac.records),
        "SHARED_DEVICE": any(len(record.users) > 1 for record in mac.records),
        "STALE": any(_is_stale(record, rules) for record in mac.records),
        "SERIAL_EMPTY": not mac.serial or not all(record.has_serial for record in mac.records),
        "COMPETING_CONFIGURATION": mac.competing,
        "CERTIFICATE_DUPLICATE": mac.copied or len(mac.certificates) > 1,
        "CERTIFICATE_EXPIRING": (
            left is not None and timedelta(0) < left <= timedelta(days=rules.expiring_days)
        ),
        "CERTIFICATE_EXPIRED": left is not None and left <= timedelta(0),
    }
    return [flag for flag in FLAGS if found[flag]]


def _is_stale(record: DeviceRecord, rules: Rules) -> bool:
    changed = moment(record.last_updated) if rules.now else None
    return (
        changed is not None
        and rules.now is not None
        and rules.now - changed > timedelta(days=rules.stale_days)
    )


# What only a read by id would settle


def _doubt(mac: MacFacts, standing: Standing, best: DeviceRecord | None, rules: Rules) -> str:
    """Why a standing is unconfirmed, or nothing. The first reason counts."""
    if mac.doubt:
        return mac.doubt
    contradicted = _contradicted(mac)
    if contradicted:
        return contradicted
    if rules.now and any(_is_fresh(record, rules.now) for record in mac.records):
        return "Its record changed within the last minutes, and Okta's search may be behind."
    judge = _DOUBTS.get(standing.stage)
    return judge(mac, best) if judge else ""


def _is_fresh(record: DeviceRecord, now: datetime) -> bool:
    changed = moment(record.last_updated)
    return changed is not None and changed > now - FRESH


def _contradicted(mac: MacFacts) -> str:
    """Where the System Log is ahead of the search."""
    shown = {record.id: record for record in mac.records}
    for record_id, events in (mac.events or {}).items():
        record = shown.get(record_id)
        if record is None:
            if events.status != "DELETED":
                return (
                    f"The System Log knows its record {record_id}, which the search does not show."
                )
        elif _differs(record, events):
            return f"The System Log says something newer of its record {record_id} than the search."
    return ""


def _differs(record: DeviceRecord, events: RecordEvents) -> bool:
    if events.status and events.status != record.status:
        return True
    if record.status != "ACTIVE":
        return False
    if events.bound is not None and events.bound != ("MANAGED" in record.users.values()):
        return True
    return any(added != (login in record.users) for login, added in events.users.items())


def _doubt_pending(mac: MacFacts, best: DeviceRecord | None) -> str:
    return _GAP.format("SCEP profile") if "profile" in mac.unlisted else ""


def _doubt_app(mac: MacFacts, best: DeviceRecord | None) -> str:
    return _GAP.format("Okta Verify") if "app" in mac.unlisted else ""


def _doubt_managed(mac: MacFacts, best: DeviceRecord | None) -> str:
    bound = best is not None and (mac.events or {}).get(best.id, RecordEvents()).bound
    if mac.ring is not None and not mac.certificates and mac.ends_from != "mac" and not bound:
        return "Okta shows it as managed, and Kandji shows no certificate of it."
    return ""


def _doubt_mixed(mac: MacFacts, best: DeviceRecord | None) -> str:
    # The second user's sign-in binds nothing, so that the log cannot speak for or against it.
    return "Okta's search may be behind about single users of a device."


def _doubt_absent(mac: MacFacts, best: DeviceRecord | None) -> str:
    if mac.issued:
        return (
            "Okta's log knows a certificate that was issued to it, and Kandji's inventory does not"
            " show it yet."
        )
    return (
        "Its profile came with a certificate, and Kandji's inventory does not show it; inventories"
        " are daily."
    )


def _doubt_expired(mac: MacFacts, best: DeviceRecord | None) -> str:
    return (
        "The end of its certificate is reckoned from when it was first seen."
        if certificate_end(mac)[1] == "reckoned"
        else ""
    )


def _doubt_order(mac: MacFacts, best: DeviceRecord | None) -> str:
    """Which came first, record or certificate: the log knows, the inventory only within a day."""
    registered, first = (
        moment(best.created) if best else None,
        first_of([*mac.certificates, mac.issued]),
    )
    if best is not None and not best.users:
        return "The search shows no user of its record."
    if registered is None or first is None:
        return "When it was registered, or when its certificate came, is not known."
    if abs(first - registered) <= CLOCKS:
        return "Record and certificate came within seconds of each other."
    if not mac.issued and timedelta(0) < first - registered <= INVENTORY:
        return (
            "Its certificate was first seen within a day of its registration, and inventories are"
            " daily."
        )
    return ""


_GAP = "Kandji's list of statuses of the {} names other Macs of its blueprint and not this one."
_DOUBTS: dict[str, t.Callable[[MacFacts, DeviceRecord | None], str]] = {
    "PROFILE_PENDING": _doubt_pending,
    "OKTA_VERIFY_MISSING": _doubt_app,
    "MANAGED": _doubt_managed,
    "MIXED": _doubt_mixed,
    "CERTIFICATE_ABSENT": _doubt_absent,
    "CERTIFICATE_EXPIRED": _doubt_expired,
    "REGISTERED_BEFORE_CERTIFICATE": _doubt_order,
    "REGISTERED_NOT_MANAGED": _doubt_order,
}


def in_order(taken: t.Mapping[str, int]) -> dict[str, int]:
    """How many stand on each stage that is taken, from top to bottom."""
    return {stage: taken[stage] for stage in reversed(STAGES) if taken.get(stage)}


def table(
    rows: t.Sequence[t.Mapping[str, t.Any]],
    total: t.Mapping[str, int],
    renewals: t.Mapping[str, str | None],
    names: int = 10,
) -> list[str]:
    """The table at the end of a run:

    how many stand where, who needs what, what renews when. Of each group so many Macs are named.
    """
    lines = [f"{'stage':<31}Macs"] + [f"{stage:<31}{count:>4}" for stage, count in total.items()]
    groups: dict[tuple[str, str, str], list[t.Mapping[str, t.Any]]] = {}
    for row in rows:
        groups.setdefault((row["stage"], row["reason"], row["next_step"]), []).append(row)
    if groups:
        lines += ["", "Who needs what:"]
    for (stage, reason, next_step), macs in groups.items():
        lines.append(f"  {stage}: {reason} {next_step}")
        lines += [
            f"    {row['serial_number']} {row['device_name']} ({row['person'] or 'no user'})"
            for row in macs[:names]
        ]
        lines += [f"    ... and {len(macs) - names} more"] if len(macs) > names else []
    if renewals:
        lines += ["", "What renews when:"]
        lines += [
            f"  ring {ring}: certificates are to be issued anew by {date or 'unknown'}"
            for ring, date in renewals.items()
        ]
    return lines
