# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two answers that the page reads.

``fleet`` is the state of everything, ``news`` what happened since; neither holds a secret. A page
reads the news often, and the fleet only when the fingerprint in the news has changed.
"""

from __future__ import annotations

import typing as t

from lab.actors.inventory import OKTA_VERIFY
from lab.actors.mac import Mac
from lab.actors.person import HABITS, Person
from lab.clock import iso
from lab.kandji.model import ProfileItem
from lab.okta.devices.records import Record
from lab.state import World

MOST = 500  # requests, and events, in one answer

Row = dict[str, t.Any]

# The state of everything


def fleet(world: World) -> Row:
    """Return a row for each Mac, certificate, device record and person."""
    people: dict[str, list[Person]] = {}
    for person in world.people:
        people.setdefault(person.serial, []).append(person)
    return {
        "fingerprint": fingerprint(world),
        "macs": [_mac(world, mac, people.get(mac.serial, [])) for mac in world.macs],
        "certificates": _certificates(world),
        "records": _records(world),
        "people": [_person(world, person) for person in world.people],
    }


def fingerprint(world: World) -> str:
    """Return a text that changes whenever a row may have changed, without making the rows."""
    macs = hash(
        tuple(
            (
                mac.device.last_check_in,
                len(mac.profiles),
                len(mac.apps),
                mac.in_a_drawer,
                mac.device.blueprint_id,
            )
            for mac in world.macs
        )
    )
    people = hash(tuple((person.habit, person.last_outcome) for person in world.people))
    okta = hash(
        tuple((record.last_updated, record.status) for record in world.okta.devices.values())
    )
    return f"{hash((macs, people, okta, world.okta.log.count, world.clock.advanced)):x}"


def _mac(world: World, mac: Mac, people: t.Sequence[Person]) -> Row:
    certificate, why_none = _certificate_of(world, mac)
    managed = any(
        world.okta.registry.is_managed(device_id, user_id)
        for user_id, device_id in mac.accounts.items()
    )
    registered = any(device_id in world.okta.devices for device_id in mac.accounts.values())
    blueprint = world.kandji.blueprints.get(mac.device.blueprint_id)
    return {
        "serial": mac.serial,
        "name": mac.device.name,
        "person": ", ".join(world.okta.users[person.user_id].name for person in people),
        "blueprint": blueprint.name if blueprint else "",
        "profile": ", ".join(_scep_profiles(mac)),
        "certificate": certificate,
        "okta_verify": OKTA_VERIFY in mac.apps,
        "registered": registered,
        "managed": managed,
        "why": "" if managed else _why(world, mac, people, why_none),
    }


def _scep_profiles(mac: Mac) -> list[str]:
    """Return the names of the installed profiles that have a certificate of Okta's."""
    brought = {certificate.profile_identifier for certificate in mac.certificates}
    return [
        profile.columns["profile_display_name"]
        for identifier, profile in mac.profiles.items()
        if identifier in brought
    ]


def _certificate_of(world: World, mac: Mac) -> tuple[str, str]:
    """Return the status of the newest certificate, and why the Mac has no valid one."""
    if not mac.certificates:
        return "", _failure(world, mac) or "has no SCEP profile yet"
    known = world.okta.platform.authority.certificates.get(mac.certificates[-1].serial_number)
    if known is None:
        return "other authority", "its certificate is not of this org's authority"
    if known.status != "ACTIVE":
        return known.status, f"its certificate is {known.status.lower()}"
    if known.not_after <= world.clock.now():
        return "EXPIRED", "its certificate has ended"
    return "ACTIVE", ""


def _failure(world: World, mac: Mac) -> str:
    """Return the log of a profile that could not be installed."""
    statuses = (
        (world.kandji.items.get(item_id), status) for item_id, status in mac.device.statuses.items()
    )
    return next(
        (
            status.log or ""
            for item, status in statuses
            if isinstance(item, ProfileItem) and status.status == "ERROR"
        ),
        "",
    )


def _why(world: World, mac: Mac, people: t.Sequence[Person], why_no_certificate: str) -> str:
    """Return why a Mac is not managed."""
    if mac.in_a_drawer:
        return "lies in a drawer and never checks in"
    if why_no_certificate:
        return why_no_certificate
    if OKTA_VERIFY not in mac.apps:
        return "has no Okta Verify yet"
    outcomes = "; ".join(person.last_outcome for person in people) or "nobody uses it"
    record = world.okta.devices.get(mac.okta_account)
    return (
        f"was registered before its certificate came; {outcomes}"
        if record and _is_older(world, record, mac)
        else outcomes
    )


def _is_older(world: World, record: Record, mac: Mac) -> bool:
    """Return whether a record is older than the Mac's certificate and has none bound to it."""
    certificate = world.okta.platform.authority.certificates[mac.certificates[-1].serial_number]
    return not record.certificates and record.created < certificate.issued_at


def _certificates(world: World) -> list[Row]:
    now = world.clock.now()
    records = world.okta.devices
    rows = []
    for certificate in world.okta.platform.authority.certificates.values():
        record = records.get(certificate.bound_device_id)
        rows.append(
            {
                "common_name": certificate.common_name,
                "status": (
                    "EXPIRED"
                    if certificate.status == "ACTIVE" and certificate.not_after <= now
                    else certificate.status
                ),
                "issued": iso(certificate.issued_at),
                "not_after": iso(certificate.not_after),
                "last_used": iso(certificate.last_used) if certificate.last_used else "",
                "bound_to": (
                    record.profile["displayName"] if record else certificate.bound_device_id or ""
                ),
            }
        )
    return rows


def _records(world: World) -> list[Row]:
    users = world.okta.users
    return [
        {
            "id": record.id,
            "serial": record.profile.get("serialNumber", ""),
            "name": record.profile["displayName"],
            "platform": record.profile["platform"],
            "status": record.status,
            "created": iso(record.created),
            "users": ", ".join(users[user_id].login for user_id in record.users),
            "managed": any(link.managed for link in record.users.values()),
        }
        for record in world.okta.devices.values()
    ]


def _person(world: World, person: Person) -> Row:
    user = world.okta.users[person.user_id]
    return {
        "name": user.name,
        "login": user.login,
        "serial": person.serial,
        "habit": HABITS[person.habit],
        "outcome": person.last_outcome,
    }


# What has happened


def news(world: World, requests: int, events: int) -> Row:
    """Return the requests and events that the page does not know, newest first.

    ``requests`` and ``events`` are how many it knows; a number beyond the end means none. At most
    ``MOST`` of each are returned.
    """
    log = world.okta.log
    return {
        "clock": iso(world.clock.now()),
        "fingerprint": fingerprint(world),
        "acting": {"macs": world.switches.macs_act, "people": world.switches.people_act},
        "requests_known": len(world.requests),
        "requests": [
            _request(record)
            for record in reversed(world.requests[_start(requests, len(world.requests)) :])
        ],
        "events_known": log.count,
        "events": [
            _event(event) for event in reversed(log.newest(log.count - _start(events, log.count)))
        ],
    }


def _start(known: int, count: int) -> int:
    return max(known if known <= count else 0, count - MOST)


def _request(record: t.Any) -> Row:
    """Return a request without its query, which may be the message of an enrollment."""
    return {
        "number": record.number,
        "at": record.at,
        "vendor": record.vendor,
        "verb": record.verb,
        "operation": record.operation,
        "path": record.path,
        "status": record.status,
        "writes": record.writes,
    }


def _event(event: t.Any) -> Row:
    return {
        "at": iso(event.published),
        "type": event.event_type,
        "message": event.message,
        "actor": event.actor["displayName"],
        "target": ", ".join(_named(target) for target in event.target),
    }


def _named(target: Row) -> str:
    names: tuple[str | None, ...] = (
        target["displayName"],
        target["alternateId"],
        (target["detailEntry"] or {}).get("subjectCommonName"),
        target["id"],
    )
    return next(name for name in names if name and name != "unknown")
