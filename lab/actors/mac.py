# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Macs.

Clients of the Kandji tenant that check in, install what they are given, and enrol with Okta's CA
over SCEP.

A Mac is the truth about itself. What the tenant knows of it is what it reported at its last
inventory.
"""

from __future__ import annotations

import hashlib
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import requests
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep import (
    client as _scep,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from lab.actors import macos_shims as stand_ins
from lab.actors import preferences
from lab.clock import iso
from lab.kandji.model import CustomScript, Device, LibraryItem, ProfileItem, Row
from lab.kandji.profiles import scep_payloads
from lab.kandji.tenant import Delivery, Tenant
from lab.state import World

OKTA_VERIFY = "com.okta.mobile"
ISSUER = "Organization Intermediate Authority"
APPLE_DEFAULT_RETRIES = 3
APPLE_DEFAULT_KEY_SIZE = 1024
AT_ONCE = 4  # Macs that talk to the SCEP server at the same time


class EnrolmentFailed(Exception):
    """A payload could not get its certificate. The text is fit for a log: it holds no secret."""


@dataclass(frozen=True)
class MacCertificate:
    """A certificate in the Mac's system keychain.

    Without DER and private key on a Mac that is a mere record.
    """

    der: bytes | None
    common_name: str
    serial_number: int
    not_before: datetime
    not_after: datetime
    private_key: t.Any = field(repr=False)
    profile_identifier: str = ""

    @classmethod
    def of(cls, der: bytes, private_key: t.Any, profile_identifier: str) -> MacCertificate:
        parsed = x509.load_der_x509_certificate(der)
        names = parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        common_name = str(names[0].value) if names else ""
        return cls(
            der,
            common_name,
            parsed.serial_number,
            parsed.not_valid_before_utc,
            parsed.not_valid_after_utc,
            private_key,
            profile_identifier,
        )

    def seen_by_the_check(self) -> stand_ins.Held:
        digest = hashlib.sha256(self.der or str(self.serial_number).encode()).hexdigest()
        parsed = x509.load_der_x509_certificate(self.der) if self.der else None
        issuer = (
            str(parsed.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
            if parsed
            else ISSUER
        )
        return stand_ins.Held(
            self.common_name, issuer, f"{self.not_after:%Y-%m-%dT%H:%M:%SZ}", digest
        )

    def describe(self) -> dict[str, t.Any]:
        parsed = x509.load_der_x509_certificate(self.der) if self.der else None
        return {
            "serial_number": str(self.serial_number),
            "common_name": self.common_name,
            "fingerprint_sha256": parsed.fingerprint(hashes.SHA256()).hex() if parsed else None,
            "not_before": iso(self.not_before),
            "not_after": iso(self.not_after),
            "profile_identifier": self.profile_identifier,
            "pem": parsed.public_bytes(serialization.Encoding.PEM).decode() if parsed else None,
        }


@dataclass(frozen=True)
class InstalledProfile:
    """``item_id`` is empty for a profile that no library item of ours brought."""

    identifier: str
    payload_uuid: str
    columns: dict[str, t.Any]
    item_id: str = ""
    payloads: tuple[dict[str, t.Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class InstalledApp:
    """``item_id`` is empty for an app that was installed by hand."""

    bundle_id: str
    columns: dict[str, t.Any]
    item_id: str = ""


@dataclass
class CheckIn:
    """What a check-in did, by names of library items."""

    serial: str
    installed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


Enrol = t.Callable[[World, dict[str, t.Any], str], MacCertificate]


class Mac:
    """One Mac. ``accounts`` are the Okta Verify accounts on it: user id -> device id at Okta."""

    def __init__(self, world: World, device: Device, enrol: Enrol | None = None) -> None:
        self.world = world
        self.device = device
        self.enrol = enrol or enrol_over_scep
        self.certificates: list[MacCertificate] = []
        self.profiles: dict[str, InstalledProfile] = {}
        self.apps: dict[str, InstalledApp] = {}
        self.accounts: dict[str, str] = {}

    @property
    def serial(self) -> str:
        return self.device.serial

    @property
    def udid(self) -> str:
        return self.device.udid

    @property
    def device_id(self) -> str:
        return self.device.id

    @property
    def okta_account(self) -> str | None:
        """The Okta device id of an account that is signed in to Okta Verify."""
        return next(iter(self.accounts.values()), None)

    @property
    def in_a_drawer(self) -> bool:
        return self.device.is_missing

    @property
    def payloads(self) -> list[dict[str, t.Any]]:
        """The payloads of all profiles, variables resolved."""
        return [payload for profile in self.profiles.values() for payload in profile.payloads]

    @property
    def _tenant(self) -> Tenant:
        tenant: Tenant = self.world.kandji
        return tenant

    @property
    def newest_certificate(self) -> bytes | int | None:
        """What Okta Verify shows at a sign-in:

        DER, or the serial number of a certificate that is only booked.
        """
        return (
            (self.certificates[-1].der or self.certificates[-1].serial_number)
            if self.certificates
            else None
        )

    # Checking in

    def check_in(self, at: datetime | None = None) -> CheckIn:
        """Fetch the commands, carry them out, report.

        Never call it while holding the world's lock: it talks to the SCEP server.
        """
        result = CheckIn(self.serial)
        if self.in_a_drawer or self.device.is_removed:
            return result
        with self.world.lock:
            arriving = self._profile_commands(result)
        for profile in arriving:
            self._install_profile(profile, result)
        outputs = self._run_checks()
        with self.world.lock:
            self._apply_other_items(result, outputs)
            self.device.pending.clear()
            self.device.last_check_in = at or self.world.clock.now()
            self.report_inventory(at)
        return result

    def _profile_commands(self, result: CheckIn) -> list[Delivery]:
        """Removes what is no longer in scope; returns what is new or has changed."""
        self._tenant.evaluate(self.device)
        self._tenant.redistribute(
            self.device, [(held.common_name, held.not_after) for held in self.certificates]
        )
        items = [
            item for item in self._tenant.items_for(self.device) if isinstance(item, ProfileItem)
        ]
        wanted = {item.mdm_identifier for item in items}
        for identifier in [
            known
            for known, profile in self.profiles.items()
            if profile.item_id and known not in wanted
        ]:
            result.removed.append(self.profiles[identifier].columns["profile_display_name"])
            self.device.statuses.pop(self.profiles[identifier].item_id, None)
            self._drop_profile(identifier)
        return [self._tenant.deliver(self.device, item) for item in items if self._differs(item)]

    def _differs(self, item: ProfileItem) -> bool:
        installed = self.profiles.get(item.mdm_identifier)
        return installed is None or installed.payload_uuid != item.identity_on(self.device.id)

    def _drop_profile(self, identifier: str) -> None:
        """A profile goes with the keys and certificates it brought."""
        self.profiles.pop(identifier, None)
        self.certificates = [
            kept for kept in self.certificates if kept.profile_identifier != identifier
        ]

    def _install_profile(self, delivery: Delivery, result: CheckIn) -> None:
        with self.world.lock:
            self._drop_profile(delivery.identifier)
        try:
            preferences.check(delivery.document["PayloadContent"], self.payloads)
            certificates = [
                self.enrol(self.world, payload["PayloadContent"], delivery.identifier)
                for payload in scep_payloads(delivery.document)
            ]
        except (preferences.Invalid, EnrolmentFailed) as failure:
            result.failed.append(delivery.name)
            self._report_profile(
                delivery,
                "ERROR",
                f"The profile \u201c{delivery.name}\u201d could not be installed. {failure}",
            )
            return
        with self.world.lock:
            self.certificates += certificates
            columns = profile_columns(delivery.document)
            payloads = tuple(delivery.document["PayloadContent"])
            self.profiles[delivery.identifier] = InstalledProfile(
                delivery.identifier, delivery.payload_uuid, columns, delivery.item_id, payloads
            )
        result.installed.append(delivery.name)
        self._report_profile(delivery, "PASS", None)

    def _report_profile(self, delivery: Delivery, status: str, log: str | None) -> None:
        with self.world.lock:
            item = self._tenant.items.get(delivery.item_id)
            if item is not None:  # it may have been deleted while we enrolled
                self._tenant.set_status(
                    self.device, item, status, log=log, identity=delivery.payload_uuid
                )

    def _run_checks(self) -> dict[str, str]:
        """Item id -> what the certificate check printed.

        Other scripts of clients are not run: this machine is no Mac, and is somebody's.
        """
        with self.world.lock:
            items = [
                item
                for item in self._tenant.items_for(self.device)
                if isinstance(item, CustomScript)
            ]
            scripts = {
                item.id: item.script
                for item in items
                if item.active and stand_ins.is_the_check(item.script)
            }
        return {item_id: self._checked(script) for item_id, script in scripts.items()}

    def _checked(self, script: str) -> str:
        held = list(self.certificates)
        verify = self.apps.get(OKTA_VERIFY)
        version = verify.columns["short_version"] if verify else None
        payloads = [
            payload["type"]
            for profile in (MDM_PROFILE, *self.profiles.values())
            for payload in profile.columns["profile_data"]
        ]
        ders = [one.der for one in held]
        if stand_ins.can_run(ders):
            keychain = stand_ins.Keychain([der for der in ders if der])
            mac = stand_ins.OnTheMac(
                keychain,
                okta_verify=version,
                scep_profiles=payloads.count("com.apple.security.scep"),
            )
            return stand_ins.run_check(stand_ins.SHELL, mac, script).stdout
        return (
            stand_ins.said(
                [one.seen_by_the_check() for one in held],
                version,
                payloads.count("com.apple.security.scep"),
                script,
            )
            + "\n"
        )

    def _apply_other_items(self, result: CheckIn, outputs: t.Mapping[str, str]) -> None:
        items = {
            item.id: item
            for item in self._tenant.items_for(self.device)
            if not isinstance(item, ProfileItem)
        }
        self._leave_apps(items, result)
        for item in items.values():
            if item.bundle_id:
                self._install_app(item, result)
            else:
                self._tenant.set_status(
                    self.device,
                    item,
                    "PASS",
                    log=_log_of(
                        item, outputs.get(item.id, ""), self.world.switches.script_log_length
                    ),
                )

    def _leave_apps(self, items: dict[str, LibraryItem], result: CheckIn) -> None:
        """An App Store app goes with its licence; an app of another kind stays where it is."""
        for item in self._tenant.items.values():
            if item.id not in items and self.device.id in item.holders:
                item.holders.discard(self.device.id)
                self.device.statuses.pop(item.id, None)
                if item.bundle_id in self.apps and self.apps[item.bundle_id].item_id == item.id:
                    del self.apps[item.bundle_id]
                    result.removed.append(item.name)

    def _install_app(self, item: LibraryItem, result: CheckIn) -> None:
        if not item.take_license(self.device.id):
            self._tenant.set_status(
                self.device,
                item,
                "ERROR",
                log=f"No licenses available for {item.name} in Apps and Books.",
            )
            result.failed.append(item.name)
            return
        if item.bundle_id not in self.apps:
            source = "mac_app_store" if item.licenses is not None else "identified_developer"
            self.apps[item.bundle_id] = InstalledApp(
                item.bundle_id,
                app_columns(item.name, item.bundle_id, item.version, source),
                item.id,
            )
            result.installed.append(item.name)
        self._tenant.set_status(
            self.device, item, "PASS", log=f"{item.name} {item.version} is installed."
        )

    # Reporting

    def report_inventory(self, at: datetime | None = None) -> None:
        """What Prism and the device's details show from now on."""
        moment = at or self.world.clock.now()
        with self.world.lock:
            certificates = [
                Row(name, {"common_name": name, "identity_certificate": True}, moment)
                for name in BUILT_IN_CERTIFICATES
            ]
            certificates += [
                Row(
                    (
                        str(held.serial_number)
                        if self.world.switches.certificate_rows == "certificate"
                        else held.common_name
                    ),
                    {"common_name": held.common_name, "identity_certificate": True},
                    moment,
                )
                for held in self.certificates
            ]
            profiles = [
                Row(profile.identifier + profile.payload_uuid, profile.columns, moment)
                for profile in (MDM_PROFILE, *self.profiles.values())
            ]
            apps = [
                Row(app.bundle_id, app.columns, moment) for app in (SAFARI, *self.apps.values())
            ]
            self._tenant.receive_report(
                self.device, certificates=certificates, installed=profiles, apps=apps, at=moment
            )
            self.device.pending.discard("updateinventory")

    # For the fleet, tests and the control surface

    def install_by_hand(
        self, name: str = "Okta Verify", bundle_id: str = OKTA_VERIFY, version: str = "9.50.0"
    ) -> None:
        self.apps[bundle_id] = InstalledApp(
            bundle_id, app_columns(name, bundle_id, version, "identified_developer")
        )

    def add_device_trust_profiles(self) -> None:
        """The two profiles of Kandji's own Okta Device Trust."""
        scep = {
            "PayloadDisplayName": "SCEP for Okta Device Trust",
            "PayloadIdentifier": "com.kandji.profile.odt.scep",
        }
        single_sign_on = {
            "PayloadDisplayName": "SSO for Okta Device Trust",
            "PayloadIdentifier": "com.kandji.profile.odt.sso",
        }
        types = {
            scep["PayloadIdentifier"]: ["com.apple.security.scep"],
            single_sign_on["PayloadIdentifier"]: [
                "com.apple.extensiblesso",
                "com.apple.loginitems.managed",
                OKTA_VERIFY,
            ],
        }
        documents: list[dict[str, t.Any]] = [scep, single_sign_on]
        for document in documents:
            identifier = document["PayloadIdentifier"]
            content = [
                {
                    "PayloadType": name,
                    "PayloadUUID": self.world.uuid(),
                    "PayloadIdentifier": f"{identifier}.{name}",
                }
                for name in types[identifier]
            ]
            payload_uuid = self.world.uuid()
            full = {
                **document,
                "PayloadUUID": payload_uuid,
                "PayloadOrganization": "Kandji, Inc.",
                "PayloadContent": content,
            }
            self.profiles[identifier] = InstalledProfile(
                identifier, payload_uuid, profile_columns(full)
            )

    def describe(self) -> dict[str, t.Any]:
        """The truth, JSON-able, without private keys."""
        held = [certificate.describe() for certificate in self.certificates]
        return {
            "serial": self.serial,
            "udid": self.udid,
            "device_id": self.device_id,
            "name": self.device.name,
            "blueprint_id": self.device.blueprint_id,
            "in_a_drawer": self.in_a_drawer,
            "asked": sorted(self.device.pending),
            "certificate": held[-1] if held else None,
            "certificates": held,
            "profiles": {
                identifier: profile.payload_uuid for identifier, profile in self.profiles.items()
            },
            "managed_preferences": preferences.managed_preferences(self.payloads),
            "login_items": preferences.login_items(self.payloads),
            "sso_extensions": preferences.sso_extensions(self.payloads),
            "apps": sorted(self.apps),
            "okta_accounts": dict(self.accounts),
            "managed": {
                user_id: self.world.okta.registry.is_managed(device_id, user_id)
                for user_id, device_id in self.accounts.items()
            },
            "last_inventory": iso(self.device.report.collected_at) if self.device.report else None,
        }


def act(
    world: World, serials: t.Collection[str] | None = None, only_asked: bool = False
) -> list[CheckIn]:
    """Let Macs check in.

    All of them, those of ``serials``, or only those that were asked to by the API.
    """
    with world.lock:
        chosen = [
            mac
            for mac in world.macs
            if (serials is None or mac.serial in serials) and (not only_asked or mac.device.pending)
        ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda mac: _answer(mac, only_asked), chosen))


def _answer(mac: Mac, only_asked: bool) -> CheckIn:
    if only_asked and "dailycheckin" not in mac.device.pending:
        if not mac.in_a_drawer and "updateinventory" in mac.device.pending:
            mac.report_inventory()
        return CheckIn(mac.serial)
    return mac.check_in()


# Enrolling


def enrol_over_scep(
    world: World, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """Get a certificate over HTTPS, as a com.apple.security.scep payload says."""
    with requests.Session() as session:
        session.headers["User-Agent"] = "SCEP (lab Mac)"

        def exchange(
            verb: str, url: str, params: dict[str, str], body: bytes | None
        ) -> tuple[int, str, bytes]:
            headers = {"Content-Type": "application/x-pki-message"} if body is not None else None
            try:
                ca_file = str(world.ca_file)
                response = session.request(
                    verb, url, params=params, data=body, headers=headers, verify=ca_file, timeout=60
                )
            except requests.RequestException as error:
                raise EnrolmentFailed(
                    f"The SCEP server cannot be reached ({type(error).__name__})."
                ) from None
            return response.status_code, response.headers.get("Content-Type", ""), response.content

        return enrol(exchange, settings, profile_identifier)


def enrol(
    exchange: _scep.Exchange, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """Retries are for the answer PENDING, as Apple has it.

    The delay between them is left out: nobody in the lab decides anything meanwhile.
    """
    _check_types(settings)
    attempts = 1 + settings.get("Retries", APPLE_DEFAULT_RETRIES)
    for _attempt in range(attempts):
        try:
            enrolment = _scep.enrol(
                exchange,
                url=settings["URL"],
                challenge=settings.get("Challenge", ""),
                subject=settings.get("Subject", []),
                key_size=settings.get("Keysize", APPLE_DEFAULT_KEY_SIZE),
                ca_fingerprint=settings.get("CAFingerprint"),
            )
        except _scep.ScepPending:
            continue
        except _scep.ScepError as error:
            raise EnrolmentFailed(
                without_secret(f"The SCEP server gave no certificate: {error}", settings)
            ) from None
        return MacCertificate.of(
            enrolment.certificate_der, enrolment.private_key, profile_identifier
        )
    raise EnrolmentFailed(f"The SCEP server left the request pending through {attempts} attempts.")


def enrol_as_record(
    world: World, settings: dict[str, t.Any], profile_identifier: str
) -> MacCertificate:
    """For Macs beyond the number of real ones.

    No key is made and no SCEP spoken, so that a fleet of thousands fits.

    What decides the outcome is the same, URL and challenge. The certificate stands in the
    authority's books and in Okta's log alone.
    """
    _check_types(settings)
    if (
        settings["URL"] not in (world.okta.platform.scep_url, world.okta.platform.shown_scep_url)
        or settings.get("Challenge") != world.okta.platform.challenge
    ):
        raise EnrolmentFailed("The SCEP server gave no certificate.")
    common_name = ", ".join(
        value for name in settings.get("Subject", []) for kind, value in name if kind == "CN"
    )
    with world.lock:
        booked = world.okta.platform.book(common_name)
    return MacCertificate(
        None,
        common_name,
        booked.serial_number,
        booked.not_before,
        booked.not_after,
        None,
        profile_identifier,
    )


def _check_types(settings: dict[str, t.Any]) -> None:
    """A Mac does not guess: a payload with a wrong type in it does not install."""
    for key, kind in {
        "URL": str,
        "Challenge": str,
        "Subject": list,
        "Keysize": int,
        "Retries": int,
    }.items():
        if key in settings and not isinstance(settings[key], kind):
            raise EnrolmentFailed(f"The SCEP payload is invalid: {key} has the wrong type.")
    if not settings.get("URL"):
        raise EnrolmentFailed("The SCEP payload is invalid: it has no URL.")


def without_secret(text: str, settings: dict[str, t.Any]) -> str:
    challenge = settings.get("Challenge")
    return text.replace(challenge, "(challenge)") if challenge else text


# What a Mac reports


def profile_columns(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """A profile as Prism shows it. Of a payload it shows what it is, not what is in it."""
    return {
        "profile_display_name": document["PayloadDisplayName"],
        "payload_identifier": document["PayloadIdentifier"],
        "payload_uuid": document["PayloadUUID"],
        "removal_passcode": False,
        "encrypted": False,
        "managed": True,
        "profile_description": document.get("PayloadDescription"),
        "organization": document.get("PayloadOrganization"),
        "removable": False,
        "signed": True,
        "profile_data": [
            {
                "type": payload.get("PayloadType"),
                "uuid": payload.get("PayloadUUID"),
                "version": payload.get("PayloadVersion", 1),
                "identifier": payload.get("PayloadIdentifier"),
                "display_name": payload.get("PayloadDisplayName"),
                "organization": payload.get("PayloadOrganization"),
            }
            for payload in document["PayloadContent"]
        ],
    }


def app_columns(name: str, bundle_id: str, version: str, source: str) -> dict[str, t.Any]:
    return {
        "path": f"/Applications/{name}.app",
        "obtained_from": source,
        "bundle_id": bundle_id,
        "name": name,
        "short_version": version,
        "version": version,
        "signature": None,
        "device_based_vpp": None,
        "team_id": "B7F62B65BN" if bundle_id == OKTA_VERIFY else None,
    }


def _log_of(item: LibraryItem, output: str, length: int) -> str | None:
    """What Kandji keeps of a script's run.

    ``length``: of so many characters of its output at most; 0 is any number.
    """
    return (
        f"Executing {item.name}...\n{output[: length or None]}Exit code: 0"
        if item.type == "custom-script"
        else None
    )


BUILT_IN_CERTIFICATES = ("com.apple.kerberos.kdc", "com.apple.systemdefault")  # common names
MDM_PROFILE = InstalledProfile(
    "com.kandji.profile.mdmprofile",
    "35fec4f0-0000-41c5-b3c1-e6da3f0f592d",
    profile_columns(
        {
            "PayloadDisplayName": "MDM Profile",
            "PayloadIdentifier": "com.kandji.profile.mdmprofile",
            "PayloadUUID": "35fec4f0-0000-41c5-b3c1-e6da3f0f592d",
            "PayloadOrganization": "Kandji, Inc.",
            "PayloadContent": [
                {"PayloadType": "com.apple.mdm"},
                {"PayloadType": "com.apple.security.scep"},
            ],
        }
    ),
)
SAFARI = InstalledApp(
    "com.apple.Safari", app_columns("Safari", "com.apple.Safari", "26.1", "apple")
)
