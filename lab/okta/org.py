# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Okta org of the Identity Engine with one Desktop platform.

Users, device records, certificates, and what it does when somebody signs in.

Take the world's lock around every call.
"""

from __future__ import annotations

import base64
import contextlib
import random
import typing as t
import uuid
from datetime import datetime, timedelta

from lab.okta.authenticators import Authenticator, make_authenticators
from lab.okta.certificate_authority import Authority, IssuedCertificate
from lab.okta.devices import DeviceFacts, DeviceUser, Glance, Record, SearchIndex, User
from lab.okta.directory import (
    ACCOUNT_MANAGEMENT,
    ADMIN_CONSOLE,
    ADMINISTRATORS,
    COMPANY_APPS,
    EVERYONE,
    OWN_APPS,
    App,
    Directory,
    Group,
)
from lab.okta.hooks import EventHook, HookSettings
from lab.okta.oauth import OAuth
from lab.okta.policies import Policies, Policy, Rule
from lab.okta.rate_limits import Limits
from lab.okta.serializers import log_device
from lab.okta.sign_in_simulator import Seat, SignIns
from lab.okta.system_log import Event, Json, SystemLog
from lab.state import World

UNUSED_CERTIFICATE_LIVES = timedelta(days=90)
ADMINISTRATOR = "okta.admin@acme.example"  # whose token the API token is
PLATFORM_ADDED = timedelta(days=20)  # before the lab starts
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_SYSTEM = {
    "id": "okta-system",
    "type": "SystemPrincipal",
    "alternateId": "system@okta.com",
    "displayName": "Okta System",
    "detailEntry": None,
}

# Each lifecycle step: from which statuses it is taken, and where it leads.
STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "activate": (("DEACTIVATED",), "ACTIVE"),
    "deactivate": (("ACTIVE", "SUSPENDED"), "DEACTIVATED"),
    "suspend": (("ACTIVE",), "SUSPENDED"),
    "unsuspend": (("SUSPENDED",), "ACTIVE"),
}


class Gone(Exception):
    """Okta Verify still has an account of a record that was deleted (410 E0000153 on its own
    endpoint).
    """


class RegistrationRefused(Exception):
    """Okta Verify may not add an account now."""


class WrongStatus(Exception):
    """A lifecycle step cannot be taken from the status that the record has."""


class Org:
    """``refused`` names the operations that the API token has no permission for."""

    def __init__(self, world: World, base_url: str) -> None:
        self.world = world
        self.base_url = base_url
        self._random = random.Random(f"okta {world.options.seed}")  # equal seeds give equal orgs
        self._dated: datetime | None = None
        self.subdomain = "acme"
        self.pipeline = "idx"
        self.org_id = self.new_id("00o")
        self.realm_id = self.new_id("guo")
        self.api_token = "00" + self._token(40)
        self.oauth = OAuth(base_url, world.clock.now, self.new_id)
        self.refused: set[str] = set()
        self.scep_path = f"/pki/{self._random.getrandbits(160):040X}/scep/{self.new_id('rac')}"
        self.scep_url = base_url + self.scep_path
        self.challenge = self._new_challenge()
        self.authority = Authority(world.clock, self.subdomain, self.org_id)
        self.users: dict[str, User] = {}
        self.devices: dict[str, Record] = {}
        self.deleted: set[str] = set()
        self.log = SystemLog()
        self.hooks: list[EventHook] = []
        self.limits = Limits(world.clock)
        self._index = SearchIndex()
        self._administrator = User(
            self.new_id("00u"), ADMINISTRATOR, ADMINISTRATOR, "Okta", "Administrator", self.now()
        ).in_the_log
        self._policies_random = random.Random(
            f"okta policies {world.options.seed}"
        )  # apart: ids of devices stay what they are
        self.policies = Policies(self._policy_id, self.now)
        self.directory = Directory(self._policy_id, self.now)
        self.sign_ins = SignIns(self)
        self.system = _SYSTEM
        with self.dated(self.now() - PLATFORM_ADDED):
            self.authenticators: dict[str, Authenticator] = make_authenticators(
                self.new_id, self.now()
            )
            self.has_platform = False
            if world.options.consoles:
                self.add_platform()
            self._make_policies()

    def add_platform(self) -> None:
        """Somebody adds the Desktop platform in the Admin Console, and is shown the SCEP URL and
        the secret key.
        """
        self.has_platform = True
        self._platform_event("device.platform.add", "Add device management platform")

    @property
    def other_url(self) -> str:
        """The org under another name of this machine."""
        return self.base_url.replace("//localhost", "//127.0.0.1", 1)

    @property
    def shown_scep_url(self) -> str:
        """As the console shows it. It works under either name."""
        return (
            self.scep_url
            if self.world.switches.scep_host == "org"
            else self.other_url + self.scep_path
        )

    # Ids and time

    def new_id(self, prefix: str) -> str:
        return prefix + self._token(17)

    def _policy_id(self, prefix: str) -> str:
        return prefix + "".join(self._policies_random.choices(_LETTERS, k=17))

    def _token(self, length: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=length))

    def _new_challenge(self) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(32)).decode().rstrip("=")

    def now(self) -> datetime:
        """As precise as Okta prints it."""
        moment = self._dated or self.world.clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    @contextlib.contextmanager
    def dated(self, moment: datetime) -> t.Iterator[None]:
        """What is done within has happened at ``moment``.

        For a history that is there before the lab starts.
        """
        self._dated, outer = moment, self._dated
        try:
            yield
        finally:
            self._dated = outer

    # People and their devices

    def add_user(self, first_name: str, last_name: str, login: str) -> User:
        user = User(self.new_id("00u"), login, login, first_name, last_name, self.now())
        self.users[user.id] = user
        return user

    def empty(self) -> None:
        """Nobody and nothing is left: as a new org is."""
        for everything in (
            self.users,
            self.devices,
            self.deleted,
            self.policies.found,
            self.directory.groups,
            self.directory.apps,
        ):
            everything.clear()
        self.log, self._index, self.sign_ins = SystemLog(), SearchIndex(), SignIns(self)
        self._make_policies()

    def add_emergency_user(self, login: str) -> User:
        """One whose id is drawn apart, so that a seed gives the same ids with and without."""
        user = User(self._policy_id("00u"), login, login, "Break", "Glass", self.now())
        self.users[user.id] = user
        return user

    def register(
        self, user_id: str, device: DeviceFacts, account_device_id: str | None = None
    ) -> Record:
        """Add an account to Okta Verify on a device. Return the record that it belongs to.

        ``account_device_id`` is the record of an account that Okta Verify has already, of any user.
        Without it a new record is made, even if an older one has the same serial number. Raises
        Gone or RegistrationRefused.
        """
        if self.authenticators["okta_verify"].status_of("okta_verify") != "ACTIVE":
            raise RegistrationRefused("Okta Verify is not active in this org.")
        self._may_enrol(self.users[user_id], device.platform)
        if account_device_id is None:
            record = self._new_record(device, self.users[user_id])
        else:
            record = self._living_record(account_device_id)
        if user_id not in record.users:
            self._add_user(record, self.users[user_id])
        return record

    def _may_enrol(self, user: User, platform: str) -> None:
        """The account management policy judges whoever adds an authenticator, from a device that is
        not registered yet. Raises RegistrationRefused.
        """
        policy = self.account_policy
        judgement = self.sign_ins.judged(policy, Seat(user.id, platform))
        if not judgement.admitted:
            self.event(
                "policy.evaluate_sign_on",
                "Evaluation of Okta Account Management Policy",
                actor=user.in_the_log,
                target=self.policy_targets(policy, judgement.rule),
                outcome={"result": "DENY", "reason": "Sign-on policy evaluation resulted in DENY"},
            )
            raise RegistrationRefused(
                f"the rule {judgement.rule.name!r} of the Okta account management policy lets"
                " nobody enrol so."
            )

    def has_okta_verify(self, user_id: str) -> bool:
        """Registered somewhere."""
        return any(
            user_id in record.users for record in self.devices.values() if record.status == "ACTIVE"
        )

    def _living_record(self, device_id: str) -> Record:
        if device_id not in self.devices:
            raise Gone(f"{device_id} no longer exists.")
        record = self.devices[device_id]
        if record.status != "ACTIVE":
            raise RegistrationRefused(f"{device_id} is {record.status}.")
        return record

    def _new_record(self, device: DeviceFacts, user: User) -> Record:
        now = self.now()
        record = Record(
            self.new_id("guo"),
            now,
            now,
            device.as_profile(),
            sequence=len(self.devices) + len(self.deleted) + 1,
        )
        self.devices[record.id] = record
        self._index.add(record)
        self.event(
            "device.enrollment.create",
            "Device enrollment",
            actor=user.in_the_log,
            target=[self._device_target(record), user.in_the_log],
            device=log_device(record),
        )
        return record

    def _add_user(self, record: Record, user: User) -> None:
        if record.users:  # the first comes with the record
            self._changes(record)
        record.users[user.id] = DeviceUser(self.new_id("lnk"), user.id, self.now())
        self.event(
            "device.user.add",
            "Add user to device",
            actor=user.in_the_log,
            target=[self._device_target(record), user.in_the_log],
            device=log_device(record),
        )

    def sign_in(
        self,
        *,
        user_id: str,
        device_id: str,
        method: str = "signed_nonce",
        certificate: bytes | int | None = None,
    ) -> bool:
        """Somebody signs in at a device. Returns whether Okta holds it managed for them now.

        ``certificate`` is the newest that the Mac holds, as DER; or the serial number of a booked
        one, which nobody holds.
        """
        record = self.devices.get(device_id)
        link = record.users.get(user_id) if record else None
        if record is None or link is None or record.status != "ACTIVE" or self.is_off(method):
            return False
        user = self.users[user_id]
        user.last_login = self.now()
        if method == "signed_nonce":
            self._changes(record, touches=self.world.switches.sign_in_touches_record)
            link.set_managed(self._attests(certificate, record, user))
        factor = "SIGNED_NONCE" if method == "signed_nonce" else "OKTA_VERIFY_PUSH"
        facts = {"actor": user.in_the_log, "device": log_device(record, link)}
        enrollment = {
            "id": link.id,
            "type": "AuthenticatorEnrollment",
            "alternateId": "unknown",
            "displayName": "Okta Verify",
            "detailEntry": None,
        }
        self.event(
            "user.authentication.auth_via_mfa",
            "Authentication of user via MFA",
            debug_data={"factor": factor},
            target=[user.in_the_log, enrollment],
            **facts,
        )
        self.event("user.session.start", "User login to Okta", target=[user.in_the_log], **facts)
        return link.managed

    def add_hook(self, settings: HookSettings) -> EventHook:
        """Add an event hook, as Workflow > Event Hooks in the Admin Console does.

        Raises NotAHook. Call its ``verify`` without the world's lock.
        """
        hook = EventHook(self.new_id("who"), self.base_url, settings)
        self.hooks.append(hook)
        return hook

    def is_off(self, method: str) -> bool:
        verify = self.authenticators["okta_verify"]
        return "INACTIVE" in (verify.status_of("okta_verify"), verify.status_of(method))

    def _attests(self, shown: bytes | int | None, record: Record, user: User) -> bool:
        """Okta's rules for a certificate that a Mac proves to hold.

        Its first use binds it to the record.
        """
        certificate = (
            self.authority.find(shown)
            if isinstance(shown, bytes)
            else self.authority.certificates.get(shown or 0)
        )
        if (
            certificate is None
            or certificate.status != "ACTIVE"
            or not certificate.not_before <= self.world.clock.now() < certificate.not_after
        ):
            return False
        if certificate.bound_device_id not in (None, record.id) or self._came_too_late(
            certificate, record
        ):
            return False
        certificate.last_used = self.now()
        if certificate.bound_device_id is None:
            certificate.bound_device_id = record.id
            record.certificates.append(certificate.serial_number)
            target = [self._certificate_target(certificate), self._device_target(record)]
            self.event(
                "pki.cert.bind",
                "Bind client certificate to device",
                actor=user.in_the_log,
                target=target,
                device=log_device(record),
            )
        return True

    def _came_too_late(self, certificate: IssuedCertificate, record: Record) -> bool:
        """By the guide, a record made before the Mac's first certificate never becomes managed.

        A later certificate is a renewal.
        """
        if self.world.switches.record_before_certificate == "heals" or record.certificates:
            return False
        if certificate.issued_at <= record.created:
            return False
        return all(
            other.issued_at > record.created
            for other in self.authority.naming(record.profile.get("serialNumber", ""))
        )

    def managed(self, device_id: str, user_id: str) -> bool:
        record = self.devices.get(device_id)
        return bool(record and user_id in record.users and record.users[user_id].managed)

    # Certificates

    def enrol(self, message: bytes) -> bytes:
        """Answer a SCEP PKIOperation."""
        reply, certificate = self.authority.pki_operation(
            message, self.challenge, modern=self.world.switches.scep_capabilities == "modern"
        )
        if certificate is not None:
            self._was_issued(certificate)
        return reply

    def book(self, common_name: str) -> IssuedCertificate:
        """Issue a certificate to a Mac that is only a record.

        It stands in the books and in the log, and nobody holds it.
        """
        certificate = self.authority.book(common_name, self.now())
        self._was_issued(certificate)
        return certificate

    def _was_issued(self, certificate: IssuedCertificate) -> None:
        self.event(
            "pki.cert.issue",
            "Issue client certificate",
            actor=_SYSTEM,
            target=[self._certificate_target(certificate)],
        )

    def reset_secret(self) -> str:
        """The old challenge is worth nothing from now on."""
        self.challenge = self._new_challenge()
        self._platform_event(
            "device.platform.secret_key.reset", "Reset device management platform secret key"
        )
        return self.challenge

    def _turn(
        self, record: Record, status: str, event_type: str, message: str, actor: Json
    ) -> None:
        """All certificates bound to a record change their status, but for those that are revoked."""
        for serial_number in record.certificates:
            certificate = self.authority.certificates[serial_number]
            if certificate.status not in (status, "REVOKED"):
                certificate.status = status
                self.event(
                    event_type,
                    message,
                    actor=actor,
                    target=[self._certificate_target(certificate), self._device_target(record)],
                )

    # Lifecycle

    def step(self, record: Record, name: str) -> bool:
        """Take a lifecycle step. Returns False if it has been taken before; raises WrongStatus."""
        allowed, leads_to = STEPS[name]
        if record.status == leads_to:
            return False
        if record.status not in allowed:
            raise WrongStatus(f"A device that is {record.status} cannot take the step {name}.")
        self._changes(record)
        record.status = leads_to
        self.event(
            f"device.lifecycle.{name}",
            f"{name.capitalize()} device",
            actor=self._administrator,
            target=[self._device_target(record)],
        )
        if name == "deactivate":
            record.users.clear()
            self._turn(
                record,
                "SUSPENDED",
                "pki.cert.lifecycle.suspend",
                "Suspend client certificate",
                self._administrator,
            )
        elif name == "activate":
            self._turn(
                record,
                "ACTIVE",
                "pki.cert.lifecycle.activate",
                "Activate client certificate",
                self._administrator,
            )
        return True

    def delete(self, record: Record) -> None:
        """Raises WrongStatus unless the record is deactivated."""
        if record.status != "DEACTIVATED":
            raise WrongStatus(f"A device that is {record.status} cannot be deleted.")
        self._index.removed(record, self.now())
        del self.devices[record.id]
        self.deleted.add(record.id)
        self.event(
            "device.lifecycle.delete",
            "Delete device",
            actor=self._administrator,
            target=[self._device_target(record)],
        )
        self._turn(
            record,
            "REVOKED",
            "pki.cert.lifecycle.delete",
            "Delete client certificate",
            self._administrator,
        )

    def _changes(self, record: Record, touches: bool = True) -> None:
        """Call it before a record changes.

        The search index may have to show it as it was. ``touches``: the record says so.
        """
        self._index.before_change(record, self.now())
        if touches:
            record.last_updated = self.now()

    # Search

    def search(
        self, matches: t.Callable[[Record], bool], after: int, limit: int, one_behind: bool
    ) -> tuple[list[Record], int | None]:
        """A page of records as the search index knows them."""
        lag = self.world.switches.search_lag_seconds
        return self._index.page(
            matches,
            after,
            limit,
            Glance(self.now() - timedelta(seconds=lag) if lag else None, one_behind),
        )

    # What time does

    def housekeeping(self) -> None:
        """Called by whoever moves the clock."""
        now = self.now()
        for certificate in self.authority.certificates.values():
            unused = (
                certificate.last_used is None
                and now - certificate.issued_at > UNUSED_CERTIFICATE_LIVES
            )
            if unused and certificate.status != "REVOKED":
                certificate.status = "REVOKED"
                self.event(
                    "pki.cert.lifecycle.revoke",
                    "Revoke client certificate",
                    actor=_SYSTEM,
                    target=[self._certificate_target(certificate)],
                )
        for record in self.devices.values():
            self._look_for_expired(record, now)
        self.log.forget(now)
        self._index.forget(now, timedelta(seconds=self.world.switches.search_lag_seconds))

    def _look_for_expired(self, record: Record, now: datetime) -> None:
        held = [self.authority.certificates[serial_number] for serial_number in record.certificates]
        if any(
            certificate.status == "ACTIVE" and now < certificate.not_after for certificate in held
        ):
            return
        if any(link.managed for link in record.users.values()):
            self._changes(record)
            for link in record.users.values():
                link.set_managed(False)

    # Policies, groups and apps

    def _make_policies(self) -> None:
        """As in an org that nobody has changed much:

        Okta's own, and one that the company's apps share.
        """
        everyone = self.directory.add_group(
            EVERYONE, "All users in your organization", type="BUILT_IN", everyone=True
        )
        administrators = self.directory.add_group(
            ADMINISTRATORS,
            "Okta manages this group, which contains all administrators",
            type="BUILT_IN",
        )
        self.policies.add("Any two factors", "Require two factors to access.", system=True)
        self.policies.add("Okta Account Management", None, resource=ACCOUNT_MANAGEMENT)
        for name, label in OWN_APPS:
            assigned = administrators if name == ADMIN_CONSOLE else everyone
            self.directory.add_app(
                name, label, "OPENID_CONNECT", self.policies.add(label).id, [assigned.id]
            )
        company = self.policies.add("Company apps", "Apps of the company")
        for name, label, mode in COMPANY_APPS:
            self.directory.add_app(name, label, mode, company.id, [everyone.id])

    @property
    def user_type(self) -> str:
        """All users are of the one type that an org has at first."""
        return "oty" + self.realm_id[3:]

    @property
    def account_policy(self) -> Policy:
        """It judges who may add an authenticator, which registering with Okta Verify is."""
        return next(
            policy
            for policy in self.policies.found.values()
            if policy.resource == ACCOUNT_MANAGEMENT
        )

    def policy_of(self, app: App) -> Policy:
        """The one that is in force for an app."""
        policy = self.policies.found.get(app.policy_id)
        return policy if policy and policy.status == "ACTIVE" else self.policies.default

    def apps_of(self, policy: Policy) -> list[App]:
        return [app for app in self.directory.apps.values() if app.policy_id == policy.id]

    def members(self, group: Group) -> list[User]:
        return [user for user in self.users.values() if group.has(user.id)]

    def assign(self, app: App, policy: Policy) -> None:
        app.policy_id, app.last_updated = policy.id, self.now()
        target = [app.in_the_log, *self.policy_targets(policy)]
        self.event(
            "application.policy.sign_on.update",
            "Update sign on policy for application",
            actor=self._administrator,
            target=target,
        )

    def policy_event(
        self, event_type: str, message: str, policy: Policy, rule: Rule | None = None
    ) -> None:
        self.event(
            event_type, message, actor=self._administrator, target=self.policy_targets(policy, rule)
        )

    @staticmethod
    def policy_targets(policy: Policy, rule: Rule | None = None) -> list[Json]:
        named = [("PolicyEntity", policy.id, policy.name)] + (
            [("PolicyRule", rule.id, rule.name)] if rule else []
        )
        return [
            {
                "id": one,
                "type": kind,
                "alternateId": "unknown",
                "displayName": name,
                "detailEntry": None,
            }
            for kind, one, name in named
        ]

    def administrator_event(self, event_type: str, message: str, target: list[Json]) -> None:
        self.event(event_type, message, actor=self._administrator, target=target)

    def asks_for_devices(self) -> bool:
        """Whether a rule has a condition that only Okta FastPass can tell."""
        devices = [
            (rule.conditions or {}).get("device") or {}
            for policy in self.policies.found.values()
            for rule in policy.rules
        ]
        return any(
            device.get("registered") is not None or device.get("managed") is not None
            for device in devices
        )

    def random_number(self) -> int:
        """128 random bits, which change nothing of the ids that are drawn later."""
        return self._policies_random.getrandbits(128)

    # The System Log

    @property
    def events(self) -> list[Json]:
        """All LogEvents, oldest first."""
        return [event.as_dict() for event in self.log.events]

    def event(
        self, event_type: str, message: str, *, actor: Json, target: t.Iterable[Json], **more: t.Any
    ) -> None:
        number = uuid.UUID(int=self._random.getrandbits(128), version=4).int
        event = Event(self.now(), number, event_type, message, actor, tuple(target), **more)
        self.log.add(event, event.moment + timedelta(seconds=self.world.switches.log_lag_seconds))
        for hook in self.hooks:
            hook.notice(event, self.world.switches.hook_delivers_twice)

    def _platform_event(self, event_type: str, message: str) -> None:
        target = {
            "id": self.scep_path.rpartition("/")[2],
            "type": "DevicePlatform",
            "alternateId": "unknown",
            "displayName": "Desktop",
            "detailEntry": None,
        }
        self.event(event_type, message, actor=self._administrator, target=[target])

    @staticmethod
    def _device_target(record: Record) -> Json:
        names = {
            "name": "displayName",
            "serialNumber": "serialNumber",
            "osPlatform": "platform",
            "osVersion": "osVersion",
        }
        detail = {name: record.profile[key] for name, key in names.items() if key in record.profile}
        return {
            "id": record.id,
            "type": "Device",
            "alternateId": "unknown",
            "displayName": record.profile["displayName"],
            "detailEntry": {**detail, "status": record.status},
        }

    def _certificate_target(self, certificate: IssuedCertificate) -> Json:
        """Nobody has published where Okta puts the common name: a switch says it."""
        field = self.world.switches.certificate_target_field
        target = {
            "id": f"{certificate.serial_number:x}",
            "type": "Certificate",
            "alternateId": "unknown",
            "displayName": "unknown",
            "detailEntry": None,
        }
        return {
            **target,
            field: (
                {"subjectCommonName": certificate.common_name}
                if field == "detailEntry"
                else certificate.common_name
            ),
        }

    # For the control surface

    def describe(self) -> Json:
        """The truth, JSON-able, without secrets."""
        return {
            "org_id": self.org_id,
            "pipeline": self.pipeline,
            "refused": sorted(self.refused),
            "devices": [self._describe_record(record) for record in self.devices.values()],
            "deleted": sorted(self.deleted),
        }

    def _describe_record(self, record: Record) -> Json:
        users = [
            {
                "user_id": link.user_id,
                "login": self.users[link.user_id].login,
                "managed": link.managed,
            }
            for link in record.users.values()
        ]
        return {
            "id": record.id,
            "serial": record.profile.get("serialNumber"),
            "status": record.status,
            "created": record.created.isoformat(),
            "users": users,
            "certificates": [str(number) for number in record.certificates],
        }

    def describe_certificates(self) -> list[Json]:
        return [
            {
                "serial_number": str(certificate.serial_number),
                "common_name": certificate.common_name,
                "status": certificate.status,
                "fingerprint_sha256": certificate.fingerprint_sha256,
                "bound_device_id": certificate.bound_device_id,
                "issued_at": certificate.issued_at.isoformat(),
                "not_before": certificate.not_before.isoformat(),
                "not_after": certificate.not_after.isoformat(),
                "last_used": certificate.last_used.isoformat() if certificate.last_used else None,
            }
            for certificate in self.authority.certificates.values()
        ]
