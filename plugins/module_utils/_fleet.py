# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of the fleet read at once and joined by serial: the records that the ladder judges."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils import _mobileconfig as mobileconfig
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._errors import all_of
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import Kandji
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._ladder import DeviceRecord, MacFacts, Standing, names_serial, stand
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._library_item import read_status
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import Okta

OKTA_VERIFY_BUNDLE = "com.okta.mobile"
NO_CERTIFICATE = "no certificate has this name"
MACS_IN_OKTA = 'profile.platform eq "MACOS"'

Rows = t.List[t.Dict[str, t.Any]]


@dataclass
class Ring:
    """A ring resolved: blueprint ids in lower case, and its profile where there is one; of an item that the console made its id alone is known."""

    name: str
    blueprint_ids: t.Set[str]
    profile: t.Optional[t.Dict[str, t.Any]] = None


def profile_uuid(profile: t.Mapping[str, t.Any]) -> t.Optional[str]:
    return (mobileconfig.parse(profile.get("profile")) or {}).get("PayloadUUID")


def uses_profile_uuid(profile: t.Mapping[str, t.Any]) -> bool:
    payloads = mobileconfig.scep_payloads(mobileconfig.parse(profile.get("profile")))
    return any("$PROFILE_UUID" in repr(one["PayloadContent"].get("Subject")) for one in payloads)


def certificate_filter(profiles: t.Sequence[t.Mapping[str, t.Any]]) -> t.Dict[str, t.Any]:
    """Only certificates of these profiles where their names hold the profile's UUID (in either case), else all identities."""
    narrow: t.Dict[str, t.Any] = {"identity_certificate": {"eq": True}}
    uuids = [str(profile_uuid(one)) for one in profiles if profile_uuid(one)]
    if uuids and all(uses_profile_uuid(one) for one in profiles):
        narrow["common_name"] = {"like": sorted({form for one in uuids for form in (one.upper(), one.lower())})}
    return narrow


def read_certificates(kandji: Kandji, profiles: t.Sequence[t.Mapping[str, t.Any]], held: bool) -> Rows:
    """Certificates under these profiles. ``held``: Macs hold them, so that finding none means that the narrow filter does not fit this tenant."""
    if not profiles:
        # Nothing can match; that the token may read certificates must be known before the first profile is written.
        return list(kandji.prism_certificates({"common_name": {"in": [NO_CERTIFICATE]}}))
    narrow = certificate_filter(profiles)
    rows = list(kandji.prism_certificates(narrow))
    if not rows and held and "common_name" in narrow:
        rows = list(kandji.prism_certificates({"identity_certificate": {"eq": True}}))
    return rows


def read_records(okta: Okta) -> t.Dict[str, t.List[DeviceRecord]]:
    """Serial -> the Macs' device records with their users, from search: good for a report, not for a write."""
    records: t.Dict[str, t.List[DeviceRecord]] = defaultdict(list)
    for row in okta.devices(MACS_IN_OKTA, expand="userSummary"):
        serial = str((row.get("profile") or {}).get("serialNumber") or "")
        records[serial].append(device_record(row, (row.get("_embedded") or {}).get("users") or []))
    return records


def device_record(row: t.Mapping[str, t.Any], users: t.Iterable[t.Mapping[str, t.Any]]) -> DeviceRecord:
    states = {}
    for number, one in enumerate(users):
        user = one.get("user") or one.get("summary") or {}
        name = str((user.get("profile") or {}).get("login") or user.get("id") or number)
        states[name] = str(one.get("managementStatus") or "NOT_MANAGED")
    return DeviceRecord(str(row.get("id")), str(row.get("status")), str(row.get("created") or ""), str(row.get("lastUpdated") or ""), states)


def statuses(kandji: Kandji, item_ids: t.Iterable[str]) -> t.Dict[str, t.Dict[str, t.Any]]:
    """Device id (lower case) -> its status row, over several items; the better one counts where a Mac has two."""
    found: t.Dict[str, t.Dict[str, t.Any]] = {}
    for item_id in item_ids:
        for row in kandji.item_statuses(item_id):
            device_id = str((row.get("computer") or {}).get("id", "")).lower()
            if device_id not in found or read_status(row) == "installed":
                found[device_id] = row
    return found


@dataclass
class Fleet:
    """All that a report needs."""

    macs: t.List[MacFacts]
    standings: t.List[Standing]


def read_fleet(okta: Okta, kandji: Kandji, rings: t.Sequence[Ring], app_ids: t.Sequence[str]) -> Fleet:
    """Read Okta in a thread of its own beside Kandji, join, judge. Calls grow with the pages of each side alone."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        records = pool.submit(read_records, okta)
        macs, by_serial = all_of([lambda: _read_kandji(kandji, rings, app_ids), records.result])
    for mac in macs:
        mac.records = by_serial.get(mac.serial, [])
    return Fleet(macs, [stand(mac) for mac in macs])


def _read_kandji(kandji: Kandji, rings: t.Sequence[Ring], app_ids: t.Sequence[str]) -> t.List[MacFacts]:
    profiles = [ring.profile for ring in rings if ring.profile]
    devices, (profile_rows, certificates), app_rows, apps = all_of([
        lambda: [row for row in kandji.devices(platform="Mac") if row.get("platform") == "Mac"],
        lambda: _read_delivery(kandji, profiles),
        lambda: statuses(kandji, app_ids),
        lambda: {str(row.get("device_id", "")).lower() for row in kandji.prism_apps({"bundle_id": {"in": [OKTA_VERIFY_BUNDLE]}})},
    ])
    return [_mac(row, rings, profile_rows, app_rows, certificates, apps) for row in devices]


def _read_delivery(kandji: Kandji, profiles: t.Sequence[t.Dict[str, t.Any]]) -> t.Tuple[t.Dict[str, t.Dict[str, t.Any]], t.Dict[str, Rows]]:
    """Device id -> status of its SCEP profile, and device id -> its certificates."""
    rows = statuses(kandji, [str(one["id"]) for one in profiles])
    held = any(read_status(row) == "installed" for row in rows.values())
    return rows, _by_device(read_certificates(kandji, profiles, held))


def _by_device(rows: Rows) -> t.Dict[str, Rows]:
    found: t.Dict[str, Rows] = defaultdict(list)
    for row in rows:
        found[str(row.get("device_id", "")).lower()].append(row)
    return found


def _mac(
    row: t.Mapping[str, t.Any], rings: t.Sequence[Ring], profile_rows: t.Mapping[str, t.Mapping[str, t.Any]],
    app_rows: t.Mapping[str, t.Mapping[str, t.Any]], certificates: t.Mapping[str, Rows], apps: t.AbstractSet[str],
) -> MacFacts:
    device_id, serial = str(row.get("device_id", "")).lower(), str(row.get("serial_number", ""))
    blueprint = str(row.get("blueprint_id", "")).lower()
    user = row.get("user") if isinstance(row.get("user"), dict) else {}
    profile, app = profile_rows.get(device_id), app_rows.get(device_id)
    facts = MacFacts(
        serial=serial, name=str(row.get("device_name", "")), device_id=device_id, person=str((user or {}).get("email") or (user or {}).get("name") or ""),
        ring=next((ring.name for ring in rings if blueprint in ring.blueprint_ids), None),
        profile_state=read_status(profile) if profile else None, profile_log=str((profile or {}).get("log") or "")[:200],
        certificates=[str(one.get("created_at") or "") for one in certificates.get(device_id, []) if names_serial(str(one.get("common_name")), serial)],
        app_state=read_status(app) if app else None, app_present=device_id in apps,
    )
    # Whether Kandji tells statuses of items that its console made is not documented; where it does not, the certificate speaks for them.
    by_console = any(ring.name == facts.ring and ring.profile and "profile" not in ring.profile for ring in rings)
    if by_console and facts.profile_state is None and facts.certificates:
        facts.profile_state = "installed"
    return facts
