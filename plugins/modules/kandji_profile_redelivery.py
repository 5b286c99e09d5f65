#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_profile_redelivery
short_description: Renew the certificates of single Macs by redelivering a SCEP profile
version_added: 0.1.0
description:
  - Removes the profile from single Macs by an exclusion tag, and gives it back by removing the
    tag, for new certificates. Nothing else is removed from a Mac.
  - The blueprint has to be an assignment map, in which the profile is in a node that excludes the
    tag. Only Kandji's web app creates such a node; the module fails with C(console_steps) if there
    cannot be one. The other way is a new generation for the whole ring
    (M(devicetrust.okta_kandji.kandji_scep_profile)).
  - A Mac on whose blueprint the profile is not would lose it for ever, or never gets it. No tag is
    set on it, and its C(state) is V(unassigned).
  - Each run takes the next step of each Mac, by what Kandji reports. The next run finishes an
    interrupted one.
  - Macs that began before come first. If the limit, the map or the tag does not allow others to
    begin, the module fails after these steps, and returns C(changes), C(left_over),
    C(asked_to_check_in) and C(written_to) of them.
  - If the token lacks the permission Daily check-in, a warning says so, and the module waits for
    the check-ins that Macs make by themselves.
  - A tag that a previous run left on another Mac of the same blueprints is removed too, even if
    O(serials) does not name the Mac. Otherwise the Mac would stay without its profile. Do not run
    the module for Macs of the same blueprints and tag at the same time.
  - Kandji replaces a device's tags as a whole and has no precondition. The module reads them right
    before a write and again after it. It writes a tag that is not as written once more, with a
    warning. What another program writes in the same second may be lost. A warning names tags that
    the Mac does not have any more after a write. If it has no other tag any more, its C(state) is
    V(unknown).
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._polling
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
requirements:
  - cryptography and asn1crypto, where O(test_enrollment) tests the profile
options:
  library_item_id:
    description: Id of the Custom Profile in Kandji. It must have a SCEP payload.
    type: str
    required: true
  serials:
    description:
      - Serial numbers of the Macs, compared as a whole.
      - Nothing is written to a serial of no device, of several, or of one that is not a Mac. Nor is
        it to a Mac whose tags Kandji does not show. Its C(state) is V(unknown), and the module goes
        on with the others. It fails if Kandji has none of them.
      - It may be empty with O(unfinished).
    type: list
    elements: str
    required: true
  issued_before:
    description:
      - A timestamp in ISO 8601, not in the future. Certificates that Kandji first saw before it are
        replaced; a Mac with a newer one is done.
      - Use the same value in each run until all are done. It distinguishes a Mac that is done from
        one that has not begun.
      - Required if O(serials) names a Mac.
    type: str
  unfinished:
    description:
      - Finish what earlier runs began, too. A Mac that has the tag, and on whose blueprint the
        profile is, counts as named in O(serials), and gets a certificate that is newer than this
        run. It is not one of C(left_over).
      - It is for a caller that cannot name these Macs again, as after an interruption.
    type: bool
    default: false
  plan_only:
    description:
      - Check everything that a redelivery checks before the first Mac loses the profile, and take
        no step. C(macs) and C(changes) are what the next run without it does; C(changed) is false.
      - Outside check mode, O(test_enrollment) enrolls all the same. It is for a caller that takes
        something else first, and needs to know that the Macs can get new certificates after it.
    type: bool
    default: false
  tag:
    description: Name of the tag that the map's node excludes.
    type: str
    default: okta-scep-redelivery
  wait:
    description: How many seconds to wait for the Macs to check in. Without it the module takes the
      present step and returns the state.
    type: int
    default: 0
  max_started:
    description: How many Macs may begin in one run. It does not limit those that began before.
    type: int
    default: 10
  test_enrollment:
    description:
      - Check the URL, challenge and CA fingerprint that the profile holds with one test enrollment
        before the first Mac loses the profile, and with it a certificate that may still work. Check
        mode compares the fingerprint alone. So does a run that only waits for Macs without the
        profile.
      - Set it to V(false) for an authority that this host cannot reach.
    type: bool
    default: true
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: Renew the certificates of two Macs
  devicetrust.okta_kandji.kandji_profile_redelivery:
    kandji_api_url: https://acme.api.kandji.io
    kandji_api_token: "{{ vault_kandji_api_token }}"
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
    wait: 600

# URLs and tokens of these come from the environment, or from module_defaults.
- name: Use another tag, two Macs at a time, and make no test enrollment
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
    tag: new-certificate
    max_started: 2
    wait: 3600
    poll_interval: 60
    test_enrollment: false

- name: Check that two Macs could get new certificates, and take nothing from them
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
      - FVFXC2ABQ05D
    plan_only: true

- name: Finish what an interrupted run began
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    serials: []
    unfinished: true
    wait: 600
"""

RETURN = r"""
finished:
  description: Whether each Mac has its new certificate and no Mac has the tag.
  returned: success
  type: bool
  sample: false
option:
  description: The option whose value cannot work, such as an id that no profile has.
  returned: failure, if it is one that Kandji's data shows
  type: str
  sample: library_item_id
macs:
  description: The state of each Mac, and the reason in one sentence. C(state) is V(done),
    V(excluding), V(delivering), V(certifying), V(unassigned) or V(unknown). A Mac whose step failed
    is V(unknown) with the error, and the work on the others goes on. The module fails if each Mac
    failed.
  returned: success, or failure after Kandji was read
  type: list
  elements: dict
  sample:
    - {serial_number: C02XK1ZAJG5J, state: excluding, reason: The exclusion tag is set. The next
      check-in removes the profile.}
changes:
  description: One line for each step that the module took, or would take next, which is all in
    check mode and with O(plan_only).
  returned: success, or failure after the first step
  type: list
  elements: str
  sample: ["update tags of the Mac C02XK1ZAJG5J: tags"]
console_steps:
  description: The steps, in order, by which you prepare an assignment map in Kandji's web app.
  returned: failure because no node can exclude O(tag)
  type: list
  elements: str
  sample: ["In Kandji, create the tag 'okta-scep-redelivery' (Devices > Tags)."]
unfinished:
  description: Serial numbers of the Macs that only O(unfinished) adds. They are in C(macs), too.
  returned: success, or failure after Kandji was read
  type: list
  elements: str
  sample: []
left_over:
  description: Serial numbers of Macs that O(serials) does not name and on which a previous run left
    the tag. The module removes it.
  returned: success, or failure after the first step
  type: list
  elements: str
  sample: []
asked_to_check_in:
  description: Serial numbers of the Macs from which the module requested a daily check-in, if
    Kandji accepted the request. It accepts none for a Mac of which one is pending.
  returned: success, or failure after the first accepted request
  type: list
  elements: str
  sample: [C02XK1ZAJG5J]
written_to:
  description: Serial numbers of the Macs that the module wrote to in Kandji. It changed their tags,
    or Kandji accepted the request of a check-in. None in check mode and with O(plan_only).
  returned: success, or failure after the first write
  type: list
  elements: str
  sample: [C02XK1ZAJG5J]
api_calls:
  description: Number of requests that the module sent, by vendor, operation of the vendor and HTTP
    verb. A repeated request counts again.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Update Device, verb: PATCH, count: 1}
"""

from datetime import datetime, timezone

from ..module_utils._core.errors import BadOption, DeviceTrustError
from ..module_utils._core.module import ModuleContext, run_module
from ..module_utils._core.options import KANDJI, POLLING, ArgumentSpec, arguments
from ..module_utils._core.results import Result
from ..module_utils._core.timestamps import CLOCK_SKEW, require_timestamp
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.certificate_proof import Subject
from ..module_utils._kandji.profiles import redelivery
from ..module_utils._kandji.profiles import redelivery_reader as reader
from ..module_utils._kandji.profiles.redelivery_apply import Redelivery

OPTIONS: ArgumentSpec = {
    **POLLING,
    "library_item_id": {"type": "str", "required": True},
    "serials": {"type": "list", "elements": "str", "required": True},
    "issued_before": {"type": "str"},
    "unfinished": {"type": "bool", "default": False},
    "plan_only": {"type": "bool", "default": False},
    "tag": {"type": "str", "default": "okta-scep-redelivery"},
    "wait": {"type": "int", "default": 0},
    "max_started": {"type": "int", "default": 10},
    "test_enrollment": {"type": "bool", "default": True},
}
USES = (
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_ITEMS,
    kandji_api.LIST_TAGS,
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.UPDATE_DEVICE,
    kandji_api.DAILY_CHECK_IN,
)


def run(ctx: ModuleContext) -> Result:
    """Take the next step of each Mac, and further ones while waiting; return where each is."""
    selection = reader.read_selection(ctx)
    poll = ctx.poll(ctx.params["wait"], ctx.params["poll_interval"])
    item_id = ctx.params["library_item_id"].lower()
    profile = next((each for each in ctx.kandji.profiles() if each.id == item_id), None)
    if profile is None:
        raise redelivery.unknown_profile(item_id, selection.macs, ctx.params["tag"])
    issued_before, now = _read_times(ctx)
    if ctx.params["unfinished"]:
        selection = reader.add_unfinished(ctx, selection)
    work = Redelivery(ctx, selection, profile)
    reports = reader.Reports(ctx, selection)
    plan = redelivery.Plan(Subject.of_profile(profile), ctx.params["tag"], issued_before, now)
    steps = plan.steps(selection, reports.read())

    def take_next() -> dict[str, redelivery.NextStep]:
        work.read_tags()
        steps = work.current(plan.steps(selection, reports.read()))
        work.go_on(steps)
        work.begin(work.current(steps))
        return work.current(steps)

    try:
        work.go_on(steps)
        work.clean_up(reader.find_left_over(ctx, selection) if selection.macs else [])
        work.begin(work.current(steps))
        steps = work.current(steps)
        while not (work.plans_only or all(step.is_final for step in steps.values())):
            following = poll.read(redelivery.describe_wait(steps), take_next)
            if following is None:
                break
            steps = following
        if poll.error:
            ctx.warn(poll.describe_error())
        return work.result(steps)
    except DeviceTrustError as error:
        work.add_what_was_done(error, steps)
        raise


def _read_times(ctx: ModuleContext) -> tuple[datetime, datetime]:
    """Return option issued_before, and the present time by Kandji's clock. Raises BadOption.

    If it is not set, and need not be, it is the present time.
    """
    now = datetime.fromtimestamp(ctx.kandji.transport.now(), timezone.utc)
    text = ctx.params["issued_before"]
    if not text and not ctx.params["serials"]:
        return now, now
    if not text:
        raise BadOption(
            "issued_before: it is not set, so which certificates are old is unknown. Set a past"
            " timestamp."
        )
    issued_before = require_timestamp("issued_before", text)
    if issued_before > now + CLOCK_SKEW:  # it may be a time by Okta's clock
        raise BadOption(
            "issued_before: it is in the future, so no certificate would ever be new enough. Set a"
            " past timestamp."
        )
    return issued_before, now


def main() -> None:
    """Run the module."""
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
