#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device_reset
short_description: Deactivate and delete Okta device records, so that Macs can be registered again
version_added: 0.1.0
description:
  - Finds the device records of serials, users, ids or stages, reads each record's users, and
    deactivates and deletes the records that no guard excludes. Each skipped record comes with one
    reason.
  - A deleted record cannot be restored. Its users must remove the account in Okta Verify and
    register again, and a certificate that was bound to the record is revoked with it.
  - A device that works (a user of it is managed) is skipped. So are suspended records, shared Macs,
    Macs on which no SCEP profile is live, and several records of one serial.
  - A record is skipped if its deletion would leave a user without a strong authenticator, or if a
    FastPass sign-in may still make it managed.
  - A registration is skipped if it is newer than O(created_before), than its Mac's certificate, or
    than an earlier reset.
  - Nothing is written if more records would be deleted than O(max_devices), O(max_percent) or
    O(confirm) allow.
  - Right before a record is written to, the module reads it and its users again by its id. Next to
    a spare record, it also reads the one that is kept and its users.
  - An absent record is not an error, and neither is a step that was taken before. Run the module
    again to finish an interrupted run.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._rings.optional
  - devicetrust.okta_kandji._rings.profiles
  - devicetrust.okta_kandji._device_records
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.both
options:
  serials:
    description:
      - Serial numbers of the Macs. Compared exactly, but for upper and lower case. A record counts
        once, however often and in whatever spelling its serial or id is named.
      - As for O(device_ids), O(users) and O(stages), the values may come as one text, separated by
        commas or line breaks, as a survey gives them. With an empty list there is nothing to do.
    type: list
    elements: str
  device_ids:
    description:
      - Ids of Okta device records. Such a record is decided by itself, whatever other records its
        serial has. For O(duplicates) it counts as one of these, and is never the one to keep.
      - Also after its deletion, by the System Log. So the same command again does not reset the
        record that its first run kept. If the log does not name the serial of the deleted record,
        it may have had any.
    type: list
    elements: str
  users:
    description: Logins of users, spelled as in Okta. Selects the records of all Macs that they are
      registered on.
    type: list
    elements: str
  stages:
    description: Stages like V(REGISTERED_BEFORE_CERTIFICATE). Selects the Macs of O(rings) on these
      stages. With O(rings), only their own SCEP profiles count as live; otherwise each SCEP payload
      does.
    type: list
    elements: str
  okta_verify_item_ids:
    description: Ids of the library items of Okta Verify, for O(stages).
    type: list
    elements: str
    default: []
  certificate_check_item_id:
    description:
      - Id of the Custom Script that is the certificate check (see
        M(devicetrust.okta_kandji.device_trust_certificates)). A certificate whose name holds the
        serial does not count if the check on its Mac reports that a key of another authority signed
        it, such as Device Access.
      - For that, Okta's certificate authorities must be readable, the check must list all
        identities and their keys, and its report must not be more than a day older than the
        certificate. It is read for Macs that have such a certificate.
    type: str
  allow:
    description:
      - The reasons (RV(devices[].reason_code)) for which a record is not skipped, though it
        otherwise would be.
      - V(suspended) resets a record also when an administrator suspended it, for example because
        the Mac was lost. Its Mac can register again afterwards. Without it, no suspended record is
        reset, whatever O(duplicates) is.
      - V(managed) resets a record also when a user is managed on it.
      - V(shared) resets a record also when more than one active user is linked to it. It also
        resets a spare record (O(duplicates)) of an active user who has no account on the record
        that is kept, because people who share a Mac may have a record each.
      - V(last_authenticator) resets a record also when a user would be left without a strong
        authenticator. Then nobody's enrollments are read. Without it, one enrollment of Okta Verify
        counts as deleted with each record, since Okta does not document whether it lists one for
        each device. A user who has nothing else has to keep another active record, too, for which
        their records are read. Suspended users count, because they may come back.
      - V(registered_after_certificate) resets a record also when it was registered after its Mac's
        first certificate came.
      - V(unknown_to_kandji) resets a record also when its serial is not a device in Kandji. Of
        such a record neither profile nor certificate is known.
      - V(no_profile) resets a record also when no SCEP profile is live on its Mac, or no
        certificate of it was seen.
      - V(sign_in_pending) resets a record also when a FastPass sign-in may still make it managed.
        Its Mac then has a certificate newer than the record and younger than O(sign_in_grace), and
        the System Log has no FastPass sign-in since. Without V(sign_in_pending), the System Log is
        read once if a record has such a certificate.
      - V(registered_again) resets a record also when the System Log has the deletion of an earlier
        record of its serial, and it was registered after that. Without it, the same command again
        never deletes the registration that followed its first run. Okta keeps the log for 90 days.
        The log may have a deletion 10 minutes late, so a record that is younger is kept, too.
    type: list
    elements: str
    choices:
      - suspended
      - managed
      - shared
      - last_authenticator
      - registered_after_certificate
      - unknown_to_kandji
      - no_profile
      - sign_in_pending
      - registered_again
    default: []
  platforms:
    description: The platforms whose records may be reset, as Okta names them.
    type: list
    elements: str
    choices: [MACOS, WINDOWS, CHROMEOS, LINUX, IOS, ANDROID]
    default: [MACOS]
  created_before:
    description:
      - Only records created before this time (ISO 8601) are reset.
      - If not set, the start of the run by Okta's clock.
    type: str
  duplicates:
    description:
      - What to do if several records of one platform have one serial. V(skip) and V(clean_up) keep
        the one whose stage M(devicetrust.okta_kandji.device_trust_info) returns. A record without
        users is kept only if no other has users. Of several it is the active one, then the managed
        one, else the newest.
      - V(skip) skips the others, too, and names them. V(clean_up) resets them, and nothing else,
        where the one to keep works. Of records with users, it resets only those that are older than
        the one to keep. V(each) decides each by itself.
    type: str
    choices: [skip, clean_up, each]
    default: skip
  sign_in_grace:
    description: Hours after which a newer certificate no longer delays a reset.
    type: float
    default: 24.0
  confirm:
    description:
      - Confirms more than O(confirm_above) records, by their number and the org's host, like
        V(RESET 25 DEVICES acme.okta.com). Check mode returns it.
      - After an interrupted run, the same phrase is valid for the rest of O(serials) and
        O(device_ids). O(users) and O(stages) no longer find deleted records, so the rest needs a
        phrase of its own.
    type: str
  report_bound_certificates:
    description: Read the System Log once, and return for each record whether its Mac's certificate
      is bound to it and is revoked with it.
    type: bool
    default: false
notes:
  - M records cost M / 40 searches, rounded up, 4 calls each, and one for the authenticators of each
    user. Okta requires a read of the record by its id, no operation of Okta returns a record by its
    id with its users, and a deletion takes two steps. Duplicates, O(device_ids) and records without
    users cost one call more each. A record that the plan skips costs one.
  - The System Log is read for earlier deletions, and for whose records these were.
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
    certificate_check_item_id: 5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e
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
- name: Reset the old records of one person in spite of some guards
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
  description: For each target, the record, what the module did with it, and why.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: The serial number, device id or login that selected the record, as the option
        has it.
      type: str
      returned: always
    device_id:
      description: Id of the record.
      type: str
      returned: always
    serial_number:
      description: Serial number in the record.
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
      description: When the record was created, in ISO 8601 and UTC.
      type: str
      returned: always
    users:
      description: The users of the record, each with login, name and management status.
      type: list
      elements: dict
      returned: always
    person:
      description: The Mac's user in Kandji.
      type: str
      returned: always
    certificate_bound:
      description: Whether the Mac's certificate is revoked with the record. Null if unknown, and
        for a record that the plan skips.
      type: bool
      returned: always
    state:
      description: What the module did. V(reset), V(skipped), V(absent), or in check mode
        V(would_reset).
      type: str
      returned: always
    reason:
      description: Why, in one sentence.
      type: str
      returned: always
    reason_code:
      description:
        - Why a record is skipped or absent. Null if it is reset.
        - It is a value of O(allow), or a code that O(allow) does not lift. C(no_record) means that
          the target has no record.
        - C(several_kandji_devices) means that Kandji has several devices with its serial, as after
          another enrollment. What an older one reported says nothing of the Mac as it is now.
        - C(other_status) means that the record has a status that the module does not know.
        - Because of O(platforms), it is C(other_platform). Because of O(created_before), it is
          C(registered_recently) or C(registration_time_unknown).
        - Because of O(duplicates), it is C(kept_record), C(duplicate_record), C(only_record),
          C(no_working_record) or C(kept_record_gone).
        - C(no_working_record) means that a spare record is kept because the one to keep does not
          work. C(other_record) means that it is kept because it is not older than the one to keep,
          so it may be the one in use.
        - C(changed_since_approval) means that the record changed after the check of O(plan_digest).
        - C(kept_record_gone) means that a spare record is kept because the other one was deleted,
          deactivated or suspended during the run.
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
      reason: Its record is deactivated and deleted; its users register again.
      reason_code: null
unknown_users:
  description: Values of O(users) of which Okta has no user. Each has a warning.
  returned: success
  type: list
  elements: str
  sample: [bob@acme.com]
counts:
  description:
    - Number of records that were reset (in check mode, would be), skipped and absent.
    - A record that another run deleted is absent, even if this run deactivated it before.
  returned: success
  type: dict
  sample: {reset: 1, skipped: 0, absent: 0}
report:
  description:
    - Lines of text for an operator. There is a line for each record, and one for the outcome of
      each target.
    - What cannot be undone, and the phrase that the plan needs, follow.
  returned: success
  type: list
  elements: str
  sample:
    - "C02XK1ZAJG5J guo4a5u7YAHhjXrMK0g4 would reset: Its record is deactivated and deleted; its
      users register again."
messages:
  description:
    - A message to the user of each Mac whose record is deleted or absent. Users who keep an account
      on another record of the Mac get none, and neither do inactive users.
    - With O(report_bound_certificates), C(register_now) is false if the Mac's certificate is
      revoked with the record. The message then asks the user to wait.
  returned: success
  type: list
  elements: dict
  sample:
    - serial_number: C02XK1ZAJG5J
      to: ann@acme.com
      register_now: true
      steps: ["Ann Smith, please register MacBook of Ann (C02XK1ZAJG5J) with Okta again:"]
messages_after_reissue:
  description: A message to each user who has to wait. Send it once Kandji reported the new
    certificate.
  returned: success
  type: list
  elements: dict
  sample:
    - serial_number: C02XK1ZAJG5J
      to: ann@acme.com
      register_now: true
      steps: ["Ann Smith, please register MacBook of Ann (C02XK1ZAJG5J) with Okta again:"]
cannot_be_undone:
  description: One sentence for each effect that cannot be undone. Empty if nothing is reset.
  returned: success
  type: list
  elements: str
  sample:
    - "A device record that is deleted cannot be restored, and a deactivated one loses its users for
      good."
confirm:
  description: The phrase for O(confirm) that confirms this plan, if it needs one.
  returned: success
  type: str
  sample: RESET 25 DEVICES acme.okta.com
plan_digest:
  description: Digest of the records that are reset, or would be. With O(plan_digest), another run
    resets these records or none.
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
org_url:
  description: URL of the Okta org.
  returned: success
  type: str
  sample: https://acme.okta.com
reissue_after:
  description:
    - A timestamp (ISO 8601) after all certificates that are or were revoked with a record
      (C(certificate_bound)). A certificate of these Macs that Kandji sees later is a new one.
    - Use it for O(devicetrust.okta_kandji.kandji_profile_redelivery#module:issued_before). Empty if
      there are no such certificates.
  returned: success
  type: str
  sample: "2026-11-20T10:00:01+00:00"
audit_file:
  description: Path of the audit file. Empty without O(state_dir), in check mode, and if there was
    nothing to write.
  returned: success
  type: str
  sample: /var/lib/device-trust/device_audit.jsonl
changes:
  description: One line for each step that the module took, or would take in check mode.
  returned: success
  type: list
  elements: str
  sample: ["delete device record guo4a5u7YAHhjXrMK0g4 (C02XK1ZAJG5J), which cannot be undone"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: deleteDevice, verb: DELETE, count: 1}
"""

from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    DEVICE_RUN,
    KANDJI,
    OKTA,
    OPTIONAL_RINGS,
    PLATFORMS,
    PROFILES,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.text import split_lines
from ..module_utils._core.timestamps import require_timestamp
from ..module_utils._device_records.apply import RecordRun, RunOptions, read_limits, read_platforms
from ..module_utils._device_records.audit import Audit, find_requester
from ..module_utils._device_records.guards import ALLOW
from ..module_utils._device_records.messages import (
    count_states,
    list_changes,
    list_losses,
    list_unknown_users,
    write_later_messages,
    write_messages,
    write_report,
)
from ..module_utils._device_records.model import RESET, GuardOptions
from ..module_utils._device_records.reader import Selection
from ..module_utils._fleet.certificates import check_reader as certificate_check_reader
from ..module_utils._fleet.rings.reader import read_rings, ring_options
from ..module_utils._fleet.stages import check_stages
from ..module_utils._kandji import client as kandji_api
from ..module_utils._okta import client as okta_api

OPTIONS: ArgumentSpec = {
    "serials": {"type": "list", "elements": "str"},
    "device_ids": {"type": "list", "elements": "str"},
    "users": {"type": "list", "elements": "str"},
    "stages": {"type": "list", "elements": "str"},
    "okta_verify_item_ids": {"type": "list", "elements": "str", "default": []},
    "certificate_check_item_id": {"type": "str"},
    "allow": {"type": "list", "elements": "str", "choices": list(ALLOW), "default": []},
    "platforms": {"type": "list", "elements": "str", "choices": PLATFORMS, "default": ["MACOS"]},
    "created_before": {"type": "str"},
    "duplicates": {"type": "str", "choices": ["skip", "clean_up", "each"], "default": "skip"},
    "sign_in_grace": {"type": "float", "default": 24.0},
    "report_bound_certificates": {"type": "bool", "default": False},
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
    *certificate_check_reader.USES,
)


def run(ctx: ModuleContext) -> Result:
    """Return the result of a reset. Raise Refused, before any write, if a limit forbids it."""
    options = _read_options(ctx)
    audit = Audit(
        find_requester(ctx.params["requested_by"]), ctx.params["reason"] or "", ctx.masker
    )
    org_url = ctx.okta.org_url
    done = RecordRun(ctx.okta, ctx.kandji, options, audit, ctx.progress, ctx.warn).run()
    return build_result(
        list_changes(done.outcomes, RESET),
        devices=[outcome.as_result() for outcome in done.outcomes],
        counts=count_states(done.outcomes),
        # A real run that comes here had the phrase.
        report=write_report(done.outcomes, done.confirm if ctx.check_mode else ""),
        messages=write_messages(done.outcomes, org_url),
        messages_after_reissue=write_later_messages(done.outcomes, org_url),
        unknown_users=list_unknown_users(done.outcomes),
        cannot_be_undone=list_losses(done.outcomes),
        confirm=done.confirm,
        audit_file=done.audit_file,
        plan_digest=done.plan_digest,
        org_url=org_url,
        reissue_after=done.reissue_after.isoformat() if done.reissue_after else "",
    )


def _read_options(ctx: ModuleContext) -> RunOptions:
    """Return the options of the reset, with its rings as they are in Kandji. Raise BadOption."""
    params = ctx.params
    stages = split_lines(params["stages"])
    check_stages(stages, bool(params["rings"]))
    rings, _competitors = read_rings(
        ctx.kandji, ring_options(params), params["scep_profile_prefix"]
    )
    created_before = params["created_before"]
    return RunOptions(
        selection=Selection(
            serials=split_lines(params["serials"]),
            device_ids=split_lines(params["device_ids"]),
            users=split_lines(params["users"]),
            stages=stages,
            rings=rings,
            okta_verify_item_ids=params["okta_verify_item_ids"],
        ),
        guards=GuardOptions(
            allow=params["allow"],
            duplicates=params["duplicates"],
            sign_in_grace=params["sign_in_grace"],
            platforms=read_platforms(params),
            weak_authenticators=params["weak_authenticators"],
        ),
        limits=read_limits(params),
        created_before=require_timestamp("created_before", created_before)
        if created_before
        else None,
        approved_digest=(params["plan_digest"] or "").strip(),
        report_bound_certificates=params["report_bound_certificates"],
        state_dir=params["state_dir"],
        check_mode=ctx.check_mode,
        certificate_check_item_id=params["certificate_check_item_id"],
    )


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, KANDJI, OPTIONAL_RINGS, PROFILES, DEVICE_RUN, OPTIONS),
        required_one_of=[("serials", "device_ids", "users", "stages")],
    )


if __name__ == "__main__":
    main()
