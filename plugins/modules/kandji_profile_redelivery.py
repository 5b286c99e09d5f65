#!/usr/bin/python
# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kandji_profile_redelivery
short_description: Deliver a SCEP profile anew to single Macs, for new certificates
version_added: 0.1.0
description:
  - Takes the profile off single Macs by an exclusion tag and gives it back by taking the tag away,
    for new certificates. Nothing else leaves a Mac.
  - The blueprint has to be an assignment map, in which the profile is in a node that excludes the
    tag. Only Kandji's web app makes such a node; the
    module fails with C(console_steps) where there can be none. The other way is a new generation
    for the whole ring
    (M(devicetrust.okta_kandji.kandji_scep_profile)).
  - Each run does what each Mac needs next, by what Kandji shows. An interrupted run is finished by
    the next one.
  - A tag that a run left over on another Mac of the same blueprints is found and taken off too,
    whoever is named now, so that no Mac stays without its profile.
  - Kandji replaces a device's tags as a whole and knows no precondition. They are read right before
    a write and again after it; a tag that is not as written
    is written once more, with a warning. What somebody else writes in the same second may be lost.
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
extends_documentation_fragment:
  - devicetrust.okta_kandji._kandji
  - devicetrust.okta_kandji._connection
  - devicetrust.okta_kandji._attributes.writes
  - devicetrust.okta_kandji._attributes.kandji
options:
  library_item_id:
    description: Id of the Custom Profile in Kandji.
    type: str
    required: true
  serials:
    description: Serial numbers of the Macs, compared as a whole.
    type: list
    elements: str
    required: true
  issued_before:
    description:
      - A moment in ISO 8601, not in the future. Certificates that Kandji first saw before it are
        replaced; a Mac with a newer one is done.
      - Give the same value to each run until all are done. It is what tells a Mac that is done from
        one that has not begun.
    type: str
    required: true
  tag:
    description: Name of the tag that the map's node excludes.
    type: str
    default: okta-scep-redelivery
  wait:
    description: How many seconds to wait for the Macs to check in. Without it the present step is
      taken and the state returned.
    type: int
    default: 0
  poll_interval:
    description: Seconds between two looks while waiting.
    type: int
    default: 10
  max_reissue:
    description: How many Macs may be begun with in one run.
    type: int
    default: 10
seealso:
  - module: devicetrust.okta_kandji.kandji_scep_profile
"""

EXAMPLES = r"""
- name: New certificates for two Macs
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
- name: By another tag, no more than two Macs at a time, and looked at every minute
  devicetrust.okta_kandji.kandji_profile_redelivery:
    library_item_id: 8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11
    issued_before: "2026-11-24T08:00:00Z"
    serials:
      - C02XK1ZAJG5J
    tag: new-certificate
    max_reissue: 2
    wait: 3600
    poll_interval: 60
"""

RETURN = r"""
finished:
  description: Whether every Mac has its new certificate, and none the tag.
  returned: success
  type: bool
  sample: false
macs:
  description: Where each Mac is. C(state) is V(done), V(excluding), V(delivering), V(certifying) or
    V(unclear).
  returned: success
  type: list
  elements: dict
  sample:
    - {serial_number: C02XK1ZAJG5J, state: excluding, reason: The exclusion tag is set; the profile
      goes with the next check-in.}
changes:
  description: The plan in words, a line for each step that was taken, or would be next in check
    mode.
  returned: success
  type: list
  elements: str
  sample: ["update tags of the Mac C02XK1ZAJG5J: tags"]
left_over:
  description: Serials of Macs that were not named, and on which a run before had left the tag. It
    is taken off.
  returned: success
  type: list
  elements: str
  sample: []
asked_to_check_in:
  description: Serials that were asked for a check-in.
  returned: success
  type: list
  elements: str
  sample: [C02XK1ZAJG5J]
api_calls:
  description: Requests sent, by vendor, operation and verb.
  returned: always
  type: list
  elements: dict
  sample:
    - {vendor: kandji, operation: Update Device, verb: PATCH, count: 1}
"""

import time
import typing as t
from datetime import datetime, timezone

from ..module_utils._core.changes import Change
from ..module_utils._core.errors import BadOption, NeedsConsole, NotAsWritten, Uncertain, Unreadable
from ..module_utils._core.module import Result, Run, outcome, run_module
from ..module_utils._core.options import KANDJI, arguments
from ..module_utils._core.timestamps import require_timestamp
from ..module_utils._http.urls import batches
from ..module_utils._kandji import client as kandji_api
from ..module_utils._kandji.assignments import check_limit
from ..module_utils._kandji.profile_holders import SERIALS_A_CALL, ProfileItem, installed_on
from ..module_utils._kandji.profiles import redelivery
from ..module_utils._kandji.records import KandjiDevice, PrismCertificate

OPTIONS: dict[str, t.Any] = {
    "library_item_id": {"type": "str", "required": True},
    "serials": {"type": "list", "elements": "str", "required": True},
    "issued_before": {"type": "str", "required": True},
    "tag": {"type": "str", "default": "okta-scep-redelivery"},
    "wait": {"type": "int", "default": 0},
    "poll_interval": {"type": "int", "default": 10},
    "max_reissue": {"type": "int", "default": 10},
}
USES = (
    kandji_api.LIST_PROFILES,
    kandji_api.LIST_BLUEPRINTS,
    kandji_api.LIST_TAGS,
    kandji_api.LIST_DEVICES,
    kandji_api.GET_DEVICE,
    kandji_api.PRISM_PROFILES,
    kandji_api.PRISM_CERTIFICATES,
    kandji_api.UPDATE_DEVICE,
    kandji_api.DAILY_CHECK_IN,
)
LEFT_OVER = redelivery.Step("untag", "delivering", "A run before left the exclusion tag on it.")
WRITES_OF_TAGS = 3  # for one Mac and step, where somebody else keeps writing


class Mac:
    """A Mac, and its tags as they were last read or written."""

    def __init__(self, device: KandjiDevice) -> None:
        self.device = device
        self.tags = list(device.tags or ())

    @property
    def serial(self) -> str:
        """Return the serial as Kandji shows it."""
        return self.device.serial

    @property
    def device_id(self) -> str:
        """Return the id of the device."""
        return self.device.device_id


def run(run_: Run) -> Result:
    macs = _macs(run_)
    issued_before = require_timestamp(run_.params["issued_before"])
    if issued_before > datetime.fromtimestamp(run_.kandji.transport.now(), timezone.utc):
        raise BadOption(
            "issued_before: it lies in the future, so that no new certificate would ever be new"
            " enough; give a moment that is past."
        )
    changes: list[Change] = []
    asked: dict[
        str, bool
    ] = {}  # serial -> whether the tag was on when the Mac was asked to check in
    end = time.monotonic() + run_.params["wait"]
    steps = _steps(run_, macs, issued_before)
    _check_begin(run_, macs, steps)
    left_over = _left_over(run_, macs)
    for mac in left_over:
        _take(run_, mac, LEFT_OVER, changes)
        if not run_.check_mode:
            run_.kandji.daily_check_in(mac.device_id)
    while True:
        for serial, step in steps.items():
            _take(run_, macs[serial], step, changes)
            if step.state in ("excluding", "delivering", "certifying") and not run_.check_mode:
                tagged = run_.params["tag"] in macs[serial].tags
                if asked.get(serial) is not tagged:
                    asked[serial] = tagged
                    run_.kandji.daily_check_in(macs[serial].device_id)
        unfinished = [step for step in steps.values() if step.state not in ("done", "unclear")]
        if not unfinished or run_.check_mode or time.monotonic() >= end:
            break
        run_.settings.sleep(min(run_.params["poll_interval"], max(0.0, end - time.monotonic())))
        steps = _steps(run_, macs, issued_before)
    rows = [
        {"serial_number": serial, "state": step.state, "reason": step.reason}
        for serial, step in steps.items()
    ]
    finished = all(step.state == "done" for step in steps.values()) and not (
        run_.check_mode and changes
    )
    others = [mac.serial for mac in left_over]
    return outcome(
        changes,
        finished=finished,
        macs=rows,
        left_over=others,
        asked_to_check_in=[*([] if run_.check_mode else others), *asked],
    )


def _macs(run_: Run) -> dict[str, Mac]:
    """Return the Macs by the serial with which the options name them."""
    wanted = list(dict.fromkeys(run_.params["serials"]))
    if not wanted:
        raise BadOption("serials: name at least one Mac.")
    known = {
        device.serial_key: device
        for device in run_.kandji.devices_with_serials(wanted, platform="Mac")
        if device.is_mac
    }
    missing = [serial for serial in wanted if serial.lower() not in known]
    if missing:
        raise BadOption(
            "serials: Kandji has no Mac"
            f" {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''}. Nothing was written.",
            serials=missing,
        )
    return {serial: Mac(known[serial.lower()]) for serial in wanted}


def _left_over(run_: Run, macs: t.Mapping[str, Mac]) -> list[Mac]:
    """Macs of the same blueprints that have the tag and were not named.

    A run that still works on them sets it anew.
    """
    places = {mac.device.blueprint_id for mac in macs.values()}
    named = {mac.device_id for mac in macs.values()}
    found = [
        Mac(device)
        for device in run_.kandji.devices(platform="Mac", tag_name=run_.params["tag"])
        if device.is_mac
        and run_.params["tag"] in (device.tags or ())
        and device.blueprint_id in places
        and device.device_id not in named
    ]
    if found:
        names = ", ".join(mac.serial for mac in found[:5]) + (" ..." if len(found) > 5 else "")
        run_.warn(
            f"A run before left the tag {run_.params['tag']!r} on {names}; it is taken off, and the"
            " profile stays or comes back."
        )
    return found


def _steps(
    run_: Run, macs: t.Mapping[str, Mac], issued_before: datetime
) -> dict[str, redelivery.Step]:
    """What each Mac needs next, from two tables that Macs reported."""
    certificates: list[PrismCertificate] = []
    serials = [mac.serial for mac in macs.values()]
    item = ProfileItem(run_.params["library_item_id"])
    profiles = installed_on(run_.kandji, item, serials)
    for batch in batches(serials, SERIALS_A_CALL):
        certificates += run_.kandji.prism_certificates(
            {"identity_certificate": {"eq": True}, "serial_number": {"in": batch}}
        )
    return {
        serial: redelivery.next_step(
            redelivery.seen_of(
                mac.serial,
                mac.device_id,
                run_.params["tag"] in mac.tags,
                profiles,
                certificates,
            ),
            issued_before,
        )
        for serial, mac in macs.items()
    }


def _check_begin(
    run_: Run, macs: t.Mapping[str, Mac], steps: t.Mapping[str, redelivery.Step]
) -> None:
    """Before the first tag:

    is there a map, and the tag? Conditions of a node cannot be read. Raises NeedsConsole, BadOption
    and Refused.
    """
    begun = [serial for serial, step in steps.items() if step.action == "tag"]
    if not begun:
        return
    check_limit("max_reissue", run_.params["max_reissue"], len(begun), "This")
    item_id = run_.params["library_item_id"].lower()
    profile = [each for each in run_.kandji.profiles() if each.id == item_id]
    if not profile:
        raise BadOption(
            "library_item_id: Kandji has no custom profile with the id"
            f" {run_.params['library_item_id']}."
        )
    how = redelivery.console_steps(run_.params["tag"], profile[0].name)
    classic = {
        blueprint.id: blueprint.name
        for blueprint in run_.kandji.blueprints()
        if blueprint.type == "classic"
    }
    places = sorted(
        {
            classic[where]
            for where in (macs[serial].device.blueprint_id for serial in begun)
            if where in classic
        }
    )
    if places:
        raise NeedsConsole(
            f"The blueprint {', '.join(map(repr, places))} is a classic one: it has no node that"
            " could exclude a tag. Nothing was written; follow console_steps, or use another"
            " generation for the whole ring.",
            console_steps=how,
        )
    if not run_.kandji.has_tag(run_.params["tag"]):
        raise NeedsConsole(
            f"Kandji has no tag {run_.params['tag']!r}, so that no node of a map can exclude it."
            " Nothing was written; follow console_steps, or use another generation for the whole"
            " ring.",
            console_steps=how,
        )


def _take(run_: Run, mac: Mac, step: redelivery.Step, changes: list[Change]) -> None:
    """One write of tags, if the step is one; the Mac's row has its present tags after."""
    if step.action not in ("tag", "untag"):
        return
    wanted = step.action == "tag"
    if run_.check_mode:
        before, after = mac.tags, redelivery.with_tag(mac.tags, run_.params["tag"], wanted)
    else:
        before, after = _write_tag(run_, mac, wanted)
        mac.tags = after
    if before != after:
        changes.append(
            Change(
                "update",
                f"tags of the Mac {mac.serial}",
                {"tags": before},
                {"tags": after},
            )
        )


def _write_tag(run_: Run, mac: Mac, wanted: bool) -> tuple[list[str], list[str]]:
    """Tags before and after.

    Read, write, read again: what was not kept is written once more, and said.
    """
    device_id, serial, tag = mac.device_id, mac.serial, run_.params["tag"]
    first = current = _read_tags(run_, device_id, serial)
    for attempt in range(WRITES_OF_TAGS):
        if (tag in current) is wanted:
            return first, current
        if attempt:
            run_.warn(
                f"The tags of the Mac {serial} were changed by somebody else at the same time; its"
                f" tag {tag!r} is written once more."
            )
        try:
            run_.kandji.set_tags(device_id, redelivery.with_tag(current, tag, wanted))
        except Uncertain:
            run_.warn(
                f"The answer to a write of the tags of the Mac {serial} was lost; they are read"
                " again."
            )
        current = _read_tags(run_, device_id, serial)
    if (tag in current) is wanted:
        return first, current
    raise NotAsWritten(
        f"The Mac {serial} does not keep its tags as written; somebody else writes them all the"
        " time. Run again later.",
        vendor="kandji",
    )


def _read_tags(run_: Run, device_id: str, serial: str) -> list[str]:
    device = run_.kandji.device(device_id)
    if device.serial_key != serial.lower():
        raise NotAsWritten(
            f"Kandji's device {device_id} is no longer the Mac {serial}; nothing was written to it."
            " Run again.",
            vendor="kandji",
        )
    if device.tags is None:
        raise Unreadable(
            f"Kandji answered {kandji_api.GET_DEVICE.name} without the tags of the Mac {serial};"
            " nothing was written to it. Run again.",
            vendor="kandji",
        )
    return list(device.tags)


def main() -> None:
    run_module(run, USES, argument_spec=arguments(KANDJI, OPTIONS))


if __name__ == "__main__":
    main()
