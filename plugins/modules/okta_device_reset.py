#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device_reset
short_description: Deactivate and delete Okta device records, so that Macs can be registered anew
version_added: 0.1.0
description:
  - Finds the device records of the given serials, users, ids, or stages, reads each
    record's own users and again the record by its id, and
    deactivates and deletes those that no guard excludes. Each record that is skipped comes with one
    reason.
  - A record that was deleted cannot be brought back. Its users must remove the account in Okta
    Verify and register anew, and a certificate that was bound to
    it is revoked with it.
  - A device that works (a user of it is managed) is skipped, and so are shared Macs, records
    whose end would leave a user without a strong authenticator,
    several records for one serial, registrations that are newer than O(created_before) or than
    their Mac's certificate, those that a FastPass sign-in may
    still cure, and Macs on which no SCEP profile is live.
  - Nothing is written when more records would go than O(max_devices), O(max_percent) or O(confirm)
    allow.
  - Right before it is written to, each record is read again by its id, and its users too where it
    has changed. A run that takes longer than five minutes
    also asks the System Log who signed in by FastPass since, and looks at the users of their
    records again.
  - A record that is not there is fine, and so is every step that was taken before, so that a run
    that was cut short is finished by running it again.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings.optional
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.okta
  - devicetrust.okta_kandji._attributes.kandji
options:
  serials:
    description: Serial numbers of the Macs. Compared exactly. An empty list is fine; then there is
      nothing to do.
    type: list
    elements: str
  device_ids:
    description: Ids of Okta device records. A record that is named so is decided by itself,
      whatever other records its serial has.
    type: list
    elements: str
  users:
    description: Logins of users. The records of all Macs that they are registered on are decided.
    type: list
    elements: str
  stages:
    description: Stages, like V(REGISTERED_BEFORE_CERTIFICATE). The Macs of O(rings)
      on these stages are selected. With O(rings) only their own SCEP profiles count as live, else
      each SCEP payload does.
    type: list
    elements: str
  okta_verify_item_ids:
    description: Ids of the library items of Okta Verify, for O(stages).
    type: list
    elements: str
    default: []
  allow:
    description:
      - The reasons (RV(devices[].reason_code)) for which a record is not skipped, though it
        otherwise would be.
      - V(managed) resets a record also when a user is managed on it.
      - V(shared) resets a record also when more than one active user is linked to it.
      - V(last_authenticator) resets a record also when a user would be left without a strong
        authenticator. Then nobody's enrolments are read. Without it, one enrolment of Okta Verify
        counts as deleted with each record, since Okta does not document whether it lists one for
        each device. A user who has nothing else has to keep another active record, too, for which
        their records are read.
      - V(registered_after_certificate) resets a record also when it was registered after its Mac's
        first certificate came.
      - V(unknown_to_kandji) resets a record also when its serial is not a device in Kandji. Of
        such a record neither profile nor certificate is known.
      - V(no_profile) resets a record also when no SCEP profile is live on its Mac, or no
        certificate of it was seen.
      - V(sign_in_pending) resets a record also when a FastPass sign-in may still cure it, that is,
        its Mac has a certificate newer than the record and younger than O(sign_in_grace), and the
        System Log has no FastPass sign-in since. Without it, the System Log is read once where a
        record has such a certificate.
    type: list
    elements: str
    choices:
      - managed
      - shared
      - last_authenticator
      - registered_after_certificate
      - unknown_to_kandji
      - no_profile
      - sign_in_pending
    default: []
  platforms:
    description: The platforms whose records may be reset, as Okta names them.
    type: list
    elements: str
    default: [MACOS]
  created_before:
    description:
      - Only records created before this time (ISO 8601) are reset.
      - When not set, the start of the run by Okta's clock.
    type: str
  weak_authenticators:
    description: Keys of authenticators by which alone nobody should have to register anew.
    type: list
    elements: str
    default: [okta_password, okta_email, security_question]
  duplicates:
    description:
      - What to do where several records have one serial. In V(skip) and V(clean_up) the working one
        is kept, else the newest.
      - V(skip) skips the others, too, and names them. V(clean_up) resets them, and nothing else.
        V(each) decides each by itself.
    type: str
    choices: [skip, clean_up, each]
    default: skip
  sign_in_grace:
    description: Hours after which a newer certificate is no longer waited for.
    type: float
    default: 24.0
  max_devices:
    description: How many records one run may delete.
    type: int
    default: 10
  max_percent:
    description: How many of each 100 Macs that Kandji knows one run may reset. One may always be.
    type: int
    default: 20
  confirm_above:
    description: How many records one run may delete without O(confirm).
    type: int
    default: 10
  confirm:
    description:
      - Confirms more than O(confirm_above) records, by their number and the org's host, like
        V(RESET 25 DEVICES acme.okta.com). Check mode says it.
      - When a run was cut short, the same phrase is good for the rest of O(serials) and
        O(device_ids). O(users) and O(stages) no longer find what is gone,
        so that the rest takes a phrase of its own.
    type: str
  plan_digest:
    description:
      - Do what was approved, or nothing. It is RV(plan_digest) of the run in check mode that was
        looked at; where this run would reset other records, or
        records with other users, it fails and writes nothing. Fewer are other records, too.
      - A plan that was approved so needs no O(confirm).
    type: str
  report_bound_certificates:
    description: Read the System Log once, and return of each record whether its Mac's certificate
      is bound to it and is revoked with it.
    type: bool
    default: false
  reason:
    description: Why they are reset, for the audit.
    type: str
  requested_by:
    description: Who asked for it, for the audit. When not set, the user that runs this.
    type: str
  state_dir:
    description:
      - A directory in which each step is kept, in the file C(device_reset_audit.jsonl), a line of
        JSON each, readable to its owner alone.
      - When not set, nothing is kept, and a warning says so.
    type: path
  progress_file:
    description: A file that gets a line for each record that is done. Where this runs on the
      controller, the lines are shown while it runs.
    type: path
"""

EXAMPLES = r"""
- name: Reset the records of two Macs
  devicetrust.okta_kandji.okta_device_reset:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
    reason: CHG-1042, registered before their certificate
    state_dir: /var/lib/device-trust

- name: Reset the records of all Macs of a ring that registered too early
  devicetrust.okta_kandji.okta_device_reset:
    stages: [REGISTERED_BEFORE_CERTIFICATE]
    rings:
      - name: canary
        blueprints: [Canary]
        scep_profile: Okta SCEP - canary
    max_devices: 25
    confirm: RESET 25 DEVICES acme.okta.com

- name: Plan a reset for approval
  devicetrust.okta_kandji.okta_device_reset:
    serials: [C02XK1ZAJG5J]
  check_mode: true
  register: plan

- name: Carry out the approved plan alone
  devicetrust.okta_kandji.okta_device_reset:
    serials: [C02XK1ZAJG5J]
    plan_digest: "{{ plan.plan_digest }}"

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Reset the old records of one person in spite of all guards
  devicetrust.okta_kandji.okta_device_reset:
    users:
      - ann@example.com
    platforms: [MACOS]
    created_before: "2026-11-23T00:00:00Z"
    allow:
      - managed
      - shared
      - last_authenticator
      - registered_after_certificate
      - no_profile
      - sign_in_pending
    requested_by: bob@example.com
    reason: CHG-1043, Ann gets a new Mac
    report_bound_certificates: true
    progress_file: /var/lib/device-trust/progress

- name: Delete an old record of a Mac that has a newer one
  devicetrust.okta_kandji.okta_device_reset:
    device_ids:
      - guo8a1b2c3d4e5f6g7h8
    duplicates: clean_up
    allow: [unknown_to_kandji]
    sign_in_grace: 48
    weak_authenticators: [okta_password, okta_email, security_question, phone_number]
    max_percent: 5
    confirm_above: 0
    confirm: RESET 1 DEVICES acme.okta.com

- name: Reset the records of a ring whose SCEP item was made in Kandji's web app
  devicetrust.okta_kandji.okta_device_reset:
    stages: [REGISTERED_BEFORE_CERTIFICATE]
    rings:
      - name: by hand
        blueprints: [Everyone else]
        library_item: 3c9a1f7e-2b64-4d0a-8e15-6f7a8b9c0d1e
    okta_verify_item_ids:
      - 7d5e3c1b-9f80-4a62-b3d4-5e6f7a8b9c0d
"""

RETURN = r"""
devices:
  description: Each record that was asked for. What was there, what was done, and why not.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: The serial, device id or login that selected the record, as it was given.
      type: str
      returned: always
    device_id:
      description: Id of the record.
      type: str
      returned: always
    serial_number:
      description: Serial in the record.
      type: str
      returned: always
    display_name:
      description: Name in the record.
      type: str
      returned: always
    platform:
      description: Platform in the record.
      type: str
      returned: always
    status_before:
      description: Status before the run.
      type: str
      returned: always
    created:
      description: When the record was made.
      type: str
      returned: always
    users:
      description: Its users, by login and name, with their management status.
      type: list
      elements: dict
      returned: always
    person:
      description: The Mac's user by Kandji's word.
      type: str
      returned: always
    certificate_bound:
      description: Whether the Mac's certificate dies with the record; null where that is not known.
      type: bool
      returned: always
    state:
      description: One of C(reset), C(would_reset) (check mode), C(skipped), C(absent).
      type: str
      returned: always
    reason:
      description: Why, in one sentence.
      type: str
      returned: always
    reason_code:
      description:
        - Why a record is skipped or absent; null where it is reset.
        - One of the values of O(allow), or one that O(allow) does not lift, C(other_platform)
          (O(platforms)), C(registered_recently) and C(registration_time_unknown)
          (O(created_before)), C(kept_record), C(duplicate_record) and C(only_record)
          (O(duplicates)), or C(no_record).
      type: str
      returned: always
  sample:
    - target: C02XK1ZAJG5J
      device_id: guo4a5u7YAHhjXrMK0g4
      serial_number: C02XK1ZAJG5J
      display_name: MacBook of Ann
      platform: MACOS
      status_before: ACTIVE
      created: "2026-10-01T08:00:00.000Z"
      users: [{login: ann@acme.com, name: Ann Smith, management_status: NOT_MANAGED}]
      person: ann@acme.com
      certificate_bound: false
      state: reset
      reason: Its record is deactivated and deleted; its users register anew.
      reason_code: null
counts:
  description: How many were reset (or would be), skipped, absent.
  returned: success
  type: dict
  sample: {reset: 1, skipped: 0, absent: 0}
cannot_be_undone:
  description: What cannot be undone of it, in sentences. Empty where nothing is reset.
  returned: success
  type: list
  elements: str
  sample: ["A device record that is deleted cannot be brought back, and a deactivated one loses its
    users for good."]
confirm:
  description: The phrase that confirms this plan, where it takes one.
  returned: success
  type: str
  sample: RESET 25 DEVICES acme.okta.com
plan_digest:
  description: Names what is reset, or would be. The option of the same name holds another run to
    it.
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
org_url:
  description: The org, for what its users are told.
  returned: success
  type: str
  sample: https://acme.okta.com
reissue_after:
  description:
    - A moment (ISO 8601) after all certificates of the Macs whose certificate dies, or died, with
      the record (C(certificate_bound)). Of these Macs a
      certificate that is seen later is a new one, for
      O(devicetrust.okta_kandji.kandji_profile_redelivery#module:issued_before). Empty where there
      are none.
  returned: success
  type: str
  sample: "2026-11-20T10:00:01+00:00"
audit_file:
  description: Where the steps are kept; empty where they are not.
  returned: success
  type: str
  sample: /var/lib/device-trust/device_reset_audit.jsonl
changes:
  description: The plan in words, a line for each step that was taken, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["delete device record guo4a5u7YAHhjXrMK0g4 (C02XK1ZAJG5J), which cannot be undone"]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: deleteDevice, verb: DELETE, count: 1}
"""

import getpass
import typing as t
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from ..module_utils._core.changes import Change
from ..module_utils._core.errors import ApiError, BadOption, DeviceTrustError, NotFound
from ..module_utils._core.module import Result, Run, outcome, run_module
from ..module_utils._core.options import KANDJI, OKTA, OPTIONAL_RINGS, PROFILES, arguments
from ..module_utils._core.timestamps import parse_timestamp as moment
from ..module_utils._core.timestamps import require_timestamp as parse_time
from ..module_utils._kandji import client as kandji_api
from ..module_utils._okta import client as okta_api
from ..module_utils._okta.facts import LOG_RETENTION, WEAK_AUTHENTICATORS
from ..module_utils._okta.records import OktaDevice
from ..module_utils._reset import plan as reset
from ..module_utils._reset.audit import Audit, Progress
from ..module_utils._reset.evidence import macs_on_stages, read_macs
from ..module_utils._status.gate import mentions
from ..module_utils._status.rings import read_rings
from ..module_utils._status.stages import STAGES

OPTIONS: dict[str, t.Any] = {
    "serials": {"type": "list", "elements": "str"},
    "device_ids": {"type": "list", "elements": "str"},
    "users": {"type": "list", "elements": "str"},
    "stages": {"type": "list", "elements": "str"},
    "okta_verify_item_ids": {"type": "list", "elements": "str", "default": []},
    "allow": {"type": "list", "elements": "str", "choices": list(reset.ALLOW), "default": []},
    "platforms": {"type": "list", "elements": "str", "default": ["MACOS"]},
    "created_before": {"type": "str"},
    "weak_authenticators": {
        "type": "list",
        "elements": "str",
        "default": list(WEAK_AUTHENTICATORS),
    },
    "duplicates": {"type": "str", "choices": ["skip", "clean_up", "each"], "default": "skip"},
    "sign_in_grace": {"type": "float", "default": 24.0},
    "max_devices": {"type": "int", "default": 10},
    "max_percent": {"type": "int", "default": 20},
    "confirm_above": {"type": "int", "default": 10},
    "confirm": {"type": "str"},
    "plan_digest": {"type": "str"},
    "report_bound_certificates": {"type": "bool", "default": False},
    "reason": {"type": "str"},
    "requested_by": {"type": "str"},
    "state_dir": {"type": "path"},
    "progress_file": {"type": "path"},
}
USES = (
    okta_api.LIST_DEVICES,
    okta_api.GET_DEVICE,
    okta_api.LIST_DEVICE_USERS,
    okta_api.DEACTIVATE_DEVICE,
    okta_api.DELETE_DEVICE,
    okta_api.GET_USER,
    okta_api.LIST_USER_DEVICES,
    okta_api.LIST_ENROLLMENTS,
    okta_api.LIST_LOG_EVENTS,
    kandji_api.LIST_DEVICES,
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_ITEMS,
    kandji_api.DEVICE_ITEMS,
    kandji_api.LIST_EVENTS,
    kandji_api.ITEM_STATUSES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_APPS,
)
# The case of the factor differs between what is known of live events.
FASTPASS = 'eventType eq "user.authentication.auth_via_mfa" and outcome.result eq "SUCCESS"'
BOUND = (
    'eventType eq "pki.cert.bind" or eventType eq "pki.cert.lifecycle.delete" or eventType eq'
    ' "pki.cert.lifecycle.revoke"'
)


def run(run_: Run) -> Result:
    params = run_.params
    _check(params)
    rings, _competitors = read_rings(run_.kandji, params["rings"], params["scep_profile_prefix"])
    founds = _find(run_, rings)
    host = urlsplit(run_.okta.org_url).netloc
    if not founds:
        return {
            **_result([], [], ""),
            "plan_digest": _approved(run_, [], host),
            "org_url": run_.okta.org_url,
            "reissue_after": "",
        }
    macs, fleet = read_macs(
        run_.kandji,
        sorted({one.known_as for one in founds if one.known_as}),
        params["platforms"],
        rings,
    )
    progress = Progress(params["progress_file"])
    for number, one in enumerate(founds, 1):
        one.mac = macs.get(one.known_as.lower())
        _read_users(run_, one)
        progress.looked(number, len(founds))
    guards = _guards(run_)
    evidence = _evidence(run_, founds, guards)
    decisions = reset.plan(founds, guards, evidence)
    limits = reset.Limits(
        params["max_devices"],
        params["max_percent"],
        params["confirm_above"],
        params["confirm"] or "",
        fleet,
        host,
    )
    reset.check_limits(decisions, limits)
    digest = _approved(run_, decisions, host)
    if not run_.check_mode and not params["plan_digest"]:
        reset.check_confirmed(decisions, limits)
    bound = _bound(run_, decisions, guards.now) if params["report_bound_certificates"] else {}
    count = sum(one.action == "reset" for one in decisions)
    confirm = reset.phrase(count, limits.host) if count > limits.confirm_above else ""
    audit = Audit(
        params["state_dir"] if count and not run_.check_mode else None,
        _who(params),
        params["reason"] or "",
        run_.masker,
    )
    if count and not params["state_dir"]:
        run_.warn("No audit of this reset is kept: state_dir is not set.")
    rows = _carry_out(run_, decisions, guards, evidence, audit, progress, bound)
    dead = [
        one.found
        for one, row in zip(decisions, rows, strict=True)
        if row["certificate_bound"] and row["state"] != "skipped"
    ]
    after = reset.reissue_after(dead, bound, guards.now).isoformat() if dead else ""
    return {
        **_result(decisions, rows, confirm, audit.path),
        "plan_digest": digest,
        "org_url": run_.okta.org_url,
        "reissue_after": after,
    }


def _approved(run_: Run, decisions: t.Sequence[reset.Decision], host: str) -> str:
    """The plan's digest, where it may be carried out."""
    digest = reset.plan_digest(decisions, host)
    reset.check_approved(decisions, digest, run_.params["plan_digest"] or "")
    return digest


def _check(params: t.Mapping[str, t.Any]) -> None:
    unknown = [one for one in params["stages"] or [] if one not in STAGES]
    if unknown:
        raise BadOption(f"stages: {unknown[0]!r} is no stage; they are {', '.join(STAGES)}.")
    if params["stages"] and not params["rings"]:
        raise BadOption("stages: give the rings that they are selected from, too (rings).")
    if params["sign_in_grace"] < 0 or not 0 <= params["max_percent"] <= 100:
        raise BadOption(
            "sign_in_grace must not be negative, and max_percent must be between 0 and 100."
        )


def _who(params: t.Mapping[str, t.Any]) -> str:
    if params["requested_by"]:
        return params["requested_by"]
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"  # a container may run as a user without a name


def _guards(run_: Run) -> reset.Guards:
    params, okta = run_.params, run_.okta.transport
    started = datetime.fromtimestamp(okta.started(), timezone.utc)
    return reset.Guards(
        now=datetime.fromtimestamp(okta.now(), timezone.utc),
        created_before=(
            parse_time(params["created_before"]) if params["created_before"] else started
        ),
        allow=frozenset(params["allow"]),
        **{
            name: params[name]
            for name in ("duplicates", "sign_in_grace", "platforms", "weak_authenticators")
        },
    )


# What is there


def _find(run_: Run, rings: t.Sequence[t.Any]) -> list[reset.Found]:
    """A row for each record that was asked for, or for what has none.

    Search finds, and is never written from.
    """
    params = run_.params
    serials, without_serial = list(params["serials"] or []), []
    if params["stages"]:
        serials += macs_on_stages(
            run_.okta, run_.kandji, rings, params["okta_verify_item_ids"], params["stages"]
        )
    for login in params["users"] or []:
        user = run_.okta.user(login)
        if user is None:
            run_.warn(f"users: Okta has no user {login!r}; look whether the login is right.")
        records = [dict(device.row) for device in run_.okta.user_devices(user.id)] if user else []
        named = [str((one.get("profile") or {}).get("serialNumber") or "") for one in records]
        serials += [one for one in named if one]
        without_serial += [
            reset.Found(login, one)
            for one, serial in zip(records, named, strict=True)
            if not serial
        ]
    founds = _search(
        run_,
        "profile.serialNumber",
        list(dict.fromkeys(serials)),
        lambda row: str((row.get("profile") or {}).get("serialNumber") or ""),
    )
    named_ids = _search(
        run_, "id", list(dict.fromkeys(params["device_ids"] or [])), lambda row: str(row.get("id"))
    )
    for one in named_ids:  # a search may not know a record yet
        one.by_id, one.record = True, one.record or _row_of(run_.okta.device(one.target))
    ids = {one.id for one in named_ids if one.id}
    return [one for one in founds + without_serial if one.id not in ids] + named_ids


def _search(
    run_: Run, attribute: str, values: list[str], read: t.Callable[[t.Mapping[str, t.Any]], str]
) -> list[reset.Found]:
    rows: dict[str, list[dict[str, t.Any]]] = {value: [] for value in values}
    lower = {value.lower(): value for value in values}
    for device in run_.okta.devices_with(attribute, values):
        row = dict(device.row)
        value = lower.get(read(row).lower())
        if value:
            rows[value].append(row)
    return [reset.Found(value, row) for value, found in rows.items() for row in found or [None]]


def _row_of(device: OktaDevice | None) -> dict[str, t.Any] | None:
    return dict(device.row) if device else None


def _read_users(run_: Run, found: reset.Found) -> None:
    """The record's own users; a search may still show a record that is gone."""
    if found.record is None:
        return
    try:
        found.users = [dict(user.row) for user in run_.okta.device_users(found.id)]
    except NotFound:
        found.record = None


def _evidence(run_: Run, founds: t.Sequence[reset.Found], guards: reset.Guards) -> reset.Evidence:
    """What costs further calls, read only where it decides."""
    evidence = reset.Evidence()
    waiting = [one for one in founds if one.record is not None and reset.in_grace(one, guards)]
    if waiting:
        came = [one for one in map(reset.newer_certificate, waiting) if one]
        evidence.sign_ins = _sign_ins(run_, min(came), guards.now, {one.id for one in waiting})
    for one, reason in reset.without_enrollments(founds, guards, evidence):
        if reason is None and one.record is not None:
            _read_enrollments(run_, one, guards, evidence)
    return evidence


def _read_enrollments(
    run_: Run, found: reset.Found, guards: reset.Guards, evidence: reset.Evidence
) -> None:
    if "last_authenticator" in guards.allow or found.is_idle:
        return
    for user_id in [reset.user_id(one) for one in reset.active_users(found.users)]:
        if user_id not in evidence.enrollments:
            evidence.enrollments[user_id] = [
                {"key": one.key, "status": one.status} for one in run_.okta.enrollments(user_id)
            ]
            if reset.has_okta_verify_alone(evidence.enrollments[user_id], guards):
                evidence.active_records[user_id] = {
                    device.id
                    for device in run_.okta.user_devices(user_id)
                    if device.status == "ACTIVE"
                }


def _sign_ins(
    run_: Run, since: datetime, until: datetime, ids: t.Container[str]
) -> dict[str, datetime]:
    """Record id -> its last FastPass sign-in.

    Events that do not name their device prove nothing.
    """
    found: dict[str, datetime] = {}
    for event in run_.okta.log_events(
        FASTPASS, since.isoformat(), (until + timedelta(minutes=1)).isoformat()
    ):
        device_id, published = event.device_id, moment(event.published)
        if device_id in ids and published and (event.factor or "").upper() == "SIGNED_NONCE":
            found[device_id] = max(published, found.get(device_id, published))
    return found


def _bound(run_: Run, decisions: t.Sequence[reset.Decision], now: datetime) -> dict[str, datetime]:
    """When certificates die:

    by the ids of records that the log tells one bound to, now; of Macs whose record is gone, by
    serial, when it went with it.
    """
    ids = {one.found.id for one in decisions if one.action == "reset"}
    gone = [one.found for one in decisions if one.action == "none" and one.found.mac]
    if not ids and not gone:
        return {}
    since, until = (now - LOG_RETENTION).isoformat(), (now + timedelta(minutes=1)).isoformat()
    bound: dict[str, datetime] = {}
    for event in run_.okta.log_events(BOUND, since, until):
        if event.event_type == "pki.cert.bind":
            bound.update({target.id: now for target in event.targets if target.id in ids})
            continue
        ended = moment(event.published)
        bound.update(
            {
                one.known_as: ended
                for one in gone
                if ended and mentions(event, one.known_as) and reset.outlived(one, ended)
            }
        )
    return bound


# What is done


def _carry_out(
    run_: Run,
    decisions: t.Sequence[reset.Decision],
    guards: reset.Guards,
    evidence: reset.Evidence,
    audit: Audit,
    progress: Progress,
    bound: t.Container[str],
) -> list[dict[str, t.Any]]:
    rows: list[dict[str, t.Any]] = []
    total = sum(one.action == "reset" for one in decisions)
    for decision in decisions:
        try:
            state = _one(run_, decision, decisions, guards, evidence, audit)
        except DeviceTrustError as error:
            done = sum(row["state"] == "reset" for row in rows)
            error.details.update(devices=rows, changed=done > 0)
            raise
        row = reset.described(
            decision,
            state,
            (
                reset.is_bound(decision.found, bound, guards.now)
                if run_.params["report_bound_certificates"]
                else None
            ),
        )
        rows.append(row)
        progress.tell(row, total)
    return rows


def _one(
    run_: Run,
    decision: reset.Decision,
    decisions: t.Sequence[reset.Decision],
    guards: reset.Guards,
    evidence: reset.Evidence,
    audit: Audit,
) -> str:
    if decision.action == "reset":
        _look_again(run_, decision, decisions, guards, evidence)
    if decision.action != "reset":
        return "absent" if decision.action == "none" else "skipped"
    if run_.check_mode:
        return "would_reset"
    found = decision.found
    audit.write(found, "started")
    steps = [] if found.status == "DEACTIVATED" else [("deactivated", run_.okta.deactivate_device)]
    for name, step in [*steps, ("deleted", run_.okta.delete_device)]:
        try:
            said = step(found.id)
        except DeviceTrustError as error:
            audit.write(
                found,
                f"not {name}",
                str(error.details.get("request_id", "")) if isinstance(error, ApiError) else "",
            )
            raise
        audit.write(found, "absent" if said == "absent" else name, run_.okta.last_request_id)
    return "reset"


def _look_at_sign_ins(
    run_: Run, evidence: reset.Evidence, decisions: t.Sequence[reset.Decision]
) -> None:
    """On a run of many, users were read long before their record's turn, and whether a sign-in
    shows in the record is not documented: the log tells it.
    """
    now = datetime.fromtimestamp(run_.okta.transport.now(), timezone.utc)
    before = evidence.looked or datetime.fromtimestamp(run_.okta.transport.started(), timezone.utc)
    if now < before + reset.LOOK_AGAIN_AFTER:
        return
    # An event may reach the log late.
    evidence.signed_in |= set(
        _sign_ins(run_, before - timedelta(minutes=1), now, {one.found.id for one in decisions})
    )
    evidence.looked = now


def _look_again(
    run_: Run,
    decision: reset.Decision,
    decisions: t.Sequence[reset.Decision],
    guards: reset.Guards,
    evidence: reset.Evidence,
) -> None:
    """The record by its id, right before it is written to.

    Where it has changed since it was found, or somebody signed in, its users are read again,
    and it is decided anew."""
    found, before = decision.found, decision.found.record or {}
    found.record = _row_of(run_.okta.device(found.id))
    _look_at_sign_ins(run_, evidence, decisions)
    nobody_came = found.id not in evidence.signed_in
    if (
        nobody_came
        and found.record is not None
        and all(
            found.record.get(name) == before.get(name)
            for name in ("status", "created", "lastUpdated")
        )
    ):
        return
    _read_users(run_, found)
    _read_enrollments(run_, found, guards, evidence)
    again = reset.decide_again(decision, decisions, guards, evidence)
    decision.action, decision.reason, decision.code = again.action, again.reason, again.code


def _result(
    decisions: t.Sequence[reset.Decision],
    rows: list[dict[str, t.Any]],
    confirm: str,
    audit_file: str = "",
) -> Result:
    going = [
        one
        for one, row in zip(decisions, rows, strict=True)
        if row["state"] in ("reset", "would_reset")
    ]
    counts = {
        "reset": len(going),
        "skipped": sum(row["state"] == "skipped" for row in rows),
        "absent": sum(row["state"] == "absent" for row in rows),
    }
    undone = list(reset.CANNOT_BE_UNDONE) if going else []
    return outcome(
        [_change(one) for one in going],
        devices=rows,
        counts=counts,
        cannot_be_undone=undone,
        confirm=confirm,
        audit_file=audit_file,
    )


def _change(decision: reset.Decision) -> Change:
    found = decision.found
    return Change(
        "delete",
        f"device record {found.id} ({found.target}), which cannot be undone",
        {"status": found.status},
        {"status": None},
    )


def main() -> None:
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, KANDJI, OPTIONAL_RINGS, PROFILES, OPTIONS),
        required_one_of=[("serials", "device_ids", "users", "stages")],
    )


if __name__ == "__main__":
    main()
