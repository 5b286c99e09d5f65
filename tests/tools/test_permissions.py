# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented permissions are those that the modules declare, and every operation of the clients
is declared by somebody.
"""

from __future__ import annotations

import types

from tools.generate import permissions


def test_the_page_is_what_the_code_says() -> None:
    assert permissions.PAGE.read_text() == permissions.page(), (
        "docs/permissions.md is old; run: python -m tools.generate.permissions"
    )


def test_what_writes_is_set_apart() -> None:
    used = [
        types.SimpleNamespace(permission=name, writes=writes)
        for name, writes in (
            ("okta.devices.read", False),
            ("okta.devices.manage", True),
            ("List Devices", False),
            ("", False),
        )
    ]
    assert (
        permissions.row("`one`", used)
        == "| `one` | **`okta.devices.manage`**, `okta.devices.read` | List Devices |"
    )


def test_no_operation_of_a_client_is_left_over() -> None:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
        client as _kandji,
    )
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import (
        client as _okta,
    )

    declared = {one for name in permissions.names() for one in permissions.operations(name)}
    assert {
        one.name for one in (*_okta.OPERATIONS, *_kandji.OPERATIONS) if one not in declared
    } == set()
