# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices a plan reaches: every platform, in every way."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import apply
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Plan,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.reach import (
    Reach,
    find_reach,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    KandjiDevice,
)

MACS, PHONES = Blueprint("b-macs", "Macs"), Blueprint("b-phones", "Phones")
DEVICES = [
    KandjiDevice("mac-1", "M1", platform="Mac", blueprint_id="b-macs"),
    KandjiDevice("mac-2", "M2", platform="Mac", blueprint_id="b-phones"),
    KandjiDevice("phone", "P1", platform="iPhone", blueprint_id="b-phones"),
    KandjiDevice("pad", "P2", platform="iPad", blueprint_id="b-phones"),
    KandjiDevice("watch", "W1", platform="Watch", blueprint_id="b-phones"),
]
EVERYWHERE = {f"runs_on_{name}": True for name in ("mac", "iphone", "ipad", "tv", "vision")}
NOWHERE = dict.fromkeys(EVERYWHERE, False)
FOR_MACS = {**NOWHERE, "runs_on_mac": True}


def plan(flags: dict[str, t.Any] | None = None, **values: t.Any) -> Plan:
    """Return a plan for an existing profile with these flags, without anything to write."""
    current = CustomProfile("item", "Wi-Fi", flags={"active": True, **(flags or EVERYWHERE)})
    wanted = Wanted("Wi-Fi", None, values.pop("blueprints", [PHONES]))
    return Plan(wanted, "Wi-Fi", **{"current": current, "assigned_only": True, **values})


def reach(one: Plan, *holders: str, mode: str = "add") -> Reach:
    return find_reach(one, DEVICES, set(holders), mode)


def ids(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_an_assignment_is_new_on_every_platform_that_the_profile_runs_on() -> None:
    on_phones = Assignment([PHONES], [])
    assert reach(plan(assignment=on_phones)).new == ids("mac-2", "phone", "pad", "watch")
    # A platform that is not known counts
    assert reach(plan(FOR_MACS, assignment=on_phones)).new == ids("mac-2", "watch")
    assert reach(plan({"active": False}, assignment=on_phones)).new == ids()


def test_a_profile_that_does_not_exist_yet_is_new_by_what_is_written() -> None:
    made = plan(
        current=None, assigned_only=False, fields=FOR_MACS, assignment=Assignment([MACS], [])
    )
    assert reach(made) == Reach(new=ids("mac-1"))


@pytest.mark.parametrize("mode", ["exact", "remove"])
def test_a_removal_takes_it_from_every_platform(mode: str) -> None:
    taken = plan(blueprints=[MACS], assignment=Assignment([], [PHONES]))
    assert reach(taken, "phone", mode=mode).removed == ids("mac-2", "phone", "pad", "watch")
    for_macs = plan(FOR_MACS, blueprints=[MACS], assignment=Assignment([], [PHONES]))
    # A device that holds it loses it, whatever the flags say
    assert reach(for_macs, "phone", mode=mode).removed == ids("mac-2", "phone", "watch")


def test_a_blueprint_that_is_kept_loses_nothing() -> None:
    both = plan(blueprints=[PHONES], assignment=Assignment([], [PHONES]))
    assert reach(both).removed == ids()
    assert reach(both, mode="remove").removed == ids("mac-2", "phone", "pad", "watch")


@pytest.mark.parametrize(
    "fields, lost",
    [
        # The iPad has not reported its status yet
        ({"active": False}, {"mac-2", "phone", "pad", "watch", "gone"}),
        ({"runs_on_iphone": False}, {"phone", "watch", "gone"}),
        ({"runs_on_mac": False}, {"mac-2", "watch", "gone"}),
        ({"runs_on_tv": False}, {"watch", "gone"}),
        ({"name": "x"}, set()),
        ({"active": True}, set()),
    ],
)
def test_a_flag_that_goes_takes_it_from_those_that_hold_it(
    fields: dict[str, t.Any], lost: set[str]
) -> None:
    """A holder whose platform is unknown, or that is not listed, counts."""
    holders = ("mac-2", "phone", "watch", "gone")
    written = reach(plan(assigned_only=False, fields=fields), *holders)
    assert written.removed == lost and written.changed == ids(*holders)


def test_a_deletion_takes_it_from_all() -> None:
    deleted = plan(deletes=True, assignment=Assignment([], [PHONES]))
    assert reach(deleted, "mac-1", mode="remove").removed == ids(
        "mac-1", "mac-2", "phone", "pad", "watch"
    )


@pytest.mark.parametrize(
    "flags, fields, new",
    [
        ({**EVERYWHERE, "active": False}, {"active": True}, {"phone", "pad", "watch"}),
        (FOR_MACS, {"runs_on_ipad": True}, {"pad", "watch"}),
        ({**FOR_MACS, "active": False}, {"active": True}, {"watch"}),
        (EVERYWHERE, {"name": "x"}, set()),
    ],
)
def test_a_flag_that_comes_brings_it_to_the_devices_of_its_blueprints(
    flags: dict[str, t.Any], fields: dict[str, t.Any], new: set[str]
) -> None:
    assert reach(plan(flags, assigned_only=False, fields=fields), "mac-2").new == new


def test_the_refusal_names_profile_blueprints_and_keys() -> None:
    change = Change(
        "update", "profile 'Wi-Fi'", {"PayloadContent.SSID": "a"}, {"PayloadContent.SSID": "b"}
    )
    written = plan(assigned_only=False, fields={"name": "x"}, changes=(change,))
    reaches = [Reach(changed=ids("mac-1", "phone"))]
    limits = {"reissue": "A change that gives devices new certificates"}
    with pytest.raises(Refused) as raised:
        apply.check_limits([written], reaches, {"max_reissue": 1}, limits)
    assert raised.value.message == (
        "max_reissue: A change that gives devices new certificates (profile 'Wi-Fi' on 'Phones'"
        " changing PayloadContent.SSID) would touch 2 devices, and 1 is the limit. Nothing was"
        " written. Set max_reissue: 2 if that is intended."
    )
    assert apply.check_limits([written], reaches, {"max_reissue": 2}, limits) == {"reissue": 2}
    silent = [replace(reaches[0], changed=ids())]
    assert apply.check_limits([written], silent, {"max_reissue": 0}, limits) == {"reissue": 0}
