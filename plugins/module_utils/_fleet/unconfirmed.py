# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a read cannot settle: why the stage of a Mac is unconfirmed. Pure.

Okta's search lags, Kandji's inventories are daily, and both lists are paged while they change.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from .._core.timestamps import parse_timestamp
from .._okta.events.device_events import RecordEvents
from .._okta.record_rank import newest_records
from .facts import (
    INVENTORY,
    TIMELESS,
    UNORDERED,
    AgeLimits,
    DeviceRecord,
    MacFacts,
    choose_record,
    estimate_expiry_of,
    explain_unknown_item_status,
    explain_unknown_status,
    find_earliest,
    list_deleted_records,
)

# Okta's search is eventually consistent: a record that has just changed may show another state.
FRESH = timedelta(minutes=5)

_GAP = "Kandji's list of statuses of the {} names other Macs of its blueprint, but not this one."


def explain_unconfirmed(mac: MacFacts, stage: str, limits: AgeLimits = TIMELESS) -> str:
    """Return why only a read by id would confirm the stage, or "". The first reason counts."""
    if mac.incomplete:
        return mac.incomplete
    newer = find_contradiction(mac)
    if newer:
        return newer
    if limits.now and any(_is_fresh(record, limits.now) for record in mac.records):
        return "Its record changed within the last minutes, and Okta's search may lag."
    if explain_unknown_status(choose_record(mac.records)):
        return explain_unknown_status(choose_record(mac.records))
    explain = _EXPLAIN.get(stage)
    reason = explain(mac, choose_record(mac.records)) if explain else ""
    reason = reason or (_explain_proof(mac) if stage in AFTER_CERTIFICATE else "")
    return reason or mac.unshown or _explain_dates(mac)


def _is_fresh(record: DeviceRecord, now: datetime) -> bool:
    changed = parse_timestamp(record.last_updated)
    return changed is not None and changed > now - FRESH


def find_contradiction(mac: MacFacts) -> str:
    """Return where the System Log is ahead of Okta's search, as a sentence, or ""."""
    records = {record.id: record for record in mac.records}
    for record_id, events in (mac.events or {}).items():
        record = records.get(record_id)
        if record is None and events.status != "DELETED":
            return f"The System Log names its record {record_id}, which the search lacks."
        if record and _differs(record, events):
            return f"The System Log has newer facts about its record {record_id} than the search."
    for deleted in list_deleted_records(mac):
        if newest_records([*mac.records, deleted]) == [deleted] and _leaves_managed(
            deleted.id, mac
        ):
            return f"Its newest record {deleted.id} was deleted, and an older one is still managed."
    return ""


def _leaves_managed(record_id: str, mac: MacFacts) -> bool:
    """Return whether a deleted record leaves one of its people that is managed.

    The deleted one was that of the account in Okta Verify, so no sign-in is one with an older
    record. A record of other people says nothing of that account. Unknown people may be any.
    """
    users = (mac.events or {})[record_id].users
    return any(
        "MANAGED" in record.users.values()
        and (not users or not record.users.keys().isdisjoint(users))
        for record in mac.records
    )


def _differs(record: DeviceRecord, events: RecordEvents) -> bool:
    current = "ACTIVE" if record.is_working else record.status
    if events.status and events.status != current:
        return True
    if not record.is_working:
        return False
    if events.bound is not None and events.bound != ("MANAGED" in record.users.values()):
        return True
    return any(added != (login in record.users) for login, added in events.users.items())


def _explain_proof(mac: MacFacts) -> str:
    """Return why its certificate may be another authority's.

    The Mac's own report, Okta's log and the UUID of the profile tell them apart.
    """
    if mac.certificates or mac.expiry_source or mac.issued or not mac.unproved:
        return ""
    return (
        "Its certificate is known by its serial alone, which certificates of other authorities hold"
        " too."
    )


def _explain_dates(mac: MacFacts) -> str:
    if mac.expires or all(map(parse_timestamp, mac.certificates)):
        return ""
    return "Kandji does not show when it first saw its certificate."


def _explain_profile(mac: MacFacts, best: DeviceRecord | None) -> str:
    if "profile" in mac.status_gaps:
        return _GAP.format("SCEP profile")
    return explain_unknown_item_status(mac.profile_state, mac.profile_log, "the SCEP profile")


def _explain_app(mac: MacFacts, best: DeviceRecord | None) -> str:
    if "app" in mac.status_gaps:
        return _GAP.format("Okta Verify")
    return explain_unknown_item_status(mac.app_state, mac.app_log, "Okta Verify")


def _explain_managed(mac: MacFacts, best: DeviceRecord | None) -> str:
    is_bound = best is not None and mac.is_bound(best.id)
    if mac.ring is None or mac.has_certificate or is_bound:
        return ""
    return "Okta shows it as managed, but Kandji shows no certificate of it."


def _explain_mixed(mac: MacFacts, best: DeviceRecord | None) -> str:
    # The second user's sign-in binds nothing, therefore the log cannot confirm or refute it.
    return "Okta's search may lag for single users of a device."


def _explain_absent(mac: MacFacts, best: DeviceRecord | None) -> str:
    if mac.issued:
        return (
            "Okta's System Log has a certificate that was issued to it, but Kandji's inventory"
            " does not show it yet."
        )
    return (
        "Its profile came with a certificate, but Kandji's inventory does not show it; inventories"
        " are daily."
    )


def _explain_expired(mac: MacFacts, best: DeviceRecord | None) -> str:
    if estimate_expiry_of(mac)[1] != "estimated":
        return ""
    return "The expiry of its certificate is estimated from when it was first seen."


def _explain_order(mac: MacFacts, best: DeviceRecord | None) -> str:
    """Return why it is unknown whether the record or the certificate came first.

    The System Log has the time of issue; Kandji's inventory has it only within a day.
    """
    if best is not None and not best.users:
        return "The search shows no user of its record."
    registered = parse_timestamp(best.created) if best else None
    first = find_earliest([*mac.certificates, mac.issued])
    if registered is None or first is None:
        return "The time of its registration or of its certificate is unknown."
    if abs(first - registered) <= UNORDERED:
        return "Record and certificate came within seconds of each other."
    if not mac.issued and timedelta(0) < first - registered <= INVENTORY:
        return (
            "Its certificate was first seen within a day of its registration, and inventories are"
            " daily."
        )
    return ""


# Stages of Macs that are taken to have a certificate.
AFTER_CERTIFICATE = (
    "NO_LICENSE",
    "OKTA_VERIFY_MISSING",
    "NOT_REGISTERED",
    "SUSPENDED",
    "DEACTIVATED",
    "REGISTERED_BEFORE_CERTIFICATE",
    "REGISTERED_NOT_MANAGED",
)
_EXPLAIN: dict[str, Callable[[MacFacts, DeviceRecord | None], str]] = {
    "PROFILE_PENDING": _explain_profile,
    "OKTA_VERIFY_MISSING": _explain_app,
    "MANAGED": _explain_managed,
    "MIXED": _explain_mixed,
    "CERTIFICATE_ABSENT": _explain_absent,
    "CERTIFICATE_EXPIRED": _explain_expired,
    "REGISTERED_BEFORE_CERTIFICATE": _explain_order,
    "REGISTERED_NOT_MANAGED": _explain_order,
}
