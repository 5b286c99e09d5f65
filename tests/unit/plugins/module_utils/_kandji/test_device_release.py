# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs of a person lose the person, and which of them move."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    device_release as release,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import kandji_device_release

ANN = "ann@acme.com"
MAC = KandjiDevice(
    "d1", "C02A", platform="Mac", blueprint_id="b1", blueprint_name="Engineering", person=ANN
)
STOCK = Blueprint("b2", "Stock")


@pytest.mark.parametrize(
    ("assigned", "person", "same"),
    [
        (ANN, ANN, True),
        ("Ann@Acme.com", ANN, True),
        (f" {ANN} ", f"{ANN}\n", True),
        (f"jo{ANN}", ANN, False),
        ("", "", False),
        ("", " ", False),
        (ANN, "", False),
    ],
)
def test_a_person_is_the_whole_address_in_any_case(assigned: str, person: str, same: bool) -> None:
    assert release.is_assigned_to(replace(MAC, person=assigned), person) is same


def test_any_address_of_a_person_is_theirs() -> None:
    login = "a123@corp.acme.com"
    assert release.is_assigned_to(MAC, login, ANN) and release.is_assigned_to(MAC, ANN, login)
    assert not release.is_assigned_to(MAC, login) and not release.is_assigned_to(MAC)
    other = replace(MAC, person=login)
    assert release.plan_release(other, [ANN, login], None, ()).releases
    assert release.plan_release(other, [ANN], None, ()).code == "assigned_to_others"


def planned(device: KandjiDevice, blueprint: Blueprint | None, *shared: str) -> release.Release:
    return release.plan_release(device, [ANN], blueprint, shared)


def test_a_mac_loses_its_person_and_moves() -> None:
    done = planned(MAC, STOCK)
    assert done.device == MAC and done.releases and done.to == STOCK and done.code is None
    assert done.reason == (
        "It has no person any more, and moves from 'Engineering' to 'Stock'. At its next MDM"
        " check-in it loses what that blueprint does not have, such as a SCEP profile with its"
        " certificate."
    )


@pytest.mark.parametrize(
    ("device", "blueprint", "shared", "reason"),
    [
        (MAC, None, (), "It has no person any more, and stays in 'Engineering'."),
        (
            replace(MAC, blueprint_name=""),
            None,
            (),
            "It has no person any more, and stays in 'b1'.",
        ),
        (
            MAC,
            Blueprint("b1", "Engineering"),
            (),
            "It has no person any more, and stays in 'Engineering'.",
        ),
        (
            MAC,
            STOCK,
            ("c02a",),
            "It has no person any more. It stays in 'Engineering': others use it.",
        ),
    ],
)
def test_a_mac_that_does_not_move_loses_its_person(
    device: KandjiDevice, blueprint: Blueprint | None, shared: tuple[str, ...], reason: str
) -> None:
    done = planned(device, blueprint, *shared)
    assert done.device == device and done.releases and done.to is None and done.code is None
    assert done.reason == reason


@pytest.mark.parametrize(
    ("device", "code", "reason"),
    [
        (
            replace(MAC, person="bob@acme.com"),
            "assigned_to_others",
            "Somebody assigned it to another person, or to nobody, during the run.",
        ),
        (
            replace(MAC, platform="iPad"),
            "other_platform",
            "Its platform is iPad. Release it in Kandji.",
        ),
        (
            replace(MAC, platform=None),
            "other_platform",
            "Its platform is not shown. Release it in Kandji.",
        ),
    ],
)
def test_a_device_that_is_no_mac_of_the_person_stays(
    device: KandjiDevice, code: str, reason: str
) -> None:
    done = planned(device, STOCK)
    assert (done.device, done.releases, done.to) == (device, False, None)
    assert (done.code, done.reason) == (code, reason)


def test_more_macs_than_the_limit_are_refused() -> None:
    releases = [planned(replace(MAC, device_id=f"d{number}"), None) for number in range(3)]
    others = [planned(replace(MAC, platform="iPad"), None)] * 5
    release.check_limit([*releases, *others], ANN, 3)
    with pytest.raises(Refused) as refused:
        release.check_limit([*releases, *others], ANN, 2)
    assert refused.value.message == (
        "max_devices: 3 Macs are assigned to ann@acme.com, and 2 is the limit. Nothing was written."
        " Set max_devices: 3 if that is intended."
    )
    assert (refused.value.details["count"], refused.value.details["allowed"]) == (3, 2)


def test_each_reason_code_is_documented() -> None:
    returned = yaml.safe_load(kandji_device_release.RETURN)["devices"]["contains"]
    words = returned["reason_code"]["description"]
    assert all(f"C({code})" in words for code in t.get_args(release.ReasonCode))


def test_a_device_whose_person_is_not_shown_any_more_is_not_released() -> None:
    done = planned(replace(MAC, hides_email=True), STOCK)
    assert not done.releases and done.code == "assigned_to_others"
    assert done.reason.startswith("Kandji does not show the e-mail address of its person")
