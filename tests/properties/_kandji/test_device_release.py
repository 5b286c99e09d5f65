# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release of a person's Macs: nobody else's is touched, and a second plan has nothing to do."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    device_release as release,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    KandjiDevice,
)
from hypothesis import given, strategies

ANN, STOCK = "ann@acme.com", Blueprint("b2", "Stock")
DEVICES = strategies.builds(
    KandjiDevice,
    device_id=strategies.just("d1"),
    serial=strategies.sampled_from(["", "C02A", "c02b"]),
    platform=strategies.sampled_from([None, "Mac", "iPad"]),
    blueprint_id=strategies.sampled_from(["", "b1", "b2"]),
    person=strategies.sampled_from(["", ANN, "Ann@Acme.com", "joann@acme.com", "Ann", " "]),
)
PEOPLE = strategies.sampled_from([ANN, " ", "", "ANN@ACME.COM"])
BLUEPRINTS = strategies.sampled_from([None, STOCK])
SHARED = strategies.sets(strategies.sampled_from(["c02a", "c02b", ""]))


@given(DEVICES, PEOPLE, BLUEPRINTS, SHARED)
def test_only_a_mac_of_the_person_is_released_and_a_shared_one_stays(
    device: KandjiDevice, person: str, blueprint: Blueprint | None, shared: set[str]
) -> None:
    done = release.plan_release(device, [person], blueprint, shared)
    if done.releases:
        assert person.strip() and device.person.lower() == person.lower()
        assert device.platform == "Mac" and done.code is None
    if done.to:
        assert done.releases and device.blueprint_id != done.to.id
        assert device.serial_key not in shared


@given(DEVICES, PEOPLE, BLUEPRINTS, SHARED)
def test_a_released_mac_needs_nothing_more(
    device: KandjiDevice, person: str, blueprint: Blueprint | None, shared: set[str]
) -> None:
    done = release.plan_release(device, [person], blueprint, shared)
    if done.releases:
        place = done.to.id if done.to else device.blueprint_id
        after = replace(device, person="", blueprint_id=place)
        assert not release.plan_release(after, [person], blueprint, shared).releases
