# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Desktop platform of an org: its SCEP URL, its secret key and its client certificates.

Take the world's lock around every call.
"""

from __future__ import annotations

import base64
import random
import typing as t
from datetime import datetime, timedelta

from lab.okta.authorities.certificate_authority import DEVICE_ACCESS, Authority, IssuedCertificate
from lab.okta.authorities.scep_configurations import ScepConfiguration, ScepConfigurations
from lab.okta.devices.records import Record, User
from lab.okta.serializers import log_device
from lab.okta.system_log.events import Json
from lab.okta.system_log.targets import SYSTEM, certificate_target, device_target, target

if t.TYPE_CHECKING:
    from lab.okta.org import Org

UNUSED_CERTIFICATE_LIVES = timedelta(days=90)
# The events when the certificates of a record change to a status.
_STATUS_EVENTS = {
    "ACTIVE": ("pki.cert.lifecycle.activate", "Activate client certificate"),
    "SUSPENDED": ("pki.cert.lifecycle.suspend", "Suspend client certificate"),
    "REVOKED": ("pki.cert.lifecycle.delete", "Delete client certificate"),
}


class DesktopPlatform:
    """The platform of one org, whether it was added or not.

    ``configurations`` are those of all its platforms; an administrator may add more.
    """

    def __init__(self, org: Org, chance: random.Random) -> None:
        self._org = org
        self._chance = chance
        self.added = False
        instance_id, configuration_id = f"{chance.getrandbits(160):040X}", org.new_id("rac")
        challenge = self._new_challenge()
        clock = org.world.clock
        self.authority = Authority(clock, org.subdomain, org.org_id, instance_id)
        self.device_access = Authority(
            clock, org.subdomain, org.org_id, _reversed(instance_id), DEVICE_ACCESS
        )
        self.configurations = ScepConfigurations(
            [self.authority, self.device_access], org.now, org.world.options.seed
        )
        self.configuration = self.configurations.new(
            self.authority, id=configuration_id, challenge=challenge
        )
        self.scep_path = self.configuration.path
        self.scep_url = org.base_url + self.scep_path

    def add(self) -> None:
        """Add the platform, as the Admin Console does, which then shows URL and secret key."""
        self.added = True
        self.configurations.add(self.configuration)
        self.log_event("device.platform.add", "Add device management platform")

    @property
    def challenge(self) -> str:
        """The secret key."""
        return self.configuration.challenge

    @property
    def shown_scep_url(self) -> str:
        """The SCEP URL as the console shows it. It works under either name of the org."""
        return self.show_url(self.configuration)

    def show_url(self, configuration: ScepConfiguration) -> str:
        """Return the SCEP URL of a configuration as console and API show it."""
        shows_own = self._org.world.switches.scep_host == "org"
        return (self._org.base_url if shows_own else self._org.other_url) + configuration.path

    def reset_secret(self) -> str:
        """Replace the secret key. Return the new one; the old one is refused from now on."""
        self.configuration.challenge = self._new_challenge()
        self.log_reset(target(self.configuration.id, "DevicePlatform", "Desktop"))
        return self.challenge

    def log_reset(self, platform: Json) -> None:
        """Log that an administrator reset the secret key of a platform, a target of the event."""
        self._org.administrator_event(
            "device.platform.secret_key.reset",
            "Reset device management platform secret key",
            [platform],
        )

    def _new_challenge(self) -> str:
        return base64.urlsafe_b64encode(self._chance.randbytes(32)).decode().rstrip("=")

    def log_event(
        self, event_type: str, message: str, configuration: ScepConfiguration | None = None
    ) -> None:
        """Log that an administrator changed the platform, or another one."""
        changed = configuration or self.configuration
        self._org.administrator_event(
            event_type, message, [target(changed.id, "DevicePlatform", "Desktop")]
        )

    # The authority's own renewal

    def renew_authority(self, status: str = "VALID") -> str:
        """Generate the replacement of the authority's certificate. Return its key identifier.

        Okta does it by itself. The platforms stay on the old one.
        """
        generation = self.authority.renew(status)
        self._org.event(
            "pki.ca.renew",
            "Renew certificate authority",
            actor=SYSTEM,
            target=[target(self.authority.instance_id, "CertificateAuthority", "Intermediate")],
        )
        return generation.key_id

    def migrate(self, configuration_id: str) -> ScepConfiguration:
        """Move a platform to the replacement. Raises NoConfiguration."""
        configuration = self.configurations.migrate(configuration_id)
        if configuration is self.configuration:
            self.authority.current = configuration.generation
        self.log_event("device.platform.renew", "Renew device management platform", configuration)
        return configuration

    # Certificates

    def enroll(self, message: bytes, configuration: ScepConfiguration | None = None) -> bytes:
        """Answer a SCEP PKIOperation. Raises MessageError."""
        asked = configuration or self.configuration
        reply, certificate = asked.authority.pki_operation(
            message,
            asked.challenge,
            self._org.world.switches.scep_capabilities == "modern",
            asked.generation,
        )
        if certificate is not None:
            self._log_issue(certificate)
        return reply

    def book(self, common_name: str) -> IssuedCertificate:
        """Issue a certificate to a Mac that is only a record.

        It is in the authority's books and in the log, and has neither key nor DER.
        """
        certificate = self.authority.book(common_name, self._org.now())
        self._log_issue(certificate)
        return certificate

    def _log_issue(self, certificate: IssuedCertificate) -> None:
        self._org.event(
            "pki.cert.issue",
            "Issue client certificate",
            actor=SYSTEM,
            target=[self._target(certificate)],
        )

    def attests(self, evidence: bytes | int | None, record: Record, user: User) -> bool:
        """Return whether a certificate that a Mac presents makes its device managed.

        ``evidence`` is the certificate as DER, or the serial number of a booked one. The first use
        binds a certificate to the record.
        """
        certificate = (
            self.authority.find(evidence)
            if isinstance(evidence, bytes)
            else self.authority.certificates.get(evidence or 0)
        )
        if certificate is None or not self._is_usable(certificate, record):
            return False
        certificate.last_used = self._org.now()
        if certificate.bound_device_id is None:
            self._bind(certificate, record, user)
        return True

    def _is_usable(self, certificate: IssuedCertificate, record: Record) -> bool:
        return (
            certificate.status == "ACTIVE"
            and certificate.not_before <= self._org.world.clock.now() < certificate.not_after
            and certificate.bound_device_id in (None, record.id)
            and not self._came_too_late(certificate, record)
        )

    def _bind(self, certificate: IssuedCertificate, record: Record, user: User) -> None:
        certificate.bound_device_id = record.id
        record.certificates.append(certificate.serial_number)
        self._org.event(
            "pki.cert.bind",
            "Bind client certificate to device",
            actor=user.in_the_log,
            target=[self._target(certificate), device_target(record)],
            device=log_device(record),
        )

    def _came_too_late(self, certificate: IssuedCertificate, record: Record) -> bool:
        """Return whether the record is older than the first certificate of its Mac.

        By the guide, such a record never becomes managed. A later certificate is a renewal.
        """
        if self._org.world.switches.record_before_certificate == "heals" or record.certificates:
            return False
        if certificate.issued_at <= record.created:
            return False
        return all(
            other.issued_at > record.created
            for other in self.authority.find_by_word(record.profile.get("serialNumber", ""))
        )

    def set_status(self, record: Record, status: str) -> None:
        """Change the status of each certificate of a record, except of revoked ones."""
        for serial_number in record.certificates:
            certificate = self.authority.certificates[serial_number]
            if certificate.status not in (status, "REVOKED"):
                certificate.status = status
                self._org.administrator_event(
                    *_STATUS_EVENTS[status], [self._target(certificate), device_target(record)]
                )

    def has_current(self, record: Record, now: datetime) -> bool:
        """Return whether a record has an active certificate that has not expired."""
        certificates = [self.authority.certificates[number] for number in record.certificates]
        return any(
            certificate.status == "ACTIVE" and now < certificate.not_after
            for certificate in certificates
        )

    def revoke_unused(self, now: datetime) -> None:
        """Revoke the certificates that were not used in their first 90 days."""
        for certificate in self.authority.certificates.values():
            unused = (
                certificate.last_used is None
                and now - certificate.issued_at > UNUSED_CERTIFICATE_LIVES
            )
            if unused and certificate.status != "REVOKED":
                certificate.status = "REVOKED"
                self._org.event(
                    "pki.cert.lifecycle.revoke",
                    "Revoke client certificate",
                    actor=SYSTEM,
                    target=[self._target(certificate)],
                )

    def _target(self, certificate: IssuedCertificate) -> Json:
        return certificate_target(certificate, self._org.world.switches.certificate_target_field)


def _reversed(key_id: str) -> str:
    """Return another key identifier, without a further draw."""
    return key_id[::-1]
