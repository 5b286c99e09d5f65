# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row for each Mac, as results, reports and the inventory have it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from .._core.results import Result
from .._core.timestamps import EARLIEST, format_timestamp
from .facts import (
    AgeLimits,
    DeviceRecord,
    Fleet,
    MacFacts,
    choose_record,
    estimate_expiry_of,
    find_earliest,
)
from .managed_until import Outlook, predict_outlook
from .stages import classify


@dataclass(frozen=True, slots=True)
class RowUser:
    """A user of a Mac's device records, and whether Okta treats the Mac as managed for the user."""

    login: str
    management_status: str


@dataclass(frozen=True, slots=True)
class MacRow:
    """One Mac, its stage and what it was derived from.

    The fields have the names and the order of results, of the JSON report and of the inventory's
    variables. Each is a column of the report, too (``_report/columns.py``). Timestamps are ISO
    8601, "" or None if unknown.
    """

    serial_number: str = ""
    device_name: str = ""
    device_id: str = ""
    person: str = ""
    ring: str | None = None
    blueprint: str = ""
    blueprint_id: str = ""
    os_version: str = ""
    model: str = ""
    tags: Sequence[str] = ()
    last_check_in: str = ""
    stage: str = ""
    reason: str = ""
    next_step: str = ""
    flags: Sequence[str] = ()
    unconfirmed: bool = False
    unconfirmed_reason: str = ""
    users: Sequence[RowUser] = ()
    okta_device_ids: Sequence[str] = ()
    okta_status: str = ""
    last_seen_by_okta: str = ""
    certificates: int = 0
    certificate_first_seen: str = ""
    certificate_expires: str | None = None
    certificate_expiry_source: str = ""
    managed_until: str | None = None
    managed_until_reason: str = ""

    @property
    def fallback_id(self) -> str:
        """Return what identifies the Mac if it has no serial."""
        return self.device_id or "-".join(self.okta_device_ids)

    def as_result(self) -> Result:
        """Return the row as results, reports and the inventory show it."""
        values = {name: getattr(self, name) for name in COLUMNS}
        lists = {name: list(values[name]) for name in ("tags", "flags", "okta_device_ids")}
        users = [
            {"login": user.login, "managementStatus": user.management_status} for user in self.users
        ]
        return {**values, **lists, "users": users}


COLUMNS = tuple(field.name for field in fields(MacRow))


def rows(fleet: Fleet) -> Iterator[MacRow]:
    """Yield a row for each Mac, in a stable order. No row is held."""
    for mac in fleet.macs:
        yield row_of(mac, fleet.limits)


def row_of(mac: MacFacts, limits: AgeLimits) -> MacRow:
    """Return the row of one Mac."""
    classification, best = classify(mac, limits), choose_record(mac.records)
    first = find_earliest([*mac.certificates, mac.issued])
    expiry, source = estimate_expiry_of(mac)
    outlook = predict_outlook(mac, limits)
    return MacRow(
        serial_number=mac.serial,
        device_name=mac.name,
        device_id=mac.device_id,
        person=mac.person,
        ring=mac.ring,
        blueprint=mac.blueprint,
        blueprint_id=mac.blueprint_id,
        os_version=mac.os_version,
        model=mac.model,
        tags=mac.tags,
        last_check_in=mac.last_check_in,
        stage=classification.stage,
        reason=classification.reason,
        next_step=classification.next_step,
        flags=classification.flags,
        unconfirmed=bool(classification.unconfirmed_reason),
        unconfirmed_reason=classification.unconfirmed_reason,
        users=_users(mac, best),
        okta_device_ids=[record.id for record in mac.records],
        okta_status=best.status if best else "",
        last_seen_by_okta=best.last_updated if best else "",
        certificates=len(mac.certificates),
        certificate_first_seen=format_timestamp(first) if first else "",
        certificate_expires=format_timestamp(expiry) if expiry else None,
        certificate_expiry_source=source,
        managed_until=_managed_until(outlook),
        managed_until_reason="" if outlook.today == "no" else outlook.reason,
    )


def _managed_until(outlook: Outlook) -> str | None:
    """Return until when the Mac surely stays managed, or None if not even that is sure.

    Never the time of the run: a row would be another one in each run.
    """
    until = outlook.sure_until
    return format_timestamp(until) if until and until != EARLIEST else None


def _users(mac: MacFacts, best: DeviceRecord | None) -> list[RowUser]:
    """Return the users of all its records, each once, with the status of the best record."""
    users: dict[str, str] = dict(best.users) if best else {}
    for record in mac.records:
        for login, status in record.users.items():
            users.setdefault(login, status)
    return [RowUser(login, status) for login, status in users.items()]
