# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which enrolment policy applies to a person where an earlier one names a group that is gone."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import NotFound
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    EnrolmentPolicy,
    OktaUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import okta_temporary_access_code

ANN = OktaUser("ann", "ann@acme.com", status="ACTIVE")


def policy(name: str, word: str, *groups: str, priority: int = 1) -> EnrolmentPolicy:
    return EnrolmentPolicy.from_row(
        {
            "id": name,
            "name": name,
            "status": "ACTIVE",
            "priority": priority,
            "system": not groups,
            "conditions": {"people": {"groups": {"include": list(groups)}}},
            "settings": {
                "type": "AUTHENTICATORS",
                "authenticators": [{"key": "tac", "enroll": {"self": word}}],
            },
        }
    )


def applying(*policies: EnrolmentPolicy) -> EnrolmentPolicy | None:
    def group_users(group: str, _operation: object) -> t.Iterator[OktaUser]:
        if group == "gone":
            raise NotFound("Not found", status=404)
        return iter([ANN] if group == "staff" else [])

    okta = SimpleNamespace(enrolment_policies=lambda: policies, group_users=group_users)
    return okta_temporary_access_code._policy_of(t.cast(t.Any, SimpleNamespace(okta=okta)), ANN)


DEFAULT = policy("Default", "OPTIONAL")


def test_a_group_that_is_gone_does_not_matter_where_its_policy_permits_a_code_too() -> None:
    assert applying(policy("Old", "OPTIONAL", "gone"), DEFAULT) is DEFAULT
    staff = policy("Staff", "OPTIONAL", "gone", "staff")
    assert applying(staff, DEFAULT) is staff
    behind = policy("Behind", "NOT_ALLOWED", "gone", priority=2)
    assert applying(staff, behind, DEFAULT) is staff


@pytest.mark.parametrize("word", ["NOT_ALLOWED", "LATER"])
def test_a_group_that_is_gone_leaves_open_which_policy_applies(word: str) -> None:
    with pytest.raises(NotFound, match="Okta has no group gone, which a policy or a rule names"):
        applying(policy("Old", word, "gone"), DEFAULT)
