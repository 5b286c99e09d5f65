# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Macs: they check in with the Kandji tenant, install their items, and report an inventory.

A Mac holds its true state. The tenant knows only what the Mac reported at its last inventory.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from lab.actors import macos_shims, payloads
from lab.actors.enrollment import Enroll, EnrollmentFailed, MacCertificate, enroll_over_scep
from lab.actors.inventory import (
    BUILT_IN_CERTIFICATES,
    MDM_PROFILE,
    OKTA_VERIFY,
    SAFARI,
    InstalledApp,
    InstalledProfile,
    app_columns,
    device_trust_profiles,
    profile_columns,
)
from lab.clock import iso
from lab.kandji.command_operations import carry_out
from lab.kandji.deliveries import Delivery
from lab.kandji.model import CustomScript, Device, LibraryItem, ProfileItem, Row
from lab.kandji.profiles import scep_payloads
from lab.kandji.tenant import Tenant
from lab.state import World

AT_ONCE = 4  # Macs that talk to the SCEP server at the same time


@dataclass
class CheckIn:
    """What a check-in did, by names of library items."""

    serial: str
    installed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Mac:
    """One Mac. ``accounts`` are its Okta Verify accounts: the user's id and the device's id."""

    def __init__(self, world: World, device: Device, enroll: Enroll | None = None) -> None:
        self.world = world
        self.device = device
        self.enroll = enroll or enroll_over_scep
        self.certificates: list[MacCertificate] = []
        self.profiles: dict[str, InstalledProfile] = {}
        self.apps: dict[str, InstalledApp] = {}
        self.accounts: dict[str, str] = {}

    @property
    def serial(self) -> str:
        """The serial number."""
        return self.device.serial

    @property
    def udid(self) -> str:
        """The UDID."""
        return self.device.udid

    @property
    def device_id(self) -> str:
        """The id of the device in Kandji."""
        return self.device.id

    @property
    def okta_account(self) -> str | None:
        """The Okta device id of an account that is signed in to Okta Verify."""
        return next(iter(self.accounts.values()), None)

    @property
    def in_a_drawer(self) -> bool:
        """Whether nobody uses the Mac, so that it does not check in."""
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
        """The certificate that Okta Verify sends at a sign-in.

        It is DER, or the serial number on a Mac without keys.
        """
        return (
            (self.certificates[-1].der or self.certificates[-1].serial_number)
            if self.certificates
            else None
        )

    # Checking in

    def check_in(self, at: datetime | None = None) -> CheckIn:
        """Fetch the commands, execute them, and report. Return what changed.

        Do not hold the world's lock: the Mac sends requests to the SCEP server.
        """
        result = CheckIn(self.serial)
        if self.in_a_drawer or self.device.is_removed or self.device.left_mdm:
            return result
        if self._obey():
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

    def _obey(self) -> bool:
        """Carry out the command to lock or to erase. Return whether the Mac does nothing else.

        A locked Mac does not check in. An erased one is no longer enrolled.
        """
        with self.world.lock:
            if self.device.unlock_pin:
                return True
            action = carry_out(self.device, self.world.clock.now())
            if action == "erase":
                for identifier in list(self.profiles):
                    self._drop_profile(identifier)
                self.apps.clear()
                self.accounts.clear()
                self.device.left_mdm = True
            if action:
                self.device.pending.clear()
            return bool(action)

    def _profile_commands(self, result: CheckIn) -> list[Delivery]:
        """Remove profiles that are no longer in scope. Return those that are new or changed."""
        self._tenant.deliveries.evaluate(self.device)
        self._tenant.deliveries.redistribute(
            self.device, [(held.common_name, held.not_after) for held in self.certificates]
        )
        items = [
            item
            for item in self._tenant.assignments.items_for(self.device)
            if isinstance(item, ProfileItem)
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
        return [
            self._tenant.deliveries.deliver(self.device, item)
            for item in items
            if self._differs(item)
        ]

    def _differs(self, item: ProfileItem) -> bool:
        installed = self.profiles.get(item.mdm_identifier)
        return installed is None or installed.payload_uuid != item.identity_on(self.device.id)

    def _drop_profile(self, identifier: str) -> None:
        """Remove a profile with its keys and certificates."""
        self.profiles.pop(identifier, None)
        self.certificates = [
            certificate
            for certificate in self.certificates
            if certificate.profile_identifier != identifier
        ]

    def _install_profile(self, delivery: Delivery, result: CheckIn) -> None:
        with self.world.lock:
            self._drop_profile(delivery.identifier)
        try:
            payloads.check(delivery.document["PayloadContent"], self.payloads)
            certificates = [
                self.enroll(self.world, payload["PayloadContent"], delivery.identifier)
                for payload in scep_payloads(delivery.document)
            ]
        except (payloads.Invalid, EnrollmentFailed) as failure:
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
            content = tuple(delivery.document["PayloadContent"])
            self.profiles[delivery.identifier] = InstalledProfile(
                delivery.identifier, delivery.payload_uuid, columns, delivery.item_id, content
            )
        result.installed.append(delivery.name)
        self._report_profile(delivery, "PASS", None)

    def _report_profile(self, delivery: Delivery, status: str, log: str | None) -> None:
        with self.world.lock:
            item = self._tenant.items.get(delivery.item_id)
            if item is not None:  # it may have been deleted meanwhile
                self._tenant.deliveries.set_status(
                    self.device, item, status, log=log, identity=delivery.payload_uuid
                )

    def _run_checks(self) -> dict[str, str]:
        """Return the output of each script that is the certificate check, by id of the item.

        Other scripts do not run: this machine is not a Mac.
        """
        with self.world.lock:
            items = [
                item
                for item in self._tenant.assignments.items_for(self.device)
                if isinstance(item, CustomScript)
            ]
            scripts = {
                item.id: item.script
                for item in items
                if item.active and macos_shims.is_certificate_check(item.script)
            }
        return {item_id: self._check_output(script) for item_id, script in scripts.items()}

    def _check_output(self, script: str) -> str:
        certificates = list(self.certificates)
        ders = [certificate.der for certificate in certificates]
        state = self._state([der for der in ders if der])
        identities = {each.check_identity(): each for each in certificates}
        superseded = macos_shims.list_superseded(identities, script, state)
        removals = [identities[each] for each in superseded or ()]
        with self.world.lock:
            self.certificates = [each for each in self.certificates if each not in removals]
        if macos_shims.can_run(ders):
            return macos_shims.run_check(macos_shims.SHELL, state, script).stdout
        left = [identity for identity, each in identities.items() if each not in removals]
        removed = None if superseded is None else len(removals)
        return (
            macos_shims.compute_line(
                left, state.okta_verify, state.scep_profiles or 0, script, removed
            )
            + "\n"
        )

    def _state(self, ders: t.Sequence[bytes]) -> macos_shims.MacState:
        """Return what the certificate check sees of this Mac."""
        verify = self.apps.get(OKTA_VERIFY)
        types = [
            payload["type"]
            for profile in (MDM_PROFILE, *self.profiles.values())
            for payload in profile.columns["profile_data"]
        ]
        blueprint = self._tenant.blueprints[self.device.blueprint_id]
        return macos_shims.MacState(
            macos_shims.Keychain(ders),
            okta_verify=verify.columns["short_version"] if verify else None,
            scep_profiles=types.count("com.apple.security.scep"),
            now=f"{self.world.clock.now():%Y-%m-%dT%H:%M:%SZ}",
            blueprint_id=blueprint.id,
            blueprint_name=blueprint.name,
        )

    def _apply_other_items(self, result: CheckIn, outputs: t.Mapping[str, str]) -> None:
        items = {
            item.id: item
            for item in self._tenant.assignments.items_for(self.device)
            if not isinstance(item, ProfileItem)
        }
        self._release_apps(items, result)
        for item in items.values():
            if item.bundle_id:
                self._install_app(item, result)
            else:
                self._tenant.deliveries.set_status(
                    self.device,
                    item,
                    "PASS",
                    log=_log_of(
                        item, outputs.get(item.id, ""), self.world.switches.script_log_length
                    ),
                )

    def _release_apps(self, items: dict[str, LibraryItem], result: CheckIn) -> None:
        """Remove App Store apps that are out of scope; apps of another kind stay installed."""
        for item in self._tenant.items.values():
            if item.id not in items and self.device.id in item.holders:
                item.holders.discard(self.device.id)
                self.device.statuses.pop(item.id, None)
                if item.bundle_id in self.apps and self.apps[item.bundle_id].item_id == item.id:
                    del self.apps[item.bundle_id]
                    result.removed.append(item.name)

    def _install_app(self, item: LibraryItem, result: CheckIn) -> None:
        if not item.take_license(self.device.id):
            self._tenant.deliveries.set_status(
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
        self._tenant.deliveries.set_status(
            self.device, item, "PASS", log=f"{item.name} {item.version} is installed."
        )

    # Reporting

    def report_inventory(self, at: datetime | None = None) -> None:
        """Report an inventory, which Prism and the device's details show until the next one."""
        now = at or self.world.clock.now()
        with self.world.lock:
            certificates = [
                Row(name, {"common_name": name, "identity_certificate": True}, now)
                for name in BUILT_IN_CERTIFICATES
            ]
            certificates += [
                Row(
                    (
                        str(certificate.serial_number)
                        if self.world.switches.certificate_rows == "certificate"
                        else certificate.common_name
                    ),
                    {"common_name": certificate.common_name, "identity_certificate": True},
                    now,
                )
                for certificate in self.certificates
            ]
            profiles = [
                Row(profile.identifier + profile.payload_uuid, profile.columns, now)
                for profile in (MDM_PROFILE, *self.profiles.values())
            ]
            apps = [Row(app.bundle_id, app.columns, now) for app in (SAFARI, *self.apps.values())]
            self._tenant.deliveries.receive_report(
                self.device, certificates=certificates, installed=profiles, apps=apps, at=now
            )
            self.device.pending.discard("updateinventory")

    # For the fleet, tests and the control surface

    def install_by_hand(self) -> None:
        """Install an Okta Verify that does not come from Kandji."""
        self.apps[OKTA_VERIFY] = InstalledApp(
            OKTA_VERIFY, app_columns("Okta Verify", OKTA_VERIFY, "9.50.0", "identified_developer")
        )

    def leave_mdm(self) -> None:
        """Remove the MDM profile, as a migration to another MDM does.

        macOS removes with it the profiles that it brought, with their keys and certificates.
        """
        with self.world.lock:
            for identifier in [known for known, each in self.profiles.items() if each.item_id]:
                self._drop_profile(identifier)
            self.device.left_mdm = True

    def add_device_trust_profiles(self) -> None:
        """Install the two profiles of Kandji's own Okta Device Trust."""
        for profile in device_trust_profiles(self.world.uuid):
            self.profiles[profile.identifier] = profile

    def describe(self) -> dict[str, t.Any]:
        """Return the state as JSON values, without private keys."""
        certificates = [certificate.describe() for certificate in self.certificates]
        return {
            "serial": self.serial,
            "udid": self.udid,
            "device_id": self.device_id,
            "name": self.device.name,
            "blueprint_id": self.device.blueprint_id,
            "in_a_drawer": self.in_a_drawer,
            "asked": sorted(self.device.pending),
            "certificate": certificates[-1] if certificates else None,
            "certificates": certificates,
            "profiles": {
                identifier: profile.payload_uuid for identifier, profile in self.profiles.items()
            },
            "managed_preferences": payloads.managed_preferences(self.payloads),
            "login_items": payloads.login_items(self.payloads),
            "sso_extensions": payloads.sso_extensions(self.payloads),
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
    """Let all Macs, or those with the ``serials``, check in. Return what changed on each.

    With ``only_asked``, only Macs act that the API asked to.
    """
    with world.lock:
        chosen = [
            mac
            for mac in world.macs
            if (serials is None or mac.serial in serials) and (not only_asked or mac.device.asked)
        ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda mac: _answer(mac, only_asked), chosen))


def _answer(mac: Mac, only_asked: bool) -> CheckIn:
    if only_asked and not {"dailycheckin", "command"} & mac.device.asked:
        if not mac.in_a_drawer and "updateinventory" in mac.device.pending:
            mac.report_inventory()
        return CheckIn(mac.serial)
    return mac.check_in()


def _log_of(item: LibraryItem, output: str, length: int) -> str | None:
    """Return what Kandji stores of a script's run: ``length`` characters of its output at most.

    A length of 0 means all of them; an item that is not a script has no log.
    """
    return (
        f"Executing {item.name}...\n{output[: length or None]}Exit code: 0"
        if item.type == "custom-script"
        else None
    )
