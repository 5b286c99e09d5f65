# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Macs hold a SCEP item's profile, whatever Kandji tells of it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    profile_holders as holders,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    ItemStatus,
)

ITEM, WIFI = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
SCEP = [{"type": "com.apple.security.scep"}]


def status(device: str, word: str = "PASS") -> ItemStatus:
    return ItemStatus(device.lower(), status=word)


def installed(device: str, identifier: str, data: t.Any = None) -> InstalledProfile:
    return InstalledProfile.from_row(
        {
            "device_id": device,
            "payload_identifier": identifier,
            "profile_data": SCEP if data is None else data,
        }
    )


NAMED, OPAQUE, OF_WIFI = (
    installed("D-1", f"io.kandji.profile.{ITEM.upper()}"),
    installed("D-1", "io.kandji.scep.77"),
    installed("D-1", f"io.kandji.profile.{WIFI}"),
)


@pytest.mark.parametrize(
    "statuses, rows, found",
    [
        ([], [], set()),
        ([status("D-1")], [], {"d-1"}),
        ([status("D-1", "PENDING")], [], set()),
        ([], [NAMED, OF_WIFI], {"d-1"}),
        ([], [OPAQUE], {"d-1"}),
        (
            [status("D-2", "PENDING")],
            [OPAQUE],
            set(),
        ),  # Kandji tells statuses, and this Mac has none
        ([], [OF_WIFI], set()),
        ([], [installed("D-1", "io.kandji.wifi", [{"type": "com.apple.wifi.managed"}])], set()),
        ([], [installed("D-1", f"com.kandji.profile.custom.{WIFI}")], set()),
        ([], [installed("D-1", "com.kandji.profile.odt.scep")], set()),
        ([], [installed("D-1", "io.kandji.scep.77", [])], set()),
        (
            [],
            [installed("D-1", "com.kandji.profile.mdmprofile", [{"type": "com.apple.mdm"}, *SCEP])],
            set(),
        ),
        ([status("D-2")], [NAMED], {"d-1", "d-2"}),
    ],
)
def test_who_holds_it(statuses: t.Any, rows: t.Any, found: set[str]) -> None:
    assert holders.holders(ITEM, statuses, rows, {ITEM, WIFI}) == found


def test_a_custom_profile_is_known_by_its_identifier_alone() -> None:
    assert holders.holders(ITEM, [], [OPAQUE], set(), by_console=False) == set()
    assert holders.holders(
        ITEM, [], [installed("D-1", f"com.kandji.profile.custom.{ITEM}")], set(), by_console=False
    ) == {"d-1"}
