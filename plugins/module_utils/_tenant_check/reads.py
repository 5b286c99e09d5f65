# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reads that verify a tenant. Each takes a sample, and one that fails does not end the others.

A new read is an entry of OKTA_READS or KANDJI_READS. A read is made by the clients' own methods, so
that it ends well only if the collection copes with the answers. ``answers.Collector`` keeps
the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TypeVar

from .._core.errors import ApiError, DeviceTrustError, NotTrusted, Unreachable
from .._core.timestamps import format_timestamp
from .._fleet.reader import MACS_IN_OKTA
from .._http.operations import Operation, optional
from .._kandji import client as kandji_client
from .._kandji.client import Kandji
from .._kandji.records import MAC
from .._okta import client as okta_client
from .._okta.authenticators.okta_verify_spellings import OKTA_VERIFY, fold_key
from .._okta.authorities.records import ATTESTATION, STATIC
from .._okta.client import Okta
from .._okta.constants import FASTPASS_EVENT, LOG_RETENTION, NOT_WELL_FORMED, SESSION_START
from .._okta.records import LogEvent, OktaUser
from .._scep.endpoint import ScepEndpoint
from .answers import READ, REFUSED, SKIPPED, UNREACHABLE, UNREADABLE, ReadOutcome

RECORDS, ROWS, EVENTS = 200, 300, 200  # the largest samples
FEW = 3  # objects of which details are read
# Okta's log is read by these filters.
CERTIFICATES, LIFECYCLE = 'eventType sw "pki.cert."', 'eventType sw "device.lifecycle."'
DENIALS = 'eventType eq "policy.evaluate_sign_on" and outcome.result eq "DENY"'
DENIED_APPS = 'eventType eq "application.policy.sign_on.deny_access"'
SIGN_INS = f'eventType eq "{FASTPASS_EVENT}" or eventType eq "{SESSION_START}"'
CONSOLE_APP = "vpp-app"  # the type of an App Store app, which only the web app makes

# The operations that the reads send, by vendor. Without its permission, a read fails alone.
OPERATIONS = {
    "okta": (
        okta_client.GET_ORGANIZATION,
        okta_client.LIST_AUTHENTICATORS,
        okta_client.LIST_METHODS,
        okta_client.LIST_POLICIES,
        okta_client.LIST_RULES,
        okta_client.LIST_MAPPINGS,
        okta_client.LIST_DEVICES,
        okta_client.GET_DEVICE,
        okta_client.LIST_DEVICE_USERS,
        okta_client.GET_USER,
        okta_client.LIST_ENROLLMENTS,
        okta_client.LIST_LOG_EVENTS,
        okta_client.SIMULATE,
        okta_client.LIST_AUTHORITIES,
        okta_client.LIST_REGISTRATION_AUTHORITIES,
    ),
    "scep": (
        Operation("GetCACaps", "GET", "{path}"),
        Operation("GetCACert", "GET", "{path}"),
    ),
    "kandji": (
        kandji_client.LIST_DEVICES,
        kandji_client.DEVICE_ITEMS,
        kandji_client.LIST_BLUEPRINTS,
        kandji_client.LIST_ITEMS,
        kandji_client.LIST_PROFILES,
        kandji_client.ITEM_STATUSES,
        kandji_client.PRISM_CERTIFICATES,
        kandji_client.PRISM_PROFILES,
    ),
}
USES = optional(*OPERATIONS["okta"], *OPERATIONS["kandji"])
OBSERVED = {
    operation.name: vendor for vendor, operations in OPERATIONS.items() for operation in operations
}

Item = TypeVar("Item")


class Skip(Exception):
    """A read that cannot be made; the text says why, without anything of the tenant."""


@dataclass
class Leads:
    """What reads left for those after them."""

    app_id: str = ""
    users: list[OktaUser] = field(default_factory=list)  # those with most devices first
    fastpass_devices: list[str] = field(default_factory=list)  # ids of records
    scep_url: str = ""
    kandji_macs: list[str] = field(default_factory=list)  # ids of devices
    console_items: list[str] = field(default_factory=list)  # ids of library items


@dataclass
class Session:
    """The clients, and what was read so far."""

    okta: Okta
    kandji: Kandji
    open_scep: Callable[[str], ScepEndpoint]
    scep_url: str | None
    leads: Leads = field(default_factory=Leads)


def take_sample(rows: Iterable[Item], limit: int) -> list[Item]:
    """Return the first rows. No page is read beyond those that are needed."""
    return list(islice(rows, limit))


# Okta


def _read_organization(session: Session) -> None:
    session.okta.organization()


def _read_authenticators(session: Session) -> None:
    okta = session.okta
    for authenticator in okta.authenticators():
        if fold_key(authenticator.key or "") == OKTA_VERIFY:
            okta.authenticator_methods(authenticator.id)


def _read_access_policies(session: Session) -> None:
    okta = session.okta
    policies = okta.access_policies()
    for policy in [*policies[:FEW], *policies[FEW:][-FEW:]]:
        okta.policy_rules(policy.id)
        if not session.leads.app_id:
            apps = okta.policy_apps(policy.id)
            session.leads.app_id = apps[0] if apps else ""


def _read_other_policies(session: Session) -> None:
    session.okta.enrollment_policies()
    session.okta.session_policies()


def _read_signal_policies(session: Session) -> None:
    okta = session.okta
    for policy in okta.signal_policies()[:FEW]:
        okta.signal_rules(policy.id)
        okta.mapped_resources(policy.id)


def _read_devices(session: Session) -> None:
    okta = session.okta
    devices: dict[str, tuple[OktaUser, list[str]]] = {}
    for record in take_sample(okta.devices(MACS_IN_OKTA, expand="userSummary"), RECORDS):
        for link in record.users or ():
            devices.setdefault(link.user.id, (link.user, []))[1].append(record.id)
    by_number = sorted(devices.values(), key=lambda entry: -len(entry[1]))
    session.leads.users = [user for user, _ids in by_number if user.id][:FEW]
    for _user, ids in by_number[:FEW]:
        okta.device_users(ids[0])


def _read_users(session: Session) -> None:
    if not session.leads.users:
        raise Skip("No device record with a user was read.")
    okta = session.okta
    for user in session.leads.users:
        okta.enrollments(user.id)
    logins = (user.login for user in session.leads.users if user.login)
    login = next((each for each in logins if "/" not in each), None)  # Okta takes no slash
    if login:
        okta.user(login.swapcase())


def _read_log(session: Session) -> None:
    okta = session.okta
    now = datetime.fromtimestamp(okta.transport.now(), timezone.utc)
    since = format_timestamp(now - LOG_RETENTION + timedelta(days=1))
    samples = {
        log_filter: list(
            okta.log_events(log_filter, since, newest_first=True, at_most=number * EVENTS)
        )
        for log_filter, number in (
            (CERTIFICATES, 1),
            (LIFECYCLE, 1),
            (DENIALS, 1),
            (DENIED_APPS, 1),
            (SIGN_INS, 2),
        )
    }
    session.leads.fastpass_devices = _devices_of(samples[SIGN_INS])


def _devices_of(events: list[LogEvent]) -> list[str]:
    """Return the ids of the records that sessions began on, the newest first, each once."""
    ids = [event.device_id for event in events if event.event_type == SESSION_START]
    return list(dict.fromkeys(filter(None, ids)))[: 3 * FEW]


def _read_records(session: Session) -> None:
    if not session.leads.fastpass_devices:
        raise Skip("The log was not read, or names no device at a sign-in.")
    for device_id in session.leads.fastpass_devices:
        session.okta.device(device_id)


def _read_simulation(session: Session) -> None:
    leads = session.leads
    if not leads.app_id or not leads.users:
        raise Skip("No app with a policy, or no user, was read.")
    body = {
        "appInstance": leads.app_id,
        "policyTypes": ["ACCESS_POLICY"],
        "policyContext": {"user": {"id": leads.users[0].id}, "groups": {"ids": []}},
    }
    try:
        session.okta.simulate(body)
    except ApiError as error:
        if error.error_code != NOT_WELL_FORMED:
            raise
        session.okta.simulate(body, as_list=True)


def _read_authorities(session: Session) -> None:
    okta = session.okta
    for authority in okta.certificate_authorities():
        for platform in okta.registration_authorities(authority.id):
            if authority.family == ATTESTATION and platform.challenge_type == STATIC:
                session.leads.scep_url = session.leads.scep_url or platform.scep_url


def _read_scep(session: Session) -> None:
    url = session.scep_url or session.leads.scep_url
    if not url:
        raise Skip("No SCEP URL is known. Set device_trust_scep_url (option scep_url).")
    session.open_scep(url).describe()


# Kandji


def _read_kandji_devices(session: Session) -> None:
    devices = take_sample(session.kandji.devices(with_removed=True), ROWS)
    macs = [each for each in devices if each.platform == MAC and not each.is_removed]
    session.leads.kandji_macs = [each.device_id for each in [*macs[:FEW], *macs[FEW:][-FEW:]]]


def _read_device_items(session: Session) -> None:
    if not session.leads.kandji_macs:
        raise Skip("No Mac was read in Kandji.")
    for device_id in session.leads.kandji_macs:
        items = session.kandji.device_items(device_id)
        apps = [each.item_id for each in items if each.type == CONSOLE_APP]
        session.leads.console_items += apps


def _read_blueprints(session: Session) -> None:
    """Read two blueprints, each in a page of its own: this shows where the links lead."""
    kandji = session.kandji
    for blueprint in take_sample(kandji.blueprints(limit=1), 2):
        kandji.library_items(blueprint.id)


def _read_custom_profiles(session: Session) -> None:
    take_sample(session.kandji.profiles(), ROWS)


def _read_item_statuses(session: Session) -> None:
    items = list(dict.fromkeys(session.leads.console_items))
    if not items:
        raise Skip("No Mac of the sample has an App Store app.")
    take_sample(session.kandji.item_statuses(items[0]), ROWS)


def _read_certificates(session: Session) -> None:
    of_identities = {"identity_certificate": {"eq": True}}
    take_sample(session.kandji.prism_certificates(of_identities), ROWS)


def _read_installed_profiles(session: Session) -> None:
    of_kandji = {"payload_identifier": {"like": ["com.kandji.profile"]}}
    take_sample(session.kandji.prism_profiles(of_kandji), ROWS)


OKTA_READS: dict[str, Callable[[Session], None]] = {
    "organization": _read_organization,
    "authenticators": _read_authenticators,
    "access_policies": _read_access_policies,
    "other_policies": _read_other_policies,
    "signal_policies": _read_signal_policies,
    "devices": _read_devices,
    "users": _read_users,
    "log": _read_log,
    "records": _read_records,
    "simulation": _read_simulation,
    "authorities": _read_authorities,
    "scep": _read_scep,
}
KANDJI_READS: dict[str, Callable[[Session], None]] = {
    "kandji_devices": _read_kandji_devices,
    "device_items": _read_device_items,
    "blueprints": _read_blueprints,
    "custom_profiles": _read_custom_profiles,
    "item_statuses": _read_item_statuses,
    "certificates": _read_certificates,
    "installed_profiles": _read_installed_profiles,
}
READS = {**OKTA_READS, **KANDJI_READS}
WITHOUT_CREDENTIALS = ("organization", "scep")


def outcome_of(error: DeviceTrustError) -> ReadOutcome:
    """Return how a read ended that failed. Nothing of the message is kept: it may name anything."""
    if isinstance(error, ApiError):
        return ReadOutcome(REFUSED, error.status, error.error_code)
    if isinstance(error, (Unreachable, NotTrusted)):
        return ReadOutcome(UNREACHABLE)
    status = error.details.get("status")
    return ReadOutcome(UNREADABLE, status if isinstance(status, int) else 0)


@dataclass(frozen=True)
class Ended:
    """How the reads ended, and the errors of those that failed, for a run in which all failed."""

    outcomes: Mapping[str, ReadOutcome]
    errors: Mapping[str, DeviceTrustError]


def make_reads(session: Session, report: Callable[[str], None]) -> Ended:
    """Make all reads, one after the other.

    :arg report: is called with what is read before each.
    """
    outcomes: dict[str, ReadOutcome] = {}
    errors: dict[str, DeviceTrustError] = {}
    for name, read in READS.items():
        report(f"reading: {name.replace('_', ' ')}")
        try:
            read(session)
            outcomes[name] = ReadOutcome(READ)
        except Skip as skipped:
            outcomes[name] = ReadOutcome(SKIPPED, reason=str(skipped))
        except DeviceTrustError as error:
            outcomes[name], errors[name] = outcome_of(error), error
    return Ended(outcomes, errors)


def first_failures(ended: Ended) -> list[DeviceTrustError]:
    """Return the first error of each vendor that answered to no read with its credentials."""
    failures = []
    for reads in (OKTA_READS, KANDJI_READS):
        names = [name for name in reads if name not in WITHOUT_CREDENTIALS]
        errors = [ended.errors[name] for name in names if name in ended.errors]
        if errors and not any(ended.outcomes[name].state == READ for name in names):
            failures.append(errors[0])
    return failures
