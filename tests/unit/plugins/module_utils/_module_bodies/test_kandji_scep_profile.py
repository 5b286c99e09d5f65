# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many Macs still hold the item that a SCEP profile replaces."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    plan,
    scep,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.replacement import (
    Replaced,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies import (
    kandji_scep_profile,
)

ITEM, MACS = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b1a", 30
CANARY = Blueprint("b", "Canary")
REPLACED = Replaced(ITEM, "Old", False)
PLAN = scep.Plan(plan.Wanted("New", None, [CANARY]), "New", None)


class Tenant:
    """A tenant whose devices all hold the item's profile."""

    def __init__(self, **device: t.Any) -> None:
        self.device = {"blueprint_id": "b", "platform": "Mac", **device}

    def item_statuses(self, _item_id: str) -> t.Iterator[ItemStatus]:
        return (ItemStatus(device.device_id, status="PASS") for device in self.devices())

    def prism_profiles(
        self, _row_filter: t.Any, _blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        return iter(())

    def devices(self, **_filters: str) -> t.Iterator[KandjiDevice]:
        rows = ({"serial_number": f"C{number}", **self.device} for number in range(MACS))
        return (
            KandjiDevice.from_row({"device_id": f"d{number}", **row})
            for number, row in enumerate(rows)
        )


def check(tenant: Tenant, max_remaining: int, check_mode: bool = False) -> list[str]:
    """Return the warnings of the check."""
    warnings: list[str] = []
    run = SimpleNamespace(
        kandji=tenant,
        params={"max_remaining": max_remaining},
        check_mode=check_mode,
        warn=warnings.append,
    )
    task = kandji_scep_profile.Task(PLAN, None, replaced=REPLACED)  # type: ignore[arg-type]  # not written
    library = plan.Library([])
    kandji_scep_profile._check_replaced(run, task, library)  # type: ignore[arg-type]  # stub
    return warnings


INCOMPLETE = [{}, {"serial_number": None}, {"blueprint_id": ""}, {"platform": None}]


@pytest.mark.parametrize("device", INCOMPLETE)
def test_a_mac_of_which_kandji_shows_little_counts_as_any_other(device: t.Any) -> None:
    with pytest.raises(Refused) as caught:
        check(Tenant(**device), MACS - 1)
    assert caught.value.details["count"] == MACS
    assert check(Tenant(**device), MACS) == []


@pytest.mark.parametrize("device", INCOMPLETE)
def test_check_mode_warns_of_the_same_number(device: t.Any) -> None:
    (warning,) = check(Tenant(**device), 0, check_mode=True)
    assert f"which {MACS} Macs of these blueprints still hold" in warning


@pytest.mark.parametrize("device", [{"blueprint_id": "c"}, {"platform": "iPhone"}])
def test_a_device_elsewhere_or_of_another_platform_does_not_count(device: t.Any) -> None:
    assert check(Tenant(**device), 0) == []
