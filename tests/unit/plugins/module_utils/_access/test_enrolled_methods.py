# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who surely passes a rule: what cannot be read, or is not documented, proves nothing."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.enrolled_methods import (
    passes,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
    PolicyRule,
)

PASSWORD = Enrollment("okta_password", "ACTIVE")


@pytest.mark.parametrize(
    ("sign_on", "surely"),
    [
        ({"access": "ALLOW"}, True),
        ({"access": "DENY"}, False),
        ({"access": "CHALLENGE"}, False),
        ({"access": 5}, False),
        ({"access": "ALLOW", "verificationMethod": {"factorMode": "1FA"}}, True),
        ({"access": "ALLOW", "verificationMethod": {"factorMode": "3FA"}}, False),
        ({"access": "ALLOW", "verificationMethod": {"constraints": [5]}}, False),
        ({"access": "ALLOW", "verificationMethod": "none"}, False),
    ],
)
def test_a_rule_that_is_not_clear_is_not_passed(sign_on: t.Any, surely: bool) -> None:
    rule = PolicyRule.from_row({"name": "a", "actions": {"appSignOn": sign_on}})
    assert passes(rule, [PASSWORD]) is surely
