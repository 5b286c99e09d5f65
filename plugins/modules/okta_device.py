#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: okta_device
short_description: Suspend, unsuspend, deactivate or delete Okta device records
version_added: 0.1.0
description:
  - Takes exactly the device records of the given ids, serials or users to a state, or those that
    nobody uses (O(unused_days)). Many records are one call.
  - A suspended device is the answer to a lost Mac. Nobody signs in with its Okta Verify, its
    certificates stay as they are, and V(active) gives its users back what they had. Sign-ins by
    other authenticators, and sessions that began without Okta Verify, go on.
  - V(deactivated) and V(absent) lose registrations for good. They go through the guards of
    M(devicetrust.okta_kandji.okta_device_reset) that protect users. What helps a new registration
    decides nothing here. Use that module if the same Mac is registered again.
  - A record is not written to before it was read again by its id, and its users too where
    registrations are lost.
  - A record that is in the state, and one that is absent, are not errors. Run the module again to
    finish an interrupted run. A record that was deactivated and not deleted has lost its users, so
    O(users) does not select it any more. The error and the audit name its id for O(device_ids),
    also if the answer to the deactivation was lost.
  - Okta documents no operation that takes one user off a record. A record that other users need is
    skipped, and RV(console_steps) says what the user does on the Mac.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._okta
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._device_records
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.both
options:
  state:
    description:
      - What the records are afterwards.
      - V(active) unsuspends a suspended record, and activates a deactivated one, whose users have
        to register again.
      - V(suspended) leaves a deactivated record as it is. A record that a clean-up suspended
        (O(unused_days)) is unsuspended and suspended again, so that no clean-up deletes it. This
        needs the scope C(okta.logs.read). Without it, the module warns.
      - V(deactivated) loses the record's users and their Okta Verify on the Mac for good. The
        certificate that is bound to it is no longer valid, and nobody can register the Mac.
      - V(absent) deactivates the record and deletes it. The Mac can then be registered again.
    type: str
    choices: [active, suspended, deactivated, absent]
    required: true
  serials:
    description:
      - Serial numbers. Each stands for all its records, also those of a later registration, and
        with V(active) those that an administrator suspended for another reason
        (RV(devices[].suspended_by)). Name ids to keep these.
      - As for O(device_ids) and O(users), the values may come as one text, separated by commas or
        line breaks.
    type: list
    elements: str
  device_ids:
    description: Ids of device records.
    type: list
    elements: str
  users:
    description: Logins or ids of users. Selects the records that they are linked to. Okta finds no
      user by a login with a slash. A record of V(absent) or V(deactivated) is skipped if an active
      user who is not named needs it.
    type: list
    elements: str
  unused_days:
    description:
      - Clean up. Selects the records of Macs on which nobody signed in for so many days, as Okta's
        System Log shows, and which are not needed. Kandji has no Mac with their serial, or their
        Mac has not checked in for so many days, or their users have another record of the Mac.
        Of several records of a Mac, the one that works is kept, then the newest of each user
        (O(newest_per_user)). A record that was not registered before the ones that would be kept is
        kept, too.
      - A service app needs the scope C(okta.logs.read) for it. A run is refused while Kandji lists
        no Mac.
      - V(suspended) suspends those that work. V(absent) deletes those that V(suspended) suspended
        for O(grace_days), with nobody signed in for O(unused_days) before. Both are read from the
        System Log, so no file is needed. Run V(absent) first, then V(suspended), each night.
      - What anything else suspended, as a lost Mac is, is never deleted, and neither is a record
        that anything else deactivated. One that an interrupted V(absent) deactivated is deleted by
        the next. The user agent in the System Log tells the steps of O(unused_days) from others of
        the same credentials. The run names the records that it keeps. Name them in O(device_ids) to
        delete them.
      - A Mac may come back after O(unused_days) suspended its record. It checks in again, or the
        other record of the Mac is gone. V(absent) then keeps the record and names it
        (C(needed_again)). No run unsuspends it, because a lost Mac may check in, too. Unsuspend it
        (V(active)), or suspend it as the record of a lost Mac.
      - A Mac may be lost after O(unused_days) suspended its record. V(suspended) without
        O(unused_days) then unsuspends the record and suspends it again at once, which keeps it.
      - A record that holds the last strong authenticator of a user is neither suspended nor
        deleted, unless O(allow) has V(last_authenticator). The other values of O(allow) do not
        matter.
      - The System Log keeps 90 days. Together with O(grace_days), it is at most 83. If no run comes
        for so long that the log does not show the suspension and the time before, the record stays
        suspended, and the run says so.
      - Only for V(suspended) and V(absent), and not with O(serials), O(device_ids) or O(users).
    type: int
  grace_days:
    description: For O(unused_days). How many days a record is suspended before it is deleted.
    type: int
    default: 14
  newest_per_user:
    description: For O(unused_days). How many records of a Mac are kept for each of its users, the
      newest ones. More than one keeps former registrations longer.
    type: int
    default: 1
  platforms:
    description: The platforms whose records may be written to, as Okta names them.
    type: list
    elements: str
    choices: [MACOS, WINDOWS, CHROMEOS, LINUX, IOS, ANDROID]
    default: [MACOS]
  allow:
    description:
      - The reasons (RV(devices[].reason_code)) for which V(deactivated) and V(absent) do not skip a
        record, though they otherwise would.
      - V(suspended) deletes a record also when an administrator suspended it. Its Mac can register
        again afterwards.
      - V(managed) takes a record also when a user is managed on it.
      - V(shared) takes a record also when more than one active user is linked to it, or with
        O(users) an active user who is not named.
      - V(last_authenticator) takes a record also when a user would be left without a strong
        authenticator. Without it, one enrollment of Okta Verify counts as lost with each record.
        Suspended users count, because they may come back.
    type: list
    elements: str
    choices: [suspended, managed, shared, last_authenticator]
    default: []
  revoke_sessions:
    description:
      - End all sessions of the users of each record that is changed, and revoke their tokens of
        OpenID Connect and OAuth. Not for V(active), and not with O(unused_days).
      - With V(suspended), this comes after all records are suspended, so no error keeps a Mac
        from being suspended. It also takes users of a record that was suspended before, unless
        the System Log shows that this collection revoked their sessions since, and after their last
        sign-in. The log may show a sign-in minutes later.
      - With V(deactivated) and V(absent), it comes before the first step on the record. The users
        that O(users) names lose them also without a record that changes, unless the System Log
        shows that this collection revoked them since the last sign-in. It tells that by the user
        agent. An administrator who clears sessions may leave tokens valid. A name in O(users)
        that Okta does not know is refused.
      - Without it, a suspended device ends only the sessions that began with its Okta Verify.
      - A service app needs the scope C(okta.users.manage) for it, and C(okta.logs.read) for
        records that were suspended before.
    type: bool
    default: false
  report_people:
    description: Read what the users of the records can still sign in with, and return it
      (RV(people)).
    type: bool
    default: false
  confirm:
    description:
      - Confirms more than O(confirm_above) records, by their number and the org's host, like
        V(SUSPEND 25 DEVICES acme.okta.com). Its first word is C(ACTIVATE), C(SUSPEND),
        C(DEACTIVATE) or C(DELETE). Check mode returns it.
      - After an interrupted run, the same phrase is valid for the rest.
    type: str
notes:
  - Kandji is used for O(unused_days), and for O(max_percent) with V(deactivated) and V(absent). A
    lost Mac can be suspended without it.
  - M records cost at most M / 40 searches, rounded up, and 3 calls each. It is 4 calls for
    V(absent), which takes two steps. O(unused_days) adds one of Kandji for each record. Before
    these, Okta requires a read of the record by its id, and no operation of Okta returns a record
    by its id with its users. V(deactivated) and V(absent) read the authenticators of each user, and
    the records of one who has nothing but Okta Verify. O(users) adds 2 calls for each login, and
    each record that a search does not show yet up to 3.
  - Sessions, O(unused_days) and V(active) add reads of the System Log, O(report_people) reads of
    each user.
"""

EXAMPLES = r"""
- name: Suspend a lost Mac
  devicetrust.okta_kandji.okta_device:
    okta_org_url: https://acme.okta.com
    okta_api_token: "{{ vault_okta_api_token }}"
    serials: [C02XK1ZAJG5J]
    state: suspended
    revoke_sessions: true
    report_people: true
    reason: INC-77, lost on a train
    requested_by: bob@example.com
    state_dir: /var/lib/device-trust

- name: Unsuspend it after it was found
  devicetrust.okta_kandji.okta_device:
    serials: [C02XK1ZAJG5J]
    state: active

# URLs and tokens come from the environment, or from module_defaults.
- name: Delete the device records of a person who left
  devicetrust.okta_kandji.okta_device:
    users: [ann@example.com]
    platforms: [MACOS, IOS]
    state: absent
    allow: [managed, last_authenticator]
    weak_authenticators: [okta_password, okta_email, security_question, phone_number]

- name: Plan to deactivate many records for approval
  devicetrust.okta_kandji.okta_device:
    device_ids: "{{ old_records }}"
    state: deactivated
    max_devices: 25
    max_percent: 100
    confirm_above: 0
    confirm: DEACTIVATE 2 DEVICES acme.okta.com
  check_mode: true
  register: plan

- name: Carry out the approved deactivation alone
  devicetrust.okta_kandji.okta_device:
    device_ids: "{{ old_records }}"
    state: deactivated
    max_devices: 25
    max_percent: 100
    plan_digest: "{{ plan.plan_digest }}"

- name: Delete the records that a clean-up suspended two weeks ago
  devicetrust.okta_kandji.okta_device:
    unused_days: 60
    grace_days: 14
    newest_per_user: 2
    state: absent
    max_percent: 5

- name: Suspend the records that nobody has used for 60 days
  devicetrust.okta_kandji.okta_device:
    unused_days: 60
    newest_per_user: 2
    state: suspended
    max_percent: 5

- name: Suspend the records of a stolen delivery
  devicetrust.okta_kandji.okta_device:
    serials: "{{ stolen }}"
    state: suspended
    max_devices: 25
    confirm: SUSPEND 25 DEVICES acme.okta.com
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
      description: Serial number in the record. Without a record, the one that selected it.
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
      description: The users of the record, each with C(login), C(name) and C(management_status).
      type: list
      elements: dict
      returned: always
    steps:
      description: The steps that the module took, or would take in check mode. C(activate),
        C(unsuspend), C(suspend), C(deactivate) and C(delete).
      type: list
      elements: str
      returned: always
    state:
      description: What the module did. V(changed), V(unchanged), V(skipped), V(absent), or in check
        mode V(would_change).
      type: str
      returned: always
    reason:
      description: Why, in one or two sentences.
      type: str
      returned: always
    reason_code:
      description:
        - Why a record is skipped, unchanged or absent. Null if it is changed.
        - It is a value of O(allow), or a code that O(allow) does not lift. C(no_record) means that
          the target has no record, and C(unchanged) that it is in the state.
        - C(other_status) means that no step leads from its status to the state.
        - Because of O(platforms), it is C(other_platform). A record that was created during the run
          is C(registered_recently), and C(registration_time_unknown) if that is unknown.
        - C(changed_since_approval) means that the record changed after the check of O(plan_digest).
        - Because of O(unused_days), it is C(in_use), C(in_grace), C(deleted_soon) in the last week
          of O(grace_days), or C(not_suspended) for a record that was unsuspended during the run.
          C(suspended_in_use) and C(suspended_by_others) may be
          that of a lost Mac. C(use_unknown) means that the System Log does not show enough, or that
          the record is deactivated. C(other_record) means that it may be the record in use, or
          that its Mac or the other record of it changed during the run.
        - C(needed_again) means that a clean-up suspended it, and would not suspend it any more.
        - With O(state=suspended), C(deletion_pending) means that a clean-up or another deletion was
          interrupted after it deactivated the record. Another clean-up, the offboarding of its
          person or a run that names the record may then delete it. Or the record was suspended or
          deactivated minutes ago, and the System Log does not show yet whether a clean-up or
          a deletion did it. Then run again later, so that it is suspended for good.
      type: str
      returned: always
    suspended_by:
      description:
        - With O(state=active), who suspended the record, as the System Log shows. V(collection) is
          a run of this collection that names records, as for a lost Mac, with any credentials.
          V(clean_up) is one of O(unused_days), and V(others) a person or another program.
        - V(unknown) means that the log was not read, keeps nothing from that time, or may not show
          it yet. A warning names the record.
        - Null for a record that is not suspended, and for one of O(device_ids).
      type: str
      returned: always
    summary:
      description: The line of RV(report) for the target.
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
      users: [{login: ann@acme.com, name: Ann Smith, management_status: MANAGED}]
      steps: [suspend]
      suspended_by: null
      state: changed
      reason: It is suspended; nobody signs in with its Okta Verify until it is unsuspended.
      reason_code: null
      summary: "C02XK1ZAJG5J, MacBook of Ann, guo4a5u7YAHhjXrMK0g4: changed. It is suspended; nobody
        signs in with its Okta Verify until it is unsuspended. Users: Ann Smith (ann@acme.com)."
unknown_users:
  description: Values of O(users) of which Okta has no user. Each has a warning.
  returned: success
  type: list
  elements: str
  sample: [bob@acme.com]
report:
  description:
    - Lines of text for an operator. There is a line for each target, with the users of its record.
      What its users can still sign in with (O(report_people)), whose sessions are revoked or
      ended before, and RV(console_steps) follow.
    - The last lines are what cannot be undone, and the phrase that the plan needs.
  returned: success
  type: list
  elements: str
  sample:
    - "C02XK1ZAJG5J, MacBook of Ann, guo4a5u7YAHhjXrMK0g4: changed. It is suspended; nobody signs
      in with its Okta Verify until it is unsuspended. Users: Ann Smith (ann@acme.com)."
counts:
  description:
    - Number of records that were changed (in check mode, would be), unchanged, skipped and absent.
    - A record that another run deleted is absent, even if this run changed it before.
  returned: success
  type: dict
  sample: {changed: 1, unchanged: 0, skipped: 0, absent: 0}
cannot_be_undone:
  description: One sentence for each effect that cannot be undone. Empty for V(active) and
    V(suspended), and if nothing is changed.
  returned: success
  type: list
  elements: str
  sample:
    - "A device record that is deleted cannot be restored, and a deactivated one loses its users for
      good."
people:
  description: With O(report_people), the users of the records who may sign in, with what is left to
    them. Users of skipped records are not in it.
  returned: success
  type: list
  elements: dict
  contains:
    login:
      description: The login.
      type: str
      returned: always
    name:
      description: First and last name, else the login.
      type: str
      returned: always
    authenticators:
      description: Keys of the active authenticators but Okta Verify.
      type: list
      elements: str
      returned: always
    devices:
      description: Other device records that work, with Okta Verify. Each has C(device_id),
        C(serial_number), C(display_name) and C(platform).
      type: list
      elements: dict
      returned: always
    summary:
      description: The same in one sentence.
      type: str
      returned: always
  sample:
    - login: ann@acme.com
      name: Ann Smith
      authenticators: [okta_password, phone_number]
      devices: []
      summary: ann@acme.com can still sign in with okta_password, phone_number.
sessions_revoked:
  description: Logins of the users whose sessions were revoked, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [ann@acme.com]
console_steps:
  description: What people do where the API cannot. One line for each user who stays linked to a
    shared Mac.
  returned: success
  type: list
  elements: str
  sample:
    - "C02XK1ZAJG5J: on this Mac, ann@acme.com opens Okta Verify, selects the account, then Remove
      account."
notification:
  description: What people are notified of after a run of O(unused_days).
  returned: With O(unused_days).
  type: dict
  contains:
    due:
      description: Whether a record was changed (in check mode, would be), is needed again, or is
        deleted within a week.
      type: bool
      returned: always
    summary:
      description: How many records stay suspended, and why, in sentences.
      type: str
      returned: always
    changed:
      description: The C(summary) of each record that was changed (in check mode, would be).
      type: list
      elements: str
      returned: always
    kept:
      description: The C(summary) of each record that is needed again (C(needed_again)), then of
        each that is deleted later (C(in_grace), C(deleted_soon)).
      type: list
      elements: str
      returned: always
  sample:
    due: true
    summary: "What anything else suspended, as a lost Mac, is kept (0 records)."
    changed:
      - "C02XK1ZAJG5J, MacBook of Ann, guo4a5u7YAHhjXrMK0g4: changed. It is suspended; nobody signs
        in with its Okta Verify until it is unsuspended. Users: Ann Smith (ann@acme.com)."
    kept: []
confirm:
  description: The phrase for O(confirm) that confirms this plan, if it needs one.
  returned: success
  type: str
  sample: SUSPEND 25 DEVICES acme.okta.com
plan_digest:
  description: Digest of the state and of the records that are changed, or would be. With
    O(plan_digest), another run changes these records or none.
  returned: success
  type: str
  sample: 4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
org_url:
  description: URL of the Okta org.
  returned: success
  type: str
  sample: https://acme.okta.com
audit_file:
  description: Path of the audit file. Empty without O(state_dir), in check mode, and if there was
    nothing to write.
  returned: success
  type: str
  sample: /var/lib/device-trust/device_audit.jsonl
changes:
  description: One line for each record that the module changed, and for each user whose sessions
    it revoked, or would in check mode.
  returned: success
  type: list
  elements: str
  sample: ["update device record guo4a5u7YAHhjXrMK0g4 (C02XK1ZAJG5J): status"]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: okta, operation: suspendDevice, verb: POST, count: 1}
"""

from ..module_utils._core.errors import BadOption
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import (
    DEVICE_RUN,
    KANDJI,
    OKTA,
    PLATFORMS,
    ArgumentSpec,
    arguments,
)
from ..module_utils._core.results import Result, build_result
from ..module_utils._core.text import split_lines
from ..module_utils._device_records.apply import RecordRun, RunOptions, read_limits, read_platforms
from ..module_utils._device_records.audit import Audit, find_requester
from ..module_utils._device_records.clean_up import read_clean_up
from ..module_utils._device_records.guards import STATE_ALLOW
from ..module_utils._device_records.messages import (
    build_notification,
    count_changes,
    describe_outcome,
    describe_person,
    list_changes,
    list_console_steps,
    list_losses,
    list_unknown_users,
    write_state_report,
)
from ..module_utils._device_records.model import GOALS, Goal, GuardOptions
from ..module_utils._device_records.reader import Selection
from ..module_utils._http.operations import optional
from ..module_utils._kandji import client as kandji_api
from ..module_utils._okta import client as okta_api

OPTIONS: ArgumentSpec = {
    "state": {"type": "str", "choices": list(GOALS), "required": True},
    "serials": {"type": "list", "elements": "str"},
    "device_ids": {"type": "list", "elements": "str"},
    "users": {"type": "list", "elements": "str"},
    "unused_days": {"type": "int"},
    "grace_days": {"type": "int", "default": 14},
    "newest_per_user": {"type": "int", "default": 1},
    "platforms": {"type": "list", "elements": "str", "choices": PLATFORMS, "default": ["MACOS"]},
    "allow": {"type": "list", "elements": "str", "choices": list(STATE_ALLOW), "default": []},
    "revoke_sessions": {"type": "bool", "default": False},
    "report_people": {"type": "bool", "default": False},
}
USES = (
    okta_api.LIST_DEVICES,
    okta_api.GET_DEVICE,
    okta_api.LIST_DEVICE_USERS,
    *(operation for operation, _statuses in okta_api.STEPS.values()),
    okta_api.GET_USER,
    okta_api.LIST_USER_DEVICES,
    okta_api.LIST_ENROLLMENTS,
    okta_api.REVOKE_SESSIONS,
    *optional(okta_api.LIST_LOG_EVENTS),
    kandji_api.LIST_DEVICES,
)


def run(ctx: ModuleContext) -> Result:
    """Return what became of the records. Raise Refused, before any write, if a limit forbids it."""
    params = ctx.params
    goal = GOALS[params["state"]]
    options = _read_options(ctx, goal)
    audit = Audit(find_requester(params["requested_by"]), params["reason"] or "", ctx.masker)
    # A lost Mac is suspended also while Kandji does not answer.
    counts = goal.destroys and options.limits.max_percent < 100
    kandji = ctx.kandji if counts or options.guards.clean_up else None
    done = RecordRun(ctx.okta, kandji, options, audit, ctx.progress, ctx.warn).run()
    return build_result(
        list_changes(done.outcomes, goal, done.revoked),
        devices=[describe_outcome(outcome, goal) for outcome in done.outcomes],
        counts=count_changes(done.outcomes),
        report=write_state_report(
            done.outcomes,
            goal,
            done.people,
            done.revoked,
            # A real run that comes here had the phrase.
            done.confirm if ctx.check_mode else "",
            done.ended,
        ),
        unknown_users=list_unknown_users(done.outcomes),
        people=[describe_person(person) for person in done.people],
        sessions_revoked=list(done.revoked),
        cannot_be_undone=list_losses(done.outcomes) if goal.destroys else [],
        console_steps=list_console_steps(done.outcomes),
        **(
            {"notification": build_notification(done.outcomes, goal)}
            if options.guards.clean_up
            else {}
        ),
        confirm=done.confirm,
        audit_file=done.audit_file,
        plan_digest=done.plan_digest,
        org_url=ctx.okta.org_url,
    )


def _read_options(ctx: ModuleContext, goal: Goal) -> RunOptions:
    params = ctx.params
    if params["revoke_sessions"] and goal.state == "active":
        raise BadOption(
            "revoke_sessions: it is not for state=active. Leave it out, or set another state."
        )
    return RunOptions(
        selection=Selection(
            serials=split_lines(params["serials"]),
            device_ids=split_lines(params["device_ids"]),
            users=split_lines(params["users"]),
            exact=True,
        ),
        guards=GuardOptions(
            allow=params["allow"],
            duplicates="each",
            sign_in_grace=0.0,
            platforms=read_platforms(params),
            weak_authenticators=params["weak_authenticators"],
            goal=goal,
            clean_up=read_clean_up(params, goal),
        ),
        limits=read_limits(params),
        created_before=None,
        approved_digest=(params["plan_digest"] or "").strip(),
        report_bound_certificates=False,
        state_dir=params["state_dir"],
        check_mode=ctx.check_mode,
        revoke_sessions=params["revoke_sessions"],
        report_people=params["report_people"],
    )


def main() -> None:
    """Run the module."""
    run_module(
        run,
        USES,
        argument_spec=arguments(OKTA, KANDJI, DEVICE_RUN, OPTIONS),
        required_one_of=[("serials", "device_ids", "users", "unused_days")],
    )


if __name__ == "__main__":
    main()
