# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which enrollment policy applies to a person."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from types import SimpleNamespace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    EnrollmentPolicy,
    Group,
    OktaUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import okta_temporary_access_code

ANN = OktaUser("ann", "ann@acme.com", status="ACTIVE")


def policy(name: str, word: str, *groups: str, priority: int = 1) -> EnrollmentPolicy:
    return EnrollmentPolicy.from_row(
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


def applying(
    *policies: EnrollmentPolicy, reads: list[str] | None = None
) -> EnrollmentPolicy | None:
    def user_groups(user_id: str) -> list[Group]:
        if reads is not None:
            reads.append(user_id)
        return [Group("staff")]

    okta = SimpleNamespace(enrollment_policies=lambda: policies, user_groups=user_groups)
    return okta_temporary_access_code._policy_of(t.cast(t.Any, SimpleNamespace(okta=okta)), ANN)


DEFAULT = policy("Default", "OPTIONAL")
STAFF = policy("Staff", "NOT_ALLOWED", "others", "staff")


def test_the_first_policy_with_a_group_of_the_person_applies() -> None:
    others = policy("Others", "NOT_ALLOWED", "others")
    assert applying(others, STAFF, DEFAULT) is STAFF
    assert applying(others, DEFAULT) is DEFAULT


def test_a_group_that_is_deleted_has_nobody() -> None:
    assert applying(policy("Old", "NOT_ALLOWED", "deleted"), DEFAULT) is DEFAULT


def test_the_groups_of_the_person_are_read_once_and_only_if_a_policy_asks() -> None:
    reads: list[str] = []
    assert applying(DEFAULT, reads=reads) is DEFAULT and reads == []
    assert applying(STAFF, policy("Next", "OPTIONAL", "staff"), DEFAULT, reads=reads) is STAFF
    assert reads == ["ann"]


def test_everybody_is_in_the_groups_of_the_default_policy() -> None:
    """Okta does not say that the list of a person's groups has the group Everyone."""
    everyone = policy("Everyone", "NOT_ALLOWED", "everyone")
    default = replace(policy("Default", "OPTIONAL", "everyone"), system=True)
    assert applying(everyone, default) is everyone
