# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which people and devices share an outcome: those that differ in nothing that rules can ask.

What each condition of a rule says of them is in ``test_evaluation``.
"""

from __future__ import annotations

import typing as t
from dataclasses import fields, replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
)

USERS, GROUPS = frozenset({"ann"}), frozenset({"staff"})
# Another value of each field that rules can ask.
IDENTITY = {
    "id": "ann",
    "groups": frozenset({"staff"}),
    "user_type": "t1",
    "unread_groups": frozenset({"staff"}),
    "sure_password": False,
}
DEVICE = {
    "platform": "WINDOWS",
    "registered": True,
    "managed": True,
    "secure_hardware": True,
    "screen_lock": "PASSCODE",
    "fast_pass": False,
}
# Names a device, or says since when it has the account.
NOT_ASKED = {"device_id", "device_name", "registered_at"}


def test_every_field_of_a_person_and_of_a_device_has_its_place() -> None:
    assert [each.name for each in fields(Identity)] == list(IDENTITY)
    assert {each.name for each in fields(DeviceContext)} == {*DEVICE, *NOT_ASKED}


@pytest.mark.parametrize(("name", "value"), IDENTITY.items())
def test_people_who_differ_in_a_field_share_no_outcome(name: str, value: t.Any) -> None:
    assert replace(Identity(), **{name: value}).traits(USERS, GROUPS) != Identity().traits(
        USERS, GROUPS
    )


@pytest.mark.parametrize(("name", "value"), DEVICE.items())
def test_devices_that_differ_in_a_field_share_no_outcome(name: str, value: t.Any) -> None:
    assert replace(DeviceContext("MACOS"), **{name: value}).traits != DeviceContext("MACOS").traits


def test_people_whom_no_rule_names_share_an_outcome() -> None:
    ben = Identity("ben", frozenset({"sales"}), unread_groups=frozenset({"hr"}))
    assert ben.traits(USERS, GROUPS) == Identity().traits(USERS, GROUPS)
