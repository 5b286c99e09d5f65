# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what the status of an account says."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import user_statuses
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import (
    generated_keys,
)

DESCRIBED = generated_keys.VALUES["getUser"]["status"].split("|")  # by Okta's description


def test_the_table_has_each_status_that_okta_describes() -> None:
    assert sorted([user_statuses.ACTIVE, *user_statuses.STATUSES]) == sorted(DESCRIBED)


def test_only_an_administrator_ends_what_blocks_an_account() -> None:
    assert sorted(user_statuses.BLOCKED) == ["DEPROVISIONED", "STAGED", "SUSPENDED"]


@pytest.mark.parametrize("status", [*DESCRIBED, "ACTIVATING", None])
def test_a_code_helps_an_account_that_works_but_for_its_password(status: str | None) -> None:
    helped = status in ("ACTIVE", "PASSWORD_EXPIRED", "RECOVERY")
    assert user_statuses.takes_code(status) is helped


def test_an_account_that_may_not_work_is_described() -> None:
    assert user_statuses.describe_account("ACTIVE") == ""
    suspended = "The account in Okta is suspended (SUSPENDED)."
    assert user_statuses.describe_account("SUSPENDED") == suspended
    unknown = "The account in Okta has a status that is unknown (ACTIVATING)."
    assert user_statuses.describe_account("ACTIVATING") == unknown
