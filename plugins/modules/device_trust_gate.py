#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_trust_gate
short_description: Check that the test Macs of a ring have the SCEP profile and their certificates
version_added: 0.1.0
description:
  - Checks that the SCEP profile is installed on the test Macs, and that their certificates were
    issued. Any of three facts proves a certificate.
  - One is C(pki.cert.issue) in Okta's System Log. Another is a certificate with the profile's UUID
    in Kandji's inventory, together with the installed profile. The third is a device record that is
    managed. With O(updated_at), or its default, the record must be younger than that, or the log
    must have C(pki.cert.bind) of it since.
  - A certificate that has expired proves nothing. O(certificate_check_item_id) shows when it does.
    Otherwise it is estimated as a year after Kandji first saw the certificate, or else the profile.
    For a managed record, the year begins at O(updated_at) at the earliest.
  - Requests a daily check-in, once, from each test Mac that does not meet the gate, and waits for
    it. A gate that is not met is not a failure; RV(met) shows it. If the token lacks the permission
    Daily check-in, a warning says so, and the module waits for the check-ins that Macs make by
    themselves.
  - With O(state=absent), for the change from one SCEP item to another, the gate is met when no
    test Mac holds the profile any more.
  - In check mode the module requests no check-in and does not wait.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._polling
  - devicetrust.okta_kandji._attributes.reads
  - devicetrust.okta_kandji._attributes.both
options:
  library_item_id:
    description:
      - Id of the SCEP profile in Kandji, or of a console-managed SCEP item. Without one, as in
        check mode before the profile was ever created, the gate is not met.
      - If Kandji has no status of a console-managed item, an installed console-managed SCEP profile
        that names no other item counts in its place. Then Kandji's inventory cannot prove the
        certificate.
      - For a console-managed item, C(pki.cert.issue) has to name the id of the item or the UUID of
        its profile on the Mac. The serial number alone proves nothing.
      - Another proof of such an item is that the certificate check reports a certificate that a key
        of the authority signed. The name of the certificate has to hold one of these two, or the
        report has to be newer than the time at which Kandji first saw the profile on the Mac.
        Before that, the certificate may be of an earlier profile.
    type: str
  payload_uuid:
    description: The profile's present identity
      (RV(devicetrust.okta_kandji.kandji_scep_profile#module:profiles[].payload_uuid)). What Macs
      had under another one does not count. If Kandji does not show the content of the profile, the
      name of a certificate has to hold it, or the id of the item.
    type: str
  updated_at:
    description:
      - When the profile was last written
        (RV(devicetrust.okta_kandji.kandji_scep_profile#module:profiles[].updated_at)). Certificates
        issued before it do not prove anything.
      - With O(payload_uuid) it defaults to the time that Kandji lists for the profile. If it lists
        none, only a certificate with O(payload_uuid) in its name is proof.
    type: str
  state:
    description:
      - V(present) checks for the profile and the certificate.
      - V(absent) is met when neither the item's statuses nor the inventories of the test Macs name
        the profile. Without O(library_item_id) the gate is met.
      - A status whose word is not known does not rule the profile out.
      - Without O(payload_uuid), V(absent) treats the item as a console-managed one. Unless its
        status is that the Mac is excluded or incompatible, or only offers the item, each
        console-managed SCEP profile counts that names no other item.
    type: str
    choices: [present, absent]
    default: present
  certificate_check_item_id:
    description:
      - Id of the Custom Script that is the certificate check (see
        M(devicetrust.okta_kandji.device_trust_certificates)). If the check on a test Mac reports
        that a key of another authority signed the certificate, such as Device Access, the name of
        the certificate proves nothing.
      - That counts from the last write on, and if the check lists all identities and their keys,
        and Okta's certificate authorities can be read.
      - If the check reports that the last certificate of the authority has expired, nothing older
        than the report meets the gate.
      - The report is read where the gate would be met otherwise. Without O(payload_uuid) and
        O(updated_at) it may itself be the proof, so it is read wherever the profile is installed.
    type: str
  test_macs:
    description: Serials of the test Macs. The module warns of one that Kandji does not have, and
      leaves it out. One that has several devices in Kandji does not meet the gate.
    type: list
    elements: str
    required: true
  wait:
    description: How many seconds to wait for the gate.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Wait for the certificates of the canary
  devicetrust.okta_kandji.device_trust_gate:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    test_macs:
      - C02XK1ZAJG5J
    wait: 600

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Check the profile as kandji_scep_profile last wrote it
  devicetrust.okta_kandji.device_trust_gate:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    payload_uuid: 0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0
    updated_at: "2026-11-24T08:00:00Z"
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
    test_macs:
      - C02XK1ZAJG5J

- name: Wait until no test Mac holds the old item
  devicetrust.okta_kandji.device_trust_gate:
    library_item_id: 3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e
    state: absent
    test_macs:
      - C02XK1ZAJG5J
    wait: 900
    poll_interval: 30
"""

RETURN = r"""
met:
  description: Whether every test Mac that Kandji has meets the gate.
  returned: success
  type: bool
  sample: true
test_macs:
  description: Result for each test Mac. C(proof) names what proves the certificate, or is null.
    C(reason) says why the Mac does not meet the gate, or is null.
  returned: success
  type: list
  elements: dict
  sample:
    - {serial_number: C02XK1ZAJG5J, met: true, proof: pki.cert.issue in the System Log, reason:
      null}
    - {serial_number: FVFXC2ABQ05D, met: false, proof: null, reason: The SCEP profile is not
      installed yet.}
asked_to_check_in:
  description: Serial numbers of the Macs from which the module requested a daily check-in, if
    Kandji accepted the request. It accepts none for a Mac of which one is pending.
  returned: success
  type: list
  elements: str
  sample: [FVFXC2ABQ05D]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Installed profiles, verb: GET, count: 1}
"""

import typing as t
from datetime import datetime, timedelta, timezone

from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, OKTA, POLLING, ArgumentSpec, arguments
from ..module_utils._core.results import Result
from ..module_utils._core.timestamps import (
    CLOCK_SKEW,
    format_milliseconds,
    require_timestamp,
)
from ..module_utils._fleet.certificates import check_reader as certificate_check_reader
from ..module_utils._fleet.certificates.check_reader import CertificateReports
from ..module_utils._fleet.certificates.check_report import MacReport
from ..module_utils._fleet.rings import gate
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.certificate_proof import Subject
from ..module_utils._kandji.check_in_requests import CheckIns
from ..module_utils._kandji.devices_by_serial import (
    describe_several,
    filter_of_serials,
    group_by_serial,
)
from ..module_utils._kandji.profile_holders import (
    ProfileItem,
    console_profiles,
    holders,
    installed_on,
    is_console_scep,
    require_payload_uuids,
)
from ..module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
)
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.authorities.certificate_authorities import read_key_expiries
from ..module_utils._okta.records import LogEvent

OPTIONS: ArgumentSpec = {
    **POLLING,
    "library_item_id": {"type": "str"},
    "payload_uuid": {"type": "str"},
    "updated_at": {"type": "str"},
    "certificate_check_item_id": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "test_macs": {"type": "list", "elements": "str", "required": True},
    "wait": {"type": "int", "default": 0},
}
USES = (
    kandji_api.LIST_DEVICES,
    kandji_api.LIST_PROFILES,
    kandji_api.DEVICE_ITEMS,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.DAILY_CHECK_IN,
    okta_api.LIST_LOG_EVENTS,
    okta_api.LIST_DEVICES,
    okta_api.LIST_DEVICE_USERS,
    *certificate_check_reader.USES,
)
LOG_AGE = timedelta(days=89)  # a day less than Okta keeps its log
Macs: t.TypeAlias = t.Mapping[str, KandjiDevice]  # by serial, as the options spell it


def run(ctx: ModuleContext) -> Result:
    """Return whether the test Macs meet the gate, after waiting for it."""
    macs, unknown = _read_test_macs(ctx)
    reports = CertificateReports(
        ctx.kandji, lambda: read_key_expiries(ctx.okta), ctx.params["certificate_check_item_id"]
    )
    expected = _read_expected(ctx) if macs else gate.ANYTHING
    asked: list[str] | None = None
    poll = ctx.poll(ctx.params["wait"], ctx.params["poll_interval"])

    def read() -> list[gate.GateVerdict]:
        verdicts = [*_read_verdicts(ctx, macs, expected, reports), *unknown]
        return sorted(verdicts, key=lambda verdict: ctx.params["test_macs"].index(verdict.serial))

    verdicts = read()
    while True:
        waiting = gate.find_waiting(verdicts, macs)
        if not waiting or ctx.check_mode or not ctx.params["library_item_id"]:
            break
        if asked is None:
            check_ins = CheckIns(ctx.kandji, ctx.warn)
            asked = [serial for serial in waiting if check_ins.request(macs[serial].device_id)]
        following = poll.read(gate.describe_wait(verdicts), read)
        if following is None:
            break
        verdicts = following
    if poll.error:
        ctx.warn(poll.describe_error())
    return {
        "changed": False,
        "met": bool(verdicts) and all(verdict.is_met for verdict in verdicts),
        "test_macs": [verdict.as_result() for verdict in verdicts],
        "asked_to_check_in": asked or [],
    }


def _read_test_macs(ctx: ModuleContext) -> tuple[Macs, list[gate.GateVerdict]]:
    """Return the test Macs that Kandji knows, by serial as the option spells it.

    Kandji may spell it otherwise, and its filters compare with case. The verdicts are on Macs with
    several devices in Kandji.
    """
    macs: dict[str, KandjiDevice] = {}
    unknown: list[gate.GateVerdict] = []
    for serial in dict.fromkeys(ctx.params["test_macs"]):
        devices = list(ctx.kandji.devices_with_serials([serial]))
        group = group_by_serial(devices).get(serial.lower(), [])
        if len(group) > 1:
            unknown.append(gate.GateVerdict(serial, f"{describe_several(group)}."))
        elif group:
            macs[serial] = group[0]
        else:
            ctx.warn(f"test_macs: Kandji does not have the Mac {serial}. Name another one.")
    return macs, unknown


def _read_verdicts(
    ctx: ModuleContext,
    macs: Macs,
    expected: gate.Expected,
    reports: CertificateReports,
) -> list[gate.GateVerdict]:
    """Return a verdict on each test Mac, for the state that the options ask for."""
    if ctx.params["state"] == "absent":
        return _read_absent(ctx, macs)
    return _read_present(ctx, macs, expected, reports)


def _read_present(
    ctx: ModuleContext,
    macs: Macs,
    expected: gate.Expected,
    reports: CertificateReports,
) -> list[gate.GateVerdict]:
    """Return a verdict on each test Mac that must have the profile and its certificate."""
    item_id = ctx.params["library_item_id"]
    if not item_id or not macs:
        return [gate.GateVerdict(serial, "The SCEP profile does not exist yet.") for serial in macs]
    of_kandji = [device.serial for device in macs.values()]
    serials = filter_of_serials(of_kandji)
    profiles = installed_on(ctx.kandji, ProfileItem(item_id), of_kandji)
    if expected.payload_uuid:
        require_payload_uuids(profiles)
    certificates = list(
        ctx.kandji.prism_certificates({"identity_certificate": {"eq": True}, **serials})
    )
    statuses = {
        serial: list(ctx.kandji.item_statuses(item_id, device.device_id))
        for serial, device in macs.items()
    }
    reported: list[InstalledProfile] = []
    if gate.needs_stand_ins(expected, profiles):
        reported = list(ctx.kandji.prism_profiles(serials))
    stand_ins = {
        serial: _read_stand_ins(ctx, device.device_id, statuses[serial], reported)
        for serial, device in macs.items()
    }
    if not any(statuses.values()):
        statuses = {serial: gate.stand_in_statuses(stand_ins[serial]) for serial in macs}
    return [
        gate.judge(
            gate.GateFacts.of_mac(
                serial,
                device.device_id,
                statuses[serial],
                profiles,
                certificates,
                datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc),
            ).with_stand_ins(stand_ins[serial]),
            _okta_proof(ctx, device.serial, expected),
            expected,
            _report_of(reports, device.device_id, expected.subject),
        )
        for serial, device in macs.items()
    ]


def _read_expected(ctx: ModuleContext) -> gate.Expected:
    """Return the profile that the options name, with the subject of its certificates.

    State absent expects none.
    """
    if ctx.params["state"] != "present":
        return gate.ANYTHING
    item_id = (ctx.params["library_item_id"] or "").lower()
    text = ctx.params["updated_at"]
    updated_at = require_timestamp("updated_at", text) if text else None
    profile = CustomProfile(item_id)
    if item_id:
        profile = next((each for each in ctx.kandji.profiles() if each.id == item_id), profile)
    return gate.Expected.of_profile(profile, ctx.params["payload_uuid"] or "", updated_at)


def _read_absent(ctx: ModuleContext, macs: Macs) -> list[gate.GateVerdict]:
    """Return a verdict on each test Mac that must not have the profile any more."""
    item_id = ctx.params["library_item_id"]
    holding: set[str] = set()
    for device in macs.values() if item_id else ():
        statuses = list(ctx.kandji.item_statuses(item_id, device.device_id))
        installed = list(ctx.kandji.prism_profiles(filter_of_serials([device.serial])))
        console_managed = ctx.params["payload_uuid"] is None
        others = _read_others(ctx, device.device_id, installed) if console_managed else set()
        holding |= holders(ProfileItem(item_id), statuses, installed, others, console_managed)
    return [gate.judge_absent(serial, mac.device_id, holding) for serial, mac in macs.items()]


def _read_stand_ins(
    ctx: ModuleContext,
    device_id: str,
    statuses: t.Sequence[ItemStatus],
    reported: t.Iterable[InstalledProfile],
) -> list[InstalledProfile]:
    """Return the profiles on a Mac of which one may be that of the console-managed item."""
    installed = [profile for profile in reported if profile.device_id == device_id]
    others = _read_others(ctx, device_id, installed)
    return console_profiles(ProfileItem(ctx.params["library_item_id"]), statuses, installed, others)


def _read_others(
    ctx: ModuleContext, device_id: str, installed: t.Iterable[InstalledProfile]
) -> set[str]:
    """Return the ids of the items of a Mac, if one of its profiles may be console-managed."""
    if not any(map(is_console_scep, installed)):
        return set()
    return {item.item_id for item in ctx.kandji.device_items(device_id)}


def _report_of(
    reports: CertificateReports, device_id: str, subject: Subject
) -> t.Callable[[], MacReport]:
    return lambda: reports.read_report(device_id, subject)


def _okta_proof(ctx: ModuleContext, serial: str, expected: gate.Expected) -> gate.OktaProof:
    def read_events(log_filter: str) -> t.Iterator[LogEvent]:
        # The clock of this machine may be wrong. Kandji has answered already, and this may be the
        # first request to Okta.
        now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
        oldest = max(now - LOG_AGE, expected.updated_at or now - LOG_AGE)
        since, until = format_milliseconds(oldest), format_milliseconds(now + CLOCK_SKEW)
        return ctx.okta.log_events(log_filter, since, until, word=serial)

    def managed() -> bool:
        records = list(ctx.okta.devices_with_serials([serial]))
        users = {record.id: ctx.okta.device_users(record.id) for record in records}
        managed = gate.managed_records(records, users)
        return expected.is_managed(managed, lambda: read_events(gate.BOUND))

    return gate.OktaProof(lambda: read_events(gate.ISSUED), managed)


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(OKTA, KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
