# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a test Mac has its profile and its certificate. Pure."""

from __future__ import annotations

import typing as t

from .._core.text import names_serial
from .._core.timestamps import require_timestamp
from .._kandji.profile_holders import is_console_scep
from .._kandji.records import InstalledProfile, ItemStatus, PrismCertificate
from .._okta.records import LogEvent

ISSUED = 'eventType eq "pki.cert.issue" and outcome.result eq "SUCCESS"'


class View(t.NamedTuple):
    """What was seen of one test Mac; ``reason`` says what is missing, ``proof`` what was found."""

    serial: str
    reason: str | None = None
    proof: str | None = None

    @property
    def met(self) -> bool:
        return self.reason is None


class Expected(t.NamedTuple):
    """The profile as it was last written.

    What Macs had before that write proves nothing; an unset part is not compared.
    """

    payload_uuid: str | None = None
    updated_at: str | None = None

    def is_installed(self, profile: InstalledProfile) -> bool:
        return not self.payload_uuid or profile.payload_uuid == self.payload_uuid.lower()

    def is_certificate(self, certificate: PrismCertificate) -> bool:
        """By the profile's identity in its name, else by when it was first seen."""
        if self.payload_uuid and self.payload_uuid.lower() in certificate.common_name.lower():
            return True
        seen = certificate.first_seen
        return not self.updated_at or seen is None or seen >= require_timestamp(self.updated_at)


ANYTHING = Expected()


class Further(t.NamedTuple):
    """What is asked only when the inventory does not settle it, since it takes calls of its own."""

    issued: t.Callable[[], t.Iterable[LogEvent]]
    managed: t.Callable[[], bool]


def judge(
    serial: str,
    device_id: str,
    statuses: t.Sequence[ItemStatus],
    profiles: t.Sequence[InstalledProfile],
    certificates: t.Sequence[PrismCertificate],
    further: Further,
    expected: Expected = ANYTHING,
) -> View:
    """One test Mac:

    the profile installed as it was last written, and any proof that its certificate was issued.
    """
    status = next((row for row in statuses if row.device_id == device_id), None)
    rows = [row for row in profiles if row.device_id == device_id]
    reported = any(expected.is_installed(row) for row in rows)
    if status and status.state == "failed":
        return View(
            serial,
            f"The SCEP profile could not be installed: {status.log or 'Kandji gives no reason'}.",
        )
    if rows and not reported:
        return View(serial, "The SCEP profile is installed as it was before its last change.")
    if not reported and not (status and status.is_installed):
        return View(serial, "The SCEP profile is not installed yet.")
    mine = [
        row
        for row in certificates
        if row.device_id == device_id and names_serial(row.common_name, serial)
    ]
    if reported and any(expected.is_certificate(row) for row in mine):
        return View(
            serial,
            proof=(
                "a certificate with its serial in Kandji's inventory, beside the installed profile"
            ),
        )
    if any(mentions(event, serial) for event in further.issued()):
        return View(serial, proof="pki.cert.issue in the System Log")
    if further.managed():
        return View(serial, proof="a device record that is managed")
    return View(serial, "The SCEP profile is installed, and no certificate for it was seen yet.")


def by_payload(device_id: str, profiles: t.Sequence[InstalledProfile]) -> list[ItemStatus]:
    """A status in place of Kandji's, which may have none for an item that its console made:

    a profile not custom that holds a SCEP payload.

    It may be another item's, so that a certificate in the inventory proves nothing beside it; what
    Okta says does.
    """
    found = any(row.device_id == device_id and is_console_scep(row) for row in profiles)
    return [ItemStatus(device_id, status="PASS")] if found else []


def judge_absent(serial: str, device_id: str, held: t.AbstractSet[str]) -> View:
    """One test Mac that is not to hold the profile any more.

    ``held`` are the device ids that do, in lower case.
    """
    if device_id in held:
        return View(serial, "It still holds the SCEP profile.")
    return View(
        serial, proof="neither the item's statuses nor the Mac's inventory name the profile"
    )


def mentions(event: LogEvent, serial: str) -> bool:
    """Whether an event names the serial in any text of its targets:

    which field carries the common name is not documented.
    """
    return any(names_serial(text, serial) for target in event.targets for text in target.texts)


def described(view: View) -> dict[str, t.Any]:
    return {
        "serial_number": view.serial,
        "met": view.met,
        "proof": view.proof,
        "reason": view.reason,
    }
