# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of groups that policies and rules name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import NotFound
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
    Operation,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
    ENRICHING_GROUP_USERS,
    LIST_GROUP_USERS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.group_members import (
    read_members,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import OktaUser

ADA = OktaUser("00uada", "ada@acme.com")


class Org:
    """An org with one group."""

    def __init__(self) -> None:
        self.sent: list[Operation] = []

    def group_users(self, group_id: str, operation: Operation) -> t.Iterator[OktaUser]:
        self.sent.append(operation)
        if group_id != "00g1":
            raise NotFound("Not found: 00g2 (UserGroup)", status=404, operation="listGroupUsers")
        yield ADA


def test_members_are_read_by_the_operation_that_the_module_declares() -> None:
    org: t.Any = Org()
    assert [*read_members(org, "00g1"), *read_members(org, "00g1", ENRICHING_GROUP_USERS)] == [
        ADA,
        ADA,
    ]
    assert org.sent == [LIST_GROUP_USERS, ENRICHING_GROUP_USERS]


def test_a_group_that_was_deleted_is_named_with_what_to_do() -> None:
    org: t.Any = Org()
    with pytest.raises(NotFound) as caught:
        list(read_members(org, "00g2"))
    assert caught.value.message == (
        "Okta has no group 00g2, which a policy or a rule names, so whom it concerns is unknown."
        " Remove the group there, and run again."
    )
    assert caught.value.details == {"status": 404, "operation": "listGroupUsers"}
