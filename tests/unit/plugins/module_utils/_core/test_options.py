# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that modules share."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core import options


@pytest.mark.parametrize("table", [options.OKTA, options.KANDJI])
def test_tokens_are_never_logged_and_come_from_the_environment_too(
    table: dict[str, dict[str, object]],
) -> None:
    secrets = [option for name, option in table.items() if name.endswith(("token", "private_key"))]
    assert secrets and all(option["no_log"] is True for option in secrets)
    assert all("fallback" in option for option in table.values())


def test_the_environment_names_are_those_of_the_vendors_own_tools() -> None:
    names = [
        name
        for table in (options.OKTA, options.KANDJI)
        for option in table.values()
        for name in option["fallback"][1]
    ]
    assert names == [
        "OKTA_CLIENT_ORGURL",
        "OKTA_CLIENT_TOKEN",
        "OKTA_ACCESS_TOKEN",
        "OKTA_CLIENT_CLIENTID",
        "OKTA_CLIENT_PRIVATEKEY",
        "OKTA_CLIENT_KID",
        "IRUCTL_TENANT",
        "IRUCTL_TOKEN",
    ]


def test_a_spec_is_made_of_tables_and_may_be_changed_without_changing_them() -> None:
    spec = options.arguments(options.OKTA, {"name": {"type": "str"}})
    assert list(spec) == [*options.OKTA, "name", *options.CONNECTION]
    spec["okta_org_url"]["type"] = "int"
    assert options.OKTA["okta_org_url"]["type"] == "str"
