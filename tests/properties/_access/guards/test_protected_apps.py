# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy for adding authenticators, by resource or name."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.protected_apps import (
    is_account_policy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import Policy
from hypothesis import given

from tests.support.strategies.okta import policies


@given(policies())
def test_the_policy_for_adding_authenticators_is_known_by_resource_or_name(policy: Policy) -> None:
    assert is_account_policy(policy) is False
    named = Policy(policy.id, "OKTA account management policy", resource_type=policy.resource_type)
    assert is_account_policy(named) is not bool(policy.resource_type)
