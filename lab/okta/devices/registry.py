# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The device records of an org: registration, sign-in with Okta Verify, lifecycle and search.

Take the world's lock around every call.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from lab.okta.devices.records import DeviceFacts, DeviceUser, Glance, Record, SearchIndex, User
from lab.okta.policies.sign_ins import Seat
from lab.okta.serializers import log_device
from lab.okta.system_log.events import Json
from lab.okta.system_log.targets import device_target, enrollment_target, policy_targets

if t.TYPE_CHECKING:
    from lab.okta.org import Org

# Each lifecycle step: from which statuses it is taken, and where it leads.
STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "activate": (("DEACTIVATED",), "ACTIVE"),
    "deactivate": (("ACTIVE", "SUSPENDED"), "DEACTIVATED"),
    "suspend": (("ACTIVE",), "SUSPENDED"),
    "unsuspend": (("SUSPENDED",), "ACTIVE"),
}


UNSUSPEND_LAG = 2.0  # seconds, more than the one second that was recorded


class Gone(Exception):
    """Okta Verify still has an account of a deleted record (410 E0000153 on its own endpoint)."""


class RegistrationRefused(Exception):
    """Okta Verify may not add an account now."""


class WrongStatus(Exception):
    """A lifecycle step cannot be taken from the status that the record has."""


class DeviceRegistry:
    """What happens to the records in ``org.devices``, and the index that searches them."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._index = SearchIndex()

    # Registration

    def register(
        self, user_id: str, device: DeviceFacts, account_device_id: str | None = None
    ) -> Record:
        """Add an account to Okta Verify on a device. Return the record that it belongs to.

        ``account_device_id`` is the record of an account that Okta Verify has already, of any user.
        Without it a new record is made, even if an older one has the same serial number. Raises
        Gone or RegistrationRefused.
        """
        org = self._org
        if org.authenticators["okta_verify"].status_of("okta_verify") != "ACTIVE":
            raise RegistrationRefused("Okta Verify is not active in this org.")
        user = org.users[user_id]
        self._check_account_policy(user, device.platform)
        self._check_enrollment_policy(user)
        if account_device_id is None:
            record = self._add_record(device, user)
        else:
            record = self._living_record(account_device_id)
        if user_id not in record.users:
            self._add_user(record, user)
        return record

    def _check_account_policy(self, user: User, platform: str) -> None:
        """Raise RegistrationRefused unless the account management policy lets the user enroll.

        It judges everyone who adds an authenticator, from a device that is not registered yet.
        """
        policy = self._org.policies.account_policy
        judgement = self._org.sign_ins.judge_seat(policy, Seat(user.id, platform))
        if not judgement.admitted:
            self._org.event(
                "policy.evaluate_sign_on",
                "Evaluation of Okta Account Management Policy",
                actor=user.in_the_log,
                target=policy_targets(policy, judgement.rule),
                outcome={"result": "DENY", "reason": "Sign-on policy evaluation resulted in DENY"},
            )
            raise RegistrationRefused(
                f"the rule {judgement.rule.name!r} of the Okta account management policy lets"
                " nobody enroll so."
            )

    def _check_enrollment_policy(self, user: User) -> None:
        """Raise RegistrationRefused unless the user's enrollment policy permits Okta FastPass."""
        policy = self._org.enrollment.policy_of(self._org.directory.groups_of(user.id), user.id)
        if not policy.permits("signed_nonce"):
            raise RegistrationRefused(f"the enrollment policy {policy.name!r} forbids Okta Verify.")

    def _living_record(self, device_id: str) -> Record:
        if device_id not in self._org.devices:
            raise Gone(f"{device_id} no longer exists.")
        record = self._org.devices[device_id]
        if record.status != "ACTIVE":
            raise RegistrationRefused(f"{device_id} is {record.status}.")
        return record

    def _add_record(self, device: DeviceFacts, user: User) -> Record:
        now = self._org.now()
        record = Record(
            self._org.new_id("guo"),
            now,
            now,
            device.as_profile(),
            sequence=len(self._org.devices) + len(self._org.deleted) + 1,
        )
        self._org.devices[record.id] = record
        self._index.add(record)
        self._log_user_event("device.enrollment.create", "Device enrollment", record, user)
        return record

    def _add_user(self, record: Record, user: User) -> None:
        if record.users:  # the first comes with the record
            self.before_change(record)
        record.users[user.id] = DeviceUser(self._org.new_id("lnk"), user.id, self._org.now())
        self._log_user_event("device.user.add", "Add user to device", record, user)

    def _log_user_event(self, event_type: str, message: str, record: Record, user: User) -> None:
        self._org.event(
            event_type,
            message,
            actor=user.in_the_log,
            target=[device_target(record), user.in_the_log],
            device=log_device(record),
        )

    def is_registered(self, user_id: str) -> bool:
        """Return whether a user is registered with Okta Verify on an active device."""
        return any(
            user_id in record.users
            for record in self._org.devices.values()
            if record.status == "ACTIVE"
        )

    # Sign-in

    def sign_in(
        self,
        *,
        user_id: str,
        device_id: str,
        method: str = "signed_nonce",
        certificate: bytes | int | None = None,
    ) -> bool:
        """Sign a user in at a device. Return whether Okta treats it as managed for them now.

        ``certificate`` is the newest that the Mac holds, as DER; or the serial number of a booked
        one.
        """
        org = self._org
        record = org.devices.get(device_id)
        link = record.users.get(user_id) if record else None
        if record is None or link is None or record.status != "ACTIVE" or org.is_off(method):
            return False
        user = org.users[user_id]
        user.last_login = org.now()
        if method == "signed_nonce":
            self.before_change(record, touches=org.world.switches.sign_in_touches_record)
            link.set_managed(org.platform.attests(certificate, record, user))
        factor = "SIGNED_NONCE" if method == "signed_nonce" else "OKTA_VERIFY_PUSH"
        self.log_authentication(user, link, factor)
        org.event(
            "user.session.start",
            "User login to Okta",
            actor=user.in_the_log,
            device=log_device(record, link),
            target=[
                enrollment_target(link.id),
                org.directory.app("okta_enduser").in_the_log,
            ],
        )
        return link.managed

    def log_authentication(
        self, user: User, link: DeviceUser, factor: str, client: Json | None = None
    ) -> None:
        """Log an authentication with Okta Verify. As recorded, it names a method and no device."""
        self._org.event(
            "user.authentication.auth_via_mfa",
            "Authentication of user via MFA",
            actor=user.in_the_log,
            client=client,
            debug_data={"factor": factor},
            target=[user.in_the_log, enrollment_target(link.id, factor)],
        )

    def is_managed(self, device_id: str, user_id: str) -> bool:
        """Return whether Okta treats a device as managed for a user."""
        record = self._org.devices.get(device_id)
        return bool(record and user_id in record.users and record.users[user_id].managed)

    # Lifecycle

    def step(self, record: Record, name: str, user_agent: str = "") -> bool:
        """Take a lifecycle step. Return False if the record has its status already.

        Raises WrongStatus.
        """
        allowed, leads_to = STEPS[name]
        if record.status == leads_to:
            return False
        if record.status not in allowed:
            raise WrongStatus(f"A device that is {record.status} cannot take the step {name}.")
        record.before_step = (self._org.now(), record.copy())
        self.before_change(record)
        record.status = leads_to
        self._org.administrator_event(
            f"device.lifecycle.{name}",
            f"{name.capitalize()} device",
            [device_target(record)],
            user_agent,
        )
        if name == "deactivate":
            record.users.clear()
            self._org.platform.set_status(record, "SUSPENDED")
        elif name == "activate":
            self._org.platform.set_status(record, "ACTIVE")
        return True

    def read(self, record: Record) -> Record:
        """Return a record as getDevice shows it, which may be how it was before its last step.

        Recorded: one second after an unsuspend that was answered 204, it was still suspended.
        """
        if record.before_step is None:
            return record
        taken_at, before = record.before_step
        lag = self._org.world.switches.lifecycle_lag_seconds
        if before.status == "SUSPENDED" and record.status == "ACTIVE":
            lag = max(lag, UNSUSPEND_LAG)
        return before if self._org.now() - taken_at < timedelta(seconds=lag) else record

    def delete(self, record: Record) -> None:
        """Delete a deactivated record. Raises WrongStatus for another one."""
        if record.status != "DEACTIVATED":
            raise WrongStatus(f"A device that is {record.status} cannot be deleted.")
        self._index.removed(record, self._org.now())
        del self._org.devices[record.id]
        self._org.deleted.add(record.id)
        self._org.administrator_event(
            "device.lifecycle.delete", "Delete device", [device_target(record)]
        )
        self._org.platform.set_status(record, "REVOKED")

    def before_change(self, record: Record, touches: bool = True) -> None:
        """Note a record as it is. Call it before the record changes.

        The search index may have to show the earlier state. ``touches``: the change sets the
        record's lastUpdated.
        """
        self._index.before_change(record, self._org.now())
        if touches:
            record.last_updated = self._org.now()

    # Search

    def search(
        self, matches: t.Callable[[Record], bool], after: int, limit: int, one_behind: bool
    ) -> tuple[list[Record], int | None]:
        """Return a page of records as the search index has them, and where the next one begins."""
        lag = self._org.world.switches.search_lag_seconds
        at = self._org.now() - timedelta(seconds=lag) if lag else None
        return self._index.page(matches, after, limit, Glance(at, one_behind))

    def expire(self, now: datetime) -> None:
        """End the managed status of devices whose certificates have expired, and old versions."""
        for record in self._org.devices.values():
            managed = any(link.managed for link in record.users.values())
            if managed and not self._org.platform.has_current(record, now):
                self.before_change(record)
                for link in record.users.values():
                    link.set_managed(False)
        self._index.forget(now, timedelta(seconds=self._org.world.switches.search_lag_seconds))
