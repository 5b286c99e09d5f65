# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when Okta treats a Mac as managed if nothing is renewed. Pure.

Okta shows what the last sign-in with Okta FastPass proved, which the next one may not prove again:
the certificate expires, or is gone with its profile. What cannot be known is said, never guessed.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._core.timestamps import EARLIEST, parse_timestamp
from .._okta.record_rank import current_records, newest_records
from .._okta.records import DEVICE_STATUSES, MANAGEMENT_STATUSES
from .certificates.use import UnusedCertificate, unused_certificate
from .enrolled_after_registration import enrolled_since
from .facts import (
    INVENTORY,
    AgeLimits,
    DeviceRecord,
    MacFacts,
    estimate_expiry_of,
    explain_unknown_status,
    fold_person,
    list_deleted_records,
    map_known_logins,
)
from .stages import classify
from .unconfirmed import find_contradiction

State = t.Literal["yes", "no", "unknown"]
LATE_CHECK_IN = timedelta(days=7)  # a Mac that was away so long may get no renewal in time


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether the next sign-in of a person finds a Mac managed, today and later.

    ``sure_until`` is the first time at which a Mac that is managed today may not be managed, and
    ``ends`` the first at which it surely is not, None if that is unknown. ``reason`` is a sentence
    on why not, or on why that cannot be known. ``superseded`` is one on why the records of the
    person may not be that of their account in Okta Verify any more, or "".
    """

    today: State
    reason: str
    sure_until: datetime | None = None
    ends: datetime | None = None
    superseded: str = ""

    def state_at(self, time: datetime) -> State:
        """Return whether it is managed at a time that has not passed."""
        if self.today == "yes" and (self.sure_until is None or time < self.sure_until):
            return "yes"
        if self.today == "no" or (self.ends is not None and time >= self.ends):
            return "no"
        return "unknown"


def predict_outlooks(
    mac: MacFacts, limits: AgeLimits, known: t.Mapping[str, str] | None = None
) -> dict[str, Outlook]:
    """Return the outlook of a Mac for each person who uses it, by login.

    A person whom only Kandji names is not registered on it. Without an e-mail address, which
    identifies the person, that may be one of the users of a record that works.

    :arg known: facts.map_known_logins of all Macs, None for those of this Mac.
    """
    shared = _predict_by_certificate(mac, limits)
    logins = dict.fromkeys(login for record in mac.records for login in record.users)
    known = map_known_logins(mac.records) if known is None else known
    person = known.get(fold_person(mac.person), mac.person.strip())
    own = {fold_person(login) for login in logins}
    has_users = any(record.is_working and record.users for record in mac.records)
    if person and fold_person(person) not in own and ("@" in person or not has_users):
        logins[person] = None
    return {login: _predict_for(mac, login, shared, limits) for login in logins}


def predict_outlook(mac: MacFacts, limits: AgeLimits) -> Outlook:
    """Return the outlook of a Mac: that of the person for whom it is managed longest."""
    known = list(predict_outlooks(mac, limits).values())
    for state in ("yes", "unknown"):
        for outlook in known:
            if outlook.today == state:
                return outlook
    return Outlook("no", classify(mac, limits).reason)


# One person


def _predict_for(mac: MacFacts, login: str, shared: Outlook, limits: AgeLimits) -> Outlook:
    """Return the outlook for one person, whose records of the Mac may say different things.

    The newest record is that of the account in Okta Verify: an older one is from before the Mac was
    erased, or the account removed.
    """
    records = [record for record in mac.records if record.is_working and login in record.users]
    statuses = {record.users[login] for record in records}
    superseded = ""
    if records:
        superseded = _explain_superseded(mac, login, limits) or _explain_erasure(mac)
    if superseded and "MANAGED" in statuses:
        return Outlook("unknown", superseded, superseded=superseded)
    newest = {record.users[login] for record in newest_records(records)}
    if newest == {"MANAGED"}:
        return shared
    incomplete = mac.incomplete or find_contradiction(mac) or _explain_status(mac.records, login)
    if incomplete:
        return Outlook("unknown", incomplete, superseded=superseded)
    if "MANAGED" in statuses:
        return Outlook(
            "unknown",
            f"Okta has several records of {name_of(mac)}, and the newest does not show it as"
            f" managed for {login}.",
        )
    return Outlook("no", _explain_not_managed(mac, login, limits), superseded=superseded)


def _explain_superseded(mac: MacFacts, login: str, limits: AgeLimits) -> str:
    """Return why a record of a person says nothing of their account in Okta Verify, or ""."""
    records = [*mac.records, *list_deleted_records(mac)]
    if current_records(records, lambda record: login in record.users):
        return _explain_enrollment(mac, login, limits)
    fact = _explain_not_current(newest_records(records), login)
    return (
        f"The newest record that Okta has of {name_of(mac)} {fact}, and an older one is of {login}."
    )


def _explain_erasure(mac: MacFacts) -> str:
    """Return why the account in Okta Verify may be gone, though no newer record says so, or ""."""
    if not mac.left_mdm:
        return ""
    return (
        f"The MDM profile of {name_of(mac)} is gone, and its certificate with it. If the Mac was"
        " erased, it has lost the account."
    )


def _explain_not_current(newest: t.Iterable[DeviceRecord], login: str) -> str:
    """Return why none of the newest records of a Mac is that of a person's account."""
    statuses = [
        each.status
        for each in newest
        if not each.is_working and (login in each.users or not each.users)
    ]
    if "DELETED" in statuses:
        return "was deleted"
    return f"is {statuses[0] or 'without a status'}" if statuses else f"is not of {login}"


def _explain_enrollment(mac: MacFacts, login: str, limits: AgeLimits) -> str:
    enrolled = enrolled_since(mac, login, limits)
    if enrolled is None:
        return ""
    return (
        f"Kandji enrolled {name_of(mac)} on {enrolled:%Y-%m-%d}, and nothing shows that {login} has"
        " used Okta Verify on it since. An erased Mac has lost the account."
    )


def _explain_status(records: t.Iterable[DeviceRecord], login: str) -> str:
    """Return which status of a person's records is unknown, as a sentence, or ""."""
    for record in records:
        known = record.status in DEVICE_STATUSES and record.users.get(login) in MANAGEMENT_STATUSES
        if login in record.users and not known:
            return explain_unknown_status(record)
    return ""


def _explain_not_managed(mac: MacFacts, login: str, limits: AgeLimits) -> str:
    classification = classify(mac, limits)
    if classification.stage != "MANAGED":
        return classification.reason
    return f"{login} has no working registration on {name_of(mac)}."


# The certificate, which all people of a Mac share


def _predict_by_certificate(mac: MacFacts, limits: AgeLimits) -> Outlook:
    """Return the outlook for a person for whom Okta shows the Mac as managed."""
    outlook, unused = _predict_by_expiry(mac, limits), unused_certificate(mac, limits)
    if unused is None or outlook.today != "yes":
        return outlook
    reason = _explain_unused(name_of(mac), unused)
    if limits.now is None or unused.is_revoked or unused.sure_until <= limits.now:
        return Outlook("unknown", reason)
    if outlook.sure_until is None or unused.sure_until < outlook.sure_until:
        return replace(outlook, reason=reason, sure_until=unused.sure_until)
    return outlook


def _explain_unused(name: str, unused: UnusedCertificate) -> str:
    if unused.is_revoked:
        return (
            f"Okta revoked a certificate of {name} that nobody used, probably that of"
            f" {unused.issued:%Y-%m-%d}, and still shows the Mac as managed."
        )
    if unused.sure_until < unused.revoked_at:
        return (
            f"Whether the certificate of {name} of {unused.issued:%Y-%m-%d} was used is unknown,"
            f" and the one before it may expire on {unused.sure_until:%Y-%m-%d}."
        )
    return (
        f"Whether the certificate of {name} of {unused.issued:%Y-%m-%d} was used is unknown. Okta"
        f" revokes it on {unused.revoked_at:%Y-%m-%d} if nobody signs in with Okta FastPass before."
    )


def _predict_by_expiry(mac: MacFacts, limits: AgeLimits) -> Outlook:
    """Return the outlook by the expiry of the certificate."""
    now = limits.now
    incomplete = mac.incomplete or find_contradiction(mac) or _explain_loss(mac)
    if incomplete:
        return Outlook("unknown", incomplete)
    expiry, source = estimate_expiry_of(mac)
    if expiry is None or now is None:
        return Outlook(
            "yes",
            f"When the certificate of {name_of(mac)} expires is unknown.",
            EARLIEST if now else None,
        )
    is_estimated = source == "estimated"
    sure_until = expiry - INVENTORY if is_estimated else expiry
    if sure_until <= now:
        return Outlook(
            "unknown",
            f"The certificate of {name_of(mac)} expired on {expiry:%Y-%m-%d}"
            f"{', as estimated' * is_estimated}, and Okta still shows the Mac as managed.",
        )
    return Outlook(
        "yes",
        f"The certificate of {name_of(mac)} expires on {sure_until:%Y-%m-%d}"
        f"{', or within a day of it,' * is_estimated}"
        f"{', with the authority that signed it,' * bool(mac.not_after)}"
        " and nothing renews it before."
        f"{_explain_late_check_in(mac, now)}",
        sure_until,
        None if mac.competing else expiry,
    )


def _explain_late_check_in(mac: MacFacts, now: datetime) -> str:
    seen = parse_timestamp(mac.last_check_in)
    if seen is None or now - seen <= LATE_CHECK_IN:
        return ""
    return f" It last checked in on {seen:%Y-%m-%d}."


def _explain_loss(mac: MacFacts) -> str:
    """Return why the certificate by which Okta treats a Mac as managed may be gone, or ""."""
    name = name_of(mac)
    if not mac.in_kandji:
        return f"Kandji does not manage {name}, so its profile and its certificate may be gone."
    if mac.left_mdm:
        return f"The MDM profile of {name} is gone, and its certificate with it."
    if mac.ring is None:
        return f"The blueprint of {name} is in no ring, so nothing keeps its certificate."
    if not mac.rolled_out:
        return f"Kandji has no SCEP profile for the ring of {name}."
    if mac.profile_state in ("failed", "excluded", "incompatible"):
        return f"The SCEP profile on {name} is {mac.profile_state}, so its certificate may be gone."
    if mac.copied:
        return f"The certificate of {name} is on another Mac, too."
    is_bound = any(mac.is_bound(record.id) for record in mac.records)
    if not mac.has_certificate and not (mac.profile_state == "installed" and is_bound):
        return f"Okta shows {name} as managed, but Kandji shows no certificate of it."
    return ""


def name_of(mac: MacFacts) -> str:
    """Return what people call a Mac: its serial, else its name, else its id."""
    records = mac.records[0].id if mac.records else ""
    return mac.serial or mac.name or mac.device_id or records
